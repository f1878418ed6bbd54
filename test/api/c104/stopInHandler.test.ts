// The application says stop while a handler runs: what was not begun by then is never begun, in whatever segment it came and on
// whatever connection; what was begun goes on, and is answered.
import { describe, expect, it } from "vitest"
import {
  CommandMode,
  Cot,
  type ReceiveCallback,
  ResponseState,
  type ServerOptions,
  Type
} from "../../../src/api/c104/index.ts"
import { connect, deferred, makeServer, startClient, startServer, turn } from "../../support/Stage.ts"

const { SUCCESS } = ResponseState
const { C_SC_NA_1 } = Type

const STARTDT = Uint8Array.of(0x68, 4, 0x07, 0, 0, 0)
const STOPDT = Uint8Array.of(0x68, 4, 0x13, 0, 0, 0)
const command = (ns: number, ioa: number, sco = 1): Uint8Array =>
  Uint8Array.of(0x68, 14, ns << 1, 0, 0, 0, 45, 1, 6, 0, 1, 0, ioa, 0, 0, sco)
const clock = (ns: number): Uint8Array =>
  Uint8Array.of(0x68, 20, ns << 1, 0, 0, 0, 103, 1, 6, 0, 1, 0, 0, 0, 0, 0, 0, 0, 12, 1, 1, 26)

/** A server whose handler of 10 stops it; what is begun at 11 and 12 is noted. */
const stage = async (stops: "onReceive" | "accept" | "command", options: ServerOptions = {}) => {
  const { server, station, events } = await startServer(options)
  const begun: number[] = []
  const stopped = deferred<void>()
  const stop = (): void => {
    server.stop().then(stopped.resolve, stopped.reject)
  }
  const ten: ReceiveCallback<typeof C_SC_NA_1> = () => {
    if (stops !== "command") stop()
    return SUCCESS
  }
  const execute = (): ResponseState => {
    begun.push(10)
    return SUCCESS
  }
  const point = station.addPoint({ ioAddress: 10, type: C_SC_NA_1 })
  point?.onReceive(stops === "onReceive" ? ten : { accept: ten, execute })
  if (stops === "command") server.observe(({ event }) => void (event === "command" && begun.length === 0 && stop()))
  for (const ioAddress of [11, 12])
    station.addPoint({ ioAddress, type: C_SC_NA_1 })?.onReceive(({ ioAddress }) => {
      begun.push(ioAddress)
      return SUCCESS
    })
  server.onClockSync(() => {
    begun.push(0)
    return SUCCESS
  })
  return { server, station, events, begun, stopped: stopped.promise }
}

/** What a client hears of an address: cause and P/N. */
const heardAt = (frames: readonly Uint8Array[], ioa: number): (number | undefined)[] =>
  frames.filter((apdu) => apdu[6] === 45 && apdu[12] === ioa).map((apdu) => apdu[8])

describe.each(["iec", "c104"] as const)("stop() in a handler, profile %s", (profile) => {
  it.each<[string, readonly Uint8Array[]]>([
    ["commands", [command(1, 11), command(2, 12)]],
    ["a clock synchronisation", [clock(1), command(2, 11)]],
    ["STOPDT", [command(1, 11), STOPDT]],
    ["a frame that ends the connection", [command(1, 11), Uint8Array.of(0x69, 4, 1, 0, 0, 0)]]
  ])("nothing is begun of %s in the rest of its segment", async (_, behind) => {
    const { server, events, begun, stopped } = await stage("onReceive", { profile })
    const client = await connect(server.port, { acknowledge: "never" })
    client.send(Buffer.concat([STARTDT, command(0, 10), ...behind]))
    await client.ended
    await stopped
    expect(begun).toEqual([])
    expect(heardAt(client.frames, 10)).toEqual([7, 10])
    expect(heardAt(client.frames, 11)).toEqual([0x47])
    expect(events.of("rejected").map(({ situation }) => situation)).toContain("stopping")
  })

  it("nothing is begun of what other connections send while it is done", async () => {
    const { server, begun, stopped } = await stage("onReceive", { profile })
    const [client, other] = [await startClient(server.port), await startClient(server.port)]
    server.observe(({ event }) => void (event === "command" && other.send(command(0, 11))))
    client.send(Buffer.concat([command(0, 10), command(1, 12)]))
    await Promise.all([client.ended, other.ended, stopped])
    expect(begun).toEqual([])
    expect(heardAt(client.frames, 10)).toEqual([7, 10])
  })

  it("nothing is begun of the rest of its segment where only its own connection is closed", async () => {
    const { server, station, begun } = await stage("onReceive", { profile })
    station.addPoint({ ioAddress: 13, type: C_SC_NA_1 })?.onReceive(() => {
      begun.push(13)
      for (const connection of server.connections) connection.close()
      return SUCCESS
    })
    const client = await connect(server.port, { acknowledge: "never" })
    client.send(Buffer.concat([STARTDT, command(0, 13), command(1, 11), clock(2), command(3, 12)]))
    await client.ended
    expect(begun).toEqual([13])
    expect([heardAt(client.frames, 13), heardAt(client.frames, 11)]).toEqual([[7, 10], [0x47]])
  })

  it("a command that waits for its turn is refused at once", async () => {
    const { server, station, begun, stopped } = await stage("onReceive", { profile: "c104" })
    const answer = deferred<ResponseState>()
    station.addPoint({ ioAddress: 13, type: C_SC_NA_1 })?.onReceive(() => {
      begun.push(13)
      return answer.promise
    })
    const client = await startClient(server.port, { acknowledge: "never" })
    client.send(Buffer.concat([command(0, 13), command(1, 13)]))
    await expect.poll(() => begun).toEqual([13])
    client.send(command(2, 10))
    await client.until(() => heardAt(client.frames, 10).length > 0)
    answer.resolve(SUCCESS)
    await Promise.all([client.ended, stopped])
    expect(begun).toEqual([13])
    expect(heardAt(client.frames, 13)[0]).toBe(0x47)
  })

  it("what is accepted while it is said is not carried out", async () => {
    const { server, begun, stopped } = await stage("accept", { profile })
    const client = await connect(server.port, { acknowledge: "never" })
    client.send(Buffer.concat([STARTDT, command(0, 10)]))
    await Promise.all([client.ended, stopped])
    expect(begun).toEqual([])
    expect(heardAt(client.frames, 10)).toEqual([0x47])
  })

  it("what was accepted, and is told so, is not carried out either", async () => {
    const { server, events, begun, stopped } = await stage("command", { profile })
    const client = await connect(server.port, { acknowledge: "never" })
    client.send(Buffer.concat([STARTDT, command(0, 10), command(1, 11)]))
    await Promise.all([client.ended, stopped])
    expect(begun).toEqual([])
    expect(heardAt(client.frames, 10)).toEqual([7, 0x4a])
    expect(events.of("executed").map(({ outcome }) => outcome)).toEqual(["failure"])
  })

  it("begin() says no, and a select is refused", async () => {
    const { server, station, stopped } = await stage("onReceive", { profile })
    const wanted: boolean[] = []
    const late = deferred<ResponseState>()
    station.addPoint({ ioAddress: 14, type: C_SC_NA_1 })?.onReceive(async (_, __, message) => {
      await late.promise
      wanted.push(message.begin())
      return SUCCESS
    })
    const commandMode = CommandMode.SELECT_AND_EXECUTE
    station.addPoint({ ioAddress: 15, type: C_SC_NA_1, commandMode })?.onSelect(() => SUCCESS)
    const client = await startClient(server.port, { acknowledge: "never" })
    client.send(command(0, 14))
    await turn()
    client.send(Buffer.concat([command(1, 10), command(2, 15, 0x81)]))
    late.resolve(SUCCESS)
    await Promise.all([client.ended, stopped])
    expect(wanted).toEqual([false])
    expect(heardAt(client.frames, 15)).toEqual([0x47])
  })
})

it("a server that was stopped in a handler can be started again, and commands are taken", async () => {
  const { server, begun, stopped } = await stage("onReceive")
  const first = await startClient(server.port)
  first.send(command(0, 10))
  await stopped
  await server.start()
  const client = await startClient(server.port)
  client.command(C_SC_NA_1, 11, { scs: true })
  await client.next({ cot: Cot.ACTIVATION_TERMINATION })
  expect(begun).toEqual([11])
})

it("stop() of a server that does not run refuses nothing later", async () => {
  const server = makeServer()
  await server.stop()
  server
    .addStation(1)
    ?.addPoint({ ioAddress: 11, type: C_SC_NA_1 })
    ?.onReceive(() => SUCCESS)
  await server.start()
  const client = await startClient(server.port)
  client.command(C_SC_NA_1, 11, { scs: true })
  expect((await client.next({ cot: Cot.ACTIVATION_CON })).negative).toBe(false)
})
