// A request behind a command in the segment of which it came means the station that is there when that command is over: as if it
// had come in a segment of its own.
import { describe, expect, it } from "vitest"
import { ResponseState, type Server, Type } from "../../../src/api/c104/index.ts"
import { startClient, startServer } from "../../support/Stage.ts"

const { SUCCESS } = ResponseState

const frame = (ns: number, type: number, ca: number, ...rest: readonly number[]): Uint8Array =>
  Uint8Array.of(0x68, 10 + rest.length, ns << 1, 0, 0, 0, type, 1, 6, 0, ca & 0xff, ca >> 8, ...rest)

const requests: Readonly<Record<string, readonly number[]>> = {
  "a freeze with reset": [101, 0, 0, 0, 0x85],
  "a freeze of a group": [101, 0, 0, 0, 0x41],
  "a reset of counters": [101, 0, 0, 0, 0xc5],
  "a clock synchronisation": [103, 0, 0, 0, 0, 0, 0, 12, 1, 1, 26],
  "a reset of the process": [105, 0, 0, 0, 1],
  "a reset of pending events": [105, 0, 0, 0, 2],
  "a parameter of a point": [112, 6, 0, 0, 0, 0, 0, 0, 1],
  "the activation of all parameters": [113, 0, 0, 0, 1]
}

/** A server whose command 1 of station 2 removes the station 1, and puts another in its place where it should. */
const given = async (change: (server: Server, build: () => void) => void) => {
  const { server } = await startServer({ selectTimeoutMs: 10_000 })
  const called: string[] = []
  const note = (what: string) => () => {
    called.push(what)
    return SUCCESS
  }
  server.onClockSync(note("clock"))
  server.onReset(note("reset"))
  server.onParameter(note("parameter"))
  const build = (): void => {
    server.removeStation(1)
    const station = server.addStation(1)
    const counter = station?.addPoint({ ioAddress: 5, type: Type.M_IT_NA_1, counterGroups: [1] })
    if (counter != null) counter.value = 99
    station?.addPoint({ ioAddress: 6, type: Type.M_ME_NC_1 })
  }
  build()
  const command = server.addStation(2)?.addPoint({ ioAddress: 1, type: Type.C_SC_NA_1 })
  command?.onReceive(() => {
    change(server, build)
    return SUCCESS
  })
  const client = await startClient(server.port)
  /** Sends the command and the request in one segment; what the request hears. */
  const behind = async (ca: number, [type = 0, ...rest]: readonly number[]) => {
    client.send(Buffer.concat([frame(0, 45, 2, 1, 0, 0, 1), frame(1, type, ca, ...rest)]))
    expect(await client.answers()).toBe(true)
    return client.asdus((frame) => "typeId" in frame && frame.typeId !== 45).map(({ cot, negative }) => [cot, negative])
  }
  const counted = () => server.getStation(1)?.getPoint(5)?.value
  return { server, called, behind, counted }
}

describe.each(Object.entries(requests))("%s", (_, request) => {
  it("to a station that a command before it has removed is refused, as in a segment of its own", async () => {
    const { called, behind, counted } = await given((server) => void server.removeStation(1))
    expect(await behind(1, request)).toEqual([[46, true]])
    expect([called, counted()]).toEqual([[], undefined])
  })

  it("to a station that a command before it has put in the place of another is one to that", async () => {
    const { behind, counted } = await given((_, build) => build())
    expect((await behind(1, request))[0]).toEqual([7, false])
    expect(counted()).toBe(request[0] === 101 && request[4] !== 0x41 ? 0 : 99)
  })
})

it("a global freeze is carried out in the stations that are there when the command before it is over", async () => {
  const { server, behind, counted } = await given((_, build) => build())
  const counter = server.getStation(2)?.addPoint({ ioAddress: 5, type: Type.M_IT_NA_1 })
  if (counter != null) counter.value = 7
  expect((await behind(0xffff, requests["a freeze with reset"] ?? [])).slice(0, 2)).toEqual([
    [7, false],
    [7, false]
  ])
  expect([counter?.value, counted()]).toEqual([0, 0])
})
