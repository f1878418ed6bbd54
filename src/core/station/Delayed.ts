// Events by change that the rate of their points has put off: a literal table by number of the point. When its time has come, what
// the point says then is judged once more.

import type { Block } from "../image/Block.ts"
import { SLOTS } from "../image/Block.ts"
import * as Dues from "../image/Dues.ts"
import * as Image from "../image/Image.ts"
import * as Rates from "../log/Rates.ts"

export type Delayed = Dues.Dues<Image.PointRef>

export const none: Delayed = Dues.none

/** Whether any event is put off. */
export const isAny = (delayed: Delayed): boolean => Dues.size(delayed) > 0

/** The table in which an event of a point is put off until its rate allows it; the same when it is put off already. */
export function put(delayed: Delayed, block: Block, slot: number, dueMs: number): Delayed {
  const number = block.numberOf(slot)
  return Dues.find(delayed, number) === undefined ? Dues.put(delayed, number, Image.refTo(block, slot), dueMs) : delayed
}

/** The table in which an event that is put off follows the rate of its point, which has changed. */
export function changed(delayed: Delayed, block: Block, slot: number): Delayed {
  const number = block.numberOf(slot)
  const known = Dues.find(delayed, number)
  return known === undefined ? delayed : Dues.put(delayed, number, known.value, Rates.allowedMs(block, slot))
}

/** The table without a point. */
export const forget = (delayed: Delayed, block: Block, slot: number): Delayed =>
  Dues.without(delayed, block.numberOf(slot))

/** The table without the points of a block. */
export const forgetBlock = (delayed: Delayed, block: Block): Delayed =>
  Dues.outside(delayed, block.numberOf(0), block.numberOf(SLOTS))

/** The points whose time has come. */
export const due = (delayed: Delayed, nowMs: number): readonly Image.PointRef[] =>
  Dues.due(delayed, nowMs).map(({ value }) => value)

/** Whether an event is made now of a point whose time had come, and the table from now on. */
export interface Judged {
  readonly delayed: Delayed
  readonly isTold: boolean
}

export function judge(delayed: Delayed, point: Image.PointRef, nowMs: number): Judged {
  const { block, slot } = point
  const known = Dues.find(delayed, block.numberOf(slot))
  // Whoever saw what was made before it may have removed it.
  if (known?.value !== point) return { delayed, isTold: false }
  const dueMs = Rates.allowedMs(block, slot)
  // It has made an event meanwhile.
  if (nowMs < dueMs) return { delayed: Dues.put(delayed, block.numberOf(slot), point, dueMs), isTold: false }
  return { delayed: forget(delayed, block, slot), isTold: Rates.hasMoved(block, slot) }
}
