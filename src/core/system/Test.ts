// Test commands (60870-5-5 6.11): C_TS_TA_1 comes back as it is. C_TS_NA_1 and the delay acquisition C_CD_NA_1 belong
// to 60870-5-101 and are answered only where the profile says so.

import * as Reply from "../procedure/Reply.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Cause } from "../wire/Cause.ts"
import type { Turn } from "./SystemWork.ts"

/** Takes a test or delay acquisition with a legal header. Loading a delay (C_CD_NA_1 with cause 3) has no answer. */
export function request(turn: Turn, octets: Uint8Array, at: number, surplus: boolean): void {
  if (Asdu.vsq(octets, at) !== 1) return Reply.reject(turn, "severalObjects", octets, at)
  if (surplus) return Reply.reject(turn, "surplusOctets", octets, at)
  if (Asdu.cause(octets, at) === Cause.ACTIVATION) Reply.mirror(turn, octets, at, Cause.ACTIVATION_CON, -1)
}
