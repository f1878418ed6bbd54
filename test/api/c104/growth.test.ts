// Work that grows fourfold takes some four times as long: nothing is copied, shifted or searched for each entry of a table
// or queue, for then it took sixteen times. Time is that of this process's own processor, the least of several attempts.
import { describe, expect, it } from "vitest"
import { Batch, Cot, type Server, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import { type ClientOptions, RawClient } from "../../support/RawClient.ts"
import { makeServer } from "../../support/Stage.ts"

const MOST = 10

const given = <A>(value: A | null | undefined): A => {
  if (value === null || value === undefined) throw new Error("it was there")
  return value
}

/** Milliseconds of processor time that the steps of a piece of work take, each by its name. */
class Watch {
  readonly steps = new Map<string, number>()

  async step(name: string, act: () => void | Promise<void>): Promise<void> {
    const before = process.cpuUsage()
    await act()
    const { user, system } = process.cpuUsage(before)
    this.steps.set(name, (user + system) / 1000)
  }
}

type Work = (entries: number, watch: Watch) => Promise<void>

/** The least time of each step, over three more attempts than it has had. */
const measured = async (work: Work, entries: number, least = new Map<string, number>()): Promise<typeof least> => {
  for (let attempt = 0; attempt < 3; attempt++) {
    const watch = new Watch()
    await work(entries, watch)
    for (const [name, ms] of watch.steps) least.set(name, Math.min(ms, least.get(name) ?? Number.POSITIVE_INFINITY))
  }
  return least
}

/** Expects that four times as many entries take at most ten times as long; what takes under 20 ms is noise. */
const growsWithItsWork = async (entries: number, work: Work): Promise<void> => {
  const few = await measured(work, entries)
  const many = await measured(work, 4 * entries)
  const tooLong = (): readonly string[] =>
    [...many].flatMap(([name, ms]) => {
      const before = few.get(name) as number
      return ms <= MOST * Math.max(before, 5) ? [] : [`${name}: ${before} ms, four times as many: ${ms} ms`]
    })
  // Others may have kept this process's core from all three: what is quadratic is so in six.
  if (tooLong().length > 0) await measured(work, 4 * entries, many)
  expect(tooLong()).toEqual([])
}

const withStations = (count: number, options: ServerOptions = {}): Server => {
  const server = makeServer({ logLevel: "none", ...options })
  for (let ca = 1; ca <= count; ca++) server.addStation(ca)
  return server
}

const started = async (server: Server, options: ClientOptions = {}): Promise<RawClient> => {
  await server.start()
  const client = await RawClient.connect(server.port, { keep: false, ...options })
  await client.startdt()
  return client
}

const BIG = { repliesPerSession: 1_048_576, decisionsPerSession: 65_536, undrainedOctets: 16_777_216 } as const
const ASK = { sq: false, cot: Cot.ACTIVATION } as const

/** Sends requests in one piece, for which the window is closed, and acknowledges until everything is answered. */
const asked = async (
  server: Server,
  watch: Watch,
  requests: readonly Readonly<Record<string, unknown>>[],
  answers: number
): Promise<void> => {
  server.protocolParameters.sendWindowSize = 100
  const client = await started(server, { acknowledge: "never" })
  const octets = Buffer.concat(requests.map((fields) => client.i({ ...ASK, ...fields })))
  await watch.step("requests that wait", async () => {
    client.send(octets)
    await client.answers()
  })
  await watch.step("answers as the window opens", async () => {
    for (let before = -1; client.iFrames < answers && client.iFrames !== before; ) {
      before = client.iFrames
      client.acknowledge()
      await client.answers()
    }
  })
  expect(client.iFrames).toBe(answers)
  client.close()
  await server.stop()
}

describe("work grows with what there is to do", () => {
  it("where stations come and go, with their first points", async () => {
    await growsWithItsWork(4000, async (entries, watch) => {
      let server = withStations(0)
      await watch.step("stations are added", () => {
        server = withStations(entries)
      })
      await watch.step("their first points", () => {
        for (const station of server.stations) station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
      })
      await watch.step("stations are removed", () => {
        for (const { commonAddress } of server.stations) server.removeStation(commonAddress)
      })
    })
  })

  it("where stations and points with periods and timers come and go", async () => {
    await growsWithItsWork(2000, async (entries, watch) => {
      const server = withStations(entries)
      await watch.step("points with periods are added", () => {
        for (const [n, station] of server.stations.entries())
          for (const ioAddress of [2, 1]) {
            const point = station.addPoint({
              ioAddress,
              type: Type.M_ME_NC_1,
              reportMs: 100 * (1 + n),
              minIntervalMs: 60_000
            })
            given(point).onTimer(() => {}, 100 * (1 + n))
            given(point).update(1)
            given(point).update(2)
          }
      })
      await watch.step("points are removed", () => {
        for (const station of server.stations) station.removePoint(1)
      })
      await watch.step("stations are removed", () => {
        for (const { commonAddress } of server.stations) server.removeStation(commonAddress)
      })
    })
  })

  it("where points of one station come and go", async () => {
    await growsWithItsWork(4000, async (entries, watch) => {
      const server = withStations(1)
      const station = given(server.getStation(1))
      await watch.step("points are added downwards", () => {
        for (let ioAddress = entries; ioAddress > 0; ioAddress--)
          given(station.addPoint({ ioAddress, type: Type.M_ME_NC_1, reportMs: 1000 })).onTimer(() => {}, 1000)
      })
      await watch.step("points are removed", () => {
        for (let ioAddress = 1; ioAddress <= entries; ioAddress++) station.removePoint(ioAddress)
      })
    })
  })

  it("where the points of one station come and go, each with an event that is sent before the next", async () => {
    await growsWithItsWork(4000, async (entries, watch) => {
      const server = withStations(1)
      const station = given(server.getStation(1))
      server.protocolParameters.sendWindowSize = 32_767
      const client = await started(server)
      const told = given(station.addPoint({ ioAddress: 16_000_000, type: Type.M_ME_NC_1 }))
      const tell = async (): Promise<void> => {
        told.value += 1
        told.transmit(Cot.SPONTANEOUS)
        await Promise.resolve()
      }
      const scattered = Array.from({ length: entries }, (_, n) => 1 + ((n * 7919) % entries))
      const add = async (ioAddress: number): Promise<void> => {
        given(station.addPoint({ ioAddress, type: Type.M_ME_NC_1, groups: [1 + (ioAddress % 2)] }))
        await tell()
      }
      await watch.step("points are added downwards", async () => {
        for (let n = entries; n > 0; n--) await add(n)
      })
      await watch.step("points are removed in some order", async () => {
        for (const ioAddress of scattered) {
          station.removePoint(ioAddress)
          await tell()
        }
      })
      await watch.step("points are added in some order", async () => {
        for (const ioAddress of scattered) await add(ioAddress)
      })
      expect(station.points.map(({ ioAddress }) => ioAddress).slice(0, entries)).toEqual(
        scattered.toSorted((a, b) => a - b)
      )
      client.close()
      await server.stop()
    })
  }, 120_000)

  it("where every station is initialised while the window is closed", async () => {
    await growsWithItsWork(1500, async (entries, watch) => {
      const server = withStations(entries)
      const client = await started(server)
      await watch.step("ends of initialisation", async () => {
        for (const station of server.stations) station.signalInitialized(0)
        await client.until(() => client.iFrames === entries, 15_000)
      })
      client.close()
      await server.stop()
    })
  })

  it("where every station is initialised while many are connected that are not started", async () => {
    await growsWithItsWork(400, async (entries, watch) => {
      const server = withStations(entries)
      await server.start()
      const clients: RawClient[] = []
      for (let n = 0; n < entries; n++) clients.push(await RawClient.connect(server.port))
      await watch.step("ends of initialisation", () => {
        for (const station of server.stations) station.signalInitialized(0)
      })
      const [first] = clients
      await given(first).startdt()
      await first?.until(() => first.iFrames === entries, 15_000)
      expect(first?.asdus({ typeId: 70 }).map(({ ca }) => ca)).toEqual(server.stations.map((one) => one.commonAddress))
      for (const client of clients) client.close()
      await server.stop()
    })
  }, 120_000)

  it("where clients start, and sixteen times as many stations were initialised that are gone", async () => {
    await growsWithItsWork(30, async (entries, watch) => {
      const server = withStations(4 * entries ** 2)
      await server.start()
      const clients: RawClient[] = []
      for (let n = 0; n < entries; n++) clients.push(await RawClient.connect(server.port))
      for (const station of server.stations) {
        station.signalInitialized(0)
        server.removeStation(station.commonAddress)
      }
      await watch.step("STARTDT", async () => {
        await Promise.all(clients.map((client) => client.startdt()))
      })
      for (const client of clients) client.close()
      await server.stop()
    })
  }, 120_000)

  it("where every station is interrogated at once", async () => {
    await growsWithItsWork(1000, async (entries, watch) => {
      const requests = Array.from({ length: entries }, (_, n) => ({
        typeId: 100,
        ca: n + 1,
        objects: [{ ioa: 0, qoi: 20 }]
      }))
      const server = withStations(entries, { limits: BIG })
      for (const station of server.stations) station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
      await asked(server, watch, requests, 3 * entries)
    })
  }, 60_000)

  it("where thousands of points are read at once", async () => {
    await growsWithItsWork(1500, async (entries, watch) => {
      const requests = Array.from({ length: entries }, () => ({
        typeId: 102,
        cot: Cot.REQUEST,
        ca: 1,
        objects: [{ ioa: 1 }]
      }))
      const server = withStations(1, { limits: BIG })
      given(server.getStation(1)).addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
      await asked(server, watch, requests, entries)
    })
  }, 60_000)

  it("where a point is read of which thousands of events wait that are left out, behind others", async () => {
    await growsWithItsWork(20_000, async (entries, watch) => {
      const server = withStations(1, { packEvents: false })
      const station = given(server.getStation(1))
      const other = given(station.addPoint({ ioAddress: 2, type: Type.M_SP_TB_1 }))
      const before = given(station.addPoint({ ioAddress: 1, type: Type.M_SP_TB_1 }))
      const client = await started(server, { acknowledge: "never" })
      await client.stopdt()
      const reads = entries / 100
      for (let n = 0; n < 4 * reads; n++) other.transmit(Cot.SPONTANEOUS)
      // Its events had a time tag once, so that they are judged one by one.
      before.transmit(Cot.SPONTANEOUS)
      station.removePoint(1)
      const point = given(station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 }))
      for (let n = 0; n < entries; n++) point.transmit(Cot.SPONTANEOUS)
      await client.startdt()
      await watch.step("reads", async () => {
        for (let n = 0; n < reads; n++)
          client.send(client.i({ typeId: Type.C_RD_NA_1, cot: Cot.REQUEST, ca: 1, objects: [{ ioa: 1 }] }))
        // The others, the answers, the event with time tag, and the newest without.
        while (client.iFrames < 5 * reads + 2) {
          client.acknowledge()
          expect(await client.answers()).toBe(true)
        }
      })
      client.close()
      await server.stop()
    })
  }, 60_000)

  it("where thousands of answers wait", async () => {
    await growsWithItsWork(1500, async (entries, watch) => {
      const requests = Array.from({ length: entries }, () => ({
        typeId: 100,
        ca: 1,
        cot: Cot.DEACTIVATION,
        objects: [{ ioa: 0, qoi: 20 }]
      }))
      await asked(withStations(1, { limits: BIG }), watch, requests, entries)
    })
  }, 60_000)

  it("where every station is asked by the global address", async () => {
    await growsWithItsWork(2000, async (entries, watch) => {
      const requests = [{ typeId: 100, ca: 0xffff, objects: [{ ioa: 0, qoi: 20 }] }]
      await asked(withStations(entries), watch, requests, 2 * entries)
    })
  }, 60_000)

  it("where all stations are asked by the global address again and again, for what few of them have", async () => {
    const global = (typeId: number, object: Readonly<Record<string, unknown>>, cot: number = Cot.ACTIVATION) => ({
      ...ASK,
      typeId,
      cot,
      ca: 0xffff,
      objects: [{ ioa: 0, ...object }]
    })
    const kinds = {
      "a group that no station has": [global(100, { qoi: 22 })],
      "a group that the last one has": [global(100, { qoi: 21 }), global(100, { qoi: 21 }, Cot.DEACTIVATION)],
      "a counter group that no station has": [global(101, { rqt: 2, frz: 0 })],
      "a freeze of it": [global(101, { rqt: 2, frz: 1 })],
      "a freeze of one that the last one has": [global(101, { rqt: 1, frz: 1 })],
      "its clock": [global(103, { time: { year: 26, month: 1, dom: 1 } })]
    }
    await growsWithItsWork(750, async (entries, watch) => {
      const server = withStations(entries, { limits: BIG })
      for (const station of server.stations) station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
      const last = given(server.getStation(entries))
      last.addPoint({ ioAddress: 2, type: Type.M_SP_NA_1, groups: [1] })
      last.addPoint({ ioAddress: 3, type: Type.M_IT_NA_1, counterGroups: [1] })
      await server.start()
      for (const [name, requests] of Object.entries(kinds)) {
        const client = await RawClient.connect(server.port, { keep: false, acknowledge: "never" })
        await client.startdt()
        const octets = Buffer.concat(
          Array.from({ length: entries }, () => requests).flatMap((both) => both.map((fields) => client.i(fields)))
        )
        await watch.step(name, async () => {
          client.send(octets)
          await client.answers()
        })
        client.close()
      }
      await server.stop()
    })
  }, 120_000)

  it("where a point of a batch is removed as the batch is sent", async () => {
    await growsWithItsWork(8000, async (entries, watch) => {
      const server = withStations(1)
      server.protocolParameters.sendWindowSize = 1
      const station = given(server.getStation(1))
      const points = Array.from({ length: entries }, (_, n) =>
        given(station.addPoint({ ioAddress: 1 + n, type: Type.M_ME_NC_1 }))
      )
      const client = await started(server, { acknowledge: "never" })
      server.onSendRaw(() => {
        server.onSendRaw(null)
        station.removePoint(entries)
      })
      const batch = new Batch({ points })
      await watch.step("the batch", () => {
        server.transmitBatch(batch)
      })
      expect(station.getPoint(entries)).toBeNull()
      client.close()
      await server.stop()
    })
  }, 60_000)

  it("where the cycles of many stations are due together", async () => {
    await growsWithItsWork(1000, async (entries, watch) => {
      const server = withStations(entries)
      for (const station of server.stations)
        station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1, reportMs: 3_600_000 })
      for (const station of server.stations) station.setBackgroundScan(400)
      const client = await started(server)
      await watch.step("a scan of every station", () => client.until(() => client.iFrames >= entries, 15_000))
      client.close()
      await server.stop()
    })
  }, 60_000)

  it("whoever is connected and not started costs nothing where lists are sent one by one", async () => {
    const server = withStations(1)
    const station = given(server.getStation(1))
    const points = [1, 3].map((ioAddress) => given(station.addPoint({ ioAddress, type: Type.M_ME_NB_1 })))
    const client = await started(server, { acknowledge: "never" })
    const batch = new Batch({ cause: Cot.PERIODIC, points })
    const send: Work = (_, watch) =>
      watch.step("lists", () => {
        for (let n = 0; n < 10_000; n++) server.transmitBatch(batch)
      })
    const alone = (await measured(send, 0)).get("lists") as number
    const others: RawClient[] = []
    for (let n = 0; n < 4000; n++) others.push(await RawClient.connect(server.port, { keep: false }))
    const among = (await measured(send, 0)).get("lists") as number
    for (const other of [client, ...others]) other.close()
    await server.stop()
    expect(among).toBeLessThan(3 * Math.max(alone, 20))
  }, 60_000)

  it("where many are connected and many publishers wait", async () => {
    await growsWithItsWork(1000, async (entries, watch) => {
      const server = withStations(1, { limits: { logRecords: 1024, holdMs: 600_000 } })
      const point = given(given(server.getStation(1)).addPoint({ ioAddress: 1, type: Type.M_SP_TB_1 }))
      await server.start()
      const clients: RawClient[] = []
      for (let n = 0; n < entries; n++) clients.push(await RawClient.connect(server.port, { keep: false }))
      const slow = await RawClient.connect(server.port, { keep: false, acknowledge: "never" })
      await slow.startdt()
      for (let n = 0; n < 1000; n++) {
        point.value = n % 2 === 0
        point.transmit(Cot.SPONTANEOUS)
      }
      const over: Promise<void>[] = []
      await watch.step("publishers that come", () => {
        for (let n = 0; n < 5 * entries; n++) over.push(server.room())
      })
      for (const client of [...clients, slow]) client.close()
      await Promise.all(over)
      await server.stop()
    })
  }, 120_000)

  it("where many publishers wait for a client that acknowledges nothing", async () => {
    await growsWithItsWork(5000, async (entries, watch) => {
      const server = withStations(1, { limits: { logRecords: 1024, holdMs: 600_000 } })
      const point = given(given(server.getStation(1)).addPoint({ ioAddress: 1, type: Type.M_SP_TB_1 }))
      const client = await started(server, { acknowledge: "never" })
      for (let n = 0; n < 1000; n++) {
        point.value = n % 2 === 0
        point.transmit(Cot.SPONTANEOUS)
      }
      const over: Promise<void>[] = []
      let free = 0
      await watch.step("they begin to wait", () => {
        for (let n = 0; n < entries; n++) over.push(server.room().then(() => void free++))
      })
      await watch.step("the client says something else meanwhile", async () => {
        for (let n = 0; n < entries / 100; n++) await client.answers()
      })
      expect(free).toBe(0)
      client.close()
      await watch.step("they go on", async () => void (await Promise.all(over)))
      await server.stop()
    })
  }, 60_000)
})
