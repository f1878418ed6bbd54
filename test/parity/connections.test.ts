// Rows 75 to 82: several clients, the callbacks of connections, parameters while connections are open, latency.
import { expect } from "vitest"
import { Cot, Type } from "../../src/api/c104/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { connect, startClient, startServer } from "../support/Stage.ts"
import { measured, numbers, quiet } from "./linkSupport.ts"
import { row } from "./rowsA.ts"
import { given, pass } from "./support.ts"

row(75, async () => {
  const { server, station } = await startServer({ packEvents: false })
  const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 }))
  const first = await startClient(server.port)
  point.transmit(Cot.SPONTANEOUS)
  point.transmit(Cot.SPONTANEOUS)
  await first.until(() => first.iFrames === 2)
  const second = await startClient(server.port)
  point.transmit(Cot.SPONTANEOUS)
  await Promise.all([first.until(() => first.iFrames === 3), second.until(() => second.iFrames === 1)])
  const last = (client: RawClient) => numbers(given(client.frames.at(-1)))[0]
  expect([server.activeConnectionCount, last(first), last(second)]).toEqual([2, 2, 0])
})

row(76, async () => {
  const { server } = await startServer()
  server.onConnect(() => false)
  const client = await connect(server.port)
  await client.ended
  expect([client.octets, server.openConnectionCount]).toEqual([0, 0])
})

row(77, async () => {
  const { server } = await startServer()
  const told: unknown[] = []
  server.onConnect((which, ip) => {
    told.push([which === server, ip])
    return true
  })
  await startClient(server.port)
  expect(told).toEqual([[true, "127.0.0.1"]])
})

row(78, async () => {
  const { server } = await startServer()
  const errors: string[] = []
  server.onError((_, error) => errors.push(error.code))
  const outcomes = [
    () => {
      throw new Error("the guard broke")
    },
    () => Promise.reject(new Error("the guard broke later"))
  ]
  for (const outcome of outcomes) {
    server.onConnect(outcome)
    for (let tries = 0; tries < 2; tries++) {
      const client = await connect(server.port)
      await client.ended
      expect(client.octets).toBe(0)
    }
  }
  expect([errors, server.openConnectionCount]).toEqual([Array(4).fill("CALLBACK_FAILED"), 0])
})

row(79, async () => {
  const { server } = await startServer()
  const [received, sent]: [string[], string[]] = [[], []]
  server.onReceiveRaw((_, data) => received.push(Buffer.from(data).toString("hex")))
  server.onSendRaw((_, data) => sent.push(Buffer.from(data).toString("hex")))
  const client = await startClient(server.port)
  client.interrogate()
  await client.next({ cot: Cot.ACTIVATION_TERMINATION })
  client.acknowledge()
  await client.testfr()
  client.send(quiet(client))
  await client.stopdt()
  expect(sent).toEqual(client.frames.map((apdu) => Buffer.from(apdu).toString("hex")))
  expect(received).toEqual([
    "680407000000",
    "680e0000000064010600010000000014",
    "680401000400",
    "680443000000",
    "680e020004002d012c00010001000001",
    "680413000000"
  ])
})

row(80, async () => {
  const { server, events, client: old, send } = await measured()
  const { protocolParameters } = server
  protocolParameters.sendWindowSize = 2
  protocolParameters.receiveWindowSize = 1
  const young = await startClient(server.port, { acknowledge: "never" })
  send(20)
  await old.until(() => old.iFrames === 12)
  await Promise.all([old.testfr(), young.testfr()])
  expect([old.iFrames, young.iFrames]).toEqual([12, 2])
  old.send(quiet(old))
  await old.next("S", 500)
  protocolParameters.update({ receiveWindowSize: 8, confirmInterval: 1, messageTimeout: 3, keepAliveInterval: 1 })
  const before = old.frames.length
  old.acknowledge()
  old.send(quiet(old))
  await old.until(() => ["S", "TESTFR act"].every((one) => old.transcript.slice(before).includes(one)), 2800)
  expect(await young.ended).toBe("fin")
  expect((await events.next("closed")).reason).toBe("T1_IFRAME")
})

row(81, async () => {
  const { server, station } = await startServer()
  station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
  const client = await connect(server.port)
  const startdt = Uint8Array.of(0x68, 4, 0x07, 0, 0, 0)
  const interrogation = client.i({ typeId: 100, cot: Cot.ACTIVATION, ca: 1, objects: [{ ioa: 0, qoi: 20 }] })
  const octets = Buffer.concat([startdt, interrogation])
  for (const octet of octets) {
    client.send(Uint8Array.of(octet))
    await pass(2)
  }
  await client.next({ cot: Cot.ACTIVATION_TERMINATION })
  const tests = Buffer.concat(Array.from({ length: 5 }, () => Uint8Array.of(0x68, 4, 0x43, 0, 0, 0)))
  client.send(tests.subarray(0, 15))
  await client.until(() => client.tests === 2)
  client.send(tests.subarray(15))
  await client.until(() => client.tests === 5)
})

row(82, async () => {
  const { server, station } = await startServer()
  const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 }))
  const client = await startClient(server.port, { acknowledge: 1 })
  const tookMs: number[] = []
  for (let round = 0; round < 40; round++) {
    await pass(7)
    const startMs = performance.now()
    point.transmit(Cot.SPONTANEOUS)
    await client.next({ cot: Cot.SPONTANEOUS })
    tookMs.push(performance.now() - startMs)
  }
  const sorted = tookMs.sort((a, b) => a - b)
  expect(sorted[20]).toBeLessThan(20)
  expect(sorted[35]).toBeLessThan(100)
})
