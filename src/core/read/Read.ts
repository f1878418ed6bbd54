// Read command, C_RD_NA_1 (60870-5-5 6.2): the object itself is the answer, with cause 5, to whoever asked. It is built
// when the window opens and never goes before an older event of its point.

import * as Image from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Link from "../link/Link.ts"
import * as Ledger from "../log/Ledger.ts"
import * as Reply from "../procedure/Reply.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Cause } from "../wire/Cause.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import * as Order from "./Order.ts"
import type { Read, ReadWork, Turn } from "./ReadWork.ts"

/** Of so many reads at most, those that came first, one that can be answered is looked for. */
const SERVED = 16
/** A refresh that was asked for and answered. */
const REFRESHED = -1

/** Takes a read command with a legal header. */
export function request(turn: Turn, octets: Uint8Array, at: number, surplus: boolean): void {
  // A read command has no confirmation that could be negative.
  if (Asdu.vsq(octets, at) !== 1 || surplus) return Reply.reject(turn, "readShape", octets, at)
  const station = Image.station(turn.world.image, Asdu.ca(octets, at)) as Image.Station
  const ioa = Asdu.ioa(octets, at)
  const place = Image.findRead(station, ioa, 0)
  if (place === null) return Reply.reject(turn, "unknownObject", octets, at)
  if (Numbered.size(turn.work.reads) >= turn.world.limits.repliesPerSession) return Link.close(turn, "REPLY_OVERFLOW")
  const { own } = turn
  const id = own.nextPlace++
  const read: Read = {
    id,
    block: place.block,
    slot: place.slot,
    born: place.born,
    ioa,
    originator: Asdu.originator(octets, at),
    test: Asdu.test(octets, at),
    told: false,
    yields: 0,
    refreshId: 0,
    refreshUntilMs: 0
  }
  own.reads = Numbered.put(own.reads, id, read)
}

function replace(turn: Turn, read: Read, by: Read | null): void {
  const { own } = turn
  const from = Order.placeOf(read)
  const to = by === null ? -1 : Order.placeOf(by)
  if (from !== to) own.reads = Numbered.without(own.reads, from)
  if (by !== null) own.reads = Numbered.put(own.reads, to, by)
}

/** Sends the next object that was asked for and can be sent. False when there is none. */
export function step(turn: Turn): boolean {
  for (const read of Numbered.head(turn.work.reads, SERVED)) {
    // Those that wait for a refresh stand behind all others.
    if (read.refreshId > 0) return false
    if (send(turn, read)) return true
  }
  return false
}

function send(turn: Turn, read: Read): boolean {
  const { block, slot } = read
  if (!Image.lives(read)) return gone(turn, read)
  if (read.test === 0 && read.refreshId === 0 && block.refresh !== null && block.refresh[slot] !== 0) {
    const refreshId = Order.askRefresh(turn, block, [slot])
    replace(turn, read, { ...read, refreshId, refreshUntilMs: turn.nowMs + turn.world.limits.refreshMs })
    return false
  }
  const slots = Int32Array.of(slot)
  if (Order.yieldsTo(turn, block, slots, 0, 1, read.yields)) {
    replace(turn, read, { ...read, yields: read.yields + 1 })
    return false
  }
  Order.put(turn, block, slots, 0, 1, block.of.readType, read.test | Cause.REQUEST, read.originator, null)
  Link.sendI(turn, Ledger.NO_EVENTS)
  replace(turn, read, following(turn, read))
  return true
}

/** The point that was to be sent is gone: others of its address are answered with, and nobody who has had one is refused. */
function gone(turn: Turn, read: Read): boolean {
  const next = following(turn, read)
  replace(turn, read, next)
  if (next !== null) return send(turn, next)
  if (read.told) return false
  Reply.reject(turn, "unknownObject", asked(read), 0)
  return true
}

/**
 * What goes on with a read: the next type at its address, where that names points of several. Another station that has the common
 * address by now was not asked.
 */
function following({ world }: Turn, read: Read): Read | null {
  if (world.profile.addressing === "unique") return null
  const { block, ioa } = read
  const station = Image.station(world.image, block.of.ca)
  const next = station?.blocks.includes(block) === true ? Image.findRead(station, ioa, block.of.readType) : null
  const told = read.told || Image.lives(read)
  return next === null ? null : { ...read, ...next, told, yields: 0, refreshId: 0, refreshUntilMs: 0 }
}

/** The request as it came. */
const asked = ({ block, ioa, originator, test }: Read): Uint8Array =>
  Asdu.of(TypeTable.Type.C_RD_NA_1, test | Cause.REQUEST, originator, block.of.ca, ioa)

/** The application has refreshed the value that was asked for. */
export function refreshed(turn: Turn, id: number): void {
  const read = Order.waitingFor(turn.work.reads, id)
  if (read !== undefined) replace(turn, read, { ...read, refreshId: REFRESHED })
}

/** When the first refresh has lasted too long; Infinity when nothing is refreshed. */
export const dueMs = ({ reads }: ReadWork): number =>
  Order.firstWaiting(reads)?.refreshUntilMs ?? Number.POSITIVE_INFINITY

/** Goes on without values that were not refreshed in time. */
export function expire(turn: Turn): void {
  for (;;) {
    const read = Order.firstWaiting(turn.work.reads)
    if (read === undefined || turn.nowMs < read.refreshUntilMs) return
    replace(turn, read, { ...read, refreshId: REFRESHED })
  }
}
