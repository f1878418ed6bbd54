// Rows 1 to 20: the life of a server, its connections and its stations.
import { expect } from "vitest"
import { Cot, Server, Type, Umc } from "../../src/api/c104/index.ts"
import { connect, makeServer, startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsA.ts"
import { given, words } from "./support.ts"

const INTERROGATED = 20

row(1, async () => {
  const server = new Server()
  expect(server).toMatchObject({ ip: "0.0.0.0", port: 2404, tickRateMs: 100, selectTimeoutMs: 100, maxConnections: 0 })
  const any = makeServer({ ip: "0.0.0.0" })
  await any.start()
  expect(await (await connect(any.port)).answers()).toBe(true)
})

row(2, () => {
  expect(() => new Server({ tickRateMs: 49 })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }))
  expect(new Server({ tickRateMs: 50 }).tickRateMs).toBe(50)
})

row(3, async () => {
  const { server: first } = await startServer()
  const second = makeServer({ port: first.port })
  await expect(second.start()).rejects.toMatchObject({ code: "ADDRESS_IN_USE" })
  expect(second.isRunning).toBe(false)
  await first.stop()
  await second.start()
  expect(second.isRunning).toBe(true)
})

row(4, async () => {
  const server = makeServer()
  await server.stop()
  await server.start()
  const { port } = server
  await server.start()
  expect([server.isRunning, server.port]).toEqual([true, port])
  await server.stop()
  await server.stop()
  expect(server.isRunning).toBe(false)
})

row(5, async () => {
  const { server, station } = await startServer()
  const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 }))
  const [active, stopped] = [await startClient(server.port), await connect(server.port)]
  point.value = 7
  point.transmit(Cot.SPONTANEOUS)
  await server.stop()
  expect([await active.ended, await stopped.ended]).toEqual(["fin", "fin"])
  expect(active.transcript).toEqual(["STARTDT con", "type 11 cot 3 ca 1 oa 0 ioa 1"])
  expect(stopped.transcript).toEqual([])
  expect([server.openConnectionCount, server.activeConnectionCount]).toEqual([0, 0])
})

row(6, async () => {
  const { server, station } = await startServer()
  station.addPoint({ ioAddress: 5, type: Type.M_SP_NA_1 })
  await server.stop()
  await server.start()
  const client = await startClient(server.port)
  client.interrogate()
  expect((await client.next({ cot: INTERROGATED })).objects).toMatchObject([{ ioa: 5 }])
  expect(server.stations).toEqual([station])
})

row(7, async () => {
  const { server } = await startServer()
  const before = [await startClient(server.port), await connect(server.port)]
  await server.stop()
  await Promise.all(before.map((client) => client.ended))
  await server.start()
  expect([server.openConnectionCount, server.hasOpenConnections]).toEqual([0, false])
  await startClient(server.port)
  expect([server.openConnectionCount, server.activeConnectionCount]).toEqual([1, 1])
})

row(8, async () => {
  const { server } = await startServer({ tickRateMs: 200 })
  const { port } = server
  expect(server).toMatchObject({ ip: "127.0.0.1", tickRateMs: 200 })
  for (const change of [{ ip: "0.0.0.0" }, { port: 1 }, { tickRateMs: 100 }])
    expect(() => Object.assign(server, change), Object.keys(change).join()).toThrow(TypeError)
  expect(server).toMatchObject({ ip: "127.0.0.1", port, tickRateMs: 200 })
})

row(9, async () => {
  const { server } = await startServer({ ip: "localhost" })
  const client = await connect(server.port, { host: "localhost" })
  expect([server.ip, await client.answers()]).toEqual(["localhost", true])
})

row(10, async () => {
  const { server } = await startServer({ maxConnections: 2 })
  const asked: string[] = []
  server.onConnect((_, ip) => asked.push(ip) > 0)
  const served = [await startClient(server.port), await startClient(server.port)]
  const refused = await connect(server.port)
  await refused.ended
  expect([refused.octets, asked.length, server.openConnectionCount]).toEqual([0, 2, 2])
  expect(await served[0]?.answers()).toBe(true)
})

row(11, async () => {
  const { server } = await startServer({ maxConnections: 0 })
  const clients = await Promise.all(Array.from({ length: 150 }, () => startClient(server.port)))
  expect([server.openConnectionCount, server.activeConnectionCount]).toEqual([150, 150])
  expect(await clients.at(-1)?.answers()).toBe(true)
})

row(12, async () => {
  const { server } = await startServer()
  const clients = [await startClient(server.port), await startClient(server.port), await startClient(server.port)]
  server.maxConnections = 1
  await (await connect(server.port)).ended
  expect(await Promise.all(clients.map((client) => client.answers()))).toEqual([true, true, true])
  expect(server.openConnectionCount).toBe(3)
})

row(13, () => {
  const server = makeServer()
  for (const limit of [0, 1, 255, 256, 5000]) {
    server.maxConnections = limit
    expect(server.maxConnections).toBe(limit)
  }
  for (const limit of [-1, 1.5, Number.NaN]) {
    expect(() => Object.assign(server, { maxConnections: limit })).toThrow(
      /maxConnections: a whole number from 0 to 1000000 is required/
    )
    expect(() => new Server({ maxConnections: limit })).toThrow(/maxConnections/)
  }
  expect(server.maxConnections).toBe(5000)
})

row(14, async () => {
  const { server, events } = await startServer()
  const state = () => [
    server.openConnectionCount,
    server.activeConnectionCount,
    server.hasOpenConnections,
    server.hasActiveConnections
  ]
  expect(state()).toEqual([0, 0, false, false])
  const client = await connect(server.port)
  await events.next("connected")
  expect(state()).toEqual([1, 0, true, false])
  await client.startdt()
  expect(state()).toEqual([1, 1, true, true])
  await client.stopdt()
  expect(state()).toEqual([1, 0, true, false])
})

row(15, () => {
  const server = makeServer()
  expect(server.addStation(47)?.commonAddress).toBe(47)
  expect(server.addStation(47)).toBeNull()
})

row(16, () => {
  const server = makeServer()
  const station = server.addStation(47)
  expect([server.getStation(47), server.getStation(48), server.getStation(0)]).toEqual([station, null, null])
})

row(17, async () => {
  const { server } = await startServer()
  server.addStation(2)
  const causes: Umc[] = []
  server.onUnexpectedMessage((_, __, cause) => causes.push(cause))
  const client = await startClient(server.port)
  expect([server.removeStation(2), server.removeStation(2)]).toEqual([true, false])
  client.interrogate(2)
  expect(await words(client)).toEqual(["100/46-@2"])
  expect(causes).toEqual([Umc.UNKNOWN_CA])
})

row(18, () => {
  const server = makeServer()
  const added = [9, 3, 6].map((address) => given(server.addStation(address)))
  expect([server.hasStations, server.stations]).toEqual([true, added])
  server.stations.pop()
  expect(server.stations).toEqual(added)
})

row(19, async () => {
  const { server, station } = await startServer()
  station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
  const client = await startClient(server.port)
  const addresses = async (): Promise<unknown> => {
    const before = client.asdus({ cot: INTERROGATED }).length
    client.interrogate(0xffff)
    await client.next({ cot: Cot.ACTIVATION_TERMINATION, ca: given(server.stations.at(-1)).commonAddress })
    const data = client.asdus({ cot: INTERROGATED }).slice(before)
    return data.map(({ ca, objects }) => [ca, objects?.map(({ ioa }) => ioa)])
  }
  expect(await addresses()).toEqual([[1, [1]]])
  const other = given(server.addStation(2))
  other.addPoint({ ioAddress: 3, type: Type.M_SP_NA_1 })
  station.addPoint({ ioAddress: 2, type: Type.M_SP_NA_1 })
  station.removePoint(1)
  expect(await addresses()).toEqual([
    [1, [2]],
    [2, [3]]
  ])
  server.removeStation(2)
  expect(await addresses()).toEqual([[1, [2]]])
})

row(20, () => {
  const server = makeServer()
  const station = given(server.addStation(1))
  expect([station.server, station.isLocal]).toEqual([server, true])
  server.removeStation(1)
  expect([station.server, station.isLocal]).toEqual([null, false])
})
