// Points come and go as a plain list of addresses says: which are free, what a new one says, and in which groups it is, with one
// point at an address and with several of different types.
import { describe, expect, it } from "vitest"
import type { Block } from "../../src/core/image/Block.ts"
import * as Flags from "../../src/core/image/Flags.ts"
import * as Image from "../../src/core/image/Image.ts"
import * as Information from "../../src/core/image/Information.ts"
import * as Initialised from "../../src/core/image/Initialised.ts"
import * as EventLog from "../../src/core/log/EventLog.ts"
import * as Profile from "../../src/core/Profile.ts"
import type { World } from "../../src/core/procedure/World.ts"
import * as Points from "../../src/core/station/Points.ts"
import * as Time from "../../src/core/wire/Time.ts"
import * as TypeTable from "../../src/core/wire/TypeTable.ts"
import { Random } from "./support/Random.ts"

const NOW_MS = Date.UTC(2026, 4, 1, 12)
/** M_SP_NA, M_DP_NA, M_DP_TB, M_ME_NC, C_SC_NA, C_DC_NA. */
const TYPES = [1, 3, 31, 13, 45, 46]
const isCommand = (type: number): boolean => type >= 45
const untagged = (type: number): number => TypeTable.byId[type]?.untagged ?? 0

describe.each(["unique", "perType"] as const)("points whose addresses are %s", (addressing) => {
  it("are added where their address is free, and say what is off", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      const profile = { ...Profile.iec, addressing }
      const logs = [EventLog.make(64)]
      let image = Image.withStation(Image.withStation(Image.empty, 1), 2)
      let model: { readonly ca: number; readonly ioa: number; readonly type: number }[] = []
      const areRivals = (one: number, other: number): boolean =>
        addressing === "unique" ? isCommand(one) === isCommand(other) : untagged(one) === untagged(other)
      for (let n = 0; n < 80; n++) {
        const [ca, ioa, type, count] = [
          1 + random.below(2),
          1 + random.below(12),
          random.pick(TYPES),
          1 + random.below(3)
        ]
        const station = Image.station(image, ca) as Image.Station
        if (random.chance(60)) {
          const isFree = !model.some(
            (point) => point.ca === ca && point.ioa >= ioa && point.ioa < ioa + count && areRivals(point.type, type)
          )
          const added = Points.add(
            { image, logs, profile },
            station,
            { ioa, type, count, variants: {} },
            NOW_MS,
            Time.INVALID
          )
          expect(added !== null).toBe(isFree)
          if (added === null) continue
          image = added.image
          expect(added.bounded).toBe(0)
          for (let i = 0; i < count; i++) {
            model.push({ ca, ioa: ioa + i, type })
            const slot = added.block.find(ioa + i)
            expect(Image.value(added.block, slot)).toBe([3, 31, 46].includes(type) ? 1 : 0)
            expect(((added.block.time?.[slot * 2] ?? Time.INVALID) & Time.INVALID) !== 0).toBe(true)
          }
        } else if (model.length > 0) {
          const gone = random.pick(model)
          const at = Image.station(image, gone.ca) as Image.Station
          const { block, slot } = Image.findTyped(at, gone.ioa, gone.type) as Image.PointRef
          Points.remove({ image, logs, profile }, block, slot)
          model = model.filter((point) => point !== gone)
        }
        for (const at of Image.all(image)) {
          const found = at.blocks.flatMap((block) => [...block.slots()].map((slot) => [block.of.type, block.ioa[slot]]))
          const expected = model.filter((point) => point.ca === at.ca).map((point) => [point.type, point.ioa])
          expect(found.map(String).sort()).toEqual(expected.map(String).sort())
        }
      }
    }
  })
})

describe("a new point", () => {
  const add = (type: number, nowMs: number): Points.Added => {
    const image = Image.withStation(Image.empty, 1)
    const world = { image, logs: [EventLog.make(64)], profile: Profile.iec }
    return Points.add(
      world,
      Image.station(image, 1) as Image.Station,
      { ioa: 1, type, count: 3, variants: {} },
      nowMs,
      0
    ) as Points.Added
  }

  it("whose tag cannot say the time is counted, where it has one", () => {
    expect(
      [add(30, NOW_MS), add(30, Time.LAST_MS + 1), add(1, Time.LAST_MS + 1)].map(({ bounded }) => bounded)
    ).toEqual([0, 3, 0])
  })

  it("is in the groups that are named and in no others, which its station knows when it is settled", () => {
    const { image, block } = add(1, NOW_MS)
    Flags.setGroups(block, 1, [1, 16], [])
    expect(Image.hasGroup(Image.station(Points.settled(image, [block]), 1) as Image.Station, 16, false)).toBe(true)
    Flags.setGroups(block, 1, [2], [])
    const station = Image.station(Points.settled(image, [block]), 1) as Image.Station
    expect([1, 2, 16].map((group) => Image.hasGroup(station, group, false))).toEqual([false, true, false])
    expect(station.mask).toBe(2)
  })

  it("has columns only where it needs them", () => {
    const { block } = add(45, NOW_MS)
    Flags.setSelect(block, 0, 1, false)
    Flags.setRefresh(block, 0, false)
    expect([block.select, block.refresh]).toEqual([null, null])
    Flags.setSelect(block, 0, 1, true)
    Flags.setSelect(block, 0, 2, true)
    Flags.setSelect(block, 0, 1, false)
    Flags.setRefresh(block, 1, true)
    expect([block.select?.[0], block.refresh?.[0], block.refresh?.[1]]).toEqual([2, 0, 1])
  })

  it("takes no value that it cannot have, and of several none", () => {
    const { block } = add(11, NOW_MS)
    expect(Image.change(block, 0, 5)).toBeNull()
    expect(Image.change(block, 0, 40_000)).not.toBeNull()
    expect(Image.changeAll(block, [0, 1], [7, 40_000])).not.toBeNull()
    expect([0, 1].map((slot) => Image.value(block, slot))).toEqual([5, 0])
    expect(Image.changeAll(block, [0, 1], [7, 8])).toBeNull()
    expect([0, 1].map((slot) => Image.value(block, slot))).toEqual([7, 8])
  })

  it("means the quality that is set with a number, and beside what is none that it had", () => {
    const { block } = add(13, NOW_MS)
    Image.setValue(block, 0, Number.NaN)
    expect(Information.meantWith(block, 0, Number.NaN, 0x81)).toBe(0x01)
    expect(Information.meantWith(block, 0, 1, 0x81)).toBe(0x81)
    expect(Information.meantWith(block, 0, 1, null)).toBeNull()
  })
})

it("a station that is removed leaves nothing to be initialised, and its blocks nothing to be found", () => {
  const image = Image.withStation(Image.empty, 1)
  const logs = [EventLog.make(64)]
  const added = Points.add(
    { image, logs, profile: Profile.iec },
    Image.station(image, 1) as Image.Station,
    { ioa: 1, type: 1, count: 1, variants: {} },
    NOW_MS,
    0
  ) as Points.Added
  const block: Block = added.block
  const initialised = Initialised.noted(Initialised.none, added.image, 1, 0)
  const world = { image: added.image, logs, profile: Profile.iec, initialised } as unknown as World
  EventLog.append(logs[0] as EventLog.EventLog, block, 0, 3, 0, 0)
  Points.removeAll(world, block)
  const left = Points.withoutStation(Object.freeze(world), 1)
  expect([Image.station(left.image, 1), left.initialised.order, block.find(1)]).toEqual([undefined, null, -1])
  expect(logs[0]?.departed.behind.size).toBe(1)
})
