// Rows 83 to 95: what a general interrogation answers, to whom, and in which ASDUs.
import { expect } from "vitest"
import { Cot, Qoi, type Server, type Station, Type, Umc } from "../../src/api/c104/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsA.ts"
import { given, word, words } from "./support.ts"

const { INTERROGATED_BY_STATION: DATA, ACTIVATION_TERMINATION: TERM } = Cot
const GLOBAL = 0xffff

/** Adds points of a type at these addresses. */
const add = (station: Station, type: Type, ...addresses: readonly number[]): void => {
  for (const ioAddress of addresses) given(station.addPoint({ ioAddress, type }))
}

/** The answer to an interrogation of station 1, from a client of its own. */
const answer = async (server: Server): Promise<RawClient> => {
  const client = await startClient(server.port)
  client.interrogate()
  await client.next({ typeId: Type.C_IC_NA_1, cot: TERM })
  return client
}

/** Data ASDUs as type, SQ and addresses. */
const data = (client: RawClient): unknown[] =>
  client.asdus({ cot: DATA }).map(({ typeId, sq, objects }) => [typeId, sq, objects?.map(({ ioa }) => ioa)])

const range = (from: number, count: number, step = 1): number[] =>
  Array.from({ length: count }, (_, index) => from + index * step)

row(83, async () => {
  const { server, station } = await startServer()
  add(station, Type.M_SP_NA_1, 1, 3)
  expect(await words(await answer(server))).toEqual(["100/7+@1", "1/20+@1", "100/10+@1"])
})

row(84, async () => {
  const { server, station } = await startServer()
  add(station, Type.M_SP_NA_1, 1)
  const client = await startClient(server.port)
  client.interrogate(1, { oa: 77 })
  await client.next({ cot: TERM })
  expect(client.asdus().map(({ cot, oa }) => [cot, oa])).toEqual([
    [Cot.ACTIVATION_CON, 77],
    [DATA, 77],
    [TERM, 77]
  ])
})

row(85, async () => {
  const { server, station } = await startServer()
  add(station, Type.M_SP_NA_1, 1)
  const other = await startClient(server.port)
  await answer(server)
  expect(await words(other)).toEqual([])
})

row(86, async () => {
  const { server, station } = await startServer()
  const types = [...range(1, 40), ...range(45, 20)].filter((type) => {
    try {
      return station.addPoint({ ioAddress: type, type: type as Type }) !== null
    } catch {
      return false
    }
  })
  expect(types.length).toBe(35)
  const reported = (await answer(server)).asdus({ cot: DATA }).map(({ typeId }) => typeId)
  expect(reported).toEqual([1, 3, 5, 7, 9, 11, 13, 20, 21, 30, 31, 32, 33, 34, 35, 36])
})

row(87, async () => {
  const { server, station } = await startServer()
  const other = given(server.addStation(9))
  const last = given(server.addStation(4))
  for (const one of [station, other, last]) {
    add(one, Type.M_ME_NC_1, 30, 10)
    add(one, Type.M_SP_NA_1, 25, 5, 15)
  }
  const client = await startClient(server.port)
  client.interrogate(GLOBAL)
  await client.next({ cot: TERM, ca: 4 })
  const order = client
    .asdus({ cot: DATA })
    .map(({ ca, typeId, objects }) => [ca, typeId, objects?.map(({ ioa }) => ioa)])
  expect(order).toEqual(
    [1, 9, 4].flatMap((ca) => [
      [ca, Type.M_SP_NA_1, [5, 15, 25]],
      [ca, Type.M_ME_NC_1, [10, 30]]
    ])
  )
})

row(88, async () => {
  const { server, station } = await startServer()
  add(station, Type.M_ME_NB_1, ...range(100, 20))
  add(station, Type.M_ME_NC_1, 200, 202, 203, 205)
  expect(data(await answer(server))).toEqual([
    [Type.M_ME_NB_1, true, range(100, 20)],
    [Type.M_ME_NC_1, false, [200, 202, 203, 205]]
  ])
})

row(89, async () => {
  const { server, station } = await startServer()
  add(station, Type.M_ME_NB_1, 100)
  expect(data(await answer(server))).toEqual([[Type.M_ME_NB_1, false, [100]]])
})

row(90, async () => {
  const { server, station } = await startServer()
  const tagged = [30, 31, 32, 33, 34, 35, 36] as Type[]
  for (const type of tagged) add(station, type, ...range(type * 100, 3))
  expect(data(await answer(server))).toEqual(tagged.map((type) => [type, false, range(type * 100, 3)]))
})

row(91, async () => {
  // Objects of an ASDU as a list and as a sequence.
  const capacities: readonly (readonly [type: Type, list: number, sequence: number | null])[] = [
    [Type.M_SP_NA_1, 60, 127],
    [Type.M_DP_NA_1, 60, 127],
    [Type.M_ST_NA_1, 48, 120],
    [Type.M_BO_NA_1, 30, 48],
    [Type.M_ME_NA_1, 40, 80],
    [Type.M_ME_NB_1, 40, 80],
    [Type.M_ME_NC_1, 30, 48],
    [Type.M_PS_NA_1, 30, 48],
    [Type.M_ME_ND_1, 48, 120],
    [Type.M_SP_TB_1, 22, null],
    [Type.M_DP_TB_1, 22, null],
    [Type.M_ST_TB_1, 20, null],
    [Type.M_BO_TB_1, 16, null],
    [Type.M_ME_TD_1, 18, null],
    [Type.M_ME_TE_1, 18, null],
    [Type.M_ME_TF_1, 16, null]
  ]
  const { server, station: lists } = await startServer()
  const runs = given(server.addStation(2))
  for (const [type, list, sequence] of capacities) {
    add(lists, type, ...range(type * 1000, list + 1, 2))
    if (sequence !== null) add(runs, type, ...range(type * 1000, sequence + 2))
  }
  const client = await startClient(server.port)
  client.interrogate(GLOBAL)
  await client.next({ cot: TERM, ca: 2 })
  const counts = (ca: number) => client.asdus({ cot: DATA, ca }).map(({ typeId, sq, count }) => [typeId, sq, count])
  const expected = (sq: boolean, most: (row: (typeof capacities)[number]) => number | null, rest: number) =>
    capacities.flatMap((one) => {
      const full = most(one)
      if (full === null) return []
      return [
        [one[0], sq, full],
        [one[0], sq, rest]
      ]
    })
  expect(counts(1)).toEqual(expected(false, ([, list]) => list, 1))
  expect(counts(2)).toEqual(expected(true, ([, , sequence]) => sequence, 2))
  expect(Math.max(...client.frames.map(({ length }) => length))).toBeLessThanOrEqual(6 + 249)
})

row(92, async () => {
  const { server, station } = await startServer()
  const read: number[] = []
  for (const ioAddress of [1, 2, 3]) {
    const point = given(station.addPoint({ ioAddress, type: Type.M_ME_NB_1 }))
    if (ioAddress === 2) continue
    point.onBeforeRead(async (refreshed) => {
      read.push(refreshed.ioAddress)
      await Promise.resolve()
      refreshed.value = 100 * refreshed.ioAddress
    })
  }
  const client = await answer(server)
  expect(client.asdus({ cot: DATA }).flatMap(({ objects }) => objects?.map(({ value }) => value))).toEqual([
    100, 0, 300
  ])
  expect(read.sort()).toEqual([1, 3])
})

row(93, async () => {
  const { server, station } = await startServer()
  const other = given(server.addStation(2))
  given(server.addStation(3))
  for (const one of [station, other]) add(one, Type.M_SP_NA_1, 1)
  const client = await startClient(server.port)
  client.interrogate(GLOBAL)
  await client.next({ cot: TERM, ca: 3 })
  expect(client.asdus().map(word)).toEqual([
    "100/7+@1",
    "100/7+@2",
    "100/7+@3",
    "1/20+@1",
    "100/10+@1",
    "1/20+@2",
    "100/10+@2",
    "100/10+@3"
  ])
})

row(94, async () => {
  const { server } = await startServer()
  server.removeStation(1)
  const client = await startClient(server.port)
  client.interrogate(GLOBAL)
  expect(await words(client)).toEqual(["100/46-@65535"])
})

row(95, async () => {
  const { server, station } = await startServer()
  add(station, Type.M_SP_NA_1, 1)
  given(station.addPoint({ ioAddress: 2, type: Type.M_SP_NA_1, groups: [3] }))
  const causes: Umc[] = []
  server.onUnexpectedMessage((_, __, cause) => causes.push(cause))
  const client = await startClient(server.port)
  const ask = (qoi: number): void => client.interrogate(1, { objects: [{ ioa: 0, qoi }] })
  const without = [0, 19, Qoi.GROUP_1, Qoi.GROUP_16, 37, 255]
  for (const qoi of without) ask(qoi)
  expect(await words(client)).toEqual(without.map(() => "100/7-@1"))
  expect(causes).toEqual(without.map(() => Umc.UNIMPLEMENTED_GROUP))
  ask(Qoi.GROUP_3)
  await client.next({ cot: TERM })
  expect(client.asdus({ cot: Cot.INTERROGATED_BY_GROUP_3 }).flatMap(({ objects }) => objects)).toMatchObject([
    { ioa: 2 }
  ])
})
