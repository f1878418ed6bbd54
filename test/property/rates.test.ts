// Events by change: whether one is made, when, and what is kept of it does what a plain model of a point with a band and a rate
// does, whatever is told between; and events that are put off are a value.
import { describe, expect, it } from "vitest"
import type { Block } from "../../src/core/image/Block.ts"
import * as Dues from "../../src/core/image/Dues.ts"
import * as Image from "../../src/core/image/Image.ts"
import type { Deadband } from "../../src/core/image/Told.ts"
import * as EventLog from "../../src/core/log/EventLog.ts"
import * as Publish from "../../src/core/log/Publish.ts"
import * as Rates from "../../src/core/log/Rates.ts"
import * as Profile from "../../src/core/Profile.ts"
import * as Delayed from "../../src/core/station/Delayed.ts"
import { Kept } from "./support/Kept.ts"
import { Random } from "./support/Random.ts"

/** What is known of a point by itself. */
interface Model {
  band: Deadband | null
  everyMs: number
  told: { readonly value: number; readonly quality: number } | null
  atMs: number
}

const blank = (): Model => ({ band: null, everyMs: 0, told: null, atMs: Number.NEGATIVE_INFINITY })

function hasMoved({ band, told }: Model, value: number, quality: number): boolean {
  if (told === null || told.quality !== quality) return true
  if (band === null) return value !== told.value
  const width = "absolute" in band ? band.absolute : (Math.abs(told.value) * band.percent) / 100
  return Math.abs(value - told.value) > width
}

const blockOf = (type: number): Block =>
  Image.withBlock(Image.withStation(Image.empty, 1), 1, Image.blockType(1, type, Profile.iec)).block

describe("events by change", () => {
  it("are made where a value leaves its band or a quality changes, as often as the rate allows", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed)
      const block = blockOf(13)
      const log = EventLog.make(4096)
      const models: Model[] = []
      // Some share a page of what is kept, some do not.
      for (let slot = 0; slot < 70; slot++) {
        block.add(slot + 1)
        models.push(blank())
      }
      let nowMs = 0
      for (let n = 0; n < 300; n++) {
        nowMs += random.below(30)
        const slot = random.pick([0, 1, 31, 32, 69])
        const model = models[slot] as Model
        if (random.chance(5)) {
          model.band = random.pick([null, { absolute: random.below(20) }, { percent: random.below(50) }])
          Rates.setDeadband(block, slot, model.band)
        } else if (random.chance(6)) {
          model.everyMs = random.pick([0, 50, 100])
          Rates.setMinInterval(block, slot, model.everyMs)
        } else if (random.chance(3)) {
          // Another point in its place has nothing of it.
          block.remove(slot)
          expect(block.add(1000 + n)).toBe(slot)
          models[slot] = blank()
        } else {
          const value = random.below(60)
          const quality = random.pick([0, 0, 0, 0x80])
          Image.setValue(block, slot, value)
          Image.setQuality(block, slot, quality)
          const mayMs = Rates.mayTell(log, block, slot)
          const expected = hasMoved(model, value, quality) ? model.atMs + model.everyMs : Rates.NEVER
          expect(mayMs).toBe(expected)
          if (nowMs >= mayMs || random.chance(20)) {
            Rates.made(block, slot, nowMs)
            const cause = random.pick([3, 3, 20])
            Publish.note(block, slot, cause)
            EventLog.append(log, block, slot, cause, 0, 0)
            model.atMs = nowMs
            if (cause === 3) model.told = { value, quality }
          }
          expect(Rates.hasMoved(block, slot)).toBe(hasMoved(model, value, quality))
        }
        const { band, everyMs, atMs } = models[slot] as Model
        expect([Rates.deadband(block, slot), Rates.minIntervalMs(block, slot)]).toEqual([band, everyMs])
        expect(Rates.allowedMs(block, slot)).toBe(atMs + everyMs)
      }
    }
  })

  it("are compared at first with the newest event, as long as the log has that", () => {
    const block = blockOf(13)
    for (let ioa = 1; ioa <= 2; ioa++) block.add(ioa)
    const log = EventLog.make(64)
    Image.setValue(block, 0, 5)
    EventLog.append(log, block, 0, 3, 0, 0)
    Image.setValue(block, 1, 6)
    EventLog.append(log, block, 1, 3, 0, 0)
    expect(Rates.mayTell(log, block, 0)).toBe(Rates.NEVER)
    for (let n = 0; n < 64; n++) EventLog.append(log, block, 0, 3, 0, 0)
    expect(Rates.mayTell(log, block, 1)).toBe(Number.NEGATIVE_INFINITY)
  })

  it("cost points without them nothing", () => {
    const block = blockOf(13)
    for (let ioa = 1; ioa <= 100; ioa++) block.add(ioa)
    Rates.setDeadband(block, 0, null)
    Rates.setMinInterval(block, 0, 0)
    Publish.note(block, 0, 3)
    expect(block.told).toBeNull()
    Rates.setDeadband(block, 99, { absolute: 1 })
    expect(block.told?.find(0)).toBeUndefined()
    block.clear()
    expect(block.told).toBeNull()
  })
})

describe("events that are put off", () => {
  it("are made when their time has come, as often as a list of them says", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed)
      const block = blockOf(13)
      const log = EventLog.make(64)
      for (let ioa = 1; ioa <= 6; ioa++) block.add(ioa)
      for (let slot = 0; slot < 6; slot++) Rates.setMinInterval(block, slot, 50 + slot)
      const delayed = new Kept<Delayed.Delayed>(Delayed.none)
      let waiting: number[] = []
      let nowMs = 0
      for (let n = 0; n < 100; n++) {
        nowMs += random.below(30)
        const slot = random.below(6)
        if (random.chance(50)) {
          Image.setValue(block, slot, random.below(3))
          const mayMs = Rates.mayTell(log, block, slot)
          if (mayMs === Rates.NEVER) continue
          if (nowMs < mayMs) {
            delayed.step(random, (table) => Delayed.put(table, block, slot, mayMs))
            if (!waiting.includes(slot)) waiting.push(slot)
          } else {
            Rates.made(block, slot, nowMs)
            Publish.note(block, slot, 3)
          }
        } else if (random.chance(10)) {
          delayed.step(random, (table) => Delayed.forget(table, block, slot))
          waiting = waiting.filter((other) => other !== slot)
        } else if (random.chance(11)) {
          Rates.setMinInterval(block, slot, random.pick([10, 200]))
          delayed.step(random, (table) => Delayed.changed(table, block, slot))
        } else if (random.chance(5)) {
          delayed.step(random, (table) => Delayed.forgetBlock(table, block))
          waiting = []
        } else {
          const expected = waiting.filter((other) => nowMs >= Rates.allowedMs(block, other))
          const found: number[] = []
          for (const point of Delayed.due(delayed.now, nowMs)) {
            const isMoved = Rates.hasMoved(block, point.slot)
            const isDue = nowMs >= Rates.allowedMs(block, point.slot)
            const { isTold } = Delayed.judge(delayed.now, point, nowMs)
            delayed.step(random, (table) => Delayed.judge(table, point, nowMs).delayed)
            expect(isTold).toBe(isDue && isMoved)
            if (isDue) found.push(point.slot)
            if (isTold) Rates.made(block, point.slot, nowMs)
            if (isTold) Publish.note(block, point.slot, 3)
          }
          expect(found).toEqual(expected)
          waiting = waiting.filter((other) => !expected.includes(other))
        }
        expect([Delayed.isAny(delayed.now), Dues.size(delayed.now)]).toEqual([waiting.length > 0, waiting.length])
      }
    }
  })

  it("are not made of a point that was removed, or made one, while others of them were made", () => {
    const block = blockOf(13)
    for (let ioa = 1; ioa <= 2; ioa++) block.add(ioa)
    const delayed = Delayed.put(Delayed.put(Delayed.none, block, 0, 10), block, 1, 10)
    const [first, second] = Delayed.due(delayed, 10) as [Image.PointRef, Image.PointRef]
    expect(Delayed.judge(Delayed.forget(delayed, block, 0), first, 10).isTold).toBe(false)
    Rates.setMinInterval(block, 1, 100)
    Rates.made(block, 1, 5)
    const judged = Delayed.judge(delayed, second, 10)
    expect(judged.isTold).toBe(false)
    expect(Delayed.due(judged.delayed, 104).map(({ slot }) => slot)).toEqual([0])
    expect(Delayed.due(judged.delayed, 105).map(({ slot }) => slot)).toEqual([0, 1])
  })
})
