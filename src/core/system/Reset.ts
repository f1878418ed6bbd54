// Reset process, C_RP_NA_1 (60870-5-5 6.10): QRP 1 resets the process, QRP 2 deletes pending events with time tag. The
// application decides; without its word a reset is refused.

import * as Image from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Sequence from "../link/Sequence.ts"
import * as Asking from "../procedure/Asking.ts"
import * as Reply from "../procedure/Reply.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Type } from "../wire/TypeTable.ts"
import type { Restart, Turn } from "./SystemWork.ts"

/** Takes a reset with a legal header. */
export function request(turn: Turn, octets: Uint8Array, at: number, surplus: boolean): void {
  if (Asdu.vsq(octets, at) !== 1) return Reply.reject(turn, "severalObjects", octets, at)
  if (surplus) return Reply.reject(turn, "surplusOctets", octets, at)
  const qualifier = octets[at + Asdu.ELEMENT_AT] as number
  if (qualifier !== 1 && qualifier !== 2) return Reply.reject(turn, "qualifier", octets, at)
  if (Asdu.test(octets, at) !== 0) return Reply.test(turn, octets, at, false)
  const refusal = Asking.refusal(turn)
  if (refusal !== null) return Reply.reject(turn, refusal, octets, at)
  const id = Asking.ask(turn, "reset", Reply.copy(octets, at))
  const ca = Asdu.ca(octets, at)
  turn.notice({ kind: "reset", id, ca, stations: Image.addressed(turn.world.image, ca), qualifier })
}

/** The confirmation of a reset is waited for so long. */
const RESTART_MS = 1000
/** QRP: reset of pending information with time tag of the event buffer. */
const PURGE = 2

/** Whether a reset is one of the event buffer only. */
export const purges = (apdu: Uint8Array): boolean => apdu[Asdu.ELEMENT_AT] === PURGE

/** The application accepts a reset of the process: it is carried out when its client knows. */
export function begin(turn: Turn): void {
  turn.own.restart = { untilMs: turn.nowMs + RESTART_MS, behind: -1 }
}

/** Whether a confirmation of a reset still waits for the window. */
function isUnsent(turn: Turn): boolean {
  let waits = false
  Numbered.each(turn.work.replies, ({ apdu }) => {
    if (Asdu.type(apdu, 0) === Type.C_RP_NA_1) waits = true
  })
  return waits
}

/** Looks whether the confirmation of an accepted reset was acknowledged, or has waited long enough: then it is carried out. */
export function goOn(turn: Turn, restart: Restart): void {
  if (restart.behind < 0 && !isUnsent(turn)) {
    turn.own.restart = { ...restart, behind: turn.sendNumber }
    return goOn(turn, { ...restart, behind: turn.sendNumber })
  }
  const isAcknowledged =
    restart.behind >= 0 && turn.high - turn.low <= Sequence.distance(restart.behind, turn.sendNumber)
  if (!isAcknowledged && turn.heardMs < restart.untilMs) return
  turn.own.restart = null
  turn.notice({ kind: "restarting" })
}
