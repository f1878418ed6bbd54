// `iec104 check`: what it says about keys that reach beyond the file itself.
import * as fs from "node:fs"
import { describe, expect, it } from "vitest"
import { iec104, linesOf, scratch } from "./support.ts"

const { within, write } = scratch()

const STATION = "stations: [{ commonAddress: 1, counters: { mode: A }, points: [{ address: 1, type: M_IT_NA_1 }] }]\n"

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
