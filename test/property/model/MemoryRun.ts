// A program played from its beginning to its end in memory: what was found wrong, and all that was told.
import * as Below from "./Below.ts"
import { judge } from "./Judge.ts"
import { MemoryGround } from "./MemoryGround.ts"
import { Play } from "./Play.ts"
import type { Program } from "./Programs.ts"

export interface Run {
  readonly found: readonly string[]
  /** Octets and facts with their times. */
  readonly trace: readonly string[]
}

export async function runOf(of: Program): Promise<Run> {
  const ground = new MemoryGround(of.times?.capacity, of.times?.stands)
  Below.numbersFrom(of.times?.first ?? 0)
  const play = Below.on(ground, () => new Play(of, ground))
  await play.begin()
  for (const step of of.steps) await play.run(step)
  const found = await judge(play)
  return { found: [...found, ...(await play.end())], trace: play.trace }
}
