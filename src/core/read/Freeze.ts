// Freezing and resetting counters (60870-5-5 6.9), on request of a client or by the station's own clock: all of them at the same
// instant, and then those of which the reading is told, which a mode of the station says.

import type { Block } from "../image/Block.ts"
import * as Image from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Stamp from "../image/Stamp.ts"

/** Counter modes of 60870-5-5: A local freeze with events, B local freeze, C freeze by request, D by request with events. */
export type CounterMode = "A" | "B" | "C" | "D"

/** By common address; C where none is set. */
export type Modes = Numbered.Numbered<CounterMode>

/** What to do with which counters. */
export interface FreezeOrder {
  /** Counter group 1..4, 0 = all. */
  readonly group: number
  readonly freeze: boolean
  readonly reset: boolean
  /** The mode of the stations whose readings are told where this is done. */
  readonly tells: CounterMode
}

/** Counters of a block that were frozen, and have to be told as long as they are there. */
export interface Frozen {
  readonly block: Block
  readonly version: number
  readonly slots: Int32Array
}

export interface Done {
  readonly told: readonly Frozen[]
  /** What it cost, in counters. */
  readonly work: number
  /** Time tags that could not say their time. */
  readonly bounded: number
}

/** What a station costs beside its counters, and what it costs to publish a reading, in counters. */
const STATION_WORK = 16
const READING_WORK = 4

/**
 * Carries an order out on all counters of those stations that are still there, at `nowMs` since 1970 UTC; `flags` are those of
 * the clock. Blocks are in order; `orders` counts freezes and resets, and what interrogations tell hangs on it.
 */
export function carryOut(
  image: Image.Image,
  orders: { count: number },
  modes: Modes,
  asked: Image.Order,
  order: FreezeOrder,
  nowMs: number,
  flags: number
): Done {
  const number = ++orders.count
  const told: Frozen[] = []
  let work = 0
  let bounded = 0
  Numbered.each(asked, (named) => {
    const station = Image.present(image, named)
    if (station === undefined) return
    const { ca, zone, blocks } = station
    if (Stamp.show(zone, nowMs)) bounded++
    const low = zone.tagLow | flags
    const high = zone.tagHigh
    const tells = order.freeze && Numbered.find(modes, ca) === order.tells
    work += STATION_WORK
    for (const block of blocks) {
      const slots = slotsOf(block, order.group)
      for (const slot of slots) Image.freezeCounter(block, slot, order.freeze, order.reset, low, high, number)
      work += slots.length * (tells ? 1 + READING_WORK : 1)
      if (tells && slots.length > 0) told.push({ block, version: block.version, slots })
    }
  })
  return { told, work, bounded }
}

const NONE = new Int32Array(0)

/** The slots of a counter group by address, 0 = all. */
function slotsOf(block: Block, group: number): Int32Array {
  if (block.of.counterType === 0) return NONE
  return group === 0 ? block.slots() : (block.members[Image.groupBit(group, true)]?.all() ?? NONE)
}
