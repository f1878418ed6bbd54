// A command in front of its output: it waits for its turn, within a time, or is refused; when its turn has come it is begun, and
// becomes an operation. What is timed, and whether it is begun at all, stands here.
import type { CommandRequested } from "../core/command/CommandNotice.ts"
import * as Output from "../core/command/Output.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
import * as Aged from "./Aged.ts"
import { CommandAtPoint } from "./CommandAtPoint.ts"
import * as Commands from "./Commands.ts"
import * as Feedback from "./Feedback.ts"
import type { CommandHandler, Hooks } from "./Hooks.ts"
import type { Operation } from "./Operation.ts"
import type { Outlet } from "./Outlet.ts"
import * as Patience from "./Patience.ts"
import type { Session } from "./Session.ts"

/**
 * `waiting`: for the command before it. `deciding`: the handler, or its first phase, has not settled. `accepted`: the first
 * phase said yes, which is to be confirmed before the second. `executing`: that has not settled. `left`: the application said
 * that it answers by itself. `over`: the output is somebody else's.
 */
export type Phase = "waiting" | "deciding" | "accepted" | "executing" | "left" | "over"

export abstract class WaitingCommand extends CommandAtPoint {
  declare protected phase: Phase
  /** Until when it may be begun, by the monotonic clock: timers may be late. */
  declare private waitsUntilMs: number
  declare private cancelTimer: (() => void) | null

  constructor(session: Session, notice: CommandRequested, hooks: Hooks, outlet: Outlet) {
    super(session, notice, hooks, outlet)
    this.phase = "waiting"
    this.waitsUntilMs = 0
    this.cancelTimer = null
  }

  /** Itself, as its output knows it. */
  protected abstract get self(): Operation
  /** Hands it to the application. */
  abstract begin(handler: CommandHandler, collects: boolean): void
  /** It has taken too long altogether. */
  protected abstract lose(): void

  /** Whether it waits for its turn. */
  get waits(): boolean {
    return this.phase === "waiting"
  }

  /** Whether nothing is begun any more: the process is about to be reset, or the server to stop. */
  protected get isTooLate(): boolean {
    return this.session.host.isEnding
  }

  /** Waits for its turn, within a time. */
  wait(withinMs: number): void {
    const { outlet, session } = this
    outlet.output = Output.wait(outlet.output, this.self)
    this.list()
    const { clock } = session.host
    this.waitsUntilMs = clock.monotonicMs() + withinMs
    this.cancelTimer = clock.wake(withinMs, () => {
      this.cancelTimer = null
      this.refuse(false)
    })
  }

  /** Refuses it: it was not begun, and never will be. The session `collects` while it asks. */
  refuse(collects: boolean): void {
    this.turnAway()(collects)
  }

  /** Refuses it; what is returned tells that. */
  turnAway(): (collects?: boolean) => void {
    const { session, isOpen } = this
    this.leave()
    if (isOpen) session.collect(Outcome.confirm(this.id, "failure"))
    return (collects = false) => {
      this.tell("command", "failure", isOpen)
      if (!collects) session.tellCollected()
    }
  }

  /** Its turn has come: it is begun, unless nobody decides it any more. */
  proceed(): void {
    const { hooks, outlet, notice, session } = this
    // Its time is over as well: that is told next.
    if (!this.isOpen) {
      outlet.output = Output.leave(outlet.output, this.self)
      return
    }
    const situation = Aged.judge(session, session.host.world, notice)
    if (situation !== null) {
      this.leave()
      Commands.refuseAged(session, notice, situation)
      return session.tellCollected()
    }
    const inTime = session.host.clock.monotonicMs() < this.waitsUntilMs
    const isWanted = this.exists && inTime && !this.isTooLate
    const handler = isWanted ? Feedback.decider(session.host, notice.block, hooks) : null
    if (handler === null || outlet.output.status !== "free") this.refuse(false)
    else this.begin(handler, false)
  }

  /** Takes it out of those that wait. */
  protected leave(): void {
    const { outlet } = this
    this.stop()
    outlet.output = Output.leave(outlet.output, this.self)
  }

  // ---- its end, and its time ----

  protected stop(): void {
    this.phase = "over"
    this.stopTimer()
    this.unlist()
  }

  protected startTimer(): void {
    const { host } = this.session
    // A server that was stopped does not keep its process for a handler that never ends.
    const lose = (): void => {
      this.cancelTimer = null
      this.lose()
    }
    this.cancelTimer ??= Patience.within(host.clock, host.world.limits.operationMs, lose, true)
  }

  protected stopTimer(): void {
    this.cancelTimer?.()
    this.cancelTimer = null
  }
}
