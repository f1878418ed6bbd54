// What is told of commands and outputs to observers and the log.

import type { CommandRequested } from "../core/command/CommandNotice.ts"
import type * as Operating from "../core/command/Operating.ts"
import type { Status } from "../core/command/Output.ts"
import type { Outcome } from "../core/procedure/Outcome.ts"
import * as Outputs from "../core/station/Outputs.ts"
import { failed } from "./Deciding.ts"
import { CallbackTimedOut } from "./Errors.ts"
import type { Host } from "./Host.ts"
import * as Names from "./Names.ts"
import type { Session } from "./Session.ts"

/** Tells what became of an operation, and of its output where that has a point by then: who is told may remove it, or add one. */
export function tellAll(
  session: Session,
  command: CommandRequested,
  facts: readonly Operating.Fact[],
  outlet: number
): void {
  for (const fact of facts)
    switch (fact.fact) {
      case "command":
      case "executed":
        tell(session, command, fact.fact, fact.outcome, fact.answered)
        break
      case "output":
        if (Outputs.hasPoint(session.host.station.outputs, outlet)) tellOutput(session.host, command, fact.status)
        break
      case "late":
        tellLate(session.host, subjectOf(command))
        break
      case "unclear":
        failed(session.host, "accept", subjectOf(command), new TypeError("it accepts or refuses"))
        break
    }
}

/** Tells the outcome of a command, or of its second phase, and whether its client is told. */
function tell(
  session: Session,
  notice: CommandRequested,
  event: "command" | "executed",
  outcome: Outcome,
  answered: boolean
): void {
  const { host, peer } = session
  if (!host.hears(event)) return
  const { ca: commonAddress, ioa: address, type, value } = notice
  host.tell({ event, peer, commonAddress, address, type: Names.ofType(type), value, outcome, answered })
}

/** What a command is about, in words. */
export const subjectOf = ({ type, ioa, ca }: CommandRequested): string =>
  `${Names.ofType(type)} ${ioa} of station ${ca}`

/** Tells that a handler did not decide in time. */
function tellLate(host: Host, subject: string): void {
  const { decisionMs: limitMs } = host.world.limits
  host.tell({ event: "error", error: new CallbackTimedOut({ callback: "onReceive", subject, limitMs }) })
}

/** Tells what is known of an output from now on. */
export function tellOutput(
  host: Host,
  { ca, ioa, block }: Pick<CommandRequested, "ca" | "ioa" | "block">,
  status: Status
): void {
  host.tell({ event: "output", commonAddress: ca, address: ioa, type: Names.ofType(block.of.type), status })
}
