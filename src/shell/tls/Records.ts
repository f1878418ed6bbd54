// TLS records and the APDUs in them. Many clients wait for their socket, read one APDU, and wait again: what else the
// record held lies in their TLS library, where waiting for the socket does not see it. They take one record at a time
// from the kernel, so it is enough that the last record of every write holds exactly one APDU: as long as a record
// follows they are woken, and the last one leaves nothing behind.
// It takes a write of its own: OpenSSL would cut one write by a limit, but that can only be lowered, and a client may have
// asked for a shorter one.
import { TLSSocket } from "node:tls"
import type { Line } from "../Line.ts"

/**
 * Makes every write to a TLS socket a record, or several, of its own; false for any other line. Node joins writes that
 * wait for one another through `_writev`, and only there: a stream without one is written piece by piece.
 */
export function separate(line: Line): boolean {
  if (!(line instanceof TLSSocket)) return false
  Reflect.set(line, "_writev", null)
  return true
}
