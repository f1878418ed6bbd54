// Frames as a controlling station reads and writes them. It is written from the standard by itself and imports nothing of the
// codec that is under test: an error in that one must not be made here as well.

/** Codes of U frames. */
export const STARTDT_ACT = 0x07
export const STARTDT_CON = 0x0b
export const STOPDT_ACT = 0x13
export const STOPDT_CON = 0x23
export const TESTFR_ACT = 0x43
export const TESTFR_CON = 0x83

export const GLOBAL = 0xffff

/** Octets of the elements of one object, by type; -1: said by its length octet; types that are not here are unknown. */
const sizes: readonly (readonly [number, number])[] = [
  ...[1, 3].map((type) => [type, 1] as const),
  ...[[5, 2] as const, [7, 5] as const, [9, 3] as const, [11, 3] as const, [13, 5] as const, [15, 5] as const],
  ...[[20, 5] as const, [21, 2] as const, [30, 8] as const, [31, 8] as const, [32, 9] as const, [33, 12] as const],
  ...[[34, 10] as const, [35, 10] as const, [36, 12] as const, [37, 12] as const, [38, 10] as const],
  ...[[39, 11] as const, [40, 11] as const, [45, 1] as const, [46, 1] as const, [47, 1] as const, [48, 3] as const],
  ...[[49, 3] as const, [50, 5] as const, [51, 4] as const, [58, 8] as const, [59, 8] as const, [60, 8] as const],
  ...[[61, 10] as const, [62, 10] as const, [63, 12] as const, [64, 11] as const, [70, 1] as const],
  ...[[100, 1] as const, [101, 1] as const, [102, 0] as const, [103, 7] as const, [104, 2] as const, [105, 1] as const],
  ...[[106, 2] as const, [107, 9] as const, [110, 3] as const, [111, 3] as const, [112, 5] as const, [113, 1] as const],
  ...[[120, 6] as const, [121, 7] as const, [122, 4] as const, [123, 5] as const, [124, 4] as const],
  ...[[125, -1] as const, [126, 13] as const]
]

const sizeOf: Int8Array = new Int8Array(256).fill(-2)
for (const [type, octets] of sizes) sizeOf[type] = octets

/** An I, S or U frame as it was read; what has no meaning in its format is 0. */
export interface Frame {
  readonly format: "I" | "S" | "U"
  readonly octets: Uint8Array
  readonly ns: number
  readonly nr: number
  readonly code: number
  /** Header of the ASDU of an I frame. */
  readonly type: number
  readonly sq: boolean
  readonly count: number
  readonly cause: number
  readonly negative: boolean
  readonly test: boolean
  readonly oa: number
  readonly ca: number
}

/** Where the first object begins in the octets of an I frame. */
const OBJECTS_AT = 12

/** Reads a whole frame. */
export function read(octets: Uint8Array): Frame {
  const c1 = octets[2] as number
  const numbered = (c1 & 1) === 0
  const supervisory = (c1 & 3) === 1
  const nr = ((octets[4] as number) >> 1) | ((octets[5] as number) << 7)
  if (!numbered || octets.length < OBJECTS_AT)
    return {
      format: numbered ? "I" : supervisory ? "S" : "U",
      octets,
      ns: numbered ? (c1 >> 1) | ((octets[3] as number) << 7) : 0,
      nr: numbered || supervisory ? nr : 0,
      code: numbered || supervisory ? 0 : c1,
      type: 0,
      sq: false,
      count: 0,
      cause: 0,
      negative: false,
      test: false,
      oa: 0,
      ca: 0
    }
  const vsq = octets[7] as number
  const cot = octets[8] as number
  return {
    format: "I",
    octets,
    ns: (c1 >> 1) | ((octets[3] as number) << 7),
    nr,
    code: 0,
    type: octets[6] as number,
    sq: (vsq & 0x80) !== 0,
    count: vsq & 0x7f,
    cause: cot & 0x3f,
    negative: (cot & 0x40) !== 0,
    test: (cot & 0x80) !== 0,
    oa: octets[9] as number,
    ca: (octets[10] as number) | ((octets[11] as number) << 8)
  }
}

/** What is wrong with the structure of an I frame, or null. */
export function fault({ octets, type, sq, count }: Frame): string | null {
  const size = sizeOf[type] as number
  if (size === -2) return `type ${type} is unknown`
  if (count === 0) return "it holds no object"
  if (size === -1) return sq || count !== 1 ? "a segment is one object" : null
  const wanted = OBJECTS_AT + (sq ? 3 + count * size : count * (3 + size))
  return wanted === octets.length ? null : `it has ${octets.length} octets, and its header says ${wanted}`
}

/** Calls with the address of every object, and where its elements begin and end in the octets. */
export function objects(
  { octets, type, sq, count }: Frame,
  each: (ioa: number, from: number, to: number) => void
): void {
  const size = sizeOf[type] as number
  if (size < 0) return each(ioaAt(octets, OBJECTS_AT), OBJECTS_AT + 3, octets.length)
  let at = OBJECTS_AT
  let ioa = 0
  for (let n = 0; n < count; n++) {
    if (n === 0 || !sq) {
      ioa = ioaAt(octets, at)
      at += 3
    } else ioa++
    each(ioa, at, at + size)
    at += size
  }
}

const ioaAt = (octets: Uint8Array, at: number): number =>
  (octets[at] as number) | ((octets[at + 1] as number) << 8) | ((octets[at + 2] as number) << 16)

/** The address of the first object. */
export const firstIoa = ({ octets }: Frame): number => ioaAt(octets, OBJECTS_AT)

/** Puts octets into frames as they come: whole frames are returned, the rest is kept. */
export class Splitter {
  private rest: Uint8Array = new Uint8Array(0)

  take(chunk: Uint8Array): readonly Uint8Array[] {
    const all = this.rest.length === 0 ? chunk : joined([this.rest, chunk])
    const frames: Uint8Array[] = []
    let at = 0
    while (at < all.length) {
      // What begins no frame is handed out as it is: nothing behind it means anything.
      if (!begins(all, at)) {
        frames.push(all.slice(at))
        this.rest = new Uint8Array(0)
        return frames
      }
      if (at + 1 >= all.length || at + (all[at + 1] as number) + 2 > all.length) break
      const end = at + (all[at + 1] as number) + 2
      frames.push(all.slice(at, end))
      at = end
    }
    this.rest = all.slice(at)
    return frames
  }
}

/** Whether octets can be the beginning of a frame. */
function begins(octets: Uint8Array, at: number): boolean {
  const length = octets[at + 1] ?? 4
  return octets[at] === 0x68 && length >= 4 && length <= 253
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

export const u = (code: number): Uint8Array => Uint8Array.of(0x68, 4, code, 0, 0, 0)

export const s = (nr: number): Uint8Array => Uint8Array.of(0x68, 4, 1, 0, (nr << 1) & 0xfe, (nr >> 7) & 0xff)

/** An I frame of an ASDU. */
export function i(ns: number, nr: number, asdu: Uint8Array): Uint8Array {
  const frame = new Uint8Array(6 + asdu.length)
  frame.set([0x68, 4 + asdu.length, (ns << 1) & 0xfe, (ns >> 7) & 0xff, (nr << 1) & 0xfe, (nr >> 7) & 0xff])
  frame.set(asdu, 6)
  return frame
}

/** An ASDU of one object; `cause` is its whole octet. */
export const asdu = (
  type: number,
  cause: number,
  oa: number,
  ca: number,
  ioa: number,
  ...element: readonly number[]
): Uint8Array =>
  Uint8Array.of(type, 1, cause, oa, ca & 0xff, ca >> 8, ioa & 0xff, (ioa >> 8) & 0xff, (ioa >> 16) & 0xff, ...element)

/** CP56Time2a of a local time in ms since 1970, without day of the week; no calendar of the engine is asked. */
export function time(localMs: number): readonly number[] {
  const day = Math.floor(localMs / 86_400_000)
  const within = localMs - day * 86_400_000
  const minutes = Math.floor(within / 60_000)
  const { year, month, date } = civil(day)
  const ms = within % 60_000
  return [ms & 0xff, ms >> 8, minutes % 60, Math.floor(minutes / 60), date, month, (year - 2000) & 0x7f]
}

/** The date of a day since 1970, by counting from the first of March, behind which leap days stand. */
function civil(day: number): { readonly year: number; readonly month: number; readonly date: number } {
  const since = day + 719_468
  const era = Math.floor(since / 146_097)
  const inEra = since - era * 146_097
  const yearOfEra = Math.floor(
    (inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365
  )
  const inYear = inEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * inYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    date: inYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  }
}

const HEX = "0123456789abcdef"

export function hex(octets: Uint8Array): string {
  let text = ""
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at] as number
    text += `${at === 0 ? "" : " "}${HEX[octet >> 4]}${HEX[octet & 15]}`
  }
  return text
}
