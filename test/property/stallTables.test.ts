// What is known of stalls of this process, as values: whose input has waited, whose time is extended, what has left late. What they
// are given is not changed, and each does what a plain model of it does.
import { describe, expect, it } from "vitest"
import * as Leaving from "../../src/core/station/Leaving.ts"
import * as Patience from "../../src/core/station/Patience.ts"
import * as Stall from "../../src/core/station/Stall.ts"
import { Kept } from "./support/Kept.ts"
import { Random } from "./support/Random.ts"

const LIMIT_MS = 1000

describe("a stall", () => {
  it("makes the input of all sessions old, until each has read what waited", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed)
      const table = new Kept<Stall.Stall>(Stall.none)
      let [nowMs, aliveMs, shares, seen, quiet, quietUntil, isListening] = [0, 0, 0, 0, 0, 0, false]
      const sessions = new Set<number>()
      const stale = new Map<number, { turns: number; until: number }>()
      const wait = (session: number, turns: number): void => {
        stale.set(session, { turns: Math.max(turns, stale.get(session)?.turns ?? 0), until: shares + 2048 })
      }
      const takenAt: {
        readonly taken: Stall.Taken
        readonly old: boolean
        readonly seen: number
        readonly ms: number
      }[] = []
      for (let n = 0; n < 150; n++) {
        const [what, session] = [random.below(8), 1 + random.below(4)]
        nowMs += random.chance(10) ? LIMIT_MS + random.below(500) : random.below(100)
        const now: Stall.Now = { aliveMs: nowMs, clockMs: nowMs + 7, limitMs: LIMIT_MS }
        if (what < 2) {
          table.step(random, (stall) =>
            Stall.pulse(
              stall,
              now,
              [...sessions].map((number) => ({ number }))
            )
          )
          if (nowMs - aliveMs >= LIMIT_MS) {
            seen++
            for (const one of sessions) wait(one, 2)
            if (isListening) quiet = 3
            quietUntil = shares + 2048
          }
          aliveMs = nowMs
        } else if (what === 2) {
          isListening = random.chance(70)
          const listens = isListening
          table.step(random, (stall) => Stall.listens(stall, listens))
        } else if (what === 3) {
          if (random.chance(60)) {
            sessions.add(session)
            if (random.chance(50)) {
              table.step(random, (stall) => Stall.waited(stall, session))
              wait(session, 3)
            }
          } else {
            sessions.delete(session)
            stale.delete(session)
            table.step(random, (stall) => Stall.ended(stall, session))
          }
        } else if (what === 4) {
          const { taken } = Stall.take(table.now, nowMs)
          table.step(random, (stall) => Stall.take(stall, nowMs).stall)
          takenAt.push({ taken, old: quiet > 0, seen, ms: nowMs })
          if (quiet > 0) quiet = 3
        } else if (Stall.isWaiting(table.now)) {
          const [portion, behind] = [random.chance(5) ? 3000 : 1, new Set([1 + random.below(4)])]
          table.step(random, (stall) => Stall.turned(stall, portion, (one) => behind.has(one)))
          shares += portion
          if (quiet > 0) quiet = shares < quietUntil ? quiet - 1 : 0
          for (const [one, waited] of stale)
            if (shares >= waited.until || (!behind.has(one) && --waited.turns <= 0)) stale.delete(one)
        }
        for (let one = 1; one <= 4; one++) expect(Stall.isStale(table.now, one)).toBe(stale.has(one))
        expect([table.now.seen, Stall.isWaiting(table.now)]).toEqual([seen, stale.size > 0 || quiet > 0])
        for (const { taken, old, seen: before, ms } of takenAt)
          expect(Stall.hasWaited(table.now, taken, nowMs, LIMIT_MS)).toBe(
            old || seen > before || nowMs - ms >= LIMIT_MS
          )
      }
    }
  })

  it("is looked for when the pulse is late, and seen when it is too late", () => {
    const stall = Stall.begin(Stall.none, { aliveMs: 100, clockMs: 5, limitMs: LIMIT_MS })
    expect([Stall.isPulseLate(stall, 254), Stall.isPulseLate(stall, 255)]).toEqual([false, true])
    expect([Stall.isOverdue(stall, 1099, LIMIT_MS), Stall.isOverdue(stall, 1100, LIMIT_MS)]).toEqual([false, true])
  })
})

describe("patience", () => {
  it("is over in time, or where that comes late for a stall after as long again, at most twice the delay", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = new Random(seed)
      const [startMs, delayMs, lateMs] = [random.below(1000), 1 + random.below(1000), random.below(1500)]
      const patience = new Kept(Patience.begin(startMs, delayMs))
      expect(patience.now.dueMs).toBe(startMs + delayMs)
      const nowMs = startMs + delayMs + lateMs
      const next = Patience.woken(patience.now, nowMs)
      if (lateMs <= 100) expect(next).toBeNull()
      else {
        patience.step(random, (one) => Patience.woken(one, nowMs) as Patience.Patience)
        expect(patience.now.dueMs).toBe(nowMs + Math.min(lateMs, delayMs))
        expect(Patience.woken(patience.now, patience.now.dueMs + 5000)).toBeNull()
      }
    }
  })
})

describe("what leaves this process", () => {
  it("is late where it, or what was written before it, had to wait longer than that takes", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new Random(seed)
      const table = new Kept(Leaving.none)
      /** Writes that have not left: when each was made, and the frames before it. */
      let waiting: { readonly ms: number; readonly from: number; readonly isFirst: boolean }[] = []
      let [nowMs, sent] = [0, 0]
      for (let n = 0; n < 120; n++) {
        nowMs += random.chance(15) ? 101 + random.below(400) : random.below(20)
        if (random.chance(50)) {
          const [from, to] = [sent, sent + random.below(4)]
          table.step(random, (leaving) => Leaving.wrote(leaving, nowMs, from, to))
          waiting.push({ ms: nowMs, from, isFirst: waiting.length === 0 })
          sent = to
        } else if (waiting.length > 0) {
          const isWatched = Leaving.isWatched(table.now)
          const { late } = Leaving.hasLeft(table.now, nowMs, sent)
          table.step(random, (leaving) => Leaving.hasLeft(leaving, nowMs, sent).leaving)
          const [first] = waiting
          waiting = waiting.slice(1)
          if (late !== null) {
            expect(isWatched).toBe(true)
            expect(late.from).toBeLessThanOrEqual(first?.from ?? 0)
            expect(late.afterMs).toBeLessThan(nowMs - 100)
          }
          // What had nothing before it is judged by its own time.
          if (first?.isFirst)
            expect(late).toEqual(nowMs - first.ms > 100 ? { from: first.from, afterMs: first.ms - 1 } : null)
        }
        expect(Leaving.waits(table.now, table.now.made)).toBe(waiting.length > 0)
        expect(table.now.made - table.now.left).toBe(waiting.length)
      }
    }
  })
})
