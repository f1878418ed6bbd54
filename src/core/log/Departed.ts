// The newest events of points that were removed, as long as somebody may still be told them: the points are gone, but what
// is superseded stays so, and a point that is added anew at an address goes on behind the events of the one before.

import type { Block } from "../image/Block.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import * as EventLog from "./EventLog.ts"

/** Fewer are kept without a look at whether they are still needed. */
const FEW = 64

const keyOf = (ca: number, ioa: number, type: number): number => (ca * 0x100 + type) * 0x1000000 + ioa

/** Notes the newest event of a point that is about to be removed from its block; one that it had from another is noted. */
export function leave(log: EventLog.EventLog, block: Block, slot: number): void {
  const behind = EventLog.ownLastOf(block, slot, log.end)
  if (behind > passed(log)) note(log, block, slot, behind)
}

/** As {@link leave} for all points of a block. */
export function leaveAll(log: EventLog.EventLog, block: Block): void {
  const oldest = passed(log)
  for (let slot = 0; slot < block.length; slot++) {
    const behind = EventLog.ownLastOf(block, slot, log.end)
    if (behind > oldest) note(log, block, slot, behind)
  }
}

function note(log: EventLog.EventLog, block: Block, slot: number, position: number): void {
  const ioa = block.ioa[slot] as number
  if (ioa < 0) return
  const { departed } = log
  const { behind } = departed
  if (behind.size >= departed.full) {
    departed.needed = log.needed()
    const oldest = passed(log)
    for (const [key, other] of behind) if (other <= oldest) behind.delete(key)
    departed.full = Math.max(FEW, behind.size * 2)
  }
  behind.set(keyOf(block.ca, ioa, block.of.eventType), position)
}

/**
 * A position before which nobody is told anything, as it was known last: it only grows, and who asks for it anew asks every
 * session.
 */
const passed = (log: EventLog.EventLog): number => Math.max(EventLog.trim(log, log.end), log.departed.needed)

/** Types that say the same with another time tag, or without one. */
const twins: readonly (readonly number[])[] = TypeTable.byId.map((row, id) =>
  TypeTable.rows.filter((other) => other.untagged === row?.untagged && other.id !== id).map((other) => other.id)
)

/**
 * A point was added: it goes on behind the events of the one that had its address, also where that had another time tag. What
 * the events of a type supersede is asked by type, so what is known of each type stays where it is.
 */
export function comeBack(log: EventLog.EventLog, block: Block, slot: number): void {
  const { behind } = log.departed
  if (behind.size === 0) return
  const { ca, of } = block
  const ioa = block.ioa[slot] as number
  const own = behind.get(keyOf(ca, ioa, of.eventType)) ?? 0
  let other = 0
  for (const type of twins[of.eventType] as readonly number[])
    other = Math.max(other, behind.get(keyOf(ca, ioa, type)) ?? 0)
  const position = Math.max(own, other)
  const oldest = passed(log)
  if (position <= oldest) return
  block.last[slot] = position | 0
  if (block.last[slot] === 0) block.lapSlot = slot
  block.heirs ??= new Map()
  block.heirs.set(slot, position | 0)
  // Behind how many of its own type they lie does not matter: they may still be told.
  if (other <= oldest) return
  block.mixed ??= new Map()
  block.mixed.set(slot, other | 0)
}

/** The position behind the newest event of this type of points that are gone, or 0 when nobody is told of it any more. */
export const lastOf = (log: EventLog.EventLog, ca: number, ioa: number, type: number): number =>
  log.departed.behind.get(keyOf(ca, ioa, type)) ?? 0
