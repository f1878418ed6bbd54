// A station: one common address and its points.
import * as Image from "../../core/process/Image.ts"
import { Detached, InvalidArgument } from "../../shell/Errors.ts"
import type { Host } from "../../shell/Host.ts"
import type { Ticker } from "../../shell/Ticker.ts"
import type { Coi, Type } from "./enums.ts"
import { Point } from "./Point.ts"
import type { Server } from "./Server.ts"

export interface PointOptions<T extends Type> {
  /** Information object address, 1..16777215. */
  readonly ioAddress: number
  readonly type: T
  /** Period of cyclic transmission in ms, a multiple of the tick rate; default 0 = none. */
  readonly reportMs?: number
  /** Commands: address of the point on this station that shows the result. */
  readonly relatedIoAddress?: number | null
  /** Commands: send that point as return information after success. */
  readonly relatedIoAutoreturn?: boolean
}

export class Station {
  readonly commonAddress: number
  #server: Server | null
  readonly #host: Host
  readonly #ticker: Ticker
  readonly #points = new Map<number, Point>()

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

  /** For the points of this station. */
  get host(): Host {
    if (this.#server === null) throw new Detached({ what: `station ${this.commonAddress}` })
    return this.#host
  }

  /** For the points of this station. */
  get ticker(): Ticker {
    return this.#ticker
  }

  /** The points in the order in which they were added. */
  get points(): Point[] {
    return [...this.#points.values()]
  }

  get hasPoints(): boolean {
    return this.#points.size > 0
  }

  /** The point at an address, or null. */
  getPoint(ioAddress: number): Point | null {
    return this.#points.get(ioAddress) ?? null
  }

  /**
   * Adds a point; null when the address is in use on this station.
   * Throws `InvalidAddress` and `InvalidArgument`.
   */
  addPoint<const T extends Type>(options: PointOptions<T>): Point<T> | null {
    const { ioAddress, type, reportMs = 0, relatedIoAddress = null, relatedIoAutoreturn = false } = options
    const place = this.host.addPoints(this.commonAddress, ioAddress, type, 1)
    if (place === null) return null
    const point = new Point<T>(this, type, place)
    try {
      if (reportMs !== 0) point.reportMs = reportMs
      if (relatedIoAddress !== null) point.relatedIoAddress = relatedIoAddress
      if (relatedIoAutoreturn) point.relatedIoAutoreturn = true
    } catch (cause) {
      this.#drop(point)
      throw cause
    }
    this.#points.set(ioAddress, point as unknown as Point)
    return point
  }

  /** Removes a point. False when there is none. */
  removePoint(ioAddress: number): boolean {
    const point = this.#points.get(ioAddress)
    if (point === undefined || this.#server === null) return false
    this.#points.delete(ioAddress)
    this.#drop(point)
    return true
  }

  #drop(point: { detach(): Image.Place }): void {
    const place = point.detach()
    this.#ticker.forget(place.block, place.slot)
    this.#host.removePoint(place)
  }

  /** Tells every client that this station was initialised (M_EI_NA_1). */
  signalInitialized(cause: Coi): void {
    if (!(Number.isInteger(cause) && cause >= 0 && cause <= 255))
      throw new InvalidArgument({ what: "cause", expected: "a cause of initialisation, 0..255", value: cause })
    this.host.initialised(this.commonAddress, cause)
  }

  /** Called by the server when the station is removed. */
  detach(): void {
    this.#server = null
    const station = Image.station(this.#host.world.image, this.commonAddress)
    this.#ticker.removeStation(this.commonAddress, station?.blocks ?? [])
  }

  toString(): string {
    return `Station ${this.commonAddress} (${this.#points.size} points)`
  }
}
