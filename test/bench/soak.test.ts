// What `npm run soak` calls flat memory.
import { expect, it } from "vitest"
import { growth } from "../../bench/soak.ts"

const MIB = 2 ** 20
const run = (minutes: number, heap: (minute: number) => number) =>
  Array.from({ length: minutes }, (_, i) => ({ minute: i + 1, published: i, heap: heap(i + 1) * MIB, rss: 100 * MIB }))

it("memory that jumps about is flat, and so is what settles in the first minutes", () => {
  expect(growth(run(60, (minute) => 30 + 3 * (minute % 2)))).toBeNull()
  expect(growth(run(60, (minute) => (minute <= 3 ? 90 : 30)))).toBeNull()
  expect(growth(run(60, (minute) => (minute <= 3 ? 10 : 30)))).toBeNull()
})

it("memory that grows by half a MiB a minute is not", () => {
  expect(growth(run(60, (minute) => 30 + minute / 2))).toMatch(/^heap grew from 3\d.* to 5\d/)
})

it("a run of a few minutes says nothing about growth", () => {
  expect(growth(run(5, (minute) => minute * 100))).toBeNull()
})
