// What becomes of a point's own memory as it is published: what is told is noted where events are made by change, and packed single
// points have no change to tell any more. Beside `EventLog.append`, not around it: that is the hottest call of all.

import type { Block } from "../image/Block.ts"
import * as Value from "../image/Value.ts"
import * as EventLog from "./EventLog.ts"
import * as Rates from "./Rates.ts"

/** Notes what an event of a point tells, also where nobody takes it. */
export function note(block: Block, slot: number, cause: number): void {
  if (block.compared && !EventLog.isLive(cause)) Rates.note(block, slot)
}

/** As {@link note}, of several points, before the first of their events: whoever sees that may change the others. */
export function noteAll(block: Block, slots: readonly number[], cause: number): void {
  if (block.compared && !EventLog.isLive(cause)) for (const slot of slots) Rates.note(block, slot)
}

/** An event of a point was appended: packed single points have no change to tell any more. */
export function told(block: Block, slot: number, cause: number): void {
  if (block.kind === Value.Kind.PackedSingles && !EventLog.isLive(cause)) Rates.reported(block, slot)
}

/** As {@link told}, of `slots[from, to)`. */
export function toldAll(block: Block, slots: readonly number[], from: number, to: number, cause: number): void {
  if (block.kind !== Value.Kind.PackedSingles || EventLog.isLive(cause)) return
  for (let i = from; i < to; i++) Rates.reported(block, slots[i] as number)
}

/** The reading of a counter was appended: what it says next is compared with that, which is what clients know of it by now. */
export function frozen(log: EventLog.EventLog, block: Block, slot: number): void {
  if (block.compared) Rates.noteNewest(log, block, slot)
}

/**
 * So many events are made at most, beside one, before windows of `k` frames are filled: not more than a log holds, where they
 * would be lost unsent to a client that could take them.
 */
export const early = (k: number, isPacked: boolean, { capacity }: EventLog.EventLog): number =>
  Math.min(isPacked ? k * PACKED : k, capacity - 1)

/** So many events share a frame where they are packed: floats with time tag. */
const PACKED = 16
