// One command from the moment it was handed to the application, or waits for that, until it is over. What its client heard
// and whether the operation is over are two things: it is over when its handler has settled, or when the application says
// so; its client may have been refused for time, have stopped, or be gone long before.
import * as Ledger from "../core/delivery/Ledger.ts"
import type { AbandonRequested, Decision } from "../core/procedure/Notice.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
import * as Output from "../core/procedure/Output.ts"
import { CommandAtPoint, endOf } from "./CommandAtPoint.ts"
import * as CommandFacts from "./CommandFacts.ts"
import { isPromise } from "./Deciding.ts"
import { Described } from "./Described.ts"
import * as Feedback from "./Feedback.ts"
import type { CommandHandler } from "./Hooks.ts"
import type { Session } from "./Session.ts"

/**
 * `waiting`: for the command before it. `deciding`: the handler, or its first phase, has not settled. `executing`: the second
 * phase has not settled. `left`: the application said that it answers by itself. `over`: the output is somebody else's.
 */
type Phase = "waiting" | "deciding" | "executing" | "left" | "over"

export class Operation extends CommandAtPoint {
  private phase: Phase = "waiting"
  /** Whether the session collects what is decided at once: it is asking just now. */
  private collects = true
  private listed = false
  private aborted = false
  /** What its point says of it, as it was when it was begun: who replaces a handler meanwhile does not mean this command. */
  private execute: CommandHandler | null = null
  private actTerm: Outcome.Termination = true
  /** Until when it may be begun, by the monotonic clock: timers may be late. */
  private waitsUntilMs = Number.POSITIVE_INFINITY
  /** Whether its client has its positive confirmation, or was to have it. */
  private confirmed = false
  /** The request to stop it that waits for an answer, 0 = none. */
  private abandonId = 0
  /** Whether the second phase has begun. */
  private second = false
  private controller: AbortController | null = null
  private cancelTimer: (() => void) | null = null

  /** Whether it waits for its turn. */
  get waits(): boolean {
    return this.phase === "waiting"
  }

  /** Whether the application said that it answers by itself, and has not. */
  get isLeftOpen(): boolean {
    return this.phase === "left"
  }

  /** Made when a handler first asks for it. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController()
    if (this.isGivenUp) this.controller.abort()
    else if (this.phase === "deciding" || this.phase === "executing") this.list()
    return this.controller.signal
  }

  /** Whether it may still be done: nobody has refused it or given it up. */
  get isWanted(): boolean {
    const { phase } = this
    return (phase === "executing" || (phase === "deciding" && !this.isTooLate)) && !this.isGivenUp && this.isOpen
  }

  /** Whether nothing is begun any more: the process is about to be reset. */
  private get isTooLate(): boolean {
    return this.session.host.resetting !== null
  }

  /** Whether it was told to stop, its point is gone, or its session has ended or is about to. */
  private get isGivenUp(): boolean {
    const { leaving, reason } = this.session
    return this.aborted || !this.exists || reason !== null || leaving
  }

  // ---- waiting ----

  /** Waits for its turn, within a time. */
  wait(withinMs: number): void {
    const { outlet, session } = this
    outlet.output = Output.wait(outlet.output, this)
    this.collects = false
    this.list()
    const { clock } = session.host
    this.waitsUntilMs = clock.monotonicMs() + withinMs
    this.cancelTimer = clock.wake(withinMs, () => {
      this.cancelTimer = null
      this.refuse(false)
    })
  }

  /** Refuses it: it was not begun, and never will be. */
  refuse(collects: boolean): void {
    this.collects = collects
    const answered = this.isOpen
    this.leave()
    this.tell("command", "failure", answered)
    if (answered) this.decide(Outcome.confirm(this.id, "failure"))
  }

  /** Its turn has come: it is begun, unless nobody decides it any more. */
  proceed(): void {
    const { hooks, outlet, notice, session } = this
    // Its time is over as well: that is told next.
    if (!this.isOpen) {
      outlet.output = Output.leave(outlet.output, this)
      return
    }
    const inTime = session.host.clock.monotonicMs() < this.waitsUntilMs
    const isWanted = this.exists && inTime && !this.isTooLate
    const handler = isWanted ? Feedback.decider(session.host, notice.block, hooks) : null
    if (handler === null || outlet.output.status !== "free") this.refuse(false)
    else this.begin(handler, false)
  }

  /** Takes it out of those that wait. */
  private leave(): void {
    const { outlet } = this
    this.phase = "over"
    this.stopTimer()
    this.unlist()
    outlet.output = Output.leave(outlet.output, this)
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
    this.ask(handler)
  }

  /** Calls a handler and hands its outcome on, at once when it is there at once. */
  private ask(handler: CommandHandler): void {
    let answer: Outcome.Outcome | Promise<Outcome.Outcome>
    try {
      answer = handler(new Described(this.session, this.notice, this.previous, this))
    } catch (cause) {
      answer = this.fail(cause)
    }
    if (!isPromise(answer)) return this.settled(this.judge(answer))
    this.collects = false
    if (this.session.reason === null) this.list()
    else this.abort()
    this.startTimer()
    void Promise.resolve(answer)
      .then(
        (outcome) => this.judge(outcome),
        (cause) => this.fail(cause)
      )
      .then((outcome) => this.settled(outcome))
  }

  private settled(outcome: Outcome.Outcome): void {
    if (this.second) this.executed(outcome)
    else this.decided(outcome)
  }

  private judge(outcome: unknown): Outcome.Outcome {
    if (outcome === "success" || outcome === "failure" || outcome === "none") return outcome
    return this.fail(new TypeError("it returned something that is no response"))
  }

  /** A handler that was told to stop may fail for that. */
  private fail(cause: unknown): Outcome.Outcome {
    if (!this.aborted) this.tellFailed("onReceive", cause)
    return "failure"
  }

  /** The handler has settled. */
  private decided(outcome: Outcome.Outcome): void {
    const { session, notice, phase } = this
    const answered = this.isOpen
    this.unlist()
    // It blocked for so long that the session went on without it.
    if (!answered && phase === "deciding" && session.reason === null && !this.aborted) this.tellLate()
    if (phase !== "deciding") return this.tell("command", outcome, false)
    const next = this.execute
    if (next !== null && outcome !== "failure") {
      if (outcome === "success" && answered && this.exists && !this.isTooLate) return this.accepted(next)
      if (outcome === "none") this.tellFailed("accept", new TypeError("it accepts or refuses"))
      outcome = "failure"
    }
    const { actTerm, exists } = this
    // Who is gone answers nothing any more.
    if (outcome === "none" && !exists) outcome = "failure"
    this.show(outcome !== "failure")
    this.tell("command", outcome, answered)
    const end = endOf(session.host)
    if (outcome === "success") this.returnInformation()
    const decision = Outcome.command(
      this.id,
      outcome,
      exists || actTerm !== "manual" ? actTerm : false,
      notice.selected,
      this.mark(this.since)
    )
    if (!decision.keep || !(answered || this.keepsOutput(outcome))) {
      if (answered) this.decide(decision)
      return this.end()
    }
    this.leaveOpen(outcome === "success", end)
    if (answered) this.decide(decision)
    if (!this.keepsOutput(outcome)) return this.end()
    this.phase = "left"
    this.startTimer()
  }

  /** Whether a command that was left open has its output until the application ends it. */
  private keepsOutput(outcome: Outcome.Outcome): boolean {
    return outcome === "success" || this.session.host.world.profile.openCommand === "occupies"
  }

  /** Notes that the application will answer by `transmit`; it can owe one answer, and the one before is forgotten. */
  private leaveOpen(confirmed: boolean, since: number): void {
    const { outlet } = this
    this.confirmed = confirmed
    const before = outlet.output.owed?.command
    outlet.output = Output.owe(outlet.output, { command: this, confirmed, since })
    if (before?.isOpen === true) queueMicrotask(() => before.session.decided([Outcome.confirm(before.id, "none")]))
  }

  // ---- two phases ----

  /** The first phase said yes: the client is told, and then the second phase begins. */
  private accepted(execute: CommandHandler): void {
    const { session, id } = this
    this.confirmed = true
    this.tell("command", "success", true)
    this.list()
    this.startTimer()
    session.afterwards(id, () => {
      if (this.phase !== "deciding") return
      this.phase = "executing"
      this.collects = false
      this.since = endOf(session.host)
      this.second = true
      // What was confirmed to nobody is not carried out.
      if (this.exists && this.isOpen) this.ask(execute)
      else this.executed("failure")
    })
    this.decide({ ...Outcome.confirm(id, "success"), keep: true, goesOn: true })
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
    const { outlet, notice, session, phase } = this
    const answered = this.isOpen
    this.unlist()
    this.tell("executed", outcome, answered)
    if (phase !== "executing") return
    if (outcome === "none" && this.exists) {
      outlet.output = Output.owe(outlet.output, { command: this, confirmed: true, since: this.since })
      this.phase = "left"
      return
    }
    const failed = outcome !== "success"
    if (failed) this.show(false)
    else this.returnInformation()
    const terminates = notice.selected || this.actTerm !== false
    const stopped = this.abandonId !== 0 && session.awaits(this.abandonId)
    const decisions: Decision[] = []
    // After a positive confirmation of its deactivation there is no termination.
    const tells = terminates && !(stopped && failed)
    if (answered) decisions.push(Outcome.terminate(this.id, tells, failed, this.mark(this.since)))
    if (stopped) decisions.push(Outcome.confirm(this.abandonId, failed ? "success" : "failure"))
    if (decisions.length > 0) session.decided(decisions)
    this.end()
  }

  // ---- ends ----

  /** The session is about to end: only what the handler says at once is still heard. */
  cancel(): void {
    this.controller?.abort()
  }

  /** Nobody waits for the answer any more. What was begun goes on, and has its output until it has settled. */
  abort(): void {
    if (this.phase === "waiting") {
      this.leave()
      return this.tell("command", "failure", false)
    }
    this.unlist()
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
    this.tellLate()
    this.abort()
    if (phase !== "deciding") return
    this.show(false)
    outlet.output = Output.overdue(outlet.output, this)
    this.tellOutput()
    outlet.goOn()
  }

  /** It has taken too long altogether: nobody knows what the output does. */
  private lose(): void {
    const { outlet } = this
    outlet.output = Output.lose(outlet.output, this)
    if (this.phase === "left") this.phase = "over"
    this.tellOutput()
    this.giveUp()
    outlet.goOn()
  }

  /** The application says that its output is free. */
  release(): void {
    this.phase = "over"
    this.stopTimer()
    this.giveUp()
  }

  /** Its point is gone: what is begun is to stop, and what was left open is not answered any more. */
  detach(): void {
    const { session, id, isOpen, phase } = this
    if (phase === "deciding" || phase === "executing") {
      this.aborted = true
      return this.controller?.abort()
    }
    this.phase = "over"
    this.stopTimer()
    if (isOpen) session.decided([Outcome.confirm(id, this.confirmed ? "none" : "failure")])
  }

  /** Tells its client that it will hear nothing better. */
  private giveUp(): void {
    const { session, id, isOpen } = this
    this.unlist()
    this.aborted = true
    this.controller?.abort()
    if (!isOpen) return
    const terminated = Outcome.terminate(id, true, true, Ledger.NO_EVENTS)
    session.decided([this.confirmed ? terminated : Outcome.confirm(id, "failure")])
  }

  /** The application answers what it owes of this command; whether its client is told. */
  resolve(cause: number, negative: boolean, { confirmed, since }: Output.Owed<Operation>, over: boolean): boolean {
    const { session, isOpen } = this
    this.confirmed = true
    if (isOpen) session.decided([Outcome.late(this.id, cause, negative, confirmed, this.mark(since))])
    if (!over) return isOpen
    if (negative) this.show(false)
    if (this.phase === "left") this.end()
    return isOpen
  }

  /** It is over: those that wait are judged. */
  private end(): void {
    const { outlet } = this
    this.phase = "over"
    this.stopTimer()
    this.unlist()
    const { status } = outlet.output
    outlet.output = Output.end(outlet.output, this)
    if (status === "stuck") this.tellOutput()
    outlet.goOn()
  }

  // ---- small parts ----

  private decide(decision: Decision): void {
    if (this.collects) this.session.collect(decision)
    else this.session.decided([decision])
  }

  /** Lets the session call it off. */
  private list(): void {
    if (this.listed) return
    this.listed = true
    this.session.aborts.set(this.id, this)
  }

  private unlist(): void {
    if (!this.listed) return
    this.listed = false
    this.session.aborts.delete(this.id)
  }

  private startTimer(): void {
    const { host } = this.session
    // A server that was stopped does not keep its process for a handler that never ends.
    const lose = (): void => {
      this.cancelTimer = null
      this.lose()
    }
    this.cancelTimer ??= host.clock.wake(host.world.limits.operationMs, lose, true)
  }

  private stopTimer(): void {
    this.cancelTimer?.()
    this.cancelTimer = null
  }
}
