// The state of one server that spans its sessions: image, logs, registry of sessions, hooks. Everything here is plain
// and synchronous: adding points, setting values and publishing cost no Effect.
import * as Cause from "../core/asdu/Cause.ts"
import * as Time from "../core/asdu/Time.ts"
import * as TypeTable from "../core/asdu/TypeTable.ts"
import * as EventLog from "../core/delivery/EventLog.ts"
import type { ParameterRequested } from "../core/procedure/Notice.ts"
import type { Held, World } from "../core/procedure/World.ts"
import type { Block } from "../core/process/Block.ts"
import * as Image from "../core/process/Image.ts"
import * as Value from "../core/process/Value.ts"
import * as SessionEvent from "../core/session/SessionEvent.ts"
import type { Clock } from "./Clock.ts"
import * as Commands from "./Commands.ts"
import { CallbackFailed, IllegalCause, InvalidAddress, InvalidArgument, InvalidValue } from "./Errors.ts"
import { FileDesk } from "./FileTransfer.ts"
import { type Hooks, HookTable } from "./Hooks.ts"
import type { LogLevel } from "./Log.ts"
import type { Options } from "./Options.ts"
import * as Rates from "./Rates.ts"
import type { Outcome, Peer, ServerEvent } from "./ServerEvent.ts"
import type { Session } from "./Session.ts"
import * as Zones from "./Zones.ts"

/** Decides a clock synchronisation: the received time as CP56Time2a words, and in ms since 1970 UTC. */
export type ClockHandler = (peer: Peer, timeLow: number, timeHigh: number, utcMs: number) => Outcome | Promise<Outcome>
/** Told whole frames. */
export type RawHandler = (peer: Peer, apdu: Uint8Array) => void
/** Counter modes of 60870-5-5: A local freeze with events, B local freeze, C freeze by request, D by request with events. */
export type CounterMode = "A" | "B" | "C" | "D"
/** Decides a reset: QRP 1 (process) or 2 (pending time-tagged events). After success of QRP 1 every connection is closed. */
export type ResetHandler = (peer: Peer, ca: number, qualifier: number) => Outcome | Promise<Outcome>
/** Decides a parameter that is loaded or activated. */
export type ParameterHandler = (peer: Peer, request: ParameterRequested) => Outcome | Promise<Outcome>
/** Decides whether a peer may connect. */
export type ConnectHandler = (address: string) => boolean | Promise<boolean>

/** Types from here on are commands. */
const FIRST_COMMAND = 45

/** Sessions have numbers of 16 bits. */
const SESSIONS_MAX = 65_535

/** How often it is looked whether a confirmation was acknowledged. */
const ACKNOWLEDGED_LOOK_MS = 20

/** Publishes between two turns of the event loop before `room` makes the publisher wait for one. */
const BURST = 256

export class Host {
  readonly options: Options
  readonly clock: Clock
  readonly hooks: HookTable = new HookTable()
  readonly sessions: Set<Session> = new Set()
  readonly observers: Set<(event: ServerEvent) => void> = new Set()
  world: World
  /** Who has selected which command point. */
  readonly selections: Map<Block, Map<number, Held>> = new Map()
  /** The files of this server; null without file transfer. */
  readonly files: FileDesk | null
  onClockSync: ClockHandler | null = null
  /** Counter mode by station; C where none is set. */
  readonly counterModes: Map<number, CounterMode> = new Map()
  /** Decides resets of the process; null refuses them. */
  onReset: ResetHandler | null = null
  /** Decides parameters; null refuses them. */
  onParameter: ParameterHandler | null = null
  onConnect: ConnectHandler | null = null
  private receiveRaw: RawHandler | null = null
  /** Told every frame that is sent. */
  onSendRaw: RawHandler | null = null
  /** What is logged; may be changed at any time. */
  logLevel: LogLevel
  /** Limit of open connections, 0 = none but the safety limit. */
  maxConnections: number
  /** The address and port that the server really listens on; null while it does not. */
  listening: { readonly host: string; readonly port: number } | null = null

  /** The present time as it was asked for last: cheap, and old by as much as nobody asked. */
  lastWallMs = 0
  /** IV while the clock is not synchronised. */
  private timeFlags = 0
  private clockOffsetMs = 0
  private clockUntilMs = Number.POSITIVE_INFINITY
  /** Points whose newest value waits until their rate allows an event. */
  private readonly delayed = new Map<Hooks, Image.Place>()
  private unsettled = false
  private ends: readonly number[]
  private scheduled = false
  /** Log end at which a synchronous burst is flushed before it is over. */
  private flushAt = Number.POSITIVE_INFINITY
  private published = 0
  private waiters: (() => void)[] = []
  private lastSession = 0
  private readonly numbers = new Set<number>()

  constructor(options: Options) {
    this.options = options
    this.clock = options.clock
    this.files = options.files === null ? null : new FileDesk(this, options.files)
    this.maxConnections = options.maxConnections
    this.logLevel = options.logLevel
    const logs = [EventLog.make(options.limits.logRecords)]
    this.ends = logs.map((log) => log.end)
    this.world = {
      link: options.link,
      profile: options.profile,
      limits: options.limits,
      image: Image.empty,
      logs,
      packEvents: options.packEvents,
      selections: this.selections,
      selectMs: options.selectMs,
      commandAgeMs: options.commandAgeMs,
      files: options.files !== null,
      trace: false
    }
    if (options.clockSource === "c_cs") this.timeFlags = Time.INVALID
  }

  /** Told every frame that is received. */
  get onReceiveRaw(): RawHandler | null {
    return this.receiveRaw
  }

  set onReceiveRaw(handler: RawHandler | null) {
    this.receiveRaw = handler
    this.world = { ...this.world, trace: handler !== null }
  }

  // ---- stations and points ----

  /** Adds a station whose time tags are in a zone (null: UTC). False when the common address is in use. Throws {@link InvalidAddress}. */
  addStation(ca: number, timeZone: string | null = null): boolean {
    inRange("common address", ca, 1, 65_534)
    const zone = Zones.make(timeZone)
    if (Image.station(this.world.image, ca) !== undefined) return false
    this.setImage(Image.withStation(this.world.image, ca, zone))
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

  /**
   * Adds `count` points at consecutive addresses from `ioa`; null when one of them is in use. A command may share the
   * address of a monitoring point. Throws {@link InvalidAddress} and {@link InvalidArgument}.
   */
  addPoints(ca: number, ioa: number, type: number, count: number, variants: Image.Variants = {}): Image.Place | null {
    inRange("information object address", ioa, 1, 16_777_215)
    inRange("last information object address", ioa + count - 1, ioa, 16_777_215)
    pointType("type", type)
    for (const variant of [variants.eventType, variants.interrogationType])
      if (variant !== undefined) sameElements(type, variant)
    const station = Image.station(this.world.image, ca)
    if (station === undefined)
      throw new InvalidArgument({ what: "station", expected: "a station of this server", value: ca })
    const command = Value.isCommand(type)
    const rivals = station.blocks.filter((block) => Value.isCommand(block.of.type) === command)
    for (const rival of rivals) for (let i = 0; i < count; i++) if (rival.find(ioa + i) >= 0) return null
    const of = Image.blockType(ca, type, this.world.profile, variants)
    const { image, block } = Image.withBlock(this.world.image, ca, of)
    this.setImage(image)
    if (count > 1) block.reserve(count)
    const slot = block.add(ioa)
    this.prepare(block, slot)
    for (let i = 1; i < count; i++) this.prepare(block, block.add(ioa + i))
    this.unsettled = true
    return { block, slot }
  }

  /** Puts a point into interrogation groups (1..16) and counter groups (1..4). */
  setGroups(block: Block, slot: number, groups: readonly number[], counterGroups: readonly number[]): void {
    for (const group of groups) inRange("interrogation group", group, 1, 16)
    for (const group of counterGroups) inRange("counter group", group, 1, 4)
    const bits = [
      ...groups.map((group) => Image.groupBit(group, false)),
      ...counterGroups.map((group) => Image.groupBit(group, true))
    ]
    block.setGroups(
      slot,
      bits.reduce((mask, bit) => mask | (1 << bit), 0)
    )
    this.unsettled = true
  }

  /** Notes whether a command point has to be selected before it is executed. */
  setSelect(block: Block, slot: number, required: boolean): void {
    if (block.select === null) {
      if (!required) return
      block.select = new Uint8Array(block.ioa.length)
    }
    block.select[slot] = required ? 1 : 0
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
    if (block.time !== null) this.stamp(block, slot, this.nowMs())
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

  /** Sets everything that a point says: value, quality, what its element says beside them, and the time tag. */
  setInformation(block: Block, slot: number, information: PointInformation, atMs: number): void {
    const { value, quality, extra, qualifier } = information
    this.setValue(block, slot, value, atMs)
    Image.setQuality(block, slot, quality)
    if (Value.isCommand(block.of.type)) Value.writeQualifier(block.kind, block.view, slot * block.stride, qualifier)
    else Value.writeExtra(block.kind, block.view, slot * block.stride, extra)
  }

  setQuality(block: Block, slot: number, bits: number, atMs: number): void {
    Image.setQuality(block, slot, bits)
    if (block.time !== null) this.stamp(block, slot, atMs)
  }

  /** Tags a point with a time in ms since 1970 UTC, in its station's zone. */
  stamp(block: Block, slot: number, atMs: number): void {
    const { zone } = block
    if (atMs >= zone.untilMs || zone.untilMs !== Number.POSITIVE_INFINITY) Zones.settle(zone, atMs)
    const localMs = atMs + zone.offsetMs
    const flags = this.timeFlags | (zone.summer ? Time.SUMMER_TIME : 0)
    Image.setTime(block, slot, Time.cp56Low(localMs) | flags, Time.cp56High(localMs))
  }

  /** The present time for tags: the host's, or the one that clients set. */
  nowMs(): number {
    const nowMs = this.clock.wallMs() + this.clockOffsetMs
    this.lastWallMs = nowMs
    if (nowMs >= this.clockUntilMs) {
      this.clockUntilMs = Number.POSITIVE_INFINITY
      this.timeFlags = Time.INVALID
    }
    return nowMs
  }

  /** Whether time tags are valid: always with this machine's clock, with the clients' once it was set. */
  get isSynchronised(): boolean {
    return this.timeFlags === 0
  }

  /** A client has set the clock: with `clockSource` "c_cs" it counts from now on, as long as it is valid. */
  synchronise(utcMs: number): void {
    const { clockSource, clockValidMs } = this.options
    if (clockSource !== "c_cs") return
    this.clockOffsetMs = utcMs - this.clock.wallMs()
    this.timeFlags = 0
    this.clockUntilMs = clockValidMs === 0 ? Number.POSITIVE_INFINITY : utcMs + clockValidMs
  }

  /**
   * Sets a value and makes an event of it when it left the point's deadband or its quality changed, within the point's
   * rate. Returns whether an event was made now.
   */
  update(block: Block, slot: number, value: number, quality: number, atMs: number): boolean {
    this.setValue(block, slot, value, atMs)
    if (quality !== Image.quality(block, slot)) this.setQuality(block, slot, quality, atMs)
    const hooks = this.hooks.of(block, slot)
    if (!Rates.moved(hooks, value, quality)) return false
    if (this.clock.monotonicMs() < hooks.reportedAtMs + hooks.minIntervalMs) {
      this.delayed.set(hooks, { block, slot })
      return false
    }
    return this.report(hooks, block, slot)
  }

  private report(hooks: Hooks, block: Block, slot: number): boolean {
    hooks.reportedValue = Image.value(block, slot)
    hooks.reportedQuality = Image.quality(block, slot)
    hooks.reportedAtMs = this.clock.monotonicMs()
    return this.append(block, slot, Cause.Cause.SPONTANEOUS, 0, 0) >= 0
  }

  /** Makes the events that the rate of their points had put off and that are due now. */
  reportDelayed(): void {
    const nowMs = this.clock.monotonicMs()
    for (const [hooks, { block, slot }] of this.delayed) {
      if (nowMs < hooks.reportedAtMs + hooks.minIntervalMs) continue
      this.delayed.delete(hooks)
      if ((block.ioa[slot] as number) >= 0 && Rates.moved(hooks, Image.value(block, slot), Image.quality(block, slot)))
        this.report(hooks, block, slot)
    }
  }

  // ---- publishing ----

  /**
   * Puts the current value of a point into the log. False when there is no open session that takes it. Causes 7 and 10
   * answer the request of a command point that waits for them. Throws {@link IllegalCause}.
   */
  publish(block: Block, slot: number, cause: number, originator: number, negative = false): boolean {
    if (cause !== Cause.Cause.SPONTANEOUS || block.of.type >= FIRST_COMMAND) {
      this.checkCause(block, cause)
      if (Value.isCommand(block.of.type)) return Commands.resolve(this, block, slot, cause, negative)
    }
    return this.append(block, slot, cause, originator, 0) >= 0
  }

  /** Publishes the reading of a counter at its last freeze. */
  publishFrozen(block: Block, slot: number): void {
    if (this.sessions.size === 0) return
    const log = this.world.logs[block.of.priority] as EventLog.EventLog
    EventLog.appendFrozen(log, block, slot, Cause.Cause.SPONTANEOUS, 0)
    this.appended(log.end)
  }

  /** As {@link publish}; returns the log position behind the event, or -1. `asker` is the session that is shown the originator. */
  append(block: Block, slot: number, cause: number, originator: number, asker: number): number {
    if (this.sessions.size === 0) return -1
    const log = this.world.logs[block.of.priority] as EventLog.EventLog
    const end = EventLog.append(log, block, slot, cause, originator, asker) + 1
    if (block.kind === Value.Kind.PackedSingles) Image.reported(block, slot)
    this.appended(end)
    return end
  }

  private appended(end: number): void {
    this.published++
    if (!this.scheduled) {
      this.scheduled = true
      this.flushAt = end + this.early()
      queueMicrotask(() => {
        this.scheduled = false
        this.flush()
      })
    } else if (end >= this.flushAt) this.flush()
  }

  /** Throws {@link IllegalCause} for a cause that the type of a block's events cannot have in monitor direction. */
  checkCause(block: Block, cause: number): void {
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
    do this.lastSession = (this.lastSession % SESSIONS_MAX) + 1
    while (this.numbers.has(this.lastSession))
    this.numbers.add(this.lastSession)
    return this.lastSession
  }

  /** A session has ended: its number is free. */
  ended(session: Session): void {
    this.sessions.delete(session)
    this.numbers.delete(session.peer.session)
  }

  /** After a reset of the process: closes every session once the one that asked has its confirmation, at most after t1. */
  closeWhenAcknowledged(session: Session): void {
    const untilMs = this.clock.monotonicMs() + this.world.link.t1Ms
    const look = (): void => {
      const { low, high } = session.state.link.ledger
      if (session.reason === null && high > low && this.clock.monotonicMs() < untilMs) {
        this.clock.wake(ACKNOWLEDGED_LOOK_MS, look)
        return
      }
      for (const other of [...this.sessions]) other.end("shutdown")
    }
    look()
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

/** Everything that a point says beside its time tag, as numbers. */
export interface PointInformation {
  readonly value: number
  readonly quality: number
  readonly extra: number
  readonly qualifier: number
}

/** Throws {@link InvalidArgument} unless `type` can be the type of a point. */
function pointType(what: string, type: number): void {
  if (Value.layoutOf(type) !== undefined) return
  const value = TypeTable.byId[type]?.mnemonic ?? String(type)
  throw new InvalidArgument({ what, expected: "a monitoring or command type that can be a point", value })
}

/** Throws {@link InvalidArgument} unless two types differ at most in the time tag. */
function sameElements(type: number, variant: number): void {
  pointType("type variant", variant)
  const [own, other] = [TypeTable.byId[type], TypeTable.byId[variant]]
  if (own?.untagged === other?.untagged) return
  const expected = `${own?.mnemonic} with or without time tag`
  throw new InvalidArgument({ what: "type variant", expected, value: other?.mnemonic ?? variant })
}

/** Throws {@link InvalidAddress} unless `value` is a whole number from `min` to `max`. */
export function inRange(what: string, value: number, min: number, max: number): void {
  if (!(Number.isInteger(value) && value >= min && value <= max)) throw new InvalidAddress({ what, value, min, max })
}
