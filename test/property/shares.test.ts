// What is read from the image has its share of the frames, each kind beside all others that go on without end: reads and
// interrogations that are asked for back to back, cycles that are due before they were sent, healing, and events.
import { describe, expect, it } from "vitest"
import type { Frame } from "./support/Frames.ts"
import * as Frames from "./support/Frames.ts"
import { type Peer, Plant, type Point, started } from "./support/Peer.ts"

const SPONTANEOUS = 3
const READ = 5
const INTERROGATED = 20

const kinds = ["reads", "interrogations", "cycles", "healing", "events"] as const
type Kind = (typeof kinds)[number]

const FRAMES = 480
const LOST = 600
const KEPT = 64

/** All choices of two kinds and more. */
const choices = Array.from({ length: 1 << kinds.length }, (_, bits) =>
  kinds.filter((_, index) => (bits & (1 << index)) !== 0)
).filter(({ length }) => length > 1)

/** Which kind an I frame belongs to; null: to none of them. */
const kindOf = ({ type, cause, octets }: Frame): Kind | null => {
  switch (cause & 0x3f) {
    case 1:
      return "cycles"
    case SPONTANEOUS:
      if (type !== 7) return "events"
      // Events that the log still had are not healed.
      return ((octets[12] as number) | ((octets[13] as number) << 8)) < 2 * (LOST - KEPT) ? "healing" : null
    case READ:
      return "reads"
    case INTERROGATED:
      return "interrogations"
    default:
      return null
  }
}

/** A started client for which these kinds wait; and what keeps them waiting. */
const given = (chosen: readonly Kind[]): { readonly peer: Peer; readonly again: () => readonly Frame[] } => {
  const plant = new Plant({ logs: [KEPT], packEvents: false })
  const every = (block: ReturnType<Plant["block"]>, count: number): readonly Point[] =>
    plant.add(block, ...Array.from({ length: count }, (_, i) => 2 * i + 1))
  const [asked] = every(plant.block(1, 13), 1000)
  const lost = every(plant.block(2, 7), LOST)
  const cycle = plant.block(3, 13)
  every(cycle, 1000)
  const [event] = every(plant.block(4, 30), 1)
  if (asked === undefined || event === undefined) throw new Error("no points")
  const peer = started(plant)
  const again = (): readonly Frame[] => {
    const frames: Frame[] = []
    if (chosen.includes("events")) for (let i = 0; i < 12; i++) plant.publish(event, i & 1)
    if (chosen.includes("cycles")) {
      const { cyclicType: type, cyclicCause: cause } = cycle.of
      const slots = Int32Array.from({ length: 1000 }, (_, i) => i)
      const batch = { block: cycle, version: cycle.version, slots, type, cause }
      frames.push(...peer.cyclic({ ...batch, key: 1 }, { ...batch, key: 2 }))
    }
    if (chosen.includes("reads"))
      for (let i = 0; i < 12; i++) frames.push(...peer.send(Frames.asdu(102, READ, 0, 1, 1)))
    // What is asked too often is refused: one runs and one waits.
    if (chosen.includes("interrogations")) frames.push(...peer.send(Frames.asdu(100, 6, 0, 1, 0, 20)))
    return frames
  }
  if (chosen.includes("healing")) for (const [i, point] of lost.entries()) plant.publish(point, i)
  return { peer, again }
}

describe("each has its share of the frames", () => {
  it.each(choices.map((chosen) => [chosen.join(", "), chosen] as const))("%s", (_, chosen) => {
    const { peer, again } = given(chosen)
    const counts = new Map<Kind, number>()
    for (let frames = 0; frames < FRAMES; ) {
      for (const frame of [...again(), ...peer.acknowledge()]) {
        if (frame.format !== "I") continue
        const kind = kindOf(frame)
        if (kind === null) continue
        frames++
        counts.set(kind, (counts.get(kind) ?? 0) + 1)
      }
    }
    // Of four frames one at least is read from the image, and of two of those one is a read.
    const least = FRAMES / 4 / (chosen.includes("reads") ? 6 : 3)
    for (const kind of chosen)
      expect([kind, counts.get(kind) ?? 0]).toEqual([kind, expect.toSatisfy((n: number) => n >= least - 2)])
  })
})

it("a read alone is answered before anything that goes on without end", () => {
  const { peer, again } = given(["interrogations", "cycles", "healing"])
  // What is still in the log goes first.
  for (let round = 0; round < 12; round++) {
    again()
    peer.acknowledge()
  }
  for (let round = 0; round < 20; round++) {
    const sent = peer.send(Frames.asdu(102, READ, 0, 1, 1)).filter(({ format }) => format === "I")
    const read = sent.map(kindOf).filter((kind) => kind !== null)
    expect(read.indexOf("reads")).toBe(0)
    again()
  }
})
