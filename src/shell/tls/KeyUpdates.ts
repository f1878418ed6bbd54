// A client of TLS 1.3 may renew its keys whenever it likes (RFC 8446 4.6.3), without end and without sending anything
// else. Each renewal costs the server more than a frame does, and thousands come in one read: whoever renews too often
// is cut.
import type { TLSSocket } from "node:tls"
import type { Limits } from "../../core/Limits.ts"
import type { Clock } from "../Clock.ts"

/** What a renewal of the client's keys is called where Node.js tells of it, for those who decrypt recordings. */
const RENEWED = "CLIENT_TRAFFIC_SECRET_N "

const MINUTE_MS = 60_000

/** What a socket of Node.js has inside. */
interface Inside {
  readonly _handle?: { readonly readStop?: () => unknown } | null
}

/** Calls `cut` once, in the next turn of the event loop, when the client has renewed its keys too often within a minute. */
export function watch(socket: TLSSocket, { keyUpdates }: Limits, clock: Clock, cut: (why: string) => void): void {
  let sinceMs = clock.monotonicMs()
  let count = 0
  const renewed = (line: Buffer): void => {
    if (!line.toString("latin1", 0, RENEWED.length).startsWith(RENEWED)) return
    const nowMs = clock.monotonicMs()
    if (nowMs - sinceMs >= MINUTE_MS) {
      sinceMs = nowMs
      count = 0
    }
    count++
    if (count <= keyUpdates) return
    socket.off("keylog", renewed)
    // OpenSSL is in the middle of a read, which does not survive the end of its connection, and Node.js would go on
    // with the next one before anything else.
    const { _handle: handle } = socket as unknown as Inside
    if (typeof handle?.readStop === "function") handle.readStop()
    setImmediate(cut, `it renewed its TLS keys more than ${keyUpdates} times within a minute`)
  }
  socket.on("keylog", renewed)
}
