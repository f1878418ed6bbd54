// Freezes of counters, as the image carries them out: what is frozen, what is told of it and what it costs is what a plain model
// says, and two images that are asked the same agree.
import { describe, expect, it } from "vitest"
import type { Block } from "../../src/core/image/Block.ts"
import * as Image from "../../src/core/image/Image.ts"
import * as Numbered from "../../src/core/image/Numbered.ts"
import * as Profile from "../../src/core/Profile.ts"
import * as Freeze from "../../src/core/read/Freeze.ts"
import * as Time from "../../src/core/wire/Time.ts"
import { Random } from "./support/Random.ts"

const NOW_MS = Date.UTC(2026, 4, 1, 12)

interface Stage {
  readonly image: Image.Image
  readonly counters: readonly Block[]
}

/** Stations with counters of which some are in a group, and a measured value beside them. */
function stage(stations: number, points: number): Stage {
  let image = Image.empty
  const counters: Block[] = []
  for (let ca = 1; ca <= stations; ca++) {
    image = Image.withStation(image, ca)
    for (const type of [15, 13]) {
      const made = Image.withBlock(image, ca, Image.blockType(ca, type, Profile.iec))
      image = made.image
      for (let n = 0; n < points; n++) {
        const slot = made.block.add(type * 1000 - n)
        if (type === 15 && n % 2 === 0) made.block.setGroups(slot, 1 << Image.groupBit(1 + (n % 4), true))
      }
      if (type === 15) counters.push(made.block)
    }
  }
  return { image: Image.settle(image), counters }
}

describe("a freeze", () => {
  it("is carried out on the counters that are meant, and told where the mode of the station says so", () => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = new Random(seed)
      const [one, other] = [stage(3, 7), stage(3, 7)]
      const modes: Freeze.Modes = Numbered.put(Numbered.put(null, 1, "A"), 2, "D")
      const models = one.counters.map(() => Array.from({ length: 7 }, () => ({ value: 0, frozen: 0, sequence: 0 })))
      const orders = [{ count: 0 }, { count: 0 }] as const
      for (let n = 0; n < 40; n++) {
        for (const [at, block] of one.counters.entries()) {
          const [slot, by] = [random.below(7), random.below(1000)]
          Image.count(block, slot, by)
          Image.count(other.counters[at] as Block, slot, by)
          const model = models[at]?.[slot]
          if (model !== undefined) model.value += by
        }
        const ca = random.pick([1, 2, 3, 65_535])
        const [group, freeze, reset] = [random.below(4), random.chance(80), random.chance(50)]
        const order: Freeze.FreezeOrder = { group, freeze, reset, tells: random.pick(["A", "D"]) }
        const carry = ({ image }: Stage, count: { count: number }): Freeze.Done =>
          Freeze.carryOut(image, count, modes, Image.addressed(image, ca), order, NOW_MS + n, 0)
        const done = carry(one, orders[0])
        const twin = carry(other, orders[1])
        expect([twin.work, twin.bounded, twin.told.map(({ slots }) => slots)]).toEqual([
          done.work,
          done.bounded,
          done.told.map(({ slots }) => slots)
        ])
        expect(orders[0].count).toBe(n + 1)
        let work = 0
        const told: (readonly [Block, readonly number[]])[] = []
        for (const [at, block] of one.counters.entries()) {
          if (ca !== 65_535 && ca !== at + 1) continue
          const isMeant = (slot: number): boolean => group === 0 || (slot % 2 === 0 && group === 1 + (slot % 4))
          // By address, which goes down as slots go up.
          const meant = [6, 5, 4, 3, 2, 1, 0].filter(isMeant)
          for (const slot of meant) {
            const model = models[at]?.[slot]
            if (model === undefined) continue
            if (freeze) {
              model.frozen = model.value
              model.sequence = (model.sequence + 1) & 31
            }
            if (reset) model.value = 0
          }
          const tells = freeze && meant.length > 0 && order.tells === [undefined, "A", "D", "C"][at + 1]
          work += 16 + meant.length * (tells ? 5 : 1)
          if (tells) told.push([block, meant])
        }
        expect(done.work).toBe(work)
        expect(done.told.map(({ block, slots }) => [block, [...slots]])).toEqual(told)
        expect(done.told.every(({ block, version }) => version === block.version)).toBe(true)
      }
      for (const [at, block] of one.counters.entries())
        for (const [slot, model] of (models[at] ?? []).entries()) {
          expect(Image.value(block, slot)).toBe(model.value)
          const twin = (other.counters[at] as Block).frozen
          expect(block.frozen?.view.getInt32(slot * 5, true) ?? 0).toBe(model.frozen)
          expect((block.frozen?.view.getUint8(slot * 5 + 4) ?? 0) & 31).toBe(model.sequence)
          expect(twin?.time).toEqual(block.frozen?.time)
        }
    }
  })

  it("leaves alone who is gone, and counts a time that no tag can say", () => {
    const { image, counters } = stage(2, 2)
    const asked = image.order
    const left = Image.withoutStation(image, 1)
    const order: Freeze.FreezeOrder = { group: 0, freeze: true, reset: false, tells: "A" }
    const modes = Numbered.put(Numbered.put(null, 1, "A" as const), 2, "A" as const)
    const done = Freeze.carryOut(left, { count: 0 }, modes, asked, order, Time.LAST_MS + 1, 0)
    expect([done.bounded, done.told.map(({ block }) => block)]).toEqual([1, [counters[1]]])
    expect(counters[0]?.frozen).toBeNull()
  })
})
