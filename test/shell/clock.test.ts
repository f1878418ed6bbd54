// The machine's clocks: a time that was told without reading the clock may not be told from one that was read.
import * as fc from "fast-check"
import { afterEach, describe, expect, it, vi } from "vitest"
import * as Clock from "../../src/shell/Clock.ts"
import * as WallClock from "../../src/shell/WallClock.ts"

afterEach(() => {
  vi.restoreAllMocks()
})

/** Clocks that stand still until they are moved, and a wall clock told from them. */
const stage = (phaseNs: bigint) => {
  const at = { ns: 5_000_000_000n, aheadNs: 1_700_000_000_000_000_000n + phaseNs, reads: 0 }
  const trueMs = () => Number((at.ns + at.aheadNs) / 1_000_000n)
  const readMs = () => {
    at.reads += 1
    return trueMs()
  }
  const told = WallClock.make(readMs, () => at.ns)
  return { at, trueMs, told }
}

describe("a wall clock that is seldom read", () => {
  const phases = fc.bigInt({ min: 0n, max: 999_999n })
  const pauses = fc.oneof(
    fc.bigInt({ min: 0n, max: 200n }),
    fc.bigInt({ min: 0n, max: 60_000n }),
    fc.bigInt({ min: 900_000n, max: 1_100_000n }),
    fc.bigInt({ min: 0n, max: 5_000_000_000n })
  )

  it("says what the clock says, whenever it is asked", () => {
    fc.assert(
      fc.property(phases, fc.array(pauses, { maxLength: 300 }), (phase, steps) => {
        const { at, trueMs, told } = stage(phase)
        for (const pause of steps) {
          at.ns += pause
          expect(told()).toBe(trueMs())
        }
      })
    )
  })

  it("reads it about once in a hundred times where events follow each other", () => {
    const { at, trueMs, told } = stage(123_456n)
    for (let i = 0; i < 1_000_000; i++) {
      at.ns += 53n
      if (told() !== trueMs()) throw new Error(`wrong at ${at.ns}`)
    }
    expect(at.reads).toBeLessThan(30_000)
  })

  it.each([
    ["ahead by an hour", 3_600_000_000_000n],
    ["back by an hour", -3_600_000_000_000n],
    ["ahead by two milliseconds", 2_000_000n],
    ["back by a millisecond", -1_000_000n],
    ["back by less", -400_000n]
  ])("that is set %s says so within a millisecond", (_, step) => {
    const { at, trueMs, told } = stage(0n)
    const run = (ns: bigint, wrong: () => void): void => {
      for (const end = at.ns + ns; at.ns < end; at.ns += 70n) if (told() !== trueMs()) wrong()
    }
    const never = (): void => expect(told()).toBe(trueMs())
    run(5_300_000n, never)
    at.aheadNs += step
    run(1_000_000n, () => {})
    run(20_000_000n, never)
  })

  it("that is set ahead by a part of a millisecond is late by no more than that, and right after a second", () => {
    const { at, trueMs, told } = stage(0n)
    const run = (ns: bigint): number => {
      let late = 0
      for (const end = at.ns + ns; at.ns < end; at.ns += 70n) late = Math.max(late, trueMs() - told())
      return late
    }
    expect(run(5_300_000n)).toBe(0)
    at.aheadNs += 400_000n
    expect(run(1_000_000_000n)).toBe(1)
    expect(run(20_000_000n)).toBe(0)
  })
})

it("is this machine's", () => {
  const { wallMs } = Clock.machine()
  for (const endMs = Date.now() + 50; Date.now() < endMs; ) {
    const before = Date.now()
    const told = wallMs()
    expect(told).toBeGreaterThanOrEqual(before)
    expect(told).toBeLessThanOrEqual(Date.now())
  }
})

it("is the one that was put in place of the machine's", () => {
  const { wallMs } = Clock.machine()
  wallMs()
  vi.spyOn(Date, "now").mockReturnValueOnce(1000).mockReturnValueOnce(500)
  expect([wallMs(), wallMs()]).toEqual([1000, 500])
})

it("the monotonic clock counts whole milliseconds from 0 and never back", async () => {
  const { monotonicMs } = Clock.machine()
  const begunNs = process.hrtime.bigint()
  expect(monotonicMs()).toBe(0)
  let last = 0
  while (last < 20) {
    const nowMs = monotonicMs()
    expect(Number.isInteger(nowMs)).toBe(true)
    expect(nowMs).toBeGreaterThanOrEqual(last)
    expect(nowMs).toBeLessThanOrEqual(Number(process.hrtime.bigint() - begunNs) / 1e6 + 1)
    last = nowMs
  }
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(monotonicMs()).toBeGreaterThanOrEqual(last + 29)
})
