// Whether a client's certificate lets it in: what OpenSSL found, weighed by what the server was told to demand.
import type { X509Certificate } from "node:crypto"
import * as Net from "node:net"
import type { TLSSocket } from "node:tls"
import type { Certificate } from "../Session.ts"
import { shown } from "../Shown.ts"
import type { TlsOptions } from "./TlsOptions.ts"

/** Largest certificate in octets; IEC 62351-3 asks for at least 8192. */
export const CERTIFICATE_OCTETS_MAX = 16_384

/** Shortest RSA key in bits. */
const KEY_BITS_MIN = 1024

const CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"
const ANY_USAGE = "2.5.29.37.0"

/** Authorities between a certificate and a trusted one. */
const CHAIN_MAX = 8

/** A distinguished name on one line; the client wrote it. */
const oneLine = (name: string): string => shown(name.split("\n").join(", "))

/** What is kept of a certificate. */
const summary = (certificate: X509Certificate): Certificate => ({
  subject: oneLine(certificate.subject ?? ""),
  issuer: oneLine(certificate.issuer ?? ""),
  fingerprint256: certificate.fingerprint256,
  validTo: certificate.validTo
})

/**
 * The certificate of a client whose handshake is finished, or why it is refused.
 * - `onlyKnown`: its certificate is octet for octet an allowed one; without `validate` nothing more is asked.
 * - `validate`: it leads to an authority, within its time, for clients, and for the host name if there is one.
 * - neither: as `validate`, but what is only out of its time is forgiven.
 */
export function judge(socket: TLSSocket, options: TlsOptions, nowMs: number): Certificate | string {
  const own = socket.getPeerX509Certificate()
  if (own === undefined) return "the client showed no certificate"
  const problem = problemOf(own, socket, options, nowMs)
  return problem === null
    ? summary(own)
    : `the client's certificate (${oneLine(own.subject ?? "without name")}) ${problem}`
}

function problemOf(own: X509Certificate, socket: TLSSocket, options: TlsOptions, nowMs: number): string | null {
  const { validate, onlyKnown, allowed } = options
  if (own.raw.length > CERTIFICATE_OCTETS_MAX) return `is longer than ${CERTIFICATE_OCTETS_MAX} octets`
  const bits = own.publicKey.asymmetricKeyDetails?.modulusLength ?? KEY_BITS_MIN
  if (bits < KEY_BITS_MIN) return `has a key of ${bits} bits, less than ${KEY_BITS_MIN}`
  if (onlyKnown) {
    if (!allowed.some((one) => one.raw.equals(own.raw))) return "is not an allowed one"
    if (!validate) return null
  }
  const code = found(socket)
  if (code !== null && (validate || !isOnlyLate(code, own, options)))
    return `${words[code] ?? "is not valid"} (${code})`
  // A resumed session was judged when it began: time went on.
  if (validate && nowMs > own.validToDate.getTime()) return "has expired meanwhile"
  const hostname = options.hostname()
  if (hostname === null || isFor(own, hostname)) return null
  return `is not for ${hostname}`
}

/** OpenSSL's last complaint. `authorized` alone does not tell: it stays true when a later handshake finds something. */
function found(socket: TLSSocket): string | null {
  const error: unknown = socket.authorizationError
  if (error !== null && error !== undefined) return String(error)
  return socket.authorized ? null : "not verified"
}

const words: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "has expired",
  CERT_NOT_YET_VALID: "is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "is of an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT: "is of an unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "is of an unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "is of an unknown authority",
  CERT_SIGNATURE_FAILURE: "has a wrong signature",
  INVALID_PURPOSE: "is not for clients",
  EE_KEY_TOO_SMALL: "has a key that is too short"
}

/**
 * Whether time is the only problem. OpenSSL tells its last complaint only, and times come last: a certificate of
 * anybody that has expired looks like one of our authority that has. So the way to the authority is gone again.
 */
function isOnlyLate(code: string, own: X509Certificate, options: TlsOptions): boolean {
  if (code !== "CERT_HAS_EXPIRED" && code !== "CERT_NOT_YET_VALID") return false
  // The name is misleading: these are the object identifiers of the extended key usage.
  const usages: readonly string[] | undefined = own.keyUsage
  const isForClients = usages?.some((usage) => usage === CLIENT_AUTHENTICATION || usage === ANY_USAGE) ?? true
  return isForClients && leadsTo(own, options.authorities)
}

const signed = (issuer: X509Certificate, certificate: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)

/** Whether signatures lead from a certificate, through those that the client showed with it, to an authority. */
function leadsTo(own: X509Certificate, authorities: readonly X509Certificate[]): boolean {
  let at = own
  for (let depth = 0; depth <= CHAIN_MAX; depth++) {
    if (authorities.some((authority) => authority.raw.equals(at.raw) || signed(authority, at))) return true
    const next = at.issuerCertificate
    if (next === undefined || !signed(next, at)) return false
    at = next
  }
  return false
}

const isFor = (certificate: X509Certificate, hostname: string): boolean =>
  (Net.isIP(hostname) === 0 ? certificate.checkHost(hostname) : certificate.checkIP(hostname)) !== undefined
