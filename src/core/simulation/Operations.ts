// Commands at the outputs of the station under test: begun, waiting and refused as the core says, with handlers that settle when
// their model says so.

import type { CommandRequested } from "../command/CommandNotice.ts"
import * as Instruction from "../command/Instruction.ts"
import * as Operating from "../command/Operating.ts"
import * as Operation from "../command/Operation.ts"
import * as Output from "../command/Output.ts"
import * as Image from "../image/Image.ts"
import * as Outcome from "../procedure/Outcome.ts"
import * as Drain from "../station/Drain.ts"
import * as Noticed from "../station/Noticed.ts"
import * as Outputs from "../station/Outputs.ts"
import * as Requests from "../station/Requests.ts"
import type { Answer, Handling, Party, Served } from "./Parts.ts"

const outputs = ({ station }: Served): Outputs.Outputs => station.outputs

const outputOf = ({ connection, outlet }: Handling): Operating.OutputOf =>
  Outputs.outputOf(outputs(connection.rtu), outlet)

const operationOf = ({ connection, operation }: Handling): Operation.Operation | null =>
  Outputs.operation(outputs(connection.rtu), operation)

function around(handling: Handling): Operating.Around {
  const { connection, command } = handling
  const { station } = connection.rtu
  const cancel = operationOf(handling)?.cancel ?? 0
  return {
    open: connection.exchange.awaits(command.id),
    cancels: cancel !== 0 && connection.exchange.awaits(cancel),
    exists: Image.lives(command),
    ending: station.isEnding,
    logEnd: station.publishing.logEnds()[0] as number,
    profile: station.world.profile
  }
}

function handlingOf(connection: Party, command: CommandRequested, outlet: number): Handling {
  const operation = connection.rtu.station.nextOperation()
  return { operation, outlet, connection, command, plan: null, timed: "none", measuring: 0 }
}

/** A command has come to its output, and is to be begun. */
export function command(connection: Party, notice: CommandRequested): void {
  const { rtu, exchange } = connection
  const { station, watch } = rtu
  const { block, slot } = notice
  const { profile } = station.world
  const outlet = Outputs.of(outputs(rtu), profile, block, slot, notice.ioa)
  const tellsBefore = outlet.publishedIn !== 0 && outlet.publishedIn === exchange.batch
  const verdict = Requests.arrive(station.world, outlet.output, tellsBefore, true)
  watch.sometimes(`command ${verdict}`)
  if (verdict === "before") {
    Drain.tellCollected(connection)
    return connection.perform(Noticed.requested(station, exchange, connection, notice))
  }
  const handling = handlingOf(connection, notice, outlet.number)
  if (verdict === "begin") {
    const before = station.publishing.logEnds()[0] as number
    operate(handling, outlet, null)
    if ((station.publishing.logEnds()[0] as number) > before)
      Outputs.published(outputs(rtu), outlet.number, exchange.batch)
  } else if (verdict === "refuse") turnDown(handling, true)
  else {
    rtu.handlings.set(handling.operation, handling)
    const untilMs = rtu.agenda.nowMs + profile.commandWaitMs
    const waiting = Operation.waiting(handling.operation, connection.number, notice, rtu.agenda.wallMs, untilMs)
    perform(handling, Operating.wait(outlet.output, waiting), false)
  }
}

/** A command is refused that nobody is asked about. */
export function refuse(connection: Party, notice: CommandRequested): void {
  const { station } = connection.rtu
  const outlet = Outputs.of(station.outputs, station.world.profile, notice.block, notice.slot, notice.ioa)
  turnDown(handlingOf(connection, notice, outlet.number), true)
}

function turnDown(handling: Handling, collects: boolean): void {
  const { operation, command } = handling
  perform(handling, Operating.refuse(outputOf(handling), operation, command.id, around(handling).open), collects)
}

/** Its point says what is commanded, and its handler is asked. */
function operate(handling: Handling, outlet: Outputs.Outlet, waited: Operation.Operation | null): void {
  const { connection, command, operation } = handling
  const { rtu } = connection
  const { block, slot, value, qualifier, timeLow, timeHigh } = command
  const plan = rtu.application.plan(command)
  const { wallMs } = rtu.agenda
  const said = { value, qualifier, timeLow, timeHigh }
  const manner: Operation.Manner = {
    twoPhases: plan.second !== null,
    termination: plan.termination,
    said,
    before: Instruction.of(block, slot),
    byClient: outlet.byClient,
    related: null
  }
  const { logEnd } = around(handling)
  const receivedMs = waited?.receivedMs ?? wallMs
  const listed = waited?.listed === true
  const begun = Operation.begun(
    operation,
    connection.number,
    command,
    receivedMs,
    outlet.receivedMs,
    listed,
    manner,
    logEnd
  )
  Outputs.begin(outputs(rtu), outlet, begun, said)
  handling.plan = plan
  rtu.handlings.set(operation, handling)
  if (waited !== null) measure(handling, begun)
  rtu.application.begun(handling)
  answer(handling, plan.first, waited === null)
}

/** Its handler, or the second phase of it, answers at once, later, or never. */
function answer(handling: Handling, { said, delayMs }: Answer, collects: boolean): void {
  const { rtu } = handling.connection
  if (delayMs === 0) return settled(handling, said, collects)
  const operation = operationOf(handling)
  if (operation !== null && Operation.isUnderWay(operation)) {
    become(handling, { ...Operating.takesTime(operation), listed: true })
    if (handling.connection.exchange.reason !== null) abort(handling)
  }
  if (delayMs < 0) rtu.application.never(() => settled(handling, said, false))
  else rtu.agenda.after(delayMs, () => rtu.when(() => settled(handling, said, false)))
}

function settled(handling: Handling, said: Outcome.Outcome, collects: boolean): void {
  const { rtu } = handling.connection
  const operation = operationOf(handling)
  rtu.watch.sometimes(`handler says ${said}`)
  if (operation === null) return rtu.watch.ended(handling.operation)
  rtu.watch.decided(handling.operation, said, operation.second)
  const step = Operating.settle(outputOf(handling), operation, said, around(handling))
  if (!step.accepts) rtu.watch.ended(handling.operation)
  perform(handling, step, collects)
  if (operationOf(handling)?.phase === "left") rtu.application.left(() => resolve(handling))
}

/** What was left open is answered. */
function resolve(handling: Handling): boolean {
  const operation = operationOf(handling)
  const { application } = handling.connection.rtu
  if (operation === null || operation.phase !== "left") return false
  const { cause, negative } = application.resolution()
  perform(handling, Operating.resolve(outputOf(handling), operation, cause, negative, around(handling)), false)
  return operationOf(handling)?.phase === "left"
}

/** Its client was told that it is accepted: the second phase begins. */
export function carryOut(rtu: Served, number: number): void {
  const handling = rtu.handlings.get(number)
  const operation = Outputs.operation(outputs(rtu), number)
  if (handling === undefined || operation?.phase !== "accepted") return
  rtu.watch.sometimes("second phase")
  become(handling, Operating.carryOut(operation, around(handling).logEnd))
  const second = handling.plan?.second ?? null
  if (second !== null && Operating.isCarriedOut(around(handling))) answer(handling, second, false)
  else settled(handling, "failure", false)
}

// ---- ends ----

function abort(handling: Handling): void {
  const operation = operationOf(handling)
  if (operation !== null) perform(handling, Operating.abort(outputOf(handling), operation), false)
}

/** Nobody waits any more for what a connection has asked. */
export function abandonAll(connection: Party): void {
  for (const handling of [...connection.rtu.handlings.values()])
    if (handling.connection === connection && operationOf(handling)?.listed === true) abort(handling)
}

/** Commands of a connection that were not begun are refused. */
export function stopping(connection: Party): void {
  for (const handling of [...connection.rtu.handlings.values()])
    if (handling.connection === connection && operationOf(handling)?.phase === "waiting") turnDown(handling, true)
}

/** The time to decide is over. */
export function timedOut(connection: Party, id: number): void {
  for (const handling of [...connection.rtu.handlings.values()]) {
    const operation = operationOf(handling)
    if (handling.connection !== connection || handling.command.id !== id || operation?.listed !== true) continue
    perform(handling, Operating.expire(outputOf(handling), operation), false)
  }
}

/** The point of an output is gone. */
export function detached(rtu: Served, gone: Outputs.Detached | null): void {
  if (gone === null) return
  const steps: (() => void)[] = []
  const of = (number: number): Handling | undefined => rtu.handlings.get(number)
  const owed = of(gone.owed)
  const operation = owed === undefined ? null : operationOf(owed)
  if (owed !== undefined && operation !== null) {
    const step = Operating.detach(outputOf(owed), operation, around(owed))
    apply(owed, step)
    steps.push(() => owed.connection.tell())
  }
  for (const number of gone.waiting) {
    const handling = of(number)
    if (handling === undefined) continue
    const step = Operating.refuse(outputOf(handling), number, handling.command.id, around(handling).open)
    apply(handling, step)
    steps.push(() => follow(handling, step, false))
  }
  rtu.agenda.after(0, () => {
    const begun = of(gone.begun)
    const left = begun === undefined ? null : operationOf(begun)
    if (begun !== undefined && left !== null) perform(begun, Operating.stop(outputOf(begun), left), false)
    for (const step of steps) step()
  })
}

/** The application says that outputs are free of which nobody knows what they do. */
export function release(rtu: Served): boolean {
  for (const outlet of outputs(rtu).outlets.values()) {
    if (outlet.output.status !== "unknown") continue
    rtu.watch.sometimes("output released")
    const { begun } = outlet.output
    const handling = begun === null ? undefined : rtu.handlings.get(begun)
    const operation = handling === undefined ? null : operationOf(handling)
    if (begun !== null) rtu.watch.ended(begun)
    if (handling !== undefined && operation !== null)
      perform(handling, Operating.release(outlet.output, operation, around(handling)), false)
    else {
      Outputs.become(outputs(rtu), outlet.number, Output.release(outlet.output))
      goOn(rtu, outlet.number)
    }
    return true
  }
  return false
}

// ---- what follows ----

function perform(handling: Handling, step: Operating.Step | null, collects: boolean): void {
  if (step === null) return
  apply(handling, step)
  follow(handling, step, collects)
}

/** What is so from now on, and what its client is to be told. */
function apply(handling: Handling, step: Operating.Step): void {
  const { connection, operation: number, outlet } = handling
  const { rtu } = connection
  const operation = Outputs.take(outputs(rtu), Outputs.at(outputs(rtu), outlet), number, operationOf(handling), step)
  measure(handling, operation)
  if (operation === null) rtu.handlings.delete(number)
  if (step.forgets !== 0) forget(rtu, step.forgets)
  if (step.accepts) connection.exchange.afterwards(handling.command.id, number)
  for (const decision of step.answers) connection.collect(decision)
}

function follow(handling: Handling, step: Operating.Step, collects: boolean): void {
  const { connection } = handling
  if (step.accepts) Drain.announce(connection, () => undefined)
  for (const fact of step.facts) if (fact.fact === "output") connection.rtu.watch.sometimes(`output ${fact.status}`)
  if (step.operation !== null) conclude(handling)
  if (step.tells && !collects) connection.tell()
  if (step.frees) goOn(connection.rtu, handling.outlet)
}

/** An operation that can be answered no more. */
function forget(rtu: Served, number: number): void {
  const handling = rtu.handlings.get(number)
  if (handling === undefined) return
  const { connection, command } = handling
  conclude(handling)
  if (!connection.exchange.awaits(command.id)) return
  connection.collect(Outcome.forgotten(command.id))
  rtu.agenda.after(0, () => connection.tell())
}

function conclude(handling: Handling): void {
  const operation = operationOf(handling)
  const { rtu } = handling.connection
  if (operation !== null && Outputs.conclude(outputs(rtu), handling.outlet, operation))
    rtu.handlings.delete(handling.operation)
}

function become(handling: Handling, operation: Operation.Operation): void {
  Outputs.put(outputs(handling.connection.rtu), operation)
  measure(handling, operation)
}

/** Measures the time that is to be measured from now on. */
function measure(handling: Handling, operation: Operation.Operation | null): void {
  const limit = operation === null ? "none" : operation.limit
  if (limit === handling.timed) return
  handling.timed = limit
  const measuring = ++handling.measuring
  if (limit === "none") return
  const { rtu } = handling.connection
  const { agenda, station } = rtu
  const over = (): void => {
    if (handling.measuring !== measuring) return
    handling.timed = "none"
    const now = operationOf(handling)
    if (now?.limit === "turn") turnDown(handling, false)
    else if (now !== null) perform(handling, Operating.lose(outputOf(handling), now, around(handling)), false)
  }
  const atMs = limit === "turn" ? (operation?.untilMs ?? 0) : agenda.nowMs + station.world.limits.operationMs
  agenda.at(atMs, () => rtu.when(over))
}

/** Those that wait at an output are judged, until one takes its time. */
function goOn(rtu: Served, at: number): void {
  for (let next = Outputs.next(outputs(rtu), at); next !== 0; next = Outputs.next(outputs(rtu), at)) {
    const handling = rtu.handlings.get(next)
    if (handling === undefined) Outputs.become(outputs(rtu), at, Output.leave(Outputs.outputOf(outputs(rtu), at), next))
    else proceed(handling)
  }
}

/** Its turn has come. */
function proceed(handling: Handling): void {
  const { connection, operation: number, outlet: at, command } = handling
  const { rtu } = connection
  const operation = operationOf(handling)
  const { station, agenda } = rtu
  const output = outputOf(handling)
  if (operation === null || !around(handling).open)
    return Outputs.become(outputs(rtu), at, Output.leave(output, number))
  const situation = Requests.outdated({ stoodStill: false, judgingMs: () => 0 }, station.world, command)
  if (situation !== null) {
    perform(handling, Operating.leave(output, number), false)
    connection.collect(Outcome.confirm(command.id, "failure"))
    return connection.tell()
  }
  const outlet = Outputs.find(outputs(rtu), command.block, command.slot)
  if (Operating.judge(output, operation, around(handling), agenda.nowMs) === "refuse" || outlet === undefined)
    return turnDown(handling, false)
  rtu.watch.sometimes("command begun that has waited")
  operate(handling, outlet, operation)
}
