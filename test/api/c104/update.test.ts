// Events by change: what would be told is compared with what was told, in the form in which it is told; and a quality that
// the server itself has set ends with its reason, whoever reads it and writes it back meanwhile.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  Batch,
  BinaryCounterInfo,
  Cot,
  type Deadband,
  EventState,
  PackedSingle,
  type Point,
  ProtectionEventInfo,
  Quality,
  type Server,
  type ShortInfo,
  type Station,
  StatusAndChanged,
  StepInfo,
  Type
} from "../../../src/api/c104/index.ts"
import { connect, startClient, startServer } from "../../support/Stage.ts"

const SPONTANEOUS = 3
const IV = 0x80

/** What a client is told of the point 1, as value and invalidity: asked for when all that was published has come. */
const told = async (server: Server, station: Station, change: () => void): Promise<unknown[]> => {
  const client = await startClient(server.port)
  const end = station.getPoint(2) as Point<typeof Type.M_SP_NA_1>
  change()
  end.value = true
  end.transmit(SPONTANEOUS)
  await client.until(() => client.asdus({ typeId: Type.M_SP_NA_1, cot: SPONTANEOUS }).length === 1)
  const events = client.asdus(({ ...frame }) => "typeId" in frame && frame.typeId !== Type.M_SP_NA_1)
  client.close()
  return events.flatMap(({ objects }) =>
    (objects ?? []).map(({ value, ...said }) => (JSON.stringify(said).includes('"iv":true') ? [value, "iv"] : [value]))
  )
}

type Plant = Awaited<ReturnType<typeof plant>>

const plant = async (deadband: Deadband | null = null) => {
  const { server, station } = await startServer()
  const point = station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 }) as Point<typeof Type.M_ME_NC_1>
  station.addPoint({ ioAddress: 2, type: Type.M_SP_NA_1 })
  point.deadband = deadband
  return { server, station, point, tell: (change: () => void) => told(server, station, change) }
}

describe("a value that is no number", () => {
  it.each([null, { absolute: 5 }, { percent: 50 }])(
    "is told as invalid, and the next number as valid (dead band %j)",
    async (band) => {
      const { point, tell } = await plant(band)
      expect(
        await tell(() => {
          for (const value of [10, Number.NaN, Number.NaN, 11, Number.POSITIVE_INFINITY, 12]) point.update(value)
        })
      ).toEqual([[10], [10, "iv"], [11], [11, "iv"], [12]])
    }
  )

  it.each([
    ["its quality", ["quality"]],
    ["its information", ["info"]],
    ["both", ["quality", "info"]]
  ] as readonly (readonly [string, readonly string[]])[])(
    "makes no quality of the application's that reads %s and writes it back",
    async (_, what) => {
      const { point, tell } = await plant()
      expect(
        await tell(() => {
          point.update(10)
          point.update(Number.NaN)
          const { quality, info } = point
          if (what.includes("quality")) point.quality = quality
          if (what.includes("info")) point.info = info
          point.update(Number.NaN)
          point.update(11)
          point.value = Number.NaN
          point.quality = Quality.Substituted
          point.update(12)
        })
      ).toEqual([[10], [10, "iv"], [11], [12]])
      expect(point.quality).toEqual(Quality.Substituted)
      point.value = Number.NaN
      expect(point.quality?.value).toBe(Quality.Substituted.value | IV)
    }
  )

  it("is over with the next number: a quality that comes with that is the application's word", async () => {
    const { point, tell } = await plant()
    expect(
      await tell(() => {
        for (const quality of [Quality.Invalid, IV]) {
          point.update(Number.NaN)
          point.update(11, quality as Quality)
          point.update(12)
          point.update(13, Quality.none)
        }
        point.update(Number.NaN)
        point.update(14, (point.info as ShortInfo).quality)
      })
    ).toEqual([[0, "iv"], [11, "iv"], [12, "iv"], [13], [13, "iv"], [11, "iv"], [12, "iv"], [13], [13, "iv"], [14]])
  })

  it("does not end what the application has said before, or with it", async () => {
    const { point, tell } = await plant()
    expect(
      await tell(() => {
        point.update(10, Quality.Invalid)
        point.update(Number.NaN)
        point.update(11)
        point.update(12, Quality.none)
        point.update(Number.NaN, Quality.Invalid)
        point.update(13)
      })
    ).toEqual([[10, "iv"], [11, "iv"], [12], [12, "iv"], [13, "iv"]])
  })
})

describe("an update", () => {
  const types = [
    Type.M_ME_NA_1,
    Type.M_ME_NB_1,
    Type.M_ME_NC_1,
    Type.M_ME_TF_1,
    Type.M_ST_NA_1,
    Type.M_DP_NA_1
  ] as const
  const values: Readonly<Record<number, fc.Arbitrary<number>>> = {
    [Type.M_ME_NA_1]: fc.double({ min: -1, max: 1, noNaN: true }),
    [Type.M_ME_NB_1]: fc.integer({ min: -32_768, max: 32_767 }),
    [Type.M_ME_NC_1]: fc.double({ min: -1e30, max: 1e30, noNaN: true }),
    [Type.M_ME_TF_1]: fc.double({ min: -1e30, max: 1e30, noNaN: true }),
    [Type.M_ST_NA_1]: fc.integer({ min: -64, max: 63 }),
    [Type.M_DP_NA_1]: fc.integer({ min: 0, max: 3 })
  }

  it("with a value and quality that were told makes no event, whatever the type keeps of them", async () => {
    const { server, station } = await startServer()
    await startClient(server.port)
    for (const type of types) {
      const point = station.addPoint({ ioAddress: type, type }) as unknown as Point<typeof Type.M_ME_NC_1>
      fc.assert(
        fc.property(values[type] as fc.Arbitrary<number>, fc.constantFrom(0, IV, 0x10), (value, quality) => {
          point.update(value, Quality.from(quality))
          expect([point.update(value, Quality.from(quality)), point.update(value)]).toEqual([false, false])
        }),
        { numRuns: 50 }
      )
    }
  })

  it("with a tenth as a short float is one event of ten", async () => {
    const { point, tell } = await plant()
    const events = await tell(() => {
      for (let i = 0; i < 10; i++) point.update(0.1)
    })
    expect(events).toEqual([[0.100000001]])
  })

  it("is compared with what was told in whatever way: by transmit, and in a batch", async () => {
    const { point, tell } = await plant()
    const events = await tell(() => {
      point.update(10)
      point.value = 50
      point.transmit(SPONTANEOUS)
      point.update(50)
      point.update(10)
      point.value = 60
      point.station?.server?.transmitBatch(new Batch({ points: [point] }))
      point.update(60)
      point.update(10)
    })
    expect(events).toEqual([[10], [50], [10], [60], [10]])
  })

  it("is compared with what was told before its point was ever updated", async () => {
    const { server, station } = await startServer()
    const client = await startClient(server.port)
    const made = types.map((type) => {
      const point = station.addPoint({ ioAddress: type, type }) as unknown as Point<typeof Type.M_ME_NC_1>
      const twin = station.addPoint({ ioAddress: 1000 + type, type }) as unknown as Point<typeof Type.M_ME_NC_1>
      for (const one of [point, twin]) one.value = 1
      point.quality = Quality.Substituted
      point.transmit(SPONTANEOUS)
      server.transmitBatch(new Batch({ points: [twin] }))
      return [
        point.update(1),
        point.update(1),
        twin.update(1),
        twin.update(1, IV as unknown as Quality),
        point.update(0)
      ]
    })
    expect(made).toEqual(types.map(() => [false, false, false, true, true]))
    const objects = () => client.asdus({ cot: SPONTANEOUS }).flatMap((asdu) => asdu.objects ?? [])
    await client.until(() => objects().length >= 4 * types.length)
    expect(objects()).toHaveLength(4 * types.length)
  })

  it("with a dead band leaves it around what was told before", async () => {
    const { point, tell } = await plant({ absolute: 5 })
    const events = await tell(() => {
      point.value = 40
      point.transmit(SPONTANEOUS)
      point.update(37)
      point.update(34)
    })
    expect(events).toEqual([[40], [34]])
  })

  it("leaves a dead band around what was told, not around what was set", async () => {
    const { point, tell } = await plant({ absolute: 5 })
    const events = await tell(() => {
      point.update(10)
      for (const value of [12, 14, 15, 15.5, 20, 21]) point.update(value)
      point.value = 40
      point.transmit(SPONTANEOUS)
      point.update(37)
      point.update(34)
    })
    expect(events).toEqual([[10], [15.5], [21], [40], [34]])
  })
})

describe("the first update of a point that is added where another one was", () => {
  const [type, eventType] = [Type.M_ME_NC_1, Type.M_ME_TF_1]
  const deadband = { absolute: 10 }

  it.each([
    [
      "the same",
      ({ station }: Plant) => {
        station.removePoint(1)
        return station.addPoint({ ioAddress: 1, type, deadband })
      }
    ],
    [
      "one in the place of another that came and went",
      ({ station }: Plant) => {
        station.removePoint(1)
        station.addPoint({ ioAddress: 1, type })
        station.removePoint(1)
        return station.addPoint({ ioAddress: 1, type, deadband })
      }
    ],
    [
      "one of a station that was replaced",
      ({ server }: Plant) => {
        server.removeStation(1)
        return server.addStation(1)?.addPoint({ ioAddress: 1, type, deadband })
      }
    ]
  ])("is told, whatever that has told: %s", async (_, replace) => {
    const at = await plant()
    const { point, server } = at
    // Who is connected and hears nothing may still be told all that was published.
    await connect(server.port)
    const client = await startClient(server.port)
    const told = () => client.asdus({ typeId: type, cot: SPONTANEOUS }).flatMap(({ objects }) => objects ?? [])
    expect(point.update(5)).toBe(true)
    await client.until(() => told().length === 1)
    client.acknowledge()
    const next = replace(at) as Point<typeof type>
    expect([next.update(5), next.update(5), next.update(14), next.update(16)]).toEqual([true, false, false, true])
    await client.until(() => told().length === 3)
    expect(told().map(({ value }) => value)).toEqual([5, 5, 16])
  })

  it("is told of one whose events are of the type of those before", async () => {
    const { server, station } = await plant()
    await connect(server.port)
    const before = station.addPoint({ ioAddress: 3, type, eventType }) as Point<typeof type>
    expect(before.update(5)).toBe(true)
    station.removePoint(3)
    const next = station.addPoint({ ioAddress: 3, type: eventType }) as Point<typeof eventType>
    expect([next.update(5), next.update(5)]).toEqual([true, false])
  })

  it("is compared with what it has told itself in another way", async () => {
    const { server, station, point } = await plant()
    await connect(server.port)
    point.update(5)
    station.removePoint(1)
    const next = station.addPoint({ ioAddress: 1, type }) as Point<typeof type>
    const { processedAt } = next
    next.value = 7
    next.transmit(SPONTANEOUS)
    expect([next.update(7), next.update(5), processedAt <= next.processedAt]).toEqual([false, true, true])
  })
})

describe("an update of what was told but for what stands beside value and quality", () => {
  const { I0, I3 } = PackedSingle

  const stage = async <T extends Type>(type: T) => {
    const { server, station } = await startServer()
    const point = station.addPoint({ ioAddress: 1, type }) as Point<T>
    const client = await startClient(server.port)
    const elements = async (count: number): Promise<unknown[]> => {
      const objects = () => client.asdus({ typeId: type, cot: SPONTANEOUS }).flatMap((asdu) => asdu.objects ?? [])
      await client.until(() => objects().length >= count)
      await client.testfr()
      return objects()
    }
    return { server, station, point, elements }
  }

  it("is an event when a step position is transient no longer", async () => {
    const { point, elements } = await stage(Type.M_ST_NA_1)
    point.info = new StepInfo({ position: 5, transient: true })
    point.transmit(SPONTANEOUS)
    point.info = new StepInfo({ position: 5, transient: false })
    expect([point.update(5), point.update(5)]).toEqual([true, false])
    expect(await elements(2)).toMatchObject([
      { value: 5, transient: true },
      { value: 5, transient: false }
    ])
  })

  it("is an event when packed single points have changed", async () => {
    const { point, elements } = await stage(Type.M_PS_NA_1)
    point.update(I0)
    point.info = new StatusAndChanged({ status: I0, changed: I3 })
    expect([point.update(I0), point.update(I0)]).toEqual([true, false])
    point.info = new StatusAndChanged({ status: I0, changed: I3 })
    point.transmit(SPONTANEOUS)
    expect(point.update(I0)).toBe(false)
    expect(await elements(3)).toHaveLength(3)
  })

  it("is an event when protection equipment has operated for longer", async () => {
    const { point, elements } = await stage(Type.M_EP_TD_1)
    point.info = new ProtectionEventInfo({ state: EventState.ON, elapsedMs: 100 })
    point.transmit(SPONTANEOUS)
    point.info = new ProtectionEventInfo({ state: EventState.ON, elapsedMs: 500 })
    expect([point.update(EventState.ON), point.update(EventState.ON)]).toEqual([true, false])
    expect(await elements(2)).toHaveLength(2)
  })

  it("is none when a counter has a reading more", async () => {
    const { point } = await stage(Type.M_IT_NA_1)
    point.info = new BinaryCounterInfo({ counter: 7, sequence: 1 })
    point.transmit(SPONTANEOUS)
    point.info = new BinaryCounterInfo({ counter: 7, sequence: 2 })
    expect([point.update(7), point.update(8)]).toEqual([false, true])
  })

  it("that was put off for its rate is told when its time has come", async () => {
    const { point, elements } = await stage(Type.M_ST_NA_1)
    point.minIntervalMs = 200
    point.update(5)
    point.info = new StepInfo({ position: 5, transient: true })
    expect(point.update(5)).toBe(false)
    expect(await elements(2)).toMatchObject([{ transient: false }, { transient: true }])
  })
})

describe("what is meant for those who listen now counts as told to nobody", () => {
  const ways = [
    ["transmit", (_: Server, point: Point, cause: Cot) => point.transmit(cause)],
    [
      "a batch",
      (server: Server, point: Point, cause: Cot) => server.transmitBatch(new Batch({ points: [point], cause }))
    ]
  ] as const

  it.each(
    [Cot.PERIODIC, Cot.BACKGROUND_SCAN, Cot.REQUEST, Cot.INTERROGATED_BY_STATION].flatMap((cause) =>
      ways.map(([name, way]) => [name, cause, way] as const)
    )
  )("%s with cause %i: a client that was stopped learns the value by its update", async (_, cause, way) => {
    const { server, point } = await plant()
    await startClient(server.port)
    const client = await startClient(server.port)
    point.update(1)
    await client.next({ cot: SPONTANEOUS })
    await client.stopdt()
    point.value = 5
    expect(way(server, point, cause)).toBe(true)
    expect([point.update(5), point.update(5)]).toEqual([true, false])
    await client.startdt()
    expect((await client.next({ cot: SPONTANEOUS })).objects).toMatchObject([{ ioa: 1, value: 5 }])
  })

  it("a client that was too slow for it learns the value by its update", async () => {
    const { server, station } = await startServer({ limits: { logRecords: 64 } })
    server.protocolParameters.update({ sendWindowSize: 1 })
    const point = station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 }) as Point<typeof Type.M_ME_NC_1>
    const other = station.addPoint({ ioAddress: 2, type: Type.M_BO_NA_1 }) as Point<typeof Type.M_BO_NA_1>
    const client = await startClient(server.port, { acknowledge: "never" })
    const flood = (): void => {
      for (let i = 0; i < 100; i++) {
        other.value = i
        other.transmit(SPONTANEOUS)
      }
    }
    point.update(1)
    await client.until(() => client.iFrames === 1)
    flood()
    point.value = 5
    point.transmit(2)
    flood()
    expect(point.update(5)).toBe(true)
    while (!client.asdus({ typeId: Type.M_ME_NC_1 }).some(({ objects }) => objects?.[0]?.["value"] === 5)) {
      const { iFrames } = client
      client.acknowledge()
      await client.until(() => client.iFrames > iFrames)
    }
  })

  it("changed bits of packed single points are still to be told", async () => {
    const { server, station } = await startServer()
    const point = station.addPoint({ ioAddress: 1, type: Type.M_PS_NA_1 }) as Point<typeof Type.M_PS_NA_1>
    await startClient(server.port)
    const client = await startClient(server.port)
    await client.stopdt()
    point.info = new StatusAndChanged({ status: PackedSingle.I0, changed: PackedSingle.I0 })
    point.transmit(20)
    expect(point.update(point.value)).toBe(true)
    await client.startdt()
    const { objects } = await client.next({ cot: SPONTANEOUS })
    expect(objects).toMatchObject([{ ioa: 1, st: 1, cd: 1 }])
  })
})

describe("of a counter whose reading was told as it was frozen", () => {
  const FROZEN = 300
  it.each([
    ["what was told before", 150, true],
    ["what the reading says", FROZEN, false]
  ])("an update to %s is compared with the reading", async (_, value, isTold) => {
    const { server, station } = await startServer()
    const point = station.addPoint({ ioAddress: 1, type: Type.M_IT_NA_1 }) as Point<typeof Type.M_IT_NA_1>
    station.setCounters({ mode: "D" })
    const client = await startClient(server.port)
    expect(point.update(150)).toBe(true)
    point.value = FROZEN
    client.send(client.i({ typeId: Type.C_CI_NA_1, cot: 6, ca: 1, objects: [{ ioa: 0, rqt: 5, frz: 1 }] }))
    const told = () => client.asdus({ typeId: Type.M_IT_NA_1 }).flatMap(({ objects = [] }) => objects)
    await client.until(() => told().length === 2)
    expect(point.update(value)).toBe(isTold)
    await client.answers()
    const counters = told().map(({ bcr }) => (bcr as { readonly counter: number }).counter)
    expect(counters).toEqual(isTold ? [150, FROZEN, value] : [150, FROZEN])
  })
})

it.each([
  [Type.C_SC_NA_1, true],
  [Type.C_SC_TA_1, true],
  [Type.C_SE_NC_1, 1]
] as const)("a command of type %i cannot be updated: it would go in monitor direction", async (type, value) => {
  const { server, station } = await startServer()
  const point = station.addPoint({ ioAddress: 1, type }) as Point
  const client = await startClient(server.port)
  expect(() => point.update(value as never)).toThrow("update: a monitoring point is required, not C_")
  await client.answers()
  expect([client.asdus(), Number(point.value)]).toEqual([[], 0])
})

it.each([
  ["nothing", () => {}],
  ["a callback", (point: Point<typeof Type.M_ME_NC_1>) => point.onBeforeRead(() => {})],
  ["a period", (point: Point<typeof Type.M_ME_NC_1>) => Object.assign(point, { reportMs: 60_000 })]
] as const)("what was transmitted to nobody is told by the first update of a point with %s", async (_, set) => {
  const { server, station } = await startServer()
  const [point, other] = [1, 2].map((ioAddress) => station.addPoint({ ioAddress, type: Type.M_ME_NC_1 })) as [
    Point<typeof Type.M_ME_NC_1>,
    Point<typeof Type.M_ME_NC_1>
  ]
  set(point)
  other.update(1)
  point.value = 5
  expect(point.transmit(SPONTANEOUS)).toBe(false)
  const client = await startClient(server.port)
  expect([point.update(5), point.update(5)]).toEqual([true, false])
  await client.until(() => client.asdus({ cot: Cot.SPONTANEOUS }).length === 1)
})
