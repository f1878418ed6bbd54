// What happens on a bench by the clock: cycles, scans, freezes, timers, and events that were put off.
import type { Block } from "../../../src/core/image/Block.ts"
import * as Image from "../../../src/core/image/Image.ts"
import type { CyclicBatch } from "../../../src/core/read/ReadWork.ts"
import * as Cycles from "../../../src/core/station/Cycles.ts"
import * as Offers from "../../../src/core/station/Offers.ts"
import * as Schedule from "../../../src/core/station/Schedule.ts"
import type { Random } from "../support/Random.ts"
import type { Bench } from "./Bench.ts"
import { monitored, placeOf } from "./Places.ts"

export function schedule(bench: Bench, random: Random): void {
  const { station, ground } = bench
  const point = placeOf(bench, random, monitored)
  if (point === undefined) return
  const { block, slot } = point
  const at = { runMs: ground.nowMs, nowMs: bench.tagMs }
  const every = random.pick([0, 1000, 1500, 60_000])
  const { image } = station.world
  const what = random.below(5)
  if (what <= 1) station.schedule = Schedule.setPeriod(station.schedule, block, slot, every, at)
  else if (what === 2) station.schedule = Schedule.setScan(station.schedule, image, block.ca, every, at)
  else if (what === 3)
    station.schedule = Schedule.setFreeze(station.schedule, image, block.ca, every, random.chance(50), at)
  else station.schedule = Schedule.setTimer(station.schedule, block, slot, every, ground.nowMs)
  bench.say("period", Cycles.everyMs(station.schedule.cycles, block, slot))
}

export function tick(bench: Bench, random: Random): void {
  const { station, ground } = bench
  const { publishing } = station
  for (const point of publishing.dueDelayed(ground.nowMs)) {
    publishing.reportDelayed(point, ground.nowMs)
    bench.followUp()
  }
  const due = Schedule.due(station.schedule, { runMs: ground.nowMs, nowMs: bench.tagMs }, station.started.size > 0)
  station.schedule = due.schedule
  bench.say("due", [due.freezes, due.periods, due.scans, due.timers])
  for (const { ca, reset } of due.freezes) {
    const at = Image.station(station.world.image, ca)
    if (at !== undefined) bench.freeze(Image.only(at), { group: 0, freeze: true, reset, tells: "A" })
  }
  for (const period of due.periods) {
    const found = batches(bench, Cycles.blocksOf(station.schedule.cycles, period), (cycles, block) =>
      Cycles.batchOf(cycles, period, block)
    )
    if (random.chance(60)) bench.offer(found)
    else {
      const { offers, number } = Offers.wait(station.offers, found, ground.nowMs + 500)
      station.offers = offers
      bench.say("offer waits", number)
    }
  }
  for (const ca of due.scans)
    bench.offer(batches(bench, Image.station(station.settled().image, ca)?.blocks ?? [], Cycles.scanOf))
  for (const timer of due.timers) {
    const fired = Schedule.fired(station.schedule, timer, ground.nowMs)
    if (fired !== null) station.schedule = fired
  }
  for (const number of Offers.due(station.offers, ground.nowMs)) bench.offerRefreshed(number)
}

function batches(
  bench: Bench,
  blocks: readonly Block[],
  make: (cycles: Cycles.Cycles, block: Block) => Cycles.Batched
): readonly CyclicBatch[] {
  const { station } = bench
  const found: CyclicBatch[] = []
  for (const block of blocks) {
    const { cycles, batch } = make(station.schedule.cycles, block)
    station.schedule = { ...station.schedule, cycles }
    if (batch !== null) found.push(batch)
  }
  return found
}

export function freezes(bench: Bench, random: Random): void {
  const [freeze, reset] = random.pick([
    [true, false],
    [true, true],
    [false, true]
  ] as const)
  const group = random.below(3)
  // So many that the sequence numbers of a counter go on to those that are told apart by them.
  for (let n = random.pick([1, 1, 1, 1, 17]); n > 0; n--)
    bench.freeze(bench.station.world.image.order, { group, freeze, reset, tells: "D" })
}
