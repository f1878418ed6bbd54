// Which clients a TLS server lets in: what it demands, against what they show; every refusal is told with its reason.
import { describe, expect, it } from "vitest"
import { connectSecure, isServed, security, startSecure, type Trust } from "../support/certificates.ts"
import { startServer } from "../support/Stage.ts"

/** Whether a client is let in, and what the server told when it was not. */
const visit = async (trust: Trust, name: string | null): Promise<string> => {
  const { server, events } = await startServer({ transportSecurity: security(trust) })
  if (await isServed(server.port, name)) {
    expect(events.of("refused")).toEqual([])
    return "served"
  }
  const { why, address } = await events.next("refused")
  expect([address, events.of("connected"), server.openConnectionCount]).toEqual(["127.0.0.1", [], 0])
  return why
}

const NONE = "the client showed no certificate"
const NOT_ALLOWED = /is not an allowed one$/
const SELF_SIGNED = /is signed by itself \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/
const UNKNOWN = /is of an unknown authority \(UNABLE_TO_/
const EXPIRED = /has expired \(CERT_HAS_EXPIRED\)$/
const SERVED = "served"

/** Without certificate, two of the authority, signed by itself, expired: what comes of each. */
const clients = [null, "first", "second", "self", "expired"] as const
const matrix: readonly (readonly [string, Trust, readonly (string | RegExp)[]])[] = [
  ["validated, anyone", { validate: true, onlyKnown: false }, [NONE, SERVED, SERVED, SELF_SIGNED, EXPIRED]],
  [
    "validated, only the first",
    { validate: true, onlyKnown: true, allowed: ["first"] },
    [NONE, SERVED, NOT_ALLOWED, NOT_ALLOWED, NOT_ALLOWED]
  ],
  ["not validated, anyone", { validate: false, onlyKnown: false }, [NONE, SERVED, SERVED, SELF_SIGNED, SERVED]],
  [
    "not validated, only the one signed by itself",
    { validate: false, onlyKnown: true, allowed: ["self"] },
    [NONE, NOT_ALLOWED, NOT_ALLOWED, SERVED, NOT_ALLOWED]
  ]
]

describe.for(matrix)("%s:", ([, trust, outcomes]) => {
  it.for(clients.map((name, i) => [name ?? "no certificate", name, outcomes[i] as string | RegExp] as const))(
    "%s",
    async ([, name, outcome]) => {
      const result = await visit(trust, name)
      if (typeof outcome === "string") expect(result).toBe(outcome)
      else expect(result).toMatch(outcome)
    }
  )
})

/** Further certificates, under each demand that they could slip through. */
const cases: readonly (readonly [string, Trust, string, string | RegExp])[] = [
  ["of another authority, validated", {}, "foreign", UNKNOWN],
  ["of another authority, not validated", { validate: false }, "foreign", UNKNOWN],
  ["of another authority that is trusted too", { authorities: ["ca", "otherCa"] }, "foreign", SERVED],
  ["with a forged signature and expired, validated", {}, "forged", EXPIRED],
  ["with a forged signature and expired, only times forgiven", { validate: false }, "forged", EXPIRED],
  ["signed by a client and expired, only times forgiven", { validate: false }, "byClient", EXPIRED],
  ["allowed, but expired and validated", { onlyKnown: true, allowed: ["expired"] }, "expired", EXPIRED],
  ["allowed and expired", { validate: false, onlyKnown: true, allowed: ["expired"] }, "expired", SERVED],
  [
    "allowed, no authority at all",
    { validate: false, onlyKnown: true, allowed: ["foreign"], authorities: [] },
    "foreign",
    SERVED
  ],
  [
    "with the name of the allowed one, not validated",
    { validate: false, onlyKnown: true, allowed: ["first"] },
    "namesake",
    NOT_ALLOWED
  ],
  ["with the name of the allowed one", { onlyKnown: true, allowed: ["first"] }, "namesake", NOT_ALLOWED],
  ["with the name of one of the authority", { validate: false }, "namesake", SELF_SIGNED],
  ["through an authority in between", {}, "chained", SERVED],
  ["through an authority in between, expired", { validate: false }, "chainedExpired", SERVED],
  ["for servers only", {}, "serverOnly", /is not for clients \(INVALID_PURPOSE\)$/],
  [
    "for servers only and expired, trusted itself, only times forgiven",
    { validate: false, authorities: ["ca", "expiredServer"] },
    "expiredServer",
    EXPIRED
  ],
  ["with a key of 1024 bits", {}, "legacy", SERVED],
  ["with a key of 768 bits", {}, "short", /has a key of 768 bits, less than 1024$/],
  ["with a key of 768 bits, allowed", { validate: false, onlyKnown: true, allowed: ["short"] }, "short", /768 bits/],
  ["of more than 8192 octets", {}, "big", SERVED],
  ["of more than 16384 octets", {}, "huge", /is longer than 16384 octets$/]
]

it.for(cases)("a certificate %s", async ([, trust, name, outcome]) => {
  const result = await visit(trust, name)
  if (typeof outcome === "string") expect(result).toBe(outcome)
  else expect(result).toMatch(outcome)
})

describe("host name verification", () => {
  const names: readonly (readonly [string, string, boolean])[] = [
    ["first", "first.example", true],
    ["first", "other.example", false],
    ["first", "192.0.2.1", true],
    ["first", "192.0.2.2", false],
    ["second", "a.grid.example", true],
    ["second", "a.b.grid.example", false],
    ["named", "named.example", true],
    ["named", "first.example", false]
  ]

  it.for(names)("of the client's certificate: %s, %s", async ([name, hostname, served]) => {
    const transportSecurity = security()
    transportSecurity.setHostnameVerification(hostname)
    const { server, events } = await startServer({ transportSecurity })
    expect(await isServed(server.port, name)).toBe(served)
    if (!served)
      expect((await events.next("refused")).why).toBe(
        `the client's certificate (CN=${name === "named" ? "named.example" : name}) is not for ${hostname}`
      )
  })

  it("can be changed while the server runs, for new connections", async () => {
    const transportSecurity = security()
    const { server } = await startServer({ transportSecurity })
    const client = await startSecure(server.port)
    transportSecurity.setHostnameVerification("second.example")
    expect(await isServed(server.port)).toBe(false)
    expect(await client.answers()).toBe(true)
    transportSecurity.setHostnameVerification(null)
    expect(await isServed(server.port)).toBe(true)
  })

  it("does not ask more of an allowed certificate that is not validated", async () => {
    const transportSecurity = security({ validate: false, onlyKnown: true, allowed: ["self"] })
    transportSecurity.setHostnameVerification("other.example")
    const { server } = await startServer({ transportSecurity })
    expect(await isServed(server.port, "self")).toBe(true)
  })
})

describe("the certificate of a client", () => {
  it("is known of its connection", async () => {
    const { server, events } = await startServer({ transportSecurity: security() })
    await connectSecure(server.port, "first")
    await events.next("connected")
    expect(server.connections.map(({ certificate }) => certificate)).toEqual([
      {
        subject: "CN=first",
        issuer: "CN=Test CA",
        fingerprint256: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
        validTo: "Dec 31 23:59:59 2099 GMT"
      }
    ])
  })
})
