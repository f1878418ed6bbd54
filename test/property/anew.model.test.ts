// A real server whose station is made anew of its snapshot again and again, while it runs: whatever clients and the application do,
// octets and facts are the same at the same times as without that.
import * as fc from "fast-check"
import { expect, it, vi } from "vitest"
import type * as Link from "../../src/core/link/Link.ts"
import type * as Stations from "../../src/core/station/Station.ts"
import { anew } from "./model/Anew.ts"
import { runOf } from "./model/MemoryRun.ts"
import { type Program, program } from "./model/Programs.ts"
import { timedProgram } from "./model/Timed.ts"

type Station = Parameters<typeof anew>[0]

/** The stations of the present run. */
const made = vi.hoisted((): { of: unknown[] } => ({ of: [] }))

vi.mock("../../src/shell/Clock.ts", async (original) =>
  (await import("./model/Below.ts")).clockOf(await original<object>())
)
vi.mock("../../src/shell/tcp/Sockets.ts", async () => ({ transport: (await import("./model/Below.ts")).transport }))
vi.mock("../../src/core/link/Link.ts", async (original) =>
  (await import("./model/Below.ts")).linkOf(await original<typeof Link>())
)
vi.mock("../../src/core/station/Station.ts", async (original) => {
  const { Station } = await original<typeof Stations>()
  const Noted = class extends Station {
    constructor(settings: Stations.Settings) {
      super(settings)
      made.of.push(this)
    }
  }
  return { Station: Noted }
})

const { MODEL_SECONDS, MODEL_SEED } = process.env
const PROGRAMS = 24
const SEED = 104
/** It is made anew in one of so many turns: less often in more programs finds as much. */
const TURNS = 7

/** Random and bounded by time, or always the same. */
function parameters(): fc.Parameters<[Program]> {
  if (MODEL_SECONDS === undefined) return { numRuns: PROGRAMS, seed: SEED }
  const seed = MODEL_SEED === undefined ? {} : { seed: Number(MODEL_SEED) }
  return { numRuns: 1_000_000_000, interruptAfterTimeLimit: Number(MODEL_SECONDS) * 1000, ...seed }
}

it("octets and facts are the same where the station is made anew again and again", {
  timeout: Number(MODEL_SECONDS ?? 0) * 1000 + 120_000
}, async () => {
  let turns = 0
  let times = 0
  const between = (): void => {
    if (turns++ % TURNS > 0) return
    const stations = [...made.of] as Station[]
    for (const station of stations) if (station.publishing.sessions.size > 0 && anew(station)) times++
    // Not those that were made by that.
    made.of = stations
  }
  await fc.assert(
    fc.asyncProperty(fc.oneof(program, timedProgram), async (of) => {
      const once = await runOf(of)
      made.of = []
      const again = await runOf(of, between)
      expect(again.trace).toEqual(once.trace)
      expect(again.found).toEqual([])
    }),
    parameters()
  )
  expect(times).toBeGreaterThan(100)
})
