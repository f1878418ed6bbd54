// What is operated is at an address of a station, whatever becomes of the point that the server has there: who removes it
// stops the command that was begun, and a point that comes to its address finds the output as it is.
import { describe, expect, it } from "vitest"
import {
  type IncomingMessage,
  ResponseState,
  type Server,
  type ServerOptions,
  type Station,
  Type
} from "../../../src/api/c104/index.ts"
import * as Profile from "../../../src/core/Profile.ts"
import { deferred, startClient, startServer, turn } from "../../support/Stage.ts"

const { SUCCESS, FAILURE, NONE } = ResponseState
const CON = { cot: 7, negative: false }
const REFUSED = { cot: 7, negative: true }
const noWait: ServerOptions = { profile: { ...Profile.c104, commandWaitMs: 0 } }

type Remove = (server: Server, station: Station) => Station
const given = <A>(value: A | null | undefined): A => {
  if (value === null || value === undefined) throw new Error("it is there")
  return value
}

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

/** The single command 10 with handlers that the test ends, counted as they run. */
const stage = async (options: ServerOptions = noWait) => {
  const { server, station, events } = await startServer(options)
  const client = await startClient(server.port)
  const handlers: ReturnType<typeof deferred<ResponseState>>[] = []
  const messages: IncomingMessage[] = []
  const seen = { now: 0, most: 0, aborted: 0 }
  const handle = (message: IncomingMessage): Promise<ResponseState> => {
    const handler = deferred<ResponseState>()
    handlers.push(handler)
    messages.push(message)
    message.signal.addEventListener("abort", () => seen.aborted++)
    seen.most = Math.max(seen.most, ++seen.now)
    return handler.promise.finally(() => seen.now--)
  }
  const add = (to: Station) => {
    const point = given(to.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    point.onReceive((_, __, message) => handle(message))
    return point
  }
  const operate = (scs = true) => client.command(Type.C_SC_NA_1, 10, { scs })
  return { server, station, events, client, handlers, messages, seen, handle, add, operate }
}

describe.each(removals)("who removes %s", (_, remove) => {
  it("stops the handler, and its output is taken at its address until that has settled", async () => {
    const { server, station, client, handlers, messages, seen, add, operate } = await stage()
    add(station)
    operate(true)
    await expect.poll(() => handlers.length).toBe(1)
    const again = add(remove(server, station))
    expect([again.outputStatus, again.value, messages[0]?.begin()]).toEqual(["busy", false, false])
    await turn()
    expect([messages[0]?.signal.aborted, seen.aborted]).toEqual([true, 1])
    operate(false)
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...REFUSED, objects: [{ scs: false }] })
    handlers[0]?.resolve(SUCCESS)
    // It was done, whatever became of the point.
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ scs: true }] })
    await expect.poll(() => again.outputStatus).toBe("free")
    expect(again.value).toBe(false)
    operate(true)
    await expect.poll(() => handlers.length).toBe(2)
    handlers[1]?.resolve(SUCCESS)
    await client.until(() => client.asdus(CON).length === 2)
    expect([seen.most, again.value]).toEqual([1, true])
  })

  it("lets commands at the new point wait for it where the profile has them wait", async () => {
    const { server, station, client, handlers, seen, add, operate } = await stage({ profile: "c104" })
    add(station)
    operate(true)
    await expect.poll(() => handlers.length).toBe(1)
    operate(false)
    await client.testfr()
    add(remove(server, station))
    // What waited for the point that is gone is refused.
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...REFUSED, objects: [{ scs: false }] })
    operate(false)
    await client.testfr()
    expect(handlers).toHaveLength(1)
    handlers[0]?.resolve(FAILURE)
    await expect.poll(() => handlers.length).toBe(2)
    handlers[1]?.resolve(SUCCESS)
    await client.until(() => client.asdus(CON).length === 1)
    expect(seen.most).toBe(1)
  })

  it("of what is accepted later has it refused and not carried out", async () => {
    const { server, station, events, client, handlers, handle, operate } = await stage()
    let executed = 0
    const point = given(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    point.onReceive({
      accept: (__, ___, message) => handle(message),
      execute: () => {
        executed++
        return SUCCESS
      }
    })
    operate()
    await expect.poll(() => handlers.length).toBe(1)
    remove(server, station)
    handlers[0]?.resolve(SUCCESS)
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    await turn()
    expect([executed, events.of("command").map(({ outcome }) => outcome)]).toEqual([0, ["failure"]])
  })

  it("right after something was accepted has it terminated negatively and not carried out", async () => {
    const { server, station, client } = await stage({ profile: "c104" })
    let executed = 0
    const point = given(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    point.onReceive(() => new Promise(() => {}))
    given(station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1 })).onReceive(() => {
      point.onReceive({
        accept: () => SUCCESS,
        execute: () => {
          executed++
          return SUCCESS
        }
      })
      // The one that waited is begun, and accepted.
      point.release()
      remove(server, station)
      return FAILURE
    })
    const frames = [10, 10, 11].map((ioa) => client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa, scs: true }] }))
    client.send(Buffer.concat(frames))
    await client.until(() => client.asdus({ cot: 10 }).length === 1)
    expect(client.asdus({ cot: 10 })).toMatchObject([{ negative: true, objects: [{ ioa: 10 }] }])
    expect(client.asdus(CON)).toMatchObject([{ objects: [{ ioa: 10 }] }])
    expect(executed).toBe(0)
  })

  it("of what is carried out has the end of that told, and the output taken until then", async () => {
    const { server, station, client, handlers, messages, handle, add, operate } = await stage()
    const point = given(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    point.onReceive({ accept: () => SUCCESS, execute: (__, message) => handle(message) })
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    const again = add(remove(server, station))
    await turn()
    expect([again.outputStatus, messages[0]?.begin(), messages[0]?.signal.aborted]).toEqual(["busy", false, true])
    handlers[0]?.resolve(NONE)
    expect(await client.next({ typeId: 45 })).toMatchObject({ cot: 10, negative: true })
    await expect.poll(() => again.outputStatus).toBe("free")
  })

  it("leaves a stuck output stuck until its handler has settled", async () => {
    const { server, station, events, client, handlers, seen, add, operate } = await stage({
      ...noWait,
      limits: { decisionMs: 60 }
    })
    add(station)
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    const again = add(remove(server, station))
    expect(again.outputStatus).toBe("stuck")
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect([handlers.length, seen.most]).toEqual([1, 1])
    handlers[0]?.resolve(SUCCESS)
    await expect.poll(() => again.outputStatus).toBe("free")
    expect(events.of("output").map(({ status }) => status)).toEqual(["stuck", "free"])
  })

  it("leaves an unknown output unknown until it is released", async () => {
    const { server, station, events, client, handlers, add, operate } = await stage({
      ...noWait,
      limits: { decisionMs: 60, operationMs: 80 }
    })
    add(station)
    operate()
    await events.next("output", 2)
    const other = remove(server, station)
    handlers[0]?.resolve(SUCCESS)
    await turn()
    // Also where the first that comes to its address is no command.
    expect(other.addPoint({ ioAddress: 10, type: Type.M_SP_NA_1 })).not.toBeNull()
    const again = add(other)
    expect(again.outputStatus).toBe("unknown")
    await client.next(REFUSED)
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect([again.release(), again.outputStatus]).toEqual([true, "free"])
    operate()
    await expect.poll(() => handlers.length).toBe(2)
    handlers[1]?.resolve(SUCCESS)
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
  })

  it("may release it at the point that comes: what was begun is given up", async () => {
    const { server, station, client, handlers, add, operate } = await stage()
    add(station)
    operate(true)
    await expect.poll(() => handlers.length).toBe(1)
    const again = add(remove(server, station))
    expect([again.release(), again.outputStatus]).toEqual([true, "free"])
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    operate(false)
    await expect.poll(() => handlers.length).toBe(2)
    handlers[0]?.resolve(SUCCESS)
    await turn()
    expect(again.outputStatus).toBe("busy")
    handlers[1]?.resolve(SUCCESS)
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ scs: false }] })
  })

  it("frees what was left open: nobody can answer it any more", async () => {
    const { server, station, client, handlers, add, operate } = await stage({ profile: "iec" })
    add(station)
    operate()
    await expect.poll(() => handlers.length).toBe(1)
    handlers[0]?.resolve(NONE)
    await turn()
    const again = add(remove(server, station))
    expect(again.outputStatus).toBe("free")
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
  })

  it("is told to be free where whoever is told of the command brings the point back", async () => {
    const { server, events } = await startServer({ profile: "iec", limits: { decisionMs: 60 } })
    const station = given(server.getStation(1))
    const add = () => given(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    const decided = deferred<ResponseState>()
    add().onReceive(() => decided.promise)
    const facts: string[] = []
    server.observe((event) => {
      if (event.event === "command") add()
      if (event.event === "command" || event.event === "output")
        facts.push(event.event === "output" ? event.status : event.event)
    })
    const client = await startClient(server.port)
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    await events.next("output")
    station.removePoint(10)
    decided.resolve(FAILURE)
    await expect.poll(() => facts).toEqual(["stuck", "command", "free"])
  })
})

describe("a client that ends", () => {
  it("has its handlers told to stop in the order in which they came, the second phases behind those that came until then", async () => {
    const { server } = await startServer({ profile: "iec" })
    const station = given(server.getStation(1))
    const told: string[] = []
    const never =
      (name: string) =>
      (...given: readonly unknown[]): Promise<ResponseState> => {
        const { signal } = given.at(-1) as IncomingMessage
        signal.addEventListener("abort", () => told.push(name))
        return new Promise(() => {})
      }
    const accepted = deferred<ResponseState>()
    const first = given(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    first.onReceive({ accept: () => accepted.promise, execute: never("the second phase") })
    given(station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1 })).onReceive(never("the other"))
    const client = await startClient(server.port)
    for (const ioa of [10, 11]) client.command(Type.C_SC_NA_1, ioa, { scs: true })
    await turn()
    accepted.resolve(SUCCESS)
    await client.next(CON)
    await turn()
    client.reset()
    await expect.poll(() => told).toEqual(["the other", "the second phase"])
  })
})
