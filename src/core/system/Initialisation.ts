// End of initialisation, M_EI_NA_1 (60870-5-5 6.5): said once for a station, ahead of everything else of it.

import * as Image from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Link from "../link/Link.ts"
import * as Ledger from "../log/Ledger.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Cause } from "../wire/Cause.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import type { Turn } from "./SystemWork.ts"

/** Whether an end of initialisation may have to be said. */
export const waits = ({ rare, world }: Turn): boolean => rare.initialised < world.initialised.count

/** Sends the next end of initialisation; that of a station which was removed is not said. False when there is none. */
export function step(turn: Turn): boolean {
  const { order, count } = turn.world.initialised
  for (;;) {
    const next = Numbered.after(order, turn.rare.initialised)
    if (next === undefined) {
      turn.ownRare.initialised = count
      return false
    }
    turn.ownRare.initialised = next.id
    if (Image.present(turn.world.image, next) === undefined) continue
    const { ca, cause } = next
    turn.octets.set(Asdu.of(TypeTable.Type.M_EI_NA_1, Cause.INITIALIZED, 0, ca, 0, cause), turn.at)
    Link.sendI(turn, Ledger.NO_EVENTS)
    return true
  }
}
