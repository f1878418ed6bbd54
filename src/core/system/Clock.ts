// Clock synchronisation, C_CS_NA_1 (60870-5-5 6.7): the received time is validated here and accepted or refused by the
// application. A global request is decided once and confirmed for each station with its own address.

import * as Image from "../image/Image.ts"
import * as Asking from "../procedure/Asking.ts"
import * as Reply from "../procedure/Reply.ts"
import * as Asdu from "../wire/Asdu.ts"
import * as Time from "../wire/Time.ts"
import type { Turn } from "./SystemWork.ts"

/** Takes a clock synchronisation with a legal header. */
export function request(turn: Turn, octets: Uint8Array, at: number, surplus: boolean): void {
  if (Asdu.vsq(octets, at) !== 1) return Reply.reject(turn, "severalObjects", octets, at)
  if (surplus) return Reply.reject(turn, "surplusOctets", octets, at)
  const timeLow = Asdu.word(octets, at + Asdu.ELEMENT_AT)
  const timeHigh = Asdu.word(octets, at + Asdu.ELEMENT_AT + 3) >>> 8
  const valid = Time.validateCp56(timeLow, timeHigh) === "ok"
  const station = judging(turn, Asdu.ca(octets, at))
  if (valid && station?.zone.knows(Time.cp56ToEpochMs(timeLow, timeHigh)) === false) {
    // A client may name all years there are, one after the other: what a year is like is looked up once in so many octets.
    if (turn.leaves()) return
    turn.tired = true
  }
  if (!valid || Number.isNaN(instant(turn, station, timeLow, timeHigh)))
    return Reply.reject(turn, "invalidTime", octets, at)
  if (Asdu.test(octets, at) !== 0) return Reply.test(turn, octets, at, false)
  const refusal = Asking.refusal(turn)
  if (refusal !== null) return Reply.reject(turn, refusal, octets, at)
  const apdu = Reply.copy(octets, at)
  const ca = Asdu.ca(octets, at)
  turn.notice({
    kind: "clock",
    id: Asking.ask(turn, "clock", apdu),
    ca,
    stations: Image.addressed(turn.world.image, ca),
    timeLow,
    timeHigh,
    originator: Asdu.originator(octets, at),
    apdu
  })
}

/** The station in whose zone a received time is judged: for a global one the first, undefined when there is none. */
const judging = ({ world: { image } }: Turn, ca: number): Image.Station | undefined =>
  Image.station(image, ca) ?? Image.first(image)

const instant = ({ world }: Turn, station: Image.Station | undefined, low: number, high: number): number =>
  station === undefined ? Time.cp56ToEpochMs(low, high) : Image.instant(station, world.profile, low, high)

/** A positive confirmation carries the station's own time, unless the profile says echo. */
export function confirmation(turn: Turn, apdu: Uint8Array, timeLow: number, timeHigh: number): Uint8Array {
  if (turn.world.profile.clockConfirmation === "echo") return apdu
  const own = apdu.slice()
  for (let i = 0; i < 4; i++) own[Asdu.ELEMENT_AT + i] = timeLow >>> (8 * i)
  for (let i = 0; i < 3; i++) own[Asdu.ELEMENT_AT + 4 + i] = timeHigh >>> (8 * i)
  return own
}
