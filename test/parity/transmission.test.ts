// Parity with c104: what points send, to whom and when.
import { describe, expect } from "vitest"
import {
  Coi,
  CommandMode,
  Cot,
  DateTime,
  Double,
  type Point,
  ResponseState,
  type ServerOptions,
  SingleInfo,
  Type
} from "../../src/api/c104/index.ts"
import { connect, makeServer, startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsB.ts"
import { given } from "./support.ts"
import { answers, brief, said } from "./wire.ts"

/** A server with a point of a type at address 1. */
const withPoint = async (type: Type = Type.M_ME_NB_1, options: ServerOptions = {}) => {
  const { server, station, events } = await startServer(options)
  const point: Point = given(station.addPoint<Type>({ ioAddress: 1, type }))
  return { server, station, events, point }
}

/** Sets a value and sends it as an event. */
const publish = (point: Point, value: number): boolean => {
  point.value = value
  return point.transmit(Cot.SPONTANEOUS)
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe("transmit", () => {
  row(180, async () => {
    const server = makeServer()
    const point: Point = given(given(server.addStation(1)).addPoint<Type>({ ioAddress: 1, type: Type.M_ME_NB_1 }))
    expect(publish(point, 1)).toBe(false)
    await server.start()
    expect(publish(point, 2)).toBe(false)
    const client = await connect(server.port)
    await client.testfr()
    expect([publish(point, 3), client.iFrames]).toEqual([true, 0])
    await client.startdt()
    expect(publish(point, 4)).toBe(true)
    expect((await answers(client)).flatMap(({ objects }) => objects?.map(({ value }) => value))).toEqual([3, 4])
    await server.stop()
    expect(publish(point, 5)).toBe(false)
  })

  row(181, async () => {
    const { server, point, station } = await withPoint()
    const other = given(station.addPoint({ ioAddress: 2, type: Type.M_ME_NB_1 }))
    const clients = [await startClient(server.port), await startClient(server.port)]
    expect(publish(point, 7)).toBe(true)
    const event = { typeId: 11, cot: 3, negative: false, test: false, oa: 0, ca: 1, sq: false }
    for (const client of clients)
      expect(await answers(client)).toMatchObject([{ ...event, count: 1, objects: [{ ioa: 1, value: 7 }] }])
    expect([publish(point, 8), publish(other, 9)]).toEqual([true, true])
    const objects = [
      { ioa: 1, value: 8 },
      { ioa: 2, value: 9 }
    ]
    for (const client of clients) expect(await answers(client)).toMatchObject([{ ...event, count: 2, objects }])
    const single = await withPoint(Type.M_ME_TE_1, { packEvents: false })
    const client = await startClient(single.server.port)
    expect([publish(single.point, 1), publish(single.point, 2)]).toEqual([true, true])
    expect(await answers(client)).toMatchObject([{ count: 1 }, { count: 1 }])
  })

  row(182, async () => {
    const { server, point } = await withPoint(Type.M_SP_NA_1)
    const client = await startClient(server.port, { acknowledge: 1 })
    const legal = [1, 2, 3, 5, 11, 12, ...range(17).map((group) => 20 + group)]
    const taken: number[] = []
    const refused: unknown[] = []
    for (const cause of Object.values(Cot)) {
      const originator = (cause * 37) & 0xff
      try {
        expect(point.transmit(cause, { originator })).toBe(true)
        taken.push(cause)
        expect(await answers(client)).toMatchObject([{ typeId: 1, cot: cause, oa: originator, negative: false }])
      } catch (error) {
        if ((error as { readonly code?: unknown }).code !== "ILLEGAL_CAUSE") throw error
        refused.push(cause)
      }
    }
    expect(taken).toEqual(legal)
    expect(refused).toHaveLength(Object.values(Cot).length - legal.length)
    for (const originator of [0, 255]) {
      point.transmit(Cot.SPONTANEOUS, { originator })
      expect(await answers(client)).toMatchObject([{ oa: originator }])
    }
    for (const originator of [-1, 256, 0.5])
      expect(() => point.transmit(Cot.SPONTANEOUS, { originator })).toThrow("originator")
  })

  row(183, async () => {
    const { server, station } = await startServer({ selectTimeoutMs: 2000 })
    const point = given(
      station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, commandMode: CommandMode.SELECT_AND_EXECUTE })
    )
    point.onReceive(() => ResponseState.NONE)
    const client = await startClient(server.port)
    expect([point.transmit(Cot.ACTIVATION_CON), await said(client)]).toEqual([false, []])
    client.command(Type.C_SC_NA_1, 10, { scs: true, qu: 2, select: true })
    client.command(Type.C_SC_NA_1, 10, { scs: true, qu: 2 })
    expect(await said(client)).toEqual(["45 7+"])
    expect(point.transmit(Cot.ACTIVATION_CON)).toBe(true)
    expect(await answers(client)).toMatchObject([
      { cot: 7, negative: false, objects: [{ ioa: 10, scs: true, qu: 2, select: false }] }
    ])
  })
})

describe("events", () => {
  row(184, async () => {
    const { server, station, point } = await withPoint()
    const tagged: Point = given(station.addPoint<Type>({ ioAddress: 2, type: Type.M_ME_TE_1 }))
    const client = await connect(server.port)
    await client.testfr()
    for (const value of [1, 2, 3]) for (const each of [point, tagged]) expect(publish(each, value)).toBe(true)
    point.transmit(Cot.INTERROGATED_BY_STATION)
    await client.startdt()
    const told = (await answers(client)).flatMap(({ typeId, objects = [] }) =>
      objects.map(({ value }): [number, unknown] => [typeId, value])
    )
    expect(told.filter(([type]) => type === Type.M_ME_NB_1)).toEqual([[Type.M_ME_NB_1, 3]])
    expect(told.filter(([type]) => type === Type.M_ME_TE_1).map(([, value]) => value)).toEqual([1, 2, 3])
    expect(told).toHaveLength(4)
  })

  row(185, async () => {
    const { server, point } = await withPoint(Type.M_ME_TE_1)
    const first = await startClient(server.port)
    expect(publish(point, 1)).toBe(true)
    expect(await said(first)).toEqual(["35 3+"])
    const second = await startClient(server.port)
    expect(await said(second)).toEqual([])
    publish(point, 2)
    expect(await answers(second)).toMatchObject([{ objects: [{ ioa: 1, value: 2 }] }])
  })

  row(186, async () => {
    const { server, events, point } = await withPoint(Type.M_ME_TE_1)
    const first = await startClient(server.port, { acknowledge: "never" })
    expect(publish(point, 1)).toBe(true)
    expect(await said(first)).toEqual(["35 3+"])
    first.close()
    await events.next("closed")
    const second = await startClient(server.port)
    expect(await said(second)).toEqual([])
  })

  row(187, async () => {
    const logRecords = 64
    const window = 12
    const { server, station, events, point } = await withPoint(Type.M_ME_NB_1, {
      packEvents: false,
      limits: { logRecords }
    })
    const rare = given(station.addPoint({ ioAddress: 2, type: Type.M_ME_NB_1 }))
    const client = await startClient(server.port, { acknowledge: "never" })
    for (const value of range(window)) publish(point, value)
    await client.until(() => client.iFrames === window)
    expect(publish(rare, 77)).toBe(true)
    for (const value of range(200)) expect(publish(point, 1000 + value)).toBe(true)
    const told = (): [number, unknown][] =>
      client.asdus().flatMap(({ objects = [] }) => objects.map(({ ioa, value }): [number, unknown] => [ioa, value]))
    const complete = (): boolean => told().length === window + logRecords + 1
    while (!complete()) {
      const before = client.iFrames
      client.acknowledge()
      await client.until(() => client.iFrames > before)
      await client.testfr()
    }
    const newest = range(logRecords).map((index) => [1, 1200 - logRecords + index])
    expect(told().filter(([ioa]) => ioa === 1)).toEqual([...range(window).map((value) => [1, value]), ...newest])
    expect(told().filter(([ioa]) => ioa === 2)).toEqual([[2, 77]])
    const lost = events.of("overflow").reduce((sum, { lost }) => sum + lost, 0)
    expect([lost, server.connections.map(({ counters }) => counters.lostEvents)]).toEqual([201 - logRecords, [lost]])
  })

  row(188, async () => {
    const window = 12
    const { server, station, point } = await withPoint(Type.M_ME_NB_1, { packEvents: false })
    station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })
    const client = await startClient(server.port, { acknowledge: "never" })
    for (const value of range(40)) publish(point, value)
    await client.until(() => client.iFrames === window)
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    await client.testfr()
    client.acknowledge()
    await client.until(() => client.iFrames === 2 * window)
    expect(
      client
        .asdus()
        .slice(window, window + 3)
        .map(brief)
    ).toEqual(["45 7+", "45 10+", "11 3+"])
  })
})

describe("time tags", () => {
  row(192, async () => {
    const { server, station } = await withPoint()
    const client = await startClient(server.port)
    const instants = [
      [1, "2024-02-29T23:59:59.999Z", { ms: 59_999, min: 59, hour: 23, dom: 29, month: 2, year: 24 }],
      [2, "2000-01-01T00:00:00.000Z", { ms: 0, min: 0, hour: 0, dom: 1, month: 1, year: 0 }],
      [3, "2026-07-15T12:00:00.001Z", { ms: 1, min: 0, hour: 12, dom: 15, month: 7, year: 26 }]
    ] as const
    for (const [index, instant, fields] of instants) {
      const point = given(station.addPoint({ ioAddress: 100 + index, type: Type.M_SP_TB_1 }))
      const recordedAt = new DateTime({ epochMs: Date.parse(instant) })
      point.info = new SingleInfo({ on: true, recordedAt })
      point.transmit(Cot.SPONTANEOUS)
      const time = { ...fields, fmt: "CP56Time2a", gen: false, iv: false, su: false, dow: 0 }
      expect(await answers(client)).toMatchObject([{ typeId: 30, objects: [{ spi: true, time }] }])
    }
    const fresh = given(station.addPoint({ ioAddress: 200, type: Type.M_DP_TB_1 }))
    const beforeMs = Date.now()
    fresh.value = Double.ON
    fresh.transmit(Cot.SPONTANEOUS)
    const afterMs = Date.now()
    const [asdu] = await answers(client)
    const time = asdu?.objects?.[0]?.time as Record<string, number>
    const taggedMs = Date.UTC(
      2000 + Number(time.year),
      Number(time.month) - 1,
      Number(time.dom),
      Number(time.hour),
      Number(time.min),
      0,
      Number(time.ms)
    )
    expect(taggedMs).toBeGreaterThanOrEqual(beforeMs)
    expect(taggedMs).toBeLessThanOrEqual(afterMs)
  })
})

describe("end of initialisation", () => {
  row(193, async () => {
    const window = 12
    const { server, station, point } = await withPoint(Type.M_ME_NB_1, { packEvents: false })
    const [active, full] = [await startClient(server.port), await startClient(server.port, { acknowledge: "never" })]
    const muted = await connect(server.port)
    await muted.testfr()
    station.signalInitialized(Coi.REMOTE_RESET)
    const told = { typeId: 70, cot: 4, negative: false, oa: 0, ca: 1, objects: [{ ioa: 0, coi: Coi.REMOTE_RESET }] }
    expect(await answers(active)).toMatchObject([told])
    expect(await answers(full)).toMatchObject([told])
    expect(await said(muted)).toEqual([])
    await muted.startdt()
    expect(await answers(muted)).toMatchObject([told])
    full.acknowledge()
    for (const value of range(30)) publish(point, value)
    await full.until(() => full.iFrames === 1 + window)
    station.signalInitialized(Coi.LOCAL_POWER_ON)
    full.acknowledge()
    await full.until(() => full.iFrames === 1 + 2 * window)
    expect(full.asdus()[1 + window]).toMatchObject({ typeId: 70, objects: [{ coi: Coi.LOCAL_POWER_ON }] })
    expect(await said(await startClient(server.port))).toEqual([])
  })

  row(194, async () => {
    const server = makeServer()
    const station = given(server.addStation(1))
    station.signalInitialized(Coi.LOCAL_POWER_ON)
    await server.start()
    const client = await startClient(server.port)
    expect(await said(client)).toEqual([])
    station.signalInitialized(Coi.LOCAL_MANUAL_RESET)
    expect(await answers(client)).toMatchObject([{ typeId: 70, objects: [{ coi: Coi.LOCAL_MANUAL_RESET }] }])
  })
})
