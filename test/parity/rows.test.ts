// The parity list as a whole: every row once, with one test, and a reason wherever ours is not the same.
import { readdirSync, readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { rowsA } from "./rowsA.ts"
import { rowsB } from "./rowsB.ts"

const ROWS = 217
const all = [...rowsA, ...rowsB]
const numbers = Array.from({ length: ROWS }, (_, index) => index + 1)

it("has every row once, in order", () => {
  expect(all.map(({ row }) => row)).toEqual(numbers)
})

it("has one test a row", () => {
  const here = new URL(".", import.meta.url)
  const tests = readdirSync(here).filter((file) => file.endsWith(".test.ts") && file !== "rows.test.ts")
  const found = tests.flatMap((file) =>
    [...readFileSync(new URL(file, here), "utf8").matchAll(/^\s*row\((\d+),/gm)].map(([, row]) => Number(row))
  )
  expect(found.sort((a, b) => a - b)).toEqual(numbers)
})

it("gives a reason for every difference, and none without one", () => {
  const odd = all.filter(({ verdict, why }) => (verdict === "same") !== (why === undefined))
  expect(odd.map(({ row }) => row)).toEqual([])
})
