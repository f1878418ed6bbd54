// Slots by address in leaves, against the plainest model, a sorted list.
import { describe, expect, it } from "vitest"
import { Ordered } from "../../../src/core/image/Ordered.ts"
import { Random } from "../../property/support/Random.ts"

/** A full leaf; a full one and half another. */
const SIZES = [1024, 1536]

/** Slots whose addresses are twice their number, so that there is room between them. */
const spaced = (count: number) => {
  const ioa = Int32Array.from({ length: count + 1 }, (_, slot) => 10 + 2 * slot)
  return { ioa, spare: count, order: Ordered.of(Int32Array.from({ length: count }, (_, slot) => slot)) }
}

/** Everything, a stretch at a time. */
const walked = (order: Ordered, step: number): readonly number[] => {
  const found: number[] = []
  for (let place = 0; !order.isEnd(place); ) {
    const { slots, from, to } = order.read(place)
    const taken = Math.min(step, to - from)
    found.push(...slots.subarray(from, from + taken))
    place = order.forward(place, taken)
  }
  return found
}

const expectSame = (order: Ordered, ioa: Int32Array, slots: readonly number[]): void => {
  const sorted = slots.toSorted((a, b) => (ioa[a] as number) - (ioa[b] as number))
  expect(order.count).toBe(sorted.length)
  expect([...order.all()]).toEqual(sorted)
  expect(walked(order, 127)).toEqual(sorted)
}

describe("slots by address", () => {
  it.each(SIZES)("take one more at every place among %d", (many) => {
    const wrong: number[] = []
    for (let at = 0; at <= many; at++) {
      const { ioa, spare, order } = spaced(many)
      ioa[spare] = 9 + 2 * at
      order.add(ioa, spare)
      const all = order.all()
      const isThere = all[at] === spare && (all[at - 1] ?? -1) === at - 1 && (all[at + 1] ?? many) === at
      if (all.length !== many + 1 || !isThere) wrong.push(at)
    }
    expect(wrong).toEqual([])
  })

  it.each(SIZES)("lose the one at every place among %d", (many) => {
    const wrong: number[] = []
    for (let at = 0; at < many; at++) {
      const { ioa, order } = spaced(many)
      order.remove(ioa, at)
      const all = order.all()
      const isGone = (all[at] ?? many) === at + 1 && (all[at - 1] ?? -1) === at - 1
      if (all.length !== many - 1 || !isGone) wrong.push(at)
    }
    expect(wrong).toEqual([])
  })

  it.each(SIZES)("are found behind every address among %d, whatever the guess", (many) => {
    const { ioa, order } = spaced(many)
    const wrong: unknown[] = []
    for (let address = 9; address <= 12 + 2 * many; address++) {
      const next = Math.max(0, (address - 8) >> 1)
      for (const guess of [0, 1, 1023, 1024, 1025, 5000, order.forward(0, next)]) {
        const place = order.behind(ioa, address, guess)
        const found = order.isEnd(place) ? many : order.read(place).slots[order.read(place).from]
        if (found !== Math.min(next, many)) wrong.push([address, guess])
      }
    }
    expect(wrong).toEqual([])
  })

  it.each(["upwards", "downwards", "into a gap upwards", "into a gap downwards", "anywhere"])(
    "agree with a list of points that come %s and go",
    (way) => {
      for (let seed = 1; seed <= 4; seed++) {
        const random = new Random(seed)
        const most = 6000
        const ioa = new Int32Array(most)
        const taken = new Set<number>()
        const place = (n: number): number => {
          if (way === "upwards") return n
          if (way === "downwards") return most - n
          if (way === "into a gap upwards") return n % 2 === 0 ? n : 100_000 + n
          if (way === "into a gap downwards") return n % 2 === 0 ? 100_000 - n : n
          return random.below(16_777_216)
        }
        const order = new Ordered()
        let model: number[] = []
        for (let slot = 0; slot < most; slot++) {
          const address = place(slot)
          if (taken.has(address)) continue
          taken.add(address)
          ioa[slot] = address
          order.add(ioa, slot)
          model.push(slot)
          if (slot % 1000 === 999) expectSame(order, ioa, model)
        }
        expectSame(order, ioa, model)
        while (model.length > 0) {
          const going = model.filter(() => random.chance(40))
          for (const slot of going) order.remove(ioa, slot)
          const isGoing = new Set(going)
          model = model.filter((slot) => !isGoing.has(slot))
          expectSame(order, ioa, model)
        }
      }
    }
  )
})
