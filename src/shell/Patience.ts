// Waiting for whoever has several steps to go, by the clock of this process: how long is decided by the core.
import * as Patience from "../core/station/Patience.ts"
import type { Clock } from "./Clock.ts"

/**
 * Calls back after a delay; where that comes late for a stall, after as long again, at most twice the delay. The result cancels it.
 * The process does not stay for one that is `idle`.
 */
export function within(clock: Clock, delayMs: number, over: () => void, idle = false): () => void {
  let isCancelled = false
  const wait = (patience: Patience.Patience, nowMs: number): (() => void) =>
    clock.wake(patience.dueMs - nowMs, () => wake(patience), idle)
  const wake = (patience: Patience.Patience): void => {
    const nowMs = clock.monotonicMs()
    const next = Patience.woken(patience, nowMs)
    if (next !== null) cancel = wait(next, nowMs)
    // What waits to be read comes first.
    else
      clock.afterInput(() => {
        if (!isCancelled) over()
      })
  }
  const nowMs = clock.monotonicMs()
  let cancel = wait(Patience.begin(nowMs, delayMs), nowMs)
  return () => {
    isCancelled = true
    cancel()
  }
}
