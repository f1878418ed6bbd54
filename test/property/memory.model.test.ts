// The random programs of the model once more, over lines in memory and by a clock that is moved.
import * as fc from "fast-check"
import { expect, it, vi } from "vitest"
import type * as Link from "../../src/core/link/Link.ts"
import { runOf } from "./model/MemoryRun.ts"
import { type Program, program } from "./model/Programs.ts"
import { timedProgram } from "./model/Timed.ts"

vi.mock("../../src/shell/Clock.ts", async (original) =>
  (await import("./model/Below.ts")).clockOf(await original<object>())
)
vi.mock("../../src/shell/tcp/Sockets.ts", async () => ({ transport: (await import("./model/Below.ts")).transport }))

vi.mock("../../src/core/link/Link.ts", async (original) =>
  (await import("./model/Below.ts")).linkOf(await original<typeof Link>())
)

const { MODEL_SECONDS, MODEL_SEED } = process.env
const PROGRAMS = 300
const SEED = 104

/** Random and bounded by time, or always the same. */
const parameters = (numRuns = PROGRAMS): fc.Parameters<[Program]> => {
  if (MODEL_SECONDS === undefined) return { numRuns, seed: SEED }
  const seed = MODEL_SEED === undefined ? {} : { seed: Number(MODEL_SEED) }
  return { numRuns: 1_000_000_000, interruptAfterTimeLimit: Number(MODEL_SECONDS) * 1000, ...seed }
}

it("clients and an application that do what they like, in memory", {
  timeout: Number(MODEL_SECONDS ?? 0) * 1000 + 120_000
}, async () => {
  await fc.assert(
    fc.asyncProperty(program, async (of) => {
      expect((await runOf(of)).found).toEqual([])
    }),
    parameters()
  )
})

it("clients and an application that do what they like, and time that passes", {
  timeout: Number(MODEL_SECONDS ?? 0) * 1000 + 120_000
}, async () => {
  await fc.assert(
    fc.asyncProperty(timedProgram, async (of) => {
      expect((await runOf(of)).found).toEqual([])
    }),
    parameters()
  )
})

it("the same program is the same octets and facts at the same times, also beside another one", {
  timeout: Number(MODEL_SECONDS ?? 0) * 1000 + 120_000
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(program, timedProgram), async (of) => {
      const once = await runOf(of)
      const [one, other] = await Promise.all([runOf(of), runOf(of)])
      expect(one.trace).toEqual(once.trace)
      expect(other.trace).toEqual(once.trace)
    }),
    parameters(100)
  )
})
