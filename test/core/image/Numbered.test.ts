// The persistent map of requests and selections: the same as a plain map whatever happens, older versions untouched, and
// the work of a change does not grow with the number of entries.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Numbered from "../../../src/core/image/Numbered.ts"

const entries = (map: Numbered.Numbered<string>): string[] => {
  const all: string[] = []
  Numbered.each(map, (value) => all.push(value))
  return all
}

/** Nodes from the root to the deepest leaf. */
const depth = (map: Numbered.Numbered<unknown>): number =>
  map === null ? 0 : 1 + Math.max(depth(map.below), depth(map.above))

describe("a persistent map", () => {
  it("does what a plain map does, and leaves every version as it was", () => {
    const key = fc.integer({ min: 0, max: 40 }).map((n) => n * 0x1000003)
    const step = fc.tuple(fc.boolean(), key)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const model = new Map<number, string>()
        const versions: [Numbered.Numbered<string>, string[]][] = []
        let map: Numbered.Numbered<string> = null
        for (const [i, [adds, at]] of steps.entries()) {
          map = adds ? Numbered.put(map, at, `${at} ${i}`) : Numbered.without(map, at)
          if (adds) model.set(at, `${at} ${i}`)
          else model.delete(at)
          const sorted = [...model].sort(([a], [b]) => a - b).map(([, value]) => value)
          versions.push([map, sorted])
          expect(Numbered.find(map, at)).toBe(model.get(at))
          expect(Numbered.first(map)).toBe(sorted[0])
          expect(Numbered.size(map)).toBe(model.size)
        }
        for (const [version, sorted] of versions) expect(entries(version)).toEqual(sorted)
      })
    )
  })

  it.each([1, 2, 0x2000000])("of 16,384 keys %i apart is not deeper than 50", (apart) => {
    let map: Numbered.Numbered<number> = null
    for (let i = 0; i < 16_384; i++) map = Numbered.put(map, i * apart, i)
    expect(depth(map)).toBeLessThan(50)
  })
})
