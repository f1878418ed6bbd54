// Publishing: one append to a log, whatever the number of clients. Whoever can be told is told when what happens now is over, or
// earlier where a burst has filled the windows: what is due is said here, and done by whoever holds it, since those who are
// told may do anything. A change is an event when that is worth one and the rate of its point allows it.

import type { Block } from "../image/Block.ts"
import type * as Image from "../image/Image.ts"
import * as Value from "../image/Value.ts"
import * as EventLog from "../log/EventLog.ts"
import * as Flushes from "../log/Flushes.ts"
import * as Publish from "../log/Publish.ts"
import * as Rates from "../log/Rates.ts"
import { Cause } from "../wire/Cause.ts"
import * as Delayed from "./Delayed.ts"

/** Somebody who is told what is published. */
export interface Follower {
  /** The oldest positions in the logs that it may still read, by priority. */
  readonly cursor: { readonly acknowledged: readonly number[] }
}

/** What has to be done after an append: nothing; {@link Publishing.delivered} when what happens now is over; {@link Publishing.flushed} at once. */
export type Due = "nothing" | "soon" | "now"

/** The events of a batch that are still to be made: of these points from an index on, if they were there in a version of the block. */
export interface Rest {
  readonly block: Block
  readonly version: number
  readonly slots: readonly number[]
  readonly from: number
  readonly cause: number
  readonly originator: number
}

/** What came of a change: an event that somebody takes, one that nobody takes or that was put off before, or one that is put off now. */
export type Report = "told" | "untold" | "later"

/** The ends of logs; not by `map`, whose arrays are of another kind to the compiler than literals. */
function endsOf(logs: readonly EventLog.EventLog[]): readonly number[] {
  const ends: number[] = []
  for (const log of logs) ends.push(log.end)
  return ends
}

export class Publishing<F extends Follower> {
  /** What it is given: a snapshot leaves it out. */
  static readonly ports: readonly string[] = ["moveUp"]

  readonly logs: readonly EventLog.EventLog[]
  /** Sessions that are open, and of those the ones that can be told of events at once. */
  readonly sessions: Set<F> = new Set()
  readonly open: Set<F> = new Set()
  /** How many I frames a window takes. */
  k: number
  /** Points whose newest value waits until their rate allows an event. */
  delayed: Delayed.Delayed = Delayed.none

  /** What the last append has made due. */
  due: Due = "nothing"

  /** Has the image move positions up that lie too far behind an end. */
  private readonly moveUp: (end: number) => void
  /** Log end at which it does so next. */
  private moveAt: number = EventLog.FAR_BEHIND
  private readonly packEvents: boolean
  private readonly flushes: Flushes.Flushes = Flushes.make()
  private ends: readonly number[]
  private scheduled = false
  /** Log end at which a synchronous burst is flushed before it is over. */
  private flushAt = Number.POSITIVE_INFINITY

  constructor(logRecords: number, k: number, packEvents: boolean, moveUp: (end: number) => void) {
    this.moveUp = moveUp
    this.k = k
    this.packEvents = packEvents
    this.logs = [EventLog.make(logRecords, () => this.oldestNeeded(0))]
    this.ends = endsOf(this.logs)
  }

  /**
   * Puts what a point says into the log; the position behind the event, or -1 where nobody takes it. `asker` is the session that
   * is shown the originator.
   */
  append(block: Block, slot: number, cause: number, originator: number, asker: number): number {
    // Most have nothing to note: what is not called here leaves room for what is, when this is compiled.
    if (block.compared) Publish.note(block, slot, cause)
    if (this.sessions.size === 0) return -1
    const log = this.logs[block.priority] as EventLog.EventLog
    const end = EventLog.append(log, block, slot, cause, originator, asker) + 1
    if (block.kind === Value.Kind.PackedSingles) Publish.told(block, slot, cause)
    this.appended(end)
    return end
  }

  /**
   * As {@link append} for several points of a block, whose events stay together; null when nobody takes them. They are made by
   * {@link appendRest}.
   */
  appendAll(block: Block, slots: readonly number[], cause: number, originator: number): Rest | null {
    Publish.noteAll(block, slots, cause)
    if (this.sessions.size === 0) return null
    return { block, version: block.version, slots, from: 0, cause, originator }
  }

  /** Makes events of a batch, not more at once than a window takes: what has filled it is sent before the rest, if any, is made. */
  appendRest({ block, version, slots: all, from: start, cause, originator }: Rest): Rest | null {
    // Whoever observes what was sent may have removed points that were still to come.
    const same = block.version === version
    const slots = same ? all : all.filter((slot, i) => i < start || block.holds(slot, version))
    if (start >= slots.length) return null
    const log = this.logs[block.priority] as EventLog.EventLog
    const to = Math.min(slots.length, start + this.untilFlush(log.end))
    const end = EventLog.appendAll(log, block, slots, start, to, cause, originator)
    Publish.toldAll(block, slots, start, to, cause)
    this.appended(end, to - start)
    return to === slots.length ? null : { block, version: block.version, slots, from: to, cause, originator }
  }

  /** Tells the frozen reading of a counter, if it was there in a version of its block. */
  appendFrozen(block: Block, version: number, slot: number): void {
    if (this.sessions.size === 0 || !block.holds(slot, version)) return
    const log = this.logs[block.priority] as EventLog.EventLog
    EventLog.appendFrozen(log, block, slot, Cause.SPONTANEOUS, 0)
    Publish.frozen(log, block, slot)
    this.appended(log.end)
  }

  /** A log has grown by so many to this end: it is flushed when what happens now is over, or now when a burst has filled the windows. */
  private appended(end: number, count = 1): void {
    if (!this.scheduled) {
      this.scheduled = true
      this.flushAt = end + 1 - count + this.early()
      this.due = "soon"
    } else if (end >= this.flushAt) this.due = "now"
  }

  /** Whether {@link delivered} is owed, which was due "soon" as the first event since was made. */
  get isScheduled(): boolean {
    return this.scheduled
  }

  /** What was published since is sent by these, at a time of time tags in ms since 1970 UTC. */
  delivered(nowMs: number): Iterable<F> {
    this.scheduled = false
    if (this.open.size === 0) this.remember(this.logEnds()[0] as number, nowMs)
    return this.flushed(nowMs)
  }

  /**
   * So many events are made at most, beside one, before windows are filled: not more than a log holds, where they would be lost
   * unsent to a client that could take them.
   */
  private early(): number {
    const { k, packEvents } = this
    return Math.min(packEvents ? k * 16 : k, (this.logs[0] as EventLog.EventLog).capacity - 1)
  }

  /** How many events may be made at once behind this end. */
  private untilFlush(end: number): number {
    const most = this.early()
    return this.scheduled ? Math.min(most, Math.max(1, this.flushAt - end)) : most
  }

  /** Every session with an open window sends what is new: those who have one then. */
  flushed(nowMs: number): Iterable<F> {
    const newest = (this.logs[0] as EventLog.EventLog).end
    if (newest >= this.moveAt) {
      this.moveUp(newest)
      this.moveAt = newest + EventLog.FAR_BEHIND
    }
    if (this.open.size === 0) {
      // Whoever opens its window sends what waits by itself.
      this.flushAt = Number.POSITIVE_INFINITY
      return this.open
    }
    this.flushAt = newest + this.early()
    this.remember(newest, nowMs)
    return this.open
  }

  /** Notes when the log had reached an end. */
  private remember(end: number, nowMs: number): void {
    Flushes.note(this.flushes, end, nowMs)
  }

  /** When the newest event of a point was made, as far as is remembered, in ms since 1970 UTC; 0 when it never was, null: just now. */
  publishedMs(block: Block, slot: number): number | null {
    const position = EventLog.ownLastOf(block, slot, this.logEnds()[block.of.priority] as number)
    return position === 0 ? 0 : Flushes.whenMs(this.flushes, position)
  }

  /** The ends of the logs; the same array as long as nothing was appended. */
  logEnds(): readonly number[] {
    const { logs } = this
    for (let i = 0; i < logs.length; i++)
      if ((logs[i] as EventLog.EventLog).end !== this.ends[i]) {
        this.ends = endsOf(logs)
        break
      }
    return this.ends
  }

  /** The oldest position of a priority class that a session may still read. */
  private oldestNeeded(priority: number): number {
    let oldest = (this.logs[priority] as EventLog.EventLog).end
    for (const { cursor } of this.sessions) oldest = Math.min(oldest, cursor.acknowledged[priority] as number)
    return oldest
  }

  // ---- events by change ----

  /** A point has changed: from when on an event of that may be made, by the monotonic clock, or {@link Rates.NEVER}. */
  mayReportMs(block: Block, slot: number): number {
    return Rates.mayTell(this.logs[block.priority] as EventLog.EventLog, block, slot)
  }

  /** Makes an event of a change that may be told from a time on, or puts it off until then. */
  report(block: Block, slot: number, mayMs: number, nowMs: number): Report {
    if (nowMs >= mayMs) return this.reportNow(block, slot, nowMs) ? "told" : "untold"
    const delayed = Delayed.put(this.delayed, block, slot, mayMs)
    if (delayed === this.delayed) return "untold"
    this.delayed = delayed
    return "later"
  }

  private reportNow(block: Block, slot: number, nowMs: number): boolean {
    Rates.made(block, slot, nowMs)
    return this.append(block, slot, Cause.SPONTANEOUS, 0, 0) >= 0
  }

  /** Sets how many ms lie at least between two events that are made by change. */
  setMinInterval(block: Block, slot: number, everyMs: number): void {
    Rates.setMinInterval(block, slot, everyMs)
    this.delayed = Delayed.changed(this.delayed, block, slot)
  }

  /** The points whose events their rate had put off and that are due now. */
  dueDelayed(nowMs: number): readonly Image.PointRef[] {
    return Delayed.due(this.delayed, nowMs)
  }

  /** Makes the event of one of them, unless it was removed, or told, or put off anew meanwhile. */
  reportDelayed(point: Image.PointRef, nowMs: number): void {
    const { delayed, isTold } = Delayed.judge(this.delayed, point, nowMs)
    this.delayed = delayed
    if (isTold) this.reportNow(point.block, point.slot, nowMs)
  }
}
