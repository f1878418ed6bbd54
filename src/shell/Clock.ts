// Time for the shell: a monotonic clock for the protocol, the wall clock for time tags, and a wake-up.
import { performance } from "node:perf_hooks"

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

/** The machine's clocks. Monotonic time starts at 0, so that it stays a small integer for 24 days. */
export const machine = (): Clock => {
  const origin = performance.now()
  return {
    monotonicMs: () => Math.floor(performance.now() - origin),
    wallMs: Date.now,
    wake: (delayMs, callback) => {
      const timer = setTimeout(callback, Math.min(delayMs, DELAY_MAX_MS))
      return () => clearTimeout(timer)
    },
    afterInput: (callback) => {
      setImmediate(callback)
    }
  }
}
