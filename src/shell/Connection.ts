// One connection: a session wired to its line and known to the host. Whoever accepts connections makes it, and whoever
// rehearses that.
import type { CloseReason } from "../core/Violation.ts"
import type { Host } from "./Host.ts"
import type { Line } from "./Line.ts"
import { Reader } from "./Reading.ts"
import type { Peer } from "./ServerEvent.ts"
import { type Certificate, Session } from "./Session.ts"
import type { Gate } from "./tls/Tls.ts"

/** Who is at the other end of a connection. */
export type FarEnd = Pick<Peer, "address" | "port">

/** An IPv4 address that came in through an IPv6 socket, in its own form. */
const plainAddress = (address: string): string => (address.startsWith("::ffff:") ? address.slice(7) : address)

/**
 * Who is at the other end of a line that was just accepted. Null when the system does not know it any more: the connection
 * was reset before, and what was said on it may be there all the same.
 */
export function farEnd({ remoteAddress, remotePort }: Line): FarEnd | null {
  if (remoteAddress === undefined || remotePort === undefined) return null
  return { address: plainAddress(remoteAddress), port: remotePort }
}

/**
 * Begins a session on a line; `ended` is called once, when it is over. `waited`: the connection was made, or admitted, while
 * this process stood still, so that nobody knows how old what it says first is.
 */
export function open(
  host: Host,
  line: Line,
  { address, port }: FarEnd,
  certificate: Certificate | null,
  gate: Gate | undefined,
  ended: (reason: CloseReason) => void,
  waited = false
): Session {
  const peer: Peer = { session: host.nextSession(), address, port }
  const session = new Session(host, line, peer)
  session.certificate = certificate
  if (gate !== undefined) gate.hold = (held) => session.hold(held)
  host.sessions.add(session)
  session.onClosed = (reason) => {
    host.ended(session)
    host.tell({ event: "closed", peer, reason, ...(session.why === null ? {} : { why: session.why }) })
    ended(reason)
  }
  line.on("end", () => session.end("peerClosed"))
  line.on("error", () => session.end("broken"))
  line.on("close", () => session.end("broken"))
  host.tell({ event: "connected", peer })
  // Whoever was told may have closed it.
  if (session.reason !== null) return session
  // What came while the connection was being admitted is taken as soon as there is a reader.
  if (waited) host.stall.waited(session)
  session.reader = new Reader(
    line,
    (chunk) => session.received(chunk),
    certificate === null && host.options.sharedReadBuffer,
    host.turns
  )
  return session
}
