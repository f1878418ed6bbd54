// One operation as the application carries it out: its handler, its signal and its time. What becomes of it, and in which order what
// follows is done, is decided by the station.

import type { CommandRequested } from "../core/command/CommandNotice.ts"
import type * as Operating from "../core/command/Operating.ts"
import type * as Operation from "../core/command/Operation.ts"
import type { Related } from "../core/image/Feedback.ts"
import * as Recent from "../core/image/Recent.ts"
import type * as Outcome from "../core/procedure/Outcome.ts"
import * as Carrying from "../core/station/Carrying.ts"
import type * as Noticed from "../core/station/Noticed.ts"
import * as Outputs from "../core/station/Outputs.ts"
import * as CommandFacts from "./CommandFacts.ts"
import { Asking, failed } from "./Deciding.ts"
import { Described } from "./Described.ts"
import * as Feedback from "./Feedback.ts"
import type { CommandHandler, Hooks } from "./Hooks.ts"
import * as Patience from "./Patience.ts"
import type { Session } from "./Session.ts"

const nobody: CommandHandler = () => "failure"

export class Calling extends Asking implements Carrying.Carrier {
  declare readonly number: number
  declare readonly command: CommandRequested
  declare readonly outlet: number
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
  private get operation(): Operation.Operation | null {
    return Outputs.operation(this.session.host.station.outputs, this.number)
  }

  /** Whether it may still be done: nobody has refused it or given it up. */
  get isWanted(): boolean {
    return Carrying.isWanted(this.session.host.station, this)
  }

  protected get isUnderWay(): boolean {
    return Carrying.isUnderWay(this.session.host.station, this)
  }

  protected get isGivenUp(): boolean {
    return Carrying.isGivenUp(this.session.host.station, this)
  }

  // ---- asked ----

  /** Waits for its turn, within a time. */
  wait(withinMs: number): void {
    const { host } = this.session
    Recent.put(host.callings, this.number, this)
    Carrying.wait(host, this, this.arrivedMs(), host.monotonicMs() + withinMs)
  }

  /** When it came, in ms since 1970 UTC, asked as it comes. */
  private arrivedMs(): number {
    const { host, state } = this.session
    return host.wallMs(state.link.receivedAtMs)
  }

  proceed(operation: Operation.Operation): void {
    const { host } = this.session
    const { block, slot } = this.command
    const hooks = host.hooks.of(block, slot)
    const handler = Feedback.decider(host, block, hooks)
    const outlet = Outputs.find(host.station.outputs, block, slot)
    if (handler === null || outlet === undefined) Carrying.refuse(host, this, false)
    else this.operate(outlet, hooks, handler, operation)
  }

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
    const { host } = this.session
    this.execute = handler === hooks.onCommand ? hooks.onExecute : null
    const way: Carrying.Way = {
      twoPhases: this.execute !== null,
      termination: hooks.actTerm,
      related: hooks.relatedIoAutoreturn ? hooks.related : null
    }
    const receivedMs = waited === null ? this.arrivedMs() : waited.receivedMs
    const operation = Carrying.begin(host.station, this, outlet, way, receivedMs, waited?.listed === true)
    if (waited === null) Recent.put(host.callings, this.number, this)
    else this.measure(operation)
    this.collects = waited === null
    this.handler = handler
    this.ask()
  }

  carryOut(): void {
    this.collects = false
    this.handler = this.execute ?? nobody
    this.ask()
  }

  protected call(): Outcome.Outcome | Promise<Outcome.Outcome> {
    const { operation } = this
    // Whoever asks has begun it.
    if (operation === null) return "failure"
    return this.handler(new Described(this.session, operation, this))
  }

  protected override takesTime(): void {
    Carrying.takesTime(this.session.host.station, this)
    super.takesTime()
  }

  protected settled(said: Outcome.Outcome): void {
    Carrying.settle(this.session.host, this, said, this.collects)
  }

  protected fail(cause: unknown): Outcome.Outcome {
    if (!this.isObeyedBy(cause)) failed(this.session.host, "onReceive", CommandFacts.subjectOf(this.command), cause)
    return "failure"
  }

  abort(): void {
    Carrying.abort(this.session.host, this)
  }

  expire(): void {
    Carrying.expire(this.session.host, this)
  }

  // ---- what follows ----

  lists(on: boolean): void {
    if (on) super.list()
    else this.unlist()
  }

  protected override list(): void {
    const { operation } = this
    if (operation !== null) Outputs.put(this.session.host.station.outputs, { ...operation, listed: true })
    super.list()
  }

  measure(operation: Operation.Operation | null): void {
    const limit = operation === null ? "none" : operation.limit
    if (limit === this.timed) return
    this.cancelTimer?.()
    this.timed = limit
    const { host } = this.session
    const over = (): void => {
      this.cancelTimer = null
      Carrying.timeIsOver(host, this)
    }
    if (limit === "none") this.cancelTimer = null
    else if (limit === "turn")
      this.cancelTimer = host.clock.wake((operation?.untilMs ?? 0) - host.clock.monotonicMs(), over)
    // A server that was stopped does not keep its process for a handler that never ends.
    else this.cancelTimer = Patience.within(host.clock, host.world.limits.operationMs, over, true)
  }

  stop(): void {
    this.controller?.abort()
  }

  gone(aborted: boolean): void {
    Recent.drop(this.session.host.callings, this.number)
    if (aborted) this.abortion().abort()
  }

  tell(facts: readonly Operating.Fact[]): void {
    CommandFacts.tellAll(this.session, this.command, facts, this.outlet)
  }

  answer(answered: Noticed.Answered): void {
    this.session.answer(answered)
  }

  publish(related: Related): void {
    Feedback.publish(this.session, this.command, related)
  }
}
