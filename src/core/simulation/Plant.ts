// What the points of the plant say, as somebody knows it who has read the standard and not the station: the element octets of
// every point, each state that it has had lately, and the tag of the last one. It is what checkers hold against what is sent.

import type * as Image from "../image/Image.ts"
import * as Codec from "./Codec.ts"

/** Element octets without time tag. */
export type Said = Uint8Array

export interface Point {
  readonly ca: number
  readonly ioa: number
  readonly type: number
  /** The type that says the same without time tag. */
  readonly untagged: number
  readonly command: boolean
  /** Whether it has to be selected before it is executed. */
  readonly selects: boolean
  /** Interrogation group 1..16, 0 = none; counter group 1..4. */
  readonly group: number
  readonly counterGroup: number
  /** When it came and went, by the number of what happened; 0 = it is there. */
  readonly bornAt: number
  goneAt: number
  ref: Image.PointRef
  /** What it said lately, and the number of the first of that: the last is what it says now. */
  said: Said[]
  first: number
  /** The last time tag, null: none. */
  tag: Uint8Array | null
  /** How often it was changed. */
  changes: number
  /** Whether its value is no number, and the quality that it would have. */
  unfit: boolean
}

export const placeOf = (ca: number, ioa: number): number => ca * 0x1000000 + ioa

/** States that are remembered of a point: more than a log has records. */
const KEPT = 5000

export class Plant {
  /** By common address and object address: monitored points, and command points. */
  readonly monitored: Map<number, Point> = new Map()
  readonly commands: Map<number, Point> = new Map()
  /** The same in lists, to pick from. */
  points: Point[] = []
  commandPoints: Point[] = []
  stations: number[] = []
  /** What happened to points so far. */
  count = 1

  add(point: Point): void {
    const { ca, ioa } = point
    this.count++
    const table = point.command ? this.commands : this.monitored
    table.set(placeOf(ca, ioa), point)
    ;(point.command ? this.commandPoints : this.points).push(point)
  }

  remove(point: Point): void {
    point.goneAt = ++this.count
    const table = point.command ? this.commands : this.monitored
    table.delete(placeOf(point.ca, point.ioa))
    if (point.command) this.commandPoints = this.commandPoints.filter((other) => other !== point)
    else this.points = this.points.filter((other) => other !== point)
  }

  removeStation(ca: number): void {
    for (const point of [...this.points, ...this.commandPoints]) if (point.ca === ca) this.remove(point)
    this.stations = this.stations.filter((other) => other !== ca)
  }
}

/** A point says something else from now on. */
export function say(point: Point, said: Said, tag: Uint8Array | null): void {
  point.said.push(said)
  if (point.said.length > KEPT * 2) {
    point.said = point.said.slice(-KEPT)
    point.first += KEPT + 1
  }
  point.tag = tag
}

/** The number of what it says now. */
export const newest = ({ first, said }: Point): number => first + said.length - 1

export const present = ({ said }: Point): Said => said[said.length - 1] as Said

/** The newest state that says the same as octets, at most `until`; -1: none that is remembered. */
export function find(
  { said, first }: Point,
  octets: Uint8Array,
  from: number,
  until: number = Number.POSITIVE_INFINITY
): number {
  for (let n = said.length - 1; n >= 0; n--)
    if (first + n <= until && isSame(said[n] as Said, octets, from)) return first + n
  return -1
}

/** Whether two of the states of a point say the same, as far as they are remembered. */
export function saysTheSame({ said, first }: Point, one: number, other: number): boolean {
  const [a, b] = [said[one - first], said[other - first]]
  return a !== undefined && b !== undefined && isSame(a, b, 0)
}

function isSame(said: Said, octets: Uint8Array, from: number): boolean {
  for (let at = 0; at < said.length; at++) if (said[at] !== octets[from + at]) return false
  return true
}

const scratch = new DataView(new ArrayBuffer(4))

/** The element octets of a monitored type for a value and quality bits (QDS; those of a counter are its fifth octet). */
export function encode(untagged: number, value: number, quality: number): Said {
  switch (untagged) {
    case 1:
    case 3:
      return Uint8Array.of((value & 3) | (quality & 0xf0))
    case 5:
      return Uint8Array.of(value & 0x7f, quality & 0xf1)
    case 9:
    case 11: {
      const raw = untagged === 9 ? value * 32_768 : value
      return Uint8Array.of(raw & 0xff, (raw >> 8) & 0xff, quality & 0xf1)
    }
    case 13:
      scratch.setFloat32(0, value, true)
      break
    default:
      scratch.setInt32(0, value | 0, true)
  }
  const mask = untagged === 15 ? 0xff : 0xf1
  return Uint8Array.of(
    scratch.getUint8(0),
    scratch.getUint8(1),
    scratch.getUint8(2),
    scratch.getUint8(3),
    quality & mask
  )
}

const FIRST_MS = 946_684_800_000
const LAST_MS = 4_102_444_799_999

/** The time tag of an instant where local time is ahead of UTC; one that no tag can say is the nearest, and invalid. */
export function tagOf(instantMs: number, aheadMs: number, invalid: boolean): Uint8Array {
  const localMs = instantMs + aheadMs
  const shownMs = localMs < FIRST_MS ? FIRST_MS : localMs > LAST_MS ? LAST_MS : localMs
  const octets = Uint8Array.from(Codec.time(shownMs))
  if (invalid || shownMs !== localMs) octets[2] = (octets[2] as number) | 0x80
  return octets
}
