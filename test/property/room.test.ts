// Whether publishers have to wait is known for each event without a look at each session: it is as if all were looked at,
// whoever starts, stops, takes its events or does not.
import * as fc from "fast-check"
import { expect, it } from "vitest"
import * as Bursts from "../../src/core/station/Bursts.ts"
import * as Waiting from "../../src/core/station/Waiting.ts"
import { machine } from "../../src/shell/Clock.ts"
import { Room } from "../../src/shell/Room.ts"

const RECORDS = 64
const HOLD_MS = 100

let followersMade = 0

class Follower {
  readonly number = ++followersMade
  isStarted = false
  sent: number
  looks = 0

  constructor(sent: number) {
    this.sent = sent
  }

  readonly backlog = (ends: readonly number[]): number => {
    this.looks++
    return this.isStarted ? this.waiting(ends) : 0
  }

  readonly waiting = ([end = 0]: readonly number[]): number => Math.min(RECORDS, end - this.sent)
}

const make = () => {
  let ends: readonly number[] = [0]
  let nowMs = 0
  const followers = new Set<Follower>()
  const later: (() => void)[] = []
  const clock = {
    ...machine(),
    monotonicMs: () => nowMs,
    wake: () => () => {},
    afterInput: (go: () => void) => void later.push(go)
  }
  const station = { waiting: Waiting.none, bursts: Bursts.none(RECORDS) }
  const room = new Room(station, followers, clock, { logRecords: RECORDS, holdMs: HOLD_MS }, () => ends)
  return {
    room,
    starts: (one: Follower) => {
      const around = { followers, ends, records: RECORDS, holdMs: HOLD_MS }
      station.waiting = Waiting.starts(station.waiting, one, around)
    },
    followers,
    ends: () => ends,
    append: (events: number) => {
      ends = [(ends[0] as number) + events]
    },
    turn: () => {
      for (const go of later.splice(0)) go()
    },
    pass: (ms: number) => {
      nowMs += ms
    }
  }
}

const number = fc.nat(40)
const step = fc.oneof(
  fc.record({ do: fc.constantFrom("append" as const), number }),
  fc.record({ do: fc.constantFrom("take", "start", "stop", "connect", "leave", "wait", "pass", "turn"), number })
)

it("publishers wait as if every session had been looked at", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const { room, starts, followers, ends, append, pass, turn } = make()
      const holding = (one: Follower): Waiting.Hold => Waiting.holdOf(room.state, one)
      const isBehind = (one: Follower): boolean => {
        const backlog = one.isStarted ? one.waiting(ends()) : 0
        return backlog > RECORDS / 2 || (holding(one).isBehind && backlog >= RECORDS / 4)
      }
      for (const { do: what, number } of steps) {
        const chosen = [...followers][number % Math.max(1, followers.size)]
        if (what === "append") append(number)
        else if (what === "connect") followers.add(new Follower(ends()[0] as number))
        else if (what === "wait" && room.hasToWait(number % 2 === 0)) void room.wait(number % 2 === 0)
        else if (what === "pass") pass(number)
        else if (what === "turn") turn()
        else if (chosen !== undefined) {
          if (what === "take") chosen.sent = Math.min(ends()[0] as number, chosen.sent + number)
          if (what === "leave") followers.delete(chosen)
          // A session that has ended is not started any more.
          if (what === "leave" || what === "stop") chosen.isStarted = false
          if (what === "start" && !chosen.isStarted) {
            chosen.isStarted = true
            starts(chosen)
          }
          if (what === "leave") room.leaves(chosen)
          else room.relieved(chosen)
        }
        for (const patient of [false, true]) {
          const holds = [...followers].some((one) => isBehind(one) && (patient || holding(one).usedMs < HOLD_MS))
          expect(room.hasToWait(patient)).toBe(room.isFull(patient))
          expect(room.isFull(patient)).toBe(holds)
        }
      }
    }),
    { numRuns: 500 }
  )
})

it.each([0, 1])("sessions are looked at now and then, not for each event, though %i of them is left behind", (slow) => {
  const { room, followers, ends, append, pass, turn } = make()
  for (let i = 0; i < 500; i++) followers.add(new Follower(0))
  const healthy = new Follower(0)
  healthy.isStarted = true
  followers.add(healthy)
  for (let i = 0; i < slow; i++) {
    const one = new Follower(-RECORDS)
    one.isStarted = true
    followers.add(one)
    // It holds a publisher up until it has used up its time.
    void room.wait(false)
    pass(HOLD_MS)
    append(1)
    healthy.sent = ends()[0] as number
    room.relieved(one)
    turn()
    expect(Waiting.holdOf(room.state, one).usedMs).toBe(HOLD_MS)
  }
  for (let i = 0; i < 100 * RECORDS; i++) {
    append(1)
    expect(room.isFull(false)).toBe(false)
    healthy.sent = ends()[0] as number
    room.relieved(healthy)
  }
  const looks = [...followers].reduce((sum, one) => sum + one.looks, 0)
  expect(looks / followers.size).toBeLessThan(1000)
})
