// Interrogation of a station or group, C_IC_NA_1 (60870-5-5 6.6), and the reading of counters: a resumable cursor over
// the image. An ASDU is built when the window opens and carries the values of that moment, so an answer of any size
// needs no memory and cannot be cut. One runs and one is queued for each type and common address asked for; a global
// request counts once, and answers all confirmations first, then station by station.

import * as Link from "../apci/Link.ts"
import { Cause, NEGATIVE } from "../asdu/Cause.ts"
import * as Ledger from "../delivery/Ledger.ts"
import * as Packing from "../delivery/Packing.ts"
import type { Block } from "../process/Block.ts"
import * as Image from "../process/Image.ts"
import * as Order from "./Order.ts"
import * as Reply from "./Reply.ts"
import * as Request from "./Request.ts"
import type { Changeable, Interrogation, Turn } from "./Turn.ts"

/** QOI of the station interrogation; 21..36 are groups 1..16. */
const STATION = 20
const LAST_GROUP = 36
const COUNTERS = 101
const NO_SLOTS = new Int32Array(0)

/** Takes an interrogation command with a legal header. */
export function request(turn: Turn, octets: Uint8Array, at: number, surplus: boolean): void {
  if (Request.vsq(octets, at) !== 1) return Reply.reject(turn, "severalObjects", octets, at)
  if (surplus) return Reply.reject(turn, "surplusOctets", octets, at)
  const qualifier = octets[at + Request.ELEMENT_AT] as number
  if (Request.cause(octets, at) === Cause.DEACTIVATION) return deactivate(turn, octets, at, qualifier)
  if (qualifier < STATION || qualifier > LAST_GROUP) return Reply.reject(turn, "groupNotConfigured", octets, at)
  const group = qualifier === STATION ? -1 : Image.groupBit(qualifier - STATION, false)
  add(turn, octets, at, qualifier, group)
}

function deactivate(turn: Turn, octets: Uint8Array, at: number, qualifier: number): void {
  const found = sameAs(turn, octets, at).find((other) => other.qualifier === qualifier)
  if (found === undefined) return Reply.reject(turn, "nothingToDeactivate", octets, at)
  turn.own.interrogations = turn.work.interrogations.filter((other) => other !== found)
  Reply.answer(turn, octets, at, Cause.DEACTIVATION_CON)
  startNext(turn, found)
}

const sameAs = (turn: Turn, octets: Uint8Array, at: number): readonly Interrogation[] =>
  turn.work.interrogations.filter(({ type, ca }) => type === Request.type(octets, at) && ca === Request.ca(octets, at))

/** The asked stations that have no point in a group; null when none of them has one. */
export function without(turn: Turn, octets: Uint8Array, at: number, group: number): readonly number[] | null {
  const ca = Request.ca(octets, at)
  const asked = turn.world.image.stations.filter((station) => ca === Request.GLOBAL || station.ca === ca)
  if (group < 0) return []
  const lacking = asked.filter(({ blocks }) => !blocks.some((block) => block.members[group] !== undefined))
  return lacking.length === asked.length ? null : lacking.map((station) => station.ca)
}

/** Adds an interrogation for data with this cause; `group` is a bit of the slots' group masks, -1 = all points. */
export function add(turn: Turn, octets: Uint8Array, at: number, cause: number, group: number): void {
  const lacking = without(turn, octets, at, group)
  if (lacking === null) return Reply.reject(turn, "groupNotConfigured", octets, at)
  const ofSame = sameAs(turn, octets, at)
  if (ofSame.length > 1) return Reply.reject(turn, "alreadyQueued", octets, at)
  const ca = Request.ca(octets, at)
  const all = ca === Request.GLOBAL ? turn.world.image.stations.map((station) => station.ca) : [ca]
  for (const lacks of lacking) Reply.mirror(turn, octets, at, Cause.ACTIVATION_CON | NEGATIVE, lacks)
  const added: Interrogation = {
    type: Request.type(octets, at) === COUNTERS ? 101 : 100,
    cause,
    group,
    ca,
    qualifier: octets[at + Request.ELEMENT_AT] as number,
    originator: Request.originator(octets, at),
    test: Request.test(octets, at),
    stations: all.filter((one) => !lacking.includes(one)),
    started: false,
    orders: 0,
    block: null,
    after: -1,
    place: 0,
    yields: 0,
    refreshId: 0,
    refreshUntilMs: 0,
    refreshedTo: -1
  }
  turn.own.interrogations = [...turn.work.interrogations, added]
  if (ofSame.length === 0) start(turn, added)
}

/** The confirmation, or the termination, of an interrogation for one station. */
function say(turn: Turn, of: Interrogation, ca: number, cause: number): void {
  const low = ca & 0xff
  const high = ca >> 8
  const apdu = [0x68, 14, 0, 0, 0, 0, of.type, 1, of.test, of.originator, low, high, 0, 0, 0, of.qualifier]
  Reply.mirror(turn, Uint8Array.from(apdu), 0, cause, -1)
}

function start(turn: Turn, of: Interrogation): void {
  const started = own(turn, of)
  started.started = true
  // A freeze that was asked for before is carried out before anything else happens to counters.
  started.orders = turn.world.freezes.count + turn.work.freezes
  for (const ca of of.stations) say(turn, of, ca, Cause.ACTIVATION_CON)
}

function startNext(turn: Turn, ended: Interrogation): void {
  const next = turn.work.interrogations.find((other) => other.type === ended.type && other.ca === ended.ca)
  if (next !== undefined && !next.started) start(turn, next)
}

/** The interrogation as this turn may change it: a copy takes its place once a turn, not once an ASDU. */
function own(turn: Turn, of: Interrogation): Changeable<Interrogation> {
  if (turn.ownInterrogation === of) return of
  const mine: Changeable<Interrogation> = { ...of }
  turn.ownInterrogation = mine
  const interrogations = [...turn.work.interrogations]
  interrogations[interrogations.indexOf(of)] = mine
  turn.own.interrogations = interrogations
  return mine
}

function waits(turn: Turn, of: Interrogation): boolean {
  if (of.refreshId !== 0) return true
  // Counters are read after a freeze that was asked for before has been carried out.
  return of.type === COUNTERS && turn.work.freezes > 0
}

/** The type in which a block answers this interrogation, 0 = not at all. */
const typeIn = (of: Interrogation, block: Block): number =>
  of.type === COUNTERS ? block.of.counterType : block.of.answerType

/** The slots of a block that this interrogation asks for, by address; null = all, in slot order. */
const slotsOf = (of: Interrogation, block: Block): Int32Array | null =>
  of.group < 0 ? block.order : (block.members[of.group] ?? NO_SLOTS)

/** Sends the next ASDU of an interrogation that can go on. False when there is none. */
export function step(turn: Turn): boolean {
  const { interrogations } = turn.work
  for (let i = 0; i < interrogations.length; i++) {
    const of = interrogations[i] as Interrogation
    if (of.started && !waits(turn, of)) return advance(turn, own(turn, of))
  }
  return false
}

function advance(turn: Turn, of: Changeable<Interrogation>): boolean {
  const ca = of.stations[0] as number
  const station = Image.station(turn.world.image, ca)
  while (station !== undefined) {
    const { block } = of
    if (block !== null && typeIn(of, block) !== 0) {
      const slots = slotsOf(of, block)
      const count = slots === null ? block.count : slots.length
      of.place = Order.resume(block, slots, count, of.after, of.place)
      if (of.place < count) return send(turn, of, block, slots, count)
    }
    const next = block === null ? 0 : station.blocks.indexOf(block) + 1
    if (next >= station.blocks.length) break
    of.block = station.blocks[next] as Block
    of.after = -1
    of.place = 0
    of.refreshedTo = -1
  }
  return terminate(turn, of, ca)
}

function send(turn: Turn, of: Changeable<Interrogation>, block: Block, slots: Int32Array | null, all: number): boolean {
  const { ca } = block.of
  const type = typeIn(of, block)
  const { place } = of
  const found = Packing.extent(block, slots, place, all, type, turn.world.profile.maxApduLength)
  const count = Math.abs(found)
  const lastPlace = place + count - 1
  const last = block.ioa[slots === null ? lastPlace : (slots[lastPlace] as number)] as number
  if (block.refresh !== null && last > of.refreshedTo) {
    const flagged = Order.flagged(block, block.refresh, slots, place, count)
    if (flagged.length > 0) {
      of.refreshId = Order.askRefresh(turn, block, flagged)
      of.refreshUntilMs = turn.nowMs + turn.world.limits.refreshMs
      of.refreshedTo = last
      return false
    }
  }
  if (Order.yieldsTo(turn, block, slots, place, count, of.yields)) {
    of.yields++
    return false
  }
  const frozen = of.type === COUNTERS ? block.frozen : null
  if (frozen !== null && Order.someLost(frozen, slots, place, count, of.orders))
    return terminate(turn, of, ca, NEGATIVE)
  Order.put(turn, block, slots, place, found, type, of.test | of.cause, of.originator, frozen, of.orders)
  Link.sendI(turn, Ledger.NO_EVENTS)
  of.after = last
  of.place = place + count
  of.yields = 0
  of.refreshId = 0
  return true
}

/**
 * The last step of the cursor: ends the present station, and the whole interrogation with the last one. `negative`: not
 * everything was told.
 */
function terminate(turn: Turn, of: Changeable<Interrogation>, ca: number, negative = 0): boolean {
  of.stations = of.stations.slice(1)
  of.block = null
  of.after = -1
  of.place = 0
  of.refreshedTo = -1
  of.yields = 0
  if (negative === 0) turn.notice({ kind: "interrogated", type: of.type, ca, qualifier: of.qualifier })
  const ended = of.stations.length === 0
  if (ended) turn.own.interrogations = turn.work.interrogations.filter((found) => found !== of)
  say(turn, of, ca, Cause.ACTIVATION_TERMINATION | negative)
  if (ended) startNext(turn, of)
  return true
}

/** The application has refreshed the values that were asked for. */
export function refreshed(turn: Turn, id: number): void {
  const of = turn.work.interrogations.find((found) => found.refreshId === id)
  if (of !== undefined) own(turn, of).refreshId = 0
}

/** Goes on without values that were not refreshed in time. */
export function expire(turn: Turn): void {
  for (const of of turn.work.interrogations)
    if (of.refreshId !== 0 && turn.nowMs >= of.refreshUntilMs) own(turn, of).refreshId = 0
}
