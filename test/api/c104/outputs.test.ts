// Commands of several clients to one point, when clients stop or leave, points go, and many wait: nobody is kept waiting for
// nothing, nothing is done that nobody asked for, and nothing is left behind.
import { describe, expect, it } from "vitest"
import { Cot, ResponseState, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import * as Profile from "../../../src/core/Profile.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { deferred, startClient, startHost, startServer, switchedBy } from "../../support/Stage.ts"

const { SUCCESS, NONE } = ResponseState
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const STOPDT = Uint8Array.of(0x68, 4, 0x13, 0, 0, 0)
const single = (client: RawClient, ioa: number, scs: boolean) =>
  client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa, scs }] })

describe("a client that stops data transfer", () => {
  it("in the chunk of its command has it done and is told so first", async () => {
    const { client, point, events } = await switchedBy(() => SUCCESS)
    client.send(Buffer.concat([single(client, 10, true), STOPDT]))
    await client.next("STOPDT con")
    expect(client.asdus().map(({ cot, negative }) => [cot, negative])).toEqual([
      [7, false],
      [10, false]
    ])
    expect([point.value, events.of("command").length, events.of("error")]).toEqual([true, 1, []])
  })

  it("is told no termination any more: it frees the output that its command was operating", async () => {
    const { server, point, client, operate } = await switchedBy(() => SUCCESS)
    point.actTerm = "manual"
    operate()
    await client.next({ cot: 7 })
    await client.stopdt()
    expect(point.transmit(Cot.ACTIVATION_TERMINATION)).toBe(false)
    const other = await startClient(server.port)
    other.command(Type.C_SC_NA_1, 10, { scs: false })
    expect(await other.next({ typeId: 45 })).toMatchObject({ cot: 7, negative: false })
  })
})

describe("a point that a handler removes", () => {
  it("refuses the command behind it, and leaves nothing to the next point", async () => {
    const { server, station } = await startServer()
    const [first] = [10, 11].map((ioAddress) => station.addPoint({ ioAddress, type: Type.C_SC_NA_1 }))
    first?.onReceive(() => {
      station.removePoint(11)
      return SUCCESS
    })
    const client = await startClient(server.port)
    client.send(Buffer.concat([single(client, 10, true), single(client, 11, true)]))
    await client.testfr()
    const answers = client.asdus().map(({ objects, cot, negative }) => [objects?.[0]?.ioa, cot, negative])
    expect(answers).toEqual([
      [10, 7, false],
      [10, 10, false],
      // There is none, as for a command in a segment of its own.
      [11, 47, true]
    ])
    const next = station.addPoint({ ioAddress: 12, type: Type.C_SC_NA_1 })
    if (next !== null) next.value = true
    expect([next?.info.isReadonly, next?.value]).toEqual([false, true])
  })

  it("with its station leaves no hooks", async () => {
    const { host, port } = await startHost()
    const place = host.addPoints(1, 10, Type.C_SC_NA_1, 2)
    if (place === null) throw new Error("the addresses are free")
    host.hooks.of(place.block, place.slot).onCommand = () => {
      host.removeStation(1)
      return "success"
    }
    const client = await startClient(port)
    client.send(Buffer.concat([single(client, 10, true), single(client, 11, false)]))
    await client.testfr()
    expect(host.hooks.has(place.block)).toBe(false)
  })

  it("as its output is released is named by its address", async () => {
    const { station, point, events, client, operate } = await switchedBy((_, __, { signal }) => {
      signal.addEventListener("abort", () => station.removePoint(10))
      return new Promise(() => {})
    })
    operate()
    await expect.poll(() => point.outputStatus).toBe("busy")
    expect(point.release()).toBe(true)
    expect(await client.next({ typeId: 45 })).toMatchObject({ cot: 7, negative: true })
    expect(events.of("output").map(({ address, status }) => [address, status])).toEqual([[10, "free"]])
  })

  it("refuses the commands that waited for it", async () => {
    const first = deferred<ResponseState>()
    const { server, station, client, operate } = await switchedBy(() => first.promise)
    const other = await startClient(server.port)
    operate()
    await client.testfr()
    other.command(Type.C_SC_NA_1, 10, { scs: false })
    await other.testfr()
    station.removePoint(10)
    first.resolve(SUCCESS)
    expect(await other.next({ typeId: 45 })).toMatchObject({ cot: 7, negative: true })
  })
})

it.each([
  ["a handler that answers at once", true],
  ["no handler any more", false]
])(
  "of thousands of commands for one output four wait and are decided, the others are refused at once, with %s",
  async (_, keeps) => {
    const CLIENTS = 4
    const EACH = 900
    const WAITING = 4
    const first = deferred<ResponseState>()
    let asked = 0
    const limits = { decisionMs: 60_000, repliesPerSession: 4096 } satisfies ServerOptions["limits"]
    const { server, point, client, operate, events } = await switchedBy(
      () => (++asked === 1 ? first.promise : SUCCESS),
      { limits, profile: { ...Profile.c104, commandWaitMs: 60_000 } }
    )
    operate()
    await client.testfr()
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => startClient(server.port)))
    for (const each of clients) {
      const commands = Array.from({ length: EACH }, () => single(each, 10, true))
      each.send(Buffer.concat(commands))
      await each.testfr()
    }
    const outcomes = (outcome: string) => events.of("command").filter((event) => event.outcome === outcome).length
    expect([outcomes("failure"), outcomes("success")]).toEqual([CLIENTS * EACH - WAITING, 0])
    if (!keeps) point.onReceive(null)
    first.resolve(SUCCESS)
    await expect.poll(() => outcomes("success"), { timeout: 10_000 }).toBe(1 + WAITING)
    expect([asked, events.of("error"), events.of("closed")]).toEqual([keeps ? 1 + WAITING : 1, [], []])
  },
  20_000
)

it("a command behind one that is answered NONE is decided, and NONE can still be confirmed", async () => {
  const [first, second] = [deferred<ResponseState>(), deferred<ResponseState>()]
  let asked = 0
  const { server, point, client, operate } = await switchedBy(() => (++asked === 1 ? first.promise : second.promise))
  operate()
  await client.testfr()
  const other = await startClient(server.port)
  other.command(Type.C_SC_NA_1, 10, { scs: false })
  await other.testfr()
  first.resolve(NONE)
  await client.testfr()
  expect(asked).toBe(2)
  expect(point.transmit(Cot.ACTIVATION_CON)).toBe(true)
  expect(await client.next({ cot: 7 })).toMatchObject({ negative: false })
  second.resolve(SUCCESS)
  expect(await other.next({ cot: 7 })).toMatchObject({ negative: false })
})

it("the information before a command knows when the command before was received", async () => {
  const { point, client, operate } = await switchedBy(null)
  await wait(5)
  operate()
  await client.next({ cot: 10 })
  const before = point.processedAt.getTime()
  await wait(5)
  const heard: number[] = []
  point.onReceive((_, previous) => {
    heard.push(previous.processedAt.getTime())
    return SUCCESS
  })
  operate(false)
  await client.until(() => client.asdus({ cot: 10 }).length === 2)
  expect(heard).toEqual([before])
  expect(point.processedAt.getTime()).toBeGreaterThan(before)
})

it("a related point that is a command is no return information: no command type goes in monitor direction", async () => {
  const { server, station } = await startServer()
  station.addPoint({ ioAddress: 1, type: Type.C_SC_NA_1, relatedIoAddress: 1, relatedIoAutoreturn: true })
  station.addPoint({ ioAddress: 2, type: Type.C_SC_NA_1, relatedIoAddress: 1, relatedIoAutoreturn: true })
  const client = await startClient(server.port)
  for (const ioa of [1, 2]) {
    client.command(Type.C_SC_NA_1, ioa, { scs: true })
    await client.next({ cot: 10 })
  }
  expect(client.asdus().map(({ cot }) => cot)).toEqual([7, 10, 7, 10])
})
