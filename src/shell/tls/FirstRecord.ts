// Waits until a client has said what a TLS handshake begins with, one whole record: until then no encrypted side is made,
// which costs much more than a connection, and the client counts as silent.
import type { Socket } from "node:net"

const HEADER_OCTETS = 5
const HANDSHAKE = 22
/** Longest record that is waited for; what is wrong with a longer one, or with what is none, the TLS library says. */
const RECORD_OCTETS_MAX = 16_384

/** Calls back once when the first record is there, or something that is none; the octets can be read from the socket. */
export function wait(socket: Socket, came: () => void): void {
  const parts: Buffer[] = []
  let octets = 0
  /** Octets of the record, or of what tells how many they are. */
  let expected = HEADER_OCTETS
  const readable = (): void => {
    for (let part: unknown = socket.read(); Buffer.isBuffer(part); part = socket.read()) {
      parts.push(part)
      octets += part.length
    }
    if (parts[0]?.[0] !== HANDSHAKE) expected = 1
    else if (expected === HEADER_OCTETS && octets >= HEADER_OCTETS)
      expected = Math.min(HEADER_OCTETS + Buffer.concat(parts).readUInt16BE(3), RECORD_OCTETS_MAX)
    if (octets < expected) return
    socket.off("readable", readable)
    socket.unshift(Buffer.concat(parts))
    came()
  }
  socket.on("readable", readable)
  readable()
}
