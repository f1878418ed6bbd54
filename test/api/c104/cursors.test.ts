// Whatever goes over the image while it waits for the window - healing, interrogations, cycles, confirmations of global
// requests - goes on rightly when stations and points come and go meanwhile.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Cot, type Point, ResponseState, type Server, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { makeServer, startClient, startServer } from "../../support/Stage.ts"

type Measured = typeof Type.M_ME_NB_1
const GLOBAL = 0xffff

const given = <A>(value: A | null | undefined): A => {
  if (value === null || value === undefined) throw new Error("it was there")
  return value
}

const measured = (server: Server, ca: number, ioAddress: number): Point<Measured> =>
  given(given(server.getStation(ca)).addPoint({ ioAddress, type: Type.M_ME_NB_1 }))

/** A running server with stations 1 to n of so many points each, a window of `k`, and a client that acknowledges when told. */
const plant = async (stations: number, points: number, k: number, options: ServerOptions = {}) => {
  const server = makeServer({ logLevel: "none", ...options })
  server.protocolParameters.sendWindowSize = k
  server.protocolParameters.receiveWindowSize = Math.min(k, 8)
  for (let ca = 1; ca <= stations; ca++) {
    server.addStation(ca)
    for (let ioa = 1; ioa <= points; ioa++) measured(server, ca, ioa)
  }
  await server.start()
  const client = await startClient(server.port, { acknowledge: "never" })
  return { server, client }
}

/** Acknowledges once, and waits for what follows from it. */
const acknowledge = async (client: RawClient): Promise<void> => {
  client.acknowledge()
  if (!(await client.answers())) throw new Error("the connection ended")
}

/** Acknowledges until nothing comes any more. */
const drain = async (client: RawClient): Promise<void> => {
  for (let before = -1, quiet = 0; quiet < 2; quiet = client.iFrames === before ? quiet + 1 : 0) {
    before = client.iFrames
    await acknowledge(client)
  }
}

/** The value that was told last of each point, by station and address. */
const told = (client: RawClient): Map<string, unknown> => {
  const values = new Map<string, unknown>()
  for (const { ca, objects, typeId } of client.asdus())
    if (typeId === Type.M_ME_NB_1) for (const { ioa, value } of objects ?? []) values.set(`${ca}/${ioa}`, value)
  return values
}

const publish = (point: Point<Measured>, value: number): void => {
  point.value = value
  point.transmit(Cot.SPONTANEOUS)
}

const present = (server: Server): Map<string, unknown> =>
  new Map(
    server.stations.flatMap(({ commonAddress, points }) =>
      points.map((point) => [`${commonAddress}/${point.ioAddress}`, point.value] as const)
    )
  )

describe("healing", () => {
  it.each([1, 2, 6])(
    "tells the last value of every point of the others when station %i is removed meanwhile",
    async (ca) => {
      const { server, client } = await plant(6, 40, 1, { limits: { logRecords: 64 } })
      for (let round = 1; round <= 2; round++)
        for (const { points } of server.stations)
          for (const point of points) publish(point as Point<Measured>, 100 * round)
      // What is still in the log, and the first points of the first stations.
      for (let n = 0; n < 130; n++) await acknowledge(client)
      server.removeStation(ca)
      await drain(client)
      const values = told(client)
      for (const [name, value] of present(server)) expect([name, values.get(name)]).toEqual([name, value])
    }
  )
})

describe("whatever is removed and added meanwhile", () => {
  const address = fc.integer({ min: 1, max: 4 })
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("publish" as const),
        ca: address,
        count: fc.integer({ min: 1, max: 90 })
      })
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("acknowledge" as const),
        ca: address,
        count: fc.integer({ min: 1, max: 12 })
      })
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("interrogate" as const),
        ca: fc.constantFrom(1, 2, 3, GLOBAL),
        count: fc.constant(1)
      })
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("removeStation" as const), ca: address, count: fc.constant(1) })
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("addStation" as const),
        ca: address,
        count: fc.integer({ min: 1, max: 30 })
      })
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("removePoint" as const),
        ca: address,
        count: fc.integer({ min: 1, max: 30 })
      })
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("addPoint" as const),
        ca: address,
        count: fc.integer({ min: 1, max: 60 })
      })
    }
  )

  it("every surviving point's last value is told, and every interrogation that was confirmed is terminated", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const { server, client } = await plant(3, 20, 2, { limits: { logRecords: 64 } })
        const published = new Set<Point>()
        let value = 0
        for (const { kind, ca, count } of steps) {
          const station = server.getStation(ca)
          if (kind === "interrogate") client.interrogate(ca)
          else if (kind === "acknowledge") for (let n = 0; n < count; n++) await acknowledge(client)
          else if (kind === "removeStation") server.removeStation(ca)
          else if (kind === "addStation") {
            server.addStation(ca)
            if (station === null) for (let ioa = 1; ioa <= count; ioa++) measured(server, ca, ioa)
          } else if (kind === "removePoint") station?.removePoint(count)
          else if (kind === "addPoint") station?.addPoint({ ioAddress: count, type: Type.M_ME_NB_1 })
          else
            for (const point of (station?.points ?? []).slice(0, count)) {
              publish(point as Point<Measured>, ++value % 30_000)
              published.add(point)
            }
          if (kind === "interrogate") await client.answers()
        }
        await drain(client)
        const values = told(client)
        for (const point of published)
          if (point.station !== null) {
            const name = `${point.station.commonAddress}/${point.ioAddress}`
            expect([name, values.get(name)]).toEqual([name, point.value])
          }
        const asked = (cot: number) =>
          client.asdus({ typeId: 100, cot }).filter(({ negative }) => cot === 10 || !negative)
        expect(
          asked(10)
            .map(({ ca }) => ca)
            .sort()
        ).toEqual(
          asked(7)
            .map(({ ca }) => ca)
            .sort()
        )
        client.close()
        await server.stop()
      }),
      { numRuns: 40 }
    )
  })
})

describe("a station that is removed", () => {
  it("while it is interrogated sends nothing more of its image, its events, and a negative termination", async () => {
    const { server, client } = await plant(1, 300, 1)
    const [point] = given(server.getStation(1)).points
    client.interrogate(1)
    await client.answers()
    await acknowledge(client)
    expect(client.asdus().map(({ cot }) => cot)).toEqual([7, 20])
    publish(given(point) as Point<Measured>, 5)
    server.removeStation(1)
    server.addStation(1)
    measured(server, 1, 299)
    await drain(client)
    expect(client.asdus().slice(2)).toMatchObject([
      { typeId: Type.M_ME_NB_1, cot: 3, ca: 1, objects: [{ ioa: 1, value: 5 }] },
      { typeId: 100, cot: 10, negative: true, ca: 1 }
    ])
    client.interrogate(1)
    await drain(client)
    expect(client.asdus().slice(4)).toMatchObject([
      { typeId: 100, cot: 7, negative: false },
      { cot: 20, objects: [{ ioa: 299 }] },
      { typeId: 100, cot: 10, negative: false }
    ])
  })

  it("before its turn in a global interrogation is terminated negatively, the others as always", async () => {
    const { server, client } = await plant(3, 2, 1)
    client.interrogate(GLOBAL)
    await client.answers()
    for (let n = 0; n < 3; n++) await acknowledge(client)
    server.removeStation(2)
    server.addStation(4)
    measured(server, 4, 1)
    await drain(client)
    expect(client.asdus().map(({ ca, cot, negative }) => [ca, cot, negative])).toEqual([
      [1, 7, false],
      [2, 7, false],
      [3, 7, false],
      [1, 20, false],
      [1, 10, false],
      [2, 10, true],
      [3, 20, false],
      [3, 10, false]
    ])
  })
})

describe("a global request", () => {
  const STATIONS = 1500
  const many = async (options: ServerOptions = {}) => {
    const { server, events } = await startServer({ logLevel: "none", ...options })
    for (let ca = 2; ca <= STATIONS; ca++) server.addStation(ca)
    for (const ca of [1, 700, STATIONS]) given(server.getStation(ca)).addPoint({ ioAddress: 7, type: Type.M_IT_NA_1 })
    return { server, events, client: await startClient(server.port) }
  }
  const addresses = Array.from({ length: STATIONS }, (_, index) => index + 1)
  const answered = (client: RawClient, typeId: number, cot: number, negative = false): readonly number[] =>
    client.asdus({ typeId, cot, negative }).map(({ ca }) => given(ca))

  it("to interrogate is confirmed and terminated once for each of thousands of stations", async () => {
    const { client } = await many()
    client.interrogate(GLOBAL)
    await client.until(() => client.iFrames === 2 * STATIONS, 10_000)
    expect(answered(client, 100, 7)).toEqual(addresses)
    expect(answered(client, 100, 10)).toEqual(addresses)
    expect(client.transcript.slice(1, STATIONS + 1).every((line) => line.includes("cot 7"))).toBe(true)
    expect(await client.answers()).toBe(true)
  })

  it("to set the clock sets it once, and is confirmed for each", async () => {
    const { server, client } = await many()
    let times = 0
    server.onClockSync(() => {
      times++
      return ResponseState.SUCCESS
    })
    const time = { ms: 0, min: 30, hour: 12, dom: 5, dow: 0, month: 6, year: 26 }
    client.send(client.i({ typeId: 103, cot: 6, ca: GLOBAL, objects: [{ ioa: 0, time }] }))
    await client.until(() => client.iFrames === STATIONS)
    expect([times, answered(client, 103, 7)]).toEqual([1, addresses])
  })

  it("to freeze counters freezes them in every station at once, and is confirmed for each", async () => {
    const { server, client } = await many()
    for (const ca of [1, 700, STATIONS]) given(server.getStation(ca)).getPoint(7)?.update(ca)
    await client.until(() => client.iFrames > 0)
    const before = client.iFrames
    client.send(client.i({ typeId: 101, cot: 6, ca: GLOBAL, objects: [{ ioa: 0, rqt: 5, frz: 1 }] }))
    await client.until(() => client.iFrames > before)
    for (const ca of [1, 700, STATIONS])
      given(server.getStation(ca))
        .getPoint(7)
        ?.update(ca + 1)
    await client.until(() => client.iFrames === 2 * STATIONS + 6, 10_000)
    expect(answered(client, 101, 7)).toEqual(addresses)
    client.send(client.i({ typeId: 101, cot: 6, ca: GLOBAL, objects: [{ ioa: 0, rqt: 5, frz: 0 }] }))
    await client.until(() => client.iFrames === 4 * STATIONS + 9, 10_000)
    expect(client.asdus({ cot: 37 }).map(({ ca, objects }) => [ca, objects?.[0]?.bcr])).toEqual([
      [1, expect.objectContaining({ counter: 1 })],
      [700, expect.objectContaining({ counter: 700 })],
      [STATIONS, expect.objectContaining({ counter: STATIONS })]
    ])
  })

  it("to reset is refused once for each", async () => {
    const { client } = await many()
    client.send(client.i({ typeId: 105, cot: 6, ca: GLOBAL, objects: [{ ioa: 0, qrp: 1 }] }))
    await client.until(() => client.iFrames === STATIONS)
    expect(answered(client, 105, 7, true)).toEqual(addresses)
  })

  it("to interrogate a group is refused for the stations that have no point in it", async () => {
    const { server, client } = await many()
    given(server.getStation(700)).addPoint({ ioAddress: 8, type: Type.M_SP_NA_1, groups: [2] })
    client.interrogate(GLOBAL, { objects: [{ ioa: 0, qoi: 22 }] })
    await client.until(() => client.iFrames === STATIONS + 2)
    expect(answered(client, 100, 7, true)).toEqual(addresses.filter((ca) => ca !== 700))
    expect([answered(client, 100, 7), answered(client, 100, 10)]).toEqual([[700], [700]])
  })
})
