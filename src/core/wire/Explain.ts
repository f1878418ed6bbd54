// Frames in words: what a protocol engineer reads in a log instead of octets.
import * as Bits from "./Bits.ts"
import * as Cause from "./Cause.ts"
import * as Fields from "./Fields.ts"
import * as Hex from "./Hex.ts"
import { byId } from "./TypeTable.ts"

export { hexToOctets, octetsToHex } from "./Hex.ts"

const doubleState = { 0: "INTERMEDIATE", 1: "OFF", 2: "ON", 3: "INDETERMINATE" }
const groupWords = (first: number, count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [first + index, `group ${index + 1}`]))

/** Words for values, by the key of the field (IEC 60870-5-101 7.2.6). */
const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  spi: { false: "OFF", true: "ON" },
  dpi: doubleState,
  es: doubleState,
  scs: { false: "OFF", true: "ON" },
  dcs: { 0: "not permitted", 1: "OFF", 2: "ON", 3: "not permitted" },
  rcs: { 0: "not permitted", 1: "LOWER", 2: "HIGHER", 3: "not permitted" },
  select: { false: "execute", true: "select" },
  qu: { 0: "no additional definition", 1: "short pulse", 2: "long pulse", 3: "persistent" },
  qoi: { 20: "station", ...groupWords(21, 16) },
  rqt: { ...groupWords(1, 4), 5: "general" },
  frz: { 0: "read", 1: "freeze without reset", 2: "freeze with reset", 3: "reset" },
  coi: { 0: "local power on", 1: "local manual reset", 2: "remote reset" },
  qrp: { 1: "general reset", 2: "reset of pending time-tagged information" },
  qpa: { 1: "loaded parameters", 2: "parameter of the object", 3: "cyclic transmission of the object" },
  kpa: { 1: "threshold", 2: "smoothing factor", 3: "low limit", 4: "high limit" },
  action: {
    1: "select file",
    2: "request file",
    3: "deactivate file",
    4: "delete file",
    5: "select section",
    6: "request section",
    7: "deactivate section"
  },
  ack: { 1: "file positive", 2: "file negative", 3: "section positive", 4: "section negative" },
  error: {
    1: "memory not available",
    2: "checksum failed",
    3: "unexpected service",
    4: "unexpected file name",
    5: "unexpected section name"
  },
  lsq: {
    1: "file without deactivation",
    2: "file with deactivation",
    3: "section without deactivation",
    4: "section with deactivation"
  }
}

/** Names of single bits, by key; a bit without an entry goes by its key. */
const bitNames: Readonly<Record<string, string>> = {
  ov: "overflow",
  ei: "elapsed time invalid",
  bl: "blocked",
  sb: "substituted",
  nt: "not topical",
  iv: "invalid",
  cy: "carry",
  ca: "adjusted",
  gs: "general start",
  gc: "general command",
  sie: "earth current",
  srd: "reverse direction",
  lpc: "local change",
  pop: "not in operation",
  lfd: "last of directory",
  isDirectory: "subdirectory",
  fa: "transfer active",
  notReady: "not ready"
}

const padded = (value: unknown, digits: number): string => String(value).padStart(digits, "0")

const timeFlags: readonly (readonly [string, string])[] = [
  ["iv", "IV"],
  ["gen", "GEN"],
  ["su", "SU"]
]

/** 2024-09-27 13:45:30.125 IV GEN SU, only 45:30.125 for CP24Time2a, 1500 ms for CP16Time2a. Nothing is checked. */
const timeText = (time: Bits.Source): string => {
  const ms = Number(time.ms)
  if (time.fmt === "CP16Time2a") return `${ms} ms`
  const withinHour = `${padded(time.min, 2)}:${padded(Math.floor(ms / 1000), 2)}.${padded(ms % 1000, 3)}`
  const date = `${2000 + Number(time.year)}-${padded(time.month, 2)}-${padded(time.dom, 2)}`
  const flags = timeFlags.flatMap(([key, flag]) => (time[key] === true ? [flag] : []))
  return [time.fmt === "CP56Time2a" ? `${date} ${padded(time.hour, 2)}:${withinHour}` : withinHour, ...flags].join(" ")
}

const scalarText = (key: string, value: unknown): string => {
  const word = words[key]?.[String(value)]
  if (key === "select") return `S/E ${word}`
  if (typeof value === "boolean") return `${key} ${word ?? (value ? "yes" : "no")}`
  return `${key} ${value === "" ? "(none)" : value}${word === undefined ? "" : ` (${word})`}`
}

/** A group: its numbers, then the names of the bits that are set; a quality without bits is good. */
const groupText = (key: string, fields: Bits.Source): string => {
  if (typeof fields.fmt === "string") return `${key} ${timeText(fields)}`
  const parts = Object.entries(fields).flatMap(([name, value]) =>
    typeof value === "boolean" ? (value ? [bitNames[name] ?? name] : []) : [scalarText(name, value)]
  )
  const empty = key === "quality" || key === "qdp" ? "good" : "none"
  return `${key} ${parts.length === 0 ? empty : parts.join(", ")}`
}

const objectText = ({ ioa, ...fields }: Fields.ObjectFields): string => {
  const parts = Object.entries(fields).flatMap(([key, value]) => {
    // The bits of a float are told only when it is not a number that can be told.
    if (key === "valueBits") return []
    if (key === "value" && value === null) return [`value not finite (0x${String(fields["valueBits"])})`]
    return [Bits.isSource(value) ? groupText(key, value) : scalarText(key, value)]
  })
  return [`  IOA ${ioa}`, ...parts].join(" | ")
}

const apciText = (apci: Fields.ApciFields): string => {
  if (apci.format === "U") return `U ${apci.function}`
  return apci.format === "S" ? `S N(R)=${apci.nr}` : `I N(S)=${apci.ns} N(R)=${apci.nr}`
}

/** P/N has a meaning only in confirmations and terminations; elsewhere it is told when it is set. */
const confirming: readonly number[] = [
  Cause.Cause.ACTIVATION_CON,
  Cause.Cause.DEACTIVATION_CON,
  Cause.Cause.ACTIVATION_TERMINATION
]

const causeText = ({ cot, negative, test }: Fields.AsduHeader): string =>
  [
    `${Cause.name(cot)} (${cot})`,
    ...(negative ? ["negative"] : confirming.includes(cot) ? ["positive"] : []),
    ...(test ? ["test"] : [])
  ].join(" ")

const headerText = (header: Fields.AsduHeader): string => {
  const row = byId[header.typeId]
  return [
    row === undefined ? `type ${header.typeId} (no layout)` : `${row.mnemonic} (${row.id}) ${row.title}`,
    causeText(header),
    `OA ${header.oa}`,
    `CA ${header.ca}${header.ca === 0xffff ? " (global)" : ""}`,
    `${header.count} object${header.count === 1 ? "" : "s"}${header.sq ? " in sequence" : ""}`
  ].join(" | ")
}

/**
 * One APDU (0x68 ...) in words: a line for the frame, then a line an information object. What cannot be decoded is
 * told as far as it goes, with the error and the octets. Never throws.
 */
export const explain = (octets: Uint8Array): readonly string[] => {
  const malformed = (error: string): readonly string[] => [
    `  malformed: ${error}`,
    `  octets: ${Hex.octetsToHex(octets, " ")}`
  ]
  const apci = Fields.decodeApci(octets)
  if (typeof apci === "string") return ["not an APDU", ...malformed(apci)]
  if (apci.format !== "I") return [apciText(apci)]
  const header = Fields.decodeHeader(octets)
  if (typeof header === "string") return [apciText(apci), ...malformed(header)]
  const first = `${apciText(apci)} | ${headerText(header)}`
  const decoded = Fields.decode(octets)
  if (!decoded.ok) return [first, ...malformed(decoded.error)]
  if (!("typeId" in decoded.fields)) return [first]
  const { objects = [], data } = decoded.fields
  return [first, ...objects.map(objectText), ...(data === undefined ? [] : [`  data ${data}`])]
}
