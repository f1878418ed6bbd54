// What happens by the clock is a value: persistent sets and queues do what plain ones do, and a schedule sends each point, scans each
// station, freezes and calls back as often as a model that keeps lists says.
import { describe, expect, it } from "vitest"
import type { Block } from "../../src/core/image/Block.ts"
import * as Dues from "../../src/core/image/Dues.ts"
import * as Image from "../../src/core/image/Image.ts"
import * as Numbered from "../../src/core/image/Numbered.ts"
import * as Row from "../../src/core/image/Row.ts"
import * as Slots from "../../src/core/image/Slots.ts"
import * as Profile from "../../src/core/Profile.ts"
import * as List from "../../src/core/read/List.ts"
import * as Cycles from "../../src/core/station/Cycles.ts"
import * as Offers from "../../src/core/station/Offers.ts"
import * as Schedule from "../../src/core/station/Schedule.ts"
import * as Timers from "../../src/core/station/Timers.ts"
import { Kept } from "./support/Kept.ts"
import { Random } from "./support/Random.ts"

const SEEDS = Array.from({ length: 12 }, (_, seed) => seed + 1)

describe("a map by number", () => {
  it("has those of a range, and all but them", () => {
    for (const seed of SEEDS) {
      const random = new Random(seed)
      const model = new Map<number, number>()
      const map = new Kept<Numbered.Numbered<number>>(null)
      for (let n = 0; n < 60; n++) {
        const [from, to] = [random.below(100), random.below(100)]
        if (random.chance(70)) {
          map.step(random, (of) => Numbered.put(of, from, n))
          model.set(from, n)
        } else if (from <= to) {
          const isIn = ([key]: readonly [number, number]): boolean => key >= from && key < to
          const found: (readonly [number, number])[] = []
          Numbered.eachKey(Numbered.between(map.now, from, to), (key, value) => found.push([key, value]))
          const sorted = [...model].sort(([a], [b]) => a - b)
          expect(found).toEqual(sorted.filter(isIn))
          map.step(random, (of) => Numbered.outside(of, from, to))
          for (const entry of sorted) if (isIn(entry)) model.delete(entry[0])
        }
        const left: (readonly [number, number])[] = []
        Numbered.eachKey(map.now, (key, value) => left.push([key, value]))
        expect(left).toEqual([...model].sort(([a], [b]) => a - b))
        expect(Numbered.size(map.now)).toBe(model.size)
      }
    }
  })

  it("is the same where nothing lies in the range", () => {
    const map = Numbered.put(Numbered.put(null, 1, 1), 9, 9)
    expect(Numbered.outside(map, 2, 9)).toBe(map)
    expect(Numbered.outside(null, 2, 9)).toBeNull()
  })
})

describe("slots of a block", () => {
  it("are what a set of numbers says", () => {
    for (const seed of SEEDS) {
      const random = new Random(seed)
      const model = new Set<number>()
      const slots = new Kept<Slots.Slots>(Slots.none)
      for (let n = 0; n < 120; n++) {
        const slot = random.below(100)
        const isAdded = random.chance(60)
        slots.step(random, (of) => (isAdded ? Slots.add(of, slot) : Slots.remove(of, slot)))
        if (isAdded) model.add(slot)
        else model.delete(slot)
        expect(Slots.list(slots.now)).toEqual([...model].sort((a, b) => a - b))
        expect(Slots.has(slots.now, slot)).toBe(isAdded)
        expect(slots.now === Slots.none).toBe(model.size === 0)
      }
    }
  })
})

describe("a row", () => {
  it("stands in the order in which its keys came", () => {
    for (const seed of SEEDS) {
      const random = new Random(seed)
      // A map of the language has this order too.
      const model = new Map<number, number>()
      const row = new Kept<Row.Row<number>>(Row.none)
      for (let n = 0; n < 120; n++) {
        const key = random.below(12)
        const isPut = random.chance(60)
        row.step(random, (of) => (isPut ? Row.put(of, key, n) : Row.without(of, key)))
        if (isPut) model.set(key, n)
        else model.delete(key)
        const found: (readonly [number, number])[] = []
        Row.each(row.now, (each, value) => found.push([each, value]))
        expect(found).toEqual([...model])
        expect(Row.size(row.now)).toBe(model.size)
        expect(Row.find(row.now, key)).toBe(model.get(key))
      }
    }
  })
})

describe("what is due when", () => {
  it("comes when its time has come, in the order in which it was put first", () => {
    for (const seed of SEEDS) {
      const random = new Random(seed)
      const model = new Map<number, { readonly value: number; readonly dueMs: number }>()
      const dues = new Kept<Dues.Dues<number>>(Dues.none)
      for (let n = 0; n < 80; n++) {
        const key = random.below(20)
        const dueMs = random.below(50)
        if (random.chance(60)) {
          dues.step(random, (of) => Dues.put(of, key, n, dueMs))
          model.set(key, { value: n, dueMs })
        } else if (random.chance(70)) {
          dues.step(random, (of) => Dues.without(of, key))
          model.delete(key)
        } else {
          dues.step(random, (of) => Dues.outside(of, key, key + 5))
          for (let gone = key; gone < key + 5; gone++) model.delete(gone)
        }
        const wanted = [...model].filter(([, entry]) => entry.dueMs <= dueMs)
        const found = Dues.due(dues.now, dueMs)
        expect(found.map(({ key: of, value }) => [of, value])).toEqual(wanted.map(([of, { value }]) => [of, value]))
        expect(Dues.isAny(dues.now, dueMs)).toBe(found.length > 0)
        expect(Dues.size(dues.now)).toBe(model.size)
      }
    }
  })
})

const START_MS = 1_700_000_000_000

/** A station with points of three types, two of them in blocks of their own. */
function stage(stations: number, points: number): { readonly image: Image.Image; readonly blocks: readonly Block[] } {
  let image = Image.empty
  const blocks: Block[] = []
  for (let ca = 1; ca <= stations; ca++) {
    image = Image.withStation(image, ca)
    for (const type of [13, 1, 45]) {
      const made = Image.withBlock(image, ca, Image.blockType(ca, type, Profile.iec))
      image = made.image
      for (let n = 0; n < points; n++) made.block.add(type * 100 - n)
      blocks.push(made.block)
    }
  }
  return { image, blocks }
}

describe("a schedule", () => {
  it("sends every point once in each of its periods, whatever comes and goes", () => {
    for (const seed of SEEDS.slice(0, 8)) {
      const random = new Random(seed)
      const { blocks } = stage(2, 4)
      const schedule = new Kept<Schedule.Schedule>(Schedule.none)
      /** By block and slot; when each is due next. */
      const model = new Map<string, number>()
      const dues = new Map<number, number>()
      const isUsed = (everyMs: number): boolean => [...model.values()].includes(everyMs)
      let runMs = 0
      for (let n = 0; n < 80; n++) {
        runMs += random.below(400)
        const at = { runMs, nowMs: START_MS + runMs }
        const block = random.pick(blocks)
        const slot = random.below(4)
        const name = `${block.number} ${slot}`
        if (random.chance(60)) {
          const everyMs = random.pick([0, 700, 1300, 1700])
          schedule.step(random, (of) => Schedule.setPeriod(of, block, slot, everyMs, at))
          const before = model.get(name)
          if (before !== everyMs) {
            model.delete(name)
            if (before !== undefined && !isUsed(before)) dues.delete(before)
            if (everyMs > 0) {
              if (!isUsed(everyMs)) dues.set(everyMs, runMs + everyMs)
              model.set(name, everyMs)
            }
          }
        } else if (random.chance(30)) {
          schedule.step(random, (of) => Schedule.forgetPoint(of, block, slot))
          const before = model.get(name)
          model.delete(name)
          if (before !== undefined && !isUsed(before)) dues.delete(before)
        } else if (random.chance(10)) {
          schedule.step(random, (of) => Schedule.forgetStation(of, block.ca, [block]))
          for (let each = 0; each < 4; each++) {
            const before = model.get(`${block.number} ${each}`)
            model.delete(`${block.number} ${each}`)
            if (before !== undefined && !isUsed(before)) dues.delete(before)
          }
        } else {
          const isAnybody = random.chance(80)
          const { periods } = Schedule.due(schedule.now, at, isAnybody)
          schedule.step(random, (of) => Schedule.due(of, at, isAnybody).schedule)
          const found = new Map<string, number>()
          for (const period of periods)
            for (const each of Cycles.blocksOf(schedule.now.cycles, period)) {
              const { batch } = Cycles.batchOf(schedule.now.cycles, period, each)
              schedule.step(random, (of) => ({ ...of, cycles: Cycles.batchOf(of.cycles, period, each).cycles }))
              expect(Cycles.batchOf(schedule.now.cycles, period, each)).toEqual({ cycles: schedule.now.cycles, batch })
              const ioas = [...(batch?.slots ?? [])].map((of) => each.ioa[of] as number)
              expect(ioas).toEqual([...ioas].sort((a, b) => a - b))
              for (const of of batch?.slots ?? []) found.set(`${each.number} ${of}`, batch?.key as number)
            }
          const wanted = [...model].filter(([, everyMs]) => isAnybody && runMs >= (dues.get(everyMs) as number))
          expect([...found.keys()].sort()).toEqual(wanted.map(([of]) => of).sort())
          if (isAnybody)
            for (const [everyMs, dueMs] of dues)
              if (runMs >= dueMs) dues.set(everyMs, dueMs + (Math.floor((runMs - dueMs) / everyMs) + 1) * everyMs)
        }
        expect(Cycles.everyMs(schedule.now.cycles, block, slot)).toBe(model.get(name) ?? 0)
        expect(Schedule.isAny(schedule.now)).toBe(model.size > 0)
        expect(Numbered.size(schedule.now.cycles.periods)).toBe(new Set(model.values()).size)
        expect(Numbered.size(schedule.now.cycles.lengths)).toBe(new Set(model.values()).size)
      }
    }
  })

  it("has one key for what a block sends of a period, whatever leaves it and comes back, and others for all else", () => {
    const { blocks } = stage(1, 2)
    const [block, other] = blocks as [Block, Block]
    const at = { runMs: 0, nowMs: START_MS }
    const keys: number[] = []
    let cycles = Cycles.none
    const keyOf = (of: Block, everyMs: number): void => {
      cycles = Cycles.set(cycles, of, 0, everyMs, at.runMs, at.nowMs)
      const made = Cycles.batchOf(cycles, cycles.lastPeriod, of)
      cycles = Cycles.set(made.cycles, of, 0, 0, at.runMs, at.nowMs)
      keys.push(made.batch?.key as number)
    }
    keyOf(block, 700)
    keyOf(block, 1300)
    keyOf(other, 700)
    keyOf(block, 700)
    const scanned = Cycles.scanOf(cycles, block)
    keys.push(scanned.batch?.key as number)
    cycles = scanned.cycles
    keys.push(Cycles.scanOf(cycles, block).batch?.key as number)
    expect(keys).toEqual([1, 2, 3, 1, 4, 4])
    // What forgets the block forgets its keys, and gives them to nobody else.
    cycles = Cycles.forgetBlock(cycles, block)
    keyOf(other, 500)
    keyOf(block, 700)
    expect(keys.slice(6)).toEqual([5, 6])
    expect(Numbered.size(cycles.keys)).toBe(2)
  })

  it("has a period that follows clocks for each time zone, and one that does not for all", () => {
    const zoned = (name: string) => ({ ...Image.utc(), name })
    let image = Image.withStation(Image.withStation(Image.empty, 1, zoned("Here")), 2, zoned("There"))
    image = Image.withStation(image, 3, zoned("Here"))
    let cycles = Cycles.none
    for (const ca of [1, 2, 3]) {
      const made = Image.withBlock(image, ca, Image.blockType(ca, 13, Profile.iec))
      image = made.image
      const { block } = made
      cycles = Cycles.set(cycles, block, block.add(1), 900_000, 0, START_MS)
      cycles = Cycles.set(cycles, block, block.add(2), 700, 0, START_MS)
    }
    const sizes: number[] = []
    Numbered.each(cycles.periods, ({ groups }) => sizes.push(Row.size(groups)))
    expect(sizes).toEqual([2, 3, 1])
  })

  it("scans and freezes a station as long as it is there, and freezes whoever listens", () => {
    const { image } = stage(2, 1)
    const at = { runMs: 0, nowMs: START_MS }
    let schedule = Schedule.setScan(Schedule.none, image, 2, 700, at)
    schedule = Schedule.setScan(schedule, image, 1, 700, at)
    schedule = Schedule.setFreeze(schedule, image, 1, 700, true, at)
    // A station that is not there has nothing that is due.
    expect(Schedule.setScan(schedule, image, 9, 700, at).scans).toEqual(schedule.scans)
    expect(Schedule.setFreeze(schedule, image, 9, 700, false, at).freezes).toEqual(schedule.freezes)
    const later = { runMs: 700, nowMs: START_MS + 700 }
    const alone = Schedule.due(schedule, later, false)
    expect([alone.freezes, alone.scans]).toEqual([[{ ca: 1, reset: true }], []])
    const heard = Schedule.due(schedule, later, true)
    expect([heard.freezes, heard.scans]).toEqual([[{ ca: 1, reset: true }], [2, 1]])
    const none = { freezes: [], periods: [], scans: [], timers: [] }
    expect(Schedule.due(heard.schedule, later, true)).toEqual({ schedule: heard.schedule, ...none })
    expect(Schedule.due(heard.schedule, later, true).schedule).toBe(heard.schedule)
    const left = Schedule.forgetStation(Schedule.setScan(schedule, image, 2, 0, at), 1, [])
    expect(Schedule.isAny(left)).toBe(false)
  })

  it("calls a timer a whole delay after its call, and none that was ended meanwhile", () => {
    const { blocks } = stage(1, 3)
    const [block] = blocks as [Block]
    let schedule = Schedule.none
    for (const slot of [2, 0, 1]) schedule = Schedule.setTimer(schedule, block, slot, 500, 0)
    expect(Schedule.due(schedule, { runMs: 499, nowMs: START_MS }, true).timers).toEqual([])
    const { timers } = Schedule.due(schedule, { runMs: 620, nowMs: START_MS }, true)
    expect(timers.map(({ slot }) => slot)).toEqual([2, 0, 1])
    const [first, second, third] = timers as [Timers.Timer, Timers.Timer, Timers.Timer]
    const called = Schedule.fired(schedule, first, 650) as Schedule.Schedule
    // The callback ends the second, and sets the third anew.
    const changed = Schedule.setTimer(Schedule.forgetPoint(called, block, second.slot), block, third.slot, 400, 650)
    expect(Schedule.fired(changed, second, 660)).toBeNull()
    expect(Schedule.fired(changed, third, 660)).toBeNull()
    expect(Timers.everyMs(changed.timers, block, third.slot)).toBe(400)
    expect(Timers.everyMs(changed.timers, block, second.slot)).toBe(0)
    const due = (runMs: number): readonly number[] =>
      Schedule.due(changed, { runMs, nowMs: START_MS }, true).timers.map(({ slot }) => slot)
    expect([due(1049), due(1050), due(1149), due(1150)]).toEqual([[], [1], [1], [2, 1]])
    expect(Schedule.due(changed, { runMs: 5000, nowMs: START_MS }, false).timers).toEqual([])
  })
})

describe("timers", () => {
  it("are called block by block in the order in which they were set, each once in its time", () => {
    for (const seed of SEEDS.slice(0, 6)) {
      const random = new Random(seed)
      const { blocks } = stage(2, 3)
      const timers = new Kept<Timers.Timers>(Timers.none)
      // Maps of the language keep this order, and forget a block with its last timer.
      const model = new Map<Block, Map<number, { readonly everyMs: number; dueMs: number }>>()
      const forget = (block: Block, slot: number): void => {
        const slots = model.get(block)
        if (slots?.delete(slot) === true && slots.size === 0) model.delete(block)
      }
      let runMs = 0
      for (let n = 0; n < 60; n++) {
        runMs += random.below(60)
        const [block, slot, everyMs] = [random.pick(blocks), random.below(3), random.pick([0, 50, 100, 300])]
        if (random.chance(60)) {
          timers.step(random, (table) => Timers.set(table, block, slot, everyMs, runMs))
          forget(block, slot)
          if (everyMs > 0) {
            const slots = model.get(block) ?? new Map()
            model.set(block, slots.set(slot, { everyMs, dueMs: runMs + everyMs }))
          }
        } else if (random.chance(10)) {
          timers.step(random, (table) => Timers.forgetBlock(table, block))
          model.delete(block)
        } else {
          const due = Timers.due(timers.now, runMs)
          const wanted: (readonly [Block, number])[] = []
          for (const [at, slots] of model)
            for (const [of, entry] of slots)
              if (entry.dueMs <= runMs) {
                wanted.push([at, of])
                entry.dueMs = runMs + entry.everyMs
              }
          expect(due.map((timer) => [timer.block, timer.slot])).toEqual(wanted)
          for (const timer of due) timers.step(random, (table) => Timers.fired(table, timer, runMs) as Timers.Timers)
        }
        expect(Timers.isAny(timers.now)).toBe(model.size > 0)
        expect(Timers.everyMs(timers.now, block, slot)).toBe(model.get(block)?.get(slot)?.everyMs ?? 0)
        expect(Row.size(timers.now.blocks)).toBe(model.size)
      }
    }
  })
})

describe("batches that wait until their points are refreshed", () => {
  it("are offered once, when that is over or their time is", () => {
    for (const seed of SEEDS) {
      const random = new Random(seed)
      const offers = new Kept<Offers.Offers>(Offers.none)
      const model = new Map<number, { readonly untilMs: number }>()
      for (let n = 0; n < 60; n++) {
        if (random.chance(50)) {
          const untilMs = random.below(50)
          const { number } = Offers.wait(offers.now, [], untilMs)
          offers.step(random, (table) => Offers.wait(table, [], untilMs).offers)
          expect(model.has(number)).toBe(false)
          model.set(number, { untilMs })
        } else {
          const number = random.below(30)
          expect(Offers.take(offers.now, number).batches).toEqual(model.has(number) ? [] : null)
          offers.step(random, (table) => Offers.take(table, number).offers)
          model.delete(number)
        }
        const nowMs = random.below(50)
        const wanted = [...model].filter(([, { untilMs }]) => untilMs <= nowMs).map(([number]) => number)
        expect(Offers.due(offers.now, nowMs)).toEqual(wanted)
      }
    }
  })
})

describe("a list that the application sends by itself", () => {
  it("is known by its points and its cause, whoever makes it how often", () => {
    const { blocks } = stage(2, 4)
    const [block, other] = blocks as [Block, Block]
    const keyOf = (of: Block, slots: readonly number[], cause: number): number =>
      List.batchOf(of, of.version, slots, cause).key
    const key = keyOf(block, [0, 1], 1)
    expect(key).toBeLessThan(0)
    expect(Number.isSafeInteger(key)).toBe(true)
    expect(keyOf(block, [0, 1], 1)).toBe(key)
    const others = [keyOf(block, [1, 0], 1), keyOf(block, [0], 1), keyOf(block, [0, 1], 2), keyOf(other, [0, 1], 1)]
    // Another point in the place of one of them.
    block.remove(1)
    block.add(5)
    others.push(keyOf(block, [0, 1], 1))
    expect(new Set([key, ...others]).size).toBe(6)
  })
})

it("nobody looks at a station where nothing happens by the clock", () => {
  const { image } = stage(1, 1)
  const scanned = Schedule.setScan(Schedule.none, image, 1, 700, { runMs: 0, nowMs: START_MS })
  const waking = [Schedule.wakeMs(Schedule.none, false, 100), Schedule.wakeMs(Schedule.none, true, 100)]
  expect([...waking, Schedule.wakeMs(scanned, false, 100)]).toEqual([Schedule.NEVER, 100, 100])
})
