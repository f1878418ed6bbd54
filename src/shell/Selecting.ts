// A select that the application decides: whatever is not a clear yes is a no.
import type { Decision, SelectRequested } from "../core/procedure/Notice.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
import * as Image from "../core/process/Image.ts"
import { Deciding } from "./Deciding.ts"
import { Described, instructionOf } from "./Described.ts"
import type { CommandHandler } from "./Hooks.ts"
import * as Names from "./Names.ts"
import * as Selections from "./Selections.ts"
import type { Session } from "./Session.ts"

export class Selecting extends Deciding {
  readonly callback = "onSelect"
  /** When it came, by this machine's clock in ms since 1970 UTC. */
  readonly receivedMs: number
  readonly previousMs = 0
  private readonly notice: SelectRequested
  private readonly handler: CommandHandler

  constructor(session: Session, notice: SelectRequested, handler: CommandHandler) {
    super(session, notice.id)
    this.receivedMs = session.host.wallMs(session.state.link.receivedAtMs)
    this.notice = notice
    this.handler = handler
  }

  get subject(): string {
    const { type, ioa, ca } = this.notice
    return `${Names.ofType(type)} ${ioa} of station ${ca}`
  }

  /** Whether its client still waits for the answer. */
  get isWanted(): boolean {
    return this.isUnderWay && !this.session.leaving && this.session.awaits(this.id)
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
