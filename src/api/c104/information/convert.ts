// Between information and the process image, or the octets of a message.

import type { Instruction } from "../../../core/command/Instruction.ts"
import type { Block, Zone } from "../../../core/image/Block.ts"
import * as Image from "../../../core/image/Image.ts"
import * as Value from "../../../core/image/Value.ts"
import * as Asdu from "../../../core/wire/Asdu.ts"
import * as TypeTable from "../../../core/wire/TypeTable.ts"
import * as Check from "../../../shell/Check.ts"
import { InvalidArgument } from "../../../shell/Errors.ts"
import { DateTime, fromWords } from "../DateTime.ts"
import type { Type } from "../enums.ts"
import { type BinaryCounterQuality, Flags, type Quality } from "../flags.ts"
import type { CoreForm, Information, Origin } from "./Information.ts"
import { type AnyInformationClass, informationOf, isPointType, type PointType } from "./index.ts"

/** The class of a type that is known to be a point's. */
const classOf = (type: number): AnyInformationClass =>
  informationOf(type as PointType) as unknown as AnyInformationClass

/** Whether the point's own type carries a time tag. */
const isTagged = (type: number): boolean => TypeTable.byId[type]?.time === "cp56"

const instant = (low: number, high: number, zone: Zone): DateTime => {
  const local = fromWords(low, high)
  const { epochMs, summerTime } = local
  // Where the flag cannot be true, the zone knows better.
  const told = zone.instant(epochMs, summerTime, false)
  return new DateTime({ ...local, epochMs: Number.isNaN(told) ? zone.instant(epochMs, false, false) : told })
}

/** The time tag of a point, or null for a type without one. */
export function recordedAt(block: Block, slot: number): DateTime | null {
  const { time, of, zone } = block
  if (time === null || !isTagged(of.type)) return null
  return instant(time[slot * 2] as number, time[slot * 2 + 1] as number, zone)
}

/** The numbers of an element in place. */
function form(type: number, kind: Value.Kind, view: DataView, at: number): CoreForm {
  const command = Value.isCommand(type)
  const layout = Value.layoutOf(type) as Value.Layout
  const { qualityAt, qualityMask } = layout
  return {
    value: Value.read(kind, view, at),
    quality: command || qualityAt < 0 ? 0 : view.getUint8(at + qualityAt) & qualityMask,
    extra: command ? 0 : Value.readExtra(kind, view, at),
    qualifier: command ? Value.readQualifier(kind, view, at) : 0
  }
}

/** Everything that a point says. */
export function read(block: Block, slot: number, processedAt: number, isReadonly: boolean): Information {
  const origin: Origin = { recordedAt: recordedAt(block, slot), processedAt, isReadonly }
  const { type } = block.of
  const said = form(type, block.kind, block.view, slot * block.stride)
  return classOf(type).fromCore({ ...said, quality: Image.ownQuality(block, slot) }, origin)
}

/** What a command point said before. */
export function previous(block: Block, said: Instruction, processedAt: number): Information {
  const { value, qualifier, timeLow, timeHigh } = said
  const tagged = isTagged(block.of.type) && timeHigh !== 0
  const recordedAt = tagged ? instant(timeLow, timeHigh, block.zone) : null
  return classOf(block.of.type).fromCore({ value, quality: 0, extra: 0, qualifier }, { recordedAt, processedAt })
}

/** The information of one object of a message; null for types that are no points, and for octets that end too early. */
export function decode(type: Type, apdu: Uint8Array, at: number, zone: Zone): Information | null {
  const layout = Value.layoutOf(type)
  if (layout === undefined || !isPointType(type) || at + layout.octets > apdu.length) return null
  const view = new DataView(apdu.buffer, apdu.byteOffset, apdu.byteLength)
  const tagAt = at + layout.octets
  const tagged = isTagged(type) && tagAt + 7 <= apdu.length
  const local = tagged ? fromWords(Asdu.word(apdu, tagAt), Asdu.word(apdu, tagAt + 3) >>> 8) : null
  const recordedAt =
    local === null ? null : new DateTime({ ...local, epochMs: zone.instant(local.epochMs, local.summerTime, false) })
  return classOf(type).fromCore(form(type, layout.kind, view, at), { recordedAt, isReadonly: true })
}

/** The numbers of information for a point. Throws `InvalidArgument` when it is of another class. */
export function write(type: Type, info: Information): CoreForm {
  const expected = classOf(type)
  if (info instanceof expected) return info.toCore()
  throw new InvalidArgument({ what: "info", expected: `a ${expected.name}`, value: info })
}

/** The quality of a point; null for commands and types without quality. */
export const quality = (block: Block, slot: number): Quality | BinaryCounterQuality | null =>
  classOf(block.of.type).qualityFromCore(Image.quality(block, slot))

/** Quality bits as on the wire: of a set of the right class, or given as bits. */
export function qualityBits(block: Block, given: Quality | BinaryCounterQuality | number | null): number {
  // Types that have none say null, and what is said to them is ignored.
  if (given === null && quality(block, 0) === null) return 0
  if (given instanceof Flags) return classOf(block.of.type).qualityToCore(given)
  const bits = given as number
  Check.qualityBits(bits)
  return bits
}
