// The process image: stations, their points, and the current value of each in wire form (60870-5-101 7.2).
// The shell changes it with the functions here; a session only reads it.

import type { Profile } from "../Profile.ts"
import * as Quality from "../wire/Quality.ts"
import * as Time from "../wire/Time.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import { Block, type BlockType, COUNTER_GROUP_BIT, type Zone } from "./Block.ts"
import * as Groups from "./Groups.ts"
import * as Numbered from "./Numbered.ts"
import * as Value from "./Value.ts"

export type { Named, Order } from "./Groups.ts"

type Named = Groups.Named
type Order = Groups.Order

/** One common address and its points; `blocks` ascend by answer type, counter type, type. */
export interface Station extends Named {
  readonly blocks: readonly Block[]
  readonly zone: Zone
  /** Bits of the groups that any of its points is in, and of counters; as it was when the image was settled last. */
  readonly mask: number
}

/** All stations of a server, by common address and in their order. */
export interface Image {
  readonly stations: Numbered.Numbered<Station>
  readonly order: Order
  /** By bit of the group, of those that any station has: who asks all of them for one does not look at each. */
  readonly groups: Groups.Groups
  /** How many stations were ever added. */
  readonly births: number
  /** How many blocks were ever made: each has a number of its own. */
  readonly blocks: number
}

/** Where a point lives. The slot is stable for the point's life. */
export interface Place {
  readonly block: Block
  readonly slot: number
}

/**
 * A reference to a point for whoever keeps one: `born` tells the point from others that use its place before or after it.
 * Whoever keeps many keeps slots and the version of their block instead (`Block.holds`).
 */
export interface PointRef extends Place {
  readonly born: number
}

/** A reference to the point that is at a place now. */
export const refTo = (block: Block, slot: number): PointRef => ({ block, slot, born: block.bornOf(slot) })

/** Whether the point of a reference is still there. */
export const lives = ({ block, slot, born }: PointRef): boolean => block.bornOf(slot) === born

/** Whether two references mean the same point. */
export const samePoint = (a: PointRef, b: PointRef): boolean =>
  a.slot === b.slot && a.block === b.block && a.born === b.born

export const empty: Image = { stations: null, order: null, groups: null, births: 0, blocks: 0 }

/** How many points there are. */
export function points(image: Image): number {
  let found = 0
  for (const { blocks } of all(image)) for (const block of blocks) found += block.count
  return found
}

/** The station with this common address, or undefined. */
export const station = ({ stations }: Image, ca: number): Station | undefined => Numbered.find(stations, ca)

/** A station that was there once, if it still is. */
export function present(image: Image, { ca, born }: Named): Station | undefined {
  const found = station(image, ca)
  return found?.born === born ? found : undefined
}

/** A station without points, in universal time, for whoever speaks of one that is gone. */
export const nobody = (ca: number): Station => ({ ca, born: -1, blocks: [], zone: utc(), mask: 0 })

/** The station that was added first of those that are there. */
export function first(image: Image): Station | undefined {
  const named = Numbered.first(image.order)
  return named === undefined ? undefined : station(image, named.ca)
}

/** The first of some stations that is still there, or undefined. */
export function firstPresent(image: Image, of: Order): Station | undefined {
  for (let next = Numbered.first(of); next !== undefined; next = Numbered.after(of, next.born)) {
    const found = present(image, next)
    if (found !== undefined) return found
  }
  return undefined
}

/** The stations in the order in which they were added. */
export function all({ stations, order }: Image): Station[] {
  const found: Station[] = []
  Numbered.each(order, ({ ca }) => found.push(Numbered.find(stations, ca) as Station))
  return found
}

/** The stations that have a point in a group (a bit of the slots' masks, or of all counters), and all others. */
export const having = ({ groups }: Image, bit: number): Order => Groups.find(groups, bit)?.having ?? null
export const lacking = ({ groups, order }: Image, bit: number): Order => {
  const found = Groups.find(groups, bit)
  return found === undefined ? order : found.lacking
}

/** The order of one station. */
export const only = (one: Named): Order => Numbered.put(null, one.born, one)

/** The stations that a common address means: the one that has it, or all where none has it, as of the global one. */
export function addressed(image: Image, ca: number): Order {
  const one = station(image, ca)
  return one === undefined ? image.order : only(one)
}

/** The image with one station more; the caller has made sure that `ca` is free. */
export function withStation(image: Image, ca: number, zone: Zone = utc()): Image {
  const { stations, order, groups, births } = image
  const added: Station = { ca, born: births, blocks: [], zone, mask: 0 }
  return {
    ...image,
    stations: Numbered.put(stations, ca, added),
    order: Numbered.put(order, births, added),
    groups: Groups.withStation(groups, added),
    births: births + 1
  }
}

/** Coordinated universal time, which never changes and knows no summer time. */
export const utc = (): Zone => ({
  name: "UTC",
  offsetMs: 0,
  summer: false,
  taggedMs: Number.NaN,
  tagLow: 0,
  tagHigh: 0,
  instant: utcInstant,
  knows: () => true,
  settle: () => {},
  spanAt: () => EVEN
})

/** It runs evenly. */
const EVEN = { offsetMs: 0, untilMs: Number.POSITIVE_INFINITY }

const utcInstant = (localMs: number, summer: boolean, strict: boolean): number =>
  strict && summer ? Number.NaN : localMs

/** The instant of a time tag of a station; NaN when the tag is impossible or no clock there showed it. */
export const instant = ({ zone }: Station, { summerFlag }: Profile, low: number, high: number): number =>
  zone.instant(Time.cp56ToEpochMs(low, high), (low & Time.SUMMER_TIME) !== 0, summerFlag === "strict")

/** The image without a station. */
export function withoutStation(image: Image, ca: number): Image {
  const removed = station(image, ca)
  if (removed === undefined) return image
  const { stations, order, groups } = image
  const { born, mask } = removed
  return {
    ...image,
    stations: Numbered.without(stations, ca),
    order: Numbered.without(order, born),
    groups: Groups.withoutStation(groups, removed, mask)
  }
}

/** The image in which the groups of a station are what its blocks say. */
export function grouped(image: Image, ca: number): Image {
  const of = station(image, ca)
  if (of === undefined) return image
  const mask = of.blocks.reduce((bits, block) => bits | block.mask, 0)
  if (mask === of.mask) return image
  const { stations, order, groups } = image
  const { born, blocks, zone } = of
  const changed: Station = { ca, born, blocks, zone, mask }
  return {
    ...image,
    stations: Numbered.put(stations, ca, changed),
    groups: Groups.changed(groups, order, Numbered.find(order, born) as Named, of.mask, mask)
  }
}

/** Types that a point has beside its own. */
export interface Variants {
  /** Type of events, with or without time tag; default the point's own. */
  readonly eventType?: number
  /** Type in answers to interrogation and read; default by the profile. */
  readonly interrogationType?: number
  readonly priority?: number
  /** Commands: whether the type without time tag is taken, the one with it, or both; default the point's own. */
  readonly tags?: Tags
}

/** Time tags of the commands that a point takes. */
export type Tags = "without" | "with" | "both"

/** What a block of points of `type` looks like under a profile. */
export function blockType(ca: number, type: number, profile: Profile, variants: Variants = {}): BlockType {
  const row = TypeTable.byId[type] as TypeTable.TypeRow
  const command = Value.isCommand(type)
  const { untagged } = row
  const { eventType = type, priority = 0 } = variants
  const { tags = row.time === "cp56" ? "with" : "without" } = variants
  const twin = command ? taggedTwin(untagged) : 0
  const causes = (TypeTable.byId[untagged] as TypeTable.TypeRow).causesMonitor
  const own = profile.interrogationType === "own"
  const answer = command ? 0 : (variants.interrogationType ?? (own ? type : untagged))
  // A counter shows its own type in both presets: its time tag is when it was frozen.
  const counted = variants.interrogationType ?? type
  const ownCyclic = profile.cyclicTransmission === "own"
  const eventTagged = TypeTable.byId[eventType]?.time === "cp56"
  return {
    ca,
    type,
    eventType,
    answerType: causes.includes(20) ? answer : 0,
    counterType: causes.includes(37) ? counted : 0,
    readType: causes.includes(5) ? answer : 0,
    cyclicType: ownCyclic ? type : untagged,
    cyclicCause: ownCyclic ? 1 : cyclicCause(untagged),
    priority,
    takes: command ? (tags === "with" ? twin : untagged) : 0,
    takesToo: command && tags === "both" ? twin : 0,
    tagged:
      row.time === "cp56" ||
      eventTagged ||
      TypeTable.byId[answer]?.time === "cp56" ||
      TypeTable.byId[counted]?.time === "cp56",
    eventTagged
  }
}

/** The command type with time tag that says the same as one without. */
const taggedTwin = (untagged: number): number =>
  TypeTable.rows.find((row) => row.untagged === untagged && row.time === "cp56")?.id ?? untagged

/** Cause of cyclic transmission by the standard: 1 for measured values, 2 for states, steps and bitstrings, 3 for counters. */
function cyclicCause(untagged: number): number {
  const causes = (TypeTable.byId[untagged] as TypeTable.TypeRow).causesMonitor
  return causes.includes(1) ? 1 : causes.includes(2) ? 2 : 3
}

/** The image whose station has a block of this kind, and that block. */
export function withBlock(image: Image, ca: number, of: BlockType): { readonly image: Image; readonly block: Block } {
  const { born, blocks, zone, mask } = station(image, ca) as Station
  const found = blocks.find((block) => sameType(block.of, of))
  if (found !== undefined) return { image, block: found }
  const block = new Block(of, Value.layoutOf(of.type) as Value.Layout, zone, image.blocks)
  const changed: Station = { ca, born, blocks: inOrder([...blocks, block]), zone, mask }
  return { image: { ...image, stations: Numbered.put(image.stations, ca, changed), blocks: image.blocks + 1 }, block }
}

const inOrder = (blocks: Block[]): Block[] =>
  blocks.sort(
    (a, b) => a.of.answerType - b.of.answerType || a.of.counterType - b.of.counterType || a.of.type - b.of.type
  )

const sameType = (a: BlockType, b: BlockType): boolean =>
  a.type === b.type &&
  a.eventType === b.eventType &&
  a.answerType === b.answerType &&
  a.counterType === b.counterType &&
  a.readType === b.readType &&
  a.cyclicType === b.cyclicType &&
  a.cyclicCause === b.cyclicCause &&
  a.takes === b.takes &&
  a.takesToo === b.takesToo &&
  a.priority === b.priority

/**
 * The points that an address can mean by itself: its monitoring points by ascending type, where there are none its commands. One at
 * most, but where an address names points of several types.
 */
export function candidates(at: Station, ioa: number): PointRef[] {
  const monitoring: PointRef[] = []
  const commands: PointRef[] = []
  for (const block of at.blocks) {
    const slot = block.find(ioa)
    if (slot >= 0) (Value.isCommand(block.of.type) ? commands : monitoring).push(refTo(block, slot))
  }
  const found = monitoring.length > 0 ? monitoring : commands
  return found.length < 2 ? found : found.sort((a, b) => a.block.of.type - b.block.of.type)
}

/** The point that an address means by itself; null where there is none, or more than one. */
export function find(at: Station, ioa: number): PointRef | null {
  const [only, another] = candidates(at, ioa)
  return only !== undefined && another === undefined ? only : null
}

/** The point at an address that answers a read command with the least type above another one; null when there is none. */
export function findRead(at: Station, ioa: number, above: number): PointRef | null {
  let found: PointRef | null = null
  for (const block of at.blocks) {
    const type = block.of.readType
    if (type <= above || (found !== null && type >= found.block.of.readType)) continue
    const slot = block.find(ioa)
    if (slot >= 0) found = refTo(block, slot)
  }
  return found
}

/** The point at an address with this type, or null. */
export function findTyped(at: Station, ioa: number, type: number): PointRef | null {
  for (const block of at.blocks) {
    if (block.of.type !== type) continue
    const slot = block.find(ioa)
    if (slot >= 0) return refTo(block, slot)
  }
  return null
}

/** The point at an address that says the same as this type, with time tag or without, or null. */
export function findAlike(at: Station, ioa: number, type: number): PointRef | null {
  const alike = TypeTable.byId[type]?.untagged
  for (const block of at.blocks) {
    if (TypeTable.byId[block.of.type]?.untagged !== alike) continue
    const slot = block.find(ioa)
    if (slot >= 0) return refTo(block, slot)
  }
  return null
}

/** The command point at an address that takes commands of this type, or null. */
export function findCommand(at: Station, ioa: number, type: number): PointRef | null {
  for (const block of at.blocks) {
    if (block.of.takes !== type && block.of.takesToo !== type) continue
    const slot = block.find(ioa)
    if (slot >= 0) return refTo(block, slot)
  }
  return null
}

/** Whether a station has a point in a group: interrogation groups 1..16, or with `counters` counter groups 1..4. */
export const hasGroup = (at: Station, group: number, counters: boolean): boolean =>
  at.blocks.some((block) => block.members[groupBit(group, counters)] !== undefined)

/** The bit of a group in a slot's mask. */
export const groupBit = (group: number, counters: boolean): number => group - 1 + (counters ? COUNTER_GROUP_BIT : 0)

/**
 * Freezes the reading of a counter: value, carry and adjustment are latched under the next sequence number, and with
 * `reset` the running counter starts again at 0 (60870-5-5 6.9). `freeze` false: only reset. `order` is the number of this
 * order among all freezes and resets, from 1.
 */
export function freezeCounter(
  block: Block,
  slot: number,
  freeze: boolean,
  reset: boolean,
  low: number,
  high: number,
  order: number
): void {
  const at = slot * block.stride
  const flags = (block.octets[at + 4] as number) & 0xe0
  const column = block.frozenColumn()
  if (freeze || column.flags[slot] === 0) column.keep(slot, order, block.view, block.time, block.last[slot] as number)
  if (freeze) {
    const { flags: frozen, view, time } = column
    const sequence = (Value.readExtra(block.kind, block.view, at) + 1) & 0x1f
    view.setInt32(at, block.view.getInt32(at, true), true)
    view.setUint8(at + 4, flags | sequence)
    time[slot * 2] = low
    time[slot * 2 + 1] = high
    frozen[slot] = 1
    column.count(slot, sequence, block.last[slot] as number)
    // Carry and adjustment speak of the period that ended.
    block.octets[at + 4] = (flags & Quality.IV) | sequence
  }
  if (reset) block.view.setInt32(at, 0, true)
}

/** Adds to a running counter; it wraps at 32 bits and then carries (CY) until the next freeze. */
export function count(block: Block, slot: number, by: number): void {
  const at = slot * block.stride
  const next = block.view.getInt32(at, true) + by
  const wrapped = next | 0
  block.view.setInt32(at, wrapped, true)
  if (wrapped !== next) block.octets[at + 4] = (block.octets[at + 4] as number) | Quality.CY
}

/** The image with the reading order of every block, and the groups of every station, current. */
export function settle(image: Image): Image {
  let found = image
  for (const { ca, blocks } of all(image)) {
    for (const block of blocks) block.settle()
    found = grouped(found, ca)
  }
  return found
}

/** The value of a point as a number. */
export const value = (block: Block, slot: number): number => Value.read(block.kind, block.view, slot * block.stride)

/** The quality bits of a point: QDS positions (counters: 0x20 CY, 0x40 CA, 0x80 IV); 0 where its element has none. */
export function quality(block: Block, slot: number): number {
  const { qualityAt, qualityMask } = block.layout
  return qualityAt < 0 || Value.isCommand(block.of.type)
    ? 0
    : (block.octets[slot * block.stride + qualityAt] as number) & qualityMask
}

/** As {@link quality}, without what this server has added: invalid, of a value that is no number. */
export function ownQuality(block: Block, slot: number): number {
  const own = block.unfit?.get(slot)
  const bits = quality(block, slot)
  return own === undefined ? bits : (bits & ~Quality.IV) | own
}

/**
 * What somebody means who sets quality bits: while a point is invalid because its value is no number, that it is invalid was
 * read here and is nothing new; it ends with its reason.
 */
export function meant(block: Block, slot: number, bits: number): number {
  const own = block.unfit?.get(slot)
  return own === undefined || (bits & Quality.IV) === 0 ? bits : (bits & ~Quality.IV) | own
}

/** The usual case of {@link setValue}: an ordinary number for a float that is well. False, and nothing set, otherwise. */
export function setFloat(block: Block, slot: number, next: number): boolean {
  if (block.kind !== Value.Kind.Short || block.unfit !== null || !(Math.abs(next) <= Value.SHORT_MAX)) return false
  block.view.setFloat32(slot * 5, next, true)
  return true
}

/** As {@link setFloat} for several slots; false, and nothing set, when one value is none of these. */
export function setFloats(block: Block, slots: readonly number[], values: ArrayLike<number>): boolean {
  const { layout, view } = block
  const { min, max } = layout
  if (layout.kind !== Value.Kind.Short || block.unfit !== null) return false
  for (let i = 0; i < slots.length; i++) {
    const value = values[i] as number
    if (!(value >= min && value <= max)) return false
  }
  for (let i = 0; i < slots.length; i++) view.setFloat32((slots[i] as number) * 5, values[i] as number, true)
  return true
}

/** Sets a value that {@link Value.problem} accepts. A float that is not finite keeps the old value and makes it invalid. */
export function setValue(block: Block, slot: number, next: number): void {
  const at = slot * block.stride
  if (block.kind === Value.Kind.Short) {
    if (!Number.isFinite(next)) {
      if (Value.isCommand(block.of.type) || block.unfit?.has(slot) === true) return
      block.unfit ??= new Map()
      block.unfit.set(slot, (block.octets[at + 4] as number) & Quality.IV)
      block.octets[at + 4] = (block.octets[at + 4] as number) | Quality.IV
      return
    }
    if (block.unfit?.has(slot) === true) {
      const own = ownQuality(block, slot)
      block.unfit.delete(slot)
      setQuality(block, slot, own)
    }
    block.view.setFloat32(at, next, true)
    return
  }
  Value.write(block.kind, block.view, at, next)
}

/** Sets a value, unless it is one that the point cannot have: then the result says what is wrong with it. */
export function change(block: Block, slot: number, next: number): string | null {
  const problem = Value.problem(block.layout, next)
  if (problem === null) setValue(block, slot, next)
  return problem
}

/** As {@link change} for several slots; none is set when one value is unfit. */
export function changeAll(block: Block, slots: readonly number[], values: ArrayLike<number>): string | null {
  for (let i = 0; i < slots.length; i++) {
    const problem = Value.problem(block.layout, values[i] as number)
    if (problem !== null) return problem
  }
  for (let i = 0; i < slots.length; i++) setValue(block, slots[i] as number, values[i] as number)
  return null
}

/** A point was reported: packed single points have no change to tell any more. */
export function reported(block: Block, slot: number): void {
  if (block.kind === Value.Kind.PackedSingles) Value.writeExtra(block.kind, block.view, slot * block.stride, 0)
}

/** Sets the quality bits that the element has, as they are meant; the others are ignored. */
export function setQuality(block: Block, slot: number, bits: number): void {
  const { qualityAt, qualityMask } = block.layout
  if (qualityAt < 0 || Value.isCommand(block.of.type)) return
  const at = slot * block.stride + qualityAt
  // A point whose value is no number stays invalid whatever else is said of it.
  const unfit = block.unfit?.has(slot) === true ? Quality.IV : 0
  if (unfit !== 0) block.unfit?.set(slot, bits & Quality.IV)
  block.octets[at] = ((block.octets[at] as number) & ~qualityMask) | ((bits | unfit) & qualityMask)
}

/** Sets the time tag as CP56Time2a words; points without time tag ignore it. */
export function setTime(block: Block, slot: number, low: number, high: number): void {
  const { time } = block
  if (time === null) return
  time[slot * 2] = low
  time[slot * 2 + 1] = high
}

/** As {@link setTime} for several slots. */
export function setTimes(block: Block, slots: readonly number[], low: number, high: number): void {
  const { time } = block
  if (time === null) return
  for (let i = 0; i < slots.length; i++) {
    const at = (slots[i] as number) * 2
    time[at] = low
    time[at + 1] = high
  }
}
