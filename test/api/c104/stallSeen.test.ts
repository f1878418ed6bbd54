// A command that waited while this process stood still is refused whatever notices that it did: in the turn of the loop in which
// another client's input shows it, the command may not have been read yet.
import * as Net from "node:net"
import { Worker } from "node:worker_threads"
import { expect, it, onTestFinished } from "vitest"
import { ResponseState, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import { contents, security } from "../../support/certificates.ts"
import { startClient, startServer } from "../../support/Stage.ts"

const block = (ms: number): void => {
  for (const untilMs = performance.now() + ms; performance.now() < untilMs; );
}

// Three clients in a thread of their own. What the second and the third say is read in one turn; the first speaks meanwhile.
const thread = `
  const { parentPort, workerData } = require("node:worker_threads")
  const { port, secure, connects } = workerData
  const net = require("node:net"), tls = require("node:tls")
  const said = (hex) => Buffer.from(hex, "hex")
  const connect = () => new Promise((resolve) => {
    const socket = secure === null ? net.connect(port, "127.0.0.1") : tls.connect({ ...secure, port, host: "127.0.0.1" })
    socket.setNoDelay(true)
    socket.on("error", () => {})
    socket.once("data", () => resolve(socket))
    socket.once(secure === null ? "connect" : "secureConnect", () => socket.write(said("680407000000")))
  })
  const begin = async () => {
    const [first, second, third] = [await connect(), await connect(), await connect()]
    let answer = Buffer.alloc(0)
    first.on("data", (octets) => {
      answer = Buffer.concat([answer, octets])
      if (answer.length >= 16) parentPort.postMessage(answer.toString("hex"))
    })
    parentPort.once("message", () => {
      second.write(said("680e000000002d01060001000a000001"))
      if (connects) net.connect(port, "127.0.0.1").on("error", () => {})
      else third.write(said("680443000000"))
      setTimeout(() => first.write(said("680e000000002d010600010014000001")), 300)
    })
    parentPort.postMessage("ready")
  }
  begin()
`

it.each<[string, ServerOptions, boolean]>([
  ["a client that says something", {}, false],
  ["a client that connects", {}, true],
  ["a client that says something over TLS", { transportSecurity: security() }, false]
])(
  "%s shows first that the process stood still",
  async (_, options, connects) => {
    const { server, station, events } = await startServer(options)
    server.protocolParameters.update({ confirmInterval: 1, messageTimeout: 2, connectionTimeout: 2 })
    const operated: number[] = []
    station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(() => {
      block(2600)
      return ResponseState.SUCCESS
    })
    station.addPoint({ ioAddress: 20, type: Type.C_SC_NA_1 })?.onReceive(({ ioAddress }) => {
      operated.push(ioAddress)
      return ResponseState.SUCCESS
    })
    const secure =
      options.transportSecurity === undefined
        ? null
        : { cert: contents("first.pem"), key: contents("first.key"), rejectUnauthorized: false }
    const worker = new Worker(thread, { eval: true, workerData: { port: server.port, secure, connects } })
    onTestFinished(async () => void (await worker.terminate()))
    const next = () => new Promise((resolve) => worker.once("message", resolve))
    await next()
    worker.postMessage("go")
    setImmediate(() => block(60))
    expect(await next()).toMatch(/^680e........2d014700010014000001/)
    expect([operated, events.of("rejected").map(({ situation }) => situation)]).toEqual([[], ["stale"]])
  },
  15_000
)

it("again, where connections have come in every turn since it stood still before", async () => {
  const { server, station, events } = await startServer({ profile: "iec" })
  server.protocolParameters.update({ confirmInterval: 1, messageTimeout: 2, connectionTimeout: 2 })
  let operated = 0
  station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(() => {
    operated++
    return ResponseState.SUCCESS
  })
  const client = await startClient(server.port)
  let isOver = false
  const comeAndGo = (): void => {
    const socket = Net.connect(server.port, "127.0.0.1", () => socket.destroy())
    socket.on("error", () => {})
    if (!isOver) setImmediate(comeAndGo)
  }
  block(2500)
  comeAndGo()
  onTestFinished(() => {
    isOver = true
  })
  for (let turn = 0; turn < 2200; turn++) await new Promise((resolve) => setImmediate(resolve))
  // More than is read of a connection in a turn.
  const count = 300
  for (let i = 0; i < count; i++) client.command(Type.C_SC_NA_1, 10, { scs: true })
  block(2500)
  await client.until(() => client.asdus({ cot: 7, negative: true }).length === count)
  expect([operated, events.of("closed").filter(({ reason }) => reason.startsWith("T1"))]).toEqual([0, []])
  // Nobody is refused for ever for that.
  for (let turn = 0; turn < 2200; turn++) await new Promise((resolve) => setImmediate(resolve))
  const later = await startClient(server.port)
  later.command(Type.C_SC_NA_1, 10, { scs: true })
  await later.next({ typeId: 45, cot: 7 })
  expect(operated).toBe(1)
}, 30_000)
