// Batches beyond what c104 has: values with one time stamp, and batches that are larger than windows and logs.
import { describe, expect, it } from "vitest"
import { Batch, Cot, DateTime, type Point, type Station, Type } from "../../../src/api/c104/index.ts"
import type { AsduFields } from "../../../src/core/asdu/Fields.ts"
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
