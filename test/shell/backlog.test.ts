// What a client costs for whom much waits: neither what it asks for nor what is left out of its events grows with all that
// waits, and what is left out stays left out.
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { type Point, ResponseState, type Server, type Station, Type } from "../../src/api/c104/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { startClient, startServer, turn } from "../support/Stage.ts"

const SPONTANEOUS = 3
const REQUESTED = 5
const INTERROGATED = 20
const LOG_RECORDS = 1 << 20
const K = 12

const measured = (station: Station, ioAddress: number): Point<typeof Type.M_ME_NB_1> =>
  station.addPoint({ ioAddress, type: Type.M_ME_NB_1 }) as Point<typeof Type.M_ME_NB_1>

const publish = (point: Point<typeof Type.M_ME_NB_1>, count: number): void => {
  for (let i = 1; i <= count; i++) {
    point.value = i % 30_000
    point.transmit(SPONTANEOUS)
  }
}

const read = (client: RawClient, ioa: number): Uint8Array =>
  client.i({ typeId: Type.C_RD_NA_1, cot: REQUESTED, ca: 1, objects: [{ ioa }] })

/** Takes frames until nothing is left to come. */
const drain = async (client: RawClient): Promise<void> => {
  for (let taken = -1; taken < client.iFrames; ) {
    taken = client.iFrames
    client.acknowledge()
    await client.testfr()
    await client.testfr()
  }
}

/** Counts turns of the event loop. */
const countTurns = (each: () => void = () => {}): (() => number) => {
  let turns = 0
  let immediate = setImmediate(function next() {
    turns++
    each()
    immediate = setImmediate(next)
  })
  onTestFinished(() => clearImmediate(immediate))
  return () => turns
}

const TESTFR_ACT = Uint8Array.of(0x68, 4, 0x43, 0, 0, 0)

/** So many frames as come in one share of a turn. */
const many = (first: Uint8Array): Uint8Array => Buffer.concat([first, Buffer.alloc(300 * 6, TESTFR_ACT)])

/** What was said of a point: the cause and the value. */
const told = (client: RawClient, ioa: number): readonly (readonly [number, unknown])[] =>
  client
    .asdus()
    .flatMap(({ cot, objects }) =>
      (objects ?? []).filter((object) => object.ioa === ioa).map(({ value }) => [cot, value] as const)
    )

/** As {@link told}, of a value that only grew: nothing comes before what was older, and the newest comes last. */
const toldInOrder = (client: RawClient, ioa: number, newest: number): ReturnType<typeof told> => {
  const said = told(client, ioa)
  const values = said.map(([, found]) => Number(found))
  expect(values).toEqual([...values].sort((a, b) => a - b))
  expect(values.at(-1)).toBe(newest)
  return said
}

describe("reads of a client for whom much waits", () => {
  it("leave the events three quarters of the frames", async () => {
    const { server, station } = await startServer()
    const [point, other] = [measured(station, 1), measured(station, 2)]
    const client = await startClient(server.port, { acknowledge: "never" })
    publish(point, 60_000)
    other.value = 5
    await client.until(() => client.iFrames === K)
    client.send(Buffer.concat(Array.from({ length: 60 }, () => read(client, 2))))
    await client.answers()
    for (let frames = 2 * K; frames <= 6 * K; frames += K) {
      client.acknowledge()
      await client.until(() => client.iFrames === frames)
    }
    const causes = client.asdus().map(({ cot }) => cot)
    expect(causes.filter((cot) => cot === REQUESTED)).toHaveLength((5 * K) / 4)
  })

  it("cost no way through all events of the point", async () => {
    const { server, station } = await startServer({ limits: { logRecords: LOG_RECORDS }, logLevel: "none" })
    const [busy, quiet] = [measured(station, 1), measured(station, 2)]
    let answers = 0
    const onFrame = (apdu: Uint8Array): void => {
      if (apdu[8] === REQUESTED && ((apdu[2] as number) & 1) === 0) answers++
    }
    const client = await startClient(server.port, { acknowledge: "never", keep: false, onFrame })
    publish(busy, LOG_RECORDS - 1)
    quiet.value = 1
    await turn()
    const spent = async (ioa: number): Promise<number> => {
      const before = process.cpuUsage()
      const until = answers + 480
      for (let asked = answers; answers < until; ) {
        const frames = client.iFrames + K
        const more = Math.min(until - asked, 50 - (asked - answers))
        asked += more
        client.send(Buffer.concat(Array.from({ length: more }, () => read(client, ioa))))
        client.acknowledge()
        await client.until(() => client.iFrames >= frames)
      }
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    await spent(2)
    const usual = await spent(2)
    expect(await spent(1)).toBeLessThan(6 * usual)
  })
})

describe("of a point that was removed and added anew at its address", () => {
  it.each([
    ["the point", (_: Server, station: Station) => [station.removePoint(1), station] as const],
    ["its station", (server: Server) => [server.removeStation(1), server.addStation(1) as Station] as const]
  ])("no answer comes before the events of %s", async (_, remove) => {
    const { server, station } = await startServer({ logLevel: "none" })
    const [point, other] = [measured(station, 1), measured(station, 2)]
    const client = await startClient(server.port, { acknowledge: "never" })
    publish(other, 5000)
    publish(point, 3)
    const [removed, now] = remove(server, station)
    expect(removed).toBe(true)
    const anew = measured(now, 1)
    anew.value = 7
    anew.transmit(SPONTANEOUS)
    anew.value = 8
    client.send(read(client, 1))
    client.interrogate()
    await drain(client)
    expect(told(client, 1)).toEqual([
      [REQUESTED, 1],
      [INTERROGATED, 1],
      [SPONTANEOUS, 1],
      [SPONTANEOUS, 2],
      [SPONTANEOUS, 3],
      [SPONTANEOUS, 7]
    ])
  })
})

describe("an interrogation of a point whose address another one had, of which many events wait", () => {
  const MANY = 1000
  const anew = async () => {
    const { server, station } = await startServer({ packEvents: false })
    const interrogated: number[] = []
    server.observe((event) => void (event.event === "interrogated" && interrogated.push(event.commonAddress)))
    const client = await startClient(server.port, { acknowledge: "never" })
    publish(measured(station, 1), MANY)
    station.removePoint(1)
    const point = measured(station, 1)
    point.value = -7
    return { server, client, point, interrogated }
  }
  const ends = (client: RawClient) => client.asdus({ typeId: 100, cot: 10 }).map(({ negative }) => negative)

  it("ends negatively, since nobody tells later what it says by itself; one behind the events tells that", async () => {
    const { client, interrogated } = await anew()
    client.interrogate(1)
    await drain(client)
    expect(ends(client)).toEqual([true])
    expect(told(client, 1).filter(([cot, value]) => cot !== SPONTANEOUS && value === -7)).toEqual([])
    client.interrogate(1)
    await drain(client)
    expect([ends(client), told(client, 1).at(-1), interrogated]).toEqual([[true, false], [INTERROGATED, -7], [1]])
  })

  it("ends positively where events of its own wait too: they tell what it says", async () => {
    const { client, point } = await anew()
    point.transmit(SPONTANEOUS)
    client.interrogate(1)
    await drain(client)
    expect([ends(client), told(client, 1).at(-1)]).toEqual([[false], [SPONTANEOUS, -7]])
  })

  it("of another station ends positively", async () => {
    const { server, client } = await anew()
    server.addStation(2)?.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 })
    client.interrogate(65_535)
    await drain(client)
    const ended = client.asdus({ typeId: 100, cot: 10 }).map(({ ca, negative }) => [ca, negative])
    expect(ended).toEqual([
      [1, true],
      [2, false]
    ])
  })
})

describe("of a point that was added anew at its address with another time tag", () => {
  const { M_ME_NC_1: untagged, M_ME_TF_1: tagged } = Type
  const changes = [
    [untagged, tagged],
    [tagged, untagged],
    [untagged, tagged, untagged],
    [tagged, untagged, tagged],
    [tagged, untagged, untagged],
    [untagged, tagged, tagged]
  ] as const
  const situations = (["iec", "c104"] as const).flatMap((profile) =>
    [false, true].flatMap((stopped) => changes.map((types) => ({ profile, stopped, types })))
  )

  it.each(situations)("no answer comes before the events of those before (%j)", async ({ profile, stopped, types }) => {
    const { server, station } = await startServer({ profile })
    server.protocolParameters.update({ sendWindowSize: 2 })
    const add = (ioAddress: number, type: number): Point<typeof tagged> =>
      station.addPoint({ ioAddress, type: type as typeof tagged }) as Point<typeof tagged>
    const other = add(2, tagged)
    const client = await startClient(server.port, { acknowledge: "never" })
    if (stopped) await client.stopdt()
    for (let i = 0; i < 600; i++) {
      other.value = i
      other.transmit(SPONTANEOUS)
    }
    let value = 0
    for (const type of types.slice(0, -1)) {
      const point = add(1, type)
      for (let i = 0; i < 3; i++) {
        point.value = ++value
        point.transmit(SPONTANEOUS)
      }
      station.removePoint(1)
    }
    // Nothing is transmitted of the last one.
    add(1, types.at(-1) as number).value = 99
    if (stopped) {
      client.u("STARTDT act")
      await client.next("STARTDT con")
    }
    client.interrogate()
    client.send(read(client, 1))
    await drain(client)
    const said = toldInOrder(client, 1, value)
    expect(new Set(said.map(([cause]) => cause))).toEqual(new Set([SPONTANEOUS, REQUESTED, INTERROGATED]))
  })
})

describe("of a point whose time tag changes behind what is left out at STARTDT", () => {
  const { M_ME_NC_1: untagged, M_ME_TF_1: tagged } = Type
  const changes = [
    [untagged, tagged],
    [untagged, untagged, tagged],
    [tagged, untagged, untagged, tagged],
    [tagged, untagged, untagged]
  ].map((types) => ({ types }))

  it.each(changes)("no answer goes back behind the one before (%j)", async ({ types }) => {
    const { server, station } = await startServer({ logLevel: "none" })
    server.protocolParameters.update({ sendWindowSize: 2 })
    const add = (ioAddress: number, type: number): Point<typeof tagged> =>
      station.addPoint({ ioAddress, type: type as typeof tagged }) as Point<typeof tagged>
    const other = add(2, tagged)
    const client = await startClient(server.port, { acknowledge: "never" })
    await client.stopdt()
    for (let i = 0; i < 600; i++) {
      other.value = i
      other.transmit(SPONTANEOUS)
    }
    let value = 0
    const transmit = (point: Point<typeof tagged>, count: number): void => {
      for (let i = 0; i < count; i++) {
        point.value = ++value
        point.transmit(SPONTANEOUS)
      }
    }
    for (const type of types.slice(0, -1)) {
      station.removePoint(1)
      transmit(add(1, type), 3)
    }
    client.u("STARTDT act")
    await client.next("STARTDT con")
    client.send(read(client, 1))
    while (told(client, 1).length === 0) {
      client.acknowledge()
      await client.answers()
    }
    station.removePoint(1)
    transmit(add(1, types.at(-1) as number), 1)
    client.send(read(client, 1))
    await drain(client)
    const said = toldInOrder(client, 1, value)
    expect(said.filter(([cause]) => cause === REQUESTED)).toHaveLength(2)
  })
})

describe("what is left out at STARTDT", () => {
  it("is not answered with either: what the newest event says goes first, and then what has come since", async () => {
    const { server, station } = await startServer({ logLevel: "none" })
    const [point, other] = [measured(station, 1), measured(station, 2)]
    const many = Array.from({ length: 3000 }, (_, i) => measured(station, 100 + i))
    const client = await startClient(server.port, { acknowledge: "never" })
    await client.stopdt()
    for (const one of many) publish(one, 1)
    publish(point, 3)
    publish(other, 2)
    point.value = 9
    other.value = 8
    client.u("STARTDT act")
    await client.next("STARTDT con")
    publish(other, 1)
    client.send(read(client, 1))
    client.send(read(client, 2))
    await drain(client)
    expect(told(client, 1)).toEqual([
      [REQUESTED, 3],
      [SPONTANEOUS, 3]
    ])
    expect(told(client, 2)).toEqual([
      [REQUESTED, 1],
      [SPONTANEOUS, 1]
    ])
  })

  it.each([
    ["its point is removed", (station: Station) => station.removePoint(1), []],
    [
      "its point is removed and one is added at its address",
      (station: Station) => {
        station.removePoint(1)
        measured(station, 1).value = 9
      },
      []
    ],
    [
      "one of another type is at its address",
      (station: Station) => {
        station.removePoint(1)
        station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 })
      },
      []
    ],
    ["its station is removed", (_: Station, server: Server) => server.removeStation(1), []],
    [
      "its station is removed and the point is there again with a new event",
      (_: Station, server: Server) => {
        server.removeStation(1)
        publish(measured(server.addStation(1) as Station, 1), 1)
      },
      [1]
    ]
  ])("is not told when %s", async (_, change, after) => {
    const { server, station } = await startServer({ logLevel: "none" })
    const point = measured(station, 1)
    const many = Array.from({ length: 3000 }, (_, i) => measured(station, 100 + i))
    const client = await startClient(server.port, { acknowledge: "never" })
    await client.stopdt()
    for (const one of many) publish(one, 1)
    publish(point, 5)
    client.u("STARTDT act")
    await client.next("STARTDT con")
    change(station, server)
    await drain(client)
    expect(client.iFrames).toBeGreaterThan(2 * K)
    // Also the last one of before STARTDT is left out where another has come since.
    expect(told(client, 1)).toEqual((after.length > 0 ? after : [5]).map((value) => [SPONTANEOUS, value]))
  })

  it("is also what was published before STOPDT and waited", async () => {
    const { server, station } = await startServer({ logLevel: "none" })
    server.protocolParameters.sendWindowSize = 1
    const point = measured(station, 1)
    const client = await startClient(server.port, { acknowledge: "never" })
    for (let value = 1; value <= 5; value++) {
      point.value = value
      point.transmit(SPONTANEOUS)
      await client.testfr()
    }
    client.u("STOPDT act")
    await client.testfr()
    client.acknowledge()
    await client.next("STOPDT con")
    await client.startdt()
    await drain(client)
    expect(told(client, 1)).toEqual([
      [SPONTANEOUS, 1],
      [SPONTANEOUS, 5]
    ])
  })

  it("is told when what came since had a time tag, and was purged by a reset of the event buffer", async () => {
    const { server, station } = await startServer({ logLevel: "none" })
    let asked = 0
    server.onReset(() => {
      asked++
      return ResponseState.SUCCESS
    })
    const many = Array.from({ length: 3000 }, (_, i) => measured(station, 100 + i))
    const point = measured(station, 1)
    const client = await startClient(server.port, { acknowledge: "never" })
    await client.stopdt()
    for (const one of many) publish(one, 1)
    publish(point, 5)
    client.u("STARTDT act")
    await client.next("STARTDT con")
    station.removePoint(1)
    station.addPoint({ ioAddress: 1, type: Type.M_ME_TE_1 })?.transmit(SPONTANEOUS)
    client.command(Type.C_RP_NA_1, 0, { qrp: 2 })
    await vi.waitFor(() => expect(asked).toBe(1))
    for (let n = 0; n < 2; n++) {
      station.removePoint(1)
      measured(station, 1)
    }
    await drain(client)
    expect(told(client, 1)).toEqual([[SPONTANEOUS, 5]])
  })

  it("is left out between what others are served", async () => {
    const { server, station } = await startServer({ limits: { logRecords: LOG_RECORDS }, logLevel: "none" })
    const point = measured(station, 1)
    const client = await startClient(server.port)
    await client.stopdt()
    publish(point, LOG_RECORDS - 1)
    const other = await startClient(server.port)
    await other.answers()
    client.u("STARTDT act")
    for (let i = 0; i < 5; i++) await other.testfr()
    expect(told(client, 1)).toEqual([])
    await client.next({ cot: SPONTANEOUS })
    await client.answers()
    expect(told(client, 1)).toEqual([[SPONTANEOUS, (LOG_RECORDS - 1) % 30_000]])
  })

  it("is left out in so many turns too when a frame comes behind the other", async () => {
    const EVENTS = 1 << 16
    const { server, station } = await startServer({ logLevel: "none" })
    const point = measured(station, 1)
    const client = await startClient(server.port)
    await client.stopdt()
    publish(point, EVENTS)
    const turns = countTurns()
    let [begun, told] = [-1, -1]
    server.onSendRaw((_, data) => {
      if (begun < 0) begun = turns()
      if (((data[2] as number) & 1) === 0) told = turns()
    })
    client.send(many(Uint8Array.of(0x68, 4, 7, 0, 0, 0)))
    await client.next({ cot: SPONTANEOUS })
    expect(told - begun).toBeGreaterThan(EVENTS / 4096)
  })

  it("is left out for many clients one after the other", async () => {
    const CLIENTS = 100
    const { server, station } = await startServer({ logLevel: "none" })
    const point = measured(station, 1)
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => startClient(server.port)))
    for (const client of clients) await client.stopdt()
    publish(point, 6000)
    let [told, most] = [0, 0]
    countTurns(() => {
      most = Math.max(most, told)
      told = 0
    })
    server.onSendRaw((_, data) => {
      if (((data[2] as number) & 1) === 0) told++
    })
    for (const client of clients) client.u("STARTDT act")
    await Promise.all(clients.map((client) => client.next({ cot: SPONTANEOUS })))
    expect(Math.max(most, told)).toBeLessThanOrEqual(CLIENTS / 2)
  })
})

describe("what was lost", () => {
  it("is looked for in so many turns too when a frame comes behind the other", async () => {
    const POINTS = 200_000
    const LOG = 64
    const { server, station } = await startServer({ limits: { logRecords: LOG }, packEvents: true, logLevel: "none" })
    const points = Array.from({ length: POINTS }, (_, i) => measured(station, i + 1))
    const client = await startClient(server.port, { acknowledge: "never" })
    for (let i = 0; i < K; i++) {
      publish(points[i] as Point<typeof Type.M_ME_NB_1>, 1)
      await client.until(() => client.iFrames > i)
    }
    publish(points[POINTS - 1] as Point<typeof Type.M_ME_NB_1>, 1)
    for (let i = 0; i < LOG; i++) publish(points[i] as Point<typeof Type.M_ME_NB_1>, 1)
    await turn()
    const turns = countTurns()
    let [begun, healed] = [-1, -1]
    server.onSendRaw((_, data) => {
      if (begun < 0) begun = turns()
      if (((data[2] as number) & 1) === 0) healed = turns()
    })
    const number = client.receiveNumber << 1
    client.send(many(Uint8Array.of(0x68, 4, 1, 0, number & 0xff, number >> 8)))
    await client.until(() => told(client, POINTS).length > 0)
    expect(healed - begun).toBeGreaterThan(POINTS / 4096 / 4)
  })
})
