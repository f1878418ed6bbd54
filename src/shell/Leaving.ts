// When what was written leaves this process. Mostly that is at once; but while the process stands still, what waits for
// the socket behind something else (over TLS the last APDU of every write) waits as long, and its peer cannot have answered.
import type { Late } from "../core/session/SessionEvent.ts"
import { type Clock, LATE_MS } from "./Clock.ts"

/** The writes of one socket that report when they have left, which they do in their order. */
export class Leaving {
  private made = 0
  private left = 0
  /** The write that is looked at, 0 = none: what has left before that, and behind it, when it was made. */
  private watched = 0
  private from = 0
  private to = 0
  private sinceMs = 0
  private afterMs = 0

  /** How many writes were made that report. */
  get count(): number {
    return this.made
  }

  /** Whether one of the first `count` of them has not left. */
  waits(count: number): boolean {
    return this.left < count
  }

  /** A write that reports was made; the session had sent `from` I frames before it and `to` with it. */
  wrote(nowMs: number, from: number, to: number): void {
    this.made++
    if (this.watched === 0) this.watch(nowMs, nowMs - 1, from, to)
  }

  private watch(sinceMs: number, afterMs: number, from: number, to: number): void {
    this.watched = this.made
    this.from = from
    this.to = to
    this.sinceMs = sinceMs
    this.afterMs = afterMs
  }

  /** The next write has left; the session has sent `sent` I frames. What was late, null: nothing. */
  hasLeft(clock: Clock, sent: number): Late | null {
    if (++this.left !== this.watched) return null
    const nowMs = clock.monotonicMs()
    const { from, to, afterMs } = this
    const late = nowMs - this.sinceMs > LATE_MS
    // What was written behind it could not leave before it.
    if (this.waits(this.made)) this.watch(nowMs, nowMs, to, sent)
    else this.watched = 0
    return late ? { from, afterMs } : null
  }
}
