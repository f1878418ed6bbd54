// Counter interrogation, C_CI_NA_1 (60870-5-5 6.9): FRZ 0 reads counters like an interrogation; FRZ 1..3 freeze or
// reset them, which the shell carries out since it changes the image.
import { COUNTERS } from "../image/Block.ts"
import * as Image from "../image/Image.ts"
import * as Asking from "../procedure/Asking.ts"
import * as Reply from "../procedure/Reply.ts"
import * as Asdu from "../wire/Asdu.ts"
import * as Interrogation from "./Interrogation.ts"
import type { Turn } from "./ReadWork.ts"

const GENERAL = 5
/** Cause of data: 37 for the general request, 38..41 for groups 1..4. */
const REQUESTED_BY_GENERAL = 37

/** Takes a counter interrogation with a legal header. */
export function request(turn: Turn, octets: Uint8Array, at: number, surplus: boolean): void {
  if (Asdu.vsq(octets, at) !== 1) return Reply.reject(turn, "severalObjects", octets, at)
  if (surplus) return Reply.reject(turn, "surplusOctets", octets, at)
  const octet = octets[at + Asdu.ELEMENT_AT] as number
  const requested = octet & 0x3f
  const freeze = octet >> 6
  if (requested < 1 || requested > GENERAL) return Reply.reject(turn, "groupNotConfigured", octets, at)
  const group = requested === GENERAL ? 0 : requested
  if (freeze === 0) {
    const cause = group === 0 ? REQUESTED_BY_GENERAL : REQUESTED_BY_GENERAL + group
    return Interrogation.add(turn, octets, at, cause, group === 0 ? -1 : Image.groupBit(group, true))
  }
  const ca = Asdu.ca(octets, at)
  const counting = Interrogation.askedFor(turn.world, ca, group === 0 ? COUNTERS : Image.groupBit(group, true))
  if (group !== 0 && counting === null) return Reply.reject(turn, "groupNotConfigured", octets, at)
  if (Asdu.test(octets, at) !== 0) return Reply.test(turn, octets, at, turn.world.profile.freezeTermination)
  const refusal = Asking.refusal(turn)
  if (refusal !== null) return Reply.reject(turn, refusal, octets, at)
  if (turn.leaves()) return
  const id = Asking.ask(turn, "freeze", Reply.copy(octets, at))
  turn.own.freezes++
  turn.notice({
    kind: "freeze",
    id,
    ca,
    stations: Image.addressed(turn.world.image, ca),
    counting,
    group,
    freeze: freeze !== 3,
    reset: freeze !== 1
  })
}

/** A freeze that was asked for is not waited for any more. */
export function over(turn: Turn): void {
  turn.own.freezes--
}
