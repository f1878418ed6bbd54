// One operation as the application carries it out: its handler, its signal and its time. What becomes of it is decided in the
// core; what follows from that is done here, in the order in which it is said there.

import type { CommandRequested } from "../core/command/CommandNotice.ts"
import * as Instruction from "../core/command/Instruction.ts"
import * as Operating from "../core/command/Operating.ts"
import * as Operation from "../core/command/Operation.ts"
import * as Output from "../core/command/Output.ts"
import * as Image from "../core/image/Image.ts"
import * as Recent from "../core/image/Recent.ts"
import type { EventLog } from "../core/log/EventLog.ts"
import type { Profile } from "../core/Profile.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
import * as Drain from "../core/station/Drain.ts"
import * as Noticed from "../core/station/Noticed.ts"
import * as Outputs from "../core/station/Outputs.ts"
import * as Requests from "../core/station/Requests.ts"
import * as CommandFacts from "./CommandFacts.ts"
import * as Commands from "./Commands.ts"
import { Asking, failed } from "./Deciding.ts"
import { Described, saidBy } from "./Described.ts"
import * as Feedback from "./Feedback.ts"
import type { CommandHandler, Hooks } from "./Hooks.ts"
import type { Host } from "./Host.ts"
import * as Patience from "./Patience.ts"
import type { Session } from "./Session.ts"

const nobody: CommandHandler = () => "failure"

export class Calling extends Asking implements Operating.Around {
  /** Its number among the operations of the server, what is commanded, and the number of the output. */
  declare readonly number: number
  declare readonly command: CommandRequested
  declare private readonly outlet: number
  /** Whom it asks now, and whom when it was accepted; null: one phase. */
  declare private handler: CommandHandler
  declare private execute: CommandHandler | null
  /** Which time is measured, and how that is ended. */
  declare private timed: Operation.Limit
  declare private cancelTimer: (() => void) | null

  constructor(session: Session, notice: CommandRequested, outlet: number) {
    super(session, notice.id)
    this.number = session.host.station.nextOperation()
    this.command = notice
    this.outlet = outlet
    this.handler = nobody
    this.execute = null
    this.timed = "none"
    this.cancelTimer = null
  }

  /** The operation as it is at present; null before it comes to its output, and when nothing more can come of it. */
  get operation(): Operation.Operation | null {
    return Outputs.operation(this.outputs, this.number)
  }

  private get outputs(): Outputs.Outputs {
    return this.session.host.station.outputs
  }

  private get output(): Operating.OutputOf {
    return Outputs.outputOf(this.outputs, this.outlet)
  }

  /** Whether its client still waits for its answer. */
  get open(): boolean {
    return this.session.exchange.awaits(this.id)
  }

  /** Whether its point is still there. */
  get exists(): boolean {
    return Image.lives(this.command)
  }

  /** Whether it may still be done: nobody has refused it or given it up. */
  get isWanted(): boolean {
    const tooLate = this.operation?.phase === "deciding" && this.session.host.isEnding
    return this.isUnderWay && !tooLate && !this.isGivenUp && this.open
  }

  protected get isUnderWay(): boolean {
    const { operation } = this
    return operation !== null && Operation.isUnderWay(operation)
  }

  /** Whether it was told to stop, its point is gone, or its session has ended or is about to. */
  protected get isGivenUp(): boolean {
    const { leaving, reason } = this.session.exchange
    return this.operation?.aborted === true || !this.exists || reason !== null || leaving
  }

  // ---- what is so around it just now ----

  get cancels(): boolean {
    const cancel = this.operation?.cancel ?? 0
    return cancel !== 0 && this.session.exchange.awaits(cancel)
  }

  get ending(): boolean {
    return this.session.host.isEnding
  }

  get logEnd(): number {
    return endOf(this.session.host)
  }

  get profile(): Profile {
    return this.session.host.world.profile
  }

  // ---- in front of its output ----

  /** Waits for its turn, within a time. */
  wait(withinMs: number): void {
    const { number, command, session } = this
    const { clock, callings } = session.host
    const untilMs = clock.monotonicMs() + withinMs
    Recent.put(callings, number, this)
    this.perform(
      Operating.wait(this.output, Operation.waiting(number, session.number, command, this.arrivedMs(), untilMs))
    )
  }

  /** When it came, in ms since 1970 UTC, asked as it comes. */
  private arrivedMs(): number {
    const { host, state } = this.session
    return host.wallMs(state.link.receivedAtMs)
  }

  /** Refuses it: it was not begun, and never will be. The session `collects` while it asks. */
  refuse(collects: boolean): void {
    this.perform(this.refusal(), collects)
  }

  /** Refuses it as far as its client is concerned; what is returned tells everybody. */
  turnAway(): () => void {
    const step = this.refusal()
    this.apply(step)
    return () => this.follow(step, false)
  }

  private refusal(): Operating.Step {
    return Operating.refuse(this.output, this.number, this.id, this.open)
  }

  /** Its turn has come: it is begun, unless nobody decides it any more. */
  proceed(): void {
    const { session, operation, command, number, output } = this
    const { host } = session
    // Its time is over as well: that is told next.
    if (operation === null || !this.open) return Outputs.become(this.outputs, this.outlet, Output.leave(output, number))
    const situation = Requests.outdated(session, host.world, command)
    if (situation !== null) {
      this.perform(Operating.leave(output, number))
      Commands.answer(session, Noticed.outdated(session.exchange, command, situation))
      return session.tellCollected()
    }
    const judged = Operating.judge(output, operation, this, host.clock.monotonicMs())
    if (judged === "refuse") return this.refuse(false)
    const { block, slot } = command
    const hooks = host.hooks.of(block, slot)
    const handler = Feedback.decider(host, block, hooks)
    const outlet = Outputs.find(this.outputs, block, slot)
    if (handler === null || outlet === undefined) this.refuse(false)
    else this.operate(outlet, hooks, handler, operation)
  }

  // ---- begun ----

  /**
   * Lets the point say what is commanded and asks its handler: as it comes, when the session collects what is decided at once, or
   * where it has waited.
   */
  operate(
    outlet: Outputs.Outlet,
    hooks: Hooks,
    handler: CommandHandler,
    waited: Operation.Operation | null = null
  ): void {
    const { session, command, number } = this
    const { host } = session
    const { block, slot } = command
    const receivedMs = waited === null ? this.arrivedMs() : waited.receivedMs
    const said = saidBy(host, command, receivedMs)
    this.execute = handler === hooks.onCommand ? hooks.onExecute : null
    const manner: Operation.Manner = {
      twoPhases: this.execute !== null,
      termination: hooks.actTerm,
      said,
      before: Instruction.of(block, slot),
      byClient: outlet.byClient,
      related: hooks.relatedIoAutoreturn ? hooks.related : null
    }
    const listed = waited?.listed === true
    const operation = Operation.begun(
      number,
      session.number,
      command,
      receivedMs,
      outlet.receivedMs,
      listed,
      manner,
      endOf(host)
    )
    Outputs.begin(host.station.outputs, outlet, operation, said)
    if (waited === null) Recent.put(host.callings, number, this)
    else this.measure(operation)
    this.collects = waited === null
    this.handler = handler
    this.ask()
  }

  protected call(): Outcome.Outcome | Promise<Outcome.Outcome> {
    const { operation } = this
    // Whoever asks has begun it.
    if (operation === null) return "failure"
    return this.handler(new Described(this.session, operation, this))
  }

  protected override takesTime(): void {
    const { operation } = this
    if (operation !== null) this.become(Operating.takesTime(operation))
    super.takesTime()
  }

  protected settled(said: Outcome.Outcome): void {
    const { outputs } = this
    let operation = Outputs.operation(outputs, this.number)
    if (operation === null) return
    // Of most there is nothing to hear.
    if (said !== "success" || operation.manner?.related !== null || !this.open) {
      this.hear(operation, said)
      operation = this.operation ?? operation
    }
    const outlet = Outputs.at(outputs, this.outlet)
    const step = Operating.settle(outlet?.output ?? Output.free, operation, said, this)
    this.apply(step, operation, outlet)
    this.follow(step, this.collects)
  }

  protected fail(cause: unknown): Outcome.Outcome {
    if (!this.isObeyedBy(cause)) this.tellFailed("onReceive", cause)
    return "failure"
  }

  /** What is told of an answer before anything follows from it: all is still as its handler has left it. */
  private hear(operation: Operation.Operation, said: Outcome.Outcome): void {
    const { session, command } = this
    const { phase, second, aborted, manner } = operation
    if (phase === "deciding" && !second) {
      // It blocked for so long that the session went on without it.
      if (!this.open && session.reason === null && !aborted) this.tellLate()
      if (manner?.twoPhases === true && said === "none")
        this.tellFailed("accept", new TypeError("it accepts or refuses"))
    }
    if (Operating.isDone(operation, said) && this.exists && manner !== null && manner.related !== null)
      Feedback.publish(session, command, manner.related)
  }

  /** Its client was told that it is accepted: the second phase begins. */
  carryOut(): void {
    const { operation } = this
    if (operation?.phase !== "accepted") return
    this.become(Operating.carryOut(operation, endOf(this.session.host)))
    this.collects = false
    this.handler = this.execute ?? nobody
    if (Operating.isCarriedOut(this)) this.ask()
    else this.settled("failure")
  }

  // ---- ends ----

  /** Takes a step of an operation that is not over. */
  private change(
    step: (
      output: Operating.OutputOf,
      operation: Operation.Operation,
      around: Operating.Around
    ) => Operating.Step | null
  ): Operating.Step | null {
    const { operation } = this
    return operation === null ? null : step(this.output, operation, this)
  }

  abort(): void {
    this.perform(this.change(Operating.abort))
  }

  expire(): void {
    this.perform(this.change(Operating.expire))
  }

  /** The time of what is timed is over. */
  private timeIsOver(): void {
    if (this.operation?.limit === "turn") this.refuse(false)
    else this.perform(this.change(Operating.lose))
  }

  /** The application says that its output is free, which is told before its handler is told to stop. */
  release(tell: () => void): void {
    const step = this.change(Operating.release)
    if (step !== null) this.apply(step)
    tell()
    if (step !== null) this.follow(step, false)
  }

  /** Its point is gone, and it is owed an answer: its client is answered; what is returned has it told. */
  detach(): () => void {
    const step = this.change(Operating.detach)
    if (step !== null) this.apply(step)
    return () => this.session.tellCollected()
  }

  /** Its point is gone: what is begun is to stop. */
  stop(): void {
    this.perform(this.change(Operating.stop))
  }

  /** The application answers what it owes of this command; whether its client is told. */
  resolve(cause: number, negative: boolean): boolean {
    const { open } = this
    const step = this.change((output, operation, around) =>
      Operating.resolve(output, operation, cause, negative, around)
    )
    this.perform(step)
    return step !== null && open
  }

  /** Nobody can answer it by `transmit` any more: its client hears nothing of it, and that is told. */
  private forget(): void {
    this.conclude()
    if (!this.open) return
    this.session.collect(Outcome.forgotten(this.id))
    this.session.host.loop.soon(() => this.session.tellCollected())
  }

  // ---- what follows ----

  private perform(step: Operating.Step | null, collects = false): void {
    if (step === null) return
    this.apply(step)
    this.follow(step, collects)
  }

  /** What is so from now on, and what its client is to be told. The operation, and what is known of its output, were so before. */
  private apply(
    step: Operating.Step,
    before: Operation.Operation | null = this.operation,
    outlet: Outputs.Outlet | undefined = Outputs.at(this.outputs, this.outlet)
  ): void {
    const { session } = this
    const operation = Outputs.take(session.host.station.outputs, outlet, this.number, before, step)
    this.measure(operation)
    // What was accepted is called off behind what came until then.
    if (step.accepts || operation?.listed !== true) this.unlist()
    if (operation?.listed === true) super.list()
    if (operation === null) this.end(before?.aborted === true)
    if (step.forgets !== 0) Recent.find(session.host.callings, step.forgets)?.forget()
    if (step.accepts) session.exchange.afterwards(this.id, this.number)
    for (const answer of step.answers) session.collect(answer)
  }

  /** Who is told, and who goes on. */
  private follow(step: Operating.Step, collects: boolean): void {
    const { session } = this
    if (step.accepts) Drain.announce(session, () => this.tell(step.facts))
    else this.tell(step.facts)
    if (step.stops) this.controller?.abort()
    if (step.operation !== null) this.conclude()
    if (step.tells && !collects) session.tellCollected()
    if (step.frees) goOn(session.host, this.outlet)
  }

  /** The operation, which is known, is so from now on. */
  private become(operation: Operation.Operation): void {
    Outputs.put(this.outputs, operation)
    this.measure(operation)
  }

  /** Its answer is owed to nobody any more: nothing more comes of it. */
  private conclude(): void {
    const { operation, outputs, outlet } = this
    if (operation !== null && Outputs.conclude(outputs, outlet, operation)) this.end(operation.aborted)
  }

  /** The station does not know the operation any more. */
  private end(aborted: boolean): void {
    Recent.drop(this.session.host.callings, this.number)
    // Who asks for the signal later than this is told as well.
    if (aborted) this.abortion().abort()
  }

  protected override list(): void {
    const { operation } = this
    if (operation !== null) Outputs.put(this.outputs, { ...operation, listed: true })
    super.list()
  }

  /** Measures the time that is to be measured from now on. */
  private measure(operation: Operation.Operation | null): void {
    const limit = operation === null ? "none" : operation.limit
    if (limit === this.timed) return
    this.cancelTimer?.()
    this.timed = limit
    const { host } = this.session
    const over = (): void => {
      this.cancelTimer = null
      this.timeIsOver()
    }
    if (limit === "none") this.cancelTimer = null
    else if (limit === "turn")
      this.cancelTimer = host.clock.wake((operation?.untilMs ?? 0) - host.clock.monotonicMs(), over)
    // A server that was stopped does not keep its process for a handler that never ends.
    else this.cancelTimer = Patience.within(host.clock, host.world.limits.operationMs, over, true)
  }

  private tell(facts: readonly Operating.Fact[]): void {
    CommandFacts.tellAll(this.session, this.command, facts, this.outlet)
  }

  private get subject(): string {
    return CommandFacts.subjectOf(this.command)
  }

  private tellLate(): void {
    CommandFacts.tellLate(this.session.host, this.subject)
  }

  private tellFailed(callback: string, cause: unknown): void {
    failed(this.session.host, callback, this.subject, cause)
  }
}

/**
 * Has the commands that wait at an output judged, until one takes its time. A loop, not a chain of calls: handlers may answer at
 * once.
 */
export function goOn(host: Host, outlet: number): void {
  const { callings, judging, station } = host
  const { outputs } = station
  if (Outputs.next(outputs, outlet) === 0 || judging.has(outlet)) return
  judging.add(outlet)
  try {
    for (let next = Outputs.next(outputs, outlet); next !== 0; next = Outputs.next(outputs, outlet)) {
      const calling = Recent.find(callings, next)
      // Nobody waits under a number that is not known.
      if (calling === undefined) Outputs.become(outputs, outlet, Output.leave(Outputs.outputOf(outputs, outlet), next))
      else calling.proceed()
    }
  } finally {
    judging.delete(outlet)
  }
}

/** The end of the log: what is published from now on lies behind it. */
export const endOf = ({ world }: Host): number => (world.logs[0] as EventLog).end
