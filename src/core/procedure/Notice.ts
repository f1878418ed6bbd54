// What a session tells the shell besides octets: decisions it needs, and facts worth knowing. Callbacks are data: a
// request leaves with an id and comes back as a `Decision` with the same id.
import type { Block } from "../image/Block.ts"
import type { Order, PointRef } from "../image/Image.ts"
import type { CloseReason } from "../Violation.ts"
import type { FileRequested } from "./FileMessage.ts"
import type { Situation } from "./Rejection.ts"

/** What a command says that the application has to decide. The point's current value is not changed by the core. */
export interface Commanded extends PointRef {
  readonly id: number
  readonly type: number
  readonly ca: number
  readonly ioa: number
  /** The commanded value as a number, in the range of the point. */
  readonly value: number
  /** QU of commands, QL of set-points, 0 for bitstrings. */
  readonly qualifier: number
  /** CP56Time2a words of a time-tagged command, else 0. */
  readonly timeLow: number
  readonly timeHigh: number
  readonly originator: number
  /** Whether this executes a selection. */
  readonly selected: boolean
  /** The whole APDU as received, control field zeroed. */
  readonly apdu: Uint8Array
}

/** A command that is to be carried out. */
export interface CommandRequested extends Commanded {
  readonly kind: "command"
}

/** A command point that is to be selected, where the point asks who may. */
export interface SelectRequested extends Commanded {
  readonly kind: "select"
}

/** A command of this session that was confirmed, is not over, and is to be stopped (cause 8). */
export interface AbandonRequested extends Commanded {
  readonly kind: "abandon"
}

/** A request to a station or, by the global address, to all of them. */
export interface Addressed {
  /** Those that were there when it came: whoever has the address of one that is gone has nothing to do with it. */
  readonly stations: Order
}

/** A freeze or reset of counters that has to be carried out. */
export interface FreezeRequested extends Addressed {
  readonly kind: "freeze"
  readonly id: number
  /** 65535 = all stations. */
  readonly ca: number
  /** Those of the stations that have such counters. */
  readonly counting: Order
  /** Counter group 1..4, 0 = all counters. */
  readonly group: number
  readonly freeze: boolean
  readonly reset: boolean
}

/** A reset of the process (QRP 1) or of pending time-tagged events (QRP 2) that the application has to decide. */
export interface ResetRequested extends Addressed {
  readonly kind: "reset"
  readonly id: number
  readonly ca: number
  readonly qualifier: number
}

/** A parameter that is to be loaded (P_ME) or activated (P_AC) and that the application has to decide. */
export interface ParameterRequested extends Addressed {
  readonly kind: "parameter"
  readonly id: number
  readonly ca: number
  /** The measured value, or null for all loaded parameters (P_AC with QPA 1). */
  readonly block: Block | null
  readonly slot: number
  readonly born: number
  /** Address of the measured value; 0 for all loaded parameters. */
  readonly ioa: number
  readonly type: number
  /** QPM or QPA octet. */
  readonly qualifier: number
  /** The loaded value; 0 for P_AC. */
  readonly value: number
  /** P_AC with cause 8. */
  readonly deactivate: boolean
}

/** A command point was selected by this session, or its selection goes on until another time. */
export interface Selected extends PointRef {
  readonly kind: "selected"
  /** The address that was selected, whatever becomes of the point. */
  readonly ioa: number
  readonly originator: number
  readonly untilMs: number
  /** Whether it is new; else it goes on until another time, or is executed. */
  readonly fresh: boolean
}

/** Why a selection ended: executed, taken back, an execute that said something else, time, or the end of data transfer. */
export type Unselected = "executed" | "cancelled" | "mismatched" | "expired" | "ended"

/** A selection of this session ended. */
export interface Released extends PointRef {
  readonly kind: "released"
  /** The address that was selected: its point may be gone, and another one in its place. */
  readonly ioa: number
  readonly why: Unselected
}

/** A whole frame that was received, told only where the world asks for a trace. */
export interface Traced {
  readonly kind: "traced"
  readonly apdu: Uint8Array
}

/** A clock synchronisation that the application has to decide. */
export interface ClockRequested extends Addressed {
  readonly kind: "clock"
  readonly id: number
  readonly ca: number
  readonly timeLow: number
  readonly timeHigh: number
  readonly originator: number
  readonly apdu: Uint8Array
}

/**
 * Points whose application wants to refresh them before they are sent, of the block as it was in a version. Answered by
 * `Refreshed` with the same id.
 */
export interface RefreshRequested {
  readonly kind: "refresh"
  readonly id: number
  readonly block: Block
  readonly version: number
  readonly slots: readonly number[]
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

/** Events that were dropped before this session had sent them. */
export interface Overflow {
  readonly kind: "overflow"
  readonly lost: number
  /** Counters among them, found later, whose reading is not known any more: no running value stands for it. */
  readonly counters: number
}

/** An interrogation (type 100) or counter interrogation (101) that was answered completely. */
export interface Interrogated {
  readonly kind: "interrogated"
  readonly type: 100 | 101
  readonly ca: number
  readonly qualifier: number
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

/** What waits for a `Decision` with its id. */
export type Request =
  | CommandRequested
  | SelectRequested
  | AbandonRequested
  | ClockRequested
  | FreezeRequested
  | ResetRequested
  | ParameterRequested

export type Notice =
  | Request
  | RefreshRequested
  | Selected
  | Released
  | Traced
  | FileRequested
  | TimedOut
  | Rejected
  | Overflow
  | Interrogated
  | Unanswered
  /** An accepted reset of the process is due: every connection has to end. */
  | { readonly kind: "restarting" }
  /**
   * Data transfer stops or the connection ends as soon as the application was asked what the notices before this say:
   * to be answered by a `resumed` event with what it says at once. No request may be begun after this.
   */
  | { readonly kind: "stopping" }
  /**
   * What was received is judged when the application was asked what came before it: to be answered by a `resumed` event with
   * what it says at once. Nothing ends by this.
   */
  | { readonly kind: "holding" }
  | { readonly kind: "started" }
  | { readonly kind: "stopped" }
  | { readonly kind: "closed"; readonly reason: CloseReason }

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
