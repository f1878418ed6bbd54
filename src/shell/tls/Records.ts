// TLS records and the APDUs in them. Many clients wait for their socket, read one APDU, and wait again: what else the
// record held lies in their TLS library, where waiting for the socket does not see it. They take one record at a time
// from the kernel, so it is enough that the last record of every write holds exactly one APDU: as long as a record
// follows they are woken, and the last one leaves nothing behind.
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import * as FragmentLength from "./FragmentLength.ts"

/** Octets of a record at most, unless a socket was told otherwise. */
const RECORD_MAX = 16_384
/** Records are not limited to fewer octets: the limit stays for what is longer. OpenSSL knows none under 512. */
const LIMIT_MIN = 1024

/** Where the last APDU of a run of whole ones begins. */
export function last(octets: Uint8Array, start: number, end: number): number {
  let at = start
  for (let next = start; next < end; next += (octets[next + 1] as number) + 2) at = next
  return at
}

/** The records that a TLS socket writes. */
export class Records {
  private readonly socket: TLSSocket
  /** Octets at which OpenSSL cuts what it writes: it lets them be fewer, and never more again. */
  private limit = RECORD_MAX
  /** Octets of a record that the peer takes at most; 0 = not looked at since the last handshake. */
  private taken = 0
  /** Octets in front of the last APDU of the last run that had such. */
  private before = 0

  /**
   * Makes every write to the socket a record, or several, of its own: Node joins writes that wait for one another through
   * `_writev`, and only there. A stream without one is written piece by piece.
   */
  constructor(socket: TLSSocket) {
    this.socket = socket
    Reflect.set(socket, "_writev", null)
    socket.on("secure", () => {
      this.taken = 0
    })
  }

  /**
   * Called before a run of whole APDUs is written; what lies before the returned place is to be written first, by itself.
   * A second write costs a call of the system and a turn of the loop. So where OpenSSL is asked at once, and nothing of the
   * run waits in Node, it cuts one write: all but the last APDU are whole records, and that one is shorter than they are.
   */
  begin(octets: Uint8Array, start: number, end: number): number {
    const from = last(octets, start, end)
    const before = from - start
    if (before === 0) return start
    const again = before === this.before
    this.before = before
    if (this.socket.writableLength > 0) return from
    if (this.taken === 0) this.taken = FragmentLength.of(this.socket)
    const record = Math.min(this.limit, this.taken)
    return record >= LIMIT_MIN && (before % record === 0 || this.limits(before, record, again)) ? start : from
  }

  /** Whether records are limited to so many octets from now on: only to what comes again and again. */
  private limits(before: number, record: number, again: boolean): boolean {
    if (!again || before < LIMIT_MIN || before > record) return false
    if (!this.socket.setMaxSendFragment(before)) return false
    this.limit = before
    return true
  }
}

/** The records of a socket; null where it does not speak TLS. */
export const of = (socket: Socket): Records | null => (socket instanceof TLSSocket ? new Records(socket) : null)
