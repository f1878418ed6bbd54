// Interrogation of a station or group, C_IC_NA_1 (60870-5-5 6.6), and the reading of counters: a resumable cursor over
// the image. An ASDU is built when the window opens and carries the values of that moment, so an answer of any size
// needs no memory and cannot be cut. One runs and one is queued for each type and common address asked for; a global
// request counts once, and answers all confirmations first, then station by station.

import type { Block } from "../image/Block.ts"
import * as Image from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import { Ordered, type Stretch } from "../image/Ordered.ts"
import * as Link from "../link/Link.ts"
import * as Ledger from "../log/Ledger.ts"
import * as Packing from "../log/Packing.ts"
import * as Reply from "../procedure/Reply.ts"
import type { Changeable } from "../procedure/Work.ts"
import type { World } from "../procedure/World.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Cause, NEGATIVE } from "../wire/Cause.ts"
import * as Order from "./Order.ts"
import type { Interrogation, ReadWork, Running, Turn } from "./ReadWork.ts"

/** QOI of the station interrogation; 21..36 are groups 1..16. */
const STATION = 20
const LAST_GROUP = 36
const COUNTERS = 101
const NONE_OF_THEM = new Ordered()
/** Of so many interrogations at most, those that came first, one that can go on is looked for. */
const SERVED = 16

/** Takes an interrogation command with a legal header. */
export function request(turn: Turn, octets: Uint8Array, at: number, surplus: boolean): void {
  if (Asdu.vsq(octets, at) !== 1) return Reply.reject(turn, "severalObjects", octets, at)
  if (surplus) return Reply.reject(turn, "surplusOctets", octets, at)
  const qualifier = octets[at + Asdu.ELEMENT_AT] as number
  if (Asdu.cause(octets, at) === Cause.DEACTIVATION) return deactivate(turn, octets, at, qualifier)
  if (qualifier < STATION || qualifier > LAST_GROUP) return Reply.reject(turn, "groupNotConfigured", octets, at)
  const group = qualifier === STATION ? -1 : Image.groupBit(qualifier - STATION, false)
  add(turn, octets, at, qualifier, group)
}

function deactivate(turn: Turn, octets: Uint8Array, at: number, qualifier: number): void {
  const { running, interrogations } = turn.work
  const { runs, waits } =
    Numbered.find(running, keyOf(Asdu.type(octets, at), Asdu.ca(octets, at), Asdu.test(octets, at))) ?? NONE
  const candidates = [runs, waits].map((id) => Numbered.find(interrogations, id))
  const found = candidates.find((other) => other?.qualifier === qualifier)
  if (found === undefined) return Reply.reject(turn, "nothingToDeactivate", octets, at)
  Reply.answer(turn, octets, at, Cause.DEACTIVATION_CON)
  end(turn, found)
}

const NONE: Running = { runs: 0, waits: 0 }

/** The number of a type and a common address; tests stand apart. */
const keyOf = (type: number, ca: number, test: number): number =>
  ca * 4 + (type === COUNTERS ? 1 : 0) + (test === 0 ? 0 : 2)

/** The stations that a common address means and that have a point in a group, a bit of the slots' masks; -1 = all points. */
export function askedFor({ image }: World, ca: number, group: number): Image.Order {
  if (ca === Asdu.GLOBAL) return group < 0 ? image.order : Image.having(image, group)
  const station = Image.station(image, ca) as Image.Station
  return group < 0 || (station.mask & (1 << group)) !== 0 ? Image.only(station) : null
}

/** Adds an interrogation for data with this cause; `group` is a bit of the slots' group masks, -1 = all points. */
export function add(turn: Turn, octets: Uint8Array, at: number, cause: number, group: number): void {
  const { image } = turn.world
  const ca = Asdu.ca(octets, at)
  const key = keyOf(Asdu.type(octets, at), ca, Asdu.test(octets, at))
  const { runs, waits } = Numbered.find(turn.work.running, key) ?? NONE
  if (waits !== 0) return Reply.reject(turn, "alreadyQueued", octets, at)
  const asked = askedFor(turn.world, ca, group)
  if (asked === null) return Reply.reject(turn, "groupNotConfigured", octets, at)
  const lacking = ca === Asdu.GLOBAL && group >= 0 ? Image.lacking(image, group) : null
  if (lacking !== null) Reply.answerFor(turn, octets, at, Cause.ACTIVATION_CON | NEGATIVE, lacking)
  const { own } = turn
  const id = own.nextPlace++
  const added: Interrogation = {
    id,
    type: Asdu.type(octets, at) === COUNTERS ? 101 : 100,
    cause,
    group,
    ca,
    qualifier: octets[at + Asdu.ELEMENT_AT] as number,
    originator: Asdu.originator(octets, at),
    test: Asdu.test(octets, at),
    asked,
    station: null,
    started: false,
    orders: 0,
    block: null,
    after: -1,
    place: 0,
    lacks: false,
    yields: 0,
    refreshId: 0,
    refreshUntilMs: 0,
    refreshedTo: -1
  }
  const place = Order.placeOf(added)
  own.interrogations = Numbered.put(own.interrogations, place, added)
  own.running = Numbered.put(own.running, key, runs === 0 ? { runs: place, waits } : { runs, waits: place })
  if (runs === 0) start(turn, added)
}

/** The request of an interrogation for one station, to be answered. */
const requestOf = (of: Interrogation, ca: number): Uint8Array =>
  Asdu.of(of.type, of.test, of.originator, ca, 0, of.qualifier)

/** Confirms an interrogation for every station before it is served. */
function start(turn: Turn, of: Interrogation): void {
  const started = own(turn, of)
  moves(turn, started, () => {
    started.started = true
  })
  // A freeze that was asked for before is carried out before anything else happens to counters.
  started.orders = turn.world.freezes.count + turn.work.freezes
  const request = requestOf(of, of.ca)
  if (of.ca === Asdu.GLOBAL) Reply.answerFor(turn, request, 0, Cause.ACTIVATION_CON, of.asked)
  else Reply.mirror(turn, request, 0, Cause.ACTIVATION_CON, -1)
}

/** Takes an interrogation out, and starts the one that waited for its end. */
function end(turn: Turn, of: Interrogation): void {
  const key = keyOf(of.type, of.ca, of.test)
  const place = Order.placeOf(of)
  const { own: work } = turn
  const { runs, waits } = Numbered.find(work.running, key) ?? NONE
  work.interrogations = Numbered.without(work.interrogations, place)
  const left = runs === place ? waits : runs
  work.running =
    left === 0 ? Numbered.without(work.running, key) : Numbered.put(work.running, key, { runs: left, waits: 0 })
  const next = Numbered.find(work.interrogations, left)
  if (next !== undefined && !next.started) start(turn, next)
}

/** The interrogation as this turn may change it: a copy takes its place once a turn, not once an ASDU. */
function own(turn: Turn, of: Interrogation): Changeable<Interrogation> {
  if (turn.ownInterrogation === of) return of
  const mine: Changeable<Interrogation> = { ...of }
  turn.ownInterrogation = mine
  const { own: work } = turn
  work.interrogations = Numbered.put(work.interrogations, Order.placeOf(mine), mine)
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
const orderOf = (of: Interrogation, block: Block): Ordered | null =>
  of.group < 0 ? block.order : (block.members[of.group] ?? NONE_OF_THEM)

/**
 * Sends the next ASDU of an interrogation that can go on; one of stations and one of counters take turns, so that neither waits
 * for the other's end. False when there is none.
 */
export function step(turn: Turn): boolean {
  const { interrogations, served } = turn.work
  const next = interrogations?.count === 1 ? interrogations.value : inTurn(turn, interrogations)
  if (next === null || !goesOn(turn, next)) return false
  if (served !== next.type) turn.own.served = next.type
  return advance(turn, own(turn, next))
}

const goesOn = (turn: Turn, of: Interrogation): boolean => of.started && !waits(turn, of)

/** The interrogation whose turn it is. */
function inTurn(turn: Turn, interrogations: ReadWork["interrogations"]): Interrogation | null {
  const ready = Numbered.head(interrogations, SERVED).filter((of) => goesOn(turn, of))
  return ready.find(({ type }) => type !== turn.work.served) ?? ready[0] ?? null
}

function advance(turn: Turn, of: Changeable<Interrogation>): boolean {
  of.station ??= Numbered.first(of.asked) as Image.Named
  const station = Image.present(turn.world.image, of.station)
  // It was removed: nothing more is said of it, also where another one has its address by now.
  if (station === undefined) return terminate(turn, of, of.station, NEGATIVE)
  for (;;) {
    const { block } = of
    if (block !== null && typeIn(of, block) !== 0) {
      const order = orderOf(of, block)
      of.place = Order.resume(block, order, of.after, of.place)
      if (order === null ? of.place < block.count : !order.isEnd(of.place)) return send(turn, of, block, order)
    }
    const next = block === null ? 0 : station.blocks.indexOf(block) + 1
    if (next >= station.blocks.length) break
    of.block = station.blocks[next] as Block
    of.after = -1
    of.place = 0
    of.refreshedTo = -1
  }
  return terminate(turn, of, station, of.lacks ? NEGATIVE : 0)
}

function send(turn: Turn, of: Changeable<Interrogation>, block: Block, order: Ordered | null): boolean {
  const type = typeIn(of, block)
  const stretch: Stretch | null = order === null ? null : order.read(of.place)
  const slots = stretch === null ? null : stretch.slots
  const place = stretch === null ? of.place : stretch.from
  const until = stretch === null ? block.count : stretch.to
  const found = Packing.extent(block, slots, place, until, type, turn.world.profile.maxApduLength)
  const count = Math.abs(found)
  const lastPlace = place + count - 1
  const last = block.ioa[slots === null ? lastPlace : (slots[lastPlace] as number)] as number
  // A test calls nobody.
  if (of.test === 0 && block.refresh !== null && last > of.refreshedTo) {
    const flagged = Order.flagged(block, block.refresh, slots, place, count)
    if (flagged.length > 0) {
      awaits(turn, of, Order.askRefresh(turn, block, flagged))
      of.refreshUntilMs = turn.nowMs + turn.world.limits.refreshMs
      of.refreshedTo = last
      return false
    }
  }
  const frozen = of.type === COUNTERS ? block.frozen : null
  if (Order.yieldsTo(turn, block, slots, place, count, of.yields, frozen, of.orders)) {
    of.yields++
    return false
  }
  if (frozen !== null && Order.someLost(turn, block, frozen, slots, place, count, of.orders))
    return terminate(turn, of, of.station as Image.Named, NEGATIVE)
  // What such a point says itself nobody will tell by itself: its client has to ask anew.
  if (Order.put(turn, block, slots, place, found, type, of.test | of.cause, of.originator, frozen, of.orders))
    of.lacks = true
  Link.sendI(turn, Ledger.NO_EVENTS)
  of.after = last
  of.place = order === null ? place + count : order.forward(of.place, count)
  of.yields = 0
  return true
}

/**
 * The last step of the cursor: ends the present station, and the whole interrogation with the last one. `negative`: not
 * everything was told.
 */
function terminate(turn: Turn, of: Changeable<Interrogation>, { ca, born }: Image.Named, negative = 0): boolean {
  const following = Numbered.after(of.asked, born)
  of.station = following ?? null
  of.block = null
  of.after = -1
  of.place = 0
  of.refreshedTo = -1
  of.lacks = false
  of.yields = 0
  if (negative === 0) turn.notice({ kind: "interrogated", type: of.type, ca, qualifier: of.qualifier })
  Reply.mirror(turn, requestOf(of, ca), 0, Cause.ACTIVATION_TERMINATION | negative, -1)
  if (following === undefined) end(turn, of)
  return true
}

/** The interrogation that runs begins to wait for a refresh, or does not wait any more (0). */
const awaits = (turn: Turn, of: Changeable<Interrogation>, refreshId: number): void =>
  moves(turn, of, () => {
    of.refreshId = refreshId
  })

/** The interrogation that runs stands elsewhere behind a change. */
function moves(turn: Turn, of: Changeable<Interrogation>, change: () => void): void {
  const { own: work } = turn
  const key = keyOf(of.type, of.ca, of.test)
  const { waits } = Numbered.find(work.running, key) as Running
  const others = Numbered.without(work.interrogations, Order.placeOf(of))
  change()
  const place = Order.placeOf(of)
  work.interrogations = Numbered.put(others, place, of)
  work.running = Numbered.put(work.running, key, { runs: place, waits })
}

/** The application has refreshed the values that were asked for. */
export function refreshed(turn: Turn, id: number): void {
  const of = Order.waitingFor(turn.work.interrogations, id)
  if (of !== undefined) awaits(turn, own(turn, of), 0)
}

/** When the first refresh has lasted too long; Infinity when nothing is refreshed. */
export const dueMs = ({ interrogations }: ReadWork): number =>
  Order.firstWaiting(interrogations)?.refreshUntilMs ?? Number.POSITIVE_INFINITY

/** Goes on without values that were not refreshed in time. */
export function expire(turn: Turn): void {
  for (;;) {
    const of = Order.firstWaiting(turn.work.interrogations)
    if (of === undefined || turn.nowMs < of.refreshUntilMs) return
    awaits(turn, own(turn, of), 0)
  }
}
