// Spontaneous transmission (60870-5-5 6.4): events leave the log in order, packed; what was dropped before it was sent
// is counted, reported, and healed with the current value.

import type { Block } from "../image/Block.ts"
import type { Frozen } from "../image/Frozen.ts"
import * as Image from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Link from "../link/Link.ts"
import * as Departed from "../log/Departed.ts"
import * as EventLog from "../log/EventLog.ts"
import * as Ledger from "../log/Ledger.ts"
import * as Packing from "../log/Packing.ts"
import * as Record from "../log/Record.ts"
import * as Asdu from "../wire/Asdu.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import * as Ahead from "./Ahead.ts"
import type { Turn } from "./ReadWork.ts"

const SPONTANEOUS = 3
/** Slots looked at in one step while healing; and of how many of them a step to the next station or block costs as much. */
const SCAN = 4096
const STATION = 8
/**
 * Records left out in one reduction, however many frames it takes: after each the window is filled anew. The next one goes on.
 */
const JUDGED = 1024

/** The highest class that has something to send, or -1. */
export function waiting(turn: Turn): number {
  const { sentTo, stable } = turn
  for (let priority = 0; priority < sentTo.length; priority++)
    if ((sentTo[priority] as number) < (stable[priority] as number)) return priority
  return -1
}

/** Sends the next ASDU of events of a class, at most `most` of them. False when nothing was left to send after all, and when the next step goes on to look. */
export function step(turn: Turn, priority: number, most = 1): boolean {
  const log = turn.world.logs[priority] as EventLog.EventLog
  const end = turn.stable[priority] as number
  const oldest = EventLog.trim(log, log.end)
  let sent = turn.sentTo[priority] as number
  if (sent < oldest) {
    const reached = Math.min(oldest, end)
    drop(turn, priority, sent, reached)
    sent = reached
    turn.sentUpTo(priority, sent)
  }
  const until = Math.max(turn.lentAt[priority] as number, turn.rare.purgedTo[priority] ?? 0)
  const from = sent
  const judged = Math.min(until, from + JUDGED - turn.leftOut)
  while (sent < judged && isOmitted(turn, log, priority, sent, end)) sent++
  if (sent > from) turn.leftOut += sent - from
  if (sent === judged && sent < until) {
    turn.sentUpTo(priority, sent)
    turn.more = true
    return false
  }
  if (sent >= end) {
    turn.sentUpTo(priority, sent)
    return false
  }
  const { packEvents, profile } = turn.world
  const { maxApduLength } = profile
  let to = end
  let left = most
  if (sent < until) {
    // What happened while nobody listened is judged record by record: an ASDU ends before the next one to be left out.
    to = sent + 1
    while (to < until && to < sent + 127 && !isOmitted(turn, log, priority, to, end)) to++
    if (to >= until) to = end
    left = 1
  }
  do {
    sent += Packing.events(turn.view, turn.at, log, sent, to, turn.id, packEvents, maxApduLength)
    Link.sendI(turn, Ledger.mark(sent, priority))
  } while (--left > 0 && sent < end && Link.canSend(turn))
  turn.sentUpTo(priority, sent)
  return true
}

/** Whether a record is left out: purged by a reset of the event buffer, or superseded while nobody listened. */
export function isOmitted(
  turn: Turn,
  log: EventLog.EventLog,
  priority: number,
  position: number,
  end: number
): boolean {
  if (position < (turn.rare.purgedTo[priority] ?? 0) && TypeTable.byId[Record.type(log, position)]?.time !== "none")
    if (position < purgedOf(turn, priority, Record.ca(log, position))) return true
  return position < (turn.lentAt[priority] as number) && superseded(turn, log, priority, position, end)
}

/** While nobody listened, only the newest untagged record of a point counts, and what was meant for live listeners does not. */
function superseded(turn: Turn, log: EventLog.EventLog, priority: number, position: number, end: number): boolean {
  if (EventLog.isLive(Record.cause(log, position))) return true
  const type = Record.type(log, position)
  if (TypeTable.byId[type]?.time !== "none") return false
  const ca = Record.ca(log, position)
  const station = Image.station(turn.world.image, ca)
  const ioa = Record.ioa(log, position)
  const block = station?.blocks.find(
    (found) => found.of.eventType === type && found.priority === priority && found.find(ioa) >= 0
  )
  // What a point has from others may be of another type, and left out itself.
  const own = block === undefined ? 0 : EventLog.ownLastOf(block, block.find(ioa), end)
  return (own > 0 ? own : Departed.lastOf(log, ca, ioa, type)) > position + 1
}

/** Notes that [from, to) is lost to this session. The scan goes on; what it has passed has its turn in the next round. */
function drop(turn: Turn, priority: number, from: number, to: number): void {
  const { heal } = turn.rare
  const before = heal.find((one) => one.priority === priority)
  turn.ownRare.heal =
    before === undefined
      ? [...heal, { priority, from, to, again: -1, station: null, block: null, slot: 0 }]
      : heal.map((one) => (one === before ? { ...one, to, again: one.again < 0 ? from : one.again } : one))
  turn.ownRare.lost += to - from
  turn.notice({ kind: "overflow", lost: to - from, counters: 0 })
}

/**
 * Sends the current value of the next point whose newest event was lost. False when there is none left. Classes take turns.
 * A counter that was frozen is told its frozen reading while that is the one that was lost, and nothing else.
 */
export function heal(turn: Turn): boolean {
  const [work, ...others] = turn.rare.heal
  // Once a reduction: what was in vain is not tried again with each frame that it takes.
  if (work === undefined || turn.more) return false
  const { priority, to } = work
  let { from, again, station, block, slot } = work
  const end = turn.stable[priority] as number
  let counters = 0
  let told = false
  for (let looked = 0; looked < SCAN && !told; looked++) {
    if (block === null || slot >= block.length) {
      const found = after(turn, station, block)
      if (found === null && again < 0) {
        turn.ownRare.heal = others
        Ahead.end(turn)
        name(turn, counters)
        return others.length > 0 && heal(turn)
      }
      if (found === null) {
        from = again
        again = -1
      }
      station = found?.station ?? null
      block = found?.block ?? null
      slot = 0
      looked += STATION - 1
      continue
    }
    const newest = block.priority === priority ? EventLog.lastOf(block, slot, end) : 0
    const last = newest > from ? unpurged(turn, priority, block, slot, newest) : 0
    const lost =
      last > from && (block.ioa[slot] as number) >= 0 ? whatWasLost(turn, block, slot, from, to, last) : "nothing"
    if (lost === "unknown") counters++
    else if (lost !== "nothing") {
      const { frozen } = block
      told = true
      if (lost === "reading") Ahead.healed(turn, block, slot, frozen as Frozen)
      const slots = Int32Array.of(slot)
      // What was purged does not come back: what stands for an event of before it has no time tag either.
      const eventType = last === newest ? block.of.eventType : untaggedOf(block.of.eventType)
      Packing.points(
        turn.view,
        turn.at,
        block,
        slots,
        0,
        1,
        eventType,
        SPONTANEOUS,
        0,
        frozen,
        turn.world.freezes.count
      )
      Link.sendI(turn, Ledger.NO_EVENTS)
    }
    slot++
  }
  turn.ownRare.heal = [...others, { priority, from, to, again, station, block, slot }]
  name(turn, counters)
  if (!told) turn.more = true
  return told
}

/**
 * Position behind the newest event of a point that is not purged, when `newest` is behind its newest: an event without time tag
 * where those with one are purged, of the point that had the address before; 0: there is none.
 */
function unpurged(turn: Turn, priority: number, block: Block, slot: number, newest: number): number {
  const { ca, of, eventTagged } = block
  if (newest > purgedOf(turn, priority, ca)) return newest
  const end = turn.stable[priority] as number
  const mixed = block.mixed?.get(slot)
  const other = mixed === undefined ? 0 : EventLog.whole(mixed, end)
  if (eventTagged === (newest === other)) return newest
  const log = turn.world.logs[priority] as EventLog.EventLog
  return eventTagged ? other : Departed.lastOf(log, ca, block.ioa[slot] as number, of.eventType)
}

const untaggedOf = (type: number): number => TypeTable.byId[type]?.untagged ?? type

/**
 * What of a point was lost in [from, to), when its newest event ends at `last`: its value, or the reading of a counter that was
 * frozen. No reading is told behind something newer of its counter, that was told or will be: then it is not known any more.
 */
function whatWasLost(
  turn: Turn,
  block: Block,
  slot: number,
  from: number,
  to: number,
  last: number
): "nothing" | "value" | "reading" | "unknown" {
  const { frozen } = block
  const isLast = last <= to
  if (frozen === null || frozen.flags[slot] === 0) return isLast ? "value" : "nothing"
  const behind = frozen.toldBehind(slot)
  const purged = block.eventTagged ? purgedOf(turn, block.priority, block.ca) : 0
  const isReading = behind > Math.max(from, purged) && behind <= to
  if (!frozen.isNewest(slot, last)) return isLast || isReading ? "unknown" : "nothing"
  if (!isReading) return "nothing"
  const known = Ahead.of(turn, block, slot, frozen)
  if (known === "reading") return "nothing"
  return known === "newer" || frozen.isOvertaken(slot) ? "unknown" : "reading"
}

/** Names lost readings of counters of which nothing can be told any more. */
function name(turn: Turn, counters: number): void {
  if (counters > 0) turn.notice({ kind: "overflow", lost: 0, counters })
}

/**
 * The station, and that block of it, to look at behind a block (null: none yet); a station without one behind it leads to the
 * next station only. Stations and blocks that come and go move nobody: the next one is the next greater, and who comes later
 * has nothing to be healed in this round.
 */
function after(
  turn: Turn,
  from: Image.Named | null,
  block: Block | null
): { readonly station: Image.Named; readonly block: Block | null } | null {
  const { image } = turn.world
  const named = from ?? Numbered.first(image.order)
  if (named === undefined) return null
  const blocks = Image.present(image, named)?.blocks ?? []
  const found = blocks[block === null ? 0 : blocks.indexOf(block) + 1]
  if (found !== undefined) return { station: named, block: found }
  const next = Numbered.after(image.order, named.born)
  return next === undefined ? null : { station: next, block: null }
}

/** Of what happened so far in the stations of a common address, nothing with a time tag is sent any more (C_RP_NA_1 with QRP 2). */
export function purge(turn: Turn, ca: number): void {
  const { stable, ownRare, sentTo } = turn
  // What is purged is not healed either.
  const isOver =
    ownRare.heal.length === 0 &&
    ownRare.purgedTo.every((position, priority) => position <= (sentTo[priority] as number))
  ownRare.purged = Numbered.put(isOver || ca === Asdu.GLOBAL ? null : ownRare.purged, ca, stable)
  ownRare.purgedTo = stable
}

/** The position before which nothing of a station that has a time tag is sent. */
export function purgedOf({ rare }: Turn, priority: number, ca: number): number {
  if (rare.purged === null) return 0
  const all = Numbered.find(rare.purged, Asdu.GLOBAL)?.[priority] ?? 0
  return Math.max(all, Numbered.find(rare.purged, ca)?.[priority] ?? 0)
}
