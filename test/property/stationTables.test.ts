// What the station knows beyond one session, as values: who may shake hands, which numbers sessions have, whose callbacks were
// abandoned, whether all ends. What they are given is not changed, and each does what a plain model of it does.
import { describe, expect, it } from "vitest"
import * as Keyed from "../../src/core/image/Keyed.ts"
import * as Rounds from "../../src/core/procedure/Rounds.ts"
import * as Abandoned from "../../src/core/station/Abandoned.ts"
import * as Admission from "../../src/core/station/Admission.ts"
import * as Bursts from "../../src/core/station/Bursts.ts"
import * as Ending from "../../src/core/station/Ending.ts"
import * as Handshakes from "../../src/core/station/Handshakes.ts"
import * as InLine from "../../src/core/station/InLine.ts"
import * as Numbers from "../../src/core/station/Numbers.ts"
import { shareOf } from "../../src/core/station/Share.ts"
import * as Waiting from "../../src/core/station/Waiting.ts"
import { Kept } from "./support/Kept.ts"
import { Random } from "./support/Random.ts"

const ADDRESSES = ["192.0.2.1", "192.0.2.2", "2001:db8:1:2::1", "2001:db8:1:2::7", "2001:db8:1:3::1"]

describe("a map from texts", () => {
  // These two have the same 32 bits.
  const keys = ["costarring", "liquid", "a", "b", ""]

  it("is what a Map is, also where texts have the same bits", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      const map = new Kept<Keyed.Keyed<number>>(null)
      const model = new Map<string, number>()
      for (let n = 0; n < 100; n++) {
        const key = random.pick(keys)
        if (random.chance(60)) {
          map.step(random, (table) => Keyed.put(table, key, n))
          model.set(key, n)
        } else {
          const before = map.now
          map.step(random, (table) => Keyed.without(table, key))
          if (!model.delete(key)) expect(map.now).toBe(before)
        }
        for (const one of keys) expect(Keyed.find(map.now, one)).toBe(model.get(one))
      }
      for (const key of keys) map.step(random, (table) => Keyed.without(table, key))
      expect(map.now).toBeNull()
    }
  })
})

describe("callbacks that nobody waits for", () => {
  it("are counted by callback and by share, of which each may have a quarter", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      const table = new Kept<Abandoned.Table>(Abandoned.none)
      const most = 1 + random.below(12)
      let runs: (readonly [string, string])[] = []
      for (let n = 0; n < 100; n++) {
        const [callback, address] = [random.pick(["onConnect", "onReset"]), random.pick(ADDRESSES)]
        if (random.chance(60)) {
          runs.push([callback, address])
          table.step(random, (abandoned) => Abandoned.add(abandoned, callback, address))
        } else if (runs.length > 0) {
          const over = random.pick(runs)
          runs = runs.filter((run) => run !== over)
          table.step(random, (abandoned) => Abandoned.settle(abandoned, ...over))
        }
        const alike = runs.filter(([name]) => name === callback)
        const own = alike.filter(([, from]) => shareOf(from) === shareOf(address))
        const many = runs.length > 0 && (alike.length >= most || own.length >= Math.ceil(most / 4))
        expect(Abandoned.areMany(table.now, most, callback, address)).toBe(many)
      }
      for (const run of runs) table.step(random, (abandoned) => Abandoned.settle(abandoned, ...run))
      expect(table.now).toBe(Abandoned.none)
    }
  })
})

describe("numbers of sessions", () => {
  it("are the next that nobody has, behind the last one that was given", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      // Near the end of all numbers.
      const table = new Kept<Numbers.Numbers>({ ...Numbers.none, last: Numbers.NUMBERS_MAX - random.below(20) })
      const used = new Set<number>()
      let { last } = table.now
      for (let n = 0; n < 150; n++) {
        if (random.chance(60)) {
          table.step(random, Numbers.take)
          do last = (last % Numbers.NUMBERS_MAX) + 1
          while (used.has(last))
          used.add(last)
          expect(table.now.last).toBe(last)
        } else {
          const number = used.size > 0 && random.chance(90) ? random.pick([...used]) : 1 + random.below(40)
          table.step(random, (numbers) => Numbers.free(numbers, number))
          used.delete(number)
        }
      }
      for (const number of used) table.step(random, (numbers) => Numbers.free(numbers, number))
      expect(table.now.used).toBeNull()
    }
  })

  it("are all given before there is none, and that takes a glance", () => {
    let numbers = Numbers.none
    for (let n = 1; n <= Numbers.NUMBERS_MAX; n++) {
      numbers = Numbers.take(numbers)
      expect(numbers.last).toBe(n)
    }
    expect(Numbers.take(numbers).last).toBe(0)
    expect(Numbers.take(Numbers.free(numbers, 4711)).last).toBe(4711)
    expect(numbers.used?.count).toBe(1)
  })
})

describe("handshakes under way", () => {
  it("are kept by share, as a value", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      const table = new Kept<Handshakes.Handshakes>(Handshakes.none)
      for (let number = 1; number <= 80; number++) {
        const [address, other, what] = [random.pick(ADDRESSES), 1 + random.below(number), random.below(4)]
        if (what < 2) table.step(random, (places) => Handshakes.take(places, number, address))
        else if (what === 2) table.step(random, (places) => Handshakes.speaks(places, other))
        else table.step(random, (places) => Handshakes.free(places, other))
      }
      let left = Handshakes.taken(table.now)
      for (let gone = Handshakes.leaving(table.now); gone !== null; gone = Handshakes.leaving(table.now)) {
        const { number } = gone
        table.step(random, (places) => Handshakes.free(places, number))
        expect(Handshakes.taken(table.now)).toBe(--left)
      }
      expect(left).toBe(0)
      expect([table.now.places, table.now.shares, table.now.ranks]).toEqual([null, null, null])
    }
  })
})

describe("the end of all", () => {
  it("lasts from a reset that was accepted, or a stop, until that is done", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      const table = new Kept(Ending.none)
      let [resetting, stopping] = [0, false]
      for (let n = 0; n < 60; n++) {
        const [session, what, served] = [1 + random.below(3), random.below(4), random.chance(70)]
        if (what === 0) {
          table.step(random, (ending) => Ending.reset(ending, session))
          resetting = session
        } else if (what === 1) {
          table.step(random, Ending.carriedOut)
          resetting = 0
        } else if (what === 2) {
          table.step(random, (ending) => Ending.stop(ending, served))
          stopping ||= served
        } else {
          table.step(random, Ending.stopped)
          stopping = false
        }
        expect(table.now).toEqual({ resetting, stopping })
        expect(Ending.isEnding(table.now)).toBe(resetting > 0 || stopping)
        expect(Ending.toWorld(table.now)).toEqual({ resetting: resetting > 0, stopping })
      }
    }
  })
})

describe("rounds of work that many share", () => {
  it("tell everybody what was so when he asked or later, and are begun one at a time unless they hang", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      const patienceMs = 50
      const table = new Kept(Rounds.none)
      const began = new Map<number, number>()
      const open = new Set<number>()
      let nowMs = 0
      const begins = (): void => {
        const { running } = table.now
        const hangs = [...open].filter((round) => nowMs - (began.get(round) as number) >= patienceMs)
        expect(open.size - hangs.length).toBe(0)
        began.set(running, nowMs)
        open.add(running)
      }
      for (let n = 0; n < 120; n++) {
        nowMs += random.below(20)
        if (random.chance(50)) {
          if (Rounds.isStuckForGood(table.now)) continue
          const { round, begins: isNew } = Rounds.ask(table.now, nowMs, patienceMs)
          table.step(random, (rounds) => Rounds.ask(rounds, nowMs, patienceMs).rounds)
          if (isNew) begins()
          expect(began.get(round) ?? nowMs).toBe(nowMs)
        } else if (open.size > 0 && random.chance(60)) {
          const round = random.pick([...open])
          table.step(random, (rounds) => Rounds.over(rounds, round))
          open.delete(round)
        } else if (Rounds.isDue(table.now)) {
          table.step(random, (rounds) => Rounds.begin(rounds, nowMs))
          begins()
        }
        expect(Rounds.isStuckForGood(table.now)).toBe(open.size >= 4)
      }
    }
  })
})

describe("the waiting of publishers for clients", () => {
  const [RECORDS, HOLD_MS] = [64, 200]

  it("is a value: nobody is let go on twice, and in the end nobody waits", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed)
      const table = new Kept<Waiting.Waiting>(Waiting.none)
      const sessions = [1, 2, 3].map((number) => ({ number, sent: 0, isStarted: true }))
      const followers = sessions.map((session): Waiting.Follower => {
        const waiting = ([end = 0]: readonly number[]): number => Math.min(RECORDS, end - session.sent)
        return { number: session.number, waiting, backlog: (ends) => (session.isStarted ? waiting(ends) : 0) }
      })
      let [end, nowMs] = [0, 0]
      const waits = { patient: 0, counted: 0 }
      const going: boolean[] = []
      const around = (): Waiting.Around => ({ followers, ends: [end], records: RECORDS, holdMs: HOLD_MS })
      const take = (step: (waiting: Waiting.Waiting) => Waiting.Step): void => {
        const { patient, counted } = step(table.now)
        table.step(random, (waiting) => step(waiting).waiting)
        for (let n = 0; n < patient; n++) going.push(true)
        for (let n = 0; n < counted; n++) going.push(false)
      }
      const look = (): void => take((waiting) => Waiting.look(waiting, around(), nowMs))
      const goesOn = (): void => {
        const isPatient = going.shift() as boolean
        if (Waiting.goOn(table.now, isPatient, around(), nowMs).isFree) waits[isPatient ? "patient" : "counted"]--
        take((waiting) => Waiting.goOn(waiting, isPatient, around(), nowMs))
      }
      for (let n = 0; n < 120; n++) {
        const [what, isPatient, at] = [random.below(7), random.chance(50), random.below(3)]
        const [session, follower] = [sessions[at], followers[at]]
        if (session === undefined || follower === undefined) continue
        if (what === 0) end += random.below(40)
        else if (what === 1) {
          take((waiting) => Waiting.enter(waiting, isPatient, around(), nowMs))
          waits[isPatient ? "patient" : "counted"]++
        } else if (what === 2) nowMs += random.below(60)
        else if (what === 3 && going.length > 0) goesOn()
        else if (what === 4) table.step(random, (waiting) => Waiting.judge(waiting, isPatient, around()).waiting)
        else {
          session.sent = Math.min(end, session.sent + random.below(40))
          session.isStarted = random.chance(80)
          if (session.isStarted) table.step(random, (waiting) => Waiting.starts(waiting, follower, around()))
          const { looks } = Waiting.relieved(table.now, follower, around())
          table.step(random, (waiting) => Waiting.relieved(waiting, follower, around()).waiting)
          if (looks) look()
        }
        expect([table.now.patient.count, table.now.counted.count]).toEqual([waits.patient, waits.counted])
      }
      for (const session of sessions) session.sent = end
      look()
      while (going.length > 0) goesOn()
      expect(waits).toEqual({ patient: 0, counted: 0 })
      for (const { number } of sessions) table.step(random, (waiting) => Waiting.forgotten(waiting, number))
      expect(table.now.holds).toBeNull()
    }
  })

  it("lets all who wait for a turn publish together what one alone may, and each of them something", () => {
    for (const many of [1, 2, 50, 300]) {
      const random = new Random(many)
      const table = new Kept(Bursts.none(1024))
      let published = 0
      for (let n = 0; n < many; n++) table.step(random, Bursts.wait)
      const before = published
      for (let n = 0; n < many; n++) {
        table.step(random, (bursts) => Bursts.begin(bursts, published))
        let asked = 0
        while (!Bursts.isOver(table.now, ++asked, published)) published++
        expect(asked).toBeGreaterThan(1)
      }
      expect(published - before).toBeLessThanOrEqual(Math.max(many, 256))
      expect(table.now).toMatchObject({ turning: 0, due: 0 })
    }
  })
})

describe("connections that are let in", () => {
  it("are no more than may be, each is let in or refused once, and none before the server listens", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed)
      const table = new Kept<Admission.Admission>(Admission.none)
      const limit = 2 + random.below(4)
      const asks = random.chance(70)
      /** Not let in yet, and those among them that the application is asked about; whose answers are owed to nobody. */
      const waiting = new Set<number>()
      const asked = new Set<number>()
      const owed = new Set<number>()
      let [open, abandoned, calledOff] = [0, 0, 0]
      const take = (step: (admission: Admission.Admission) => Admission.Step): void => {
        const { due } = step(table.now)
        table.step(random, (admission) => step(admission).admission)
        for (const one of due)
          if ("address" in one) abandoned += one.kind === "abandoned" ? 1 : -1
          else if (one.kind === "callOff") calledOff = one.number
          else if (one.kind === "ask") asked.add(one.number)
          else {
            expect(waiting.delete(one.number)).toBe(true)
            if (asked.has(one.number)) expect(calledOff).toBe(one.number)
            if (one.kind === "serve") {
              expect(table.now.phase).toBe("open")
              open++
            } else expect(one).toHaveProperty("why")
          }
      }
      const around = (): Admission.Around => ({ open, limit, asks, areMany: () => abandoned >= 3 })
      const arrives = (): void => {
        const address = random.chance(90) ? random.pick(ADDRESSES) : null
        waiting.add(table.now.last + 1)
        take((admission) => Admission.arrives(admission, address, around()))
      }
      const leaves = (number: number, late: boolean): void => {
        const isOwed = asked.has(number) && waiting.has(number)
        take((admission) => (late ? Admission.timedOut(admission, number, 5) : Admission.gone(admission, number)))
        if (isOwed) owed.add(number)
        waiting.delete(number)
      }
      for (let n = 0; n < 80; n++) {
        const what = random.below(6)
        if (n === 10) {
          const { early } = Admission.opened(table.now)
          table.step(random, (admission) => Admission.opened(admission).admission)
          for (const number of early) waiting.delete(number)
          for (const _ of early) arrives()
        }
        const number = waiting.size > 0 ? random.pick([...waiting]) : 0
        if (what < 3) arrives()
        else if (what === 3 && number > 0) leaves(number, asked.has(number) && random.chance(50))
        else if (what === 4 && asked.has(number)) {
          const answer = random.pick([true, true, false, "failed"] as const)
          take((admission) => Admission.answered(admission, number, answer))
          expect(waiting.has(number)).toBe(false)
        } else if (what === 5 && open > 0) open--
        expect(open + waiting.size).toBeLessThanOrEqual(limit)
        expect(table.now.waiting?.count ?? 0).toBe(waiting.size)
        expect(abandoned).toBe(owed.size)
      }
      const { cut } = Admission.closed(table.now)
      table.step(random, (admission) => Admission.closed(admission).admission)
      expect(cut).toEqual([...waiting].sort((a, b) => a - b))
      for (const number of cut) leaves(number, false)
      for (const number of owed) take((admission) => Admission.answered(admission, number, true))
      arrives()
      expect(waiting.size).toBe(0)
      expect(abandoned).toBe(0)
      expect(table.now).toMatchObject({ waiting: null, abandoned: null })
    }
  })
})

describe("a line", () => {
  it("serves shares in turn and each in its order, whoever stands there, and nobody twice before all others", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed)
      const table = new Kept(InLine.none)
      const shares = new Map<string, Set<number>>()
      for (let n = 0; n < 100; n++) {
        const [number, atOnce] = [random.below(12), 1 + random.below(3)]
        const share = `share ${number % 3}`
        if (random.chance(65)) {
          table.step(random, (line) => InLine.add(line, number, share))
          shares.set(share, (shares.get(share) ?? new Set()).add(number))
        } else {
          const { going } = InLine.take(table.now, atOnce)
          table.step(random, (line) => InLine.take(line, atOnce).line)
          const expected: number[] = []
          while (expected.length < atOnce && shares.size > 0) {
            const [[name, numbers]] = shares as unknown as [[string, Set<number>]]
            const [first] = numbers as unknown as [number]
            expected.push(first)
            numbers.delete(first)
            shares.delete(name)
            if (numbers.size > 0) shares.set(name, numbers)
          }
          expect(going).toEqual(expected)
        }
        expect(InLine.isEmpty(table.now)).toBe(shares.size === 0)
      }
    }
  })
})
