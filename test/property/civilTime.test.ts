// Civil time and instants, in every time zone that the runtime knows and over twenty years: what a time tag says is what
// the clocks there showed, and it names the instant that it was made of, also in hours that are there twice (rule T 2).
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Batch, type DateTime, ResponseState, type Station, Type } from "../../src/api/c104/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { makeServer, startClient } from "../support/Stage.ts"

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const FROM_MS = Date.UTC(2010, 0, 1)
const TO_MS = Date.UTC(2030, 0, 1)

/** Fields of a time tag that say what a clock showed. */
interface Shown {
  readonly year: number
  readonly month: number
  readonly dom: number
  readonly hour: number
  readonly min: number
  readonly ms: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** What local time is ahead of UTC, asked of the runtime anew each time. */
function ahead(zone: string, epochMs: number): number {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" })
    formats.set(zone, format)
  }
  const [, sign = "+", hours = "0", minutes = "0", seconds = "0"] =
    /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(format.format(epochMs)) ?? []
  return (sign === "-" ? -1000 : 1000) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds))
}

/** What a clock of a zone shows. */
function shownAt(zone: string, epochMs: number): Shown {
  const local = new Date(epochMs + ahead(zone, epochMs))
  return fieldsOf(local.getTime())
}

function fieldsOf(localMs: number): Shown {
  const local = new Date(localMs)
  return {
    year: local.getUTCFullYear() - 2000,
    month: local.getUTCMonth() + 1,
    dom: local.getUTCDate(),
    hour: local.getUTCHours(),
    min: local.getUTCMinutes(),
    ms: local.getUTCSeconds() * 1000 + local.getUTCMilliseconds()
  }
}

/** When a zone's offset changed in a span, to the second: looked for once a week. */
function lookForChanges(zone: string): readonly number[] {
  const found: number[] = []
  let before = ahead(zone, FROM_MS)
  for (let at = FROM_MS; at < TO_MS; at += 7 * DAY_MS) {
    const after = ahead(zone, at + 7 * DAY_MS)
    if (after === before) continue
    let [low, high] = [at / 1000, at / 1000 + 7 * 86_400]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (ahead(zone, middle * 1000) === before) low = middle
      else high = middle
    }
    found.push(high * 1000)
    before = after
  }
  return found
}

const known = new Map<string, readonly number[]>()

function changes(zone: string): readonly number[] {
  const found = known.get(zone) ?? lookForChanges(zone)
  known.set(zone, found)
  return found
}

const zones = Intl.supportedValuesOf("timeZone")

/** A server with a station in each of the zones, whose clock is set by clients, and what it was set to. */
const stage = async () => {
  const server = makeServer()
  const stations: Station[] = []
  for (const [index, timeZone] of zones.entries()) {
    const station = server.addStation(index + 1, { timeZone })
    if (station === null) throw new Error("a new server has no stations")
    station.addPoint({ ioAddress: 1, type: Type.M_SP_TB_1 })
    stations.push(station)
  }
  const set: number[] = []
  server.onClockSync((_server, _ip, time: DateTime) => {
    set.push(time.epochMs)
    return ResponseState.SUCCESS
  })
  await server.start()
  return { server, stations, set, client: await startClient(server.port) }
}

/** Sends a clock synchronisation; whether it was confirmed positively. */
async function synchronise(client: RawClient, ca: number, time: object): Promise<boolean> {
  client.send(client.i({ typeId: Type.C_CS_NA_1, cot: 6, ca, objects: [{ ioa: 0, time: tagOf(time) }] }))
  return (await client.next({ typeId: Type.C_CS_NA_1, ca })).negative === false
}

const tagOf = (time: object): object => ({
  fmt: "CP56Time2a",
  gen: false,
  iv: false,
  su: false,
  dow: 0,
  ...time
})

/** Makes an event at an instant and gives its time tag. */
async function eventAt(client: RawClient, station: Station, epochMs: number): Promise<Shown & { su: boolean }> {
  const point = station.getPoint(1)
  if (point === null) throw new Error("the station has a point")
  new Batch({ points: [point] }).setValues([true], new Date(epochMs))
  point.transmit(3)
  const { objects = [] } = await client.next({ typeId: Type.M_SP_TB_1, ca: station.commonAddress })
  return (objects[0] as unknown as { readonly time: Shown & { su: boolean } }).time
}

describe("civil time", () => {
  it("of an event names its instant and no other, in every zone", { timeout: 60_000 }, async () => {
    const { stations, set, client } = await stage()
    for (const [index, zone] of zones.entries()) {
      const station = stations[index] as Station
      const turning = changes(zone)
      const near = fc
        .tuple(fc.constantFrom(...(turning.length === 0 ? [FROM_MS] : turning)), fc.integer({ min: -5400, max: 5400 }))
        .map(([at, seconds]) => at + seconds * 1000)
      const anywhere = fc.integer({ min: FROM_MS / 1000, max: TO_MS / 1000 }).map((seconds) => seconds * 1000)
      const instants = fc.sample(fc.oneof({ weight: 3, arbitrary: near }, { weight: 1, arbitrary: anywhere }), {
        numRuns: 3,
        seed: index
      })
      for (const instant of instants) {
        const time = await eventAt(client, station, instant)
        const told = `${zone} ${new Date(instant).toISOString()}`
        expect([told, time]).toMatchObject([told, { ...shownAt(zone, instant), iv: false }])
        expect([told, await synchronise(client, index + 1, time)]).toEqual([told, true])
        expect([told, set.at(-1)]).toEqual([told, instant])
      }
    }
  })

  it("with SU = 1 in winter is an hour wrong where there is summer time, and else its instant", async () => {
    const { stations, set, client } = await stage()
    expect(stations).toHaveLength(zones.length)
    const winters = [Date.UTC(2024, 0, 15, 12), Date.UTC(2024, 6, 15, 12)]
    let [refused, taken] = [0, 0]
    for (const [index, zone] of zones.entries()) {
      const offsets = winters.map((at) => ahead(zone, at))
      const winter = winters.find((_, i) => offsets[i] === Math.min(...offsets)) as number
      const hasSummer = offsets[0] !== offsets[1]
      // A zone that changed its time for good in that year is another case.
      if (hasSummer !== changes(zone).some((at) => new Date(at).getUTCFullYear() === 2024)) continue
      const told = [zone, await synchronise(client, index + 1, { ...shownAt(zone, winter), su: true })]
      expect(told).toEqual([zone, !hasSummer])
      if (hasSummer) refused++
      else {
        taken++
        expect([zone, set.at(-1)]).toEqual([zone, winter])
      }
      // The same with SU = 0 is right in winter, and in summer it is what many clients say.
      for (const at of winters) {
        expect([zone, await synchronise(client, index + 1, { ...shownAt(zone, at), su: false })]).toEqual([zone, true])
        expect([zone, set.at(-1)]).toEqual([zone, at])
      }
    }
    expect([refused > 50, taken > 50]).toEqual([true, true])
  })

  it("that no clock of the zone showed is refused", { timeout: 60_000 }, async () => {
    const { set, client } = await stage()
    let gaps = 0
    for (const [index, zone] of zones.entries()) {
      for (const at of changes(zone).slice(-2 - (index % 5))) {
        const [before, after] = [ahead(zone, at - 1000), ahead(zone, at)]
        if (after <= before) continue
        gaps++
        if (gaps % 2 === 0) continue
        const skipped = fieldsOf(at + (before + after) / 2)
        const told = `${zone} ${new Date(at).toISOString()}`
        for (const su of [false, true])
          expect([told, await synchronise(client, index + 1, { ...skipped, su })]).toEqual([told, false])
      }
    }
    expect(gaps).toBeGreaterThan(50)
    expect(set).toEqual([])
  })
})
