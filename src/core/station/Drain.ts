// The order in which what follows from an event of a connection is done, by whoever runs the station: what comes is reduced in
// turn; what the application says meanwhile is collected and goes ahead of all that comes behind it; what was accepted begins
// when its client was told. The station calls nobody: user code runs in what a runner does here, and nowhere else.

import type { Decision } from "../procedure/Notice.ts"
import type { World } from "../procedure/World.ts"
import type { Notice } from "../session/Notice.ts"
import type { SessionEvent } from "../session/SessionEvent.ts"
import type { SessionOutputs } from "../session/SessionTurn.ts"
import type { End, Exchange } from "./Exchange.ts"

const NONE: readonly Decision[] = []

/** Whoever runs a connection: gives events their time, writes, and calls the application. */
export interface Runner {
  readonly exchange: Exchange
  /** What is read by reductions. */
  readonly world: () => World
  /** An event of now without more than its kind. */
  readonly event: (kind: "ready" | End) => SessionEvent
  /** An event of now that carries what the application has decided. */
  readonly decision: (decisions: readonly Decision[], kind: "decided" | "resumed") => SessionEvent
  /** An event that was made before, as one of now. */
  readonly renewed: (event: SessionEvent) => SessionEvent
  /** Takes what a reduction has given: its octets are written. The state before it had sent so many frames. */
  readonly take: (outputs: SessionOutputs, event: SessionEvent, sentBefore: number) => void
  /** Acts on a notice, which may ask the application; whether it was asked. */
  readonly act: (notice: Notice) => boolean
  /** An operation that was accepted begins. */
  readonly begin: (operation: number) => void
  /** All that came of a reduction was seen to; the event that follows at once, or null. */
  readonly rest: (outputs: SessionOutputs) => SessionEvent | null
}

/** Reduces an event and whatever follows from it at once: the only way in. */
export function dispatch(runner: Runner, event: SessionEvent): void {
  const { exchange } = runner
  exchange.enter()
  // What the application has said before goes first: it is neither overtaken nor too late.
  run(runner, exchange.isIdle ? event : behindCollected(runner, event))
  const wanted = exchange.leave()
  if (wanted !== null) endNow(runner, wanted)
}

/** Ends a session; false where that waits until what its last chunk asked for is answered. */
export function end(runner: Runner, kind: End): boolean {
  if (runner.exchange.isBusy) {
    runner.exchange.endLater(kind)
    return false
  }
  endNow(runner, kind)
  return true
}

function endNow(runner: Runner, kind: End): void {
  if (runner.exchange.hasLastWords(kind)) dispatch(runner, runner.event("ready"))
  dispatch(runner, runner.event(kind))
}

/** Reduces what was collected so far; returns an event that was made before as one of now. */
function behindCollected(runner: Runner, event: SessionEvent): SessionEvent {
  run(runner, runner.decision(runner.exchange.gathered() ?? NONE, "decided"))
  return runner.renewed(event)
}

// A loop, not a chain of calls: a chunk may hold a thousand commands with a STOPDT behind each.
function run(runner: Runner, event: SessionEvent): void {
  for (let next: SessionEvent | null = event; next !== null && runner.exchange.reason === null; )
    next = step(runner, next)
}

/** Reduces an event, has its octets written, and its notices acted on; returns what has to be reduced next, or null. */
function step(runner: Runner, event: SessionEvent): SessionEvent | null {
  const { exchange } = runner
  const { sentFrames } = exchange.state
  const outputs = exchange.reduce(runner.world(), event)
  runner.take(outputs, event, sentFrames)
  // Decisions are reduced in turn, and all else is seen to then.
  const decisions = outputs.notices.length > 0 ? act(runner, outputs.notices) : null
  exchange.confirmed(event.decisions)
  if (exchange.isOutermost) begin(runner)
  if (exchange.reason !== null) return null
  if (exchange.state.link.pause !== null && exchange.isOutermost) return runner.decision(decisions ?? NONE, "resumed")
  if (decisions !== null) return runner.decision(decisions, "decided")
  return runner.rest(outputs)
}

/** Acts on notices; what the application decided at once, null when it was not asked. */
function act(runner: Runner, notices: readonly Notice[]): readonly Decision[] | null {
  const { exchange } = runner
  let asked = false
  for (const notice of notices) {
    exchange.note(notice)
    if (runner.act(notice)) asked = true
    // What was accepted is confirmed and begun before whatever came behind it, however the octets were cut.
    if (exchange.isOutermost && exchange.hasAccepted) {
      tellCollected(runner)
      begin(runner)
    }
  }
  const decisions = exchange.gathered()
  return asked ? (decisions ?? NONE) : decisions
}

/** Reduces what was collected. */
export function tellCollected(runner: Runner): void {
  const decisions = runner.exchange.gathered()
  if (decisions !== null) dispatch(runner, runner.decision(decisions, "decided"))
}

/** Tells that something was accepted before its client is told: it does not begin within that. */
export function announce(runner: Runner, tell: () => void): void {
  const { exchange } = runner
  exchange.announce(true)
  tell()
  exchange.announce(false)
  if (!exchange.isBusy) begin(runner)
}

/** Begins what was accepted and told. */
function begin(runner: Runner): void {
  const { exchange } = runner
  for (let begun = exchange.begun(); begun.length > 0; begun = exchange.begun())
    for (const operation of begun) runner.begin(operation)
}
