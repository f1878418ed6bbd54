// Selects that the application decides, and what it is told of selections.
import { describe, expect, it } from "vitest"
import {
  CommandMode,
  Cot,
  type IncomingMessage,
  ResponseState,
  type SelectCallback,
  type ServerOptions,
  Type
} from "../../../src/api/c104/index.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { deferred, startClient, startServer, turn } from "../../support/Stage.ts"

const { SUCCESS, FAILURE } = ResponseState
const CON = { cot: 7, negative: false }
const REFUSED = { cot: 7, negative: true }

const stage = async (onSelect: SelectCallback<typeof Type.C_SC_NA_1> | null, options: ServerOptions = {}) => {
  const { server, station, events } = await startServer({ selectTimeoutMs: 5000, ...options })
  const commandMode = CommandMode.SELECT_AND_EXECUTE
  const point = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, commandMode })
  if (point === null) throw new Error("address 10 is free")
  point.onReceive(() => SUCCESS)
  point.onSelect(onSelect)
  const client = await startClient(server.port)
  const select = (of = client, cot = 6) => of.command(Type.C_SC_NA_1, 10, { scs: true, select: true }, { cot })
  const execute = (of = client, scs = true) => of.command(Type.C_SC_NA_1, 10, { scs })
  const states = () => events.of("selection").map(({ state }) => state)
  return { server, station, events, point, client, select, execute, states }
}

describe("a select that the application decides", () => {
  it("is confirmed when it agrees, and told with the connection", async () => {
    const heard: unknown[] = []
    const { client, select, execute, point } = await stage((at, message) => {
      heard.push([at.ioAddress, message.isSelectCommand, message.info?.value, message.connection?.ip])
      return SUCCESS
    })
    select()
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    expect([point.selectedBy, point.value, heard]).toEqual([0, false, [[10, true, true, "127.0.0.1"]]])
    execute()
    await client.next({ cot: 10 })
    expect([point.value, point.selectedBy]).toEqual([true, null])
  })

  it.each<[string, SelectCallback<typeof Type.C_SC_NA_1>]>([
    ["says no", () => FAILURE],
    ["says no later", async () => FAILURE],
    [
      "throws",
      () => {
        throw new Error("interlocked")
      }
    ],
    ["says NONE", () => ResponseState.NONE]
  ])("is refused when it %s, and nothing is selected", async (_, onSelect) => {
    const { client, select, execute, point, states } = await stage(onSelect)
    select()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect([point.selectedBy, states()]).toEqual([null, ["refused"]])
    execute()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
  })

  it("is refused when it takes longer than decisionMs; a late yes selects nothing", async () => {
    const late = deferred<ResponseState>()
    const { client, select, point, events } = await stage(() => late.promise, { limits: { decisionMs: 50 } })
    select()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    late.resolve(SUCCESS)
    await turn()
    await client.testfr()
    expect([point.selectedBy, client.asdus().length]).toEqual([null, 1])
    expect(events.of("error").map(({ error }) => error.message)).toEqual([
      "onSelect of C_SC_NA_1 10 of station 1 did not answer within 50 ms"
    ])
  })

  it("is refused when another client was selected while it was thought about", async () => {
    const answers: ReturnType<typeof deferred<ResponseState>>[] = []
    const { server, client, select } = await stage(() => {
      const answer = deferred<ResponseState>()
      answers.push(answer)
      return answer.promise
    })
    const other = await startClient(server.port)
    select()
    await client.testfr()
    select(other)
    await other.testfr()
    answers[1]?.resolve(SUCCESS)
    expect(await other.next({ typeId: 45 })).toMatchObject(CON)
    answers[0]?.resolve(SUCCESS)
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
  })

  it("does not ask for a test", async () => {
    let asked = 0
    const { client, select } = await stage(() => {
      asked++
      return SUCCESS
    })
    client.command(Type.C_SC_NA_1, 10, { scs: true, select: true }, { test: true })
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, test: true })
    select()
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    expect(asked).toBe(1)
  })

  it.each<readonly [string, (client: RawClient) => unknown]>([
    ["stops", (client) => client.u("STOPDT act")],
    ["goes", (client) => client.close()]
  ])("is called off when its client %s meanwhile", async (_, end) => {
    const asked: IncomingMessage[] = []
    const { client, select } = await stage((_point, message) => {
      asked.push(message)
      return new Promise(() => {})
    })
    let aborted = 0
    select()
    await expect.poll(() => asked.length).toBe(1)
    asked[0]?.signal.addEventListener("abort", () => aborted++)
    end(client)
    await expect.poll(() => aborted).toBe(1)
    expect(asked[0]?.begin()).toBe(false)
  })

  it.each<readonly [string, (at: Awaited<ReturnType<typeof stage>>) => unknown]>([
    ["its point", ({ station }) => station.removePoint(10)],
    ["its station", ({ server }) => server.removeStation(1)]
  ])("is refused at once when %s is removed meanwhile, and what comes of it is nobody's", async (what, remove) => {
    const asked: IncomingMessage[] = []
    const answer = deferred<ResponseState>()
    const onSelect: SelectCallback<typeof Type.C_SC_NA_1> = (_, message) => {
      asked.push(message)
      return asked.length === 1 ? answer.promise : SUCCESS
    }
    const at = await stage(onSelect)
    const { server, client, select, states } = at
    let aborted = 0
    select()
    await expect.poll(() => asked.length).toBe(1)
    asked[0]?.signal.addEventListener("abort", () => aborted++)
    expect(asked[0]?.begin()).toBe(true)
    remove(at)
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect([asked[0]?.begin(), asked[0]?.signal.aborted, aborted]).toEqual([false, true, 1])
    const station = what === "its station" ? server.addStation(1) : at.station
    const commandMode = CommandMode.SELECT_AND_EXECUTE
    const next = station?.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, commandMode })
    next?.onSelect(onSelect)
    select()
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    expect([next?.selectedBy, states()]).toEqual([0, ["refused", "selected"]])
    answer.resolve(SUCCESS)
    expect(await client.answers()).toBe(true)
    expect([client.asdus({ typeId: 45 }).length, states()]).toEqual([2, ["refused", "selected"]])
  })

  it("is nobody's any more when the callback is taken away", async () => {
    const { client, select, point } = await stage(() => FAILURE)
    point.onSelect(null)
    select()
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    expect(point.commandMode).toBe(CommandMode.SELECT_AND_EXECUTE)
  })
})

describe("of selections is told", () => {
  it("that they were taken back, and by whom", async () => {
    const { client, select, states, events } = await stage(null)
    select()
    await client.next(CON)
    select(client, 8)
    await client.next({ cot: 9 })
    expect(states()).toEqual(["selected", "cancelled"])
    expect(events.of("selection")[0]).toMatchObject({ commonAddress: 1, address: 10, type: "C_SC_NA_1" })
    expect(events.of("selection")[0]?.peer.address).toBe("127.0.0.1")
  })

  it("that their time is over", async () => {
    const { client, select, states } = await stage(null, { selectTimeoutMs: 60 })
    select()
    await client.next(CON)
    await expect.poll(states).toEqual(["selected", "expired"])
  })

  it("that an execute said something else", async () => {
    const { client, select, execute, states } = await stage(null)
    select()
    await client.next(CON)
    execute(client, false)
    await client.next(REFUSED)
    expect(states()).toEqual(["selected", "mismatched"])
  })

  it("that their client stopped, or has gone", async () => {
    const { server, client, select, states } = await stage(null)
    select()
    await client.next(CON)
    await client.stopdt()
    expect(states()).toEqual(["selected", "ended"])
    const other = await startClient(server.port)
    select(other)
    await other.next(CON)
    other.reset()
    await expect.poll(states).toEqual(["selected", "ended", "selected", "ended"])
  })

  type Stage = Awaited<ReturnType<typeof stage>>

  const goes: readonly (readonly [string, (at: Stage) => unknown])[] = [
    ["was removed", ({ station }) => station.removePoint(10)],
    [
      "was replaced",
      ({ station }) => {
        station.removePoint(10)
        station.addPoint({ ioAddress: 20, type: Type.C_SC_NA_1, commandMode: CommandMode.SELECT_AND_EXECUTE })
      }
    ],
    ["was removed with its station", ({ server }) => server.removeStation(1)]
  ]
  const ends: readonly (readonly [string, (at: Stage) => unknown, string])[] = [
    ["their time is over", () => {}, "expired"],
    ["their client stopped", ({ client }) => client.stopdt(), "ended"],
    ["their client has gone", ({ client }) => client.close(), "ended"]
  ]
  it.each(goes.flatMap(([how, go]) => ends.map(([what, end, state]) => [how, what, go, end, state] as const)))(
    "the address that was selected, when its point %s and %s",
    async (_how, _what, go, end, state) => {
      const at = await stage(null, { selectTimeoutMs: state === "expired" ? 60 : 5000 })
      at.select()
      await at.client.next(CON)
      go(at)
      await end(at)
      const told = () => at.events.of("selection").map((one) => [one.commonAddress, one.address, one.state])
      await expect.poll(told).toEqual([
        [1, 10, "selected"],
        [1, 10, state]
      ])
    }
  )

  it("the address that was selected, when a command in the same segment replaced its point", async () => {
    const { server, station, events } = await startServer()
    const add = (ioAddress: number, commandMode: CommandMode = CommandMode.DIRECT) =>
      station.addPoint({ ioAddress, type: Type.C_SC_NA_1, commandMode })
    add(10, CommandMode.SELECT_AND_EXECUTE)
    add(1)?.onReceive(() => {
      station.removePoint(10)
      add(20, CommandMode.SELECT_AND_EXECUTE)
      return SUCCESS
    })
    const client = await startClient(server.port)
    const command = (ioa: number, select: boolean) =>
      client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa, scs: true, select }] })
    client.send(Buffer.concat([command(1, false), command(10, true)]))
    await client.next((frame) => "objects" in frame && frame.objects?.[0]?.ioa === 10)
    await expect.poll(() => events.of("selection").map(({ address }) => address)).toEqual([10, 10])
    expect(station.getPoint(20)?.selectedBy).toBeNull()
  })

  it("that their select was refused because the application did not answer in time", async () => {
    const { client, select, states, events } = await stage(() => new Promise(() => {}), { limits: { decisionMs: 50 } })
    select()
    await client.next(REFUSED)
    await events.next("error")
    expect(states()).toEqual(["refused"])
  })

  it.each<[string, (client: RawClient) => unknown]>([
    ["stops", (client) => client.u("STOPDT act")],
    ["goes", (client) => client.close()]
  ])("that their client %s before its confirmation left", async (_, end) => {
    const { server, station, states, events } = await stage(null)
    server.protocolParameters.sendWindowSize = 1
    server.protocolParameters.receiveWindowSize = 1
    const filler = station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
    const client = await startClient(server.port, { acknowledge: "never" })
    filler?.transmit(Cot.SPONTANEOUS)
    await client.next({ typeId: 1 })
    client.command(Type.C_SC_NA_1, 10, { scs: true, select: true })
    await events.next("selection")
    end(client)
    await events.next("selection", 2)
    expect([states(), events.of("unanswered").length, station.getPoint(10)?.selectedBy]).toEqual([
      ["selected", "ended"],
      1,
      null
    ])
  })

  it.each<[string, (client: RawClient) => unknown]>([
    ["stops", (client) => client.stopdt()],
    ["goes", (client) => client.close()]
  ])("nothing more than the command when their client %s while they are executed", async (_, end) => {
    const decision = deferred<ResponseState>()
    const { server, client, point, select, execute, states, events } = await stage(null)
    point.onReceive(() => decision.promise)
    select()
    await client.next(CON)
    execute()
    await client.testfr()
    await end(client)
    await expect.poll(() => server.activeConnectionCount).toBe(0)
    decision.resolve(SUCCESS)
    await events.next("command")
    expect([states(), events.of("command")]).toMatchObject([["selected"], [{ answered: false }]])
  })

  it("that they ended when their client selects the point that has the address by now", async () => {
    const { station, client, select, execute, states, events } = await stage(null)
    select()
    await client.next(CON)
    station.removePoint(10)
    const commandMode = CommandMode.SELECT_AND_EXECUTE
    station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, commandMode })?.onReceive(() => SUCCESS)
    select()
    await client.next(CON)
    expect(states()).toEqual(["selected", "ended", "selected"])
    execute()
    await client.next({ cot: 10 })
    expect([states().length, events.of("command").length]).toEqual([3, 1])
  })

  it("nothing more than the command when they are executed", async () => {
    const { client, select, execute, states, events } = await stage(null)
    select()
    await client.next(CON)
    execute()
    await client.next({ cot: 10 })
    expect([states(), events.of("command").length]).toEqual([["selected"], 1])
  })
})

describe("what is executed keeps no select out, however many answers are owed", () => {
  const PLACES = 4
  type Callback = Parameters<Awaited<ReturnType<typeof stage>>["point"]["onReceive"]>[0]
  const never = (): Promise<ResponseState> => new Promise(() => {})

  it.each<[string, Callback]>([
    ["left open", () => ResponseState.NONE],
    ["carried out", { accept: () => SUCCESS, execute: never }]
  ])("%s: as many more points may be selected as at the beginning, and no more", async (_, callback) => {
    const { server, station, events } = await startServer({
      profile: "iec",
      selectTimeoutMs: 60_000,
      limits: { decisionsPerSession: PLACES }
    })
    const commandMode = CommandMode.SELECT_AND_EXECUTE
    const add = (ioAddress: number) => {
      const point = station.addPoint({ ioAddress, type: Type.C_SC_NA_1, commandMode })
      point?.onReceive(callback)
      return point
    }
    for (let ioa = 1; ioa <= 16; ioa++) add(ioa)
    const client = await startClient(server.port)
    const select = async (ioa: number): Promise<boolean | undefined> => {
      const before = client.asdus({ typeId: 45 }).length
      client.command(Type.C_SC_NA_1, ioa, { scs: true, select: true })
      await client.until(() => client.asdus({ typeId: 45 }).length > before)
      return client.asdus({ typeId: 45 })[before]?.negative
    }
    const execute = async (ioa: number): Promise<void> => {
      const before = events.of("command").length
      client.command(Type.C_SC_NA_1, ioa, { scs: true })
      await events.next("command", before + 1)
      await client.testfr()
    }
    for (let ioa = 1; ioa <= 6; ioa++) {
      expect(await select(ioa)).toBe(false)
      await execute(ioa)
    }
    // Points that go while they are executed take no place with them, nor does who has their address then.
    for (const ioa of [3, 4]) {
      station.removePoint(ioa)
      add(ioa)
    }
    await client.testfr()
    const answers: unknown[] = []
    for (const ioa of [3, 4, 8, 9, 10]) answers.push(await select(ioa))
    expect(answers).toEqual([false, false, false, false, true])
    for (const ioa of [3, 4, 8, 9]) await execute(ioa)
    for (let ioa = 1; ioa <= 16; ioa++) station.getPoint({ ioAddress: ioa, type: Type.C_SC_NA_1 })?.release()
    await client.testfr()
    answers.length = 0
    for (let ioa = 11; ioa <= 15; ioa++) answers.push(await select(ioa))
    expect(answers).toEqual([false, false, false, false, true])
  })
})

it("a select is good for one command, also where its point takes direct ones meanwhile", async () => {
  const { server, station } = await startServer({ selectTimeoutMs: 10_000 })
  const point = station.addPoint({
    ioAddress: 10,
    type: Type.C_SC_NA_1,
    commandMode: CommandMode.SELECT_AND_EXECUTE
  })
  let operated = 0
  point?.onReceive(() => {
    operated++
    return ResponseState.SUCCESS
  })
  const client = await startClient(server.port)
  client.command(Type.C_SC_NA_1, 10, { scs: true, select: true })
  expect(await client.next({ typeId: Type.C_SC_NA_1, cot: 7 })).toMatchObject({ negative: false })
  if (point !== null) point.commandMode = CommandMode.DIRECT
  client.command(Type.C_SC_NA_1, 10, { scs: true })
  expect(await client.next({ typeId: Type.C_SC_NA_1, cot: 7 })).toMatchObject({ negative: false })
  expect(point?.selectedBy).toBeNull()
  if (point !== null) point.commandMode = CommandMode.SELECT_AND_EXECUTE
  client.command(Type.C_SC_NA_1, 10, { scs: true })
  expect(await client.next({ typeId: Type.C_SC_NA_1, cot: 7 })).toMatchObject({ negative: true })
  expect(operated).toBe(1)
})
