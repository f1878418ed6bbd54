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
import * as Cursor from "../log/Cursor.ts"
import * as EventLog from "../log/EventLog.ts"
import type { World } from "../procedure/World.ts"
import * as Freeze from "../read/Freeze.ts"
import type { Notice } from "../session/Notice.ts"
import * as SessionState from "../session/SessionState.ts"
import * as TagClock from "../system/TagClock.ts"
import * as Abandoned from "./Abandoned.ts"
import * as Bursts from "./Bursts.ts"
import * as Delayed from "./Delayed.ts"
import * as Ending from "./Ending.ts"
import { Exchange } from "./Exchange.ts"
import * as Numbers from "./Numbers.ts"
import * as Offers from "./Offers.ts"
import * as Outputs from "./Outputs.ts"
import * as Points from "./Points.ts"
import { type Follower, Publishing } from "./Publishing.ts"
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

export class Station<F extends Follower = Follower> {
  /** What sessions read. */
  world: World
  /** The logs, and who is told of them. */
  readonly publishing: Publishing<F>
  /** Sessions that are started. */
  readonly started: Set<F> = new Set()
  /** The clock of time tags. */
  tagClock: TagClock.TagClock
  /** What counters of a station do by themselves, and what they tell. */
  counterModes: Freeze.Modes = null
  /** What happens by the clock, and what of it waits until its points are refreshed. */
  schedule: Schedule.Schedule = Schedule.none
  offers: Offers.Offers = Offers.none
  /** Callbacks that run on though nobody waits for them any more. */
  abandoned: Abandoned.Table = Abandoned.none
  /** For whom publishers wait, and when they wait for a turn of the event loop. */
  waiting: Waiting.Waiting = Waiting.none
  bursts: Bursts.Bursts
  /** What is operated at command points. */
  readonly outputs: Outputs.Outputs = Outputs.make()
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

  /** Blocks that have to be put in order before they are read. */
  private readonly unsettled: Set<Block> = new Set()
  private lastBatch = 0

  constructor({ clockByClients, clockValidMs, ...settings }: Settings) {
    this.tagClock = TagClock.make(clockByClients, clockValidMs)
    const { limits, link, packEvents } = settings
    this.publishing = new Publishing<F>(limits.logRecords, link.k, packEvents, (end) => this.moveUp(end))
    this.bursts = Bursts.none(limits.logRecords)
    this.world = {
      ...settings,
      image: Image.empty,
      logs: this.publishing.logs,
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

  /** Removes a station with its points. False when there is none. */
  removeStation(ca: number): boolean {
    const station = Image.station(this.world.image, ca)
    if (station === undefined) return false
    for (const block of station.blocks) {
      this.publishing.delayed = Delayed.forgetBlock(this.publishing.delayed, block)
      this.unsettled.delete(block)
      if (block.command) for (let slot = 0; slot < block.length; slot++) Outputs.detach(this.outputs, block, slot)
      Points.removeAll(this.world, block)
    }
    this.counterModes = Numbered.without(this.counterModes, ca)
    this.world = Points.withoutStation(this.world, ca)
    return true
  }

  /** Adds points as {@link Points.add}, of which the first is returned; null when one of their addresses is in use. */
  addPoints(station: Image.Station, adding: Points.Adding, nowMs: number, flags: number): Image.PointRef | null {
    const added = Points.add(this.world, station, adding, nowMs, flags)
    if (added === null) return null
    const { image, block, bounded } = added
    this.boundedTimes += bounded
    this.setImage(image)
    this.unsettled.add(block)
    if (block.command) this.attach(block, adding)
    return Image.refTo(block, block.find(adding.ioa))
  }

  /** Command points go on with the outputs of those that had their addresses before. */
  private attach(block: Block, { ioa, count }: Points.Adding): void {
    for (let i = 0; i < count && this.outputs.kept.size > 0; i++)
      Outputs.attach(this.outputs, this.world.profile, block, block.find(ioa + i))
  }

  /** Removes a point, and with it everything that was said of it; who operates it, null = nobody. */
  removePoint(block: Block, slot: number): Outputs.Detached | null {
    const operated = Outputs.detach(this.outputs, block, slot)
    this.publishing.delayed = Delayed.forget(this.publishing.delayed, block, slot)
    Points.remove(this.world, block, slot)
    this.unsettled.add(block)
    return operated
  }

  /** Puts a point into interrogation groups (1..16) and counter groups (1..4). */
  setGroups(block: Block, slot: number, groups: readonly number[], counterGroups: readonly number[]): void {
    Flags.setGroups(block, slot, groups, counterGroups)
    this.unsettled.add(block)
  }

  /** The image moves positions up that lie too far behind the end of a log. */
  private moveUp(end: number): void {
    for (const { blocks } of Image.all(this.world.image))
      for (const block of blocks) block.moveUp(end, EventLog.FAR_BEHIND)
  }

  // ---- what sessions read beside the image ----

  /**
   * A session has selected command points, or given them back: noted with its reduction, before anything of that is acted on, since
   * what is done for one notice may end the session before the next.
   */
  note(session: number, notices: readonly Notice[]): void {
    let { selections } = this.world
    for (const notice of notices)
      if (notice.kind === "selected") selections = Held.put(selections, session, notice)
      else if (notice.kind === "released") selections = Held.drop(selections, session, notice)
    if (selections !== this.world.selections) this.world = { ...this.world, selections }
  }

  setLink(link: World["link"]): void {
    this.world = { ...this.world, link }
    this.publishing.k = link.k
  }

  /** Whether every received frame is told. */
  setTrace(trace: boolean): void {
    this.world = { ...this.world, trace }
  }

  /** A station was initialised (COI octet): every session is to be told. */
  initialised(ca: number, cause: number): void {
    this.world = { ...this.world, initialised: Initialised.noted(this.world.initialised, this.world.image, ca, cause) }
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

  /** A connection has come, whose session has this number; of what was published nobody has told it. */
  opened(number: number, nowMs: number): Exchange {
    const world = this.settled()
    const cursor = Cursor.at(this.publishing.logEnds(), world.initialised.count)
    return new Exchange(SessionState.open(world, number, nowMs), cursor, this.outputs.lastOperation)
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
    return ++this.outputs.lastOperation
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

  /** Freezes or resets counters of the stations that are asked, at a time; the readings are told by {@link Publishing.appendFrozen}. */
  freeze(asked: Image.Order, order: Freeze.FreezeOrder, nowMs: number, flags: number): Freeze.Done {
    const { image, freezes } = this.settled()
    const done = Freeze.carryOut(image, freezes, this.counterModes, asked, order, nowMs, flags)
    this.boundedTimes += done.bounded
    return done
  }
}
