// Points that the application has sent together by itself, with a cause that is not logged: a batch like those that the schedule
// makes, known by which points it is of.

import type { Block } from "../image/Block.ts"
import type { CyclicBatch } from "./ReadWork.ts"

/** What is sent of points of a block, given by address, that were there as it had a version. */
export const batchOf = (block: Block, version: number, slots: readonly number[], cause: number): CyclicBatch => ({
  key: keyOf(block, slots, cause),
  block,
  version,
  slots: Int32Array.from(slots),
  type: block.of.cyclicType,
  cause
})

/** A number as two hashes of 32 bits go on with it. */
const mixed = (hash: number, number: number, factor: number): number => {
  const next = Math.imul(hash ^ number, factor)
  return next ^ (next >>> 15)
}

/**
 * The key of points that are sent together with a cause: below 0, and the same whoever lists them however often, so that a
 * list that is made anew each time does not wait once more each time. Other lists hardly ever have it: who finds it taken looks.
 */
function keyOf(block: Block, slots: readonly number[], cause: number): number {
  let high = block.number
  let low = cause
  for (const slot of slots) {
    const born = block.bornOf(slot)
    high = mixed(mixed(high, slot, 0x9e3779b1), born, 0x85ebca6b)
    low = mixed(mixed(low, born, 0xc2b2ae35), slot, 0x27d4eb2f)
  }
  return -1 - ((high >>> 12) * 0x1_0000_0000 + (low >>> 0))
}
