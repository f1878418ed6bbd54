// Octets of the model test, read and written by hand: what judges the server shares no codec with it.

/** Octets of the elements of one object, by type. */
const octetsOf: Readonly<Record<number, number>> = {
  1: 1,
  3: 1,
  5: 2,
  7: 5,
  9: 3,
  11: 3,
  13: 5,
  15: 5,
  21: 2,
  30: 8,
  31: 8,
  32: 9,
  33: 12,
  34: 10,
  35: 10,
  36: 12,
  37: 12,
  45: 1,
  46: 1,
  49: 3,
  51: 4,
  58: 8,
  59: 8,
  62: 10,
  64: 11,
  70: 1,
  100: 1,
  101: 1,
  102: 0,
  103: 7,
  105: 1,
  107: 9,
  110: 3,
  111: 3,
  112: 5,
  113: 1
}

/** One object as a client was told it. */
export interface Told {
  readonly type: number
  readonly cause: number
  readonly negative: boolean
  readonly test: boolean
  readonly oa: number
  readonly ca: number
  readonly ioa: number
  /** Its elements. */
  readonly hex: string
  readonly octets: Uint8Array
}

/** The objects of an I frame. Throws for what is no whole ASDU of a type that is known. */
export function objectsOf(apdu: Uint8Array): readonly Told[] {
  const view = new DataView(apdu.buffer, apdu.byteOffset, apdu.byteLength)
  const type = view.getUint8(6)
  const vsq = view.getUint8(7)
  const size = octetsOf[type]
  if (size === undefined) throw new Error(`type ${type} was not expected`)
  const cause = view.getUint8(8)
  const sequence = vsq >= 0x80
  const count = vsq & 0x7f
  // What is mirrored may be malformed in any way; here it is one object.
  const step = sequence ? size : size + 3
  if (apdu.length !== 12 + count * step + (sequence ? 3 : 0)) throw new Error(`no whole ASDU: ${hexOf(apdu)}`)
  const addressAt = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
  return Array.from({ length: count }, (_, index) => {
    const at = 12 + index * step
    const ioa = sequence ? addressAt(12) + index : addressAt(at)
    const octets = apdu.slice(at + 3, at + 3 + size)
    return {
      type,
      cause: cause & 0x3f,
      negative: (cause & 0x40) !== 0,
      test: (cause & 0x80) !== 0,
      oa: view.getUint8(9),
      ca: view.getUint16(10, true),
      ioa,
      hex: hexOf(octets),
      octets
    }
  })
}

export const hexOf = (octets: Uint8Array): string => Buffer.from(octets).toString("hex")

/** The type without time tag of a monitoring type. */
export const bare = (type: number): number => untagged[type] ?? type
const untagged: Readonly<Record<number, number>> = { 30: 1, 31: 3, 32: 5, 33: 7, 34: 9, 35: 11, 36: 13, 37: 15 }

/** A kind of value: how the number of an event becomes one, and what is seen of that number in octets. */
export interface Kind {
  readonly type: number
  readonly tagged: number
  /** Whether all numbers of a run are told apart. */
  readonly wide: boolean
  readonly value: (id: number) => number | boolean
  readonly seen: (octets: Uint8Array) => number
  readonly residue: (id: number) => number
}

const same = (id: number): number => id
const view = (octets: Uint8Array): DataView => new DataView(octets.buffer, octets.byteOffset, octets.byteLength)

/** By the number of the type without time tag. */
export const kinds: readonly Kind[] = [
  { type: 11, tagged: 35, wide: true, value: same, seen: (o) => view(o).getInt16(0, true), residue: same },
  { type: 13, tagged: 36, wide: true, value: same, seen: (o) => view(o).getFloat32(0, true), residue: same },
  { type: 7, tagged: 33, wide: true, value: same, seen: (o) => view(o).getUint32(0, true), residue: same },
  { type: 9, tagged: 34, wide: true, value: (id) => id / 32768, seen: (o) => view(o).getInt16(0, true), residue: same },
  {
    type: 1,
    tagged: 30,
    wide: false,
    value: (id) => id % 2 === 1,
    seen: (o) => (o[0] as number) & 1,
    residue: (id) => id % 2
  },
  {
    type: 3,
    tagged: 31,
    wide: false,
    value: (id) => id % 4,
    seen: (o) => (o[0] as number) & 3,
    residue: (id) => id % 4
  },
  {
    type: 5,
    tagged: 32,
    wide: false,
    value: (id) => (id % 64) - 32,
    seen: (o) => ((((o[0] as number) & 0x7f) << 25) >> 25) + 32,
    residue: (id) => id % 64
  },
  { type: 15, tagged: 37, wide: true, value: same, seen: (o) => view(o).getInt32(0, true), residue: same }
]

export const kindOf = (type: number): Kind | undefined => kinds.find((kind) => kind.type === bare(type))

/** The number that a value was made of, as far as it is seen. */
export const numberIn = (one: Told): number => kindOf(one.type)?.seen(one.octets) ?? -1
