// Points that are sent cyclically, whose callbacks and programs set them anew: each is called and sent once in a period, and a
// client that takes little is owed each value once.
import { describe, expect, it } from "vitest"
import { Batch, Cot, type Point, Type } from "../../../src/api/c104/index.ts"
import { startClient, startServer } from "../../support/Stage.ts"

const given = <A>(value: A | null): A => {
  if (value === null) throw new Error("it was there")
  return value
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe("a callback before cyclic transmission", () => {
  it.each([
    ["says its period again", Type.M_ME_NC_1],
    ["says its period again, beside a point of another type", Type.M_ME_NB_1]
  ])("that %s is called once in a period, and what it is for is sent", async (_, type) => {
    const { server, station } = await startServer()
    const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1, reportMs: 200 })) as Point
    station.addPoint<Type>({ ioAddress: 2, type, reportMs: 200 })
    let calls = 0
    point.onBeforeAutoTransmit(() => {
      if (++calls < 1000) point.reportMs = 200
    })
    const client = await startClient(server.port)
    await client.until(() => client.asdus({ cot: Cot.PERIODIC }).length >= 4)
    const told = client.asdus({ cot: Cot.PERIODIC }).flatMap(({ objects }) => objects?.map(({ ioa }) => ioa) ?? [])
    expect(told).toContain(1)
    expect(told).toContain(2)
    expect(calls).toBeLessThan(10)
  })

  it("that gives another point its period anew, which does the same, ends", async () => {
    const { server, station } = await startServer()
    const points = [1, 2].map((ioAddress) =>
      given(station.addPoint({ ioAddress, type: Type.M_ME_NC_1, reportMs: 200 }))
    )
    let calls = 0
    for (const [at, point] of points.entries())
      point.onBeforeAutoTransmit(() => {
        const other = points[1 - at]
        if (++calls > 1000 || other === undefined) return
        other.reportMs = 400
        other.reportMs = 200
      })
    const client = await startClient(server.port)
    await client.until(() => client.asdus({ cot: Cot.PERIODIC }).length >= 1)
    expect(calls).toBeLessThan(20)
  })

  it("that sends a batch of its own point is not called within itself, nor again and again without end", async () => {
    const { server, station } = await startServer()
    const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 }))
    let calls = 0
    const send = (): void => {
      if (++calls < 5000) server.transmitBatch(new Batch({ cause: Cot.SPONTANEOUS, points: [point] }))
    }
    point.onBeforeRead(send)
    await startClient(server.port)
    send()
    expect(calls).toBe(2)
    // The same at once later, however often: others have their turn between two of them.
    calls = 0
    point.onBeforeRead(async () => send())
    send()
    for (let n = 0; n < 10; n++) await new Promise((resolve) => setImmediate(resolve))
    expect(calls).toBeLessThan(50)
    calls = 5000
  })
})

it("a callback that takes its time and asks for itself runs once at a time, also where others have asked meanwhile", async () => {
  const { server, station } = await startServer()
  const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 }))
  const send = (): boolean => server.transmitBatch(new Batch({ cause: Cot.SPONTANEOUS, points: [point] }))
  let [running, most, calls] = [0, 0, 0]
  point.onBeforeRead(async () => {
    running++
    most = Math.max(most, running)
    if (++calls < 6) send()
    await wait(20)
    running--
  })
  await startClient(server.port)
  send()
  send()
  await wait(200)
  expect(calls).toBeGreaterThan(1)
  expect(most).toBe(1)
})

it("a period that is said again does not make a client that takes little owe each value once more", async () => {
  const { server, station } = await startServer()
  const points = Array.from({ length: 2 }, (_, n) =>
    given(station.addPoint({ ioAddress: 1 + n, type: n % 2 === 0 ? Type.M_ME_NC_1 : Type.M_ME_NB_1, reportMs: 100 }))
  )
  server.protocolParameters.sendWindowSize = 1
  server.protocolParameters.receiveWindowSize = 1
  const client = await startClient(server.port, { acknowledge: "never" })
  for (let n = 0; n < 6; n++) {
    await wait(350)
    // Each of them leaves its period and comes back, as where a program applies its settings.
    for (const point of points) {
      point.reportMs = 0
      point.reportMs = 100
    }
  }
  for (const point of points) point.reportMs = 0
  for (let before = -1; before < client.iFrames; ) {
    before = client.iFrames
    client.acknowledge()
    await client.testfr()
  }
  const told = client.asdus({ cot: Cot.PERIODIC }).flatMap(({ objects }) => objects?.map(({ ioa }) => ioa) ?? [])
  const most = Math.max(...points.map(({ ioAddress }) => told.filter((ioa) => ioa === ioAddress).length))
  // What the window held when it closed, and one that waited for it.
  expect(most).toBeLessThanOrEqual(3)
})

describe("a station that comes in the place of another one, while what was due with that is done", () => {
  it("is not scanned", async () => {
    const { server, station } = await startServer({ tickRateMs: 50 })
    const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1, reportMs: 100 }))
    const scanned = given(server.addStation(2))
    scanned.addPoint({ ioAddress: 5, type: Type.M_ME_NC_1 })
    scanned.setBackgroundScan(100)
    const told = () => client.asdus({ cot: Cot.BACKGROUND_SCAN }).flatMap(({ objects = [] }) => objects)
    let left = 3
    point.onBeforeAutoTransmit(() => {
      if (told().length === 0 || server.getStation(2) !== scanned) return void left--
      server.removeStation(2)
      given(server.addStation(2)).addPoint({ ioAddress: 7, type: Type.M_ME_NC_1 })
    })
    const client = await startClient(server.port)
    await client.until(() => told().length > 0)
    left = 3
    await client.until(() => left <= 0)
    expect(new Set(told().map(({ ioa }) => ioa))).toEqual(new Set([5]))
  })

  it("is not frozen, and keeps what its counters say", async () => {
    const { server, station } = await startServer({ tickRateMs: 50, packEvents: false })
    // So many readings that they fill a window, and are sent at once.
    for (let ioAddress = 1; ioAddress <= 40; ioAddress++) station.addPoint({ ioAddress, type: Type.M_IT_NA_1 })
    station.setCounters({ mode: "A", localFreezeMs: 100 })
    const frozen = given(server.addStation(2))
    frozen.addPoint({ ioAddress: 5, type: Type.M_IT_NA_1 })
    frozen.setCounters({ mode: "A", localFreezeMs: 100, localFreezeReset: true })
    let counter: Point<typeof Type.M_IT_NA_1> | null = null
    server.onSendRaw((_, apdu) => {
      if (apdu[6] !== Type.M_IT_NA_1 || counter !== null) return
      server.removeStation(2)
      counter = given(given(server.addStation(2)).addPoint({ ioAddress: 7, type: Type.M_IT_NA_1 }))
      counter.value = 4711
    })
    const client = await startClient(server.port)
    await client.until(() => client.asdus({ ca: 1, cot: Cot.SPONTANEOUS }).length > 80)
    expect(Number(given<Point<typeof Type.M_IT_NA_1>>(counter).value)).toBe(4711)
    expect(client.asdus({ ca: 2 })).toEqual([])
  })
})
