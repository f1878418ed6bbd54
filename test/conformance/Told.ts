// What a station of ours tells about a connection or its configuration when a transcript checks it.
import * as Parameters from "../../src/core/link/Parameters.ts"
import * as SessionState from "../../src/core/session/SessionState.ts"
import * as Given from "./Given.ts"

const phases: readonly string[] = ["STOPPED", "STARTED", "UNCONFIRMED_STOPPED", "CLOSED"]

const total = (positions: readonly number[]): number => positions.reduce((sum, position) => sum + position, 0)

/** Whether link parameters may be used: refused, accepted, or warned (accepted with a warning). */
function judged(text: string): string {
  const link = { ...Given.standard.link, ...Given.linkOf(text) }
  const { errors, warnings } = Parameters.validate(Given.parametersOf(link))
  return errors.length > 0 ? "refused" : warnings.length > 0 ? "warned" : "accepted"
}

/** The answer to `= what ...`; `ends` are the ends of the logs. */
export function tell(state: SessionState.SessionState, ends: readonly number[], what: string): string {
  const [word = "", ...rest] = what.split(" ")
  switch (word) {
    case "state":
      return phases[state.link.phase] as string
    case "unacknowledged":
      return String(total(state.sent) - total(state.acknowledged))
    case "waiting":
      return String(SessionState.backlog(state, ends))
    case "lost":
      return String(state.lost)
    case "parameters":
      return judged(rest.join(" "))
    default:
      throw new Error(`${JSON.stringify(what)} is nothing that a station tells`)
  }
}
