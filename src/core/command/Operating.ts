// What happens to an operation at its output, and what follows from it, each step a pure function. Whatever calls the
// application (observers, who listens to a signal, who is told what is sent, the commands that wait) may change anything, also
// this operation. So every step says, in this order: what is so from now on, of output, operation and point; what the client
// is to be told, which is ahead of all that follows; facts; the signal; the client; the commands that wait.

import * as Ledger from "../log/Ledger.ts"
import type { Profile } from "../Profile.ts"
import type { Decision } from "../procedure/Notice.ts"
import * as Outcome from "../procedure/Outcome.ts"
import type { Operation } from "./Operation.ts"
import * as Operations from "./Operation.ts"
import * as Output from "./Output.ts"

/** Outputs know operations by their numbers. */
export type OutputOf = Output.Output<number>

/** What is so around an operation when something happens to it. */
export interface Around {
  /** Whether its client still waits for its answer. */
  readonly open: boolean
  /** Whether its client still waits for the answer to its wish to have it stopped. */
  readonly cancels: boolean
  /** Whether its point is there. */
  readonly exists: boolean
  /** Whether nothing is begun any more: the process is about to be reset, or the server to stop. */
  readonly ending: boolean
  readonly logEnd: number
  readonly profile: Profile
}

/** What observers are told of it. */
export type Fact =
  | { readonly fact: "command" | "executed"; readonly outcome: Outcome.Outcome; readonly answered: boolean }
  | { readonly fact: "output"; readonly status: Output.Status }
  | { readonly fact: "late" }
  /** The first phase of two neither accepted nor refused. */
  | { readonly fact: "unclear" }

/** What follows from something that happened to an operation, in the order of its fields. */
export interface Step {
  readonly output: OutputOf
  /** Null where it is over and nothing more can come of it. */
  readonly operation: Operation | null
  /** Whether its point shows what was commanded, or what it said before; null: as it does. */
  readonly shows: boolean | null
  /** The operation that can be answered by the application no more: its client is told so; 0 = none. */
  readonly forgets: number
  /** Whether the second phase begins when its client was told. */
  readonly accepts: boolean
  readonly answers: readonly Decision[]
  readonly facts: readonly Fact[]
  /** Whether its handler is told to stop. */
  readonly stops: boolean
  /** Whether its client is told at once. */
  readonly tells: boolean
  /** Whether the commands that wait at the output are judged. */
  readonly frees: boolean
}

const NO_ANSWERS: readonly Decision[] = []
const NO_FACTS: readonly Fact[] = []

const step = (
  output: OutputOf,
  operation: Operation | null,
  { shows = null, answers = NO_ANSWERS, facts = NO_FACTS, stops = false, tells = false, frees = false }: Partial<Step>
): Step => ({ output, operation, shows, forgets: 0, accepts: false, answers, facts, stops, tells, frees })

/** Every fact of an outcome, alone: made once, since commands come in numbers. */
const outcomes = (["command", "executed"] as const).flatMap((fact) =>
  (["success", "failure", "none"] as const).flatMap((outcome) =>
    [true, false].map((answered): readonly [Extract<Fact, { readonly outcome: unknown }>] => [
      { fact, outcome, answered }
    ])
  )
)

function told(fact: "command" | "executed", outcome: Outcome.Outcome, answered: boolean): readonly Fact[] {
  const at = (fact === "command" ? 0 : 6) + (outcome === "success" ? 0 : outcome === "failure" ? 2 : 4)
  return outcomes[at + (answered ? 0 : 1)] as readonly Fact[]
}

const FREE: Fact = { fact: "output", status: "free" }

/** Whether an output that was told to be stuck is free: not where another command makes it so. */
const isFreed = (before: OutputOf, after: OutputOf): boolean => before.status === "stuck" && after.status === "free"

/** The mark behind everything that was published since it began, none when nothing was: a termination goes behind it. */
const mark = ({ since }: Operation, { logEnd }: Around): number =>
  logEnd > since ? Ledger.mark(logEnd, 0) : Ledger.NO_EVENTS

// ---- in front of its output ----

/** It waits for its turn. */
export const wait = (output: OutputOf, operation: Operation): Step =>
  step(Output.wait(output, operation.number), operation, {})

/** What becomes of it when those before it are over. */
export function judge({ status }: OutputOf, { untilMs }: Operation, around: Around, nowMs: number): "begin" | "refuse" {
  const { exists, ending } = around
  return exists && nowMs < untilMs && !ending && status === "free" ? "begin" : "refuse"
}

/** A command waits no more; its client was told already. */
export const leave = (output: OutputOf, number: number): Step => step(Output.leave(output, number), null, {})

/** A command of that number is refused: it was not begun, and never will be. */
export const refuse = (output: OutputOf, number: number, id: number, open: boolean): Step =>
  step(Output.leave(output, number), null, {
    answers: open ? [Outcome.confirm(id, "failure")] : NO_ANSWERS,
    facts: told("command", "failure", open),
    tells: true
  })

/** Its handler does not answer at once. */
export const takesTime = (operation: Operation): Operation =>
  operation.limit === "end" ? operation : { ...operation, limit: "end" }

// ---- its handler has settled ----

/** Whether what its handler says now shows at the point that is related to it. */
export const isDone = ({ phase, second, manner }: Operation, said: Outcome.Outcome): boolean =>
  said === "success" && (second ? phase === "executing" : phase === "deciding" && manner?.twoPhases !== true)

/** Its handler, or the present phase of it, has settled. */
export const settle = (output: OutputOf, operation: Operation, said: Outcome.Outcome, around: Around): Step =>
  operation.second ? executed(output, operation, said, around) : decided(output, operation, said, around)

function decided(output: OutputOf, operation: Operation, said: Outcome.Outcome, around: Around): Step {
  const { manner, command } = operation
  if (operation.phase !== "deciding" || manner === null)
    return step(output, null, { facts: told("command", said, false) })
  const { open, exists } = around
  const { twoPhases, termination } = manner
  if (twoPhases && said === "success" && open && exists && !around.ending) return accept(output, operation)
  // What was confirmed to nobody is not carried out; and who is gone answers nothing any more.
  const outcome = twoPhases || (said === "none" && !exists) ? "failure" : said
  const ends = exists || termination !== "manual" ? termination : false
  const decision = Outcome.command(command.id, outcome, ends, command.selected, mark(operation, around))
  const keeps = decision.keep && isKept(output, outcome, around)
  const owes = decision.keep && (open || keeps)
  const confirmed = owes ? outcome === "success" : operation.confirmed
  const owing = owes ? owe(output, operation, confirmed) : output
  const after = keeps ? owing : Output.end(owing, operation.number)
  const facts = told("command", outcome, open)
  return {
    output: after,
    operation: keeps ? leftOpen(operation, confirmed) : owes ? { ...Operations.over(operation), confirmed } : null,
    shows: outcome !== "failure",
    forgets: owes ? (output.owed?.command ?? 0) : 0,
    accepts: false,
    answers: open ? [decision] : NO_ANSWERS,
    facts: isFreed(output, after) ? [...facts, FREE] : facts,
    stops: false,
    tells: true,
    frees: !keeps
  }
}

/** Whether a command that was left open has its output until the application ends it. */
function isKept({ status }: OutputOf, outcome: Outcome.Outcome, { profile }: Around): boolean {
  // Nobody knows what it does: that ends by a release only.
  if (status === "unknown") return false
  return outcome === "success" || profile.openCommand === "occupies"
}

/** The application will answer by itself; it can owe one answer, and the one before is forgotten. */
const owe = (output: OutputOf, { number, since }: Operation, confirmed: boolean): OutputOf =>
  Output.owe(output, { command: number, confirmed, since })

/** It has its output until the application ends it: that is not free. */
const leftOpen = (operation: Operation, confirmed: boolean): Operation => ({
  ...operation,
  phase: "left",
  limit: "end",
  listed: false,
  confirmed
})

/** The first phase said yes: the client is told, and then the second phase begins. */
const accept = (output: OutputOf, operation: Operation): Step => ({
  ...step(
    output,
    { ...operation, phase: "accepted", limit: "end", listed: true, confirmed: true },
    {
      answers: [{ ...Outcome.confirm(operation.command.id, "success"), keep: true, goesOn: true }],
      facts: told("command", "success", true),
      tells: true
    }
  ),
  accepts: true
})

/** Its client was told: the second phase begins. */
export const carryOut = (operation: Operation, logEnd: number): Operation => ({
  ...operation,
  phase: "executing",
  since: logEnd,
  second: true
})

/**
 * Whether the second phase is asked for: what was confirmed to nobody is not carried out, nor what was not begun when the
 * application said that all ends.
 */
export const isCarriedOut = ({ exists, open, ending }: Around): boolean => exists && open && !ending

function executed(output: OutputOf, operation: Operation, said: Outcome.Outcome, around: Around): Step {
  const { open, exists } = around
  const facts = told("executed", said, open)
  if (operation.phase !== "executing") return step(output, null, { facts })
  if (said === "none" && exists && output.status !== "unknown")
    return {
      ...step(
        owe(output, operation, true),
        { ...leftOpen(operation, true), cancel: 0 },
        {
          // It goes on.
          answers: [
            ...(open ? [{ ...Outcome.confirm(operation.command.id, "none"), keep: true }] : NO_ANSWERS),
            ...answerCancel(operation, around, "failure")
          ],
          facts,
          tells: true
        }
      ),
      forgets: output.owed?.command ?? 0
    }
  const after = Output.end(output, operation.number)
  return step(after, null, {
    shows: said === "success",
    answers: lastAnswers(operation, said !== "success", around),
    facts: isFreed(output, after) ? [...facts, FREE] : facts,
    tells: true,
    frees: true
  })
}

/** What is told of how the second phase ended. */
function lastAnswers(operation: Operation, failed: boolean, around: Around): readonly Decision[] {
  const { command, manner, cancel } = operation
  const terminates = command.selected || manner?.termination !== false
  const stopped = cancel !== 0 && around.cancels
  // After a positive confirmation of its deactivation there is no termination.
  const tells = terminates && !(stopped && failed)
  const own = around.open ? [Outcome.terminate(command.id, tells, failed, mark(operation, around))] : NO_ANSWERS
  return [...own, ...answerCancel(operation, around, failed ? "success" : "failure")]
}

/** The answer to who wants it stopped, if anybody waits for that. */
const answerCancel = (
  { cancel }: Operation,
  { cancels }: Around,
  outcome: "success" | "failure"
): readonly Decision[] => (cancel !== 0 && cancels ? [Outcome.confirm(cancel, outcome)] : NO_ANSWERS)

// ---- ends ----

/**
 * Its client wants it stopped (cause 8) by a request of this id: whoever executes it is told by the signal, and what it then says
 * decides. Null when it is not executing, or is to be stopped already.
 */
export const cancel = (operation: Operation, id: number): Operation | null =>
  operation.phase !== "executing" || operation.cancel !== 0 ? null : { ...operation, cancel: id, aborted: true }

/** Nobody waits for the answer any more. What was begun goes on, and has its output until it has settled. */
export function abort(output: OutputOf, operation: Operation): Step {
  if (operation.phase === "waiting") return dropped(output, operation, false)
  const unlisted = { ...operation, listed: false }
  if (!Operations.isUnderWay(operation)) return step(output, unlisted, {})
  return step(output, { ...unlisted, aborted: true }, { stops: true })
}

const dropped = (output: OutputOf, operation: Operation, answered: boolean): Step =>
  step(Output.leave(output, operation.number), null, { facts: told("command", "failure", answered) })

const LATE: Fact = { fact: "late" }

/** The time to decide is over, and the request was confirmed negatively. */
export function expire(output: OutputOf, operation: Operation): Step {
  const { phase, number } = operation
  if (phase === "waiting") return dropped(output, operation, true)
  const unlisted = { ...operation, listed: false, aborted: true }
  if (phase !== "deciding") return step(output, unlisted, { facts: [LATE], stops: true, frees: true })
  return step(Output.overdue(output, number), unlisted, {
    shows: false,
    facts: [{ fact: "output", status: "stuck" }, LATE],
    stops: true,
    frees: true
  })
}

/** It has taken too long altogether: nobody knows what the output does. */
export function lose(output: OutputOf, operation: Operation, around: Around): Step {
  const phase = operation.phase === "left" ? "over" : operation.phase
  return step(
    Output.lose(output, operation.number),
    { ...givenUp(operation), phase, limit: "none" },
    {
      shows: false,
      answers: noBetter(operation, around),
      facts: [{ fact: "output", status: "unknown" }],
      stops: true,
      tells: true,
      frees: true
    }
  )
}

/** The application says that its output is free: it is over, whatever comes of it. */
export const release = (output: OutputOf, operation: Operation, around: Around): Step =>
  step(Output.release(output), givenUp(Operations.released(operation)), {
    shows: false,
    answers: noBetter(operation, around),
    stops: true,
    tells: true,
    frees: true
  })

const givenUp = (operation: Operation): Operation => ({ ...operation, listed: false, aborted: true, cancel: 0 })

/** What its client is told that will hear nothing better: it counts as refused. */
function noBetter(operation: Operation, around: Around): readonly Decision[] {
  const { command, confirmed } = operation
  const { id } = command
  const own = confirmed ? Outcome.terminate(id, true, true, Ledger.NO_EVENTS) : Outcome.confirm(id, "failure")
  return [...(around.open ? [own] : NO_ANSWERS), ...answerCancel(operation, around, "failure")]
}

/** Its point is gone: what was left open, and is owed an answer, is not answered any more. */
export function detach(output: OutputOf, operation: Operation, { open }: Around): Step {
  if (Operations.isUnderWay(operation)) return step(output, operation, {})
  const { command, confirmed } = operation
  const own = confirmed ? Outcome.forgotten(command.id) : Outcome.confirm(command.id, "failure")
  return step(output, null, { answers: open ? [own] : NO_ANSWERS, tells: true })
}

/** Its point is gone: what is begun is to stop. */
export const stop = (output: OutputOf, operation: Operation): Step =>
  Operations.isUnderWay(operation)
    ? step(output, { ...operation, aborted: true }, { stops: true })
    : step(output, operation, {})

/** The application answers what it owes of it; null when it owes nothing of the kind. */
export function resolve(
  output: OutputOf,
  operation: Operation,
  cause: number,
  negative: boolean,
  around: Around
): Step | null {
  const { output: after, answered, over: isOver } = Output.answer(output, cause, negative)
  if (answered === null || answered.command !== operation.number) return null
  const ends = isOver && operation.phase === "left"
  const { confirmed, since } = answered
  const late = Outcome.late(operation.command.id, cause, negative, confirmed, mark({ ...operation, since }, around))
  return step(
    after,
    { ...(ends ? Operations.over(operation) : operation), confirmed: true },
    {
      shows: isOver && negative ? false : null,
      answers: around.open ? [late] : NO_ANSWERS,
      facts: ends && output.status === "stuck" ? [FREE] : NO_FACTS,
      tells: true,
      frees: ends
    }
  )
}
