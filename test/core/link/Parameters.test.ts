// Link parameters and limits: the defaults are valid, every bound is checked and named, unwise relations are warned of.
import { describe, expect, it } from "vitest"
import { Limits, Parameters, Profile, Violation } from "../../../src/core/index.ts"

const verdict = (change: Partial<Parameters.Parameters>): Parameters.Verdict =>
  Parameters.validate({ ...Parameters.defaults, ...change })

describe("link parameters", () => {
  it("are those of the standard by default, without complaint", () => {
    expect(Parameters.defaults).toEqual({ k: 12, w: 8, t1Ms: 15_000, t2Ms: 10_000, t3Ms: 20_000 })
    expect(verdict({})).toEqual({ errors: [], warnings: [] })
  })

  it.each(Parameters.ranges.map((range) => [range.name, range] as const))("%s has bounds", (name, { min, max }) => {
    for (const wrong of [min - 1, max + 1, min + 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const { errors } = verdict({ [name]: wrong })
      expect(errors).toHaveLength(1)
      expect(errors[0]).toContain(`${name} is ${wrong}`)
    }
    for (const right of [min, max]) {
      const relaxed = { t1Ms: 255_000, t2Ms: 1000, [name]: right }
      const { errors } = verdict(relaxed)
      expect(errors.filter((error) => error.startsWith(name))).toEqual([])
    }
  })

  it("need t2 < t1", () => {
    expect(verdict({ t2Ms: 15_000 }).errors).toHaveLength(1)
    expect(verdict({ t2Ms: 14_999 }).errors).toEqual([])
  })

  it("warn of w above two thirds of k, and of t3 not above t1", () => {
    expect(verdict({ w: 9 }).warnings).toHaveLength(1)
    expect(verdict({ t3Ms: 15_000 }).warnings).toHaveLength(1)
    expect(verdict({ k: 3, w: 2, t3Ms: 15_001 })).toEqual({ errors: [], warnings: [] })
  })

  it("warn of t3 above 48 h, which is a recommendation, and take it", () => {
    const advisedMs = 48 * 3_600_000
    expect(verdict({ t3Ms: advisedMs })).toEqual({ errors: [], warnings: [] })
    expect(verdict({ t3Ms: advisedMs + 1 })).toEqual({ errors: [], warnings: [expect.stringContaining("48 h")] })
  })
})

describe("limits", () => {
  it("have defaults that agree with their table and are valid", () => {
    expect(Object.fromEntries(Limits.table.map((row) => [row.name, row.default]))).toEqual(Limits.defaults)
    expect(Limits.validate(Limits.defaults)).toEqual([])
  })

  it.each(Limits.table.map((row) => [row.name, row] as const))("%s has bounds", (name, { min, max, consequence }) => {
    for (const wrong of [min - 1, max + 1, min + 0.5, Number.NaN]) {
      const problems = Limits.validate({ ...Limits.defaults, [name]: wrong })
      expect(problems).toHaveLength(1)
      expect(problems[0]).toContain(`${name} is ${wrong}`)
    }
    for (const right of [min, max]) expect(Limits.validate({ ...Limits.defaults, [name]: right })).toEqual([])
    expect(consequence).not.toBe("")
  })

  it("are all named at once", () => {
    expect(Limits.validate({ ...Limits.defaults, connections: 0, decisionMs: 0 })).toHaveLength(2)
  })
})

describe("tables", () => {
  it("name the presets by their names", () => {
    for (const [name, preset] of Object.entries(Profile.presets)) expect(preset.name).toBe(name)
  })

  it("say of every reason to close who is to blame", () => {
    for (const { blame, text, clause } of Object.values(Violation.reasons)) {
      expect(["peer", "timeout", "local", "transport"]).toContain(blame)
      expect([text, clause]).not.toContain("")
    }
  })
})
