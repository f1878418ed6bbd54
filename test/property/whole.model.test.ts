// Random programs of clients and of an application, on a real server and real sockets: nothing is lost, invented, told twice or
// in another order, nothing is operated that was not ordered, each request has its answers, and nothing is left behind the end.
// With MODEL_SECONDS other programs each time, for so long; MODEL_SEED has those of a seed again.
import * as fc from "fast-check"
import { expect, it } from "vitest"
import { judge } from "./model/Judge.ts"
import { Play } from "./model/Play.ts"
import { type Program, program } from "./model/Programs.ts"
import { sockets } from "./model/SocketGround.ts"

const { MODEL_SECONDS, MODEL_SEED } = process.env
const PROGRAMS = 300
const SEED = 104

async function problemsOf(of: Program): Promise<readonly string[]> {
  const play = new Play(of, sockets)
  await play.begin()
  for (const step of of.steps) await play.run(step)
  const found = await judge(play)
  return [...found, ...(await play.end())]
}

/** Random and bounded by time, or always the same. */
const parameters = (): fc.Parameters<[Program]> => {
  if (MODEL_SECONDS === undefined) return { numRuns: PROGRAMS, seed: SEED }
  const seed = MODEL_SEED === undefined ? {} : { seed: Number(MODEL_SEED) }
  return { numRuns: 1_000_000_000, interruptAfterTimeLimit: Number(MODEL_SECONDS) * 1000, ...seed }
}

it("clients and an application that do what they like", {
  timeout: Number(MODEL_SECONDS ?? 0) * 1000 + 120_000
}, async () => {
  await fc.assert(
    fc.asyncProperty(program, async (of) => {
      expect(await problemsOf(of)).toEqual([])
    }),
    parameters()
  )
})
