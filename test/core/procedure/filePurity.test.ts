// File transfer keeps the promises of the reducer whatever a client says: it is pure, it never throws, it has one
// transfer at most, and every file that it asks for it gives back.
import { describe, expect, it } from "vitest"
import type { FileAnswer, FileRequested } from "../../../src/core/file/FileMessage.ts"
import * as Core from "../../../src/core/index.ts"
import * as Frames from "../../property/support/Frames.ts"
import { Random } from "../../property/support/Random.ts"
import { freeze, print } from "../../property/support/Snapshot.ts"
import { contentOf, Dialogue, NOF } from "./fileSupport.ts"

/** Makes every reduction of a dialogue a frozen one, done twice with the same result. */
const pure = (dialogue: Dialogue): Dialogue => {
  const { peer, plant } = dialogue
  const reduce = peer.reduce.bind(peer)
  peer.reduce = (event) => {
    const before = print([peer.state, event])
    freeze(peer.state)
    freeze(event)
    const results = [1, 2].map(() => {
      const { state, outputs } = Core.reduce(plant.world, peer.state, peer.cursor, event)
      return print([state, outputs.notices, outputs.octets.slice(outputs.start, outputs.end)])
    })
    expect(results[1]).toBe(results[0])
    expect(print([peer.state, event])).toBe(before)
    return reduce(event)
  }
  return dialogue
}

describe("file transfer is pure", () => {
  it("in both directions", () => {
    const dialogue = pure(new Dialogue())
    dialogue.files.set(NOF, contentOf(5000))
    expect(dialogue.fetch().at(-1)).toMatch(/^F_LS 1 lsq 1/)
    dialogue.acknowledge(1, 1)
    dialogue.deliver(contentOf(40_000), 20_000)
    expect(dialogue.committed).toEqual(contentOf(40_000))
  })
})

const types = [120, 121, 122, 122, 122, 122, 123, 124, 125, 125, 127]

/** What a client that means it says next: the type and the octets behind the name of file. */
const next = (heard: string): readonly [number, readonly number[]] | null => {
  const [word = "", section = "0"] = heard.split(" ")
  const nos = Number(section)
  if (heard.startsWith("F_FR") && !heard.includes("negative")) return [122, [0, 2]]
  if (word === "F_SR") return [122, [nos, 6]]
  if (word === "F_LS") return [124, [nos, heard.includes("lsq 3") ? 3 : 1]]
  if (heard.endsWith("scq 2")) return [121, [1, 0, 0, 0, 0]]
  if (heard.endsWith("scq 6")) return [123, [nos, 3, 0]]
  if (heard.endsWith("afq 3")) return [123, [nos, 1, 0]]
  return null
}

describe("whatever a client says", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("a file that was asked for is given back, one at a time (seed %i)", (seed) => {
    const random = new Random(seed)
    const dialogue = new Dialogue({ limits: { fileStepMs: 3000, repliesPerSession: 100_000 } })
    const { peer } = dialogue
    for (const nof of [1, 2, 3]) dialogue.files.set(nof, contentOf(random.below(3000)))
    dialogue.files.set(NOF, contentOf(100))
    dialogue.refusal = () => (random.chance(10) ? random.pick(["unknown", "busy", "failed"] as const) : null)
    dialogue.answers = () => random.chance(70)
    let section = 1
    let heard = ""
    let name = 1
    const seen = new Set<string>()
    for (let step = 0; step < 3000; step++) {
      if (peer.closed !== "") throw new Error(peer.closed)
      const sensible = random.chance(70) ? next(heard) : null
      const type = sensible?.[0] ?? random.pick(types)
      const length = random.pick([0, 10, 100, 236])
      section = random.chance(80) ? section : random.below(4)
      const size = [random.pick([0, 10, 100]), 0, 0]
      const elements: Readonly<Record<number, readonly number[]>> = {
        120: [...size, random.chance(95) ? 0 : 0x80],
        121: [section, ...size, random.chance(95) ? 0 : 0x80],
        122: [section, random.chance(95) ? random.below(8) : random.below(256)],
        123: [section, random.below(5), random.below(3)],
        124: [section, random.chance(90) ? 3 : random.below(256)],
        125: [section, length, ...new Array(length).fill(0)],
        127: [0, 0, 0, 1, 1, 1, 24, 0, 0, 59, 23, 31, 12, 24]
      }
      const nof = sensible === null ? random.pick([1, 1, 1, 2, 4]) : name
      name = nof
      const address = { nof, cause: type === 122 && random.chance(5) ? 5 : 13, ioa: random.chance(97) ? 30_000 : 1 }
      heard = ""
      for (const text of dialogue.say(type, sensible?.[1] ?? elements[type] ?? [], address)) {
        heard = text
        seen.add(text.replace(/\d+ (?=lof|lsq|los|scq|afq)|(lof|los|chs) \d+|lsq /g, "").trim())
        const ready = /^F_SR (\d+)/.exec(text)
        if (ready !== null) section = Number(ready[1])
      }
      if (random.chance(5)) dialogue.settle(peer.tick(random.below(4000)))
      if (random.chance(20)) for (const late of dialogue.waiting) dialogue.settle(dialogue.answer(late))
      if (random.chance(1)) {
        peer.stop()
        peer.start()
        dialogue.settle()
      }
      const held = dialogue.ops().reduce((sum, op) => sum + (op === "close" ? -1 : begins.has(op) ? 1 : 0), 0)
      expect(held).toBe(peer.state.work.files?.transfer ? 1 : 0)
      expect(peer.state.work.files?.errands.length ?? 0).toBeLessThanOrEqual(8)
    }
    // The walk is worth something only when it gets far.
    expect([...seen].sort()).toEqual(expect.arrayContaining(["F_SR", "F_SG", "F_LS 1", "F_SC scq 6", "F_AF afq 3"]))
  })

  it("answers of the store that nobody asked for are dropped", () => {
    const dialogue = new Dialogue()
    const { peer } = dialogue
    const ok = { ok: true } as const
    const answers: readonly FileAnswer[] = [
      { id: 99, ok: false, why: "failed" },
      { id: 99, ...ok, op: "open", octets: 5 },
      { id: 0, ...ok, op: "write" }
    ]
    for (const file of answers) expect(peer.reduce({ ...peer.event("file"), file })).toEqual([])
    dialogue.announce(10)
    for (const file of answers) expect(peer.reduce({ ...peer.event("file"), file })).toEqual([])
    const asked: readonly FileRequested[] = peer.of("file")
    expect(asked.map(({ request }) => request.op)).toEqual(["create"])
    expect(peer.octets(Frames.u(Frames.U.testfr))).toMatchObject([{ format: "U" }])
  })
})

const begins: ReadonlySet<string> = new Set(["open", "create", "query"])
