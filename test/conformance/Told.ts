// What a station of ours tells about a connection or its configuration when a transcript checks it.
import * as Parameters from "../../src/core/link/Parameters.ts"
import * as Cursor from "../../src/core/log/Cursor.ts"
import type { SessionState } from "../../src/core/session/SessionState.ts"
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
export function tell(
  { state, cursor }: { readonly state: SessionState; readonly cursor: Cursor.Cursor },
  ends: readonly number[],
  what: string
): string {
  const [word = "", ...rest] = what.split(" ")
  switch (word) {
    case "state":
      return phases[state.link.phase] as string
    case "unacknowledged":
      return String(total(cursor.sent) - total(cursor.acknowledged))
    case "waiting":
      return String(Cursor.waiting(cursor, ends))
    case "lost":
      return String(cursor.rare.lost)
    case "parameters":
      return judged(rest.join(" "))
    default:
      throw new Error(`${JSON.stringify(what)} is nothing that a station tells`)
  }
}
