// Peers that misbehave on real sockets: they close halfway, reset, stop reading, never acknowledge, or flood. The server
// ends what has to end, with bounded memory, and other clients notice nothing.
import { describe, expect, it } from "vitest"
import type { Host } from "../../src/shell/Host.ts"
import type { PartialOptions } from "../../src/shell/Options.ts"
import type { RawClient } from "../support/RawClient.ts"
import { connect, mib, startClient, startHost, turn } from "../support/Stage.ts"

const SHORT_T1 = { t1Ms: 1001, t2Ms: 1000, t3Ms: 60_000 }
const LONG_T1 = { t1Ms: 60_000, t2Ms: 1000, t3Ms: 60_000 }
const BURSTS_MOST = 10_000
const SPONTANEOUS = 3
const TESTFR_ACT = Buffer.from("680443000000", "hex")

/** A host with `count` time-tagged scaled values from address 1, so that no event replaces another. */
const plant = async (options: PartialOptions = {}, count = 1) => {
  const stage = await startHost(options)
  const place = stage.host.addPoints(1, 1, 35, count)
  if (place === null) throw new Error("address 1 is free")
  let published = 0
  const publish = (events: number): void => {
    for (let i = 0; i < events; i++) {
      const slot = published++ % count
      stage.host.setValue(place.block, slot, published % 32_768, 0)
      stage.host.publish(place.block, slot, SPONTANEOUS, 0)
    }
  }
  return { ...stage, publish, block: place.block }
}

const queued = (host: Host): number => Math.max(0, ...[...host.sessions].map(({ line }) => line.writableLength))

const valuesOf = (client: RawClient): unknown[] =>
  client.asdus({ cot: SPONTANEOUS }).flatMap(({ objects }) => objects?.map(({ value }) => value) ?? [])

describe("a connection", () => {
  it("gets nothing before it asks (A1)", async () => {
    const { port, events } = await plant()
    const client = await connect(port)
    await events.next("connected")
    expect(await client.answers()).toBe(true)
    expect(client.octets).toBe(6)
  })

  it("above the limit is closed, and the others are undisturbed (A3)", async () => {
    const { port, events, publish } = await plant({ limits: { connections: 2 } })
    const clients = [await startClient(port), await startClient(port)]
    const third = await connect(port)
    await third.ended
    expect([third.octets, (await events.next("refused")).why]).toEqual([0, "there are 2 connections already"])
    publish(3)
    for (const client of clients) {
      await client.next({ cot: SPONTANEOUS })
      expect(valuesOf(client)).toEqual([1, 2, 3])
    }
  })

  it("that a client closes halfway while the server sends is closed (A21)", async () => {
    const { port, events, publish, host } = await plant()
    const client = await startClient(port)
    const other = await startClient(port)
    publish(500)
    client.halfClose()
    publish(500)
    expect((await events.next("closed")).reason).toBe("PEER_CLOSED")
    expect(await client.ended).toBe("fin")
    await other.until(() => valuesOf(other).length === 1000)
    expect(host.sessions.size).toBe(1)
  })

  it("that a client resets is released at once, and events go on to the others (A22)", async () => {
    const { port, events, publish, host } = await plant()
    const [client, other] = [await startClient(port), await startClient(port)]
    publish(100)
    client.reset()
    publish(100)
    expect((await events.next("closed")).reason).toMatch(/TRANSPORT|PEER_CLOSED/)
    expect(host.sessions.size).toBe(1)
    publish(100)
    await other.until(() => valuesOf(other).length === 300)
    expect(events.of("closed")).toHaveLength(1)
  })

  it("is closed by garbage, with what came before answered first (A19)", async () => {
    const { port, events } = await plant()
    const client = await connect(port)
    client.send(Buffer.concat([TESTFR_ACT, TESTFR_ACT, Buffer.from([0x69])]))
    expect(await client.ended).toBe("fin")
    expect(client.transcript).toEqual(["TESTFR con", "TESTFR con"])
    expect((await events.next("closed")).reason).toBe("BAD_START")
  })

  it("gets its frames whole however they are cut into segments (A4)", async () => {
    const { port } = await plant()
    const client = await connect(port)
    for (const octet of Buffer.from("680407000000", "hex")) {
      client.send(Uint8Array.of(octet))
      await turn()
    }
    await client.next("STARTDT con")
    expect(client.octets).toBe(6)
  })

  it("gets 2,000 confirmations for 2,000 TESTFR act in one burst (A20)", async () => {
    const { port } = await plant()
    const client = await connect(port)
    client.send(Buffer.alloc(6 * 2000, TESTFR_ACT))
    await client.until(() => client.octets >= 6 * 2000)
    expect(new Set(client.transcript)).toEqual(new Set(["TESTFR con"]))
    expect(client.frames).toHaveLength(2000)
  })

  it("that is lost is not a reason to reset the numbers of another", async () => {
    const { port, publish } = await plant()
    const client = await startClient(port)
    publish(20)
    await client.until(() => valuesOf(client).length === 20)
    for (let i = 0; i < 20; i++) (await startClient(port)).reset()
    publish(20)
    await client.until(() => valuesOf(client).length === 40)
    expect(valuesOf(client)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
  })
})

describe("a client that takes nothing", () => {
  /**
   * Publishes 200,000 events and more in bursts, and watches memory and another client meanwhile; t1 is short from then on when
   * so much waits for it.
   */
  const watched = async (client: RawClient, stage: Awaited<ReturnType<typeof plant>>, waiting: number) => {
    const { host, port, publish, events } = stage
    const other = await startClient(port, { keep: false })
    const { localPort } = client.socket
    let most = 0
    const rssBefore = process.memoryUsage().rss
    let bursts = 0
    const burst = async (): Promise<void> => {
      bursts++
      publish(1000)
      await turn()
      most = Math.max(most, queued(host))
    }
    while (most < waiting && bursts < BURSTS_MOST) await burst()
    host.setLink({ ...host.world.link, ...SHORT_T1 })
    const startMs = performance.now()
    while (bursts < 200 || (bursts < BURSTS_MOST && events.of("closed").length === 0)) await burst()
    const closed = await events.next("closed")
    const tookMs = performance.now() - startMs
    const grown = process.memoryUsage().rss - rssBefore
    process.stdout.write(
      `${bursts * 1000} events: queued at most ${most} octets, RSS +${mib(grown)} MiB, closed after ${tookMs | 0} ms\n`
    )
    expect(closed.peer.port).toBe(localPort)
    expect(await other.testfr()).toBeLessThan(1000)
    expect([closed.reason, host.sessions.size]).toEqual(["T1_IFRAME", 1])
    return { most, grown, tookMs }
  }

  it("because it stopped reading: bounded memory, closed by t1, others undisturbed (A23)", async () => {
    const undrainedOctets = 65_536
    const stage = await plant(
      { link: { ...LONG_T1, k: 32_767 }, limits: { undrainedOctets, logRecords: 262_144 } },
      100
    )
    const client = await startClient(stage.port, { acknowledge: "never", keep: false })
    client.stopReading()
    // More is published than the kernel takes, so that the server's own limit is what is tried here.
    const { most, grown, tookMs } = await watched(client, stage, undrainedOctets - 512)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(2 * undrainedOctets)
    expect(mib(grown)).toBeLessThan(100)
    expect(tookMs).toBeLessThan(5000)
  })

  it("because it never acknowledges: at most k frames leave, closed by t1, others undisturbed", async () => {
    const stage = await plant({ link: { ...SHORT_T1, k: 12 }, limits: { logRecords: 262_144 } }, 100)
    const client = await startClient(stage.port, { acknowledge: "never" })
    const { grown, tookMs } = await watched(client, stage, 0)
    expect(client.iFrames).toBe(12)
    expect(mib(grown)).toBeLessThan(100)
    expect(tookMs).toBeGreaterThan(900)
    expect(tookMs).toBeLessThan(5000)
  })

  it("and floods TESTFR act is cut with REPLY_OVERFLOW, with bounded memory", async () => {
    const { host, port, events } = await plant({ limits: { lingerMs: 100 } })
    const other = await startClient(port)
    const client = await connect(port)
    client.stopReading()
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, queued(host))
    }, 1)
    const flood = client.flood(TESTFR_ACT)
    const closed = await events.next("closed", 1, 15_000)
    clearInterval(watch)
    expect(await other.testfr()).toBeLessThan(1000)
    await flood
    process.stdout.write(`flood: ${client.flooded} octets sent, at most ${most} queued for the client\n`)
    expect([closed.reason, closed.peer.port]).toEqual(["REPLY_OVERFLOW", client.socket.localPort ?? closed.peer.port])
    expect(most).toBeLessThan(1024 * 1024)
    expect(host.sessions.size).toBe(1)
  })

  it("after commands: its answers queue up to the limit, then it is cut with REPLY_OVERFLOW", async () => {
    const stage = await plant({ limits: { repliesPerSession: 64 } })
    stage.host.addPoints(1, 1000, 45, 1)
    const client = await startClient(stage.port, { acknowledge: "never" })
    for (let i = 0; i < 200; i++) client.command(45, 1000, { scs: true })
    expect((await stage.events.next("closed")).reason).toBe("REPLY_OVERFLOW")
    await client.ended
    expect(client.iFrames).toBe(12)
  })
})
