// Spontaneous transmission (60870-5-5 6.4): events leave the log in order, packed; what was dropped before it was sent
// is counted, reported, and healed with the current value.

import * as Link from "../apci/Link.ts"
import * as TypeTable from "../asdu/TypeTable.ts"
import * as EventLog from "../delivery/EventLog.ts"
import * as Ledger from "../delivery/Ledger.ts"
import * as Packing from "../delivery/Packing.ts"
import type { Block } from "../process/Block.ts"
import * as Image from "../process/Image.ts"
import * as Numbered from "../process/Numbered.ts"
import type { Heal, Turn } from "./Turn.ts"

const SPONTANEOUS = 3
/** Slots looked at in one step while healing. */
const SCAN = 4096
/** Records left out in one step; the next one goes on. */
const JUDGED = 4096

/** The highest class that has something to send, or -1. */
export function waiting(turn: Turn): number {
  const { sentTo, ends } = turn
  for (let priority = 0; priority < sentTo.length; priority++)
    if ((sentTo[priority] as number) < (ends[priority] as number)) return priority
  return -1
}

/** Sends the next ASDU of events of a class, at most `most` of them. False when nothing was left to send after all, and when the next step goes on to look. */
export function step(turn: Turn, priority: number, most = 1): boolean {
  const log = turn.world.logs[priority] as EventLog.EventLog
  const end = turn.ends[priority] as number
  const oldest = EventLog.trim(log, log.end)
  let sent = turn.sentTo[priority] as number
  if (sent < oldest) {
    const reached = Math.min(oldest, end)
    drop(turn, priority, sent, reached)
    sent = reached
    turn.sentUpTo(priority, sent)
  }
  const until = Math.max(turn.startedAt[priority] as number, turn.work.purged[priority] ?? 0)
  const judged = Math.min(until, sent + JUDGED)
  while (sent < judged && omitted(turn, log, priority, sent, end)) sent++
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
    while (to < until && to < sent + 127 && !omitted(turn, log, priority, to, end)) to++
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
function omitted(turn: Turn, log: EventLog.EventLog, priority: number, position: number, end: number): boolean {
  const key = log.words[(position & log.mask) * EventLog.RECORD_WORDS + 4] as number
  if (position < (turn.work.purged[priority] ?? 0) && TypeTable.byId[key & 0xff]?.time !== "none") return true
  return position < (turn.startedAt[priority] as number) && superseded(turn, log, position, end)
}

/** While nobody listened, only the newest untagged record of a point counts, and what was meant for live listeners does not. */
function superseded(turn: Turn, log: EventLog.EventLog, position: number, end: number): boolean {
  const base = (position & log.mask) * EventLog.RECORD_WORDS
  const key = log.words[base + 4] as number
  const cause = (key >>> 16) & 0x3f
  if (EventLog.isLive(cause)) return true
  const type = key & 0xff
  if (TypeTable.byId[type]?.time !== "none") return false
  const station = Image.station(turn.world.image, (log.words[base + 5] as number) & 0xffff)
  const ioa = (log.words[base] as number) & 0xffffff
  const block = station?.blocks.find((found) => found.of.eventType === type && found.find(ioa) >= 0)
  return block !== undefined && EventLog.lastOf(block, block.find(ioa), end) > position + 1
}

/** Notes that [from, to) is lost to this session. */
function drop(turn: Turn, priority: number, from: number, to: number): void {
  const others = turn.work.heal.filter((heal) => heal.priority !== priority)
  const before = turn.work.heal.find((heal) => heal.priority === priority)
  const heal: Heal = { priority, from: before?.from ?? from, to, station: null, block: null, slot: 0 }
  turn.own.heal = [...others, heal]
  turn.lost += to - from
  turn.notice({ kind: "overflow", lost: to - from })
}

/** Sends the current value of the next point whose newest event was lost. False when there is none left. */
export function heal(turn: Turn): boolean {
  const [work, ...others] = turn.work.heal
  if (work === undefined) return false
  const { priority, from, to } = work
  let { station, block, slot } = work
  const end = turn.ends[priority] as number
  for (let looked = 0; looked < SCAN; looked++) {
    if (block === null || slot >= block.length) {
      const found = after(turn, station, block)
      if (found === null) {
        turn.own.heal = others
        return others.length > 0 && heal(turn)
      }
      station = found.station
      block = found.block
      slot = 0
      continue
    }
    const last = block.priority === priority ? EventLog.lastOf(block, slot, end) : 0
    if (last > from && last <= to && (block.ioa[slot] as number) >= 0) {
      const slots = Int32Array.of(slot)
      Packing.points(turn.view, turn.at, block, slots, 0, 1, block.of.eventType, SPONTANEOUS, 0, null)
      Link.sendI(turn, Ledger.NO_EVENTS)
      turn.own.heal = [{ priority, from, to, station, block, slot: slot + 1 }, ...others]
      return true
    }
    slot++
  }
  turn.own.heal = [{ priority, from, to, station, block, slot }, ...others]
  turn.more = true
  return false
}

/**
 * The station, and that block of it, to look at behind a block (null: none yet). Stations and blocks that come and go move
 * nobody: the next one is the next greater, and who comes later has nothing to be healed.
 */
function after(
  turn: Turn,
  from: Image.Named | null,
  block: Block | null
): { readonly station: Image.Named; readonly block: Block } | null {
  const { image } = turn.world
  let named = from ?? Numbered.first(image.order)
  let before = block
  for (;;) {
    if (named === undefined) return null
    const blocks = Image.present(image, named)?.blocks ?? []
    const found = blocks[before === null ? 0 : blocks.indexOf(before) + 1]
    if (found !== undefined) return { station: named, block: found }
    named = Numbered.after(image.order, named.born)
    before = null
  }
}
