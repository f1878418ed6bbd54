// A log goes on for as long as a server runs, and the image keeps 32 bits of each position: whatever has happened since, no event of
// another point is taken for a point's own.
import { expect, it } from "vitest"
import * as Image from "../../../src/core/image/Image.ts"
import * as Limits from "../../../src/core/Limits.ts"
import * as Parameters from "../../../src/core/link/Parameters.ts"
import * as EventLog from "../../../src/core/log/EventLog.ts"
import * as Profile from "../../../src/core/Profile.ts"
import { Station } from "../../../src/core/station/Station.ts"

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
  expect(EventLog.lastOf(block, 1, log.end)).toBe(0)
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
