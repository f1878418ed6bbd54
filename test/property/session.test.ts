// What must hold after every reduction of any session: whole frames, numbers without gaps, windows and bounds kept,
// and a deadline that makes progress.
import { describe, expect, it } from "vitest"
import * as Core from "../../src/core/index.ts"
import * as Frames from "./support/Frames.ts"
import type { Plant } from "./support/Peer.ts"
import { Random } from "./support/Random.ts"
import * as Scenario from "./support/Scenario.ts"
import { open, step } from "./support/Whole.ts"

interface Moment {
  readonly plant: Plant
  readonly before: Core.SessionState.SessionState
  readonly event: Core.SessionEvent.SessionEvent
  readonly after: Core.SessionState.SessionState
  readonly cursor: Core.Cursor.Cursor
  readonly outputs: Core.SessionOutputs
  readonly frames: readonly Frames.Frame[]
}

/** What is wrong with a reduction, or "". */
type Rule = (moment: Moment) => string

const rules: Readonly<Record<string, Rule>> = {
  "numbers are consecutive": ({ before, after, frames }) => {
    let expected = before.link.sendNumber
    for (const { format, ns } of frames) {
      if (format !== "I") continue
      if (ns !== expected) return `N(S) ${ns} instead of ${expected}`
      expected = (expected + 1) & 0x7fff
    }
    return expected === after.link.sendNumber ? "" : `the state says ${after.link.sendNumber}, not ${expected}`
  },
  "acknowledgements never move backwards or ahead": ({ before, after, frames }) => {
    let last = before.link.receiveNumber
    for (const { format, nr } of frames) {
      if (format === "U") continue
      if (((nr - last) & 0x7fff) > ((after.link.receiveNumber - last) & 0x7fff)) return `N(R) ${nr} after ${last}`
      last = nr
    }
    return ""
  },
  "the window is kept": ({ after: { link } }) =>
    link.ledger.high - link.ledger.low > link.k
      ? `${link.ledger.high - link.ledger.low} in flight with k=${link.k}`
      : "",
  "I frames keep within the room": ({ event, frames }) => {
    const octets = frames.reduce((sum, { format, octets: { length } }) => sum + (format === "I" ? length : 0), 0)
    return octets > Math.max(0, event.room) ? `${octets} octets with room for ${event.room}` : ""
  },
  "every I frame holds objects and obeys the longest APDU": ({ plant, frames }) => {
    for (const { format, count, octets } of frames) {
      if (format !== "I") continue
      if (count < 1) return `no object: ${Core.Hex.octetsToHex(octets)}`
      if (octets[8] !== undefined && (octets[8] & 0x3f) < 7 && octets.length - 2 > plant.profile.maxApduLength)
        return `${octets.length - 2} octets, ${plant.profile.maxApduLength} allowed`
    }
    return ""
  },
  "monitor frames can be read": ({ frames }) => {
    for (const found of frames)
      if (found.format === "I" && found.type < 45 && (found.cause & 0x3f) < 44) {
        const decoded = Core.Fields.decode(found.octets)
        if (!decoded.ok) return decoded.error
      }
    return ""
  },
  "data are sent only while started": ({ before, after, frames }) => {
    const { Started } = Core.Link.Phase
    const starts = frames.some(({ code }) => code === Frames.U.startdtCon)
    const data = frames.some(({ format }) => format === "I")
    return data && before.link.phase !== Started && after.link.phase !== Started && !starts
      ? "an I frame while stopped"
      : ""
  },
  "acknowledged <= sent <= end": ({ cursor, event: { stable } }) => {
    for (const [priority, end] of stable.entries()) {
      const sent = cursor.sent[priority] ?? -1
      const acknowledged = cursor.acknowledged[priority] ?? -1
      if (!(acknowledged <= sent && sent <= end)) return `${acknowledged} <= ${sent} <= ${end} does not hold`
    }
    return ""
  },
  "a deadline lies ahead": ({ plant, event, after, cursor, outputs }) => {
    // t1 is judged only when all input was read: then it lies ahead, or the session is closed.
    const tick = Core.SessionEvent.plain("tick", event.nowMs, event.stable, event.room)
    const judged = event.heardMs >= 0 ? after : Core.reduce(plant.world, after, cursor, tick).state
    const due = Core.SessionState.deadline(plant.world, judged)
    return due > event.nowMs || outputs.more || Scenario.isClosed(judged)
      ? ""
      : `at ${event.nowMs} the next deadline is ${due}`
  },
  "a closed session wants nothing more": ({ plant, after }) => {
    const due = Core.SessionState.deadline(plant.world, after)
    return Scenario.isClosed(after) && due !== Number.POSITIVE_INFINITY ? `it wants to be called at ${due}` : ""
  },
  "a session closes with one reason": ({ before, after, outputs: { notices } }) => {
    const reasons = notices.filter(({ kind }) => kind === "closed").length
    return reasons === (Scenario.isClosed(after) && !Scenario.isClosed(before) ? 1 : 0) ? "" : `${reasons} reasons`
  },
  "the output is bounded": ({ event, before, outputs }) => {
    const most =
      Math.min(65_536, Math.max(0, event.room), (before.link.k + 1) * 256) + 2 * (event.chunk?.length ?? 0) + 574
    return outputs.end - outputs.start > most ? `${outputs.end - outputs.start} octets, more than ${most}` : ""
  }
}

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
