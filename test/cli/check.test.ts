// `iec104 check`: what it says about keys that reach beyond the file itself.
import * as fs from "node:fs"
import { describe, expect, it } from "vitest"
import { iec104, linesOf, scratch } from "./support.ts"

const { within, write } = scratch()

const STATION = "stations: [{ commonAddress: 1, counters: { mode: A }, points: [{ address: 1, type: M_IT_NA_1 }] }]\n"

/** A long list as a message shows it. */
const LONG = '[[1,"a",{"b":2}],[1,"a",{"b":2}],[1,"a",{"b":2}],[1,"a",{"'.slice(0, 57)

describe("iec104 check", () => {
  it("accepts a folder for files that is there or not yet, and does not make it", async () => {
    fs.mkdirSync(within("store"))
    const [there, missing] = [
      write("there.yaml", `files: store\n${STATION}`),
      write("new.yaml", `files: new\n${STATION}`)
    ]
    expect((await iec104(["check", there])).code).toBe(0)
    expect((await iec104(["check", missing])).code).toBe(0)
    expect(fs.existsSync(within("new"))).toBe(false)
  })

  it("refuses a folder for files that is none", async () => {
    const file = write("none.yaml", `files: none.yaml\n${STATION}`)
    expect(await iec104(["check", file])).toEqual({
      code: 1,
      out: "",
      err: `${file}: files: ${file} is not a folder\n`
    })
  })

  it("warns of counters that are never frozen", async () => {
    const file = write("counters.yaml", STATION)
    const { code, out } = await iec104(["check", file])
    expect(code).toBe(0)
    expect(out).toContain(`${file}:1:42 stations[0].counters: warning: mode A without freeze`)
  })

  it("names every problem, however many there are", async () => {
    const rows = 130_000
    const file = write("many.yaml", `stations: [{ commonAddress: 1, points: [${"0,".repeat(rows)}] }]\n`)
    const { code, err } = await iec104(["check", file])
    expect([code, err.slice(-30)]).toEqual([1, expect.stringContaining(`: ${rows} problems\n`)])
    const lines = linesOf(err)
    expect(lines).toHaveLength(rows + 1)
    expect(lines[rows - 1]).toContain(`stations[0].points[${rows - 1}]: expected a point`)
  })

  it("names an alias that stands for what it is in", async () => {
    const file = write("round.yaml", "stations: &all [{ commonAddress: 1, points: *all }]\n")
    const { code, err } = await iec104(["check", file])
    expect([code, err]).toEqual([
      1,
      `${file}:1:45: not valid YAML: the alias *all is within what &all names\n${file}: 1 problem\n`
    ])
  })

  it.each([
    ["mapping", `${"{".repeat(30)}"a": 1${"}".repeat(30)}`, "1:2: a key is a text, not a mapping"],
    ["mapping of another", "stations: 1\n? { b: 1 }\n: 2\n", "2:3: a key is a text, not a mapping"],
    ["list", "{ [1, 2]: 1 }", "1:3: a key is a text, not a list"],
    ["what an alias stands for", "name: &list [1]\n*list : 2\n", "2:1: a key is a text, not what &list names"]
  ])("names a key that is a %s", async (_, text, problem) => {
    const file = write("key.yaml", text)
    const { code, out, err } = await iec104(["check", file])
    expect([code, out, err]).toEqual([1, "", `${file}:${problem}\n${file}: 1 problem\n`])
  })

  it.each([
    ["lists", `stations: ${"[".repeat(32)}${"]".repeat(32)}`, "1:42"],
    ["lists by lines", `stations:\n  ${"- ".repeat(100)}1`, "2:65"],
    ["mappings", `${"{ a: ".repeat(33)}1${"}".repeat(33)}`, "1:161"],
    ["lists, more than the parser takes", `stations: ${"[".repeat(20_000)}`, "1:"]
  ])("names %s that are too deep within each other", async (_, text, place) => {
    const file = write("deep.yaml", text)
    const { code, err } = await iec104(["check", file])
    expect([code, err.slice(0, file.length + place.length + 1)]).toEqual([1, `${file}:${place}`])
    expect(err).toContain("mappings and lists are within each other 32 deep at most\n")
    expect(linesOf(err)).toHaveLength(2)
  })

  it("repeats of what stands in the file no more than can be read", async () => {
    const file = write(
      "long.yaml",
      `${"k".repeat(900)}: 1\nlisten: [${"[1, a, { b: 2 }],".repeat(100)}]\nstations: 1\n`
    )
    const { err } = await iec104(["check", file])
    expect(linesOf(err).slice(0, 3)).toEqual([
      expect.stringContaining(`:1:1 ${"k".repeat(57)}...: unknown key in the configuration; known keys: `),
      expect.stringContaining(`listen: expected listen: a mapping with the keys host, port; got ${LONG}...`),
      expect.stringContaining(`stations: expected a list of at least one station, got 1`)
    ])
  })

  it("takes no longer for each of many keys than for each of few", async () => {
    /** The least time of two attempts, with that for the start of the program. */
    const tookMs = async (count: number): Promise<number> => {
      const file = write("keys.yaml", Array.from({ length: count }, (_, n) => `k${n}: 1\n`).join(""))
      let least = Number.POSITIVE_INFINITY
      for (let attempt = 0; attempt < 2; attempt++) {
        const beforeMs = performance.now()
        const { code, err } = await iec104(["check", file])
        expect([code, linesOf(err).length]).toEqual([1, count + 2])
        least = Math.min(least, performance.now() - beforeMs)
      }
      return least
    }
    const few = await tookMs(5000)
    const many = await tookMs(20_000)
    expect(many <= 5 * few || `${few} ms, four times as many: ${many} ms`).toBe(true)
  }, 120_000)

  it("takes a file in which every point has the same things by an alias", async () => {
    const points = Array.from({ length: 300 }, (_, n) => `      - { <<: *all, address: ${n + 2} }\n`).join("")
    const file = write(
      "common.yaml",
      `stations:\n  - commonAddress: 1\n    points: &points\n      - &all { address: 1, type: M_ME_NC_1, cyclic: 5 s }\n${points}${Array.from({ length: 150 }, (_, n) => `  - { commonAddress: ${n + 2}, points: *points }\n`).join("")}`
    )
    const { code, out, err } = await iec104(["check", file])
    expect([code, out, err.slice(0, 300)]).toEqual([0, `${file}: ok, 151 stations, ${151 * 301} points\n`, ""])
  }, 60_000)

  const nine = (what: string): string => Array.from({ length: 9 }, () => what).join(", ")

  it.each([
    [
      "lists of lists",
      `name: &a0 [${nine("x")}]\n${Array.from({ length: 9 }, (_, n) => `k${n}: &a${n + 1} [${nine(`*a${n}`)}]\n`).join("")}`,
      "not valid YAML: up to here aliases stand for more than there is room for"
    ],
    [
      "a station of thousands of points, thousands of times",
      `stations:\n  - &s\n    points: [${"1, ".repeat(3000)}]\n${"  - *s\n".repeat(3000)}`,
      "not valid YAML: up to here aliases stand for more than there is room for"
    ],
    [
      "mappings that take up one another",
      `a0: &a0 { b: 1 }\n${Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} { <<: [*a${n}, *a${n}] }\n`).join("")}`,
      "mappings and lists are within each other 32 deep at most"
    ]
  ])("refuses aliases that multiply: %s", async (_, text, problem) => {
    const file = write("bomb.yaml", text)
    const { code, err } = await iec104(["check", file])
    expect([code, linesOf(err).length]).toEqual([1, 2])
    expect(err).toContain(problem)
  })

  it("takes no longer for each of many aliases than for each of few, whatever they stand for", async () => {
    /** The least time of two attempts, with that for the start of the program. */
    const tookMs = async (count: number): Promise<number> => {
      const rows = (text: (n: number) => string): string =>
        Array.from({ length: count }, (_, n) => `      - { ${text(n + 1)} }\n`).join("")
      const points = rows((n) => `address: &a${n} ${n}, type: M_SP_NA_1`)
      const commands = rows((n) => `address: *a${n}, type: C_SC_NA_1, accept: true`)
      const file = write("aliases.yaml", `stations:\n  - commonAddress: 1\n    points:\n${points}${commands}`)
      let least = Number.POSITIVE_INFINITY
      for (let attempt = 0; attempt < 2; attempt++) {
        const beforeMs = performance.now()
        const { code, err } = await iec104(["check", file])
        expect([code, err.slice(0, 300)]).toEqual([0, ""])
        least = Math.min(least, performance.now() - beforeMs)
      }
      return least
    }
    const few = await tookMs(500)
    const many = await tookMs(2000)
    expect(many <= 5 * few || `${few} ms, four times as many: ${many} ms`).toBe(true)
  }, 60_000)
})
