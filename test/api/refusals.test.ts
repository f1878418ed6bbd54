// What cannot be is refused by both faces alike, typed, and nothing is left behind by it.
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import {
  Batch,
  disableDebug,
  enableDebug,
  explainBytes,
  explainBytesDict,
  FolderStore,
  Server,
  type ServerOptions,
  setDebugMode,
  Type
} from "../../src/api/c104/index.ts"
import * as Iec104 from "../../src/api/effect/index.ts"
import { file, security } from "../support/certificates.ts"

const LOCAL = { host: "127.0.0.1", port: 0 } as const

/** What a program without types could give. */
const wrong = <A>(value: unknown): A => value as A

type Handler = () => Effect.Effect<"success">

/** The code of what a call fails with, or "nothing". */
const promiseFace = (call: () => unknown): string => {
  try {
    call()
    return "nothing"
  } catch (cause) {
    return (cause as { readonly code?: string }).code ?? String(cause)
  }
}

const effectFace = <A, E extends { readonly code: string }>(call: Effect.Effect<A, E>): string =>
  Effect.runSync(
    Effect.match(call, { onFailure: ({ code }) => code as string, onSuccess: () => "nothing" }).pipe(
      Effect.catchDefect((defect) => Effect.succeed(String(defect)))
    )
  )

const given = <A>(made: A | null): A => {
  if (made === null) throw new Error("the address is free")
  return made
}

describe("at a station", () => {
  const cases: readonly (readonly [string, Iec104.StationOptions, string])[] = [
    ["a mode of counters that does not exist", { counterMode: wrong("Z") }, "INVALID_ARGUMENT"],
    ["a negative period of the local freeze", { counterMode: "A", localFreezeMs: -5 }, "INVALID_ARGUMENT"],
    [
      "a period of the local freeze that is no number",
      { counterMode: "A", localFreezeMs: wrong("5") },
      "INVALID_ARGUMENT"
    ],
    [
      "a period of the local freeze where clients freeze",
      { counterMode: "C", localFreezeMs: 900_000 },
      "INVALID_ARGUMENT"
    ],
    ["the same in mode D", { counterMode: "D", localFreezeMs: 900_000 }, "INVALID_ARGUMENT"],
    [
      "counters that begin anew by themselves where clients freeze",
      { counterMode: "C", localFreezeReset: true },
      "INVALID_ARGUMENT"
    ],
    ["a negative period of the background scan", { backgroundMs: -5 }, "INVALID_ARGUMENT"],
    ["half a millisecond of background scan", { backgroundMs: 0.5 }, "INVALID_ARGUMENT"],
    ["a zone that does not exist", { timeZone: "Moon/Copernicus" }, "INVALID_ARGUMENT"]
  ]
  it.each(cases)("%s is refused, and the station is not there", (_, options, code) => {
    const { counterMode: mode, localFreezeMs, localFreezeReset, ...rest } = options
    const freeze = {
      ...(localFreezeMs === undefined ? {} : { localFreezeMs }),
      ...(localFreezeReset === undefined ? {} : { localFreezeReset })
    }
    const counters = mode === undefined ? {} : { counters: { mode, ...freeze } }
    const server = new Server()
    expect(promiseFace(() => server.addStation(1, { ...rest, ...counters }))).toBe(code)
    expect([server.getStation(1), server.hasStations]).toEqual([null, false])
    const other = Effect.runSync(Iec104.make(LOCAL))
    expect(effectFace(other.addStation(1, options))).toBe(code)
    expect(other.getStation(1)).toBeNull()
    expect([given(server.addStation(1)).commonAddress, effectFace(other.addStation(1))]).toEqual([1, "nothing"])
  })

  it.each(["localFreezeMs", "localFreezeReset"])("null as %s is refused, and the station is not there", (name) => {
    const server = new Server()
    const counters = wrong<{ mode: "A" }>({ mode: "A", [name]: null })
    expect(promiseFace(() => server.addStation(1, { counters }))).toBe("INVALID_ARGUMENT")
    expect([server.getStation(1), server.hasStations]).toEqual([null, false])
  })

  it("a period of the local freeze is refused where no mode says that there is one", () => {
    const other = Effect.runSync(Iec104.make(LOCAL))
    expect(effectFace(other.addStation(1, { localFreezeMs: 900_000 }))).toBe("INVALID_ARGUMENT")
    expect(other.getStation(1)).toBeNull()
    const station = given(new Server().addStation(1, { counters: { mode: "A", localFreezeMs: 900_000 } }))
    expect(promiseFace(() => station.setCounters({ mode: "C", localFreezeMs: 900_000 }))).toBe("INVALID_ARGUMENT")
  })

  it.each([-1, 256, 1.5, Number.NaN])("%d is no cause of initialisation", (cause) => {
    const station = given(new Server().addStation(1))
    expect(promiseFace(() => station.signalInitialized(wrong(cause)))).toBe("INVALID_ARGUMENT")
    const other = Effect.runSync(Effect.flatMap(Iec104.make(LOCAL), (server) => server.addStation(1)))
    expect(effectFace(other.initialised(cause))).toBe("INVALID_ARGUMENT")
  })
})

describe("at a point", () => {
  const points = () => {
    const station = given(new Server().addStation(1))
    const other = Effect.runSync(Effect.flatMap(Iec104.make(LOCAL), (server) => server.addStation(1)))
    return {
      mine: given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 })),
      theirs: Effect.runSync(other.addPoint({ ioAddress: 1, type: 13 })),
      station,
      other
    }
  }

  it.each([999, -1, 0.5])("%d is no originator", (originator) => {
    const { mine, theirs } = points()
    expect(promiseFace(() => mine.transmit(3, { originator }))).toBe("INVALID_ADDRESS")
    expect(effectFace(theirs.transmit(3, { originator }))).toBe("INVALID_ADDRESS")
  })

  it.each([-1, 256, 0.5, Number.NaN])("%d is no quality", (bits) => {
    const { mine, theirs } = points()
    const assign = () => {
      mine.quality = bits
    }
    expect([promiseFace(assign), promiseFace(() => mine.update(1, bits))]).toEqual(Array(2).fill("INVALID_ARGUMENT"))
    const codes = [effectFace(theirs.setQuality(bits)), effectFace(theirs.update(1, bits))]
    expect(codes).toEqual(Array(2).fill("INVALID_ARGUMENT"))
    expect([mine.value, theirs.value()]).toEqual([0, 0])
  })

  it("null is no quality but of a type that has none", () => {
    const { mine, theirs, station } = points()
    const assign = () => {
      mine.quality = null
    }
    mine.quality = 128
    expect([promiseFace(assign), promiseFace(() => mine.update(1, wrong(null)))]).toEqual(
      Array(2).fill("INVALID_ARGUMENT")
    )
    expect(effectFace(theirs.setQuality(wrong(null)))).toBe("INVALID_ARGUMENT")
    expect([mine.value, mine.quality?.value]).toEqual([0, 128])
    const command = given(station.addPoint({ ioAddress: 9, type: Type.C_SC_NA_1 }))
    command.quality = null
    expect(command.quality).toBeNull()
  })

  it.each([null, undefined, "1", true])("%o is no address of a point that is asked for or removed", (key) => {
    const { station } = points()
    const calls = [() => station.getPoint(wrong(key)), () => station.removePoint(wrong(key))]
    expect(calls.map(promiseFace)).toEqual(Array(2).fill("INVALID_ARGUMENT"))
    expect(station.hasPoints).toBe(true)
  })

  it("a measured value takes no commands", () => {
    const { mine, theirs } = points()
    expect(promiseFace(() => mine.onReceive(wrong(() => 1)))).toBe("INVALID_ARGUMENT")
    expect(effectFace(theirs.onCommand(() => Effect.succeed("success")))).toBe("INVALID_ARGUMENT")
  })

  it.each(["1", null, undefined, true, 1n, {}])("%o is no number, whatever was set before", (value) => {
    const { mine, theirs } = points()
    for (const before of [1, Number.NaN, 2]) {
      mine.value = before
      Effect.runSync(theirs.set(before))
      const assign = () => {
        mine.value = wrong(value)
      }
      expect([promiseFace(assign), promiseFace(() => mine.update(wrong(value)))]).toEqual(
        Array(2).fill("INVALID_VALUE")
      )
      const codes = [effectFace(theirs.set(wrong(value))), effectFace(theirs.update(wrong(value)))]
      expect([...codes, promiseFace(() => theirs.publishUnsafe(wrong(value)))]).toEqual(Array(3).fill("INVALID_VALUE"))
    }
    expect([mine.value, mine.quality?.value, theirs.value(), theirs.quality()]).toEqual([2, 0, 2, 0])
  })

  const nothing: Handler = () => Effect.succeed("success")

  it.each([5, "x", undefined, {}, { accept: nothing }, { execute: nothing }, { accept: nothing, execute: 5 }])(
    "%o decides no commands",
    async (handler) => {
      const { station, other } = points()
      const mine = given(station.addPoint({ ioAddress: 2, type: Type.C_SC_NA_1 }))
      const theirs = Effect.runSync(other.addPoint({ ioAddress: 2, type: 45 }))
      expect(promiseFace(() => mine.onReceive(wrong(handler)))).toBe("INVALID_ARGUMENT")
      expect(effectFace(theirs.onCommand(wrong<Handler>(handler)))).toBe("INVALID_ARGUMENT")
    }
  )

  it.each([5, "x", undefined, {}])("%o decides no selects, and refreshes nothing", (handler) => {
    const { mine, theirs, station, other } = points()
    const command = given(station.addPoint({ ioAddress: 2, type: Type.C_SC_NA_1 }))
    const twin = Effect.runSync(other.addPoint({ ioAddress: 2, type: 45 }))
    const calls = [
      () => command.onSelect(wrong(handler)),
      () => mine.onBeforeRead(wrong(handler)),
      () => mine.onBeforeAutoTransmit(wrong(handler))
    ]
    expect(calls.map(promiseFace)).toEqual(Array(3).fill("INVALID_ARGUMENT"))
    const effects = [
      twin.onSelect(wrong<Handler>(handler)),
      theirs.onBeforeRead(wrong<Effect.Effect<void>>(handler)),
      theirs.onBeforeAutoTransmit(wrong<Effect.Effect<void>>(handler))
    ]
    expect(effects.map(effectFace)).toEqual(Array(3).fill("INVALID_ARGUMENT"))
  })

  const settings: readonly (readonly [string, object])[] = [
    ["a period that is no multiple of the tick rate", { reportMs: 130 }],
    ["a group 17", { groups: [17] }],
    ["a counter group 0", { counterGroups: [0] }],
    ["a negative dead band", { deadband: { absolute: -1 } }],
    ["a dead band that is only a number", { deadband: 5 }],
    ["a dead band of nothing", { deadband: {} }],
    ["a negative rate", { minIntervalMs: -1 }],
    ["half a millisecond as a rate", { minIntervalMs: 0.5 }],
    ["a termination that does not exist", { actTerm: "sometimes" }],
    ["an event type of another kind", { eventType: 30 }],
    ["a type for answers of another kind", { interrogationType: 30 }]
  ]
  it.each(settings)("%s is refused, and the point is not there", (_, setting) => {
    const { station, other } = points()
    const codes = [
      promiseFace(() => station.addPoint({ ioAddress: 2, type: Type.M_ME_NC_1, ...setting })),
      effectFace(other.addPoint(wrong({ ioAddress: 2, type: 13, ...setting })))
    ]
    // None of them is an address.
    expect(codes).toEqual(["INVALID_ARGUMENT", "INVALID_ARGUMENT"])
    expect([station.getPoint(2), other.getPoint(2)]).toEqual([null, null])
  })

  it.each(["13", [13], 13n, true, { valueOf: () => 13 }, Object.create(null)])("%o is no type", (type) => {
    const { station, other } = points()
    for (const chosen of [{ type }, { type: 13, eventType: type }, { type: 36, interrogationType: type }]) {
      const option = { ioAddress: 2, ...chosen }
      expect(promiseFace(() => station.addPoint(wrong<{ ioAddress: number; type: 13 }>(option)))).toBe(
        "INVALID_ARGUMENT"
      )
      expect(effectFace(other.addPoint(wrong(option)))).toBe("INVALID_ARGUMENT")
    }
    expect([station.getPoint(2), other.getPoint(2)]).toEqual([null, null])
  })

  it("a priority is refused as long as there is none", () => {
    const { other } = points()
    for (const priority of [0, 1])
      expect(effectFace(other.addPoint(wrong({ ioAddress: 2, type: 13, priority })))).toBe("INVALID_ARGUMENT")
    expect(other.getPoint(2)).toBeNull()
  })
})

describe("an option that does not exist", () => {
  /** What a call fails with, in words. */
  const promiseFails = (call: () => unknown): string => {
    try {
      call()
      return "nothing"
    } catch (cause) {
      return `${(cause as { readonly code?: string }).code} ${(cause as Error).message}`
    }
  }
  const effectFails = <A, E extends Error & { readonly code: string }>(call: Effect.Effect<A, E>): string =>
    Effect.runSync(
      Effect.match(call, { onFailure: ({ code, message }) => `${code} ${message}`, onSuccess: () => "nothing" })
    )
  const point = { ioAddress: 2, type: Type.M_ME_NC_1 }

  it("of a point is refused with the one that was meant, and the point is not there", () => {
    const station = given(new Server().addStation(1))
    const other = Effect.runSync(Effect.flatMap(Iec104.make(LOCAL), (server) => server.addStation(1)))
    const words = "INVALID_ARGUMENT addPoint: there is no option reportMS; did you mean reportMs?"
    expect(promiseFails(() => station.addPoint(wrong<typeof point>({ ...point, reportMS: 1000 })))).toBe(words)
    expect(effectFails(other.addPoint(wrong({ ...point, reportMS: 1000 })))).toBe(words)
    expect([station.getPoint(2), other.getPoint(2)]).toEqual([null, null])
    expect(given(station.addPoint(point)).ioAddress).toBe(2)
  })

  it("of a station is refused with the one that was meant, and the station is not there", () => {
    const server = new Server()
    const other = Effect.runSync(Iec104.make(LOCAL))
    const words = "INVALID_ARGUMENT addStation: there is no option timezone; did you mean timeZone?"
    expect(promiseFails(() => server.addStation(1, wrong({ timezone: "UTC" })))).toBe(words)
    expect(effectFails(other.addStation(1, wrong({ timezone: "UTC" })))).toBe(words)
    const counters = { mode: "A", localFreezeSecs: 60 }
    expect(promiseFails(() => server.addStation(1, wrong({ counters })))).toBe(
      "INVALID_ARGUMENT counters: there is no option localFreezeSecs; did you mean localFreezeMs?"
    )
    expect([server.getStation(1), other.getStation(1)]).toEqual([null, null])
  })

  it.each([
    [{ tickrateMs: 100 }, "options: there is no option tickrateMs; did you mean tickRateMs?"],
    [{ limits: { logRecord: 5 } }, "limits: there is no option logRecord; did you mean logRecords?"]
  ])("of a server is refused with the one that was meant: %o", (options, words) => {
    expect(promiseFails(() => new Server(wrong(options)))).toBe(`INVALID_ARGUMENT ${words}`)
    expect(effectFails(Iec104.make(wrong(options)))).toBe(`INVALID_ARGUMENT ${words}`)
  })

  it("that is like none is refused with those that there are", () => {
    expect(promiseFails(() => new Batch(wrong({ interval: 5 })))).toBe(
      "INVALID_ARGUMENT batch: there is no option interval; there are cause, points, originatorAddress"
    )
    expect(promiseFails(() => new FolderStore("records", wrong({ quota: 5 })))).toBe(
      "INVALID_ARGUMENT options: there is no option quota; there are access, fileOctetsMax, octetsMax, filesMax"
    )
    expect(effectFails(Iec104.make(wrong({ link: { quota: 5 } })))).toMatch(
      /^INVALID_ARGUMENT link: there is no option quota; there are k, w, /
    )
  })
})

describe("null", () => {
  const server = new Server()
  const cases: readonly (readonly [string, () => unknown])[] = [
    ["values of a batch", () => new Batch({ cause: 3 }).setValues(wrong(null))],
    ["link parameters", () => server.protocolParameters.update(wrong(null))],
    ["a debug mode", () => setDebugMode(wrong(null))],
    ["a debug mode to add", () => enableDebug(wrong(null))],
    ["a debug mode to take away", () => disableDebug(wrong(null))],
    ["a folder", () => new FolderStore(wrong(null))]
  ]
  it.each(cases)("as %s is refused", (_, call) => {
    expect(promiseFace(call)).toBe("INVALID_ARGUMENT")
  })

  it("is no APDU, and explained as such", () => {
    const error = "a Uint8Array is required, not null"
    expect(explainBytes(wrong(null))).toBe(`malformed: ${error}`)
    expect(explainBytesDict(wrong(null))).toEqual({ format: "malformed", error })
  })
})

it("a link parameter that does not exist is refused", () => {
  const { protocolParameters } = new Server()
  expect(promiseFace(() => protocolParameters.update(wrong({ sendWindow: 5 })))).toBe("INVALID_ARGUMENT")
})

describe("of a server", () => {
  it.each([5, "x", undefined, {}])("%o admits nobody, and decides nothing", (handler) => {
    const mine = new Server()
    const calls = [
      () => mine.onConnect(wrong(handler)),
      () => mine.onClockSync(wrong(handler)),
      () => mine.onReset(wrong(handler)),
      () => mine.onParameter(wrong(handler))
    ]
    expect(calls.map(promiseFace)).toEqual(Array(4).fill("INVALID_ARGUMENT"))
    const theirs = Effect.runSync(Iec104.make(LOCAL))
    const effects = [
      theirs.onConnect(wrong<() => Effect.Effect<boolean>>(handler)),
      theirs.onClockSync(wrong<Handler>(handler)),
      theirs.onReset(wrong<Handler>(handler)),
      theirs.onParameter(wrong<Handler>(handler))
    ]
    expect(effects.map(effectFace)).toEqual(Array(4).fill("INVALID_ARGUMENT"))
  })

  const options: readonly (readonly [string, object])[] = [
    ["a clock of nobody", { clockSource: "sun" }],
    ["a level that does not exist", { logLevel: "loud" }],
    ["a log that cannot be written", { logWriter: "console" }],
    ["a folder that is only a path", { files: "records" }],
    ["a profile that does not exist", { profile: "other" }]
  ]
  it.each(options)("%s is refused", (_, option) => {
    expect(promiseFace(() => new Server(option as ServerOptions))).toBe("INVALID_ARGUMENT")
    expect(effectFace(Iec104.make(option as Iec104.PartialOptions))).toBe("INVALID_ARGUMENT")
  })

  it("whatever is refused, the certificates that were given with it can still be changed", () => {
    const transportSecurity = security()
    expect(promiseFace(() => new Server({ transportSecurity, port: 70_000 }))).toBe("INVALID_ARGUMENT")
    transportSecurity.setCaCertificate(file("otherCa.pem"))
    new Server({ transportSecurity })
    expect(promiseFace(() => transportSecurity.setCaCertificate(file("ca.pem")))).toBe("FROZEN")
  })

  it("no time for the execute of a select is refused in plain words", () => {
    const words = "0 leaves no time for an execute, so that select before operate could never succeed: 1 is the least"
    expect(() => new Server({ selectTimeoutMs: 0 })).toThrow(`selectTimeoutMs: ${words}`)
    expect(Effect.runSync(Effect.flip(Iec104.make({ selectMs: 0 }))).message).toBe(`selectMs: ${words}`)
    expect(new Server({ selectTimeoutMs: 1 }).selectTimeoutMs).toBe(1)
  })
})
