// Publishing, as programs do it: one append to the log, whatever the number of clients. Sessions are told in the next microtask,
// or earlier when a synchronous burst has filled their windows; publishers wait here for those that are slow.

import type { Block } from "../core/image/Block.ts"
import * as Causes from "../core/image/Causes.ts"
import * as Image from "../core/image/Image.ts"
import * as Information from "../core/image/Information.ts"
import * as Numbered from "../core/image/Numbered.ts"
import * as Rates from "../core/log/Rates.ts"
import type * as Freeze from "../core/read/Freeze.ts"
import * as Delayed from "../core/station/Delayed.ts"
import type { Publishing } from "../core/station/Publishing.ts"
import * as TypeTable from "../core/wire/TypeTable.ts"
import { IllegalCause } from "./Errors.ts"
import * as EventLoop from "./EventLoop.ts"
import type { Options } from "./Options.ts"
import * as PointRules from "./PointRules.ts"
import { Room } from "./Room.ts"
import type { Session } from "./Session.ts"
import { Stations } from "./Stations.ts"
import type { Turns } from "./Turns.ts"

export abstract class Publisher extends Stations {
  readonly loop: EventLoop.EventLoop = EventLoop.of(this.clock)
  /** The turns of its event loop; who rehearses has others. */
  turns: Turns = this.loop.turns
  private readonly publishing: Publishing<Session> = this.station.publishing
  /** Called when an event was put off: {@link reportDelayed} has to be called again and again. */
  onDelayed: () => void = () => {}
  private readonly waiting: Room
  private readonly deliverLater = (): void => this.deliver()

  constructor(options: Options) {
    super(options)
    this.waiting = new Room(this.station, this.sessions, options.clock, options.limits, () => this.logEnds())
  }

  get sessions(): Set<Session> {
    return this.publishing.sessions
  }

  /** What was published since the last microtask is sent. */
  deliver(): void {
    for (const session of this.publishing.delivered(this.tagClock.nowMs())) session.ready()
  }

  /** Has what was published sent when what happens now is over, or at once where it has filled the windows. */
  private followUp(): void {
    const { due } = this.publishing
    this.publishing.due = "nothing"
    if (due === "soon") this.loop.soon(this.deliverLater)
    else for (const session of this.publishing.flushed(this.tagClock.nowMs())) session.ready()
  }

  /** Sets what counters of a station do. */
  setCounterMode(ca: number, mode: Freeze.CounterMode): void {
    this.station.counterModes = Numbered.put(this.station.counterModes, ca, mode)
  }

  /** Freezes or resets counters of the stations that are asked, and tells the readings of those with the mode that does. */
  freeze(asked: Image.Order, order: Freeze.FreezeOrder): void {
    const { nowMs, flags } = this.tagClock
    const { work, told } = this.station.freeze(asked, order, nowMs(), flags)
    this.turns.work(work)
    // Whoever sees what is published may add and remove points: those that come now were not frozen.
    for (const { block, version, slots } of told)
      for (const slot of slots) {
        this.publishing.appendFrozen(block, version, slot)
        if (this.publishing.due !== "nothing") this.followUp()
      }
  }

  /** As {@link publish}; returns the log position behind the event, or -1. `asker` is the session that is shown the originator. */
  append(block: Block, slot: number, cause: number, originator: number, asker: number): number {
    const end = this.publishing.append(block, slot, cause, originator, asker)
    if (this.publishing.due !== "nothing") this.followUp()
    return end
  }

  /** As {@link append} for several points of a block; their events stay together. False when nobody takes them. */
  appendAll(block: Block, slots: readonly number[], cause: number, originator: number): boolean {
    const batch = this.publishing.appendAll(block, slots, cause, originator)
    for (let rest = batch; rest !== null; ) {
      rest = this.publishing.appendRest(rest)
      if (this.publishing.due !== "nothing") this.followUp()
    }
    return batch !== null
  }

  /** Throws {@link IllegalCause} for a cause that the type of a block's events cannot have in monitor direction. */
  checkCause(block: Block, cause: number): void {
    if (Causes.isLegal(block.of, cause, this.world.profile)) return
    const type = TypeTable.byId[block.of.eventType]?.mnemonic ?? ""
    throw new IllegalCause({ type, cause, legal: Causes.legalOf(block.of) })
  }

  /** When the newest event of a point was made, as far as is remembered, in ms since 1970 UTC; 0 when it never was. */
  publishedMs(block: Block, slot: number): number {
    return this.publishing.publishedMs(block, slot) ?? this.tagClock.nowMs()
  }

  /** The ends of the logs; the same array as long as nothing was appended. */
  logEnds(): readonly number[] {
    return this.publishing.logEnds()
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

  /** Events that wait for the slowest started session. */
  backlog(): number {
    const ends = this.logEnds()
    let most = 0
    for (const session of this.sessions) most = Math.max(most, session.backlog(ends))
    return most
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
    const mayMs = this.publishing.mayReportMs(block, slot)
    if (mayMs === Rates.NEVER) return false
    const report = this.publishing.report(block, slot, mayMs, this.clock.monotonicMs())
    if (report === "later") this.onDelayed()
    if (this.publishing.due !== "nothing") this.followUp()
    return report === "told"
  }

  /** Sets how many ms lie at least between two events of {@link update}. */
  setMinInterval(block: Block, slot: number, everyMs: number): void {
    this.publishing.setMinInterval(block, slot, everyMs)
  }

  /** Whether events are put off. */
  get delays(): boolean {
    return Delayed.isAny(this.publishing.delayed)
  }

  /** Makes the events that the rate of their points had put off and that are due now. */
  reportDelayed(): void {
    const nowMs = this.clock.monotonicMs()
    for (const point of this.publishing.dueDelayed(nowMs)) {
      this.publishing.reportDelayed(point, nowMs)
      if (this.publishing.due !== "nothing") this.followUp()
    }
  }
}
