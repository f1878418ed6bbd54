// File transfer in control direction on the pure core: what is stored and acknowledged, and everything that a client
// may do wrong (checklist M15..M21).
import { describe, expect, it } from "vitest"
import * as Frames from "../../property/support/Frames.ts"
import { contentOf, counted, Dialogue, IOA, NOF, sumOf } from "./fileSupport.ts"

describe("a file is received", () => {
  it.each([
    [0, 65_536],
    [1, 65_536],
    [236, 65_536],
    [237, 100],
    [50_000, 20_000]
  ])("of %i octets in sections of %i, and stored (M16)", (octets, sectionOctets) => {
    const dialogue = new Dialogue()
    const content = contentOf(octets)
    const sections = Math.ceil(octets / sectionOctets)
    expect(dialogue.deliver(content, sectionOctets)).toEqual([
      "F_SC 0 scq 2",
      ...Array.from({ length: sections }, (_, n) => [`F_SC ${n + 1} scq 6`, `F_AF ${n + 1} afq 3`]).flat(),
      `F_AF ${sections} afq 1`
    ])
    expect(dialogue.committed).toEqual(content)
    expect(dialogue.ops().slice(-2)).toEqual(["commit", "close"])
    expect(dialogue.peer.state.work.files?.transfer ?? null).toBeNull()
  })

  it("in pieces: no more than 16 KiB and a segment are held, whatever the length of the section", () => {
    const dialogue = new Dialogue()
    dialogue.deliver(contentOf(100_000), 100_000)
    const writes = dialogue.asked.flatMap(({ request }) => (request.op === "write" ? [request] : []))
    expect(writes.map(({ offset }) => offset)).toEqual([0, 16_520, 33_040, 49_560, 66_080, 82_600, 99_120])
    expect(Math.max(...writes.map(({ data }) => data.length))).toBeLessThan(16_384 + 236)
    expect(dialogue.committed).toEqual(contentOf(100_000))
  })

  it("and a section is acknowledged only when the store has all of it", () => {
    const dialogue = new Dialogue()
    const content = contentOf(300)
    dialogue.announce(300)
    dialogue.section(1, 300)
    dialogue.segment(1, content.subarray(0, 200))
    dialogue.segment(1, content.subarray(200))
    dialogue.answers = () => false
    expect(dialogue.last(1, 3, sumOf(content))).toEqual([])
    const [write] = dialogue.waiting
    expect(dialogue.answer(write ?? expect.fail("nothing was written"))).toMatchObject([{ type: 124 }])
  })

  it("with the originator and test bit of its announcement", () => {
    const dialogue = new Dialogue()
    const address = { cause: 13 | 0x80, oa: 9 }
    const spoken = dialogue.settle(dialogue.peer.send(dialogue.asdu(120, [10, 0, 0, 0], address)))
    expect(spoken[0]?.frame).toMatchObject({ type: 122, cause: 13 | 0x80, oa: 9 })
  })

  it("again from its beginning when it is announced again", () => {
    const dialogue = new Dialogue()
    dialogue.announce(500)
    dialogue.section(1, 500)
    dialogue.segment(1, contentOf(100))
    expect(dialogue.announce(500)).toEqual(["F_SC 0 scq 2"])
    expect(dialogue.ops()).toEqual(["create", "close", "create"])
    expect(dialogue.deliver(contentOf(500)).at(-1)).toBe("F_AF 1 afq 1")
    expect(dialogue.committed).toEqual(contentOf(500))
  })
})

describe("an announcement", () => {
  it("above the limit is refused before the store is asked: no memory (M15)", () => {
    const dialogue = new Dialogue({ limits: { fileOctetsMax: 1000 } })
    expect(dialogue.announce(1001)).toEqual(["F_SC 0 scq 3 error 1"])
    expect(dialogue.ops()).toEqual([])
    expect(dialogue.announce(1000)).toEqual(["F_SC 0 scq 2"])
  })

  it.each([
    ["unknown", 4],
    ["notAllowed", 4],
    ["busy", 3],
    ["noSpace", 1],
    ["failed", 1]
  ] as const)("that the store refuses as %s has error %i", (why, error) => {
    const dialogue = new Dialogue()
    dialogue.refusal = ({ op }) => (op === "create" ? why : null)
    expect(dialogue.announce(10)).toEqual([`F_SC 0 scq 3 error ${error}`])
    expect(dialogue.ops()).toEqual(["create", "close"])
  })

  it("of another file while one is transferred is refused and disturbs nothing", () => {
    const dialogue = new Dialogue()
    dialogue.announce(10)
    expect(dialogue.announce(10, { nof: 8 })).toEqual(["F_SC 0 scq 3 error 3"])
    expect(dialogue.call(1, 0, { nof: 8 })).toEqual(["F_FR lof 0 negative"])
    expect(dialogue.section(1, 10)).toEqual(["F_SC 1 scq 6"])
  })

  it("that is negative takes the transfer back", () => {
    const dialogue = new Dialogue()
    dialogue.announce(10)
    expect(dialogue.announce(10, {}, 0x80)).toEqual([])
    expect(dialogue.ops()).toEqual(["create", "close"])
    expect(dialogue.announce(10, {}, 0x80)).toEqual([])
  })
})

describe("a section", () => {
  it("with a wrong checksum is not used, and can be sent again at its place (M17)", () => {
    const dialogue = new Dialogue()
    const content = contentOf(60_000)
    const [first, second] = [content.subarray(0, 20_000), content.subarray(20_000)]
    dialogue.announce(60_000)
    dialogue.section(1, 20_000)
    for (let at = 0; at < 20_000; at += 200) dialogue.segment(1, first.subarray(at, at + 200))
    expect(dialogue.last(1, 3, sumOf(first))).toEqual(["F_AF 1 afq 3"])
    dialogue.section(2, 40_000)
    for (let at = 0; at < 40_000; at += 200) dialogue.segment(2, new Uint8Array(200).fill(99))
    expect(dialogue.last(2, 3, 1)).toEqual(["F_AF 2 afq 4 error 2"])
    expect(dialogue.last(2, 3, 1)).toEqual([])
    dialogue.section(2, 40_000)
    for (let at = 0; at < 40_000; at += 200) dialogue.segment(2, second.subarray(at, at + 200))
    expect(dialogue.last(2, 3, sumOf(second))).toEqual(["F_AF 2 afq 3"])
    expect(dialogue.last(2, 1, sumOf(content))).toEqual(["F_AF 2 afq 1"])
    expect(dialogue.committed).toEqual(content)
  })

  it("that is shorter than announced is not used", () => {
    const dialogue = new Dialogue()
    dialogue.announce(10)
    dialogue.section(1, 10)
    dialogue.segment(1, new Uint8Array(9))
    expect(dialogue.last(1, 3, 0)).toEqual(["F_AF 1 afq 4 error 2"])
  })

  it("that is longer than announced ends the transfer, and the segments behind it are dropped (M18)", () => {
    const dialogue = new Dialogue()
    dialogue.announce(1_000_000)
    dialogue.section(1, 300)
    dialogue.segment(1, new Uint8Array(236))
    expect(dialogue.segment(1, new Uint8Array(65))).toEqual(["F_AF 1 afq 2 error 1"])
    for (let n = 0; n < 20; n++) expect(dialogue.segment(1, new Uint8Array(236))).toEqual([])
    expect(dialogue.last(1, 3, 0)).toEqual([])
    expect(dialogue.last(1, 1, 0)).toEqual([])
    expect(dialogue.ops()).toEqual(["create", "close"])
    expect(dialogue.announce(10)).toEqual(["F_SC 0 scq 2"])
  })

  it("that does not fit into the file is refused: no memory", () => {
    const dialogue = new Dialogue()
    dialogue.announce(100)
    expect(dialogue.section(1, 101)).toEqual(["F_SC 1 scq 7 error 1"])
    expect(dialogue.section(1, 100)).toEqual(["F_SC 1 scq 6"])
  })

  it("out of order, of another file, or of none is refused (M19)", () => {
    const dialogue = new Dialogue()
    expect(dialogue.section(1, 10)).toEqual(["F_SC 1 scq 7 error 3"])
    dialogue.announce(100)
    expect(dialogue.section(2, 10)).toEqual(["F_SC 2 scq 7 error 5"])
    expect(dialogue.section(0, 10)).toEqual(["F_SC 0 scq 7 error 5"])
    expect(dialogue.section(1, 10, { nof: 8 })).toEqual(["F_SC 1 scq 7 error 4"])
    expect(dialogue.section(1, 10, { ioa: IOA + 1 })).toEqual(["F_SC 1 scq 7 error 4"])
    expect(dialogue.peer.send(dialogue.asdu(121, [1, 10, 0, 0, 0], { ca: 2 }))).toMatchObject([{ cause: 0x40 | 46 }])
  })

  it("that is not ready ends the transfer", () => {
    const dialogue = new Dialogue()
    dialogue.announce(100)
    expect(dialogue.section(1, 100, {}, 0x80)).toEqual(["F_AF 1 afq 2"])
    expect(dialogue.ops()).toEqual(["create", "close"])
  })

  it("that the client deactivates can be sent again", () => {
    const dialogue = new Dialogue()
    dialogue.announce(10)
    dialogue.section(1, 10)
    dialogue.segment(1, contentOf(4))
    expect(dialogue.last(1, 4, 0)).toEqual([])
    dialogue.section(1, 10)
    dialogue.segment(1, contentOf(10))
    expect(dialogue.last(1, 3, sumOf(contentOf(10)))).toEqual(["F_AF 1 afq 3"])
  })
})

describe("a segment", () => {
  it("of no transfer is refused once (M7)", () => {
    const dialogue = new Dialogue()
    expect(dialogue.segment(1, contentOf(5))).toEqual(["F_AF 1 afq 4 error 3"])
    expect(dialogue.segment(1, contentOf(5))).toEqual([])
    expect(dialogue.segment(1, contentOf(5), { nof: 8 })).toEqual(["F_AF 1 afq 4 error 3"])
    expect(dialogue.last(1, 1, 0, { nof: 9 })).toEqual(["F_AF 1 afq 2 error 3"])
  })

  it("of another file is refused and does not disturb the one that is transferred (M19)", () => {
    const dialogue = new Dialogue()
    const content = contentOf(10)
    dialogue.announce(10)
    dialogue.section(1, 10)
    dialogue.segment(1, content.subarray(0, 5))
    expect(dialogue.segment(1, contentOf(5), { nof: 8 })).toEqual(["F_AF 1 afq 4 error 4"])
    expect(dialogue.last(1, 3, 0, { nof: 9 })).toEqual(["F_AF 1 afq 4 error 4"])
    dialogue.segment(1, content.subarray(5))
    expect(dialogue.last(1, 3, sumOf(content))).toEqual(["F_AF 1 afq 3"])
  })

  it("of another section ends that section (M19)", () => {
    const dialogue = new Dialogue()
    dialogue.announce(10)
    dialogue.section(1, 10)
    expect(dialogue.segment(2, contentOf(5))).toEqual(["F_AF 2 afq 4 error 5"])
    expect(dialogue.segment(1, contentOf(5))).toEqual([])
    dialogue.section(1, 10)
    dialogue.segment(1, contentOf(10))
    expect(dialogue.last(2, 3, 0)).toEqual(["F_AF 2 afq 4 error 5"])
  })

  it("before its section was ready is refused, before the file was called it ends the transfer", () => {
    const dialogue = new Dialogue()
    dialogue.announce(10)
    expect(dialogue.segment(1, contentOf(5))).toEqual(["F_AF 1 afq 4 error 3"])
    expect(dialogue.section(1, 10)).toEqual(["F_SC 1 scq 6"])
    const eager = new Dialogue()
    eager.answers = () => false
    eager.announce(10)
    expect(eager.segment(1, contentOf(5))).toEqual(["F_SC 0 scq 3 error 3"])
  })

  it("whose length is not that of its octets closes (M21)", () => {
    for (const elements of [
      [1, 5, 1, 2, 3, 4],
      [1, 5, 1, 2, 3, 4, 5, 6]
    ]) {
      const dialogue = new Dialogue()
      dialogue.announce(10)
      dialogue.section(1, 10)
      dialogue.peer.send(dialogue.asdu(125, elements))
      expect(dialogue.peer.closed).toBe("MALFORMED_ASDU")
    }
  })

  it("without octets changes nothing", () => {
    const dialogue = new Dialogue()
    dialogue.announce(0)
    dialogue.section(1, 0)
    expect(dialogue.segment(1, new Uint8Array(0))).toEqual([])
    expect(dialogue.last(1, 3, 0)).toEqual(["F_AF 1 afq 3"])
    expect(dialogue.last(1, 1, 0)).toEqual(["F_AF 1 afq 1"])
  })
})

describe("the end of the file", () => {
  const until = (announced: number): Dialogue => {
    const dialogue = new Dialogue()
    dialogue.announce(announced)
    dialogue.section(1, 10)
    dialogue.segment(1, contentOf(10))
    dialogue.last(1, 3, sumOf(contentOf(10)))
    return dialogue
  }

  it("with a wrong checksum, or before all of it came, is refused and nothing is stored (M17)", () => {
    for (const [dialogue, sum] of [
      [until(10), 77],
      [until(11), sumOf(contentOf(10))]
    ] as const) {
      expect(dialogue.last(1, 1, sum)).toEqual(["F_AF 1 afq 2 error 2"])
      expect(dialogue.committed).toBeNull()
      expect(dialogue.ops()).toEqual(["create", "write", "close"])
    }
  })

  it("in the middle of a section ends the transfer", () => {
    const dialogue = new Dialogue()
    dialogue.announce(10)
    dialogue.section(1, 10)
    expect(dialogue.last(1, 1, 0)).toEqual(["F_AF 1 afq 2 error 3"])
    expect(dialogue.ops()).toEqual(["create", "close"])
  })

  it("after a deactivation throws everything away, whoever deactivates", () => {
    const left = until(10)
    expect(left.last(1, 2, 0)).toEqual(["F_AF 1 afq 2"])
    const called = until(10)
    expect(called.call(3)).toEqual(["F_AF 2 afq 2"])
    for (const { committed, asked } of [left, called]) {
      expect(committed).toBeNull()
      expect(asked.at(-1)?.request.op).toBe("close")
    }
  })

  it.each(["write", "commit"] as const)("is refused when the store cannot %s", (op) => {
    const dialogue = new Dialogue()
    dialogue.refusal = (request) => (request.op === op ? "failed" : null)
    const said = dialogue.deliver(contentOf(10))
    expect(said).toContain("F_AF 1 afq 2 error 1")
    expect(said.some((text) => text.endsWith("afq 1"))).toBe(false)
    expect(dialogue.committed).toBeNull()
  })
})

describe("a client", () => {
  it("that disappears gives the file back after the step time (M12)", () => {
    const dialogue = new Dialogue({ limits: { fileStepMs: 5000 } })
    dialogue.announce(10)
    dialogue.section(1, 10)
    dialogue.segment(1, contentOf(5))
    expect(dialogue.settle(dialogue.peer.tick(4999))).toEqual([])
    expect(dialogue.settle(dialogue.peer.tick(1)).map(({ text }) => text)).toEqual(["F_AF 1 afq 2"])
    expect(dialogue.ops()).toEqual(["create", "close"])
    expect(dialogue.announce(10)).toEqual(["F_SC 0 scq 2"])
  })

  it("that stops data transfer or disconnects gives it back at once", () => {
    const dialogue = new Dialogue()
    dialogue.announce(10)
    dialogue.peer.stop()
    expect(dialogue.peer.of("file").map(({ request }) => request.op)).toEqual(["create", "close"])
  })

  it("is slowed down while the store does not keep up, and cut off when it does not care", () => {
    const dialogue = new Dialogue({ link: { k: 12, w: 8 } })
    const { peer } = dialogue
    dialogue.announce(1_000_000)
    dialogue.section(1, 1_000_000)
    dialogue.answers = ({ op }) => op !== "write"
    const segment = dialogue.asdu(125, [1, 236, ...contentOf(236)])
    const acknowledgements: number[] = []
    const ends: number[] = []
    for (let n = 0; ends.length === 0 && n < 5000; n++)
      for (const frame of peer.send(segment)) {
        if (frame.format === "S") acknowledgements.push(n)
        if (frame.type === 124) ends.push(n)
      }
    // One piece is with the store, 64 KiB are held and acknowledged, then no more is; 256 KiB end it.
    expect(Math.max(...acknowledgements) * 236).toBeLessThan(16_384 + 65_536 + 12 * 236)
    expect(acknowledgements.length).toBeGreaterThan(40)
    expect((ends[0] ?? 0) * 236).toBeLessThan(16_384 + 262_144 + 2 * 236)
    expect(peer.of("file").at(-1)?.request.op).toBe("close")
  })

  it("whose store does not answer is told so after the step time", () => {
    const dialogue = new Dialogue({ limits: { fileStepMs: 1000 } })
    dialogue.answers = () => false
    dialogue.announce(10)
    expect(dialogue.settle(dialogue.peer.tick(1000)).map(({ text }) => text)).toEqual(["F_SC 0 scq 3 error 1"])
    for (const late of dialogue.waiting) expect(dialogue.answer(late)).toEqual([])
    expect(dialogue.peer.of("timedOut")).toHaveLength(1)
  })

  it("cannot make two stations answer each other for ever", () => {
    const dialogue = new Dialogue()
    expect(dialogue.acknowledge(1, 0x34)).toEqual([])
    expect(dialogue.call(0x36)).toEqual([])
    expect(dialogue.say(122, [0, 1], { cause: 13 | 0x40 })).toEqual(["F_FR lof 0 negative"])
    expect(counted(dialogue.call(0x31)).length).toBe(0)
  })

  it("whose segments are cut anywhere is understood all the same", () => {
    const whole = new Dialogue()
    whole.deliver(contentOf(3000), 1000)
    const cut = new Dialogue()
    const send = cut.peer.send.bind(cut.peer)
    cut.peer.send = (...asdus) => {
      const octets = Frames.join(...asdus.map((asdu) => cut.peer.frame(asdu)))
      const middle = 1 + (octets.length >> 1)
      return [...cut.peer.octets(octets.subarray(0, middle)), ...cut.peer.octets(octets.subarray(middle))]
    }
    expect(send).not.toBe(cut.peer.send)
    cut.deliver(contentOf(3000), 1000)
    expect(cut.committed).toEqual(whole.committed)
    expect(cut.ops()).toEqual(whole.ops())
    expect(cut.asked.every(({ request }) => request.op === "list" || request.name.nof === NOF)).toBe(true)
  })
})
