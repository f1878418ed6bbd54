// Requests to one command point are decided in the order in which they came, also while the application thinks about a
// select or an execute before them; how the octets are cut into segments changes nothing.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  CommandMode,
  ResponseState,
  type SelectCallback,
  Server,
  type ServerOptions,
  Type
} from "../../../src/api/c104/index.ts"
import { RawClient } from "../../support/RawClient.ts"
import { cutAt, places } from "../../support/Segments.ts"
import { deferred, startClient, startServer, turn } from "../../support/Stage.ts"

const { SUCCESS, FAILURE } = ResponseState
const u = (code: number): Uint8Array => Uint8Array.of(0x68, 4, code, 0, 0, 0)
const [STARTDT, STOPDT, WRONG] = [u(0x07), u(0x13), Uint8Array.of(0x69, 4, 0, 0, 0, 0)]
const TIME = [0, 0, 0, 12, 1, 1, 26] as const

/** A single command as its element, cause and address; `tagged` with time tag. */
interface Frame {
  readonly element: number
  readonly cause?: number
  readonly ioa?: number
  readonly tagged?: boolean
}

const SELECT: Frame = { element: 0x81 }
const EXECUTE: Frame = { element: 0x01 }
const CANCEL: Frame = { element: 0x81, cause: 8 }

const octetsOf = ({ element, cause = 6, ioa = 10, tagged = false }: Frame, ns: number): readonly number[] => [
  ...[0x68, tagged ? 21 : 14, (ns << 1) & 0xff, ns >> 7, 0, 0, tagged ? 58 : 45, 1, cause, 0, 1, 0, ioa, 0, 0, element],
  ...(tagged ? TIME : [])
]

const together = (frames: readonly Frame[], from = 0): Uint8Array =>
  Uint8Array.from(frames.flatMap((frame, index) => octetsOf(frame, from + index)))

/** The I frames a client got: cause with P/N and T, and element, in hexadecimal; of one address. */
const said = (client: RawClient, ioa = 10): readonly string[] =>
  client.frames
    .filter((apdu) => ((apdu[2] as number) & 1) === 0 && apdu[12] === ioa)
    .map((apdu) => [apdu[8], apdu[15]].map((octet) => (octet as number).toString(16).padStart(2, "0")).join(" "))

const stage = async (onSelect: SelectCallback<typeof Type.C_SC_NA_1> | null, options: ServerOptions = {}) => {
  const { server, station, events } = await startServer({ selectTimeoutMs: 5000, ...options })
  const commandMode = CommandMode.SELECT_AND_EXECUTE
  const point = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, commandMode, tags: "both" })
  if (point === null) throw new Error("address 10 is free")
  const operated: boolean[] = []
  point.onReceive((at) => {
    operated.push(at.value === true)
    return SUCCESS
  })
  point.onSelect(onSelect)
  const client = await startClient(server.port)
  return { server, station, events, point, operated, client }
}

describe("an execute in the segment of its select", () => {
  it.each(["iec", "c104"] as const)("is carried out when the application agrees at once (%s)", async (profile) => {
    const { client, operated, point } = await stage(() => SUCCESS, { profile })
    client.send(together([SELECT, EXECUTE]))
    await client.next({ cot: 10 })
    expect([said(client), operated, point.selectedBy]).toEqual([["07 81", "07 01", "0a 01"], [true], null])
  })

  it("is refused behind its select when that is refused", async () => {
    const { client, operated } = await stage(() => FAILURE)
    client.send(together([SELECT, EXECUTE]))
    await client.answers()
    expect([said(client), operated]).toEqual([["47 81", "47 01"], []])
  })

  it.each<[string, readonly Frame[], readonly string[]]>([
    ["a cancel", [SELECT, CANCEL, EXECUTE], ["07 81", "09 81", "47 01"]],
    ["a second select", [SELECT, SELECT, EXECUTE], ["07 81", "07 81", "07 01", "0a 01"]],
    ["the execute of another value", [SELECT, { element: 0x00 }, EXECUTE], ["07 81", "47 00", "47 01"]],
    ["the execute of the other type", [SELECT, { element: 1, tagged: true }, EXECUTE], ["07 81", "47 01", "47 01"]],
    ["a second execute", [SELECT, EXECUTE, EXECUTE], ["07 81", "07 01", "0a 01", "47 01"]],
    ["a select behind it", [SELECT, EXECUTE, SELECT], ["07 81", "07 01", "0a 01", "07 81"]],
    ["a cancel behind it", [SELECT, EXECUTE, CANCEL], ["07 81", "07 01", "0a 01", "49 81"]],
    [
      "tests",
      [SELECT, { element: 0x81, cause: 0x86 }, { element: 1, cause: 0x86 }, EXECUTE],
      ["07 81", "87 81", "87 01", "8a 01", "07 01", "0a 01"]
    ],
    ["a qualifier that is not taken", [SELECT, { element: 0xfd }, EXECUTE], ["07 81", "47 fd", "07 01", "0a 01"]]
  ])("is judged in the order of arrival: %s", async (_, frames, expected) => {
    const { client } = await stage(() => SUCCESS, { profile: "iec" })
    client.send(together(frames))
    await client.answers()
    expect(said(client)).toEqual(expected)
    // Also when the select is decided later: what stands behind it is judged in turn then.
    const open: (() => void)[] = []
    const later = await stage(() => new Promise((resolve) => open.push(() => resolve(SUCCESS))), { profile: "iec" })
    later.client.send(together(frames))
    await later.client.answers()
    for (let resolve = open.shift(); resolve !== undefined; resolve = open.shift()) {
      resolve()
      await turn()
    }
    await later.client.answers()
    expect(said(later.client)).toEqual(expected)
  })

  it.each([
    ["STOPDT", STOPDT],
    ["a frame that ends the connection", WRONG]
  ])("is carried out also with %s behind it", async (_, border) => {
    const { client, operated } = await stage(() => SUCCESS)
    client.send(Buffer.concat([together([SELECT, EXECUTE, SELECT]), border]))
    if (border === WRONG) await client.ended
    else await client.answers().catch(() => false)
    expect([said(client), operated]).toEqual([["07 81", "07 01", "0a 01", "07 81"], [true]])
  })

  it("finds no point when its select has taken that away", async () => {
    const { client, operated, station } = await stage(() => {
      station.removePoint(10)
      return SUCCESS
    })
    client.send(together([SELECT, EXECUTE]))
    await client.answers()
    expect([said(client), operated]).toEqual([["47 81", "6f 01"], []])
  })
})

describe("what comes while the application thinks about a select", () => {
  it("is judged when it has said yes, and answered behind that", async () => {
    const answer = deferred<ResponseState>()
    const { client, operated } = await stage(() => answer.promise)
    client.send(together([SELECT]))
    await client.answers()
    client.send(together([EXECUTE], 1))
    await client.answers()
    expect(said(client)).toEqual([])
    answer.resolve(SUCCESS)
    await client.next({ cot: 10 })
    expect([said(client), operated]).toEqual([["07 81", "07 01", "0a 01"], [true]])
  })

  it("is refused behind its select when another client was selected meanwhile", async () => {
    const answers = [deferred<ResponseState>(), deferred<ResponseState>()] as const
    let asked = 0
    const { server, client, operated } = await stage(() => answers[asked++ === 0 ? 0 : 1].promise)
    const other = await startClient(server.port)
    client.send(together([SELECT, EXECUTE]))
    await client.answers()
    other.send(together([SELECT]))
    await other.answers()
    answers[1].resolve(SUCCESS)
    await other.next({ typeId: 45 })
    answers[0].resolve(SUCCESS)
    await client.next({ typeId: 45 })
    await client.answers()
    expect([said(client), said(other), operated]).toEqual([["47 81", "47 01"], ["07 81"], []])
  })

  it("is refused behind it when that takes longer than decisionMs", async () => {
    const { client, operated } = await stage(() => new Promise(() => {}), { limits: { decisionMs: 50 } })
    client.send(together([SELECT, EXECUTE, CANCEL]))
    await client.next({ cot: 9 })
    expect([said(client), operated]).toEqual([["47 81", "47 01", "49 81"], []])
  })

  it("is refused at once where no more may wait", async () => {
    const answer = deferred<ResponseState>()
    const { client } = await stage(() => answer.promise, { limits: { decisionsPerSession: 3 } })
    client.send(together([SELECT, CANCEL, EXECUTE, { element: 0x00 }, EXECUTE]))
    await client.answers()
    expect(said(client)).toEqual(["47 00", "47 01"])
    answer.resolve(SUCCESS)
    await client.next({ cot: 9 })
    await client.answers()
    expect(said(client)).toEqual(["47 00", "47 01", "07 81", "09 81", "47 01"])
  })

  it("takes no place of a real one with T = 1, nor is such a one told as unanswered", async () => {
    const { client, events } = await stage(() => deferred<ResponseState>().promise, {
      limits: { decisionsPerSession: 4 }
    })
    client.send(together([SELECT]))
    await client.answers()
    client.send(
      together([...Array<Frame>(6).fill({ element: 0x81, cause: 0x86 }), ...Array<Frame>(4).fill(EXECUTE)], 1)
    )
    await client.answers()
    // Four tests stand and three executes behind the select, which waits itself: what is more is refused.
    const refused = events.of("rejected").map(({ situation, apdu }) => [situation, apdu[8]])
    const one = (cause: number): unknown => ["tooManyRequests", cause]
    expect(refused).toEqual([one(0x86), one(0x86), one(6)])
    await client.stopdt()
    expect(events.of("unanswered")).toHaveLength(4)
  })

  it("is told when data transfer stops before it was judged, and never comes to anything", async () => {
    const answer = deferred<ResponseState>()
    const { client, events, operated } = await stage(() => answer.promise)
    client.send(together([SELECT, EXECUTE]))
    await client.stopdt()
    answer.resolve(SUCCESS)
    await turn()
    await client.startdt()
    expect([said(client), operated, events.of("unanswered").map(({ outcome }) => outcome)]).toEqual([
      [],
      [],
      ["none", "none"]
    ])
  })
})

// ---- any cut ----

/** Points by what their callbacks do: both at once, both later, only the execute later. */
const points = { atOnce: 10, later: 11, laterExecuted: 12 } as const
type How = keyof typeof points
type Deed = Frame | "stop" | "wrong"

/** What comes of octets in these segments, address by address. */
const comesOf = async (segments: readonly Uint8Array[], profile: "iec" | "c104"): Promise<unknown> => {
  const server = new Server({ ip: "127.0.0.1", port: 0, profile, selectTimeoutMs: 20_000 })
  server.protocolParameters.sendWindowSize = 100
  const station = server.addStation(1)
  const [open, asked]: [(() => void)[], Record<number, unknown[]>] = [[], {}]
  const answered = (later: boolean, state: ResponseState): ResponseState | Promise<ResponseState> =>
    later ? new Promise((resolve) => open.push(() => resolve(state))) : state
  for (const [how, ioAddress] of Object.entries(points) as [How, number][]) {
    const heard: unknown[] = []
    asked[ioAddress] = heard
    const commandMode = CommandMode.SELECT_AND_EXECUTE
    const point = station?.addPoint({ ioAddress, type: Type.C_SC_NA_1, commandMode, tags: "both" })
    point?.onReceive((at) => {
      heard.push(["executed", at.value])
      return answered(how === "later" || how === "laterExecuted", SUCCESS)
    })
    point?.onSelect((_, message) => {
      heard.push(["asked", message.info?.value])
      return answered(how === "later", message.info?.value === true ? SUCCESS : FAILURE)
    })
  }
  await server.start()
  const client = await RawClient.connect(server.port, { acknowledge: "never" })
  try {
    for (const segment of segments) {
      client.send(segment)
      for (let turns = 0; turns < 3; turns++) await turn()
    }
    if (!client.isClosed) await client.answers()
    for (let resolve = open.shift(); resolve !== undefined; resolve = open.shift()) {
      resolve()
      for (let turns = 0; turns < 3; turns++) await turn()
    }
    if (!client.isClosed) await client.answers()
    const ended = client.isClosed
    const answers = Object.values(points).map((ioa) => said(client, ioa))
    return { answers, asked, ended }
  } finally {
    client.close()
    await server.stop()
  }
}

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    arbitrary: fc.record({
      element: fc.constantFrom(0x81, 0x81, 0x80, 0x01, 0x01, 0x00, 0xfd),
      cause: fc.constantFrom(6, 6, 6, 6, 8, 0x86),
      ioa: fc.constantFrom(...Object.values(points)),
      tagged: fc.constantFrom(false, false, false, true)
    }),
    weight: 20
  },
  { arbitrary: fc.constantFrom<Deed>("stop", "wrong"), weight: 1 }
)

it.each(["iec", "c104"] as const)(
  "any cut of selects, executes and cancels into segments gives the same answers at each address (%s)",
  async (profile) => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 2, maxLength: 12 }), places(8), async (deeds, where) => {
        let ns = 0
        const parts: Uint8Array[] = [STARTDT]
        for (const one of deeds) {
          if (one === "stop") parts.push(STOPDT, STARTDT)
          else parts.push(one === "wrong" ? WRONG : together([one], ns++))
          if (one === "wrong") break
        }
        const octets = Buffer.concat(parts)
        const whole = await comesOf([octets], profile)
        expect(await comesOf(cutAt(octets, where), profile)).toEqual(whole)
        expect(await comesOf(parts, profile)).toEqual(whole)
      }),
      { numRuns: 40 }
    )
  },
  30_000
)
