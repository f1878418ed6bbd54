// What is left unsaid when data transfer stops or a connection ends: a request that was acknowledged and whose answer the
// client will not get is told to the application.

import * as Numbered from "../image/Numbered.ts"
import * as Value from "../image/Value.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Cause } from "../wire/Cause.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import type { Turn } from "./Turn.ts"
import type { Pending } from "./Work.ts"

const { Type } = TypeTable

/** The types besides commands that ask for something to be done. */
const acting: readonly number[] = [
  Type.C_CS_NA_1,
  Type.C_RP_NA_1,
  Type.P_ME_NA_1,
  Type.P_ME_NB_1,
  Type.P_ME_NC_1,
  Type.P_AC_NA_1
]

/** Whether an APDU confirms, or does not, that something is done. */
function confirms(apdu: Uint8Array): boolean {
  const cause = Asdu.cause(apdu, 0)
  if (Asdu.test(apdu, 0) !== 0 || (cause !== Cause.ACTIVATION_CON && cause !== Cause.DEACTIVATION_CON)) return false
  const type = Asdu.type(apdu, 0)
  // A counter interrogation that does not freeze only reads.
  if (type === Type.C_CI_NA_1) return (apdu[Asdu.ELEMENT_AT] as number) > 0x3f
  return Value.isCommand(type) || acting.includes(type)
}

/** Tells a confirmation that is never sent. */
export function unsaid(turn: Turn, apdu: Uint8Array): void {
  if (!confirms(apdu)) return
  const negative = Asdu.negative(apdu, 0)
  turn.notice({ kind: "unanswered", outcome: negative ? "failure" : "success", apdu })
}

/** Tells every confirmation that still waits. What becomes of commands that were begun is told when they end. */
export function tell(turn: Turn): void {
  const { replies, barred } = turn.work
  Numbered.each(replies, ({ apdu }) => unsaid(turn, apdu))
  Numbered.each(barred, ({ apdu }) => unsaid(turn, apdu))
  const undecided = ({ kind, apdu }: Pending): void => {
    if (kind !== "command") turn.notice({ kind: "unanswered", outcome: "none", apdu })
  }
  Numbered.each(turn.work.pending, undecided)
  turn.work.asking.forEach(undecided)
}
