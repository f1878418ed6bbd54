// Versions, cipher suites, resumption and renegotiation: what is agreed on, and what is refused.
import { constants } from "node:crypto"
import * as fs from "node:fs"
import * as Net from "node:net"
import * as path from "node:path"
import * as Tls from "node:tls"
import { describe, expect, it, onTestFinished } from "vitest"
import { TlsCipher, TlsVersion } from "../../src/api/c104/enums.ts"
import type { TransportSecurity } from "../../src/api/c104/TransportSecurity.ts"
import * as Clock from "../../src/shell/Clock.ts"
import * as TlsCiphers from "../../src/shell/tls/TlsCiphers.ts"
import { relay, secure, security, startSecure } from "../support/certificates.ts"
import { renewing } from "../support/keyUpdates.ts"
import { startHost, startServer } from "../support/Stage.ts"

const SPONTANEOUS = 3

const exactly = (version: Tls.SecureVersion): Tls.ConnectionOptions => ({ minVersion: version, maxVersion: version })

/** The version and suite that a client and a server agree on; or why not, in the server's words. */
const agreed = async (transportSecurity: TransportSecurity, client: Tls.ConnectionOptions): Promise<string> => {
  const { server, events } = await startServer({ transportSecurity })
  try {
    const socket = await secure(server.port, "first", client)
    await events.next("connected")
    return `${socket.getProtocol()} ${socket.getCipher().standardName}`
  } catch {
    return (await events.next("refused")).why
  }
}

const made = (change: (made: TransportSecurity) => void, own = "server"): TransportSecurity => {
  const transportSecurity = security({ own })
  change(transportSecurity)
  return transportSecurity
}

const TOO_OLD = /unsupported protocol|wrong version number|no protocols available/

describe("the version", () => {
  const { TLS_1_2, TLS_1_3 } = TlsVersion
  const ranges: readonly (readonly [string, { min?: TlsVersion; max?: TlsVersion }, Tls.SecureVersion, RegExp])[] = [
    ["1.1 by default", {}, "TLSv1.1", TOO_OLD],
    ["1.0 by default", {}, "TLSv1", TOO_OLD],
    ["1.2 by default", {}, "TLSv1.2", /^TLSv1\.2 /],
    ["1.3 by default", {}, "TLSv1.3", /^TLSv1\.3 /],
    ["1.2 from 1.3 up", { min: TLS_1_3 }, "TLSv1.2", TOO_OLD],
    ["1.3 from 1.3 up", { min: TLS_1_3 }, "TLSv1.3", /^TLSv1\.3 /],
    ["1.3 up to 1.2", { max: TLS_1_2 }, "TLSv1.3", TOO_OLD],
    ["1.2 up to 1.2", { max: TLS_1_2 }, "TLSv1.2", /^TLSv1\.2 /]
  ]

  it.for(ranges)("%s", async ([, range, version, outcome]) => {
    expect(
      await agreed(
        made((one) => one.setVersion(range)),
        exactly(version)
      )
    ).toMatch(outcome)
  })
})

describe("the suite", () => {
  it("is the best that the client has", async () => {
    expect(await agreed(security(), {})).toBe("TLSv1.3 TLS_AES_256_GCM_SHA384")
    const old = await agreed(security(), exactly("TLSv1.2"))
    expect(old).toBe("TLSv1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")
  })

  it("is the first of the list that the client has, and no other", async () => {
    const { RSA_WITH_AES_128_CBC_SHA256, ECDHE_RSA_WITH_AES_128_GCM_SHA256 } = TlsCipher
    const transportSecurity = (): TransportSecurity =>
      made((one) => one.setCiphers([RSA_WITH_AES_128_CBC_SHA256, ECDHE_RSA_WITH_AES_128_GCM_SHA256]))
    expect(await agreed(transportSecurity(), {})).toBe("TLSv1.2 TLS_RSA_WITH_AES_128_CBC_SHA256")
    const other = await agreed(transportSecurity(), { ciphers: "ECDHE-RSA-AES128-GCM-SHA256", ...exactly("TLSv1.2") })
    expect(other).toBe("TLSv1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    const none = await agreed(transportSecurity(), { ciphers: "AES256-SHA256", ...exactly("TLSv1.2") })
    expect(none).toMatch(/no shared cipher/)
    expect(await agreed(transportSecurity(), exactly("TLSv1.3"))).toMatch(TOO_OLD)
  })

  it("of TLS 1.3 alone leaves TLS 1.2 out", async () => {
    const transportSecurity = (): TransportSecurity =>
      made((one) => one.setCiphers([TlsCipher.TLS1_3_CHACHA20_POLY1305_SHA256]))
    expect(await agreed(transportSecurity(), {})).toBe("TLSv1.3 TLS_CHACHA20_POLY1305_SHA256")
    expect(await agreed(transportSecurity(), exactly("TLSv1.2"))).toMatch(TOO_OLD)
  })

  it.for(["eNULL", "aNULL"])("is never of %s (N12)", async (kind) => {
    const client = { ciphers: `${kind}:@SECLEVEL=0`, ...exactly("TLSv1.2") }
    expect(await agreed(security(), client)).toMatch(/^the TLS handshake failed: .*(no shared cipher|no ciphers)/)
  })

  it.for([...TlsCiphers.names])("%i is negotiated as %s", async ([suite, name]) => {
    const version = TlsCiphers.isOf13(suite) ? "TLSv1.3" : "TLSv1.2"
    const own = name.includes("ECDSA") ? "serverEc" : "server"
    // OpenSSL takes no list without a suite of TLS 1.2.
    const client = { ciphers: `${name}:AES128-SHA:@SECLEVEL=0`, ...exactly(version) }
    const standardName = (
      await agreed(
        made((one) => one.setCiphers([suite as TlsCipher]), own),
        client
      )
    ).split(" ")[1]
    const ours = Object.entries(TlsCipher).find(([, value]) => value === suite)?.[0] ?? ""
    expect(standardName).toBe(`TLS_${ours.replace("TLS1_3_", "")}`)
  })
})

describe("a suite that the documentation lists", () => {
  const documented = fs.readFileSync(path.join(import.meta.dirname, "../../docs/TLS.md"), "utf8")
  const listed = [...documented.matchAll(/^\| 1\.([23]) \| (TLS_\w+) \|$/gm)].map(
    ([, minor, name = ""]) => [`TLSv1.${minor}` as Tls.SecureVersion, name] as const
  )
  /** OpenSSL's own names, by which a client asks; suites of TLS 1.3 bear IANA's. */
  const asked = (name: string): string =>
    (Tls.getCiphers().find((one) => one === name.toLowerCase()) ?? (openssl.get(name) as string)).toUpperCase()
  const openssl = new Map(
    [...TlsCiphers.names].map(([suite, name]) => {
      const ours = Object.entries(TlsCipher).find(([, value]) => value === suite)?.[0] ?? ""
      return [`TLS_${ours}`, name]
    })
  )

  /** OpenSSL takes no list without a suite of TLS 1.2. */
  const only = (...names: readonly string[]): string => [...names.map(asked), "AES128-SHA", "@SECLEVEL=0"].join(":")

  it("stands there", () => {
    expect(listed.length).toBeGreaterThanOrEqual(11)
  })

  it.for(listed)("of %s is negotiated with a client that has only that: %s", async ([version, name]) => {
    const own = name.includes("ECDSA") ? "serverEc" : "server"
    const client = { ciphers: only(name), ...exactly(version) }
    expect(await agreed(security({ own }), client)).toBe(`${version} ${name}`)
  })

  it.for(listed.flatMap((better, at) => listed.slice(at + 1, at + 2).map((worse) => [better, worse] as const)))(
    "goes before the next: %s",
    async ([[version, better], [other, worse]]) => {
      if (version !== other || better.includes("ECDSA") !== worse.includes("ECDSA")) return
      const own = better.includes("ECDSA") ? "serverEc" : "server"
      const client = { ciphers: only(worse, better), ...exactly(version) }
      expect(await agreed(security({ own }), client)).toBe(`${version} ${better}`)
    }
  )
})

describe("a session", () => {
  const { TLS_1_2, TLS_1_3 } = TlsVersion

  /** What a client can take up again, after a connection that has ended. */
  const ended = async (port: number, name: string) => {
    const client = await startSecure(port, name)
    const { socket } = client
    if (!(socket instanceof Tls.TLSSocket)) throw new Error("not a TLS socket")
    let session = socket.getSession()
    socket.on("session", (ticket) => {
      session = ticket
    })
    await client.answers()
    client.close()
    return { session: session === undefined ? {} : { session } }
  }

  /** Connects twice with the same session; whether the second was resumed. */
  const isResumed = async (transportSecurity: TransportSecurity, name = "first"): Promise<boolean> => {
    const { server } = await startServer({ transportSecurity })
    const { session } = await ended(server.port, name)
    const { socket } = await startSecure(server.port, name, session)
    if (!(socket instanceof Tls.TLSSocket)) throw new Error("not a TLS socket")
    return socket.isSessionReused()
  }

  it.for([TLS_1_2, TLS_1_3])("is resumed by default (version %i)", async (version) => {
    expect(await isResumed(made((one) => one.setVersion({ min: version, max: version })))).toBe(true)
  })

  it.for([TLS_1_2, TLS_1_3])("is not resumed when that is turned off (version %i)", async (version) => {
    const transportSecurity = made((one) => {
      one.setVersion({ min: version, max: version })
      one.setResumptionInterval(null)
    })
    expect(await isResumed(transportSecurity)).toBe(false)
  })

  it("is not resumed where the whole chain has to be looked at", async () => {
    expect(await isResumed(security({ validate: false }), "chainedExpired")).toBe(false)
  })

  it.for([TLS_1_2, TLS_1_3])("that is resumed is judged like a new one (version %i)", async (version) => {
    const transportSecurity = made((one) => one.setVersion({ min: version, max: version }))
    const { server, events } = await startServer({ transportSecurity })
    const { session } = await ended(server.port, "first")
    transportSecurity.setHostnameVerification("other.example")
    await Promise.allSettled([secure(server.port, "first", session)])
    expect((await events.next("refused")).why).toMatch(/is not for other\.example$/)
    transportSecurity.setHostnameVerification(null)
    expect((await secure(server.port, "first", session)).isSessionReused()).toBe(true)
  })

  it("is not resumed after the interval", async () => {
    let aheadMs = 0
    const machine = Clock.machine()
    const clock = { ...machine, monotonicMs: () => machine.monotonicMs() + aheadMs }
    const { port } = await startHost({ tls: security().freeze(), clock })
    const { session } = await ended(port, "first")
    expect((await secure(port, "first", session)).isSessionReused()).toBe(true)
    aheadMs = 6 * 3_600_000
    expect((await secure(port, "first", session)).isSessionReused()).toBe(false)
  })

  it("whose certificate has expired since is refused", async () => {
    let aheadMs = 0
    const machine = Clock.machine()
    const clock = { ...machine, wallMs: () => machine.wallMs() + aheadMs }
    const { port, events } = await startHost({ tls: security().freeze(), clock })
    const { session } = await ended(port, "first")
    aheadMs = 100 * 366 * 86_400_000
    await Promise.allSettled([secure(port, "first", session)])
    expect((await events.next("refused")).why).toBe("the client's certificate (CN=first) has expired meanwhile")
  })
})

/** The port of a relay that what the server sends passes after so many ms, or after as many as are said then. */
const distant = async (port: number, delayMs: number | (() => number)): Promise<number> => {
  const laterMs = typeof delayMs === "number" ? () => delayMs : delayMs
  const server = Net.createServer((near) => {
    const far = Net.connect({ port, host: "127.0.0.1" })
    near.pipe(far)
    far.on("data", (chunk) => setTimeout(() => near.write(chunk), laterMs()))
    far.on("close", () => setTimeout(() => near.destroy(), laterMs()))
    for (const socket of [near, far]) socket.on("error", () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => {
    server.close()
  })
  return (server.address() as Net.AddressInfo).port
}

describe("renegotiation", () => {
  /** The first interval passes within milliseconds; what was waited for is kept. */
  const quick = (intervals: number[]): Clock.Clock => {
    const machine = Clock.machine()
    const wake: Clock.Clock["wake"] = (delayMs, callback) => {
      if (delayMs < 300_000) return machine.wake(delayMs, callback)
      return machine.wake(intervals.push(delayMs) === 1 ? 100 : delayMs, callback)
    }
    return { ...machine, wake }
  }

  const renegotiating = async (version: TlsVersion = TlsVersion.TLS_1_2, limits = {}, options = {}) => {
    const transportSecurity = made((one) => {
      one.setRenegotiationTime(300_000)
      one.setVersion({ max: version })
    })
    const intervals: number[] = []
    const stage = await startHost({ tls: transportSecurity.freeze(), clock: quick(intervals), limits, ...options })
    const place = stage.host.addPoints(1, 1, 35, 1)
    if (place === null) throw new Error("address 1 is free")
    return { ...stage, place, intervals }
  }

  it("is asked for in TLS 1.2 while events flow, and again after the interval, at least 10 minutes", async () => {
    const { port, host, place, events, intervals } = await renegotiating()
    const client = await startSecure(port)
    let handshakes = 0
    client.socket.on("secure", () => handshakes++)
    let published = 0
    for (const untilMs = performance.now() + 300; performance.now() < untilMs; ) {
      host.setValue(place.block, place.slot, ++published, 0)
      host.publish(place.block, place.slot, SPONTANEOUS, 0)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    const values = (): unknown[] =>
      client.asdus({ cot: SPONTANEOUS }).flatMap((asdu) => asdu.objects?.map(({ value }) => value) ?? [])
    await client.until(() => values().length === published)
    expect(values()).toEqual(Array.from({ length: published }, (_, i) => i + 1))
    expect([handshakes, events.of("refused"), events.of("closed")]).toEqual([1, [], []])
    expect(intervals).toEqual([601_000, 601_000])
  })

  it("keeps what confirms back too: a client that sends meanwhile would end the connection", async () => {
    const { port, events } = await renegotiating()
    const client = await startSecure(await distant(port, 20))
    let handshakes = 0
    client.socket.on("secure", () => handshakes++)
    let sent = 0
    for (const untilMs = performance.now() + 400; performance.now() < untilMs; sent++) {
      client.u("TESTFR act")
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await client.until(() => client.tests === sent)
    expect([handshakes, events.of("refused"), events.of("closed")]).toEqual([1, [], []])
  })

  it("lets events go on behind confirmations that were kept and fill the room", async () => {
    const { port, host, place, events } = await renegotiating(TlsVersion.TLS_1_2, { undrainedOctets: 1024 })
    let delayMs = 0
    const client = await startSecure(await distant(port, () => delayMs))
    let handshakes = 0
    client.socket.on("secure", () => handshakes++)
    delayMs = 500
    // The server has asked for it, and the client does not know yet.
    await new Promise((resolve) => setTimeout(resolve, 200))
    delayMs = 0
    const tests = 200
    client.send(Buffer.alloc(tests * 6, Uint8Array.of(0x68, 4, 0x43, 0, 0, 0)))
    await new Promise((resolve) => setTimeout(resolve, 100))
    for (let i = 1; i <= 30; i++) {
      host.setValue(place.block, place.slot, i, 0)
      host.publish(place.block, place.slot, SPONTANEOUS, 0)
    }
    const values = (): unknown[] =>
      client.asdus({ cot: SPONTANEOUS }).flatMap((asdu) => asdu.objects?.map(({ value }) => value) ?? [])
    await client.until(() => values().length === 30)
    expect(values()).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
    expect([handshakes, client.tests, events.of("refused"), events.of("closed")]).toEqual([1, tests, [], []])
  })

  it("lets a TESTFR that was kept be answered within t1 of when it left", async () => {
    const link = { k: 12, w: 8, t1Ms: 2000, t2Ms: 1000, t3Ms: 1000 }
    const { port, events } = await renegotiating(TlsVersion.TLS_1_2, {}, { link })
    let delayMs = 0
    const client = await startSecure(await distant(port, () => delayMs))
    client.answersTests = false
    delayMs = 2600
    await new Promise((resolve) => setTimeout(resolve, 1000))
    delayMs = 0
    await client.next("TESTFR act")
    // So long after it was made that its time would be over.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    client.u("TESTFR con")
    expect([await client.answers(), events.of("closed"), events.of("refused")]).toEqual([true, [], []])
  }, 15_000)

  it("does not exist in TLS 1.3: nothing happens", async () => {
    const { port, events } = await renegotiating(TlsVersion.TLS_1_3)
    const client = await startSecure(port)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect([await client.answers(), events.of("refused")]).toEqual([true, []])
  })

  it("that the client does not follow ends the connection", async () => {
    const { port, events } = await renegotiating(TlsVersion.TLS_1_2, { handshakeMs: 200 })
    const before = await relay(port)
    await startSecure(before.port)
    before.hold()
    expect((await events.next("refused")).why).toBe("the client did not renegotiate within 200 ms")
    await events.next("closed")
  })

  it("that the client declines ends the connection", async () => {
    const { port, events } = await renegotiating()
    await startSecure(port, "first", { secureOptions: constants.SSL_OP_NO_RENEGOTIATION })
    expect((await events.next("refused")).why).toMatch(/^TLS failed: no renegotiation/)
    await events.next("closed")
  })

  it("in a flood ends the connection", async () => {
    const { server, events } = await startServer({
      transportSecurity: made((one) => one.setVersion({ max: TlsVersion.TLS_1_2 }))
    })
    const { socket } = await startSecure(server.port)
    if (!(socket instanceof Tls.TLSSocket)) throw new Error("not a TLS socket")
    let followed = -1
    const again = (): void => {
      followed++
      socket.renegotiate({}, again)
    }
    again()
    expect((await events.next("refused")).why).toMatch(/^TLS failed: .*renegotiation attack/i)
    await events.next("closed")
    // Node's own limit: the fourth that follows within ten minutes.
    expect(followed).toBe(3)
  })

  it("by the client is allowed, and its certificate is judged again", async () => {
    const transportSecurity = made((one) => one.setVersion({ max: TlsVersion.TLS_1_2 }))
    const { server, events } = await startServer({ transportSecurity })
    const client = await startSecure(server.port)
    const { socket } = client
    if (!(socket instanceof Tls.TLSSocket)) throw new Error("not a TLS socket")
    await new Promise<void>((resolve, reject) =>
      socket.renegotiate({}, (error) => (error === null ? resolve() : reject(error)))
    )
    expect(await client.answers()).toBe(true)
    transportSecurity.setHostnameVerification("other.example")
    socket.renegotiate({}, () => {})
    expect((await events.next("refused")).why).toMatch(/is not for other\.example$/)
    await client.ended
    expect(server.openConnectionCount).toBe(0)
  })
})

describe("renewed keys (TLS 1.3)", () => {
  it.for([false, true])(
    "are taken now and then, and a flood of them ends the connection (asking: %s)",
    async (asking) => {
      const { server, events } = await startServer({ transportSecurity: security(), limits: { keyUpdates: 10 } })
      const other = await startSecure(server.port)
      const { cut, renew } = await renewing(server.port)
      const { peer } = await events.next("connected", 2)
      renew(5, asking)
      expect(await other.answers()).toBe(true)
      renew(5, asking)
      expect(await other.answers()).toBe(true)
      expect(events.of("closed")).toEqual([])
      renew(2000, asking)
      expect((await events.next("refused")).why).toBe("it renewed its TLS keys more than 10 times within a minute")
      expect((await events.next("closed")).peer.session).toBe(peer.session)
      await cut
      expect(await other.answers()).toBe(true)
      expect([events.of("refused").length, events.of("closed").length]).toEqual([1, 1])
    }
  )

  it("are counted by the minute", async () => {
    const clock = Clock.machine()
    let aheadMs = 0
    const { host, port, events } = await startHost({
      tls: security().freeze(),
      limits: { keyUpdates: 10 },
      clock: { ...clock, monotonicMs: () => clock.monotonicMs() + aheadMs }
    })
    const { renew } = await renewing(port)
    await events.next("connected")
    for (let minute = 0; minute < 3; minute++) {
      renew(10, false)
      await expect.poll(() => host.sessions.size).toBe(1)
      await new Promise((resolve) => setTimeout(resolve, 100))
      aheadMs += 60_000
    }
    expect(events.of("refused")).toEqual([])
    renew(11, false)
    await events.next("refused")
  })
})
