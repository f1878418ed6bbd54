// The machine's clocks: readings that hold for a moment may not be told from readings that do not.
import { afterEach, expect, it, vi } from "vitest"
import * as Clock from "../../src/shell/Clock.ts"

afterEach(() => {
  vi.restoreAllMocks()
})

it("tells the wall time of now, however often it is asked", () => {
  const { wallMs } = Clock.machine()
  for (const endMs = Date.now() + 50; Date.now() < endMs; ) {
    const before = Date.now()
    const told = wallMs()
    const after = Date.now()
    // A reading is at most 50 us old: it differs only when a millisecond began meanwhile.
    expect(told).toBeGreaterThanOrEqual(before - 1)
    expect(told).toBeLessThanOrEqual(after)
  }
  expect(wallMs()).toBeGreaterThan(Date.UTC(2020, 0))
})

it("asks a clock that was put in place of the machine's", () => {
  const { wallMs } = Clock.machine()
  wallMs()
  vi.spyOn(Date, "now").mockReturnValueOnce(1000).mockReturnValueOnce(500)
  expect([wallMs(), wallMs()]).toEqual([1000, 500])
})

it("counts whole milliseconds from 0 and never back", async () => {
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
