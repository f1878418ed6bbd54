// The event loop that a clock belongs to: what is shared in a turn of it, what comes before the next, and whether it can stand
// still. Clocks that users give say nothing of that, and go by this process's own.
import type { Clock } from "./Clock.ts"
import * as Turns from "./Turns.ts"

/** Time by which it is seen that a process stood still. */
export interface Real {
  /** Milliseconds since some moment, with fractions. */
  readonly nowMs: () => number
  /** Calls back every so many ms, and keeps no process; the result ends it. */
  readonly pulse: (everyMs: number, callback: () => void) => () => void
}

export interface EventLoop {
  readonly turns: Turns.Turns
  /** Calls back when all that goes on now is over, before anything else begins. */
  readonly soon: (callback: () => void) => void
  /** Null: nothing stands still here. */
  readonly real: Real | null
}

/** Its `then` is a microtask of the engine's own; `queueMicrotask` makes a resource of Node's with hooks for each. */
const SETTLED = Promise.resolve()

export const soon = (callback: () => void): void => void SETTLED.then(callback)

/** This process's own. */
export const machine: EventLoop = {
  turns: Turns.machine,
  soon,
  real: {
    nowMs: () => performance.now(),
    pulse: (everyMs, callback) => {
      const timer = setInterval(callback, everyMs).unref()
      return () => clearInterval(timer)
    }
  }
}

/** The loop that a clock belongs to. */
export const of = (clock: Clock & { readonly loop?: EventLoop }): EventLoop => clock.loop ?? machine
