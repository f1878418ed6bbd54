// Parity with c104: select before operate.
import { describe, expect } from "vitest"
import { CommandMode, ResponseState, Type } from "../../src/api/c104/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsB.ts"
import { given, pass } from "./support.ts"
import { answers, brief, said, unexpected } from "./wire.ts"

const { SUCCESS, FAILURE, NONE } = ResponseState
const { SELECT_AND_EXECUTE, DIRECT } = CommandMode
const SELECT_MS = 600
const TYPE = Type.C_SC_NA_1

/** A server with the command point 10 that has to be selected, decided by `state`, and a started client. */
const selectable = async (state: ResponseState = SUCCESS, commandMode: CommandMode = SELECT_AND_EXECUTE) => {
  const { server, station, events } = await startServer({ selectTimeoutMs: SELECT_MS })
  const point = given(station.addPoint({ ioAddress: 10, type: TYPE, commandMode }))
  const calls: unknown[] = []
  point.onReceive((_, __, message) => {
    calls.push(message.info?.value)
    return state
  })
  const start = (): Promise<RawClient> => startClient(server.port)
  return { server, station, events, point, calls, told: unexpected(server), client: await start(), start }
}

const select = (client: RawClient, fields = {}, scs = true): void =>
  client.command(TYPE, 10, { scs, select: true }, fields)
const execute = (client: RawClient, fields = {}, scs = true): void => client.command(TYPE, 10, { scs }, fields)

const CONFIRMED = ["45 7+"]
const REFUSED = ["45 7-"]
const DONE = ["45 7+", "45 10+"]

describe("select", () => {
  row(159, async () => {
    const { client, calls, told } = await selectable(SUCCESS, DIRECT)
    select(client)
    expect([await said(client), calls, told.names]).toEqual([REFUSED, [], []])
  })

  row(160, async () => {
    const { client, point, calls } = await selectable()
    expect(point.selectedBy).toBeNull()
    select(client, { oa: 6 })
    expect([await said(client), calls, point.selectedBy, point.value]).toEqual([CONFIRMED, [], 6, false])
  })
})

describe("execute", () => {
  row(161, async () => {
    const { client, calls, told } = await selectable()
    execute(client)
    expect([await said(client), calls, told.names]).toEqual([REFUSED, [], []])
  })

  row(162, async () => {
    const { client, point, calls } = await selectable()
    select(client)
    expect(await answers(client)).toMatchObject([{ cot: 7, objects: [{ ioa: 10, scs: true, select: true }] }])
    execute(client)
    const own = { typeId: TYPE, negative: false, objects: [{ ioa: 10, scs: true, select: false }] }
    expect(await answers(client)).toMatchObject([
      { ...own, cot: 7 },
      { ...own, cot: 10 }
    ])
    expect([calls, point.value, point.selectedBy]).toEqual([[true], true, null])
  })

  row(163, async () => {
    for (const [state, expected] of [
      [FAILURE, REFUSED],
      [NONE, []]
    ] as const) {
      const { client, calls } = await selectable(state)
      select(client)
      expect(await said(client)).toEqual(CONFIRMED)
      execute(client)
      expect([await said(client), calls]).toEqual([expected, [true]])
    }
  })
})

describe("a selection", () => {
  row(164, async () => {
    const { client, start, point } = await selectable()
    const other = await start()
    select(client, { oa: 1 })
    expect(await said(client)).toEqual(CONFIRMED)
    select(other, { oa: 2 })
    expect([await said(other), point.selectedBy]).toEqual([REFUSED, 1])
    execute(client, { oa: 1 })
    expect(await said(client)).toEqual(DONE)
  })

  row(165, async () => {
    const { client, start, calls } = await selectable()
    const other = await start()
    select(client)
    expect(await said(client)).toEqual(CONFIRMED)
    execute(other)
    expect([await said(other), calls]).toEqual([REFUSED, []])
    execute(client)
    expect([await said(client), calls]).toEqual([DONE, [true]])
  })

  row(166, async () => {
    const { client } = await selectable()
    select(client)
    await pass(SELECT_MS * 0.6)
    select(client)
    await pass(SELECT_MS * 0.6)
    execute(client)
    expect(await said(client)).toEqual([...CONFIRMED, ...CONFIRMED, ...DONE])
  })

  row(167, async () => {
    const { client, point, calls } = await selectable()
    select(client, { oa: 6 })
    expect([await said(client), point.selectedBy]).toEqual([CONFIRMED, 6])
    await pass(SELECT_MS + 50)
    expect([await said(client), point.selectedBy]).toEqual([[], null])
    execute(client, { oa: 6 })
    expect([await said(client), calls]).toEqual([REFUSED, []])
  })

  row(168, async () => {
    const { client, start, events, point } = await selectable()
    const other = await start()
    select(client, { oa: 1 })
    expect(await said(client)).toEqual(CONFIRMED)
    client.close()
    await events.next("closed")
    expect([await said(other), point.selectedBy]).toEqual([[], null])
    select(other)
    expect(await said(other)).toEqual(CONFIRMED)
  })

  row(169, async () => {
    const { client, calls } = await selectable()
    for (const [fields, scs] of [
      [{}, false],
      [{ oa: 9 }, true]
    ] as const) {
      select(client)
      expect(await said(client)).toEqual(CONFIRMED)
      execute(client, fields, scs)
      execute(client)
      expect([await said(client), calls]).toEqual([[...REFUSED, ...REFUSED], []])
    }
  })

  row(170, async () => {
    const { client, point, calls } = await selectable()
    select(client, { cot: 8 })
    expect([await said(client), point.selectedBy]).toEqual([["45 9-"], null])
    select(client)
    select(client, { cot: 8 })
    execute(client)
    expect([await said(client), calls]).toEqual([[...CONFIRMED, "45 9+", ...REFUSED], []])
  })

  row(171, async () => {
    const { server, station, client, start } = await selectable()
    station.addPoint({ ioAddress: 11, type: TYPE, commandMode: SELECT_AND_EXECUTE })
    given(server.addStation(2)).addPoint({ ioAddress: 10, type: TYPE, commandMode: SELECT_AND_EXECUTE })
    const other = await start()
    select(client)
    expect(await said(client)).toEqual(CONFIRMED)
    select(other, { ca: 2 })
    other.command(TYPE, 11, { scs: true, select: true })
    execute(other, { ca: 2 })
    expect((await answers(other)).map((asdu) => [brief(asdu), asdu.ca, asdu.objects?.[0]?.ioa])).toEqual([
      ["45 7+", 2, 10],
      ["45 7+", 1, 11],
      ["45 7+", 2, 10],
      ["45 10+", 2, 10]
    ])
  })

  row(172, async () => {
    const { client, start, point, calls } = await selectable()
    const other = await start()
    for (let round = 1; round <= 3; round++) {
      select(client, { oa: 1 })
      expect(await said(client)).toEqual(CONFIRMED)
      // Asks again and again, so that the first select after the expiry comes before anything could be cleaned up.
      let answer = REFUSED[0]
      while (answer === REFUSED[0]) {
        select(other, { oa: 2 })
        answer = brief(await other.next({ typeId: TYPE }))
      }
      expect([answer, point.selectedBy]).toEqual([CONFIRMED[0], 2])
      execute(other, { oa: 2 })
      expect(brief(await other.next({ typeId: TYPE }))).toBe(DONE[0])
      expect(brief(await other.next({ typeId: TYPE }))).toBe(DONE[1])
      expect([calls.length, await said(client)]).toEqual([round, []])
    }
  })
})
