// Cyclic and background transmission (60870-5-5 6.3): values are read from the image when their ASDU is built; they
// are never stored, never repeated, and a batch that is still being sent is not queued twice.
import * as Link from "../apci/Link.ts"
import * as Ledger from "../delivery/Ledger.ts"
import * as Packing from "../delivery/Packing.ts"
import * as Order from "./Order.ts"
import type { CyclicBatch, CyclicCursor, Turn } from "./Turn.ts"

/** Takes the batches that are due. */
export function due(turn: Turn, batches: readonly CyclicBatch[]): void {
  const waiting = turn.work.cyclic
  const fresh = batches.filter((batch) => !waiting.some((cursor) => cursor.batch === batch))
  if (fresh.length === 0) return
  turn.own.cyclic = [...waiting, ...fresh.map((batch) => ({ batch, index: 0, yields: 0 }))]
}

/** Sends the next ASDU of the first batch. False when there is none, or older events of its points have to go first. */
export function step(turn: Turn): boolean {
  const cursor = turn.work.cyclic[0]
  if (cursor === undefined) return false
  const { block, version, slots, type, cause } = cursor.batch
  let { index } = cursor
  while (index < slots.length && !block.holds(slots[index] as number, version)) index++
  if (index >= slots.length) {
    turn.own.cyclic = turn.work.cyclic.slice(1)
    return step(turn)
  }
  let until = index
  while (until < slots.length && until < index + 127 && block.holds(slots[until] as number, version)) until++
  const found = Packing.extent(block, slots, index, until, type, turn.world.profile.maxApduLength)
  const count = Math.abs(found)
  if (Order.yieldsTo(turn, block, slots, index, count, cursor.yields)) {
    put(turn, { batch: cursor.batch, index, yields: cursor.yields + 1 })
    return false
  }
  Order.put(turn, block, slots, index, found, type, cause, 0, null)
  Link.sendI(turn, Ledger.NO_EVENTS)
  put(turn, { batch: cursor.batch, index: index + count, yields: 0 })
  return true
}

/** The first batch has come so far. */
function put(turn: Turn, cursor: CyclicCursor): void {
  turn.own.cyclic = [cursor, ...turn.work.cyclic.slice(1)]
}
