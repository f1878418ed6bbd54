// The header of an ASDU in its APDU, and the address of its first object, by position (60870-5-101 7.1, sizes of -104): read and
// written here, without building objects. The six octets before it are the link's; `at` is where they begin.

import { START } from "./Frame.ts"

export const TYPE_AT = 6
export const CAUSE_AT = 8
export const CA_AT = 10
export const OBJECT_AT = 12
export const ELEMENT_AT = 15

export const type = (octets: Uint8Array, at: number): number => octets[at + TYPE_AT] as number
export const vsq = (octets: Uint8Array, at: number): number => octets[at + 7] as number
export const cause = (octets: Uint8Array, at: number): number => (octets[at + CAUSE_AT] as number) & 0x3f
export const test = (octets: Uint8Array, at: number): number => (octets[at + CAUSE_AT] as number) & 0x80
/** P/N: a negative confirmation. */
export const negative = (octets: Uint8Array, at: number): boolean => ((octets[at + CAUSE_AT] as number) & 0x40) !== 0
export const originator = (octets: Uint8Array, at: number): number => octets[at + 9] as number
export const ca = (octets: Uint8Array, at: number): number =>
  (octets[at + CA_AT] as number) | ((octets[at + CA_AT + 1] as number) << 8)
export const ioa = (octets: Uint8Array, at: number): number =>
  (octets[at + 12] as number) | ((octets[at + 13] as number) << 8) | ((octets[at + 14] as number) << 16)

/** Octets of the whole APDU. */
export const size = (octets: Uint8Array, at: number): number => (octets[at + 1] as number) + 2
/** Four octets at `at`, little endian, signed. */
export const word = (octets: Uint8Array, at: number): number =>
  (octets[at] as number) |
  ((octets[at + 1] as number) << 8) |
  ((octets[at + 2] as number) << 16) |
  ((octets[at + 3] as number) << 24)

/** A copy of some octets. `slice` would not do: on a Node `Buffer` it is a view of the caller's octets. */
export function piece(octets: Uint8Array, at: number, count: number): Uint8Array {
  const copied = new Uint8Array(count)
  for (let i = 0; i < count; i++) copied[i] = octets[at + i] as number
  return copied
}

/** The global common address: all stations. */
export const GLOBAL = 65_535

// ---- written ----

/** Writes the header; `octets` is the size of the whole APDU. The control field is left alone. */
export function put(
  out: Uint8Array,
  at: number,
  octets: number,
  type: number,
  vsq: number,
  cause: number,
  originator: number,
  ca: number
): void {
  out[at] = START
  out[at + 1] = octets - 2
  out[at + TYPE_AT] = type
  out[at + 7] = vsq
  out[at + CAUSE_AT] = cause
  out[at + 9] = originator
  putCa(out, at, ca)
}

/** As {@link put}, without the start and the length: for whoever learns the length while it writes, in a view. */
export function putView(
  out: DataView,
  at: number,
  type: number,
  vsq: number,
  cause: number,
  originator: number,
  ca: number
): void {
  putWords(out, at, type | (vsq << 8) | (cause << 16) | (originator << 24), ca)
}

/** As {@link putView}, of type, VSQ, cause and originator as one little-endian word. */
export function putWords(out: DataView, at: number, word: number, ca: number): void {
  out.setInt32(at + TYPE_AT, word, true)
  out.setInt16(at + CA_AT, ca, true)
}

export function putCause(out: Uint8Array, at: number, cause: number): void {
  out[at + CAUSE_AT] = cause
}

export function putCa(out: Uint8Array, at: number, ca: number): void {
  out[at + CA_AT] = ca & 0xff
  out[at + CA_AT + 1] = ca >> 8
}

/** The address of the first object. */
export function putIoa(out: Uint8Array, at: number, ioa: number): void {
  out[at + OBJECT_AT] = ioa & 0xff
  out[at + OBJECT_AT + 1] = (ioa >> 8) & 0xff
  out[at + OBJECT_AT + 2] = ioa >> 16
}

/** An APDU of one object with these octets as its element, and a zero control field. */
export function of(
  type: number,
  cause: number,
  originator: number,
  ca: number,
  ioa: number,
  ...element: readonly number[]
): Uint8Array {
  const apdu = new Uint8Array(ELEMENT_AT + element.length)
  put(apdu, 0, apdu.length, type, 1, cause, originator, ca)
  putIoa(apdu, 0, ioa)
  apdu.set(element, ELEMENT_AT)
  return apdu
}
