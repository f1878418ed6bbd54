// Cyclic and background transmission (60870-5-5 6.3): values are read from the image when their ASDU is built; they
// are never stored, never repeated, and a batch that is still being sent is not queued twice.
import * as Link from "../apci/Link.ts"
import * as Ledger from "../delivery/Ledger.ts"
import * as Packing from "../delivery/Packing.ts"
import * as Order from "./Order.ts"
import * as Reply from "./Reply.ts"
import type { CyclicBatch, Turn } from "./Turn.ts"

/** Takes the batches that are due. */
export function due(turn: Turn, batches: readonly CyclicBatch[]): void {
  const waiting = turn.work.cyclic
  const fresh = batches.filter((batch) => !waiting.some((cursor) => cursor.batch === batch))
  if (fresh.length === 0) return
  turn.own.cyclic = [...waiting, ...fresh.map((batch) => ({ batch, index: 0 }))]
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
  if (!Reply.passed(turn, Order.pendingMark(turn, block, slots, index, count))) return false
  Packing.points(turn.view, turn.at, block, slots, index, found, type, cause, 0, null)
  Link.sendI(turn, Ledger.NO_EVENTS)
  turn.own.cyclic = [{ batch: cursor.batch, index: index + count }, ...turn.work.cyclic.slice(1)]
  return true
}
