// Publishers that wait, as promises: for clients that are behind, and now and then for a turn of the event loop. Who waits, for
// whom and how long is decided by tables of the core; here are the promises, and the clock.
import * as Bursts from "../core/station/Bursts.ts"
import * as Waiting from "../core/station/Waiting.ts"
import type { Clock } from "./Clock.ts"
import { type GoOn, Waiters } from "./Waiters.ts"

export class Room {
  private readonly followers: Iterable<Waiting.Follower>
  private readonly clock: Clock
  private readonly records: number
  private readonly holdMs: number
  private readonly ends: () => readonly number[]
  /** Where the tables stand. */
  private readonly station: { waiting: Waiting.Waiting; bursts: Bursts.Bursts }
  /** How often room was asked for since the present burst began. */
  private asked = 0
  private readonly patient = new Waiters()
  private readonly counted = new Waiters()
  private wakeAtMs = Number.POSITIVE_INFINITY
  private cancel: (() => void) | null = null

  /** A log keeps so many `records`; `ends` says where the logs end. */
  constructor(
    station: { waiting: Waiting.Waiting; bursts: Bursts.Bursts },
    followers: Iterable<Waiting.Follower>,
    clock: Clock,
    limits: { readonly logRecords: number; readonly holdMs: number },
    ends: () => readonly number[]
  ) {
    this.station = station
    this.followers = followers
    this.clock = clock
    this.records = limits.logRecords
    this.holdMs = limits.holdMs
    this.ends = ends
  }

  /** Who holds publishers up at present, and how many of them wait. */
  get state(): Waiting.Waiting {
    return this.station.waiting
  }

  private around(): Waiting.Around {
    const { followers, records, holdMs } = this
    return { followers, ends: this.ends(), records, holdMs }
  }

  /** Whether a publisher that comes has to wait: who comes to others that wait for the same needs no look at the sessions. */
  hasToWait(patient: boolean): boolean {
    return Waiting.joins(this.station.waiting, patient, this.ends()) || this.isFull(patient)
  }

  /** Whether a publisher has to wait. */
  isFull(patient: boolean): boolean {
    if (Waiting.isCalm(this.station.waiting, patient, this.ends())) return false
    const { waiting, isFull } = Waiting.judge(this.station.waiting, patient, this.around())
    this.station.waiting = waiting
    return isFull
  }

  /** Waits for the sessions that are behind. */
  wait(patient: boolean): Promise<void> {
    return new Promise((resolve) => this.enter(patient, resolve))
  }

  /** Whether a publisher has to wait for a turn of the event loop. */
  isBurst(): boolean {
    return Bursts.isOver(this.station.bursts, ++this.asked, Waiting.published(this.ends()))
  }

  /** Waits for a turn of the event loop, and then for the sessions that are behind by then: others have published meanwhile. */
  turn(patient: boolean): Promise<void> {
    this.station.bursts = Bursts.wait(this.station.bursts)
    return new Promise((resolve) =>
      this.clock.afterInput(() => {
        this.station.bursts = Bursts.begin(this.station.bursts, Waiting.published(this.ends()))
        this.asked = 0
        if (this.isFull(patient)) this.enter(patient, resolve)
        else resolve()
      })
    )
  }

  private enter(patient: boolean, resolve: GoOn): void {
    this.queueOf(patient).add(resolve)
    this.follow(Waiting.enter(this.station.waiting, patient, this.around(), this.clock.monotonicMs()))
  }

  /** A session has sent or ended: publishers that wait for it may go on. */
  relieved(follower: Waiting.Follower): void {
    if (Waiting.isNothing(this.station.waiting)) return
    const { waiting, looks } = Waiting.relieved(this.station.waiting, follower, this.around())
    this.station.waiting = waiting
    if (looks) this.look()
  }

  private look(): void {
    this.follow(Waiting.look(this.station.waiting, this.around(), this.clock.monotonicMs()))
  }

  /** A session has ended: nobody waits for it. */
  leaves(follower: Waiting.Follower): void {
    this.relieved(follower)
    this.station.waiting = Waiting.forgotten(this.station.waiting, follower.number)
  }

  private queueOf(patient: boolean): Waiters {
    return patient ? this.patient : this.counted
  }

  private follow({ waiting, patient, counted }: Waiting.Step): void {
    this.station.waiting = waiting
    this.wakeAt(waiting.wakeAtMs)
    for (let i = 0; i < patient; i++) this.clock.afterInput(() => this.goOn(true))
    for (let i = 0; i < counted; i++) this.clock.afterInput(() => this.goOn(false))
  }

  private goOn(patient: boolean): void {
    const gone = Waiting.goOn(this.station.waiting, patient, this.around(), this.clock.monotonicMs())
    if (gone.isFree) this.queueOf(patient).release()
    this.follow(gone)
  }

  private wakeAt(dueMs: number): void {
    if (dueMs === this.wakeAtMs) return
    this.cancel?.()
    this.cancel = null
    this.wakeAtMs = dueMs
    if (dueMs === Number.POSITIVE_INFINITY) return
    this.cancel = this.clock.wake(Math.max(0, dueMs - this.clock.monotonicMs()), () => {
      this.wakeAtMs = Number.POSITIVE_INFINITY
      this.cancel = null
      this.station.waiting = Waiting.woken(this.station.waiting)
      // What a stall of our own kept in the sockets counts first.
      this.clock.afterInput(() => this.look())
    })
  }
}
