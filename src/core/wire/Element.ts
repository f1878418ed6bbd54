// Information elements (IEC 60870-5-101 7.2.6): one codec each, octets <-> named fields.
// Nearly all are bit layouts; only NVA, R32 and the octets of a file segment need code.
import * as Bits from "./Bits.ts"
import { flag, group, signed, unsigned } from "./Bits.ts"
import * as Hex from "./Hex.ts"
import * as Time from "./Time.ts"

/** How one information element lies in its octets. */
export interface ElementCodec {
  /** The standard's symbol. */
  readonly name: string
  /** Octets on the wire; -1 = as many as `los` says. */
  readonly octets: number
  /** The fields of the information object that belong to this element. */
  readonly keys: readonly string[]
  /** Decodes the octets at `at` into `into`. The caller has checked that they are there. */
  read(view: DataView, at: number, into: Bits.Target): void
  /** Encodes from `from` to the octets at `at`. Absent fields are 0; what does not fit is added to `complaints`. */
  write(view: DataView, at: number, from: Bits.Source, complaints: string[]): void
}

/** Elements by symbol; elements that occur in several roles by the name of their role. */
export type ElementName =
  | "SIQ"
  | "DIQ"
  | "QDS"
  | "QDP"
  | "VTI"
  | "NVA"
  | "SVA"
  | "R32"
  | "BSI"
  | "BCR"
  | "SCD"
  | "FBP"
  | "TSC"
  | "AID"
  | "SEP"
  | "SPE"
  | "OCI"
  | "SCO"
  | "DCO"
  | "RCO"
  | "QOS"
  | "QOI"
  | "QCC"
  | "QRP"
  | "COI"
  | "QPM"
  | "QPA"
  | "elapsed"
  | "duration"
  | "operatingTime"
  | "delay"
  | "CP24Time2a"
  | "CP56Time2a"
  | "start"
  | "stop"
  | "NOF"
  | "NOS"
  | "LOF"
  | "FRQ"
  | "SRQ"
  | "SCQ"
  | "LSQ"
  | "CHS"
  | "AFQ"
  | "LOS"
  | "data"
  | "SOF"

/**
 * A normalized value as the signed 16 bit number of NVA: clamped to -1..1-2^-15, rounded to the nearest step,
 * halves away from zero; NaN gives 0.
 */
export const normalizedToRaw = (value: number): number => {
  const scaled = value * 32768
  if (scaled >= 32767) return 32767
  if (scaled <= -32768) return -32768
  return (scaled < 0 ? scaled - 0.5 : scaled + 0.5) | 0
}

/** The value -1..1-2^-15 of a signed 16 bit NVA. */
export const rawToNormalized = (raw: number): number => raw / 32768

// Nine significant digits name every 32 bit float uniquely. Ties go to the even digit, as printf does it
// everywhere else; JavaScript alone rounds them up. JSON has no -0.
const nineDigits = (value: number): number => {
  if (value === 0) return 0
  const evenTie = /^(-?\d\.\d{7}[02468])50*e(.+)$/.exec(value.toExponential(60))
  return Number(evenTie === null ? value.toPrecision(9) : `${evenTie[1]}e${evenTie[2]}`)
}

const readWord = (view: DataView, at: number, octets: number): number => {
  let word = 0
  for (let index = 0; index < octets; index++) word |= view.getUint8(at + index) << (8 * index)
  return word
}

const writeWord = (view: DataView, at: number, octets: number, word: number): void => {
  for (let index = 0; index < octets; index++) view.setUint8(at + index, (word >>> (8 * index)) & 0xff)
}

const layout = (name: string, octets: number, ...fields: readonly Bits.Field[]): ElementCodec => {
  const lowOctets = Math.min(octets, 4)
  return {
    name,
    octets,
    keys: [...new Set(fields.map((field) => (field.group === "" ? field.key : field.group)))],
    read: (view, at, into) =>
      Bits.unpack(fields, readWord(view, at, lowOctets), readWord(view, at + 4, octets - lowOctets), into),
    write: (view, at, from, complaints) => {
      const { low, high } = Bits.pack(fields, from, complaints)
      writeWord(view, at, lowOctets, low)
      writeWord(view, at + 4, octets - lowOctets, high)
    }
  }
}

const NVA: ElementCodec = {
  name: "NVA",
  octets: 2,
  keys: ["raw", "value"],
  read: (view, at, into) => {
    const raw = view.getInt16(at, true)
    into.raw = raw
    into.value = nineDigits(rawToNormalized(raw))
  },
  write: (view, at, from, complaints) => {
    const { value } = from
    const given = typeof value === "number" && value >= -1 && value < 1
    if (!given && value !== undefined)
      complaints.push(`value must be a number -1 <= value < 1, not ${Bits.show(value)}`)
    const fromValue = given ? normalizedToRaw(value) : 0
    const raw = Bits.integer(from, "raw", -32768, 32767, fromValue, "", complaints)
    if (given && raw !== fromValue) complaints.push(`raw ${raw} and value ${value} are different values`)
    view.setInt16(at, raw, true)
  }
}

const R32: ElementCodec = {
  name: "R32-IEEE STD 754",
  octets: 4,
  keys: ["value", "valueBits"],
  read: (view, at, into) => {
    const value = view.getFloat32(at, true)
    into.value = Number.isFinite(value) ? nineDigits(value) : null
    into.valueBits = (view.getUint32(at, true) >>> 0).toString(16).padStart(8, "0")
  },
  write: (view, at, from, complaints) => {
    const { value, valueBits } = from
    if (value !== undefined && value !== null && typeof value !== "number") {
      complaints.push(`value must be a number or null, not ${Bits.show(value)}`)
    }
    view.setFloat32(at, typeof value === "number" ? value : 0, true)
    if (valueBits === undefined) {
      if (value === null) complaints.push("value null needs valueBits")
    } else if (typeof valueBits !== "string" || !/^[0-9a-f]{8}$/i.test(valueBits)) {
      complaints.push(`valueBits must be 8 hexadecimal digits, not ${Bits.show(valueBits)}`)
    } else {
      view.setUint32(at, Number.parseInt(valueBits, 16), true)
      const named = view.getFloat32(at, true)
      if (typeof value === "number" && Number.isFinite(named) && Math.fround(value) !== named) {
        complaints.push(`value ${value} and valueBits ${valueBits} are different values`)
      }
    }
  }
}

const segmentOctets = (from: Bits.Source): Uint8Array | string => {
  const data = from.data ?? ""
  return typeof data === "string" ? Hex.hexToOctets(data) : `must be hexadecimal text, not ${Bits.show(data)}`
}

/** Octets that `data` of an information object needs; 0 when it is not valid (writing it then complains). */
export const segmentLength = (from: Bits.Source): number => {
  const octets = segmentOctets(from)
  return typeof octets === "string" ? 0 : octets.length
}

const LOS: ElementCodec = {
  name: "LOS",
  octets: 1,
  keys: ["los"],
  read: (view, at, into) => {
    into.los = view.getUint8(at)
  },
  write: (view, at, from, complaints) =>
    view.setUint8(at, Bits.integer(from, "los", 0, 255, segmentLength(from) & 0xff, "", complaints))
}

const data: ElementCodec = {
  name: "data",
  octets: -1,
  keys: ["data"],
  read: (view, at, into) => {
    into.data = Hex.octetsToHex(new Uint8Array(view.buffer, view.byteOffset + at, Number(into.los)))
  },
  write: (view, at, from, complaints) => {
    const octets = segmentOctets(from)
    if (typeof octets === "string") complaints.push(`data: ${octets}`)
    else new Uint8Array(view.buffer, view.byteOffset + at, octets.length).set(octets)
  }
}

const pointQuality = [flag("bl", 5), flag("sb", 6), flag("nt", 7), flag("iv", 8)]
const protectionQuality = group("qdp", [flag("ei", 4), ...pointQuality])
const command = [unsigned("qu", 3, 7), flag("select", 8)]
const protectionTime = (key: string): ElementCodec => layout("CP16Time2a", 2, ...group(key, Time.cp16))
const timeAndDate = (key: string): ElementCodec => layout("CP56Time2a", 7, ...group(key, Time.cp56))

/** All elements. */
export const codecs: Readonly<Record<ElementName, ElementCodec>> = {
  SIQ: layout("SIQ", 1, flag("spi", 1), ...group("quality", pointQuality)),
  DIQ: layout("DIQ", 1, unsigned("dpi", 1, 2), ...group("quality", pointQuality)),
  QDS: layout("QDS", 1, ...group("quality", [flag("ov", 1), ...pointQuality])),
  QDP: layout("QDP", 1, ...protectionQuality),
  VTI: layout("VTI", 1, signed("value", 1, 7), flag("transient", 8)),
  NVA,
  SVA: layout("SVA", 2, signed("value", 1, 16)),
  R32,
  BSI: layout("BSI", 4, unsigned("bsi", 1, 32)),
  BCR: layout(
    "BCR",
    5,
    ...group("bcr", [signed("counter", 1, 32), unsigned("sq", 33, 37), flag("cy", 38), flag("ca", 39), flag("iv", 40)])
  ),
  SCD: layout("SCD", 4, unsigned("st", 1, 16), unsigned("cd", 17, 32)),
  FBP: layout("FBP", 2, unsigned("fbp", 1, 16)),
  TSC: layout("TSC", 2, unsigned("tsc", 1, 16)),
  AID: layout("AID", 2, unsigned("aid", 1, 16)),
  SEP: layout("SEP", 1, unsigned("es", 1, 2), ...protectionQuality),
  SPE: layout(
    "SPE",
    1,
    ...group("spe", [flag("gs", 1), flag("sl1", 2), flag("sl2", 3), flag("sl3", 4), flag("sie", 5), flag("srd", 6)])
  ),
  OCI: layout("OCI", 1, ...group("oci", [flag("gc", 1), flag("cl1", 2), flag("cl2", 3), flag("cl3", 4)])),
  SCO: layout("SCO", 1, flag("scs", 1), ...command),
  DCO: layout("DCO", 1, unsigned("dcs", 1, 2), ...command),
  RCO: layout("RCO", 1, unsigned("rcs", 1, 2), ...command),
  QOS: layout("QOS", 1, unsigned("ql", 1, 7), flag("select", 8)),
  QOI: layout("QOI", 1, unsigned("qoi", 1, 8)),
  QCC: layout("QCC", 1, unsigned("rqt", 1, 6), unsigned("frz", 7, 8)),
  QRP: layout("QRP", 1, unsigned("qrp", 1, 8)),
  COI: layout("COI", 1, unsigned("coi", 1, 7), flag("localParamChange", 8)),
  QPM: layout("QPM", 1, ...group("qpm", [unsigned("kpa", 1, 6), flag("lpc", 7), flag("pop", 8)])),
  QPA: layout("QPA", 1, unsigned("qpa", 1, 8)),
  elapsed: protectionTime("elapsed"),
  duration: protectionTime("duration"),
  operatingTime: protectionTime("operatingTime"),
  delay: protectionTime("delay"),
  CP24Time2a: layout("CP24Time2a", 3, ...group("time", Time.cp24)),
  CP56Time2a: timeAndDate("time"),
  start: timeAndDate("start"),
  stop: timeAndDate("stop"),
  NOF: layout("NOF", 2, unsigned("nof", 1, 16)),
  NOS: layout("NOS", 1, unsigned("nos", 1, 8)),
  LOF: layout("LOF", 3, unsigned("lof", 1, 24)),
  FRQ: layout("FRQ", 1, ...group("frq", [unsigned("ui7", 1, 7), flag("negative", 8)])),
  SRQ: layout("SRQ", 1, ...group("srq", [unsigned("ui7", 1, 7), flag("notReady", 8)])),
  SCQ: layout("SCQ", 1, ...group("scq", [unsigned("action", 1, 4), unsigned("error", 5, 8)])),
  LSQ: layout("LSQ", 1, unsigned("lsq", 1, 8)),
  CHS: layout("CHS", 1, unsigned("chs", 1, 8)),
  AFQ: layout("AFQ", 1, ...group("afq", [unsigned("ack", 1, 4), unsigned("error", 5, 8)])),
  LOS,
  data,
  SOF: layout(
    "SOF",
    1,
    ...group("sof", [unsigned("status", 1, 5), flag("lfd", 6), flag("isDirectory", 7), flag("fa", 8)])
  )
}
