// A station: one common address and its points.
import type { Block } from "../../core/image/Block.ts"
import type { Tags } from "../../core/image/Image.ts"
import * as Image from "../../core/image/Image.ts"
import type { Deadband } from "../../core/image/Told.ts"
import type { CounterMode } from "../../core/read/Freeze.ts"
import * as Check from "../../shell/Check.ts"
import { Detached } from "../../shell/Errors.ts"
import type { Host } from "../../shell/Host.ts"
import * as PointKeys from "../../shell/PointKeys.ts"
import * as PointOps from "../../shell/PointOps.ts"
import * as PointPlan from "../../shell/PointPlan.ts"
import * as StationOps from "../../shell/StationOps.ts"
import type { Ticker } from "../../shell/Ticker.ts"
import type { Coi, CommandMode, Type } from "./enums.ts"
import { Point, selects } from "./Point.ts"
import type { Server } from "./Server.ts"

export interface PointOptions<T extends Type> {
  /** Information object address, 1..16777215. */
  readonly ioAddress: number
  readonly type: T
  /** Period of cyclic transmission in ms, a multiple of the tick rate; default 0 = none. */
  readonly reportMs?: number
  /** Commands: the point on this station that shows the result, with its type where several points have its address. */
  readonly relatedIoAddress?: number | PointKey | null
  /** Commands: send that point as return information after success. */
  readonly relatedIoAutoreturn?: boolean
  /** Commands: executed directly (default) or after a selection. */
  readonly commandMode?: CommandMode
  /** Type of events where it differs from `type` in the time tag. */
  readonly eventType?: Type
  /** Type of answers to interrogation and read; default by the profile. */
  readonly interrogationType?: Type
  /** Commands: whether the type without time tag is taken at the address, its twin with one, or both; default `type`. */
  readonly tags?: Tags
  /** Interrogation groups 1..16 and counter groups 1..4. */
  readonly groups?: readonly number[]
  readonly counterGroups?: readonly number[]
  /** Measured values: how far `update` lets the value move without an event. */
  readonly deadband?: Deadband | null
  /** `update` makes at most one event in so many ms. */
  readonly minIntervalMs?: number
  /** Commands: termination with the confirmation (default), never, or by `transmit`. */
  readonly actTerm?: boolean | "manual"
}

/** A point by address and type: tells a command from the monitoring point that shares its address. */
export interface PointKey {
  readonly ioAddress: number
  readonly type: Type
}

const POINT_NAMES = Check.namesOf<PointOptions<Type>>({
  ioAddress: true,
  type: true,
  reportMs: true,
  relatedIoAddress: true,
  relatedIoAutoreturn: true,
  commandMode: true,
  eventType: true,
  interrogationType: true,
  tags: true,
  groups: true,
  counterGroups: true,
  deadband: true,
  minIntervalMs: true,
  actTerm: true
})

/** Values of settings that change nothing. */
const isDefault = (value: unknown): boolean => value === undefined || value === null || value === false || value === 0

/** The settings of a point by the names of the plan. */
function settingsOf(options: PointOptions<Type>): PointPlan.PointSettings {
  const { reportMs, relatedIoAddress, relatedIoAutoreturn, commandMode, groups, counterGroups } = options
  const { deadband, minIntervalMs, actTerm } = options
  const grouped = !isDefault(groups) || !isDefault(counterGroups)
  const settings: PointPlan.PointSettings = {
    ...(isDefault(reportMs) ? {} : { reportMs }),
    ...(relatedIoAddress == null ? {} : { related: { key: relatedIoAddress, must: false } }),
    ...(isDefault(relatedIoAutoreturn) ? {} : { autoreturn: relatedIoAutoreturn }),
    ...(isDefault(commandMode) ? {} : { select: selects(commandMode) }),
    ...(grouped ? { groups: { interrogation: groups ?? [], counters: counterGroups ?? [] } } : {}),
    ...(isDefault(deadband) ? {} : { deadband }),
    ...(isDefault(minIntervalMs) ? {} : { minIntervalMs }),
    ...(actTerm == null ? {} : { actTerm })
  }
  return settings
}

/** How the counters of a station are frozen (60870-5-5 6.9). */
export interface CounterOptions {
  readonly mode: CounterMode
  /** Modes A and B: period of the local freeze, default 0 = none. One that divides a day is aligned to the station's clocks. */
  readonly localFreezeMs?: number
  /** Whether counters begin anew with each local freeze, default false. */
  readonly localFreezeReset?: boolean
}

/** @internal The names of what {@link CounterOptions} say. */
export const COUNTER_NAMES: ReadonlySet<string> = Check.namesOf<CounterOptions>({
  mode: true,
  localFreezeMs: true,
  localFreezeReset: true
})

export class Station {
  readonly commonAddress: number
  #server: Server | null
  readonly #host: Host
  readonly #ticker: Ticker
  /** Handles that were asked for, by block and slot. */
  readonly #handles = new Map<Block, (Point | undefined)[]>()

  /** Stations are made by `server.addStation`. */
  constructor(server: Server, host: Host, ticker: Ticker, commonAddress: number) {
    this.#server = server
    this.#host = host
    this.#ticker = ticker
    this.commonAddress = commonAddress
  }

  /** The server, or null after the station was removed. */
  get server(): Server | null {
    return this.#server
  }

  /** Whether the station still belongs to its server. */
  get isLocal(): boolean {
    return this.#server !== null
  }

  /** c104 has it for clients; always null here. */
  get connection(): null {
    return null
  }

  get #detached(): Detached {
    return new Detached({ what: `station ${this.commonAddress}` })
  }

  /** @internal For the points of this station. */
  get host(): Host {
    if (this.#server === null) throw this.#detached
    return this.#host
  }

  /** @internal For the points of this station. */
  get ticker(): Ticker {
    return this.#ticker
  }

  // ---- points ----

  #handle(place: Image.PointRef): Point {
    let handles = this.#handles.get(place.block)
    if (handles === undefined) {
      handles = []
      this.#handles.set(place.block, handles)
    }
    const known = handles[place.slot]
    if (known !== undefined && known.slot >= 0) return known
    const point: Point = new Point(this, place)
    handles[place.slot] = point
    return point
  }

  get #blocks(): readonly Block[] {
    return this.#server === null ? [] : (Image.station(this.#host.world.image, this.commonAddress)?.blocks ?? [])
  }

  /** The points by address; where a command shares the address of a monitoring point it follows it. */
  get points(): Point[] {
    this.#host.settled()
    const points: Point[] = []
    for (const block of this.#blocks)
      for (const slot of block.slots()) points.push(this.#handle(Image.refTo(block, slot)))
    return points.sort((a, b) => a.ioAddress - b.ioAddress || a.type - b.type)
  }

  get hasPoints(): boolean {
    return this.#blocks.some(({ count }) => count > 0)
  }

  /**
   * The point at an address (its monitoring point where a command shares it), or with a type; null when there is none. Throws
   * `InvalidArgument` where several points have the address and none is named.
   */
  getPoint(key: number | PointKey): Point | null {
    const asked = PointKeys.asked(key)
    const station = this.#server === null ? undefined : Image.station(this.#host.world.image, this.commonAddress)
    if (station === undefined) return null
    const place = PointKeys.find("getPoint", station, asked)
    return place === null ? null : this.#handle(place)
  }

  /**
   * Adds a point; null when the address is in use on this station (a command may share the address of a monitoring
   * point). Throws `InvalidAddress` and `InvalidArgument`; then nothing is left behind.
   */
  addPoint<const T extends Type>(options: PointOptions<T>): Point<T> | null {
    Check.options("addPoint", options, POINT_NAMES)
    const { ioAddress, type } = options
    const settings = settingsOf(options)
    const plan = { ioAddress, type, count: 1, variants: PointOps.variantsOf(options), settings }
    const place = PointPlan.add(this.host, this.#ticker, this.commonAddress, plan)
    return place === null ? null : (this.#handle(place) as unknown as Point<T>)
  }

  /** Removes the point at an address, or with a type. False when there is none. */
  removePoint(key: number | PointKey): boolean {
    const point = this.getPoint(key)
    if (point === null) return false
    this.#drop(point.place)
    return true
  }

  #drop(place: Image.Place): void {
    const handles = this.#handles.get(place.block)
    if (handles !== undefined) handles[place.slot] = undefined
    PointPlan.remove(this.#host, this.#ticker, place.block, place.slot)
  }

  // ---- the station as a whole ----

  /** Tells every client that this station was initialised (M_EI_NA_1). */
  signalInitialized(cause: Coi): void {
    StationOps.checkInitialised(cause)
    this.host.initialised(this.commonAddress, cause)
  }

  /** Counter mode: A and B freeze locally every `localFreezeMs`, C and D on request; A and D report the readings at once. */
  setCounters(options: CounterOptions): void {
    Check.options("counters", options, COUNTER_NAMES)
    const { mode, localFreezeMs = 0, localFreezeReset = false } = options
    StationOps.checkCounters(mode, localFreezeMs, localFreezeReset)
    this.host.setCounterMode(this.commonAddress, mode)
    this.#ticker.setLocalFreeze(this.commonAddress, localFreezeMs, localFreezeReset)
  }

  /** Period of the background scan (cause 2) in ms, 0 = none. */
  setBackgroundScan(everyMs: number): void {
    StationOps.checkBackground(everyMs)
    if (this.#server === null) throw this.#detached
    this.#ticker.setBackground(this.commonAddress, everyMs)
  }

  /** @internal Called by the server when the station is removed. */
  detach(): void {
    const station = Image.station(this.#host.world.image, this.commonAddress)
    this.#ticker.removeStation(this.commonAddress, station?.blocks ?? [])
    this.#handles.clear()
    this.#server = null
  }

  toString(): string {
    return `Station ${this.commonAddress} (${this.#blocks.reduce((sum, { count }) => sum + count, 0)} points)`
  }
}
