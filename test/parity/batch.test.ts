// Parity with c104: batches.
import { describe, expect } from "vitest"
import { Batch, Cot, type Point, Type } from "../../src/api/c104/index.ts"
import { startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsB.ts"
import { given } from "./support.ts"
import { answers, said } from "./wire.ts"

/** A server with points at some addresses, worth their addresses, and a started client. */
const withPoints = async (addresses: readonly number[], type: Type = Type.M_ME_NB_1) => {
  const { server, station } = await startServer()
  const points = addresses.map((ioAddress): Point => {
    const point: Point = given(station.addPoint<Type>({ ioAddress, type }))
    point.value = ioAddress
    return point
  })
  return { server, station, points, client: await startClient(server.port) }
}

const addressesOf = (points: readonly Point[]): number[] => points.map(({ ioAddress }) => ioAddress)

describe("a batch", () => {
  row(195, async () => {
    const { server, station, points } = await withPoints([1, 2])
    const batch = new Batch({ cause: Cot.SPONTANEOUS, points })
    const other = given(server.addStation(2))
    const unfit: readonly (Point | null)[] = [
      given(points[0]),
      station.addPoint<Type>({ ioAddress: 3, type: Type.M_ME_NC_1 }),
      station.addPoint<Type>({ ioAddress: 4, type: Type.C_SC_NA_1 }),
      other.addPoint<Type>({ ioAddress: 5, type: Type.M_ME_NB_1 })
    ]
    const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" })
    for (const point of unfit) expect(() => batch.addPoint(given(point))).toThrow(refused)
    expect(() => new Batch({ points: [given(unfit[2])] })).toThrow(refused)
    expect([addressesOf(batch.points), batch.type, batch.commonAddress, batch.cot]).toEqual([
      [1, 2],
      Type.M_ME_NB_1,
      1,
      Cot.SPONTANEOUS
    ])
  })

  row(196, async () => {
    const { server, client } = await withPoints([1])
    const batch = new Batch({ cause: Cot.SPONTANEOUS })
    expect([server.transmitBatch(batch), await said(client)]).toEqual([false, []])
    expect([batch.hasPoints, batch.numberOfObjects, batch.type, batch.commonAddress]).toEqual([
      false,
      0,
      Type.C_TS_TA_1,
      0
    ])
  })

  row(197, async () => {
    const { server, client, points } = await withPoints([9, 7, 8, 20])
    const [nine, seven, eight, twenty] = points as [Point, Point, Point, Point]
    expect(new Batch({}).isSequence).toBe(true)
    const batch = new Batch({ cause: Cot.SPONTANEOUS, points: [nine] })
    expect(batch.isSequence).toBe(true)
    batch.addPoint(seven)
    expect(batch.isSequence).toBe(false)
    batch.addPoint(eight)
    expect([batch.isSequence, addressesOf(batch.points), batch.numberOfObjects]).toEqual([true, [7, 8, 9], 3])
    batch.addPoint(twenty)
    expect([batch.isSequence, batch.isTest, batch.isNegative]).toEqual([false, false, false])
    expect(server.transmitBatch(batch)).toBe(true)
    const [asdu, ...more] = await answers(client)
    expect(asdu).toMatchObject({ typeId: 11, cot: 3, negative: false, test: false, oa: 0, ca: 1 })
    expect(asdu?.objects?.map(({ ioa, value }) => [ioa, value])).toEqual([7, 8, 9, 20].map((ioa) => [ioa, ioa]))
    expect(more).toEqual([])
  })

  row(198, async () => {
    const { server, client, points } = await withPoints([1, 2])
    const batch = new Batch({ cause: Cot.SPONTANEOUS, points })
    batch.originatorAddress = 255
    expect([server.transmitBatch(batch), batch.originatorAddress]).toEqual([true, 255])
    expect(await answers(client)).toMatchObject([{ typeId: 11, oa: 255, objects: [{ ioa: 1 }, { ioa: 2 }] }])
    for (const wrong of [256, -1, 1.5])
      expect(() => {
        batch.originatorAddress = wrong
      }).toThrow("originatorAddress")
    expect(batch.originatorAddress).toBe(255)
  })

  row(199, async () => {
    const { server, station, client, points } = await withPoints([1, 2, 3])
    const batch = new Batch({ cause: Cot.SPONTANEOUS, points })
    station.removePoint(2)
    expect([addressesOf(batch.points), server.transmitBatch(batch)]).toEqual([[1, 3], true])
    expect(await answers(client)).toMatchObject([{ objects: [{ ioa: 1 }, { ioa: 3 }] }])
    server.removeStation(1)
    expect([batch.points, server.transmitBatch(batch), await said(client)]).toEqual([[], false, []])
  })

  row(200, async () => {
    const { server, client, points } = await withPoints([1, 2])
    const calls: string[] = []
    for (const point of points) {
      point.onBeforeRead((which) => {
        calls.push(`read ${which.ioAddress}`)
        which.value = 100 + which.ioAddress
      })
      point.onBeforeAutoTransmit((which) => {
        calls.push(`auto ${which.ioAddress}`)
        which.value = 200 + which.ioAddress
      })
    }
    for (const [cause, name, value] of [
      [Cot.PERIODIC, "auto", 200],
      [Cot.SPONTANEOUS, "read", 100],
      [Cot.BACKGROUND_SCAN, "read", 100]
    ] as const) {
      expect(server.transmitBatch(new Batch({ cause, points }))).toBe(true)
      expect(calls.splice(0)).toEqual([`${name} 1`, `${name} 2`])
      const objects = [1, 2].map((ioa) => ({ ioa, value: value + ioa }))
      expect(await answers(client)).toMatchObject([{ typeId: 11, cot: cause, objects }])
    }
  })

  row(201, async () => {
    const addresses = Array.from({ length: 1000 }, (_, index) => 1 + 2 * index)
    const { server, client, points } = await withPoints(addresses, Type.M_ME_TF_1)
    expect(server.transmitBatch(new Batch({ cause: Cot.SPONTANEOUS, points }))).toBe(true)
    await client.until(() => client.asdus().flatMap(({ objects }) => objects ?? []).length >= 1000)
    const asdus = await answers(client)
    expect(asdus.flatMap(({ objects }) => objects?.map(({ ioa }) => ioa))).toEqual(addresses)
    expect(asdus.length).toBe(Math.ceil(1000 / 16))
  })
})
