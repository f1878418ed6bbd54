// Stations and points of the `Server` class: adding, removing, values of the right kind, quality, and transmission.
import { describe, expect, it } from "vitest"
import { Coi, Cot, Double, Type } from "../../../src/api/c104/index.ts"
import { connect, makeServer, startClient, startServer, turn } from "../../support/Stage.ts"

describe("addStation and addPoint", () => {
  it.each([0, -1, 65_535, 65_536, 1.5, Number.NaN])("refuses the common address %d", (address) => {
    expect(() => makeServer().addStation(address)).toThrow(
      `common address must be a whole number from 1 to 65534, not ${address}`
    )
  })

  it.each([0, -1, 16_777_216, 1.5])("refuses the object address %d", (ioAddress) => {
    const station = makeServer().addStation(1)
    const add = () => station?.addPoint({ ioAddress, type: Type.M_SP_NA_1 })
    expect(add).toThrow(`information object address must be a whole number from 1 to 16777215, not ${ioAddress}`)
    expect(add).toThrow(expect.objectContaining({ code: "INVALID_ADDRESS" }))
    expect(station?.hasPoints).toBe(false)
  })

  it("gives null for an address that is in use, whatever the type", () => {
    const server = makeServer()
    const station = server.addStation(1)
    expect(server.addStation(1)).toBeNull()
    expect(station?.addPoint({ ioAddress: 9, type: Type.M_SP_NA_1 })).not.toBeNull()
    expect(station?.addPoint({ ioAddress: 9, type: Type.M_ME_NC_1 })).toBeNull()
    expect(station?.points.map(({ type }) => type)).toEqual([Type.M_SP_NA_1])
    expect(server.addStation(2)?.addPoint({ ioAddress: 9, type: Type.M_SP_NA_1 })).not.toBeNull()
  })

  it.each([
    [{ type: Type.C_IC_NA_1 }, /type: a monitoring or command type/],
    [{ type: Type.M_SP_NA_1, reportMs: 150 }, /reportMs: 0 or a multiple of the tick rate of 100 ms/],
    [{ type: Type.C_SC_NA_1, reportMs: 100 }, /reportMs: a type that is transmitted cyclically/],
    [{ type: Type.C_SC_NA_1, relatedIoAddress: 0 }, /relatedIoAddress must be a whole number from 1 to 16777215/],
    [{ type: Type.C_SC_NA_1, relatedIoAutoreturn: true }, /relatedIoAutoreturn: a relatedIoAddress/],
    [{ type: Type.M_SP_NA_1, relatedIoAddress: 5, relatedIoAutoreturn: true }, /relatedIoAutoreturn/]
  ])("refuses %j and leaves no point behind", (options, message) => {
    const station = makeServer().addStation(1)
    expect(() => station?.addPoint({ ioAddress: 3, ...options })).toThrow(message)
    expect([station?.hasPoints, station?.getPoint(3)]).toEqual([false, null])
    expect(station?.addPoint({ ioAddress: 3, type: Type.M_SP_NA_1 })).not.toBeNull()
  })

  it("finds what was added, in its order", () => {
    const server = makeServer()
    const [second, first] = [server.addStation(2), server.addStation(1)]
    expect([server.hasStations, server.stations]).toEqual([true, [second, first]])
    expect([server.getStation(2), server.getStation(3)]).toEqual([second, null])
    const point = second?.addPoint({ ioAddress: 4, type: Type.M_DP_NA_1 })
    expect([second?.getPoint(4), second?.getPoint(5)]).toEqual([point, null])
    expect([point?.station, point?.value, String(point)]).toEqual([second, Double.OFF, "Point 4 (type 3) = 1"])
    expect([second?.server, second?.isLocal, String(second)]).toEqual([server, true, "Station 2 (1 points)"])
  })
})

describe("removing", () => {
  it("takes points and stations away from clients that are connected", async () => {
    const { server, station } = await startServer()
    const one = station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })
    station.addPoint({ ioAddress: 2, type: Type.M_ME_NB_1 })
    server.addStation(2)?.addPoint({ ioAddress: 3, type: Type.M_ME_NB_1 })
    const client = await startClient(server.port)
    client.interrogate(0xffff)
    await client.next({ cot: 10, ca: 2 })
    expect(client.asdus({ cot: 20 }).flatMap(({ objects }) => objects?.map(({ ioa }) => ioa))).toEqual([1, 2, 3])

    expect([station.removePoint(1), station.removePoint(1), server.removeStation(2), server.removeStation(2)]).toEqual([
      true,
      false,
      true,
      false
    ])
    expect(one?.station).toBeNull()
    expect(() => one?.transmit(Cot.SPONTANEOUS)).toThrow(expect.objectContaining({ code: "DETACHED" }))
    client.interrogate(1)
    expect((await client.next({ cot: 20 })).objects?.map(({ ioa }) => ioa)).toEqual([2])
    client.interrogate(2)
    expect(await client.next({ ca: 2 })).toMatchObject({ typeId: 100, cot: 46, negative: true })
  })

  it("does not let a removed point speak for the one that came after it", () => {
    const station = makeServer().addStation(1)
    const old = station?.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })
    if (old) old.value = 5
    station?.removePoint(1)
    const young = station?.addPoint({ ioAddress: 2, type: Type.M_ME_NB_1 })
    if (young) young.value = 7
    expect(() => {
      if (old) old.value = 9
    }).toThrow(expect.objectContaining({ code: "DETACHED" }))
    expect(young?.value).toBe(7)
    expect(() => old?.value).toThrow(expect.objectContaining({ code: "DETACHED" }))
  })

  it("makes the points of a removed station useless, with an error that says so", () => {
    const server = makeServer()
    const station = server.addStation(1)
    const point = station?.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
    server.removeStation(1)
    expect([station?.server, station?.isLocal, point?.station]).toEqual([null, false, null])
    expect(() => station?.addPoint({ ioAddress: 2, type: Type.M_SP_NA_1 })).toThrow("station 1 was removed")
    expect(() => point?.transmit(Cot.SPONTANEOUS)).toThrow("point 1 was removed")
    expect(server.addStation(1)?.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })).not.toBeNull()
  })
})

describe("values", () => {
  const pointOf = (type: Type) => {
    const point = makeServer().addStation(1)?.addPoint({ ioAddress: 1, type })
    return (value: unknown): unknown => {
      if (!point) return null
      Object.assign(point, { value })
      return point.value
    }
  }

  it.each([
    [Type.M_SP_NA_1, 1, /single point: its value is true or false, not 1/],
    [Type.C_SC_NA_1, 0, /single command: its value is true or false, not 0/],
    [Type.M_ME_NC_1, true, /short floating point value: its value is a number, not boolean true/],
    [Type.M_ME_NC_1, "1.5", /a number, not string "1\.5"/],
    [Type.M_ME_NB_1, 32_768, /M_ME_NB_1.*32768/],
    [Type.M_ME_NB_1, 0.5, /M_ME_NB_1.*0\.5/],
    [Type.M_DP_NA_1, 4, /M_DP_NA_1.*4/],
    [Type.M_ST_NA_1, 64, /M_ST_NA_1.*64/],
    [Type.M_BO_NA_1, -1, /M_BO_NA_1.*-1/],
    [Type.M_ME_NA_1, 1.01, /M_ME_NA_1.*1\.01/],
    [Type.M_ME_NB_1, undefined, /a number, not undefined/],
    [Type.M_SP_NA_1, null, /true or false, not null/]
  ])("type %d refuses %s", (type, value, message) => {
    const set = pointOf(type)
    expect(() => set(value)).toThrow(message)
    expect(() => set(value)).toThrow(expect.objectContaining({ code: "INVALID_VALUE" }))
  })

  it.each([
    [Type.M_SP_TB_1, true],
    [Type.M_DP_NA_1, Double.INDETERMINATE],
    [Type.M_ST_NA_1, -64],
    [Type.M_BO_NA_1, 0xffff_ffff],
    [Type.M_ME_NA_1, -1],
    [Type.M_ME_NB_1, -32_768],
    [Type.M_ME_NC_1, 1.5],
    [Type.M_IT_NA_1, -2_147_483_648]
  ])("type %d takes %s", (type, value) => {
    expect(pointOf(type)(value)).toBe(value)
  })

  it("are time-tagged when they are set, where the type has a tag", () => {
    const station = makeServer().addStation(1)
    const [tagged, plain] = [
      station?.addPoint({ ioAddress: 1, type: Type.M_ME_TE_1 }),
      station?.addPoint({ ioAddress: 2, type: Type.M_ME_NB_1 })
    ]
    const before = Date.now()
    if (tagged) tagged.value = 5
    const at = tagged?.recordedAt
    expect(at?.epochMs).toBeGreaterThanOrEqual(before)
    expect(at?.epochMs).toBeLessThanOrEqual(Date.now())
    expect([at?.invalid, at?.substituted, at?.toDate().getTime()]).toEqual([false, false, at?.epochMs])
    expect(plain?.recordedAt).toBeNull()
  })

  it("carry quality bits, which are in the frame", async () => {
    const { server, station } = await startServer()
    const point = station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })
    if (point === null) throw new Error("address 1 is free")
    point.quality = 0x91
    expect(point.quality?.value).toBe(0x91)
    expect(() => {
      point.quality = 256
    }).toThrow("quality: a Quality, or its bits 0..255 is required, not 256")
    const client = await startClient(server.port)
    point.transmit(Cot.SPONTANEOUS)
    const { objects } = await client.next({ cot: 3 })
    expect(objects).toMatchObject([{ ioa: 1, quality: { ov: true, bl: true, sb: false, nt: false, iv: true } }])
  })
})

describe("transmit", () => {
  it("says false when nobody is connected", async () => {
    const { station } = await startServer()
    expect(station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })?.transmit(Cot.SPONTANEOUS)).toBe(false)
  })

  it("says true with a stopped client, which gets it after STARTDT, and nothing before", async () => {
    const { server, station, events } = await startServer()
    const point = station.addPoint({ ioAddress: 1, type: Type.M_ME_TE_1 })
    const client = await connect(server.port)
    await events.next("connected")
    for (const value of [1, 2, 3]) {
      if (point) point.value = value
      expect(point?.transmit(Cot.SPONTANEOUS)).toBe(true)
    }
    await client.testfr()
    expect(client.transcript).toEqual(["TESTFR con"])
    await client.startdt()
    const { objects } = await client.next({ typeId: 35, cot: 3 })
    expect(objects?.map(({ value }) => value)).toEqual([1, 2, 3])
  })

  it("sends the value of the moment, the cause and the originator to every started client", async () => {
    const { server, station } = await startServer()
    const point = station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })
    const clients = [await startClient(server.port), await startClient(server.port)]
    if (point) point.value = 10
    point?.transmit(Cot.SPONTANEOUS)
    if (point) point.value = 20
    point?.transmit(Cot.RETURN_INFO_REMOTE, { originator: 9 })
    if (point) point.value = 30
    for (const client of clients) {
      expect(await client.next({ typeId: 11 })).toMatchObject({
        cot: 3,
        oa: 0,
        ca: 1,
        objects: [{ ioa: 1, value: 10 }]
      })
      expect(await client.next({ typeId: 11 })).toMatchObject({ cot: 11, oa: 9, objects: [{ ioa: 1, value: 20 }] })
    }
    expect(() => point?.transmit(Cot.SPONTANEOUS, { originator: 256 })).toThrow("originator must be a whole number")
  })

  it("keeps the order of a burst", async () => {
    const { server, station } = await startServer()
    const points = [Type.M_ME_NB_1, Type.M_SP_TB_1, Type.M_ME_NC_1].map((type, index) =>
      station.addPoint({ ioAddress: index + 1, type })
    )
    const client = await startClient(server.port)
    for (let i = 0; i < 1000; i++) points[i % 3]?.transmit(Cot.SPONTANEOUS)
    const objects = () => client.asdus({ cot: 3 }).flatMap(({ objects: all }) => all?.map(({ ioa }) => ioa) ?? [])
    await client.until(() => objects().length >= 1000)
    expect(objects()).toEqual(Array.from({ length: 1000 }, (_, i) => (i % 3) + 1))
  })

  it.each([
    [Type.M_SP_NA_1, Cot.ACTIVATION, "cause 6 is not legal for M_SP_NA_1; legal are "],
    [Type.M_ME_NC_1, Cot.INITIALIZED, "cause 4 is not legal for M_ME_NC_1"],
    [Type.M_IT_NA_1, Cot.INTERROGATED_BY_STATION, "cause 20 is not legal for M_IT_NA_1"],
    [Type.M_ME_NB_1, Cot.UNKNOWN_COT, "cause 45 is not legal for M_ME_NB_1"],
    [Type.C_SC_NA_1, Cot.PERIODIC, "cause 1 is not legal for C_SC_NA_1"],
    [Type.C_SC_NA_1, Cot.SPONTANEOUS, "cause 3 is not legal for C_SC_NA_1"]
  ])("type %d refuses cause %d", async (type, cause, message) => {
    const { server, station } = await startServer()
    const point = station.addPoint({ ioAddress: 1, type })
    const client = await startClient(server.port)
    expect(() => point?.transmit(cause)).toThrow(message)
    await turn()
    await client.testfr()
    expect(client.asdus()).toEqual([])
  })

  it("tells clients of the end of initialisation", async () => {
    const { server, station } = await startServer()
    const client = await startClient(server.port)
    station.signalInitialized(Coi.REMOTE_RESET)
    expect(await client.next({ typeId: 70 })).toMatchObject({ cot: 4, ca: 1, count: 1 })
    expect(client.frames.at(-1)?.at(-1)).toBe(2)
    expect(() => Object.assign(station).signalInitialized(256)).toThrow(
      "cause of initialisation: a whole number from 0 to 255 is required, not 256"
    )
  })

  it("tells nobody of the end of initialisation of a station that was removed since", async () => {
    const { server, station } = await startServer()
    const client = await connect(server.port)
    for (const ca of [2, 3]) server.addStation(ca)?.signalInitialized(Coi.LOCAL_POWER_ON)
    station.signalInitialized(Coi.LOCAL_POWER_ON)
    server.removeStation(1)
    server.removeStation(2)
    server.addStation(2)
    await client.startdt()
    expect(await client.next({ typeId: 70 })).toMatchObject({ ca: 3 })
    // What comes behind it is not kept back.
    client.interrogate(2)
    await client.next({ typeId: 100, cot: 10 })
    expect(client.asdus({ typeId: 70 }).map(({ ca }) => ca)).toEqual([3])
  })

  it("tells clients of what it has published though nothing else than removed stations was initialised", async () => {
    const { server, station } = await startServer()
    const point = station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
    const client = await connect(server.port)
    server.addStation(2)?.signalInitialized(Coi.LOCAL_POWER_ON)
    server.removeStation(2)
    point?.transmit(Cot.SPONTANEOUS)
    await client.startdt()
    expect(await client.next({ typeId: Type.M_SP_NA_1 })).toMatchObject({ cot: 3, ca: 1 })
    expect(client.asdus({ typeId: 70 })).toEqual([])
  })
})
