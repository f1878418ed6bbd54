// What has come of a file is held in parts until the store takes it: it stays whole, and costs little however short its segments are.
import * as fc from "fast-check"
import { expect, it } from "vitest"
import * as FileWork from "../../../src/core/file/FileWork.ts"

/** Holds segments of these lengths one after the other; all octets, and how many were copied for that. */
const holdAll = (lengths: readonly number[]) => {
  let held: FileWork.Held | null = null
  let [octets, copied, partsMost] = [0, 0, 0]
  for (const length of lengths) {
    const data = Uint8Array.from({ length }, (_, i) => (octets + i) % 251)
    held = FileWork.hold(held, data)
    octets += length
    if (held.data !== data) copied += held.data.length
    let parts = 0
    for (let part: FileWork.Held | null = held; part !== null; part = part.before) parts++
    partsMost = Math.max(partsMost, parts)
  }
  return { whole: FileWork.together(held, octets), octets, copied, partsMost }
}

const isWhole = (octets: Uint8Array): boolean => octets.every((octet, at) => octet === at % 251)

it("segments of any lengths are held in their order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 235 }), { maxLength: 100 }), (lengths) => {
      const { whole, octets } = holdAll(lengths)
      expect([whole.length, isWhole(whole)]).toEqual([octets, true])
    })
  )
})

it.each([1, 2, 3, 235])(
  "of segments of %i octets each octet is copied a few times, and there are few parts",
  (length) => {
    const lengths = Array.from({ length: 4096 }, () => length)
    const { octets, copied, partsMost } = holdAll(lengths)
    expect(copied).toBeLessThan(octets * 14)
    expect(partsMost).toBeLessThan(14)
  }
)
