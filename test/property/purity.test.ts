// The reducer is literally pure: nothing it is given changes, the same arguments give the same result, and futures that
// begin at one state do not see each other. Reducers that are not pure are caught by the same check.
import { describe, expect, it } from "vitest"
import * as Core from "../../src/core/index.ts"
import { check, type Reduce } from "./support/Purity.ts"

const firstBlock = (world: Core.World): Core.Block => {
  const block = Core.Image.all(world.image)[0]?.blocks[0]
  if (block === undefined) throw new Error("an image without blocks")
  return block
}

/** Reducers that are not pure, and what the check says of each. */
const impure: Readonly<Record<string, readonly [says: RegExp, make: () => Reduce]>> = {
  "changes a state in place": [
    /read only property 'lost'/,
    () => (world, state, cursor, event) => {
      Object.assign(cursor.rare, { lost: cursor.rare.lost + 1 })
      return Core.reduce(world, state, cursor, event)
    }
  ],
  "counts its calls": [
    /second call gave something else/,
    () => {
      let calls = 0
      return (world, state, cursor, event) => {
        const { cursor: after, ...others } = Core.reduce(world, state, cursor, event)
        return { ...others, cursor: { ...after, rare: { ...after.rare, lost: calls++ } } }
      }
    }
  ],
  "writes into the image": [
    /world was changed/,
    () => (world, state, cursor, event) => {
      const { octets } = firstBlock(world)
      octets[0] = (octets[0] ?? 0) ^ 1
      return Core.reduce(world, state, cursor, event)
    }
  ],
  "notes something beside a point": [
    /world was changed/,
    () => (world, state, cursor, event) => {
      const { last } = firstBlock(world)
      last[0] = (last[0] ?? 0) + 1
      return Core.reduce(world, state, cursor, event)
    }
  ],
  "writes into a record of the log": [
    /world was changed/,
    () => (world, state, cursor, event) => {
      const [log] = world.logs
      if (log !== undefined && log.end > 0) log.words[((log.end - 1) & log.mask) * 6] = event.nowMs + 7
      return Core.reduce(world, state, cursor, event)
    }
  ],
  "appends to the log": [
    /world was changed/,
    () => (world, state, cursor, event) => {
      const [log] = world.logs
      if (log !== undefined) log.end++
      return Core.reduce(world, state, cursor, event)
    }
  ],
  "keeps time of sending in the ledger of the old state": [
    /old state was changed/,
    () => (world, state, cursor, event) => {
      const { buffer, low, high } = state.link.ledger
      if (high > low) buffer[2 + 2 * low] = event.nowMs + 1
      return Core.reduce(world, state, cursor, event)
    }
  ],
  "appends to a ledger that others have appended to": [
    /saw the other one|was changed|old state was changed later/,
    () => (world, state, cursor, event) => {
      const { buffer, high } = state.link.ledger
      if (2 * high + 2 < buffer.length) buffer[0] = high
      return Core.reduce(world, state, cursor, event)
    }
  ],
  "keeps the chunk": [
    /chunk is still in use/,
    () => (world, state, cursor, event) => {
      const { state: after, ...others } = Core.reduce(world, state, cursor, event)
      return { ...others, state: { ...after, link: { ...after.link, rest: event.chunk } } }
    }
  ],
  "writes into the chunk": [
    /event was changed/,
    () => (world, state, cursor, event) => {
      event.chunk?.set([0x69].slice(0, event.chunk.length))
      return Core.reduce(world, state, cursor, event)
    }
  ],
  "reuses the octets it handed out": [
    /changed/,
    () => {
      const octets = new Uint8Array(1_000_000)
      return (world, state, cursor, event) => {
        const { outputs, ...after } = Core.reduce(world, state, cursor, event)
        octets.set(outputs.octets.subarray(outputs.start, outputs.end))
        return { ...after, outputs: { ...outputs, octets, start: 0, end: outputs.end - outputs.start } }
      }
    }
  ],
  "remembers the session it saw last": [
    /second call gave|saw the other/,
    () => {
      let last = 0
      return (world, state, cursor, event) => {
        const { state: after, ...others } = Core.reduce(world, state, cursor, event)
        const other = last
        last = state.receivedFrames
        return { ...others, state: { ...after, sentFrames: other } }
      }
    }
  ]
}

describe("purity", () => {
  it("holds over random sessions of random plants", () => {
    const total = { calls: 0, branches: 0, healed: 0, seen: new Set<string>() }
    for (let seed = 1; seed <= 60; seed++) {
      const tally = check(Core.reduce, seed, 200)
      total.calls += tally.calls
      total.branches += tally.branches
      total.healed += tally.healed
      for (const kind of tally.seen) total.seen.add(kind)
    }
    expect(total.calls).toBeGreaterThan(20_000)
    expect(total.branches).toBeGreaterThan(300)
    expect(total.healed).toBeGreaterThan(100)
    const notices = ["started", "stopped", "closed", "command", "clock", "refresh", "timedOut", "rejected", "overflow"]
    const reasons = ["BAD_START", "SEQUENCE_NR", "DATA_IN_STOPPED", "MALFORMED_ASDU", "REPLY_OVERFLOW", "T1_IFRAME"]
    expect([...total.seen]).toEqual(expect.arrayContaining([...notices, "interrogated", ...reasons, "LOCAL"]))
    // It only computes: this is for what never ends.
  }, 600_000)

  it.each(Object.entries(impure))("is broken by a reducer that %s", (_, [says, make]) => {
    const reduce = make()
    const run = (): void => {
      for (let seed = 1; seed <= 10; seed++) check(reduce, seed, 200)
    }
    expect(run).toThrow(says)
    expect(run).toThrow(/^seed \d+, call \d+: /)
  })
})
