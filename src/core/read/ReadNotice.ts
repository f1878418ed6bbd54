// What is told of interrogations and of lost events, and what the application is asked before values are read.

import type { Block } from "../image/Block.ts"
import type { Order } from "../image/Image.ts"
import type { Addressed, Notice } from "../procedure/Notice.ts"

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

/** Events that were dropped before this session had sent them. */
export interface Overflow {
  readonly kind: "overflow"
  /** Also such as would have been left out: what is overwritten is not looked at any more. */
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

export type ReadNotice = Notice | FreezeRequested | RefreshRequested | Overflow | Interrogated
