// What the application is asked about clock, reset and parameters, and that a reset is due.

import type { Block } from "../image/Block.ts"
import type { Addressed, Notice } from "../procedure/Notice.ts"

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

/** An accepted reset of the process is due: every connection has to end. */
export interface Restarting {
  readonly kind: "restarting"
}

export type SystemNotice = Notice | ClockRequested | ResetRequested | ParameterRequested | Restarting
