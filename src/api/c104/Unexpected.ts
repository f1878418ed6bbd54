// Messages that were turned down without asking the application, in c104's words.

import * as Image from "../../core/image/Image.ts"
import type { Situation } from "../../core/procedure/Rejection.ts"
import * as Asdu from "../../core/wire/Asdu.ts"
import { Type, Umc } from "./enums.ts"

const causes: Partial<Record<Situation, Umc>> = {
  unknownCommonAddress: Umc.UNKNOWN_CA,
  unknownType: Umc.INVALID_TYPE_ID,
  unknownCause: Umc.INVALID_COT,
  unknownObject: Umc.UNKNOWN_IOA,
  groupNotConfigured: Umc.UNIMPLEMENTED_GROUP
}

/** The cause that c104 gives, or null for what it does not call unexpected. */
export function causeOf(image: Image.Image, situation: Situation, apdu: Uint8Array): Umc | null {
  const cause = causes[situation] ?? null
  if (cause !== Umc.UNKNOWN_IOA) return cause
  const station = Image.station(image, Asdu.ca(apdu, 0))
  if (station === undefined || Image.candidates(station, Asdu.ioa(apdu, 0)).length === 0) return cause
  // Every object can be meant by a read command, but not every type can be read.
  return Asdu.type(apdu, 0) === Type.C_RD_NA_1 ? Umc.INVALID_TYPE_ID : Umc.MISMATCHED_TYPE_ID
}
