// Simulated values: they repeat exactly, stay in their bounds, and say when the next one is due.
import { describe, expect, it } from "vitest"
import * as Simulate from "../../src/shell/config/Simulate.ts"

const sine: Simulate.Sine = { kind: "sine", everyMs: 1000, periodMs: 60_000, amplitude: 10, offset: 5, integer: false }
const toggle: Simulate.Toggle = { kind: "toggle", everyMs: 2000, low: 1, high: 2 }
const walk: Simulate.RandomWalk = {
  kind: "random-walk",
  everyMs: 500,
  step: 2,
  min: -50,
  max: 100,
  seed: 7,
  integer: false
}

const samples = (simulation: Simulate.Simulation, index: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, sample) => Simulate.valueAt(simulation, index, sample * simulation.everyMs))

describe("sine", () => {
  it("swings by its amplitude around its offset, once a period", () => {
    expect(Simulate.valueAt(sine, 0, 0)).toBe(5)
    expect(Simulate.valueAt(sine, 0, 15_000)).toBeCloseTo(15, 10)
    expect(Simulate.valueAt(sine, 0, 45_000)).toBeCloseTo(-5, 10)
    expect(Simulate.valueAt(sine, 0, 60_000)).toBeCloseTo(5, 10)
  })

  it("gives every point of a row its own phase", () => {
    const first = Array.from({ length: 500 }, (_, index) => Simulate.valueAt(sine, index, 0))
    expect(new Set(first).size).toBe(500)
  })

  it("holds its value between two samples", () => {
    expect(Simulate.valueAt(sine, 3, 7999)).toBe(Simulate.valueAt(sine, 3, 7000))
    expect(Simulate.valueAt(sine, 3, 8000)).not.toBe(Simulate.valueAt(sine, 3, 7999))
  })

  it("is whole where the point is", () => {
    expect(samples({ ...sine, integer: true }, 1, 100).every(Number.isInteger)).toBe(true)
  })
})

describe("toggle", () => {
  it("changes between two states, neighbours in opposite ones", () => {
    expect(samples(toggle, 0, 4)).toEqual([1, 2, 1, 2])
    expect(samples(toggle, 1, 4)).toEqual([2, 1, 2, 1])
  })
})

describe("random walk", () => {
  const long = samples(walk, 0, 20_000)

  it("stays between min and max and never steps further than step", () => {
    expect(Math.min(...long)).toBeGreaterThanOrEqual(walk.min)
    expect(Math.max(...long)).toBeLessThanOrEqual(walk.max)
    const steps = long.slice(1).map((value, at) => Math.abs(value - (long[at] ?? Number.NaN)))
    expect(Math.max(...steps)).toBeLessThanOrEqual(walk.step + 1e-9)
    expect(steps.filter((step) => step > 0).length).toBeGreaterThan(0.99 * steps.length)
  })

  it("uses a good part of its range", () => {
    expect(Math.max(...long) - Math.min(...long)).toBeGreaterThan((walk.max - walk.min) / 3)
  })

  it("keeps its step also where it is whole", () => {
    const whole = samples({ ...walk, integer: true }, 0, 5000)
    expect(whole.every(Number.isInteger)).toBe(true)
    expect(Math.max(...whole.slice(1).map((value, at) => Math.abs(value - (whole[at] ?? 0))))).toBeLessThanOrEqual(
      walk.step + 1
    )
  })

  it("is the same every time, and another one for another seed or point", () => {
    expect(samples(walk, 0, 200)).toEqual(long.slice(0, 200))
    expect(samples({ ...walk, seed: 1_000_003 }, 0, 200)).not.toEqual(long.slice(0, 200))
    expect(samples(walk, 1, 200)).not.toEqual(long.slice(0, 200))
  })

  it("can be asked for any instant, also after years", () => {
    const value = Simulate.valueAt(walk, 0, 3e11)
    expect(value).toBeGreaterThanOrEqual(walk.min)
    expect(value).toBeLessThanOrEqual(walk.max)
  })
})

describe("count", () => {
  const count: Simulate.Count = { kind: "count", everyMs: 200, step: 3 }

  it("counts its step each time, all points of a row alike", () => {
    expect(samples(count, 0, 4)).toEqual([0, 3, 6, 9])
    expect(Simulate.valueAt(count, 7, 799)).toBe(9)
  })

  it("is next due with the next step", () => {
    expect(Simulate.nextAt(count, 0, 799)).toBe(800)
  })
})

describe("the next value", () => {
  it.each([sine, toggle, walk])("of a $kind is due after this instant, at a multiple of its period", (simulation) => {
    const { everyMs } = simulation
    expect(Simulate.nextAt(simulation, 0, 0)).toBe(everyMs)
    expect(Simulate.nextAt(simulation, 5, everyMs - 1)).toBe(everyMs)
    expect(Simulate.nextAt(simulation, 5, everyMs)).toBe(2 * everyMs)
  })
})
