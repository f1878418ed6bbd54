// A place in the image is used again: whatever was said of the point that was there before dies with it.
import * as V8 from "node:v8"
import * as Vm from "node:vm"
import { describe, expect, it, vi } from "vitest"
import { CommandMode, Cot, type Information, type Point, ResponseState, Type } from "../../../src/api/c104/index.ts"
import { deferred, makeServer, startClient, startServer, turn } from "../../support/Stage.ts"

const SELECT = { scs: true, select: true }
const EXECUTE = { scs: true, select: false }
const DETACHED = expect.objectContaining({ _tag: "Detached", code: "DETACHED" })

const given = <A>(value: A | null | undefined): A => {
  if (value === null || value === undefined) throw new Error("it was there")
  return value
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A server whose window is one frame, so that a client which does not acknowledge keeps everything waiting. */
const narrow = async () => {
  const started = await startServer()
  started.server.protocolParameters.sendWindowSize = 1
  started.server.protocolParameters.receiveWindowSize = 1
  const filler = given(started.station.addPoint({ ioAddress: 900, type: Type.M_DP_NA_1 }))
  const client = await startClient(started.server.port, { acknowledge: "never" })
  filler.transmit(Cot.SPONTANEOUS)
  await client.until(() => client.iFrames === 1)
  return { ...started, client }
}

const addresses = (client: { asdus: Awaited<ReturnType<typeof startClient>>["asdus"] }): readonly string[] =>
  client.asdus().flatMap(({ cot, objects }) => objects?.map(({ ioa }) => `${ioa} for ${cot}`) ?? [])

describe("a select", () => {
  it.each([
    ["the point that took its place", 200],
    ["the point that was added anew at its address", 100]
  ])("does not reach %s", async (_, next) => {
    const { server, station } = await startServer({ selectTimeoutMs: 10_000 })
    const sbo = (ioAddress: number): Point<typeof Type.C_SC_NA_1> =>
      given(
        station.addPoint({ ioAddress, type: Type.C_SC_NA_1, commandMode: CommandMode.SELECT_AND_EXECUTE })
      ) as Point<typeof Type.C_SC_NA_1>
    const operated: number[] = []
    sbo(100)
    const client = await startClient(server.port)
    client.command(Type.C_SC_NA_1, 100, SELECT)
    expect(await client.next({ typeId: Type.C_SC_NA_1 })).toMatchObject({ cot: 7, negative: false })
    station.removePoint(100)
    const point = sbo(next)
    point.onReceive(() => {
      operated.push(next)
      return ResponseState.SUCCESS
    })
    expect(point.selectedBy).toBeNull()
    client.command(Type.C_SC_NA_1, next, EXECUTE)
    expect(await client.next({ typeId: Type.C_SC_NA_1 })).toMatchObject({ cot: 7, negative: true })
    expect(operated).toEqual([])
    // It is nobody's: also another client may select it.
    const other = await startClient(server.port)
    other.command(Type.C_SC_NA_1, next, SELECT)
    expect(await other.next({ typeId: Type.C_SC_NA_1 })).toMatchObject({ cot: 7, negative: false })
    other.command(Type.C_SC_NA_1, next, EXECUTE)
    expect(await other.next({ typeId: Type.C_SC_NA_1 })).toMatchObject({ cot: 7, negative: false })
    expect(operated).toEqual([next])
  })

  it("of a point that the handler of the same message removes is nobody's", async () => {
    const { server, station } = await startServer({ selectTimeoutMs: 10_000 })
    const sbo = { type: Type.C_SC_NA_1, commandMode: CommandMode.SELECT_AND_EXECUTE } as const
    station.addPoint({ ioAddress: 100, ...sbo })
    const direct = given(station.addPoint({ ioAddress: 10, type: Type.C_DC_NA_1 }))
    direct.onReceive(() => {
      station.removePoint(100)
      station.addPoint({ ioAddress: 100, ...sbo })
      return ResponseState.SUCCESS
    })
    const client = await startClient(server.port)
    const first = client.i({ typeId: Type.C_DC_NA_1, cot: 6, ca: 1, objects: [{ ioa: 10, dcs: 2 }] })
    const second = client.i({ typeId: Type.C_SC_NA_1, cot: 6, ca: 1, objects: [{ ioa: 100, ...SELECT }] })
    client.send(Buffer.concat([first, second]))
    await client.next({ typeId: Type.C_SC_NA_1 })
    client.command(Type.C_SC_NA_1, 100, EXECUTE)
    expect(await client.next({ typeId: Type.C_SC_NA_1 })).toMatchObject({ cot: 7, negative: true })
    expect(given(station.getPoint(100)).selectedBy).toBeNull()
  })
})

describe("a handle", () => {
  it.each([
    ["another point", 200],
    ["a point at the same address", 100]
  ])("says and does nothing to %s in its place", async (_, next) => {
    const { server, station } = await startServer()
    const client = await startClient(server.port)
    const options = { type: Type.M_ME_NC_1, reportMs: 0 } as const
    const old = given(station.addPoint({ ioAddress: 100, ...options }))
    station.removePoint(100)
    const point = given(station.addPoint({ ioAddress: next, ...options }))
    point.value = 7
    for (const use of [
      () => old.value,
      () => {
        old.value = 1
      },
      () => old.quality,
      () => {
        old.quality = 0x80
      },
      () => old.info,
      () => {
        old.info = point.info as Information
      },
      () => old.recordedAt,
      () => old.processedAt,
      () => old.transmit(Cot.SPONTANEOUS),
      () => old.update(3),
      () => old.reportMs,
      () => {
        old.reportMs = 1000
      },
      () => old.groups,
      () => {
        old.groups = [1]
      },
      () => old.commandMode,
      () => old.deadband,
      () => {
        old.deadband = { absolute: 1 }
      },
      () => old.onBeforeRead(() => {}),
      () => old.onBeforeAutoTransmit(() => {}),
      () => old.onTimer(() => {}, 100)
    ])
      expect(use).toThrow(DETACHED)
    expect([old.station, old.ioAddress, old.type, String(old)]).toEqual([
      null,
      100,
      Type.M_ME_NC_1,
      "Point 100 (type 13), removed"
    ])
    expect([point.value, point.groups, point.reportMs, point.deadband]).toEqual([7, [], 0, null])
    await turn()
    expect(client.asdus()).toEqual([])
  })

  it("of a removed command does not replace the handler of the next one", async () => {
    const { server, station } = await startServer()
    const client = await startClient(server.port)
    const heard: string[] = []
    const says = (what: string) => () => {
      heard.push(what)
      return ResponseState.SUCCESS
    }
    const old = given(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    old.onReceive(says("old"))
    station.removePoint(10)
    const next = given(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    next.onReceive(says("next"))
    expect(() => old.onReceive(says("old again"))).toThrow(DETACHED)
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    await client.next({ cot: 10 })
    expect(heard).toEqual(["next"])
  })
})

describe("what waits to be sent", () => {
  it("of a cycle says nothing of the point in the place of a removed one", async () => {
    const { server, station, client } = await narrow()
    const cyclic = (ioAddress: number) => given(station.addPoint({ ioAddress, type: Type.M_ME_NB_1, reportMs: 100 }))
    for (const ioAddress of [10, 20, 30]) cyclic(ioAddress)
    await wait(250)
    station.removePoint(20)
    station.addPoint({ ioAddress: 5, type: Type.M_ME_NB_1 })
    for (const frames of [2, 3]) {
      client.acknowledge()
      await client.until(() => client.iFrames === frames)
    }
    expect(addresses(client).slice(1)).toEqual(["10 for 1", "30 for 1"])
    expect(server.hasActiveConnections).toBe(true)
  })

  it("of a read is refused when the point is gone, also when its place is taken", async () => {
    const { station, client } = await narrow()
    station.addPoint({ ioAddress: 100, type: Type.M_SP_NA_1 })
    client.send(client.i({ typeId: Type.C_RD_NA_1, cot: 5, ca: 1, objects: [{ ioa: 100 }] }))
    await client.answers()
    station.removePoint(100)
    station.addPoint({ ioAddress: 200, type: Type.M_SP_NA_1 })
    client.acknowledge()
    await client.until(() => client.iFrames === 2)
    expect(client.asdus().slice(1)).toMatchObject([
      { typeId: Type.C_RD_NA_1, cot: 47, negative: true, objects: [{ ioa: 100 }] }
    ])
  })

  it("of an event that its rate put off is dropped, and the next point's is not made of it", async () => {
    const { server, station } = await startServer()
    const client = await startClient(server.port)
    const point = (ioAddress: number) =>
      given(station.addPoint({ ioAddress, type: Type.M_ME_NC_1, minIntervalMs: 200 }))
    const old = point(100)
    expect([old.update(1), old.update(2)]).toEqual([true, false])
    station.removePoint(100)
    point(200).value = 50
    await wait(500)
    expect(addresses(client)).toEqual(["100 for 3"])
  })

  it("of a refresh calls nobody for the point in the place of a removed one", async () => {
    const { server, station } = await startServer()
    const called: number[] = []
    const held = deferred<void>()
    const slow = (ioAddress: number, until: Promise<void> | void) => {
      const point = given(station.addPoint({ ioAddress, type: Type.M_SP_NA_1 }))
      point.onBeforeRead(() => {
        called.push(ioAddress)
        return until
      })
    }
    slow(10, held.promise)
    slow(20, undefined)
    const client = await startClient(server.port)
    client.interrogate()
    await client.next({ cot: 7 })
    await client.answers()
    station.removePoint(10)
    station.addPoint({ ioAddress: 5, type: Type.M_SP_NA_1 })
    held.resolve()
    await client.next({ cot: 10 })
    expect(client.asdus({ cot: 20 }).flatMap(({ objects }) => objects?.map(({ ioa }) => ioa))).toEqual([5, 20])
    expect(called).toEqual([10, 20])
  })

  it("of a timer is not called for the next point", async () => {
    const { server, station } = await startServer()
    await startClient(server.port)
    const called: number[] = []
    const timed = (ioAddress: number) =>
      given(station.addPoint({ ioAddress, type: Type.M_SP_NA_1 })).onTimer(() => {
        called.push(ioAddress)
      }, 100)
    timed(10)
    station.removePoint(10)
    station.addPoint({ ioAddress: 10, type: Type.M_SP_NA_1 })
    await wait(300)
    expect(called).toEqual([])
  })
})

describe("what a client waits for", () => {
  it("of a command that its handler left open is refused when the point is removed", async () => {
    const { server, station } = await startServer()
    const point = given(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    point.onReceive(() => ResponseState.NONE)
    const client = await startClient(server.port)
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    await client.answers()
    station.removePoint(10)
    expect(await client.next({ typeId: Type.C_SC_NA_1 })).toMatchObject({ cot: 7, negative: true })
    expect(() => point.transmit(Cot.ACTIVATION_CON)).toThrow(DETACHED)
  })

  it("of a command is not answered by the next point", async () => {
    const { server, station } = await startServer()
    const command = () => given(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    command().onReceive(() => ResponseState.NONE)
    const client = await startClient(server.port)
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    await client.answers()
    station.removePoint(10)
    expect(command().transmit(Cot.ACTIVATION_CON)).toBe(false)
  })
})

describe("what waits for a callback of a point that is removed", () => {
  const never = (): Promise<void> => new Promise(() => {})
  /** A server with 20 points whose callbacks do not settle, and a client that waits for all of them. */
  const waiting = async (ask: (client: Awaited<ReturnType<typeof startClient>>) => void) => {
    const { server, station } = await startServer({ limits: { refreshMs: 3_600_000 } })
    let called = 0
    for (let ioAddress = 100; ioAddress < 120; ioAddress++)
      given(station.addPoint({ ioAddress, type: Type.M_SP_NA_1 })).onBeforeRead(() => {
        called++
        return never()
      })
    const client = await startClient(server.port)
    ask(client)
    await vi.waitFor(() => expect(called).toBe(20))
    return { server, station, client }
  }
  const readAll = (client: Awaited<ReturnType<typeof startClient>>): void => {
    for (let ioa = 100; ioa < 120; ioa++)
      client.send(client.i({ typeId: Type.C_RD_NA_1, cot: 5, ca: 1, objects: [{ ioa }] }))
  }

  it("is a read: it is refused then, however many wait before it", async () => {
    const { station, client } = await waiting(readAll)
    station.removePoint(117)
    expect(await client.next({ cot: 47 })).toMatchObject({ typeId: Type.C_RD_NA_1, objects: [{ ioa: 117 }] })
    station.removePoint(100)
    expect(await client.next({ cot: 47 })).toMatchObject({ typeId: Type.C_RD_NA_1, objects: [{ ioa: 100 }] })
    expect(client.iFrames).toBe(2)
  })

  it("is a read: it is refused when its station goes", async () => {
    const { server, client } = await waiting(readAll)
    server.removeStation(1)
    await client.until(() => client.asdus({ cot: 47 }).length === 20)
  })

  it("is a read of one that shares the next run of the callback", async () => {
    const { station, client } = await waiting((first) => {
      readAll(first)
      first.send(first.i({ typeId: Type.C_RD_NA_1, cot: 5, ca: 1, objects: [{ ioa: 119 }] }))
    })
    await client.answers()
    station.removePoint(119)
    await client.until(() => client.asdus({ cot: 47 }).length === 2)
  })

  it("is an interrogation: it goes on with the points that are there, or ends with its station", async () => {
    const { server, station, client } = await waiting((first) => first.interrogate())
    for (let ioAddress = 100; ioAddress < 119; ioAddress++) station.removePoint(ioAddress)
    await client.answers()
    expect(client.iFrames).toBe(1)
    given(station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 }))
    server.removeStation(1)
    expect(await client.next({ cot: 10 })).toMatchObject({ typeId: Type.C_IC_NA_1, negative: true })
    expect(client.iFrames).toBe(2)
  })

  it("is a cycle: the other points of its period are sent then", async () => {
    const { server, station } = await startServer({ tickRateMs: 50, limits: { refreshMs: 3_600_000 } })
    const client = await startClient(server.port)
    let called = 0
    const cyclic = (ioAddress: number) => given(station.addPoint({ ioAddress, type: Type.M_ME_NC_1, reportMs: 1000 }))
    cyclic(10).onBeforeAutoTransmit(() => {
      called++
      return never()
    })
    cyclic(20)
    await vi.waitFor(() => expect(called).toBe(1), 2000)
    await client.answers()
    expect(client.iFrames).toBe(0)
    station.removePoint(10)
    expect(await client.next({ cot: 1 }, 500)).toMatchObject({ objects: [{ ioa: 20 }] })
  })

  it("is nobody, where the callback begins by removing it", async () => {
    const { server, station } = await startServer({ limits: { refreshMs: 3_600_000 } })
    given(station.addPoint({ ioAddress: 10, type: Type.M_SP_NA_1 })).onBeforeRead(() => {
      station.removePoint(10)
      return never()
    })
    const client = await startClient(server.port)
    client.interrogate()
    expect(await client.next({ cot: 10 })).toMatchObject({ typeId: Type.C_IC_NA_1, negative: false })
  })
})

describe("what was logged", () => {
  it("of a point and of a station that were removed is delivered", async () => {
    const { server, station, client } = await narrow()
    const point = given(station.addPoint({ ioAddress: 10, type: Type.M_ME_NB_1 }))
    const other = given(server.addStation(2)?.addPoint({ ioAddress: 20, type: Type.M_ME_NB_1 }))
    point.value = 5
    point.transmit(Cot.SPONTANEOUS)
    other.transmit(Cot.SPONTANEOUS)
    station.removePoint(10)
    given(station.addPoint({ ioAddress: 30, type: Type.M_ME_NB_1 })).value = 6
    server.removeStation(2)
    for (const frames of [2, 3]) {
      client.acknowledge()
      await client.until(() => client.iFrames === frames)
    }
    expect(client.asdus().slice(1)).toMatchObject([
      { cot: 3, ca: 1, objects: [{ ioa: 10, value: 5 }] },
      { cot: 3, ca: 2, objects: [{ ioa: 20, value: 0 }] }
    ])
  })
})

describe("a station", () => {
  it("that takes the address of a removed one has none of its settings", async () => {
    const { server } = await startServer()
    const counters = { mode: "D" } as const
    given(server.addStation(2, { counters })).addPoint({ ioAddress: 1, type: Type.M_IT_NA_1 })
    server.removeStation(2)
    given(server.addStation(2)).addPoint({ ioAddress: 1, type: Type.M_IT_NA_1 })
    const client = await startClient(server.port)
    client.send(client.i({ typeId: Type.C_CI_NA_1, cot: 6, ca: 2, objects: [{ ioa: 0, rqt: 5, frz: 1 }] }))
    await client.next({ typeId: Type.C_CI_NA_1, cot: 7 })
    await client.answers()
    expect(client.asdus({ cot: 3 })).toEqual([])
  })
})

V8.setFlagsFromString("--expose-gc")
const collect = Vm.runInNewContext("gc") as () => void

/** Octets in use. */
const used = async (): Promise<number> => {
  for (let i = 0; i < 3; i++) {
    collect()
    await turn()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

it("points and stations that come and go leave memory flat", async () => {
  const { server, station } = await startServer({ limits: { logRecords: 1024 }, logLevel: "none" })
  await startClient(server.port)
  const churn = (times: number): void => {
    for (let n = 0; n < times; n++) {
      const ioAddress = 1 + (n % 1000)
      const point = given(
        station.addPoint({
          ioAddress,
          type: Type.M_ME_NC_1,
          reportMs: 100,
          groups: [1],
          deadband: { absolute: 1 },
          minIntervalMs: 3_600_000
        })
      )
      point.onTimer(() => {}, 100)
      point.update(n)
      point.update(n + 5)
      station.removePoint(ioAddress)
      if (n % 100 !== 0) continue
      const ca = 2 + (n % 60_000)
      server.addStation(ca, { counters: { mode: "B", localFreezeMs: 3_600_000 } })?.addPoint({
        ioAddress: 1,
        type: Type.M_SP_NA_1
      })
      server.removeStation(ca)
    }
  }
  churn(20_000)
  const before = await used()
  churn(60_000)
  expect(((await used()) - before) / 60_000).toBeLessThan(20)
})

it("a session keeps nothing of stations that come and go and of which it selects a point each", async () => {
  // Nobody keeps what is told of them.
  const server = makeServer({ selectTimeoutMs: 20, logLevel: "none" })
  await server.start()
  let answers = 0
  const client = await startClient(server.port, {
    keep: false,
    onFrame: (apdu) => {
      if (apdu[6] === Type.C_SC_NA_1) answers++
    }
  })
  const churn = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) {
      server.removeStation(1)
      const ioAddress = 1 + (n % 100)
      server
        .addStation(1)
        ?.addPoint({ ioAddress, type: Type.C_SC_NA_1, commandMode: CommandMode.SELECT_AND_EXECUTE })
        ?.onReceive(() => ResponseState.SUCCESS)
      const before = answers
      client.command(Type.C_SC_NA_1, ioAddress, SELECT)
      await client.until(() => answers > before)
    }
    await wait(100)
  }
  await churn(400)
  const before = await used()
  await churn(1200)
  expect(((await used()) - before) / 1200).toBeLessThan(500)
})
