// A program played from its beginning to its end in memory: what was found wrong, and all that was told.
import * as Output from "../../../src/core/command/Output.ts"
import * as Recent from "../../../src/core/image/Recent.ts"
import type { Host } from "../../../src/shell/Host.ts"
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

/** `between` is called before each turn of the loop. */
export async function runOf(of: Program, between: () => void = () => {}): Promise<Run> {
  const ground = new MemoryGround(of.times?.capacity, of.times?.stands)
  const turn = ground.clock.turn.bind(ground.clock)
  ground.clock.turn = () => {
    between()
    return turn()
  }
  Below.numbersFrom(of.times?.first ?? 0)
  const play = Below.on(ground, () => new Play(of, ground))
  await play.begin()
  for (const step of of.steps) await play.run(step)
  const found = await judge(play)
  const ended = await play.end()
  const host = Below.hostOn(ground)
  return { found: [...found, ...ended, ...(host === undefined ? [] : leftBy(host))], trace: play.trace }
}

/** Operations that the server goes on to know when every handler has settled, but for those that were left open. */
function leftBy({ station, callings }: Host): readonly string[] {
  const { outlets, operations } = station.outputs
  const outputs = [...outlets.values()].map(({ output }) => output)
  const known = [operations.newest, ...operations.others.values()].filter((one) => one !== undefined)
  const stray = known.filter(({ number }) => !outputs.some((output) => Output.knows(output, number)))
  return [
    ...stray.map(({ number, phase }) => `operation ${number} is ${phase} and no output knows it`),
    ...(Recent.size(callings) === known.length ? [] : [`${Recent.size(callings)} of ${known.length} are carried out`])
  ]
}
