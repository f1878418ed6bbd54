// Frames as data: a whole APDU (IEC 60870-5-104 clause 5, IEC 60870-5-101 7.2) to plain JSON fields and back.
// Decoding checks the layout only; encoding builds what the fields say, also what a station must never send.
import * as Asdu from "./Asdu.ts"
import * as Bits from "./Bits.ts"
import * as Cause from "./Cause.ts"
import { codecs, type ElementName, segmentLength } from "./Element.ts"
import * as Frame from "./Frame.ts"
import * as Hex from "./Hex.ts"
import { byId } from "./TypeTable.ts"

/** Octets of the address fields. IEC 60870-5-104 fixes 2, 2 and 3. */
export interface AddressSizes {
  readonly sizeOfCOT: number
  readonly sizeOfCA: number
  readonly sizeOfIOA: number
}

/** The control field. `length` is octet 2 of the APDU; N(S) and N(R) are 0..32767. */
export type ApciFields =
  | { readonly format: "I"; readonly length: number; readonly ns: number; readonly nr: number }
  | { readonly format: "S"; readonly length: number; readonly nr: number }
  | { readonly format: "U"; readonly length: number; readonly function: string }

/** One information object: `ioa` 0..16777215, and the fields of the elements of its type. */
export type ObjectFields = Readonly<Record<string, unknown>> & { readonly ioa: number }

/** The ASDU header. `cot` 0..63, `oa` 0..255, `ca` 0..65535, `count` 0..127 as in the variable structure qualifier. */
export interface AsduHeader {
  readonly typeId: number
  readonly sq: boolean
  readonly count: number
  readonly cot: number
  readonly negative: boolean
  readonly test: boolean
  readonly oa: number
  readonly ca: number
}

/** A frame with an ASDU. Types without a layout have `data`, the octets after the header in hex, not `objects`. */
export interface AsduFields extends AsduHeader {
  readonly params: AddressSizes
  readonly apci: ApciFields
  readonly objects?: readonly ObjectFields[]
  readonly data?: string
}

/** Any frame. */
export type FrameFields = AsduFields | { readonly apci: ApciFields }

export type Decoded =
  | { readonly ok: true; readonly fields: FrameFields }
  | { readonly ok: false; readonly error: string }
export type Encoded =
  | { readonly ok: true; readonly octets: Uint8Array }
  | { readonly ok: false; readonly error: string }

const { START, LENGTH_MIN, LENGTH_MAX, APCI_OCTETS } = Frame
const HEADER_END = Asdu.OBJECT_AT
const IOA_OCTETS = 3
const IOA_MAX = 0xff_ffff

const sizes: AddressSizes = { sizeOfCOT: 2, sizeOfCA: 2, sizeOfIOA: 3 }

const functionNames: Readonly<Record<number, string>> = {
  [Frame.U.STARTDT_ACT]: "STARTDT act",
  [Frame.U.STARTDT_CON]: "STARTDT con",
  [Frame.U.STOPDT_ACT]: "STOPDT act",
  [Frame.U.STOPDT_CON]: "STOPDT con",
  [Frame.U.TESTFR_ACT]: "TESTFR act",
  [Frame.U.TESTFR_CON]: "TESTFR con"
}

const hexOctet = (octet: number): string => `0x${octet.toString(16).padStart(2, "0")}`

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

/** The control field of a whole APDU, or the error in words. Reserved bits must be 0. */
export const decodeApci = (octets: Uint8Array): ApciFields | string => {
  const [start, length = 0, first = 0, second = 0, third = 0, fourth = 0] = octets
  if (octets.length < APCI_OCTETS) return `an APDU has at least 6 octets, here are ${octets.length}`
  if (start !== START) return `an APDU begins with 0x68, not with ${hexOctet(start ?? 0)}`
  if (length < LENGTH_MIN || length > LENGTH_MAX) return `length ${length} is outside 4..253`
  if (octets.length !== length + 2) {
    return `length ${length} means an APDU of ${length + 2} octets, here are ${octets.length}`
  }
  const [ns, nr] = [Frame.sendNumber(octets, 0), Frame.receiveNumber(octets, 0)]
  if ((first & 3) === 3) {
    const name = functionNames[first]
    if (name === undefined) return `U format with control octet ${hexOctet(first)}, which is none of the six functions`
    if (length !== LENGTH_MIN) return `U format with length ${length} instead of 4`
    if ((second | third | fourth) !== 0) return "U format with reserved bits set in control octets 2..4"
    return { format: "U", length, function: name }
  }
  if ((third & 1) !== 0) return "reserved bit 1 of control octet 3 is set"
  if ((first & 1) === 0) return { format: "I", length, ns, nr }
  if (first !== 1 || second !== 0) return "S format with reserved bits set in control octets 1..2"
  if (length !== LENGTH_MIN) return `S format with length ${length} instead of 4`
  return { format: "S", length, nr }
}

/** The ASDU header of an I frame that `decodeApci` accepted, or the error in words. */
export const decodeHeader = (octets: Uint8Array): AsduHeader | string => {
  if (octets.length < HEADER_END) return `an ASDU header has 6 octets, here are ${octets.length - APCI_OCTETS}`
  return {
    typeId: Asdu.type(octets, 0),
    sq: (Asdu.vsq(octets, 0) & 0x80) !== 0,
    count: Asdu.vsq(octets, 0) & 0x7f,
    cot: Asdu.cause(octets, 0),
    negative: Asdu.negative(octets, 0),
    test: Asdu.test(octets, 0) !== 0,
    oa: Asdu.originator(octets, 0),
    ca: Asdu.ca(octets, 0)
  }
}

const readIoa = (view: DataView, at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16)

const decodeObjects = (
  octets: Uint8Array,
  header: AsduHeader,
  elements: readonly ElementName[]
): readonly ObjectFields[] | string => {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  const objects: ObjectFields[] = []
  let at = HEADER_END
  let ioa = 0
  if (header.count === 0) return "an ASDU without information objects"
  for (let index = 0; index < header.count; index++) {
    const ends = `the ASDU ends within object ${index + 1} of ${header.count}`
    if (header.sq && index > 0) ioa += 1
    else {
      if (at + IOA_OCTETS > octets.length) return ends
      ioa = readIoa(view, at)
      at += IOA_OCTETS
    }
    if (ioa > IOA_MAX) return `the sequence of addresses runs beyond ${IOA_MAX}`
    const object: Record<string, unknown> & { ioa: number } = { ioa }
    for (const name of elements) {
      const codec = codecs[name]
      const length = codec.octets < 0 ? Number(object.los) : codec.octets
      if (at + length > octets.length) return ends
      codec.read(view, at, object)
      at += length
    }
    objects.push(object)
  }
  const surplus = octets.length - at
  return surplus === 0
    ? objects
    : `${plural(surplus, "octet")} more than ${plural(header.count, "object")} of this type`
}

/** Decodes one whole APDU (0x68 ...). Wrong layouts are refused in words; causes, addresses and values are not judged. */
export const decode = (octets: Uint8Array): Decoded => {
  const apci = decodeApci(octets)
  if (typeof apci === "string") return { ok: false, error: apci }
  if (apci.format !== "I") return { ok: true, fields: { apci } }
  const header = decodeHeader(octets)
  if (typeof header === "string") return { ok: false, error: header }
  const row = byId[header.typeId]
  if (row === undefined) {
    const data = Hex.octetsToHex(octets.subarray(HEADER_END))
    return { ok: true, fields: { params: sizes, apci, ...header, data } }
  }
  const objects = decodeObjects(octets, header, row.elements)
  if (typeof objects === "string") return { ok: false, error: `${row.mnemonic}: ${objects}` }
  return { ok: true, fields: { params: sizes, apci, ...header, objects } }
}

const frameKeys = ["params", "apci", "typeId", "sq", "count", "cot", "negative", "test", "oa", "ca", "objects", "data"]
const apciKeys = {
  I: ["format", "length", "ns", "nr"],
  S: ["format", "length", "nr"],
  U: ["format", "length", "function"]
}

const encodeApci = (apci: Bits.Source, asdu: Uint8Array, complaints: string[]): Uint8Array => {
  const frame = new Uint8Array(APCI_OCTETS + asdu.length)
  const { format } = apci
  const keys = format === "I" || format === "S" || format === "U" ? apciKeys[format] : undefined
  if (keys === undefined) complaints.push(`apci.format must be "I", "S" or "U", not ${Bits.show(format)}`)
  else Bits.refuseUnknownKeys(apci, keys, "apci.", complaints)
  const actual = LENGTH_MIN + asdu.length
  if (apci.length === undefined && actual > LENGTH_MAX) {
    complaints.push(`the ASDU has ${asdu.length} octets, the most is 249`)
  }
  const length = Bits.integer(apci, "length", 0, 255, actual, "apci.", complaints)
  const ns = Bits.integer(apci, "ns", 0, 0x7fff, 0, "apci.", complaints) << 1
  const nr = Bits.integer(apci, "nr", 0, 0x7fff, 0, "apci.", complaints) << 1
  frame.set([START, length, ns & 0xff, ns >> 8, nr & 0xff, nr >> 8])
  if (format === "S") frame[2] = 1
  if (format === "U") {
    const code = Object.keys(functionNames).find((key) => functionNames[Number(key)] === apci.function)
    if (code === undefined) {
      const names = Object.values(functionNames).join(", ")
      complaints.push(`apci.function must be one of ${names}, not ${Bits.show(apci.function)}`)
    }
    frame.set([Number(code ?? 0), 0, 0, 0], 2)
  }
  frame.set(asdu, APCI_OCTETS)
  return frame
}

const encodeObject = (
  view: DataView,
  start: number,
  object: Bits.Source,
  elements: readonly ElementName[],
  complaints: string[]
): number => {
  let at = start
  Bits.refuseUnknownKeys(object, ["ioa", ...elements.flatMap((name) => codecs[name].keys)], "", complaints)
  for (const name of elements) {
    const codec = codecs[name]
    codec.write(view, at, object, complaints)
    at += codec.octets < 0 ? segmentLength(object) : codec.octets
  }
  return at
}

const encodeObjects = (typeId: number, sq: boolean, objects: readonly unknown[], complaints: string[]): Uint8Array => {
  const row = byId[typeId]
  if (row === undefined) {
    complaints.push(`type ${typeId} has no layout here: give its octets after the header as hex in data`)
    return new Uint8Array(0)
  }
  const sources = objects.filter(Bits.isSource)
  if (sources.length !== objects.length || objects.length > 127) {
    complaints.push(`objects must be at most 127 objects with fields`)
    return new Uint8Array(0)
  }
  const octetsMax = sources.reduce(
    (total, object) =>
      total +
      IOA_OCTETS +
      row.elements.reduce((sum, name) => sum + Math.max(codecs[name].octets, 0), segmentLength(object)),
    0
  )
  const octets = new Uint8Array(octetsMax)
  const view = new DataView(octets.buffer)
  const first = Number(sources[0]?.ioa ?? 0)
  let at = 0
  for (const [index, object] of sources.entries()) {
    const found: string[] = []
    const ioa = Bits.integer(object, "ioa", 0, IOA_MAX, sq ? first + index : 0, "", found)
    if (!sq || index === 0) {
      view.setUint16(at, ioa & 0xffff, true)
      view.setUint8(at + 2, ioa >> 16)
      at += IOA_OCTETS
    } else if (ioa !== first + index) found.push(`ioa must be ${first + index} in a sequence that begins at ${first}`)
    at = encodeObject(view, at, object, row.elements, found)
    for (const complaint of found) complaints.push(`object ${index + 1}: ${complaint}`)
  }
  return octets.subarray(0, at)
}

const encodeBody = (fields: Bits.Source, typeId: number, sq: boolean, complaints: string[]): Uint8Array => {
  const { objects, data } = fields
  if (objects !== undefined && data !== undefined) complaints.push("objects and data exclude each other")
  if (data !== undefined) {
    const octets = typeof data === "string" ? Hex.hexToOctets(data) : `must be hexadecimal text, not ${Bits.show(data)}`
    if (typeof octets !== "string") return octets
    complaints.push(`data: ${octets}`)
  } else if (Array.isArray(objects)) return encodeObjects(typeId, sq, objects, complaints)
  else complaints.push(`objects must be an array, not ${Bits.show(objects)}`)
  return new Uint8Array(0)
}

const encodeAsdu = (fields: Bits.Source, complaints: string[]): Uint8Array => {
  const number = (key: string, max: number, fallback: number): number =>
    Bits.integer(fields, key, 0, max, fallback, "", complaints)
  const bit = (key: string, mask: number): number => (Bits.truth(fields, key, "", complaints) ? mask : 0)
  if (fields.typeId === undefined) complaints.push("typeId is missing")
  const typeId = number("typeId", 255, 0)
  const sq = bit("sq", 0x80)
  const { objects } = fields
  const count = number("count", 127, Array.isArray(objects) ? Math.min(objects.length, 127) : 1)
  const cause = number("cot", 63, 0) | bit("negative", Cause.NEGATIVE) | bit("test", Cause.TEST)
  const ca = number("ca", 0xffff, 0)
  const body = encodeBody(fields, typeId, sq !== 0, complaints)
  const apdu = new Uint8Array(HEADER_END + body.length)
  Asdu.put(apdu, 0, apdu.length, typeId, sq | count, cause, number("oa", 255, 0), ca)
  apdu.set(body, HEADER_END)
  return apdu.subarray(APCI_OCTETS)
}

const hasFixedSizes = ({ sizeOfCOT, sizeOfCA, sizeOfIOA }: Bits.Source): boolean =>
  sizeOfCOT === sizes.sizeOfCOT && sizeOfCA === sizes.sizeOfCA && sizeOfIOA === sizes.sizeOfIOA

/**
 * Builds the APDU that `fields` (a FrameFields as JSON) describes. Absent fields are 0 or false, `apci` an I frame
 * 0/0, `count` and `apci.length` what they must be; given ones are written as they are, right or wrong. Unknown
 * fields, values that do not fit their bits and address sizes other than 2, 2, 3 are refused in words.
 */
export const encode = (fields: unknown): Encoded => {
  const complaints: string[] = []
  if (!Bits.isSource(fields)) return { ok: false, error: `a frame must be an object, not ${Bits.show(fields)}` }
  const params = fields.params ?? sizes
  if (!Bits.isSource(params)) return { ok: false, error: `params must be an object, not ${Bits.show(params)}` }
  if (!hasFixedSizes(params)) {
    const shown = [params.sizeOfCOT, params.sizeOfCA, params.sizeOfIOA].map(Bits.show).join(", ")
    return { ok: false, error: `address sizes (COT, CA, IOA) ${shown} are not those of IEC 60870-5-104: 2, 2, 3` }
  }
  const apci = fields.apci ?? { format: "I" }
  if (!Bits.isSource(apci)) return { ok: false, error: `apci must be an object, not ${Bits.show(apci)}` }
  const isI = apci.format === "I"
  Bits.refuseUnknownKeys(fields, isI ? frameKeys : ["apci"], "", complaints)
  const octets = encodeApci(apci, isI ? encodeAsdu(fields, complaints) : new Uint8Array(0), complaints)
  return complaints.length > 0 ? { ok: false, error: complaints.join("; ") } : { ok: true, octets }
}
