// The event log: records keep their octets while the ring grows, the oldest give way when it is full, and the image
// knows the newest event of each point, also when positions outgrow 32 bits.
import { describe, expect, it } from "vitest"
import { type Block, EventLog } from "../../../src/core/index.ts"
import { Plant, type Point } from "../../property/support/Peer.ts"

const given = (
  type: number,
  ...ioas: readonly number[]
): { readonly block: Block; readonly points: readonly Point[] } => {
  const plant = new Plant()
  const block = plant.block(0x1234, type)
  return { block, points: plant.add(block, ...ioas) }
}

const record = (log: EventLog.EventLog, position: number): readonly number[] => {
  const base = (position & log.mask) * EventLog.RECORD_WORDS
  return [...log.words.subarray(base, base + EventLog.RECORD_WORDS)]
}

const octets = (log: EventLog.EventLog, position: number): readonly number[] => {
  const base = (position & log.mask) * EventLog.RECORD_WORDS * 4
  return Array.from({ length: 24 }, (_, at) => new DataView(log.words.buffer).getUint8(base + at))
}

describe("a record", () => {
  it("is the information object and its header", () => {
    const log = EventLog.make(64)
    const { block } = given(36, 0x030201)
    block.octets.set([1, 2, 3, 4, 5])
    block.time?.set([0x0d0c0b0a, 0x00110f0e])
    EventLog.append(log, block, 0, 0x8b, 9, 3)
    expect(octets(log, 0)).toEqual([
      ...[1, 2, 3, 1, 2, 3, 4, 5, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x11, 15],
      ...[36, 1, 0x8b, 9, 0x34, 0x12, 3, 0]
    ])
  })

  it.each([
    [1, 4],
    [3, 4],
    [5, 5],
    [7, 8],
    [9, 6],
    [21, 5],
    [30, 11],
    [35, 13],
    [36, 15]
  ])("of type %i has %i octets", (type, length) => {
    const log = EventLog.make(64)
    EventLog.append(log, given(type, 5).block, 0, 3, 0, 0)
    expect(octets(log, 0)[15]).toBe(length)
  })
})

describe("the ring", () => {
  it("rounds its size up to a power of two, 64 at least", () => {
    expect([1, 64, 65, 1000, 1024, 1025].map((records) => EventLog.make(records).capacity)).toEqual([
      64, 64, 128, 1024, 1024, 2048
    ])
  })

  it("keeps every record while it grows, and the newest when it is full", () => {
    const log = EventLog.make(8192)
    const { block } = given(13, 1, 2, 3)
    const expected: (readonly number[])[] = []
    for (let n = 0; n < 20_000; n++) {
      block.view.setInt32((n % 3) * 5, n, true)
      expect(EventLog.append(log, block, n % 3, 3, 0, 0)).toBe(n)
      expected.push(record(log, n))
      if (n % 1000 === 0 || n === 1024 || n === 8191 || n === 8192)
        for (let position = EventLog.trim(log, log.end); position < log.end; position += 13)
          expect(record(log, position)).toEqual(expected[position])
    }
    expect(log.words.length).toBe(8192 * EventLog.RECORD_WORDS)
    expect(EventLog.trim(log, log.end)).toBe(20_000 - 8192)
    for (let position = EventLog.trim(log, log.end); position < log.end; position++)
      expect(record(log, position)).toEqual(expected[position])
  })

  it.each([1, 7, 600, 1500, 5000])("takes %i at once as it takes one after the other", (count) => {
    let needed = 0
    const [one, all] = [EventLog.make(8192, () => needed), EventLog.make(8192, () => needed)]
    const { block } = given(13, 1, 2, 3)
    const slots = Array.from({ length: count }, (_, n) => n % 3)
    for (let round = 0; round < 12; round++) {
      for (let slot = 0; slot < 3; slot++) block.view.setInt32(slot * 5, round * 3 + slot, true)
      for (const slot of slots) EventLog.append(one, block, slot, 3, 9, 0)
      expect(EventLog.appendAll(all, block, slots, 0, count, 3, 9)).toBe(one.end)
      const oldest = Math.max(needed, EventLog.trim(all, all.end))
      for (let position = oldest; position < all.end; position++)
        expect(record(all, position)).toEqual(record(one, position))
      needed = all.end - Math.min(count, 100)
    }
  })

  it("stays small while its readers keep up", () => {
    let needed = 0
    const log = EventLog.make(131_072, () => needed)
    const { block } = given(13, 1)
    for (let n = 0; n < 50_000; n++) {
      EventLog.append(log, block, 0, 3, 0, 0)
      needed = Math.max(0, n - 400)
    }
    expect(log.words.length).toBe(1024 * EventLog.RECORD_WORDS)
  })

  it.each([10, 400, 600, 3000, 7000])("keeps what a reader needs that is up to %i records behind", (behind) => {
    let needed = 0
    let random = 1
    const log = EventLog.make(8192, () => needed)
    const { block } = given(13, 1)
    const expected: (readonly number[])[] = []
    for (let n = 0; n < 40_000; n++) {
      block.view.setInt32(0, n, true)
      EventLog.append(log, block, 0, 3, 0, 0)
      expected.push(record(log, n))
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
      if (random % 97 === 0) needed = Math.max(needed, n - (random % behind))
      if (n - needed >= behind) needed = n - behind + 1
      expect(record(log, needed)).toEqual(expected[needed])
      if (n % 500 === 0)
        for (let position = needed; position <= n; position++) expect(record(log, position)).toEqual(expected[position])
    }
  })

  it("has nothing to give up before it is full", () => {
    const log = EventLog.make(64)
    expect([0, 1, 64, 65, 1000].map((end) => EventLog.trim(log, end))).toEqual([0, 0, 0, 1, 936])
  })
})

describe("the newest event of a point", () => {
  it("is none before the first", () => {
    expect(EventLog.lastOf(given(13, 1).block, 0, 500)).toBe(0)
  })

  it.each([0, 100, 2 ** 31 - 3, 2 ** 32 - 3, 2 ** 33 + 5])("is known around position %i", (first) => {
    const log = EventLog.make(64)
    log.end = first
    const { block } = given(13, 1, 2)
    for (let n = 0; n < 8; n++) {
      const position = EventLog.append(log, block, 0, 3, 0, 0)
      expect(EventLog.lastOf(block, 0, log.end)).toBe(position + 1)
      EventLog.append(log, block, 1, 3, 0, 0)
      expect(EventLog.lastOf(block, 0, log.end)).toBe(position + 1)
    }
  })

  it("is still known a whole ring later", () => {
    const { block } = given(13, 1)
    block.last[0] = (2 ** 32 - 10) | 0
    expect(EventLog.lastOf(block, 0, 2 ** 32 + 5)).toBe(2 ** 32 - 10)
    expect(EventLog.lastOf(block, 0, 2 ** 32 + 2 ** 31)).toBe(2 ** 32 - 10)
  })
})
