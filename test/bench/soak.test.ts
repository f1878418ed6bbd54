// What `npm run soak` calls flat memory.
import { expect, it } from "vitest"
import { soakText } from "../../bench/report.ts"
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

it("is told in words, with what was lost where something was", () => {
  const soaked = { commit: "abc", minutes: 2, rate: 10, published: 1200, problem: null, samples: run(2, () => 30) }
  const well = soakText({ ...soaked, received: [1200, 1200] })
  expect(well).toContain("each of 2 clients received every one of them, once and in order. Heap 30.0 MiB to 30.0 MiB")
  expect(soakText({ ...soaked, received: [1200, 1199], problem: "not every client has every event" })).toMatch(
    /the clients received 1,200, 1,199\..*\*\*Failed\*\*: not every/
  )
})
