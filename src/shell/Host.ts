// The state of one server that spans its sessions: image, logs, registry of sessions, hooks. Everything here is plain
// and synchronous: adding points, setting values and publishing cost no Effect.
import * as Cause from "../core/asdu/Cause.ts"
import * as Time from "../core/asdu/Time.ts"
import * as TypeTable from "../core/asdu/TypeTable.ts"
import * as EventLog from "../core/delivery/EventLog.ts"
import type { World } from "../core/procedure/World.ts"
import type { Block } from "../core/process/Block.ts"
import * as Image from "../core/process/Image.ts"
import * as Value from "../core/process/Value.ts"
import * as SessionEvent from "../core/session/SessionEvent.ts"
import type { Clock } from "./Clock.ts"
import { CallbackFailed, IllegalCause, InvalidAddress, InvalidArgument, InvalidValue } from "./Errors.ts"
import { HookTable } from "./Hooks.ts"
import type { Options } from "./Options.ts"
import type { Outcome, Peer, ServerEvent } from "./ServerEvent.ts"
import type { Session } from "./Session.ts"

/** Decides a clock synchronisation: the received time as CP56Time2a words. */
export type ClockHandler = (peer: Peer, timeLow: number, timeHigh: number) => Outcome | Promise<Outcome>
/** Decides whether a peer may connect. */
export type ConnectHandler = (address: string) => boolean | Promise<boolean>

/** Publishes between two turns of the event loop before `room` makes the publisher wait for one. */
const BURST = 256

export class Host {
  readonly options: Options
  readonly clock: Clock
  readonly hooks: HookTable = new HookTable()
  readonly sessions: Set<Session> = new Set()
  readonly observers: Set<(event: ServerEvent) => void> = new Set()
  world: World
  onClockSync: ClockHandler | null = null
  onConnect: ConnectHandler | null = null
  /** Limit of open connections, 0 = none but the safety limit. */
  maxConnections: number
  /** The address and port that the server really listens on; null while it does not. */
  listening: { readonly host: string; readonly port: number } | null = null

  private unsettled = false
  private ends: readonly number[]
  private scheduled = false
  /** Log end at which a synchronous burst is flushed before it is over. */
  private flushAt = Number.POSITIVE_INFINITY
  private published = 0
  private waiters: (() => void)[] = []
  private lastSession = 0

  constructor(options: Options) {
    this.options = options
    this.clock = options.clock
    this.maxConnections = options.maxConnections
    const logs = [EventLog.make(options.limits.logRecords)]
    this.ends = logs.map((log) => log.end)
    this.world = {
      link: options.link,
      profile: options.profile,
      limits: options.limits,
      image: Image.empty,
      logs,
      packEvents: options.packEvents
    }
  }

  // ---- stations and points ----

  /** Adds a station. False when the common address is in use. Throws {@link InvalidAddress}. */
  addStation(ca: number): boolean {
    inRange("common address", ca, 1, 65_534)
    if (Image.station(this.world.image, ca) !== undefined) return false
    this.setImage(Image.withStation(this.world.image, ca))
    return true
  }

  /** Removes a station with its points. False when there is none. */
  removeStation(ca: number): boolean {
    const station = Image.station(this.world.image, ca)
    if (station === undefined) return false
    for (const block of station.blocks) this.hooks.removeBlock(block)
    this.setImage(Image.withoutStation(this.world.image, ca))
    return true
  }

  /** Adds `count` points at consecutive addresses from `ioa`; null when one of them is in use. Throws for bad arguments. */
  addPoints(ca: number, ioa: number, type: number, count: number): Image.Place | null {
    inRange("information object address", ioa, 1, 16_777_215)
    inRange("last information object address", ioa + count - 1, ioa, 16_777_215)
    if (Value.layoutOf(type) === undefined) {
      const name = TypeTable.byId[type]?.mnemonic ?? String(type)
      throw new InvalidArgument({
        what: "type",
        expected: "a monitoring or command type that can be a point",
        value: name
      })
    }
    const station = Image.station(this.world.image, ca)
    if (station === undefined)
      throw new InvalidArgument({ what: "station", expected: "a station of this server", value: ca })
    for (let i = 0; i < count; i++) if (Image.find(station, ioa + i) !== null) return null
    const { image, block } = Image.withBlock(this.world.image, ca, Image.blockType(ca, type, this.world.profile))
    this.setImage(image)
    if (count > 1) block.reserve(count)
    const slot = block.add(ioa)
    this.prepare(block, slot)
    for (let i = 1; i < count; i++) this.prepare(block, block.add(ioa + i))
    this.unsettled = true
    return { block, slot }
  }

  /** Notes whether the application wants to refresh a point before it is read. */
  markRefresh(block: Block, slot: number, wanted: boolean): void {
    if (block.refresh === null) {
      if (!wanted) return
      block.refresh = new Uint8Array(block.ioa.length)
    }
    block.refresh[slot] = wanted ? 1 : 0
  }

  /** Removes a point. */
  removePoint(place: Image.Place): void {
    this.hooks.remove(place.block, place.slot)
    place.block.remove(place.slot)
    this.unsettled = true
  }

  /** What a new point says: OFF for double points and commands, the lower step, zero for everything else; tagged now. */
  private prepare(block: Block, slot: number): void {
    const { kind } = block
    const first =
      kind === Value.Kind.Double || kind === Value.Kind.DoubleCommand || kind === Value.Kind.StepCommand ? 1 : 0
    if (first !== 0) Image.setValue(block, slot, first)
    if (block.time !== null) this.stamp(block, slot, this.clock.wallMs())
  }

  private setImage(image: Image.Image): void {
    if (image === this.world.image) return
    this.world = { ...this.world, image }
    this.unsettled = true
  }

  /** The surroundings of a reduction, with every block readable in order. */
  settled(): World {
    if (this.unsettled) {
      Image.settle(this.world.image)
      this.unsettled = false
    }
    return this.world
  }

  // ---- values ----

  /** Sets a value; a time-tagged point is tagged with the present time, or `atMs`. Throws {@link InvalidValue}. */
  setValue(block: Block, slot: number, value: number, atMs: number): void {
    const problem = Value.problem(block.layout, value)
    if (problem !== null) throw new InvalidValue({ type: TypeTable.byId[block.of.type]?.mnemonic ?? "", problem })
    Image.setValue(block, slot, value)
    if (block.time !== null) this.stamp(block, slot, atMs)
  }

  setQuality(block: Block, slot: number, bits: number, atMs: number): void {
    Image.setQuality(block, slot, bits)
    if (block.time !== null) this.stamp(block, slot, atMs)
  }

  /** Tags a point with a time in ms since 1970 UTC. */
  stamp(block: Block, slot: number, atMs: number): void {
    Image.setTime(block, slot, Time.cp56Low(atMs), Time.cp56High(atMs))
  }

  // ---- publishing ----

  /** Puts the current value of a point into the log. False when there is no open session that takes it. Throws {@link IllegalCause}. */
  publish(block: Block, slot: number, cause: number, originator: number): boolean {
    if (cause !== Cause.Cause.SPONTANEOUS) this.checkCause(block, cause)
    return this.append(block, slot, cause, originator, 0) >= 0
  }

  /** As {@link publish}; returns the log position behind the event, or -1. `asker` is the session that is shown the originator. */
  append(block: Block, slot: number, cause: number, originator: number, asker: number): number {
    if (this.sessions.size === 0) return -1
    const log = this.world.logs[block.of.priority] as EventLog.EventLog
    const end = EventLog.append(log, block, slot, cause, originator, asker) + 1
    this.published++
    if (!this.scheduled) {
      this.scheduled = true
      this.flushAt = end + this.early()
      queueMicrotask(() => {
        this.scheduled = false
        this.flush()
      })
    } else if (end >= this.flushAt) this.flush()
    return end
  }

  private checkCause(block: Block, cause: number): void {
    const row = TypeTable.byId[block.of.eventType] as TypeTable.TypeRow
    const { profile } = this.world
    const legal = row.causesMonitor.filter((one) => one < 44)
    if (legal.includes(cause)) return
    if (profile.returnedCause === "always" && (cause === 11 || cause === 12) && !Value.isCommand(row.id)) return
    if (profile.cyclicTransmission === "own" && (cause === 1 || cause === 2) && !Value.isCommand(row.id)) return
    throw new IllegalCause({ type: row.mnemonic, cause, legal })
  }

  private early(): number {
    return this.options.packEvents ? this.world.link.k * 16 : this.world.link.k
  }

  /** Lets every session with an open window send what is new. */
  flush(): void {
    const ends = this.logEnds()
    this.flushAt = (ends[0] as number) + this.early()
    for (const session of this.sessions) session.ready(ends)
  }

  /** The ends of the logs; the same array as long as nothing was appended. */
  logEnds(): readonly number[] {
    const { logs } = this.world
    for (let i = 0; i < logs.length; i++)
      if ((logs[i] as EventLog.EventLog).end !== this.ends[i]) {
        this.ends = logs.map((log) => log.end)
        break
      }
    return this.ends
  }

  /**
   * Resolves when no started session has more than half a log waiting. A publisher that awaits it lets sockets be read:
   * at least every 256 events it waits for a turn of the event loop. Sessions that are stopped do not count, since
   * nothing but their client can make them go on; their backlog is bounded by dropping the oldest.
   */
  room(): Promise<void> {
    const half = this.world.limits.logRecords / 2
    if (this.backlog() > half) return new Promise((resolve) => this.waiters.push(resolve))
    if (this.published < BURST) return Promise.resolve()
    this.published = 0
    return new Promise((resolve) => this.clock.afterInput(resolve))
  }

  /** Events that wait for the slowest started session. */
  backlog(): number {
    const ends = this.logEnds()
    let most = 0
    for (const session of this.sessions) most = Math.max(most, session.backlog(ends))
    return most
  }

  /** Called when a session has sent or ended: publishers that wait may go on. */
  relieved(): void {
    if (this.waiters.length === 0 || this.backlog() > this.world.limits.logRecords / 2) return
    const waiters = this.waiters
    this.waiters = []
    this.published = 0
    for (const resolve of waiters) this.clock.afterInput(resolve)
  }

  // ---- sessions ----

  /** A number for a new session: 1..65535, none in use. */
  nextSession(): number {
    const used = new Set([...this.sessions].map((session) => session.peer.session))
    do this.lastSession = (this.lastSession % 65_535) + 1
    while (used.has(this.lastSession))
    return this.lastSession
  }

  get activeCount(): number {
    let count = 0
    for (const session of this.sessions) if (session.isStarted) count++
    return count
  }

  /** Tells every session that a station was initialised (COI octet). */
  initialised(ca: number, cause: number): void {
    const ends = this.logEnds()
    for (const session of this.sessions)
      session.dispatch({
        ...SessionEvent.plain("initialised", this.clock.monotonicMs(), ends, session.room()),
        initialised: { ca, cause }
      })
  }

  /** Changes link parameters; k applies to new connections. */
  setLink(link: World["link"]): void {
    this.world = { ...this.world, link }
    for (const session of this.sessions) session.rearm()
  }

  /** Tells the observers; one that fails is reported to the others and cannot disturb a session. */
  tell(event: ServerEvent): void {
    for (const observer of this.observers) {
      try {
        observer(event)
      } catch (cause) {
        const error = new CallbackFailed({ callback: "observer", subject: event.event, cause })
        for (const other of this.observers)
          if (other !== observer && event.event !== "error") other({ event: "error", error })
      }
    }
  }
}

/** Throws {@link InvalidAddress} unless `value` is a whole number from `min` to `max`. */
export function inRange(what: string, value: number, min: number, max: number): void {
  if (!(Number.isInteger(value) && value >= min && value <= max)) throw new InvalidAddress({ what, value, min, max })
}
