// A handle of a point or station that was removed does nothing to what has its place by now. Every member of a handle is
// gone through, so that one that is added without looking whether its point is there fails here.
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Coi, Cot, type Point, ResponseState, Server, type Station, Type } from "../../src/api/c104/index.ts"
import * as Iec104 from "../../src/api/effect/index.ts"

const given = <A>(value: A | null | undefined): A => {
  if (value === null || value === undefined) throw new Error("it was there")
  return value
}

/** The code of what a use fails with, an Effect when it is run; else what it says. */
const said = (use: () => unknown): unknown => {
  try {
    const result = use()
    if (!Effect.isEffect(result)) return result
    return Effect.runSync(
      Effect.match(result as Effect.Effect<unknown, { readonly code: string }>, {
        onFailure: ({ code }) => code,
        onSuccess: () => "done"
      })
    )
  } catch (cause) {
    return (cause as { readonly code?: string }).code ?? String(cause)
  }
}

/** What each member of a handle says when it is used: read and set where it is a property, called where it is a method. */
const saidByAll = (
  handle: object,
  uses: Readonly<Record<string, readonly unknown[]>>
): Readonly<Record<string, unknown>> => {
  const found: Record<string, unknown> = {}
  const prototype: object = Object.getPrototypeOf(handle)
  for (const owner of prototype === Object.prototype ? [handle] : [handle, prototype])
    for (const [name, { get, set, value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (name === "constructor") continue
      if (get !== undefined) found[`get ${name}`] = said(() => get.call(handle))
      if (set !== undefined) found[`set ${name}`] = said(() => set.call(handle, uses[name]?.[0]))
      if (get !== undefined || set !== undefined) continue
      found[name] = typeof value === "function" ? said(() => value.apply(handle, uses[name] ?? [])) : value
    }
  return found
}

/** Those that neither fail with `DETACHED` nor say what only tells what the handle was. */
const others = (all: Readonly<Record<string, unknown>>, may: Readonly<Record<string, unknown>>): readonly unknown[] =>
  Object.entries(all).filter(([name, answer]) => answer !== "DETACHED" && !(name in may && may[name] === answer))

const decide = () => ResponseState.SUCCESS
const accept = () => Effect.succeed("success" as const)

describe("every member", () => {
  const pointUses = {
    value: [true],
    quality: [0],
    transmit: [Cot.SPONTANEOUS],
    update: [true],
    reportMs: [0],
    relatedIoAddress: [null],
    relatedIoAutoreturn: [false],
    commandMode: [0],
    actTerm: [false],
    deadband: [null],
    minIntervalMs: [0],
    groups: [[]],
    counterGroups: [[]],
    onReceive: [decide],
    onSelect: [decide],
    onBeforeRead: [() => {}],
    onBeforeAutoTransmit: [() => {}],
    onTimer: [() => {}, 100]
  }

  it("of a removed point's handle fails: Promise face", () => {
    const station = given(new Server().addStation(1))
    const old = given(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })) as Point
    const { info } = old
    station.removePoint(10)
    const next = given(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    const all = saidByAll(old, { ...pointUses, info: [info] })
    expect(Object.keys(all).length).toBeGreaterThan(40)
    const may = {
      ioAddress: 10,
      "get type": Type.C_SC_NA_1,
      "get station": null,
      // A client's; it throws on every server.
      read: "INVALID_ARGUMENT",
      toString: "Point 10 (type 45), removed",
      "get slot": -1,
      "get place": all["get place"]
    }
    expect(others(all, may)).toEqual([])
    expect([next.value, next.outputStatus, next.actTerm, String(next)]).toEqual([
      false,
      "free",
      true,
      "Point 10 (type 45) = false"
    ])
  })

  it("of a removed point's handle fails: Effect face", () => {
    const station = Effect.runSync(Effect.flatMap(Iec104.make(), (server) => server.addStation(1)))
    const old = Effect.runSync(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    station.removePoint(10)
    Effect.runSync(station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 }))
    const all = saidByAll(old, {
      set: [1],
      setQuality: [0],
      update: [1],
      publishUnsafe: [1],
      onCommand: [accept],
      onSelect: [accept],
      onBeforeRead: [Effect.void],
      onBeforeAutoTransmit: [Effect.void]
    })
    expect(Object.keys(all).length).toBeGreaterThan(12)
    expect(others(all, { ioAddress: 10, type: Type.C_SC_NA_1 })).toEqual([])
  })

  it("of a removed station's handle fails or says that it has nothing: Promise face", () => {
    const server = new Server()
    const old: Station = given(server.addStation(1))
    server.removeStation(1)
    given(given(server.addStation(1)).addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 }))
    const all = saidByAll(old, {
      getPoint: [1],
      addPoint: [{ ioAddress: 2, type: Type.M_ME_NC_1 }],
      removePoint: [1],
      signalInitialized: [Coi.LOCAL_POWER_ON],
      setCounters: [{ mode: "A", localFreezeMs: 1000 }],
      setBackgroundScan: [1000]
    })
    const { detach, "get points": points, "get ticker": ticker, ...rest } = all
    expect([points, "detach" in all, ticker !== undefined]).toEqual([[], true, true])
    expect(detach).toBeUndefined()
    const may = {
      commonAddress: 1,
      "get server": null,
      "get isLocal": false,
      "get connection": null,
      "get hasPoints": false,
      getPoint: null,
      removePoint: false,
      toString: "Station 1 (0 points)"
    }
    expect(others(rest, may)).toEqual([])
    expect(server.getStation(1)?.getPoint(2)).toBeNull()
  })

  it("of a removed station's handle fails or says that it has nothing: Effect face", () => {
    const server = Effect.runSync(Iec104.make())
    const old = Effect.runSync(server.addStation(1))
    server.removeStation(1)
    const next = Effect.runSync(server.addStation(1))
    Effect.runSync(next.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 }))
    const all = saidByAll(old, {
      getPoint: [1],
      addPoint: [{ ioAddress: 2, type: Type.M_ME_NC_1 }],
      removePoint: [1],
      initialised: [0]
    })
    expect(others(all, { commonAddress: 1, getPoint: null, removePoint: false })).toEqual([])
  })
})
