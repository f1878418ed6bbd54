// What ends data transfer or a connection in the middle of a chunk: what came before it in good order is answered as far
// as that can be done at once, and nothing is begun behind it. How the octets are cut into segments changes nothing.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  CommandMode,
  type ReceiveCallback,
  ResponseState,
  Server,
  type ServerOptions,
  Type
} from "../../../src/api/c104/index.ts"
import type { ServerEvent } from "../../../src/shell/ServerEvent.ts"
import { RawClient } from "../../support/RawClient.ts"
import { cutAt, places } from "../../support/Segments.ts"
import { deferred, startClient, startServer, switchedBy } from "../../support/Stage.ts"

const { SUCCESS } = ResponseState
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const u = (code: number): Uint8Array => Uint8Array.of(0x68, 4, code, 0, 0, 0)
const [STARTDT, STOPDT] = [u(0x07), u(0x13)]
const never = (): Promise<ResponseState> => new Promise(() => {})

const single = (ns: number, ioa: number, cause = 6): Uint8Array =>
  Uint8Array.of(0x68, 14, (ns << 1) & 0xff, ns >> 7, 0, 0, 45, 1, cause, 0, 1, 0, ioa, 0, 0, 1)
const clock = (ns: number): Uint8Array =>
  Uint8Array.of(0x68, 20, ns << 1, 0, 0, 0, 103, 1, 6, 0, 1, 0, 0, 0, 0, 0, 0, 0, 12, 1, 1, 26)
const reset = (ns: number, qualifier: number): Uint8Array =>
  Uint8Array.of(0x68, 14, ns << 1, 0, 0, 0, 105, 1, 6, 0, 1, 0, 0, 0, 0, qualifier)
const freeze = (ns: number): Uint8Array => Uint8Array.of(0x68, 14, ns << 1, 0, 0, 0, 101, 1, 6, 0, 1, 0, 0, 0, 0, 0x45)
const parameter = (ns: number): Uint8Array =>
  Uint8Array.of(0x68, 16, ns << 1, 0, 0, 0, 110, 1, 6, 0, 1, 0, 20, 0, 0, 0, 0, 1)

/** Frames that end the connection. */
const bad: Readonly<Record<string, (ns: number) => Uint8Array>> = {
  "a wrong start octet": () => Uint8Array.of(0x69, 4, 0, 0, 0, 0),
  "a wrong length": () => Uint8Array.of(0x68, 3, 0, 0, 0, 0),
  "a wrong control field": () => u(0x03),
  "a wrong N(S)": (ns) => single(ns + 3, 10),
  "a wrong N(R)": () => Uint8Array.of(0x68, 4, 1, 0, 0x40, 0x1f),
  "a truncated ASDU": (ns) => Uint8Array.of(0x68, 13, ns << 1, 0, 0, 0, 45, 1, 6, 0, 1, 0, 10, 0, 0),
  "an ASDU without object": (ns) => Uint8Array.of(0x68, 10, ns << 1, 0, 0, 0, 45, 0, 6, 0, 1, 0)
}

const answers = (client: RawClient): unknown[] =>
  client.asdus().map(({ typeId, cot, negative, objects }) => [typeId, cot, negative, objects?.[0]?.ioa])

/** The last number that the server acknowledged. */
const acknowledged = (client: RawClient): number => {
  const last = client.frames.filter((apdu) => ((apdu[2] as number) & 3) !== 3).at(-1)
  return last === undefined ? 0 : ((last[4] as number) >> 1) | ((last[5] as number) << 7)
}

describe("a frame that ends the connection behind a command in one segment", () => {
  it.each(Object.entries(bad))("%s: the command is answered and acknowledged, then comes the end", async (_, frame) => {
    const { server, point, events } = await switchedBy(() => SUCCESS)
    const client = await RawClient.connect(server.port)
    client.send(Buffer.concat([STARTDT, single(0, 10), frame(1)]))
    expect(await client.ended).toBe("fin")
    expect(answers(client)).toEqual([
      [45, 7, false, 10],
      [45, 10, false, 10]
    ])
    expect([acknowledged(client), point.value, events.of("command").length]).toEqual([1, true, 1])
  })

  it.each(["iec", "c104"] as const)(
    "tells of each command in front of it what became of it, also where its point was replaced in the same segment (%s)",
    async (profile) => {
      const { server, station, events } = await startServer({ profile })
      const add = (ioAddress: number): void =>
        void station.addPoint({ ioAddress, type: Type.C_SC_NA_1 })?.onReceive(() => SUCCESS)
      const selected = { ioAddress: 12, type: Type.C_SC_NA_1, commandMode: CommandMode.SELECT_AND_EXECUTE } as const
      station.addPoint(selected)?.onSelect(never)
      for (const ioAddress of [11, 13]) add(ioAddress)
      station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(() => {
        station.removePoint(12)
        station.removePoint(13)
        add(13)
        return SUCCESS
      })
      const client = await RawClient.connect(server.port)
      const select = single(0, 12)
      select[15] = 0x81
      const commands = [single(1, 12), single(2, 10), single(3, 13), single(4, 11)]
      client.send(Buffer.concat([STARTDT, select, ...commands, Uint8Array.of(0x69, 4, 1, 0, 0, 0)]))
      expect(await client.ended).toBe("fin")
      const told = events.of("command").map(({ address, outcome }) => [address, outcome])
      const of = (ioa: number): unknown => answers(client).find((answer) => (answer as unknown[])[3] === ioa)
      const outcomes = [13, 11].map((ioa) => [ioa, (of(ioa) as unknown[])[2] === true ? "failure" : "success"])
      expect(told).toEqual([[10, "success"], ...outcomes])
    }
  )

  it("is acknowledged by S when the handler takes its time, and begins nothing that waited", async () => {
    let asked = 0
    const { server, events } = await switchedBy(
      () => {
        asked++
        return never()
      },
      { profile: "c104" }
    )
    const client = await RawClient.connect(server.port)
    client.send(Buffer.concat([STARTDT, single(0, 10), single(1, 10), single(2, 10), u(0x03)]))
    expect(await client.ended).toBe("fin")
    expect(answers(client)).toEqual([
      [45, 7, true, 10],
      [45, 7, true, 10]
    ])
    expect([acknowledged(client), asked, (await events.next("closed")).reason]).toEqual([3, 1, "BAD_CONTROL_FIELD"])
  })

  it("does not acknowledge what it cannot be read as", async () => {
    const { server } = await startServer()
    const client = await startClient(server.port)
    client.send(bad["a truncated ASDU"]?.(0) as Uint8Array)
    await client.ended
    expect(acknowledged(client)).toBe(0)
  })
})

describe("STOPDT in the segment of requests", () => {
  it("is confirmed behind their answers", async () => {
    const { server, station } = await startServer()
    station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(() => SUCCESS)
    station.addPoint({ ioAddress: 20, type: Type.M_ME_NA_1 })
    const told: string[] = []
    const note = (what: string) => () => {
      told.push(what)
      return SUCCESS
    }
    server.onClockSync(note("clock"))
    server.onReset(note("reset"))
    server.onParameter(note("parameter"))
    const client = await startClient(server.port)
    client.send(Buffer.concat([clock(0), freeze(1), reset(2, 2), parameter(3), single(4, 10), STOPDT]))
    await client.next("STOPDT con")
    expect(answers(client).map((answer) => (answer as unknown[]).slice(0, 3))).toEqual([
      [103, 7, false],
      [101, 7, false],
      [101, 10, false],
      [105, 7, false],
      [110, 7, false],
      [45, 7, false],
      [45, 10, false]
    ])
    expect(told).toEqual(["clock", "reset", "parameter"])
  })

  it("begins none of the commands that waited, and refuses them", async () => {
    let asked = 0
    const first = deferred<ResponseState>()
    const { client, events } = await switchedBy(() => (asked++ === 0 ? first.promise : SUCCESS), { profile: "c104" })
    client.send(Buffer.concat([single(0, 10), single(1, 10), single(2, 10), single(3, 10), STOPDT]))
    await client.next("STOPDT con")
    first.resolve(SUCCESS)
    await wait(30)
    expect(asked).toBe(1)
    expect(answers(client)).toEqual(Array(3).fill([45, 7, true, 10]))
    expect(client.isClosed).toBe(false)
    expect(events.of("unanswered")).toEqual([])
  })

  it("tells the application what the window did not let the client know", async () => {
    const { server, station, events } = await startServer()
    const callback: ReceiveCallback<typeof Type.C_SC_NA_1> = () => SUCCESS
    for (let ioAddress = 1; ioAddress <= 8; ioAddress++)
      station.addPoint({ ioAddress, type: Type.C_SC_NA_1 })?.onReceive(callback)
    const client = await startClient(server.port, { acknowledge: "never" })
    const commands = Array.from({ length: 8 }, (_, index) => single(index, index + 1))
    client.send(Buffer.concat([...commands, STOPDT]))
    await client.until(() => client.iFrames === 12)
    await client.testfr()
    client.acknowledge()
    await client.next("STOPDT con")
    expect(client.iFrames).toBe(12)
    expect(events.of("command")).toHaveLength(8)
    expect(events.of("unanswered").map(({ address, type, outcome }) => [address, type, outcome])).toEqual([
      [7, "C_SC_NA_1", "success"],
      [8, "C_SC_NA_1", "success"]
    ])
  })

  it("a thousand times, each behind a command, is worked off in one go", async () => {
    let asked = 0
    const { server } = await switchedBy(() => {
      asked++
      return SUCCESS
    })
    server.protocolParameters.sendWindowSize = 5000
    const client = await startClient(server.port, { acknowledge: "never" })
    const parts: Uint8Array[] = []
    for (let ns = 0; ns < 1000; ns++) parts.push(single(ns, 10), STOPDT, STARTDT)
    client.send(Buffer.concat(parts))
    await client.until(() => client.frames.filter((apdu) => apdu[2] === 0x0b).length === 1001)
    expect([asked, await client.answers()]).toEqual([1000, true])
  })
})

describe("a command in two phases that was confirmed is carried out, and still wanted as it begins", () => {
  const borders: Readonly<Record<string, (client: RawClient) => Uint8Array>> = {
    "a STOPDT": () => STOPDT,
    "a frame that ends the connection": () => u(0x03),
    "a command whose handler closes the connection": () => single(1, 11)
  }
  it.each(
    Object.keys(borders).flatMap((border) => [
      ["in one segment with", border],
      ["in a segment before", border]
    ])
  )("%s %s", async (how, border) => {
    const begun: unknown[] = []
    const { server, station, events } = await startServer()
    station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive({
      accept: () => SUCCESS,
      execute: async (_, message) => {
        begun.push([message.begin(), message.signal.aborted])
        await wait(20)
        begun.push([message.begin(), message.signal.aborted])
        return SUCCESS
      }
    })
    station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1 })?.onReceive((_, __, message) => {
      message.connection?.close()
      return SUCCESS
    })
    const client = await startClient(server.port)
    const behind = borders[border]?.(client) as Uint8Array
    if (how.startsWith("in one")) client.send(Buffer.concat([single(0, 10), behind]))
    else {
      client.send(single(0, 10))
      await client.until(() => client.iFrames >= 1)
      client.send(behind)
    }
    await events.next("executed")
    expect(answers(client)[0]).toEqual([45, 7, false, 10])
    expect([begun, events.of("executed")[0]?.outcome]).toEqual([
      [
        [true, false],
        [false, true]
      ],
      "success"
    ])
  })
})

describe("a server that ends a connection", () => {
  it("in the handler of a command lets it answer, and begins none of those behind it", async () => {
    const asked: number[] = []
    const { server, station, events } = await startServer()
    for (const ioAddress of [10, 11])
      station.addPoint({ ioAddress, type: Type.C_SC_NA_1 })?.onReceive(() => {
        asked.push(ioAddress)
        for (const connection of server.connections) connection.close()
        return SUCCESS
      })
    const client = await startClient(server.port)
    client.send(Buffer.concat([single(0, 10), single(1, 11)]))
    expect(await client.ended).toBe("fin")
    expect([asked, events.of("closed").length]).toEqual([[10], 1])
    expect(answers(client)).toEqual([
      [45, 7, false, 10],
      [45, 10, false, 10],
      [45, 7, true, 11]
    ])
  })

  it("as it stops refuses what was not begun and acknowledges what was", async () => {
    const { server, client } = await switchedBy(never, { profile: "c104" })
    client.send(Buffer.concat([single(0, 10), single(1, 10)]))
    await client.testfr()
    await server.stop()
    expect(await client.ended).toBe("fin")
    expect(answers(client)).toEqual([[45, 7, true, 10]])
    expect(acknowledged(client)).toBe(2)
  })
})

it("a client that closes behind its command gets the answer", async () => {
  const { client } = await switchedBy(() => SUCCESS)
  client.send(single(0, 10))
  client.halfClose()
  expect(await client.ended).toBe("fin")
  expect(answers(client)).toEqual([
    [45, 7, false, 10],
    [45, 10, false, 10]
  ])
})

// ---- any cut ----

/**
 * What a client does: commands to points that answer at once, later, or never, some of them in two phases; STOPDT, STARTDT,
 * and a bad frame.
 */
type Deed = "atOnce" | "later" | "never" | "inTwo" | "laterInTwo" | "stop" | "start" | keyof typeof bad

const points: Readonly<Record<string, number>> = { atOnce: 10, later: 11, never: 12, inTwo: 13, laterInTwo: 14 }

/** The octets of what is done; I frames only while data transfer is started. */
const octetsOf = (deeds: readonly Deed[]): Buffer => {
  const parts: Uint8Array[] = [STARTDT]
  let ns = 0
  let started = true
  for (const deed of deeds) {
    const ioa = points[deed]
    if (ioa !== undefined) {
      if (started) parts.push(single(ns++, ioa))
    } else if (deed === "stop" || deed === "start") {
      // A STARTDT act more is confirmed at once, ahead of answers that are on their way: only then cuts are seen.
      if (deed === "stop" || !started) parts.push(deed === "stop" ? STOPDT : STARTDT)
      started = deed === "start"
    } else {
      parts.push(bad[deed]?.(ns) as Uint8Array)
      break
    }
  }
  return Buffer.concat(parts)
}

/** What comes of octets in these segments; S frames and numbers follow the segments, what they amount to does not. */
const comesOf = async (segments: readonly Uint8Array[], options: ServerOptions): Promise<unknown> => {
  const server = new Server({ ip: "127.0.0.1", port: 0, ...options })
  server.protocolParameters.sendWindowSize = 40
  const station = server.addStation(1)
  const [asked, facts, open]: [unknown[], ServerEvent[], (() => void)[]] = [[], [], []]
  const later = (): Promise<ResponseState> => new Promise((resolve) => open.push(() => resolve(SUCCESS)))
  const answer: Readonly<Record<string, () => ResponseState | Promise<ResponseState>>> = {
    atOnce: () => SUCCESS,
    later,
    never,
    inTwo: () => SUCCESS,
    laterInTwo: later
  }
  for (const [how, ioAddress] of Object.entries(points)) {
    const point = station?.addPoint({ ioAddress, type: Type.C_SC_NA_1 })
    const decide = () => {
      asked.push(ioAddress)
      return how.endsWith("InTwo") ? SUCCESS : (answer[how]?.() ?? SUCCESS)
    }
    if (!how.endsWith("InTwo") && how !== "inTwo") point?.onReceive(decide)
    else
      point?.onReceive({
        accept: decide,
        execute: (_, message) => {
          asked.push([ioAddress, message.begin()])
          return answer[how]?.() ?? SUCCESS
        }
      })
  }
  server.observe((event) => facts.push(event))
  await server.start()
  const client = await RawClient.connect(server.port, { acknowledge: "never" })
  try {
    let sent = 0
    for (const segment of segments) {
      client.send(segment)
      sent += segment.length
      for (let turns = 0; turns < 3; turns++) await wait(0)
    }
    // A round trip behind the last octet, unless the connection ends.
    if (!client.isClosed) await client.answers()
    for (const resolve of open) resolve()
    if (!client.isClosed) await client.answers()
    // What is owed as acknowledgement is told by then.
    client.u("STOPDT act")
    if (!client.isClosed) await client.answers()
    const frames = client.frames.filter((apdu) => apdu[2] !== 1 && apdu[2] !== 0x83)
    const said = frames.map((apdu) => ((apdu[2] as number) & 1 ? `U${apdu[2]}` : `${apdu[6]}/${apdu[8]}/${apdu[12]}`))
    return {
      sent,
      asked,
      said,
      acknowledged: acknowledged(client),
      ended: client.isClosed ? await client.ended : "open",
      facts: facts.map(({ event }) => event).sort()
    }
  } finally {
    client.close()
    await server.stop()
  }
}

const deeds = fc.array(
  fc.oneof(
    { arbitrary: fc.constantFrom<Deed>("atOnce", "later", "never", "inTwo", "laterInTwo"), weight: 6 },
    { arbitrary: fc.constantFrom<Deed>("stop", "start"), weight: 2 },
    { arbitrary: fc.constantFrom<Deed>(...Object.keys(bad)), weight: 1 }
  ),
  { minLength: 1, maxLength: 12 }
)

it.each(["iec", "c104"] as const)(
  "any cut of commands, STOPDT and bad frames into segments comes to the same (%s)",
  async (profile) => {
    await fc.assert(
      fc.asyncProperty(deeds, places(5), async (what, where) => {
        const octets = octetsOf(what)
        const options: ServerOptions = { profile }
        const whole = await comesOf([octets], options)
        expect(await comesOf(cutAt(octets, where), options)).toEqual(whole)
      }),
      { numRuns: 40 }
    )
  },
  30_000
)
