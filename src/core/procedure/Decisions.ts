// Requests that the application decides: remembered with the octets to answer with, answered by a `Decision`, and
// confirmed negatively when no answer comes in time. A late answer finds nothing and is dropped.

import { lives } from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import { Cause, NEGATIVE } from "../wire/Cause.ts"
import * as Behind from "./Behind.ts"
import type { Decision } from "./Notice.ts"
import type { Situation } from "./Rejection.ts"
import * as Reply from "./Reply.ts"
import * as Request from "./Request.ts"
import * as Selections from "./Selections.ts"
import type { Pending, Selection, Turn, Work } from "./Turn.ts"

/** A request that waits, or undefined. */
export const find = ({ asking, pending, owed }: Work, id: number): Pending | undefined =>
  (asking.length === 0 ? undefined : among(asking, id)) ?? Numbered.find(pending, id) ?? Numbered.find(owed, id)

/** The request with an id among those that are being asked, whose ids ascend. */
function among(asking: readonly Pending[], id: number): Pending | undefined {
  let low = 0
  let high = asking.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((asking[middle] as Pending).id < id) low = middle + 1
    else high = middle
  }
  const found = asking[low] as Pending
  return found.id === id ? found : undefined
}

/** When the first request is due that waits within a time; Infinity when none does. */
export const dueMs = ({ asking, pending }: Work): number =>
  (Numbered.first(pending) ?? asking[0])?.untilMs ?? Number.POSITIVE_INFINITY

/** Whether no further request may wait. What the application owes keeps nobody out: that has a bound of its own. */
export const full = (turn: Turn): boolean => turn.asked >= turn.world.limits.decisionsPerSession

/** Why the application cannot be asked now, or null. */
export const refusal = (turn: Turn): Situation | null => (turn.stale ? "stale" : full(turn) ? "tooManyRequests" : null)

/** Remembers a request; returns the id under which it will be decided. */
export function ask(turn: Turn, kind: Pending["kind"], apdu: Uint8Array, selection: Selection | null = null): number {
  const { own } = turn
  const id = own.nextId++
  own.asked = true
  if (kind === "freeze") own.freezes++
  turn.ask({ id, kind, apdu, untilMs: turn.nowMs + turn.world.limits.decisionMs, selection, goesOn: false })
  return id
}

/**
 * Has what the application says `taken`, each with the request that waits for it, undefined where none does. What it was being
 * asked and says nothing to waits from now on. Whatever the order of the answers, what is asked and answered at once, in order, is
 * never put anywhere.
 */
export function take(
  turn: Turn,
  decisions: readonly Decision[],
  taken: (found: Pending | undefined, decision: Decision) => void
): void {
  const asking = turn.takeAsking()
  let next = 0
  for (const decision of decisions) {
    while (next < asking.length && (asking[next] as Pending).id < decision.id) wait(turn, asking[next++] as Pending)
    const asked = asking[next]?.id === decision.id ? asking[next++] : find(turn.work, decision.id)
    turn.left = asking.length - next
    taken(asked, decision)
  }
  while (next < asking.length) wait(turn, asking[next++] as Pending)
  turn.left = 0
}

function wait(turn: Turn, request: Pending): void {
  turn.own.pending = Numbered.put(turn.work.pending, request.id, request)
}

/** Takes the application's answer to a request that waits for it. */
export function decide(turn: Turn, found: Pending, decision: Decision): void {
  if (turn.work.lines !== null) Behind.decided(turn, found)
  if (!decision.keep) forget(turn, found)
  else if (found.untilMs !== Number.POSITIVE_INFINITY) keep(turn, found, decision)
  else if (found.goesOn) goesOn(turn, found, decision)
  if (decision.forgotten === true) unanswered(turn, found)
  if (found.kind === "reset" && decision.confirm > 0) {
    if (found.apdu[Request.ELEMENT_AT] === PURGE) turn.own.purged = turn.ends
    else turn.own.restart = { untilMs: turn.nowMs + RESTART_MS, behind: -1 }
  }
  if (found.kind === "select" && decision.confirm > 0) return select(turn, found)
  const apdu = found.kind === "clock" ? withOwnTime(turn, found.apdu, decision) : found.apdu
  const said = turn.sent + Reply.waiting(turn.work)
  if (decision.confirm !== 0) confirm(turn, apdu, decision.confirm < 0)
  // It was one answer too many, and the session ends: who was confirmed to nobody is not waited for.
  if (decision.keep && decision.confirm > 0 && turn.sent + Reply.waiting(turn.work) === said) forget(turn, found)
  if (!decision.terminate) return
  const over = Cause.ACTIVATION_TERMINATION | (decision.failed === true ? NEGATIVE : 0)
  if (Reply.passed(turn, decision.barrier)) return Reply.answer(turn, apdu, 0, over)
  const termination = apdu.slice()
  termination[Request.CAUSE_AT] = Request.test(apdu, 0) | over
  Reply.queue(turn, termination, decision.barrier)
}

/** The confirmation of a reset is waited for so long. */
const RESTART_MS = 1000

/** QRP: reset of pending information with time tag of the event buffer. */
const PURGE = 2

/** The application will answer again, when it likes. As many answers may be owed as requests may wait. */
function keep(turn: Turn, found: Pending, { confirm: said, goesOn = false }: Decision): void {
  const { own, world } = turn
  own.pending = Numbered.without(own.pending, found.id)
  // Where a command that was left open does not occupy its output, that is selected anew before it is answered.
  const over = said === 0 && found.kind === "command" && world.profile.openCommand === "frees"
  if (over) released(turn, found)
  const selection = over ? null : found.selection
  own.owed = Numbered.put(own.owed, found.id, { ...found, selection, goesOn, untilMs: Number.POSITIVE_INFINITY })
  if (Numbered.size(own.owed) <= world.limits.decisionsPerSession) return
  const oldest = Numbered.first(own.owed) as Pending
  forget(turn, oldest)
  if (!oldest.goesOn) unanswered(turn, oldest)
}

/** Whether what became of a command that waits is told when it is over: it may have been left open meanwhile. */
function goesOn(turn: Turn, found: Pending, { goesOn = false }: Decision): void {
  turn.own.owed = Numbered.put(turn.work.owed, found.id, { ...found, goesOn })
}

const unanswered = (turn: Turn, { apdu }: Pending): void => turn.notice({ kind: "unanswered", outcome: "none", apdu })

export function forget(turn: Turn, found: Pending): void {
  const { own } = turn
  const { id, kind } = found
  own.pending = Numbered.without(own.pending, id)
  if (own.owed !== null) own.owed = Numbered.without(own.owed, id)
  if (kind === "freeze") own.freezes--
  released(turn, found)
}

/** The selection that a command executes is used up. What was only asked for is not held. */
function released(turn: Turn, { selection }: Pending): void {
  if (selection?.executing === true) Selections.release(turn, selection, "executed")
}

/** The application lets a client select a point, which others may have got meanwhile. */
function select(turn: Turn, { apdu, selection: wanted }: Pending): void {
  if (wanted === null || !lives(wanted) || Selections.heldByOther(turn, wanted) || Selections.executes(turn, wanted))
    return confirm(turn, apdu, true)
  // What begins later gets a greater id: so the first id is the first that ends.
  const selection: Selection = { ...wanted, id: turn.own.nextId++ }
  Selections.select(turn, selection, Reply.mirror(turn, apdu, 0, Cause.ACTIVATION_CON, -1, selection))
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
  for (;;) {
    const due = Numbered.first(turn.work.pending)
    if (due === undefined || turn.nowMs < due.untilMs) return
    if (turn.work.lines !== null) Behind.decided(turn, due)
    forget(turn, due)
    turn.notice({ kind: "timedOut", id: due.id })
    confirm(turn, due.apdu, true)
  }
}
