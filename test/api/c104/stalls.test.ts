// Commands that waited in the input while this process stood still for t1 or longer: nobody knows how old they are, so they
// are refused. What comes after is taken as ever.
import { Worker } from "node:worker_threads"
import { describe, expect, it, onTestFinished } from "vitest"
import { CommandMode, ResponseState, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import { connectSecure, secure, security } from "../../support/certificates.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { connect, deferred, startClient, startServer } from "../../support/Stage.ts"

const block = (ms: number): void => {
  for (const untilMs = performance.now() + ms; performance.now() < untilMs; );
}

it.each([
  ["one", 1],
  ["more than a connection's share of a turn", 300]
])("%s", async (_, count) => {
  const { server, station, events } = await startServer({ profile: "iec" })
  server.protocolParameters.messageTimeout = 2
  server.protocolParameters.confirmInterval = 1
  const values: unknown[] = []
  station.addPoint({ ioAddress: 10, type: Type.C_SE_NB_1 })?.onReceive((_point, _previous, { info }) => {
    values.push(Number(info?.value))
    return ResponseState.SUCCESS
  })
  const [client, other] = [await startClient(server.port), await startClient(server.port)]
  const said = (value: number) => client.i({ typeId: 49, cot: 6, ca: 1, objects: [{ ioa: 10, value, ql: 0 }] })
  client.send(Buffer.concat(Array.from({ length: count }, () => said(1))))
  block(2500)
  await client.until(() => client.asdus({ negative: true }).length === count)
  expect([values, events.of("closed")]).toEqual([[], []])
  client.send(said(2))
  await client.next({ cot: 10 })
  other.command(Type.C_SE_NB_1, 10, { value: 3, ql: 0 })
  await other.next({ cot: 10 })
  expect(values).toEqual([2, 3])
})

it("neither is a clock set, a counter frozen, a parameter loaded or a point selected by a request that waited", async () => {
  const { server, station, events } = await startServer()
  server.protocolParameters.messageTimeout = 2
  server.protocolParameters.confirmInterval = 1
  const called: string[] = []
  const note = (what: string) => () => {
    called.push(what)
    return ResponseState.SUCCESS
  }
  server.onClockSync(note("clock"))
  server.onReset(note("reset"))
  server.onParameter(note("parameter"))
  const counter = station.addPoint({ ioAddress: 30, type: Type.M_IT_NA_1 })
  if (counter !== null) counter.value = 7
  station.addPoint({ ioAddress: 20, type: Type.M_ME_NA_1 })
  station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1, commandMode: CommandMode.SELECT_AND_EXECUTE })
  const client = await startClient(server.port)
  const asdus = [
    [103, 1, 6, 0, 1, 0, 0, 0, 0, 0, 0, 0, 12, 1, 1, 26],
    [101, 1, 6, 0, 1, 0, 0, 0, 0, 0x85],
    [105, 1, 6, 0, 1, 0, 0, 0, 0, 2],
    [110, 1, 6, 0, 1, 0, 20, 0, 0, 0, 0, 1],
    [45, 1, 6, 0, 1, 0, 11, 0, 0, 0x81]
  ]
  const frames = asdus.map((asdu) => Uint8Array.of(0x68, 4 + asdu.length, client.sendNumber++ << 1, 0, 0, 0, ...asdu))
  client.send(Buffer.concat(frames))
  block(2500)
  await client.until(() => client.asdus({ cot: 7, negative: true }).length === asdus.length)
  expect([called, counter?.value]).toEqual([[], 7])
  expect(events.of("rejected").map(({ situation }) => situation)).toEqual(asdus.map(() => "stale"))
  client.send(Uint8Array.of(0x68, 20, client.sendNumber++ << 1, 0, 0, 0, ...(asdus[0] as number[])))
  await client.next({ typeId: 103, negative: false })
  expect(called).toEqual(["clock"])
})

it("what stands behind a STOPDT in a segment that waited is as old", async () => {
  const { server, station, events } = await startServer()
  server.protocolParameters.messageTimeout = 2
  server.protocolParameters.confirmInterval = 1
  const values: unknown[] = []
  station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(() => new Promise(() => {}))
  station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1 })?.onReceive(({ value }) => {
    values.push(value)
    return ResponseState.SUCCESS
  })
  const client = await startClient(server.port)
  client.command(Type.C_SC_NA_1, 10, { scs: true })
  await client.testfr()
  const again = client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 11, scs: true }] })
  client.send(Buffer.concat([Uint8Array.of(0x68, 4, 0x13, 0, 0, 0), Uint8Array.of(0x68, 4, 7, 0, 0, 0), again]))
  block(2500)
  await client.next({ typeId: 45 })
  expect([values, events.of("rejected").map(({ situation }) => situation)]).toEqual([[], ["stale"]])
})

// A client of its own thread: it connects while this one stands still, and says all it has in one segment.
const thread = `
  const { parentPort, workerData } = require("node:worker_threads")
  const net = require("node:net")
  parentPort.postMessage("ready")
  setTimeout(() => {
    const socket = net.connect(workerData.port, "127.0.0.1", () => socket.write(Buffer.from(workerData.octets)))
    socket.on("data", (octets) => parentPort.postMessage(octets))
    socket.on("error", () => {})
  }, 300)
`

it.each([
  ["another client is connected", true, false],
  ["nobody else is connected", false, false],
  ["connections are asked for", false, true]
])(
  "what a client says that connected meanwhile is as old, where %s",
  async (_, accompanied, asked) => {
    const { server, station, events } = await startServer({ profile: "iec" })
    server.protocolParameters.messageTimeout = 2
    server.protocolParameters.confirmInterval = 1
    const values: unknown[] = []
    station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(({ value }) => {
      values.push(value)
      return ResponseState.SUCCESS
    })
    if (asked) server.onConnect(async () => new Promise((resolve) => setTimeout(() => resolve(true), 50)))
    if (accompanied) await startClient(server.port)
    const command = [0x68, 14, 0, 0, 0, 0, 45, 1, 6, 0, 1, 0, 10, 0, 0, 1]
    const octets = [0x68, 4, 7, 0, 0, 0, ...command]
    const worker = new Worker(thread, { eval: true, workerData: { port: server.port, octets } })
    onTestFinished(async () => void (await worker.terminate()))
    await new Promise((resolve) => worker.once("message", resolve))
    block(2700)
    await events.next("rejected")
    expect([values, events.of("rejected").map(({ situation }) => situation)]).toEqual([[], ["stale"]])
    // Who comes after that is served as ever.
    server.onConnect(null)
    const later = await startClient(server.port)
    later.command(Type.C_SC_NA_1, 10, { scs: true })
    await later.next({ cot: 10 })
    expect(values).toEqual([true])
  },
  15_000
)

/** A server with the command 10 whose t1 is 2 s, and what its handler was told. */
const commanded = async (options: ServerOptions = {}) => {
  const { server, station, events } = await startServer({ profile: "iec", ...options })
  server.protocolParameters.messageTimeout = 2
  server.protocolParameters.confirmInterval = 1
  const values: unknown[] = []
  station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(({ value }) => {
    values.push(value)
    return ResponseState.SUCCESS
  })
  const refused = async (client: RawClient) => {
    await client.next({ typeId: 45, cot: 7, negative: true })
    expect([values, events.of("rejected").map(({ situation }) => situation)]).toEqual([[], ["stale"]])
    // What comes after that is as new as ever.
    await new Promise((resolve) => setTimeout(resolve, 50))
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    await client.next({ cot: 10 })
    expect(values).toEqual([true])
  }
  return { server, refused }
}

describe("what a client says first is as old as it may be", () => {
  it.each([
    ["while the process stood still", () => block(2500), 30],
    ["for as long as t1", () => {}, 2500]
  ])(
    "where its admission was decided %s",
    async (_, meanwhile, laterMs) => {
      const { server, refused } = await commanded()
      const admission = deferred<boolean>()
      server.onConnect(() => admission.promise)
      const client = await connect(server.port)
      client.u("STARTDT act")
      client.command(Type.C_SC_NA_1, 10, { scs: true })
      await new Promise((resolve) => setTimeout(resolve, 100))
      meanwhile()
      await new Promise((resolve) => setTimeout(resolve, laterMs))
      admission.resolve(true)
      await refused(client)
    },
    15_000
  )

  it.each([
    ["TLSv1.3", false],
    ["TLSv1.2", true]
  ] as const)(
    "where it waited with the end of its handshake while the process stood still (%s, resumed: %s)",
    async (version, resumed) => {
      const { server, refused } = await commanded({ transportSecurity: security() })
      const options = { minVersion: version, maxVersion: version }
      let session: Buffer | undefined
      if (resumed) session = (await secure(server.port, "first", options)).getSession()
      const client = await connectSecure(
        server.port,
        "first",
        session === undefined ? options : { ...options, session }
      )
      client.u("STARTDT act")
      client.command(Type.C_SC_NA_1, 10, { scs: true })
      block(2500)
      await refused(client)
    },
    15_000
  )
})
