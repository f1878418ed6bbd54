// Callbacks that reach into sessions while something else goes on: nobody else's command, octets or order suffer.
import { expect, it, vi } from "vitest"
import { Batch, Cot, type Point, ResponseState, Type } from "../../../src/api/c104/index.ts"
import * as Image from "../../../src/core/image/Image.ts"
import * as Commands from "../../../src/shell/Commands.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { connect, deferred, startClient, startHost, startServer, switchedBy } from "../../support/Stage.ts"

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const hex = (client: RawClient): string[] => client.frames.map((frame) => Buffer.from(frame).toString("hex"))
const causes = (client: RawClient): unknown[] => client.asdus(() => true).map(({ cot }) => cot)

it("a command that is given up while it waits for its turn leaves the one before it alone", async () => {
  const answers: ReturnType<typeof deferred<ResponseState>>[] = []
  let [busy, most] = [0, 0]
  const { server, point, client } = await switchedBy(async () => {
    most = Math.max(most, ++busy)
    const answer = deferred<ResponseState>()
    answers.push(answer)
    const state = await answer.promise
    busy--
    return state
  })
  const [second, third] = [await startClient(server.port), await startClient(server.port)]
  client.command(Type.C_SC_NA_1, 10, { scs: true })
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  second.command(Type.C_SC_NA_1, 10, { scs: true })
  await wait(30)
  second.close()
  await wait(30)
  expect([point.value, answers.length]).toEqual([true, 1])
  third.command(Type.C_SC_NA_1, 10, { scs: true })
  await wait(30)
  expect(answers).toHaveLength(1)
  answers[0]?.resolve(ResponseState.SUCCESS)
  await client.next({ cot: Cot.ACTIVATION_CON })
  await vi.waitFor(() => expect(answers).toHaveLength(2))
  answers[1]?.resolve(ResponseState.SUCCESS)
  await third.next({ cot: Cot.ACTIVATION_CON })
  expect([point.value, most]).toEqual([true, 1])
})

it("onSendRaw may make another session send, or the same one: both streams stay whole", async () => {
  const { server, station } = await startServer()
  const command = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })
  if (command === null) throw new Error("address 10 is free")
  command.actTerm = "manual"
  command.onReceive(() => ResponseState.SUCCESS)
  const [operating, testing] = [await startClient(server.port), await startClient(server.port)]
  for (const tested of [testing, operating]) {
    operating.command(Type.C_SC_NA_1, 10, { scs: true })
    const confirmed = operating.frames.length + 1
    await operating.until(() => operating.frames.length === confirmed)
    let terminated = false
    server.onSendRaw(() => {
      if (terminated) return
      terminated = true
      command.transmit(Cot.ACTIVATION_TERMINATION)
    })
    const before = tested.frames.length
    tested.u("TESTFR act")
    await operating.until(() => causes(operating).at(-1) === Cot.ACTIVATION_TERMINATION)
    await tested.until(() => hex(tested).slice(before).includes("680483000000"))
    server.onSendRaw(null)
  }
  expect(causes(operating)).toEqual([7, 10, 7, 10])
  expect(await operating.answers()).toBe(true)
})

it("a termination goes right behind the return information that it waits for, not behind a window of events", async () => {
  const { server, station } = await startServer({ packEvents: false })
  const point = station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
  const command = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })
  if (point === null || command === null) throw new Error("both addresses are free")
  command.onReceive(() => {
    point.transmit(Cot.RETURN_INFO_REMOTE)
    return ResponseState.SUCCESS
  })
  const client = await startClient(server.port, { acknowledge: "never" })
  for (let i = 0; i < 12; i++) point.transmit(Cot.SPONTANEOUS)
  await client.until(() => causes(client).length === 12)
  client.command(Type.C_SC_NA_1, 10, { scs: true })
  await wait(30)
  for (let i = 0; i < 25; i++) point.transmit(Cot.SPONTANEOUS)
  client.acknowledge()
  await client.until(() => causes(client).length === 24)
  expect(causes(client).slice(12, 16)).toEqual([7, 11, 10, 3])
})

it.each([
  ["before", true],
  ["after", false]
])("a handler that ends its own session, and asked for the signal %s, sees it aborted", async (_when, early) => {
  const { host, port } = await startHost()
  const place = host.addPoints(1, 10, Type.C_SC_NA_1, 1)
  if (place === null) throw new Error("address 10 is free")
  const seen: boolean[] = []
  host.hooks.of(place.block, place.slot).onCommand = (command) => {
    if (early) seen.push(command.signal.aborted)
    for (const session of [...host.sessions]) session.end("shutdown")
    seen.push(command.signal.aborted)
    return "success"
  }
  const client = await startClient(port)
  client.command(Type.C_SC_NA_1, 10, { scs: true })
  await client.ended
  expect(seen).toEqual(early ? [false, true] : [true])
  expect(Commands.status(host, place.block, place.slot)).toBe("free")
})

it("a handler that blocks for longer than it may, while its session goes on, decides nothing for its client", async () => {
  const { host, port, events } = await startHost({ limits: { decisionMs: 20 } })
  const place = host.addPoints(1, 10, Type.C_SC_NA_1, 1)
  if (place === null) throw new Error("address 10 is free")
  const { block, slot } = place
  host.hooks.of(block, slot).onCommand = () => {
    for (const untilMs = performance.now() + 60; performance.now() < untilMs; );
    for (const session of host.sessions) session.ready()
    return "success"
  }
  const client = await startClient(port)
  client.command(Type.C_SC_NA_1, 10, { scs: true })
  const answer = await client.next({ typeId: Type.C_SC_NA_1 })
  expect([answer.cot, answer.negative]).toEqual([7, true])
  expect((await events.next("error")).error).toMatchObject({ _tag: "CallbackTimedOut" })
  expect(events.of("command")).toMatchObject([{ outcome: "success", answered: false }])
  expect([Image.value(block, slot), Commands.status(host, block, slot)]).toEqual([1, "free"])
})

it("a cyclic value comes behind the events that the sending of it to another client has caused", async () => {
  const { server, station } = await startServer()
  const point = station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 }) as Point<typeof Type.M_ME_NB_1>
  const clients = [await startClient(server.port), await startClient(server.port)]
  let published = false
  server.onSendRaw((_, apdu) => {
    if (published || ((apdu[2] as number) & 1) !== 0) return
    published = true
    for (let value = 1; value <= 3; value++) {
      point.value = value
      point.transmit(Cot.SPONTANEOUS)
    }
  })
  server.transmitBatch(new Batch({ points: [point], cause: Cot.PERIODIC }))
  const told = (client: RawClient): number[] =>
    client.asdus().flatMap(({ objects }) => (objects ?? []).map(({ value }) => Number(value)))
  for (const client of clients) await client.until(() => told(client).length === 4)
  expect(clients.map(told)).toEqual([
    [0, 1, 2, 3],
    [1, 2, 3, 3]
  ])
})

it("an observer may close a connection when it is told of it: it ends, is told, and its place is free", async () => {
  const { server, events } = await startServer()
  const connected = new Set<number>()
  server.observe((event) => {
    if (event.event !== "connected" || connected.size > 0) return
    connected.add(event.peer.session)
    server.connections.find(({ id }) => id === event.peer.session)?.close("not today")
  })
  const client = await connect(server.port)
  expect(await client.ended).toBe("fin")
  expect(await events.next("closed")).toMatchObject({ reason: "LOCAL", why: "not today" })
  expect([connected.size, server.connections.length]).toEqual([1, 0])
  expect(await (await startClient(server.port)).answers()).toBe(true)
})

it("what was published before a connection is closed is told before its end", async () => {
  const { server, station } = await startServer()
  const point = station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
  const client = await startClient(server.port)
  expect(point?.transmit(Cot.SPONTANEOUS)).toBe(true)
  for (const connection of server.connections) connection.close()
  expect(await client.ended).toBe("fin")
  expect(causes(client)).toEqual([Cot.SPONTANEOUS])
})

it("a connection that is closed anew with each frame that it sends before its end ends, however wide its window", async () => {
  const { server, station } = await startServer({ logLevel: "none" })
  server.protocolParameters.sendWindowSize = 20_000
  const point = station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
  const client = await startClient(server.port, { acknowledge: "never" })
  const close = () => server.connections[0]?.close()
  server.onSendRaw(() => {
    point?.transmit(Cot.SPONTANEOUS)
    close()
  })
  point?.transmit(Cot.SPONTANEOUS)
  expect(close).not.toThrow()
  expect(await client.ended).toBe("fin")
  expect(client.iFrames).toBe(1)
})

it("whoever begins to observe anew while it is told is told of an event once: an observer, and a callback that sets itself", async () => {
  const { server } = await startServer()
  const told: string[] = []
  let stop = (): void => {}
  const observer = ({ event }: { readonly event: string }): void => {
    told.push(event)
    if (told.length > 100) return
    stop()
    stop = server.observe(observer)
  }
  stop = server.observe(observer)
  let gone = 0
  const onDisconnect = (): void => {
    if (++gone < 100) server.onDisconnect(onDisconnect)
  }
  server.onDisconnect(onDisconnect)
  const client = await startClient(server.port)
  client.close()
  await vi.waitFor(() => expect(told).toContain("closed"))
  expect(told).toEqual(["connected", "started", "closed"])
  expect(gone).toBe(1)
})
