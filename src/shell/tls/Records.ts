// TLS records and the APDUs in them. Many clients wait for their socket, read one APDU, and wait again: what else the
// record held lies in their TLS library, where waiting for the socket does not see it. They take one record at a time
// from the kernel, so it is enough that the last record of every write holds exactly one APDU: as long as a record
// follows they are woken, and the last one leaves nothing behind.
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"

/** Octets of a record at most, unless a socket was told otherwise. */
const RECORD_MAX = 16_384
/** Fewer than these OpenSSL does not let a record be limited to. */
const LIMIT_MIN = 512

/** Where the last APDU of a run of whole ones begins. */
export function last(octets: Uint8Array, start: number, end: number): number {
  let at = start
  for (let next = start; next < end; next += (octets[next + 1] as number) + 2) at = next
  return at
}

/** The records that a TLS socket writes. */
export class Records {
  private readonly socket: TLSSocket
  /** Octets of a record at most, as the socket was told last. */
  private limit = RECORD_MAX

  /**
   * Makes every write to the socket a record, or several, of its own: Node joins writes that wait for one another through
   * `_writev`, and only there. A stream without one is written piece by piece.
   */
  constructor(socket: TLSSocket) {
    this.socket = socket
    Reflect.set(socket, "_writev", null)
  }

  /**
   * Called before a run of whole APDUs is written; what lies before the returned place is to be written first, by itself.
   * A second write costs a call of the system and a turn of the loop. So where OpenSSL is asked at once, and nothing of the
   * run waits in Node, it cuts one write into two records: the limit is all but the last APDU, and that one is shorter.
   */
  begin(octets: Uint8Array, start: number, end: number): number {
    const from = last(octets, start, end)
    const before = from - start
    if (before === 0) return start
    const cuts = before >= LIMIT_MIN && before <= RECORD_MAX && this.socket.writableLength === 0
    return this.limited(cuts ? before : RECORD_MAX) && cuts ? start : from
  }

  /** Whether records are limited to so many octets now. */
  private limited(limit: number): boolean {
    if (limit !== this.limit && this.socket.setMaxSendFragment(limit)) this.limit = limit
    return limit === this.limit
  }
}

/** The records of a socket; null where it does not speak TLS. */
export const of = (socket: Socket): Records | null => (socket instanceof TLSSocket ? new Records(socket) : null)
