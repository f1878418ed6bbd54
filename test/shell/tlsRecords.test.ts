// The last record of every write over TLS holds exactly one APDU, so that a client that reads one APDU whenever its
// socket has something never leaves one unseen.
import { spawn, spawnSync } from "node:child_process"
import type { SecureVersion } from "node:tls"
import { describe, expect, it, onTestFinished } from "vitest"
import { type Point, Type } from "../../src/api/c104/index.ts"
import { file, security } from "../support/certificates.ts"
import { RecordClient } from "../support/RecordClient.ts"
import { startServer } from "../support/Stage.ts"

const SPONTANEOUS = 3
const TERMINATION = 10
const STARTDT_ACT = Uint8Array.of(0x68, 4, 7, 0, 0, 0)
const TESTFR_ACT = Uint8Array.of(0x68, 4, 0x43, 0, 0, 0)
const STARTDT_CON = "h\u0004\u000b"
/** Octets of an APDU with one M_ME_NC_1. */
const APDU = 20
const INTERROGATION = Uint8Array.of(0x68, 14, 0, 0, 0, 0, 100, 1, 6, 0, 1, 0, 0, 0, 0, 20)

/** A server over TLS, and a started client that reads one APDU a wake-up. */
const plant = async (version: SecureVersion, k: number, w: number, points: number, pauseMs?: number) => {
  const { server, station, events } = await startServer({ transportSecurity: security(), packEvents: false })
  server.protocolParameters.update({ sendWindowSize: k })
  const made: Point[] = []
  for (let ioAddress = 1; ioAddress <= points; ioAddress++)
    made.push(station.addPoint({ ioAddress, type: Type.M_ME_NC_1 }) as Point)
  const seen = { events: 0, tests: 0, terminated: 0, objects: 0 }
  const onFrame = (apdu: Uint8Array): void => {
    if (apdu[2] === 0x83) seen.tests++
    if (((apdu[2] as number) & 1) !== 0) return
    const cause = (apdu[8] as number) & 0x3f
    if (cause === SPONTANEOUS) seen.events++
    if (cause === 20) seen.objects += (apdu[7] as number) & 0x7f
    if (cause === TERMINATION) seen.terminated++
  }
  const client = await RecordClient.connect(server.port, {
    version,
    w,
    onFrame,
    ...(pauseMs === undefined ? {} : { pauseMs })
  })
  client.send(STARTDT_ACT)
  await events.next("started")
  return { server, points: made, client, seen }
}

/** Publishes events in so many microtasks of one turn of the loop, so that as many reductions write in it. */
const publish = async (points: readonly Point[], reductions: number, each: number): Promise<void> => {
  for (let i = 0; i < reductions; i++) {
    for (let event = 0; event < each; event++) {
      const point = points[event % points.length] as Point
      point.value = i + event
      point.transmit(SPONTANEOUS)
    }
    await Promise.resolve()
    await Promise.resolve()
  }
}

const situations = [
  { version: "TLSv1.2", k: 12, w: 8 },
  { version: "TLSv1.3", k: 12, w: 8 },
  { version: "TLSv1.2", k: 1000, w: 666 },
  { version: "TLSv1.3", k: 1000, w: 666 },
  { version: "TLSv1.3", k: 1, w: 1 }
] as const

describe("a client that reads one APDU a wake-up", () => {
  it.each(situations)("gets a whole interrogation ($version, k = $k, w = $w)", async ({ version, k, w }) => {
    const POINTS = 10_000
    const { client, seen } = await plant(version, k, w, POINTS)
    client.send(INTERROGATION)
    await client.until(() => seen.terminated === 1)
    expect([seen.objects, client.unread]).toEqual([POINTS, 0])
    // A record takes 16,384 octets: none that holds less ends within an APDU.
    if (k * 255 < 16_384) expect(client.cut).toBe(0)
  })

  it.each(situations)(
    "gets events of several reductions a turn ($version, k = $k, w = $w)",
    async ({ version, k, w }) => {
      const { client, seen, points } = await plant(version, k, w, 10)
      let published = 0
      for (const [reductions, each] of [
        [1, 1],
        [5, 3],
        [20, 40],
        [3, 1]
      ] as const) {
        await publish(points, reductions, each)
        // Confirmations share the socket with the events.
        client.send(TESTFR_ACT)
        published += reductions * each
        await client.until(() => seen.events === published)
      }
      expect(client.unread).toBe(0)
    }
  )

  it.each(situations)("gets everything though it is slow ($version, k = $k, w = $w)", async ({ version, k, w }) => {
    const POINTS = 3000
    const { client, seen, points } = await plant(version, k, w, POINTS, 0)
    await publish(points, 10, 10)
    client.send(INTERROGATION)
    client.send(TESTFR_ACT)
    await client.until(() => seen.terminated === 1 && seen.tests === 1)
    expect([seen.objects, client.unread]).toEqual([POINTS, 0])
  })
})

/** Node has no client that asks for short records. */
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0

describe("the last record of a write holds one APDU", () => {
  it.each(["TLSv1.2", "TLSv1.3"] as const)("however much other writes had in front of theirs (%s)", async (version) => {
    const { client, seen, points } = await plant(version, 1000, 1, 10)
    let published = 0
    for (const each of [100, 100, 60, 60, 200, 200, 60, 163, 163, 90, 90, 110, 500, 500]) {
      await publish(points, 1, each)
      published += each
      await client.until(() => seen.events === published)
      expect(client.unread).toBe(0)
    }
  })

  it.skipIf(!hasOpenssl).each([
    ["-tls1_2", 512, 24],
    ["-tls1_2", 2048, 24],
    ["-tls1_3", 1024, 17]
  ])("also where the client asks for short ones (%s, %i octets)", async (version, octets, overhead) => {
    const { server, station, events } = await startServer({ transportSecurity: security(), packEvents: false })
    server.protocolParameters.update({ sendWindowSize: 1000 })
    const point = station.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 }) as Point
    const shown = ["-cert", file("first.pem"), "-key", file("first.key"), "-CAfile", file("ca.pem")]
    const options = [
      "-connect",
      `127.0.0.1:${server.port}`,
      version,
      "-maxfraglen",
      String(octets),
      ...shown,
      "-msg",
      "-quiet"
    ]
    const client = spawn("openssl", ["s_client", ...options])
    onTestFinished(() => void client.kill())
    let said = ""
    client.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString("latin1")
    })
    client.stdin.write(STARTDT_ACT)
    await events.next("started")
    await expect.poll(() => said).toContain(STARTDT_CON)
    // Records of application data that came, whose lengths it says.
    const lengths = (): number[] =>
      [...said.matchAll(/<<< .*RecordHeader.*\n {4}17 03 03 (\w\w) (\w\w)/g)].map(
        ([, high, low]) => Number.parseInt(`${high}${low}`, 16) - overhead
      )
    for (const each of [200, 200, 150, 150]) {
      said = ""
      await publish([point], 1, each)
      await expect.poll(() => lengths().reduce((sum, length) => sum + length, 0)).toBe(each * APDU)
      expect(lengths().at(-1)).toBe(APDU)
    }
  })
})
