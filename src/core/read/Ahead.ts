// Which counters a session knows more of than the frozen reading that it lost: what the counter says now was read, or sent in
// its cycle, or the reading was healed already. Healing tells no reading behind something newer under the same sequence number.

import type { Block } from "../image/Block.ts"
import type { Frozen } from "../image/Frozen.ts"
import * as Numbered from "../image/Numbered.ts"
import * as EventLog from "../log/EventLog.ts"
import * as Place from "../procedure/Place.ts"
import type { Turn } from "./ReadWork.ts"

/** So many counters are remembered at most; then each counts as one of which more is known. */
const MAX = 1024

const keyOf = (block: Block, slot: number): number => Place.numberOf(block.ca, block.ioa[slot] as number, block.of.type)

/** Notes that an ASDU of these places tells what counters say now, where readings may be lost. */
export function note(turn: Turn, block: Block, slots: Int32Array | null, place: number, count: number): void {
  const { frozen } = block
  const { priority } = block.of
  if (frozen === null || !mayHeal(turn)) return
  const log = turn.world.logs[priority] as EventLog.EventLog
  const past = Math.max(turn.sentTo[priority] as number, EventLog.trim(log, log.end))
  for (let i = place; i < place + count; i++) {
    const slot = slots === null ? i : (slots[i] as number)
    const behind = frozen.toldBehind(slot)
    if (behind > 0 && behind <= past && of(turn, block, slot, frozen) === "nothing") put(turn, block, slot, frozen, 0)
  }
}

/** Notes that healing has told the frozen reading of a counter. */
export const healed = (turn: Turn, block: Block, slot: number, frozen: Frozen): void =>
  put(turn, block, slot, frozen, 1)

/** What was told of a counter that its last freeze belongs to: by healing the reading, by others what is newer. */
export function of(turn: Turn, block: Block, slot: number, frozen: Frozen): "nothing" | "reading" | "newer" {
  const order = frozen.orderOf(slot)
  const known = Numbered.find(turn.rare.ahead, keyOf(block, slot))
  if (known === 2 * order + 1) return "reading"
  return known === 2 * order || order <= turn.rare.aheadOfAll ? "newer" : "nothing"
}

/** When nothing is left to be healed, nothing has to be known. */
export function end(turn: Turn): void {
  if (turn.rare.ahead !== null && !mayHeal(turn)) turn.ownRare.ahead = null
}

function put(turn: Turn, block: Block, slot: number, frozen: Frozen, isHealed: number): void {
  const { ownRare, world } = turn
  const isFull = Numbered.size(ownRare.ahead) >= MAX
  if (isFull) ownRare.aheadOfAll = world.freezes.count
  ownRare.ahead = Numbered.put(isFull ? null : ownRare.ahead, keyOf(block, slot), 2 * frozen.orderOf(slot) + isHealed)
}

/** Whether something is to be healed, or will be: it was overwritten, and the session has not come to it. */
const mayHeal = ({ rare, sentTo, world }: Turn): boolean =>
  rare.heal.length > 0 || world.logs.some((log, priority) => (sentTo[priority] as number) < EventLog.trim(log, log.end))
