// Freezing and resetting counters (60870-5-5 6.9): on request of a client, or by the station's own clock.
import type { Block } from "../core/process/Block.ts"
import * as Image from "../core/process/Image.ts"
import * as Numbered from "../core/process/Numbered.ts"
import type { CounterMode, Host } from "./Host.ts"

/** What to do with which counters. */
export interface FreezeOrder {
  /** Counter group 1..4, 0 = all. */
  readonly group: number
  readonly freeze: boolean
  readonly reset: boolean
}

/**
 * Carries an order out on all counters of those stations that are still there at the same instant; then the frozen readings are events where the
 * station has the mode that reports them.
 */
export function carryOut(host: Host, asked: Image.Order, order: FreezeOrder, reporting: CounterMode): void {
  const stations: Image.Station[] = []
  Numbered.each(asked, (named) => {
    const station = Image.present(host.world.image, named)
    if (station !== undefined) stations.push(station)
  })
  const nowMs = host.nowMs()
  const number = ++host.world.freezes.count
  for (const { zone, blocks } of stations) {
    const time = host.timeTag(zone, nowMs)
    const low = time.low | host.tagClock.flags
    const { high } = time
    for (const block of blocks)
      eachCounter(host, block, order.group, (slot) =>
        Image.freezeCounter(block, slot, order.freeze, order.reset, low, high, number)
      )
  }
  if (!order.freeze) return
  for (const { ca, blocks } of stations)
    if (host.counterModes.get(ca) === reporting)
      for (const block of blocks) eachCounter(host, block, order.group, (slot) => host.publishFrozen(block, slot))
}

/** Calls `use` with each slot of a counter group by address, 0 = all, as long as its point is there. */
function eachCounter(host: Host, block: Block, group: number, use: (slot: number) => void): void {
  if (block.of.counterType === 0) return
  host.settled()
  const members = group === 0 ? block.order : block.members[Image.groupBit(group, true)]
  if (members === undefined) return
  // Whoever sees what is published may add and remove points.
  const slots = members === null ? null : members.all()
  const { version } = block
  const { count } = members ?? block
  for (let place = 0; place < count; place++) {
    const slot = slots === null ? place : (slots[place] as number)
    if (block.holds(slot, version)) use(slot)
  }
}
