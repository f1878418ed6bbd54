// Sequence numbers, control fields and the framer: the smallest parts of the link.
import { describe, expect, it } from "vitest"
import { Arena, Fields, Frame } from "../../../src/core/index.ts"
import * as Sequence from "../../../src/core/link/Sequence.ts"
import * as Framer from "../../../src/core/wire/Framer.ts"
import * as Frames from "../../property/support/Frames.ts"

const put = (write: (view: DataView) => void): Uint8Array => {
  const octets = new Uint8Array(6)
  octets[1] = 4
  write(new DataView(octets.buffer))
  return octets
}

describe("sequence numbers", () => {
  it("follow each other and begin again after 32767", () => {
    expect([0, 1, 32_766, 32_767].map(Sequence.next)).toEqual([1, 2, 32_767, 0])
  })

  it.each([
    [0, 0, 0],
    [0, 5, 5],
    [5, 0, 32_763],
    [32_767, 0, 1],
    [32_760, 4, 12],
    [0, 32_767, 32_767]
  ])("from %i to %i is %i", (from, to, distance) => {
    expect(Sequence.distance(from, to)).toBe(distance)
  })
})

describe("control fields", () => {
  it.each(Object.entries(Frame.U))("U %s", (name, code) => {
    const octets = put((view) => Frame.putU(view, 0, code))
    expect([...octets]).toEqual([...Frames.u(code)])
    expect(Fields.decodeApci(octets)).toEqual({
      format: "U",
      length: 4,
      function: name.replace("_ACT", " act").replace("_CON", " con")
    })
  })

  it.each([0, 1, 127, 128, 255, 256, 32_767])("S and I with number %i", (number) => {
    const other = 32_767 - number
    expect([...put((view) => Frame.putS(view, 0, number))]).toEqual([...Frames.s(number)])
    expect([...put((view) => Frame.putI(view, 0, number, other))]).toEqual([
      ...Frames.i(number, other, new Uint8Array(0))
    ])
    expect(Fields.decodeApci(put((view) => Frame.putS(view, 0, number)))).toEqual({
      format: "S",
      length: 4,
      nr: number
    })
  })
})

describe("the framer", () => {
  it.each([
    ["a wrong start octet", [0x69], "BAD_START"],
    ["a wrong start octet, whatever follows", [0, 0x68, 4], "BAD_START"],
    ["length 0", [0x68, 0], "BAD_LENGTH"],
    ["length 3", [0x68, 3, 1], "BAD_LENGTH"],
    ["length 254", [0x68, 254], "BAD_LENGTH"],
    ["the start octet alone", [0x68], null],
    ["length 4", [0x68, 4], null],
    ["length 253", [0x68, 253], null]
  ] as const)("judges %s as soon as it is there", (_, octets, expected) => {
    expect(Framer.fault(Uint8Array.from(octets), 0)).toBe(expected)
    expect(Framer.fault(Uint8Array.from([1, 2, ...octets]), 2)).toBe(expected)
  })

  it.each([
    [[], 2],
    [[0x68], 1],
    [[0x68, 4], 4],
    [[0x68, 4, 1, 0, 0], 1],
    [[0x68, 4, 1, 0, 0, 0], 0]
  ])("knows what %j needs: %i more", (octets, count) => {
    expect(Framer.missing(Uint8Array.from(octets))).toBe(count)
  })

  it("joins without keeping the chunk", () => {
    const chunk = Uint8Array.of(9, 1, 2, 3, 9)
    const first = Framer.join(null, chunk, 1, 2)
    const second = Framer.join(first, chunk, 3, 1)
    chunk.fill(0)
    expect([[...first], [...second]]).toEqual([
      [1, 2],
      [1, 2, 3]
    ])
  })
})

describe("the arena", () => {
  it("hands out regions that do not overlap, and takes back the newest only", () => {
    Arena.reserve(100)
    const start = Arena.top
    Arena.commit(start + 60)
    expect(Arena.top).toBe(start + 60)
    Arena.reserve(40)
    const second = Arena.top
    Arena.commit(second + 40)
    Arena.release(Arena.octets, start, start + 60)
    expect(Arena.top).toBe(second + 40)
    Arena.release(Arena.octets, second, second + 40)
    expect(Arena.top).toBe(second)
    Arena.release(new Uint8Array(10), start, second)
    expect(Arena.top).toBe(second)
  })

  it("begins a new slab when there is no room, larger than usual when it has to be", () => {
    const before = Arena.octets
    Arena.reserve(1_000_000)
    expect(Arena.octets).not.toBe(before)
    expect(Arena.octets.length).toBe(1_000_000)
    expect(Arena.view.buffer).toBe(Arena.octets.buffer)
    expect(Arena.top).toBe(0)
  })
})
