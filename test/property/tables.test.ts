// The tables that span sessions are values: what they are given is not changed, the same makes the same, and two futures of one
// table do not see each other. Each does what a plain model of it does.
import { describe, expect, it } from "vitest"
import * as Held from "../../src/core/command/Held.ts"
import * as Output from "../../src/core/command/Output.ts"
import * as Image from "../../src/core/image/Image.ts"
import * as Profile from "../../src/core/Profile.ts"
import * as Rhythm from "../../src/core/read/Rhythm.ts"
import * as TagClock from "../../src/core/system/TagClock.ts"
import { Kept } from "./support/Kept.ts"
import { Random } from "./support/Random.ts"
import { freeze } from "./support/Snapshot.ts"

describe("who holds which command point", () => {
  it("is what a list of the last who selected each says", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      const of = Image.blockType(1, 45, Profile.iec)
      const { block } = Image.withBlock(Image.withStation(Image.empty, 1), 1, of)
      const points = new Map<number, Image.PointRef>()
      const place = (ioa: number): Image.PointRef => {
        const point = Image.refTo(block, block.add(ioa))
        points.set(ioa, point)
        return point
      }
      for (let ioa = 1; ioa <= 5; ioa++) place(ioa)
      const table = new Kept<Held.Table>(Held.none)
      const model = new Map<string, number>()
      const nameOf = (point: Image.PointRef): string => `${point.slot} ${point.born}`
      const past: { readonly point: Image.PointRef; readonly ioa: number; readonly session: number }[] = []
      for (let n = 0; n < 120; n++) {
        const ioa = 1 + random.below(5)
        const session = 1 + random.below(3)
        const point = points.get(ioa) as Image.PointRef
        if (random.chance(10)) {
          block.remove(point.slot)
          place(ioa)
        } else if (random.chance(60)) {
          const said = { kind: "selected", ...point, ioa, originator: session, untilMs: n, fresh: true } as const
          table.step(random, (held) => Held.put(held, session, said))
          model.set(nameOf(point), session)
          past.push({ point, ioa, session })
        } else if (past.length > 0) {
          const { point: gone, ioa: address, session: from } = random.pick(past)
          const said = { kind: "released", ...gone, ioa: address, why: "ended" } as const
          table.step(random, (held) => Held.drop(held, from, said))
          if (model.get(nameOf(gone)) === from) model.delete(nameOf(gone))
        }
        for (const held of points.values()) {
          const found = Held.find(table.now, held)
          expect(found?.session).toBe(model.get(nameOf(held)))
        }
      }
    }
  })
})

describe("an output", () => {
  it("changes nothing that it was", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      const table = new Kept<Output.Output<number>>(Output.free)
      for (let n = 0; n < 100; n++) {
        const [command, cause] = [1 + random.below(4), random.pick([7, 10])]
        const steps: readonly ((output: Output.Output<number>) => Output.Output<number>)[] = [
          (output) => (output.status === "free" ? Output.begin(output, command) : output),
          (output) => (Output.judge(output, 2) === "wait" ? Output.wait(output, command) : output),
          (output) => Output.leave(output, command),
          (output) => Output.overdue(output, command),
          (output) => Output.lose(output, command),
          (output) => Output.end(output, command),
          (output) => Output.release(output),
          (output) => Output.owe(output, { command, confirmed: false, since: n }),
          (output) => Output.answer(output, cause, false).output,
          (output) => Output.detach(output, false)
        ]
        table.step(random, random.pick(steps))
        expect(table.now.waiting.length).toBeLessThanOrEqual(2)
      }
    }
  })
})

describe("the tag clock", () => {
  it("is set by what was said last, and valid for a while from when that came", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = new Random(seed)
      const validMs = random.pick([0, 1000])
      const clock = new Kept(TagClock.make(true, validMs))
      const said: { readonly number: number; readonly utcMs: number; readonly arrivedMs: number }[] = []
      let set: (typeof said)[number] | null = null
      let nowMs = 0
      for (let n = 0; n < 100; n++) {
        nowMs += random.below(400)
        if (random.chance(40)) {
          clock.step(random, TagClock.tell)
          said.push({ number: clock.now.told, utcMs: random.below(1_000_000), arrivedMs: nowMs })
        } else if (said.length > 0) {
          const chosen = random.pick(said)
          clock.step(random, (table) => TagClock.set(table, chosen.number, chosen.utcMs, chosen.arrivedMs))
          if (set === null || chosen.number >= set.number) set = chosen
        }
        const valid = set !== null && (validMs === 0 || nowMs < set.arrivedMs + validMs)
        expect(TagClock.isValid(clock.now, nowMs)).toBe(valid)
        expect(clock.now.aheadMs).toBe(set === null ? null : set.utcMs - set.arrivedMs)
        const saysMs = set === null ? 77 : set.utcMs + nowMs - set.arrivedMs
        expect(TagClock.readMs(clock.now, nowMs, 77)).toBe(saysMs)
      }
    }
  })

  it("of this machine is always valid, whatever clients say", () => {
    const clock = freeze(TagClock.make(false, 1000))
    expect(TagClock.set(TagClock.tell(clock), 1, 5, 0).aheadMs).toBeNull()
    expect(TagClock.flags(clock, Number.MAX_SAFE_INTEGER)).toBe(0)
  })
})

describe("a rhythm", () => {
  it.each([
    ["aligned", 900_000],
    ["counted", 700]
  ])("that is %s is due once in each of its periods, whoever looks how often", (_, everyMs) => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      const startMs = 1_700_000_000_000 + random.below(everyMs)
      const rhythm = new Kept(Rhythm.make(everyMs, Image.utc(), 0, startMs))
      const aligned = Rhythm.isAligned(everyMs)
      const periodOf = (ms: number): number => Math.floor((aligned ? startMs + ms : ms) / everyMs)
      let done = periodOf(0)
      let runMs = 0
      for (let n = 0; n < 200; n++) {
        runMs += random.below(everyMs)
        const { due } = Rhythm.look(rhythm.now, runMs, startMs + runMs)
        rhythm.step(random, (table) => Rhythm.look(table, runMs, startMs + runMs).rhythm)
        expect(due).toBe(periodOf(runMs) > done)
        done = periodOf(runMs)
        const looked = Rhythm.look(rhythm.now, runMs, startMs + runMs)
        expect([looked.due, looked.rhythm]).toEqual([false, rhythm.now])
      }
    }
  })
})
