// The other callbacks: refreshing values before they are read or sent cyclically, admitting connections, setting clocks.
import { describe, expect, it } from "vitest"
import { type DateTime, ResponseState, Type } from "../../../src/api/c104/index.ts"
import { connect, makeServer, record, startClient, startServer } from "../../support/Stage.ts"

const { SUCCESS, FAILURE, NONE } = ResponseState

describe("onBeforeRead", () => {
  it.each([
    ["at once", (set: () => void) => set()],
    ["later", (set: () => void) => new Promise<void>((resolve) => setTimeout(() => resolve(set()), 20))]
  ])("that sets the value %s decides what an interrogation sends", async (_, refresh) => {
    const { server, station } = await startServer()
    for (let ioAddress = 1; ioAddress <= 3; ioAddress++) station.addPoint({ ioAddress, type: Type.M_ME_NB_1 })
    let reads = 0
    station.getPoint(2)?.onBeforeRead((point) =>
      refresh(() => {
        point.value = ++reads * 100
      })
    )
    const client = await startClient(server.port)
    for (const expected of [100, 200]) {
      client.interrogate()
      expect((await client.next({ cot: 20 })).objects?.map(({ value }) => value)).toEqual([0, expected, 0])
      await client.next({ cot: 10 })
    }
    station.getPoint(2)?.onBeforeRead(null)
    client.interrogate()
    expect((await client.next({ cot: 20 })).objects?.map(({ value }) => value)).toEqual([0, 200, 0])
    expect(reads).toBe(2)
  })

  it("that hangs is waited for within its limit, and the present value is sent", async () => {
    const { server, station } = await startServer({ limits: { refreshMs: 100 } })
    const point = station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })
    if (point) point.value = 7
    point?.onBeforeRead(() => new Promise(() => {}))
    const client = await startClient(server.port)
    const startMs = performance.now()
    client.interrogate()
    expect((await client.next({ cot: 20 })).objects).toMatchObject([{ ioa: 1, value: 7 }])
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(95)
    expect(performance.now() - startMs).toBeLessThan(1000)
    await client.next({ cot: 10 })
  })

  it("that hangs again and again is told and called no more until one call settles, or it is set anew", async () => {
    const { server, station, events } = await startServer({ limits: { refreshMs: 20 } })
    const point = station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })
    const other = station.addPoint({ ioAddress: 2, type: Type.M_ME_NB_1 })
    const hanging: (() => void)[] = []
    let others = 0
    point?.onBeforeRead(() => new Promise((resolve) => hanging.push(resolve)))
    other?.onBeforeRead(async () => {
      others++
    })
    const client = await startClient(server.port)
    const ask = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        client.interrogate()
        await client.next({ cot: 20 })
        await client.next({ cot: 10 })
        // What hangs is given up only when somebody asks behind its time.
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
    }
    await ask(10)
    expect([hanging.length, others]).toEqual([4, 10])
    const told = events.of("error").map(({ error }) => error.message)
    expect(told).toEqual(new Array(3).fill("onBeforeRead of M_ME_NB_1 1 of station 1 did not answer within 20 ms"))
    hanging[1]?.()
    await ask(3)
    expect(hanging).toHaveLength(5)
    let again = 0
    point?.onBeforeRead(async () => {
      again++
    })
    await ask(3)
    expect([hanging.length, again]).toEqual([5, 3])
  })

  it("that hangs keeps nothing else of its client waiting, however often that has asked", async () => {
    const { server, station } = await startServer({ limits: { refreshMs: 60_000 } })
    const hanging = 40
    for (let ca = 2; ca <= hanging; ca++)
      server
        .addStation(ca)
        ?.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })
        ?.onBeforeRead(() => new Promise(() => {}))
    station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })
    const client = await startClient(server.port)
    // Of each station one interrogation waits for a refresh, and one for the end of that.
    for (let ca = 2; ca <= hanging; ca++) for (let i = 0; i < 2; i++) client.interrogate(ca)
    for (let ca = 2; ca <= hanging; ca++)
      client.send(client.i({ typeId: Type.C_RD_NA_1, cot: 5, ca, objects: [{ ioa: 1 }] }))
    client.interrogate(1)
    client.send(client.i({ typeId: Type.C_RD_NA_1, cot: 5, ca: 1, objects: [{ ioa: 1 }] }))
    await client.until(() => client.asdus({ cot: 5, ca: 1 }).length === 1)
    await client.until(() => client.asdus({ cot: 10, ca: 1 }).length === 1)
    // Those that wait can still be ended.
    client.interrogate(2, { cot: 8 })
    await client.until(() => client.asdus({ cot: 9, ca: 2, negative: false }).length === 1)
    expect(client.asdus({ cot: 20 }).map(({ ca }) => ca)).toEqual([1])
  })

  it("that takes its time runs once at a time, however often clients ask, and once more for all who asked meanwhile", async () => {
    const { server, station } = await startServer({ limits: { refreshMs: 60_000 } })
    const calls: (() => void)[] = []
    let running = 0
    let most = 0
    station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })?.onBeforeRead(async (point) => {
      most = Math.max(most, ++running)
      const value = await new Promise<number>((resolve) => calls.push(() => resolve(calls.length)))
      running--
      point.value = value * 100
    })
    const clients = [await startClient(server.port), await startClient(server.port)]
    for (const client of clients) for (let i = 0; i < 50; i++) for (const cot of [6, 8]) client.interrogate(1, { cot })
    for (const client of clients) {
      client.interrogate()
      // The last of them waits for its value once all are confirmed, and there is room for what it says.
      await client.until(() => client.asdus({ cot: 7 }).length === 51)
      client.acknowledge()
      await client.testfr()
    }
    expect(calls).toHaveLength(1)
    calls[0]?.()
    for (const client of clients) await client.testfr()
    expect(calls).toHaveLength(2)
    calls[1]?.()
    for (const client of clients)
      expect((await client.next({ cot: 20 })).objects).toMatchObject([{ ioa: 1, value: 200 }])
    expect([calls.length, most]).toEqual([2, 1])
    // It is over: who asks now has it run anew.
    clients[0]?.interrogate()
    await clients[0]?.testfr()
    expect(calls).toHaveLength(3)
    calls[2]?.()
    expect((await clients[0]?.next({ cot: 20 }))?.objects).toMatchObject([{ ioa: 1, value: 300 }])
  })

  it.each([
    [
      "throws",
      () => {
        throw new Error("sensor gone")
      }
    ],
    ["rejects", () => Promise.reject(new Error("sensor gone"))]
  ])("that %s is reported, and the present value is sent", async (_, callback) => {
    const { server, station, events } = await startServer()
    station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })?.onBeforeRead(callback)
    const client = await startClient(server.port)
    client.interrogate()
    expect((await client.next({ cot: 20 })).objects).toMatchObject([{ ioa: 1, value: 0 }])
    expect(events.of("error").map(({ error }) => error.message)).toEqual([
      "onBeforeRead of M_ME_NB_1 1 of station 1 failed: sensor gone"
    ])
  })

  it("of many points in many frames refreshes all of them once", async () => {
    const { server, station } = await startServer()
    const reads = new Map<number, number>()
    for (let ioAddress = 1; ioAddress <= 400; ioAddress++)
      station.addPoint({ ioAddress, type: Type.M_ME_NB_1 })?.onBeforeRead(async (point) => {
        reads.set(point.ioAddress, (reads.get(point.ioAddress) ?? 0) + 1)
        point.value = point.ioAddress
      })
    const client = await startClient(server.port)
    client.interrogate()
    await client.next({ cot: 10 })
    const sent = client.asdus({ cot: 20 }).flatMap(({ objects }) => objects ?? [])
    expect(sent.map(({ ioa }) => ioa)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1))
    expect(sent.every(({ ioa, value }) => ioa === value)).toBe(true)
    expect([reads.size, Math.max(...reads.values())]).toEqual([400, 1])
  })
})

describe("cyclic transmission", () => {
  it.each([
    ["c104", Type.M_ME_TF_1, Type.M_ME_TF_1, 1],
    ["iec", Type.M_ME_TF_1, Type.M_ME_NC_1, 1],
    ["c104", Type.M_SP_NA_1, Type.M_SP_NA_1, 1],
    ["iec", Type.M_SP_TB_1, Type.M_SP_NA_1, 2]
  ] as const)("under the profile %s sends type %d as type %d with cause %d", async (profile, type, typeId, cot) => {
    const { server, station } = await startServer({ profile, tickRateMs: 50 })
    station.addPoint({ ioAddress: 1, type, reportMs: 50 })
    const client = await startClient(server.port)
    for (let round = 0; round < 3; round++)
      expect(await client.next(() => true)).toMatchObject({ typeId, cot, objects: [{ ioa: 1 }] })
  })

  it("keeps its period, and ends with reportMs 0", async () => {
    const { server, station } = await startServer({ tickRateMs: 50 })
    const point = station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1, reportMs: 100 })
    station.addPoint({ ioAddress: 2, type: Type.M_ME_NC_1, reportMs: 50 })
    expect(point?.reportMs).toBe(100)
    const client = await startClient(server.port)
    const startMs = performance.now()
    await client.until(() => client.asdus({ typeId: 11 }).length === 5)
    const tookMs = performance.now() - startMs
    expect(tookMs).toBeGreaterThan(350)
    expect(tookMs).toBeLessThan(1500)
    if (point) point.reportMs = 0
    const [before, others] = [client.asdus({ typeId: 11 }).length, client.asdus({ typeId: 13 }).length]
    await client.until(() => client.asdus({ typeId: 13 }).length >= others + 4)
    expect(client.asdus({ typeId: 11 }).length).toBe(before)
  })

  it.each([
    ["at once", (set: () => void) => set()],
    ["later", async (set: () => void) => set()]
  ])("sends what onBeforeAutoTransmit sets %s", async (_, refresh) => {
    const { server, station } = await startServer({ tickRateMs: 50 })
    let calls = 0
    station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1, reportMs: 50 })?.onBeforeAutoTransmit((point) =>
      refresh(() => {
        point.value = ++calls
      })
    )
    const client = await startClient(server.port)
    const values: unknown[] = []
    for (let round = 0; round < 3; round++) values.push((await client.next({ cot: 1 })).objects?.[0]?.value)
    expect(values).toEqual([1, 2, 3])
  })

  it("goes on when onBeforeAutoTransmit throws, which is reported", async () => {
    const { server, station, events } = await startServer({ tickRateMs: 50 })
    station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1, reportMs: 50 })?.onBeforeAutoTransmit(() => {
      throw new Error("sensor gone")
    })
    const client = await startClient(server.port)
    await client.next({ cot: 1 })
    await client.next({ cot: 1 })
    expect(events.of("error")[0]?.error.message).toBe(
      "onBeforeAutoTransmit of M_ME_NB_1 1 of station 1 failed: sensor gone"
    )
  })

  it("of the other points goes on when one onBeforeAutoTransmit hangs", async () => {
    const { server, station } = await startServer({ tickRateMs: 50, limits: { refreshMs: 100 } })
    station
      .addPoint({ ioAddress: 1, type: Type.M_ME_NB_1, reportMs: 50 })
      ?.onBeforeAutoTransmit(() => new Promise(() => {}))
    station.addPoint({ ioAddress: 2, type: Type.M_ME_NB_1, reportMs: 50 })
    const client = await startClient(server.port)
    expect((await client.next({ cot: 1 }, 2000)).objects?.some(({ ioa }) => ioa === 2)).toBe(true)
  })

  it("goes on however many points one period refreshes", async () => {
    const { server, station } = await startServer({ tickRateMs: 50 })
    const refresh = async (): Promise<void> => {}
    for (let ioAddress = 1; ioAddress <= 130_000; ioAddress++)
      station.addPoint({ ioAddress, type: Type.M_ME_NB_1, reportMs: 1000 })?.onBeforeAutoTransmit(refresh)
    const client = await startClient(server.port, { keep: false })
    await client.until(() => client.iFrames > 0, 10_000)
  })
})

describe("connections", () => {
  it.each([
    ["says false", () => false, null],
    ["says false later", async () => false, null],
    [
      "throws",
      () => {
        throw new Error("no list")
      },
      "onConnect of 127.0.0.1 failed: no list"
    ],
    ["rejects", () => Promise.reject(new Error("no list")), "onConnect of 127.0.0.1 failed: no list"],
    [
      "returns what is no boolean",
      () => 1 as unknown as boolean,
      "onConnect of 127.0.0.1 failed: it returned something that is neither true nor false"
    ]
  ])("are refused when onConnect %s", async (_, callback, message) => {
    const { server, events } = await startServer()
    server.onConnect(callback)
    const client = await connect(server.port)
    await client.ended
    expect(client.frames).toEqual([])
    expect((await events.next("refused")).address).toBe("127.0.0.1")
    expect(events.of("error").map(({ error }) => error.message)).toEqual(message === null ? [] : [message])
    expect([server.openConnectionCount, events.of("connected")]).toEqual([0, []])
  })

  it("are served when onConnect says true, also later: nothing that was sent meanwhile is lost", async () => {
    const { server } = await startServer()
    const asked: unknown[] = []
    server.onConnect((which, ip) => {
      asked.push([which === server, ip])
      return new Promise((resolve) => setTimeout(resolve, 30, true))
    })
    const client = await connect(server.port)
    await client.startdt()
    expect(asked).toEqual([[true, "127.0.0.1"]])
    server.onConnect(null)
    await startClient(server.port)
    expect(asked).toHaveLength(1)
  })

  it("above maxConnections are closed without a frame, and the others notice nothing", async () => {
    const { server, events } = await startServer({ maxConnections: 2 })
    const clients = [await startClient(server.port), await startClient(server.port)]
    const third = await connect(server.port)
    await third.ended
    expect(third.frames).toEqual([])
    expect((await events.next("refused")).why).toBe("there are 2 connections already")
    for (const client of clients) expect(await client.answers()).toBe(true)
    clients[0]?.close()
    await events.next("closed")
    await startClient(server.port)
    server.maxConnections = 1
    expect(server.openConnectionCount).toBe(2)
    await (await connect(server.port)).ended
    expect(server.openConnectionCount).toBe(2)
  })

  it("above the limit are counted while onConnect thinks about others", async () => {
    const { server } = await startServer({ maxConnections: 1 })
    server.onConnect(() => new Promise((resolve) => setTimeout(resolve, 20, true)))
    const clients = await Promise.all([1, 2, 3].map(() => connect(server.port)))
    await Promise.race(clients.map(({ ended }) => ended))
    const served = await Promise.all(clients.map((client) => client.answers()))
    expect(served.filter(Boolean)).toHaveLength(1)
  })
})

describe("clock synchronisation", () => {
  const time = { fmt: "CP56Time2a", ms: 30_125, min: 45, hour: 13, dom: 27, dow: 5, month: 9, year: 24 }
  const sentMs = Date.UTC(2024, 8, 27, 13, 45, 30, 125)
  const synchronise = (client: Awaited<ReturnType<typeof connect>>, fields = {}, ca = 1) =>
    client.send(client.i({ typeId: 103, cot: 6, ca, objects: [{ ioa: 0, time: { ...time, ...fields } }] }))

  it.each([
    ["SUCCESS", () => SUCCESS, false, 0],
    ["SUCCESS later", async () => SUCCESS, false, 0],
    ["FAILURE", () => FAILURE, true, 0],
    [
      "an exception",
      () => {
        throw new Error("no clock")
      },
      true,
      1
    ],
    ["a rejection", () => Promise.reject(new Error("no clock")), true, 1],
    ["nonsense", () => "yes" as unknown as ResponseState, true, 1]
  ])("is confirmed after %s with P/N in order", async (_, callback, negative, errors) => {
    const { server, events } = await startServer()
    const told: DateTime[] = []
    server.onClockSync((_server, ip, dateTime) => {
      expect(ip).toBe("127.0.0.1")
      told.push(dateTime)
      return callback()
    })
    const client = await startClient(server.port)
    synchronise(client)
    expect(await client.next({ typeId: 103 })).toMatchObject({ cot: 7, negative, ca: 1 })
    expect(told.map(({ epochMs }) => epochMs)).toEqual([sentMs])
    expect(events.of("error")).toHaveLength(errors)
    expect(events.of("clock")).toMatchObject([{ timeMs: sentMs, outcome: negative ? "failure" : "success" }])
  })

  it("is accepted without a callback, and the confirmation has the own time", async () => {
    const { server } = await startServer()
    const client = await startClient(server.port)
    const nowYear = new Date().getUTCFullYear() % 100
    synchronise(client)
    expect(await client.next({ typeId: 103 })).toMatchObject({
      cot: 7,
      negative: false,
      objects: [{ time: { year: nowYear } }]
    })
  })

  it("says nothing after NONE", async () => {
    const { server, events } = await startServer()
    server.onClockSync(() => NONE)
    const client = await startClient(server.port)
    synchronise(client)
    await events.next("clock")
    await client.testfr()
    expect(client.asdus()).toEqual([])
  })

  it("that hangs is refused in time and reported", async () => {
    const { server, events } = await startServer({ limits: { decisionMs: 60 } })
    server.onClockSync(() => new Promise(() => {}))
    const client = await startClient(server.port)
    synchronise(client)
    expect(await client.next({ typeId: 103 })).toMatchObject({ cot: 7, negative: true })
    expect(events.of("error").map(({ error }) => error.code)).toEqual(["CALLBACK_TIMED_OUT"])
  })

  it.each([
    ["invalid", { iv: true }],
    ["the 31st of September", { dom: 31 }],
    ["minute 60", { min: 60 }],
    ["month 0", { month: 0 }]
  ])("with a time that is %s is refused without asking", async (_, fields) => {
    const { server, events } = await startServer()
    let calls = 0
    server.onClockSync(() => {
      calls++
      return SUCCESS
    })
    const client = await startClient(server.port)
    synchronise(client, fields)
    expect(await client.next({ typeId: 103 })).toMatchObject({ cot: 7, negative: true })
    expect([calls, events.of("rejected").map(({ situation }) => situation)]).toEqual([0, ["invalidTime"]])
  })

  it("to the global address is decided once and confirmed by every station", async () => {
    const server = makeServer()
    const events = record(server)
    for (const commonAddress of [5, 3, 9]) server.addStation(commonAddress)
    await server.start()
    let calls = 0
    server.onClockSync(async () => {
      calls++
      return SUCCESS
    })
    const client = await startClient(server.port)
    synchronise(client, {}, 0xffff)
    await client.until(() => client.iFrames === 3)
    expect(client.asdus({ typeId: 103, cot: 7, negative: false }).map(({ ca }) => ca)).toEqual([5, 3, 9])
    expect([calls, events.of("clock").length]).toEqual([1, 1])
  })
})
