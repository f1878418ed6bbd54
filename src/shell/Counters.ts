// Freezing and resetting counters (60870-5-5 6.9): on request of a client, or by the station's own clock.
import type { Block } from "../core/image/Block.ts"
import * as Image from "../core/image/Image.ts"
import * as Numbered from "../core/image/Numbered.ts"
import type { CounterMode, Host } from "./Host.ts"
import * as Reading from "./Reading.ts"

/** What to do with which counters. */
export interface FreezeOrder {
  /** Counter group 1..4, 0 = all. */
  readonly group: number
  readonly freeze: boolean
  readonly reset: boolean
}

/** What a station costs beside its counters, and what it costs to publish a reading, in counters. */
const STATION_WORK = 16
const READING_WORK = 4

/**
 * Carries an order out on all counters, at the same instant, of those stations that are still there; then the frozen readings
 * are events where the station has the mode that reports them.
 */
export function carryOut(host: Host, asked: Image.Order, order: FreezeOrder, reporting: CounterMode): void {
  const stations: Image.Station[] = []
  Numbered.each(asked, (named) => {
    const station = Image.present(host.world.image, named)
    if (station !== undefined) stations.push(station)
  })
  const nowMs = host.nowMs()
  const number = ++host.world.freezes.count
  let work = STATION_WORK * stations.length
  const reported: { readonly block: Block; readonly version: number; readonly slots: readonly number[] }[] = []
  for (const { ca, zone, blocks } of stations) {
    const time = host.timeTag(zone, nowMs)
    const low = time.low | host.tagClock.flags
    const { high } = time
    const reports = order.freeze && host.counterModes.get(ca) === reporting
    for (const block of blocks) {
      const slots: number[] = []
      eachCounter(host, block, order.group, (slot) => {
        Image.freezeCounter(block, slot, order.freeze, order.reset, low, high, number)
        work++
        if (reports) slots.push(slot)
      })
      work += READING_WORK * slots.length
      if (slots.length > 0) reported.push({ block, version: block.version, slots })
    }
  }
  Reading.work(work)
  // Whoever sees what is published may add and remove points: those that come now were not frozen.
  for (const { block, version, slots } of reported)
    for (const slot of slots) if (block.holds(slot, version)) host.publishFrozen(block, slot)
}

/** Calls `use` with each slot of a counter group by address, 0 = all. */
function eachCounter(host: Host, block: Block, group: number, use: (slot: number) => void): void {
  if (block.of.counterType === 0) return
  host.settled()
  const members = group === 0 ? block.order : block.members[Image.groupBit(group, true)]
  if (members === undefined) return
  const slots = members === null ? null : members.all()
  const { count } = members ?? block
  for (let place = 0; place < count; place++) use(slots === null ? place : (slots[place] as number))
}
