// What a benchmark run is worth: completeness, spread, paired ratios, targets, and the page that is made of them.
import { describe, expect, it } from "vitest"
import { figure, hourOf, page, scenarioText } from "../../bench/report.ts"
import { flatten, incomplete, judge, measured, paired, type Results, type Run, spread } from "../../bench/results.ts"
import type { Scenario } from "../../bench/scenarios.ts"

const run = (peer: string, repetition: number, values: Readonly<Record<string, number>>, problem?: string): Run => ({
  scenario: "events",
  peer,
  repetition,
  values,
  problem: problem ?? null,
  skipped: null
})

const scenario: Scenario = {
  name: "events",
  title: "Events one by one",
  client: ["events"],
  peers: [
    { name: "ours", program: "server", server: [] },
    { name: "bare", program: "limit", server: [] },
    { name: "c104", program: "c104", server: [] }
  ],
  metrics: [{ key: "per_s", label: "a second" }],
  targets: [
    { metric: "per_s", beside: "bare", atLeast: 0.9 },
    { metric: "per_s", atLeast: 1000 }
  ]
}

describe("a run", () => {
  it.for([
    [{ n: 10, ok: 10, lost: 0, gaps: 0 }, null],
    [{ lost: 3 }, "lost 3"],
    [{ gaps: 1, duplicates: 2, sequence_errors: 4 }, "gaps 1, duplicates 2, sequence_errors 4"],
    [{ n: 10, ok: 9 }, "9 of 10"],
    [{ ok: 5, clients: 6 }, "5 of 6 connections"],
    [{ ok: 6, clients: 6, answered: 5 }, "5 of 6 answered"],
    [{ n: 10, ok: 10, loaded: 2 }, "2 of 10 under load"],
    [{ objects: 99, most_objects: 100, terminated: 1 }, "99 of 100 points"],
    [{ objects: 100, most_objects: 101, terminated: 1 }, "100 of 100 points"],
    [{ objects: 100, most_objects: 100, terminated: 0 }, "not terminated"]
  ] as const)("with %o is a measurement, or not: %s", ([values, why]) => {
    expect(incomplete(values as Readonly<Record<string, number>>, 100)).toBe(why)
  })

  it("of interrogations is the first one, the median of the others, and the least that came", () => {
    const rounds = [9, 3, 1, 2].map((ms, i) => ({ ms, cpu_ms: ms / 2, objects: 100 - i, frames: 7, terminated: 1 }))
    expect(flatten({ mode: "interrogation", runs: rounds, closed: 0 })).toEqual({
      ...{ closed: 0, cold_ms: 9, ms: 2, cpu_ms: 1, objects: 97, most_objects: 100, frames: 7, terminated: 1 }
    })
  })

  it("of many interrogations is warm by the second to the eleventh, and settled by the last ten", () => {
    const rounds = Array.from({ length: 61 }, (_, i) => (i === 0 ? 99 : i <= 10 ? 5 : i <= 50 ? 4 : 3))
    const runs = rounds.map((ms) => ({ ms, cpu_ms: 2 * ms }))
    expect(flatten({ runs })).toMatchObject({ cold_ms: 99, ms: 5, cpu_ms: 10, settled_ms: 3, settled_cpu_ms: 6 })
  })
})

describe("figures", () => {
  it("are medians with their spread", () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3, count: 3 })
    expect(spread([4, 1, 2, 3])).toEqual({ median: 2.5, least: 1, most: 4, count: 4 })
    expect(spread([])).toBeNull()
  })

  it("have as many digits as they deserve", () => {
    expect([1_234_567, 99.94, 5.678, 0.4567, 0, -3.21].map(figure)).toEqual([
      ...["1,234,567", "99.9", "5.68", "0.457", "0.00", "-3.21"]
    ])
  })

  it("leave out runs that are no measurement", () => {
    const runs = [run("ours", 0, { per_s: 10 }), run("ours", 1, { per_s: 99 }, "lost 1")]
    expect(measured(runs, "events", "ours", "per_s")).toEqual({ median: 10, least: 10, most: 10, count: 1 })
  })

  it("are compared within a repetition, never across", () => {
    const runs = [
      ...[run("ours", 0, { per_s: 90 }), run("bare", 0, { per_s: 100 })],
      ...[run("ours", 1, { per_s: 9 }), run("bare", 1, { per_s: 10 })],
      ...[run("ours", 2, { per_s: 1 }), run("bare", 2, { per_s: 10 }, "lost 1")]
    ]
    expect(paired(runs, "events", ["ours", "bare"], "per_s")).toEqual({ median: 0.9, least: 0.9, most: 0.9, count: 2 })
  })
})

it("a difference to nothing is one, a ratio to nothing is none", () => {
  const runs = [run("ours", 0, { idle: 5 }), run("bare", 0, { idle: 0 })]
  expect(paired(runs, "events", ["ours", "bare"], "idle")).toBeNull()
  expect(paired(runs, "events", ["ours", "bare"], "idle", (a, b) => a - b)?.median).toBe(5)
})

describe("a target", () => {
  const runs = [run("ours", 0, { per_s: 800 }), run("bare", 0, { per_s: 1000 })]
  it.for([
    [{ metric: "per_s", beside: "bare", atLeast: 0.8 }, true],
    [{ metric: "per_s", beside: "bare", atLeast: 0.81 }, false],
    [{ metric: "per_s", beside: "bare", difference: true, atMost: -200 }, true],
    [{ metric: "per_s", beside: "bare", difference: true, atMost: -201 }, false],
    [{ metric: "per_s", atMost: 800 }, true],
    [{ metric: "per_s", atMost: 799 }, false],
    [{ metric: "per_s", beside: "c104", atLeast: 0 }, false]
  ] as const)("%o is reached: %s", ([target, reached]) => {
    expect(judge(runs, "events", target).reached).toBe(reached)
  })
})

describe("the page", () => {
  const results: Results = {
    conditions: [
      {
        date: "2026-01-02 03:04",
        commit: "abc1234",
        command: "npm run bench",
        processor: "Some CPU",
        cores: 2,
        memoryGb: 8,
        system: "Linux 6 x64",
        node: "v24.0.0",
        c104: "2.2.1",
        pinned: true,
        loadAverage: 0.5,
        quick: false
      }
    ],
    runs: [
      ...[run("ours", 0, { per_s: 800 }), run("bare", 0, { per_s: 1000 })],
      ...[run("ours", 1, { per_s: 900 }), run("bare", 1, { per_s: 1000 })],
      run("c104", 0, { per_s: 7 }, "lost 5"),
      run("c104", 1, { per_s: 7 }, "lost 6")
    ]
  }

  it("shows figures, ratios, targets and what is no measurement", () => {
    expect(scenarioText(scenario, results.runs).trimEnd().split("\n")).toEqual([
      "### Events one by one",
      "",
      "`events`, 2 alternating runs",
      "",
      "|  | this server | bare Node, copies | c104 | this server / bare Node, copies |",
      "| --- | --- | --- | --- | --- |",
      "| a second | 850 [800 .. 900] | 1,000 [1,000 .. 1,000] | - | 0.850 [0.800 .. 0.900] |",
      "",
      "- **not reached**: a second: at least 0.900 times bare Node, copies; measured 0.850 [0.800 .. 0.900]",
      "- **not reached**: a second: at least 1,000; measured 850 [800 .. 900]",
      "",
      "- c104: 2 of 2 runs are no measurement: lost 5"
    ])
  })

  it("says under which conditions, how many targets are reached, and nothing of what was not run", () => {
    const text = page(results, [scenario, { ...scenario, name: "other", title: "Not run" }])
    expect(text).toContain("- Some CPU, 2 cores, 8 GiB; Linux 6 x64")
    expect(text).toContain("commit abc1234, load average 0.5 at the start: `npm run bench`")
    expect(text).toContain("0 of 2 targets are reached.")
    expect(text).not.toContain("Not run")
  })

  it("goes on to say what was found in an hour", () => {
    const text = page(results, [scenario], "Nothing was lost.")
    expect([hourOf(text), hourOf(page(results, [scenario]))]).toEqual(["Nothing was lost.", null])
  })
})
