// How octets are cut into chunks changes nothing: the same octets go out, and the session ends in the same state.
import { describe, expect, it } from "vitest"
import * as Core from "../../src/core/index.ts"
import * as Frames from "./support/Frames.ts"
import { Plant } from "./support/Peer.ts"
import { Random } from "./support/Random.ts"
import * as Scenario from "./support/Scenario.ts"
import * as Snapshot from "./support/Snapshot.ts"
import { open, step, type Whole } from "./support/Whole.ts"

interface Outcome {
  readonly octets: string
  readonly notices: string
  readonly state: string
}

/** What comes of the octets in these chunks at one moment, followed by the decisions. */
const outcome = (
  plant: Plant,
  from: Whole,
  nowMs: number,
  chunks: readonly Uint8Array[],
  decisions: boolean
): Outcome => {
  const { world, ends } = plant
  const octets: string[] = []
  const notices: Core.Notice[] = []
  let state = from
  const reduce = (event: Core.SessionEvent.SessionEvent): void => {
    const { after, outputs } = step(world, state, event)
    state = after
    octets.push(Core.Hex.octetsToHex(outputs.octets.subarray(outputs.start, outputs.end)))
    notices.push(...outputs.notices)
    if (outputs.notices.some(({ kind }) => kind === "stopping" || kind === "holding"))
      reduce(Core.SessionEvent.decided(nowMs, ends, 65_536, [], "resumed"))
  }
  for (const chunk of chunks) reduce(Core.SessionEvent.received(nowMs, ends, 65_536, chunk))
  if (decisions) {
    const answers = notices.flatMap((notice): Core.Decision[] =>
      notice.kind === "command" || notice.kind === "clock"
        ? [{ id: notice.id, confirm: 1, terminate: true, keep: false, barrier: -1, timeLow: 1, timeHigh: 2 }]
        : []
    )
    reduce(Core.SessionEvent.decided(nowMs, ends, 65_536, answers))
  }
  // When the application is asked follows the chunks.
  const told = notices.filter(({ kind }) => kind !== "holding" && kind !== "stopping")
  return { octets: octets.join(""), notices: Snapshot.print(told), state: Snapshot.print(state) }
}

const single = (octets: Uint8Array): readonly Uint8Array[] => Array.from(octets, (octet) => Uint8Array.of(octet))

const cut = (random: Random, octets: Uint8Array): readonly Uint8Array[] => {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < octets.length; ) {
    const length = 1 + random.below(random.pick([3, 20, 200]))
    chunks.push(octets.slice(at, at + length))
    at += length
  }
  return chunks
}

/** A session that has been used for a while and has no timer due, and octets for it. */
const given = (seed: number, w?: number) => {
  const random = new Random(seed)
  const found = Scenario.randomPlant(random)
  const plant = w === undefined ? found : found.with({ ...found.options.link, w })
  let state = open(plant, 1, 0)
  let client = Scenario.newClient
  const nowMs = 5
  for (let n = 0; n < 5; n++) {
    Scenario.disturb(random, plant)
    const sent = Scenario.say(random, plant, client, 1)
    const { after, outputs } = step(
      plant.world,
      state,
      Core.SessionEvent.received(nowMs, plant.ends, 65_536, sent.octets)
    )
    if (Scenario.isClosed(after.state)) break
    client = Scenario.hear(sent.client, outputs)
    state = after
  }
  // Whatever could go before the first octet has gone.
  state = step(plant.world, state, Core.SessionEvent.plain("ready", nowMs, plant.ends, 65_536)).after
  const said = Scenario.say(random, plant, client, 2 + random.below(12)).octets
  const rubbish = random.pick([[0x69], [0x68, 2], [0x68, 254, 1], [0x68, 4, 3, 0, 0, 0], [0x68, 5, 1, 0, 0, 0, 0]])
  const stream = random.chance(20) ? Frames.join(said, Uint8Array.from(rubbish), random.octets(9)) : said
  return { random, plant, state, nowMs, stream }
}

/** The seeds whose octets mean something else when they come in pieces. The output of one call must not be bounded. */
const different = (seeds: number, how: { readonly decisions?: true; readonly w?: number }): readonly string[] => {
  const found: string[] = []
  let compared = 0
  const decisions = how.decisions === true
  for (let seed = 1; seed <= seeds && found.length < 3; seed++) {
    const { random, plant, state, nowMs, stream } = given(seed, how.w)
    const whole = outcome(plant, state, nowMs, [stream], decisions)
    if (whole.octets.length / 2 + 255 > Math.min(65_536, (state.state.link.k + 1) * 256)) continue
    // Whether a request waits for the application is judged at the end of a chunk: compared with late decisions only.
    if (!decisions && /kind:"(command|clock|refresh)"/.test(whole.notices)) continue
    compared++
    for (const chunks of [single(stream), cut(random, stream)]) {
      const pieces = outcome(plant, state, nowMs, chunks, decisions)
      const parts = (["octets", "notices", "state"] as const).filter((part) => pieces[part] !== whole[part])
      if (parts.length > 0)
        found.push(`seed ${seed}: ${parts.join(" and ")} of ${Core.Hex.octetsToHex(stream)} in ${chunks.length} chunks`)
    }
  }
  expect(found.length > 0 || compared > seeds / 25).toBe(true)
  return found
}

describe("octets in pieces", () => {
  it("have the same effect as in one chunk", () => {
    expect(different(3000, {})).toEqual([])
  })

  it("have the same effect when the decisions come after them", () => {
    expect(different(3000, { decisions: true, w: 32_767 })).toEqual([])
  })

  it("are told apart when one octet is missing", () => {
    const { plant, state, nowMs } = given(1)
    const stream = Frames.u(Frames.U.testfr)
    const whole = outcome(plant, state, nowMs, [stream], false)
    expect(outcome(plant, state, nowMs, single(stream), false)).toEqual(whole)
    expect(outcome(plant, state, nowMs, single(stream.slice(1)), false)).not.toEqual(whole)
    expect(outcome(plant, state, nowMs, single(stream.slice(0, 5)), false).state).not.toEqual(whole.state)
  })

  it("acknowledge commands that wait for decisions as late as in one chunk", () => {
    const plant = new Plant({ link: { k: 12, w: 2 } })
    plant.add(plant.block(1, 45), 1)
    const commands = Frames.join(...[0, 1, 2].map((ns) => Frames.i(ns, 0, Frames.command(1, 1))))
    const stream = Frames.join(Frames.u(Frames.U.startdt), commands)
    const state = open(plant, 1, 0)
    const whole = outcome(plant, state, 0, [stream], true)
    expect(outcome(plant, state, 0, single(stream), true).octets).toBe(whole.octets)
  })
})
