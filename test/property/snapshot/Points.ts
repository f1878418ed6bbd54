// Stations and points that come and go, and what is set for them.
import * as Flags from "../../../src/core/image/Flags.ts"
import * as Image from "../../../src/core/image/Image.ts"
import * as Numbered from "../../../src/core/image/Numbered.ts"
import * as Value from "../../../src/core/image/Value.ts"
import * as Rates from "../../../src/core/log/Rates.ts"
import * as Carrying from "../../../src/core/station/Carrying.ts"
import * as Schedule from "../../../src/core/station/Schedule.ts"
import * as TypeTable from "../../../src/core/wire/TypeTable.ts"
import * as Zones from "../../../src/shell/Zones.ts"
import type { Random } from "../support/Random.ts"
import type { Bench } from "./Bench.ts"
import * as Clients from "./Clients.ts"
import { monitored, one, placeOf, send, sessionOf, stations } from "./Places.ts"

const MONITORED = [1, 3, 5, 7, 9, 11, 13, 15, 15, 15, 20, 21, 30, 31, 34, 36, 36, 37, 37]
const COMMANDS = [45, 45, 46, 50, 58]

export function addStation(bench: Bench, random: Random): void {
  const zone = Zones.make(random.pick(["UTC", "Europe/Berlin"]))
  bench.say("station", bench.station.addStation(1 + random.below(3), zone))
}

export function addPoints(bench: Bench, random: Random): void {
  if (random.chance(10)) addStation(bench, random)
  const station = one(random, stations(bench))
  if (station === undefined) return addStation(bench, random)
  const ioa = 1 + random.below(random.pick([20, 20, 2000]))
  const type = random.pick(random.chance(20) ? COMMANDS : MONITORED)
  if (random.chance(90)) return add(bench, random, station.ca, type, ioa, random.pick([1, 1, 3, 20]))
  // So many that their order is made anew.
  for (let n = 150; n > 0; n--) add(bench, random, station.ca, type, 3000 + random.below(400), 1)
}

export function add(bench: Bench, random: Random, ca: number, type: number, ioa: number, count: number): void {
  const station = Image.station(bench.station.world.image, ca) as Image.Station
  const variants = type === 15 && random.chance(50) ? { eventType: 37 } : {}
  const added = bench.station.addPoints(station, { ioa, type, count, variants }, bench.tagMs, bench.flags)
  bench.say("added", added)
  if (added === null) return
  const { block, slot } = added
  if (block.command) {
    if (random.chance(60)) Flags.setSelect(block, slot, 1, true)
    if (random.chance(40)) Flags.setSelect(block, slot, 2, true)
  } else if (random.chance(20)) Flags.setRefresh(block, slot, true)
  if (!block.command && random.chance(40))
    bench.station.setGroups(block, slot, [1 + random.below(2)], block.of.counterType === 0 ? [] : [1 + random.below(4)])
}

export function removePoint(bench: Bench, random: Random): void {
  const point = placeOf(bench, random)
  if (point === undefined) return
  const { block, slot } = point
  const { ca } = block
  const ioa = block.ioa[slot] as number
  bench.station.schedule = Schedule.forgetPoint(bench.station.schedule, block, slot)
  const operated = bench.station.removePoint(block, slot)
  if (operated !== null) Carrying.detached(bench, operated)
  bench.say("removed", [ca, ioa])
  if (random.chance(40)) return
  add(bench, random, ca, random.chance(30) ? twinOf(block.of.type) : block.of.type, ioa, 1)
}

/** Another type that says the same, with time tag or without. */
function twinOf(type: number): number {
  const alike = ({ id, untagged }: TypeTable.TypeRow): boolean =>
    id !== type && untagged === TypeTable.byId[type]?.untagged && Value.layoutOf(id) !== undefined
  return TypeTable.rows.find(alike)?.id ?? type
}

/** A point is removed of which events wait, and another one has its address, of its type or of the twin of that. */
export function comeBack(bench: Bench, random: Random): void {
  const point = placeOf(bench, random, ({ of }) => of.counterType === 0 && of.eventType === of.type && of.takes === 0)
  const session = sessionOf(bench, random)
  if (point === undefined || session === undefined) return
  const { block, slot } = point
  const ioa = block.ioa[slot] as number
  for (let n = 3; n > 0; n--) bench.station.publishing.append(block, slot, 3, 0, 0)
  bench.followUp()
  bench.station.schedule = Schedule.forgetPoint(bench.station.schedule, block, slot)
  bench.station.removePoint(block, slot)
  add(bench, random, block.ca, random.chance(50) ? twinOf(block.of.type) : block.of.type, ioa, 1)
  if (random.chance(50)) send(bench, session, Clients.read(session.line, block.ca, ioa))
}

export function removeStation(bench: Bench, random: Random): void {
  const station = one(random, stations(bench))
  if (station === undefined) return
  const { ca, blocks } = station
  bench.station.schedule = Schedule.forgetStation(bench.station.schedule, ca, blocks)
  bench.station.removeStation(ca)
  for (const session of [...bench.sessions.values()]) if (session.exchange.state.work.files !== null) session.ready()
  bench.say("removed station", ca)
}

export function settings(bench: Bench, random: Random): void {
  const point = placeOf(bench, random, monitored)
  if (point === undefined) return
  const { block, slot } = point
  const { station } = bench
  const what = random.below(4)
  if (what === 0) station.publishing.setMinInterval(block, slot, random.pick([0, 100, 2000]))
  else if (what === 1) Rates.setDeadband(block, slot, random.pick([null, { absolute: 1 }, { percent: 50 }]))
  else if (what === 2)
    station.counterModes = Numbered.put(station.counterModes, block.ca, random.pick(["A", "B", "C", "D", "D"]))
  else Flags.setRefresh(block, slot, random.chance(50))
}

export function initialise(bench: Bench, random: Random): void {
  const station = one(random, stations(bench))
  if (station === undefined) return
  bench.station.initialised(station.ca, random.below(3))
  for (const session of bench.station.publishing.open) session.ready()
}
