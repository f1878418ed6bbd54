// What follows when the application decides a request, of whatever kind: it is confirmed, terminated, or kept to be answered
// later; and confirmed negatively when no answer comes in time.

import * as Behind from "../command/Behind.ts"
import * as Selections from "../command/Selections.ts"
import { lives } from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import type { Decision } from "../procedure/Notice.ts"
import * as Reply from "../procedure/Reply.ts"
import type { Pending, Selection } from "../procedure/Work.ts"
import * as Counter from "../read/Counter.ts"
import * as Events from "../read/Events.ts"
import * as Clock from "../system/Clock.ts"
import * as Reset from "../system/Reset.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Cause, NEGATIVE } from "../wire/Cause.ts"
import type { SessionTurn } from "./SessionTurn.ts"

/** What else follows from a decision about a request of a kind. */
interface Kind {
  /** The application agrees. Returns the octets to confirm with, or null where it was answered. */
  readonly accepted?: (turn: SessionTurn, found: Pending, decision: Decision) => Uint8Array | null
  /** It is not waited for any more. */
  readonly over?: (turn: SessionTurn, found: Pending) => void
}

const kinds: { readonly [kind in Pending["kind"]]: Kind } = {
  command: { over: released },
  select: { accepted: select },
  abandon: {},
  clock: { accepted: (turn, { apdu }, { timeLow, timeHigh }) => Clock.confirmation(turn, apdu, timeLow, timeHigh) },
  freeze: { over: Counter.over },
  reset: { accepted: reset },
  parameter: {}
}

/** Takes the application's answer to a request that waits for it. */
export function decide(turn: SessionTurn, found: Pending, decision: Decision): void {
  if (turn.work.lines !== null) Behind.decided(turn, found)
  if (!decision.keep) forget(turn, found)
  else if (found.untilMs !== Number.POSITIVE_INFINITY) keep(turn, found, decision)
  else if (found.goesOn) goesOn(turn, found, decision)
  if (decision.forgotten === true) unanswered(turn, found)
  const { accepted } = kinds[found.kind]
  const apdu = decision.confirm <= 0 || accepted === undefined ? found.apdu : accepted(turn, found, decision)
  if (apdu === null) return
  const said = turn.sent + Reply.waiting(turn.work)
  if (decision.confirm !== 0) confirm(turn, apdu, decision.confirm < 0)
  // It was one answer too many, and the session ends: who was confirmed to nobody is not waited for.
  if (decision.keep && decision.confirm > 0 && turn.sent + Reply.waiting(turn.work) === said) forget(turn, found)
  if (!decision.terminate) return
  const over = Cause.ACTIVATION_TERMINATION | (decision.failed === true ? NEGATIVE : 0)
  if (Reply.passed(turn, decision.barrier)) return Reply.answer(turn, apdu, 0, over)
  const termination = apdu.slice()
  Asdu.putCause(termination, 0, Asdu.test(apdu, 0) | over)
  Reply.queue(turn, termination, decision.barrier)
}

/** A reset that the application accepts is begun, whatever becomes of its confirmation. */
function reset(turn: SessionTurn, { apdu }: Pending): Uint8Array {
  if (Reset.purges(apdu)) Events.purge(turn, Asdu.ca(apdu, 0))
  else Reset.begin(turn)
  return apdu
}

/** The application will answer again, when it likes. As many answers may be owed as requests may wait. */
function keep(turn: SessionTurn, found: Pending, { confirm: said, goesOn = false }: Decision): void {
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
function goesOn(turn: SessionTurn, found: Pending, { goesOn = false }: Decision): void {
  turn.own.owed = Numbered.put(turn.work.owed, found.id, { ...found, goesOn })
}

const unanswered = (turn: SessionTurn, { apdu }: Pending): void =>
  turn.notice({ kind: "unanswered", outcome: "none", apdu })

export function forget(turn: SessionTurn, found: Pending): void {
  const { own } = turn
  const { id, kind } = found
  own.pending = Numbered.without(own.pending, id)
  if (own.owed !== null) own.owed = Numbered.without(own.owed, id)
  kinds[kind].over?.(turn, found)
}

/** The selection that a command executes is used up. What was only asked for is not held. */
function released(turn: SessionTurn, { selection }: Pending): void {
  if (selection?.executing === true) Selections.release(turn, selection, "executed")
}

/** The application lets a client select a point, which others may have got meanwhile. */
function select(turn: SessionTurn, { apdu, selection: wanted }: Pending): null {
  if (wanted === null || !lives(wanted) || Selections.heldByOther(turn, wanted) || Selections.executes(turn, wanted)) {
    confirm(turn, apdu, true)
    return null
  }
  // What begins later gets a greater id: so the first id is the first that ends.
  const selection: Selection = { ...wanted, id: turn.own.nextId++ }
  Selections.select(turn, selection, Reply.mirror(turn, apdu, 0, Cause.ACTIVATION_CON, -1, selection))
  return null
}

/** ACTCON, or DEACTCON where the request was a deactivation. */
function confirm(turn: SessionTurn, apdu: Uint8Array, negative: boolean): void {
  const deactivation = Asdu.cause(apdu, 0) === Cause.DEACTIVATION
  const cause = deactivation ? Cause.DEACTIVATION_CON : Cause.ACTIVATION_CON
  Reply.answer(turn, apdu, 0, negative ? cause | NEGATIVE : cause)
}

/** Confirms negatively what was not decided in time. */
export function expire(turn: SessionTurn): void {
  for (;;) {
    const due = Numbered.first(turn.work.pending)
    if (due === undefined || turn.nowMs < due.untilMs) return
    if (turn.work.lines !== null) Behind.decided(turn, due)
    forget(turn, due)
    turn.notice({ kind: "timedOut", id: due.id })
    confirm(turn, due.apdu, true)
  }
}
