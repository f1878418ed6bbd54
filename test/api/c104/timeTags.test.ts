// Time tags: the age of commands in hours that are there twice, times that no tag can say, tags that are no time, and a
// clock set by clients that the machine's clock does not move (rules T 1, T 2).
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { Batch, DateTime, ResponseState, type ServerOptions, SingleInfo, Type } from "../../../src/api/c104/index.ts"
import { makeServer, record, startClient } from "../../support/Stage.ts"

const BERLIN = "Europe/Berlin"

/** Holds the machine's wall clock, which the test then moves. */
const wallClock = (atMs: number) => {
  const wall = { atMs }
  const spy = vi.spyOn(Date, "now").mockImplementation(() => wall.atMs)
  onTestFinished(() => spy.mockRestore())
  return wall
}

/** A server with one station and one point, and a client. */
const stage = async (options: ServerOptions, timeZone: string, type: Type) => {
  const server = makeServer(options)
  const station = server.addStation(1, { timeZone })
  const point = station?.addPoint({ ioAddress: 10, type })
  if (station == null || point == null) throw new Error("a new server has no points")
  const events = record(server)
  await server.start()
  return { server, station, point, events, client: await startClient(server.port) }
}

const tagOf = (fields: object): object => ({
  fmt: "CP56Time2a",
  ms: 0,
  min: 0,
  gen: false,
  iv: false,
  hour: 0,
  su: false,
  dom: 1,
  dow: 0,
  month: 1,
  year: 26,
  ...fields
})

describe("the age of a command", () => {
  it.each([
    ["the hour before the clocks went back", { su: true }, true],
    ["the hour after", { su: false }, false]
  ])("is a difference of instants: a tag of %s", async (_name, flag, negative) => {
    wallClock(Date.UTC(2026, 9, 25, 1, 30))
    const { point, client } = await stage({ commandAgeMs: 5000 }, BERLIN, Type.C_SC_TA_1)
    const calls: unknown[] = []
    point.onReceive(() => {
      calls.push(1)
      return ResponseState.SUCCESS
    })
    client.command(Type.C_SC_TA_1, 10, { scs: true, time: tagOf({ min: 30, hour: 2, dom: 25, month: 10, ...flag }) })
    expect(await client.next({ typeId: Type.C_SC_TA_1, cot: 7 })).toMatchObject({ negative })
    expect(calls.length).toBe(negative ? 0 : 1)
  })
})

describe("a command whose tag is no time", () => {
  const impossible: readonly (readonly [string, object])[] = [
    ["all zero", { dom: 0, month: 0, year: 0 }],
    ["60,000 ms", { ms: 60_000 }],
    ["minute 63", { min: 63 }],
    ["hour 31", { hour: 31 }]
  ]
  it.each(impossible)("is refused in profile iec: %s", async (_name, fields) => {
    const { point, client, events } = await stage({ profile: "iec" }, "UTC", Type.C_SC_TA_1)
    const calls: unknown[] = []
    point.onReceive(() => {
      calls.push(1)
      return ResponseState.SUCCESS
    })
    client.command(Type.C_SC_TA_1, 10, { scs: true, time: tagOf(fields) })
    expect(await client.next({ typeId: Type.C_SC_TA_1 })).toMatchObject({ cot: 7, negative: true })
    expect([calls, events.of("rejected").map(({ situation }) => situation)]).toEqual([[], ["impossibleTime"]])
  })

  it.each([58, 59, 60, 61, 62, 63, 64] as const)(
    "is no better for its IV = 1, in profile iec: type %i",
    async (type) => {
      const { point, client, events } = await stage({ profile: "iec" }, "UTC", type)
      let calls = 0
      point.onReceive(() => {
        calls++
        return ResponseState.SUCCESS
      })
      const element = {
        58: [1],
        59: [1],
        60: [1],
        61: [1, 0, 0],
        62: [1, 0, 0],
        63: [0, 0, 128, 63, 0],
        64: [1, 0, 0, 0]
      }
      /** What comes of a command with so many octets of time. */
      const answer = async (...time: readonly number[]): Promise<unknown> => {
        const asdu = [type, 1, 6, 0, 1, 0, 10, 0, 0, ...element[type], ...time]
        const [ns, nr] = [client.sendNumber++, client.receiveNumber]
        client.send(Uint8Array.of(0x68, 4 + asdu.length, ns << 1, 0, nr << 1, 0, ...asdu))
        return (await client.next({ typeId: type, cot: 7 })).negative
      }
      expect(await answer(255, 255, 255, 255, 255, 255, 255)).toBe(true)
      expect(await answer(0, 0, 0x80, 0, 0, 0, 0)).toBe(true)
      // A time that may be wrong is still one.
      expect(await answer(0, 0, 0x80, 12, 1, 1, 26)).toBe(false)
      const situations = events.of("rejected").map(({ situation }) => situation)
      expect([calls, situations]).toEqual([1, ["impossibleTime", "impossibleTime"]])
    }
  )

  it("is the application's to judge in profile c104", async () => {
    const { point, client } = await stage({}, "UTC", Type.C_SC_TA_1)
    const times: unknown[] = []
    point.onReceive((_point, _previous, { info }) => {
      times.push(info?.recordedAt?.epochMs)
      return ResponseState.SUCCESS
    })
    client.command(Type.C_SC_TA_1, 10, { scs: true, time: tagOf({ min: 63 }) })
    expect(await client.next({ typeId: Type.C_SC_TA_1 })).toMatchObject({ cot: 7, negative: false })
    expect(times).toEqual([Number.NaN])
  })
})

describe("the time of a command", () => {
  it.each([
    ["in summer", { hour: 14, dom: 1, month: 7, su: true }, Date.UTC(2026, 6, 1, 12)],
    ["in winter", { hour: 13 }, Date.UTC(2026, 0, 1, 12)],
    ["that was never shown", { hour: 2, min: 30, dom: 29, month: 3 }, Number.NaN]
  ])("is told its handler as an instant, by the zone of the station: %s", async (_name, fields, instant) => {
    const { point, client } = await stage({}, BERLIN, Type.C_SC_TA_1)
    const times: unknown[] = []
    point.onReceive((_point, _previous, { info }) => {
      times.push(info?.recordedAt?.epochMs)
      return ResponseState.SUCCESS
    })
    client.command(Type.C_SC_TA_1, 10, { scs: true, time: tagOf(fields) })
    await client.next({ typeId: Type.C_SC_TA_1, cot: 7 })
    expect(times).toEqual([instant])
  })
})

describe("a time that no tag can say", () => {
  it.each([
    ["1970", new DateTime({ epochMs: 0 }), { year: 0, month: 1, dom: 1, hour: 0, min: 0, ms: 0 }],
    [
      "2100",
      new DateTime({ epochMs: Date.UTC(2100, 0, 1) }),
      { year: 99, month: 12, dom: 31, hour: 23, min: 59, ms: 59_999 }
    ],
    [
      "beyond all calendars",
      new DateTime({ epochMs: 1e300 }),
      { year: 99, month: 12, dom: 31, hour: 23, min: 59, ms: 59_999 }
    ],
    ["before the civil year 2000", new DateTime({ epochMs: Date.UTC(1999, 11, 31, 22, 59, 59) }), { year: 0, month: 1 }]
  ])("is the nearest one that it can, invalid, and counted: %s", async (_name, instant, shown) => {
    const { server, point, client } = await stage({}, BERLIN, Type.M_SP_TB_1)
    new Batch({ points: [point as never] }).setValues([true], instant)
    point.transmit(3)
    point.transmit(3)
    const { objects } = await client.next({ typeId: Type.M_SP_TB_1 })
    expect(objects?.[0]).toMatchObject({ time: { ...shown, iv: true } })
    expect(server.metrics.boundedTimes).toBe(1)
  })

  it("begins and ends with the civil time of the station", async () => {
    const { server, point, client } = await stage({}, BERLIN, Type.M_SP_TB_1)
    for (const epochMs of [Date.UTC(1999, 11, 31, 23), Date.UTC(2099, 11, 31, 22, 59, 59, 999)]) {
      new Batch({ points: [point as never] }).setValues([true], new DateTime({ epochMs }))
      point.transmit(3)
    }
    const { objects = [] } = await client.next({ typeId: Type.M_SP_TB_1 })
    expect(objects).toMatchObject([
      { time: { year: 0, month: 1, dom: 1, hour: 0, iv: false } },
      { time: { year: 99, month: 12, dom: 31, hour: 23, ms: 59_999, iv: false } }
    ])
    expect(server.metrics.boundedTimes).toBe(0)
  })
})

describe("a clock that clients set", () => {
  it("goes on when somebody sets the machine's", async () => {
    const wall = wallClock(Date.UTC(2026, 6, 1, 12))
    const { point, client } = await stage({ clockSource: "c_cs", clockValidMs: 3_600_000 }, "UTC", Type.M_SP_TB_1)
    client.command(Type.C_CS_NA_1, 0, { time: tagOf({ hour: 12, month: 7 }) })
    await client.next({ typeId: Type.C_CS_NA_1, negative: false })
    const hours: unknown[] = []
    for (const hour of [10, 12, 16, 30]) {
      wall.atMs = Date.UTC(2026, 6, 1, hour)
      point.value = true as never
      point.transmit(3)
      const { objects = [] } = await client.next({ typeId: Type.M_SP_TB_1 })
      const [{ time }] = objects as unknown as [{ readonly time: { readonly hour: number; readonly iv: boolean } }]
      hours.push([time.hour, time.iv])
    }
    expect(hours).toEqual([
      [12, false],
      [12, false],
      [12, false],
      [12, false]
    ])
  })

  it("ends being valid after its time, whatever the machine's clock says", async () => {
    const wall = wallClock(Date.UTC(2026, 6, 1, 12))
    const { point, client } = await stage({ clockSource: "c_cs", clockValidMs: 50 }, "UTC", Type.M_SP_TB_1)
    client.command(Type.C_CS_NA_1, 0, { time: tagOf({ hour: 12, month: 7 }) })
    await client.next({ typeId: Type.C_CS_NA_1, negative: false })
    wall.atMs = Date.UTC(2026, 6, 1, 10)
    await new Promise((resolve) => setTimeout(resolve, 60))
    point.value = true as never
    point.transmit(3)
    const { objects } = await client.next({ typeId: Type.M_SP_TB_1 })
    expect(objects?.[0]).toMatchObject({ time: { hour: 12, iv: true } })
  })

  it("marks the tags of frozen counters too while nobody has set it", async () => {
    const { client } = await stage({ clockSource: "c_cs" }, "UTC", Type.M_IT_TB_1)
    client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 1 })
    await client.next({ typeId: Type.C_CI_NA_1, cot: 10 })
    client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 0 })
    const { objects } = await client.next({ typeId: Type.M_IT_TB_1 })
    expect(objects?.[0]).toMatchObject({ bcr: { sq: 1 }, time: { iv: true } })
  })
})

describe("a time that is set", () => {
  const summer = Date.UTC(2026, 6, 1, 10)
  const winter = Date.UTC(2026, 0, 1, 10)
  /** 2:30, the second time that clocks in Berlin show it. */
  const again = Date.UTC(2026, 9, 25, 1, 30)

  it.each([
    ["UTC", summer, { hour: 10, su: false }],
    [BERLIN, summer, { hour: 12, su: true }],
    [BERLIN, winter, { hour: 11, su: false }],
    [BERLIN, again, { hour: 2, min: 30, su: false }]
  ])(
    "is told with the SU of its station, whatever another zone says of it: %s, %d",
    async (timeZone, epochMs, said) => {
      const { point, client } = await stage({}, timeZone, Type.M_SP_TB_1)
      for (const summerTime of [true, false]) {
        point.info = new SingleInfo({ on: true, recordedAt: new DateTime({ epochMs, summerTime, substituted: true }) })
        point.transmit(3)
        const { objects } = await client.next({ typeId: Type.M_SP_TB_1, cot: 3 })
        expect(objects).toMatchObject([{ time: { ...said, gen: true, iv: false } }])
        expect(point.recordedAt?.epochMs).toBe(epochMs)
      }
    }
  )

  it("is told by a station of another zone as the same instant", async () => {
    const { server, point, client } = await stage({}, BERLIN, Type.C_SC_TA_1)
    const other = server.addStation(2)?.addPoint({ ioAddress: 10, type: Type.M_SP_TB_1 })
    point.onReceive((_, __, { info }) => {
      if (other != null) other.info = new SingleInfo({ on: true, recordedAt: info?.recordedAt ?? new Date(0) })
      other?.transmit(3)
      return ResponseState.SUCCESS
    })
    client.command(Type.C_SC_TA_1, 10, { scs: true, time: tagOf({ hour: 12, dom: 1, month: 7, su: true }) })
    const { objects } = await client.next({ typeId: Type.M_SP_TB_1, cot: 3 })
    expect(objects).toMatchObject([{ time: { hour: 10, su: false, iv: false } }])
  })
})
