// Time for the shell: a monotonic clock for the protocol, the wall clock for time tags, and a wake-up.
import * as WallClock from "./WallClock.ts"

/** Where the shell takes its time from; tests replace it. */
export interface Clock {
  /** Whole milliseconds since some moment; never decreases. */
  readonly monotonicMs: () => number
  /** Milliseconds since 1970 UTC. */
  readonly wallMs: () => number
  /** Calls back once after a delay; the result cancels it. The process does not stay for a wake-up that is `idle`. */
  readonly wake: (delayMs: number, callback: () => void, idle?: boolean) => () => void
  /** Calls back after input that is already waiting was read. */
  readonly afterInput: (callback: () => void) => void
}

/** Longest delay that a timer takes; a longer one wakes early, which does no harm. */
export const DELAY_MAX_MS = 2_147_483_647

/** Nanoseconds of a millisecond. */
const MS = 1_000_000n

const { now } = Date
const runNs = process.hrtime.bigint

/** The machine's wall clock. A `Date.now` that somebody has put in its place meanwhile is always asked. */
function wallClock(): () => number {
  const told = WallClock.make(now, runNs)
  return () => (Date.now === now ? told() : Date.now())
}

/** Whole milliseconds of `runNs` since now, a small integer for 24 days: computed once for each of them. */
export function stopwatch(runNs: () => bigint): () => number {
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

/** The machine's clocks. Whoever puts a `Date.now` of his own in place is taken to move `process.hrtime` too. */
export const machine = (): Clock => ({
  monotonicMs: stopwatch(() => (Date.now === now ? runNs() : process.hrtime.bigint())),
  wallMs: wallClock(),
  wake: (delayMs, callback, idle = false) => {
    const timer = setTimeout(callback, Math.min(delayMs, DELAY_MAX_MS))
    if (idle) timer.unref()
    return () => clearTimeout(timer)
  },
  afterInput: (callback) => {
    setImmediate(callback)
  }
})
