// How operations are carried out, by whoever runs a station: the order in which what follows from each step is done. What is so from
// now on comes first, then what its client is to be told, facts, the signal, the client, and the commands that wait; whatever is
// called on that way may change anything. What becomes of an operation is said by Operating; handlers, signals and times are the
// carrier's.

import type { CommandRequested } from "../command/CommandNotice.ts"
import * as Instruction from "../command/Instruction.ts"
import * as Operating from "../command/Operating.ts"
import * as Operation from "../command/Operation.ts"
import * as Output from "../command/Output.ts"
import type { Related } from "../image/Feedback.ts"
import * as Image from "../image/Image.ts"
import type { EventLog } from "../log/EventLog.ts"
import * as Profile from "../Profile.ts"
import type { Decision } from "../procedure/Notice.ts"
import * as Outcome from "../procedure/Outcome.ts"
import * as Drain from "./Drain.ts"
import type { Exchange } from "./Exchange.ts"
import * as Noticed from "./Noticed.ts"
import * as Outputs from "./Outputs.ts"
import * as Requests from "./Requests.ts"
import type { Station } from "./Station.ts"

/** Whoever carries one operation out: asks its handler, measures its time, and tells of it. */
export interface Carrier {
  /** Its number among the operations of the station, what is commanded, and the number of the output. */
  readonly number: number
  readonly command: CommandRequested
  readonly outlet: number
  /** Who asked for it. */
  readonly session: Drain.Runner & Requests.Reading
  /** The time that it has is measured from now on: {@link timeIsOver} when that is over. */
  measure(operation: Operation.Operation | null): void
  /** Whether it is called off when nobody waits for it any more, by {@link abort} and {@link expire}. */
  lists(on: boolean): void
  /** Its handler is told to stop. */
  stop(): void
  /** The station does not know it any more; whether it was told to stop: then so is whoever asks for its signal later. */
  gone(aborted: boolean): void
  tell(facts: readonly Operating.Fact[]): void
  /** It is not begun any more: that is told, and the session collects it. */
  answer(answered: Noticed.Answered): void
  /** What was done shows at another point, which is published. */
  publish(related: Related): void
  /** The second phase is asked for: {@link settle} when it has settled. */
  carryOut(): void
  /** Its turn has come, and nothing is against it: whoever decides it now is asked, behind {@link begin}. */
  proceed(operation: Operation.Operation): void
}

/** Whoever runs the station. */
export interface Runner<C extends Carrier = Carrier> {
  readonly station: Station
  monotonicMs(): number
  /** Who carries an operation out; undefined where nothing more can come of it. */
  carrier(operation: number): C | undefined
  /** What is done when what happens now is over. */
  soon(act: () => void): void
}

// ---- what is so ----

/** The end of the log: what is published from now on lies behind it. */
export const logEnd = ({ publishing }: Station): number => (publishing.logs[0] as EventLog).end

/** Whether its client still waits for its answer. */
export const isOpen = ({ session, command }: Carrier): boolean => session.exchange.awaits(command.id)

const operationOf = ({ outputs }: Station, { number }: Carrier): Operation.Operation | null =>
  Outputs.operation(outputs, number)

/** Steps keep nothing of what is so around them: it is written anew for each, and costs a command no record. */
const now: { -readonly [Field in keyof Operating.Around]: Operating.Around[Field] } = {
  open: false,
  cancels: false,
  exists: false,
  ending: false,
  logEnd: 0,
  profile: Profile.iec
}

function around(station: Station, carrier: Carrier, operation: Operation.Operation | null): Operating.Around {
  const { session, command } = carrier
  const { exchange } = session
  const cancel = operation?.cancel ?? 0
  now.open = exchange.awaits(command.id)
  now.cancels = cancel !== 0 && exchange.awaits(cancel)
  now.exists = Image.lives(command)
  now.ending = station.isEnding
  now.logEnd = logEnd(station)
  now.profile = station.world.profile
  return now
}

/** Takes a decision of the application: it is reduced with others when that was asked, and before anything else that happens. */
export function collect(station: Station, exchange: Exchange, decision: Decision): void {
  if (exchange.isIdle) exchange.batch = station.nextBatch()
  exchange.collect(decision)
}

// ---- in front of its output ----

/**
 * What becomes of a command that has come to its output: something is to be told `before` it is judged anew, or it is begun, waits
 * or is refused; whether anybody `decides` it.
 */
export function arrive(
  { world }: Station,
  { batch }: Exchange,
  { output, publishedIn }: Outputs.Outlet,
  decides: boolean
): "before" | Output.Verdict {
  return Requests.arrive(world, output, publishedIn !== 0 && publishedIn === batch, decides)
}

/** It waits for its turn, until a time of the monotonic clock; it came at a time in ms since 1970 UTC. */
export function wait(runner: Runner, carrier: Carrier, receivedMs: number, untilMs: number): void {
  const { outputs } = runner.station
  const { number, command, session, outlet } = carrier
  const operation = Operation.waiting(number, session.exchange.state.id, command, receivedMs, untilMs)
  perform(runner, carrier, Operating.wait(Outputs.outputOf(outputs, outlet), operation))
}

const refusal = ({ outputs }: Station, carrier: Carrier): Operating.Step =>
  Operating.refuse(Outputs.outputOf(outputs, carrier.outlet), carrier.number, carrier.command.id, isOpen(carrier))

/** Refuses it: it was not begun, and never will be. The session `collects` while it asks. */
export const refuse = (runner: Runner, carrier: Carrier, collects: boolean): void =>
  perform(runner, carrier, refusal(runner.station, carrier), collects)

/** Refuses it where it waits for its turn; the session collects the decision. */
export function refuseWaiting(runner: Runner, carrier: Carrier): void {
  if (operationOf(runner.station, carrier)?.phase === "waiting") refuse(runner, carrier, true)
}

/**
 * Has the commands that wait at an output judged, until one takes its time. A loop, not a chain of calls: handlers may answer at
 * once.
 */
export function goOn(runner: Runner, outlet: number): void {
  const { outputs } = runner.station
  if (Outputs.next(outputs, outlet) === 0 || outputs.judging.has(outlet)) return
  outputs.judging.add(outlet)
  try {
    for (let next = Outputs.next(outputs, outlet); next !== 0; next = Outputs.next(outputs, outlet)) {
      const carrier = runner.carrier(next)
      // Nobody waits under a number that is not known.
      if (carrier === undefined) leave(outputs, outlet, next)
      else proceed(runner, carrier)
    }
  } finally {
    outputs.judging.delete(outlet)
  }
}

const leave = (outputs: Outputs.Outputs, outlet: number, number: number): void =>
  Outputs.become(outputs, outlet, Output.leave(Outputs.outputOf(outputs, outlet), number))

/** Its turn has come: it is begun, unless nobody decides it any more. */
function proceed(runner: Runner, carrier: Carrier): void {
  const { station } = runner
  const { outlet, number, session, command } = carrier
  const operation = operationOf(station, carrier)
  // Its time is over as well: that is told next.
  if (operation === null || !isOpen(carrier)) return leave(station.outputs, outlet, number)
  const output = Outputs.outputOf(station.outputs, outlet)
  const situation = Requests.outdated(session, station.world, command)
  if (situation !== null) {
    perform(runner, carrier, Operating.leave(output, number))
    carrier.answer(Noticed.outdated(session.exchange, command, situation))
    return Drain.tellCollected(session)
  }
  const judged = Operating.judge(output, operation, around(station, carrier, operation), runner.monotonicMs())
  if (judged === "refuse") refuse(runner, carrier, false)
  else carrier.proceed(operation)
}

// ---- begun ----

/** How its point has it carried out: whether in two phases, how it is terminated, and what shows that it was done. */
export type Way = Pick<Operation.Manner, "twoPhases" | "termination" | "related">

/** It is begun at its output, and its point says what is commanded. It came at a time in ms since 1970 UTC, or has waited. */
export function begin(
  station: Station,
  carrier: Carrier,
  outlet: Outputs.Outlet,
  { twoPhases, termination, related }: Way,
  receivedMs: number,
  listed: boolean
): Operation.Operation {
  const { number, command, session } = carrier
  const { id } = session.exchange.state
  const { block, slot } = command
  const said = saidBy(station, command, receivedMs)
  const before = Instruction.of(block, slot)
  const { byClient, receivedMs: previousMs } = outlet
  const manner: Operation.Manner = { twoPhases, termination, said, before, byClient, related }
  const end = logEnd(station)
  const operation = Operation.begun(number, id, command, receivedMs, previousMs, listed, manner, end)
  Outputs.begin(station.outputs, outlet, operation, said)
  return operation
}

/** It was asked, as it came, since the log ended there: where anything was published, the next command to this point is asked behind that. */
export function asked(station: Station, { session, outlet }: Carrier, since: number): void {
  if (logEnd(station) > since) Outputs.published(station.outputs, outlet, session.exchange.batch)
}

/** What a command says. One without time tag, at a point that has one, gets that of its arrival. */
function saidBy(station: Station, command: CommandRequested, atMs: number): Instruction.Instruction {
  const { block, value, qualifier, timeLow, timeHigh } = command
  if (block.time === null || timeLow !== 0 || timeHigh !== 0) return command
  const { low, high } = station.timeTag(block.zone, atMs)
  return { value, qualifier, timeLow: low, timeHigh: high }
}

/** Its handler does not answer at once. */
export function takesTime(station: Station, carrier: Carrier): void {
  const operation = operationOf(station, carrier)
  if (operation !== null) become(station, carrier, Operating.takesTime(operation))
}

/** Its handler, or the present phase of it, has settled; the session `collects` while it asks. */
export function settle(runner: Runner, carrier: Carrier, said: Outcome.Outcome, collects: boolean): void {
  const { station } = runner
  let operation = operationOf(station, carrier)
  if (operation === null) return
  // Of most there is nothing to hear.
  if (said !== "success" || operation.manner?.related !== null || !isOpen(carrier)) {
    hear(carrier, operation, said)
    operation = operationOf(station, carrier) ?? operation
  }
  const outlet = Outputs.at(station.outputs, carrier.outlet)
  const output = outlet?.output ?? Output.free
  const step = Operating.settle(output, operation, said, around(station, carrier, operation))
  take(runner, carrier, step, operation, outlet)
  follow(runner, carrier, step, collects)
}

const LATE: readonly Operating.Fact[] = [{ fact: "late" }]
const UNCLEAR: readonly Operating.Fact[] = [{ fact: "unclear" }]

/** What is told of an answer before anything follows from it: all is still as its handler has left it. */
function hear(carrier: Carrier, operation: Operation.Operation, said: Outcome.Outcome): void {
  const { phase, second, aborted, manner } = operation
  if (phase === "deciding" && !second) {
    // It blocked for so long that the session went on without it.
    if (!isOpen(carrier) && carrier.session.exchange.reason === null && !aborted) carrier.tell(LATE)
    if (manner?.twoPhases === true && said === "none") carrier.tell(UNCLEAR)
  }
  const related = manner?.related ?? null
  if (related !== null && Operating.isDone(operation, said) && Image.lives(carrier.command)) carrier.publish(related)
}

/** The client of an operation was told that it is accepted: the second phase begins. */
export function carryOut(runner: Runner, number: number): void {
  const { station } = runner
  const carrier = runner.carrier(number)
  const operation = Outputs.operation(station.outputs, number)
  if (carrier === undefined || operation?.phase !== "accepted") return
  become(station, carrier, Operating.carryOut(operation, logEnd(station)))
  if (Operating.isCarriedOut(around(station, carrier, operation))) carrier.carryOut()
  else settle(runner, carrier, "failure", false)
}

/** Whether its handler has more to say that counts. */
export function isUnderWay(station: Station, carrier: Carrier): boolean {
  const operation = operationOf(station, carrier)
  return operation !== null && Operation.isUnderWay(operation)
}

/** Whether it was told to stop, its point is gone, or its session has ended or is about to. */
export function isGivenUp(station: Station, carrier: Carrier): boolean {
  const { leaving, reason } = carrier.session.exchange
  if (operationOf(station, carrier)?.aborted === true) return true
  return !Image.lives(carrier.command) || reason !== null || leaving
}

/** Whether it may still be done: nobody has refused it or given it up. */
export function isWanted(station: Station, carrier: Carrier): boolean {
  const isTooLate = station.isEnding && operationOf(station, carrier)?.phase === "deciding"
  return isUnderWay(station, carrier) && !isTooLate && !isGivenUp(station, carrier) && isOpen(carrier)
}

// ---- ends ----

type Change = (
  output: Operating.OutputOf,
  operation: Operation.Operation,
  around: Operating.Around
) => Operating.Step | null

/** A step of an operation that is not over. */
function changed(station: Station, carrier: Carrier, change: Change): Operating.Step | null {
  const operation = operationOf(station, carrier)
  if (operation === null) return null
  return change(Outputs.outputOf(station.outputs, carrier.outlet), operation, around(station, carrier, operation))
}

const change = (runner: Runner, carrier: Carrier, by: Change): void =>
  perform(runner, carrier, changed(runner.station, carrier, by))

/** Nobody waits for its answer any more. */
export const abort = (runner: Runner, carrier: Carrier): void => change(runner, carrier, Operating.abort)

/** The time to decide is over. */
export const expire = (runner: Runner, carrier: Carrier): void => change(runner, carrier, Operating.expire)

/** The time that was measured is over. */
export function timeIsOver(runner: Runner, carrier: Carrier): void {
  if (operationOf(runner.station, carrier)?.limit === "turn") refuse(runner, carrier, false)
  else change(runner, carrier, Operating.lose)
}

/**
 * The application says that an output is free, whatever was begun at it, which is told before the handler is told to stop; whether
 * anything was.
 */
export function release(runner: Runner, outlet: Outputs.Outlet | undefined, tell: () => void): boolean {
  if (outlet === undefined || outlet.output.status === "free") return false
  const { station } = runner
  const carrier = runner.carrier(outlet.output.begun ?? 0)
  if (carrier === undefined) {
    Outputs.become(station.outputs, outlet.number, Output.release(outlet.output))
    tell()
    goOn(runner, outlet.number)
    return true
  }
  const step = changed(station, carrier, Operating.release)
  if (step !== null) take(runner, carrier, step)
  tell()
  if (step !== null) follow(runner, carrier, step, false)
  return true
}

/**
 * The point of an output is gone: who waits there, or waits for an answer that it owed, is told no, ahead of all that happens
 * behind it; a moment later, when whoever removed it has done, the application is told, and what was begun is to stop.
 */
export function detached(runner: Runner, { begun, owed, waiting }: Outputs.Detached): void {
  const { station } = runner
  const carried = runner.carrier(begun)
  const owes = runner.carrier(owed)
  const answered = owes === undefined ? null : changed(station, owes, Operating.detach)
  if (owes !== undefined && answered !== null) take(runner, owes, answered)
  const refused: (readonly [Carrier, Operating.Step])[] = []
  for (const number of waiting) {
    const carrier = runner.carrier(number)
    if (carrier === undefined) continue
    const step = refusal(station, carrier)
    take(runner, carrier, step)
    refused.push([carrier, step])
  }
  runner.soon(() => {
    if (owes !== undefined) Drain.tellCollected(owes.session)
    if (carried !== undefined) change(runner, carried, Operating.stop)
    for (const [carrier, step] of refused) follow(runner, carrier, step, false)
  })
}

/**
 * Answers what is owed at an output: cause 7 confirms or refuses, cause 10 terminates, to its session and with its octets. False
 * when nobody is told.
 */
export function resolve(runner: Runner, outlet: Outputs.Outlet | undefined, cause: number, negative: boolean): boolean {
  const carrier = runner.carrier(outlet?.output.owed?.command ?? 0)
  if (carrier === undefined) return false
  const open = isOpen(carrier)
  const step = changed(runner.station, carrier, (output, operation, so) =>
    Operating.resolve(output, operation, cause, negative, so)
  )
  perform(runner, carrier, step)
  return step !== null && open
}

/** Nobody can answer it by `transmit` any more: its client hears nothing of it, and that is told. */
function forget(runner: Runner, carrier: Carrier): void {
  const { session, command } = carrier
  conclude(runner.station, carrier)
  if (!isOpen(carrier)) return
  collect(runner.station, session.exchange, Outcome.forgotten(command.id))
  runner.soon(() => Drain.tellCollected(session))
}

// ---- what follows ----

/** Does what follows from a step; the session `collects` while it asks. */
function perform(runner: Runner, carrier: Carrier, step: Operating.Step | null, collects = false): void {
  if (step === null) return
  take(runner, carrier, step)
  follow(runner, carrier, step, collects)
}

/** What is so from now on, and what its client is to be told. The operation, and what is known of its output, were so before. */
function take(
  runner: Runner,
  carrier: Carrier,
  step: Operating.Step,
  before: Operation.Operation | null = operationOf(runner.station, carrier),
  outlet: Outputs.Outlet | undefined = Outputs.at(runner.station.outputs, carrier.outlet)
): void {
  const { station } = runner
  const { number, command, session } = carrier
  const operation = Outputs.take(station.outputs, outlet, number, before, step)
  carrier.measure(operation)
  // What was accepted is called off behind what came until then.
  if (step.accepts || operation?.listed !== true) carrier.lists(false)
  if (operation?.listed === true) carrier.lists(true)
  if (operation === null) carrier.gone(before?.aborted === true)
  if (step.forgets !== 0) {
    const other = runner.carrier(step.forgets)
    if (other !== undefined) forget(runner, other)
  }
  if (step.accepts) session.exchange.afterwards(command.id, number)
  for (const answer of step.answers) collect(station, session.exchange, answer)
}

/** Who is told, and who goes on. */
function follow(runner: Runner, carrier: Carrier, step: Operating.Step, collects: boolean): void {
  const { session } = carrier
  if (step.accepts) Drain.announce(session, () => carrier.tell(step.facts))
  else carrier.tell(step.facts)
  if (step.stops) carrier.stop()
  if (step.operation !== null) conclude(runner.station, carrier)
  if (step.tells && !collects) Drain.tellCollected(session)
  if (step.frees) goOn(runner, carrier.outlet)
}

/** The operation, which is known, is so from now on. */
function become({ outputs }: Station, carrier: Carrier, operation: Operation.Operation): void {
  Outputs.put(outputs, operation)
  carrier.measure(operation)
}

/** Its answer is owed to nobody any more: nothing more comes of it. */
function conclude(station: Station, carrier: Carrier): void {
  const operation = operationOf(station, carrier)
  if (operation !== null && Outputs.conclude(station.outputs, carrier.outlet, operation))
    carrier.gone(operation.aborted)
}
