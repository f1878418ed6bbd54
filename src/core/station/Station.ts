// The server as one machine without I/O: the image of its stations, its logs, and every table that spans connections, as they
// are at present. Whoever holds it tells it the time, and does what it cannot do by itself: it is the only thing that changes.

import * as Held from "../command/Held.ts"
import * as FileCall from "../file/FileCall.ts"
import type { Block } from "../image/Block.ts"
import * as Flags from "../image/Flags.ts"
import * as Image from "../image/Image.ts"
import * as Initialised from "../image/Initialised.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Stamp from "../image/Stamp.ts"
import * as Value from "../image/Value.ts"
import * as EventLog from "../log/EventLog.ts"
import * as Flushes from "../log/Flushes.ts"
import * as Publish from "../log/Publish.ts"
import * as Rates from "../log/Rates.ts"
import type { World } from "../procedure/World.ts"
import * as Freeze from "../read/Freeze.ts"
import * as TagClock from "../system/TagClock.ts"
import { Cause } from "../wire/Cause.ts"
import * as Abandoned from "./Abandoned.ts"
import * as Bursts from "./Bursts.ts"
import * as Delayed from "./Delayed.ts"
import * as Ending from "./Ending.ts"
import * as Numbers from "./Numbers.ts"
import * as Offers from "./Offers.ts"
import * as Points from "./Points.ts"
import * as Schedule from "./Schedule.ts"
import * as Stall from "./Stall.ts"
import * as Waiting from "./Waiting.ts"

/** What a station is made with. */
export type Settings = Pick<
  World,
  "link" | "profile" | "limits" | "packEvents" | "selectMs" | "commandAgeMs" | "files"
> & {
  /** Whether clients set the clock of time tags, and for how many ms that is valid (0: for ever). */
  readonly clockByClients: boolean
  readonly clockValidMs: number
}

/** Somebody who is told what is published. */
export interface Follower {
  /** The oldest positions in the logs that it may still read, by priority. */
  readonly cursor: { readonly acknowledged: readonly number[] }
  /** The logs have grown, and it can send. */
  ready(): void
}

/** Whoever holds a station. */
export interface Holder {
  /** Has {@link Station.deliver} called when what happens now is over. */
  deliverSoon(): void
  /** The present time of time tags, in ms since 1970 UTC: asked for where something is sent. */
  nowMs(): number
}

/** What came of a change: an event that somebody takes, one that nobody takes or that was put off before, or one that is put off now. */
export type Report = "told" | "untold" | "later"

/** The ends of logs; not by `map`, whose arrays are of another kind to the compiler than literals. */
function endsOf(logs: readonly EventLog.EventLog[]): readonly number[] {
  const ends: number[] = []
  for (const log of logs) ends.push(log.end)
  return ends
}

export class Station<F extends Follower = Follower> {
  /** What sessions read. */
  world: World
  /** Sessions that are open, of those the ones that can be told of events at once, and those that are started. */
  readonly sessions: Set<F> = new Set()
  readonly open: Set<F> = new Set()
  readonly started: Set<F> = new Set()
  /** The clock of time tags. */
  tagClock: TagClock.TagClock
  /** What counters of a station do by themselves, and what they tell. */
  counterModes: Freeze.Modes = null
  /** Points whose newest value waits until their rate allows an event. */
  delayed: Delayed.Delayed = Delayed.none
  /** What happens by the clock, and what of it waits until its points are refreshed. */
  schedule: Schedule.Schedule = Schedule.none
  offers: Offers.Offers = Offers.none
  /** Callbacks that run on though nobody waits for them any more. */
  abandoned: Abandoned.Table = Abandoned.none
  /** For whom publishers wait, and when they wait for a turn of the event loop. */
  waiting: Waiting.Waiting = Waiting.none
  bursts: Bursts.Bursts
  /** Who has which file, and what the store was asked. */
  files: FileCall.Files = FileCall.none
  /** Whether the process stood still. */
  stall: Stall.Stall = Stall.none
  /** Whether all ends. */
  private ending: Ending.Ending = Ending.none
  /** The numbers of sessions. */
  numbers: Numbers.Numbers = Numbers.none
  /** Time tags that were asked for outside 2000 to 2099, and sent as the nearest bound. */
  boundedTimes = 0

  private readonly holder: Holder
  private readonly logs: readonly EventLog.EventLog[]
  private readonly flushes: Flushes.Flushes = Flushes.make()
  /** Blocks that have to be put in order before they are read. */
  private readonly unsettled: Set<Block> = new Set()
  private ends: readonly number[]
  private scheduled = false
  /** Log end at which a synchronous burst is flushed before it is over. */
  private flushAt = Number.POSITIVE_INFINITY
  private lastOperation = 0
  private lastBatch = 0

  constructor({ clockByClients, clockValidMs, ...settings }: Settings, holder: Holder) {
    this.holder = holder
    this.tagClock = TagClock.make(clockByClients, clockValidMs)
    this.logs = [EventLog.make(settings.limits.logRecords, () => this.oldestNeeded(0))]
    this.ends = endsOf(this.logs)
    this.bursts = Bursts.none(settings.limits.logRecords)
    this.world = {
      ...settings,
      image: Image.empty,
      logs: this.logs,
      selections: Held.none,
      freezes: { count: 0 },
      initialised: Initialised.none,
      resetting: false,
      stopping: false,
      trace: false
    }
  }

  // ---- stations and points ----

  private setImage(image: Image.Image): void {
    if (image !== this.world.image) this.world = { ...this.world, image }
  }

  /** The surroundings of a reduction, with every block readable in order, and its groups known of its station. */
  settled(): World {
    if (this.unsettled.size > 0) {
      const image = Points.settled(this.world.image, this.unsettled)
      this.unsettled.clear()
      this.setImage(image)
    }
    return this.world
  }

  /** Adds a station. False when its common address is in use. */
  addStation(ca: number, zone: Image.Station["zone"]): boolean {
    if (Image.station(this.world.image, ca) !== undefined) return false
    this.setImage(Image.withStation(this.world.image, ca, zone))
    return true
  }

  /** Removes a station with its points; `each` is called with a block before it is emptied. False when there is none. */
  removeStation(ca: number, each: (block: Block) => void): boolean {
    const station = Image.station(this.world.image, ca)
    if (station === undefined) return false
    for (const block of station.blocks) {
      this.delayed = Delayed.forgetBlock(this.delayed, block)
      each(block)
      this.unsettled.delete(block)
      Points.removeAll(this.world, block)
    }
    this.counterModes = Numbered.without(this.counterModes, ca)
    this.world = Points.withoutStation(this.world, ca)
    return true
  }

  /** Adds points as {@link Points.add}, of which the first is returned; null when one of their addresses is in use. */
  addPoints(
    station: Image.Station,
    ioa: number,
    type: number,
    count: number,
    variants: Image.Variants,
    nowMs: number,
    flags: number
  ): Image.PointRef | null {
    const added = Points.add(this.world, station, ioa, type, count, variants, nowMs, flags)
    if (added === null) return null
    const { image, block, bounded } = added
    this.boundedTimes += bounded
    this.setImage(image)
    this.unsettled.add(block)
    return Image.refTo(block, block.find(ioa))
  }

  /** Removes a point, and with it everything that was said of it. */
  removePoint(block: Block, slot: number): void {
    this.delayed = Delayed.forget(this.delayed, block, slot)
    Points.remove(this.world, block, slot)
    this.unsettled.add(block)
  }

  /** Puts a point into interrogation groups (1..16) and counter groups (1..4). */
  setGroups(block: Block, slot: number, groups: readonly number[], counterGroups: readonly number[]): void {
    Flags.setGroups(block, slot, groups, counterGroups)
    this.unsettled.add(block)
  }

  // ---- what sessions read beside the image ----

  /** Command points are selected, or not any more. */
  select(selections: Held.Table): void {
    if (selections !== this.world.selections) this.world = { ...this.world, selections }
  }

  setLink(link: World["link"]): void {
    this.world = { ...this.world, link }
  }

  /** Whether every received frame is told. */
  setTrace(trace: boolean): void {
    this.world = { ...this.world, trace }
  }

  /** A station was initialised (COI octet): every session is told. */
  initialised(ca: number, cause: number): void {
    this.world = { ...this.world, initialised: Initialised.noted(this.world.initialised, this.world.image, ca, cause) }
    for (const session of this.open) session.ready()
  }

  // ---- its end, and numbers ----

  /** Whether nothing is begun any more: the process is about to be reset, or the server to stop. */
  get isEnding(): boolean {
    return Ending.isEnding(this.ending)
  }

  /** The session whose reset of the process is not carried out yet, 0 = there is none. */
  get resetting(): number {
    return this.ending.resetting
  }

  /** All ends, or does not any more; whether that is another thing than before. */
  end(change: (ending: Ending.Ending) => Ending.Ending): boolean {
    const ending = change(this.ending)
    if (ending === this.ending) return false
    this.ending = ending
    this.world = { ...this.world, ...Ending.toWorld(ending) }
    return true
  }

  /** A number for a new session: 1..65535, none in use. */
  nextSession(): number {
    this.numbers = Numbers.take(this.numbers)
    return this.numbers.last
  }

  /** A session has ended: its number is free. */
  freeSession(number: number): void {
    this.numbers = Numbers.free(this.numbers, number)
  }

  /** A number for what an exchange begins to collect: none has had it. */
  nextBatch(): number {
    return ++this.lastBatch
  }

  /** A number for an operation: none has had it. */
  nextOperation(): number {
    return ++this.lastOperation
  }

  // ---- time tags ----

  /** Tags a time-tagged point with a time in ms since 1970 UTC, in its station's zone, and with the flags of the clock. */
  stamp(block: Block, slot: number, atMs: number, flags: number): void {
    if (Stamp.show(block.zone, atMs)) this.boundedTimes++
    Stamp.put(block, slot, flags)
  }

  /** An instant as CP56Time2a words in a zone, with the flags that it has by itself. */
  timeTag(zone: Image.Station["zone"], epochMs: number): { readonly low: number; readonly high: number } {
    if (Stamp.show(zone, epochMs)) this.boundedTimes++
    return { low: zone.tagLow, high: zone.tagHigh }
  }

  // ---- publishing ----

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

  /**
   * Freezes or resets counters of the stations that are asked, at a time, and tells the readings of those with the mode that does.
   * `worked` is told what that cost, in counters, before anybody is told of them.
   */
  freeze(
    asked: Image.Order,
    order: Freeze.FreezeOrder,
    nowMs: number,
    flags: number,
    worked: (counters: number) => void
  ): void {
    const { image, freezes } = this.settled()
    const done = Freeze.carryOut(image, freezes, this.counterModes, asked, order, nowMs, flags)
    this.boundedTimes += done.bounded
    worked(done.work)
    // Whoever sees what is published may add and remove points: those that come now were not frozen.
    for (const { block, version, slots } of done.told)
      for (const slot of slots) if (block.holds(slot, version)) this.appendFrozen(block, slot)
  }

  private appendFrozen(block: Block, slot: number): void {
    if (this.sessions.size === 0) return
    const log = this.logs[block.priority] as EventLog.EventLog
    EventLog.appendFrozen(log, block, slot, Cause.SPONTANEOUS, 0)
    Publish.frozen(log, block, slot)
    this.appended(log.end)
  }

  /** A log has grown by so many to this end: it is flushed when what happens now is over, or now when a burst has filled the windows. */
  private appended(end: number, count = 1): void {
    if (!this.scheduled) this.sendSoon(end + 1 - count)
    else if (end >= this.flushAt) this.flush()
  }

  /** Lets sessions send soon what was published until then, from the event before this end on. */
  private sendSoon(end: number): void {
    this.scheduled = true
    this.flushAt = end + this.early()
    this.holder.deliverSoon()
  }

  /** What was published since is sent. */
  deliver(): void {
    this.scheduled = false
    if (this.open.size === 0) this.remember(this.logEnds()[0] as number)
    this.flush()
  }

  /**
   * So many events are made at most, beside one, before windows are filled: not more than a log holds, where they would be lost
   * unsent to a client that could take them.
   */
  private early(): number {
    const { link, packEvents } = this.world
    return Math.min(packEvents ? link.k * 16 : link.k, (this.logs[0] as EventLog.EventLog).capacity - 1)
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
    Flushes.note(this.flushes, end, this.holder.nowMs())
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

  /** Makes the events that the rate of their points had put off and that are due now. */
  reportDelayed(nowMs: number): void {
    for (const point of Delayed.due(this.delayed, nowMs)) {
      const { delayed, isTold } = Delayed.judge(this.delayed, point, nowMs)
      this.delayed = delayed
      if (isTold) this.reportNow(point.block, point.slot, nowMs)
    }
  }
}
