// Healing of what a client lost because it was too slow: under lasting overload every point has its turn, and no counter
// reading is told under a sequence number that it never had.
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import {
  Cot,
  type CounterMode,
  type Point,
  ResponseState,
  type Server,
  type ServerOptions,
  type Station,
  Type
} from "../../../src/api/c104/index.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { startClient, startServer } from "../../support/Stage.ts"

type Measured = typeof Type.M_ME_NB_1
const LOG = 64
const NOISY = 9000

const given = <A>(value: A | null | undefined): A => {
  if (value === null || value === undefined) throw new Error("it was free")
  return value
}

const publish = (point: Point<Measured>, value: number): void => {
  point.value = value
  point.transmit(Cot.SPONTANEOUS)
}

/** A server whose log keeps 64 events, with a point that makes more than that, and a client with a full window. */
const plant = async (fill: (station: Station) => void, options: ServerOptions = {}) => {
  const { server, station, events } = await startServer({ logLevel: "none", limits: { logRecords: LOG }, ...options })
  const noisy = given(station.addPoint({ ioAddress: NOISY, type: Type.M_ME_NB_1 }))
  fill(station)
  const client = await startClient(server.port, { acknowledge: "never" })
  let made = 0
  const storm = (count = 2 * LOG): void => {
    for (let n = 0; n < count; n++) publish(noisy, made++ % 30_000)
  }
  // Each in an ASDU of its own, so that the window is full of them.
  for (let n = 0; n < 20; n++) {
    storm(1)
    await client.answers()
  }
  return { server, station, events, client, storm }
}

/** Acknowledges once, and waits for what follows from it. */
const acknowledge = async (client: RawClient): Promise<void> => {
  client.acknowledge()
  if (!(await client.answers())) throw new Error("the connection ended")
}

const drain = async (client: RawClient): Promise<void> => {
  for (let before = -1; client.iFrames !== before; ) {
    before = client.iFrames
    await acknowledge(client)
  }
}

/** The values that were told of each point but the noisy one, by address. */
const told = (client: RawClient): Map<number, unknown[]> => {
  const values = new Map<number, unknown[]>()
  for (const { objects } of client.asdus({ typeId: Type.M_ME_NB_1 }))
    for (const { ioa, value } of objects ?? []) if (ioa !== NOISY) values.set(ioa, [...(values.get(ioa) ?? []), value])
  return values
}

describe("under an overload that lasts", () => {
  it.each([true, false])(
    "every point that was lost has its turn, and soon is told no more (packing %s)",
    async (packEvents) => {
      const POINTS = 40
      const { station, client, storm } = await plant(
        (at) => {
          for (let ioAddress = 1; ioAddress <= POINTS; ioAddress++) at.addPoint({ ioAddress, type: Type.M_ME_NB_1 })
        },
        { packEvents }
      )
      const points = station.points.filter(({ ioAddress }) => ioAddress !== NOISY) as Point<Measured>[]
      for (const point of points) publish(point, 7)
      for (let n = 0; n < POINTS; n++) {
        storm()
        await acknowledge(client)
      }
      expect([...told(client).keys()].sort((a, b) => a - b)).toEqual(points.map(({ ioAddress }) => ioAddress))
      // A loss behind the place where the healing stands has its turn too.
      for (const point of points) publish(point, 8)
      for (let n = 0; n < POINTS; n++) {
        storm()
        await acknowledge(client)
      }
      await drain(client)
      for (const { ioAddress } of points) {
        const values = told(client).get(ioAddress) ?? []
        // Once in the round in which it was lost, and once in the next, which cannot know of it.
        expect([ioAddress, values.at(-1), values.length <= 4]).toEqual([ioAddress, 8, true])
      }
    }
  )

  it("a point that is lost again and again is told again and again, as are the others", async () => {
    const { station, client, storm } = await plant((at) => {
      for (const ioAddress of [1, 2, 3]) at.addPoint({ ioAddress, type: Type.M_ME_NB_1 })
    })
    const points = [1, 2, 3].map((ioAddress) => given(station.getPoint(ioAddress)) as Point<Measured>)
    for (let n = 0; n < 20; n++) {
      for (const point of points) publish(point, n)
      storm()
      await acknowledge(client)
    }
    for (const values of [1, 2, 3].map((ioa) => told(client).get(ioa) ?? []))
      expect(values.length).toBeGreaterThanOrEqual(5)
  })
})

describe("a counter reading that was lost", () => {
  const COUNTER = 5
  const FREEZE = { rqt: 5, frz: 1 }

  const counting = async (mode: CounterMode, before: (server: Server) => void = () => {}) => {
    const { server, station } = await startServer({ logLevel: "none", limits: { logRecords: LOG } })
    server.removeStation(station.commonAddress)
    before(server)
    const at = given(server.addStation(1, { counters: { mode } }))
    const events: unknown[] = []
    server.observe((event) => {
      if (event.event === "overflow") events.push(event.counters)
    })
    const counter = given(at.addPoint({ ioAddress: COUNTER, type: Type.M_IT_NA_1 }))
    const noisy = given(at.addPoint({ ioAddress: NOISY, type: Type.M_ME_NB_1 }))
    const slow = await startClient(server.port, { acknowledge: "never" })
    const other = await startClient(server.port, { acknowledge: 1 })
    for (let n = 0; n < 20; n++) {
      publish(noisy, n)
      await slow.answers()
    }
    // In portions: the other client loses nothing.
    const storm = async (): Promise<void> => {
      for (let n = 0; n < 2 * LOG; n++) {
        publish(noisy, n)
        if (n % 8 === 0) await other.answers()
      }
    }
    const freeze = async (): Promise<void> => {
      const before = other.iFrames
      other.command(Type.C_CI_NA_1, 0, FREEZE)
      await other.until(() => other.iFrames > before)
      await other.answers()
    }
    const readings = (client: RawClient): unknown[] =>
      client.asdus({ typeId: Type.M_IT_NA_1 }).flatMap(({ objects }) =>
        (objects ?? []).map((object) => {
          const { bcr } = object as unknown as { readonly bcr: { readonly counter: number; readonly sq: number } }
          return [bcr.counter, bcr.sq]
        })
      )
    const named = (): number => events.reduce((sum: number, counters) => sum + Number(counters), 0)
    return { counter, slow, storm, freeze, readings, named }
  }

  it("is told as it was frozen, under its own sequence number, whatever the counter says now", async () => {
    const { counter, slow, storm, freeze, readings, named } = await counting("D")
    counter.value = 100
    await freeze()
    counter.value = 137
    await storm()
    await drain(slow)
    expect([readings(slow), named()]).toEqual([[[100, 1]], 0])
  })

  it("of two freezes is the later one", async () => {
    const { counter, slow, storm, freeze, readings } = await counting("D")
    counter.value = 100
    await freeze()
    counter.value = 137
    await freeze()
    counter.value = 150
    await storm()
    await drain(slow)
    expect(readings(slow)).toEqual([[137, 2]])
  })

  it("is told by nothing else once it is not kept any more, and the loss is named", async () => {
    const { counter, slow, storm, freeze, readings, named } = await counting("C")
    counter.value = 100
    await freeze()
    counter.value = 137
    counter.transmit(Cot.SPONTANEOUS)
    await storm()
    counter.value = 150
    await drain(slow)
    expect([readings(slow), named()]).toEqual([[], 1])
  })

  it("of a counter that was never frozen is what it says now: that is its reading", async () => {
    const { counter, slow, storm, readings, named } = await counting("C")
    counter.value = 100
    counter.transmit(Cot.SPONTANEOUS)
    await storm()
    counter.value = 137
    await drain(slow)
    expect([readings(slow), named()]).toEqual([[[137, 0]], 0])
  })

  /** Before the counter, many others are to be healed. */
  const behindOthers = async () => {
    const others: Point<Measured>[] = []
    const plant = await counting("D", (server) => {
      const many = given(server.addStation(2))
      for (let ioAddress = 1; ioAddress < LOG; ioAddress++)
        others.push(given(many.addPoint({ ioAddress, type: Type.M_ME_NB_1 })))
    })
    const loseOthers = (): void => {
      for (const point of others) publish(point, 7)
    }
    return { ...plant, loseOthers }
  }

  it("is not told behind what the counter said later, and was lost too: it is named", async () => {
    const { counter, slow, storm, freeze, readings, named } = await counting("D")
    counter.value = 100
    await freeze()
    counter.value = 137
    counter.transmit(Cot.SPONTANEOUS)
    await storm()
    await drain(slow)
    expect([readings(slow), named()]).toEqual([[], 1])
  })

  it("is named where what the counter said later still waits", async () => {
    const { counter, slow, storm, freeze, readings, named } = await counting("D")
    counter.value = 100
    await freeze()
    await storm()
    counter.value = 137
    counter.transmit(Cot.SPONTANEOUS)
    await drain(slow)
    expect([readings(slow), named()]).toEqual([[[137, 1]], 1])
  })

  it("is not told behind what the counter said later, and was sent", async () => {
    const { counter, slow, storm, freeze, readings, named, loseOthers } = await behindOthers()
    loseOthers()
    counter.value = 100
    await freeze()
    await storm()
    await acknowledge(slow)
    counter.value = 137
    counter.transmit(Cot.SPONTANEOUS)
    while (readings(slow).length === 0) await acknowledge(slow)
    await storm()
    await drain(slow)
    expect([readings(slow), named()]).toEqual([[[137, 1]], 1])
  })

  it("is not told behind what the counter says in its cycle: it is named", async () => {
    const { counter, slow, storm, freeze, readings, named, loseOthers } = await behindOthers()
    loseOthers()
    counter.value = 100
    await freeze()
    await storm()
    counter.value = 137
    counter.reportMs = 100
    // Its turn waits for the window.
    await sleep(250)
    while (readings(slow).length === 0) await acknowledge(slow)
    counter.reportMs = 0
    await drain(slow)
    expect([new Set(readings(slow).map(String)), named()]).toEqual([new Set(["137,1"]), 1])
  })

  it("is not told behind what the counter said to those who listened: it is named", async () => {
    const { counter, slow, storm, freeze, readings, named } = await counting("D")
    counter.value = 100
    await freeze()
    await storm()
    counter.value = 137
    counter.transmit(Cot.PERIODIC)
    await drain(slow)
    expect([readings(slow), named()]).toEqual([[[137, 1]], 1])
  })

  it("is told again by no further loss once it was healed, and the counter has said more", async () => {
    const { counter, slow, storm, freeze, readings, named } = await counting("D")
    counter.value = 100
    await freeze()
    await storm()
    while (readings(slow).length === 0) {
      await acknowledge(slow)
      await storm()
    }
    counter.value = 137
    counter.reportMs = 100
    while (readings(slow).length === 1) {
      await acknowledge(slow)
      await storm()
    }
    counter.reportMs = 0
    await drain(slow)
    expect([new Set(readings(slow).map(String)), named()]).toEqual([new Set(["100,1", "137,1"]), 0])
    expect([String(readings(slow)[0]), String(readings(slow).at(-1))]).toEqual(["100,1", "137,1"])
    counter.value = 150
    await freeze()
    await storm()
    await drain(slow)
    expect([readings(slow).at(-1), named()]).toEqual([[150, 2], 0])
  })
})

describe("a reset of the event buffer", () => {
  const POINT = 1
  const purging = async () => {
    const made = await plant(() => {})
    made.server.onReset(() => ResponseState.SUCCESS)
    const { server, client } = made
    const other = given(given(server.addStation(2)).addPoint({ ioAddress: POINT, type: Type.M_ME_NB_1 }))
    const purge = async (): Promise<void> => {
      client.command(Type.C_RP_NA_1, 0, { qrp: 2 })
      await client.answers()
    }
    /** What was told of the point: type and value. */
    const heard = () =>
      client
        .asdus({ ca: 1 })
        .flatMap(({ typeId, objects }) => (objects ?? []).map(({ ioa, value }) => [ioa, typeId, value]))
        .filter(([ioa]) => ioa === POINT)
        .map(([, ...rest]) => rest)
    const overflow = (): void => {
      for (let n = 0; n < LOG + 16; n++) publish(other, n)
    }
    return { ...made, purge, heard, overflow }
  }

  it.each([1, 65535])("sent to %d takes away what was dropped after it too: it is not healed", async (ca) => {
    const { station, client, purge, heard, overflow } = await purging()
    const point = given(station.addPoint({ ioAddress: POINT, type: Type.M_ME_TE_1 }))
    for (let n = 0; n < 20; n++) {
      point.value = 100 + n
      point.transmit(Cot.SPONTANEOUS)
    }
    if (ca === 1) await purge()
    else {
      client.command(Type.C_RP_NA_1, 0, { qrp: 2 }, { ca })
      await client.answers()
    }
    // A further reset is no reason to forget this one while something is to be healed.
    overflow()
    await acknowledge(client)
    client.command(Type.C_RP_NA_1, 0, { qrp: 2 }, { ca: 2 })
    await client.answers()
    await drain(client)
    expect(heard()).toEqual([])
    point.value = 7
    point.transmit(Cot.SPONTANEOUS)
    await drain(client)
    expect(heard()).toEqual([[Type.M_ME_TE_1, 7]])
  })

  it("leaves an event without time tag that was dropped to be healed, without one", async () => {
    const { station, client, storm, purge, heard } = await purging()
    publish(given(station.addPoint({ ioAddress: POINT, type: Type.M_ME_NB_1 })), 111)
    storm(LOG - 2)
    station.removePoint(POINT)
    const tagged = given(station.addPoint({ ioAddress: POINT, type: Type.M_ME_TE_1 }))
    tagged.value = 222
    tagged.transmit(Cot.SPONTANEOUS)
    storm(10)
    await purge()
    await drain(client)
    expect(heard()).toEqual([[Type.M_ME_NB_1, 222]])
  })
})
