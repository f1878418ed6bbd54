// The ledger: states share one buffer as long as there is one line of them; whoever branches off gets a copy.
import { describe, expect, it } from "vitest"
import { Ledger } from "../../../src/core/index.ts"
import { Random } from "../../property/support/Random.ts"

const append = (from: Ledger.Ledger, entry: number, at: number): Ledger.Ledger => {
  const buffer = Ledger.append(from.buffer, from.low, from.high, entry, at)
  if (buffer === from.buffer) return { buffer, low: from.low, high: from.high + 1 }
  return { buffer, low: 0, high: from.high - from.low + 1 }
}

const live = ({ buffer, low, high }: Ledger.Ledger): readonly (readonly [number, number])[] =>
  Array.from({ length: high - low }, (_, n) => [Ledger.markAt(buffer, low + n), Ledger.sentAt(buffer, low + n)])

describe("marks", () => {
  it.each([
    [0, 0],
    [1, 3],
    [2 ** 40, 2],
    [2 ** 50, 1]
  ])("position %i of class %i", (position, priority) => {
    const mark = Ledger.mark(position, priority)
    expect([Ledger.positionOf(mark), Ledger.priorityOf(mark)]).toEqual([position, priority])
    expect(mark).toBeGreaterThan(Ledger.NO_EVENTS)
  })
})

describe("the ledger", () => {
  it("appends in place for the newest state and copies for an older one", () => {
    const one = append(Ledger.empty, 10, 1)
    const two = append(one, 20, 2)
    expect(two.buffer).toBe(one.buffer)
    const other = append(one, 30, 3)
    expect(other.buffer).not.toBe(one.buffer)
    expect(live(one)).toEqual([[10, 1]])
    expect(live(two)).toEqual([...live(one), [20, 2]])
    expect(live(other)).toEqual([...live(one), [30, 3]])
    expect(live(append(two, 40, 4))).toEqual([...live(two), [40, 4]])
  })

  it("never writes into the empty one", () => {
    for (let n = 0; n < 3; n++) expect(live(append(Ledger.empty, n, n))).toEqual([[n, n]])
    expect([...Ledger.empty.buffer]).toEqual([0])
  })

  it("holds a whole window", () => {
    let ledger = Ledger.empty
    for (let n = 0; n < 32_767; n++) ledger = append(ledger, n, n)
    expect(live(ledger)).toHaveLength(32_767)
    expect(Ledger.markAt(ledger.buffer, ledger.high - 1)).toBe(32_766)
  })

  it("does not grow with what was acknowledged", () => {
    let ledger = Ledger.empty
    for (let n = 0; n < 10_000; n++) {
      ledger = append(ledger, n, n)
      if (ledger.high - ledger.low > 12) ledger = { ...ledger, low: ledger.low + 8 }
    }
    expect(ledger.buffer.length).toBeLessThanOrEqual(513)
  })

  it("agrees with copied lists over random branches", () => {
    const random = new Random(11)
    const all: { readonly ledger: Ledger.Ledger; readonly model: readonly (readonly [number, number])[] }[] = [
      { ledger: Ledger.empty, model: [] }
    ]
    for (let n = 0; n < 5000; n++) {
      const from = random.chance(70) ? (all.at(-1) ?? random.pick(all)) : random.pick(all)
      const released = random.chance(30) ? random.below(from.model.length + 1) : 0
      const base = { ...from.ledger, low: from.ledger.low + released }
      all.push({ ledger: append(base, n, 2 * n), model: [...from.model.slice(released), [n, 2 * n]] })
    }
    for (const { ledger, model } of all) expect(live(ledger)).toEqual(model)
  })
})
