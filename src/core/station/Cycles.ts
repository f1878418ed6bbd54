// Which points are sent cyclically, and when each is due (60870-5-5 6.3): a literal table. Points with one period are due
// together, those of a block in one batch; a period that follows clocks is one for all stations of a time zone.

import { type Block, SLOTS, type Zone } from "../image/Block.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Row from "../image/Row.ts"
import * as Slots from "../image/Slots.ts"
import type { CyclicBatch } from "../read/ReadWork.ts"
import * as Rhythm from "../read/Rhythm.ts"
import * as TypeTable from "../wire/TypeTable.ts"

/** The points of one block that share a period, and the batch that they are as long as they do not change. */
export interface Group {
  readonly block: Block
  readonly slots: Slots.Slots
  readonly batch: CyclicBatch | null
}

/** The groups of a period, by number of their block, in the order in which they came. */
export interface Period {
  readonly id: number
  readonly rhythm: Rhythm.Rhythm
  readonly groups: Row.Row<Group>
}

export interface Cycles {
  /** By id, in the order in which they came. */
  readonly periods: Numbered.Numbered<Period>
  /** The ids of those of a length, which are of different time zones. */
  readonly lengths: Numbered.Numbered<Numbered.Numbered<number>>
  /** The period of a point, by its number. */
  readonly points: Numbered.Numbered<number>
  /** Keys of batches by number of the block and by purpose: the length of the period, or {@link SCAN}. */
  readonly keys: Numbered.Numbered<Numbered.Numbered<number>>
  readonly lastPeriod: number
  readonly lastKey: number
}

export const none: Cycles = { periods: null, lengths: null, points: null, keys: null, lastPeriod: 0, lastKey: 0 }

/** The purpose of batches that are none of a period. */
const SCAN = 0
const BACKGROUND_SCAN = 2

/** The period of a point in ms, 0 = none. */
export function everyMs({ periods, points }: Cycles, block: Block, slot: number): number {
  const id = Numbered.find(points, block.numberOf(slot))
  return id === undefined ? 0 : (Numbered.find(periods, id)?.rhythm.everyMs ?? 0)
}

/**
 * The table in which a point has a period, 0 = none, from now on: at `runMs` of the monotonic clock, and `nowMs` since 1970 UTC
 * by the station's. Who says the same again does not begin it anew.
 */
export function set(cycles: Cycles, block: Block, slot: number, ms: number, runMs: number, nowMs: number): Cycles {
  if (everyMs(cycles, block, slot) === ms) return cycles
  const without = forget(cycles, block, slot)
  if (ms === 0) return without
  const known = periodOf(without, ms, block.zone)
  const id = known?.id ?? without.lastPeriod + 1
  const period = known ?? { id, rhythm: Rhythm.make(ms, block.zone, runMs, nowMs), groups: Row.none }
  const slots = Slots.add(Row.find(period.groups, block.number)?.slots ?? Slots.none, slot)
  const groups = Row.put(period.groups, block.number, { block, slots, batch: null })
  const { lengths, points, lastPeriod } = without
  return {
    ...without,
    periods: Numbered.put(without.periods, id, { ...period, groups }),
    lengths: known === undefined ? Numbered.put(lengths, ms, Numbered.put(idsOf(without, ms), id, id)) : lengths,
    points: Numbered.put(points, block.numberOf(slot), id),
    lastPeriod: Math.max(id, lastPeriod)
  }
}

const idsOf = ({ lengths }: Cycles, ms: number): Numbered.Numbered<number> => Numbered.find(lengths, ms) ?? null

/** The period of a length that follows the clocks of a zone, or none where it counts by itself. */
function periodOf(cycles: Cycles, ms: number, zone: Zone): Period | undefined {
  const ids = idsOf(cycles, ms)
  for (let id = Numbered.first(ids); id !== undefined; id = Numbered.after(ids, id)) {
    const period = Numbered.find(cycles.periods, id) as Period
    const { zone: follows } = period.rhythm
    if (follows === null || follows.name === zone.name) return period
  }
  return undefined
}

/** The table without a point. */
export function forget(cycles: Cycles, block: Block, slot: number): Cycles {
  const number = block.numberOf(slot)
  const id = Numbered.find(cycles.points, number)
  if (id === undefined) return cycles
  const period = Numbered.find(cycles.periods, id) as Period
  const group = Row.find(period.groups, block.number) as Group
  const slots = Slots.remove(group.slots, slot)
  const groups =
    slots === Slots.none
      ? Row.without(period.groups, block.number)
      : Row.put(period.groups, block.number, { block, slots, batch: null })
  return { ...grouped(cycles, period, groups), points: Numbered.without(cycles.points, number) }
}

/** The table in which a period has these groups; without them it is over. */
function grouped(cycles: Cycles, period: Period, groups: Row.Row<Group>): Cycles {
  const { id, rhythm } = period
  if (Row.size(groups) > 0) return { ...cycles, periods: Numbered.put(cycles.periods, id, { ...period, groups }) }
  const { everyMs: ms } = rhythm
  const left = Numbered.without(idsOf(cycles, ms), id)
  const lengths = left === null ? Numbered.without(cycles.lengths, ms) : Numbered.put(cycles.lengths, ms, left)
  return { ...cycles, periods: Numbered.without(cycles.periods, id), lengths }
}

/** The table without a block. */
export function forgetBlock(cycles: Cycles, block: Block): Cycles {
  const [from, to] = [block.numberOf(0), block.numberOf(SLOTS)]
  let found = { ...cycles, keys: Numbered.without(cycles.keys, block.number) }
  Numbered.each(Numbered.between(cycles.points, from, to), (id) => {
    const period = Numbered.find(found.periods, id)
    if (period === undefined) return
    const groups = Row.without(period.groups, block.number)
    if (groups !== period.groups) found = grouped(found, period, groups)
  })
  return { ...found, points: Numbered.outside(found.points, from, to) }
}

/** Periods that are due, by id in their order, and the table from now on. */
export interface Due {
  readonly cycles: Cycles
  readonly periods: readonly number[]
}

const NOTHING: readonly number[] = []

/** Looks what is due: at `runMs` of the monotonic clock, and `nowMs` since 1970 UTC by the station's. */
export function due(cycles: Cycles, runMs: number, nowMs: number): Due {
  let { periods } = cycles
  let found: number[] | null = null
  Numbered.each(cycles.periods, (period) => {
    const { due: isDue, rhythm } = Rhythm.look(period.rhythm, runMs, nowMs)
    if (rhythm !== period.rhythm) periods = Numbered.put(periods, period.id, { ...period, rhythm })
    if (!isDue) return
    found ??= []
    found.push(period.id)
  })
  return { cycles: periods === cycles.periods ? cycles : { ...cycles, periods }, periods: found ?? NOTHING }
}

/** The blocks of a period, in the order of their groups. */
export function blocksOf({ periods }: Cycles, id: number): readonly Block[] {
  const found: Block[] = []
  const period = Numbered.find(periods, id)
  if (period !== undefined) Row.each(period.groups, (_, { block }) => found.push(block))
  return found
}

/** The slots of a block that have a period. */
export const slotsOf = (cycles: Cycles, id: number, block: Block): readonly number[] =>
  Slots.list(groupOf(cycles, id, block)?.slots ?? Slots.none)

const groupOf = ({ periods }: Cycles, id: number, block: Block): Group | undefined => {
  const period = Numbered.find(periods, id)
  return period === undefined ? undefined : Row.find(period.groups, block.number)
}

/** A batch, or null where there is nothing to send, and the table that knows it from now on. */
export interface Batched {
  readonly cycles: Cycles
  readonly batch: CyclicBatch | null
}

/** What is sent of a block where a period of it is due. */
export function batchOf(cycles: Cycles, id: number, block: Block): Batched {
  const group = groupOf(cycles, id, block)
  if (group === undefined) return { cycles, batch: null }
  if (group.batch !== null) return { cycles, batch: group.batch }
  const period = Numbered.find(cycles.periods, id) as Period
  const keyed = keyOf(cycles, block, period.rhythm.everyMs)
  const { cyclicType: type, cyclicCause: cause } = block.of
  const { version } = block
  const slots = Int32Array.from(Slots.list(group.slots))
  slots.sort((a, b) => (block.ioa[a] as number) - (block.ioa[b] as number))
  const batch: CyclicBatch = { key: keyed.key, block, version, slots, type, cause }
  const groups = Row.put(period.groups, block.number, { ...group, batch })
  return { cycles: { ...keyed.cycles, periods: Numbered.put(cycles.periods, id, { ...period, groups }) }, batch }
}

/** Background scan of a block: all of it, untagged, with cause 2 (60870-5-5 6.3); null where its type is not scanned. */
export function scanOf(cycles: Cycles, block: Block): Batched {
  const type = TypeTable.byId[block.of.type]?.untagged ?? 0
  if (TypeTable.byId[type]?.causesMonitor.includes(BACKGROUND_SCAN) !== true) return { cycles, batch: null }
  const keyed = keyOf(cycles, block, SCAN)
  const { version } = block
  const batch = { key: keyed.key, block, version, slots: block.slots(), type, cause: BACKGROUND_SCAN }
  return { cycles: keyed.cycles, batch }
}

/**
 * The key of one purpose of a block, from 1. The same as long as the block is there: a batch that waits is known by it, whatever
 * comes and goes meanwhile.
 */
function keyOf(cycles: Cycles, block: Block, purpose: number): { readonly cycles: Cycles; readonly key: number } {
  const keys = Numbered.find(cycles.keys, block.number) ?? null
  const known = Numbered.find(keys, purpose)
  if (known !== undefined) return { cycles, key: known }
  const key = cycles.lastKey + 1
  const all = Numbered.put(cycles.keys, block.number, Numbered.put(keys, purpose, key))
  return { cycles: { ...cycles, keys: all, lastKey: key }, key }
}
