// A batch: points of one type and station that are sent together, in the order of their addresses; those of them whose events
// or answers are of another type go together too, behind or before the rest.
import * as Batches from "../../shell/Batches.ts"
import * as Check from "../../shell/Check.ts"
import { Detached, InvalidArgument } from "../../shell/Errors.ts"
import type { DateTime } from "./DateTime.ts"
import { Cot, Type } from "./enums.ts"
import { Point } from "./Point.ts"
import type { Server } from "./Server.ts"
import type { Station } from "./Station.ts"
import { toNumbers } from "./values.ts"

export interface BatchOptions {
  /** Cause of transmission, default spontaneous. */
  readonly cause?: Cot
  readonly points?: Iterable<Point>
  /** Originator address written into the ASDUs, 0..255, default 0. */
  readonly originatorAddress?: number
}

const NAMES = Check.namesOf<BatchOptions>({ cause: true, points: true, originatorAddress: true })

/** Where the points of a batch are, how many of them exist, and room for their values. */
interface Places {
  readonly runs: readonly Batches.Run[]
  readonly count: number
  readonly numbers: Float64Array
}

/** Types from here on are not monitoring types. */
const FIRST_OTHER = 42

export class Batch {
  readonly cot: Cot
  readonly #points = new Map<number, Point>()
  /** The station of the point that was added last, and its server, whatever became of them. */
  #station: Station | null = null
  #server: Server | null = null
  /** The points by address; null after one was added. */
  #sorted: readonly Point[] | null = null
  /** Where they are; null after one was added. */
  #places: Places | null = null
  #originator = 0

  /** Throws `InvalidArgument` for points that do not go together. */
  constructor(options: BatchOptions = {}) {
    Check.options("batch", options, NAMES)
    this.cot = options.cause ?? Cot.SPONTANEOUS
    if (options.originatorAddress !== undefined) this.originatorAddress = options.originatorAddress
    const { points = [] } = options
    if (typeof points?.[Symbol.iterator] !== "function")
      throw new InvalidArgument({ what: "points", expected: "a list of points", value: points })
    for (const point of points) this.addPoint(point)
  }

  /**
   * Adds a point; at the address of a removed one it takes that one's place. Throws `InvalidArgument` for a command, a
   * removed point, an address twice, another type or station.
   */
  addPoint(point: Point): void {
    const refuse = (expected: string, value: unknown): void => {
      throw new InvalidArgument({ what: "batch", expected, value })
    }
    if (!(point instanceof Point)) refuse("a point", point)
    if (point.type >= FIRST_OTHER) refuse("a monitoring point", `type ${point.type}`)
    const { station } = point
    if (station === null) return refuse("a point that was not removed", point.ioAddress)
    if (this.#station !== null && this.type !== point.type) refuse(`points of type ${this.type}`, `type ${point.type}`)
    // A station that was removed and added again is the same to whoever only knows its address.
    if (this.#station !== null && (this.#server !== station.server || this.commonAddress !== station.commonAddress))
      refuse(`points of station ${this.commonAddress}`, `station ${station.commonAddress}`)
    if ((this.#points.get(point.ioAddress)?.slot ?? -1) >= 0) refuse("each address once", point.ioAddress)
    this.#station = station
    this.#server = station.server
    this.#points.set(point.ioAddress, point)
    this.#sorted = null
    this.#places = null
  }

  get #inOrder(): readonly Point[] {
    this.#sorted ??= [...this.#points.values()].sort((a, b) => a.ioAddress - b.ioAddress)
    return this.#sorted
  }

  /** The points that still exist, by address. */
  get points(): Point[] {
    return this.#inOrder.filter((point) => point.station !== null)
  }

  /**
   * Sets the values of the points, in the order of their addresses, all tagged with the same time (default now). Sends
   * nothing. Throws `InvalidArgument` for another number of values, `InvalidValue` for a value that its point cannot have.
   */
  setValues(values: ArrayLike<Point["value"]>, at?: Date | DateTime): void {
    const points = this.#inOrder
    if (values?.length !== points.length)
      throw new InvalidArgument({
        what: "values",
        expected: `${points.length} values`,
        value: values?.length ?? values
      })
    const { runs, count, numbers } = this.#current
    if (count < points.length) throw new Detached({ what: "a point of the batch" })
    const [run] = runs
    if (run === undefined) return
    toNumbers(run.block.layout, values, numbers)
    const { host } = points[0] as Point
    Batches.setValues(host, runs, numbers, at === undefined ? host.nowMs() : at.valueOf())
  }

  get #current(): Places {
    let places = this.#places
    if (places === null || !Batches.areThere(places.runs)) {
      const points = this.#inOrder
      const runs = Batches.runsOf(points.map(({ place: { block }, slot }) => ({ block, slot })))
      const count = runs.reduce((sum, { slots }) => sum + slots.length, 0)
      places = { runs, count, numbers: new Float64Array(points.length) }
      this.#places = places
    }
    return places
  }

  /** @internal Where the points that still exist are, by address. */
  get runs(): readonly Batches.Run[] {
    return this.#current.runs
  }

  get hasPoints(): boolean {
    return this.#points.size > 0
  }

  get numberOfObjects(): number {
    return this.#points.size
  }

  /** Type of the points; C_TS_TA_1 while the batch is empty, as in c104. */
  get type(): Type {
    const [first] = this.#points.values()
    return first?.type ?? Type.C_TS_TA_1
  }

  /** Common address of the points' station; 0 while the batch is empty. */
  get commonAddress(): number {
    return this.#station?.commonAddress ?? 0
  }

  get originatorAddress(): number {
    return this.#originator
  }

  set originatorAddress(address: number) {
    if (address !== 0) Check.address("originatorAddress", address, 0, 255)
    this.#originator = address
  }

  /** The server of the points, or null while the batch is empty or when their station was removed. */
  get server(): Server | null {
    return this.#station?.server ?? null
  }

  /** T and P/N are never set by a batch. */
  get isTest(): boolean {
    return false
  }

  get isNegative(): boolean {
    return false
  }

  /** Whether the addresses are consecutive; true for at most one point. */
  get isSequence(): boolean {
    const { points } = this
    return points.every((point, index) => point.ioAddress === (points[0] as Point).ioAddress + index)
  }

  toString(): string {
    return `Batch of ${this.numberOfObjects} points of type ${this.type}, cause ${this.cot}`
  }
}
