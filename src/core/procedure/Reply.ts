// Sending answers: at once when the window is open and nothing waits before them, else they queue, within a limit.
// An answer repeats the request's octets with another cause (60870-5-101 7.2.3), so it is copied, never rebuilt.

import type { Order } from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Link from "../link/Link.ts"
import * as Ledger from "../log/Ledger.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Cause, NEGATIVE, TEST } from "../wire/Cause.ts"
import * as Ending from "./Ending.ts"
import * as Place from "./Place.ts"
import * as Rejection from "./Rejection.ts"
import type { Turn } from "./Turn.ts"
import type { Reply, Selection, Work } from "./Work.ts"

/** The frame at `at` as an APDU of its own, with a zero control field. */
export function copy(octets: Uint8Array, at: number): Uint8Array {
  const apdu = new Uint8Array(Asdu.size(octets, at))
  apdu[0] = octets[at] as number
  apdu[1] = octets[at + 1] as number
  for (let i = Asdu.TYPE_AT; i < apdu.length; i++) apdu[i] = octets[at + i] as number
  return apdu
}

/** Copies an APDU to the end of the output: short ones, for which a loop is faster than `set`. */
function put(turn: Turn, octets: Uint8Array, at: number, total: number): void {
  const out = turn.octets
  const to = turn.at
  for (let i = 1; i < total; i++) out[to + i] = octets[at + i] as number
}

/**
 * Answers with the octets of a frame; `cause` is the new cause and P/N, the T bit stays. `ca` replaces the common
 * address unless negative. The time of `selection` starts when the answer is sent. Returns whether it was sent at once.
 */
export function mirror(
  turn: Turn,
  octets: Uint8Array,
  at: number,
  cause: number,
  ca: number,
  selection: Selection | null = null
): boolean {
  const total = (octets[at + 1] as number) + 2
  const octet = ((octets[at + Asdu.CAUSE_AT] as number) & TEST) | cause
  if (turn.work.replies === null && turn.work.barred === null && Link.canSend(turn)) {
    put(turn, octets, at, total)
    patch(turn.octets, turn.at, octet, ca)
    Link.sendI(turn, Ledger.NO_EVENTS)
    return true
  }
  const apdu = copy(octets, at)
  patch(apdu, 0, octet, ca)
  queue(turn, apdu, Ledger.NO_EVENTS, selection)
  return false
}

/** As {@link mirror}; a global request is answered once for each station, with its own common address. */
export function answer(turn: Turn, octets: Uint8Array, at: number, cause: number): void {
  if (Asdu.ca(octets, at) === Asdu.GLOBAL) answerFor(turn, octets, at, cause, turn.world.image.order)
  else mirror(turn, octets, at, cause, -1)
}

/** Answers once for each of some stations: one reply that goes over them as the window opens, however many there are. */
export function answerFor(turn: Turn, octets: Uint8Array, at: number, cause: number, all: Order): void {
  const first = Numbered.first(all)
  if (first === undefined) return void mirror(turn, octets, at, cause, -1)
  const apdu = copy(octets, at)
  patch(apdu, 0, ((octets[at + Asdu.CAUSE_AT] as number) & TEST) | cause, first.ca)
  queue(turn, apdu, Ledger.NO_EVENTS, null, all)
}

/**
 * Confirms a request with T = 1 (60870-5-101 7.2.3) like the real one, and terminates it where that is: it changes nothing,
 * and nobody is asked.
 */
export function test(turn: Turn, octets: Uint8Array, at: number, terminates: boolean): void {
  const deactivation = Asdu.cause(octets, at) === Cause.DEACTIVATION
  answer(turn, octets, at, deactivation ? Cause.DEACTIVATION_CON : Cause.ACTIVATION_CON)
  if (terminates) answer(turn, octets, at, Cause.ACTIVATION_TERMINATION)
}

function patch(octets: Uint8Array, at: number, causeOctet: number, ca: number): void {
  Asdu.putCause(octets, at, causeOctet)
  if (ca >= 0) Asdu.putCa(octets, at, ca)
}

/** How many replies wait. */
export const waiting = ({ replies, barred }: Work): number => Numbered.size(replies) + Numbered.size(barred)

/** When the first reply waits no longer for events; Infinity when none does. */
export const dueMs = ({ barred }: Work): number => Numbered.first(barred)?.barrierUntilMs ?? Number.POSITIVE_INFINITY

/**
 * Queues an APDU; past the limit the session ends, since a reply may not be lost silently. What waits for no events waits behind
 * what does at its address: requests to one point are answered in their order.
 */
export function queue(
  turn: Turn,
  apdu: Uint8Array,
  barrier: number,
  selection: Selection | null = null,
  all: Order = null
): void {
  if (waiting(turn.work) >= turn.world.limits.repliesPerSession) {
    Ending.unsaid(turn, apdu)
    Link.close(turn, "REPLY_OVERFLOW")
    return
  }
  const { own } = turn
  const id = own.nextPlace++
  const of = Numbered.first(all) ?? null
  const address = Place.of(turn.world.profile, apdu, 0)
  const last = all === null ? Numbered.find(own.barring, address) : undefined
  const bar = barrier < 0 && last !== undefined ? last.barrier : barrier
  const reply: Reply = { id, apdu, all, of, barrier: bar, barrierUntilMs: turn.nowMs + turn.parameters.t1Ms, selection }
  if (bar < 0) own.replies = Numbered.put(own.replies, id, reply)
  else {
    own.barred = Numbered.put(own.barred, id, reply)
    own.barring = Numbered.put(own.barring, address, reply)
  }
}

/** A reply waits for no events any more. */
function unbar({ own, world }: Turn, { id, apdu }: Reply): void {
  const address = Place.of(world.profile, apdu, 0)
  own.barred = Numbered.without(own.barred, id)
  if (Numbered.find(own.barring, address)?.id === id) own.barring = Numbered.without(own.barring, address)
}

/** Whether events up to `barrier` have been sent. */
export const passed = (turn: Turn, barrier: number): boolean =>
  barrier < 0 || (turn.sentTo[Ledger.priorityOf(barrier)] as number) >= Ledger.positionOf(barrier)

/** The first reply that need not wait for events. Those that have to wait for the same ones wait in their order. */
function next(turn: Turn): Reply | undefined {
  const { replies, barred } = turn.work
  const free = Numbered.first(replies)
  const held = Numbered.first(barred)
  if (held === undefined || (free !== undefined && free.id < held.id) || !passed(turn, held.barrier)) return free
  return held
}

/** Sends the first queued reply that need not wait for events, and returns it; undefined when there is none. */
export function sendNext(turn: Turn): Reply | undefined {
  const reply = next(turn)
  if (reply === undefined) return undefined
  const { id, apdu, all, of } = reply
  put(turn, apdu, 0, apdu.length)
  if (of !== null) Asdu.putCa(turn.octets, turn.at, of.ca)
  Link.sendI(turn, Ledger.NO_EVENTS)
  const following = of === null ? undefined : Numbered.after(all, of.born)
  const { own } = turn
  if (following !== undefined) own.replies = Numbered.put(own.replies, id, { ...reply, of: following })
  else if (reply.barrier < 0) own.replies = Numbered.without(own.replies, id)
  else unbar(turn, reply)
  return reply
}

/** Gives up barriers that have lasted too long, as far as is known: acknowledgements may still wait to be read. */
export function expire(turn: Turn): void {
  for (;;) {
    const first = Numbered.first(turn.work.barred)
    if (first === undefined || turn.heardMs < first.barrierUntilMs) return
    unbar(turn, first)
    turn.own.replies = Numbered.put(turn.work.replies, first.id, { ...first, barrier: Ledger.NO_EVENTS })
  }
}

/** Turns a request down as the table says; one that is being taken behind what the application has yet to be asked. */
export function reject(turn: Turn, situation: Rejection.Situation, octets: Uint8Array, at: number): void {
  if (turn.putsBack()) return
  const { reaction } = Rejection.table[situation]
  turn.notice({ kind: "rejected", situation, apdu: copy(octets, at) })
  switch (reaction.kind) {
    case "close":
      return Link.refuse(turn, "MALFORMED_ASDU")
    case "mirror":
      mirror(turn, octets, at, reaction.cause | NEGATIVE, -1)
      return
    case "confirm": {
      const deactivation = Asdu.cause(octets, at) === Cause.DEACTIVATION
      return answer(turn, octets, at, (deactivation ? Cause.DEACTIVATION_CON : Cause.ACTIVATION_CON) | NEGATIVE)
    }
    case "ignore":
      return
  }
}
