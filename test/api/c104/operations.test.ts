// An operation that was begun has its output until its handler has settled, however its client fared; what its client
// heard is another matter. Seen by octets, by the facts that the server tells, and by what handlers see.
import { describe, expect, it } from "vitest"
import { CommandMode, Cot, ResponseState, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import * as Profile from "../../../src/core/Profile.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { deferred, startClient, startServer, switchedBy, turn } from "../../support/Stage.ts"

const { SUCCESS, FAILURE, NONE } = ResponseState
const CON = { cot: 7, negative: false }
const REFUSED = { cot: 7, negative: true }

/** An output whose handler takes as long as the test wants; counts how many are at it at once. */
const slow = async (options: ServerOptions = {}) => {
  const handlers: ReturnType<typeof deferred<ResponseState>>[] = []
  const seen = { now: 0, most: 0, aborted: 0 }
  const stage = await switchedBy(async (_, __, message) => {
    const handler = deferred<ResponseState>()
    handlers.push(handler)
    seen.most = Math.max(seen.most, ++seen.now)
    message.signal.addEventListener("abort", () => seen.aborted++)
    return handler.promise.finally(() => seen.now--)
  }, options)
  return { ...stage, handlers, seen }
}

const noWait: ServerOptions = { profile: { ...Profile.c104, commandWaitMs: 0 } }

describe("a client that is not there any more when its handler settles", () => {
  it.each<[string, ServerOptions, (client: RawClient) => Promise<unknown>]>([
    ["has gone", noWait, async (client) => client.reset()],
    ["stopped data transfer", noWait, (client) => client.stopdt()],
    ["was refused for time", { ...noWait, limits: { decisionMs: 400 } }, (client) => client.next(REFUSED)]
  ])("%s: nobody else operates the output meanwhile, and the late answer is a fact", async (_, options, leave) => {
    const { server, point, events, handlers, seen, client, operate } = await slow(options)
    operate()
    await client.testfr()
    await leave(client)
    for (let i = 0; i < 3; i++) {
      const other = await startClient(server.port)
      other.command(Type.C_SC_NA_1, 10, { scs: false })
      expect(await other.next({ typeId: 45 })).toMatchObject(REFUSED)
      other.reset()
    }
    expect([handlers.length, seen.most, seen.aborted, point.outputStatus !== "free"]).toEqual([1, 1, 1, true])
    const before = client.iFrames
    handlers[0]?.resolve(SUCCESS)
    await expect.poll(() => point.outputStatus).toBe("free")
    expect(events.of("command").filter(({ outcome }) => outcome === "success")).toMatchObject([{ answered: false }])
    expect([point.value, client.iFrames]).toEqual([true, before])
    const next = await startClient(server.port)
    next.command(Type.C_SC_NA_1, 10, { scs: false })
    await expect.poll(() => handlers.length).toBe(2)
    handlers[1]?.resolve(SUCCESS)
    expect(await next.next({ typeId: 45 })).toMatchObject(CON)
    expect([seen.most, events.of("error").length]).toEqual([1, options.limits === undefined ? 0 : 1])
  })

  it("gets no return information of its own, but the event is there for everybody", async () => {
    const { server, station, point, handlers, client, operate } = await slow()
    station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
    point.relatedIoAddress = 20
    point.relatedIoAutoreturn = true
    const other = await startClient(server.port)
    operate()
    await client.testfr()
    client.reset()
    await other.testfr()
    handlers[0]?.resolve(SUCCESS)
    expect(await other.next({ typeId: 1 })).toMatchObject({ cot: 11, oa: 0, objects: [{ ioa: 20 }] })
  })

  it("whose handler refuses in the end: the point says again what it said", async () => {
    const { point, events, handlers, client, operate } = await slow()
    operate()
    await client.testfr()
    client.reset()
    await events.next("closed")
    expect(point.value).toBe(true)
    handlers[0]?.resolve(FAILURE)
    await events.next("command")
    expect([point.value, events.of("command")]).toMatchObject([false, [{ outcome: "failure", answered: false }]])
  })
})

describe("a busy output", () => {
  it("refuses at once in the profile iec", async () => {
    const { client, operate, handlers } = await slow({ profile: "iec" })
    operate(true)
    operate(false)
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...REFUSED, objects: [{ scs: false }] })
    handlers[0]?.resolve(SUCCESS)
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ scs: true }] })
    expect(handlers).toHaveLength(1)
  })

  it("lets a command wait for so long as the profile says, and it is never begun after that", async () => {
    const { client, operate, handlers } = await slow({ profile: { ...Profile.c104, commandWaitMs: 40 } })
    operate(true)
    operate(false)
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...REFUSED, objects: [{ scs: false }] })
    handlers[0]?.resolve(SUCCESS)
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ scs: true }] })
    await turn()
    expect(handlers).toHaveLength(1)
  })

  it("never begins a command that has waited longer, whatever delayed its refusal", async () => {
    const { client, operate, handlers } = await slow({ profile: { ...Profile.c104, commandWaitMs: 200 } })
    operate(true)
    operate(false)
    await client.testfr()
    for (const untilMs = performance.now() + 300; performance.now() < untilMs; );
    handlers[0]?.resolve(SUCCESS)
    await client.until(() => client.asdus(REFUSED).length === 1)
    expect([handlers.length, client.asdus(REFUSED)]).toMatchObject([1, [{ objects: [{ scs: false }] }]])
  })

  it.each([1, 4])("lets %i wait and refuses more at once", async (places) => {
    const { client, operate, handlers } = await slow({ limits: { commandsPerPoint: places } })
    for (let i = 0; i < 3 + places; i++) operate()
    await client.until(() => client.asdus(REFUSED).length === 2)
    for (let i = 0; i <= places; i++) {
      await expect.poll(() => handlers.length).toBe(i + 1)
      handlers[i]?.resolve(SUCCESS)
    }
    await client.until(() => client.asdus(CON).length === 1 + places)
    expect(client.asdus(REFUSED)).toHaveLength(2)
  })

  it.each<[string, (client: RawClient) => Promise<unknown>]>([
    ["stops", (client) => client.stopdt()],
    ["goes", async (client) => client.reset()]
  ])("never begins a command that waited when its client %s", async (_, leave) => {
    const { server, client, operate, handlers, events } = await slow()
    const other = await startClient(server.port)
    operate()
    await client.testfr()
    other.command(Type.C_SC_NA_1, 10, { scs: false })
    await other.testfr()
    await leave(other)
    await events.next("command")
    handlers[0]?.resolve(SUCCESS)
    await client.next({ cot: 10 })
    await turn()
    expect(handlers).toHaveLength(1)
    expect(events.of("command").map(({ value, outcome }) => [value, outcome])).toEqual([
      [0, "failure"],
      [1, "success"]
    ])
  })
})

describe("an operation that the application ends by itself", () => {
  const left = async (profile: "iec" | "c104", options: ServerOptions = {}) => {
    let asked = 0
    const stage = await switchedBy(() => (++asked === 1 ? NONE : SUCCESS), { profile, ...options })
    stage.operate()
    await stage.events.next("command")
    return { ...stage, asked: () => asked }
  }

  it("has its output no longer than its handler takes in the profile c104", async () => {
    const { client, operate, point, asked } = await left("c104")
    operate(false)
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ scs: false }] })
    expect([asked(), point.outputStatus]).toEqual([2, "free"])
    await client.next({ cot: 10 })
    expect(point.transmit(Cot.ACTIVATION_CON)).toBe(true)
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ scs: true }] })
  })

  it.each<[string, readonly [Cot, boolean][]]>([
    ["cause 10", [[Cot.ACTIVATION_TERMINATION, false]]],
    [
      "cause 7 and cause 10",
      [
        [Cot.ACTIVATION_CON, false],
        [Cot.ACTIVATION_TERMINATION, false]
      ]
    ],
    ["a negative cause 7", [[Cot.ACTIVATION_CON, true]]]
  ])("has its output in the profile iec until %s", async (_, causes) => {
    const { client, operate, point, asked } = await left("iec")
    for (const [cause, negative] of causes) {
      operate(false)
      expect(await client.next({ typeId: 45 })).toMatchObject({ ...REFUSED, objects: [{ scs: false }] })
      expect([asked(), point.outputStatus, point.transmit(cause, { negative })]).toEqual([1, "busy", true])
      const isFirst = cause === causes[0]?.[0]
      if (isFirst)
        expect(await client.next({ typeId: 45 })).toMatchObject({ cot: 7, negative, objects: [{ scs: true }] })
      if (cause === Cot.ACTIVATION_TERMINATION)
        expect(await client.next({ typeId: 45 })).toMatchObject({ cot: 10, negative, objects: [{ scs: true }] })
    }
    operate(false)
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ scs: false }] })
  })

  it.each(
    (["iec", "c104"] as const).flatMap((profile) =>
      [false, true].flatMap((negative) => [12, 1].map((k) => ({ profile, negative, k })))
    )
  )("is not terminated without a confirmation: $profile, negative $negative, k = $k", async (given) => {
    const { profile, negative, k } = given
    const { server, station, events } = await startServer({ profile })
    server.protocolParameters.sendWindowSize = k
    server.protocolParameters.receiveWindowSize = 1
    const [point, shown] = [
      station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }),
      station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
    ]
    point?.onReceive(() => NONE)
    const client = await startClient(server.port, { acknowledge: 1 })
    client.command(Type.C_SC_NA_1, 10, { scs: true }, { oa: 5 })
    await events.next("command")
    shown?.transmit(Cot.RETURN_INFO_REMOTE)
    expect(point?.transmit(Cot.ACTIVATION_TERMINATION, { negative })).toBe(true)
    // It is over: nothing more is owed.
    expect(point?.transmit(Cot.ACTIVATION_TERMINATION)).toBe(false)
    expect(point?.outputStatus).toBe("free")
    // What came of it is said by a confirmation alone where that says no.
    const due = negative ? [{ typeId: 45, cot: 7 }] : [{ typeId: 45, cot: 7 }, { typeId: 1 }, { typeId: 45, cot: 10 }]
    await client.until(() => client.asdus().length >= (negative ? 2 : 3))
    await client.testfr()
    const heard = client.asdus().filter(({ typeId }) => !negative || typeId === 45)
    expect(heard).toMatchObject(due)
    for (const answer of client.asdus({ typeId: 45 }))
      expect(answer).toMatchObject({ oa: 5, negative, objects: [{ ioa: 10, scs: true }] })
  })

  it("has its output in the profile iec until it is released: its client is refused then", async () => {
    const { client, operate, point } = await left("iec")
    expect([point.release(), point.outputStatus]).toEqual([true, "free"])
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...REFUSED, objects: [{ scs: true }] })
    expect(point.transmit(Cot.ACTIVATION_CON)).toBe(false)
    operate(false)
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ scs: false }] })
  })

  it("has its output although its client has gone; then its termination is told to nobody", async () => {
    const { server, client, point } = await left("iec")
    client.reset()
    const other = await startClient(server.port)
    other.command(Type.C_SC_NA_1, 10, { scs: false })
    expect(await other.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect(point.transmit(Cot.ACTIVATION_TERMINATION)).toBe(false)
    other.command(Type.C_SC_NA_1, 10, { scs: false })
    expect(await other.next({ typeId: 45 })).toMatchObject(CON)
  })

  it("that failed is terminated negatively", async () => {
    const { client, point } = await left("iec")
    point.transmit(Cot.ACTIVATION_CON)
    await client.next(CON)
    expect(point.transmit(Cot.ACTIVATION_TERMINATION, { negative: true })).toBe(true)
    expect(await client.next({ typeId: 45 })).toMatchObject({ cot: 10, negative: true })
  })

  it.each(["iec", "c104"] as const)(
    "and whose point says actTerm manual has its output until then (%s)",
    async (profile) => {
      const options: ServerOptions = { profile: { ...Profile.presets[profile], commandWaitMs: 0 } }
      const { client, operate, point } = await switchedBy(() => SUCCESS, options)
      point.actTerm = "manual"
      operate()
      await client.next(CON)
      operate(false)
      expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
      point.transmit(Cot.ACTIVATION_TERMINATION)
      operate(false)
      await client.next({ cot: 10 })
      expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    }
  )
})

describe("commands whose answers the application owes", () => {
  it.each(["c104", "iec"] as const)("use up their selection when they use up their output (%s)", async (profile) => {
    const { server, station, point, client, events } = await switchedBy(() => NONE, { profile })
    point.commandMode = CommandMode.SELECT_AND_EXECUTE
    const select = async (by: RawClient): Promise<unknown> => {
      const before = by.asdus({ typeId: 45 }).length
      by.command(Type.C_SC_NA_1, 10, { scs: true, select: true })
      await by.until(() => by.asdus({ typeId: 45 }).length > before)
      return by.asdus({ typeId: 45 }).at(-1)
    }
    expect(await select(client)).toMatchObject(CON)
    client.command(Type.C_SC_NA_1, 10, { scs: true, select: false })
    await events.next("command")
    await client.testfr()
    const other = await startClient(server.port)
    if (profile === "c104") {
      expect(await select(other)).toMatchObject(CON)
      expect(await select(client)).toMatchObject(REFUSED)
      other.reset()
      await events.next("closed")
      expect(await select(client)).toMatchObject(CON)
    } else {
      expect(await select(other)).toMatchObject(REFUSED)
      expect(await select(client)).toMatchObject(REFUSED)
    }
    // The answer is still owed, and comes.
    expect(point.transmit(Cot.ACTIVATION_TERMINATION)).toBe(true)
    await client.until(() => client.asdus({ cot: 10 }).length === 1)
    expect(await select(client)).toMatchObject(CON)
    expect(station.getPoint(10)?.selectedBy).toBe(0)
  })

  it.each([false, true])(
    "are forgotten when another one to their point is left open, which is told (c104; confirmed: %s)",
    async (confirmed) => {
      const { server, point, client, operate, events } = await switchedBy(() => NONE, { profile: "c104" })
      const other = await startClient(server.port)
      operate()
      await events.next("command")
      if (confirmed) point.transmit(Cot.ACTIVATION_CON)
      other.command(Type.C_SC_NA_1, 10, { scs: false })
      const told = await events.next("unanswered")
      expect(told).toMatchObject({ commonAddress: 1, address: 10, type: "C_SC_NA_1", outcome: "none" })
      expect(told.peer).toEqual(events.of("command")[0]?.peer)
      const said = [Cot.ACTIVATION_CON, Cot.ACTIVATION_TERMINATION].map((cause) => point.transmit(cause))
      expect(await other.next({ typeId: 45 })).toMatchObject(CON)
      expect(await other.next({ cot: 10 })).toMatchObject({ objects: [{ scs: false }] })
      await client.testfr()
      expect([said, client.asdus().length, events.of("unanswered").length]).toEqual([
        [true, true],
        Number(confirmed),
        1
      ])
    }
  )

  it("are refused when their point goes, or forgotten if they were confirmed, which is told", async () => {
    const { station, point, client, operate, events } = await switchedBy(() => NONE, { profile: "iec" })
    operate()
    await events.next("command")
    point.transmit(Cot.ACTIVATION_CON)
    await client.next(CON)
    station.removePoint(10)
    expect(await events.next("unanswered")).toMatchObject({ commonAddress: 1, address: 10, outcome: "none" })
    const again = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })
    again?.onReceive(() => NONE)
    operate()
    await events.next("command", 2)
    station.removePoint(10)
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect(events.of("unanswered")).toHaveLength(1)
  })

  it("keep no other request out, however many they are: the oldest is forgotten, which is told", async () => {
    const { server, station, events } = await startServer({ limits: { decisionsPerSession: 4 } })
    const points = Array.from({ length: 7 }, (_, i) => station.addPoint({ ioAddress: i + 1, type: Type.C_SC_NA_1 }))
    for (const point of points) point?.onReceive(({ ioAddress }) => (ioAddress === 7 ? SUCCESS : NONE))
    const client = await startClient(server.port)
    for (let ioa = 1; ioa <= 7; ioa++) {
      client.command(Type.C_SC_NA_1, ioa, { scs: true })
      await client.testfr()
    }
    expect(await client.next({ cot: 10 })).toMatchObject({ objects: [{ ioa: 7 }] })
    expect(events.of("rejected")).toEqual([])
    expect(events.of("unanswered").map(({ address, outcome }) => [address, outcome])).toEqual([
      [1, "none"],
      [2, "none"]
    ])
    const told = points.slice(0, 6).map((point) => point?.transmit(Cot.ACTIVATION_TERMINATION))
    expect(told).toEqual([false, false, true, true, true, true])
  })
})

it("a command that is being carried out and is owed no answer any more is told once: when it is over", async () => {
  const { server, station, events } = await startServer({ limits: { decisionsPerSession: 2 } })
  const executed = [1, 2, 3].map((ioAddress) => {
    const execution = deferred<ResponseState>()
    station
      .addPoint({ ioAddress, type: Type.C_SC_NA_1 })
      ?.onReceive({ accept: () => SUCCESS, execute: () => execution.promise })
    return execution
  })
  const client = await startClient(server.port)
  for (let ioa = 1; ioa <= 3; ioa++) {
    client.command(Type.C_SC_NA_1, ioa, { scs: true })
    await client.next({ ...CON, typeId: 45 })
  }
  await client.testfr()
  expect(events.of("unanswered")).toEqual([])
  for (const execution of executed) execution.resolve(SUCCESS)
  await client.until(() => client.asdus({ cot: 10 }).length === 2)
  expect(events.of("executed").map(({ address, outcome, answered }) => [address, outcome, answered])).toEqual([
    [1, "success", false],
    [2, "success", true],
    [3, "success", true]
  ])
  expect([events.of("unanswered"), events.of("command").length]).toEqual([[], 3])
})

describe("an operation that does not end within operationMs", () => {
  it("leaves its output unknown: told, refusing, until it is released", async () => {
    const { client, operate, point, events, handlers } = await slow({ limits: { decisionMs: 400, operationMs: 500 } })
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    await events.next("output", 2)
    expect(events.of("output")).toMatchObject([
      { commonAddress: 1, address: 10, status: "stuck" },
      { commonAddress: 1, address: 10, status: "unknown" }
    ])
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    // Its handler ends after all: nobody knows for that what the output did before.
    handlers[0]?.resolve(SUCCESS)
    await events.next("command", 2)
    expect([point.outputStatus, events.of("command").at(-1)]).toMatchObject(["unknown", { answered: false }])
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect([point.release(), point.outputStatus, events.of("output").at(-1)?.status]).toEqual([true, "free", "free"])
    operate()
    await expect.poll(() => handlers.length).toBe(2)
    handlers[1]?.resolve(SUCCESS)
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
  })

  it("is ended for a client that waits: refused, or terminated negatively", async () => {
    const { client, operate, point, events } = await switchedBy(() => NONE, {
      profile: "iec",
      limits: { operationMs: 60 }
    })
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect([point.outputStatus, point.release()]).toEqual(["unknown", true])
    operate()
    await events.next("command", 2)
    point.transmit(Cot.ACTIVATION_CON)
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    expect(await client.next({ typeId: 45 })).toMatchObject({ cot: 10, negative: true })
    expect(point.outputStatus).toBe("unknown")
  })

  it("does not touch the operation after its release", async () => {
    const { client, operate, point, handlers, events } = await slow({ limits: { decisionMs: 400 } })
    operate(true)
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    point.release()
    operate(false)
    await expect.poll(() => handlers.length).toBe(2)
    handlers[0]?.resolve(SUCCESS)
    await events.next("command")
    expect([point.value, point.outputStatus]).toEqual([false, "busy"])
    handlers[1]?.resolve(SUCCESS)
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ scs: false }] })
  })
})

describe("what is set at a point while its handler goes on is not for the command that was begun", () => {
  type Callback = Parameters<Awaited<ReturnType<typeof slow>>["point"]["onReceive"]>[0]
  const done = { cot: 10, negative: false }

  it.each<[string, boolean, Callback]>([
    ["one phase by two", false, { accept: () => FAILURE, execute: () => FAILURE }],
    ["one phase by none", false, null],
    ["two phases by one", true, () => FAILURE],
    ["two phases by two", true, { accept: () => FAILURE, execute: () => FAILURE }],
    ["two phases by none", true, null]
  ])("a handler of %s", async (_, inTwo, next) => {
    const { point, client, operate, events } = await switchedBy(null)
    const decision = deferred<ResponseState>()
    let executed = 0
    const execute = (): ResponseState => {
      executed++
      return SUCCESS
    }
    point.onReceive(inTwo ? { accept: () => decision.promise, execute } : () => decision.promise)
    operate()
    await client.testfr()
    point.onReceive(next)
    decision.resolve(SUCCESS)
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    expect(await client.next({ typeId: 45 })).toMatchObject(done)
    expect([executed, events.of("executed").length]).toEqual(inTwo ? [1, 1] : [0, 0])
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(next === null ? CON : REFUSED)
  })

  it("the termination, and the related point", async () => {
    const { station, point, client, operate, handlers } = await slow()
    for (const ioAddress of [20, 21]) station.addPoint({ ioAddress, type: Type.M_SP_NA_1 })
    point.relatedIoAddress = 20
    point.relatedIoAutoreturn = true
    operate()
    await client.testfr()
    point.actTerm = false
    point.relatedIoAddress = 21
    handlers[0]?.resolve(SUCCESS)
    expect(await client.next({ cot: 11 })).toMatchObject({ objects: [{ ioa: 20 }] })
    expect(await client.next({ cot: 10 })).toMatchObject(done)
    operate()
    await expect.poll(() => handlers.length).toBe(2)
    handlers[1]?.resolve(SUCCESS)
    expect(await client.next({ cot: 11 })).toMatchObject({ objects: [{ ioa: 21 }] })
    await client.testfr()
    expect(client.asdus({ cot: 10 })).toHaveLength(1)
  })
})

describe("what is decided in one segment", () => {
  /** Command points 10 and 11, whose commands come in one segment, and what their client is told. */
  const both = async (options: ServerOptions = {}) => {
    const { server, station, events } = await startServer(options)
    const [first, second] = [10, 11].map((ioAddress) => station.addPoint({ ioAddress, type: Type.C_SC_NA_1 }))
    if (!first || !second) throw new Error("the addresses are free")
    const client = await startClient(server.port)
    const operate = (): void => {
      const frames = [10, 11].map((ioa) => client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa, scs: true }] }))
      client.send(Buffer.concat(frames))
    }
    const told = async (count: number): Promise<unknown[]> => {
      await client.until(() => client.asdus({ typeId: 45 }).length === count)
      return client.asdus({ typeId: 45 }).map(({ cot, negative, objects }) => [objects?.[0]?.ioa, cot, negative])
    }
    return { station, events, first, second, operate, told }
  }

  it("is told in its order when the handler of the second terminates the first", async () => {
    const { first, second, operate, told } = await both()
    first.actTerm = "manual"
    first.onReceive(() => SUCCESS)
    second.onReceive(() => (first.transmit(Cot.ACTIVATION_TERMINATION) ? SUCCESS : FAILURE))
    operate()
    expect(await told(4)).toEqual([
      [10, 7, false],
      [10, 10, false],
      [11, 7, false],
      [11, 10, false]
    ])
  })

  it("is told in its order when the handler of the second releases the first", async () => {
    const { first, second, operate, told } = await both()
    first.onReceive({ accept: () => SUCCESS, execute: () => new Promise(() => {}) })
    second.onReceive(() => (first.release() ? SUCCESS : FAILURE))
    operate()
    expect(await told(4)).toEqual([
      [10, 7, false],
      [10, 10, true],
      [11, 7, false],
      [11, 10, false]
    ])
    expect(first.outputStatus).toBe("free")
  })

  it("is confirmed although the handler of the second takes longer than there is time, and publishes", async () => {
    const { station, events, first, second, operate, told } = await both({ limits: { decisionMs: 60 } })
    const shown = station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
    first.onReceive(() => SUCCESS)
    second.onReceive(() => {
      for (const untilMs = performance.now() + 100; performance.now() < untilMs; );
      shown?.transmit(Cot.SPONTANEOUS)
      station.signalInitialized(0)
      return SUCCESS
    })
    operate()
    expect((await told(3)).slice(0, 2)).toEqual([
      [10, 7, false],
      [10, 10, false]
    ])
    expect(first.value).toBe(true)
    expect(events.of("error").length).toBeLessThanOrEqual(1)
  })
})

it("the work of many commands at one busy output grows with their number, not with its square", async () => {
  const cost = async (each: number): Promise<number> => {
    const { server, station } = await startServer({
      limits: { decisionMs: 60_000, repliesPerSession: 8192, decisionsPerSession: 8192 }
    })
    const point = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })
    point?.onReceive(() => new Promise(() => {}))
    const clients = await Promise.all(Array.from({ length: 8 }, () => startClient(server.port, { keep: false })))
    const before = process.cpuUsage()
    for (const client of clients) {
      const frames = Array.from({ length: each }, () =>
        client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 10, scs: true }] })
      )
      client.send(Buffer.concat(frames))
    }
    await Promise.all(clients.map((client) => client.testfr()))
    const { user, system } = process.cpuUsage(before)
    for (const client of clients) client.close()
    await server.stop()
    return user + system
  }
  await cost(500)
  const [few, many] = [await cost(500), await cost(4000)]
  // Eight times the commands: a square would be sixty-four times the work.
  expect(many / few).toBeLessThan(24)
}, 30_000)
