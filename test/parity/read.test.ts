// Parity with c104: the read command.
import { describe, expect } from "vitest"
import { Type } from "../../src/api/c104/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsB.ts"
import { given } from "./support.ts"
import { answers, brief, said, unexpected } from "./wire.ts"

const read = (client: RawClient, ioa: number, fields = {}): void =>
  client.send(client.i({ typeId: Type.C_RD_NA_1, cot: 5, ca: 1, objects: [{ ioa }], ...fields }))

/** A server with one point of each type, 10 first, and a started client. */
const withPoints = async (...types: Type[]) => {
  const { server, station } = await startServer()
  const points = types.map((type, index) => given(station.addPoint({ ioAddress: 10 + index, type })))
  return { server, station, points, told: unexpected(server), client: await startClient(server.port) }
}

describe("read", () => {
  row(111, async () => {
    const { client, points } = await withPoints(Type.M_ME_NC_1, Type.M_SP_TB_1)
    given(points[0]).value = 1.5
    read(client, 10, { oa: 5 })
    read(client, 11, { oa: 200 })
    expect(await answers(client)).toMatchObject([
      { typeId: Type.M_ME_NC_1, cot: 5, negative: false, oa: 5, ca: 1, sq: false, objects: [{ ioa: 10, value: 1.5 }] },
      { typeId: Type.M_SP_TB_1, cot: 5, oa: 200, objects: [{ ioa: 11, spi: false }] }
    ])
  })

  row(112, async () => {
    const { client } = await withPoints(Type.M_ME_NC_1)
    read(client, 10)
    expect(await said(client)).toEqual(["13 5+"])
  })

  row(113, async () => {
    const { client, server } = await withPoints(Type.M_ME_NC_1)
    const other = await startClient(server.port)
    read(client, 10)
    expect([await said(client), await said(other)]).toEqual([["13 5+"], []])
  })

  row(114, async () => {
    const { client, told } = await withPoints(Type.M_IT_NA_1, Type.M_EP_TD_1, Type.C_SC_NA_1)
    for (const ioa of [10, 11, 12]) read(client, ioa)
    expect(await said(client)).toEqual(["102 47-", "102 47-", "102 47-"])
    expect(told.names).toEqual(["INVALID_TYPE_ID", "INVALID_TYPE_ID", "INVALID_TYPE_ID"])
  })

  row(115, async () => {
    const { client, points } = await withPoints(Type.M_PS_NA_1, Type.M_ME_ND_1)
    given(points[1]).value = -0.5
    for (const ioa of [10, 11]) read(client, ioa)
    expect(await answers(client)).toMatchObject([
      { typeId: 20, cot: 5, objects: [{ ioa: 10, st: 0 }] },
      { typeId: 21, cot: 5, objects: [{ ioa: 11, value: -0.5 }] }
    ])
  })

  row(116, async () => {
    const { client, told } = await withPoints(Type.M_ME_NC_1)
    read(client, 99, { oa: 3 })
    const [answer, ...more] = await answers(client)
    expect(answer).toMatchObject({ typeId: 102, cot: 47, negative: true, oa: 3, objects: [{ ioa: 99 }] })
    expect([more, told.names]).toEqual([[], ["UNKNOWN_IOA"]])
  })

  row(117, async () => {
    const { client, told } = await withPoints(Type.M_ME_NC_1)
    read(client, 10, { ca: 9 })
    const heard = await answers(client)
    expect([heard.map(brief), heard[0]?.ca, told.names]).toEqual([["102 46-"], 9, ["UNKNOWN_CA"]])
  })

  row(118, async () => {
    const { client, points, told } = await withPoints(Type.M_ME_NC_1)
    let refreshed = 0
    given(points[0]).onBeforeRead(() => void refreshed++)
    read(client, 10, { ca: 0xffff })
    expect([await said(client), refreshed, told.names]).toEqual([["102 46-"], 0, ["UNKNOWN_CA"]])
  })

  row(119, async () => {
    const { client, points, told } = await withPoints(Type.M_ME_NC_1)
    let refreshed = 0
    given(points[0]).onBeforeRead(() => void refreshed++)
    for (const cot of [6, 3, 13]) read(client, 10, { cot })
    expect([await said(client), refreshed]).toEqual([["102 45-", "102 45-", "102 45-"], 0])
    expect(told.names).toEqual(["INVALID_COT", "INVALID_COT", "INVALID_COT"])
  })

  row(120, async () => {
    const { client, points } = await withPoints(Type.M_ME_NB_1)
    const [point] = points
    let calls = 0
    given(point).onBeforeRead((which) => {
      which.value = ++calls * 7
    })
    read(client, 10)
    expect(await client.next({ cot: 5 })).toMatchObject({ objects: [{ ioa: 10, value: 7 }] })
    read(client, 10)
    expect(await client.next({ cot: 5 })).toMatchObject({ objects: [{ ioa: 10, value: 14 }] })
    expect(calls).toBe(2)
  })
})
