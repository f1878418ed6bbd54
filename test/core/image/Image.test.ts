// Values and qualities lie in the image as they go on the wire; what follows from a profile follows for each type.
import { describe, expect, it } from "vitest"
import { Image, Profile, TypeTable, Value } from "../../../src/core/index.ts"
import { Plant } from "../../property/support/Peer.ts"

describe("values in wire form", () => {
  it.each(Value.pointTypes.map((type) => [TypeTable.byId[type]?.mnemonic ?? "", type] as const))("%s", (_, type) => {
    const plant = new Plant()
    const block = plant.block(1, type)
    const points = plant.add(block, 1, 2, 3)
    const { slot } = points[1] as (typeof points)[number]
    const found = Value.layoutOf(type) as Value.Layout
    const values = found.integer ? [found.min, found.max, 1, 0] : [-0.5, 0.25, 0]
    for (const value of values) {
      expect(Value.problem(found, value)).toBeNull()
      Image.setQuality(block, slot, 0xff)
      Image.setValue(block, slot, value)
      expect(Image.value(block, slot)).toBe(value)
      expect(Image.quality(block, slot)).toBe(Value.isCommand(type) || found.qualityAt < 0 ? 0 : found.qualityMask)
      Image.setQuality(block, slot, 0)
      expect([Image.value(block, slot), Image.quality(block, slot)]).toEqual([value, 0])
    }
    for (const neighbour of [0, 2])
      expect([Image.value(block, neighbour), Image.quality(block, neighbour)]).toEqual([0, 0])
    if (found.integer) {
      expect(Value.problem(found, found.max + 1)).toContain(found.name)
      expect(Value.problem(found, found.min - 1)).toContain(found.name)
      expect(Value.problem(found, 0.5)).toContain(found.name)
    }
  })

  it("a counter has the sequence numbers 0 to 31 one after the other, and says what it said and how it came to it", () => {
    const plant = new Plant()
    const block = plant.block(1, 37)
    const slot = plant.add(block, 1)[0]?.slot ?? -1
    const at = slot * 5 + 4
    Image.setQuality(block, slot, 0x60)
    for (let freeze = 1; freeze <= 70; freeze++) {
      Image.count(block, slot, 2 ** 30)
      const [value, carry] = [Image.value(block, slot), (block.octets[at] as number) & 0x60]
      // It wraps at every other freeze: from 2^30 to -2^31, and back over 2^31.
      expect(carry).toBe(freeze === 1 ? 0x60 : freeze % 4 === 2 ? 0x20 : 0)
      Image.freezeCounter(block, slot, true, false, 0, freeze, freeze)
      const { view, time } = block.frozenColumn()
      expect(view.getInt32(slot * 5, true)).toBe(value)
      expect(view.getUint8(at)).toBe(carry | (freeze % 32))
      expect(time[slot * 2 + 1]).toBe(freeze)
      // Carry and adjustment spoke of the period that is over.
      expect(block.octets[at]).toBe(freeze % 32)
    }
    Image.freezeCounter(block, slot, true, true, 0, 0, 71)
    expect(Image.value(block, slot)).toBe(0)
    expect(block.frozenColumn().view.getUint8(at) & 0x1f).toBe(71 % 32)
  })

  it("a float that is not finite keeps the old value and is invalid until the next one", () => {
    const plant = new Plant()
    const block = plant.block(1, 13)
    plant.add(block, 1)
    Image.setValue(block, 0, 2.5)
    for (const strange of [Number.NaN, Number.POSITIVE_INFINITY]) {
      Image.setValue(block, 0, strange)
      expect([Image.value(block, 0), Image.quality(block, 0)]).toEqual([2.5, 0x80])
    }
    Image.setValue(block, 0, 3.5)
    expect([Image.value(block, 0), Image.quality(block, 0)]).toEqual([3.5, 0])
    Image.setQuality(block, 0, 0x80)
    Image.setValue(block, 0, Number.NaN)
    Image.setValue(block, 0, 4.5)
    expect([Image.value(block, 0), Image.quality(block, 0)]).toEqual([4.5, 0x80])
  })
})

describe("stations", () => {
  it("keep blocks by answer type, then type, and find points over all of them", () => {
    const plant = new Plant()
    for (const type of [36, 13, 1, 45, 30]) plant.add(plant.block(7, type), type * 10)
    const station = Image.station(plant.image, 7)
    expect(station?.blocks.map(({ of }) => of.type)).toEqual([45, 1, 30, 13, 36])
    if (station === undefined) throw new Error("no station")
    expect(Image.find(station, 300)?.block.of.type).toBe(30)
    expect(Image.find(station, 301)).toBeNull()
    expect(plant.block(7, 13)).toBe(station.blocks[3])
    expect(Image.station(plant.image, 8)).toBeUndefined()
    expect(Image.station(Image.withoutStation(plant.image, 7), 7)).toBeUndefined()
  })

  it.each([
    ["iec", 30, 1, 1, 2],
    ["iec", 36, 13, 13, 1],
    ["iec", 37, 0, 15, 3],
    ["c104", 30, 30, 30, 1],
    ["c104", 13, 13, 13, 1],
    ["iec", 45, 0, 45, 3]
  ] as const)(
    "under %s, type %i is answered as %i and sent in cycles as %i",
    (profile, type, answer, cyclic, cause) => {
      const of = Image.blockType(1, type, Profile.presets[profile])
      expect(of.answerType).toBe(answer)
      if (type !== 45) expect([of.cyclicType, of.cyclicCause]).toEqual([cyclic, cause])
    }
  )
})
