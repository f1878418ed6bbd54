// Cyclic and background transmission (60870-5-5 6.3): values are read from the image when their ASDU is built; they
// are never stored, never repeated, and a batch that is still being sent is not queued twice. Of lists that the application
// sends itself, however many they are, only so many wait as replies do: a client that is slow is told less often.

import * as Numbered from "../image/Numbered.ts"
import * as Link from "../link/Link.ts"
import * as Ledger from "../log/Ledger.ts"
import * as Packing from "../log/Packing.ts"
import * as Order from "./Order.ts"
import type { CyclicBatch, CyclicCursor, Turn } from "./ReadWork.ts"

/** Takes the batches that are due. */
export function due(turn: Turn, batches: readonly CyclicBatch[]): void {
  for (const batch of batches) {
    const key = freeKey(turn, batch)
    if (key === null) continue
    const { own, world } = turn
    if (key < 0 && Numbered.size(own.cyclic) >= world.limits.repliesPerSession) continue
    const id = own.nextPlace++
    own.cycling = Numbered.put(own.cycling, key, batch)
    own.cyclic = Numbered.put(own.cyclic, id, { id, key, batch, index: 0, yields: 0 })
  }
}

/** The key under which a batch may wait: its own, or the next one where another list has that; null when it waits already. */
function freeKey(turn: Turn, batch: CyclicBatch): number | null {
  for (let { key } = batch; ; key--) {
    const found = Numbered.find(turn.work.cycling, key)
    if (found === undefined) return key
    if (key >= 0 || isSame(found, batch)) return null
  }
}

/** Whether a list that waits and one that was made later are of the same points. */
function isSame(waiting: CyclicBatch, { block, version, slots, cause }: CyclicBatch): boolean {
  if (waiting.block !== block || waiting.cause !== cause || waiting.slots.length !== slots.length) return false
  const changed = waiting.version !== version
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as number
    if (waiting.slots[i] !== slot || (changed && !block.holds(slot, waiting.version))) return false
  }
  return true
}

/** A batch is over. */
function end(turn: Turn, { id, key }: CyclicCursor): void {
  const { own } = turn
  own.cycling = Numbered.without(own.cycling, key)
  own.cyclic = Numbered.without(own.cyclic, id)
}

/** Sends the next ASDU of the first batch. False when there is none, or older events of its points have to go first. */
export function step(turn: Turn): boolean {
  for (;;) {
    const cursor = Numbered.first(turn.work.cyclic)
    if (cursor === undefined) return false
    const index = living(cursor)
    if (index < cursor.batch.slots.length) return send(turn, cursor, index)
    end(turn, cursor)
  }
}

/** Where the next point of a batch stands that is still there. */
function living({ batch, index }: CyclicCursor): number {
  const { block, version, slots } = batch
  let at = index
  while (at < slots.length && !block.holds(slots[at] as number, version)) at++
  return at
}

function send(turn: Turn, cursor: CyclicCursor, index: number): boolean {
  const { batch, yields } = cursor
  const { block, version, slots, type, cause } = batch
  let until = index
  while (until < slots.length && until < index + 127 && block.holds(slots[until] as number, version)) until++
  const found = Packing.extent(block, slots, index, until, type, turn.world.profile.maxApduLength)
  const count = Math.abs(found)
  if (Order.yieldsTo(turn, block, slots, index, count, yields)) {
    put(turn, { ...cursor, index, yields: yields + 1 })
    return false
  }
  Order.put(turn, block, slots, index, found, type, cause, 0, null)
  Link.sendI(turn, Ledger.NO_EVENTS)
  put(turn, { ...cursor, index: index + count, yields: 0 })
  return true
}

/** A batch has come so far. */
function put(turn: Turn, cursor: CyclicCursor): void {
  turn.own.cyclic = Numbered.put(turn.work.cyclic, cursor.id, cursor)
}
