// One command from the moment it was handed to the application, or waits for that, until it is over. What its client heard
// and whether the operation is over are two things: it is over when its handler has settled, or when the application says
// so; its client may have been refused for time, have stopped, or be gone long before.
//
// Whatever calls the application (observers, who listens to a signal, who is told what is sent, the commands that wait) may
// change anything, also this operation. So every step is taken in this order: what is so from now on; what the client is to
// be told, which is collected and so is ahead of all that follows; facts; the signal; the client; the commands that wait.

import type { AbandonRequested, CommandRequested } from "../core/command/CommandNotice.ts"
import * as Output from "../core/command/Output.ts"
import * as Ledger from "../core/log/Ledger.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
import { endOf } from "./CommandAtPoint.ts"
import * as CommandFacts from "./CommandFacts.ts"
import { Described } from "./Described.ts"
import type { CommandHandler, Hooks } from "./Hooks.ts"
import type { Outlet } from "./Outlet.ts"
import type { Session } from "./Session.ts"
import { WaitingCommand } from "./WaitingCommand.ts"

const nobody: CommandHandler = () => "failure"

export class Operation extends WaitingCommand {
  /** Whom it asks now. */
  declare private handler: CommandHandler
  declare private aborted: boolean
  /** What its point says of it, as it was when it was begun: who replaces a handler meanwhile does not mean this command. */
  declare private execute: CommandHandler | null
  declare private actTerm: Outcome.Termination
  /** Whether its client has its positive confirmation, or was to have it. */
  declare private confirmed: boolean
  /** The request to stop it that waits for an answer, 0 = none. */
  declare private abandonId: number
  /** Whether the second phase has begun. */
  declare private second: boolean

  constructor(session: Session, notice: CommandRequested, hooks: Hooks, outlet: Outlet) {
    super(session, notice, hooks, outlet)
    this.handler = nobody
    this.aborted = false
    this.execute = null
    this.actTerm = true
    this.confirmed = false
    this.abandonId = 0
    this.second = false
  }

  protected get self(): Operation {
    return this
  }

  /** Whether the application said that it answers by itself, and has not. */
  get isLeftOpen(): boolean {
    return this.phase === "left"
  }

  /** Whether it may still be done: nobody has refused it or given it up. */
  get isWanted(): boolean {
    return this.isUnderWay && !(this.phase === "deciding" && this.isTooLate) && !this.isGivenUp && this.isOpen
  }

  /** Whether it was begun and its handler has more to say. */
  protected get isUnderWay(): boolean {
    const { phase } = this
    return phase === "deciding" || phase === "executing" || phase === "accepted"
  }

  /** Whether it was told to stop, its point is gone, or its session has ended or is about to. */
  protected get isGivenUp(): boolean {
    const { leaving, reason } = this.session
    return this.aborted || !this.exists || reason !== null || leaving
  }

  // ---- begun ----

  /** Lets the point say what is commanded and asks its handler. */
  begin(handler: CommandHandler, collects: boolean): void {
    const { hooks, outlet } = this
    this.stopTimer()
    this.collects = collects
    this.phase = "deciding"
    this.execute = handler === hooks.onCommand ? hooks.onExecute : null
    this.actTerm = hooks.actTerm
    outlet.output = Output.begin(Output.leave(outlet.output, this), this)
    this.instruct()
    this.handler = handler
    this.ask()
  }

  protected call(): Outcome.Outcome | Promise<Outcome.Outcome> {
    return this.handler(new Described(this.session, this.notice, this.previous, this))
  }

  protected override takesTime(): void {
    this.startTimer()
    super.takesTime()
  }

  protected settled(outcome: Outcome.Outcome): void {
    if (this.second) this.executed(outcome)
    else this.decided(outcome)
  }

  protected fail(cause: unknown): Outcome.Outcome {
    if (!this.isObeyedBy(cause)) this.tellFailed("onReceive", cause)
    return "failure"
  }

  /** The handler, or its first phase, has settled. */
  private decided(said: Outcome.Outcome): void {
    const { session, outlet, execute, actTerm } = this
    if (this.phase === "deciding") this.heard(said)
    const { isOpen, exists } = this
    this.unlist()
    if (this.phase !== "deciding") return this.tell("command", said, false)
    if (execute !== null && said === "success" && isOpen && exists && !this.isTooLate) return this.accepted(execute)
    // What was confirmed to nobody is not carried out; and who is gone answers nothing any more.
    const outcome = execute !== null || (said === "none" && !exists) ? "failure" : said
    this.show(outcome !== "failure")
    const termination = exists || actTerm !== "manual" ? actTerm : false
    const decision = Outcome.command(this.id, outcome, termination, this.notice.selected, this.mark(this.since))
    const keeps = decision.keep && this.keepsOutput(outcome)
    if (decision.keep && (isOpen || keeps)) this.owe(outcome === "success")
    const freed = keeps ? this.leaveOpen() : this.close()
    if (isOpen) session.collect(decision)
    this.tell("command", outcome, isOpen)
    if (freed) this.tellOutput("free")
    if (!this.collects) session.tellCollected()
    if (!keeps) outlet.goOn()
  }

  /** What the application is told of an answer before anything follows from it: all is still as its handler has left it. */
  private heard(said: Outcome.Outcome): void {
    // It blocked for so long that the session went on without it.
    if (!this.isOpen && this.session.reason === null && !this.aborted) this.tellLate()
    if (this.execute === null) {
      if (said === "success") this.returnInformation()
    } else if (said === "none") this.tellFailed("accept", new TypeError("it accepts or refuses"))
  }

  /** Whether a command that was left open has its output until the application ends it. */
  private keepsOutput(outcome: Outcome.Outcome): boolean {
    // Nobody knows what it does: that ends by a release only.
    if (this.outlet.output.status === "unknown") return false
    return outcome === "success" || this.session.host.world.profile.openCommand === "occupies"
  }

  /** Notes that the application will answer by `transmit`; it can owe one answer, and the one before is forgotten. */
  private owe(confirmed: boolean): void {
    const { outlet, since } = this
    this.confirmed = confirmed
    const before = outlet.output.owed?.command
    outlet.output = Output.owe(outlet.output, { command: this, confirmed, since })
    if (before?.isOpen !== true) return
    before.forget()
    queueMicrotask(() => before.session.tellCollected())
  }

  /** The second phase has left it open: it is owed an answer as any other. */
  private answerLater(): void {
    this.owe(true)
    if (this.isOpen) this.session.collect({ ...Outcome.confirm(this.id, "none"), keep: true })
  }

  /** It has its output until the application ends it: that is not free. */
  private leaveOpen(): false {
    this.phase = "left"
    this.startTimer()
    return false
  }

  // ---- two phases ----

  /** The first phase said yes: the client is told, and then the second phase begins. */
  private accepted(execute: CommandHandler): void {
    const { session, id } = this
    this.confirmed = true
    this.phase = "accepted"
    this.list()
    this.startTimer()
    session.afterwards(id, () => this.carryOut(execute))
    session.collect({ ...Outcome.confirm(id, "success"), keep: true, goesOn: true })
    session.announce(() => this.tell("command", "success", true))
    if (!this.collects) session.tellCollected()
  }

  /** Its client was told: the second phase begins. */
  private carryOut(execute: CommandHandler): void {
    if (this.phase !== "accepted") return
    this.phase = "executing"
    this.collects = false
    this.since = endOf(this.session.host)
    this.second = true
    this.handler = execute
    // What was confirmed to nobody is not carried out, nor what was not begun when the application said that all ends.
    if (this.exists && this.isOpen && !this.isTooLate) this.ask()
    else this.executed("failure")
  }

  /**
   * Its client wants it stopped (cause 8): whoever executes it is told by the signal, and what it then says decides. False when it
   * is not executing, or is said to do something else.
   */
  abandon(session: Session, { id, apdu }: AbandonRequested): boolean {
    if (this.phase !== "executing" || this.session !== session || this.abandonId !== 0) return false
    if (!CommandFacts.sayTheSame(this.notice.apdu, apdu)) return false
    this.abandonId = id
    this.aborted = true
    this.controller?.abort()
    return true
  }

  /** The second phase has settled. */
  private executed(outcome: Outcome.Outcome): void {
    const { session, outlet } = this
    if (this.phase === "executing" && outcome === "success") this.returnInformation()
    const { isOpen } = this
    this.unlist()
    if (this.phase !== "executing") return this.tell("executed", outcome, isOpen)
    const keeps = outcome === "none" && this.exists && outlet.output.status !== "unknown"
    if (keeps) {
      this.answerLater()
      // It goes on.
      this.answerCancel("failure")
    } else this.finish(outcome !== "success")
    const freed = keeps ? this.leaveOpen() : this.close()
    this.tell("executed", outcome, isOpen)
    if (freed) this.tellOutput("free")
    session.tellCollected()
    if (!keeps) outlet.goOn()
  }

  /** Shows how the second phase ended, and has its client told. */
  private finish(failed: boolean): void {
    const { session, abandonId } = this
    this.show(!failed)
    const terminates = this.notice.selected || this.actTerm !== false
    const stopped = abandonId !== 0 && session.awaits(abandonId)
    // After a positive confirmation of its deactivation there is no termination.
    const tells = terminates && !(stopped && failed)
    if (this.isOpen) session.collect(Outcome.terminate(this.id, tells, failed, this.mark(this.since)))
    this.answerCancel(failed ? "success" : "failure")
  }

  /** Answers who wants it stopped, if anybody waits for that. */
  private answerCancel(outcome: "success" | "failure"): void {
    const { session, abandonId } = this
    if (abandonId !== 0 && session.awaits(abandonId)) session.collect(Outcome.confirm(abandonId, outcome))
    this.abandonId = 0
  }

  // ---- ends ----

  /** Nobody waits for the answer any more. What was begun goes on, and has its output until it has settled. */
  abort(): void {
    if (this.phase === "waiting") {
      this.leave()
      return this.tell("command", "failure", false)
    }
    this.unlist()
    if (!this.isUnderWay) return
    this.aborted = true
    this.controller?.abort()
  }

  /** The time to decide is over, and the request was confirmed negatively. */
  expire(): void {
    const { outlet, phase } = this
    if (phase === "waiting") {
      this.leave()
      return this.tell("command", "failure", true)
    }
    this.unlist()
    this.aborted = true
    if (phase === "deciding") {
      this.show(false)
      outlet.output = Output.overdue(outlet.output, this)
      this.tellOutput("stuck")
    }
    this.tellLate()
    this.controller?.abort()
    outlet.goOn()
  }

  /** It has taken too long altogether: nobody knows what the output does. */
  protected lose(): void {
    const { outlet } = this
    outlet.output = Output.lose(outlet.output, this)
    if (this.phase === "left") this.phase = "over"
    this.giveUp()
    this.tellOutput("unknown")
    this.dismiss()
    outlet.goOn()
  }

  /** The application says that its output is free: it is over, whatever comes of it. Its client hears it with {@link dismiss}. */
  overrule(): void {
    this.stop()
    this.giveUp()
  }

  /** What was overruled is told to stop, and its client that it will hear nothing better. */
  dismiss(): void {
    this.controller?.abort()
    this.session.tellCollected()
  }

  /** Its point is gone: what was left open is not answered any more. */
  detach(): void {
    if (this.isUnderWay) return
    this.stop()
    if (!this.isOpen) return
    if (this.confirmed) this.forget()
    else this.session.collect(Outcome.confirm(this.id, "failure"))
  }

  /** Its point is gone: what is begun is to stop. */
  tellDetached(): void {
    if (!this.isUnderWay) return
    this.aborted = true
    this.controller?.abort()
  }

  /** Nobody can answer it by `transmit` any more: its client hears nothing of it, and that is told. */
  private forget(): void {
    this.session.collect(Outcome.forgotten(this.id))
  }

  /** Nobody waits for it any more, and its client will hear nothing better: it counts as refused. */
  private giveUp(): void {
    const { session, id } = this
    this.show(false)
    this.unlist()
    this.aborted = true
    const terminated = Outcome.terminate(id, true, true, Ledger.NO_EVENTS)
    if (this.isOpen) session.collect(this.confirmed ? terminated : Outcome.confirm(id, "failure"))
    this.answerCancel("failure")
  }

  /** The application answers what it owes of this command, and leaves its output like this; whether its client is told. */
  resolve(
    cause: number,
    negative: boolean,
    { confirmed, since }: Output.Owed<Operation>,
    output: Output.Output<Operation>,
    over: boolean
  ): boolean {
    const { session, outlet, isOpen } = this
    const ends = over && this.phase === "left"
    if (over && negative) this.show(false)
    const freed = ends && outlet.output.status === "stuck"
    outlet.output = output
    this.confirmed = true
    if (ends) this.stop()
    if (isOpen) session.collect(Outcome.late(this.id, cause, negative, confirmed, this.mark(since)))
    if (freed) this.tellOutput("free")
    session.tellCollected()
    if (ends) outlet.goOn()
    return isOpen
  }

  /** It is over; whether its output had been told to be stuck, and is free now. */
  private close(): boolean {
    const { outlet } = this
    const { status } = outlet.output
    this.stop()
    outlet.output = Output.end(outlet.output, this)
    return status === "stuck"
  }
}
