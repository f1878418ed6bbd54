// How long the records of a TLS connection may be: a client with little memory asks for short ones (RFC 6066 4), which Node
// does not tell. The session of OpenSSL has it, in DER.
import type { TLSSocket } from "node:tls"

const SEQUENCE = 0x30
/** What OpenSSL keeps the length under, and where in it the number is: behind the headers of [17] and of INTEGER. */
const MODE_TAG = 0xb1
const MODE_AT = 2
/** The lengths that can be asked for are twice as long each, from this one on. */
const SHORTEST = 512
const MODES = 4
/** Octets of a record where nothing was asked for. */
const STANDARD = 16_384
/** Where it cannot be known. */
const UNKNOWN = 1

/** Where an element's content begins and ends. */
function contentAt(der: Buffer, at: number): { readonly from: number; readonly end: number } {
  const first = der.readUInt8(at + 1)
  const more = first < 0x80 ? 0 : first - 0x80
  const length = more === 0 ? first : der.readUIntBE(at + 2, more)
  return { from: at + 2 + more, end: at + 2 + more + length }
}

/** Octets of a record at most, as the handshake has settled. */
export function of(socket: TLSSocket): number {
  const session = socket.getSession()
  if (session === undefined || session[0] !== SEQUENCE) return UNKNOWN
  const { from, end } = contentAt(session, 0)
  for (let at = from; at < end; ) {
    const content = contentAt(session, at)
    if (session[at] !== MODE_TAG) {
      at = content.end
      continue
    }
    const mode = session.readUInt8(content.from + MODE_AT)
    if (mode === 0) return STANDARD
    return mode <= MODES ? SHORTEST << (mode - 1) : UNKNOWN
  }
  return STANDARD
}
