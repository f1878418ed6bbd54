// A select that the application decides: whatever is not a clear yes is a no. It ends with its point.

import type { SelectRequested } from "../core/command/CommandNotice.ts"
import * as Image from "../core/image/Image.ts"
import type { Decision } from "../core/procedure/Notice.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
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
    this.receivedMs = session.host.wallMs(session.state.link.receivedAtMs)
    this.notice = notice
    this.hooks = hooks
    this.handler = handler
  }

  get subject(): string {
    const { type, ioa, ca } = this.notice
    return `${Names.ofType(type)} ${ioa} of station ${ca}`
  }

  /** Whether its client still waits for the answer, and its point is there. */
  get isWanted(): boolean {
    return !this.isGivenUp && this.session.awaits(this.id)
  }

  protected override get isGivenUp(): boolean {
    return super.isGivenUp || !Image.lives(this.notice)
  }

  protected call(): Outcome.Outcome | Promise<Outcome.Outcome> {
    const { session, notice } = this
    const previous = instructionOf(notice.block, notice.slot)
    return this.handler(new Described(session, notice, previous, this))
  }

  /** Its point knows of it too, where it takes its time, unless the handler began by removing it. */
  protected override takesTime(): void {
    if (!Image.lives(this.notice)) {
      this.dismiss("failure")
      this.runsOn()
      this.controller?.abort()
      return
    }
    this.hooks.selects ??= new Set()
    this.hooks.selects.add(this)
    super.takesTime()
  }

  protected override end(): void {
    this.hooks.selects?.delete(this)
    super.end()
  }

  /** Its point is gone, and with it what there was to select: its client is told no. */
  detach(): void {
    const { session } = this
    this.abandon()
    if (session.reason === null) session.collect(this.decisionOf("failure"))
  }

  tellDetached(): void {
    this.told("failure")
    this.session.tellCollected()
    this.controller?.abort()
  }

  /** Whether it is selected by this answer. What could follow is refused where the process is to be reset. */
  private selects(outcome: Outcome.Outcome): boolean {
    return outcome === "success" && !this.session.host.isEnding && Image.lives(this.notice)
  }

  protected decisionOf(outcome: Outcome.Outcome): Decision {
    return Outcome.confirm(this.id, this.selects(outcome) ? "success" : "failure")
  }

  protected override told(outcome: Outcome.Outcome): void {
    const { host, peer } = this.session
    if (!this.selects(outcome)) Selections.tell(host, peer, this.notice, "refused")
  }
}
