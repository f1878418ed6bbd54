// What must not overtake what: a value read from the image never goes before an older event of its point. Events that
// will be sent soon go first; of a point for which more waits, what its next event will tell is said, so that whoever
// asks has his share of the frames whatever the backlog.

import type { Block } from "../image/Block.ts"
import type { Frozen } from "../image/Frozen.ts"
import * as Numbered from "../image/Numbered.ts"
import type { Ordered } from "../image/Ordered.ts"
import * as EventLog from "../log/EventLog.ts"
import * as Packing from "../log/Packing.ts"
import * as Ahead from "./Ahead.ts"
import * as Oldest from "./Oldest.ts"
import type { Turn } from "./ReadWork.ts"

/**
 * How often one ASDU lets frames of events go first that hold older events of its points, and how many events may be
 * before the last of those: what a client that keeps up will have soon is worth waiting for, a backlog is not.
 */
const YIELDS_MAX = 8
const NEAR = 256

/**
 * The place from which a cursor goes on that has sent everything up to address `after`; `place` is where it probably is.
 * Of a block whose slots are in order (`order` null) places are slots.
 */
export function resume(block: Block, order: Ordered | null, after: number, place: number): number {
  if (after < 0) return 0
  if (order !== null) return order.behind(block.ioa, after, place)
  return place > 0 && place <= block.count && block.ioa[place - 1] === after ? place : block.slotAfter(after)
}

/** Places behind all those of who can go on, and places behind these. */
const QUEUED = 2 ** 40
const WAITING = 2 ** 41

/**
 * Where a request stands among its like: who has not begun, or waits for a refresh, stands behind all who can go on, so that
 * none of those is kept waiting however many wait. Refreshes are in their order: the first is the first whose time is over.
 */
export function placeOf(of: { readonly id: number; readonly refreshId: number; readonly started?: boolean }): number {
  if (of.refreshId > 0) return WAITING + of.refreshId
  return of.started === false ? QUEUED + of.id : of.id
}

/** The first of those that wait for a refresh, or undefined. */
export const firstWaiting = <A>(of: Numbered.Numbered<A>): A | undefined => Numbered.after(of, WAITING)

/** Who waits for the refresh with this id, or undefined. */
export const waitingFor = <A>(of: Numbered.Numbered<A>, refreshId: number): A | undefined =>
  Numbered.find(of, WAITING + refreshId)

/** Asks the application to refresh points before they are read; returns the id of the answer. */
export function askRefresh(turn: Turn, block: Block, slots: readonly number[]): number {
  const id = turn.own.nextId++
  turn.own.asked = true
  turn.notice({ kind: "refresh", id, block, version: block.version, slots })
  return id
}

/**
 * Whether an ASDU of these places, which has yielded so often, yields to older events of its points once more. With `frozen` it
 * tells what counters said after so many `orders`, and what came since is no older event.
 */
export function yieldsTo(
  turn: Turn,
  block: Block,
  slots: Int32Array | null,
  place: number,
  count: number,
  yields: number,
  frozen: Frozen | null = null,
  orders = 0
): boolean {
  if (yields >= YIELDS_MAX) return false
  const { priority } = block.of
  const sent = turn.sentTo[priority] as number
  const end = turn.stable[priority] as number
  if (sent >= end) return false
  let newest = 0
  for (let i = place; i < place + count; i++) {
    const slot = slots === null ? i : (slots[i] as number)
    const last = newestBy(block, slot, end, frozen, orders)
    if (last > newest) newest = last
  }
  return newest > sent && newest - sent <= NEAR
}

/** The position behind the newest event of a point; with `frozen` of what it had told after so many `orders`. */
const newestBy = (block: Block, slot: number, end: number, frozen: Frozen | null, orders: number): number =>
  frozen?.isPast(slot, orders) === true
    ? EventLog.whole(frozen.lastBefore(slot), end)
    : EventLog.lastOf(block, slot, end)

/**
 * Writes an ASDU of these places as `Packing.points` does; a point with events that were not sent yet says what the
 * oldest of them will tell next, so that no value comes before an older one. `found` is what `Packing.extent` has found.
 * Returns whether of one of them was told what it has never said: where all that waits is of a point that is gone, and that had its
 * address before.
 */
export function put(
  turn: Turn,
  block: Block,
  slots: Int32Array | null,
  place: number,
  found: number,
  type: number,
  cause: number,
  originator: number,
  frozen: Frozen | null,
  orders = 0
): boolean {
  Packing.points(turn.view, turn.at, block, slots, place, found, type, cause, originator, frozen, orders)
  if (frozen === null) Ahead.note(turn, block, slots, place, Math.abs(found))
  const { priority } = block.of
  const end = turn.stable[priority] as number
  if ((turn.sentTo[priority] as number) >= end) return false
  const from = nextToTell(turn, block)
  if (from >= end) return false
  const log = turn.world.logs[priority] as EventLog.EventLog
  const count = Math.abs(found)
  let ofOthers = false
  for (let i = 0; i < count; i++) {
    const slot = slots === null ? place + i : (slots[place + i] as number)
    if (frozen !== null && !frozen.isRunning(slot, orders)) continue
    const oldest = Oldest.find(turn, log, block, slot, from)
    if (frozen?.isPast(slot, orders) === true && oldest >= EventLog.whole(frozen.lastBefore(slot), end)) continue
    if (oldest < 0) continue
    Packing.retold(turn.view, turn.at, block, found, i, type, log, oldest)
    if (EventLog.ownLastOf(block, slot, end) === 0) ofOthers = true
  }
  return ofOthers
}

/**
 * Whether it cannot be told what one of these places said after so many freezes and resets: nobody knows it any more, the
 * client has had something newer of it already, or readings wait that would seem to be newer behind it.
 */
export function someLost(
  turn: Turn,
  block: Block,
  frozen: Frozen,
  slots: Int32Array | null,
  place: number,
  count: number,
  orders: number
): boolean {
  for (let i = place; i < place + count; i++) {
    const slot = slots === null ? i : (slots[i] as number)
    if (!frozen.isRunning(slot, orders) && seemsOlder(turn, block, slot, frozen, orders)) return true
    if (!frozen.isPast(slot, orders)) continue
    if (frozen.isLost(slot, orders) || wasToldSince(turn, block, slot, frozen.lastBefore(slot))) return true
  }
  return false
}

/**
 * Whether sequence numbers do not put the reading of a counter behind the oldest event of it that waits: that is of the point which
 * had its address before and counted for itself, or too many freezes back.
 */
function seemsOlder(turn: Turn, block: Block, slot: number, frozen: Frozen, orders: number): boolean {
  const { priority } = block.of
  const end = turn.stable[priority] as number
  const newest = newestBy(block, slot, end, frozen, orders)
  const from = nextToTell(turn, block)
  if (newest <= from) return false
  const log = turn.world.logs[priority] as EventLog.EventLog
  const oldest = Oldest.find(turn, log, block, slot, from)
  if (oldest < 0 || oldest >= newest) return false
  const others = block.heirs?.get(slot) ?? 0
  return oldest < EventLog.whole(others, end) || oldest < EventLog.whole(frozen.inOrderSince(slot), end)
}

/** Whether an event of a point was sent that came after the one that was its newest when `Block.last` was this. */
function wasToldSince(turn: Turn, block: Block, slot: number, last: number): boolean {
  const newest = block.last[slot] as number
  if (newest === last) return false
  const { priority } = block.of
  const log = turn.world.logs[priority] as EventLog.EventLog
  const oldest = Oldest.find(turn, log, block, slot, nextToTell(turn, block))
  if (oldest < 0) return true
  if (oldest < EventLog.whole(last, turn.stable[priority] as number)) return false
  return log.before[oldest & log.mask] !== last
}

/** The position from which on events of a block are told: what lies before is sent or dropped. */
function nextToTell(turn: Turn, block: Block): number {
  const { priority } = block.of
  const log = turn.world.logs[priority] as EventLog.EventLog
  return Math.max(turn.sentTo[priority] as number, EventLog.trim(log, log.end))
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
