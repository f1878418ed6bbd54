// One command at its point: what the point says while it is commanded and when that is over, what is published of it, and
// what is told of it to observers. What becomes of the command is decided by its operation.

import type { CommandRequested } from "../core/command/CommandNotice.ts"
import type { Status } from "../core/command/Output.ts"
import * as Image from "../core/image/Image.ts"
import type { EventLog } from "../core/log/EventLog.ts"
import * as Ledger from "../core/log/Ledger.ts"
import type * as Outcome from "../core/procedure/Outcome.ts"
import * as CommandFacts from "./CommandFacts.ts"
import { Asking, failed } from "./Deciding.ts"
import { instruct, instructionOf, saidBy } from "./Described.ts"
import * as Feedback from "./Feedback.ts"
import type { Hooks, Instruction } from "./Hooks.ts"
import type { Host } from "./Host.ts"
import * as Names from "./Names.ts"
import type { Outlet } from "./Outlet.ts"
import type { PointKey } from "./PointKeys.ts"
import type { Session } from "./Session.ts"

const NOTHING: Instruction = { value: 0, qualifier: 0, timeLow: 0, timeHigh: 0 }

export abstract class CommandAtPoint extends Asking {
  declare readonly notice: CommandRequested
  /** When it came, by this machine's clock in ms since 1970 UTC. */
  declare readonly receivedMs: number
  declare protected readonly hooks: Hooks
  declare protected readonly outlet: Outlet
  /** When the command before it came, in the same way; 0 = there was none. */
  declare previousMs: number
  /** What the point said before, and whether that came from a client. */
  declare protected previous: Instruction
  declare private received: boolean
  /** The point that reports what it did, as that was set when it was begun; null: none. */
  declare private related: PointKey | null
  /** The end of the log when what is terminated next had begun. */
  declare protected since: number
  /** Whether the point shows what was commanded; and the how manieth command it is that was begun at its output. */
  declare private shown: boolean
  declare private place: number

  constructor(session: Session, notice: CommandRequested, hooks: Hooks, outlet: Outlet) {
    super(session, notice.id)
    this.notice = notice
    this.receivedMs = session.host.wallMs(session.state.link.receivedAtMs)
    this.hooks = hooks
    this.outlet = outlet
    this.previousMs = 0
    this.previous = NOTHING
    this.received = false
    this.related = null
    this.since = 0
    this.shown = false
    this.place = 0
  }

  /** Whether its client still waits for its answer. */
  get isOpen(): boolean {
    return this.session.awaits(this.id)
  }

  /** Whether its point is still there. */
  get exists(): boolean {
    return Image.lives(this.notice)
  }

  private get subject(): string {
    const { type, ioa, ca } = this.notice
    return `${Names.ofType(type)} ${ioa} of station ${ca}`
  }

  // ---- what the point says ----

  /** Lets the point say what is commanded. */
  protected instruct(): void {
    const { hooks, notice } = this
    const { block, slot } = notice
    this.place = ++this.outlet.begun
    this.since = endOf(this.session.host)
    this.related = hooks.relatedIoAutoreturn ? hooks.related : null
    this.previous = instructionOf(block, slot)
    this.received = hooks.received
    this.previousMs = hooks.receivedMs
    hooks.received = true
    hooks.receivedMs = this.receivedMs
    instruct(block, slot, saidBy(this.session.host, notice, this.receivedMs))
    this.shown = true
  }

  /**
   * Lets the point show what was done: what was refused was not, unless the application changed the point itself. What is shown
   * since another command was begun is that one's.
   */
  protected show(done: boolean): void {
    const { hooks, notice } = this
    const { block, slot } = notice
    if (done === this.shown || this.outlet.begun !== this.place || !this.exists) return
    this.shown = done
    hooks.received = done || this.received
    if (done) instruct(block, slot, saidBy(this.session.host, notice, this.receivedMs))
    else if (Image.value(block, slot) === notice.value) instruct(block, slot, this.previous)
  }

  /** Publishes the related point as return information. */
  protected returnInformation(): void {
    if (this.exists && this.related !== null) Feedback.publish(this.session, this.notice, this.related)
  }

  /** The mark behind everything that was published since a log position, -1 when nothing was: a termination goes behind it. */
  protected mark(since: number): number {
    const end = endOf(this.session.host)
    return end > since ? Ledger.mark(end, 0) : Ledger.NO_EVENTS
  }

  // ---- what is told of it ----

  protected tell(event: "command" | "executed", outcome: Outcome.Outcome, answered: boolean): void {
    CommandFacts.tell(this.session, this.notice, event, outcome, answered)
  }

  protected tellOutput(status: Status): void {
    if (this.outlet.hasPoint) CommandFacts.tellOutput(this.session.host, this.notice, status)
  }

  protected tellLate(): void {
    CommandFacts.tellLate(this.session.host, this.subject)
  }

  protected tellFailed(callback: string, cause: unknown): void {
    failed(this.session.host, callback, this.subject, cause)
  }
}

/** The end of the log: what is published from now on lies behind it. */
export const endOf = ({ world }: Host): number => (world.logs[0] as EventLog).end
