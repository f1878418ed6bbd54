// Frames in c104's words: one line of text, or an object of the same facts. Safe on any octets.

import * as Asdu from "../../core/wire/Asdu.ts"
import { codecs } from "../../core/wire/Element.ts"
import * as Fields from "../../core/wire/Fields.ts"
import { octetsToHex } from "../../core/wire/Hex.ts"
import { byId } from "../../core/wire/TypeTable.ts"
import { given } from "../../shell/Reason.ts"
import { Cot, nameOf } from "./enums.ts"

/** An APDU as an object, keys in this order. */
export type ExplainedApdu =
  | {
      readonly format: "U"
      /** Absent when no function bit is set. Of several the highest counts. */
      readonly type?: "STARTDT" | "STOPDT" | "TESTFR"
      readonly cot?: "ACT" | "CON"
    }
  | { readonly format: "S"; readonly rx: number }
  | {
      readonly format: "I"
      /** Sequence numbers N(S) and N(R), 0..32767. */
      readonly tx: number
      readonly rx: number
      /** Type identification, 0..255. */
      readonly type: number
      readonly numberOfObjects: number
      readonly sequence: boolean
      /** Cause of transmission, 0..63. */
      readonly cot: number
      readonly negative: boolean
      readonly test: boolean
      readonly commonAddress: number
      readonly originatorAddress: number
      /** Absent when the ASDU ends before it. */
      readonly firstInformationObjectAddress?: number
      /** S/E of a command; absent when the ASDU ends before it, or the type has none. */
      readonly select?: boolean
      /** The octets after the header in hexadecimal, each with a space behind it; absent when there are none. */
      readonly elements?: string
    }
  | { readonly format: "malformed"; readonly error: string }

/** Functions of U frames in the order of their bits. */
const functions: readonly (readonly [
  bit: number,
  text: string,
  type: "STARTDT" | "STOPDT" | "TESTFR",
  "ACT" | "CON"
])[] = [
  [0x04, "StartDT act", "STARTDT", "ACT"],
  [0x08, "StartDT con", "STARTDT", "CON"],
  [0x10, "StopDT act", "STOPDT", "ACT"],
  [0x20, "StopDT con", "STOPDT", "CON"],
  [0x40, "TestFR act", "TESTFR", "ACT"],
  [0x80, "TestFR con", "TESTFR", "CON"]
]

/** Types of the security extension (60870-5-7), which have names here but no layout. */
const securityTypes: Readonly<Record<number, string>> = {
  81: "S_CH_NA_1",
  82: "S_RP_NA_1",
  83: "S_AR_NA_1",
  84: "S_KR_NA_1",
  85: "S_KS_NA_1",
  86: "S_KC_NA_1",
  87: "S_ER_NA_1",
  90: "S_US_NA_1",
  91: "S_UQ_NA_1",
  92: "S_UR_NA_1",
  93: "S_UK_NA_1",
  94: "S_UA_NA_1",
  95: "S_UC_NA_1"
}

/** Causes that c104 explains by another name than the one of `Cot`. */
const longCauses: Readonly<Record<number, string>> = {
  [Cot.UNKNOWN_COT]: "UNKNOWN_CAUSE_OF_TRANSMISSION",
  [Cot.UNKNOWN_CA]: "UNKNOWN_COMMON_ADDRESS_OF_ASDU",
  [Cot.UNKNOWN_IOA]: "UNKNOWN_INFORMATION_OBJECT_ADDRESS"
}

const typeName = (type: number): string => byId[type]?.mnemonic ?? securityTypes[type] ?? "unknown"
const causeName = (cause: number): string => longCauses[cause] ?? nameOf(Cot, cause) ?? "UNKNOWN_COT"

/** The octets after the header as c104 writes them: a space behind each. */
const elementsText = (apdu: Uint8Array): string => `${octetsToHex(apdu.subarray(Asdu.OBJECT_AT), " ")} `

/** What is wrong with an APDU but for its control field, which is not judged; null when nothing is. */
const framingError = (apdu: Uint8Array): string | null => {
  if (!(apdu instanceof Uint8Array)) return `a Uint8Array is required, not ${given(apdu)}`
  const uncontrolled = Uint8Array.from(apdu).fill(0, 2, 6)
  const apci = Fields.decodeApci(uncontrolled)
  return typeof apci === "string" ? apci : null
}

/** S/E of the first object, or undefined: it stands in the element that says how a command is meant. */
const selectOf = (apdu: Uint8Array, type: number): boolean | undefined => {
  let at = Asdu.ELEMENT_AT
  for (const name of byId[type]?.elements ?? []) {
    const { keys, octets } = codecs[name]
    const octet = apdu[at]
    if (keys.includes("select")) return octet === undefined ? undefined : (octet & 0x80) !== 0
    at += octets
  }
  return undefined
}

/**
 * An APDU (0x68 ...) in one line of c104's words. What is no APDU is explained as "malformed: ..." with the reason.
 * Never throws.
 */
export function explainBytes(apdu: Uint8Array): string {
  const error = framingError(apdu)
  if (error !== null) return `malformed: ${error}`
  const first = apdu[2] as number
  if ((first & 3) === 3)
    return ["U-Format", ...functions.flatMap(([bit, text]) => ((first & bit) === 0 ? [] : [text]))].join(" | ")
  if ((first & 1) === 1) return "S-Format"
  const header = Fields.decodeHeader(apdu)
  if (typeof header === "string") return `I-Format | malformed: ${header}`
  const { typeId, sq, count, cot, negative, test, oa, ca } = header
  const parts = ["I-Format", typeName(typeId), causeName(cot), negative ? "NEGATIVE" : "POSITIVE"]
  if (test) parts.push("TEST")
  parts.push(ca === Asdu.GLOBAL ? "GLOBAL" : `CA ${ca}`)
  if (oa > 0) parts.push(`OA ${oa}`)
  if (apdu.length <= Asdu.OBJECT_AT) return parts.join(" | ")
  if (apdu.length >= Asdu.ELEMENT_AT) parts.push(`1st IOA ${Asdu.ioa(apdu, 0)}`)
  if (count > 0) parts.push(`${sq ? "SEQUENCE" : "LIST"}[${count}]`)
  return `${parts.join(" | ")} (${elementsText(apdu)})`
}

/** An APDU (0x68 ...) as an object with c104's keys. What is no APDU has format "malformed". Never throws. */
export function explainBytesDict(apdu: Uint8Array): ExplainedApdu {
  const error = framingError(apdu)
  if (error !== null) return { format: "malformed", error }
  const [, , first = 0, second = 0, third = 0, fourth = 0] = apdu
  const rx = (third | (fourth << 8)) >> 1
  if ((first & 3) === 3) {
    const found = functions.findLast(([bit]) => (first & bit) !== 0)
    return found === undefined ? { format: "U" } : { format: "U", type: found[2], cot: found[3] }
  }
  if ((first & 1) === 1) return { format: "S", rx }
  const header = Fields.decodeHeader(apdu)
  if (typeof header === "string") return { format: "malformed", error: header }
  const select = selectOf(apdu, header.typeId)
  return {
    format: "I",
    tx: (first | (second << 8)) >> 1,
    rx,
    type: header.typeId,
    numberOfObjects: header.count,
    sequence: header.sq,
    cot: header.cot,
    negative: header.negative,
    test: header.test,
    commonAddress: header.ca,
    originatorAddress: header.oa,
    ...(apdu.length >= Asdu.ELEMENT_AT ? { firstInformationObjectAddress: Asdu.ioa(apdu, 0) } : {}),
    ...(select === undefined ? {} : { select }),
    ...(apdu.length > Asdu.OBJECT_AT ? { elements: elementsText(apdu) } : {})
  }
}
