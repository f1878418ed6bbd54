// The type identifications 1..127 as one table (IEC 60870-5-101 7.3, IEC 60870-5-104 clause 6): layout, capacity,
// legal causes, address rule. All other knowledge about types is derived from these rows.
import { codecs, type ElementName } from "./Element.ts"

/** Type identifications by mnemonic. */
export const Type = {
  M_SP_NA_1: 1,
  M_SP_TA_1: 2,
  M_DP_NA_1: 3,
  M_DP_TA_1: 4,
  M_ST_NA_1: 5,
  M_ST_TA_1: 6,
  M_BO_NA_1: 7,
  M_BO_TA_1: 8,
  M_ME_NA_1: 9,
  M_ME_TA_1: 10,
  M_ME_NB_1: 11,
  M_ME_TB_1: 12,
  M_ME_NC_1: 13,
  M_ME_TC_1: 14,
  M_IT_NA_1: 15,
  M_IT_TA_1: 16,
  M_EP_TA_1: 17,
  M_EP_TB_1: 18,
  M_EP_TC_1: 19,
  M_PS_NA_1: 20,
  M_ME_ND_1: 21,
  M_SP_TB_1: 30,
  M_DP_TB_1: 31,
  M_ST_TB_1: 32,
  M_BO_TB_1: 33,
  M_ME_TD_1: 34,
  M_ME_TE_1: 35,
  M_ME_TF_1: 36,
  M_IT_TB_1: 37,
  M_EP_TD_1: 38,
  M_EP_TE_1: 39,
  M_EP_TF_1: 40,
  S_IT_TC_1: 41,
  C_SC_NA_1: 45,
  C_DC_NA_1: 46,
  C_RC_NA_1: 47,
  C_SE_NA_1: 48,
  C_SE_NB_1: 49,
  C_SE_NC_1: 50,
  C_BO_NA_1: 51,
  C_SC_TA_1: 58,
  C_DC_TA_1: 59,
  C_RC_TA_1: 60,
  C_SE_TA_1: 61,
  C_SE_TB_1: 62,
  C_SE_TC_1: 63,
  C_BO_TA_1: 64,
  M_EI_NA_1: 70,
  C_IC_NA_1: 100,
  C_CI_NA_1: 101,
  C_RD_NA_1: 102,
  C_CS_NA_1: 103,
  C_TS_NA_1: 104,
  C_RP_NA_1: 105,
  C_CD_NA_1: 106,
  C_TS_TA_1: 107,
  P_ME_NA_1: 110,
  P_ME_NB_1: 111,
  P_ME_NC_1: 112,
  P_AC_NA_1: 113,
  F_FR_NA_1: 120,
  F_SR_NA_1: 121,
  F_SC_NA_1: 122,
  F_LS_NA_1: 123,
  F_AF_NA_1: 124,
  F_SG_NA_1: 125,
  F_DR_TA_1: 126,
  F_SC_NB_1: 127
} as const

/** A mnemonic of the table. */
export type Mnemonic = keyof typeof Type
/** A type identification with a layout. */
export type TypeId = (typeof Type)[Mnemonic]

/** Octets of the information objects in the longest ASDU: 249 less the 6 of the header. */
const OBJECT_OCTETS_MAX = 243
const ADDRESS_OCTETS = 3
const COUNT_MAX = 127

/** One type identification. */
export interface TypeRow {
  readonly id: TypeId
  readonly mnemonic: Mnemonic
  readonly title: string
  /** "monitor": station to controlling station only; "both": a request and its answers. */
  readonly direction: "monitor" | "both"
  /** Part of the -104 profile. The others are -101 only, or 60870-5-7. */
  readonly profile104: boolean
  /** Information elements of one object in wire order. */
  readonly elements: readonly ElementName[]
  /** Octets of the elements of one object, without its address; -1 = variable. */
  readonly octets: number
  /** An address before each object is allowed. */
  readonly sq0: boolean
  /** One address before a sequence of elements is allowed. */
  readonly sq1: boolean
  /** Most objects in one ASDU with SQ = 0; 0 = not allowed. */
  readonly maxSq0: number
  /** Most objects in one ASDU with SQ = 1; 0 = not allowed. */
  readonly maxSq1: number
  /** Exactly one object. */
  readonly single: boolean
  /** Legal causes in control direction, ascending. */
  readonly causesControl: readonly number[]
  /** Legal causes in monitor direction, ascending, with 44..47 for mirrored requests. */
  readonly causesMonitor: readonly number[]
  /** "object": address of an information object; "zero": the address must be 0. */
  readonly ioa: "object" | "zero"
  /** The time tag, always the last element. A time that is the content (C_CS_NA_1, F_SC_NB_1) is no tag. */
  readonly time: "none" | "cp24" | "cp56"
  /** The type with the same information without time tag; the type itself when there is none. */
  readonly untagged: TypeId
}

const interrogated = Array.from({ length: 17 }, (_, index) => 20 + index)
const mirrored = [44, 45, 46, 47]

// Legal causes in monitor direction, by what the type reports or answers.
const STATE = [2, 3, 5, 11, 12, ...interrogated]
const STATE_EVENT = [3, 5, 11, 12]
const VALUE = [2, 3, 5, ...interrogated]
const VALUE_EVENT = [3, 5]
const MEASURED = [1, 2, 3, 5, ...interrogated]
const COUNTER = [3, 37, 38, 39, 40, 41]
const EVENT = [3]
const INITIALIZED = [4]
const COMMAND = [7, 9, 10, ...mirrored]
const COUNTER_COMMAND = [7, 10, ...mirrored]
const CONFIRMED = [7, ...mirrored]
const CLOCK = [3, 7, ...mirrored]
const PARAMETER = [7, ...interrogated, ...mirrored]
const PARAMETER_ACTIVATION = [7, 9, ...mirrored]
const FILE = [13, ...mirrored]
const MIRRORS = mirrored

/** sequence: SQ = 0 and SQ = 1; list: SQ = 0; directory: SQ = 1; single: one object with SQ = 0. */
type Shape = "sequence" | "list" | "directory" | "single"

// Mnemonic, title (the words for the time tag are added), elements, shape, causes in monitor and in control direction.
type Spec = readonly [Mnemonic, string, readonly ElementName[], Shape, readonly number[], (readonly number[])?]

const specs: readonly Spec[] = [
  ["M_SP_NA_1", "Single-point information", ["SIQ"], "sequence", STATE],
  ["M_SP_TA_1", "Single-point information", ["SIQ", "CP24Time2a"], "list", STATE_EVENT],
  ["M_DP_NA_1", "Double-point information", ["DIQ"], "sequence", STATE],
  ["M_DP_TA_1", "Double-point information", ["DIQ", "CP24Time2a"], "list", STATE_EVENT],
  ["M_ST_NA_1", "Step position information", ["VTI", "QDS"], "sequence", STATE],
  ["M_ST_TA_1", "Step position information", ["VTI", "QDS", "CP24Time2a"], "list", STATE_EVENT],
  ["M_BO_NA_1", "Bitstring of 32 bit", ["BSI", "QDS"], "sequence", VALUE],
  ["M_BO_TA_1", "Bitstring of 32 bit", ["BSI", "QDS", "CP24Time2a"], "list", VALUE_EVENT],
  ["M_ME_NA_1", "Measured value, normalized", ["NVA", "QDS"], "sequence", MEASURED],
  ["M_ME_TA_1", "Measured value, normalized", ["NVA", "QDS", "CP24Time2a"], "list", VALUE_EVENT],
  ["M_ME_NB_1", "Measured value, scaled", ["SVA", "QDS"], "sequence", MEASURED],
  ["M_ME_TB_1", "Measured value, scaled", ["SVA", "QDS", "CP24Time2a"], "list", VALUE_EVENT],
  ["M_ME_NC_1", "Measured value, short floating point", ["R32", "QDS"], "sequence", MEASURED],
  ["M_ME_TC_1", "Measured value, short floating point", ["R32", "QDS", "CP24Time2a"], "list", VALUE_EVENT],
  ["M_IT_NA_1", "Integrated totals", ["BCR"], "sequence", COUNTER],
  ["M_IT_TA_1", "Integrated totals", ["BCR", "CP24Time2a"], "list", COUNTER],
  ["M_EP_TA_1", "Event of protection equipment", ["SEP", "elapsed", "CP24Time2a"], "list", EVENT],
  [
    "M_EP_TB_1",
    "Packed start events of protection equipment",
    ["SPE", "QDP", "duration", "CP24Time2a"],
    "single",
    EVENT
  ],
  [
    "M_EP_TC_1",
    "Packed output circuit information of protection equipment",
    ["OCI", "QDP", "operatingTime", "CP24Time2a"],
    "single",
    EVENT
  ],
  ["M_PS_NA_1", "Packed single-point information with status change detection", ["SCD", "QDS"], "sequence", VALUE],
  ["M_ME_ND_1", "Measured value, normalized, without quality descriptor", ["NVA"], "sequence", MEASURED],
  ["M_SP_TB_1", "Single-point information", ["SIQ", "CP56Time2a"], "list", STATE_EVENT],
  ["M_DP_TB_1", "Double-point information", ["DIQ", "CP56Time2a"], "list", STATE_EVENT],
  ["M_ST_TB_1", "Step position information", ["VTI", "QDS", "CP56Time2a"], "list", STATE_EVENT],
  ["M_BO_TB_1", "Bitstring of 32 bit", ["BSI", "QDS", "CP56Time2a"], "list", VALUE_EVENT],
  ["M_ME_TD_1", "Measured value, normalized", ["NVA", "QDS", "CP56Time2a"], "list", VALUE_EVENT],
  ["M_ME_TE_1", "Measured value, scaled", ["SVA", "QDS", "CP56Time2a"], "list", VALUE_EVENT],
  ["M_ME_TF_1", "Measured value, short floating point", ["R32", "QDS", "CP56Time2a"], "list", VALUE_EVENT],
  ["M_IT_TB_1", "Integrated totals", ["BCR", "CP56Time2a"], "list", COUNTER],
  ["M_EP_TD_1", "Event of protection equipment", ["SEP", "elapsed", "CP56Time2a"], "list", EVENT],
  [
    "M_EP_TE_1",
    "Packed start events of protection equipment",
    ["SPE", "QDP", "duration", "CP56Time2a"],
    "single",
    EVENT
  ],
  [
    "M_EP_TF_1",
    "Packed output circuit information of protection equipment",
    ["OCI", "QDP", "operatingTime", "CP56Time2a"],
    "single",
    EVENT
  ],
  [
    "S_IT_TC_1",
    "Integrated totals containing time tagged security statistics (60870-5-7)",
    ["AID", "BCR", "CP56Time2a"],
    "list",
    COUNTER
  ],
  ["C_SC_NA_1", "Single command", ["SCO"], "single", COMMAND, [6, 8]],
  ["C_DC_NA_1", "Double command", ["DCO"], "single", COMMAND, [6, 8]],
  ["C_RC_NA_1", "Regulating step command", ["RCO"], "single", COMMAND, [6, 8]],
  ["C_SE_NA_1", "Set-point command, normalized", ["NVA", "QOS"], "single", COMMAND, [6, 8]],
  ["C_SE_NB_1", "Set-point command, scaled", ["SVA", "QOS"], "single", COMMAND, [6, 8]],
  ["C_SE_NC_1", "Set-point command, short floating point", ["R32", "QOS"], "single", COMMAND, [6, 8]],
  ["C_BO_NA_1", "Bitstring of 32 bit command", ["BSI"], "single", COMMAND, [6, 8]],
  ["C_SC_TA_1", "Single command", ["SCO", "CP56Time2a"], "single", COMMAND, [6, 8]],
  ["C_DC_TA_1", "Double command", ["DCO", "CP56Time2a"], "single", COMMAND, [6, 8]],
  ["C_RC_TA_1", "Regulating step command", ["RCO", "CP56Time2a"], "single", COMMAND, [6, 8]],
  ["C_SE_TA_1", "Set-point command, normalized", ["NVA", "QOS", "CP56Time2a"], "single", COMMAND, [6, 8]],
  ["C_SE_TB_1", "Set-point command, scaled", ["SVA", "QOS", "CP56Time2a"], "single", COMMAND, [6, 8]],
  ["C_SE_TC_1", "Set-point command, short floating point", ["R32", "QOS", "CP56Time2a"], "single", COMMAND, [6, 8]],
  ["C_BO_TA_1", "Bitstring of 32 bit command", ["BSI", "CP56Time2a"], "single", COMMAND, [6, 8]],
  ["M_EI_NA_1", "End of initialization", ["COI"], "single", INITIALIZED],
  ["C_IC_NA_1", "Interrogation command", ["QOI"], "single", COMMAND, [6, 8]],
  ["C_CI_NA_1", "Counter interrogation command", ["QCC"], "single", COUNTER_COMMAND, [6]],
  ["C_RD_NA_1", "Read command", [], "single", MIRRORS, [5]],
  ["C_CS_NA_1", "Clock synchronization command", ["CP56Time2a"], "single", CLOCK, [6]],
  ["C_TS_NA_1", "Test command (101 only)", ["FBP"], "single", CONFIRMED, [6]],
  ["C_RP_NA_1", "Reset process command", ["QRP"], "single", CONFIRMED, [6]],
  ["C_CD_NA_1", "Delay acquisition command (101 only)", ["delay"], "single", CONFIRMED, [3, 6]],
  ["C_TS_TA_1", "Test command", ["TSC", "CP56Time2a"], "single", CONFIRMED, [6]],
  ["P_ME_NA_1", "Parameter of measured value, normalized", ["NVA", "QPM"], "single", PARAMETER, [6]],
  ["P_ME_NB_1", "Parameter of measured value, scaled", ["SVA", "QPM"], "single", PARAMETER, [6]],
  ["P_ME_NC_1", "Parameter of measured value, short floating point", ["R32", "QPM"], "single", PARAMETER, [6]],
  ["P_AC_NA_1", "Parameter activation", ["QPA"], "single", PARAMETER_ACTIVATION, [6, 8]],
  ["F_FR_NA_1", "File ready", ["NOF", "LOF", "FRQ"], "single", FILE, [13]],
  ["F_SR_NA_1", "Section ready", ["NOF", "NOS", "LOF", "SRQ"], "single", FILE, [13]],
  ["F_SC_NA_1", "Call directory, select file, call file, call section", ["NOF", "NOS", "SCQ"], "single", FILE, [5, 13]],
  ["F_LS_NA_1", "Last section, last segment", ["NOF", "NOS", "LSQ", "CHS"], "single", FILE, [13]],
  ["F_AF_NA_1", "Ack file, ack section", ["NOF", "NOS", "AFQ"], "single", FILE, [13]],
  ["F_SG_NA_1", "Segment", ["NOF", "NOS", "LOS", "data"], "single", FILE, [13]],
  ["F_DR_TA_1", "Directory", ["NOF", "LOF", "SOF", "CP56Time2a"], "directory", VALUE_EVENT],
  ["F_SC_NB_1", "QueryLog - request archive file", ["NOF", "start", "stop"], "single", MIRRORS, [13]]
]

const outside104: readonly Mnemonic[] = ["S_IT_TC_1", "C_TS_NA_1", "C_CD_NA_1"]
const addressZero: readonly Mnemonic[] = [
  "M_EI_NA_1",
  "C_IC_NA_1",
  "C_CI_NA_1",
  "C_CS_NA_1",
  "C_TS_NA_1",
  "C_RP_NA_1",
  "C_CD_NA_1",
  "C_TS_TA_1"
]

const tagOf = ([mnemonic, , elements]: Spec): TypeRow["time"] => {
  if (!/_T[A-F]_1$/.test(mnemonic)) return "none"
  return elements.at(-1) === "CP24Time2a" ? "cp24" : "cp56"
}

const titleOf = (spec: Spec): string => {
  const [mnemonic, title] = spec
  const tag = tagOf(spec)
  if (tag === "none" || !/^[MC]_/.test(mnemonic)) return title
  return `${title}${title.includes(", ") ? "," : ""} with time tag${tag === "cp56" ? " CP56Time2a" : ""}`
}

/** The type with the same stem (M_SP, C_SE ...) and the same elements but for the tag. */
const untaggedOf = (spec: Spec): TypeId => {
  const [mnemonic, , elements] = spec
  const bare = elements.slice(0, -1).join()
  const isTwin = (other: Spec): boolean => other[0].startsWith(mnemonic.slice(0, 5)) && other[2].join() === bare
  return Type[(tagOf(spec) === "none" ? spec : (specs.find(isTwin) ?? spec))[0]]
}

const octetsOf = (elements: readonly ElementName[]): number =>
  elements.some((name) => codecs[name].octets < 0)
    ? -1
    : elements.reduce((total, name) => total + codecs[name].octets, 0)

const rowOf = (spec: Spec): TypeRow => {
  const [mnemonic, , elements, shape, causesMonitor, causesControl = []] = spec
  const octets = octetsOf(elements)
  const sq0 = shape !== "directory"
  const sq1 = shape === "sequence" || shape === "directory"
  const single = shape === "single"
  const perAddress = Math.floor(OBJECT_OCTETS_MAX / (ADDRESS_OCTETS + octets))
  const inSequence = Math.min(COUNT_MAX, Math.floor((OBJECT_OCTETS_MAX - ADDRESS_OCTETS) / octets))
  const time = tagOf(spec)
  return {
    id: Type[mnemonic],
    mnemonic,
    title: titleOf(spec),
    direction: causesControl.length > 0 ? "both" : "monitor",
    profile104: time !== "cp24" && !outside104.includes(mnemonic),
    elements,
    octets,
    sq0,
    sq1,
    maxSq0: single ? 1 : sq0 ? perAddress : 0,
    maxSq1: sq1 ? inSequence : 0,
    single,
    causesControl,
    causesMonitor,
    ioa: addressZero.includes(mnemonic) ? "zero" : "object",
    time,
    untagged: untaggedOf(spec)
  }
}

/** All types with a layout, in the order of their numbers. */
export const rows: readonly TypeRow[] = specs.map(rowOf)

/** The row of a type identification 0..255; undefined where the standard defines no layout. */
export const byId: readonly (TypeRow | undefined)[] = Array.from({ length: 256 }, (_, id) =>
  rows.find((row) => row.id === id)
)

const named: ReadonlyMap<string, TypeRow> = new Map(rows.map((row) => [row.mnemonic, row]))

/** The row of a mnemonic such as "M_SP_NA_1". */
export const byMnemonic = (name: string): TypeRow | undefined => named.get(name)
