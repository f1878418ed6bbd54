// Frames in c104's words: the worked examples, every branch of the texts, and octets that are no frames.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Cot, Type } from "../../src/api/c104/enums.ts"
import { explainBytes, explainBytesDict } from "../../src/api/c104/explain.ts"
import { explained } from "../support/Explained.ts"

const apdu = (hex: string): Uint8Array => Uint8Array.from(hex.split(" "), (octet) => Number.parseInt(octet, 16))
/** An APDU of control octets and the rest, with its length. */
const framed = (rest: string): Uint8Array => {
  const octets = apdu(rest)
  return Uint8Array.of(0x68, octets.length, ...octets)
}

describe("explainBytes", () => {
  it.each(explained)("%s", (hex, text) => {
    expect(explainBytes(apdu(hex))).toBe(text)
  })

  it("names every function of a U frame in the order of its bits", () => {
    expect(explainBytes(framed("ff 00 00 00"))).toBe(
      "U-Format | StartDT act | StartDT con | StopDT act | StopDT con | TestFR act | TestFR con"
    )
    expect(explainBytes(framed("03 00 00 00"))).toBe("U-Format")
  })
  it.each([
    [0x2d, "C_SC_NA_1"],
    [41, "S_IT_TC_1"],
    [81, "S_CH_NA_1"],
    [95, "S_UC_NA_1"],
    [110, "P_ME_NA_1"],
    [127, "F_SC_NB_1"],
    [22, "unknown"],
    [88, "unknown"],
    [0, "unknown"]
  ])("names type %i %s", (type, name) => {
    expect(explainBytes(Uint8Array.of(0x68, 10, 0, 0, 0, 0, type, 0, 6, 0, 1, 0))).toContain(`I-Format | ${name} | `)
  })
  it.each([
    [1, "PERIODIC"],
    [36, "INTERROGATED_BY_GROUP_16"],
    [44, "UNKNOWN_TYPE_ID"],
    [45, "UNKNOWN_CAUSE_OF_TRANSMISSION"],
    [46, "UNKNOWN_COMMON_ADDRESS_OF_ASDU"],
    [47, "UNKNOWN_INFORMATION_OBJECT_ADDRESS"],
    ...[0, 17, 19, 42, 43, 48, 63].map((cause): [number, string] => [cause, "UNKNOWN_COT"])
  ])("names cause %i %s", (cause, name) => {
    expect(explainBytes(Uint8Array.of(0x68, 10, 0, 0, 0, 0, 100, 0, cause, 0, 1, 0))).toBe(
      `I-Format | C_IC_NA_1 | ${name} | POSITIVE | CA 1`
    )
  })
  it("tells an object address only when it is complete", () => {
    expect(explainBytes(framed("00 00 00 00 64 01 06 00 01 00 07 00"))).toBe(
      "I-Format | C_IC_NA_1 | ACTIVATION | POSITIVE | CA 1 | LIST[1] (07 00 )"
    )
  })
  it.each([
    ["", "malformed: an APDU has at least 6 octets, here are 0"],
    ["68 04 07", "malformed: an APDU has at least 6 octets, here are 3"],
    ["69 04 07 00 00 00", "malformed: an APDU begins with 0x68, not with 0x69"],
    ["68 0e 00 00 00 00 64 01", "malformed: length 14 means an APDU of 16 octets, here are 8"],
    ["68 04 00 00 00 00", "I-Format | malformed: an ASDU header has 6 octets, here are 0"]
  ])("says what is wrong with %j", (hex, text) => {
    expect(explainBytes(hex === "" ? new Uint8Array() : apdu(hex))).toBe(text)
  })
})

describe("explainBytesDict", () => {
  it("explains U frames by their highest function", () => {
    expect(explainBytesDict(apdu("68 04 07 00 00 00"))).toEqual({ format: "U", type: "STARTDT", cot: "ACT" })
    expect(explainBytesDict(apdu("68 04 83 00 00 00"))).toEqual({ format: "U", type: "TESTFR", cot: "CON" })
    expect(explainBytesDict(apdu("68 04 33 00 00 00"))).toEqual({ format: "U", type: "STOPDT", cot: "CON" })
    expect(explainBytesDict(apdu("68 04 03 00 00 00"))).toEqual({ format: "U" })
  })
  it("explains S frames", () => {
    expect(explainBytesDict(apdu("68 04 01 00 0a 00"))).toEqual({ format: "S", rx: 5 })
    expect(explainBytesDict(apdu("68 04 01 00 fe ff"))).toEqual({ format: "S", rx: 32_767 })
  })
  it("explains I frames, keys in order", () => {
    const explained = explainBytesDict(apdu("68 0e 0c 00 0e 00 2d 01 06 03 2f 00 1e 00 00 81"))
    expect(Object.entries(explained)).toEqual([
      ["format", "I"],
      ["tx", 6],
      ["rx", 7],
      ["type", Type.C_SC_NA_1],
      ["numberOfObjects", 1],
      ["sequence", false],
      ["cot", Cot.ACTIVATION],
      ["negative", false],
      ["test", false],
      ["commonAddress", 47],
      ["originatorAddress", 3],
      ["firstInformationObjectAddress", 30],
      ["select", true],
      ["elements", "1e 00 00 81 "]
    ])
  })
  it.each([
    ["C_DC_NA_1 select", "2e 01 06 00 01 00 01 00 00 82", true],
    ["C_SE_NA_1 execute, value 0x80", "30 01 06 00 01 00 01 00 00 80 00 00", false],
    ["C_SE_NA_1 select", "30 01 06 00 01 00 01 00 00 00 00 80", true],
    ["C_SE_NC_1 select", "32 01 06 00 01 00 01 00 00 00 00 00 00 80", true],
    ["C_SE_NC_1 that ends early", "32 01 06 00 01 00 01 00 00 80 80 80 80", undefined],
    ["C_SE_TB_1 select", "3e 01 06 00 01 00 01 00 00 00 00 80 00 00 00 00 01 01 18", true],
    ["C_SC_TA_1 execute", "3a 01 06 00 01 00 01 00 00 01 00 00 00 00 01 01 18", false],
    ["C_BO_NA_1, which has no S/E", "33 01 06 00 01 00 01 00 00 80 80 80 80", undefined],
    ["M_SP_NA_1", "01 01 03 00 01 00 01 00 00 81", undefined]
  ])("tells S/E of %s", (_, asdu, select) => {
    const explained = explainBytesDict(framed(`00 00 00 00 ${asdu}`))
    expect(explained).toHaveProperty("format", "I")
    expect("select" in explained ? explained.select : undefined).toBe(select)
  })
  it("leaves out what the ASDU does not have", () => {
    expect(Object.keys(explainBytesDict(apdu("68 0a 00 00 00 00 64 01 06 00 01 00"))).at(-1)).toBe("originatorAddress")
    expect(explainBytesDict(framed("00 00 00 00 64 01 06 00 01 00 07"))).not.toHaveProperty(
      "firstInformationObjectAddress"
    )
  })
  it("says what is malformed", () => {
    expect(explainBytesDict(apdu("68 04 07"))).toEqual({
      format: "malformed",
      error: "an APDU has at least 6 octets, here are 3"
    })
    expect(explainBytesDict(framed("00 00 00 00 64"))).toEqual({
      format: "malformed",
      error: "an ASDU header has 6 octets, here are 1"
    })
  })
})

describe("any octets", () => {
  const octets = fc.uint8Array({ maxLength: 40 })
  const frames = fc
    .uint8Array({ minLength: 4, maxLength: 253 })
    .map((rest) => Uint8Array.of(0x68, rest.length, ...rest))
  it("are explained and stay as they are", () => {
    fc.assert(
      fc.property(fc.oneof(octets, frames), (given) => {
        const before = Uint8Array.from(given)
        const text = explainBytes(given)
        expect(text).toMatch(/^(malformed: |U-Format|S-Format$|I-Format \| )/)
        expect(text).not.toMatch(/undefined|NaN/)
        expect(Object.values(explainBytesDict(given))).not.toContain(undefined)
        expect(given).toEqual(before)
      }),
      { numRuns: 2000 }
    )
  })
  it("are read where they lie: a view into a larger buffer is explained like a copy", () => {
    const frame = apdu("68 0e 00 00 00 00 64 01 06 00 ff ff 00 00 00 14")
    const view = Buffer.from([0xff, 0xff, ...frame, 0xff]).subarray(2, 18)
    expect(explainBytes(view)).toBe(explainBytes(frame))
  })
})
