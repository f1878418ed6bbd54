// What a session tells the shell besides octets, whatever it is about, and what comes back. Callbacks are data: a request
// leaves with an id and comes back as a `Decision` with the same id.

import type { Order } from "../image/Image.ts"
import type { Situation } from "./Rejection.ts"

/** A request to a station or, by the global address, to all of them. */
export interface Addressed {
  /** Those that were there when it came: whoever has the address of one that is gone has nothing to do with it. */
  readonly stations: Order
}

/** A whole frame that was received, told only where the world asks for a trace. */
export interface Traced {
  readonly kind: "traced"
  readonly apdu: Uint8Array
}

/** A request that was not decided in time: it has been confirmed negatively. */
export interface TimedOut {
  readonly kind: "timedOut"
  readonly id: number
}

/** A request that was turned down without asking the application. */
export interface Rejected {
  readonly kind: "rejected"
  readonly situation: Situation
  readonly apdu: Uint8Array
}

/**
 * The answer to a request that the client does not get: data transfer stopped, or the connection ended, before the
 * window allowed it (`success`, `failure`), or before the application gave it (`none`).
 */
export interface Unanswered {
  readonly kind: "unanswered"
  readonly outcome: "success" | "failure" | "none"
  /** The request, or the answer that was not sent. */
  readonly apdu: Uint8Array
}

/** What every procedure may tell. */
export type Notice = Traced | TimedOut | Rejected | Unanswered

/** The application's answer to a request; or its word that values which it was asked for are refreshed, by the id of that. */
export interface Decision {
  readonly id: number
  /** 1: confirm positively, -1: negatively, 0: say nothing now. */
  readonly confirm: 1 | 0 | -1
  /** Whether the activation is terminated by this answer. */
  readonly terminate: boolean
  /** Whether it was asked for a point that is gone: then nothing else counts, and the request is judged anew. */
  readonly gone?: true
  /** Whether the application can answer it no more: its client hears nothing, and that is told. */
  readonly forgotten?: true
  /** Whether the termination says that the operation failed: P/N = 1. */
  readonly failed?: boolean
  /** Keep the request: another decision with the same id will follow. */
  readonly keep: boolean
  /** What becomes of it is told when it is over, also where the request has to be forgotten until then. */
  readonly goesOn?: boolean
  /** The termination waits until events before this mark (Ledger.mark) are sent; -1: it waits for nothing. */
  readonly barrier: number
  /** CP56Time2a words of the station's own time, for the confirmation of a clock synchronisation. */
  readonly timeLow: number
  readonly timeHigh: number
}
