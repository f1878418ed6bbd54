// How the octets of a client are cut into segments changes nothing of what it hears: any list of requests of all kinds as one
// segment, frame by frame, octet by octet, and cut anywhere.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { CommandMode, Cot, ResponseState, Server, type Tags, Type } from "../../../src/api/c104/index.ts"
import * as Profile from "../../../src/core/Profile.ts"
import { RawClient } from "../../support/RawClient.ts"
import { cutAt, octetByOctet, places } from "../../support/Segments.ts"
import { startClient, startServer, turn } from "../../support/Stage.ts"

const { SUCCESS, FAILURE } = ResponseState
const RUNS = Number(process.env["SEGMENT_RUNS"] ?? 40)
const limits = { refreshMs: 60_000, decisionMs: 60_000 }
const u = (code: number): Uint8Array => Uint8Array.of(0x68, 4, code, 0, 0, 0)

// ---- what a client may send ----

/** An ASDU without its numbers, and how it is shown. */
interface Asked {
  readonly type: number
  readonly cause: number
  readonly ca: number
  readonly ioa: number
  readonly element: readonly number[]
  /** The octet in front of the cause: number of objects and SQ. */
  readonly vsq: number
}
type Deed = Asked | "stop" | "start" | "testfr" | "bad"

const asked = (type: number, ioa: number, element: readonly number[], cause = 6, ca = 1, vsq = 1): Asked => ({
  type,
  cause,
  ca,
  ioa,
  element,
  vsq
})

/** Command points by what they do. */
const points = {
  direct: 10,
  refusing: 11,
  selected: 12,
  asking: 13,
  inTwo: 14,
  selectedInTwo: 15,
  undecided: 16,
  feeding: 17,
  manual: 18,
  open: 19,
  later: 30,
  laterAsking: 31,
  laterInTwo: 32,
  building: 33,
  leaving: 34,
  publishing: 35,
  unknown: 99
} as const
const TIME = [0, 0, 0, 12, 1, 1, 26] as const

const command = (at: readonly number[]): fc.Arbitrary<Asked> =>
  fc
    .record({
      ioa: fc.constantFrom(...at),
      tagged: fc.constantFrom(false, false, false, true),
      element: fc.constantFrom(0x01, 0x01, 0x01, 0x00, 0x81, 0x81, 0x81, 0x80, 0xfd, 0x7d),
      cause: fc.constantFrom(6, 6, 6, 6, 6, 6, 8, 8, 0x86, 0x86, 0x88, 5, 0x46),
      surplus: fc.constantFrom<readonly number[]>([], [], [], [], [], [], [7]),
      vsq: fc.constantFrom(1, 1, 1, 1, 1, 1, 0x81)
    })
    .map(({ ioa, tagged, element, cause, surplus, vsq }) =>
      asked(tagged ? 58 : 45, ioa, [element, ...(tagged ? TIME : []), ...surplus], cause, 1, vsq)
    )
/** What operates a point as it should be. */
const operation = (at: readonly number[]): fc.Arbitrary<Asked> =>
  fc
    .record({
      ioa: fc.constantFrom(...at),
      element: fc.constantFrom(0x01, 0x81),
      cause: fc.constantFrom(6, 6, 6, 8, 0x86)
    })
    .map(({ ioa, element, cause }) => asked(45, ioa, [element], cause))

const others: readonly Asked[] = [
  asked(100, 0, [20]),
  asked(100, 0, [20]),
  asked(100, 0, [20], 8),
  asked(100, 0, [20], 0x86),
  asked(100, 0, [20], 6, 0xffff),
  asked(100, 0, [21]),
  asked(100, 0, [22]),
  asked(101, 0, [5]),
  asked(101, 0, [0x45]),
  asked(101, 0, [0x85]),
  asked(101, 0, [0xc5], 0x86),
  asked(101, 0, [5], 8),
  asked(102, 1, [], 5),
  asked(102, 2, [], 5),
  asked(102, 20, [], 5),
  asked(102, 3, [], 5),
  asked(102, 98, [], 5),
  asked(103, 0, [0, 0, 0, 12, 1, 1, 26]),
  asked(103, 0, [0, 0, 0, 12, 1, 1, 26], 0x86),
  asked(103, 0, [0, 0, 63, 12, 1, 1, 26]),
  asked(105, 0, [1]),
  asked(105, 0, [2]),
  asked(105, 0, [1], 0x86),
  asked(107, 0, [0xaa, 0x55, 0, 0, 0, 12, 1, 1, 26]),
  asked(110, 1, [0, 0, 1]),
  asked(112, 1, [0, 0, 0, 0, 1]),
  asked(113, 0, [1]),
  asked(45, 10, [1], 6, 7),
  asked(1, 10, [1]),
  asked(122, 1, [0, 0, 0], 13)
]
const deed = (at: readonly number[], some: readonly Asked[]): fc.Arbitrary<Deed> =>
  fc.oneof(
    { arbitrary: command(at), weight: 8 },
    { arbitrary: operation(at), weight: 8 },
    { arbitrary: fc.constantFrom(...some), weight: 5 },
    { arbitrary: fc.constantFrom<Deed>("stop", "start", "testfr"), weight: 1 }
  )
/** Deeds at a few points, since what meets at one is what is looked for. A frame that ends the connection comes last. */
const deeds: fc.Arbitrary<readonly Deed[]> = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom(...Object.values(points)), { minLength: 1, maxLength: 3 }),
    fc.uniqueArray(fc.constantFrom(...others), { minLength: 1, maxLength: 6 })
  )
  .chain(([at, some]) =>
    fc.tuple(
      fc.array(deed(at, some), { minLength: 1, maxLength: 14 }),
      fc.constantFrom<readonly Deed[]>([], [], [], ["bad"])
    )
  )
  .map(([some, last]) => [...some, ...last])

/** The octets of what is done, frame by frame; I frames only while data transfer is started. */
function framesOf(all: readonly Deed[]): readonly Uint8Array[] {
  const frames: Uint8Array[] = [u(0x07)]
  let ns = 0
  let started = true
  for (const one of all) {
    if (one === "testfr") frames.push(u(0x43))
    else if (one === "bad") frames.push(Uint8Array.of(0x69, 4, 1, 0, 0, 0))
    else if (one === "stop" || one === "start") {
      // A STARTDT act more is confirmed at once, ahead of answers that are on their way.
      if (one === "stop" || !started) frames.push(u(one === "stop" ? 0x13 : 0x07))
      started = one === "start"
    } else if (started) {
      const { type, vsq, cause, ca, ioa, element } = one
      const body = [type, vsq, cause, 0, ca & 0xff, ca >> 8, ioa, 0, 0, ...element]
      frames.push(Uint8Array.from([0x68, 4 + body.length, (ns << 1) & 0xff, ns >> 7, 0, 0, ...body]))
      ns++
    }
  }
  return frames
}

// ---- what comes of it ----

const hex = (octets: Iterable<number>): string => Buffer.from([...octets]).toString("hex")

/** What is compared of a frame: not its numbers, nor the time in a confirmation, which is that of this moment. */
const shown = (apdu: Uint8Array): string => {
  if (((apdu[2] as number) & 1) !== 0) return `U${(apdu[2] as number).toString(16)}`
  const type = apdu[6] as number
  return `${type} ${hex(apdu.subarray(7, 9))} ${apdu[10]}/${apdu[12]} ${type === 103 ? "" : hex(apdu.subarray(15))}`
}

/** Commands and their addresses as they are shown. */
const COMMAND = /^(?:45|58) \w+ (\S+)/
/** What a command has changed, told behind its confirmation: beside the answers to others. */
const EVENT = /^1 010[3b]/

/**
 * What is said, as far as its order is promised: commands to different points may overtake each other, nothing else may. So
 * for each point the answers to its commands together with all that answers no command, and that together with the events.
 */
function orders(said: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const addresses = new Set(said.flatMap((one) => COMMAND.exec(one)?.[1] ?? []))
  const found: Record<string, readonly string[]> = { events: said.filter((one) => !COMMAND.test(one)) }
  for (const address of addresses)
    found[address] = said.filter((one) => !EVENT.test(one) && (COMMAND.exec(one)?.[1] ?? address) === address)
  return found
}

interface How {
  readonly preset: "iec" | "c104"
  readonly resets: boolean
}

interface Outcome {
  readonly said: Readonly<Record<string, readonly string[]>>
  readonly asked: readonly string[]
  readonly facts: readonly string[]
  readonly ended: boolean
}

/** A server with all kinds of points; what its application was asked, and how to let it answer what it has left open. */
function plant(profile: Profile.Profile, resets: boolean) {
  const server = new Server({ ip: "127.0.0.1", port: 0, profile, selectTimeoutMs: 20_000, logLevel: "none", limits })
  const told: string[] = []
  const open: (() => void)[] = []
  const station = server.addStation(1)
  if (station === null) throw new Error("a new server has no stations")
  const later = <A>(value: A): Promise<A> => new Promise((resolve) => open.push(() => resolve(value)))
  const note = (what: string, answer: ResponseState = SUCCESS) => {
    return (at: { readonly value: unknown; readonly ioAddress: number }): ResponseState => {
      told.push(`${what} ${at.ioAddress} ${at.value}`)
      return answer
    }
  }
  const add = (ioAddress: number, selects = false, tags: Tags = "both") => {
    const commandMode = selects ? CommandMode.SELECT_AND_EXECUTE : CommandMode.DIRECT
    const point = station.addPoint({ ioAddress, type: Type.C_SC_NA_1, tags, commandMode })
    if (point === null) throw new Error(`${ioAddress} is free`)
    return point
  }
  station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 })
  station.addPoint({ ioAddress: 5, type: Type.M_IT_NA_1 })
  const fed = station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1, groups: [1] })
  station.addPoint({ ioAddress: 2, type: Type.M_ME_NB_1, groups: [1] })?.onBeforeRead(() => void told.push("read"))
  station.addPoint({ ioAddress: 3, type: Type.M_DP_NA_1, groups: [2] })?.onBeforeRead(() => later(undefined))

  add(points.direct).onReceive(note("do"))
  add(points.refusing, false, "without").onReceive(note("do", FAILURE))
  add(points.selected, true).onReceive(note("do"))
  const asking = add(points.asking, true)
  asking.onSelect((at, { info }) => note("select", info?.value === true ? SUCCESS : FAILURE)(at))
  asking.onReceive(note("do"))
  add(points.inTwo).onReceive({ accept: note("accept"), execute: note("execute") })
  add(points.selectedInTwo, true).onReceive({ accept: note("accept"), execute: note("execute") })
  add(points.undecided)
  const feeding = add(points.feeding)
  feeding.relatedIoAddress = 20
  feeding.relatedIoAutoreturn = true
  feeding.onReceive((at) => {
    if (fed !== null) fed.value = at.value
    return note("do")(at)
  })
  const manual = add(points.manual)
  manual.actTerm = "manual"
  manual.onReceive(note("do"))
  add(points.open).onReceive(note("do", ResponseState.NONE))
  add(points.later).onReceive((at) => later(note("do")(at)))
  const laterAsking = add(points.laterAsking, true)
  laterAsking.onSelect((at, { info }) => later(note("select", info?.value === true ? SUCCESS : FAILURE)(at)))
  laterAsking.onReceive(note("do"))
  add(points.laterInTwo).onReceive({ accept: note("accept"), execute: (at) => later(note("execute")(at)) })
  add(points.building).onReceive((at) => {
    if (station.getPoint(points.direct) === null) add(points.direct).onReceive(note("do"))
    else station.removePoint(points.direct)
    return note("do")(at)
  })

  add(points.leaving).onReceive((at) => {
    const said = note("do")(at)
    station.removePoint(points.leaving)
    return said
  })
  add(points.publishing).onReceive((at) => {
    fed?.transmit(Cot.SPONTANEOUS)
    return note("do")(at)
  })

  const say = (what: string, answer: ResponseState = SUCCESS) => {
    told.push(what)
    return answer
  }
  server.onClockSync(() => say("clock"))
  server.onParameter(() => say("parameter"))
  server.onReset((_, __, ___, qualifier) => say(`reset ${qualifier}`, resets ? SUCCESS : FAILURE))
  return { server, told, open }
}

async function comesOf(segments: readonly Uint8Array[], { preset, resets }: How): Promise<Outcome> {
  const { server, told, open } = plant(
    // Nothing is refused for time, however slow the machine is.
    { ...Profile.presets[preset], commandWaitMs: preset === "iec" ? 0 : 60_000 },
    resets
  )
  const facts: string[] = []
  server.protocolParameters.sendWindowSize = 2000
  server.observe(({ event }) => facts.push(event))
  await server.start()
  const client = await RawClient.connect(server.port, { acknowledge: "never" })
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 3; turns++) await turn()
  }
  try {
    for (const segment of segments) {
      client.send(segment)
      await settle()
    }
    if (!client.isClosed) await client.answers()
    for (let resolve = open.shift(); resolve !== undefined; resolve = open.shift()) {
      resolve()
      await settle()
    }
    if (!client.isClosed) await client.answers()
    const said = client.frames.filter((apdu) => apdu[2] !== 1 && apdu[2] !== 0x83).map(shown)
    return { said: orders(said), asked: told, facts: facts.sort(), ended: client.isClosed }
  } finally {
    client.close()
    await server.stop()
  }
}

// ---- what was different ----

const DIRECT = asked(45, points.direct, [1])
const IN_TWO = asked(45, points.inTwo, [1])
const FEEDING = asked(45, points.feeding, [1])
const GROUP = asked(100, 0, [21])

const inOne = async (all: readonly Deed[], at: number): Promise<readonly string[]> => {
  const { said } = await comesOf([Buffer.concat(framesOf(all))], { preset: "iec", resets: false })
  return (said[`1/${at}`] ?? said.events ?? []).filter((one) => !one.startsWith("U")).map((one) => one.slice(3))
}

describe("behind a command in one segment", () => {
  it.each<[string, Asked, readonly string[]]>([
    ["a select", { ...DIRECT, element: [0x81] }, ["0147 1/10 81"]],
    ["a cancel", { ...DIRECT, cause: 8 }, ["0149 1/10 01"]],
    ["the cancel of a select", { ...DIRECT, cause: 8, element: [0x81] }, ["0149 1/10 81"]],
    ["a qualifier that is not taken", { ...DIRECT, element: [0x7d] }, ["0147 1/10 7d"]],
    ["a test", { ...DIRECT, cause: 0x86 }, ["0187 1/10 01", "018a 1/10 01"]],
    ["octets too many", { ...DIRECT, element: [1, 7] }, ["0147 1/10 0107"]],
    ["two objects", { ...DIRECT, vsq: 2, element: [1, 11, 0, 0, 1] }, ["0247 1/10 010b000001"]],
    ["another cause", { ...DIRECT, cause: 5 }, ["016d 1/10 01"]],
    ["another command", { ...DIRECT, element: [0] }, ["0107 1/10 00", "010a 1/10 00"]]
  ])("%s to its point is answered behind it", async (_, behind, answers) => {
    expect(await inOne([DIRECT, behind], points.direct)).toEqual(["0107 1/10 01", "010a 1/10 01", ...answers])
  })

  it("a command to its point is answered behind its termination, also where that goes behind an event", async () => {
    expect(await inOne([FEEDING, { ...FEEDING, element: [0] }], points.feeding)).toEqual([
      "0107 1/17 01",
      "010a 1/17 01",
      "0107 1/17 00",
      "010a 1/17 00"
    ])
  })

  it("a command to its point in two phases is carried out when both are over", async () => {
    expect(await inOne([IN_TWO, IN_TWO, IN_TWO], points.inTwo)).toEqual(
      Array(3).fill(["0107 1/14 01", "010a 1/14 01"]).flat()
    )
  })

  it("a cancel reaches what is carried out", async () => {
    const LATER = asked(45, points.laterInTwo, [1])
    expect(await inOne([LATER, { ...LATER, cause: 8 }], points.laterInTwo)).toEqual([
      "0107 1/32 01",
      "010a 1/32 01",
      "0149 1/32 01"
    ])
  })

  it("a command means the point that is there by then", async () => {
    const BUILDING = asked(45, points.building, [1])
    const answers = ["016f 1/10 01", "0107 1/10 01", "010a 1/10 01"]
    expect(await inOne([BUILDING, DIRECT, BUILDING, DIRECT], points.direct)).toEqual(answers)
  })

  it("an interrogation tells what the command has changed", async () => {
    const { said } = await comesOf([Buffer.concat(framesOf([FEEDING, GROUP]))], { preset: "iec", resets: false })
    expect(said.events?.slice(1, 5)).toEqual([
      "1 010b 1/20 01",
      "100 0107 1/0 15",
      "1 0115 1/20 01",
      "11 0115 1/2 000000"
    ])
  })
})

describe("interrogations in one segment", () => {
  it("are all carried out where the application refreshes values at once", async () => {
    const answers = await inOne([GROUP, GROUP, GROUP, GROUP], 0)
    expect(answers.filter((one) => one.includes("0147"))).toEqual([])
    expect(answers.filter((one) => one.includes(" 010a "))).toHaveLength(4)
  })

  it("are all carried out when a freeze stands before them", async () => {
    const COUNTERS = asked(101, 0, [5])
    const answers = await inOne([asked(101, 0, [0x45]), COUNTERS, COUNTERS, COUNTERS], 0)
    expect(answers.filter((one) => one.includes("0147"))).toEqual([])
  })
})

describe("the age of a command", () => {
  const tag = (ms: number): readonly number[] => {
    const at = new Date(ms)
    const within = at.getUTCSeconds() * 1000 + at.getUTCMilliseconds()
    const date = [at.getUTCDate(), at.getUTCMonth() + 1, at.getUTCFullYear() % 100]
    return [within & 0xff, within >> 8, at.getUTCMinutes(), at.getUTCHours(), ...date]
  }

  it("behind the clock in one segment is judged by that", async () => {
    const { server, station } = await startServer({ clockSource: "c_cs", commandAgeMs: 60_000 })
    station.addPoint({ ioAddress: 10, type: Type.C_SC_TA_1 })?.onReceive(() => SUCCESS)
    const client = await startClient(server.port)
    const time = tag(Date.UTC(2031, 4, 5, 6, 7, 8))
    client.send(Buffer.concat(framesOf([asked(103, 0, time), asked(58, 10, [1, ...time])]).slice(1)))
    await client.next({ typeId: 58 })
    expect(client.asdus({ typeId: 58 })[0]).toMatchObject({ cot: 7, negative: false })
  })

  it("behind a STOPDT in one segment is judged by the clock", async () => {
    const { server, station } = await startServer({ commandAgeMs: 60_000 })
    for (const ioAddress of [10, 11]) station.addPoint({ ioAddress, type: Type.C_SC_TA_1 })?.onReceive(() => SUCCESS)
    const client = await startClient(server.port)
    const [first, second] = [10, 11].map((ioa) => asked(58, ioa, [1, ...tag(Date.now())])) as [Asked, Asked]
    client.send(Buffer.concat(framesOf([first, "stop", "start", second]).slice(1)))
    await client.until(() => client.iFrames === 4)
    expect(client.asdus().map(({ cot, negative }) => [cot, negative])).toEqual([
      [7, false],
      [10, false],
      [7, false],
      [10, false]
    ])
  })
})

it("a clock behind a command that takes long is set by the time at which it came", async () => {
  const { server, station } = await startServer({ clockSource: "c_cs" })
  const point = station.addPoint({ ioAddress: 20, type: Type.M_SP_TB_1 })
  station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(() => {
    for (const untilMs = performance.now() + 400; performance.now() < untilMs; );
    return SUCCESS
  })
  const client = await startClient(server.port)
  client.send(Buffer.concat(framesOf([DIRECT, asked(103, 0, [0, 0, 0, 12, 1, 1, 26])]).slice(1)))
  await client.next({ typeId: 103 })
  point?.transmit(Cot.SPONTANEOUS)
  await client.next({ typeId: 30 })
  const told = client.frames.at(-1) as Uint8Array
  expect((told[16] as number) | ((told[17] as number) << 8)).toBeGreaterThanOrEqual(395)
})

// ---- any list ----

it.each<How>([
  { preset: "iec", resets: false },
  { preset: "iec", resets: true },
  { preset: "c104", resets: false },
  { preset: "c104", resets: true }
])(
  "any list of requests as one segment, by frames, octet by octet and cut anywhere is answered the same ($preset, resets accepted: $resets)",
  async (how) => {
    await fc.assert(
      fc.asyncProperty(deeds, places(6), async (all, where) => {
        const frames = framesOf(all)
        const octets = Buffer.concat(frames)
        const whole = await comesOf([octets], how)
        const apart = await comesOf(frames, how)
        expect(whole).toEqual(apart)
        expect(await comesOf(cutAt(octets, where), how)).toEqual(apart)
        if (octets.length < 120) expect(await comesOf(octetByOctet(octets), how)).toEqual(apart)
      }),
      { numRuns: RUNS }
    )
  },
  Math.max(30_000, RUNS * 200)
)
