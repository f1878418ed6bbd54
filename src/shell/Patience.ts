// How long a peer is waited for that has several steps to go, the answer on whether it may connect, or the end of an operation:
// while this process stands still none of them can go on, so that the time of a stall is given to them once more.
import { type Clock, LATE_MS } from "./Clock.ts"

/**
 * Calls back after a delay; where that comes late for a stall, after as long again, at most twice the delay. The result cancels it.
 * The process does not stay for one that is `idle`.
 */
export function within(clock: Clock, delayMs: number, over: () => void, idle = false): () => void {
  const dueMs = clock.monotonicMs() + delayMs
  let cancelled = false
  let cancel = clock.wake(
    delayMs,
    () => {
      const lateMs = clock.monotonicMs() - dueMs
      if (lateMs > LATE_MS) cancel = clock.wake(Math.min(lateMs, delayMs), last, idle)
      else last()
    },
    idle
  )
  // What waits to be read comes first.
  const last = (): void =>
    clock.afterInput(() => {
      if (!cancelled) over()
    })
  return () => {
    cancelled = true
    cancel()
  }
}
