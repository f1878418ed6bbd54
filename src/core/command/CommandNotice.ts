// What is told of commands and selections, and what the application is asked about them.

import type { PointRef } from "../image/Image.ts"
import type { Notice } from "../procedure/Notice.ts"

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

export type CommandNotice = Notice | CommandRequested | SelectRequested | AbandonRequested | Selected | Released
