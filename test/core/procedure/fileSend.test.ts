// File transfer in monitor direction on the pure core: directory, select, call, segments, acknowledgements, and every
// way in which it is refused or ends early (checklist M1..M14 and M22).
import { describe, expect, it } from "vitest"
import type { FileEntry } from "../../../src/core/file/FileMessage.ts"
import * as Core from "../../../src/core/index.ts"
import * as Frames from "../../property/support/Frames.ts"
import { CA, contentOf, counted, Dialogue, IOA, NOF, sumOf } from "./fileSupport.ts"

const withFile = (octets: number, options = {}): Dialogue => {
  const dialogue = new Dialogue(options)
  dialogue.files.set(NOF, contentOf(octets))
  return dialogue
}

const entry = (ioa: number, nof: number, change: Partial<FileEntry> = {}): FileEntry => ({
  ioa,
  nof,
  octets: 1000 + nof,
  timeLow: 0x0d2d_75ad,
  timeHigh: 0x18_09bb,
  status: 0,
  directory: false,
  active: false,
  ...change
})

const directory = (dialogue: Dialogue, ioa = 0) =>
  dialogue.settle(dialogue.peer.send(dialogue.asdu(122, [0, 0], { cause: 5, ioa, nof: 0 }))).map(({ frame }) => frame)

describe("directory", () => {
  it("comes as F_DR with SQ 1 and cause 5, sorted, runs of addresses together, the last entry marked (M1)", () => {
    const dialogue = new Dialogue()
    dialogue.entries = [
      entry(12, 1, { active: true }),
      entry(10, 1, { status: 16, directory: true }),
      entry(11, 3),
      entry(11, 2)
    ]
    const frames = directory(dialogue)
    expect(frames.map(({ type, sq, count, cause }) => ({ type, sq, count, cause }))).toEqual([
      { type: 126, sq: true, count: 2, cause: 5 },
      { type: 126, sq: true, count: 2, cause: 5 }
    ])
    const objects = frames.flatMap((frame) => Frames.objects(frame))
    expect(objects.map(({ ioa, nof, lof }) => [ioa, nof, lof])).toEqual([
      [10, 1, 1001],
      [11, 2, 1002],
      [11, 3, 1003],
      [12, 1, 1001]
    ])
    const sof = { status: 0, lfd: false, isDirectory: false, fa: false }
    expect(objects.map((object) => object.sof)).toEqual([
      { ...sof, status: 16, isDirectory: true },
      sof,
      sof,
      { ...sof, lfd: true, fa: true }
    ])
    expect(objects[0]?.time).toMatchObject({ ms: 30125, min: 45, hour: 13, dom: 27, month: 9, year: 24 })
  })

  it("begins at the requested address, and takes as many ASDUs as it needs", () => {
    const dialogue = new Dialogue()
    dialogue.entries = Array.from({ length: 60 }, (_, index) => entry(100 + index, 1))
    expect(directory(dialogue).map(({ count }) => count)).toEqual([18, 18, 18, 6])
    expect(directory(dialogue, 120).map(({ count }) => count)).toEqual([18, 18, 4])
  })

  it("keeps to the longest APDU of the profile", () => {
    const dialogue = new Dialogue({ profile: { maxApduLength: 60 } })
    dialogue.entries = Array.from({ length: 7 }, (_, index) => entry(100 + index, 1))
    const frames = directory(dialogue)
    expect(frames.map(({ count }) => count)).toEqual([3, 3, 1])
    expect(Math.max(...frames.map(({ octets }) => octets[1] ?? 0))).toBeLessThanOrEqual(60)
  })

  it("of no file is one entry without a name, which is the last (M2)", () => {
    const [frame, ...more] = directory(new Dialogue(), 5)
    expect(more).toEqual([])
    expect(Frames.objects(frame as Frames.Frame)).toMatchObject([
      { ioa: 5, nof: 0, lof: 0, sof: { lfd: true, fa: false }, time: { iv: true, dom: 1, month: 1, year: 0 } }
    ])
  })

  it("is refused when the store fails or does not answer, and not waited for after that", () => {
    const dialogue = new Dialogue()
    dialogue.refusal = ({ op }) => (op === "list" ? "failed" : null)
    expect(dialogue.say(122, [0, 0], { cause: 5, nof: 0 })).toEqual(["F_SC 0 scq 0 error 1"])
    dialogue.answers = () => false
    expect(dialogue.say(122, [0, 0], { cause: 5, nof: 0 })).toEqual([])
    dialogue.peer.octets(Frames.u(Frames.U.testfr))
    expect(dialogue.settle(dialogue.peer.tick(30_000)).map(({ text }) => text)).toEqual(["F_SC 0 scq 0 error 1"])
    expect(dialogue.peer.of("timedOut")).toHaveLength(1)
    for (const late of dialogue.waiting) expect(dialogue.answer(late)).toEqual([])
  })

  it("with another action than 0 has a cause that is not known", () => {
    const frames = directory(new Dialogue())
    expect(frames).toHaveLength(1)
    const dialogue = withFile(10)
    expect(dialogue.peer.send(dialogue.asdu(122, [0, 1], { cause: 5 }))).toMatchObject([{ type: 122, cause: 0x6d }])
  })

  it("can be asked for eight times at once", () => {
    const dialogue = new Dialogue()
    dialogue.answers = () => false
    for (let n = 0; n < 8; n++) expect(dialogue.say(122, [0, 0], { cause: 5 })).toEqual([])
    expect(dialogue.say(122, [0, 0], { cause: 5 })).toEqual(["F_SC 0 scq 0 error 3"])
    expect(dialogue.call(4)).toEqual(["F_SC 0 scq 4 error 3"])
  })
})

describe("a file is sent", () => {
  it.each([
    [0, ["F_SR 1 lof 0"]],
    [1, ["F_SR 1 lof 1", "F_SG 1 los 1"]],
    [236, ["F_SR 1 lof 236", "F_SG 1 los 236"]],
    [237, ["F_SR 1 lof 237", "F_SG 1 los 236", "F_SG 1 los 1"]],
    [65_536, ["F_SR 1 lof 65536", "277 x F_SG 1 los 236", "F_SG 1 los 164"]]
  ])("of %i octets in one section (M4, M5)", (octets, middle) => {
    const dialogue = withFile(octets)
    const content = contentOf(octets)
    const chs = sumOf(content)
    expect(dialogue.fetch()).toEqual([
      `F_FR lof ${octets}`,
      ...middle,
      `F_LS 1 lsq 3 chs ${chs}`,
      `F_LS 1 lsq 1 chs ${chs}`
    ])
    expect(Uint8Array.from(dialogue.segments)).toEqual(content)
    expect(dialogue.acknowledge(1, 1)).toEqual([])
    expect(dialogue.ops().at(-1)).toBe("close")
    expect(dialogue.peer.state.work.files?.transfer ?? null).toBeNull()
  })

  it("of three sections, each with its own checksum and one over all (M5)", () => {
    const dialogue = withFile(2 * 65_536 + 100)
    const content = contentOf(2 * 65_536 + 100)
    const sums = [0, 1, 2].map((n) => sumOf(content.subarray(n * 65_536, (n + 1) * 65_536)))
    const said = dialogue.fetch().filter((text) => !text.includes("F_SG"))
    expect(said).toEqual([
      `F_FR lof ${content.length}`,
      "F_SR 1 lof 65536",
      `F_LS 1 lsq 3 chs ${sums[0]}`,
      "F_SR 2 lof 65536",
      `F_LS 2 lsq 3 chs ${sums[1]}`,
      "F_SR 3 lof 100",
      `F_LS 3 lsq 3 chs ${sums[2]}`,
      `F_LS 3 lsq 1 chs ${sumOf(content)}`
    ])
    expect(Uint8Array.from(dialogue.segments)).toEqual(content)
  })

  it("in segments that keep to the longest APDU of the profile, read in pieces of whole segments", () => {
    const dialogue = withFile(40_000, { profile: { maxApduLength: 24 } })
    const said = dialogue.fetch()
    expect(said[2]).toBe("5714 x F_SG 1 los 7")
    expect(said[3]).toBe("F_SG 1 los 2")
    const reads = dialogue.asked.flatMap(({ request }) => (request.op === "read" ? [request.octets] : []))
    expect(reads).toEqual([16_380, 16_380, 7240])
    expect(Uint8Array.from(dialogue.segments)).toEqual(contentOf(40_000))
  })

  it("of the greatest length in 255 sections", () => {
    const dialogue = withFile(0)
    dialogue.answers = ({ op }) => op !== "open"
    dialogue.call(1)
    const [open] = dialogue.waiting
    const answer = { id: open?.id ?? 0, ok: true, op: "open", octets: 16_777_215 } as const
    dialogue.settle(dialogue.peer.reduce({ ...dialogue.peer.event("file"), file: answer }))
    expect(dialogue.call(2)).toEqual(["F_SR 1 lof 65793"])
    expect(Math.ceil(16_777_215 / 65_793)).toBe(255)
  })

  it("with originator and common address of the request in everything that is said", () => {
    const dialogue = withFile(300)
    const address = { cause: 13, oa: 42 }
    const all = [1, 2].flatMap((action) => dialogue.peer.send(dialogue.asdu(122, [0, action], address)))
    const spoken = dialogue.settle(all)
    const called = dialogue.settle(dialogue.peer.send(dialogue.asdu(122, [0, 2], address)))
    const segments = dialogue.settle(dialogue.peer.send(dialogue.asdu(122, [1, 6], address)))
    for (const { frame } of [...spoken, ...called, ...segments])
      expect(frame).toMatchObject({ cause: 13, oa: 42, ca: CA })
    expect(segments.at(-1)?.text).toMatch(/^F_LS 1 lsq 3/)
  })
})

describe("what is refused", () => {
  it.each(["unknown", "busy", "notAllowed", "failed", "noSpace"] as const)(
    "selecting a file that is %s: negative (M6, M13)",
    (why) => {
      const dialogue = withFile(10)
      dialogue.refusal = ({ op }) => (op === "open" ? why : null)
      expect(dialogue.call(1)).toEqual(["F_FR lof 0 negative"])
      dialogue.refusal = () => null
      expect(dialogue.call(1)).toEqual(["F_FR lof 10"])
    }
  )

  it("calling without a selection: unexpected service, and no data (M7)", () => {
    const dialogue = withFile(10)
    expect(dialogue.call(2)).toEqual(["F_SC 0 scq 2 error 3"])
    expect(dialogue.call(6, 1)).toEqual(["F_SC 1 scq 6 error 3"])
    expect(dialogue.call(3)).toEqual(["F_SC 0 scq 3 error 3"])
    expect(dialogue.call(7, 1)).toEqual(["F_SC 1 scq 7 error 3"])
    expect(dialogue.call(0)).toEqual(["F_SC 0 scq 0 error 3"])
    expect(dialogue.call(9)).toEqual(["F_SC 0 scq 9 error 3"])
    expect(dialogue.acknowledge(1, 1)).toEqual([])
    expect(dialogue.ops()).toEqual([])
  })

  it("a section before the file was called, another section, another file (M8)", () => {
    const dialogue = withFile(100_000)
    dialogue.call(1)
    expect(dialogue.call(6, 1)).toEqual(["F_SC 1 scq 6 error 3"])
    expect(dialogue.call(2, 0, { nof: 8 })).toEqual(["F_SC 0 scq 2 error 4"])
    expect(dialogue.call(2, 0, { ioa: IOA + 1 })).toEqual(["F_SC 0 scq 2 error 4"])
    expect(dialogue.call(2)).toEqual(["F_SR 1 lof 65536"])
    expect(dialogue.call(2)).toEqual(["F_SC 0 scq 2 error 3"])
    expect(dialogue.call(6, 2)).toEqual(["F_SC 2 scq 6 error 5"])
    expect(dialogue.call(5, 2)).toEqual(["F_SC 2 scq 5 error 5"])
    expect(dialogue.call(5, 1)).toEqual(["F_SR 1 lof 65536"])
    expect(counted(dialogue.call(6, 1)).at(-1)).toMatch(/^F_LS 1 lsq 3/)
  })

  it("another file while one is transferred; the same one starts anew", () => {
    const dialogue = withFile(500)
    dialogue.files.set(8, contentOf(9))
    dialogue.call(1)
    expect(dialogue.call(1, 0, { nof: 8 })).toEqual(["F_FR lof 0 negative"])
    expect(dialogue.announce(10, { nof: 9 })).toEqual(["F_SC 0 scq 3 error 3"])
    dialogue.call(2)
    expect(dialogue.call(1)).toEqual(["F_FR lof 500"])
    expect(dialogue.ops()).toEqual(["open", "close", "open"])
    expect(dialogue.fetch().at(-1)).toBe(`F_LS 1 lsq 1 chs ${sumOf(contentOf(500))}`)
  })

  it("everything when there is no store: unknown type", () => {
    const dialogue = withFile(10)
    const plain = new Proxy(dialogue.plant, {
      get: (target, key) => (key === "world" ? { ...target.world, files: false } : Reflect.get(target, key, target))
    })
    Object.assign(dialogue.peer, { plant: plain })
    for (const type of [120, 121, 122, 123, 124, 125, 127]) {
      const elements =
        type === 127 ? new Array(14).fill(1) : [0, 1, 0, 0, 0].slice(0, type === 122 || type === 124 ? 2 : 5)
      const length = type === 120 ? 4 : type === 123 ? 3 : type === 125 ? 3 : elements.length
      const sent = dialogue.asdu(type, elements.slice(0, length))
      expect(dialogue.peer.send(sent)).toMatchObject([{ type, cause: 0x40 | 44 }])
    }
  })

  it("a directory that the client sends: unknown type", () => {
    const dialogue = withFile(10)
    const asdu = dialogue.asdu(126, [1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
    expect(dialogue.peer.send(asdu)).toMatchObject([{ type: 126, cause: 0x40 | 44 }])
  })

  it("the global common address, and several objects", () => {
    const dialogue = withFile(10)
    expect(dialogue.peer.send(dialogue.asdu(122, [0, 1], { ca: 65_535 }))).toMatchObject([{ cause: 0x40 | 46 }])
    const several = dialogue.asdu(122, [0, 1])
    several[1] = 2
    dialogue.peer.send(Frames.join(several, several.subarray(6)))
    expect(dialogue.peer.closed).toBe("MALFORMED_ASDU")
  })
})

describe("the client", () => {
  it("wants a section again: it is sent again, and the checksum of the file is still right (M9)", () => {
    const dialogue = withFile(70_000)
    const chs = sumOf(contentOf(70_000))
    dialogue.call(1)
    dialogue.call(2)
    dialogue.call(6, 1)
    expect(dialogue.acknowledge(1, 4)).toEqual(["F_SR 1 lof 65536"])
    dialogue.segments = []
    dialogue.call(6, 1)
    expect(dialogue.acknowledge(1, 3, { nof: 8 })).toEqual([])
    expect(dialogue.acknowledge(2, 3)).toEqual([])
    expect(dialogue.acknowledge(1, 3)).toEqual(["F_SR 2 lof 4464"])
    dialogue.call(6, 2)
    expect(dialogue.acknowledge(2, 0x24)).toEqual(["F_SR 2 lof 4464"])
    dialogue.segments = dialogue.segments.slice(0, 65_536)
    dialogue.call(6, 2)
    expect(dialogue.acknowledge(2, 3)).toEqual([`F_LS 2 lsq 1 chs ${chs}`])
    expect(Uint8Array.from(dialogue.segments)).toEqual(contentOf(70_000))
  })

  it("does not want the file: the transfer ends, the file stays (M10)", () => {
    const dialogue = withFile(10)
    dialogue.fetch()
    expect(dialogue.acknowledge(1, 2)).toEqual([])
    expect(dialogue.ops()).toEqual(["open", "read", "close"])
    expect(dialogue.call(1)).toEqual(["F_FR lof 10"])
  })

  it("says an error: the transfer ends without an answer", () => {
    const dialogue = withFile(10)
    dialogue.call(1)
    expect(dialogue.call(0x11)).toEqual([])
    expect(dialogue.ops()).toEqual(["open", "close"])
    expect(dialogue.call(0x41)).toEqual([])
  })

  it("deactivates the file in the middle of its segments: nothing more of it comes (M11)", () => {
    const dialogue = withFile(100_000)
    dialogue.call(1)
    dialogue.call(2)
    const { peer } = dialogue
    peer.send(dialogue.asdu(122, [1, 6]))
    const [read] = peer.of("file").filter(({ request }) => request.op === "read")
    const data = contentOf(100_000).slice(0, 16_384)
    const answer = { id: read?.id ?? 0, ok: true, op: "read", data } as const
    const segments = peer.reduce({ ...peer.event("file"), file: answer })
    expect(segments).toHaveLength(12)
    const chs = sumOf(data.subarray(0, 12 * 236))
    expect(dialogue.settle(peer.send(dialogue.asdu(122, [0, 3]))).map(({ text }) => text)).toEqual([
      `F_LS 1 lsq 2 chs ${chs}`
    ])
    expect(dialogue.ops().at(-1)).toBe("close")
    expect(dialogue.call(6, 1)).toEqual(["F_SC 1 scq 6 error 3"])
  })

  it("deactivates the section: it can be called again", () => {
    const dialogue = withFile(300)
    dialogue.call(1)
    dialogue.call(2)
    dialogue.answers = ({ op }) => op !== "read"
    dialogue.call(6, 1)
    expect(dialogue.call(7, 1)).toEqual(["F_LS 1 lsq 4 chs 0"])
    for (const late of dialogue.waiting) expect(dialogue.answer(late)).toEqual([])
    dialogue.answers = () => true
    expect(dialogue.call(6, 1)).toEqual(["F_SG 1 los 236", "F_SG 1 los 64", expect.stringMatching(/^F_LS 1 lsq 3/)])
  })

  it("disappears in the middle: after the step time the file is free (M12)", () => {
    const dialogue = withFile(300)
    dialogue.call(1)
    dialogue.call(2)
    dialogue.peer.octets(Frames.u(Frames.U.testfr))
    dialogue.peer.tick(19_999)
    dialogue.peer.octets(Frames.u(Frames.U.testfr))
    dialogue.peer.tick(10_000)
    expect(dialogue.peer.state.work.files?.transfer).not.toBeNull()
    expect(Core.SessionState.deadline(dialogue.plant.world, dialogue.peer.state)).toBe(30_000)
    dialogue.peer.octets(Frames.u(Frames.U.testfr))
    expect(dialogue.settle(dialogue.peer.tick(1)).map(({ text }) => text)).toEqual(["F_LS 1 lsq 2 chs 0"])
    expect(dialogue.ops()).toEqual(["open", "close"])
    expect(dialogue.peer.of("timedOut")).toEqual([])
    expect(dialogue.fetch()).toHaveLength(6)
  })

  it("stops data transfer: the transfer ends without a word, and can begin again", () => {
    const dialogue = withFile(300)
    dialogue.call(1)
    dialogue.call(2)
    dialogue.peer.stop()
    expect(dialogue.peer.of("file").map(({ request }) => request.op)).toEqual(["open", "close"])
    expect(dialogue.peer.state.work.files).toBeNull()
    dialogue.peer.start()
    expect(dialogue.call(2)).toEqual(["F_SC 0 scq 2 error 3"])
    expect(dialogue.fetch()).toHaveLength(6)
  })

  it("deletes a file, or may not", () => {
    const dialogue = withFile(300)
    expect(dialogue.call(4)).toEqual(["F_FR lof 0"])
    dialogue.refusal = () => "unknown"
    expect(dialogue.call(4)).toEqual(["F_FR lof 0 negative"])
  })
})

describe("a store", () => {
  it("that fails while a file is read ends the transfer", () => {
    const dialogue = withFile(300)
    dialogue.refusal = ({ op }) => (op === "read" ? "failed" : null)
    dialogue.call(1)
    dialogue.call(2)
    expect(dialogue.call(6, 1)).toEqual(["F_LS 1 lsq 2 chs 0"])
    expect(dialogue.ops()).toEqual(["open", "read", "close"])
  })

  it("that never answers is given up, and its late answer is dropped", () => {
    const dialogue = withFile(300, { limits: { fileStepMs: 1000 } })
    dialogue.answers = () => false
    expect(dialogue.call(1)).toEqual([])
    expect(dialogue.settle(dialogue.peer.tick(1000)).map(({ text }) => text)).toEqual(["F_FR lof 0 negative"])
    expect(dialogue.peer.of("timedOut")).toHaveLength(1)
    for (const late of dialogue.waiting) expect(dialogue.answer(late)).toEqual([])
  })
})

describe("segments", () => {
  it("let replies go first, give events three of four frames and interrogations every second one (M14)", () => {
    const dialogue = withFile(60_000)
    const { peer, plant } = dialogue
    const block = plant.block(CA, 13)
    const points = plant.add(block, ...Array.from({ length: 200 }, (_, index) => 1000 + 3 * index))
    dialogue.call(1)
    dialogue.call(2)
    dialogue.answers = () => false
    dialogue.settle(peer.send(dialogue.asdu(122, [1, 6])))
    const read = dialogue.waiting.find(({ request }) => request.op === "read")
    if (read === undefined) throw new Error("nothing was read")
    const window = dialogue.answer(read)
    expect(counted(window.map(({ type }) => String(type)))).toEqual(["12 x 125"])
    // Nothing is acknowledged by the request itself, so the window stays closed.
    expect(peer.octets(Frames.i(peer.ns++, peer.nr - 12, Frames.interrogation(CA)))).toEqual([])
    const next = peer.acknowledge()
    expect(next.map(({ type }) => type).slice(0, 5)).toEqual([100, 1, 125, 13, 125])
    for (let n = 0; n < 400; n++) plant.publish(points[n % 200] ?? { block, slot: 0 }, n)
    const mixed = peer
      .acknowledge()
      .map(({ type, cause }) => (type === 13 ? (cause === 3 ? "event" : "image") : "file"))
    expect(mixed.slice(0, 8)).toContain("file")
    expect(mixed.filter((kind) => kind === "event").length).toBeGreaterThanOrEqual(8)
  })
})

describe("segments and events alone", () => {
  it("share the window one to three", () => {
    const dialogue = withFile(60_000, { packEvents: false })
    const { peer, plant } = dialogue
    const [point] = plant.add(plant.block(CA, 13), 1000)
    if (point === undefined) throw new Error("no point was added")
    dialogue.call(1)
    dialogue.call(2)
    dialogue.answers = () => false
    dialogue.settle(peer.send(dialogue.asdu(122, [1, 6])))
    const read = dialogue.waiting.find(({ request }) => request.op === "read")
    if (read === undefined) throw new Error("nothing was read")
    expect(dialogue.answer(read)).toHaveLength(12)
    for (let n = 0; n < 100; n++) plant.publish(point, n)
    const types = [...peer.acknowledge(), ...peer.acknowledge()].map(({ type }) => type)
    expect(types.filter((type) => type === 125)).toHaveLength(6)
    expect(types.filter((type) => type === 13)).toHaveLength(18)
  })
})

describe("QueryLog", () => {
  const times = [0, 0, 0, 1, 1, 1, 24, 0, 0, 59, 23, 31, 12, 24]

  it.each([13, 5])("prepares a part of an archive, which follows as a file, cause %i (M22)", (cause) => {
    const dialogue = withFile(10)
    expect(dialogue.say(127, times, { cause, nof: 3 })).toEqual(["F_FR lof 10"])
    expect(dialogue.asked[0]?.request).toEqual({
      op: "query",
      name: { ca: CA, ioa: IOA, nof: 3 },
      fromLow: 0x0100_0000,
      fromHigh: 0x18_0101,
      toLow: 0x173b_0000,
      toHigh: 0x18_0c1f
    })
    expect(dialogue.call(2)).toEqual(["F_SR 1 lof 10"])
    expect(dialogue.call(6, 1)).toHaveLength(2)
  })

  it("with impossible times, or refused by the store, is answered negatively", () => {
    const dialogue = withFile(10)
    expect(dialogue.say(127, [...times.slice(0, 12), 13, 24])).toEqual(["F_FR lof 0 negative"])
    expect(dialogue.ops()).toEqual([])
    dialogue.refusal = () => "notAllowed"
    expect(dialogue.say(127, times)).toEqual(["F_FR lof 0 negative"])
  })
})
