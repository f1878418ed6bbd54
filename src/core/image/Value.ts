// How the value and the quality of a point lie in its information element: read and written in place, as numbers,
// so that the process image holds wire form only. One case an element; types share elements (TypeTable).
import * as Element from "../wire/Element.ts"
import * as TypeTable from "../wire/TypeTable.ts"

/** The leading element of a point's types, as a small number for the hot switch. */
export const Kind: {
  readonly Single: 0
  readonly Double: 1
  readonly Step: 2
  readonly Bitstring: 3
  readonly Normalized: 4
  readonly Scaled: 5
  readonly Short: 6
  readonly Counter: 7
  readonly SingleCommand: 8
  readonly DoubleCommand: 9
  readonly StepCommand: 10
  readonly BitstringCommand: 11
  readonly NormalizedNoQuality: 12
  readonly PackedSingles: 13
  readonly ProtectionEvent: 14
  readonly ProtectionStart: 15
  readonly ProtectionCircuit: 16
} = {
  Single: 0,
  Double: 1,
  Step: 2,
  Bitstring: 3,
  Normalized: 4,
  Scaled: 5,
  Short: 6,
  Counter: 7,
  SingleCommand: 8,
  DoubleCommand: 9,
  StepCommand: 10,
  BitstringCommand: 11,
  NormalizedNoQuality: 12,
  PackedSingles: 13,
  ProtectionEvent: 14,
  ProtectionStart: 15,
  ProtectionCircuit: 16
}
export type Kind = (typeof Kind)[keyof typeof Kind]

/** What a value of a kind may be. `integer` values are whole numbers; `qualityAt` is -1 where the element has no quality. */
export interface Layout {
  readonly kind: Kind
  readonly name: string
  readonly octets: number
  readonly min: number
  readonly max: number
  readonly integer: boolean
  readonly qualityAt: number
  readonly qualityMask: number
}

const layout = (
  kind: Kind,
  name: string,
  octets: number,
  min: number,
  max: number,
  integer: boolean,
  qualityAt: number,
  qualityMask: number
): Layout => ({ kind, name, octets, min, max, integer, qualityAt, qualityMask })

/** Largest number that a short floating point value can be. */
export const SHORT_MAX = 3.4028234663852886e38

const layouts: readonly Layout[] = [
  layout(Kind.Single, "single point", 1, 0, 1, true, 0, 0xf0),
  layout(Kind.Double, "double point", 1, 0, 3, true, 0, 0xf0),
  layout(Kind.Step, "step position", 2, -64, 63, true, 1, 0xf1),
  layout(Kind.Bitstring, "bitstring", 5, 0, 4_294_967_295, true, 4, 0xf1),
  layout(Kind.Normalized, "normalized value", 3, -1, 1, false, 2, 0xf1),
  layout(Kind.Scaled, "scaled value", 3, -32_768, 32_767, true, 2, 0xf1),
  layout(Kind.Short, "short floating point value", 5, -SHORT_MAX, SHORT_MAX, false, 4, 0xf1),
  layout(Kind.Counter, "counter", 5, -2_147_483_648, 2_147_483_647, true, 4, 0xe0),
  layout(Kind.SingleCommand, "single command", 1, 0, 1, true, -1, 0),
  layout(Kind.DoubleCommand, "double command", 1, 0, 3, true, -1, 0),
  layout(Kind.StepCommand, "regulating step command", 1, 0, 3, true, -1, 0),
  layout(Kind.BitstringCommand, "bitstring command", 4, 0, 4_294_967_295, true, -1, 0),
  layout(Kind.NormalizedNoQuality, "normalized value without quality", 2, -1, 1, false, -1, 0),
  layout(Kind.PackedSingles, "packed single points", 5, 0, 65_535, true, 4, 0xf1),
  layout(Kind.ProtectionEvent, "event of protection equipment", 3, 0, 3, true, 0, 0xf8),
  layout(Kind.ProtectionStart, "start events of protection equipment", 4, 0, 63, true, 1, 0xf8),
  layout(Kind.ProtectionCircuit, "output circuit information of protection equipment", 4, 0, 15, true, 1, 0xf8)
]

const kindOfElements: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["SIQ", Kind.Single],
  ["DIQ", Kind.Double],
  ["VTI QDS", Kind.Step],
  ["BSI QDS", Kind.Bitstring],
  ["NVA QDS", Kind.Normalized],
  ["SVA QDS", Kind.Scaled],
  ["R32 QDS", Kind.Short],
  ["BCR", Kind.Counter],
  ["SCO", Kind.SingleCommand],
  ["DCO", Kind.DoubleCommand],
  ["RCO", Kind.StepCommand],
  ["BSI", Kind.BitstringCommand],
  ["NVA QOS", Kind.Normalized],
  ["SVA QOS", Kind.Scaled],
  ["R32 QOS", Kind.Short],
  ["NVA", Kind.NormalizedNoQuality],
  ["SCD QDS", Kind.PackedSingles],
  ["SEP elapsed", Kind.ProtectionEvent],
  ["SPE QDP duration", Kind.ProtectionStart],
  ["OCI QDP operatingTime", Kind.ProtectionCircuit]
])

/** Types that may be points but are measured with CP24Time2a belong to 60870-5-101 and are not offered. */
const byType: readonly (Layout | undefined)[] = Array.from({ length: 256 }, (_, id): Layout | undefined => {
  const row = TypeTable.byId[id]
  if (row === undefined || row.time === "cp24" || id > 64) return undefined
  const kind = kindOfElements.get(row.elements.filter((name) => name !== "CP56Time2a").join(" "))
  return kind === undefined ? undefined : layouts[kind]
})

/** The layout of a point type, or undefined when the type cannot be a point. */
export const layoutOf = (type: number): Layout | undefined => byType[type]

/** The types that can be points, ascending. */
export const pointTypes: readonly number[] = byType.flatMap((found, id) => (found === undefined ? [] : [id]))

/** Whether a type is sent by the controlling station (types 45..64). */
export const isCommand = (type: number): boolean => type >= 45 && type <= 64

/** The value at `at`, as a number: booleans 0/1, double points 0..3, normalized -1..1. No allocation. */
export function read(kind: Kind, view: DataView, at: number): number {
  switch (kind) {
    case Kind.Short:
      return view.getFloat32(at, true)
    case Kind.Single:
    case Kind.SingleCommand:
      return view.getUint8(at) & 1
    case Kind.Double:
    case Kind.DoubleCommand:
    case Kind.StepCommand:
    case Kind.ProtectionEvent:
      return view.getUint8(at) & 3
    case Kind.ProtectionStart:
    case Kind.ProtectionCircuit:
      return view.getUint8(at)
    case Kind.PackedSingles:
      return view.getUint16(at, true)
    case Kind.Step:
      return (view.getUint8(at) << 25) >> 25
    case Kind.Bitstring:
    case Kind.BitstringCommand:
      return view.getUint32(at, true)
    case Kind.Normalized:
    case Kind.NormalizedNoQuality:
      return Element.rawToNormalized(view.getInt16(at, true))
    case Kind.Scaled:
      return view.getInt16(at, true)
    case Kind.Counter:
      return view.getInt32(at, true)
  }
}

/** Writes a value that is in range; the bits beside it (quality, qualifier) stay as they are. No allocation. */
export function write(kind: Kind, view: DataView, at: number, value: number): void {
  switch (kind) {
    case Kind.Short:
      view.setFloat32(at, value, true)
      return
    case Kind.Single:
    case Kind.SingleCommand:
      view.setUint8(at, (view.getUint8(at) & 0xfe) | (value & 1))
      return
    case Kind.Double:
    case Kind.DoubleCommand:
    case Kind.StepCommand:
    case Kind.ProtectionEvent:
      view.setUint8(at, (view.getUint8(at) & 0xfc) | (value & 3))
      return
    case Kind.ProtectionStart:
    case Kind.ProtectionCircuit:
      view.setUint8(at, value)
      return
    case Kind.PackedSingles:
      view.setUint16(at, value, true)
      return
    case Kind.Step:
      view.setUint8(at, (view.getUint8(at) & 0x80) | (value & 0x7f))
      return
    case Kind.Bitstring:
    case Kind.BitstringCommand:
      view.setUint32(at, value, true)
      return
    case Kind.Normalized:
    case Kind.NormalizedNoQuality:
      view.setInt16(at, Element.normalizedToRaw(value), true)
      return
    case Kind.Scaled:
      view.setInt16(at, value, true)
      return
    case Kind.Counter:
      view.setInt32(at, value, true)
      return
  }
}

/**
 * What an element says beside value and quality: transient state of a step position (0, 1), sequence number of a
 * counter (0..31), changed bits of packed single points (0..65535), milliseconds of protection equipment (0..65535);
 * 0 for all others.
 */
export function readExtra(kind: Kind, view: DataView, at: number): number {
  switch (kind) {
    case Kind.Step:
      return view.getUint8(at) >> 7
    case Kind.Counter:
      return view.getUint8(at + 4) & 0x1f
    case Kind.PackedSingles:
      return view.getUint16(at + 2, true)
    case Kind.ProtectionEvent:
      return view.getUint16(at + 1, true)
    case Kind.ProtectionStart:
    case Kind.ProtectionCircuit:
      return view.getUint16(at + 2, true)
    default:
      return 0
  }
}

/** Writes what {@link readExtra} reads; ignored by elements that have nothing more to say. */
export function writeExtra(kind: Kind, view: DataView, at: number, extra: number): void {
  switch (kind) {
    case Kind.Step:
      view.setUint8(at, (view.getUint8(at) & 0x7f) | ((extra & 1) << 7))
      return
    case Kind.Counter:
      view.setUint8(at + 4, (view.getUint8(at + 4) & 0xe0) | (extra & 0x1f))
      return
    case Kind.PackedSingles:
      view.setUint16(at + 2, extra, true)
      return
    case Kind.ProtectionEvent:
      view.setUint16(at + 1, extra, true)
      return
    case Kind.ProtectionStart:
    case Kind.ProtectionCircuit:
      view.setUint16(at + 2, extra, true)
      return
    default:
      return
  }
}

/** Where the qualifier octet of a command stands in its element, -1 where there is none (bitstrings). */
export function qualifierAt(kind: Kind): number {
  switch (kind) {
    case Kind.SingleCommand:
    case Kind.DoubleCommand:
    case Kind.StepCommand:
      return 0
    case Kind.Normalized:
    case Kind.Scaled:
      return 2
    case Kind.Short:
      return 4
    default:
      return -1
  }
}

/** QU (0..31) of a switching command, QL (0..127) of a set-point; 0 for bitstrings. */
export function readQualifier(kind: Kind, view: DataView, at: number): number {
  const place = qualifierAt(kind)
  if (place < 0) return 0
  return place === 0 ? (view.getUint8(at) >> 2) & 0x1f : view.getUint8(at + place) & 0x7f
}

/** Writes what {@link readQualifier} reads. */
export function writeQualifier(kind: Kind, view: DataView, at: number, qualifier: number): void {
  const place = qualifierAt(kind)
  if (place === 0) view.setUint8(at, (view.getUint8(at) & 0x83) | (qualifier << 2))
  else if (place > 0) view.setUint8(at + place, qualifier & 0x7f)
}

/** Why `value` cannot be the value of a point of this layout, or null. NaN and infinities of short floats pass: they make the point invalid. */
export function problem(found: Layout, value: number): string | null {
  if (found.kind === Kind.Short) {
    if (Number.isFinite(value) && !(value >= found.min && value <= found.max))
      return `a ${found.name} lies between ${found.min} and ${found.max}, not at ${value}`
    return null
  }
  if (
    found.integer
      ? Number.isInteger(value) && value >= found.min && value <= found.max
      : value >= found.min && value <= found.max
  )
    return null
  return `a ${found.name} is ${found.integer ? "a whole number" : "a number"} from ${found.min} to ${found.max}, not ${value}`
}
