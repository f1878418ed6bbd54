// TLS of a server in a transcript: what `given tls` says, and what the server is told because of it. Certificates have
// the names that they have in test/fixtures/tls.
import path from "node:path"
import { fileURLToPath } from "node:url"
import { TransportSecurity } from "../../src/api/c104/TransportSecurity.ts"
import type { TlsOptions } from "../../src/shell/tls/TlsOptions.ts"

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), "../fixtures/tls")

/** The path of a certificate (`pem`) or of its key. */
export function file(name: string, kind: "pem" | "key"): string {
  if (!/^[a-zA-Z]+$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a certificate`)
  return path.join(folder, `${name}.${kind}`)
}

export interface GivenTls {
  /** Whether certificates have to lead to an authority and be within their time. */
  readonly validate: boolean
  /** The certificates that are let in; none = whoever is validated. */
  readonly allowed: readonly string[]
  /** Time in s after which the server renegotiates (0 = never), and within which sessions may be resumed. */
  readonly renegotiation: number
  readonly resumption: number
}

const standard: GivenTls = { validate: true, allowed: [], renegotiation: 0, resumption: 21_600 }

/** What is given after `tls`, `tls validate no`, `tls allowed first second`, `tls resumption 3600`, ... */
export function and(before: GivenTls | null, [subject, ...rest]: readonly string[]): GivenTls {
  const given = before ?? standard
  const [first = ""] = rest
  switch (subject) {
    case undefined:
      return given
    case "validate":
      if (first !== "yes" && first !== "no") throw new Error(`${first} is none of yes, no`)
      return { ...given, validate: first === "yes" }
    case "allowed":
      return { ...given, allowed: rest }
    case "renegotiation":
    case "resumption":
      if (!/^\d+$/.test(first)) throw new Error(`${JSON.stringify(first)} is no time in seconds`)
      return { ...given, [subject]: Number(first) }
    default:
      throw new Error(`${subject} is nothing that TLS has`)
  }
}

/** What the server is told: a certificate of the test authority, which it trusts alone. */
export function optionsOf({ validate, allowed, renegotiation, resumption }: GivenTls): TlsOptions {
  const security = new TransportSecurity({ validate, onlyKnown: allowed.length > 0 })
  security.setCertificate({ cert: file("server", "pem"), key: file("server", "key") })
  security.setCaCertificate(file("ca", "pem"))
  for (const name of allowed) security.addAllowedRemoteCertificate(file(name, "pem"))
  if (renegotiation > 0) security.setRenegotiationTime(renegotiation * 1000)
  security.setResumptionInterval(resumption * 1000)
  return security.freeze()
}
