// docs/CONFORMANCE.md and docs/INTEROPERABILITY.md are made from code: what is committed is what would be made now, and
// every test that they name is there.
import fs from "node:fs"
import { describe, expect, it } from "vitest"
import { ambiguities } from "../../scripts/documents/ambiguities.ts"
import { documents } from "../../scripts/documents/documents.ts"
import * as Markdown from "../../scripts/documents/markdown.ts"
import * as Rules from "../../scripts/documents/rules.ts"
import * as Rejection from "../../src/core/procedure/Rejection.ts"
import * as Violation from "../../src/core/Violation.ts"
import * as Suite from "./Suite.ts"

const root = new URL("../../", import.meta.url)
const cases = Suite.cases()
const played = new Set(cases.flatMap((of) => (of.pending === "" && of.notApplicable === "" ? [of.number] : [])))

const isThere = (test: string): boolean => (test.includes("/") ? fs.existsSync(new URL(test, root)) : played.has(test))

describe("the documents", () => {
  it.each(Object.entries(documents()))("%s is what `npm run documents` writes", (file, text) => {
    expect(fs.readFileSync(new URL(file, root), "utf8")).toBe(text)
  })

  it("have every situation, every reason and every case", () => {
    const text = documents()["docs/CONFORMANCE.md"] ?? ""
    const firsts = text.split("\n").map((line) => line.split(" | ")[0]?.replace("| ", ""))
    const wanted = [...Object.keys(Rejection.table), ...Object.keys(Violation.reasons), ...Suite.numbers()]
    expect(wanted.filter((name) => !firsts.includes(name))).toEqual([])
  })

  it("name tests that are there and can be played", () => {
    const tests = [...ambiguities, ...Rules.groups.flatMap(({ rules }) => rules)].flatMap((row) => row.tests)
    expect(tests.filter((test) => !isThere(test))).toEqual([])
  })

  it("leave only the reading about redundancy groups without a test", () => {
    expect(ambiguities.filter(({ tests }) => tests.length === 0).map(({ choice }) => choice)).toEqual(["close"])
    expect(ambiguities).toHaveLength(25)
  })
})

describe("tables in Markdown", () => {
  it("keep bars and line ends inside their cells", () => {
    expect(Markdown.table(["a", "b"], [["x|y", "1\n2"]])).toBe("| a | b |\n| --- | --- |\n| x\\|y | 1 2 |")
  })
  it.each([
    [[], ""],
    [[3], "3"],
    [[3, 4], "3, 4"],
    [[1, 3, 4, 5, 9], "1, 3 to 5, 9"]
  ] as const)("draw %j together as %j", (numbers, text) => {
    expect(Markdown.ranges(numbers)).toBe(text)
  })
})
