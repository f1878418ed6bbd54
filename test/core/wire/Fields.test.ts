// Every vector decodes to its fields and encodes to its octets; broken frames and broken fields are refused in words.
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import * as Fields from "../../../src/core/wire/Fields.ts"
import * as Hex from "../../../src/core/wire/Hex.ts"

interface Vector {
  readonly name: string
  readonly hex: string
  readonly fields: { readonly params?: Fields.AddressSizes; readonly apci: unknown }
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL("../../vectors/vectors.json", import.meta.url), "utf8")
)

const hasFixedSizes = ({ fields: { params } }: Vector): boolean =>
  params === undefined || (params.sizeOfCOT === 2 && params.sizeOfCA === 2 && params.sizeOfIOA === 3)

const octetsOf = (hex: string): Uint8Array => {
  const octets = Hex.hexToOctets(hex)
  if (typeof octets === "string") throw new Error(octets)
  return octets
}

const encoded = (fields: unknown): string => {
  const result = Fields.encode(fields)
  return result.ok ? Hex.octetsToHex(result.octets) : result.error
}

const decoded = (hex: string): unknown => {
  const result = Fields.decode(octetsOf(hex))
  return result.ok ? result.fields : result.error
}

/** Same sequence in every run: xorshift32. */
const randomOctets = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 0xff
  }
}

describe("vectors", () => {
  it("is the whole set", () => {
    expect([vectors.length, vectors.filter(hasFixedSizes).length]).toEqual([396, 385])
  })

  it.each(vectors.filter(hasFixedSizes))("$name", ({ hex, fields }) => {
    expect(decoded(hex)).toEqual(fields)
    expect(encoded(fields)).toBe(hex)
  })

  it.each(vectors.filter((vector) => !hasFixedSizes(vector)))("$name is refused", ({ fields }) => {
    const { sizeOfCOT, sizeOfCA, sizeOfIOA } = fields.params ?? { sizeOfCOT: 0, sizeOfCA: 0, sizeOfIOA: 0 }
    expect(encoded(fields)).toBe(
      `address sizes (COT, CA, IOA) ${sizeOfCOT}, ${sizeOfCA}, ${sizeOfIOA} are not those of IEC 60870-5-104: 2, 2, 3`
    )
  })
})

describe("decode", () => {
  it("refuses every truncation of every vector, and every truncation with a length that fits", () => {
    for (const { hex } of vectors.filter(hasFixedSizes)) {
      const whole = octetsOf(hex)
      for (let length = 0; length < whole.length; length++) {
        const cut = whole.slice(0, length)
        expect(Fields.decode(cut).ok).toBe(false)
        if (length > 6) {
          cut[1] = length - 2
          expect(Fields.decode(cut).ok, `${hex} cut to ${length}`).toBe(false)
        }
      }
    }
  })

  it("never throws on random octets, and what it accepts encodes to the same octets up to reserved bits", () => {
    const next = randomOctets(104)
    let accepted = 0
    for (let round = 0; round < 10_000; round++) {
      const octets = Uint8Array.from({ length: next() }, next)
      expect(Fields.decode(octets).ok).toBe(false)
    }
    for (let round = 0; round < 10_000; round++) {
      const length = 4 + (next() % 60)
      const frame = Uint8Array.from([0x68, length, ...Array.from({ length }, next)])
      frame[2] = (frame[2] ?? 0) & 0xfe
      frame[4] = (frame[4] ?? 0) & 0xfe
      if (round % 2 === 0) frame[7] = 1
      const first = Fields.decode(frame)
      if (!first.ok) continue
      accepted += 1
      const again = Fields.encode(first.fields)
      if (!again.ok) expect.fail(`${Hex.octetsToHex(frame)}: ${again.error}`)
      expect(again.octets.length).toBe(frame.length)
      expect(Fields.decode(again.octets)).toEqual(first)
    }
    expect(accepted).toBeGreaterThan(3000)
  })

  it("never throws when one bit of a vector is flipped", () => {
    let accepted = 0
    for (const { hex } of vectors.filter(hasFixedSizes)) {
      const whole = octetsOf(hex)
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const flipped = whole.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const result = Fields.decode(flipped)
        if (!result.ok) expect(result.error.length).toBeGreaterThan(0)
        else {
          accepted += 1
          expect(Fields.encode(result.fields).ok).toBe(true)
        }
      }
    }
    expect(accepted).toBeGreaterThan(10_000)
  })

  it("reads octets that lie inside a larger buffer", () => {
    const frame = octetsOf("680e0000000001010300010064000001")
    const buffer = new Uint8Array(frame.length + 7)
    buffer.set(frame, 3)
    expect(Fields.decode(buffer.subarray(3, 3 + frame.length))).toEqual(Fields.decode(frame))
  })

  it("keeps the octets of types without layout", () => {
    const hex = "680f00000000c80206000100aabbccddee"
    expect(decoded(hex)).toMatchObject({ typeId: 200, count: 2, data: "aabbccddee" })
    expect(encoded(decoded(hex))).toBe(hex)
  })

  it.each([
    ["680407", "an APDU has at least 6 octets, here are 3"],
    ["690407000000", "an APDU begins with 0x68, not with 0x69"],
    ["6803070000", "an APDU has at least 6 octets, here are 5"],
    ["680307000000", "length 3 is outside 4..253"],
    ["68fe07000000", "length 254 is outside 4..253"],
    ["68040700000000", "length 4 means an APDU of 6 octets, here are 7"],
    ["68040f000000", "U format with control octet 0x0f, which is none of the six functions"],
    ["680403000000", "U format with control octet 0x03, which is none of the six functions"],
    ["680407000100", "U format with reserved bits set in control octets 2..4"],
    ["68050700000000", "U format with length 5 instead of 4"],
    ["680405000000", "S format with reserved bits set in control octets 1..2"],
    ["680401000100", "reserved bit 1 of control octet 3 is set"],
    ["68050100000000", "S format with length 5 instead of 4"],
    ["680400000000", "an ASDU header has 6 octets, here are 0"],
    ["680a00000000010003000100", "M_SP_NA_1: an ASDU without information objects"],
    ["680e0000000001020300010064000001", "M_SP_NA_1: the ASDU ends within object 2 of 2"],
    ["680f000000000101030001006400000100", "M_SP_NA_1: 1 octet more than 1 object of this type"],
    ["680f00000000018203000100ffffff0101", "M_SP_NA_1: the sequence of addresses runs beyond 16777215"],
    ["681200000000" + "7d010d00010030750001000105" + "01", "M_SP_NA_1"]
  ])("refuses %s", (hex, error) => {
    const octets = Hex.hexToOctets(hex)
    const result = typeof octets === "string" ? octets : decoded(hex)
    expect(String(result)).toContain(error === "M_SP_NA_1" ? "F_SG_NA_1: the ASDU ends within object 1 of 1" : error)
  })
})

describe("encode", () => {
  it("fills in what is not said", () => {
    expect(encoded({ typeId: 1, cot: 3, ca: 1, objects: [{ ioa: 100, spi: true }] })).toBe(
      "680e0000000001010300010064000001"
    )
    expect(encoded({ typeId: 125, cot: 13, ca: 1, objects: [{ ioa: 1, nof: 1, nos: 1, data: "0a 0B" }] })).toBe(
      "681300000000" + "7d010d00010001000001000102" + "0a0b"
    )
    expect(encoded({ typeId: 9, cot: 1, ca: 1, objects: [{ ioa: 1, value: 0.5 }] })).toBe(
      "68100000000009010100010001000000" + "4000"
    )
  })

  it("builds frames that a station must not send", () => {
    expect(encoded({ apci: { format: "I", length: 3 }, typeId: 1, count: 5, objects: [] })).toBe(
      "680300000000010500000000"
    )
    expect(encoded({ typeId: 1, data: "ff", count: 0 })).toBe("680b00000000010000000000ff")
  })

  it.each<[unknown, string]>([
    [undefined, "a frame must be an object, not a value of type undefined"],
    [[], "a frame must be an object, not an array"],
    [{ apci: 1 }, "apci must be an object, not 1"],
    [{ apci: { format: "X" } }, 'apci.format must be "I", "S" or "U", not "X"'],
    [{ apci: { format: "U", function: "STARTDT" } }, "apci.function must be one of STARTDT act"],
    [{ apci: { format: "S", ns: 1 } }, "apci.ns is not a field here"],
    [{ apci: { format: "S", nr: 32768 } }, "apci.nr must be an integer 0..32767, not 32768"],
    [{ apci: { format: "S" }, ca: 1 }, "ca is not a field here (known: apci)"],
    [{}, "typeId is missing"],
    [{ typeId: 200, objects: [] }, "type 200 has no layout here"],
    [{ typeId: 1 }, "objects must be an array, not a value of type undefined"],
    [{ typeId: 1, objects: [null] }, "objects must be at most 127 objects with fields"],
    [{ typeId: 1, objects: [], data: "" }, "objects and data exclude each other"],
    [{ typeId: 1, data: "0" }, 'data: "0" has an odd number of hexadecimal digits'],
    [{ typeId: 1, data: 5 }, "data: must be hexadecimal text, not 5"],
    [{ typeId: 1, data: "00".repeat(244) }, "the ASDU has 250 octets, the most is 249"],
    [{ typeId: 1, cot: 64, objects: [] }, "cot must be an integer 0..63, not 64"],
    [{ typeId: 1, sq: 1, objects: [] }, "sq must be true or false, not 1"],
    [{ typeId: 1, objects: [{ ioa: -1 }] }, "object 1: ioa must be an integer 0..16777215, not -1"],
    [{ typeId: 1, objects: [{ ioa: 1, spl: true }] }, "object 1: spl is not a field here (known: ioa, spi, quality)"],
    [{ typeId: 1, objects: [{ ioa: 1, spi: 1 }] }, "object 1: spi must be true or false, not 1"],
    [{ typeId: 1, objects: [{ ioa: 1, quality: { ov: true } }] }, "object 1: quality.ov is not a field here"],
    [{ typeId: 1, objects: [{ ioa: 1, quality: true }] }, "object 1: quality must be an object, not true"],
    [{ typeId: 3, objects: [{ ioa: 1, dpi: 4 }] }, "object 1: dpi must be an integer 0..3, not 4"],
    [{ typeId: 5, objects: [{ ioa: 1, value: -65 }] }, "object 1: value must be an integer -64..63, not -65"],
    [{ typeId: 9, objects: [{ ioa: 1, value: 1 }] }, "object 1: value must be a number -1 <= value < 1, not 1"],
    [{ typeId: 9, objects: [{ ioa: 1, value: 0.5, raw: 1 }] }, "object 1: raw 1 and value 0.5 are different values"],
    [{ typeId: 13, objects: [{ ioa: 1, value: null }] }, "object 1: value null needs valueBits"],
    [{ typeId: 13, objects: [{ ioa: 1, value: "1" }] }, 'object 1: value must be a number or null, not "1"'],
    [{ typeId: 13, objects: [{ ioa: 1, valueBits: "xyz" }] }, "object 1: valueBits must be 8 hexadecimal digits"],
    [{ typeId: 13, objects: [{ ioa: 1, value: 1, valueBits: "00000000" }] }, "are different values"],
    [
      { typeId: 30, objects: [{ ioa: 1, time: { fmt: "CP24Time2a" } }] },
      'object 1: time.fmt must be "CP56Time2a" here'
    ],
    [
      { typeId: 1, sq: true, objects: [{ ioa: 1 }, { ioa: 3 }] },
      "object 2: ioa must be 2 in a sequence that begins at 1"
    ],
    [{ params: {}, typeId: 1, objects: [] }, "address sizes (COT, CA, IOA)"],
    [{ params: 2, typeId: 1, objects: [] }, "params must be an object, not 2"],
    [{ typeId: Symbol("x"), objects: 1n }, "typeId must be an integer 0..255, not a value of type symbol"]
  ])("refuses frame %#: %s", (fields, error) => {
    expect(encoded(fields)).toContain(error)
  })
})
