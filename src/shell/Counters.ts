// Freezing and resetting counters (60870-5-5 6.9): on request of a client, or by the station's own clock.
import * as Image from "../core/process/Image.ts"
import type { Host } from "./Host.ts"

/** What to do with which counters. */
export interface FreezeOrder {
  /** Counter group 1..4, 0 = all. */
  readonly group: number
  readonly freeze: boolean
  readonly reset: boolean
  /** Whether the frozen readings are events at once (modes A and D). */
  readonly report: boolean
}

/** Carries an order out on one station, all its counters at the same instant. The caller has counted the order. */
export function carryOut(host: Host, station: Image.Station, order: FreezeOrder): void {
  const time = host.timeTag(station.zone, host.nowMs())
  const low = time.low | host.tagClock.flags
  const { high } = time
  host.settled()
  for (const block of station.blocks) {
    if (block.of.counterType === 0) continue
    const slots = order.group === 0 ? null : block.members[Image.groupBit(order.group, true)]
    if (slots === undefined) continue
    const count = slots === null ? block.count : slots.length
    for (let place = 0; place < count; place++) {
      const slot = slots === null ? block.slotAt(place) : (slots[place] as number)
      Image.freezeCounter(block, slot, order.freeze, order.reset, low, high, host.world.freezes.count)
      if (order.freeze && order.report) host.publishFrozen(block, slot)
    }
  }
}
