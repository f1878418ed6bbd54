// Parity with c104: types that are no requests, and what the application is told of them.
import { describe, expect } from "vitest"
import { Cot, Qoi, Type, Umc } from "../../src/api/c104/index.ts"
import { startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsB.ts"
import { address, object, said, sendOctets, unexpected } from "./wire.ts"

/** From `first` to `last`, both included. */
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

const CP24 = [2, 4, 6, 8, 10, 12, 14, 16, 17, 18, 19]
const MONITORING = [1, 3, 5, 7, 9, 11, 13, 15, 20, 21, ...range(30, 40)]
const UNDEFINED = [...range(52, 57), ...range(65, 69), ...range(71, 99), 108, 109, ...range(114, 119)]

/** A server with one point, 1, and a started client. */
const withPoint = async (type: Type = Type.M_SP_NA_1) => {
  const { server, station } = await startServer()
  station.addPoint({ ioAddress: 1, type })
  return { server, station, told: unexpected(server), client: await startClient(server.port, { acknowledge: 1 }) }
}

/** Sends an object of each type; what was answered, and what the application was told. */
const each = async (types: readonly number[], fields = {}) => {
  const { client, told } = await withPoint()
  const answered: string[] = []
  // A few at a time: no more answers than the window takes.
  for (let first = 0; first < types.length; first += 8) {
    for (const type of types.slice(first, first + 8)) sendOctets(client, type, object(type, 1), fields)
    answered.push(...(await said(client)))
  }
  return { answered, told: told.names }
}

/** Every type is turned down once, as an unknown type. */
const turnedDown = (types: readonly number[]) => ({
  answered: types.map((type) => `${type} ${Cot.UNKNOWN_TYPE_ID}-`),
  told: types.map(() => "INVALID_TYPE_ID")
})

describe("types", () => {
  row(173, async () => {
    const { server, client, station, told } = await withPoint(Type.M_ME_NA_1)
    station.addPoint({ ioAddress: 2, type: Type.M_ME_NB_1 })
    station.addPoint({ ioAddress: 3, type: Type.M_ME_NC_1 })
    const parameters = [
      [Type.P_ME_NA_1, 1, "000001"],
      [Type.P_ME_NB_1, 2, "000001"],
      [Type.P_ME_NC_1, 3, "0000000001"],
      [Type.P_AC_NA_1, 1, "03"]
    ] as const
    for (const [type, ioa, element] of parameters) sendOctets(client, type, address(ioa) + element)
    expect([await said(client), told.names]).toEqual([["110 7-", "111 7-", "112 7-", "113 7-"], []])
    for (const [type, , element] of parameters) sendOctets(client, type, address(99) + element)
    expect(await said(client)).toEqual(["110 47-", "111 47-", "112 47-", "113 47-"])
    sendOctets(client, Type.P_ME_NA_1, `${address(2)}000001`)
    expect(await said(client)).toEqual(["110 47-"])
    expect(told.names).toEqual([...Array(4).fill("UNKNOWN_IOA"), "MISMATCHED_TYPE_ID"])
    server.onParameter(() => 1)
    for (const [type, ioa, element] of parameters) sendOctets(client, type, address(ioa) + element)
    expect(await said(client)).toEqual(["110 7+", "111 7+", "112 7+", "113 7+"])
  })

  row(174, async () => {
    const types = [...CP24, ...range(120, 255)]
    expect(await each(types)).toEqual(turnedDown(types))
  })

  row(175, async () => {
    const types = [0, ...range(22, 29), ...range(41, 44)]
    expect(await each(types)).toEqual(turnedDown(types))
  })

  row(176, async () => expect(await each(UNDEFINED)).toEqual(turnedDown(UNDEFINED)))

  row(177, async () => expect(await each(MONITORING, { cot: 3 })).toEqual(turnedDown(MONITORING)))

  row(178, async () => {
    const types = MONITORING.filter((type) => type >= 30)
    expect(await each(types, { cot: 6 })).toEqual(turnedDown(types))
  })
})

describe("onUnexpectedMessage", () => {
  row(179, async () => {
    const { server, client } = await withPoint()
    const order: unknown[] = []
    server.onSendRaw((_, data) => order.push(`type ${data[6]}, cause ${(data[8] as number) & 0x3f}`))
    server.onUnexpectedMessage((which, message, cause) => {
      const { type, cot, commonAddress, originatorAddress, ioAddress, numberOfObjects, isTest, isSequence } = message
      order.push([which === server, type, cot, commonAddress, originatorAddress, ioAddress, cause])
      order.push([numberOfObjects, isTest, isSequence, Buffer.from(message.raw).toString("hex")])
    })
    client.command(Type.C_SC_NA_1, 99, { scs: true }, { oa: 3 })
    await client.next({ typeId: Type.C_SC_NA_1 })
    expect(order).toEqual([
      "type 45, cause 47",
      [true, Type.C_SC_NA_1, Cot.ACTIVATION, 1, 3, 99, Umc.UNKNOWN_IOA],
      [1, false, false, "680e000000002d0106030100630000" + "01"]
    ])
    server.onUnexpectedMessage(null)
    client.command(Type.C_SC_NA_1, 99, { scs: true })
    client.interrogate(1, { objects: [{ ioa: 0, qoi: Qoi.GROUP_1 }] })
    expect((await said(client)).at(-1)).toBe("100 7-")
    expect(order.filter((line) => typeof line !== "string")).toHaveLength(2)
  })
})
