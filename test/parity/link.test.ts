// Rows 56 to 74: the link on the wire.
import { expect } from "vitest"
import { Cot, Type } from "../../src/api/c104/index.ts"
import { connect, startClient, startServer } from "../support/Stage.ts"
import { measured, numbers, quiet } from "./linkSupport.ts"
import { row } from "./rowsA.ts"
import { given, pass } from "./support.ts"

const [STARTDT_CON, STOPDT_CON, TESTFR_ACT, TESTFR_CON] = ["STARTDT con", "STOPDT con", "TESTFR act", "TESTFR con"]

row(56, async () => {
  const { server } = await startServer()
  const client = await connect(server.port)
  client.u("STARTDT act")
  await client.next(STARTDT_CON)
  expect([server.activeConnectionCount, client.transcript]).toEqual([1, [STARTDT_CON]])
})

row(57, async () => {
  const { server } = await startServer()
  const client = await startClient(server.port)
  await client.startdt()
  expect([server.activeConnectionCount, client.transcript]).toEqual([1, [STARTDT_CON, STARTDT_CON]])
  await client.stopdt()
  expect(server.activeConnectionCount).toBe(0)
})

row(58, async () => {
  const { server } = await startServer()
  const [client, never] = [await startClient(server.port), await connect(server.port)]
  for (const one of [client, never]) {
    one.u("STOPDT act")
    await one.next(STOPDT_CON, 500)
  }
  expect(client.transcript).toEqual([STARTDT_CON, STOPDT_CON])
})

row(59, async () => {
  const { server, client, send } = await measured()
  send(2)
  await client.until(() => client.iFrames === 2)
  client.u("STOPDT act")
  await client.testfr()
  expect([server.activeConnectionCount, client.transcript.includes(STOPDT_CON)]).toEqual([0, false])
  client.acknowledge()
  await client.next(STOPDT_CON)
})

row(60, async () => {
  const { server } = await startServer()
  const client = await startClient(server.port)
  client.send(quiet(client))
  client.send(quiet(client))
  client.u("STOPDT act")
  await client.next(STOPDT_CON)
  expect(client.transcript).toEqual([STARTDT_CON, "S", STOPDT_CON])
  expect(numbers(given(client.frames[1]))[1]).toBe(2)
})

row(61, async () => {
  const { server } = await startServer()
  const client = await connect(server.port)
  await client.testfr()
  await client.startdt()
  await client.testfr()
  expect(client.transcript).toEqual([TESTFR_CON, STARTDT_CON, TESTFR_CON])
})

row(62, async () => {
  const { server, events } = await startServer()
  const client = await connect(server.port)
  client.interrogate()
  await client.ended
  expect([(await events.next("closed")).reason, client.octets]).toEqual(["DATA_IN_STOPPED", 0])
})

row(63, async () => {
  const { server, events } = await startServer()
  const client = await connect(server.port)
  client.acknowledge()
  await client.ended
  expect([(await events.next("closed")).reason, client.octets]).toEqual(["DATA_IN_STOPPED", 0])
})

row(64, async () => {
  const { server, events } = await startServer()
  for (const [count, wrong] of [0x7fff, 1].entries()) {
    const client = await startClient(server.port)
    client.sendNumber = wrong
    client.interrogate()
    await client.ended
    expect([(await events.next("closed", count + 1)).reason, client.iFrames]).toEqual(["SEQUENCE_NS", 0])
  }
})

row(65, async () => {
  const { server, events } = await startServer({ packEvents: false })
  const client = await startClient(server.port)
  client.receiveNumber = 1
  client.acknowledge()
  await client.ended
  expect((await events.next("closed")).reason).toBe("SEQUENCE_NR")
  // What was acknowledged cannot be taken back.
  const back = await measured()
  back.send(2)
  await back.client.until(() => back.client.iFrames === 2)
  back.client.acknowledge()
  await back.client.testfr()
  back.client.receiveNumber = 1
  back.client.acknowledge()
  await back.client.ended
  expect((await back.events.next("closed")).reason).toBe("SEQUENCE_NR")
})

row(66, async () => {
  const { server, events } = await startServer()
  const cases = [
    ["690443000000", "BAD_START"],
    ["680343000000", "BAD_LENGTH"],
    ["68054300000000", "BAD_LENGTH"],
    ["68fe43000000", "BAD_LENGTH"]
  ] as const
  for (const [count, [hex, reason]] of cases.entries()) {
    const client = await connect(server.port)
    client.send(Buffer.from(hex, "hex"))
    await client.ended
    expect([hex, (await events.next("closed", count + 1)).reason]).toEqual([hex, reason])
  }
})

row(67, async () => {
  const { server, events } = await startServer()
  for (const [count, first] of [0x03, 0x47].entries()) {
    const client = await connect(server.port)
    client.send(Uint8Array.of(0x68, 4, first, 0, 0, 0))
    await client.ended
    expect([(await events.next("closed", count + 1)).reason, client.octets]).toEqual(["BAD_CONTROL_FIELD", 0])
  }
})

row(68, async () => {
  const { client, send } = await measured()
  send(40)
  for (const [so, far] of [
    [12, 12],
    [24, 24],
    [36, 36],
    [40, 40]
  ]) {
    await client.until(() => client.iFrames >= given(so))
    await client.testfr()
    expect(client.iFrames).toBe(far)
    client.acknowledge()
  }
})

row(69, async () => {
  const { server } = await startServer()
  const client = await startClient(server.port)
  for (let sent = 0; sent < 7; sent++) client.send(quiet(client))
  await client.testfr()
  expect(client.transcript).toEqual([STARTDT_CON, TESTFR_CON])
  client.send(quiet(client))
  await client.next("S", 500)
  expect(numbers(given(client.frames.at(-1)))[1]).toBe(8)
})

row(70, async () => {
  const { server } = await startServer()
  server.protocolParameters.confirmInterval = 1
  const client = await startClient(server.port)
  const startMs = performance.now()
  client.send(quiet(client))
  await pass(500)
  client.send(quiet(client))
  await client.next("S")
  const tookMs = performance.now() - startMs
  expect(tookMs).toBeGreaterThan(950)
  expect(tookMs).toBeLessThan(4000)
  expect(numbers(given(client.frames.at(-1)))[1]).toBe(2)
})

row(71, async () => {
  const { server, client, send } = await measured()
  server.protocolParameters.confirmInterval = 1
  client.send(quiet(client))
  client.send(quiet(client))
  await client.testfr()
  send()
  await client.next({ cot: Cot.SPONTANEOUS })
  expect(numbers(given(client.frames.at(-1)))).toEqual([0, 2])
  await pass(1200)
  expect(client.transcript).not.toContain("S")
})

row(72, async () => {
  const { server, events, client, send } = await measured()
  server.protocolParameters.messageTimeout = 1
  send()
  await client.next({ cot: Cot.SPONTANEOUS })
  const startMs = performance.now()
  await client.ended
  const tookMs = performance.now() - startMs
  expect(tookMs).toBeGreaterThan(900)
  expect(tookMs).toBeLessThan(4000)
  expect((await events.next("closed")).reason).toBe("T1_IFRAME")
})

row(73, async () => {
  const { server, events } = await startServer()
  server.protocolParameters.keepAliveInterval = 1
  server.protocolParameters.messageTimeout = 1
  const [dead, alive] = [await connect(server.port), await connect(server.port)]
  dead.answersTests = false
  const startMs = performance.now()
  await dead.next(TESTFR_ACT)
  const testedMs = performance.now()
  await dead.ended
  expect(testedMs - startMs).toBeGreaterThan(900)
  expect(performance.now() - testedMs).toBeGreaterThan(900)
  expect((await events.next("closed")).reason).toBe("T1_TESTFR")
  expect([dead.transcript, server.openConnectionCount, await alive.answers()]).toEqual([[TESTFR_ACT], 1, true])
})

row(74, async () => {
  const { server } = await startServer()
  const expected = { sent: 0, received: 0 }
  const wrong: unknown[] = []
  const client = await startClient(server.port, {
    keep: false,
    onFrame: (apdu) => {
      if (((apdu[2] as number) & 1) !== 0) return
      const [sent] = numbers(apdu)
      if (sent !== expected.sent) wrong.push([sent, expected.sent])
      expected.sent = (expected.sent + 1) & 0x7fff
    }
  })
  // Each request is refused by one I frame, so that the numbers of both directions wrap.
  const all = 33_000
  for (let requests = 0; requests < all; requests += 100) {
    for (let i = 0; i < 100; i++) client.command(Type.C_SC_NA_1, 1, { scs: true })
    await client.until(() => client.iFrames === requests + 100)
  }
  expect([wrong, client.iFrames, client.sendNumber, client.receiveNumber]).toEqual([
    [],
    all,
    all - 32_768,
    all - 32_768
  ])
  expect(await client.answers()).toBe(true)
})
