// TLS handshakes of accepted connections: each has its time and its place, none waits for another, and each ends with
// a connection whose client is known, or with a reason. Afterwards: renegotiation, and the client is judged again.
import { constants, randomBytes } from "node:crypto"
import type { Socket } from "node:net"
import * as Tls from "node:tls"
import type { Limits } from "../core/Limits.ts"
import type { Clock } from "./Clock.ts"
import type { Certificate } from "./Session.ts"
import * as TlsOptions from "./TlsOptions.ts"
import * as TlsVerify from "./TlsVerify.ts"

/** What becomes of an accepted connection. */
interface Fate {
  /** The client is let in. Called at most once. */
  readonly serve: (socket: Socket, certificate: Certificate) => void
  /** The client is refused, by the handshake or by a later one; the connection is cut. Called at most once. */
  readonly refuse: (why: string) => void
}

interface Pending extends Fate {
  readonly raw: Socket
  /** Ends the waiting. */
  readonly settle: () => void
}

/** Length of the keys that protect session tickets. */
const TICKET_KEYS_OCTETS = 48

const ignore = (): void => {}

/** Tells a connection and its encrypted side as the same: the two ends that no other open connection has. */
const ends = (socket: Socket): string =>
  [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort].join(" ")

/** What OpenSSL says, without its source lines. */
function wordsOf(error: Error & { readonly code?: string; readonly reason?: string }): string {
  const what = error.reason ?? error.message
  return `the TLS handshake failed: ${what}${error.code === undefined ? "" : ` (${error.code})`}`
}

export class Handshakes {
  private readonly options: TlsOptions.TlsOptions
  private readonly limits: Limits
  private readonly clock: Clock
  private readonly server: Tls.Server
  /** Handshakes under way by {@link ends}, the oldest first. */
  private readonly pending = new Map<string, Pending>()
  /** Time within which sessions may be resumed; null = not at all. */
  private readonly resumptionMs: number | null
  private ticketsSinceMs: number

  constructor(options: TlsOptions.TlsOptions, limits: Limits, clock: Clock) {
    this.options = options
    this.limits = limits
    this.clock = clock
    this.ticketsSinceMs = clock.monotonicMs()
    // A resumed session lacks the certificates between the client's and the authority, which are looked at if OpenSSL
    // has complained about times and that is to be forgiven.
    this.resumptionMs = options.validate || options.onlyKnown ? options.resumptionMs : null
    this.server = Tls.createServer({
      ...TlsOptions.context(options),
      requestCert: true,
      // Every client finishes its handshake and is judged then, so that there is a reason to tell.
      rejectUnauthorized: false,
      // Node's own time-out starts again with every octet; ours does not, and comes first.
      handshakeTimeout: 2 * limits.handshakeMs,
      ...(this.resumptionMs === null
        ? { secureOptions: constants.SSL_OP_NO_TICKET }
        : { sessionTimeout: Math.ceil(this.resumptionMs / 1000) })
    })
    this.server.on("tlsClientError", (error, socket) => this.failed(socket, error))
    this.server.on("secureConnection", (socket) => this.secured(socket))
  }

  /** Shakes hands on a connection that was just accepted. When too many are under way, the oldest is cut. */
  begin(raw: Socket, fate: Fate): void {
    const key = ends(raw)
    if (raw.destroyed) return fate.refuse("the client went before the TLS handshake")
    const [oldest] = this.pending.values()
    if (oldest !== undefined && this.pending.size >= this.limits.handshakes)
      this.refuse(oldest, `it was the oldest of ${this.pending.size} TLS handshakes under way`)
    const gone = (): void => this.refuse(pending, "the client went during the TLS handshake")
    const cancel = this.clock.wake(this.limits.handshakeMs, () =>
      this.refuse(pending, `the TLS handshake was not finished within ${this.limits.handshakeMs} ms`)
    )
    const settle = (): void => {
      if (this.pending.get(key) === pending) this.pending.delete(key)
      cancel()
      raw.off("close", gone)
    }
    const pending: Pending = { ...fate, raw, settle }
    this.pending.set(key, pending)
    raw.on("close", gone)
    this.renewTicketKeys()
    this.server.emit("connection", raw)
  }

  /** Cuts the handshakes under way. */
  close(): void {
    for (const pending of [...this.pending.values()]) this.refuse(pending, "the server is stopping")
  }

  /** Sessions are resumed with the keys of their time: with these gone, none outlives the interval, however often resumed. */
  private renewTicketKeys(): void {
    const nowMs = this.clock.monotonicMs()
    if (this.resumptionMs === null || nowMs - this.ticketsSinceMs < this.resumptionMs) return
    this.ticketsSinceMs = nowMs
    this.server.setTicketKeys(randomBytes(TICKET_KEYS_OCTETS))
  }

  private refuse(pending: Pending, why: string): void {
    pending.settle()
    pending.refuse(why)
    pending.raw.destroy()
  }

  /** A handshake failed. When the client has gone, its ends are unknown and the close of its connection tells. */
  private failed(socket: Tls.TLSSocket, error: Error): void {
    const pending = this.pending.get(ends(socket))
    if (pending !== undefined) this.refuse(pending, wordsOf(error))
    socket.destroy()
  }

  private secured(socket: Tls.TLSSocket): void {
    const pending = this.pending.get(ends(socket))
    // The session listens to errors too, if there comes to be one.
    socket.on("error", ignore)
    const certificate = socket.getPeerX509Certificate()
    const why = TlsVerify.refusal(socket, this.options, this.clock.wallMs())
    // Without an entry the handshake was given up in the same moment, and that was told.
    if (pending === undefined || why !== null || certificate === undefined) {
      if (pending !== undefined) this.refuse(pending, why ?? "the client showed no certificate")
      socket.destroy()
      return
    }
    pending.settle()
    this.watch(socket, pending)
    pending.serve(socket, TlsVerify.summary(certificate))
  }

  // ---- after the handshake ----

  /** Judges the client again after every further handshake, and asks for one from time to time. */
  private watch(socket: Tls.TLSSocket, { refuse }: Fate): void {
    const { renegotiationMs } = this.options
    let cancel = ignore
    const cut = (why: string): void => {
      if (socket.destroyed) return
      cancel()
      refuse(why)
      socket.destroy()
    }
    const arm = (): void => {
      if (renegotiationMs === null || socket.getProtocol() !== "TLSv1.2") return
      cancel()
      cancel = this.clock.wake(renegotiationMs, () => {
        cancel = this.clock.wake(this.limits.handshakeMs, () =>
          cut(`the client did not renegotiate within ${this.limits.handshakeMs} ms`)
        )
        socket.renegotiate({ requestCert: true, rejectUnauthorized: false }, (error) => {
          if (error !== null) cut(`TLS renegotiation failed: ${error.message}`)
        })
      })
    }
    socket.on("secure", () => {
      const why = TlsVerify.refusal(socket, this.options, this.clock.wallMs())
      if (why === null) arm()
      else cut(why)
    })
    socket.once("close", () => cancel())
    arm()
  }
}
