// Sending answers: at once when the window is open and nothing waits before them, else they queue, within a limit.
// An answer repeats the request's octets with another cause (60870-5-101 7.2.3), so it is copied, never rebuilt.

import * as Link from "../apci/Link.ts"
import { Cause, NEGATIVE, TEST } from "../asdu/Cause.ts"
import * as Ledger from "../delivery/Ledger.ts"
import * as Ending from "./Ending.ts"
import * as Rejection from "./Rejection.ts"
import * as Request from "./Request.ts"
import * as Selections from "./Selections.ts"
import type { Reply, Selection, Turn } from "./Turn.ts"

/** The frame at `at` as an APDU of its own, with a zero control field. */
export function copy(octets: Uint8Array, at: number): Uint8Array {
  const apdu = new Uint8Array(Request.size(octets, at))
  apdu[0] = octets[at] as number
  apdu[1] = octets[at + 1] as number
  for (let i = Request.TYPE_AT; i < apdu.length; i++) apdu[i] = octets[at + i] as number
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
  const octet = ((octets[at + Request.CAUSE_AT] as number) & TEST) | cause
  if (turn.work.replies.length === 0 && Link.canSend(turn)) {
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
  if (Request.ca(octets, at) !== Request.GLOBAL) {
    mirror(turn, octets, at, cause, -1)
    return
  }
  for (const { ca } of turn.world.image.stations) mirror(turn, octets, at, cause, ca)
}

function patch(octets: Uint8Array, at: number, causeOctet: number, ca: number): void {
  octets[at + Request.CAUSE_AT] = causeOctet
  if (ca < 0) return
  octets[at + Request.CA_AT] = ca & 0xff
  octets[at + Request.CA_AT + 1] = ca >> 8
}

/** Queues an APDU; past the limit the session ends, since a reply may not be lost silently. */
export function queue(turn: Turn, apdu: Uint8Array, barrier: number, selection: Selection | null = null): void {
  if (turn.work.replies.length >= turn.world.limits.repliesPerSession) {
    Ending.unsaid(turn, apdu)
    Link.close(turn, "REPLY_OVERFLOW")
    return
  }
  const reply: Reply = { apdu, barrier, barrierUntilMs: turn.nowMs + turn.parameters.t1Ms, selection }
  turn.replies.push(reply)
}

/** Whether events up to `barrier` have been sent. */
export const passed = (turn: Turn, barrier: number): boolean =>
  barrier < 0 || (turn.sentTo[Ledger.priorityOf(barrier)] as number) >= Ledger.positionOf(barrier)

/** Sends the first queued reply that need not wait for events. False when there is none. */
export function sendNext(turn: Turn): boolean {
  const { replies } = turn.work
  for (let i = 0; i < replies.length; i++) {
    const reply = replies[i] as Reply
    if (!passed(turn, reply.barrier)) continue
    put(turn, reply.apdu, 0, reply.apdu.length)
    Link.sendI(turn, Ledger.NO_EVENTS)
    if (i === 0) turn.replies.shift()
    else turn.replies.splice(i, 1)
    if (reply.selection !== null) Selections.begin(turn, reply.selection)
    return true
  }
  return false
}

/** Gives up barriers that have lasted too long. */
export function expire(turn: Turn): void {
  const { replies } = turn.work
  if (!replies.some((reply) => reply.barrier >= 0 && turn.nowMs >= reply.barrierUntilMs)) return
  const given = replies.map((reply) =>
    reply.barrier >= 0 && turn.nowMs >= reply.barrierUntilMs ? { ...reply, barrier: Ledger.NO_EVENTS } : reply
  )
  turn.own.replies = given
}

/** Turns a request down as the table says. */
export function reject(turn: Turn, situation: Rejection.Situation, octets: Uint8Array, at: number): void {
  const { reaction } = Rejection.table[situation]
  turn.notice({ kind: "rejected", situation, apdu: copy(octets, at) })
  switch (reaction.kind) {
    case "close":
      return Link.refuse(turn, "MALFORMED_ASDU")
    case "mirror":
      mirror(turn, octets, at, reaction.cause | NEGATIVE, -1)
      return
    case "confirm": {
      const deactivation = Request.cause(octets, at) === Cause.DEACTIVATION
      return answer(turn, octets, at, (deactivation ? Cause.DEACTIVATION_CON : Cause.ACTIVATION_CON) | NEGATIVE)
    }
    case "ignore":
      return
  }
}
