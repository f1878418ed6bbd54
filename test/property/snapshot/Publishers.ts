// What programs publish, and publishers that wait.
import * as Image from "../../../src/core/image/Image.ts"
import * as Value from "../../../src/core/image/Value.ts"
import * as EventLog from "../../../src/core/log/EventLog.ts"
import * as Rates from "../../../src/core/log/Rates.ts"
import * as Bursts from "../../../src/core/station/Bursts.ts"
import * as Waiting from "../../../src/core/station/Waiting.ts"
import type { Random } from "../support/Random.ts"
import type { Bench } from "./Bench.ts"
import { monitored, type Place, placeOf } from "./Places.ts"

export function publish(bench: Bench, random: Random): void {
  const point = placeOf(bench, random, monitored)
  if (point === undefined) return
  const { block, slot } = point
  const { publishing } = bench.station
  const cause = random.pick([3, 3, 3, 3, 3, 11, 1, 5, 20])
  if (random.chance(15)) Image.setQuality(block, slot, random.pick([0, 0x80, 0x10, 0xf1]))
  if (random.chance(3) && block.kind === Value.Kind.Short) Image.setValue(block, slot, Number.NaN)
  else set(bench, point, random)
  if (random.chance(20)) {
    bench.station.settled()
    const slots = [...block.slots()].slice(0, random.pick([2, 40]))
    for (let rest = publishing.appendAll(block, slots, 3, 0); rest !== null; ) {
      rest = publishing.appendRest(rest)
      bench.followUp()
    }
  } else
    for (let n = random.pick([1, 1, 1, 1, 4, 30, 90]); n > 0; n--) {
      bench.say("appended", publishing.append(block, slot, cause, random.below(3), random.below(3)))
      bench.followUp()
    }
  bench.say("published", [publishing.publishedMs(block, slot), block.guarded])
}

function set(bench: Bench, { block, slot }: Place, random: Random): void {
  if (block.of.counterType !== 0 && random.chance(50)) Image.count(block, slot, random.pick([1, 5, 0x7fff_ffff]))
  else Image.change(block, slot, random.pick([0, 1, 1, 2, 3, 0.5]))
  if (block.time === null) return
  const tagMs = random.chance(3) ? 5e12 : bench.tagMs
  bench.station.stamp(block, slot, tagMs, bench.flags)
}

/** What is an event only where it has changed enough, and when its rate allows it. */
export function update(bench: Bench, random: Random): void {
  const point = placeOf(bench, random, monitored)
  if (point === undefined) return
  const { block, slot } = point
  const { publishing } = bench.station
  set(bench, point, random)
  const mayMs = publishing.mayReportMs(block, slot)
  bench.say("may report", mayMs)
  if (mayMs === Rates.NEVER) return
  bench.say("reported", publishing.report(block, slot, mayMs, bench.ground.nowMs))
  bench.followUp()
}

/** A publisher asks for room, or goes on. */
export function room(bench: Bench, random: Random): void {
  const { station, ground } = bench
  const { nowMs, going } = ground
  const patient = random.chance(50)
  const published = Waiting.published(station.publishing.logEnds())
  if (going.patient + going.counted > 0 && random.chance(60)) {
    const isPatient = going.patient > 0
    going[isPatient ? "patient" : "counted"]--
    const gone = Waiting.goOn(station.waiting, isPatient, bench.around(), nowMs)
    bench.say("goes on", gone.isFree)
    return bench.wait(gone)
  }
  if (ground.turning > 0 && random.chance(50)) {
    ground.turning--
    station.bursts = Bursts.begin(station.bursts, published)
    return bench.say("turns", [station.bursts.share, station.bursts.end])
  }
  if (Bursts.isOver(station.bursts, random.below(40), published)) {
    ground.turning++
    station.bursts = Bursts.wait(station.bursts)
    return bench.say("waits for a turn")
  }
  const { waiting, isFull } = Waiting.judge(station.waiting, patient, bench.around())
  station.waiting = waiting
  bench.say("room", [isFull, Waiting.isCalm(waiting, patient, station.publishing.logEnds())])
  if (isFull) bench.wait(Waiting.enter(waiting, patient, bench.around(), nowMs))
}

/** So much later that positions lie far behind: all records of the ring are some event's. */
export function lap(bench: Bench, random: Random): void {
  const [log] = bench.station.publishing.logs
  if (log === undefined || log.full >= 0 || random.chance(70)) return
  for (let at = 0; at <= log.mask; at++) if (log.words[at * EventLog.RECORD_WORDS + 4] === 0) return
  log.end += random.pick([2 ** 29, 2 ** 30])
}
