// Rows 96 to 105: interrogations that are out of the ordinary: wrong headers, deactivation, test, size.
import { expect } from "vitest"
import { Cot, Type, Umc } from "../../src/api/c104/index.ts"
import { startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsA.ts"
import { given, word, words } from "./support.ts"

const { INTERROGATED_BY_STATION: DATA, ACTIVATION_TERMINATION: TERM } = Cot

/** A station with one point, what the application is told of requests, and a started client. */
const asked = async () => {
  const { server, station, events } = await startServer()
  const point = given(station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 }))
  let reads = 0
  point.onBeforeRead(() => {
    reads++
  })
  const causes: Umc[] = []
  server.onUnexpectedMessage((_, __, cause) => causes.push(cause))
  const client = await startClient(server.port)
  return { server, station, events, point, client, causes, reads: () => reads }
}

row(96, async () => {
  const { client, station, causes } = await asked()
  client.interrogate(1, { cot: Cot.DEACTIVATION })
  expect(await words(client)).toEqual(["100/9-@1"])
  expect(causes).toEqual([])
  for (let ioAddress = 1000; ioAddress < 5000; ioAddress += 2) station.addPoint({ ioAddress, type: Type.M_ME_NC_1 })
  const before = client.asdus().length
  client.interrogate()
  await client.next({ cot: DATA })
  client.interrogate(1, { cot: Cot.DEACTIVATION })
  await client.next({ cot: Cot.DEACTIVATION_CON, negative: false })
  await client.testfr()
  const answer = client.asdus().slice(before).map(word)
  expect([answer[0], answer.at(-1), answer.includes("100/10+@1")]).toEqual(["100/7+@1", "100/9+@1", false])
  expect(answer.length).toBeLessThan(2 + 2000 / 30)
})

row(97, async () => {
  const { client, causes, reads } = await asked()
  const wrong = [Cot.SPONTANEOUS, Cot.REQUEST, Cot.ACTIVATION_CON, TERM]
  for (const cot of wrong) client.interrogate(1, { cot })
  expect(await words(client)).toEqual(wrong.map(() => "100/45-@1"))
  expect([causes, reads()]).toEqual([wrong.map(() => Umc.INVALID_COT), 0])
})

row(98, async () => {
  const { client, causes, reads } = await asked()
  client.interrogate(1, { objects: [{ ioa: 7, qoi: 20 }] })
  expect(await words(client)).toEqual(["100/47-@1"])
  expect([causes, reads()]).toEqual([[Umc.UNKNOWN_IOA], 0])
})

row(99, async () => {
  const { client, causes, reads } = await asked()
  for (const ca of [2, 0]) client.interrogate(ca)
  expect(await words(client)).toEqual(["100/46-@2", "100/46-@0"])
  expect([causes, reads()]).toEqual([[Umc.UNKNOWN_CA, Umc.UNKNOWN_CA], 0])
})

row(100, async () => {
  const { client } = await asked()
  client.interrogate(1, { test: true })
  await client.next({ cot: TERM })
  client.interrogate()
  await client.next({ cot: TERM })
  expect(client.asdus().map(({ cot, test }) => [cot, test])).toEqual(
    [true, false].flatMap((test) => [Cot.ACTIVATION_CON, DATA, TERM].map((cot) => [cot, test]))
  )
})

row(101, async () => {
  const { client } = await asked()
  client.interrogate(1, { negative: true })
  await client.next({ cot: TERM })
  expect(await words(client)).toEqual(["100/7+@1", "1/20+@1", "100/10+@1"])
})

row(102, async () => {
  const { client, reads } = await asked()
  const object = { ioa: 0, qoi: 20 }
  client.interrogate(1, { sq: true, objects: [object] })
  client.interrogate(1, { objects: [object, object] })
  expect(await words(client)).toEqual(["100/7-@1", "100/7-@1"])
  expect(reads()).toBe(0)
})

row(103, async () => {
  const { server, events } = await asked()
  const wholes = ["64010600010000000014", "64010600010000"].map((hex) => Buffer.from(hex, "hex"))
  const short = given(wholes[0]).subarray(0, 9)
  for (const [count, asdu] of [short, given(wholes[1]), short.subarray(0, 4)].entries()) {
    const client = await startClient(server.port)
    client.send(Uint8Array.of(0x68, 4 + asdu.length, 0, 0, 0, 0, ...asdu))
    await client.ended
    expect([(await events.next("closed", count + 1)).reason, client.iFrames]).toEqual(["MALFORMED_ASDU", 0])
  }
})

row(104, async () => {
  const { client, station } = await asked()
  const addresses = Array.from({ length: 6000 }, (_, index) => 10_000 + 2 * index)
  for (const ioAddress of addresses) station.addPoint({ ioAddress, type: Type.M_ME_TF_1 })
  client.interrogate()
  await client.next({ cot: TERM, negative: false })
  const sent = client.asdus({ typeId: Type.M_ME_TF_1, cot: DATA })
  expect(sent.flatMap(({ objects }) => objects?.map(({ ioa }) => ioa))).toEqual(addresses)
  expect(client.octets).toBeGreaterThan(3 * 25_800)
})

row(105, async () => {
  const { server, station } = await startServer({ tickRateMs: 50 })
  given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1, reportMs: 300 }))
  const client = await startClient(server.port)
  const startMs = performance.now()
  while (client.asdus({ cot: Cot.PERIODIC }).length < 3 && performance.now() - startMs < 4000) {
    client.interrogate()
    await client.next({ cot: TERM })
  }
  const tookMs = performance.now() - startMs
  // The first one may come at once; the period alone decides on the others.
  expect(tookMs).toBeGreaterThan(500)
  expect(tookMs).toBeLessThan(3500)
})
