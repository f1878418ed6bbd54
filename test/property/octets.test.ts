// Any octets at all: the reducer never throws, always comes to an end, and never says more than it was allowed to.
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import * as Core from "../../src/core/index.ts"
import * as Reply from "../../src/core/procedure/Reply.ts"
import * as Frames from "./support/Frames.ts"
import type { Plant } from "./support/Peer.ts"
import { Random } from "./support/Random.ts"
import * as Scenario from "./support/Scenario.ts"
import { open, step, type Whole } from "./support/Whole.ts"

const vectors: readonly { readonly hex: string }[] = JSON.parse(
  readFileSync(new URL("../vectors/vectors.json", import.meta.url), "utf8")
)
const apdus = vectors.map(({ hex }) => Frames.octetsOf(hex)).filter((octets) => octets.length >= 6)

/** The ASDU of a vector in an I frame with the numbers that the session expects. */
const numbered = (state: Core.SessionState.SessionState, apdu: Uint8Array): Uint8Array =>
  apdu.length > 6 ? Frames.i(state.link.receiveNumber, state.link.sendNumber, apdu.subarray(6)) : apdu

const flipped = (random: Random, octets: Uint8Array): Uint8Array => {
  const changed = octets.slice()
  for (let n = 1 + random.below(3); n > 0; n--) {
    const at = random.below(changed.length)
    changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8))
  }
  return changed
}

/** The length octet agrees with what follows, so that the ASDU is what is judged. */
const fitted = (octets: Uint8Array): Uint8Array => {
  const changed = octets.slice(0, 255)
  changed[0] = 0x68
  changed[1] = changed.length - 2
  return changed
}

type Make = (random: Random, state: Core.SessionState.SessionState) => Uint8Array

const makers: Readonly<Record<string, Make>> = {
  "random octets": (random) => random.octets(random.below(600)),
  "frames with random octets": (random) =>
    fitted(Frames.join(Uint8Array.of(0x68, 0), random.octets(4 + random.below(250)))),
  "vectors with the right numbers": (random, state) => numbered(state, random.pick(apdus)),
  "vectors with bits flipped": (random, state) => flipped(random, numbered(state, random.pick(apdus))),
  "ASDUs with bits flipped": (random, state) => {
    const apdu = numbered(state, random.pick(apdus))
    if (apdu.length < 8) return apdu
    return Frames.join(apdu.subarray(0, 6), flipped(random, apdu.subarray(6)))
  },
  "ASDUs cut short or made longer": (random, state) => {
    const apdu = numbered(state, random.pick(apdus))
    if (apdu.length < 8) return apdu
    const cut = apdu.subarray(0, 7 + random.below(apdu.length - 6))
    return fitted(random.chance(30) ? Frames.join(apdu, random.octets(random.below(5))) : cut)
  },
  "vectors for this station with every cause": (random, state) => {
    const apdu = numbered(state, random.pick(apdus)).slice()
    if (apdu.length > 11)
      apdu.set([random.below(256), random.below(2), random.pick([1, 2, 255]), random.pick([0, 255])], 8)
    return apdu
  }
}

/** What nearly always ends the connection; all others must reach more than the framer. */
const closing = ["random octets", "frames with random octets"]

const opened = (plant: Plant): Whole => {
  const start = Core.SessionEvent.received(0, plant.ends, 65_536, Frames.u(Frames.U.startdt))
  return step(plant.world, open(plant, 1, 0), start).after
}

describe("whatever octets come", () => {
  it.each(Object.entries(makers))("the reducer takes %s", (name, make) => {
    let survived = 0
    let said = 0
    for (let seed = 1; seed <= 15; seed++) {
      const random = new Random(seed)
      const plant = Scenario.randomPlant(random)
      let whole = opened(plant)
      for (let n = 0; n < 200; n++) {
        const chunk = make(random, whole.state)
        const room = random.pick([0, 300, 65_536])
        let event = Core.SessionEvent.received(n, plant.ends, room, chunk)
        let calls = 0
        for (let more = true; more; calls++) {
          if (calls > 1000) throw new Error(`seed ${seed}: no end of "more" after ${Core.Hex.octetsToHex(chunk)}`)
          const { after, outputs } = step(plant.world, whole, event)
          const length = outputs.end - outputs.start
          if (length > 66_200 + 2 * chunk.length) throw new Error(`seed ${seed}: ${length} octets at once`)
          said += Frames.split(outputs.octets.slice(outputs.start, outputs.end)).length
          whole = after
          more = outputs.more
          event = Core.SessionEvent.plain("ready", n, plant.ends, room)
        }
        const { state } = whole
        if (Scenario.isClosed(state)) whole = opened(plant)
        else survived++
        expect(state.link.rest === null || state.link.rest.length < 255).toBe(true)
      }
    }
    if (closing.includes(name)) return
    expect(survived).toBeGreaterThan(20)
    expect(said).toBeGreaterThan(5)
  })

  it("a chunk of many requests is answered within the window", () => {
    const plant = Scenario.randomPlant(new Random(3))
    const requests = Array.from({ length: 500 }, (_, ns) => Frames.i(ns, 0, Frames.asdu(45, 6, 0, 999, 1, 1)))
    const { after, outputs } = step(
      plant.world,
      opened(plant),
      Core.SessionEvent.received(1, plant.ends, 65_536, Frames.join(...requests))
    )
    expect(outputs.end - outputs.start).toBeLessThan(66_200 + 2 * 500 * 16)
    const closed = Scenario.isClosed(after.state)
    expect(closed || Reply.waiting(after.state.work) <= plant.world.limits.repliesPerSession).toBe(true)
  })
})
