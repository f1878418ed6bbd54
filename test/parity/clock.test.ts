// Parity with c104: clock synchronisation, test, reset and delay acquisition.
import { describe, expect } from "vitest"
import { type DateTime, ResponseState, Type } from "../../src/api/c104/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { makeServer, startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsB.ts"
import { given } from "./support.ts"
import { answers, brief, object, said, sendOctets, TIME, TIME_MS, unexpected } from "./wire.ts"

const { SUCCESS, FAILURE, NONE } = ResponseState
const { C_CS_NA_1, C_TS_NA_1, C_RP_NA_1, C_CD_NA_1, C_TS_TA_1 } = Type

/** Accepts a request and notes what was asked. */
const accept = (calls: unknown[], call: unknown): ResponseState => {
  calls.push(call)
  return SUCCESS
}

const started = async () => {
  const { server, station, events } = await startServer()
  return { server, station, events, told: unexpected(server), client: await startClient(server.port) }
}

/** Sends C_CS_NA_1 with a time that differs from {@link TIME} in some fields. */
const synchronise = (client: RawClient, time = {}, fields = {}, ioa = 0): void =>
  client.send(client.i({ typeId: C_CS_NA_1, cot: 6, ca: 1, objects: [{ ioa, time: { ...TIME, ...time } }], ...fields }))

describe("clock synchronisation", () => {
  row(121, async () => {
    const { client } = await started()
    const year = new Date().getUTCFullYear() % 100
    synchronise(client)
    expect(await answers(client)).toMatchObject([
      { typeId: C_CS_NA_1, cot: 7, negative: false, objects: [{ ioa: 0, time: { year, iv: false } }] }
    ])
    expect(year).not.toBe(TIME.year)
  })

  row(122, async () => {
    const { server, client } = await started()
    const asked: unknown[] = []
    const times: DateTime[] = []
    server.onClockSync((which, ip, dateTime) => {
      asked.push(which, ip)
      times.push(dateTime)
      return SUCCESS
    })
    synchronise(client)
    synchronise(client, { gen: true })
    expect(await said(client)).toEqual(["103 7+", "103 7+"])
    expect(asked).toEqual([server, "127.0.0.1", server, "127.0.0.1"])
    expect(times.map(({ epochMs, invalid, substituted }) => [epochMs, invalid, substituted])).toEqual([
      [TIME_MS, false, false],
      [TIME_MS, false, true]
    ])
  })

  row(123, async () => {
    const { server, client } = await started()
    server.onClockSync(() => FAILURE)
    synchronise(client)
    expect(await said(client)).toEqual(["103 7-"])
    server.onClockSync(() => NONE)
    synchronise(client)
    expect(await said(client)).toEqual([])
  })

  row(124, async () => {
    const { server, client } = await started()
    synchronise(client)
    server.onClockSync(() => FAILURE)
    server.onClockSync(null)
    synchronise(client)
    expect(await said(client)).toEqual(["103 7+", "103 7+"])
  })

  row(125, async () => {
    const server = makeServer()
    for (const ca of [5, 3, 9]) server.addStation(ca)
    await server.start()
    const calls: unknown[] = []
    server.onClockSync((...call) => accept(calls, call))
    const client = await startClient(server.port)
    synchronise(client, {}, { ca: 0xffff })
    const heard = await answers(client)
    expect([heard.map(brief), heard.map(({ ca }) => ca), calls.length]).toEqual([
      ["103 7+", "103 7+", "103 7+"],
      [5, 3, 9],
      1
    ])
  })

  row(126, async () => {
    const { server, client } = await started()
    const calls: unknown[] = []
    server.onClockSync((...call) => accept(calls, call))
    for (const cot of [3, 5, 8]) synchronise(client, {}, { cot })
    expect([await said(client), calls]).toEqual([["103 45-", "103 45-", "103 45-"], []])
  })

  row(127, async () => {
    const { server, client } = await started()
    const summers: unknown[] = []
    server.onClockSync((_, __, { summerTime }) => accept(summers, summerTime))
    for (const wrong of [{ month: 13 }, { month: 0 }, { hour: 25 }, { min: 61 }, { ms: 65_000 }, { iv: true }])
      synchronise(client, wrong)
    expect([await said(client), summers]).toEqual([Array(6).fill("103 7-"), []])
    synchronise(client, {}, {}, 5)
    expect([await said(client), summers]).toEqual([["103 47-"], []])
    synchronise(client, { su: true })
    expect([await said(client), summers]).toEqual([["103 7+"], [true]])
  })

  row(128, async () => {
    const { server, client: other } = await started()
    for (const [data, count] of [
      ["0000000102", 1],
      ["000000", 1],
      ["", 1],
      ["", 0]
    ] as const) {
      const client = await startClient(server.port)
      sendOctets(client, C_CS_NA_1, data, { count })
      await client.ended
      expect(client.asdus()).toEqual([])
    }
    synchronise(other)
    expect([await said(other), server.openConnectionCount]).toEqual([["103 7+"], 1])
  })

  row(129, async () => {
    const { client, told } = await started()
    synchronise(client, {}, { ca: 9 })
    expect([await said(client), told.names]).toEqual([["103 46-"], ["UNKNOWN_CA"]])
  })
})

describe("test", () => {
  const test = (client: RawClient, fields = {}, ioa = 0): void =>
    client.send(client.i({ typeId: C_TS_TA_1, cot: 6, ca: 1, objects: [{ ioa, tsc: 513, time: TIME }], ...fields }))

  row(130, async () => {
    const { client } = await started()
    test(client, { oa: 4 })
    expect(await answers(client)).toMatchObject([
      { typeId: C_TS_TA_1, cot: 7, negative: false, oa: 4, ca: 1, objects: [{ ioa: 0, tsc: 513, time: TIME }] }
    ])
    test(client, { ca: 9 })
    expect(await said(client)).toEqual(["107 46-"])
  })

  row(131, async () => {
    const { client } = await started()
    for (const cot of [3, 8]) test(client, { cot })
    test(client, { ca: 0xffff })
    test(client, {}, 5)
    expect(await said(client)).toEqual(["107 45-", "107 45-", "107 46-", "107 47-"])
  })

  row(132, async () => {
    const { client, told } = await started()
    sendOctets(client, C_TS_NA_1, `000000${"aa55"}`)
    expect([await said(client), told.names]).toEqual([["104 44-"], ["INVALID_TYPE_ID"]])
  })
})

describe("reset", () => {
  const PURGE = 2
  const reset = (client: RawClient, fields = {}): void =>
    client.send(client.i({ typeId: C_RP_NA_1, cot: 6, ca: 1, objects: [{ ioa: 0, qrp: PURGE }], ...fields }))

  row(133, async () => {
    const { server, client } = await started()
    reset(client)
    expect(await said(client)).toEqual(["105 7-"])
    const asked: unknown[] = []
    server.onReset((which, ip, commonAddress, qualifier) => {
      asked.push([which === server, ip, commonAddress, qualifier])
      return SUCCESS
    })
    reset(client)
    expect([await said(client), asked]).toEqual([["105 7+"], [[true, "127.0.0.1", 1, PURGE]]])
  })

  row(134, async () => {
    const { server, client } = await started()
    const calls: unknown[] = []
    server.onReset((...call) => accept(calls, call))
    for (const cot of [3, 5, 8]) reset(client, { cot })
    expect([await said(client), calls]).toEqual([["105 45-", "105 45-", "105 45-"], []])
  })
})

describe("delay acquisition", () => {
  row(135, async () => {
    const { client, told } = await started()
    for (const cot of [6, 3, 5]) sendOctets(client, C_CD_NA_1, object(C_CD_NA_1, 0), { cot })
    sendOctets(client, C_CD_NA_1, object(C_CD_NA_1, 0), { ca: 0xffff })
    expect(await said(client)).toEqual(["106 44-", "106 44-", "106 44-", "106 46-"])
    expect(given(told.names[0])).toBe("INVALID_TYPE_ID")
  })
})
