// Requests that the application decides: remembered with the octets to answer with, answered by a `Decision`, and
// confirmed negatively when no answer comes in time. A late answer finds nothing and is dropped.
import { Cause, NEGATIVE } from "../asdu/Cause.ts"
import type { Decision } from "./Notice.ts"
import * as Reply from "./Reply.ts"
import * as Request from "./Request.ts"
import * as Selections from "./Selections.ts"
import type { Pending, Selection, Turn } from "./Turn.ts"

/** Whether no further request may wait. */
export const full = (turn: Turn): boolean => turn.work.pending.length >= turn.world.limits.decisionsPerSession

/** Remembers a request; returns the id under which it will be decided. */
export function ask(turn: Turn, kind: Pending["kind"], apdu: Uint8Array, selection: Selection | null = null): number {
  const { own } = turn
  const id = own.nextId++
  own.asked = true
  turn.addPending({ id, kind, apdu, untilMs: turn.nowMs + turn.world.limits.decisionMs, selection })
  return id
}

/** Takes the application's answer. One that nobody waits for any more is dropped. */
export function decide(turn: Turn, decision: Decision): void {
  const at = placeOf(turn, decision.id)
  const found = turn.work.pending[at]
  if (found === undefined) return
  if (!decision.keep) forget(turn, found)
  else if (found.untilMs !== Number.POSITIVE_INFINITY)
    turn.pending[at] = { ...found, untilMs: Number.POSITIVE_INFINITY }
  if (found.kind === "reset" && decision.confirm > 0 && found.apdu[Request.ELEMENT_AT] === PURGE)
    turn.own.purged = turn.ends
  const apdu = found.kind === "clock" ? withOwnTime(turn, found.apdu, decision) : found.apdu
  if (decision.confirm !== 0) confirm(turn, apdu, decision.confirm < 0)
  if (!decision.terminate) return
  if (Reply.passed(turn, decision.barrier)) return Reply.answer(turn, apdu, 0, Cause.ACTIVATION_TERMINATION)
  const termination = apdu.slice()
  termination[Request.CAUSE_AT] = Request.test(apdu, 0) | Cause.ACTIVATION_TERMINATION
  Reply.queue(turn, termination, decision.barrier)
}

/** QRP: reset of pending information with time tag of the event buffer. */
const PURGE = 2

/** Where a request stands among those that wait; their number when it does not. */
function placeOf(turn: Turn, id: number): number {
  const { pending } = turn.work
  let at = 0
  while (at < pending.length && (pending[at] as Pending).id !== id) at++
  return at
}

function forget(turn: Turn, found: Pending): void {
  turn.dropPending(placeOf(turn, found.id))
  if (found.selection !== null) Selections.release(turn, found.selection)
}

/** ACTCON, or DEACTCON where the request was a deactivation. */
function confirm(turn: Turn, apdu: Uint8Array, negative: boolean): void {
  const deactivation = Request.cause(apdu, 0) === Cause.DEACTIVATION
  const cause = deactivation ? Cause.DEACTIVATION_CON : Cause.ACTIVATION_CON
  Reply.answer(turn, apdu, 0, negative ? cause | NEGATIVE : cause)
}

/** A positive confirmation of a clock synchronisation carries the station's own time, unless the profile says echo. */
function withOwnTime(turn: Turn, apdu: Uint8Array, decision: Decision): Uint8Array {
  if (decision.confirm < 0 || turn.world.profile.clockConfirmation === "echo") return apdu
  const own = apdu.slice()
  for (let i = 0; i < 4; i++) own[Request.ELEMENT_AT + i] = decision.timeLow >>> (8 * i)
  for (let i = 0; i < 3; i++) own[Request.ELEMENT_AT + 4 + i] = decision.timeHigh >>> (8 * i)
  return own
}

/** Confirms negatively what was not decided in time. */
export function expire(turn: Turn): void {
  const due = turn.work.pending.filter((pending) => turn.nowMs >= pending.untilMs)
  for (const pending of due) {
    forget(turn, pending)
    turn.notice({ kind: "timedOut", id: pending.id })
    confirm(turn, pending.apdu, true)
  }
}
