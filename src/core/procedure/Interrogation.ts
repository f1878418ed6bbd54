// General interrogation, C_IC_NA_1 (60870-5-5 6.6): a resumable cursor over the image. An ASDU is built when the window
// opens and carries the values of that moment, so an answer of any size needs no memory and cannot be cut.
// One interrogation runs and one is queued for each common address asked for; a global request counts once.

import * as Link from "../apci/Link.ts"
import { Cause } from "../asdu/Cause.ts"
import * as Ledger from "../delivery/Ledger.ts"
import * as Packing from "../delivery/Packing.ts"
import type { Block } from "../process/Block.ts"
import * as Image from "../process/Image.ts"
import * as Order from "./Order.ts"
import * as Reply from "./Reply.ts"
import * as Request from "./Request.ts"
import type { Interrogation, Turn } from "./Turn.ts"

/** QOI of the station interrogation. */
const STATION = 20

/** Takes an interrogation command with a legal header. */
export function request(turn: Turn, octets: Uint8Array, at: number, surplus: boolean): void {
  if (Request.vsq(octets, at) !== 1) return Reply.reject(turn, "severalObjects", octets, at)
  if (surplus) return Reply.reject(turn, "surplusOctets", octets, at)
  const ca = Request.ca(octets, at)
  const qualifier = octets[at + Request.ELEMENT_AT] as number
  const ofSame = turn.work.interrogations.filter((other) => other.ca === ca)
  if (Request.cause(octets, at) === Cause.DEACTIVATION) {
    const found = ofSame.find((other) => other.qualifier === qualifier)
    if (found === undefined) return Reply.reject(turn, "nothingToDeactivate", octets, at)
    turn.work = { ...turn.work, interrogations: turn.work.interrogations.filter((other) => other !== found) }
    Reply.answer(turn, octets, at, Cause.DEACTIVATION_CON)
    return startNext(turn, ca)
  }
  if (qualifier !== STATION) return Reply.reject(turn, "groupNotConfigured", octets, at)
  if (ofSame.length > 1) return Reply.reject(turn, "alreadyQueued", octets, at)
  const stations = ca === Request.GLOBAL ? turn.world.image.stations.map((station) => station.ca) : [ca]
  const added: Interrogation = {
    ca,
    qualifier,
    originator: Request.originator(octets, at),
    test: Request.test(octets, at),
    stations,
    started: false,
    block: null,
    after: -1,
    place: 0,
    barrier: Ledger.NO_EVENTS,
    yields: 0,
    refreshId: 0,
    refreshUntilMs: 0,
    refreshedTo: -1
  }
  turn.work = { ...turn.work, interrogations: [...turn.work.interrogations, added] }
  if (ofSame.length === 0) start(turn, added)
}

/** The confirmation, or the termination, of an interrogation for one station. */
function say(turn: Turn, of: Interrogation, ca: number, cause: number): void {
  const low = ca & 0xff
  const high = ca >> 8
  const apdu = [0x68, 14, 0, 0, 0, 0, 100, 1, of.test | cause, of.originator, low, high, 0, 0, 0, of.qualifier]
  Reply.mirror(turn, Uint8Array.from(apdu), 0, cause, -1)
}

function start(turn: Turn, of: Interrogation): void {
  replace(turn, of, { ...of, started: true })
  for (const ca of of.stations) say(turn, of, ca, Cause.ACTIVATION_CON)
}

function startNext(turn: Turn, ca: number): void {
  const ofSame = turn.work.interrogations.filter((other) => other.ca === ca)
  const next = ofSame[0]
  if (next !== undefined && !next.started) start(turn, next)
}

function replace(turn: Turn, old: Interrogation, by: Interrogation): void {
  turn.work = { ...turn.work, interrogations: turn.work.interrogations.map((found) => (found === old ? by : found)) }
}

/** Whether an interrogation could send something now. */
export const ready = (turn: Turn): boolean => {
  const of = turn.work.interrogations.find((found) => found.started)
  return of !== undefined && !waits(turn, of)
}

const waits = (turn: Turn, of: Interrogation): boolean =>
  (of.refreshId !== 0 && turn.nowMs < of.refreshUntilMs) || !Reply.passed(turn, of.barrier)

/** Sends the next ASDU of the interrogation that runs. False when it has to wait. */
export function step(turn: Turn): boolean {
  const of = turn.work.interrogations.find((found) => found.started)
  if (of === undefined || waits(turn, of)) return false
  const ca = of.stations[0] as number
  const station = Image.station(turn.world.image, ca)
  let block = of.block
  let after = of.after
  let place = of.place
  while (station !== undefined) {
    if (block !== null && block.of.answerType !== 0) {
      place = Order.resume(block, after, place)
      if (place < block.count) break
    }
    const next = block === null ? 0 : station.blocks.indexOf(block) + 1
    if (next >= station.blocks.length) {
      block = null
      break
    }
    block = station.blocks[next] as Block
    after = -1
    place = 0
  }
  if (station === undefined || block === null) return terminate(turn, of, ca)
  return send(turn, of, block, after, place)
}

function send(turn: Turn, of: Interrogation, block: Block, after: number, place: number): boolean {
  const type = block.of.answerType
  const found = Packing.extent(block, block.order, place, block.count, type, turn.world.profile.maxApduLength)
  const count = Math.abs(found)
  const last = block.ioa[block.slotAt(place + count - 1)] as number
  if (block.refresh !== null && last > of.refreshedTo) {
    const slots = Order.flagged(block, block.refresh, block.order, place, count)
    if (slots.length > 0) {
      const refreshId = turn.work.nextId
      const refreshUntilMs = turn.nowMs + turn.world.limits.refreshMs
      turn.work = { ...turn.work, nextId: refreshId + 1 }
      turn.notice({ kind: "refresh", id: refreshId, block, slots })
      turn.asked = true
      replace(turn, of, { ...of, block, after, place, refreshId, refreshUntilMs, refreshedTo: last })
      return false
    }
  }
  const barrier = of.yields < Order.YIELDS_MAX ? Order.pendingMark(turn, block, block.order, place, count) : -1
  if (barrier >= 0) {
    replace(turn, of, { ...of, block, after, place, barrier, yields: of.yields + 1 })
    return false
  }
  Packing.points(turn.view, turn.at, block, block.order, place, found, type, of.test | of.qualifier, of.originator)
  Link.sendI(turn, Ledger.NO_EVENTS)
  replace(turn, of, { ...of, block, after: last, place: place + count, barrier: -1, yields: 0, refreshId: 0 })
  return true
}

/** The last step of the cursor: ends the present station, and the whole interrogation with the last one. */
function terminate(turn: Turn, of: Interrogation, ca: number): boolean {
  const stations = of.stations.slice(1)
  turn.notice({ kind: "interrogated", ca, qualifier: of.qualifier })
  if (stations.length > 0) replace(turn, of, { ...of, stations, block: null, after: -1, place: 0, refreshedTo: -1 })
  else turn.work = { ...turn.work, interrogations: turn.work.interrogations.filter((found) => found !== of) }
  say(turn, of, ca, Cause.ACTIVATION_TERMINATION)
  if (stations.length === 0) startNext(turn, of.ca)
  return true
}

/** The application has refreshed the values that were asked for. */
export function refreshed(turn: Turn, id: number): void {
  const of = turn.work.interrogations.find((found) => found.refreshId === id)
  if (of !== undefined) replace(turn, of, { ...of, refreshId: 0 })
}
