// When what was written leaves this process. Mostly that is at once; but while the process stands still, what waits for
// the socket behind something else (over TLS the last APDU of every write) waits as long, and its peer cannot have answered.
// A literal table of the writes of one socket that report when they have left, which they do in their order.
import type { Late } from "../session/SessionEvent.ts"
import { LATE_MS } from "./Patience.ts"

export interface Leaving {
  /** How many writes were made that report, and how many of them have left. */
  readonly made: number
  readonly left: number
  /** The write that is looked at, 0 = none: what has left before that, and behind it, when it was made. */
  readonly watched: number
  readonly from: number
  readonly to: number
  readonly sinceMs: number
  readonly afterMs: number
}

export const none: Leaving = { made: 0, left: 0, watched: 0, from: 0, to: 0, sinceMs: 0, afterMs: 0 }

/** Whether one of the first `count` writes has not left. */
export const waits = ({ left }: Leaving, count: number): boolean => left < count

/** A write that reports was made; the session had sent `from` I frames before it and `to` with it. */
export function wrote(leaving: Leaving, nowMs: number, from: number, to: number): Leaving {
  const made = leaving.made + 1
  if (leaving.watched !== 0) return { ...leaving, made }
  return { made, left: leaving.left, watched: made, from, to, sinceMs: nowMs, afterMs: nowMs - 1 }
}

/** Whether the next write that leaves is the one that is looked at: then it is asked when that was. */
export const isWatched = ({ left, watched }: Leaving): boolean => left + 1 === watched

/** The next write has left; the session has sent `sent` I frames. What was late, null: nothing. The time matters where {@link isWatched}. */
export function hasLeft(leaving: Leaving, nowMs: number, sent: number): { leaving: Leaving; late: Late | null } {
  const { made, watched, from, to, sinceMs, afterMs } = leaving
  const left = leaving.left + 1
  if (left !== watched) return { leaving: { ...leaving, left }, late: null }
  const late = nowMs - sinceMs > LATE_MS ? { from, afterMs } : null
  if (left === made) return { leaving: { ...leaving, left, watched: 0 }, late }
  // What was written behind it could not leave before it.
  return { leaving: { made, left, watched: made, from: to, to: sent, sinceMs: nowMs, afterMs: nowMs }, late }
}
