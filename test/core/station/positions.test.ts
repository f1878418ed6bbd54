// A log goes on for as long as a server runs, and the image keeps 32 bits of each position: whatever has happened since, no event of
// another point is taken for a point's own.
import { expect, it } from "vitest"
import * as Image from "../../../src/core/image/Image.ts"
import * as Numbered from "../../../src/core/image/Numbered.ts"
import * as Limits from "../../../src/core/Limits.ts"
import * as Parameters from "../../../src/core/link/Parameters.ts"
import * as EventLog from "../../../src/core/log/EventLog.ts"
import * as Profile from "../../../src/core/Profile.ts"
import * as SessionEvent from "../../../src/core/session/SessionEvent.ts"
import * as Drain from "../../../src/core/station/Drain.ts"
import { Station } from "../../../src/core/station/Station.ts"
import * as Frames from "../../property/support/Frames.ts"

const LAP = 2 ** 32

const make = () => {
  const station = new Station({
    link: Parameters.defaults,
    profile: Profile.iec,
    limits: { ...Limits.defaults, logRecords: 4096 },
    packEvents: false,
    selectMs: 10_000,
    commandAgeMs: 0,
    files: false,
    clockByClients: false,
    clockValidMs: 0
  })
  station.addStation(1, Image.utc())
  const at = Image.station(station.world.image, 1) as Image.Station
  const { block } = station.addPoints(at, { ioa: 1, type: 7, count: 3, variants: {} }, 0, 0) as Image.PointRef
  const log = station.world.logs[0] as EventLog.EventLog
  // Somebody is there who has been told everything.
  const cursor = {
    get acknowledged() {
      return [log.end]
    }
  }
  station.publishing.sessions.add({ cursor })
  /** So many events of other points later, told in bursts. */
  const later = (events: number): void => {
    for (let left = events; left > 0; left -= 2 ** 24) {
      log.end += Math.min(left, 2 ** 24)
      log.full = -1
      station.publishing.delivered(0)
    }
  }
  return { station, block, log, later }
}

it.each([1, 2, 3])("an event of %i laps ago is nobody's any more", (laps) => {
  const { station, block, log, later } = make()
  later(100)
  const behind = station.publishing.append(block, 1, 3, 0, 0)
  expect(EventLog.lastOf(block, 1, log.end)).toBe(behind)
  later(laps * LAP - 50)
  for (let n = 0; n < 100; n++) station.publishing.append(block, 0, 3, 0, 0)
  // It had one, where no log reaches.
  expect(EventLog.lastOf(block, 1, log.end)).toBeGreaterThan(0)
  expect(EventLog.lastOf(block, 1, log.end)).toBeLessThan(log.end - LAP / 8)
  expect(EventLog.lastOf(block, 0, log.end)).toBe(log.end)
})

it("a point that was never told has no event behind a lap either", () => {
  const { station, block, log, later } = make()
  later(LAP - 50)
  for (let n = 0; n < 500; n++) station.publishing.append(block, 0, 3, 0, 0)
  expect(EventLog.lastOf(block, 2, log.end)).toBe(0)
  expect(EventLog.ownLastOf(block, 2, log.end)).toBe(0)
  // Its first change is an event.
  expect(station.publishing.mayReportMs(block, 2)).toBe(Number.NEGATIVE_INFINITY)
})

it("an event of half a lap ago is still known", () => {
  const { station, block, log, later } = make()
  later(10)
  const behind = station.publishing.append(block, 1, 3, 0, 0)
  later(EventLog.FAR_BEHIND - 100)
  expect(EventLog.lastOf(block, 1, log.end)).toBe(behind)
})

it("the way to the oldest event of a point goes past the one behind which a position ends in 0", () => {
  const { station, block, log, later } = make()
  later(LAP - 3)
  const first = log.end
  for (let n = 0; n < 6; n++) station.publishing.append(block, 0, 3, 0, 0)
  expect(EventLog.oldestFrom(log, log.end - 1, first, log.end, null)).toBe(first)
  // What has no event before its first has none.
  const other = station.publishing.append(block, 1, 3, 0, 0) - 1
  expect(EventLog.oldestFrom(log, other, first, log.end, null)).toBe(other)
})

it("a point that is added anew goes on behind such an event too", () => {
  const { station, block, log, later } = make()
  later(LAP - 1)
  const behind = station.publishing.append(block, 1, 3, 0, 0)
  expect(behind).toBe(LAP)
  // Somebody has not been told yet.
  station.publishing.sessions.clear()
  station.publishing.sessions.add({ cursor: { acknowledged: [LAP - 1] } })
  station.removePoint(block, 1)
  const at = Image.station(station.world.image, 1) as Image.Station
  const again = station.addPoints(at, { ioa: 2, type: 7, count: 1, variants: {} }, 0, 0) as Image.PointRef
  expect(EventLog.lastOf(again.block, again.slot, log.end)).toBe(behind)
})

/** A client of a station, which acknowledges when it is told to. */
const client = (station: ReturnType<typeof make>["station"]) => {
  const told: string[] = []
  const ends = () => station.publishing.logEnds()
  const exchange = station.opened(1, 0)
  const event = (kind: SessionEvent.Kind) => SessionEvent.plain(kind, 0, ends(), 65_536)
  let heard = 0
  const runner: Drain.Runner = {
    exchange,
    world: () => station.settled(),
    event,
    decision: (decisions, kind) => SessionEvent.decided(0, ends(), 65_536, decisions, kind),
    renewed: (before) => before,
    begin: () => {},
    act: (notice) => {
      if (notice.kind === "overflow" && notice.counters > 0) told.push(`${notice.counters} readings lost`)
      return false
    },
    rest: (outputs) => (outputs.more ? event("ready") : null),
    take: ({ octets, start, end }) => {
      for (const frame of Frames.split(octets.slice(start, end)))
        if (frame.format === "I") {
          heard++
          told.push(`${frame.type} at ${frame.octets[12]}`)
        }
    }
  }
  const receive = (octets: Uint8Array): void => Drain.dispatch(runner, SessionEvent.received(0, ends(), 65_536, octets))
  station.publishing.sessions.add(exchange)
  return {
    start: () => receive(Frames.u(Frames.U.startdt)),
    stop: () => receive(Frames.u(Frames.U.stopdt)),
    /** What it was told since, when it has acknowledged everything. */
    told: (): readonly string[] => {
      for (let before = -1; before !== heard; ) {
        before = heard
        Drain.dispatch(runner, event("ready"))
        receive(Frames.s(heard & 0x7fff))
      }
      return told.splice(0)
    }
  }
}

it.each([1, 2, 5])("who stopped %i times 2^30 events ago is told what was lost, and no reading twice", (times) => {
  const { station, block, later } = make()
  const at = Image.station(station.world.image, 1) as Image.Station
  const counters = station.addPoints(at, { ioa: 100, type: 15, count: 2, variants: {} }, 0, 0) as Image.PointRef
  const freeze = (slot: number): void => {
    const { told } = station.freeze(Image.only(at), { group: 0, freeze: true, reset: false, tells: "A" }, 0, 0)
    for (const { block, version } of told) station.publishing.appendFrozen(block, version, slot)
  }
  station.counterModes = Numbered.put(station.counterModes, 1, "A")
  const one = client(station)
  one.start()
  freeze(counters.slot)
  expect(one.told()).toEqual(["15 at 100"])
  one.stop()
  station.publishing.append(block, 1, 3, 0, 0)
  station.publishing.appendFrozen(counters.block, counters.block.version, counters.slot + 1)
  for (let i = 0; i < times; i++) later(2 ** 30 + 100)
  for (let n = 0; n < 5000; n++) station.publishing.append(block, 0, 3, 0, 0)
  one.start()
  const told = one.told().filter((what) => what !== "7 at 1")
  expect([...told].sort()).toEqual(["15 at 101", "7 at 2"])
})
