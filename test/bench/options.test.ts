// The arguments of the benchmark, what is compared between commits, and what a profile adds up to.
import { describe, expect, it } from "vitest"
import { between, costOf } from "../../bench/builds.ts"
import { lowOf, noiseOf, type Row, ratioOf, verdictOf } from "../../bench/gate.ts"
import * as Options from "../../bench/options.ts"
import { selfTimes } from "../../bench/profile.ts"
import { type Scenario, scenarios } from "../../bench/scenarios.ts"

const names = (found: readonly Scenario[]): readonly string[] => found.map(({ name }) => name)

describe("the arguments", () => {
  it("have defaults: everything but what has to be named, five repetitions", () => {
    const options = Options.parse([])
    expect(names(options.scenarios)).toContain("events")
    expect(names(options.scenarios)).not.toContain("soak")
    expect([options.repetitions, options.peers, options.json]).toEqual([5, null, Options.defaultFile])
  })

  it("choose scenarios and peers by name, in the order of the programme", () => {
    const options = Options.parse(["--scenario", "command,events-8,interrogation-1000*", "--peers", "bare,ours"])
    expect(names(options.scenarios)).toEqual([
      ...["events-8", "interrogation-1000", "interrogation-1000-scattered", "interrogation-10000"],
      ...["interrogation-10000-scattered", "interrogation-100000", "interrogation-100000-scattered"],
      ...["interrogation-1000000", "interrogation-1000000-scattered", "command"]
    ])
    expect(options.peers).toEqual(new Set(["ours", "bare"]))
  })

  it.for([
    [["--scenario", "nonsense"], /unknown scenario nonsense; known are events, /],
    [["--peers", "ours,them"], /unknown peer them; known are ours, bare, /],
    [["--reps", "0"], /--reps is 0/],
    [["--reps", "many"], /--reps is many/],
    [["--fast"], /--fast/],
    [["stray"], /stray/]
  ] as const)("%o are refused: %s", ([words, why]) => {
    expect(() => Options.parse(words)).toThrow(Options.Refused)
    expect(() => Options.parse(words)).toThrow(why)
  })
})

describe("the scenarios", () => {
  it.for(scenarios(false))("$name has our server, metrics, and targets that it measures", (scenario) => {
    expect(scenario.peers.some(({ name }) => name === "ours")).toBe(true)
    const measured = new Set(scenario.metrics.map(({ key }) => key))
    expect(measured.size).toBeGreaterThan(0)
    for (const target of scenario.targets) {
      expect(measured).toContain(target.metric)
      expect(target.atLeast ?? target.atMost).toBeTypeOf("number")
      if (target.beside !== undefined) expect(scenario.peers.map(({ name }) => name)).toContain(target.beside)
    }
  })

  it("have names of their own, and the same ones when they are short", () => {
    const all = names(scenarios(false))
    expect(new Set(all).size).toBe(all.length)
    expect(names(scenarios(true))).toEqual(all)
  })
})

describe("a comparison", () => {
  it("is of the same work by both builds, judged by its cost", () => {
    const events = scenarios(true).find(({ name }) => name === "events") as Scenario
    const compared = between(events) as Scenario
    expect(compared.peers.map(({ name, program }) => [name, program])).toEqual([
      ["base", "server"],
      ["twin", "server"],
      ["head", "server"]
    ])
    expect(compared.peers[0]?.server).toEqual(events.peers[0]?.server)
    expect(costOf(events)).toBe("cpu_ns")
    expect(between({ ...events, peers: events.peers.filter(({ name }) => name !== "ours") })).toBeNull()
  })
})

it("a profile adds up self time between two moments, without idle time", () => {
  const frame = (functionName: string) => ({ functionName, url: "", lineNumber: 0, columnNumber: 0 })
  const nodes = ["start", "work", "(idle)", "work"].map((name, id) => ({ id, callFrame: frame(name) }))
  const profile = { nodes, startTime: 1000, samples: [0, 1, 2, 3, 1], timeDeltas: [10, 20, 40, 80, 160] }
  expect(selfTimes(profile, ({ functionName }) => functionName, 1020, 1200)).toEqual([["work", 100]])
})

describe("the gate", () => {
  const scenario = scenarios(true).find(({ name }) => name === "events") as Scenario
  const row = (noise: number | null, ratio: number | null): Row => ({ scenario, loss: 5, noise, ratio, problem: null })

  it("knows a program by its cheaper runs", () => {
    expect(lowOf([10, 30, 20, 40, 50])).toBe(20)
    expect(lowOf([40, 10])).toBe(17.5)
    expect(lowOf([])).toBeNaN()
    expect(ratioOf([11, 11, 90], [10, 10, 10])).toBeCloseTo(1.1)
    expect(ratioOf([], [10])).toBeNull()
  })

  it("knows how far a program differs from itself by chance", () => {
    expect(noiseOf([10, 11, 12])).toBeNull()
    expect(noiseOf([10, 10, 10, 10, 10, 10])).toBe(0)
    const apart = [10, 14, 10, 14, 12, 13, 10, 14, 11, 12]
    expect(noiseOf(apart)).toBeGreaterThan(0.05)
    expect(noiseOf(apart)).toBe(noiseOf(apart))
    // The dear half of the runs was disturbed, and does not count.
    expect(noiseOf([10, 10.1, 10, 10.2, 10.1, 10, 10, 10.1, 10, 10.1, 50, 80])).toBeLessThan(0.03)
  })

  it.for([
    [0.01, 1.04, "ok"],
    [0.01, 1.06, "LOSS"],
    [0.08, 1.1, "noisy"],
    [0.08, 0.5, "noisy"],
    [0.08, 1.14, "LOSS"],
    [null, 1, "BROKEN"],
    [0.01, null, "BROKEN"]
  ] as const)("noise %d and ratio %d: %s", ([noise, cost, verdict]) => {
    expect(verdictOf(row(noise, cost))).toBe(verdict)
  })

  it("does not judge what broke", () => {
    expect(verdictOf({ ...row(0.01, 1), problem: "lost 1" })).toBe("BROKEN")
  })
})
