// The fields of a received ASDU by position (60870-5-101 7.1, sizes of -104), without building objects.

export const TYPE_AT = 6
export const CAUSE_AT = 8
export const CA_AT = 10
export const OBJECT_AT = 12
export const ELEMENT_AT = 15

export const type = (octets: Uint8Array, at: number): number => octets[at + TYPE_AT] as number
export const vsq = (octets: Uint8Array, at: number): number => octets[at + 7] as number
export const cause = (octets: Uint8Array, at: number): number => (octets[at + CAUSE_AT] as number) & 0x3f
export const test = (octets: Uint8Array, at: number): number => (octets[at + CAUSE_AT] as number) & 0x80
export const originator = (octets: Uint8Array, at: number): number => octets[at + 9] as number
export const ca = (octets: Uint8Array, at: number): number =>
  (octets[at + CA_AT] as number) | ((octets[at + CA_AT + 1] as number) << 8)
export const ioa = (octets: Uint8Array, at: number): number =>
  (octets[at + 12] as number) | ((octets[at + 13] as number) << 8) | ((octets[at + 14] as number) << 16)
/** Addresses of objects have 24 bits. */
const ADDRESSES = 0x1000000

/** The number of the address that a request is for: of the station, and of its first object. */
export const address = (octets: Uint8Array, at: number): number => ca(octets, at) * ADDRESSES + ioa(octets, at)

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
