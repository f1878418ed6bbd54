// The parts of the simulator: chance that comes again, a total order of what happens, pipes that lose nothing, and a codec that
// agrees with the one of the product though it shares nothing with it.
import { describe, expect, it } from "vitest"
import { Agenda } from "../../../src/core/simulation/Agenda.ts"
import { Chance } from "../../../src/core/simulation/Chance.ts"
import * as Codec from "../../../src/core/simulation/Codec.ts"
import { Pipe } from "../../../src/core/simulation/Pipe.ts"
import * as Plant from "../../../src/core/simulation/Plant.ts"
import * as Time from "../../../src/core/wire/Time.ts"

const draws = (chance: Chance): number[] => Array.from({ length: 50 }, () => chance.next())

describe("chance", () => {
  it("comes again from its seed, and is another one from another", () => {
    expect(draws(new Chance(7))).toEqual(draws(new Chance(7)))
    expect(draws(new Chance(7))).not.toEqual(draws(new Chance(8)))
  })
  it("is the same on every engine", () => {
    const chance = new Chance(1)
    expect([chance.next(), chance.next(), chance.split(3).next()]).toEqual([3811535168, 1560173363, 1352899389])
  })
  it("is split into streams that do not depend on what was drawn", () => {
    const one = new Chance(7)
    const other = new Chance(7)
    draws(other)
    expect(draws(one.split(2))).toEqual(draws(other.split(2)))
    expect(draws(one.split(2))).not.toEqual(draws(one.split(3)))
  })
})

describe("the agenda", () => {
  it("lets things happen by time, and of those at one time by the order of planning", () => {
    const agenda = new Agenda(1000)
    const chance = new Chance(3)
    const happened: { readonly at: number; readonly n: number }[] = []
    for (let n = 0; n < 500; n++) {
      const at = chance.below(40)
      agenda.at(at, () => happened.push({ at: agenda.nowMs, n }))
    }
    while (agenda.step()) {}
    expect(happened).toHaveLength(500)
    expect(happened).toEqual([...happened].sort((a, b) => a.at - b.at || a.n - b.n))
    expect(agenda.wallMs).toBe(1000 + agenda.nowMs)
  })
})

describe("a pipe", () => {
  const passed = (cuts: number, merges: number): { readonly all: Uint8Array; readonly cut: boolean } => {
    const agenda = new Agenda(0)
    const pieces: Uint8Array[] = []
    const way = { latencyMs: 5, jitterMs: 30, cuts, merges }
    const pipe = new Pipe(agenda, new Chance(5), way, (octets) => pieces.push(octets))
    for (let n = 0; n < 100; n++) agenda.at(n, () => pipe.write(Uint8Array.of(n, n, n)))
    while (agenda.step()) {}
    return { all: Codec.joined(pieces), cut: pieces.some(({ length }) => length % 3 !== 0) }
  }
  it("hands out all octets in order, in other pieces", () => {
    const whole = Codec.joined(Array.from({ length: 100 }, (_, n) => Uint8Array.of(n, n, n)))
    for (const [cuts, merges] of [
      [0, 0],
      [500, 0],
      [0, 500],
      [500, 500]
    ] as const)
      expect(passed(cuts, merges).all).toEqual(whole)
    expect([passed(500, 0).cut, passed(0, 500).cut]).toEqual([true, false])
  })
  it("hands out nothing while it stands, and nothing at all once it is cut", () => {
    const agenda = new Agenda(0)
    const times: number[] = []
    const way = { latencyMs: 5, jitterMs: 0, cuts: 0, merges: 0 }
    const pipe = new Pipe(agenda, new Chance(5), way, () => times.push(agenda.nowMs))
    pipe.stand(100)
    pipe.write(Uint8Array.of(1))
    while (agenda.step()) {}
    pipe.write(Uint8Array.of(1))
    pipe.cut()
    while (agenda.step()) {}
    expect(times).toEqual([100])
  })
})

describe("the codec of the controlling side", () => {
  it("reads what it writes", () => {
    const frame = Codec.read(Codec.i(300, 32_767, Codec.asdu(45, 0xc7, 3, 0x1234, 0x010203, 0x81)))
    expect(frame).toMatchObject({ format: "I", ns: 300, nr: 32_767, type: 45, count: 1, cause: 7, oa: 3, ca: 0x1234 })
    expect(frame).toMatchObject({ negative: true, test: true, sq: false })
    expect(Codec.firstIoa(frame)).toBe(0x010203)
    expect(Codec.fault(frame)).toBeNull()
    expect(Codec.fault(Codec.read(Codec.i(0, 0, Codec.asdu(45, 7, 3, 1, 1, 1, 1))))).toContain("octets")
  })
  it("says times as the product does", () => {
    const chance = new Chance(11)
    for (let n = 0; n < 2000; n++) {
      const ms = Time.FIRST_MS + chance.next() * 734 + chance.below(1000)
      if (ms > Time.LAST_MS) continue
      const [low, high] = [Time.cp56Low(ms) >>> 0, Time.cp56High(ms) >>> 0]
      const octets = [low & 255, (low >> 8) & 255, (low >> 16) & 255, low >>> 24]
      const words = [...octets.slice(0, 3), ...[0, 8, 16, 24].map((by) => (((high << 8) | (low >>> 24)) >>> by) & 255)]
      expect(Codec.time(ms)).toEqual(words)
    }
  })
  it("says times that no tag can say as the nearest, and invalid", () => {
    expect([...Plant.tagOf(0, 0, false)]).toEqual([0, 0, 0x80, 0, 1, 1, 0])
  })
})
