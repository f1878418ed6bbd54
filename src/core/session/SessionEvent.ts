// Everything that can happen to a session. One shape for all kinds keeps the reducer's call site monomorphic.

import type { FileAnswer } from "../file/FileMessage.ts"
import type { Decision } from "../procedure/Notice.ts"
import type { CyclicBatch } from "../read/ReadWork.ts"

/** What an event says. */
export type Kind =
  /** Octets came from the peer: `chunk`. */
  | "received"
  /** A deadline may have passed. */
  | "tick"
  /** The logs grew, or the socket drained. */
  | "ready"
  /** The application answered: `decisions`. */
  | "decided"
  /** The application was asked everything that a pause waits for, and said this at once: `decisions`. */
  | "resumed"
  /** Values that were asked for are refreshed: `refreshed`. */
  | "refreshed"
  /** Points are due for cyclic transmission: `batches`. */
  | "cyclic"
  /** The file store answered: `file`. */
  | "file"
  /** What was sent has left late: `late`. */
  | "left"
  /** The server closes the connection. */
  | "shutdown"
  /** The peer closed the connection. */
  | "peerClosed"
  /** The connection broke. */
  | "broken"

/**
 * What has left only now, for a reason that is not the peer's: I frames from the `from`-th of the session on, and a TESTFR act
 * that was sent after `afterMs`. Their time runs from now.
 */
export interface Late {
  readonly from: number
  readonly afterMs: number
}

export interface SessionEvent {
  readonly kind: Kind
  /** Monotonic time in whole ms; never decreases within a session. */
  readonly nowMs: number
  /** Up to where each log may be sent: events from here on do not exist yet for this reduction. */
  readonly stable: readonly number[]
  /** Octets of I frames that the transport may still take; negative when more than the limit waits to be drained. */
  readonly room: number
  /** Borrowed until `reduce` returns. */
  readonly chunk: Uint8Array | null
  readonly decisions: readonly Decision[]
  readonly refreshed: number
  readonly batches: readonly CyclicBatch[]
  readonly file: FileAnswer | null
  readonly late: Late | null
  /** Wall clock in ms since 1970 UTC, for judging the age of tagged commands; NaN while it is not synchronised, 0 where nobody asks for it. */
  readonly wallMs: number
  /**
   * All input that had come by this time was read; -1: nobody knows. What waits for the peer is judged by it: of a later time
   * the peer's word may still wait.
   */
  readonly heardMs: number
  /** Whether the chunk may have waited for t1 or longer while nobody read: nobody knows how old its requests are. */
  readonly stale: boolean
  /** Whether requests that cost as much as there are counters are left: others have their turn first. */
  readonly tired: boolean
}

const NONE: readonly never[] = []

/** An event of a kind that carries nothing of its own. A tick comes when all input that waited was read, so up to `heardMs`. */
export const plain = (
  kind: Kind,
  nowMs: number,
  stable: readonly number[],
  room: number,
  heardMs: number = kind === "tick" ? nowMs : -1
): SessionEvent => ({
  kind,
  nowMs,
  stable,
  room,
  chunk: null,
  decisions: NONE,
  refreshed: 0,
  batches: NONE,
  file: null,
  late: null,
  wallMs: 0,
  heardMs,
  stale: false,
  tired: false
})

export const received = (
  nowMs: number,
  stable: readonly number[],
  room: number,
  chunk: Uint8Array,
  wallMs = 0,
  stale = false,
  tired = false
): SessionEvent => ({
  kind: "received",
  nowMs,
  stable,
  room,
  chunk,
  decisions: NONE,
  refreshed: 0,
  batches: NONE,
  file: null,
  late: null,
  wallMs,
  heardMs: -1,
  stale,
  tired
})

export const decided = (
  nowMs: number,
  stable: readonly number[],
  room: number,
  decisions: readonly Decision[],
  kind: "decided" | "resumed" = "decided",
  wallMs = 0,
  tired = false
): SessionEvent => ({
  kind,
  nowMs,
  stable,
  room,
  chunk: null,
  decisions,
  refreshed: 0,
  batches: NONE,
  file: null,
  late: null,
  wallMs,
  heardMs: -1,
  stale: false,
  tired
})
