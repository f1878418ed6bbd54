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

it("is right from the first moment where both clocks begin at nothing", () => {
  const at = { ns: 0n, ms: 1_700_000_000_000 }
  const told = WallClock.make(
    () => at.ms,
    () => at.ns
  )
  expect(told()).toBe(at.ms)
})

describe("fake timers", () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it("move both clocks, wherever they are put in place", () => {
    const clock = Clock.machine()
    vi.useFakeTimers({ now: 10_000 })
    for (const { wallMs, monotonicMs } of [clock, Clock.machine()]) {
      const sinceMs = monotonicMs()
      for (const now of [10_000, 10_001, 99_000, 5]) {
        vi.setSystemTime(now)
        expect(wallMs()).toBe(now)
      }
      vi.advanceTimersByTime(70)
      expect([wallMs(), monotonicMs() - sinceMs]).toEqual([75, 70])
    }
  })
})

it("the monotonic clock counts whole milliseconds from 0", () => {
  const pauses = fc.oneof(fc.bigInt({ min: 0n, max: 300_000n }), fc.bigInt({ min: 0n, max: 9_000_000_000n }))
  fc.assert(
    fc.property(fc.array(pauses, { maxLength: 100 }), (steps) => {
      const originNs = 123_456_789n
      let nowNs = originNs
      const told = Clock.stopwatch(() => nowNs)
      for (const pause of steps) {
        nowNs += pause
        expect(told()).toBe(Number((nowNs - originNs) / 1_000_000n))
      }
    })
  )
})

it("the monotonic clock is this machine's", async () => {
  const { monotonicMs } = Clock.machine()
  const before = monotonicMs()
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(monotonicMs() - before).toBeGreaterThanOrEqual(29)
})
