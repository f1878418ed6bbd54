// No option is taken in silence and dropped: each is told apart from nonsense by what it is for. The tables name every
// option of their types, or they do not compile.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { describe, expect, it, onTestFinished } from "vitest"
import {
  Batch,
  Cot,
  type CounterOptions,
  DateTime,
  type PointOptions,
  Quality,
  ResponseState,
  Server,
  type ServerOptions,
  SingleCmd,
  SingleInfo,
  type StationOptions,
  TlsVersion,
  TransportSecurity,
  Type
} from "../../src/api/c104/index.ts"
import * as Iec104 from "../../src/api/effect/index.ts"
import { startClient, switchedBy } from "../support/Stage.ts"

/** What of all that is said is none: an option may be a name, or a list of names, or a function. */
type Option = "a name" | "a function" | "none of it"

const NO = "none of it"
const NAME = "a name"

const nonsense: readonly unknown[] = [Symbol("nonsense"), { nonsense: 1 }, -1, 0.5, Number.NaN]
const names: readonly unknown[] = ["nonsense", ["nonsense"]]
const functions: readonly unknown[] = [() => 1]

const codeOf = (call: () => unknown): unknown => {
  try {
    call()
    return "taken"
  } catch (cause) {
    return (cause as { readonly code?: string }).code ?? String(cause)
  }
}

const effectCodeOf = <A, E extends { readonly code: string }>(call: Effect.Effect<A, E>): unknown =>
  Effect.runSync(
    Effect.match(call, { onFailure: ({ code }): unknown => code, onSuccess: () => "taken" }).pipe(
      Effect.catchDefect((defect) => Effect.succeed<unknown>(String(defect)))
    )
  )

/** What is said to each nonsense in each option that is neither `INVALID_ARGUMENT` nor `INVALID_ADDRESS`. */
const passed = (
  options: Readonly<Record<string, Option>>,
  say: (option: Readonly<Record<string, unknown>>) => unknown
): readonly unknown[] =>
  Object.entries(options).flatMap(([name, kind]) =>
    [...nonsense, ...(kind === NAME ? [] : names), ...(kind === "a function" ? [] : functions)]
      .map((value) => [name, value, say({ [name]: value })] as const)
      .filter(([, , code]) => code !== "INVALID_ARGUMENT" && code !== "INVALID_ADDRESS")
  )

describe("nonsense is refused", () => {
  const points: Record<keyof PointOptions<Type>, Option> = {
    ioAddress: NO,
    type: NO,
    reportMs: NO,
    relatedIoAddress: NO,
    relatedIoAutoreturn: NO,
    commandMode: NO,
    eventType: NO,
    interrogationType: NO,
    tags: NO,
    groups: NO,
    counterGroups: NO,
    deadband: NO,
    minIntervalMs: NO,
    actTerm: NO
  }
  const effectPoints: Record<keyof Iec104.PointOptions, Option> = {
    ioAddress: NO,
    type: NO,
    eventType: NO,
    interrogationType: NO,
    tags: NO,
    reportMs: NO,
    groups: NO,
    counterGroups: NO,
    select: NO,
    feedback: NO,
    actTerm: NO,
    abandon: NO,
    deadband: NO,
    minIntervalMs: NO
  }
  const types = [Type.M_ME_NC_1, Type.M_IT_NA_1, Type.C_SC_NA_1]

  it.each(types)("in every option of a point of type %d: Promise face", (type) => {
    const say = (option: object) =>
      codeOf(() => {
        const related = "relatedIoAutoreturn" in option && type === Type.C_SC_NA_1 ? { relatedIoAddress: 5 } : {}
        new Server().addStation(1)?.addPoint({ ioAddress: 1, type, ...related, ...option })
      })
    expect(passed(points, say)).toEqual([])
  })

  it.each(types)("in every option of a point of type %d: Effect face", (type) => {
    const say = (option: object) => {
      const station = Effect.runSync(Effect.flatMap(Iec104.make(), (server) => server.addStation(1)))
      return effectCodeOf(station.addPoint({ ioAddress: 1, type, ...option }))
    }
    expect(passed(effectPoints, say)).toEqual([])
  })

  it("in every option of a station: Promise face", () => {
    const options: Record<keyof StationOptions, Option> = { timeZone: NO, counters: NO, backgroundMs: NO }
    const counters: Record<keyof CounterOptions, Option> = { mode: NO, localFreezeMs: NO, localFreezeReset: NO }
    const add = (option: object) => codeOf(() => new Server().addStation(1, option))
    expect(passed(options, add)).toEqual([])
    expect(passed(counters, (option) => add({ counters: { mode: "A", ...option } }))).toEqual([])
  })

  it("in every option of a station: Effect face", () => {
    const options: Record<keyof Iec104.StationOptions, Option> = {
      timeZone: NO,
      counterMode: NO,
      localFreezeMs: NO,
      localFreezeReset: NO,
      backgroundMs: NO
    }
    const server = Effect.runSync(Iec104.make())
    expect(passed(options, (option) => effectCodeOf(server.addStation(1, option)))).toEqual([])
  })

  it("in every option of a server: Promise face", () => {
    const options: Record<keyof ServerOptions, Option> = {
      ip: NAME,
      port: NO,
      tickRateMs: NO,
      selectTimeoutMs: NO,
      maxConnections: NO,
      transportSecurity: NO,
      packEvents: NO,
      sharedReadBuffer: NO,
      profile: NO,
      limits: NO,
      commandAgeMs: NO,
      clockSource: NO,
      clockValidMs: NO,
      files: NO,
      logLevel: NO,
      logWriter: "a function"
    }
    const say = (option: object) => codeOf(() => new Server(option))
    expect(passed(options, say)).toEqual([])
  })

  it("in every option of a server: Effect face", () => {
    const options: Record<keyof Iec104.PartialOptions, Option> = {
      host: NAME,
      hosts: NAME,
      port: NO,
      link: NO,
      profile: NO,
      limits: NO,
      packEvents: NO,
      sharedReadBuffer: NO,
      maxConnections: NO,
      tickRateMs: NO,
      selectMs: NO,
      commandAgeMs: NO,
      clockSource: NO,
      clockValidMs: NO,
      files: NO,
      tls: NO,
      logLevel: NO,
      logWriter: "a function",
      clock: NO
    }
    expect(passed(options, (option) => effectCodeOf(Iec104.make(option)))).toEqual([])
  })
})

it("one address that is not among all of them is refused: it would be dropped", () => {
  const code = (host: string) => effectCodeOf(Iec104.make({ host, hosts: ["127.0.0.1", "127.0.0.2"] }))
  expect([code("127.0.0.3"), code("127.0.0.2")]).toEqual(["INVALID_ARGUMENT", "taken"])
})

describe("tags of a command", () => {
  const untagged = [Type.C_SC_NA_1, Type.C_SC_TA_1]
  it.each([
    ["without", [untagged[0]]],
    ["with", [untagged[1]]],
    ["both", untagged]
  ] as const)("%s are those that it takes: Effect face", async (tags, taken) => {
    const server = await Effect.runPromise(Iec104.make({ host: "127.0.0.1", port: 0, logLevel: "none" }))
    const station = await Effect.runPromise(server.addStation(1))
    const point = await Effect.runPromise(station.addPoint({ ioAddress: 1, type: Type.C_SC_NA_1, tags }))
    await Effect.runPromise(point.onCommand(() => Effect.succeed("success")))
    const scope = await Effect.runPromise(Scope.make())
    onTestFinished(() => Effect.runPromise(Scope.close(scope, Exit.void)))
    const { port } = await Effect.runPromise(server.listen.pipe(Scope.provide(scope)))
    const client = await startClient(port)
    const found: number[] = []
    for (const type of untagged) {
      const tag = type === Type.C_SC_TA_1 ? [0, 0, 0, 1, 1, 1, 26] : []
      const ns = untagged.indexOf(type)
      client.send(Uint8Array.of(0x68, 14 + tag.length, ns << 1, 0, 0, 0, type, 1, 6, 0, 1, 0, 1, 0, 0, 1, ...tag))
      if ((await client.next({ typeId: type })).cot === 7) found.push(type)
    }
    expect(found).toEqual(taken)
  })
})

describe("what would be dropped, or mean something else, is refused in both faces", () => {
  const faces = () => {
    const station = new Server().addStation(1)
    const effectStation = Effect.runSync(Effect.flatMap(Iec104.make(), (server) => server.addStation(1)))
    return { station, effectStation }
  }

  it.each([
    ["two widths of a dead band, of which one counted", { absolute: 1, percent: 1 }],
    ["what a dead band does not have", { absolute: 1, relative: 5 }]
  ])("%s", (_, deadband) => {
    const { station, effectStation } = faces()
    const options = { ioAddress: 1, type: Type.M_ME_NC_1, deadband } as const
    expect(codeOf(() => station?.addPoint(options))).toBe("INVALID_ARGUMENT")
    expect(effectCodeOf(effectStation.addPoint(options))).toBe("INVALID_ARGUMENT")
    expect([station?.getPoint(1), effectStation.getPoint(1)]).toEqual([null, null])
  })

  it("null in the place of options", () => {
    const { station, effectStation } = faces()
    const none = null as never
    const calls = [
      () => new Server(none),
      () => new Server().addStation(1, none),
      () => station?.addPoint(none),
      () => station?.setCounters(none)
    ]
    expect(calls.map(codeOf)).toEqual(calls.map(() => "INVALID_ARGUMENT"))
    const server = Effect.runSync(Iec104.make())
    expect(effectCodeOf(Iec104.make(none))).toBe("INVALID_ARGUMENT")
    expect(effectCodeOf(server.addStation(1, none))).toBe("INVALID_ARGUMENT")
    expect(effectCodeOf(effectStation.addPoint(none))).toBe("INVALID_ARGUMENT")
  })

  it("an observer that is none, and a level that does not exist", () => {
    const server = new Server()
    expect(codeOf(() => server.observe(5 as never))).toBe("INVALID_ARGUMENT")
    const loud = () => {
      server.logLevel = "loud" as never
    }
    expect([codeOf(loud), server.logLevel]).toEqual(["INVALID_ARGUMENT", "warning"])
  })

  it.each([
    ["a misspelt `negative`", { negativ: true }],
    ["a `negative` that is no truth value", { negative: "false" }],
    ["null", null]
  ])("%s of transmit: the command that was to be refused is not confirmed", async (_, options) => {
    const { client, operate, point } = await switchedBy(() => ResponseState.NONE)
    operate()
    await client.testfr()
    expect(codeOf(() => point.transmit(Cot.ACTIVATION_CON, options as never))).toBe("INVALID_ARGUMENT")
    const effectPoint = Effect.runSync(
      Effect.flatMap(Iec104.make(), (server) =>
        Effect.flatMap(server.addStation(1), (station) => station.addPoint({ ioAddress: 1, type: Type.C_SC_NA_1 }))
      )
    )
    expect(effectCodeOf(effectPoint.transmit(Cot.ACTIVATION_CON, options as never))).toBe("INVALID_ARGUMENT")
    await client.testfr()
    expect(client.asdus()).toEqual([])
    expect(point.transmit(Cot.ACTIVATION_CON, { negative: true })).toBe(true)
    expect((await client.next({ typeId: Type.C_SC_NA_1 })).negative).toBe(true)
  })
})

it.each([["127.0.0.1\0"], ["127.0.0.1\0.example"]])(
  "a host that no name can be fails typed in both faces: %j",
  async (host) => {
    const code = await new Server({ ip: host, port: 0 }).start().catch(({ code }) => code)
    const exit = await Effect.runPromise(
      Effect.flatMap(Iec104.make({ host, port: 0 }), (server) => Effect.scoped(server.listen)).pipe(
        Effect.match({ onFailure: ({ code }): unknown => code, onSuccess: () => "listens" })
      )
    )
    expect([code, exit]).toEqual(["LISTEN_FAILED", "LISTEN_FAILED"])
  }
)

describe("what a class of the Promise face does not have is refused: it would be dropped, and mean the default", () => {
  const none = null as never
  const at = new Date(0)
  it.each<[string, () => unknown]>([
    ["a misspelt version of TLS", () => new TransportSecurity().setVersion({ minimum: TlsVersion.TLS_1_3 } as never)],
    ["no range of versions", () => new TransportSecurity().setVersion(none)],
    ["a misspelt `onlyKnown`", () => new TransportSecurity({ onlyknown: false } as never)],
    ["a text for `validate`", () => new TransportSecurity({ validate: "no" as never })],
    ["a misspelt passphrase", () => new TransportSecurity().setCertificate({ password: "x" } as never)],
    ["no files of a certificate", () => new TransportSecurity().setCertificate(none)],
    ["a misspelt quality", () => new SingleInfo({ on: true, qualiti: Quality.Invalid } as never)],
    ["the quality of what has none", () => new SingleCmd({ on: true, quality: Quality.Invalid } as never)],
    ["no fields of information", () => new SingleInfo(none)],
    ["a misspelt flag of a time", () => new DateTime({ epochMs: 0, invald: true } as never)],
    ["a flag of a time that is none", () => new DateTime({ epochMs: 0, invalid: "no" as never })],
    ["a Date in the place of its number", () => new DateTime(at as never)],
    ["a text in the place of a time", () => new DateTime("2026-01-01T00:00:00Z" as never)],
    ["no time", () => new DateTime(none)],
    ["what is no point in a batch", () => new Batch({ points: [5 as never] })],
    ["no point in a batch", () => new Batch().addPoint(none)],
    ["what is no list of points", () => new Batch({ points: 5 as never })],
    ["what is no batch", () => new Server().transmitBatch({} as never)],
    ["no batch", () => new Server().transmitBatch(none)]
  ])("%s", (_, call) => {
    expect(codeOf(call)).toBe("INVALID_ARGUMENT")
  })

  it("and what belongs to it is taken, also from a copy, and points that come from a set", () => {
    const info = new SingleInfo({ on: true, quality: Quality.Invalid, recordedAt: at })
    const copy = new SingleInfo({ ...info, on: false })
    expect([copy.on, copy.quality, copy.recordedAt?.epochMs]).toEqual([false, Quality.Invalid, 0])
    const command = new SingleCmd({ on: true })
    expect(new SingleCmd({ ...command, on: false }).on).toBe(false)
    const point = new Server().addStation(1)?.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
    expect(new Batch({ points: new Set(point ? [point] : []) }).numberOfObjects).toBe(1)
  })
})
