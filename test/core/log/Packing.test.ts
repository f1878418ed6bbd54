// Packing: what shares an ASDU, how much fits, and that a reader finds exactly the points that were written.
import { describe, expect, it } from "vitest"
import { type EventLog, Image, TypeTable, Value } from "../../../src/core/index.ts"
import * as Packing from "../../../src/core/log/Packing.ts"
import * as Frames from "../../property/support/Frames.ts"
import { Plant, type Point } from "../../property/support/Peer.ts"
import { Random } from "../../property/support/Random.ts"

const out = new DataView(new ArrayBuffer(600))
const AT = 40
/** The lower end of Profile.maxApduLength. */
const SHORTEST = 25

const written = (): Frames.Frame => {
  Frames.i(0, 0, new Uint8Array(0)).forEach((octet, index) => {
    if (index !== 1) out.setUint8(AT + index, octet)
  })
  const length = out.getUint8(AT + 1) + 2
  const [frame] = Frames.split(new Uint8Array(out.buffer, AT, length).slice())
  if (frame === undefined) throw new Error("no frame")
  return frame
}

interface Written {
  readonly ioas: readonly number[]
  readonly frame: Frames.Frame
}

/** All records of a log from `from`, ASDU by ASDU. */
const eventFrames = (log: EventLog.EventLog, pack = true, maxLength = 253, self = 1): readonly Written[] => {
  const all: Written[] = []
  for (let at = 0; at < log.end; ) {
    const taken = Packing.events(out, AT, log, at, log.end, self, pack, maxLength)
    if (taken < 1) throw new Error(`nothing taken at ${at}`)
    const frame = written()
    expect(frame.octets.length - 2).toBeLessThanOrEqual(maxLength)
    expect(frame.count).toBe(taken)
    all.push({ frame, ioas: Frames.addresses(frame) })
    at += taken
  }
  return all
}

/** All points of a block, ASDU by ASDU. */
const pointFrames = (
  plant: Plant,
  type: number,
  as: number,
  ioas: readonly number[],
  maxLength = 253
): readonly Written[] => {
  const block = plant.block(1, type)
  plant.add(block, ...ioas)
  const slots = block.order === null ? null : block.slots()
  const all: Written[] = []
  for (let place = 0; place < block.count; ) {
    const found = Packing.extent(block, slots, place, block.count, as, maxLength)
    if (found === 0) throw new Error(`nothing fits at ${place}`)
    Packing.points(out, AT, block, slots, place, found, as, 20, 5, null)
    const frame = written()
    expect(frame.octets.length - 2).toBeLessThanOrEqual(maxLength)
    expect([frame.type, frame.cause, frame.oa, frame.ca, frame.sq]).toEqual([as, 20, 5, 1, found < 0])
    all.push({ frame, ioas: Frames.addresses(frame) })
    place += Math.abs(found)
  }
  return all
}

const range = (from: number, count: number, step = 1): readonly number[] =>
  Array.from({ length: count }, (_, n) => from + n * step)

const monitorTypes = Value.pointTypes.filter((type) => !Value.isCommand(type))

describe("capacity (60870-5-101 7.2.2)", () => {
  it.each([
    [1, 60, 127],
    [3, 60, 127],
    [5, 48, 120],
    [7, 30, 48],
    [9, 40, 80],
    [11, 40, 80],
    [13, 30, 48],
    [15, 30, 48],
    [21, 48, 120],
    [30, 22, 0],
    [31, 22, 0],
    [32, 20, 0],
    [33, 16, 0],
    [34, 18, 0],
    [35, 18, 0],
    [36, 16, 0],
    [37, 16, 0]
  ])("type %i: %i objects with addresses, %i in sequence", (type, scattered, sequence) => {
    const ioas = range(1, 300, 2)
    expect(pointFrames(new Plant(), type, type, ioas)[0]?.ioas).toEqual(ioas.slice(0, scattered))
    if (sequence === 0) return
    const [first] = pointFrames(new Plant(), type, type, range(1, 300))
    expect([first?.frame.sq, first?.ioas.length]).toEqual([true, sequence])
  })
})

describe("points", () => {
  it.each(monitorTypes)("of type %i are read back, each once, in order, with their values", (type) => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = new Random(seed * 100 + type)
      const plant = new Plant({ profile: { interrogationType: "own" } })
      const set = new Set<number>()
      while (set.size < 150) {
        const first = random.below(1000)
        for (let n = 0; n < random.pick([1, 2, 7, 8, 9, 30]); n++) set.add(first + n)
      }
      const ioas = [...set]
      if (random.chance(50)) ioas.sort((a, b) => a - b)
      const block = plant.block(1, type)
      const expected = new Map<number, string>()
      for (const ioa of ioas) {
        const slot = block.add(ioa)
        Image.setValue(block, slot, random.below(2))
        Image.setQuality(block, slot, random.pick([0, 0x80, 0x10, 0x40]))
        Image.setTime(block, slot, 0x0c22dac0, 0x18021d)
        expected.set(ioa, [...block.octets.subarray(slot * block.stride, (slot + 1) * block.stride)].join())
      }
      const maxLength = random.pick([253, 253, 100, 30])
      const frames = pointFrames(plant, type, type, [], maxLength)
      expect(frames.flatMap((each) => each.ioas)).toEqual([...ioas].sort((a, b) => a - b))
      for (const { frame, ioas: addresses } of frames) {
        const size = block.stride + (frame.sq ? 0 : 3) + (block.time === null ? 0 : 7)
        addresses.forEach((ioa, n) => {
          const at = 15 + n * size
          expect([...frame.octets.subarray(at, at + block.stride)].join()).toBe(expected.get(ioa))
          if (block.time !== null)
            expect([...frame.octets.subarray(at + block.stride, at + block.stride + 7)]).toEqual([
              0xc0, 0xda, 0x22, 0x0c, 0x1d, 0x02, 0x18
            ])
        })
      }
    }
  })

  it("with time tags go without them as their untagged twins", () => {
    const [first] = pointFrames(new Plant(), 36, 13, range(10, 5))
    expect([first?.frame.type, first?.frame.sq, first?.frame.octets.length]).toEqual([13, true, 12 + 3 + 25])
  })

  it("in a long run get an ASDU in sequence of their own", () => {
    const ioas = [1, 3, 5, ...range(100, 20), 200, 202]
    const frames = pointFrames(new Plant(), 13, 13, ioas)
    expect(frames.map((each) => [each.frame.sq, each.ioas.length])).toEqual([
      [false, 3],
      [true, 20],
      [false, 2]
    ])
  })

  it("reach the highest address", () => {
    const frames = pointFrames(new Plant(), 1, 1, range(16_777_206, 10))
    expect(frames.map((each) => each.ioas)).toEqual([range(16_777_206, 10)])
  })

  it.each(monitorTypes)("of type %i fit one by one into the shortest APDU that may be configured", (type) => {
    expect(pointFrames(new Plant(), type, type, [1, 5], SHORTEST)).not.toHaveLength(0)
  })
})

describe("events", () => {
  const given = (types: readonly number[], ...ioas: readonly number[]) => {
    const plant = new Plant()
    const points = types.map((type) => plant.add(plant.block(1, type), ...ioas))
    return {
      plant,
      log: plant.logs[0] as EventLog.EventLog,
      points
    }
  }

  it("share an ASDU up to its capacity, in order", () => {
    for (const type of monitorTypes) {
      const { plant, log, points } = given([type], ...range(1, 100))
      const order = new Random(type)
      const said: number[] = []
      for (const point of [...(points[0] ?? [])].sort(() => order.below(3) - 1)) {
        plant.publish(point, 1)
        said.push(point.block.ioa[point.slot] as number)
      }
      const frames = eventFrames(log)
      expect(frames.flatMap((each) => each.ioas)).toEqual(said)
      expect(frames[0]?.ioas.length).toBe(TypeTable.byId[type]?.maxSq0)
      expect(frames.some(({ frame }) => frame.sq)).toBe(false)
    }
  })

  it("go one by one when packing is off", () => {
    const { plant, log, points } = given([30], 1, 2, 3)
    for (const point of points[0] ?? []) plant.publish(point, 1)
    expect(eventFrames(log, false).map((each) => each.ioas)).toEqual([[1], [2], [3]])
  })

  it.each([
    ["type", (plant: Plant, a: Point, b: Point) => [plant.publish(a, 1), plant.publish(b, 1)]],
    ["cause", (plant: Plant, a: Point) => [plant.publish(a, 1), plant.publish(a, 1, 11)]],
    ["P/N", (plant: Plant, a: Point) => [plant.publish(a, 1), plant.publish(a, 1, 3 | 0x40)]],
    ["T", (plant: Plant, a: Point) => [plant.publish(a, 1), plant.publish(a, 1, 3 | 0x80)]],
    ["originator", (plant: Plant, a: Point) => [plant.publish(a, 1, 3, 0), plant.publish(a, 1, 3, 7)]],
    ["asker", (plant: Plant, a: Point) => [plant.publish(a, 1, 11, 7, 1), plant.publish(a, 1, 11, 7, 2)]]
  ])("of another %s do not share an ASDU", (_, publish) => {
    const { plant, log, points } = given([30, 31], 1)
    const [a, b] = [points[0]?.[0], points[1]?.[0]]
    if (a === undefined || b === undefined) throw new Error("no points")
    publish(plant, a, b)
    expect(eventFrames(log)).toHaveLength(2)
  })

  it("of another common address do not share an ASDU", () => {
    const plant = new Plant()
    for (const ca of [1, 2, 65_534]) for (const point of plant.add(plant.block(ca, 30), 9)) plant.publish(point, 1)
    expect(eventFrames(plant.logs[0] as EventLog.EventLog).map(({ frame }) => frame.ca)).toEqual([1, 2, 65_534])
  })

  it("without time tag never hold an address twice in one ASDU, with one they do", () => {
    for (const [type, expected] of [
      [1, [[1, 2], [1], [1, 3]]],
      [30, [[1, 2, 1, 1, 3]]]
    ] as const) {
      const { plant, log, points } = given([type], 1, 2, 3)
      for (const n of [0, 1, 0, 0, 2]) plant.publish(points[0]?.[n] as Point, 1)
      expect(eventFrames(log).map((each) => each.ioas)).toEqual(expected)
    }
  })

  it("show their originator to the asker only", () => {
    const { plant, log, points } = given([30], 1)
    plant.publish(points[0]?.[0] as Point, 1, 11, 7, 5)
    expect(eventFrames(log, true, 253, 5)[0]?.frame.oa).toBe(7)
    expect(eventFrames(log, true, 253, 6)[0]?.frame.oa).toBe(0)
    plant.publish(points[0]?.[0] as Point, 1, 3, 9, 0)
    expect(eventFrames(log, true, 253, 6).at(-1)?.frame.oa).toBe(9)
  })

  it.each(monitorTypes)("of type %i fit into the shortest APDU that may be configured", (type) => {
    const { plant, log, points } = given([type], 1, 2)
    for (const point of points[0] ?? []) plant.publish(point, 1)
    expect(eventFrames(log, true, SHORTEST).flatMap((each) => each.ioas)).toEqual([1, 2])
  })
})
