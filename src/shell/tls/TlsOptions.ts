// What a TLS listener is told: its certificate, whom it trusts, versions, suites and times; checked before it listens.
import type { X509Certificate } from "node:crypto"
import * as Tls from "node:tls"
import * as Check from "../Check.ts"
import { InvalidArgument } from "../Errors.ts"
import * as TlsCiphers from "./TlsCiphers.ts"
import type { Identity } from "./TlsFiles.ts"

export type TlsVersion = "TLSv1.2" | "TLSv1.3"

export interface TlsOptions {
  readonly identity: Identity
  /** Whether clients' certificates must lead to an authority, be within their time and bear the right name. */
  readonly validate: boolean
  /** Whether clients' certificates must be among `allowed`. */
  readonly onlyKnown: boolean
  readonly authorities: readonly X509Certificate[]
  readonly allowed: readonly X509Certificate[]
  readonly minVersion: TlsVersion
  readonly maxVersion: TlsVersion
  /** IANA numbers of cipher suites, the preferred first. */
  readonly suites: readonly number[]
  /** Time in ms after which a new handshake is asked for, 5 min to 24 h; null = never. TLS 1.2 only. */
  readonly renegotiationMs: number | null
  /** Time in ms within which a session may be resumed, 5 min to 168 h; null = not at all. */
  readonly resumptionMs: number | null
  /** The name or IP address that clients' certificates must be for, asked at every handshake; null = any. */
  readonly hostname: () => string | null
}

export type PartialTlsOptions = Partial<TlsOptions>

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const INTERVAL_MIN_MS = 5 * MINUTE_MS

const defaults: Omit<TlsOptions, "identity"> = {
  validate: true,
  onlyKnown: true,
  authorities: [],
  allowed: [],
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  suites: TlsCiphers.standard,
  renegotiationMs: null,
  resumptionMs: 6 * HOUR_MS,
  hostname: () => null
}

const NAMES: ReadonlySet<string> = new Set(["identity", ...Object.keys(defaults)])

function interval(what: string, value: number | null | undefined, maxMs: number): void {
  if (value === null || value === undefined) return
  if (Number.isInteger(value) && value >= INTERVAL_MIN_MS && value <= maxMs) return
  const expected = `null or a whole number of milliseconds from ${INTERVAL_MIN_MS} to ${maxMs}`
  throw new InvalidArgument({ what, expected, value })
}

/** Checks each option that is given by itself; `nameOf` names a cipher suite. Throws {@link InvalidArgument}. */
export function check(given: PartialTlsOptions, nameOf: (suite: number) => string = hex): void {
  interval("renegotiation time", given.renegotiationMs, 24 * HOUR_MS)
  interval("resumption interval", given.resumptionMs, 168 * HOUR_MS)
  if (given.suites?.length === 0)
    throw new InvalidArgument({ what: "ciphers", expected: "at least one cipher suite", value: "none" })
  const wrong = given.suites?.find((suite) => !TlsCiphers.isSupported(suite))
  if (wrong !== undefined)
    throw new InvalidArgument({
      what: "ciphers",
      expected: "a suite that this Node.js can negotiate",
      value: nameOf(wrong)
    })
}

const hex = (suite: number): string => `0x${suite.toString(16).padStart(4, "0")}`

/** Fills in the defaults and checks that together they let some client in. Throws {@link InvalidArgument}. */
export function complete(given: PartialTlsOptions): TlsOptions {
  Check.options("tls", given, NAMES)
  check(given)
  const { identity } = given
  if (identity === undefined) return refuse("a certificate with its key", "none")
  const options = { ...defaults, ...given, identity }
  const { validate, onlyKnown, authorities, allowed, suites, minVersion, maxVersion } = options
  if (minVersion > maxVersion) refuse(`a version from ${minVersion} up as the highest`, maxVersion)
  if (onlyKnown && allowed.length === 0) refuse("an allowed certificate, as only known ones are let in,", "none")
  if ((validate || !onlyKnown) && authorities.length === 0) refuse("the certificate of an authority", "none")
  const spoken = suites.filter((suite) =>
    TlsCiphers.isOf13(suite) ? maxVersion === "TLSv1.3" : minVersion === "TLSv1.2"
  )
  if (spoken.length === 0) refuse(`a cipher suite for ${minVersion} to ${maxVersion}`, suites.map(hex).join(", "))
  try {
    Tls.createSecureContext(context(options))
  } catch (cause) {
    refuse("a usable combination of certificate and settings", cause instanceof Error ? cause.message : cause)
  }
  return options
}

function refuse(expected: string, value: unknown): never {
  throw new InvalidArgument({ what: "TLS", expected, value })
}

/** The options in the words of Node.js. Suites decide about versions too: one without suites is not spoken. */
export function context(options: TlsOptions): Tls.SecureContextOptions {
  const { identity, authorities, suites } = options
  return {
    cert: identity.chain.map(String).join(""),
    key: identity.key.export({ type: "pkcs8", format: "pem" }),
    // Also when there are none: without a list Node.js trusts the authorities of the web.
    ca: authorities.map(String),
    ciphers: TlsCiphers.list(suites),
    honorCipherOrder: true,
    dhparam: "auto",
    minVersion: suites.every(TlsCiphers.isOf13) ? "TLSv1.3" : options.minVersion,
    maxVersion: suites.some(TlsCiphers.isOf13) ? options.maxVersion : "TLSv1.2"
  }
}
