// Spontaneous transmission (60870-5-5 6.4): events leave in order; what was dropped is counted and healed with the
// current value, exactly for the points whose newest event was lost; nobody listening makes old states superfluous.

import { describe, expect, it } from "vitest"
import * as Initialised from "../../../src/core/image/Initialised.ts"
import * as Core from "../../../src/core/index.ts"
import * as Frames from "../../property/support/Frames.ts"
import { type Peer, Plant, started } from "../../property/support/Peer.ts"
import { Random } from "../../property/support/Random.ts"

const { Image } = Core

const told = (frames: readonly Frames.Frame[]): readonly (readonly [number, unknown])[] =>
  frames
    .filter(({ format }) => format === "I")
    .flatMap(Frames.objects)
    .map(({ ioa, value, spi }) => [ioa, value ?? spi])

const at = <A>(from: readonly A[], index: number): A => {
  const found = from[index]
  if (found === undefined) throw new Error(`nothing at ${index}`)
  return found
}

const lost = (peer: Peer): number => peer.of("overflow").reduce((sum, notice) => sum + notice.lost, 0)

describe("events", () => {
  it("leave in order, each once, whatever the window", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      const plant = new Plant({ link: { k: random.pick([1, 2, 12]), w: 2 }, packEvents: random.chance(50) })
      const points = [11, 35, 1].flatMap((type) => plant.add(plant.block(1, type), type * 10, type * 10 + 1))
      const peer = started(plant)
      const expected: (readonly [number, unknown])[] = []
      const frames: Frames.Frame[] = []
      for (let n = 0; n < 300; n++) {
        const point = random.pick(points)
        const value = point.block.of.type === 1 ? n & 1 : n
        plant.publish(point, value)
        expected.push([at([...point.block.ioa], point.slot), point.block.of.type === 1 ? value === 1 : value])
        if (random.chance(30)) frames.push(...peer.ready())
        if (random.chance(20)) frames.push(...peer.acknowledge())
      }
      expect(told([...frames, ...peer.ready(), ...peer.drain()])).toEqual(expected)
      expect(peer.cursor.acknowledged).toEqual(plant.ends)
    }
  })

  it("of a higher class go first", () => {
    const plant = new Plant({ logs: [64, 64], packEvents: false, link: { k: 1, w: 1 } })
    const [low] = plant.add(plant.block(1, 11, 1), 1)
    const [high] = plant.add(plant.block(1, 9, 0), 2)
    if (low === undefined || high === undefined) throw new Error("no points")
    for (let n = 1; n <= 3; n++) plant.publish(low, n)
    const peer = started(plant)
    for (let n = 1; n <= 3; n++) plant.publish(low, n)
    const frames = [...peer.ready()]
    plant.publish(high, 0.5)
    frames.push(...peer.drain())
    expect(told(frames).map(([ioa]) => ioa)).toEqual([1, 2, 1, 1])
    expect(peer.cursor.acknowledged).toEqual(plant.ends)
  })

  it("that were not acknowledged are not counted as acknowledged", () => {
    const plant = new Plant({ packEvents: false })
    const [point] = plant.add(plant.block(1, 35), 1)
    if (point === undefined) throw new Error("no point")
    const peer = started(plant)
    for (let n = 0; n < 5; n++) plant.publish(point, n)
    peer.ready()
    expect([peer.cursor.sent, peer.cursor.acknowledged]).toEqual([[5], [0]])
    peer.acknowledge(2)
    expect([peer.cursor.sent, peer.cursor.acknowledged]).toEqual([[5], [3]])
  })
})

describe("events while data transfer is stopped", () => {
  it("coalesce to the newest of a point without time tag; with one, all are told", () => {
    const plant = new Plant()
    const [a, b] = plant.add(plant.block(1, 11), 1, 2)
    const [c] = plant.add(plant.block(1, 35), 3)
    if (a === undefined || b === undefined || c === undefined) throw new Error("no points")
    const peer = started(plant)
    peer.stop()
    for (let n = 1; n <= 4; n++) for (const point of [a, c]) plant.publish(point, n)
    plant.publish(b, 7)
    expect(told(peer.ready())).toEqual([])
    expect(told(peer.start())).toEqual([
      [3, 1],
      [3, 2],
      [3, 3],
      [1, 4],
      [3, 4],
      [2, 7]
    ])
    expect(lost(peer)).toBe(0)
  })

  it("are superseded by one that came after the start", () => {
    const plant = new Plant({ link: { k: 1, w: 1 }, packEvents: false })
    const [a, b] = plant.add(plant.block(1, 11), 1, 2)
    if (a === undefined || b === undefined) throw new Error("no points")
    const peer = started(plant)
    peer.stop()
    plant.publish(b, 1)
    plant.publish(a, 1)
    const frames = [...peer.start()]
    plant.publish(a, 2)
    plant.publish(a, 3)
    expect(told([...frames, ...peer.drain()])).toEqual([
      [2, 1],
      [1, 2],
      [1, 3]
    ])
  })

  it("that were meant for live listeners are left out", () => {
    const plant = new Plant()
    const [point] = plant.add(plant.block(1, 35), 1)
    if (point === undefined) throw new Error("no point")
    const peer = started(plant)
    peer.stop()
    for (const cause of [1, 2, 5, 20, 36, 3, 11, 12]) plant.publish(point, cause, cause)
    expect(peer.start().flatMap(({ format, cause }) => (format === "I" ? [cause] : []))).toEqual([3, 11, 12])
  })

  it("of before a repeated STARTDT are all told", () => {
    const plant = new Plant({ link: { k: 1, w: 1 }, packEvents: false })
    const [point] = plant.add(plant.block(1, 11), 1)
    if (point === undefined) throw new Error("no point")
    const peer = started(plant)
    for (let n = 1; n <= 3; n++) plant.publish(point, n)
    const frames = [...peer.ready(), ...peer.start(), ...peer.drain()]
    expect(told(frames)).toEqual([
      [1, 1],
      [1, 2],
      [1, 3]
    ])
  })
})

describe("an overflow", () => {
  const full = (logs: readonly number[], priorities: readonly number[]) => {
    const plant = new Plant({ logs, link: { k: 1, w: 1 }, packEvents: false })
    const points = priorities.map((priority, n) => at(plant.add(plant.block(1, 11, priority), 100 * priority + n), 0))
    const [a, b, c, d] = points
    if (a === undefined || b === undefined) throw new Error("two points at least")
    return { plant, points, a, b, c: c ?? a, d: d ?? a, peer: started(plant) }
  }

  it("is counted, and healed for the points whose newest event was lost", () => {
    const { plant, points, a, b, c, d: storm, peer } = full([64], [0, 0, 0, 0])
    plant.publish(storm, -1)
    peer.ready()
    for (const [point, value] of [
      [a, 1],
      [b, 2],
      [a, 3],
      [c, 4]
    ] as const)
      plant.publish(point, value)
    for (let n = 0; n < 64; n++) plant.publish(storm, n)
    plant.publish(c, 5)
    const values = told(peer.drain())
    expect(lost(peer)).toBe(5)
    expect(peer.cursor.rare.lost).toBe(5)
    const ioas = points.map(({ block, slot }) => block.ioa[slot] as number)
    for (const [n, value] of [3, 2, 5].entries())
      expect(values.filter(([ioa]) => ioa === ioas[n])).toEqual([[ioas[n], value]])
    expect(values.filter(([ioa]) => ioa === ioas[3])).toHaveLength(63)
    expect(peer.cursor.rare.heal).toEqual([])
  })

  it("leaves every point with its current value, in the order of its values, over random storms", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed)
      const plant = new Plant({ logs: [64], link: { k: random.pick([1, 3]), w: 1 }, packEvents: random.chance(50) })
      const points = [11, 35].flatMap((type) =>
        plant.add(plant.block(1, type), ...Array.from({ length: 40 }, (_, n) => type * 1000 + n))
      )
      const peer = started(plant)
      const frames: Frames.Frame[] = []
      let value = 0
      for (let n = 0; n < 40; n++) {
        for (let m = random.below(60); m > 0; m--) plant.publish(random.pick(points), ++value)
        if (random.chance(70)) frames.push(...peer.ready(), ...peer.acknowledge())
      }
      frames.push(...peer.ready(), ...peer.drain())
      const newest = new Map<number, number>()
      for (const [ioa, found] of told(frames)) {
        expect(Number(found)).toBeGreaterThanOrEqual(newest.get(ioa) ?? 0)
        newest.set(ioa, Number(found))
      }
      for (const { block, slot } of points)
        expect(newest.get(block.ioa[slot] as number) ?? 0).toBe(Image.value(block, slot))
      expect(lost(peer)).toBe(peer.cursor.rare.lost)
      expect(lost(peer)).toBeGreaterThan(0)
    }
  })

  it("of two classes is healed in both", () => {
    const plant = new Plant({ logs: [64, 64], link: { k: 1, w: 1 } })
    const lostOnes = [0, 1].map((priority) =>
      plant.add(plant.block(1, 11, priority), ...Array.from({ length: 30 }, (_, n) => 100 * priority + n))
    )
    const storms = [0, 1].flatMap((priority) => plant.add(plant.block(1, 35, priority), 1000 + priority))
    const peer = started(plant)
    plant.publish(at(storms, 0), 0)
    peer.ready()
    for (const point of lostOnes.flat()) plant.publish(point, 7)
    for (let n = 0; n < 64; n++) for (const storm of storms) plant.publish(storm, n)
    const healed = told(peer.drain()).filter(([, value]) => value === 7)
    expect(lost(peer)).toBe(60)
    expect(
      healed
        .map(([ioa]) => ioa)
        .filter((ioa) => ioa < 1000)
        .sort((a, b) => a - b)
    ).toEqual(lostOnes.flat().map(({ block, slot }) => block.ioa[slot]))
  })

  it("goes over stations that have no points a part at a time", () => {
    const plant = new Plant({ logs: [64], link: { k: 32_767, w: 1 }, packEvents: false })
    const [storm] = plant.add(plant.block(1, 11), 1)
    for (let ca = 2; ca <= 4000; ca++) plant.image = Image.withStation(plant.image, ca)
    const [last] = plant.add(plant.block(4001, 11), 2)
    if (storm === undefined || last === undefined) throw new Error("no points")
    const peer = started(plant)
    plant.publish(last, 7)
    for (let n = 0; n < 100; n++) plant.publish(storm, n)
    const frames: Frames.Frame[] = []
    let silent = 0
    for (let more = true; more; ) {
      const { state, cursor, outputs } = Core.reduce(plant.world, peer.state, peer.cursor, peer.event("ready"))
      peer.state = state
      peer.cursor = cursor
      more = outputs.more
      if (outputs.end === outputs.start) silent++
      frames.push(...Frames.split(outputs.octets.slice(outputs.start, outputs.end)))
    }
    expect(told(frames).at(-1)).toEqual([2, 7])
    expect(peer.cursor.rare.heal).toEqual([])
    expect(silent).toBeGreaterThan(4)
  })

  it("does not touch points that had no event", () => {
    const { plant, a: silent, b: storm, peer } = full([64], [0, 0])
    Image.setValue(silent.block, silent.slot, 5)
    for (let n = 0; n < 200; n++) plant.publish(storm, n)
    peer.ready()
    expect(told(peer.drain()).map(([ioa]) => ioa)).not.toContain(silent.block.ioa[silent.slot])
    expect(lost(peer)).toBe(136)
  })
})

describe("cyclic transmission", () => {
  it("tells the points of a batch once, in order, with the type and cause of cycles", () => {
    const plant = new Plant({ link: { k: 1, w: 1 } })
    const block = plant.block(1, 36)
    plant.add(block, ...Array.from({ length: 100 }, (_, n) => 2 * n))
    const peer = started(plant)
    const batch = {
      block,
      key: 1,
      version: block.version,
      slots: Int32Array.from({ length: 100 }, (_, n) => n),
      type: block.of.cyclicType,
      cause: block.of.cyclicCause
    }
    const frames = [...peer.cyclic(batch), ...peer.cyclic(batch), ...peer.drain()]
    expect(frames.every(({ type, cause }) => type === 13 && cause === 1)).toBe(true)
    expect(told(frames).map(([ioa]) => ioa)).toEqual(Array.from({ length: 100 }, (_, n) => 2 * n))
  })

  it("never overtakes an older event of a point, and leaves removed points out", () => {
    const plant = new Plant({ link: { k: 1, w: 1 }, packEvents: false })
    const block = plant.block(1, 11)
    const [a, b] = plant.add(block, 1, 2, 3)
    if (a === undefined || b === undefined) throw new Error("no points")
    const peer = started(plant)
    for (let n = 1; n <= 5; n++) plant.publish(a, n)
    const { version } = block
    block.remove(b.slot)
    block.settle()
    const frames = [
      ...peer.cyclic({ block, version, key: 1, slots: Int32Array.of(0, 1, 2), type: 11, cause: 1 }),
      ...peer.drain()
    ]
    expect(frames.map((frame) => [frame.cause, ...Frames.addresses(frame)])).toEqual([
      ...Array.from({ length: 5 }, () => [3, 1]),
      [1, 1],
      [1, 3]
    ])
  })

  it("is not begun while data transfer is stopped", () => {
    const plant = new Plant()
    const block = plant.block(1, 11)
    plant.add(block, 1)
    const peer = started(plant)
    peer.stop()
    peer.cyclic({ block, key: 1, version: block.version, slots: Int32Array.of(0), type: 11, cause: 1 })
    expect(told(peer.start())).toEqual([])
  })
})

describe("end of initialisation", () => {
  it("goes ahead of everything, once for a common address", () => {
    const plant = new Plant()
    const [point] = plant.add(plant.block(1, 35), 1)
    if (point === undefined) throw new Error("no point")
    const peer = started(plant)
    peer.stop()
    plant.publish(point, 1)
    for (const cause of [0, 2]) {
      plant.initialised = Initialised.noted(plant.initialised, plant.image, 1, cause)
      peer.reduce(peer.event("ready"))
    }
    const frames = peer.start().filter(({ format }) => format === "I")
    expect(frames.map(({ type, cause, ca }) => [type, cause, ca])).toEqual([
      [70, 4, 1],
      [35, 3, 1]
    ])
    expect(frames[0]?.octets[15]).toBe(2)
  })
})

describe("a reset of the event buffer", () => {
  it.each([
    [1, ["2:30", "1:1", "2:30", "2:1"]],
    [2, ["1:30", "1:1", "2:1"]],
    [65_535, ["1:1", "2:1"]]
  ])("of station %i takes what has a time tag, and nothing of others nor of later", (ca, left) => {
    const plant = new Plant({ link: { k: 1, w: 1 }, packEvents: false })
    const point = (of: number, type: number) => at(plant.add(plant.block(of, type), type), 0)
    const [one, plain, two, other] = [point(1, 30), point(1, 1), point(2, 30), point(2, 1)]
    const peer = started(plant)
    // The first one leaves at once, and fills the window; the next leaves with the acknowledgement that the request carries.
    plant.publish(plain, 1)
    peer.ready()
    for (const next of [one, two, one, plain, two, other]) plant.publish(next, 1)
    peer.send(Frames.asdu(105, 6, 0, ca, 0, 2))
    peer.decide(peer.of("reset")[0]?.id ?? -1, { terminate: false })
    plant.publish(one, 0)
    const frames = peer.drain().filter(({ type }) => type !== 105)
    expect(frames.map((frame) => `${frame.ca}:${frame.type}`)).toEqual([...left, "1:30"])
  })
})
