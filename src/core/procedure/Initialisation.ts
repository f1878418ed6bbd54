// End of initialisation, M_EI_NA_1 (60870-5-5 6.5): said once for a station, ahead of everything else of it.

import * as Image from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Link from "../link/Link.ts"
import * as Ledger from "../log/Ledger.ts"
import type { Turn } from "./Turn.ts"

/** The station with this common address was initialised; `cause` is the COI octet. */
export function initialised(turn: Turn, ca: number, cause: number): void {
  const station = Image.station(turn.world.image, ca)
  if (station === undefined) return
  turn.own.initialised = Numbered.put(turn.work.initialised, ca, { ca, born: station.born, cause })
}

/** Sends the next end of initialisation; that of a station which was removed is not said. False when there is none. */
export function step(turn: Turn): boolean {
  for (;;) {
    const first = Numbered.first(turn.work.initialised)
    if (first === undefined) return false
    const { ca, cause } = first
    turn.own.initialised = Numbered.without(turn.work.initialised, ca)
    if (Image.present(turn.world.image, first) === undefined) continue
    turn.octets.set([0x68, 14, 0, 0, 0, 0, 70, 1, 4, 0, ca & 0xff, ca >> 8, 0, 0, 0, cause], turn.at)
    Link.sendI(turn, Ledger.NO_EVENTS)
    return true
  }
}
