// Load on real sockets: many connections at once, publishers faster than their readers, and what the log drops.
import { describe, expect, it } from "vitest"
import { Cot, type Point, Type } from "../../src/api/c104/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { connect, mib, startClient, startServer, turn } from "../support/Stage.ts"

const INTERROGATED = 20
const SPONTANEOUS = 3
const HEADER = 12

/** Calls back with each object address and the offset of its element, for elements of `octets` without decoding more. */
const eachObject = (apdu: Uint8Array, octets: number, visit: (ioa: number, at: number) => void): void => {
  const sequence = ((apdu[7] as number) & 0x80) !== 0
  const count = (apdu[7] as number) & 0x7f
  const address = (at: number): number =>
    (apdu[at] as number) | ((apdu[at + 1] as number) << 8) | ((apdu[at + 2] as number) << 16)
  for (let i = 0; i < count; i++) {
    if (sequence) visit(address(HEADER) + i, HEADER + 3 + i * octets)
    else visit(address(HEADER + i * (3 + octets)), HEADER + i * (3 + octets) + 3)
  }
}

const memory = () => {
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heap: heapUsed + external }
}

/** Publishes `count` numbered events of one tagged point, waiting for room before each. */
const publishAll = async (point: Point<typeof Type.M_BO_TB_1>, count: number, room: () => Promise<void>) => {
  for (let i = 1; i <= count; i++) {
    await room()
    point.value = i
    point.transmit(Cot.SPONTANEOUS)
  }
}

describe("200 connections", () => {
  it("that each interrogate 10,000 points at once get exactly these, with flat memory, and none is closed", async () => {
    const POINTS = 10_000
    const CONNECTIONS = 200
    const { server, station, events } = await startServer()
    for (let i = 1; i <= POINTS; i++) station.addPoint({ ioAddress: i, type: Type.M_ME_NC_1 })
    const seen = Array.from({ length: CONNECTIONS }, () => ({
      points: new Uint8Array(POINTS + 1),
      objects: 0,
      distinct: 0,
      terminated: 0
    }))
    const clients: RawClient[] = []
    for (const mine of seen) {
      const onFrame = (apdu: Uint8Array): void => {
        if (apdu.length < HEADER) return
        const cause = (apdu[8] as number) & 0x3f
        if (cause === Cot.ACTIVATION_TERMINATION) mine.terminated++
        if (cause !== INTERROGATED) return
        eachObject(apdu, 5, (ioa) => {
          mine.objects++
          if (mine.points[ioa] === 0) mine.distinct++
          mine.points[ioa] = 1
        })
      }
      clients.push(await connect(server.port, { keep: false, onFrame }))
    }
    for (const client of clients) client.u("STARTDT act")
    await events.next("started", CONNECTIONS)
    const before = memory()
    const rounds: string[] = []
    for (let round = 1; round <= 3; round++) {
      const startMs = performance.now()
      for (const client of clients) client.interrogate()
      await Promise.all(clients.map((client, i) => client.until(() => seen[i]?.terminated === round, 15_000)))
      const { rss, heap } = memory()
      rounds.push(`${(performance.now() - startMs) | 0} ms, RSS ${mib(rss)} MiB, heap ${mib(heap)} MiB`)
      for (const mine of seen) {
        expect([mine.objects, mine.distinct]).toEqual([POINTS, POINTS])
        mine.points.fill(0)
        mine.objects = mine.distinct = 0
      }
    }
    const after = memory()
    process.stdout.write(
      `${CONNECTIONS} x ${POINTS} points: before RSS ${mib(before.rss)} MiB, heap ${mib(before.heap)} MiB; ${rounds.join("; ")}\n`
    )
    expect([server.openConnectionCount, server.activeConnectionCount]).toEqual([CONNECTIONS, CONNECTIONS])
    expect(events.of("closed")).toEqual([])
    expect(events.of("interrogated")).toHaveLength(3 * CONNECTIONS)
    expect(mib(after.rss - before.rss)).toBeLessThan(200)
  }, 60_000)
})

describe("room", () => {
  it("lets 300,000 events through without loss, and sockets are served meanwhile", async () => {
    const EVENTS = 300_000
    const { server, station, events } = await startServer()
    const point = station.addPoint({ ioAddress: 1, type: Type.M_BO_TB_1 })
    if (point === null) throw new Error("address 1 is free")
    const inOrder = [0, 0]
    const readers = await Promise.all(
      inOrder.map((_, reader) =>
        connect(server.port, {
          keep: false,
          onFrame: (apdu) => {
            if (apdu.length < HEADER) return
            eachObject(apdu, 12, (_ioa, at) => {
              const value = Buffer.from(apdu.buffer, apdu.byteOffset, apdu.length).readUInt32LE(at)
              if (value === (inOrder[reader] as number) + 1) inOrder[reader] = value
            })
          }
        })
      )
    )
    for (const reader of readers) reader.u("STARTDT act")
    await events.next("started", 2)
    const third = await connect(server.port)
    let done = false
    const publisher = publishAll(point, EVENTS, () => server.room()).then(() => {
      done = true
    })
    const tookMs: number[] = []
    while (!done) {
      tookMs.push(await third.testfr())
      await turn()
    }
    await publisher
    await Promise.all(readers.map((reader, i) => reader.until(() => inOrder[i] === EVENTS, 10_000)))
    const slowest = Math.max(...tookMs)
    process.stdout.write(`${EVENTS} events: ${tookMs.length} TESTFR meanwhile, the slowest ${slowest.toFixed(1)} ms\n`)
    expect(tookMs.length).toBeGreaterThan(10)
    expect(slowest).toBeLessThan(200)
    expect(events.of("overflow")).toEqual([])
  }, 30_000)

  it("makes the publisher wait for a client that is slow, and go on when that client is gone", async () => {
    const { server, station, events } = await startServer({ limits: { logRecords: 256 } })
    const point = station.addPoint({ ioAddress: 1, type: Type.M_BO_TB_1 })
    if (point === null) throw new Error("address 1 is free")
    const client = await startClient(server.port, { acknowledge: "never" })
    let done = false
    const publisher = publishAll(point, 5000, () => server.room()).then(() => {
      done = true
    })
    await client.until(() => client.iFrames === 12)
    for (let i = 0; i < 50; i++) await turn()
    expect([done, events.of("overflow")]).toEqual([false, []])
    client.reset()
    await publisher
    expect(done).toBe(true)
  })

  it("does not wait for nobody, nor for a client that is stopped", async () => {
    const { server, station } = await startServer({ limits: { logRecords: 64 } })
    const point = station.addPoint({ ioAddress: 1, type: Type.M_BO_TB_1 })
    if (point === null) throw new Error("address 1 is free")
    await publishAll(point, 1000, () => server.room())
    const client = await connect(server.port)
    await client.testfr()
    await publishAll(point, 1000, () => server.room())
    expect(await client.answers()).toBe(true)
  })

  it("goes on when the server stops", async () => {
    const { server, station } = await startServer({ limits: { logRecords: 64 } })
    const point = station.addPoint({ ioAddress: 1, type: Type.M_BO_TB_1 })
    if (point === null) throw new Error("address 1 is free")
    const client = await startClient(server.port, { acknowledge: "never" })
    const publisher = publishAll(point, 5000, () => server.room())
    await client.until(() => client.iFrames === 12)
    await server.stop()
    await publisher
    expect(point.transmit(Cot.SPONTANEOUS)).toBe(false)
  })
})

describe("overflow of the log", () => {
  it("counts exactly what was dropped, and the current values come afterwards", async () => {
    const POINTS = 200
    const ROUNDS = 20
    const { server, station, events } = await startServer({ limits: { logRecords: 1024 } })
    const points = Array.from({ length: POINTS }, (_, i) =>
      station.addPoint({ ioAddress: i + 1, type: Type.M_BO_TB_1 })
    )
    const client = await startClient(server.port, { acknowledge: "never" })
    for (let round = 1; round <= ROUNDS; round++)
      for (const point of points) {
        if (point) point.value = round
        point?.transmit(Cot.SPONTANEOUS)
      }
    await client.until(() => client.iFrames === 12)
    // From here on it acknowledges everything that comes.
    const sent = () => client.asdus({ cot: SPONTANEOUS }).flatMap(({ objects }) => objects ?? [])
    const last = () => new Map(sent().map(({ ioa, bsi, value }) => [ioa, bsi ?? value]))
    const complete = () => last().size === POINTS && [...last().values()].every((value) => Number(value) === ROUNDS)
    for (let i = 0; i < 1000 && !(complete() && client.unacknowledged === 0); i++) {
      client.acknowledge()
      await client.testfr()
    }
    expect(complete()).toBe(true)
    const lost = events.of("overflow").reduce((sum, event) => sum + event.lost, 0)
    const numbered = sent().length
    process.stdout.write(`overflow: ${POINTS * ROUNDS} events, ${lost} dropped, ${numbered} objects received\n`)
    expect(lost).toBeGreaterThan(0)
    // What was not dropped arrived; beyond that only current values that heal.
    expect(numbered).toBeGreaterThanOrEqual(POINTS * ROUNDS - lost)
    expect(numbered - (POINTS * ROUNDS - lost)).toBeLessThanOrEqual(POINTS)
    expect(await client.answers()).toBe(true)
  })

  it("heals a point whose only event was dropped", async () => {
    const { server, station, events } = await startServer({ limits: { logRecords: 64 } })
    const quiet = station.addPoint({ ioAddress: 7, type: Type.M_ME_TE_1 })
    const busy = station.addPoint({ ioAddress: 1, type: Type.M_BO_TB_1 })
    const client = await startClient(server.port, { acknowledge: "never" })
    // The window fills with twelve frames, one event each.
    for (let i = 1; client.iFrames < 12 && i < 100; i++) {
      if (busy) busy.value = i
      busy?.transmit(Cot.SPONTANEOUS)
      await client.until(() => client.iFrames === i)
    }
    if (quiet) quiet.value = 4711
    quiet?.transmit(Cot.SPONTANEOUS)
    for (let i = 0; i < 100; i++) {
      if (busy) busy.value = 1000 + i
      busy?.transmit(Cot.SPONTANEOUS)
    }
    client.acknowledge()
    const { objects } = await client.next({ typeId: 35, cot: SPONTANEOUS })
    expect(objects).toMatchObject([{ ioa: 7, value: 4711 }])
    expect(events.of("overflow").map(({ lost }) => lost)).toEqual([101 - 64])
  })
})
