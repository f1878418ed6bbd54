// Parity with c104: cyclic transmission and timers.
import { describe, expect } from "vitest"
import { Cot, Type } from "../../src/api/c104/index.ts"
import { connect, startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsB.ts"
import { given, pass } from "./support.ts"

const TICK_MS = 50
/** More than one period, tick and delay of a busy machine. */
const LATE_MS = 400

describe("cyclic transmission", () => {
  row(202, async () => {
    const { server, station } = await startServer({ tickRateMs: TICK_MS })
    const other = given(server.addStation(2))
    for (const at of [station, other])
      for (const ioAddress of [12, 10, 11]) {
        at.addPoint({ ioAddress, type: Type.M_ME_NB_1, reportMs: 100 })
        at.addPoint({ ioAddress: ioAddress + 10, type: Type.M_SP_TB_1, reportMs: 100 })
      }
    const client = await startClient(server.port)
    const round = []
    for (let i = 0; i < 4; i++) round.push(await client.next(() => true))
    const kinds = round.map(({ ca, typeId, objects }) => [ca, typeId, objects?.map(({ ioa }) => ioa)])
    expect(kinds).toHaveLength(4)
    for (const ca of [1, 2]) {
      expect(kinds).toContainEqual([ca, Type.M_ME_NB_1, [10, 11, 12]])
      expect(kinds).toContainEqual([ca, Type.M_SP_TB_1, [20, 21, 22]])
    }
    expect(round.every(({ cot, oa, negative, test }) => cot === 1 && oa === 0 && !negative && !test)).toBe(true)
  })

  row(203, async () => {
    const periodMs = 1000
    const { server, station } = await startServer({ tickRateMs: TICK_MS })
    station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1, reportMs: periodMs })
    const client = await connect(server.port)
    await pass(periodMs + 100)
    expect(client.iFrames).toBe(0)
    await client.startdt()
    const startMs = performance.now()
    expect(await client.next({ cot: 1 })).toMatchObject({ typeId: 11, objects: [{ ioa: 1 }] })
    expect(performance.now() - startMs).toBeLessThan(periodMs / 2)
  })

  row(204, async () => {
    const { server, station } = await startServer({ tickRateMs: TICK_MS })
    const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1, reportMs: TICK_MS }))
    let timers = 0
    let refreshed = 0
    point.onTimer(() => void timers++, TICK_MS)
    point.onBeforeAutoTransmit(() => void refreshed++)
    const client = await connect(server.port)
    await pass(TICK_MS * 5)
    expect([client.iFrames, timers, refreshed]).toEqual([0, 0, 0])
    await client.startdt()
    await client.next({ cot: 1 })
    await client.stopdt()
    const [frames, ...calls] = [client.iFrames, timers, refreshed]
    expect(Math.min(...calls)).toBeGreaterThan(0)
    await pass(TICK_MS * 5)
    expect([client.iFrames, timers, refreshed]).toEqual([frames, ...calls])
  })

  row(205, async () => {
    const periodMs = 200
    const { server, station } = await startServer({ tickRateMs: TICK_MS })
    const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1, reportMs: periodMs }))
    const client = await startClient(server.port)
    // Events come more often than the period: if each began it anew, nothing would be sent cyclically.
    const events = setInterval(() => point.transmit(Cot.SPONTANEOUS), periodMs / 4)
    const startMs = performance.now()
    try {
      for (let round = 0; round < 4; round++) await client.next({ cot: 1 })
    } finally {
      clearInterval(events)
    }
    expect(performance.now() - startMs).toBeLessThan(4 * periodMs + LATE_MS)
    expect(client.asdus({ cot: 3 }).length).toBeGreaterThan(4)
  })

  row(206, async () => {
    const { server, station } = await startServer({ tickRateMs: TICK_MS })
    let calls = 0
    given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1, reportMs: 100 })).onBeforeAutoTransmit((point) => {
      point.value = ++calls * 10
    })
    const client = await startClient(server.port)
    for (const value of [10, 20, 30]) expect((await client.next({ cot: 1 })).objects).toMatchObject([{ ioa: 1, value }])
  })
})

describe("timers", () => {
  row(207, async () => {
    const intervalMs = 150
    const { server, station } = await startServer({ tickRateMs: TICK_MS })
    const point = given(station.addPoint({ ioAddress: 1, type: Type.C_SC_NA_1 }))
    const times: number[] = []
    let done = (): void => {}
    const five = new Promise<void>((resolve) => {
      done = resolve
    })
    point.onTimer((which) => {
      expect(which).toBe(point)
      times.push(performance.now())
      if (times.length === 5) done()
      // A late call puts the following ones off: the delay is fixed, not the rate.
      if (times.length === 2) while (performance.now() < (times[1] as number) + 2 * intervalMs);
    }, intervalMs)
    expect(point.timerMs).toBe(intervalMs)
    const client = await startClient(server.port)
    await five
    const gaps = times.slice(1).map((time, index) => time - (times[index] as number))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(intervalMs - 1)
    expect(Math.max(gaps[0] as number, gaps[2] as number, gaps[3] as number)).toBeLessThan(intervalMs + LATE_MS)
    point.onTimer(null)
    expect([point.timerMs, client.iFrames]).toEqual([0, 0])
    await pass(intervalMs + 2 * TICK_MS)
    expect(times).toHaveLength(5)
  })
})
