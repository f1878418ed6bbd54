// What a request is for, as a number: the address of an object, and its type where that tells several apart.

import type { Profile } from "../Profile.ts"
import * as Asdu from "../wire/Asdu.ts"
import * as TypeTable from "../wire/TypeTable.ts"

/** Types have 8 bits, and addresses of objects 24. */
const TYPES = 0x100
const ADDRESSES = 0x1000000

/** The number of an address and a type: with time tag or without is the same. */
export const numberOf = (ca: number, ioa: number, type: number): number =>
  (ca * ADDRESSES + ioa) * TYPES + (TypeTable.byId[type]?.untagged ?? 0)

/** The address of the object in a number. */
export const addressOf = (number: number): number => Math.floor(number / TYPES) % ADDRESSES

/** The number of what is at an address: of that alone where it names one point. Type 0 is none. */
export const at = ({ addressing }: Profile, ca: number, ioa: number, type: number): number =>
  numberOf(ca, ioa, addressing === "perType" ? type : 0)

/** The number of what the frame at `place` is for. */
export const of = (profile: Profile, octets: Uint8Array, place: number): number =>
  at(profile, Asdu.ca(octets, place), Asdu.ioa(octets, place), Asdu.type(octets, place))
