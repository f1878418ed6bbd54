// Parity with c104: TLS.
import * as Net from "node:net"
import type * as Tls from "node:tls"
import { describe, expect, onTestFinished } from "vitest"
import { type Server, TlsCipher, TlsVersion, TransportSecurity } from "../../src/api/c104/index.ts"
import { file, isServed, secure, security, startSecure, type Trust } from "../support/certificates.ts"
import { startServer } from "../support/Stage.ts"
import { row } from "./rowsB.ts"

/** A running server with these rules. */
const guarded = async (trust: Trust, limits = {}): Promise<Server> =>
  (await startServer({ transportSecurity: security(trust), limits })).server

/** Which clients are let in, each with its certificate; null has none. */
const served = async (trust: Trust, names: readonly (string | null)[]): Promise<boolean[]> => {
  const { port } = await guarded(trust)
  const results: boolean[] = []
  for (const name of names) results.push(await isServed(port, name))
  return results
}

const exactly = (version: Tls.SecureVersion): Tls.ConnectionOptions => ({ minVersion: version, maxVersion: version })
const refused = (code: string): unknown => expect.objectContaining({ code })

describe("the client's certificate", () => {
  row(208, async () => {
    for (const validate of [true, false])
      for (const onlyKnown of [true, false])
        expect(await served({ validate, onlyKnown, allowed: ["first"] }, [null, "first"])).toEqual([false, true])
  })

  row(209, async () => {
    const names = [null, "first", "second", "self", "expired"]
    const yes = (...admitted: string[]): boolean[] => names.map((name) => name !== null && admitted.includes(name))
    expect(await served({ validate: true, onlyKnown: false }, names)).toEqual(yes("first", "second"))
    expect(await served({ validate: true, onlyKnown: true, allowed: ["first"] }, names)).toEqual(yes("first"))
    expect(await served({ validate: false, onlyKnown: false }, names)).toEqual(yes("first", "second", "expired"))
    expect(await served({ validate: false, onlyKnown: true, allowed: ["self"] }, names)).toEqual(yes("self"))
  })

  row(210, async () => {
    expect(await served({ validate: true, onlyKnown: false }, ["expired"])).toEqual([false])
    expect(await served({ validate: true, onlyKnown: true, allowed: ["expired"] }, ["expired"])).toEqual([false])
    expect(await served({ validate: false, onlyKnown: false }, ["expired"])).toEqual([true])
    expect(await served({ validate: false, onlyKnown: true, allowed: ["expired"] }, ["expired"])).toEqual([true])
  })

  row(213, async () => {
    const transportSecurity = security()
    transportSecurity.setHostnameVerification("first.example")
    const { server } = await startServer({ transportSecurity })
    const both = async (): Promise<boolean[]> => [
      await isServed(server.port, "first"),
      await isServed(server.port, "second")
    ]
    expect(await both()).toEqual([true, false])
    transportSecurity.setHostnameVerification("station.grid.example")
    expect(await both()).toEqual([false, true])
    transportSecurity.setHostnameVerification(null)
    expect(await both()).toEqual([true, true])
    expect(() => transportSecurity.setHostnameVerification("")).toThrow(refused("INVALID_ARGUMENT"))
  })
})

describe("what is agreed on", () => {
  /** The version and suite of a connection, or null. */
  const agreed = async (change: (made: TransportSecurity) => void, client: Tls.ConnectionOptions) => {
    const transportSecurity = security()
    change(transportSecurity)
    const { server, events } = await startServer({ transportSecurity })
    try {
      const socket = await secure(server.port, "first", client)
      await events.next("connected", 1, 1000)
      return `${socket.getProtocol()} ${socket.getCipher().standardName}`
    } catch {
      return (await events.next("refused")).why.startsWith("the TLS handshake failed") ? null : "another refusal"
    }
  }

  row(211, async () => {
    const { TLS_1_1, TLS_1_2, TLS_1_3, NOT_SELECTED, SSL_3_0, TLS_1_0 } = TlsVersion
    const versions = ["TLSv1.1", "TLSv1.2", "TLSv1.3"] as const
    const spoken = async (range: Parameters<TransportSecurity["setVersion"]>[0]): Promise<string[]> => {
      const found: string[] = []
      for (const version of versions) {
        const answer = await agreed((made) => made.setVersion(range), exactly(version))
        if (answer !== null) found.push(answer.split(" ")[0] as string)
      }
      return found
    }
    expect(await spoken({})).toEqual(["TLSv1.2", "TLSv1.3"])
    expect(await spoken({ min: NOT_SELECTED, max: NOT_SELECTED })).toEqual(["TLSv1.2", "TLSv1.3"])
    expect(await spoken({ min: TLS_1_3 })).toEqual(["TLSv1.3"])
    expect(await spoken({ max: TLS_1_2 })).toEqual(["TLSv1.2"])
    for (const min of [SSL_3_0, TLS_1_0, TLS_1_1])
      expect(() => new TransportSecurity().setVersion({ min })).toThrow(refused("INVALID_ARGUMENT"))
  })

  row(212, async () => {
    const { ECDHE_RSA_WITH_AES_256_GCM_SHA384, RSA_WITH_AES_128_CBC_SHA256 } = TlsCipher
    const list = (made: TransportSecurity): void => made.setCiphers([ECDHE_RSA_WITH_AES_256_GCM_SHA384])
    const suite = "TLSv1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    expect(await agreed(list, {})).toBe(suite)
    const other = { ciphers: "ECDHE-RSA-AES128-GCM-SHA256", ...exactly("TLSv1.2") }
    expect(await agreed(list, other)).toBeNull()
    expect(await agreed(list, exactly("TLSv1.3"))).toBeNull()
    const both = [RSA_WITH_AES_128_CBC_SHA256, ECDHE_RSA_WITH_AES_256_GCM_SHA384]
    const first = await agreed((made) => made.setCiphers(both), exactly("TLSv1.2"))
    expect(first).toBe("TLSv1.2 TLS_RSA_WITH_AES_128_CBC_SHA256")
    expect(() => new TransportSecurity().setCiphers([])).toThrow(refused("INVALID_ARGUMENT"))
  })
})

describe("the configuration", () => {
  row(214, async () => {
    const made = security()
    expect(made.isFrozen).toBe(false)
    const { server } = await startServer({ transportSecurity: made })
    expect([made.isFrozen, server.transportSecurity]).toEqual([true, made])
    const setters: readonly (() => void)[] = [
      () => made.setCertificate({ cert: file("server.pem"), key: file("server.key") }),
      () => made.setCaCertificate(file("ca.pem")),
      () => made.addAllowedRemoteCertificate(file("first.pem")),
      () => made.setCiphers([TlsCipher.ECDHE_RSA_WITH_AES_256_GCM_SHA384]),
      () => made.setVersion({ min: TlsVersion.TLS_1_3 }),
      () => made.setRenegotiationTime(null),
      () => made.setResumptionInterval(null)
    ]
    for (const setter of setters) expect(setter).toThrow(refused("FROZEN"))
    expect(await isServed(server.port, "first")).toBe(true)
  })

  row(215, async () => {
    const cert = file("server.pem")
    const made = new TransportSecurity({ onlyKnown: false })
    for (const passphrase of [undefined, "", "open barley"])
      expect(() =>
        made.setCertificate({ cert, key: file("locked.key"), ...(passphrase === undefined ? {} : { passphrase }) })
      ).toThrow(refused("UNUSABLE_FILE"))
    made.setCertificate({ cert, key: file("locked.key"), passphrase: "open sesame" })
    made.setCaCertificate(file("ca.pem"))
    const { server } = await startServer({ transportSecurity: made })
    expect(await isServed(server.port, "first")).toBe(true)
  })

  row(216, () => {
    const MINUTE_MS = 60_000
    const HOUR_MS = 60 * MINUTE_MS
    const made = new TransportSecurity()
    const limits = [
      [(ms: number | null) => made.setRenegotiationTime(ms), 24 * HOUR_MS],
      [(ms: number | null) => made.setResumptionInterval(ms), 7 * 24 * HOUR_MS]
    ] as const
    for (const [set, maxMs] of limits) {
      for (const legal of [5 * MINUTE_MS, maxMs, null]) expect(() => set(legal)).not.toThrow()
      for (const illegal of [5 * MINUTE_MS - 1, maxMs + 1, 0, -1])
        expect(() => set(illegal)).toThrow(refused("INVALID_ARGUMENT"))
    }
  })
})

describe("a silent TLS peer", () => {
  row(217, async () => {
    const handshakeMs = 500
    const { port } = await guarded({}, { handshakeMs })
    const silent = Net.connect({ port, host: "127.0.0.1" })
    onTestFinished(() => {
      silent.destroy()
    })
    const over = new Promise<void>((resolve) => silent.once("close", () => resolve()))
    silent.resume()
    await new Promise<void>((resolve) => silent.once("connect", () => resolve()))
    const startMs = performance.now()
    const client = await startSecure(port)
    expect(await client.answers()).toBe(true)
    expect([performance.now() - startMs < handshakeMs, silent.destroyed]).toEqual([true, false])
    await over
    expect(await client.answers()).toBe(true)
  })
})
