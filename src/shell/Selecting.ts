// A select that the application decides: whatever is not a clear yes is a no.
import type { Decision, SelectRequested } from "../core/procedure/Notice.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
import * as Image from "../core/process/Image.ts"
import { Deciding } from "./Deciding.ts"
import { Described, instructionOf } from "./Described.ts"
import type { CommandHandler, Hooks } from "./Hooks.ts"
import * as Names from "./Names.ts"
import * as Selections from "./Selections.ts"
import type { Session } from "./Session.ts"

export class Selecting extends Deciding {
  readonly callback = "onSelect"
  /** When it came, by this machine's clock in ms since 1970 UTC. */
  readonly receivedMs: number
  readonly previousMs = 0
  private readonly notice: SelectRequested
  private readonly hooks: Hooks
  private readonly handler: CommandHandler

  constructor(session: Session, notice: SelectRequested, hooks: Hooks, handler: CommandHandler) {
    super(session, notice.id)
    this.hooks = hooks
    this.receivedMs = session.host.wallMs(session.state.link.receivedAtMs)
    this.notice = notice
    this.handler = handler
  }

  get subject(): string {
    const { type, ioa, ca } = this.notice
    return `${Names.ofType(type)} ${ioa} of station ${ca}`
  }

  /** Whether its client still waits for the answer, and its point is there. */
  get isWanted(): boolean {
    return this.isUnderWay && !this.isGivenUp && this.session.awaits(this.id)
  }

  protected override get isGivenUp(): boolean {
    return super.isGivenUp || !Image.lives(this.notice)
  }

  protected override takesTime(): void {
    super.takesTime()
    if (!this.isUnderWay) return
    this.hooks.selects ??= new Set()
    this.hooks.selects.add(this)
  }

  protected override unlist(): void {
    super.unlist()
    this.hooks.selects?.delete(this)
  }

  /** Its point is gone: its client is told no, and the handler to stop. */
  detach(): void {
    const { session, id } = this
    this.abort()
    if (session.awaits(id)) session.decided([Outcome.confirm(id, "failure")])
  }

  protected call(): Outcome.Outcome | Promise<Outcome.Outcome> {
    const { session, notice } = this
    const previous = instructionOf(notice.block, notice.slot)
    return this.handler(new Described(session, notice, previous, this))
  }

  protected decisionOf(outcome: Outcome.Outcome): Decision {
    const { session, notice, id } = this
    // What could follow is refused by then.
    if (outcome === "success" && session.host.resetting === null) return Outcome.confirm(id, "success")
    if (Image.lives(notice)) Selections.tell(session.host, session.peer, notice, "refused")
    return Outcome.confirm(id, "failure")
  }
}
