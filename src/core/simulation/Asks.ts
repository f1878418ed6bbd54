// What centres ask, as ASDUs: every procedure in control direction, right and wrong.

import type { Chance } from "./Chance.ts"
import * as Codec from "./Codec.ts"
import type { Ask } from "./Draw.ts"
import type { Plant, Point } from "./Plant.ts"

/** Where an ASDU has what: its cause, and its first element. */
const CAUSE_AT = 2
const ELEMENT_AT = 9

/** Where the octet with S/E is in the element of a command; -1: there is none. */
const selectAt = (type: number): number =>
  type === 51 || type === 64 ? -1 : type === 50 || type === 63 ? 4 : type === 48 || type === 49 ? 2 : 0

/** Whether a command selects. */
export function isSelect(asdu: Uint8Array): boolean {
  const at = selectAt(asdu[0] as number)
  return at >= 0 && ((asdu[ELEMENT_AT + at] as number) & 0x80) !== 0
}

/** A command of which S/E is 0. */
export function execute(asdu: Uint8Array): Uint8Array {
  const other = withCause(asdu, 6)
  const at = selectAt(asdu[0] as number)
  if (at >= 0) other[ELEMENT_AT + at] = (other[ELEMENT_AT + at] as number) & 0x7f
  return other
}

export function withCause(asdu: Uint8Array, cause: number): Uint8Array {
  const other = asdu.slice()
  other[CAUSE_AT] = cause
  return other
}

/** A command that says something else, which is legal too. */
export function otherwise(asdu: Uint8Array): Uint8Array {
  const other = asdu.slice()
  const type = asdu[0] as number
  const bits = type === 46 || type === 47 ? 3 : 1
  other[ELEMENT_AT] = (other[ELEMENT_AT] as number) ^ bits
  return other
}

/**
 * An ASDU of a kind, null where there is nothing that it could be about. What synchronises clocks has its number as originator,
 * since the time in its confirmation is another one: else nobody could tell whose that is.
 */
export function make(ask: Ask, chance: Chance, plant: Plant, wallMs: number, number: number): Uint8Array | null {
  const { stations } = plant
  if (stations.length === 0) return null
  const ca = chance.pick(stations)
  const all = chance.in1000(400) ? Codec.GLOBAL : ca
  const oa = chance.below(3)
  switch (ask) {
    case "interrogate":
      return Codec.asdu(100, chance.in1000(30) ? 0x86 : 6, oa, all, 0, chance.pick([20, 20, 20, 21, 22, 23]))
    case "counters":
      return Codec.asdu(101, 6, oa, all, 0, chance.pick([5, 5, 1, 2]))
    case "freeze":
      return Codec.asdu(101, chance.in1000(30) ? 0x86 : 6, oa, all, 0, chance.pick([0x45, 0x85, 0xc5, 0x41, 0x42]))
    case "read":
      return Codec.asdu(102, 5, oa, ca, addressOf(chance, plant.points, ca))
    case "clock":
      return Codec.asdu(
        103,
        chance.in1000(30) ? 0x86 : 6,
        number & 0xff,
        all,
        0,
        ...Codec.time(wallMs + chance.below(5000))
      )
    case "test":
      return Codec.asdu(107, 6, oa, ca, 0, chance.below(256), 0, ...Codec.time(wallMs))
    case "purge":
      return Codec.asdu(105, 6, oa, all, 0, 2)
    case "reset":
      return chance.in1000(50) ? Codec.asdu(105, 6, oa, all, 0, 1) : null
    case "parameter":
      return parameter(chance, plant, ca, oa)
    case "direct":
      return command(chance, plant, oa, false, wallMs)
    case "select":
      return command(chance, plant, oa, true, wallMs)
    case "cancel": {
      const of = command(chance, plant, oa, chance.in1000(700), wallMs)
      return of === null ? null : withCause(of, 8)
    }
    case "deactivate":
      return Codec.asdu(100, 8, oa, all, 0, chance.pick([20, 21]))
    default:
      return wrong(chance, plant, ca, oa, wallMs, number)
  }
}

function addressOf(chance: Chance, points: readonly Point[], ca: number): number {
  if (points.length === 0 || chance.in1000(50)) return 900_000
  const point = chance.pick(points)
  return point.ca === ca ? point.ioa : 1 + chance.below(100)
}

function parameter(chance: Chance, plant: Plant, ca: number, oa: number): Uint8Array {
  const ioa = addressOf(chance, plant.points, ca)
  switch (chance.below(4)) {
    case 0:
      return Codec.asdu(110, 6, oa, ca, ioa, 1, 2, 1)
    case 1:
      return Codec.asdu(111, 6, oa, ca, ioa, 1, 0, 1)
    case 2:
      return Codec.asdu(112, 6, oa, ca, ioa, 0, 0, 0x80, 0x3f, 1)
    default:
      return Codec.asdu(113, chance.pick([6, 6, 8]), oa, ca, ioa, 3)
  }
}

/** A command to one of the points that there are. */
function command(chance: Chance, plant: Plant, oa: number, selects: boolean, wallMs: number): Uint8Array | null {
  if (plant.commandPoints.length === 0) return null
  const { ca, ioa, type } = chance.pick(plant.commandPoints)
  const cause = chance.in1000(40) ? 0x86 : 6
  const s = selects ? 0x80 : 0
  switch (type) {
    case 46:
    case 47:
      return Codec.asdu(type, cause, oa, ca, ioa, chance.within(1, 2) | s)
    case 49:
      return Codec.asdu(49, cause, oa, ca, ioa, chance.below(2), 0, s)
    case 50:
      return Codec.asdu(50, cause, oa, ca, ioa, chance.below(2), 0, 0x80, 0x3f, s)
    case 51:
      return Codec.asdu(51, cause, oa, ca, ioa, chance.below(2), 2, 3, 4)
    case 58:
      return Codec.asdu(58, cause, oa, ca, ioa, chance.below(2) | s, ...Codec.time(wallMs))
    default:
      return Codec.asdu(45, cause, oa, ca, ioa, chance.below(2) | s)
  }
}

/** A request with something wrong, for which the link stays. */
function wrong(chance: Chance, plant: Plant, ca: number, oa: number, wallMs: number, number: number): Uint8Array {
  const of = command(chance, plant, oa, false, wallMs) ?? Codec.asdu(45, 6, oa, ca, 10_000, 1)
  switch (chance.below(9)) {
    case 0:
      return Codec.asdu(100, 6, oa, 77, 0, 20)
    case 1:
      return Codec.asdu(104, 6, oa, ca, 0, 0xaa, 0x55)
    case 2:
      return withCause(of, 3)
    case 3:
      return Codec.asdu(45, 6, oa, ca, 77_777, 1)
    case 4:
      return Codec.joined([of, Uint8Array.of(0)])
    case 5:
      return Codec.asdu(46, 6, oa, ca, 10_000, chance.pick([0, 3]))
    case 6:
      return Codec.asdu(100, 6, oa, ca, chance.pick([0, 1]), chance.pick([0, 19, 36, 37]))
    case 7:
      return Codec.asdu(45, 6, oa, ca, 10_000 + chance.below(4), 1 | (chance.below(32) << 2))
    default:
      return Codec.asdu(103, 6, number & 0xff, ca, 0, 0, 0, 63, 0, 1, 1, 24)
  }
}
