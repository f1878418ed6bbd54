// A batch: points of one type and station that are sent together, in the order of their addresses.

import { inRange } from "../../shell/Check.ts"
import { InvalidArgument } from "../../shell/Errors.ts"
import { Cot, Type } from "./enums.ts"
import type { Point } from "./Point.ts"

export interface BatchOptions {
  /** Cause of transmission, default spontaneous. */
  readonly cause?: Cot
  readonly points?: Iterable<Point>
  /** Originator address written into the ASDUs, 0..255, default 0. */
  readonly originatorAddress?: number
}

/** Types from here on are not monitoring types. */
const FIRST_OTHER = 42

export class Batch {
  readonly cot: Cot
  readonly #points = new Map<number, Point>()
  #originator = 0

  /** Throws `InvalidArgument` for points that do not go together. */
  constructor(options: BatchOptions = {}) {
    this.cot = options.cause ?? Cot.SPONTANEOUS
    if (options.originatorAddress !== undefined) this.originatorAddress = options.originatorAddress
    for (const point of options.points ?? []) this.addPoint(point)
  }

  /** Adds a point. Throws `InvalidArgument` for a command, a removed point, an address twice, another type or station. */
  addPoint(point: Point): void {
    const refuse = (expected: string, value: unknown): never => {
      throw new InvalidArgument({ what: "batch", expected, value })
    }
    if (point.type >= FIRST_OTHER) refuse("a monitoring point", `type ${point.type}`)
    if (point.station === null) refuse("a point that was not removed", point.ioAddress)
    const [first] = this.#points.values()
    if (first !== undefined && first.type !== point.type) refuse(`points of type ${first.type}`, `type ${point.type}`)
    if (first !== undefined && first.station !== point.station)
      refuse(`points of station ${this.commonAddress}`, `station ${point.station?.commonAddress}`)
    if (this.#points.has(point.ioAddress)) refuse("each address once", point.ioAddress)
    this.#points.set(point.ioAddress, point)
  }

  /** The points that still exist, by address. */
  get points(): Point[] {
    return [...this.#points.values()]
      .filter((point) => point.station !== null)
      .sort((a, b) => a.ioAddress - b.ioAddress)
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
    const [first] = this.#points.values()
    return first?.station?.commonAddress ?? 0
  }

  get originatorAddress(): number {
    return this.#originator
  }

  set originatorAddress(address: number) {
    if (address !== 0) inRange("originatorAddress", address, 0, 255)
    this.#originator = address
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
