// TLS handshakes of accepted connections: each has its time and its place, none waits for another, and each ends with
// a connection whose client is known, or with a reason. Afterwards: renegotiation, and the client is judged again.
import { constants, randomBytes } from "node:crypto"
import type { Socket } from "node:net"
import * as Tls from "node:tls"
import type { Limits } from "../../core/Limits.ts"
import * as Places from "../../core/station/Handshakes.ts"
import { shareOf } from "../../core/station/Share.ts"
import { type Clock, DELAY_MAX_MS } from "../Clock.ts"
import { InLine } from "../InLine.ts"
import type { Line } from "../Line.ts"
import * as Patience from "../Patience.ts"
import * as ReadAhead from "../ReadAhead.ts"
import type { Certificate } from "../Session.ts"
import { shown } from "../Shown.ts"
import * as FirstRecord from "./FirstRecord.ts"
import * as KeyUpdates from "./KeyUpdates.ts"
import * as TlsOptions from "./TlsOptions.ts"
import * as TlsVerify from "./TlsVerify.ts"

/** What becomes of an accepted connection. */
/** Set by whoever sends on a connection: told to hold back while a handshake goes on, and when it may go on itself. */
export interface Gate {
  hold: (held: boolean) => void
}

interface Fate {
  /** The client is let in. Called at most once. */
  readonly serve: (line: Line, certificate: Certificate, gate: Gate) => void
  /** The client was refused, by the handshake or by a later one, and its connection was cut. Called at most once. */
  readonly refused: (why: string) => void
}

interface Pending extends Fate {
  readonly number: number
  readonly raw: Socket
  /** Ends the waiting; its time and its place are free. */
  readonly settle: () => void
}

/** Length of the keys that protect session tickets. */
const TICKET_KEYS_OCTETS = 48

const ignore = (): void => {}

/** Tells a connection and its encrypted side as the same: the two ends that no other open connection has. */
const ends = (socket: Socket): string =>
  [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort].join(" ")

type TlsError = Error & { readonly code?: string; readonly reason?: string }

/** What OpenSSL says, without its source lines. */
const wordsOf = (error: TlsError): string =>
  `${shown(error.reason ?? error.message)}${error.code === undefined ? "" : ` (${error.code})`}`

/**
 * Node.js takes the fourth of renegotiations that follow each other within ten minutes for an attack, and counts those
 * that the server asks for too: ours keep that distance.
 */
const RENEGOTIATION_MIN_MS = (Tls.CLIENT_RENEG_WINDOW + 1) * 1000

/** So many handshakes are answered in a turn of the event loop: a signature takes a millisecond or more, and needs no client of ours. */
const ANSWERED = 4

export class Handshakes {
  private readonly options: TlsOptions.TlsOptions
  private readonly limits: Limits
  private readonly clock: Clock
  private readonly server: Tls.Server
  /** Handshakes under way by {@link ends}, the oldest first. */
  private readonly pending = new Map<string, Pending>()
  private readonly byNumber = new Map<number, Pending>()
  private last = 0
  private places = Places.none
  /** Whose clients have said their first record. */
  private readonly line: InLine<Pending>
  /** Time within which sessions may be resumed; null = not at all. */
  private readonly resumptionMs: number | null
  private ticketsSinceMs: number

  constructor(options: TlsOptions.TlsOptions, limits: Limits, clock: Clock) {
    this.options = options
    this.limits = limits
    this.clock = clock
    this.line = new InLine(clock, ANSWERED, (pending) => this.answer(pending))
    this.ticketsSinceMs = clock.monotonicMs()
    // A resumed session lacks the certificates between the client's and the authority, which are looked at if OpenSSL
    // has complained about times and that is to be forgiven.
    this.resumptionMs = options.validate || options.onlyKnown ? options.resumptionMs : null
    this.server = Tls.createServer({
      ...TlsOptions.context(options),
      requestCert: true,
      // Every client finishes its handshake and is judged then, so that there is a reason to tell.
      rejectUnauthorized: false,
      // Node's own time-out starts again with every octet, and knows nothing of stalls; ours always comes first.
      handshakeTimeout: DELAY_MAX_MS,
      ...(this.resumptionMs === null
        ? { secureOptions: constants.SSL_OP_NO_TICKET }
        : { sessionTimeout: Math.ceil(this.resumptionMs / 1000) })
    })
    this.server.on("tlsClientError", (error, socket) => this.failed(socket, error))
    this.server.on("secureConnection", (socket) => this.secured(socket))
  }

  /** Shakes hands on a socket from an address that was just accepted. When too many are under way, one of them is cut. */
  begin(line: Line, address: string, fate: Fate): void {
    const raw = line as Socket
    const key = ends(raw)
    if (raw.destroyed) return fate.refused("the client went before the TLS handshake")
    if (Places.taken(this.places) >= this.limits.handshakes) this.makeRoom()
    const gone = (): void => this.refuse(pending, "the client went during the TLS handshake")
    const cancel = Patience.within(this.clock, this.limits.handshakeMs, () =>
      this.refuse(pending, `the TLS handshake was not finished within ${this.limits.handshakeMs} ms`)
    )
    const settle = (): void => {
      if (this.pending.get(key) === pending) this.pending.delete(key)
      this.byNumber.delete(number)
      this.places = Places.free(this.places, number)
      cancel()
      raw.off("close", gone)
    }
    const number = ++this.last
    const pending: Pending = { ...fate, number, raw, settle }
    this.pending.set(key, pending)
    this.byNumber.set(number, pending)
    this.places = Places.take(this.places, number, address)
    raw.on("close", gone)
    FirstRecord.wait(raw, () => {
      this.places = Places.speaks(this.places, number)
      // How the connection goes on is for its encrypted side to read.
      ReadAhead.stop(raw)
      this.line.add(pending, shareOf(address))
    })
  }

  /** Answers what a client has said first, unless it has lost its place meanwhile. */
  private answer(pending: Pending): void {
    if (!this.byNumber.has(pending.number)) return
    this.renewTicketKeys()
    this.server.emit("connection", pending.raw)
  }

  private makeRoom(): void {
    const leaving = Places.leaving(this.places)
    if (leaving === null) return
    const { number, silent, among } = leaving
    this.refuse(
      this.byNumber.get(number) as Pending,
      `it was the oldest of ${among} ${silent ? "silent " : ""}TLS handshakes under way from its address`
    )
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

  /**
   * Cuts a connection by its encrypted side, or by its raw side as long as the other is not known: the encrypted side
   * follows by itself. Never by both: Node.js 24 crashes when the encrypted side is destroyed right after the raw one.
   */
  private refuse(pending: Pending, why: string, socket: Socket = pending.raw): void {
    pending.settle()
    if (!pending.raw.destroyed) socket.destroy()
    pending.refused(why)
  }

  /** A handshake failed. When the client has gone, its ends are unknown: then the close of the raw side tells. */
  private failed(socket: Tls.TLSSocket, error: Error): void {
    const pending = this.pending.get(ends(socket))
    if (pending !== undefined) this.refuse(pending, `the TLS handshake failed: ${wordsOf(error)}`, socket)
  }

  private secured(socket: Tls.TLSSocket): void {
    const pending = this.pending.get(ends(socket))
    // The session listens to errors too, if there comes to be one.
    socket.on("error", ignore)
    // The handshake was given up in the same moment: that was told, and the connection is being cut.
    if (pending === undefined || pending.raw.destroyed) return
    const verdict = TlsVerify.judge(socket, this.options, this.clock.wallMs())
    if (typeof verdict === "string") return this.refuse(pending, verdict, socket)
    pending.settle()
    const gate: Gate = { hold: ignore }
    this.watch(socket, pending, gate)
    pending.serve(socket, verdict, gate)
  }

  // ---- after the handshake ----

  /** Judges the client again after every further handshake, and asks for one from time to time. */
  private watch(socket: Tls.TLSSocket, { refused }: Fate, gate: Gate): void {
    const { renegotiationMs } = this.options
    const intervalMs = renegotiationMs === null ? null : Math.max(renegotiationMs, RENEGOTIATION_MIN_MS)
    let cancel = ignore
    const cut = (why: string): void => {
      if (socket.destroyed) return
      cancel()
      socket.destroy()
      refused(why)
    }
    const arm = (): void => {
      if (intervalMs === null || socket.getProtocol() !== "TLSv1.2") return
      cancel()
      cancel = this.clock.wake(intervalMs, () => {
        cancel = Patience.within(this.clock, this.limits.handshakeMs, () =>
          cut(`the client did not renegotiate within ${this.limits.handshakeMs} ms`)
        )
        // Clients of OpenSSL end a connection whose data comes between the records of a handshake: ours waits for its end.
        gate.hold(true)
        socket.renegotiate({ requestCert: true, rejectUnauthorized: false }, (error) => {
          if (error !== null) cut(`the TLS renegotiation failed: ${wordsOf(error)}`)
        })
      })
    }
    socket.on("secure", () => {
      const verdict = TlsVerify.judge(socket, this.options, this.clock.wallMs())
      if (typeof verdict === "string") cut(verdict)
      else arm()
      gate.hold(false)
    })
    // What the connection itself suffers (a reset, say) is the session's to tell.
    socket.on("error", (error: TlsError) => {
      if (/^ERR_(SSL|TLS)_/.test(error.code ?? "")) cut(`TLS failed: ${wordsOf(error)}`)
    })
    if (socket.getProtocol() === "TLSv1.3") KeyUpdates.watch(socket, this.limits, this.clock, cut)
    socket.once("close", () => cancel())
    arm()
  }
}
