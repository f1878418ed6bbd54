// Peers that send without pause: each turn of the event loop takes a share of what they send, so that all others are
// served in between, and nothing of it is lost.
import { describe, expect, it, onTestFinished } from "vitest"
import type { Server, ServerOptions } from "../../src/api/c104/index.ts"
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
