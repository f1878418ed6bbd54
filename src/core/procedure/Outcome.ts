// What the application says to a request, and what follows from it (60870-5-5 6.8): confirmation, termination, or an
// answer that it owes.

import type { Block } from "../image/Block.ts"
import * as Ledger from "../log/Ledger.ts"
import type { Profile } from "../Profile.ts"
import { Cause } from "../wire/Cause.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import type { Decision } from "./Notice.ts"

/** `success` confirms positively, `failure` negatively; with `none` the application answers by itself, later. */
export type Outcome = "success" | "failure" | "none"

/** When a direct command is terminated: with its confirmation, never, or by the application. */
export type Termination = boolean | "manual"

type Confirm = Decision["confirm"]
const confirms: Readonly<Record<Outcome, Confirm>> = { success: 1, failure: -1, none: 0 }

const decision = (id: number, confirm: Confirm, terminate: boolean, keep: boolean, barrier: number): Decision => ({
  id,
  confirm,
  terminate,
  failed: false,
  keep,
  barrier,
  timeLow: 0,
  timeHigh: 0
})

/** The decision of a request that is only confirmed: there is nothing to carry out and nothing to terminate. */
export const confirm = (id: number, outcome: Outcome): Decision =>
  decision(id, confirms[outcome], false, false, Ledger.NO_EVENTS)

/** The decision of a request to a point that is gone by the time it is asked: whoever has its address now is meant. */
export const gone = (id: number): Decision => ({ ...confirm(id, "none"), gone: true })

/** The decision of a request that the application can answer no more: that is told. */
export const forgotten = (id: number): Decision => ({ ...confirm(id, "none"), forgotten: true })

/**
 * The decision of a command. An execute of a selection is terminated at once whatever `termination` says. The termination
 * goes behind the events before `barrier` (a mark of the ledger, or none).
 */
export function command(
  id: number,
  outcome: Outcome,
  termination: Termination,
  selected: boolean,
  barrier: number
): Decision {
  if (outcome !== "success") return decision(id, confirms[outcome], false, outcome === "none", barrier)
  if (termination === "manual" && !selected) return decision(id, 1, false, true, barrier)
  return decision(id, 1, selected || termination !== false, false, barrier)
}

/** The decision that a command which was confirmed positively is over, with a termination or without. */
export const terminate = (id: number, terminates: boolean, failed: boolean, barrier: number): Decision => ({
  ...decision(id, 0, terminates, false, barrier),
  failed
})

/**
 * What the application says late, by a cause: 7 confirms and leaves the command to be terminated, 10 terminates it. There is no
 * termination without a confirmation: where none was given yet it goes ahead, or says alone that nothing came of it.
 */
export function late(id: number, cause: number, negative: boolean, confirmed: boolean, barrier: number): Decision {
  if (cause !== Cause.ACTIVATION_TERMINATION) return decision(id, negative ? -1 : 1, false, !negative, barrier)
  if (confirmed) return terminate(id, true, negative, barrier)
  return negative ? confirm(id, "failure") : decision(id, 1, true, false, barrier)
}

/** Cause of the event that shows what a command did: 11, or 3 for types that do not know it unless the profile says so. */
export function returnCause(block: Block, profile: Profile): number {
  const listed = TypeTable.byId[block.of.eventType]?.causesMonitor.includes(Cause.RETURN_INFO_REMOTE) === true
  return listed || profile.returnedCause === "always" ? Cause.RETURN_INFO_REMOTE : Cause.SPONTANEOUS
}
