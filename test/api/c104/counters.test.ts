// Counters with time tag and local freezes at the faces (rules C 5, T 3).
import * as Effect from "effect/Effect"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { Cot, Type } from "../../../src/api/c104/index.ts"
import * as Iec104 from "../../../src/api/effect/index.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { makeServer, startClient } from "../../support/Stage.ts"

describe("a counter with time tag", () => {
  it.each(["iec", "c104"] as const)("answers with its own type in profile %s", async (profile) => {
    const server = makeServer({ profile })
    const station = server.addStation(1)
    station?.addPoint({ ioAddress: 10, type: Type.M_IT_TB_1 })
    await server.start()
    const client = await startClient(server.port)
    client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 1 })
    await client.next({ typeId: Type.C_CI_NA_1, cot: 10 })
    client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 0 })
    const { objects = [] } = await client.next({ cot: 37 })
    await client.next({ typeId: Type.C_CI_NA_1, cot: 10 })
    expect(client.asdus({ cot: 37 }).map(({ typeId }) => typeId)).toEqual([Type.M_IT_TB_1])
    expect(objects).toMatchObject([{ ioa: 10, bcr: { sq: 1 }, time: { iv: false } }])
  })
})

describe("local freezes", () => {
  /** The next reading that is told. */
  const reading = async (client: Awaited<ReturnType<typeof startClient>>): Promise<unknown> => {
    const { objects = [] } = await client.next({ typeId: Type.M_IT_NA_1, cot: 3 })
    return (objects[0] as unknown as { readonly bcr: { readonly counter: number } }).bcr.counter
  }

  it.each([
    [false, [7, 7]],
    [true, [7, 0]]
  ])("begin counters anew where that is chosen: %s", async (localFreezeReset, readings) => {
    const server = makeServer({ tickRateMs: 50 })
    const station = server.addStation(1, { counters: { mode: "A", localFreezeMs: 200, localFreezeReset } })
    const point = station?.addPoint({ ioAddress: 10, type: Type.M_IT_NA_1 })
    if (point == null) throw new Error("a new station has no points")
    await server.start()
    const client = await startClient(server.port)
    await reading(client)
    point.value = 7
    expect([await reading(client), await reading(client)]).toEqual(readings)
  })

  /** Hours, minutes and seconds of the freezes that come while the machine's clock says these times, one after the other. */
  const freezes = async (localFreezeMs: number, timeZone: string, times: readonly string[]): Promise<unknown> => {
    const wall = { atMs: Date.parse(times[0] as string) }
    const spy = vi.spyOn(Date, "now").mockImplementation(() => wall.atMs)
    onTestFinished(() => spy.mockRestore())
    const server = makeServer({ tickRateMs: 50 })
    const station = server.addStation(1, { timeZone, counters: { mode: "A", localFreezeMs } })
    const point = station?.addPoint({ ioAddress: 10, type: Type.M_IT_TB_1 })
    let ticks = 0
    point?.onTimer(() => void ticks++, 50)
    await server.start()
    const client = await startClient(server.port)
    const ticked = async (): Promise<void> => {
      const before = ticks
      await vi.waitFor(() => expect(ticks).toBeGreaterThan(before + 1), 5000)
    }
    for (const time of times) {
      wall.atMs = Date.parse(time)
      await ticked()
    }
    await client.testfr()
    await client.testfr()
    return client
      .asdus({ typeId: Type.M_IT_TB_1, cot: 3 })
      .flatMap(({ objects = [] }) => objects.map((object) => Object(object).time))
      .map(({ hour, min, ms }) => `${hour}:${min}:${ms / 1000}`)
  }

  it.each([
    [
      "a quarter of an hour",
      900_000,
      [
        "2026-06-01T12:07Z",
        "2026-06-01T11:57Z",
        "2026-06-01T12:00:01Z",
        "2026-06-01T12:00:02Z",
        "2026-06-01T12:15:01Z"
      ],
      ["12:0:1", "12:15:1"]
    ],
    [
      "a day",
      86_400_000,
      ["2026-06-02T05:00Z", "2026-06-01T20:00Z", "2026-06-02T00:00:01Z", "2026-06-03T00:00:01Z"],
      ["0:0:1", "0:0:1"]
    ],
    [
      "a quarter of an hour, which was done shortly before",
      900_000,
      [
        "2026-06-01T11:59Z",
        "2026-06-01T12:00:01Z",
        "2026-06-01T11:59Z",
        "2026-06-01T12:00:01Z",
        "2026-06-01T12:15:01Z"
      ],
      ["12:0:1", "12:15:1"]
    ]
  ])("are as many as the clock that was set back then shows: every %s", async (_, everyMs, times, expected) => {
    expect(await freezes(everyMs, "UTC", times)).toEqual(expected)
  })

  it.each([
    // Clocks show 2:00 at 0:00 and at 1:00 UTC.
    ["two hours", 7_200_000, ["2:0:1", "4:0:1"]],
    ["an hour", 3_600_000, ["2:0:1", "2:0:1", "4:0:1"]]
  ])("are one for a time that clocks show twice within a period, in autumn: every %s", async (_, everyMs, expected) => {
    const hours = [0, 1, 3].map((hour) => `2026-10-25T0${hour}:00:01Z`)
    expect(await freezes(everyMs, "Europe/Berlin", ["2026-10-24T23:30Z", ...hours])).toEqual(expected)
  })

  it("are one when clocks are set ahead over several", async () => {
    const times = ["2000-01-01T00:00:01Z", "2027-06-01T12:07:30Z", "2027-06-01T12:15:01Z"]
    expect(await freezes(900_000, "UTC", times)).toEqual(["12:7:30", "12:15:1"])
  })

  it("are chosen at the Effect face too", () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const server = yield* Iec104.make({ host: "127.0.0.1", port: 0, tickRateMs: 50 })
          const options = { counterMode: "A", localFreezeMs: 200, localFreezeReset: true } as const
          const station = yield* server.addStation(1, options)
          const point = yield* station.addPoint({ ioAddress: 10, type: Type.M_IT_NA_1 })
          const { port } = yield* server.listen
          const client = yield* Effect.promise(() => startClient(port))
          const next = Effect.promise(() => reading(client))
          yield* next
          yield* point.set(7)
          expect([yield* next, yield* next]).toEqual([7, 0])
        })
      )
    ))
})

it("the readings of a freeze are told of the counters that were frozen and are still there, of nobody who came while they are told", async () => {
  const server = makeServer({ packEvents: false })
  server.protocolParameters.sendWindowSize = 1
  server.protocolParameters.receiveWindowSize = 1
  const station = server.addStation(1, { counters: { mode: "D" } })
  const add = (ioAddress: number, type: typeof Type.M_IT_NA_1 | typeof Type.M_IT_TB_1, value: number) => {
    const point = station?.addPoint<Type>({ ioAddress, type })
    if (point != null) point.value = value
  }
  for (const address of [1, 2]) add(address, Type.M_IT_NA_1, address)
  for (const address of [11, 12, 13]) add(address, Type.M_IT_TB_1, address)
  await server.start()
  const client = await startClient(server.port)
  let seen = 0
  server.onSendRaw((_, apdu) => {
    if (apdu[6] !== Type.M_IT_NA_1 || seen++ > 0) return
    station?.removePoint(12)
    // In the place of that one, and behind the others.
    for (const address of [20, 21]) add(address, Type.M_IT_TB_1, 777)
  })
  client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 1 })
  const told = () =>
    client
      .asdus(
        ({ ...frame }) => "typeId" in frame && (frame.typeId === Type.M_IT_NA_1 || frame.typeId === Type.M_IT_TB_1)
      )
      .flatMap(({ objects = [] }) => objects.map(({ ioa, bcr }) => [ioa, Object(bcr).counter]))
  await client.next({ typeId: Type.M_IT_NA_1 })
  // What is published behind them comes behind them.
  station?.addPoint({ ioAddress: 30, type: Type.M_SP_NA_1 })?.transmit(Cot.SPONTANEOUS)
  await client.next({ typeId: Type.M_SP_NA_1 })
  expect(told()).toEqual([1, 2, 11, 13].map((address) => [address, address]))
})

describe("a counter interrogation that a freeze overtakes", () => {
  const COUNTERS = 200
  const K = 2

  interface Reading {
    readonly ioa: number
    readonly bcr: { readonly counter: number; readonly sq: number }
  }

  const readings = (client: RawClient): readonly (readonly [number, number, number])[] =>
    client
      .asdus({ typeId: Type.M_IT_NA_1 })
      .flatMap(({ objects = [] }) => objects as unknown as readonly Reading[])
      .map(({ ioa, bcr }) => [ioa, bcr.sq, bcr.counter])

  /** Whether some counter was told an earlier reading behind a later one. */
  const goesBack = (client: RawClient): boolean => {
    const latest = new Map<number, number>()
    return readings(client).some(([ioa, sq, counter]) => {
      const reading = sq * 1e6 + counter
      const before = latest.get(ioa) ?? 0
      latest.set(ioa, reading)
      return reading < before
    })
  }

  const ends = (client: RawClient) => client.asdus({ typeId: Type.C_CI_NA_1, cot: 10 })

  const acknowledgeAll = async (client: RawClient): Promise<void> => {
    for (let before = -1; client.iFrames !== before || ends(client).length === 0; ) {
      before = client.iFrames
      client.acknowledge()
      await client.testfr()
    }
  }

  const counting = async (mode: "A" | "C" | "D") => {
    const server = makeServer({ tickRateMs: 50 })
    server.protocolParameters.sendWindowSize = K
    const counters = mode === "A" ? { mode, localFreezeMs: 2000 } : { mode }
    const station = server.addStation(1, { counters })
    const points = Array.from({ length: COUNTERS }, (_, at) =>
      station?.addPoint({ ioAddress: at + 1, type: Type.M_IT_NA_1 })
    )
    for (const point of points) if (point != null) point.value = 1
    await server.start()
    const client = await startClient(server.port, { acknowledge: "never" })
    return { server, client, points }
  }

  const freezeAll = async (client: RawClient): Promise<void> => {
    client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 1 })
    await client.next({ typeId: Type.C_CI_NA_1, cot: 10 })
  }

  it.each(["A", "D"] as const)("tells no reading behind the event of a later one (mode %s)", async (mode) => {
    const { server, client, points } = await counting(mode)
    const other = await startClient(server.port)
    const spontaneous = () => other.asdus({ typeId: Type.M_IT_NA_1, cot: 3 }).flatMap(({ objects = [] }) => objects)
    const freeze = async (times: number): Promise<void> => {
      if (mode === "D") await freezeAll(other)
      await other.until(() => spontaneous().length >= times * COUNTERS)
    }
    await freeze(1)
    while (readings(client).length < COUNTERS) {
      client.acknowledge()
      await client.testfr()
    }
    for (const point of points) if (point != null) point.value = 2
    client.acknowledge()
    client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 0 })
    await client.next({ cot: 37 })
    await freeze(2)
    await acknowledgeAll(client)
    expect(goesBack(client)).toBe(false)
    expect(ends(client)).toMatchObject([{ negative: true }])
  })

  it("tells no value of one that was never frozen before its older events", async () => {
    const { server, client, points } = await counting("C")
    const other = await startClient(server.port)
    client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 0 })
    await client.next({ cot: 37 })
    const point = points[COUNTERS - 1]
    for (let n = 0; n < 600; n++) {
      if (point != null) point.value = 10 + n
      point?.transmit(Cot.SPONTANEOUS)
    }
    await freezeAll(other)
    await acknowledgeAll(client)
    expect(goesBack(client)).toBe(false)
    expect(ends(client)).toMatchObject([{ negative: false }])
  })

  it("tells no value of one that was never frozen behind what came since", async () => {
    const { server, client, points } = await counting("C")
    const other = await startClient(server.port)
    client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 0 })
    await client.next({ cot: 37 })
    await freezeAll(other)
    points[COUNTERS - 1]?.transmit(Cot.SPONTANEOUS)
    await acknowledgeAll(client)
    expect(goesBack(client)).toBe(false)
    expect(ends(client)).toMatchObject([{ negative: true }])
  })
})

describe("a counter interrogation behind a backlog in which readings wait", () => {
  const BACKLOG = 400
  type Reading = readonly [cause: number, counter: number, sequence: number]

  const behind = async () => {
    const server = makeServer({ logLevel: "none", packEvents: false })
    server.protocolParameters.sendWindowSize = 1
    server.protocolParameters.receiveWindowSize = 1
    const add = () => {
      server.addStation(1, { counters: { mode: "D" } })
      return addPoint()
    }
    const addPoint = () => {
      const point = server.getStation(1)?.addPoint({ ioAddress: 1, type: Type.M_IT_NA_1 })
      if (point == null) throw new Error("it was free")
      return point
    }
    const point = add()
    const noisy = server.addStation(2)?.addPoint({ ioAddress: 9, type: Type.M_ME_TE_1 })
    await server.start()
    const client = await startClient(server.port, { acknowledge: "never" })
    const other = await startClient(server.port, { acknowledge: 1 })
    const noise = (): void => {
      for (let n = 0; n < BACKLOG; n++) noisy?.transmit(Cot.SPONTANEOUS)
    }
    let frozen = 0
    const freeze = async (value: number, at = point): Promise<void> => {
      at.value = value
      other.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 1 })
      frozen++
      await other.until(() => other.asdus({ typeId: Type.C_CI_NA_1, cot: 10 }).length === frozen)
    }
    const ask = async (): Promise<void> => {
      client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 0 })
      for (let before = -1; client.iFrames !== before; ) {
        before = client.iFrames
        client.acknowledge()
        await client.testfr()
      }
    }
    const readings = (): readonly Reading[] =>
      client.asdus({ typeId: Type.M_IT_NA_1 }).flatMap(({ cot, objects }) =>
        (objects ?? []).map((object): Reading => {
          const { bcr } = object as unknown as { readonly bcr: { readonly counter: number; readonly sq: number } }
          return [cot, bcr.counter, bcr.sq]
        })
      )
    const ends = () => client.asdus({ typeId: Type.C_CI_NA_1, cot: 10 }).map(({ negative }) => negative)
    noise()
    return { server, addPoint, add, noise, freeze, ask, readings, ends }
  }

  it.each(["point", "station"])("ends negatively where they are those of a %s that was replaced", async (what) => {
    const { server, addPoint, add, noise, freeze, ask, readings, ends } = await behind()
    for (const value of [101, 102, 103]) await freeze(value)
    if (what === "station") server.removeStation(1)
    else server.getStation(1)?.removePoint(1)
    await freeze(200, what === "station" ? add() : addPoint())
    noise()
    await ask()
    const events = [
      [3, 101, 1],
      [3, 102, 2],
      [3, 103, 3],
      [3, 200, 1]
    ]
    expect([readings(), ends()]).toEqual([events, [true]])
    // Once they were told, it is answered.
    await ask()
    expect([readings(), ends()]).toEqual([
      [...events, [37, 200, 1]],
      [true, false]
    ])
  })

  it.each([
    [1, false],
    [8, false],
    [16, true],
    [24, true],
    [32, true],
    [40, true]
  ])(
    "of which the oldest is %d freezes back is answered only while sequence numbers put them in order (negative: %s)",
    async (freezes, negative) => {
      const { noise, freeze, ask, readings, ends } = await behind()
      for (let n = 1; n <= freezes; n++) await freeze(100 + n)
      noise()
      await ask()
      const events = Array.from({ length: freezes }, (_, at) => [3, 101 + at, (at + 1) % 32])
      const answer = [37, 100 + freezes, freezes % 32]
      expect([readings(), ends()]).toEqual([negative ? events : [answer, ...events], [negative]])
    }
  )
})
