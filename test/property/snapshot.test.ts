// A station that is made of a snapshot goes on as the one does of which it was taken: the same octets, notices, answers and tables,
// whenever that was. Nothing of a snapshot is anything but data, and no field of a machine is left out without a word.
import { isDeepStrictEqual } from "node:util"
import { deserialize, serialize } from "node:v8"
import { describe, expect, it } from "vitest"
import { Block } from "../../src/core/image/Block.ts"
import * as Image from "../../src/core/image/Image.ts"
import * as EventLog from "../../src/core/log/EventLog.ts"
import { Copying } from "../../src/core/station/Plain.ts"
import { Publishing } from "../../src/core/station/Publishing.ts"
import * as Snapshot from "../../src/core/station/Snapshot.ts"
import { Bench, type Kept } from "./snapshot/Bench.ts"
import * as Program from "./snapshot/Program.ts"
import { Random } from "./support/Random.ts"

const SEEDS = Array.from({ length: 16 }, (_, at) => at + 1)
const INPUTS = 600
const AHEAD = 60

const begun = (seed: number, inputs = 0): Bench => {
  const bench = Bench.make(seed)
  Program.begin(bench)
  for (let n = 0; n < inputs; n++) Program.input(bench, n)
  return bench
}

/** Where two benches first say something else that do the same, or null. */
function differs(one: Bench, other: Bench, act: (bench: Bench) => void): string | null {
  one.said = []
  other.said = []
  act(one)
  act(other)
  const at = one.said.findIndex((what, index) => what !== other.said[index])
  if (at >= 0) return `${one.said[at]} instead of ${other.said[at]}`
  return one.said.length < other.said.length ? `nothing instead of ${other.said[one.said.length]}` : null
}

describe("a station that is made of a snapshot", () => {
  it.for(SEEDS)(
    "goes on with the same octets, notices, answers and tables, whenever that was taken (seed %i)",
    (seed) => {
      const random = new Random(seed)
      const bench = begun(seed)
      for (let n = 0; n < INPUTS; ) {
        for (const until = n + random.below(AHEAD); n < until; n++) Program.input(bench, n)
        const kept = bench.keep()
        const other = Bench.of(random.chance(50) ? structuredClone(kept) : (deserialize(serialize(kept)) as Kept))
        expect(isDeepStrictEqual(other.keep(), kept)).toBe(true)
        for (const until = n + AHEAD; n < until; n++)
          expect(differs(other, bench, (each) => Program.input(each, n))).toBeNull()
        expect(isDeepStrictEqual(other.keep(), bench.keep())).toBe(true)
        // What comes of the tables is asked for, by all clients.
        const [one, another] = [Bench.of(bench.keep()), Bench.of(other.keep())]
        expect(differs(one, another, Program.finish)).toBeNull()
      }
    }
  )

  it("does the same as one of which no snapshot was taken", () => {
    for (const seed of SEEDS.slice(0, 6)) {
      const [bench, alone] = [begun(seed), begun(seed)]
      for (let n = 0; n < 200; n++) {
        bench.keep()
        expect(differs(bench, alone, (each) => Program.input(each, n))).toBeNull()
      }
    }
  })

  it("shares nothing with the first one, nor with the snapshot", () => {
    for (const seed of SEEDS.slice(0, 6)) {
      const bench = begun(seed, 200)
      const kept = bench.keep()
      const before = structuredClone(kept)
      const [one, other] = [Bench.of(kept), Bench.of(kept)]
      for (let n = 200; n < 300; n++) Program.input(one, n)
      for (let n = 500; n < 600; n++) Program.input(bench, n)
      expect(isDeepStrictEqual(kept, before)).toBe(true)
      for (let n = 200; n < 300; n++) Program.input(other, n)
      expect(isDeepStrictEqual(one.keep(), other.keep())).toBe(true)
    }
  })
})

describe("a snapshot", () => {
  const take = (bench: Bench): Snapshot.Snapshot => bench.keep().snapshot
  const ports: Snapshot.Ports<never> = { zone: Image.utc, session: () => expect.unreachable() }
  const empty = (): Bench => Bench.make(1)

  it("leaves out what follows from the rest, and what a machine is given: no other field", () => {
    expect(Block.derived).toEqual([
      "ca",
      "eventKey",
      "eventTagged",
      "priority",
      "command",
      "layout",
      "kind",
      "stride",
      "view"
    ])
    const { publishing } = begun(1).station
    const [log] = publishing.logs
    for (const port of EventLog.ports) expect(log?.[port]).toBeTypeOf("function")
    for (const port of Publishing.ports) expect(Reflect.get(publishing, port)).toBeTypeOf("function")
  })

  it("is of a station between two inputs", () => {
    const bench = begun(1)
    const [session] = bench.sessions.values()
    session?.exchange.enter()
    expect(() => take(bench)).toThrow("session 1 is amid an input: a snapshot is taken between two")
    session?.exchange.leave()
    session?.exchange.announce(true)
    expect(() => take(bench)).toThrow("session 1 is amid an input")
    session?.exchange.announce(false)
    bench.station.publishing.due = "now"
    expect(() => take(bench)).toThrow("what was published is due: a snapshot is taken when that is done")
  })

  it("is no snapshot where something is no data: it is refused by its path", () => {
    const refused = (value: unknown): (() => Snapshot.Snapshot) => {
      const bench = empty()
      Object.assign(bench.station, { tagClock: { ...bench.station.tagClock, strange: [value] } })
      return () => take(bench)
    }
    expect(refused(() => {})).toThrow("station.tagClock.strange.0 is a function")
    expect(refused(new Date())).toThrow("station.tagClock.strange.0 is a Date")
    expect(refused(Symbol("one"))).toThrow("station.tagClock.strange.0 is a symbol")
    expect(refused(begun(1))).toThrow("station.tagClock.strange.0 is a Bench")
    expect(refused({ $: "block" })).toThrow('station.tagClock.strange.0 has a field "$"')
    const circle: unknown[] = []
    circle.push(circle)
    expect(refused(circle)).toThrow("station.tagClock.strange.0.0 is a part of itself")
  })

  it("has one block of a number", () => {
    const bench = begun(1)
    const [at] = Image.all(bench.station.world.image)
    const [block] = at?.blocks ?? []
    if (block === undefined) return expect.unreachable()
    const other = new Block(block.of, block.layout, block.zone, block.number)
    Object.assign(bench.station, { schedule: { ...bench.station.schedule, strange: other } })
    expect(() => take(bench)).toThrow(`station.schedule.strange is another block ${block.number}`)
  })

  it("has every field of every machine, and no other one", () => {
    const { snapshot } = begun(3).keep()
    /** With a field more, or one less. */
    const broken = (change: (of: Record<string, unknown>, snapshot: Snapshot.Snapshot) => void) => {
      const copy = structuredClone(snapshot)
      change(copy.station, copy)
      return () => Snapshot.restore<never>(copy, { ...ports, session: () => ({ number: 0 }) as never })
    }
    const first = (of: ReadonlyMap<number, unknown>): Record<string, unknown> =>
      of.values().next().value as Record<string, unknown>
    expect(broken((of) => delete of["schedule"])).toThrow('Station has a field "schedule", which the snapshot has not')
    expect(broken((of) => Object.assign(of, { more: 1 }))).toThrow(
      'the snapshot has a field "more" of Station, which that has not'
    )
    expect(broken((_, { blocks }) => delete first(blocks)["heirs"])).toThrow('Block has a field "heirs"')
    expect(broken((_, { exchanges }) => delete first(exchanges)["batch"])).toThrow('Exchange has a field "batch"')
    expect(broken((of) => delete (of["publishing"] as Record<string, unknown>)["flushAt"])).toThrow(
      'Publishing has a field "flushAt"'
    )
    expect(broken((_, { exchanges }) => (exchanges as Map<number, unknown>).clear())).toThrow(
      /speaks of session \d+, which it has not/
    )
    expect(broken((_, { blocks }) => (blocks as Map<number, unknown>).clear())).toThrow(
      /speaks of block \d+, which it has not/
    )
    expect(broken((_, of) => Object.assign(of, { version: 2 }))).toThrow("the snapshot is of version 2, not 1")
  })

  it("has what is shared once, so that it is as large as what it is taken of", () => {
    const shared = { deep: [1, 2, 3] }
    const copy = new Copying(() => undefined).of("all", [shared, { again: shared }]) as [object, { again: object }]
    expect(copy[1].again).toBe(copy[0])
    expect(copy[0]).not.toBe(shared)
    const bare = Object.assign(Object.create(null) as object, { one: [1] })
    expect(new Copying(() => undefined).of("bare", bare)).toEqual({ one: [1] })
  })
})
