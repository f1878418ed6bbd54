// Batches beyond what c104 has: values with one time stamp, and batches that are larger than windows and logs.
import { describe, expect, it } from "vitest"
import { Batch, Cot, DateTime, type Point, type Station, Type } from "../../../src/api/c104/index.ts"
import type { AsduFields } from "../../../src/core/wire/Fields.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { startClient, startServer } from "../../support/Stage.ts"

const SOME_MS = Date.UTC(2026, 10, 22, 12)

const pointsOf = (station: Station, count: number): Point[] =>
  Array.from({ length: count }, (_, i) => station.addPoint<Type>({ ioAddress: i + 1, type: Type.M_ME_TF_1 }) as Point)

const isEvent = ({ typeId, cot }: AsduFields): boolean => typeId === Type.M_ME_TF_1 && cot === Cot.SPONTANEOUS

describe("a batch that is larger than the log", () => {
  it.each([
    [1100, 1024, true],
    [70, 64, false]
  ])("of %i points for a log of %i loses nothing while its client listens", async (count, logRecords, packEvents) => {
    const { server, station } = await startServer({ packEvents, limits: { logRecords } })
    const points = pointsOf(station, count)
    const client = await startClient(server.port)
    const batch = new Batch({ points })
    batch.setValues(points.map((_, i) => i))
    expect(server.transmitBatch(batch)).toBe(true)
    const heard = (): number =>
      client
        .asdus()
        .filter(isEvent)
        .reduce((sum, { objects }) => sum + (objects as readonly unknown[]).length, 0)
    await expect.poll(heard, { timeout: 5000 }).toBe(count)
    expect(server.metrics.lostEvents).toBe(0)
  })
})

describe("a batch of points of one type that are sent as different ones", () => {
  /** Points at 1 to `count`; those at even addresses have events with a time tag. */
  const mixed = (station: Station, count: number): Point[] =>
    Array.from({ length: count }, (_, i) => {
      const eventType = i % 2 === 0 ? Type.M_ME_NC_1 : Type.M_ME_TF_1
      return station.addPoint<Type>({ ioAddress: i + 1, type: Type.M_ME_NC_1, eventType }) as Point
    })

  const heard = (client: RawClient, cot: number) =>
    client.asdus({ cot }).flatMap(({ typeId, objects }) => objects?.map(({ ioa, value }) => [typeId, ioa, value]))

  it("sets and sends each of them once, with its own value, and nobody else", async () => {
    const { server, station } = await startServer()
    const points = mixed(station, 6)
    const client = await startClient(server.port)
    const batch = new Batch({ points: [6, 1, 4, 3].map((address) => points[address - 1] as Point) })
    batch.setValues([10, 30, 40, 60])
    expect(points.map(({ value }) => value)).toEqual([10, 0, 30, 40, 0, 60])
    expect(server.transmitBatch(batch)).toBe(true)
    await expect.poll(() => heard(client, Cot.SPONTANEOUS).length).toBeGreaterThan(3)
    expect(await client.answers()).toBe(true)
    expect(heard(client, Cot.SPONTANEOUS)).toEqual([
      [13, 1, 10],
      [13, 3, 30],
      [36, 4, 40],
      [36, 6, 60]
    ])
    // Whoever is added later gets a place that no value waits for.
    const later = [7, 8].map((ioAddress) => station.addPoint({ ioAddress, type: Type.M_ME_NC_1 }))
    expect(later.map((point) => point?.value)).toEqual([0, 0])
  })

  it("sends cyclic values of each of them once", async () => {
    const { server, station } = await startServer({ profile: "c104" })
    const points = mixed(station, 5)
    const client = await startClient(server.port)
    const batch = new Batch({ points: [points[0] as Point, points[3] as Point], cause: Cot.PERIODIC })
    batch.setValues([1, 4])
    expect(server.transmitBatch(batch)).toBe(true)
    await expect.poll(() => heard(client, Cot.PERIODIC).length).toBeGreaterThan(1)
    expect(await client.answers()).toBe(true)
    expect(heard(client, Cot.PERIODIC)).toEqual([
      [13, 1, 1],
      [13, 4, 4]
    ])
  })

  it("shares an ASDU where only their answers differ", async () => {
    const { server, station } = await startServer()
    const type = Type.M_ME_TF_1
    const points = [type, Type.M_ME_NC_1, type].map(
      (interrogationType, i) => station.addPoint<Type>({ ioAddress: i + 1, type, interrogationType }) as Point
    )
    const client = await startClient(server.port)
    const batch = new Batch({ points })
    batch.setValues([1, 2, 3], new Date(SOME_MS))
    expect(points.map(({ value, recordedAt }) => [value, recordedAt?.epochMs])).toEqual([
      [1, SOME_MS],
      [2, SOME_MS],
      [3, SOME_MS]
    ])
    expect(server.transmitBatch(batch)).toBe(true)
    const { objects } = await client.next({ typeId: 36, cot: Cot.SPONTANEOUS })
    expect(objects?.map(({ ioa, value }) => [ioa, value]).sort()).toEqual([
      [1, 1],
      [2, 2],
      [3, 3]
    ])
  })

  it("sets none of them when one value is unfit, and nothing of those that were removed", async () => {
    const { server, station } = await startServer()
    const points = mixed(station, 4)
    const batch = new Batch({ points })
    batch.setValues([1, 2, 3, 4])
    expect(() => batch.setValues([5, 6, 7, 1e300])).toThrow(expect.objectContaining({ code: "INVALID_VALUE" }))
    expect(() => batch.setValues([5, 6, 7, 8], new Date(Number.NaN))).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" })
    )
    expect(points.map(({ value }) => value)).toEqual([1, 2, 3, 4])
    const client = await startClient(server.port)
    station.removePoint(2)
    const again = station.addPoint({ ioAddress: 2, type: Type.M_ME_NC_1, eventType: Type.M_ME_TF_1 })
    expect(() => batch.setValues([5, 6, 7, 8])).toThrow(expect.objectContaining({ code: "DETACHED" }))
    expect(server.transmitBatch(batch)).toBe(true)
    await expect.poll(() => heard(client, Cot.SPONTANEOUS).length).toBeGreaterThan(2)
    expect(await client.answers()).toBe(true)
    expect(heard(client, Cot.SPONTANEOUS)).toEqual([
      [13, 1, 1],
      [13, 3, 3],
      [36, 4, 4]
    ])
    expect(again?.value).toBe(0)
  })

  it("sends nothing of one that is removed while those before it are sent", async () => {
    const { server, station } = await startServer()
    server.protocolParameters.sendWindowSize = 1
    server.protocolParameters.receiveWindowSize = 1
    const points = mixed(station, 2)
    const other = station.addPoint({ ioAddress: 9, type: Type.M_SP_NA_1 }) as Point
    const client = await startClient(server.port)
    server.onSendRaw((_, apdu) => {
      if (apdu[6] !== Type.M_SP_NA_1) return
      station.removePoint(2)
      station.addPoint({ ioAddress: 3, type: Type.M_ME_NC_1, eventType: Type.M_ME_TF_1 })
    })
    const batch = new Batch({ points })
    batch.setValues([1, 2])
    other.transmit(Cot.SPONTANEOUS)
    expect(server.transmitBatch(batch)).toBe(true)
    await client.next({ typeId: Type.M_ME_NC_1 })
    expect(await client.answers()).toBe(true)
    expect(heard(client, Cot.SPONTANEOUS)).toEqual([
      [1, 9, undefined],
      [13, 1, 1]
    ])
  })
})

describe("a batch whose first point was removed", () => {
  const add = (station: Station, ioAddress: number): Point =>
    station.addPoint<Type>({ ioAddress, type: Type.M_ME_NC_1 }) as Point

  it("takes more points of its station, also the one that is added again", async () => {
    const { server, station } = await startServer()
    const batch = new Batch({ points: [add(station, 1), add(station, 2)] })
    station.removePoint(1)
    expect([batch.commonAddress, batch.server, batch.type]).toEqual([1, server, Type.M_ME_NC_1])
    batch.addPoint(add(station, 3))
    expect(() => batch.setValues([1, 2, 3])).toThrow(expect.objectContaining({ code: "DETACHED" }))
    const again = add(station, 1)
    expect(batch.points).not.toContain(again)
    batch.addPoint(again)
    const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" })
    for (const unfit of [again, add(server.addStation(2) as Station, 4)])
      expect(() => batch.addPoint(unfit)).toThrow(refused)
    expect([batch.numberOfObjects, batch.points.map(({ ioAddress }) => ioAddress)]).toEqual([3, [1, 2, 3]])
    const client = await startClient(server.port)
    batch.setValues([10, 20, 30])
    expect(server.transmitBatch(batch)).toBe(true)
    const { objects } = await client.next({ typeId: Type.M_ME_NC_1 })
    expect(objects?.map(({ ioa, value }) => [ioa, value])).toEqual([
      [1, 10],
      [2, 20],
      [3, 30]
    ])
  })

  it("takes the points of the station that has its address when its own was removed", async () => {
    const { server, station } = await startServer()
    const batch = new Batch({ points: [add(station, 1)] })
    server.removeStation(1)
    expect([batch.commonAddress, batch.server, server.transmitBatch(batch)]).toEqual([1, null, false])
    const other = await startServer()
    const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" })
    expect(() => batch.addPoint(add(other.station, 2))).toThrow(refused)
    batch.addPoint(add(server.addStation(1) as Station, 2))
    const client = await startClient(server.port)
    expect([batch.server, server.transmitBatch(batch)]).toEqual([server, true])
    expect(await client.next({ typeId: Type.M_ME_NC_1 })).toMatchObject({ objects: [{ ioa: 2 }] })
  })
})

describe("values of a batch", () => {
  it("are refused, all of them, with a time that names no instant", async () => {
    const { station } = await startServer()
    const points = pointsOf(station, 3)
    const batch = new Batch({ points })
    batch.setValues([1, 2, 3], new Date(SOME_MS))
    const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" })
    for (const impossible of [new DateTime({ epochMs: Number.NaN }), new Date(Number.NaN)])
      expect(() => batch.setValues([7, 8, 9], impossible)).toThrow(refused)
    expect(points.map(({ value, recordedAt }) => [value, recordedAt?.epochMs])).toEqual([
      [1, SOME_MS],
      [2, SOME_MS],
      [3, SOME_MS]
    ])
  })

  it("are refused, all of them, when one of them is unfit", async () => {
    const { station } = await startServer()
    const points = pointsOf(station, 2)
    const batch = new Batch({ points })
    batch.setValues([1, 2])
    expect(() => batch.setValues([3, 1e300])).toThrow(expect.objectContaining({ code: "INVALID_VALUE" }))
    expect(() => batch.setValues([3, true as never])).toThrow(expect.objectContaining({ code: "INVALID_VALUE" }))
    expect(points.map(({ value }) => value)).toEqual([1, 2])
    batch.setValues([3, Number.NaN])
    expect(points.map(({ value, quality }) => [value, Number(quality?.value)])).toEqual([
      [3, 0],
      [2, 0x80]
    ])
  })
})

it("a time of old, which no tag can say, is the first that one can and invalid, whatever the zone was then", async () => {
  const { server } = await startServer()
  const station = server.addStation(2, { timeZone: "Africa/Monrovia" }) as Station
  const points = pointsOf(station, 1)
  // Local time was 44 minutes and 30 seconds behind.
  const at = Date.UTC(1971, 5, 1, 10, 0, 40)
  new Batch({ points }).setValues([1], new Date(at))
  expect(points[0]?.recordedAt?.toString()).toBe("2000-01-01T00:00:00.000Z IV")
})

it("of another server is sent by that one only", async () => {
  const [own, other] = [await startServer(), await startServer()]
  const [client, stranger] = [await startClient(own.server.port), await startClient(other.server.port)]
  const batch = new Batch({ points: pointsOf(own.station, 2) })
  expect([other.server.transmitBatch(batch), own.server.transmitBatch(batch)]).toEqual([false, true])
  await client.testfr()
  await stranger.testfr()
  expect([client.asdus().length, stranger.asdus().length]).toEqual([1, 0])
})

describe("events that are made in one go", () => {
  const POINTS = 150

  it.each([
    ["one by one", false, 0],
    ["as a batch", true, 0],
    ["as a batch behind others", true, 40]
  ])("%s are not lost to a client that can take them, although the log holds fewer", async (_, batched, before) => {
    const { server, station, events } = await startServer({ limits: { logRecords: 64 }, logLevel: "none" })
    const points = Array.from({ length: POINTS }, (_, at) =>
      station.addPoint({ ioAddress: at + 1, type: Type.M_SP_TB_1 })
    ).filter((point) => point !== null)
    const client = await startClient(server.port, { acknowledge: "never" })
    for (const point of points.slice(0, before)) point.transmit(Cot.SPONTANEOUS)
    if (batched) server.transmitBatch(new Batch({ points }))
    else for (const point of points) point.transmit(Cot.SPONTANEOUS)
    await client.testfr()
    const told = client.asdus({ typeId: Type.M_SP_TB_1 }).flatMap(({ objects = [] }) => objects.map(({ ioa }) => ioa))
    const all = points.map((_, at) => at + 1)
    expect(told).toEqual([...all.slice(0, before), ...all])
    expect(events.of("overflow")).toEqual([])
  })
})
