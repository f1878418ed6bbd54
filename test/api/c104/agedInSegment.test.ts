// What stands in a segment behind a callback that stood still is as old as if it had come in a segment of its own: it is judged
// once more before the application is asked.
import { describe, expect, it } from "vitest"
import { CommandMode, profiles, ResponseState, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import { connect, deferred, startClient, startServer } from "../../support/Stage.ts"

const block = (ms: number): void => {
  for (const untilMs = performance.now() + ms; performance.now() < untilMs; );
}

const U = { start: [0x68, 4, 0x07, 0, 0, 0], stop: [0x68, 4, 0x13, 0, 0, 0] } as const

/** The ASDUs as I frames of one segment, from the N(S) `first` on; what is no ASDU is a U frame. */
const segment = (first: number, frames: readonly (readonly number[])[]): Uint8Array => {
  let number = first
  return Uint8Array.from(
    frames.flatMap((frame) => (frame[0] === 0x68 ? frame : [0x68, frame.length + 4, number++ << 1, 0, 0, 0, ...frame]))
  )
}

const command = (address: number, octet = 1): number[] => [45, 1, 6, 0, 1, 0, address, 0, 0, octet]

/** A server whose t1 is 2 s, and whose command 10 stands still for a time. */
const given = async (options: ServerOptions = {}, ms = 2300) => {
  const { server, station, events } = await startServer(options)
  server.protocolParameters.update({ confirmInterval: 1, messageTimeout: 2, connectionTimeout: 2 })
  const called: string[] = []
  const note = (what: string, forMs = 0) => {
    return () => {
      called.push(what)
      block(forMs)
      return ResponseState.SUCCESS
    }
  }
  station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(note("10", ms))
  station.addPoint({ ioAddress: 20, type: Type.C_SC_NA_1 })?.onReceive(note("20"))
  const situations = () => events.of("rejected").map(({ situation }) => situation)
  return { server, station, events, called, note, situations }
}

/** A tagged command of now. */
const tagged = (ioa: number): number[] => {
  const now = new Date()
  const ms = now.getUTCSeconds() * 1000 + now.getUTCMilliseconds()
  const date = [now.getUTCDate(), now.getUTCMonth() + 1, now.getUTCFullYear() - 2000]
  return [58, 1, 6, 0, 1, 0, ioa, 0, 0, 1, ms & 0xff, ms >> 8, now.getUTCMinutes(), now.getUTCHours(), ...date]
}

describe("behind a callback that stood still for t1", () => {
  it("a command is refused, and the next is taken", async () => {
    const { server, called, situations } = await given()
    const client = await startClient(server.port)
    client.send(segment(0, [command(10), command(20)]))
    await client.next({ typeId: 45, cot: 7, negative: true })
    expect([called, situations()]).toEqual([["10"], ["stale"]])
    client.sendNumber += 2
    client.command(Type.C_SC_NA_1, 20, { scs: true })
    await client.until(() => called.length === 2)
    expect([called, situations()]).toEqual([["10", "20"], ["stale"]])
  }, 10_000)

  it("a command is refused where that is an observer of STARTDT", async () => {
    const { server, called, situations } = await given()
    server.observe(({ event }) => {
      if (event === "started") block(2300)
    })
    const client = await connect(server.port)
    client.send(segment(0, [U.start, command(20)]))
    await client.next({ typeId: 45, cot: 7, negative: true })
    expect([called, situations()]).toEqual([[], ["stale"]])
  }, 10_000)

  it("so are a select, a clock, a freeze, a parameter and a reset", async () => {
    const { server, station, called, note, situations } = await given()
    server.onClockSync(note("clock"))
    server.onReset(note("reset"))
    server.onParameter(note("parameter"))
    const counter = station.addPoint({ ioAddress: 30, type: Type.M_IT_NA_1 })
    if (counter !== null) counter.value = 7
    station.addPoint({ ioAddress: 40, type: Type.M_ME_NA_1 })
    const selected = { ioAddress: 11, type: Type.C_SC_NA_1, commandMode: CommandMode.SELECT_AND_EXECUTE }
    station.addPoint(selected)?.onSelect(note("select"))
    const client = await startClient(server.port)
    const asked = [
      command(11, 0x81),
      [103, 1, 6, 0, 1, 0, 0, 0, 0, 0, 0, 0, 12, 1, 1, 26],
      [101, 1, 6, 0, 1, 0, 0, 0, 0, 0x85],
      [110, 1, 6, 0, 1, 0, 40, 0, 0, 0, 0, 1],
      [105, 1, 6, 0, 1, 0, 0, 0, 0, 2]
    ]
    client.send(segment(0, [command(10), ...asked]))
    await client.until(() => client.asdus({ cot: 7, negative: true }).length === asked.length)
    expect([called, counter?.value, situations()]).toEqual([["10"], 7, asked.map(() => "stale")])
  }, 10_000)

  it("and a select behind a STOPDT, for which nobody is asked", async () => {
    const { server, station, called, situations } = await given()
    station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1, commandMode: CommandMode.SELECT_AND_EXECUTE })
    const client = await startClient(server.port)
    client.send(segment(0, [command(10), U.stop, U.start, command(11, 0x81)]))
    await client.next({ typeId: 45, cot: 7, negative: true })
    expect([called, situations()]).toEqual([["10"], ["stale"]])
  }, 10_000)
})

describe("behind a handler that stood still for the largest age of commands", () => {
  it.each([
    ["refuse", ["outdated"], 1],
    ["ignore", ["outdatedSilently"], 0]
  ] as const)("a tagged command is outdated (%s)", async (outdatedCommand, expected, answers) => {
    const profile = { ...profiles.iec, outdatedCommand }
    const { server, station, called, note, situations } = await given({ profile, commandAgeMs: 1000 }, 1300)
    station.addPoint({ ioAddress: 21, type: Type.C_SC_TA_1 })?.onReceive(note("21"))
    const client = await startClient(server.port)
    client.send(segment(0, [command(10), tagged(21)]))
    await client.next({ typeId: 45, cot: 10 })
    await client.testfr()
    expect([called, situations()]).toEqual([["10"], expected])
    expect(client.asdus({ typeId: 58 }).map(({ negative }) => negative)).toEqual(Array(answers).fill(true))
    client.send(segment(2, [tagged(21)]))
    await client.next({ typeId: 58, negative: false })
    expect(called).toEqual(["10", "21"])
  })
})

it("a tagged command that has become too old in front of a busy output is not begun", async () => {
  const { server, station, events } = await startServer({ commandAgeMs: 300 })
  const first = deferred<ResponseState>()
  let begun = 0
  station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, tags: "both" })?.onReceive(() => {
    begun++
    return first.promise
  })
  const client = await startClient(server.port)
  client.send(segment(0, [command(10), tagged(10)]))
  await client.testfr()
  setTimeout(() => first.resolve(ResponseState.SUCCESS), 500)
  expect(await client.next({ typeId: 58 })).toMatchObject({ cot: 7, negative: true })
  expect([begun, events.of("rejected").map(({ situation }) => situation)]).toEqual([1, ["outdated"]])
})
