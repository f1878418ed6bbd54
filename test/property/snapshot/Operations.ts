// Commands at the outputs of a station on a bench: begun, waiting and refused by the tables, with handlers that settle at once or later.
import type { CommandRequested } from "../../../src/core/command/CommandNotice.ts"
import * as Instruction from "../../../src/core/command/Instruction.ts"
import * as Operating from "../../../src/core/command/Operating.ts"
import * as Operation from "../../../src/core/command/Operation.ts"
import * as Output from "../../../src/core/command/Output.ts"
import type { Block } from "../../../src/core/image/Block.ts"
import * as Image from "../../../src/core/image/Image.ts"
import * as Outcome from "../../../src/core/procedure/Outcome.ts"
import * as Drain from "../../../src/core/station/Drain.ts"
import * as Outputs from "../../../src/core/station/Outputs.ts"
import type { Random } from "../support/Random.ts"
import type { Bench } from "./Bench.ts"
import type { Running } from "./Ground.ts"
import { one } from "./Places.ts"
import type { Session } from "./Session.ts"

const PLACES = 3
const WAIT_MS = 1000

const sessionOf = (bench: Bench, { session }: Running): Session | undefined => {
  const found = bench.sessions.get(session)
  return found?.exchange.reason === null ? found : undefined
}

function around(bench: Bench, running: Running): Operating.Around {
  const { station } = bench
  const { world } = station
  const operation = Outputs.operation(station.outputs, running.operation)
  const exchange = sessionOf(bench, running)?.exchange
  const cancel = operation?.cancel ?? 0
  return {
    open: exchange?.awaits(running.id) === true,
    cancels: cancel !== 0 && exchange?.awaits(cancel) === true,
    exists: operation !== null && Image.lives(operation.command),
    ending: station.isEnding,
    logEnd: station.publishing.logEnds()[0] as number,
    profile: world.profile
  }
}

/** A command has come to its output; its session asks. */
export function command(session: Session, notice: CommandRequested, random: Random): void {
  const { bench } = session
  const { station, ground } = bench
  if (!Image.lives(notice)) return session.collect(Outcome.gone(notice.id))
  const outlet = Outputs.of(station.outputs, station.world.profile, notice.block, notice.slot, notice.ioa)
  const running = {
    operation: station.nextOperation(),
    outlet: outlet.number,
    session: session.number,
    id: notice.id
  }
  const verdict = Output.judge(outlet.output, PLACES)
  bench.say("operates", [running.operation, verdict, outlet.publishedIn, outlet.byClient, outlet.receivedMs])
  if (verdict === "begin") return begin(bench, running, outlet, notice, random, true)
  const { operation } = running
  if (verdict === "wait") {
    const waiting = Operation.waiting(operation, session.number, notice, bench.tagMs, ground.nowMs + WAIT_MS)
    ground.waiting.push(running)
    return perform(bench, running, Operating.wait(outlet.output, waiting), random, true)
  }
  perform(bench, running, Operating.refuse(outlet.output, operation, notice.id, true), random, true)
}

/** A command is refused that has not come to its output. */
export function turnAway(session: Session, { block, slot, ioa, id }: CommandRequested, random: Random): void {
  const { bench, number } = session
  const { outputs, world } = bench.station
  const { number: outlet, output } = Outputs.of(outputs, world.profile, block, slot, ioa)
  const running = { operation: bench.station.nextOperation(), outlet, session: number, id }
  const open = session.exchange.awaits(id)
  perform(bench, running, Operating.refuse(output, running.operation, id, open), random, true)
}

/** A session is about to stop: its commands that wait are refused. */
export function stopping(session: Session, random: Random): void {
  const { bench, number } = session
  const refused = bench.ground.waiting.filter((running) => running.session === number)
  bench.ground.waiting = bench.ground.waiting.filter((running) => running.session !== number)
  for (const running of refused) {
    const output = Outputs.outputOf(bench.station.outputs, running.outlet)
    const open = session.exchange.awaits(running.id)
    perform(bench, running, Operating.refuse(output, running.operation, running.id, open), random, true)
  }
}

function begin(
  bench: Bench,
  running: Running,
  outlet: Outputs.Outlet,
  notice: CommandRequested,
  random: Random,
  asks: boolean
): void {
  const { station, ground } = bench
  const { outputs, publishing } = station
  const { block, slot, value, qualifier, timeLow, timeHigh } = notice
  const manner: Operation.Manner = {
    twoPhases: random.chance(30),
    termination: random.pick([true, false, "manual" as const]),
    said: { value, qualifier, timeLow, timeHigh },
    before: Instruction.of(block, slot),
    byClient: outlet.byClient,
    related: null
  }
  const { logEnd } = around(bench, running)
  const begun = Operation.begun(
    running.operation,
    running.session,
    notice,
    bench.tagMs,
    outlet.receivedMs,
    false,
    manner,
    logEnd
  )
  Outputs.begin(outputs, outlet, begun, manner.said)
  const [batch] = [sessionOf(bench, running)?.exchange.batch ?? 0]
  if (random.chance(30) && publishing.append(block, slot, 11, 1, running.session) >= 0)
    Outputs.published(outputs, outlet.number, batch)
  bench.followUp()
  if (random.chance(50)) settles(bench, running, random, asks)
  else ground.running.push(running)
}

/** A handler has settled. */
function settles(bench: Bench, running: Running, random: Random, asks: boolean): void {
  const { outputs } = bench.station
  const operation = Outputs.operation(outputs, running.operation)
  if (operation === null) return
  const said = random.pick(["success", "success", "failure", "none"] as const)
  const output = Outputs.outputOf(outputs, running.outlet)
  perform(bench, running, Operating.settle(output, operation, said, around(bench, running)), random, asks)
}

/** What a step says is so, and what follows from it; a session that `asks` collects what is decided. */
function perform(bench: Bench, running: Running, step: Operating.Step | null, random: Random, asks = false): void {
  if (step === null) return
  const { outputs } = bench.station
  const session = sessionOf(bench, running)
  const before = Outputs.operation(outputs, running.operation)
  Outputs.take(outputs, Outputs.at(outputs, running.outlet), running.operation, before, step)
  if (step.accepts && session !== undefined) {
    bench.ground.accepted.push(running)
    session.exchange.afterwards(running.id, running.operation)
  }
  for (const answer of step.answers) session?.collect(answer)
  const tell = (): void => bench.say("operation", [running.operation, step.facts, step.stops])
  if (step.accepts && session !== undefined) Drain.announce(session, tell)
  else tell()
  for (const number of [running.operation, step.forgets]) {
    const operation = Outputs.operation(outputs, number)
    if (operation !== null) Outputs.conclude(outputs, running.outlet, operation)
  }
  if (step.tells && !asks && session !== undefined) Drain.tellCollected(session)
  if (step.frees) goOn(bench, running.outlet, random)
}

/** Those that wait at an output are judged, until one takes its time. */
function goOn(bench: Bench, at: number, random: Random): void {
  const { station, ground } = bench
  const { outputs } = station
  for (let next = Outputs.next(outputs, at); next !== 0; next = Outputs.next(outputs, at)) {
    const running = ground.waiting.find(({ operation }) => operation === next)
    const operation = Outputs.operation(outputs, next)
    const outlet = outputs.outlets.get(at)
    ground.waiting = ground.waiting.filter((other) => other !== running)
    if (running === undefined || operation === null || outlet === undefined)
      Outputs.become(outputs, at, Output.leave(Outputs.outputOf(outputs, at), next))
    else if (Operating.judge(outlet.output, operation, around(bench, running), ground.nowMs) === "begin")
      begin(bench, running, outlet, operation.command, random, false)
    else perform(bench, running, Operating.refuse(outlet.output, next, running.id, around(bench, running).open), random)
  }
}

/** An operation that was accepted begins; what is at no output is only owed its end. */
export function carryOut(session: Session, number: number): void {
  const { ground, station } = session.bench
  const running = ground.accepted.find(({ operation }) => operation === number)
  if (running === undefined) return
  ground.accepted = ground.accepted.filter((other) => other !== running)
  if (running.outlet === 0) return session.owes(running.id, "ends", false)
  const operation = Outputs.operation(station.outputs, number)
  if (operation?.phase !== "accepted") return
  Outputs.put(station.outputs, Operating.carryOut(operation, around(session.bench, running).logEnd))
  ground.running.push(running)
}

/** Nobody waits any more for the operations of a session: for one that was not decided in time, or for all. */
export function abandoned(session: Session, random: Random, id = 0): void {
  const { bench, number } = session
  const { outputs } = bench.station
  for (const running of bench.ground.running) {
    const operation = Outputs.operation(outputs, running.operation)
    if (running.session !== number || (id !== 0 && running.id !== id) || operation === null) continue
    const output = Outputs.outputOf(outputs, running.outlet)
    const step = id === 0 ? Operating.abort(output, operation) : Operating.expire(output, operation)
    perform(bench, running, step, random)
  }
}

/** A command point goes. */
export function removed(bench: Bench, outlet: number, gone: Outputs.Detached | null, random: Random): void {
  const { station, ground } = bench
  const { outputs } = station
  if (gone === null) return
  bench.say("detached", gone)
  for (const running of [...ground.running, ...ground.waiting]) {
    const operation = Outputs.operation(outputs, running.operation)
    const output = Outputs.outputOf(outputs, outlet)
    if (operation === null || running.outlet !== outlet) continue
    if (gone.waiting.includes(running.operation))
      perform(bench, running, Operating.refuse(output, running.operation, running.id, true), random)
    else if (running.operation === gone.owed)
      perform(bench, running, Operating.detach(output, operation, around(bench, running)), random)
    else if (running.operation === gone.begun) perform(bench, running, Operating.stop(output, operation), random)
  }
}

/** A handler settles, an operation takes too long, or the application says that an output is free, or answers what it owes. */
export function goesOn(bench: Bench, random: Random): void {
  const { ground, station } = bench
  const { outputs } = station
  const running = one(random, ground.running)
  if (running === undefined) return
  const operation = Outputs.operation(outputs, running.operation)
  const what = random.below(10)
  if (operation === null || what < 7) {
    ground.running = ground.running.filter((other) => other !== running)
    return operation?.phase === "left" ? answers(bench, running, random) : settles(bench, running, random, false)
  }
  const output = Outputs.outputOf(outputs, running.outlet)
  const near = around(bench, running)
  perform(bench, running, (what === 7 ? Operating.lose : Operating.release)(output, operation, near), random)
}

/** The application answers an operation that it had left open. */
function answers(bench: Bench, running: Running, random: Random): void {
  const { outputs } = bench.station
  const operation = Outputs.operation(outputs, running.operation)
  if (operation === null) return
  const output = Outputs.outputOf(outputs, running.outlet)
  const [cause, negative] = [random.pick([7, 10]), random.chance(30)]
  perform(bench, running, Operating.resolve(output, operation, cause, negative, around(bench, running)), random)
}

/** The number of the output of a point, 0 = none. */
export const outletOf = (bench: Bench, block: Block, slot: number): number =>
  Outputs.find(bench.station.outputs, block, slot)?.number ?? 0
