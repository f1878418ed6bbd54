// The type table cell by cell against the committed list, its lookups, causes, and the numbers of the value elements.
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import * as Cause from "../../../src/core/wire/Cause.ts"
import * as Element from "../../../src/core/wire/Element.ts"
import * as TypeTable from "../../../src/core/wire/TypeTable.ts"

interface ListedType {
  readonly id: number
  readonly mnemonic: string
}

const listed: readonly ListedType[] = JSON.parse(
  readFileSync(new URL("../../vectors/types.json", import.meta.url), "utf8")
)

/** The list names the two times of F_SC_NB_1 by their role too. */
const elementOf = (name: Element.ElementName): { readonly name: string; readonly octets: number | null } => {
  const { name: symbol, octets } = Element.codecs[name]
  return {
    name: name === "start" || name === "stop" ? `${name} ${symbol}` : symbol,
    octets: octets < 0 ? null : octets
  }
}

const listedForm = (row: TypeTable.TypeRow): unknown => ({
  id: row.id,
  mnemonic: row.mnemonic,
  title: row.title,
  direction: row.direction,
  profile104: row.profile104,
  elements: row.elements.map(elementOf),
  elementOctets: row.octets < 0 ? null : row.octets,
  sq0: row.sq0,
  sq1: row.sq1,
  maxObjectsSq0: row.maxSq0,
  maxObjectsSq1: row.maxSq1,
  singleObjectOnly: row.single,
  cotControl: row.causesControl,
  cotMonitor: row.causesMonitor,
  ioa: row.ioa
})

describe("type table", () => {
  it("has the 68 types of the list", () => {
    expect(listed).toHaveLength(68)
    expect(TypeTable.rows.map((row) => row.id)).toEqual(listed.map((type) => type.id))
    expect(Object.values(TypeTable.Type)).toEqual(listed.map((type) => type.id))
  })

  it.each(listed)("$mnemonic", (type) => {
    const row = TypeTable.byId[type.id]
    expect(row === undefined ? undefined : listedForm(row)).toEqual(type)
    expect(TypeTable.byMnemonic(type.mnemonic)).toBe(row)
  })

  it("has 256 slots, empty where there is no layout", () => {
    expect(TypeTable.byId).toHaveLength(256)
    expect(TypeTable.byId.filter((row) => row !== undefined)).toHaveLength(68)
    expect(TypeTable.byId[0]).toBeUndefined()
    expect(TypeTable.byMnemonic("M_XX_NA_1")).toBeUndefined()
    expect(TypeTable.byMnemonic("constructor")).toBeUndefined()
  })

  it("knows time tags and the types without them", () => {
    const tagged = (time: string): readonly number[] =>
      TypeTable.rows.filter((row) => row.time === time).map((row) => row.id)
    expect(tagged("cp24")).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 17, 18, 19])
    expect(tagged("cp56")).toEqual([
      30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 58, 59, 60, 61, 62, 63, 64, 107, 126
    ])
    const twins = TypeTable.rows.filter((row) => row.untagged !== row.id).map((row) => [row.id, row.untagged])
    expect(twins).toEqual([
      ...[2, 4, 6, 8, 10, 12, 14, 16].map((id) => [id, id - 1]),
      ...[30, 31, 32, 33, 34, 35, 36, 37].map((id, index) => [id, 2 * index + 1]),
      ...[58, 59, 60, 61, 62, 63, 64].map((id) => [id, id - 13])
    ])
  })
})

describe("causes", () => {
  it("have names", () => {
    expect([3, 10, 21, 41, 47].map(Cause.name)).toEqual([
      "SPONTANEOUS",
      "ACTIVATION_TERMINATION",
      "INTERROGATED_BY_GROUP_1",
      "REQUESTED_BY_GROUP_4_COUNTER",
      "UNKNOWN_IOA"
    ])
    expect([0, 17, 43, 48, 63, 64].map(Cause.name)).toEqual([
      "RESERVED_0",
      "RESERVED_17",
      "RESERVED_43",
      "PRIVATE_48",
      "PRIVATE_63",
      "RESERVED_64"
    ])
  })

  it("of the table are those with names", () => {
    const names = new Set<number>(Object.values(Cause.Cause))
    const used = TypeTable.rows.flatMap((row) => [...row.causesControl, ...row.causesMonitor])
    expect(used.filter((cause) => !names.has(cause))).toEqual([])
  })
})

describe("normalized values", () => {
  it.each([
    [0, 0],
    [-0, 0],
    [0.5, 16384],
    [-1, -32768],
    [-2, -32768],
    [Number.NEGATIVE_INFINITY, -32768],
    [1, 32767],
    [32767 / 32768, 32767],
    [Number.POSITIVE_INFINITY, 32767],
    [Number.NaN, 0],
    [0.5 / 32768, 1],
    [-0.5 / 32768, -1],
    [0.49 / 32768, 0],
    [-0.49 / 32768, 0],
    [1.5 / 32768, 2],
    [-1.5 / 32768, -2],
    [32766.5 / 32768, 32767],
    [-32767.5 / 32768, -32768]
  ])("%d is %d", (value, raw) => {
    expect(Element.normalizedToRaw(value)).toBe(raw)
  })

  it("come back from every raw number", () => {
    for (let raw = -32768; raw <= 32767; raw++) {
      if (Element.normalizedToRaw(Element.rawToNormalized(raw)) !== raw) expect.fail(String(raw))
    }
    expect(Element.rawToNormalized(-32768)).toBe(-1)
  })
})
