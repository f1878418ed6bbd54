// Frames as a controlling station writes and reads them, independent of the writer under test.
import * as Fields from "../../../src/core/wire/Fields.ts"
import * as Hex from "../../../src/core/wire/Hex.ts"

/** Control field octet 1 of the U functions. */
export const U = {
  startdt: 0x07,
  startdtCon: 0x0b,
  stopdt: 0x13,
  stopdtCon: 0x23,
  testfr: 0x43,
  testfrCon: 0x83
} as const

export const octetsOf = (hex: string): Uint8Array => {
  const octets = Hex.hexToOctets(hex)
  if (typeof octets === "string") throw new Error(octets)
  return octets
}

export const u = (code: number): Uint8Array => Uint8Array.of(0x68, 4, code, 0, 0, 0)

export const s = (receive: number): Uint8Array =>
  Uint8Array.of(0x68, 4, 1, 0, (receive << 1) & 0xff, (receive >> 7) & 0xff)

export const i = (send: number, receive: number, asdu: Uint8Array): Uint8Array =>
  Uint8Array.of(
    0x68,
    4 + asdu.length,
    (send << 1) & 0xff,
    (send >> 7) & 0xff,
    (receive << 1) & 0xff,
    (receive >> 7) & 0xff,
    ...asdu
  )

/** An ASDU with one object: type, cause octet, originator, common address, object address and element octets. */
export const asdu = (
  type: number,
  cause: number,
  oa: number,
  ca: number,
  ioa: number,
  ...element: number[]
): Uint8Array =>
  Uint8Array.of(type, 1, cause, oa, ca & 0xff, ca >> 8, ioa & 0xff, (ioa >> 8) & 0xff, ioa >> 16, ...element)

/** A station interrogation (60870-5-5 6.6). */
export const interrogation = (ca: number, cause = 6, qualifier = 20, oa = 0): Uint8Array =>
  asdu(100, cause, oa, ca, 0, qualifier)

/** C_SC_NA_1. */
export const command = (ca: number, ioa: number, sco = 1, cause = 6): Uint8Array => asdu(45, cause, 0, ca, ioa, sco)

/** C_CS_NA_1 with 2024-02-29 12:34:56.000. */
export const clock = (ca: number): Uint8Array => asdu(103, 6, 0, ca, 0, 0xc0, 0xda, 34, 12, 29, 2, 24)

export const join = (...parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** One frame as it was found in the output. `cause` is the whole octet; fields are -1 where the format has none. */
export interface Frame {
  readonly format: "I" | "S" | "U"
  readonly octets: Uint8Array
  readonly code: number
  readonly ns: number
  readonly nr: number
  readonly type: number
  readonly sq: boolean
  readonly count: number
  readonly cause: number
  readonly oa: number
  readonly ca: number
}

const frame = (octets: Uint8Array): Frame => {
  const at = (index: number): number => octets[index] ?? -1
  const first = at(2)
  const none = { code: -1, ns: -1, nr: -1, type: -1, sq: false, count: -1, cause: -1, oa: -1, ca: -1, octets }
  if ((first & 3) === 3) return { ...none, format: "U", code: first }
  const nr = (at(4) >> 1) | (at(5) << 7)
  if ((first & 1) === 1) return { ...none, format: "S", nr }
  return {
    format: "I",
    octets,
    code: -1,
    ns: (first >> 1) | (at(3) << 7),
    nr,
    type: at(6),
    sq: (at(7) & 0x80) !== 0,
    count: at(7) & 0x7f,
    cause: at(8),
    oa: at(9),
    ca: at(10) | (at(11) << 8)
  }
}

/** Cuts octets into frames; throws unless they are whole frames of legal length. */
export const split = (octets: Uint8Array): readonly Frame[] => {
  const found: Frame[] = []
  let at = 0
  while (at < octets.length) {
    const length = octets[at + 1] ?? 0
    if (octets[at] !== 0x68 || length < 4 || length > 253 || at + length + 2 > octets.length)
      throw new Error(`no frame at ${at} of ${Hex.octetsToHex(octets)}`)
    found.push(frame(octets.slice(at, at + length + 2)))
    at += length + 2
  }
  return found
}

/** The information objects of an I frame, read by the field codec. */
export const objects = (of: Frame): readonly Fields.ObjectFields[] => {
  const decoded = Fields.decode(of.octets)
  if (!decoded.ok) throw new Error(`${decoded.error}: ${Hex.octetsToHex(of.octets)}`)
  return "objects" in decoded.fields && decoded.fields.objects !== undefined ? decoded.fields.objects : []
}

export const addresses = (of: Frame): readonly number[] => objects(of).map(({ ioa }) => ioa)
