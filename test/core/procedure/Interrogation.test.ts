// General interrogation (60870-5-5 6.6): every point exactly once, in order, whatever the acknowledgements, the changes
// of the image and the events meanwhile; one runs and one waits for each common address.
import { describe, expect, it } from "vitest"
import { Image } from "../../../src/core/index.ts"
import * as Frames from "../../property/support/Frames.ts"
import { type Options, type Peer, Plant, type Point, started } from "../../property/support/Peer.ts"
import { Random } from "../../property/support/Random.ts"

const cause = { con: 7, deactCon: 9, term: 10, data: 20, refused: 7 | 0x40, deactRefused: 9 | 0x40 } as const

const isData = ({ format, cause: found }: Frames.Frame): boolean => format === "I" && (found & 0x3f) === cause.data
const isOf =
  (type: number) =>
  (frame: Frames.Frame): boolean =>
    frame.type === type

/** Causes of the answers of type 100, with their common addresses. */
const answers = (frames: readonly Frames.Frame[]): readonly string[] =>
  frames.filter(isOf(100)).map((frame) => `${frame.ca}:${frame.cause}`)

const addressesOf = (frames: readonly Frames.Frame[]): readonly number[] =>
  frames.filter(isData).flatMap(Frames.addresses)

/** Every frame until nothing more comes, each call acknowledging only some. */
const slowly = (peer: Peer, random: Random, between: () => void = () => {}): readonly Frames.Frame[] => {
  const all: Frames.Frame[] = []
  for (let idle = 0; idle < 3; ) {
    between()
    const found = [
      ...peer.octets(
        Frames.s(
          (peer.nr - random.below(Math.min(3, peer.state.link.ledger.high - peer.state.link.ledger.low + 1))) & 0x7fff
        )
      ),
      ...peer.ready()
    ]
    all.push(...found)
    idle = found.length === 0 ? idle + 1 : 0
  }
  return [...all, ...peer.drain()]
}

const given = (options: Options = {}) => new Plant({ link: { k: 3, w: 2 }, ...options })

describe("an interrogation", () => {
  it("tells every point of the station once, by type and address, between ACTCON and ACTTERM", () => {
    const random = new Random(5)
    for (let round = 0; round < 30; round++) {
      const plant = given({ link: { k: random.pick([1, 2, 12]), w: 2 } })
      const expected = new Map<number, Set<number>>()
      for (const type of [13, 1, 9, 30, 5]) {
        const as = type === 30 ? 1 : type
        const taken = expected.get(as) ?? new Set()
        const ioas = new Set<number>()
        for (let n = random.below(200); n > 0; n--) ioas.add(random.below(random.pick([300, 100_000])) + type * 500_000)
        plant.add(plant.block(1, type), ...ioas)
        expected.set(as, new Set([...taken, ...ioas]))
      }
      plant.add(plant.block(1, 45), 99)
      plant.add(plant.block(2, 13), 98)
      plant.add(plant.block(1, 15), 97)
      const peer = started(plant)
      const frames = [...peer.send(Frames.interrogation(1, 6, 20, 9)), ...slowly(peer, random)]
      expect(answers(frames)).toEqual(["1:7", "1:10"])
      expect(frames.filter(isData).every(({ ca, oa }) => ca === 1 && oa === 9)).toBe(true)
      const data = frames.filter(isData)
      expect(frames.findIndex(isData)).toBeGreaterThanOrEqual(data.length === 0 ? -1 : 1)
      expect(data.map(({ type }) => type)).toEqual([...data.map(({ type }) => type)].sort((a, b) => a - b))
      for (const [type, ioas] of expected) {
        const told = data.filter(isOf(type)).flatMap(Frames.addresses)
        expect([...told].sort((a, b) => a - b)).toEqual([...ioas].sort((a, b) => a - b))
      }
      expect(frames.at(-1)?.cause).toBe(cause.term)
    }
  })

  it("carries the values of the moment in which an ASDU is built", () => {
    const plant = given({ link: { k: 1, w: 1 } })
    const points = plant.add(plant.block(1, 11), 1, 100, 200, ...Array.from({ length: 60 }, (_, n) => 1000 + 3 * n))
    const peer = started(plant)
    peer.send(Frames.interrogation(1))
    const last = points.at(-1) as Point
    Image.setValue(last.block, last.slot, 1234)
    const frames = peer.drain().filter(isData)
    expect(frames.flatMap(Frames.objects).at(-1)?.["value"]).toBe(1234)
  })

  it("neither skips nor repeats points when others come and go", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed)
      const plant = given({ link: { k: 1, w: 1 }, profile: { maxApduLength: 40 } })
      const block = plant.block(1, 13)
      const stay = new Set(Array.from({ length: 60 }, () => 1 + random.below(500)))
      const others = new Set(Array.from({ length: 40 }, () => 1 + random.below(500)).filter((ioa) => !stay.has(ioa)))
      plant.add(block, ...[...stay, ...others].sort(() => random.below(3) - 1))
      const gone = new Set<number>()
      const peer = started(plant)
      const change = (): void => {
        const ioa = random.below(500) + 1
        if (stay.has(ioa)) return
        const slot = block.find(ioa)
        if (slot >= 0) {
          block.remove(slot)
          gone.add(ioa)
        } else if (!gone.has(ioa)) block.add(ioa)
        block.settle()
      }
      const frames = [...peer.send(Frames.interrogation(1)), ...slowly(peer, random, change)]
      const told = addressesOf(frames)
      expect(told).toEqual([...new Set(told)].sort((a, b) => a - b))
      expect(told.filter((ioa) => stay.has(ioa))).toEqual([...stay].sort((a, b) => a - b))
      expect(answers(frames)).toEqual(["1:7", "1:10"])
    }
  })

  it("keeps the T bit and the originator of the request", () => {
    const plant = given()
    plant.add(plant.block(1, 1), 5)
    const peer = started(plant)
    const frames = peer.send(Frames.interrogation(1, 0x86, 20, 77))
    expect(frames.map(({ cause: found, oa }) => [found, oa])).toEqual([
      [0x87, 77],
      [0x80 | 20, 77],
      [0x8a, 77]
    ])
  })

  it("of an empty station is confirmed and terminated", () => {
    const plant = given()
    plant.block(3, 13)
    const peer = started(plant)
    expect(answers(peer.send(Frames.interrogation(3)))).toEqual(["3:7", "3:10"])
    expect(peer.of("interrogated")).toMatchObject([{ ca: 3, qualifier: 20 }])
  })

  it("of a group that is not configured is refused", () => {
    const plant = given()
    plant.block(1, 13)
    expect(answers(started(plant).send(Frames.interrogation(1, 6, 21)))).toEqual([`1:${cause.refused}`])
  })

  it("asks for the refresh of flagged points of every block, ASDU by ASDU, and sends what they are then", () => {
    const plant = given({ link: { k: 12, w: 8 } })
    const [high] = plant.add(plant.block(1, 11), 1000)
    const [low] = plant.add(plant.block(1, 13), 10)
    if (high === undefined || low === undefined) throw new Error("no points")
    for (const { block } of [high, low]) block.refresh = new Uint8Array(block.ioa.length).fill(1)
    const peer = started(plant)
    const frames = [...peer.send(Frames.interrogation(1))]
    for (let n = 0; n < 2; n++) {
      const asked = peer.of("refresh")[n]
      expect(asked?.block === [high, low][n]?.block).toBe(true)
      expect(asked?.slots).toEqual([0])
      if (asked === undefined) return
      Image.setValue(asked.block, 0, 41 + n)
      frames.push(...peer.refreshed(asked.id))
    }
    const told = frames.filter(isData).flatMap(Frames.objects)
    expect(told.map(({ ioa, value }) => [ioa, value])).toEqual([
      [1000, 41],
      [10, 42]
    ])
    expect(answers(frames)).toEqual(["1:7", "1:10"])
  })

  it("sends the old values when the refresh does not come in time", () => {
    const plant = given({ limits: { refreshMs: 100 } })
    const [point] = plant.add(plant.block(1, 11), 1)
    if (point === undefined) throw new Error("no point")
    point.block.refresh = new Uint8Array(point.block.ioa.length).fill(1)
    const peer = started(plant)
    expect(answers(peer.send(Frames.interrogation(1)))).toEqual(["1:7"])
    expect(peer.tick(99)).toEqual([])
    expect(addressesOf(peer.tick(1))).toEqual([1])
  })
})

describe("several interrogations", () => {
  it("of one station: one runs, one waits, a third is refused", () => {
    const plant = given({ link: { k: 2, w: 8 } })
    plant.add(plant.block(1, 13), ...Array.from({ length: 300 }, (_, n) => 2 * n))
    const peer = started(plant)
    const frames = [
      ...peer.send(Frames.interrogation(1, 6, 20, 1)),
      ...peer.send(Frames.interrogation(1, 6, 20, 2)),
      ...peer.send(Frames.interrogation(1, 6, 20, 3)),
      ...peer.drain()
    ]
    const said = frames.filter(isOf(100)).map(({ oa, cause: found }) => [oa, found])
    expect(said.filter(([oa]) => oa === 3)).toEqual([[3, cause.refused]])
    expect(said.filter(([oa]) => oa !== 3)).toEqual([
      [1, cause.con],
      [1, cause.term],
      [2, cause.con],
      [2, cause.term]
    ])
    expect(addressesOf(frames)).toHaveLength(600)
  })

  it("of all stations, back to back, are all served", () => {
    const plant = given({ link: { k: 12, w: 8 } })
    for (let ca = 1; ca <= 8; ca++) plant.add(plant.block(ca, 13), 1, 2, 3)
    const peer = started(plant)
    const frames = [...peer.send(...Array.from({ length: 8 }, (_, n) => Frames.interrogation(n + 1))), ...peer.drain()]
    for (let ca = 1; ca <= 8; ca++) {
      const own = frames.filter((frame) => frame.ca === ca)
      expect(answers(own)).toEqual([`${ca}:7`, `${ca}:10`])
      expect(addressesOf(own)).toEqual([1, 2, 3])
    }
  })

  it("at once, by the global address: all ACTCONs first, then station by station", () => {
    const plant = given()
    for (const ca of [5, 1, 9]) plant.add(plant.block(ca, 13), ca * 10)
    const peer = started(plant)
    const frames = [...peer.send(Frames.interrogation(65_535)), ...peer.drain()]
    expect(frames.filter(({ format }) => format === "I").map((frame) => `${frame.ca}:${frame.cause}`)).toEqual([
      ...["5:7", "1:7", "9:7"],
      ...["5:20", "5:10", "1:20", "1:10", "9:20", "9:10"]
    ])
    expect(addressesOf(frames)).toEqual([50, 10, 90])
  })

  it("by the global address count once: one runs, one waits, a third is refused for every station", () => {
    const plant = given({ link: { k: 1, w: 8 } })
    for (const ca of [1, 2]) plant.add(plant.block(ca, 13), 1)
    const peer = started(plant)
    const requests = Array.from({ length: 3 }, () => Frames.interrogation(65_535))
    const said = answers([...peer.send(...requests), ...peer.drain()])
    expect(said.filter((answer) => answer.endsWith(`:${cause.refused}`))).toEqual(["1:71", "2:71"])
    expect(said.filter((answer) => answer.endsWith(":10"))).toEqual(["1:10", "2:10", "1:10", "2:10"])
  })
})

describe("a deactivation", () => {
  const running = () => {
    const plant = given({ link: { k: 2, w: 8 } })
    plant.add(plant.block(1, 13), ...Array.from({ length: 300 }, (_, n) => 2 * n))
    return started(plant)
  }

  it("ends the running interrogation without ACTTERM", () => {
    const peer = running()
    const frames = [...peer.send(Frames.interrogation(1)), ...peer.send(Frames.interrogation(1, 8)), ...peer.drain()]
    expect(answers(frames)).toEqual(["1:7", "1:9"])
    const confirmed = frames.findIndex((frame) => frame.cause === cause.deactCon)
    expect(frames.slice(confirmed).some(isData)).toBe(false)
  })

  it("lets the waiting one begin", () => {
    const peer = running()
    const frames = [
      ...peer.send(Frames.interrogation(1)),
      ...peer.send(Frames.interrogation(1)),
      ...peer.send(Frames.interrogation(1, 8)),
      ...peer.drain()
    ]
    expect(answers(frames)).toEqual(["1:7", "1:9", "1:7", "1:10"])
  })

  it("is refused when nothing runs", () => {
    expect(answers(running().send(Frames.interrogation(1, 8)))).toEqual([`1:${cause.deactRefused}`])
  })

  it("comes of STOPDT, silently", () => {
    const peer = running()
    peer.send(Frames.interrogation(1))
    peer.stop()
    expect(answers(peer.acknowledge())).toEqual([])
    expect(peer.start().some(({ format }) => format === "I")).toBe(false)
    expect(answers(peer.send(Frames.interrogation(1, 8)))).toEqual([`1:${cause.deactRefused}`])
  })
})

describe("events and answers", () => {
  it("say what the oldest event that waits will tell, and that its time is not known where events have none", () => {
    for (const eventType of [13, 36]) {
      const plant = given({ link: { k: 12, w: 8 }, profile: { interrogationType: "own" } })
      plant.block(1, 11)
      const of = Image.blockType(1, 36, plant.profile, { eventType })
      const { image, block } = Image.withBlock(plant.image, 1, of)
      plant.image = image
      const [point, other] = plant.add(block, 7, 8) as readonly [Point, Point]
      const noon = [12 << 24, 0x1a0101] as const
      const peer = started(plant)
      Image.setTime(block, point.slot, ...noon)
      plant.publish(point, 1)
      Image.setTime(block, point.slot, noon[0] + 5, noon[1])
      plant.publish(point, 2)
      for (let n = 0; n < 400; n++) plant.publish(other, n)
      Image.setTime(block, point.slot, noon[0] + 9, noon[1])
      plant.publish(point, 3)
      const frames = [...peer.send(Frames.interrogation(1)), ...peer.drain()]
      const answer = frames.filter((frame) => isData(frame) && frame.type === 36).flatMap(Frames.objects)
      const told = answer.find(({ ioa }) => ioa === 7)
      const time = told?.["time"] as { readonly ms: number; readonly iv: boolean } | undefined
      const events = frames.filter(({ type, cause: of }) => type === eventType && of === 3).flatMap(Frames.objects)
      // What is told by then is no older than that, and no newer than what comes behind it.
      expect(events.filter(({ ioa }) => ioa === 7).map(({ value }) => value)).toContain(3)
      expect([eventType, told?.["value"], time?.iv]).toEqual([eventType, 3, eventType === 13])
    }
  })

  it("of a point come in the order of its values, also under a storm", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      const plant = given({ link: { k: random.pick([1, 3, 12]), w: 2 }, packEvents: random.chance(50) })
      const points = plant.add(plant.block(1, 11), ...Array.from({ length: 50 }, (_, n) => 1 + 2 * n))
      let value = 0
      const peer = started(plant)
      let changes = 400
      const publish = (): void => {
        for (let n = random.below(4); n > 0 && changes > 0; n--, changes--) plant.publish(random.pick(points), ++value)
      }
      publish()
      const frames = [...peer.send(Frames.interrogation(1)), ...slowly(peer, random, publish)]
      const newest = new Map<number, number>()
      for (const found of frames.filter(({ type }) => type === 11))
        for (const object of Frames.objects(found)) {
          const told = Number(object["value"])
          expect(told).toBeGreaterThanOrEqual(newest.get(object.ioa) ?? 0)
          newest.set(object.ioa, told)
        }
      for (const { block, slot } of points) expect(newest.get(block.ioa[slot] as number)).toBe(Image.value(block, slot))
      expect(answers(frames)).toEqual(["1:7", "1:10"])
    }
  })

  it("end, although a point changes faster than its client acknowledges, and always has an event that leaves soon", () => {
    const plant = given({ link: { k: 12, w: 8 }, packEvents: false })
    const [point, ...others] = plant.add(plant.block(1, 11), ...Array.from({ length: 20 }, (_, n) => 1 + 2 * n))
    if (point === undefined) throw new Error("no point")
    const peer = started(plant)
    let value = 0
    const storm = (): void => {
      for (let n = 0; n < 13; n++) plant.publish(point, ++value)
    }
    storm()
    const frames = [...peer.send(Frames.interrogation(1))]
    for (let round = 0; round < 20; round++) {
      storm()
      frames.push(...peer.acknowledge())
    }
    expect(answers(frames)).toEqual(["1:7", "1:10"])
    expect(addressesOf(frames)).toEqual(Array.from({ length: others.length + 1 }, (_, n) => 1 + 2 * n))
  })

  it("share the window: neither stops the other", () => {
    const plant = given({ link: { k: 4, w: 8 }, packEvents: false })
    const points = plant.add(plant.block(1, 13), ...Array.from({ length: 300 }, (_, n) => 2 * n))
    const [event] = plant.add(plant.block(2, 36), 5000)
    if (event === undefined) throw new Error("no point")
    expect(points).toHaveLength(300)
    const peer = started(plant)
    for (let n = 0; n < 100; n++) plant.publish(event, n & 1)
    const frames = [...peer.send(Frames.interrogation(1)), ...peer.drain()]
    const kinds = frames
      .filter(({ format }) => format === "I")
      .map((frame) => (isData(frame) ? "d" : frame.type === 36 ? "e" : "c"))
    const first = kinds.indexOf("d")
    const last = kinds.lastIndexOf("d")
    expect(kinds.filter((kind) => kind === "e")).toHaveLength(100)
    expect(first).toBeLessThan(10)
    expect(kinds.slice(first, last).filter((kind) => kind === "e").length).toBeGreaterThan(5)
    expect(kinds.join("")).not.toMatch(/e{5,}.*d/)
  })
})
