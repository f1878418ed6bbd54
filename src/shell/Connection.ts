// One connection: a session wired to its socket and known to the host. Whoever accepts sockets makes it, and whoever
// rehearses that.
import type * as Net from "node:net"
import type { CloseReason } from "../core/Violation.ts"
import type { Host } from "./Host.ts"
import { Reader } from "./Reading.ts"
import type { Peer } from "./ServerEvent.ts"
import { type Certificate, Session } from "./Session.ts"
import type { Gate } from "./tls/Tls.ts"

/** An IPv4 address that came in through an IPv6 socket, in its own form. */
export const plainAddress = (address: string): string => (address.startsWith("::ffff:") ? address.slice(7) : address)

/**
 * Begins a session on a socket; `ended` is called once, when it is over. `waited`: the connection was made while this process
 * stood still, and so may be what it says first.
 */
export function open(
  host: Host,
  socket: Net.Socket,
  certificate: Certificate | null,
  gate: Gate | undefined,
  ended: (reason: CloseReason) => void,
  waited = false
): Session {
  const peer: Peer = {
    session: host.nextSession(),
    address: plainAddress(socket.remoteAddress ?? ""),
    port: socket.remotePort ?? 0
  }
  const session = new Session(host, socket, peer)
  session.certificate = certificate
  if (gate !== undefined) gate.hold = (held) => session.hold(held)
  host.sessions.add(session)
  host.tell({ event: "connected", peer })
  session.onClosed = (reason) => {
    host.ended(session)
    host.tell({ event: "closed", peer, reason, ...(session.why === null ? {} : { why: session.why }) })
    ended(reason)
  }
  socket.on("end", () => session.end("peerClosed"))
  socket.on("error", () => session.end("broken"))
  socket.on("close", () => session.end("broken"))
  // What came while the connection was being admitted is taken as soon as there is a reader.
  if (waited) host.stall.waited(session)
  session.reader = new Reader(
    socket,
    (chunk) => session.received(chunk),
    certificate === null && host.options.sharedReadBuffer
  )
  return session
}
