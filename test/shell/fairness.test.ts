// Peers that send without pause: each turn of the event loop takes a share of what they send, so that all others are
// served in between, and nothing of it is lost.
import * as Net from "node:net"
import { Duplex } from "node:stream"
import { describe, expect, it, onTestFinished } from "vitest"
import { Cot, type Server, type ServerOptions, Type } from "../../src/api/c104/index.ts"
import { connectSecure, security } from "../support/certificates.ts"
import type { RawClient } from "../support/RawClient.ts"
import { connect, startClient, startServer } from "../support/Stage.ts"

const TESTFR_ACT = Buffer.from("680443000000", "hex")
const TESTFR_CON = Buffer.from("680483000000", "hex")
const FRAMES = 30_000
/** Frames of six octets that a connection may be given in a turn, with much room. */
const FAIR = 2000
/** And many together: 64 KiB of them, and half as much for those who join in. */
const FAIR_TO_ALL = 16_384
const MANY = 120

interface Way {
  readonly options: ServerOptions
  readonly open: (port: number) => Promise<RawClient>
}

const ways: readonly (readonly [string, Way])[] = [
  ["a shared buffer", { options: {}, open: (port) => connect(port) }],
  ["a buffer each read", { options: { sharedReadBuffer: false }, open: (port) => connect(port) }],
  ["TLS", { options: { transportSecurity: security() }, open: (port) => connectSecure(port) }]
]

/** Most frames that a server received between two turns of the event loop, from now on. */
const mostInTurn = (server: Server): (() => number) => {
  let [frames, most] = [0, 0]
  server.onReceiveRaw(() => {
    frames++
  })
  let immediate = setImmediate(function turn() {
    most = Math.max(most, frames)
    frames = 0
    immediate = setImmediate(turn)
  })
  onTestFinished(() => clearImmediate(immediate))
  return () => Math.max(most, frames)
}

describe.each(ways)("by way of %s", (_, { options, open }) => {
  it("a connection that sends without pause has its share of each turn, and is answered whole", async () => {
    const { server } = await startServer(options)
    const most = mostInTurn(server)
    const client = await open(server.port)
    client.send(Buffer.alloc(6 * FRAMES, TESTFR_ACT))
    await client.until(() => client.tests === FRAMES)
    expect(most()).toBeLessThanOrEqual(FAIR)
  })

  it("so has one that was admitted late, of what it has sent until then", async () => {
    const { server } = await startServer(options)
    const most = mostInTurn(server)
    let admit = (_: boolean): void => {}
    server.onConnect(() => new Promise<boolean>((resolve) => (admit = resolve)))
    const opening = open(server.port)
    const early = options.transportSecurity === undefined ? await opening : null
    early?.send(Buffer.alloc(6 * FRAMES, TESTFR_ACT))
    await new Promise((resolve) => setTimeout(resolve, 50))
    admit(true)
    const client = await opening
    if (early === null) client.send(Buffer.alloc(6 * FRAMES, TESTFR_ACT))
    await client.until(() => client.tests === FRAMES)
    expect(most()).toBeLessThanOrEqual(FAIR)
  })

  it("many that send without pause have less of each turn, so that all together do not have much more of it", async () => {
    const { server } = await startServer(options)
    const clients = await Promise.all(Array.from({ length: MANY }, () => open(server.port)))
    const frames = 4000
    for (const client of clients) client.send(Buffer.alloc(6 * frames, TESTFR_ACT))
    // How many they are shows in their first turns.
    await clients[0]?.until(() => (clients[0]?.tests ?? 0) >= frames / 2, 20_000)
    const most = mostInTurn(server)
    await Promise.all(clients.map((client) => client.until(() => client.tests === frames, 20_000)))
    expect(most()).toBeGreaterThan(0)
    expect(most()).toBeLessThanOrEqual(FAIR_TO_ALL)
  }, 60_000)

  it("a connection that ends behind more than its share is answered whole before that", async () => {
    const { server, events } = await startServer(options)
    const client = await open(server.port)
    client.send(Buffer.alloc(6 * FRAMES, TESTFR_ACT))
    client.halfClose()
    expect((await events.next("closed")).reason).toBe("PEER_CLOSED")
    await client.ended
    expect(client.tests).toBe(FRAMES)
  })

  it("a client is answered in between what others send without pause", async () => {
    const { server } = await startServer(options)
    const good = await open(server.port)
    const others = await Promise.all(Array.from({ length: 8 }, () => open(server.port)))
    let frames = 0
    let waited: number | null = null
    server.onReceiveRaw((_, data) => {
      if (Buffer.from(data).equals(TESTFR_CON)) waited = frames
      else frames++
    })
    for (const other of others) other.send(Buffer.alloc(6 * FRAMES, TESTFR_ACT))
    await others[0]?.until(() => frames > 0)
    const before = frames
    good.send(TESTFR_CON)
    await expect.poll(() => waited).not.toBeNull()
    expect((waited ?? 0) - before).toBeLessThan(3 * others.length * FAIR)
    await Promise.all(others.map((other) => other.until(() => other.tests === FRAMES)))
  })
})

/** A client over TLS that can have all wait that it sends, and send it in one go. */
const dammed = async (port: number) => {
  const raw = Net.connect({ port, host: "127.0.0.1" })
  onTestFinished(() => {
    raw.destroy()
  })
  let waiting: Buffer[] | null = null
  const pipe = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _, done) => {
      if (waiting === null) return void raw.write(chunk, () => done())
      waiting.push(chunk)
      done()
    }
  })
  raw.on("data", (chunk) => pipe.push(chunk))
  const client = await connectSecure(port, "first", { socket: pipe })
  // What waits for one another would be one record.
  Reflect.set(client.socket, "_writev", null)
  const dam = (): void => {
    waiting = []
  }
  const release = (): void => {
    const all = Buffer.concat(waiting ?? [])
    waiting = null
    raw.write(all)
  }
  return { client, dam, release }
}

describe("a client over TLS whose records hold an octet each", () => {
  it("has its share of each turn by what they cost, and is answered whole", async () => {
    const { server } = await startServer({ transportSecurity: security() })
    const { client, dam, release } = await dammed(server.port)
    dam()
    const frames = 2000
    const octets = Buffer.alloc(6 * frames, TESTFR_ACT)
    for (const octet of octets) await new Promise((resolve) => client.socket.write(Uint8Array.of(octet), resolve))
    const most = mostInTurn(server)
    release()
    await client.until(() => client.tests === frames, 20_000)
    expect(most()).toBeLessThanOrEqual(20)
  }, 30_000)
})

const COUNTERS = 5000
const FREEZES = 40

describe.each(ways)("a request that costs as much as there are counters, by way of %s", (_, { options, open }) => {
  const given = async () => {
    const { server, station, events } = await startServer(options)
    server.protocolParameters.sendWindowSize = 1000
    for (let ioAddress = 1; ioAddress <= COUNTERS; ioAddress++)
      station.addPoint({ ioAddress, type: Type.M_IT_NA_1, counterGroups: ioAddress === 1 ? [1, 2] : [1] })
    const freeze = (client: RawClient): Uint8Array => asked(client, 5, 1)
    return { server, events, freeze }
  }

  /** A counter interrogation: a group, 5 = all, and what to do. */
  const asked = (client: RawClient, rqt: number, frz: number): Uint8Array =>
    client.i({ typeId: Type.C_CI_NA_1, sq: false, cot: Cot.ACTIVATION, ca: 1, objects: [{ ioa: 0, rqt, frz }] })

  const started = async (port: number): Promise<RawClient> => {
    const client = await open(port)
    await client.startdt()
    return client
  }

  it("is carried out once in a turn, whoever asks, and others are served in between", async () => {
    const { server, freeze } = await given()
    const clients = await Promise.all([1, 2, 3].map(() => started(server.port)))
    const good = await started(server.port)
    let [freezes, most, before] = [0, 0, 0]
    let waited: number | null = null
    server.onReceiveRaw((_, data) => {
      if (data[6] === Type.C_CI_NA_1) freezes++
      if (Buffer.from(data).equals(TESTFR_CON)) waited = freezes
    })
    let immediate = setImmediate(function turn() {
      most = Math.max(most, freezes - before)
      before = freezes
      immediate = setImmediate(turn)
    })
    onTestFinished(() => clearImmediate(immediate))
    for (const client of clients) client.send(Buffer.concat(Array.from({ length: FREEZES }, () => freeze(client))))
    await expect.poll(() => freezes, { interval: 1 }).toBeGreaterThan(0)
    const sentAt = freezes
    good.send(TESTFR_CON)
    const terminated = (client: RawClient): number => client.asdus({ cot: Cot.ACTIVATION_TERMINATION }).length
    for (const client of clients) await client.until(() => terminated(client) === FREEZES, 30_000)
    expect(most).toBeLessThanOrEqual(2)
    expect((waited ?? freezes) - sentAt).toBeLessThan((clients.length * FREEZES) / 2)
  }, 60_000)

  it("is answered in its order with all that stands in its segment, as if each had come by itself", async () => {
    const { server, freeze, events } = await given()
    const requests = (client: RawClient): readonly (() => Uint8Array)[] => [
      ...Array.from({ length: 5 }, () => () => freeze(client)),
      () => asked(client, 2, 0),
      () => TESTFR_ACT,
      ...Array.from({ length: 3 }, () => () => freeze(client)),
      () => asked(client, 2, 0),
      () => asked(client, 3, 1),
      () => Buffer.from("680413000000", "hex")
    ]
    const said = ({ frames: all }: RawClient): readonly string[] =>
      all
        .filter((apdu) => apdu[2] !== 1 && apdu[2] !== 0x0b && apdu[2] !== TESTFR_CON[2])
        .map((apdu) => Buffer.from((apdu[2] as number) & 1 ? apdu : apdu.subarray(6)).toString("hex"))
    const ways: (readonly string[])[] = []
    for (const pieces of [true, false]) {
      const client = await started(server.port)
      await client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 1 })
      if (pieces)
        for (const request of requests(client)) {
          client.send(request())
          await client.answers()
        }
      else client.send(Buffer.concat(requests(client).map((request) => request())))
      await client.until(() => client.frames.some((apdu) => apdu[2] === 0x23))
      ways.push(said(client))
      client.close()
    }
    const numbers = (answers: readonly string[]): readonly string[] =>
      answers.map((hex) => (hex.startsWith("0f") ? hex.slice(0, -2) : hex))
    expect(numbers(ways[1] ?? [])).toEqual(numbers(ways[0] ?? []))
    expect(
      ways[0]?.filter((hex) => hex.startsWith("0f")).map((hex) => Number.parseInt(hex.slice(-2), 16) & 0x1f)
    ).toEqual([6, 9])
    expect(
      ways[1]?.filter((hex) => hex.startsWith("0f")).map((hex) => Number.parseInt(hex.slice(-2), 16) & 0x1f)
    ).toEqual([15, 18])
    expect(events.of("error")).toEqual([])
  }, 60_000)

  it("is carried out before the end that stands behind it", async () => {
    const { server, events, freeze } = await given()
    const client = await started(server.port)
    client.send(Buffer.concat(Array.from({ length: FREEZES }, () => freeze(client))))
    client.halfClose()
    expect((await events.next("closed", 1, 30_000)).reason).toBe("PEER_CLOSED")
    await client.ended
    expect(client.asdus({ cot: Cot.ACTIVATION_TERMINATION })).toHaveLength(FREEZES)
  }, 60_000)
})

it("requests that cost little are not put off", async () => {
  const { server, station } = await startServer()
  for (let ioAddress = 1; ioAddress <= 10; ioAddress++) station.addPoint({ ioAddress, type: Type.M_IT_NA_1 })
  const client = await startClient(server.port)
  const order = { typeId: Type.C_CI_NA_1, sq: false, cot: Cot.ACTIVATION, ca: 1, objects: [{ ioa: 0, rqt: 5, frz: 1 }] }
  let turns = 0
  let immediate = setImmediate(function turn() {
    turns++
    immediate = setImmediate(turn)
  })
  const freezes: number[] = []
  server.onReceiveRaw((_, data) => {
    if (data[6] === Type.C_CI_NA_1) freezes.push(turns)
  })
  client.send(Buffer.concat(Array.from({ length: 100 }, () => client.i(order))))
  await client.until(() => freezes.length === 100)
  clearImmediate(immediate)
  expect(new Set(freezes).size).toBeLessThanOrEqual(3)
})

describe("an acknowledgement", () => {
  it("counts that came in time behind more than a turn takes, when the process stood still meanwhile", async () => {
    const { server, station, events } = await startServer()
    server.protocolParameters.update({ confirmInterval: 1, messageTimeout: 2 })
    const point = station.addPoint({ ioAddress: 11, type: 11 })
    const client = await startClient(server.port, { acknowledge: "never", keep: false })
    point?.transmit(3)
    await client.until(() => client.iFrames === 1)
    client.send(Buffer.concat([Buffer.alloc(6 * 10_000, TESTFR_CON), Buffer.from("680401000200", "hex")]))
    const untilMs = performance.now() + 2500
    while (performance.now() < untilMs);
    expect(await client.answers()).toBe(true)
    expect(events.of("closed")).toEqual([])
  })
})
