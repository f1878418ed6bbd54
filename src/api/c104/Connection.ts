// An open connection as the server's owner sees it: who it is, what it did, and how to end it.
import { Phase } from "../../core/link/Link.ts"
import type { CloseReason } from "../../core/Violation.ts"
import type { Session } from "../../shell/Session.ts"

/** State of data transfer. */
export type ConnectionState = "stopped" | "started" | "stopping" | "closed"

const states: readonly ConnectionState[] = ["stopped", "started", "stopping", "closed"]

/** What a connection has done so far. */
export interface ConnectionCounters {
  /** I frames received and sent. */
  readonly receivedFrames: number
  readonly sentFrames: number
  readonly receivedOctets: number
  readonly sentOctets: number
  /** Own I frames that the client has not acknowledged. */
  readonly unacknowledgedFrames: number
  /** Events that wait to be sent. */
  readonly waitingEvents: number
  /** Events that were dropped before they were sent. */
  readonly lostEvents: number
}

export class Connection {
  readonly #session: Session

  /** Connections are listed by `server.connections`. */
  constructor(session: Session) {
    this.#session = session
  }

  /** Number of the connection in this server. */
  get id(): number {
    return this.#session.peer.session
  }
  /** Address of the client. */
  get ip(): string {
    return this.#session.peer.address
  }
  get port(): number {
    return this.#session.peer.port
  }
  get state(): ConnectionState {
    return states[this.#session.state.link.phase] ?? "closed"
  }
  /** Why the connection ended; null while it is open. */
  get closeReason(): CloseReason | null {
    return this.#session.reason
  }
  /** The client's certificate where TLS is used, else null. */
  get certificate(): Session["certificate"] {
    return this.#session.certificate
  }

  get counters(): ConnectionCounters {
    const { state, cursor, line, host } = this.#session
    const { low, high } = state.link.ledger
    const open = state.link.phase !== Phase.Closed
    return {
      receivedFrames: state.receivedFrames,
      sentFrames: state.sentFrames,
      receivedOctets: line.bytesRead,
      sentOctets: line.bytesWritten,
      unacknowledgedFrames: high - low,
      waitingEvents: open ? this.#session.waiting(host.logEnds()) : 0,
      lostEvents: cursor.rare.lost
    }
  }

  /** Closes the connection; what was written leaves first. `why` is told to `onDisconnect`, observers and the log. */
  close(why?: string): void {
    this.#session.why = why ?? null
    this.#session.end("shutdown")
  }

  toString(): string {
    return `Connection ${this.ip}:${this.port} (${this.state})`
  }
}
