// What must not overtake what: a value read from the image never goes before an older event of its point.
import * as EventLog from "../delivery/EventLog.ts"
import * as Ledger from "../delivery/Ledger.ts"
import type { Block } from "../process/Block.ts"
import type { Turn } from "./Turn.ts"

/** How often one ASDU lets newer events of its points go first, so that a storm cannot stop it for ever. */
export const YIELDS_MAX = 8

/** The place from which a cursor goes on that has sent everything up to address `after`; `place` is where it probably is. */
export function resume(block: Block, slots: Int32Array | null, count: number, after: number, place: number): number {
  if (after < 0) return 0
  if (place > 0 && place <= count && block.ioa[slots === null ? place - 1 : (slots[place - 1] as number)] === after)
    return place
  return block.placeAfter(after, slots)
}

/** Asks the application to refresh points before they are read; returns the id of the answer. */
export function askRefresh(turn: Turn, block: Block, slots: readonly number[]): number {
  const id = turn.own.nextId++
  turn.own.asked = true
  turn.notice({ kind: "refresh", id, block, version: block.version, slots })
  return id
}

/** The mark up to which events have to go before these places may be sent, or -1. */
export function pendingMark(turn: Turn, block: Block, slots: Int32Array | null, place: number, count: number): number {
  const { priority } = block.of
  const sent = turn.sentTo[priority] as number
  const end = turn.ends[priority] as number
  if (sent >= end) return Ledger.NO_EVENTS
  let newest = 0
  for (let i = place; i < place + count; i++) {
    const slot = slots === null ? i : (slots[i] as number)
    const last = EventLog.lastOf(block, slot, end)
    if (last > newest) newest = last
  }
  return newest > sent ? Ledger.mark(newest, priority) : Ledger.NO_EVENTS
}

/** The slots among these places that carry a flag. */
export function flagged(
  block: Block,
  flags: Uint8Array,
  slots: Int32Array | null,
  place: number,
  count: number
): readonly number[] {
  const found: number[] = []
  for (let i = place; i < place + count; i++) {
    const slot = slots === null ? i : (slots[i] as number)
    if (flags[slot] !== 0 && (block.ioa[slot] as number) >= 0) found.push(slot)
  }
  return found
}
