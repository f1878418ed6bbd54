// Every reduction of random sessions keeps the rules of `support/Rules.ts`.
import { describe, expect, it } from "vitest"
import * as Frames from "./support/Frames.ts"
import { Random } from "./support/Random.ts"
import { type Moment, type Rule, rules } from "./support/Rules.ts"
import * as Scenario from "./support/Scenario.ts"
import { open, step } from "./support/Whole.ts"

/** Runs random sessions of one seed and hands every reduction to a rule. */
const follow = (seed: number, steps: number, visit: (moment: Moment) => void): void => {
  const random = new Random(seed)
  const plant = Scenario.randomPlant(random)
  let nowMs = 0
  let whole = open(plant, 1, nowMs)
  let client = Scenario.newClient
  for (let n = 0; n < steps; n++) {
    nowMs += Scenario.pause(random)
    Scenario.disturb(random, plant)
    const next = Scenario.step(random, plant, client, nowMs)
    const before = whole.state
    const { after, outputs } = step(plant.world, whole, next.event)
    const { state, cursor } = after
    const frames = Frames.split(outputs.octets.slice(outputs.start, outputs.end))
    visit({ plant, before, event: next.event, after: state, cursor, outputs, frames })
    client = Scenario.hear(next.client, outputs)
    whole = after
    if (!Scenario.isClosed(state)) continue
    whole = open(plant, 1, nowMs)
    client = Scenario.newClient
  }
}

const broken = (rule: Rule, seeds: number): readonly string[] => {
  const found: string[] = []
  for (let seed = 1; seed <= seeds && found.length < 3; seed++) {
    let n = 0
    let said = ""
    follow(seed, 250, (moment) => {
      n++
      if (said === "") {
        const what = rule(moment)
        if (what !== "") said = `seed ${seed}, step ${n} (${moment.event.kind}): ${what}`
      }
    })
    if (said !== "") found.push(said)
  }
  return found
}

describe("every reduction of a random session", () => {
  it.each(Object.entries(rules))("%s", (_, rule) => {
    expect(broken(rule, 40)).toEqual([])
  })

  it("is looked at: a rule that nothing keeps is reported", () => {
    expect(broken(({ frames }) => (frames.length > 3 ? "more than three frames" : ""), 40)).toHaveLength(3)
  })
})
