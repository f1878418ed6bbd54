// Publishing: one append to the log, whatever the number of clients; sessions are told in the next microtask, or earlier
// when a synchronous burst has filled their windows.

import type { Block } from "../core/image/Block.ts"
import * as Causes from "../core/image/Causes.ts"
import * as Image from "../core/image/Image.ts"
import * as Information from "../core/image/Information.ts"
import * as Numbered from "../core/image/Numbered.ts"
import * as Value from "../core/image/Value.ts"
import * as EventLog from "../core/log/EventLog.ts"
import * as Flushes from "../core/log/Flushes.ts"
import * as Publish from "../core/log/Publish.ts"
import * as Rates from "../core/log/Rates.ts"
import * as Freeze from "../core/read/Freeze.ts"
import * as Delayed from "../core/station/Delayed.ts"
import { Cause } from "../core/wire/Cause.ts"
import * as TypeTable from "../core/wire/TypeTable.ts"
import { IllegalCause } from "./Errors.ts"
import type { Options } from "./Options.ts"
import * as PointRules from "./PointRules.ts"
import { Room } from "./Room.ts"
import type { Session } from "./Session.ts"
import { Stations } from "./Stations.ts"
import type { Turns } from "./Turns.ts"
import { turnsOf } from "./VirtualClock.ts"

/** Its `then` is a microtask of the engine's own; `queueMicrotask` makes a resource of Node's with hooks for each. */
const SETTLED = Promise.resolve()

/** The ends of logs; not by `map`, whose arrays are of another kind to the compiler than literals. */
function endsOf(logs: readonly EventLog.EventLog[]): readonly number[] {
  const ends: number[] = []
  for (const log of logs) ends.push(log.end)
  return ends
}

export abstract class Publisher extends Stations {
  /** The turns of its event loop; who rehearses has others. */
  turns: Turns = turnsOf(this.clock)
  /** What counters of a station do by themselves, and what they tell. */
  counterModes: Freeze.Modes = null
  readonly sessions: Set<Session> = new Set()
  /** Sessions whose window is open: only these have to be told of events. */
  readonly open: Set<Session> = new Set()
  /** Points whose newest value waits until their rate allows an event. */
  private delayed: Delayed.Delayed = Delayed.none
  /** Called when an event was put off: {@link reportDelayed} has to be called again and again. */
  onDelayed: () => void = () => {}
  private ends: readonly number[]
  private scheduled = false
  /** Log end at which a synchronous burst is flushed before it is over. */
  private flushAt = Number.POSITIVE_INFINITY
  private readonly logs: readonly EventLog.EventLog[]
  private readonly waiting: Room
  private readonly flushes: Flushes.Flushes = Flushes.make()
  private readonly due = (): void => this.deliver()

  constructor(options: Options) {
    super(options)
    this.logs = this.world.logs
    this.ends = endsOf(this.logs)
    this.waiting = new Room(this.sessions, options.clock, options.limits, () => this.logEnds())
  }

  /** Sets what counters of a station do. */
  setCounterMode(ca: number, mode: Freeze.CounterMode): void {
    this.counterModes = Numbered.put(this.counterModes, ca, mode)
  }

  /** Freezes or resets counters of the stations that are asked, and tells the readings of those with the mode that does. */
  freeze(asked: Image.Order, order: Freeze.FreezeOrder): void {
    const { image, freezes } = this.settled()
    const { nowMs, flags } = this.tagClock
    const done = Freeze.carryOut(image, freezes, this.counterModes, asked, order, nowMs(), flags)
    this.boundedTimes += done.bounded
    this.turns.work(done.work)
    // Whoever sees what is published may add and remove points: those that come now were not frozen.
    for (const { block, version, slots } of done.told)
      for (const slot of slots) if (block.holds(slot, version)) this.publishFrozen(block, slot)
  }

  private publishFrozen(block: Block, slot: number): void {
    if (this.sessions.size === 0) return
    const log = this.logs[block.priority] as EventLog.EventLog
    EventLog.appendFrozen(log, block, slot, Cause.SPONTANEOUS, 0)
    Publish.frozen(log, block, slot)
    this.appended(log.end)
  }

  /** As {@link publish}; returns the log position behind the event, or -1. `asker` is the session that is shown the originator. */
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

  /** As {@link append} for several points of a block; their events stay together. False when nobody takes them. */
  appendAll(block: Block, slots: readonly number[], cause: number, originator: number): boolean {
    Publish.noteAll(block, slots, cause)
    if (this.sessions.size === 0) return false
    const log = this.logs[block.priority] as EventLog.EventLog
    let { version } = block
    let rest = slots
    let to = 0
    for (let from = 0; from < rest.length; from = to) {
      // Not more at once than a window takes: what has filled it is sent before more is appended.
      to = Math.min(rest.length, from + this.untilFlush(log.end))
      const end = EventLog.appendAll(log, block, rest, from, to, cause, originator)
      Publish.toldAll(block, rest, from, to, cause)
      this.appended(end, to - from)
      // Whoever observes what was sent may have removed points that are still to come.
      if (block.version === version) continue
      const before = version
      rest = rest.filter((slot, i) => i < to || block.holds(slot, before))
      version = block.version
    }
    return true
  }

  /** A log has grown by so many to this end: it is flushed in the next microtask, or now when a burst has filled the windows. */
  private appended(end: number, count = 1): void {
    if (!this.scheduled) this.schedule(end + 1 - count)
    else if (end >= this.flushAt) this.flush()
  }

  /** Lets sessions send in the next microtask what was published until then, from the event before this end on. */
  private schedule(end: number): void {
    this.scheduled = true
    this.flushAt = end + this.early()
    void SETTLED.then(this.due)
  }

  /** What was published since the last microtask is sent. */
  deliver(): void {
    this.scheduled = false
    if (this.open.size === 0) this.remember(this.logEnds()[0] as number)
    this.flush()
  }

  /** Throws {@link IllegalCause} for a cause that the type of a block's events cannot have in monitor direction. */
  checkCause(block: Block, cause: number): void {
    if (Causes.isLegal(block.of, cause, this.world.profile)) return
    const type = TypeTable.byId[block.of.eventType]?.mnemonic ?? ""
    throw new IllegalCause({ type, cause, legal: Causes.legalOf(block.of) })
  }

  private early(): number {
    return Publish.early(this.world.link.k, this.options.packEvents, this.logs[0] as EventLog.EventLog)
  }

  /** How many events may be made at once behind this end. */
  private untilFlush(end: number): number {
    const most = this.early()
    return this.scheduled ? Math.min(most, Math.max(1, this.flushAt - end)) : most
  }

  /** Lets every session with an open window send what is new. */
  flush(): void {
    if (this.open.size === 0) {
      // Whoever opens its window sends what waits by itself.
      this.flushAt = Number.POSITIVE_INFINITY
      return
    }
    const ends = this.logEnds()
    this.flushAt = (ends[0] as number) + this.early()
    this.remember(ends[0] as number)
    for (const session of this.open) session.ready()
  }

  /** Notes when the log had reached an end. */
  private remember(end: number): void {
    Flushes.note(this.flushes, end, this.tagClock.nowMs())
  }

  /** When the newest event of a point was made, as far as is remembered, in ms since 1970 UTC; 0 when it never was. */
  publishedMs(block: Block, slot: number): number {
    const position = EventLog.ownLastOf(block, slot, this.logEnds()[block.of.priority] as number)
    return position === 0 ? 0 : (Flushes.whenMs(this.flushes, position) ?? this.tagClock.nowMs())
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

  /**
   * Resolves when no started session that had more than half a log waiting has a quarter still, or those that have have held
   * publishers up for `holdMs` since they had caught up last, which nobody does by stopping; `patient` waits for them whatever
   * time it takes. A publisher that awaits it lets sockets be read: at least every 256 events (half a log, if that is less),
   * and every 256 times that it asks, it waits for a turn of the event loop, with others for their share of it. Who waited is
   * looked at anew when those before it have published. Sessions that are stopped do not count, since nothing but their client can make them go on.
   * Backlogs are bounded by dropping the oldest.
   */
  room(patient = false): Promise<void> {
    if (this.waiting.hasToWait(patient)) return this.waiting.wait(patient)
    if (!this.waiting.isBurst()) return Promise.resolve()
    return this.waiting.turn(patient)
  }

  protected oldestNeeded(priority: number): number {
    let oldest = (this.logs[priority] as EventLog.EventLog).end
    for (const { cursor } of this.sessions) oldest = Math.min(oldest, cursor.acknowledged[priority] as number)
    return oldest
  }

  /** Events that wait for the slowest started session. */
  backlog(): number {
    const ends = this.logEnds()
    let most = 0
    for (const session of this.sessions) most = Math.max(most, session.backlog(ends))
    return most
  }

  /** Called when a session has started: publishers may have to wait for it. */
  starts(session: Session): void {
    this.waiting.starts(session)
  }

  /** Called when a session has sent: publishers that wait for it may go on. */
  relieved(session: Session): void {
    this.waiting.relieved(session)
  }

  /** Called when a session has ended: publishers that wait for it may go on. */
  leaves(session: Session): void {
    this.waiting.leaves(session)
  }

  // ---- events by change ----

  /**
   * Sets a value (and a quality, null: it stays) and makes an event of it when what would be told has left the deadband
   * around what was told last by an event that others are told later too, or differs in anything else but the time and the sequence number of a counter, within the
   * point's rate. Returns whether an event was made now. The first update of a point is compared with its newest event, if a
   * log still has that. The quality of a number is the application's word: what was read of the value before is over with that.
   * Throws {@link InvalidArgument} for a command, whose type has no place in monitor direction.
   */
  update(block: Block, slot: number, value: number, quality: number | null, atMs?: number): boolean {
    if (block.command) PointRules.verify("minIntervalMs", block, "update")
    const meant = Information.meantWith(block, slot, value, quality)
    this.setValue(block, slot, value, atMs)
    if (meant !== null && meant !== Image.ownQuality(block, slot)) this.putQuality(block, slot, meant, atMs)
    const mayMs = Rates.mayTell(this.logs[block.priority] as EventLog.EventLog, block, slot)
    if (mayMs === Rates.NEVER) return false
    const nowMs = this.clock.monotonicMs()
    if (nowMs >= mayMs) return this.report(block, slot, nowMs)
    const delayed = Delayed.put(this.delayed, block, slot, mayMs)
    if (delayed === this.delayed) return false
    this.delayed = delayed
    this.onDelayed()
    return false
  }

  private report(block: Block, slot: number, nowMs: number): boolean {
    Rates.made(block, slot, nowMs)
    return this.append(block, slot, Cause.SPONTANEOUS, 0, 0) >= 0
  }

  /** Sets how many ms lie at least between two events of {@link update}. */
  setMinInterval(block: Block, slot: number, everyMs: number): void {
    Rates.setMinInterval(block, slot, everyMs)
    this.delayed = Delayed.changed(this.delayed, block, slot)
  }

  /** Removes a point, and with it everything that was said of it. */
  override removePoint(place: Image.Place): void {
    this.delayed = Delayed.forget(this.delayed, place.block, place.slot)
    super.removePoint(place)
  }

  /** Removes a station with its points. False when there is none. */
  override removeStation(ca: number): boolean {
    for (const block of Image.station(this.world.image, ca)?.blocks ?? [])
      this.delayed = Delayed.forgetBlock(this.delayed, block)
    this.counterModes = Numbered.without(this.counterModes, ca)
    return super.removeStation(ca)
  }

  /** Whether events are put off. */
  get delays(): boolean {
    return Delayed.isAny(this.delayed)
  }

  /** Makes the events that the rate of their points had put off and that are due now. */
  reportDelayed(): void {
    const nowMs = this.clock.monotonicMs()
    for (const point of Delayed.due(this.delayed, nowMs)) {
      const { delayed, isTold } = Delayed.judge(this.delayed, point, nowMs)
      this.delayed = delayed
      if (isTold) this.report(point.block, point.slot, this.clock.monotonicMs())
    }
  }
}
