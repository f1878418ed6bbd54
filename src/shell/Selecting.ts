// A select that the application decides: whatever is not a clear yes is a no. It ends with its point.

import type { SelectRequested } from "../core/command/CommandNotice.ts"
import * as Instruction from "../core/command/Instruction.ts"
import type { Decision } from "../core/procedure/Notice.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
import { AtPoint } from "./Deciding.ts"
import { Described } from "./Described.ts"
import type { CommandHandler } from "./Hooks.ts"
import * as Names from "./Names.ts"
import * as Selections from "./Selections.ts"
import type { Session } from "./Session.ts"

export class Selecting extends AtPoint {
  readonly callback = "onSelect"
  private readonly notice: SelectRequested
  private readonly handler: CommandHandler
  private readonly receivedMs: number

  constructor(session: Session, notice: SelectRequested, handler: CommandHandler) {
    super(session, notice.id, notice)
    // When it came, by this machine's clock in ms since 1970 UTC.
    this.receivedMs = session.host.wallMs(session.state.link.receivedAtMs)
    this.notice = notice
    this.handler = handler
  }

  get subject(): string {
    const { type, ioa, ca } = this.notice
    return `${Names.ofType(type)} ${ioa} of station ${ca}`
  }

  /** Whether its client still waits for the answer, its point is there, and anything is begun. */
  get isWanted(): boolean {
    return !(this.isGivenUp || this.session.host.isEnding) && this.session.exchange.awaits(this.id)
  }

  protected call(): Outcome.Outcome | Promise<Outcome.Outcome> {
    const { session, notice: command, receivedMs } = this
    const manner = { before: Instruction.of(command.block, command.slot) }
    return this.handler(new Described(session, { command, receivedMs, previousMs: 0, manner }, this))
  }

  /** Whether it is selected by this answer. What could follow is refused where the process is to be reset. */
  private selects(outcome: Outcome.Outcome): boolean {
    return outcome === "success" && !this.session.host.isEnding && this.exists
  }

  protected decisionOf(outcome: Outcome.Outcome): Decision {
    return Outcome.confirm(this.id, this.selects(outcome) ? "success" : "failure")
  }

  protected override told(outcome: Outcome.Outcome): void {
    const { host, peer } = this.session
    if (!this.selects(outcome)) Selections.tell(host, peer, this.notice, "refused")
  }
}
