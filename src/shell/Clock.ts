// Time for the shell: a monotonic clock for the protocol, the wall clock for time tags, and a wake-up.
import * as WallClock from "./WallClock.ts"

/** Where the shell takes its time from; tests replace it. */
export interface Clock {
  /** Whole milliseconds since some moment; never decreases. */
  readonly monotonicMs: () => number
  /** Milliseconds since 1970 UTC. */
  readonly wallMs: () => number
  /** Calls back once after a delay; the result cancels it. */
  readonly wake: (delayMs: number, callback: () => void) => () => void
  /** Calls back after input that is already waiting was read. */
  readonly afterInput: (callback: () => void) => void
}

/** Longest delay that a timer takes; a longer one wakes early, which does no harm. */
const DELAY_MAX_MS = 2_147_483_647

/** Nanoseconds of a millisecond. */
const MS = 1_000_000n

/** The machine's wall clock. A `Date.now` that somebody has put in its place is always asked. */
function wallClock(): () => number {
  const { now } = Date
  const told = WallClock.make(now, process.hrtime.bigint)
  return () => (Date.now === now ? told() : Date.now())
}

/** Whole milliseconds since now, a small integer for 24 days: computed once for each of them. */
function stopwatch(): () => number {
  const runNs = process.hrtime.bigint
  const originNs = runNs()
  let sinceNs = originNs
  let nowMs = 0
  const turn = (atNs: bigint): number => {
    const whole = (atNs - originNs) / MS
    sinceNs = originNs + whole * MS
    nowMs = Number(whole)
    return nowMs
  }
  return () => {
    const atNs = runNs()
    return BigInt.asUintN(64, atNs - sinceNs) < MS ? nowMs : turn(atNs)
  }
}

/** The machine's clocks. */
export const machine = (): Clock => ({
  monotonicMs: stopwatch(),
  wallMs: wallClock(),
  wake: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(delayMs, DELAY_MAX_MS))
    return () => clearTimeout(timer)
  },
  afterInput: (callback) => {
    setImmediate(callback)
  }
})
