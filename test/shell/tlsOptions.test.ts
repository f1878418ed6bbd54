// What TransportSecurity takes and refuses, with the file or setting that is to blame, and when it is frozen.
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { TlsCipher, TlsVersion } from "../../src/api/c104/enums.ts"
import { TransportSecurity } from "../../src/api/c104/TransportSecurity.ts"
import * as TlsFiles from "../../src/shell/tls/TlsFiles.ts"
import * as TlsOptions from "../../src/shell/tls/TlsOptions.ts"
import { contents, file, isServed, security } from "../support/certificates.ts"
import { makeServer, startServer } from "../support/Stage.ts"

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const PASSPHRASE = "open sesame"

/** A file of a test, removed afterwards. */
const written = (octets: string | Uint8Array): string => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tls-"))
  onTestFinished(() => fs.rmSync(folder, { recursive: true }))
  const name = path.join(folder, "file")
  fs.writeFileSync(name, octets)
  return name
}

const der = (name: string): Uint8Array => {
  const body = contents(name).replace(/-----[^-]+-----/g, "")
  return Buffer.from(body, "base64")
}

const server = { cert: file("server.pem"), key: file("server.key") }

/** The typed error of a call. */
const errorOf = (call: () => unknown): { readonly code?: string; readonly path?: string; readonly message: string } => {
  try {
    call()
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
  throw new Error("nothing was thrown")
}

describe("setCertificate", () => {
  const set = (files: { cert: string; key: string; passphrase?: string }) =>
    errorOf(() => new TransportSecurity().setCertificate(files))

  it("names the file that is missing", () => {
    expect(set({ ...server, cert: "/no/cert.pem" }).message).toBe("/no/cert.pem: there is no such file")
    expect(set({ ...server, key: "/no/key.pem" }).message).toBe("/no/key.pem: there is no such file")
    expect(set({ ...server, cert: "" })).toMatchObject({ code: "UNUSABLE_FILE", path: "" })
    expect(set({ ...server, key: os.tmpdir() })).toMatchObject({ code: "UNUSABLE_FILE", path: os.tmpdir() })
  })

  it.for(["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])(
    "refuses what is no certificate or key: %j",
    (text) => {
      const name = written(text)
      expect(set({ ...server, cert: name })).toMatchObject({ code: "UNUSABLE_FILE", path: name })
      expect(set({ ...server, key: name })).toMatchObject({ code: "UNUSABLE_FILE", path: name })
    }
  )

  it("refuses a key that is not of the certificate", () => {
    const key = file("first.key")
    expect(set({ ...server, key }).message).toBe(`${key}: it is not the key of the certificate in ${server.cert}`)
  })

  it("needs the right passphrase for an encrypted key", async () => {
    const key = file("locked.key")
    expect(set({ ...server, key }).message).toBe(`${key}: the key is encrypted and needs its passphrase`)
    const wrong = set({ ...server, key, passphrase: "wrong" })
    expect(wrong.message).toBe(`${key}: the passphrase is not that of the key`)
    const transportSecurity = security()
    transportSecurity.setCertificate({ ...server, key, passphrase: PASSPHRASE })
    const { server: running } = await startServer({ transportSecurity })
    expect(await isServed(running.port)).toBe(true)
  })

  it("takes DER as well as PEM", async () => {
    const transportSecurity = new TransportSecurity({ onlyKnown: false })
    transportSecurity.setCertificate({ cert: written(der("server.pem")), key: written(der("server.key")) })
    transportSecurity.setCaCertificate(written(der("ca.pem")))
    const { server: running } = await startServer({ transportSecurity })
    expect(await isServed(running.port)).toBe(true)
    expect(set({ cert: server.cert, key: written(der("locked.key")), passphrase: "wrong" })).toMatchObject({
      code: "UNUSABLE_FILE"
    })
    const locked = TlsFiles.privateKey(written(der("locked.key")), PASSPHRASE)
    expect(locked.asymmetricKeyType).toBe("rsa")
  })
})

describe("setCaCertificate and addAllowedRemoteCertificate", () => {
  it("name the file that is missing or no certificate", () => {
    const made = new TransportSecurity()
    for (const call of [made.setCaCertificate, made.addAllowedRemoteCertificate]) {
      expect(errorOf(() => call.call(made, "/no/ca.pem")).message).toBe("/no/ca.pem: there is no such file")
      expect(errorOf(() => call.call(made, server.key)).message).toBe(`${server.key}: there is no certificate in it`)
    }
  })

  it("take every certificate of a file", () => {
    const both = written(contents("ca.pem") + contents("otherCa.pem"))
    const made = security({ authorities: [] })
    made.setCaCertificate(both)
    made.addAllowedRemoteCertificate(both)
    const { authorities, allowed } = made.freeze()
    expect([authorities.length, allowed.length]).toEqual([2, 2])
  })
})

describe("setCiphers", () => {
  const set = (...ciphers: TlsCipher[]) => errorOf(() => new TransportSecurity().setCiphers(ciphers))

  it("refuses an empty list", () => {
    expect(set()).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining("ciphers") })
  })

  it.for([
    "RSA_WITH_NULL_SHA256",
    "PSK_WITH_AES_128_GCM_SHA256",
    "ECJPAKE_WITH_AES_128_CCM_8",
    "TLS1_3_AES_128_CCM_8_SHA256",
    "ECDH_RSA_WITH_AES_128_CBC_SHA"
  ] as const)("names a suite that cannot be negotiated: %s", (name) => {
    expect(set(TlsCipher.ECDHE_RSA_WITH_AES_128_GCM_SHA256, TlsCipher[name]).message).toContain(name)
  })

  it("takes more than 19", () => {
    const made = security()
    const suites = Object.values(TlsCipher).filter((suite) => TlsCipher.TLS1_3_AES_128_CCM_8_SHA256 !== suite)
    const good = suites.filter((suite) => {
      try {
        made.setCiphers([suite])
        return true
      } catch {
        return false
      }
    })
    made.setCiphers(good)
    expect(made.freeze().suites).toHaveLength(57)
  })
})

describe("setVersion", () => {
  const { NOT_SELECTED, SSL_3_0, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 } = TlsVersion

  it.for([SSL_3_0, TLS_1_0, TLS_1_1])("refuses version %i, with which no handshake could succeed", (version) => {
    for (const range of [{ min: version }, { max: version }])
      expect(errorOf(() => new TransportSecurity().setVersion(range))).toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/TLS_1_2 or TLS_1_3.*(SSL_3_0|TLS_1_0|TLS_1_1)/)
      })
  })

  it("refuses an empty range, and suites that do not fit the versions", () => {
    expect(errorOf(() => new TransportSecurity().setVersion({ min: TLS_1_3, max: TLS_1_2 })).code).toBe(
      "INVALID_ARGUMENT"
    )
    const made = security()
    made.setVersion({ max: TLS_1_2 })
    made.setCiphers([TlsCipher.TLS1_3_AES_128_GCM_SHA256])
    expect(errorOf(() => made.freeze()).message).toContain("a cipher suite for TLSv1.2 to TLSv1.2")
  })

  it("leaves what is not selected to the defaults, 1.2 and 1.3", () => {
    const made = security()
    made.setVersion({ min: NOT_SELECTED, max: NOT_SELECTED })
    expect(made.freeze()).toMatchObject({ minVersion: "TLSv1.2", maxVersion: "TLSv1.3" })
  })
})

describe("intervals", () => {
  const cases = [
    ["setRenegotiationTime", 24 * HOUR_MS],
    ["setResumptionInterval", 168 * HOUR_MS]
  ] as const

  it.for(cases)("%s is from 5 minutes up, inclusive, or null", ([name, maxMs]) => {
    const made = new TransportSecurity()
    for (const good of [5 * MINUTE_MS, maxMs, null]) expect(() => made[name](good)).not.toThrow()
    for (const bad of [0, -1, 5 * MINUTE_MS - 1, maxMs + 1, 300_000.5, Number.NaN])
      expect(errorOf(() => made[name](bad)).code).toBe("INVALID_ARGUMENT")
  })

  it("are 6 hours and never by default", () => {
    expect(security().freeze()).toMatchObject({ resumptionMs: 6 * HOUR_MS, renegotiationMs: null })
  })
})

describe("a server", () => {
  it("freezes what it takes, but for the host name", () => {
    const made = security()
    expect(made.isFrozen).toBe(false)
    makeServer({ transportSecurity: made })
    expect(made.isFrozen).toBe(true)
    const calls: Readonly<Record<string, () => void>> = {
      setCertificate: () => made.setCertificate(server),
      setCaCertificate: () => made.setCaCertificate(file("ca.pem")),
      addAllowedRemoteCertificate: () => made.addAllowedRemoteCertificate(file("first.pem")),
      setCiphers: () => made.setCiphers([TlsCipher.TLS1_3_AES_128_GCM_SHA256]),
      setVersion: () => made.setVersion(),
      setRenegotiationTime: () => made.setRenegotiationTime(null),
      setResumptionInterval: () => made.setResumptionInterval(null)
    }
    for (const [setter, call] of Object.entries(calls))
      expect(errorOf(call)).toMatchObject({ code: "FROZEN", message: expect.stringContaining(setter) })
    made.setHostnameVerification("client.example")
    expect(errorOf(() => made.setHostnameVerification("")).code).toBe("INVALID_ARGUMENT")
  })

  it("may share it with another server", async () => {
    const transportSecurity = security()
    const [one, other] = [await startServer({ transportSecurity }), await startServer({ transportSecurity })]
    expect([await isServed(one.server.port), await isServed(other.server.port)]).toEqual([true, true])
  })

  it.for([
    ["without a certificate", (): TransportSecurity => new TransportSecurity(), "a certificate with its key"],
    ["validating without authorities", () => security({ authorities: [] }), "the certificate of an authority"],
    ["letting in known ones without any", () => security({ onlyKnown: true }), "an allowed certificate"]
  ] as const)("refuses what could let nobody in: %s", ([, made, expected]) => {
    const { code, message } = errorOf(() => makeServer({ transportSecurity: made() }))
    expect(code).toBe("INVALID_ARGUMENT")
    expect(message).toContain(expected)
  })

  it("never trusts the authorities of the web", () => {
    const { ca } = TlsOptions.context({ ...security().freeze(), authorities: [] })
    expect(ca).toEqual([])
  })

  it("refuses a key of its own that is too short", () => {
    const made = security({ own: "short" })
    expect(errorOf(() => made.freeze()).message).toMatch(/key too small/)
  })
})
