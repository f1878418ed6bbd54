// A select, or a parameter, that the application thinks about ends with the point that it is for.
import { describe, expect, it } from "vitest"
import {
  CommandMode,
  type IncomingMessage,
  ResponseState,
  type Server,
  type Station,
  Type
} from "../../../src/api/c104/index.ts"
import { deferred, startClient, startServer, turn } from "../../support/Stage.ts"

const { SUCCESS } = ResponseState
const CON = { cot: 7, negative: false }
const REFUSED = { cot: 7, negative: true }
const SELECT_FIRST = CommandMode.SELECT_AND_EXECUTE

const given = <A>(value: A | null | undefined): A => {
  if (value === null || value === undefined) throw new Error("it is there")
  return value
}

type Remove = (server: Server, station: Station) => Station
const removals: readonly [string, Remove][] = [
  [
    "its point",
    (_, station) => {
      station.removePoint(10)
      return station
    }
  ],
  [
    "its station",
    (server) => {
      server.removeStation(1)
      return given(server.addStation(1))
    }
  ]
]

/** The single command 10 that is to be selected, about which the application thinks until the test has it say something. */
const stage = async () => {
  const { server, station, events } = await startServer({ profile: "iec", selectTimeoutMs: 5000 })
  const answers: ReturnType<typeof deferred<ResponseState>>[] = []
  const messages: IncomingMessage[] = []
  const add = (to: Station) => {
    const point = given(to.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, commandMode: SELECT_FIRST }))
    point.onReceive(() => SUCCESS)
    point.onSelect((_, message) => {
      void message.signal
      messages.push(message)
      const answer = deferred<ResponseState>()
      answers.push(answer)
      return answer.promise
    })
    return point
  }
  const point = add(station)
  const client = await startClient(server.port)
  const select = (by = client) => by.command(Type.C_SC_NA_1, 10, { scs: true, select: true })
  const states = () => events.of("selection").map(({ address, state }) => `${address} ${state}`)
  return { server, station, events, point, add, client, select, answers, messages, states }
}

describe.each(removals)("who removes %s while a select of it is thought about", (_, remove) => {
  it("has it refused, told, and its callback stopped; what that says then selects nothing", async () => {
    const { server, station, events, add, client, select, answers, messages, states } = await stage()
    select()
    await expect.poll(() => messages.length).toBe(1)
    const again = add(remove(server, station))
    expect(messages[0]?.begin()).toBe(false)
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect([messages[0]?.signal.aborted, messages[0]?.begin(), states()]).toEqual([true, false, ["10 refused"]])
    answers[0]?.resolve(SUCCESS)
    await turn()
    await client.testfr()
    expect([again.selectedBy, client.asdus().length, states().length, events.of("error")]).toEqual([null, 1, 1, []])
    select()
    await expect.poll(() => answers.length).toBe(2)
    answers[1]?.resolve(SUCCESS)
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    expect([again.selectedBy, states()]).toEqual([0, ["10 refused", "10 selected"]])
  })

  it("keeps nobody waiting who comes to its address, whatever is there then", async () => {
    const { server, station, client, select, messages } = await stage()
    select()
    await expect.poll(() => messages.length).toBe(1)
    const other = remove(server, station)
    given(other.addPoint({ ioAddress: 10, type: Type.C_DC_NA_1 })).onReceive(() => SUCCESS)
    client.command(Type.C_DC_NA_1, 10, { dcs: 2 })
    // Without the end of the select it would be decided after 5 s, when its time is over.
    await client.until(() => client.asdus({ typeId: 46 }).length === 2, 3000)
    expect(client.asdus().map(({ typeId, cot, negative }) => [typeId, cot, negative])).toEqual([
      [45, 7, true],
      [46, 7, false],
      [46, 10, false]
    ])
  })

  it("by the callback itself: it is refused and told, and nothing is selected", async () => {
    const { server, station, events, point, client, select } = await stage()
    point.onSelect(() => {
      remove(server, station)
      return SUCCESS
    })
    select()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect(events.of("selection")).toMatchObject([{ commonAddress: 1, address: 10, state: "refused" }])
  })

  it("by the callback itself, which goes on: it is refused and told at once, and the callback is stopped", async () => {
    const { server, station, events, point, client, select, answers, messages } = await stage()
    point.onSelect((_, message) => {
      void message.signal
      messages.push(message)
      remove(server, station)
      const answer = deferred<ResponseState>()
      answers.push(answer)
      return answer.promise
    })
    select()
    await expect.poll(() => answers.length).toBe(1)
    await turn()
    expect([messages[0]?.signal.aborted, messages[0]?.begin()]).toEqual([true, false])
    expect(events.of("selection")).toMatchObject([{ commonAddress: 1, address: 10, state: "refused" }])
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    answers[0]?.resolve(SUCCESS)
    await turn()
    await client.testfr()
    expect([client.asdus().length, events.of("selection").length, events.of("error")]).toEqual([1, 1, []])
  })
})

it.each(removals)("a parameter is not loaded for %s when that was removed before it was decided", async (_, remove) => {
  const { server, station } = await startServer()
  const answer = deferred<ResponseState>()
  const asked = deferred<void>()
  given(station.addPoint({ ioAddress: 10, type: Type.M_ME_NC_1 }))
  server.onParameter(() => {
    asked.resolve()
    return answer.promise
  })
  const client = await startClient(server.port)
  client.send(
    client.i({ typeId: 112, cot: 6, ca: 1, objects: [{ ioa: 10, value: 5, qpm: { kpa: 1, lpc: false, pop: false } }] })
  )
  await asked.promise
  remove(server, station).addPoint({ ioAddress: 10, type: Type.M_ME_NC_1 })
  answer.resolve(SUCCESS)
  expect(await client.next({ typeId: 112 })).toMatchObject(REFUSED)
})

it.each(removals)("a parameter is refused when %s is removed, not when it is decided", async (_, remove) => {
  const { server, station, events } = await startServer({ limits: { decisionMs: 60_000 } })
  const answer = deferred<ResponseState>()
  const asked = deferred<void>()
  given(station.addPoint({ ioAddress: 10, type: Type.M_ME_NC_1 }))
  server.onParameter(() => {
    asked.resolve()
    return answer.promise
  })
  const client = await startClient(server.port)
  const load = { typeId: 112, cot: 6, ca: 1, objects: [{ ioa: 10, value: 5, qpm: { kpa: 1, lpc: false, pop: false } }] }
  client.send(client.i(load))
  await asked.promise
  remove(server, station)
  expect(await client.next({ typeId: 112 })).toMatchObject(REFUSED)
  answer.resolve(SUCCESS)
  await turn()
  await client.testfr()
  expect([client.iFrames, events.of("error")]).toEqual([1, []])
})

it("a parameter whose callback begins by removing its point is refused then", async () => {
  const { server, station } = await startServer({ limits: { decisionMs: 60_000 } })
  given(station.addPoint({ ioAddress: 10, type: Type.M_ME_NC_1 }))
  server.onParameter(() => {
    station.removePoint(10)
    return new Promise(() => {})
  })
  const client = await startClient(server.port)
  const load = { typeId: 112, cot: 6, ca: 1, objects: [{ ioa: 10, value: 5, qpm: { kpa: 1, lpc: false, pop: false } }] }
  client.send(client.i(load))
  expect(await client.next({ typeId: 112 })).toMatchObject(REFUSED)
})
