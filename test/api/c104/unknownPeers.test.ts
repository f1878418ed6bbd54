// A client that connects, says something and resets before its connection was accepted: what it said lies there, and
// nobody knows any more who said it. Whoever guards by address cannot be asked about nobody, and nobody operates anything.
import { Worker } from "node:worker_threads"
import { describe, expect, it } from "vitest"
import { ResponseState, type Server, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import { security } from "../../support/certificates.ts"
import { record, startClient, startServer } from "../../support/Stage.ts"

/** STARTDT and a single command to address 10, in one write. */
const SAID = "680407000000680e000000002d01060001000a000001"

/** Connects, says it and resets, so many times, then says that it has done. */
const hitAndRun = `
const { workerData: { port, said, times, done } } = require("node:worker_threads")
const Net = require("node:net")
const octets = Buffer.from(said, "hex")
const next = (left) => {
  if (left === 0) {
    Atomics.store(done, 0, 2)
    Atomics.notify(done, 0)
    return
  }
  const socket = Net.connect(port, "127.0.0.1", () => socket.write(octets, () => socket.resetAndDestroy()))
  socket.on("error", () => {})
  socket.on("close", () => next(left - 1))
}
Atomics.wait(done, 0, 0)
next(times)
`

/** Clients come and go while this thread, and with it the server, does nothing else: none is accepted before it has gone. */
const unaccepted = async (port: number, times: number, said = SAID): Promise<void> => {
  const done = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(hitAndRun, { eval: true, workerData: { port, said, times, done } })
  // A worker is born only while this thread runs; then it needs nobody.
  await new Promise((resolve) => worker.once("online", resolve))
  Atomics.store(done, 0, 1)
  Atomics.notify(done, 0)
  Atomics.wait(done, 0, 1, 5000)
  await worker.terminate()
}

/** A server with an output, and who was asked and told. */
const plant = async (options: ServerOptions = {}, prepare: (server: Server) => void = () => {}) => {
  const { server, station } = await startServer(options)
  prepare(server)
  const events = record(server)
  const operated: unknown[] = []
  station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive((_, __, { connection }) => {
    operated.push(connection?.ip)
    return ResponseState.SUCCESS
  })
  return { server, events, operated }
}

const REFUSED = { address: "", port: 0, why: "it was reset before it was accepted" }
const TIMES = 5

describe("a connection that was reset before it was accepted", () => {
  it.each(["127.0.0.1", "::"])("is not served, and is told as refused, at %s", async (ip) => {
    const { server, events, operated } = await plant({ ip })
    await unaccepted(server.port, TIMES)
    await events.next("refused", TIMES)
    expect(events.of("refused")).toMatchObject(Array(TIMES).fill(REFUSED))
    const client = await startClient(server.port)
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    await client.next({ cot: 10 })
    // Whoever was accepted first was known first.
    expect([operated, events.of("connected").length, server.openConnectionCount]).toEqual([["127.0.0.1"], 1, 1])
  })

  it("is not asked about: a list of who may not come holds", async () => {
    const asked: string[] = []
    const { server, events, operated } = await plant({}, (it) =>
      it.onConnect((_, ip) => {
        asked.push(ip)
        return ip !== "127.0.0.1"
      })
    )
    await unaccepted(server.port, TIMES)
    await events.next("refused", TIMES)
    expect([asked, operated, events.of("connected")]).toEqual([[], [], []])
  })

  it("takes no place of a TLS handshake", async () => {
    const { server, events } = await plant({ transportSecurity: security() })
    await unaccepted(server.port, TIMES, "160301")
    await events.next("refused", TIMES)
    expect(events.of("refused")).toMatchObject(Array(TIMES).fill(REFUSED))
  })

  it("is not counted among those that are open", async () => {
    const { server, events } = await plant({ maxConnections: 1 })
    await startClient(server.port)
    await unaccepted(server.port, TIMES)
    await events.next("refused", TIMES)
    expect(events.of("refused")).toMatchObject(Array(TIMES).fill(REFUSED))
  })
})
