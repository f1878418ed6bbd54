// A block against the plainest model, a Map from address to slot: whatever is added and removed in whatever order, the
// points are found, stand in order, and keep their slots and values.
import { describe, expect, it } from "vitest"
import * as Flags from "../../../src/core/image/Flags.ts"
import { Block, Image, Profile, Value } from "../../../src/core/index.ts"
import * as Rates from "../../../src/core/log/Rates.ts"
import { Random } from "../../property/support/Random.ts"

const make = (type = 13): Block =>
  new Block(Image.blockType(1, type, Profile.iec), Value.layoutOf(type) as Value.Layout, Image.utc())

const addresses = (block: Block): readonly number[] => {
  block.settle()
  return [...block.slots()].map((slot) => block.ioa[slot] as number)
}

/** The first address behind another, -1 where there is none. */
const behind = (block: Block, ioa: number): number => {
  const { order } = block
  if (order === null) {
    const slot = block.slotAfter(ioa)
    return slot < block.length ? (block.ioa[slot] as number) : -1
  }
  const place = order.behind(block.ioa, ioa, 0)
  if (order.isEnd(place)) return -1
  const { slots, from } = order.read(place)
  return block.ioa[slots[from] as number] as number
}

/** The block holds exactly the model's points. */
const expectSame = (block: Block, model: ReadonlyMap<number, number>, probes: readonly number[]): void => {
  const sorted = [...model.keys()].sort((a, b) => a - b)
  expect(block.count).toBe(model.size)
  expect(addresses(block)).toEqual(sorted)
  for (const [ioa, slot] of model) if (block.find(ioa) !== slot) throw new Error(`${ioa} is not found in slot ${slot}`)
  for (const probe of probes) {
    expect(block.find(probe)).toBe(model.get(probe) ?? -1)
    expect(behind(block, probe)).toBe(sorted.find((ioa) => ioa > probe) ?? -1)
  }
}

const probesOf = (ioas: readonly number[]): readonly number[] =>
  [0, 1, 16_777_215, ...ioas, ...ioas.map((ioa) => ioa + 1), ...ioas.map((ioa) => ioa - 1)].filter((ioa) => ioa >= 0)

describe("block", () => {
  it("without points finds nothing", () => {
    expectSame(make(), new Map(), [0, 1, 16_777_215])
  })

  it.each([
    ["consecutive", [5, 6, 7, 8]],
    ["ascending with gaps", [1, 100, 101, 16_777_215]],
    ["descending", [9, 7, 5, 3]],
    ["out of order once", [10, 20, 30, 15, 40]],
    ["one", [0]]
  ])("finds points added %s", (_, ioas) => {
    const block = make()
    const model = new Map(ioas.map((ioa) => [ioa, block.add(ioa)] as const))
    expectSame(block, model, probesOf(ioas))
    expect([...model.values()]).toEqual(ioas.map((_, index) => index))
  })

  it("finds points when room was made for them first", () => {
    const block = make()
    block.reserve(1000)
    const model = new Map(Array.from({ length: 1000 }, (_, n) => [3 * n, block.add(3 * n)] as const))
    expect(block.ioa.length).toBe(1000)
    expectSame(block, model, [0, 1, 2, 3, 2997, 2998])
  })

  it("gives the slot of a removed point to another, and none of its value", () => {
    for (const type of [1, 13, 36]) {
      const block = make(type)
      const slot = block.add(10)
      block.add(20)
      Image.setValue(block, slot, 1)
      Image.setQuality(block, slot, 0x80)
      Image.setTime(block, slot, 1, 2)
      block.last[slot] = 77
      block.remove(slot)
      expect(block.find(10)).toBe(-1)
      expect(addresses(block)).toEqual([20])
      expect(block.add(5)).toBe(slot)
      expect(addresses(block)).toEqual([5, 20])
      expect([Image.value(block, slot), Image.quality(block, slot), block.last[slot]]).toEqual([0, 0, 0])
      if (block.time !== null) expect([...block.time.subarray(2 * slot, 2 * slot + 2)]).toEqual([0, 0])
    }
  })

  it("gives the slot of a removed point to another, and nothing that was said of it beside its value", () => {
    const [block, counters] = [make(30), make(15)]
    const [slot, counter] = [block.add(10), counters.add(10)]
    Flags.setRefresh(block, slot, true)
    Flags.setSelect(block, slot, 3, true)
    Flags.setGroups(block, slot, [2, 16], [])
    Flags.setGroups(counters, counter, [], [1])
    Rates.setMinInterval(block, slot, 1000)
    Image.setValue(counters, counter, 7)
    Image.freezeCounter(counters, counter, true, false, 0, 0, 5)
    block.remove(slot)
    counters.remove(counter)
    expect([block.add(11), counters.add(11)]).toEqual([slot, counter])
    block.settle()
    counters.settle()
    expect([block.refresh?.[slot], block.select?.[slot], block.groups?.[slot], block.mask]).toEqual([0, 0, 0, 0])
    expect([Rates.minIntervalMs(block, slot), counters.groups?.[counter], counters.mask & 0xfffff]).toEqual([0, 0, 0])
    const column = counters.frozenColumn()
    expect([column.said(counter, 5), column.orderOf(counter), column.inOrderSince(counter)]).toEqual([null, 0, 0])
  })

  it("keeps and takes what is said beside values however many points come later", () => {
    const [block, counters] = [make(30), make(15)]
    const said = (slot: number): readonly number[] => [
      block.refresh?.[slot] ?? -1,
      block.select?.[slot] ?? -1,
      block.groups?.[slot] ?? -1,
      block.time?.[slot * 2 + 1] ?? -1,
      Rates.minIntervalMs(block, slot),
      counters.frozenColumn().view.getInt32(slot * 5, true)
    ]
    const say = (slot: number): void => {
      Flags.setRefresh(block, slot, true)
      Flags.setSelect(block, slot, 1, true)
      Flags.setGroups(block, slot, [2], [])
      Image.setTime(block, slot, 1, 100 + slot)
      Rates.setMinInterval(block, slot, 1000 + slot)
      Image.setValue(counters, slot, 7 + slot)
      Image.freezeCounter(counters, slot, true, false, 0, 0, 1)
    }
    for (let ioa = 1; ioa <= 100; ioa++) {
      const slot = block.add(ioa)
      counters.add(ioa)
      expect(said(slot)).toEqual([ioa === 1 ? -1 : 0, ioa === 1 ? -1 : 0, ioa === 1 ? -1 : 0, 0, 0, 0])
      say(slot)
      for (const before of [0, slot >> 1, slot])
        expect(said(before)).toEqual([1, 1, 2, 100 + before, 1000 + before, 7 + before])
    }
  })

  it("can be emptied and filled again", () => {
    const block = make()
    for (let round = 0; round < 3; round++) {
      const slots = [4, 2, 3].map((ioa) => block.add(ioa))
      expect(addresses(block)).toEqual([2, 3, 4])
      for (const slot of slots) block.remove(slot)
      expectSame(block, new Map(), [2, 3, 4])
    }
    expect(block.length).toBe(3)
  })

  it("agrees with the model over random additions and removals", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed)
      const block = make(random.pick([1, 11, 13, 36]))
      const model = new Map<number, number>()
      const values = new Map<number, number>()
      const range = random.pick([50, 5000, 16_777_216])
      for (let step = 0; step < 300; step++) {
        if (model.size > 0 && random.chance(35)) {
          const ioa = random.pick([...model.keys()])
          block.remove(model.get(ioa) as number)
          model.delete(ioa)
          values.delete(ioa)
        } else {
          const ioa = random.below(range)
          if (model.has(ioa)) continue
          const slot = block.add(ioa)
          model.set(ioa, slot)
          values.set(ioa, step & 1)
          Image.setValue(block, slot, step & 1)
        }
        if (step % 20 === 0) expectSame(block, model, probesOf([...model.keys()].slice(0, 5)))
      }
      expectSame(block, model, probesOf([...model.keys()]))
      for (const [ioa, value] of values) expect(Image.value(block, model.get(ioa) as number)).toBe(value)
    }
  })

  it("holds 100000 points at random addresses", () => {
    const random = new Random(7)
    const block = make()
    const model = new Map<number, number>()
    while (model.size < 100_000) {
      const ioa = random.below(16_777_216)
      if (!model.has(ioa)) model.set(ioa, block.add(ioa))
    }
    const sorted = [...model.keys()].sort((a, b) => a - b)
    expect(addresses(block)).toEqual(sorted)
    let wrong = 0
    for (const [ioa, slot] of model) if (block.find(ioa) !== slot) wrong++
    for (let n = 0; n < 100_000; n++) {
      const ioa = random.below(16_777_216)
      if (block.find(ioa) !== (model.get(ioa) ?? -1)) wrong++
    }
    for (let n = 0; n < sorted.length; n += 97)
      if (behind(block, sorted[n] as number) !== (sorted[n + 1] ?? -1)) wrong++
    expect(wrong).toBe(0)
  })

  it("removes 20000 points in less than two seconds", () => {
    const block = make()
    const slots = Array.from({ length: 20_000 }, (_, n) => block.add(n))
    const began = performance.now()
    for (const slot of slots) block.remove(slot)
    expect(block.count).toBe(0)
    expect(performance.now() - began).toBeLessThan(2000)
  })
})
