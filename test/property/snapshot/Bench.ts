// A station with its sessions and what is around them: lines, a clock, an application and a file store that do what a hash of what
// they are asked says. All that is around it is plain data, so that a bench can go on as another one.
import * as File from "../../../src/core/file/File.ts"
import type * as FileCall from "../../../src/core/file/FileCall.ts"
import * as FileCalls from "../../../src/core/file/FileCalls.ts"
import { Block, type Zone } from "../../../src/core/image/Block.ts"
import type * as Image from "../../../src/core/image/Image.ts"
import * as Limits from "../../../src/core/Limits.ts"
import * as Profile from "../../../src/core/Profile.ts"
import type * as Freeze from "../../../src/core/read/Freeze.ts"
import type { CyclicBatch } from "../../../src/core/read/ReadWork.ts"
import * as Abandoned from "../../../src/core/station/Abandoned.ts"
import type * as Carrying from "../../../src/core/station/Carrying.ts"
import * as Drain from "../../../src/core/station/Drain.ts"
import * as Ending from "../../../src/core/station/Ending.ts"
import * as Offers from "../../../src/core/station/Offers.ts"
import * as Sending from "../../../src/core/station/Sending.ts"
import * as Snapshot from "../../../src/core/station/Snapshot.ts"
import * as Stall from "../../../src/core/station/Stall.ts"
import { Station } from "../../../src/core/station/Station.ts"
import * as Waiting from "../../../src/core/station/Waiting.ts"
import * as TagClock from "../../../src/core/system/TagClock.ts"
import * as Zones from "../../../src/shell/Zones.ts"
import { Random } from "../support/Random.ts"
import { print } from "../support/Snapshot.ts"
import { type Ground, ground, type Line, line } from "./Ground.ts"
import { carrierOf } from "./Operations.ts"
import { Session } from "./Session.ts"

/** Everything about a bench as data. */
export interface Kept {
  readonly snapshot: Snapshot.Snapshot
  readonly ground: Ground
}

const zoneOf = (name: string): Zone => Zones.make(name)

/** What has a name in what is said. */
function nameOf(value: object): string | null {
  if (value instanceof Block) return `block ${value.number}`
  return "spanAt" in value ? (value as Zone).name : null
}

export class Bench implements Carrying.Runner {
  readonly ground: Ground
  station: Station<Session>
  readonly sessions: Map<number, Session> = new Map()
  /** What was written, told and answered since it was looked at last. */
  said: string[] = []
  private readonly later: (() => void)[] = []

  private constructor(of: Ground, station: Station<Session>) {
    this.ground = of
    this.station = station
  }

  /** A bench as chance has it. */
  static make(seed: number): Bench {
    const random = new Random(seed)
    const k = random.pick([1, 2, 12, 12, 12, 100])
    const station = new Station<Session>({
      link: { k, w: random.pick([1, 2, 8]), t1Ms: 8000, t2Ms: 1000, t3Ms: random.pick([3000, 20_000]) },
      profile: {
        ...random.pick([Profile.iec, Profile.c104]),
        addressing: random.pick(["unique", "unique", "perType"]),
        maxApduLength: random.pick([253, 253, 60])
      },
      limits: {
        ...Limits.defaults,
        logRecords: random.pick([64, 64, 256, 4096]),
        repliesPerSession: random.pick([16, 64]),
        decisionsPerSession: random.pick([2, 64]),
        abandonedCallbacks: 4,
        undrainedOctets: 4096,
        decisionMs: 3000
      },
      packEvents: random.chance(70),
      selectMs: random.pick([1500, 10_000]),
      commandAgeMs: 0,
      files: true,
      clockByClients: random.chance(50),
      clockValidMs: random.pick([0, 5000])
    })
    return new Bench(ground(seed), station)
  }

  /** All of it, as it is between two inputs. */
  keep(): Kept {
    const exchanges = Array.from(this.sessions.values(), ({ exchange }) => exchange)
    return { snapshot: Snapshot.take(this.station, exchanges), ground: structuredClone(this.ground) }
  }

  /** Another one that goes on where one was kept. */
  static of({ snapshot, ground }: Kept): Bench {
    const bench = new Bench(structuredClone(ground), null as never)
    const { station, sessions } = Snapshot.restore<Session>(snapshot, {
      zone: zoneOf,
      session: (number, exchange) => new Session(bench, bench.ground.lines.get(number) as Line, exchange)
    })
    bench.station = station
    for (const number of bench.ground.lines.keys()) bench.sessions.set(number, sessions.get(number) as Session)
    return bench
  }

  say(what: string, value: unknown = ""): void {
    this.said.push(`${what} ${print(value, nameOf)}`)
  }

  // ---- operations ----

  carrier(operation: number): Carrying.Carrier | undefined {
    return carrierOf(this, operation)
  }

  soon(act: () => void): void {
    this.later.push(act)
  }

  /** What was to be done when what has happened is over. */
  settle(): void {
    for (let next = this.later.shift(); next !== undefined; next = this.later.shift()) next()
  }

  monotonicMs(): number {
    return this.ground.nowMs
  }

  /** The session of a number; one that has ended where there is none any more. */
  sessionOf(number: number): Session {
    const known = this.sessions.get(number)
    if (known !== undefined) return known
    const ended = this.station.opened(number, this.ground.nowMs)
    ended.reason = "TRANSPORT"
    return new Session(this, line(number, ""), ended)
  }

  // ---- connections ----

  open(): void {
    const { station, ground } = this
    if (this.sessions.size >= 4) return
    const number = station.nextSession()
    const of = line(number, `192.0.2.${number % 3}`)
    ground.lines.set(number, of)
    const exchange = station.opened(number, ground.nowMs)
    const session = new Session(this, of, exchange)
    this.sessions.set(number, session)
    station.publishing.sessions.add(session)
    this.say("opened", number)
  }

  closed(session: Session): void {
    const { number } = session
    Sending.close(this.station, session)
    this.follow(FileCalls.release(this.station.files, number, true))
    if (this.station.resetting === number) this.reset()
    this.relieved(session)
    this.station.waiting = Waiting.forgotten(this.station.waiting, number)
    this.station.publishing.sessions.delete(session)
    this.station.started.delete(session)
    this.station.freeSession(number)
    this.station.stall = Stall.ended(this.station.stall, number)
    this.sessions.delete(number)
    this.ground.lines.delete(number)
  }

  /** The client has the confirmation of its reset, or is gone: every connection ends. */
  reset(): void {
    this.station.end(Ending.carriedOut)
    for (const session of [...this.sessions.values()]) Drain.end(session, "shutdown")
  }

  // ---- time ----

  get tagMs(): number {
    const { nowMs, wallMs } = this.ground
    return TagClock.readMs(this.station.tagClock, nowMs, wallMs)
  }

  get flags(): number {
    return TagClock.flags(this.station.tagClock, this.ground.nowMs)
  }

  // ---- publishing ----

  /** What an append has made due is done. */
  followUp(): void {
    const { publishing } = this.station
    const { due } = publishing
    publishing.due = "nothing"
    if (due === "now") this.ready(publishing.flushed(this.tagMs))
  }

  /** Freezes counters, and tells the readings. */
  freeze(asked: Image.Order, order: Freeze.FreezeOrder): void {
    const { told } = this.station.freeze(asked, order, this.tagMs, this.flags)
    for (const { block, version, slots } of told)
      for (const slot of slots) {
        this.station.publishing.appendFrozen(block, version, slot)
        this.followUp()
      }
  }

  deliver(): void {
    if (this.station.publishing.isScheduled) this.ready(this.station.publishing.delivered(this.tagMs))
  }

  private ready(sessions: Iterable<Session>): void {
    for (const session of sessions) session.ready()
  }

  offer(batches: readonly CyclicBatch[]): void {
    for (const session of this.station.started) Drain.dispatch(session, { ...session.event("cyclic"), batches })
  }

  offerRefreshed(number: number): void {
    const { offers, batches } = Offers.take(this.station.offers, number)
    this.station.offers = offers
    if (batches !== null) this.offer(batches)
  }

  // ---- publishers that wait ----

  around(): Waiting.Around {
    const { limits } = this.station.world
    return {
      followers: this.station.publishing.sessions,
      ends: this.station.publishing.logEnds(),
      records: limits.logRecords,
      holdMs: 500
    }
  }

  relieved(session: Session): void {
    if (Waiting.isNothing(this.station.waiting)) return
    const { waiting, looks } = Waiting.relieved(this.station.waiting, session, this.around())
    this.station.waiting = waiting
    if (looks) this.wait(Waiting.look(waiting, this.around(), this.ground.nowMs))
  }

  wait({ waiting, patient, counted }: Waiting.Step): void {
    this.station.waiting = waiting
    this.ground.going.patient += patient
    this.ground.going.counted += counted
    this.say("waits", [patient, counted, waiting.wakeAtMs])
  }

  // ---- files ----

  private readonly awaits = (number: number, id: number): boolean => {
    const session = this.sessions.get(number)
    return session !== undefined && session.exchange.reason === null && File.awaits(session.exchange.state.work, id)
  }

  filesAround(): FileCall.Around {
    const { world, abandoned } = this.station
    const areMany = (callback: string, address: string): boolean =>
      Abandoned.areMany(abandoned, world.limits.abandonedCallbacks, callback, address)
    return { world, awaits: this.awaits, areMany, queries: true, nowMs: this.ground.nowMs }
  }

  follow({ files, due }: FileCall.Step): void {
    this.station.files = files
    for (const one of due) this.perform(one)
  }

  private perform(due: FileCall.Due): void {
    const { station } = this
    this.say("file", due)
    switch (due.kind) {
      case "abandoned":
        station.abandoned = Abandoned.add(station.abandoned, due.callback, due.address)
        return
      case "settled":
        station.abandoned = Abandoned.settle(station.abandoned, due.callback, due.address)
        return
      case "answer": {
        const session = this.sessions.get(due.session)
        if (session !== undefined) Drain.dispatch(session, { ...session.event("file"), file: due.answer })
        return
      }
      case "timedOut":
      case "failed":
        return
      default:
        this.ground.store.push(due)
    }
  }
}
