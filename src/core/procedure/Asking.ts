// Requests that the application decides: remembered with the octets to answer with until its `Decision` comes, in time or
// not. A late answer finds nothing and is dropped.

import * as Numbered from "../image/Numbered.ts"
import type { Decision } from "./Notice.ts"
import type { Situation } from "./Rejection.ts"
import type { Turn } from "./Turn.ts"
import type { Pending, Selection, Work } from "./Work.ts"

const NOBODY: readonly Pending[] = []

/** A request that waits, or undefined. */
export const find = ({ asking, pending, owed }: Work, id: number): Pending | undefined =>
  (asking.length === 0 ? undefined : among(asking, id)) ?? Numbered.find(pending, id) ?? Numbered.find(owed, id)

/** The request with an id among those that are being asked, whose ids ascend. */
function among(asking: readonly Pending[], id: number): Pending | undefined {
  // Most are asked one after the other.
  const guess = id - (asking[0] as Pending).id
  if (guess >= 0 && guess < asking.length && asking[guess]?.id === id) return asking[guess]
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
  const request = { id, kind, apdu, untilMs: turn.nowMs + turn.world.limits.decisionMs, selection, goesOn: false }
  // Every event takes the list before, so this turn made it.
  if (own.asking.length === 0) own.asking = [request]
  else (own.asking as Pending[]).push(request)
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
  const { asking } = turn.work
  if (asking.length > 0) turn.own.asking = NOBODY
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
