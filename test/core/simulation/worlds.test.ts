// Worlds of some seeds run without a violation, and the same seed gives the same octets; a station that is made to do wrong is found
// out.
import { describe, expect, it } from "vitest"
import * as Simulation from "../../../src/core/simulation/index.ts"

describe("a seed", () => {
  it("gives the same world twice, and another seed another one", () => {
    const [one, same, other] = [5, 5, 6].map((seed) => Simulation.run(seed, 1500))
    expect(same).toMatchObject({ digest: one?.digest, steps: one?.steps, virtualMs: one?.virtualMs })
    expect([...(same?.watch.seen ?? [])]).toEqual([...(one?.watch.seen ?? [])])
    expect(other?.digest).not.toBe(one?.digest)
  })
})

describe("worlds", () => {
  it.for([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 42, 605])("of seed %i become idle and complete", (seed) => {
    const { violation, watch } = Simulation.run(seed, 1500)
    expect(violation?.message).toBeUndefined()
    expect(watch.seen.get("settled")).toBe(1)
  })

  // What a run has found stays here.
  it.for([13, 35, 111, 286, 569, 605, 742, 1604, 1810, 1875, 2545, 3595, 3825, 5728, 6721, 20721])(
    "of seed %i, in which something was once called wrong, become idle and complete",
    (seed) => {
      expect(Simulation.run(seed, 5000).violation?.message).toBeUndefined()
    }
  )

  it("differ in what happens in them", () => {
    const seen = new Set<string>()
    for (let seed = 1; seed <= 12; seed++) for (const [what] of Simulation.run(seed, 1500).watch.seen) seen.add(what)
    for (const what of [
      "started",
      "stopped",
      "interrogated",
      "command begun",
      "rejected notSelected",
      "selected",
      "handler says success"
    ])
      expect(seen).toContain(what)
  })
})
