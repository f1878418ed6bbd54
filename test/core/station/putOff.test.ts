// Events that a rate has put off belong to their points: those of a point or a station that goes are forgotten.
import { expect, it } from "vitest"
import * as Image from "../../../src/core/image/Image.ts"
import * as Limits from "../../../src/core/Limits.ts"
import * as Parameters from "../../../src/core/link/Parameters.ts"
import * as Profile from "../../../src/core/Profile.ts"
import { Station } from "../../../src/core/station/Station.ts"

const DUE_MS = 1000

/** A server with three points at each of two stations, of all of which an event is put off. */
const given = () => {
  const server = new Station({
    link: Parameters.defaults,
    profile: Profile.iec,
    limits: Limits.defaults,
    packEvents: false,
    selectMs: 10_000,
    commandAgeMs: 0,
    files: false,
    clockByClients: false,
    clockValidMs: 0
  })
  const blocks = [1, 2].map((ca) => {
    server.addStation(ca, Image.utc())
    const at = Image.station(server.world.image, ca) as Image.Station
    const { block } = server.addPoints(at, { ioa: 1, type: 13, count: 3, variants: {} }, 0, 0) as Image.PointRef
    for (let slot = 0; slot < 3; slot++) {
      server.publishing.setMinInterval(block, slot, DUE_MS)
      for (const value of [1, 2]) {
        Image.setValue(block, slot, value)
        server.publishing.report(block, slot, server.publishing.mayReportMs(block, slot), 0)
      }
    }
    return block
  })
  const putOff = (): readonly string[] =>
    server.publishing.dueDelayed(DUE_MS).map(({ block, slot }) => `${block.of.ca}/${block.ioa[slot]}`)
  return { server, blocks, putOff }
}

it("of a station that is removed are forgotten, those of others are not", () => {
  const { server, putOff } = given()
  expect(putOff()).toEqual(["1/1", "1/2", "1/3", "2/1", "2/2", "2/3"])
  server.removeStation(1)
  expect(putOff()).toEqual(["2/1", "2/2", "2/3"])
  server.addStation(1, Image.utc())
  server.removeStation(2)
  expect(putOff()).toEqual([])
})

it("of a point that is removed are forgotten, those of its neighbours are not", () => {
  const { server, blocks, putOff } = given()
  for (const block of blocks) server.removePoint(block, 1)
  expect(putOff()).toEqual(["1/1", "1/3", "2/1", "2/3"])
})
