// A TLS server at work: sessions are those of plain TCP, and peers that misbehave in the handshake disturb nobody.
import * as Net from "node:net"
import type { SecureVersion } from "node:tls"
import { describe, expect, it, onTestFinished } from "vitest"
import { Type } from "../../src/api/c104/index.ts"
import { connectSecure, isServed, relay, secure, security, startSecure } from "../support/certificates.ts"
import { decoded, isAsdu } from "../support/RawClient.ts"
import { connect, deferred, makeServer, record, startHost, startServer } from "../support/Stage.ts"

const SPONTANEOUS = 3
const INTERROGATED = 20

/** A peer that connects and says what it is told, but not TLS. */
const bare = (port: number, octets: Uint8Array = new Uint8Array()): Promise<Net.Socket> =>
  new Promise((resolve, reject) => {
    const socket = Net.connect({ port, host: "127.0.0.1" })
    onTestFinished(() => {
      socket.destroy()
    })
    socket.once("error", reject)
    socket.once("connect", () => {
      socket.off("error", reject)
      socket.on("error", () => {})
      socket.resume()
      if (octets.length > 0) socket.write(octets)
      resolve(socket)
    })
  })

const exactly = (version: SecureVersion) => ({ minVersion: version, maxVersion: version })

const closed = (socket: Net.Socket): Promise<void> =>
  new Promise((resolve) => (socket.destroyed ? resolve() : socket.once("close", () => resolve())))

/** A running server of the test authority with a point, and a way to make events. */
const plant = async (limits = {}) => {
  const stage = await startServer({ transportSecurity: security(), limits })
  const point = stage.station.addPoint({ ioAddress: 11, type: Type.M_ME_NB_1 })
  if (point === null) throw new Error("address 11 is free")
  const publish = (value: number): void => {
    point.value = value
    point.transmit(SPONTANEOUS)
  }
  return { ...stage, publish }
}

describe("with TLS", () => {
  it("a session is that of plain TCP: STARTDT, interrogation, events, TESTFR, STOPDT", async () => {
    const { server, publish, events } = await plant()
    const client = await startSecure(server.port)
    client.interrogate()
    await client.next({ typeId: 100, cot: 7 })
    expect((await client.next({ cot: INTERROGATED })).objects).toMatchObject([{ ioa: 11, value: 0 }])
    await client.next({ typeId: 100, cot: 10 })
    publish(5)
    expect((await client.next({ cot: SPONTANEOUS })).objects).toMatchObject([{ ioa: 11, value: 5 }])
    expect(await client.answers()).toBe(true)
    await client.stopdt()
    expect(server.activeConnectionCount).toBe(0)
    client.close()
    expect((await events.next("closed")).reason).toBe("PEER_CLOSED")
  })

  it("10,000 events arrive whole and in order", async () => {
    const { host, port } = await startHost({ tls: security().freeze() })
    const place = host.addPoints(1, 1, 35, 1)
    if (place === null) throw new Error("address 1 is free")
    const values: unknown[] = []
    const onFrame = (apdu: Uint8Array): void => {
      const frame = decoded(apdu)
      if (isAsdu(frame)) values.push(...(frame.objects ?? []).map(({ value }) => value))
    }
    const client = await startSecure(port, "first", { client: { keep: false, onFrame } })
    for (let value = 1; value <= 10_000; value++) {
      host.setValue(place.block, place.slot, value, 0)
      host.publish(place.block, place.slot, SPONTANEOUS, 0)
      await host.room()
    }
    await client.until(() => values.length === 10_000)
    expect(values).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1))
  })

  it("50 clients connect at once, and each gets every event", async () => {
    const { server, publish } = await plant()
    const clients = await Promise.all(Array.from({ length: 50 }, () => startSecure(server.port)))
    expect(server.activeConnectionCount).toBe(50)
    publish(1)
    for (const client of clients) await client.next({ cot: SPONTANEOUS })
  })

  it("stopping the server closes sessions, and handshakes under way", async () => {
    const { server, events } = await plant()
    const client = await startSecure(server.port)
    const silent = await bare(server.port)
    await server.stop()
    expect(await client.ended).toBe("fin")
    await closed(silent)
    expect((await events.next("refused")).why).toBe("the server is stopping")
    await server.start()
    expect(await isServed(server.port)).toBe(true)
  })
})

describe("the handshake", () => {
  it("comes after onConnect, which refuses without one", async () => {
    const { server, events } = await plant()
    let asked = 0
    server.onConnect(() => {
      asked++
      return false
    })
    await expect(secure(server.port, "first")).rejects.toThrow()
    expect([asked, (await events.next("refused")).why]).toEqual([1, "onConnect refused it"])
  })

  it("waits for a slow onConnect, with what the client has sent meanwhile", async () => {
    const { server } = await plant()
    const decision = deferred<boolean>()
    server.onConnect(() => decision.promise)
    const client = startSecure(server.port)
    const timer = setTimeout(() => decision.resolve(true), 100)
    expect(await (await client).answers()).toBe(true)
    clearTimeout(timer)
  })

  it("has a time limit, and a silent peer blocks nobody meanwhile (N7)", async () => {
    const { server, events } = await plant({ handshakeMs: 300 })
    const startMs = performance.now()
    const silent = await bare(server.port)
    const client = await startSecure(server.port)
    expect(await client.answers()).toBe(true)
    expect([silent.destroyed, server.openConnectionCount]).toEqual([false, 1])
    await closed(silent)
    expect(performance.now() - startMs).toBeGreaterThan(290)
    const { why, port } = await events.next("refused")
    expect([why, port > 0]).toEqual(["the TLS handshake was not finished within 300 ms", true])
    expect(await client.answers()).toBe(true)
  })

  it("has that limit also when octets come one by one", async () => {
    const { server } = await plant({ handshakeMs: 300 })
    // The beginning of a ClientHello of 512 octets.
    const slow = await bare(server.port, Uint8Array.of(0x16, 3, 1, 2, 0, 1))
    const startMs = performance.now()
    const drip = setInterval(() => slow.write(Uint8Array.of(0)), 20)
    await closed(slow)
    clearInterval(drip)
    expect(performance.now() - startMs).toBeLessThan(2000)
  })

  it("is cut, the oldest first, when too many are under way", async () => {
    const { server, events } = await plant({ handshakes: 10 })
    const silent = []
    for (let i = 0; i < 10; i++) silent.push(await bare(server.port))
    expect(await isServed(server.port)).toBe(true)
    await closed(silent[0] as Net.Socket)
    expect((await events.next("refused")).why).toBe(
      "it was the oldest of 10 silent TLS handshakes under way from its address"
    )
    expect(silent.filter(({ destroyed }) => destroyed)).toHaveLength(1)
  })

  it("does not count as a connection, but who finishes it when all are taken is refused", async () => {
    const server = makeServer({ transportSecurity: security(), maxConnections: 1 })
    const events = record(server)
    await server.start()
    const silent = await bare(server.port)
    const served = await Promise.all([isServedFor(server.port), isServedFor(server.port), isServedFor(server.port)])
    expect(served.filter((one) => one)).toHaveLength(1)
    expect([server.openConnectionCount, silent.destroyed]).toEqual([1, false])
    expect((await events.next("refused", 2)).why).toBe("there are 1 connections already")
  })

  it.for([
    ["plain IEC 104 (N17)", Buffer.from("680407000000", "hex"), /wrong version number|packet length too long/],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n"), /http request/],
    ["garbage", Buffer.alloc(100, 0xff), /wrong version number/]
  ] as const)("is refused to %s", async ([, octets, reason]) => {
    const { server, events } = await plant()
    await closed(await bare(server.port, octets))
    expect((await events.next("refused")).why).toMatch(/^the TLS handshake failed: /)
    expect((await events.next("refused")).why).toMatch(reason)
    expect(await isServed(server.port)).toBe(true)
  })

  it.for(["fin", "reset"] as const)(
    "that the client breaks off (%s) is told once, and all is free again",
    async (way) => {
      const { server, events } = await plant()
      for (let i = 0; i < 20; i++) {
        const peer = await bare(server.port, i % 2 === 0 ? new Uint8Array() : Uint8Array.of(0x16, 3, 1, 2, 0, 1))
        if (way === "fin") peer.end()
        else peer.resetAndDestroy()
      }
      await events.next("refused", 20)
      expect(await isServed(server.port)).toBe(true)
      expect(events.of("refused")).toHaveLength(20)
      for (const { why } of events.of("refused")) expect(why).toMatch(/^the client went |^the TLS handshake failed: /)
    }
  )

  it("that is broken off in its middle leaves nothing behind", async () => {
    const { server, events } = await plant({ handshakeMs: 100 })
    // The ClientHello passes: the server answers and waits for what never comes.
    const { port } = await relay(server.port, 1)
    await Promise.all(
      Array.from({ length: 10 }, () => expect(startSecure(port, "first", exactly("TLSv1.2"))).rejects.toThrow())
    )
    expect((await events.next("refused", 10)).why).toBe("the TLS handshake was not finished within 100 ms")
    expect(await isServed(server.port)).toBe(true)
  })
})

/** Whether a client is let in; it stays. */
const isServedFor = (port: number): Promise<boolean> =>
  startSecure(port).then(
    () => true,
    () => false
  )

describe("a client", () => {
  it("that goes without a word is released, and others go on", async () => {
    const { server, events, publish } = await plant()
    const [client, other] = [await startSecure(server.port), await startSecure(server.port)]
    publish(1)
    client.close()
    expect((await events.next("closed")).reason).toMatch(/TRANSPORT|PEER_CLOSED/)
    publish(2)
    await other.next({ cot: SPONTANEOUS })
    expect(server.openConnectionCount).toBe(1)
  })

  it("that speaks garbage inside TLS is closed like any other", async () => {
    const { server, events } = await plant()
    const client = await connectSecure(server.port)
    client.send(Uint8Array.of(0x69))
    await client.ended
    expect((await events.next("closed")).reason).toBe("BAD_START")
  })

  it("of plain TCP is served by a server without TLS", async () => {
    const { server } = await startServer({ transportSecurity: null })
    expect(await (await connect(server.port)).answers()).toBe(true)
  })
})
