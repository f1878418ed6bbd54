// Frames in words, for good frames, malformed frames and octets that are no frame; hexadecimal text both ways.
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import * as Explain from "../../../src/core/wire/Explain.ts"

const vectors: readonly {
  readonly name: string
  readonly hex: string
  readonly fields: { readonly objects?: readonly unknown[] }
}[] = JSON.parse(readFileSync(new URL("../../vectors/vectors.json", import.meta.url), "utf8"))

const octetsOf = (hex: string): Uint8Array => {
  const octets = Explain.hexToOctets(hex)
  if (typeof octets === "string") throw new Error(octets)
  return octets
}

const hexNamed = (name: string): string => {
  const vector = vectors.find((each) => each.name === name)
  if (vector === undefined) throw new Error(`no vector ${name}`)
  return vector.hex
}

describe("explain", () => {
  it.each([
    ["U STARTDT act", ["U STARTDT act"]],
    ["S N(R)=32767", ["S N(R)=32767"]],
    [
      "M_SP_TB_1 time max all flags",
      [
        "I N(S)=0 N(R)=0 | M_SP_TB_1 (30) Single-point information with time tag CP56Time2a | SPONTANEOUS (3) | OA 0 | CA 1 | 1 object",
        "  IOA 100 | spi ON | quality good | time 2099-12-31 23:59:59.999 IV GEN SU"
      ]
    ],
    [
      "M_ME_NC_1 -Inf",
      [
        "I N(S)=0 N(R)=0 | M_ME_NC_1 (13) Measured value, short floating point | SPONTANEOUS (3) | OA 0 | CA 1 | 1 object",
        "  IOA 700 | value not finite (0xff800000) | quality invalid"
      ]
    ],
    [
      "M_IT_NA_1 all flags sq=31",
      [
        "I N(S)=0 N(R)=0 | M_IT_NA_1 (15) Integrated totals | REQUESTED_BY_GROUP_4_COUNTER (41) | OA 0 | CA 1 | 1 object",
        "  IOA 800 | bcr counter 305419896, sq 31, carry, adjusted, invalid"
      ]
    ],
    [
      "M_EP_TB_1 all",
      [
        "I N(S)=0 N(R)=0 | M_EP_TB_1 (18) Packed start events of protection equipment with time tag | SPONTANEOUS (3) | OA 0 | CA 1 | 1 object",
        "  IOA 910 | spe general start, sl1, sl2, sl3, earth current, reverse direction" +
          " | qdp elapsed time invalid, blocked, substituted, not topical, invalid | duration 60000 ms | time 59:59.999 IV GEN"
      ]
    ],
    [
      "C_SC_NA_1 actcon negative",
      [
        "I N(S)=0 N(R)=0 | C_SC_NA_1 (45) Single command | ACTIVATION_CON (7) negative | OA 0 | CA 1 | 1 object",
        "  IOA 5000 | scs ON | qu 0 (no additional definition) | S/E execute"
      ]
    ],
    [
      "C_SC_NA_1 test bit",
      [
        "I N(S)=0 N(R)=0 | C_SC_NA_1 (45) Single command | ACTIVATION (6) test | OA 0 | CA 1 | 1 object",
        "  IOA 5000 | scs ON | qu 0 (no additional definition) | S/E execute"
      ]
    ],
    [
      "C_IC_NA_1 actterm qoi=20",
      [
        "I N(S)=0 N(R)=0 | C_IC_NA_1 (100) Interrogation command | ACTIVATION_TERMINATION (10) positive | OA 0 | CA 1 | 1 object",
        "  IOA 0 | qoi 20 (station)"
      ]
    ],
    [
      "C_IC_NA_1 act broadcast CA 65535",
      [
        "I N(S)=0 N(R)=0 | C_IC_NA_1 (100) Interrogation command | ACTIVATION (6) | OA 0 | CA 65535 (global) | 1 object",
        "  IOA 0 | qoi 20 (station)"
      ]
    ],
    [
      "F_DR_TA_1 SQ=1 two entries cot=5",
      [
        "I N(S)=0 N(R)=0 | F_DR_TA_1 (126) Directory | REQUEST (5) | OA 0 | CA 1 | 2 objects in sequence",
        "  IOA 30000 | nof 1 | lof 1000 | sof status 0 | time 2024-09-27 13:45:30.125",
        "  IOA 30001 | nof 2 | lof 2000 | sof status 0, last of directory | time 2024-09-27 13:45:30.125 SU"
      ]
    ]
  ])("%s", (name, lines) => {
    expect(Explain.explain(octetsOf(hexNamed(name)))).toEqual(lines)
  })

  it("gives a line a frame and a line an object, for every vector", () => {
    for (const { name, hex, fields } of vectors) {
      if (name.startsWith("sizes ")) continue
      expect(Explain.explain(octetsOf(hex)), name).toHaveLength(1 + (fields.objects?.length ?? 0))
    }
  })

  it("shows the octets of a type without layout", () => {
    expect(Explain.explain(octetsOf("680f00000000c80206000100aabbccddee"))).toEqual([
      "I N(S)=0 N(R)=0 | type 200 (no layout) | ACTIVATION (6) | OA 0 | CA 1 | 2 objects",
      "  data aabbccddee"
    ])
  })

  it("tells malformed frames as far as they go", () => {
    expect(Explain.explain(octetsOf("68"))).toEqual([
      "not an APDU",
      "  malformed: an APDU has at least 6 octets, here are 1",
      "  octets: 68"
    ])
    expect(Explain.explain(octetsOf("680500000400aa"))).toEqual([
      "I N(S)=0 N(R)=2",
      "  malformed: an ASDU header has 6 octets, here are 1",
      "  octets: 68 05 00 00 04 00 aa"
    ])
    expect(Explain.explain(octetsOf("680a00000000010003000100"))).toEqual([
      "I N(S)=0 N(R)=0 | M_SP_NA_1 (1) Single-point information | SPONTANEOUS (3) | OA 0 | CA 1 | 0 objects",
      "  malformed: M_SP_NA_1: an ASDU without information objects",
      "  octets: 68 0a 00 00 00 00 01 00 03 00 01 00"
    ])
  })

  it("never throws on a truncated vector", () => {
    for (const { hex } of vectors) {
      const whole = octetsOf(hex)
      for (let length = 0; length < whole.length; length++) {
        expect(Explain.explain(whole.subarray(0, length)).at(-2)).toMatch(/^ {2}malformed: /)
      }
    }
  })
})

describe("hexadecimal text", () => {
  it.each([
    "68 04 07 00 00 00",
    "680407000000",
    "68:04:07:00:00:00",
    "0x68, 0x04, 0x07, 0x00, 0x00, 0x00",
    "0X6804 0700\n00-00"
  ])("%j", (text) => {
    expect(Explain.hexToOctets(text)).toEqual(Uint8Array.of(0x68, 4, 7, 0, 0, 0))
  })

  it("accepts both cases and nothing at all", () => {
    expect(Explain.hexToOctets("aB Cd")).toEqual(Uint8Array.of(0xab, 0xcd))
    expect(Explain.hexToOctets(" ")).toEqual(new Uint8Array(0))
  })

  it.each([
    ["68 0g", '"g" is not a hexadecimal digit'],
    ["68 4", '"4" has an odd number of hexadecimal digits'],
    ["0x", new Uint8Array(0)],
    ["68 ü", '"ü" is not a hexadecimal digit']
  ])("%j", (text, expected) => {
    expect(Explain.hexToOctets(text)).toEqual(expected)
  })

  it("is written with and without separator", () => {
    expect(Explain.octetsToHex(Uint8Array.of(0, 0x0f, 0xff))).toBe("000fff")
    expect(Explain.octetsToHex(Uint8Array.of(0, 0x0f, 0xff), ":")).toBe("00:0f:ff")
  })
})
