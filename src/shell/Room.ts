// How publishers wait for clients: from when a started session has more than half a log to go until it has caught up, which
// is until less than a quarter waits for it. One that takes its events too slowly for that may hold everybody up for `holdMs`
// in all, and then no longer until it has caught up: what is too much for it is dropped by the log, while the others are served.
// Sessions are looked at when one of them may have fallen behind since the last time, not for each event: there may be thousands.
// And for a turn of the event loop now and then, so that sockets are read, however many publishers there are.
import type { Clock } from "./Clock.ts"
import { type GoOn, Waiters } from "./Waiters.ts"

/** So much is published, or asked for, between two turns of the event loop before publishers wait for one. */
const BURST = 256

/** How long a session has held publishers up since it had caught up last. */
export interface Hold {
  usedMs: number
  /** Since when it does, -1 = it does not. */
  sinceMs: number
  /** Whether it fell behind and has not caught up since, as it was when publishers that wait were looked at last. */
  isBehind: boolean
}

export const newHold = (): Hold => ({ usedMs: 0, sinceMs: -1, isBehind: false })

/** Somebody who is to be waited for. */
interface Follower {
  readonly holding: Hold
  /** Events that wait for it, 0 unless it is started. */
  readonly backlog: (ends: readonly number[]) => number
  /** Events that wait for it, started or not. */
  readonly waiting: (ends: readonly number[]) => number
}

/**
 * While publishers wait they look again after so many ms at most; what lies between two looks counts no longer than twice as
 * much: this process stood still then, and its clients could not be heard.
 */
const LOOK_MS = 50

/** So many publishers at most are let go on in a turn of the event loop. */
const AT_ONCE = 64

/** Publishers that wait for the same, and those of them that are being let go on in this turn of the event loop. */
class Queue extends Waiters {
  readonly patient: boolean
  going = 0

  constructor(patient: boolean) {
    super()
    this.patient = patient
  }
}

/** Events that were ever published, where the logs end so. */
function sum(ends: readonly number[]): number {
  let published = 0
  for (const end of ends) published += end
  return published
}

export class Room {
  private readonly followers: Iterable<Follower>
  private readonly clock: Clock
  private readonly records: number
  private readonly holdMs: number
  private readonly ends: () => readonly number[]
  /** Publishers that wait for whoever is behind, however long that takes. */
  private readonly patient = new Queue(true)
  /** Publishers that wait for whoever has not used up its time. */
  private readonly counted = new Queue(false)
  /** Publishers that wait for a turn of the event loop, and those of them that have yet to go on in the present one. */
  private turning = 0
  private due = 0
  /** What each of these may publish before it waits for another one, where that ends, and how often room was asked for since. */
  private share = BURST
  private burstEnd = BURST
  private asked = 0
  /** The ends of the logs when the sessions were looked at last. */
  private lookedAt: readonly number[] = []
  private wakeAtMs = Number.POSITIVE_INFINITY
  private cancel: (() => void) | null = null
  /** Up to so many published events nobody falls behind for whom publishers would have to wait. */
  private calmUntil = -1
  /** Whether somebody was behind then that had used up its time. */
  private leftBehind = false

  /** A log keeps so many `records`; `ends` says where the logs end. */
  constructor(
    followers: Iterable<Follower>,
    clock: Clock,
    limits: { readonly logRecords: number; readonly holdMs: number },
    ends: () => readonly number[]
  ) {
    this.followers = followers
    this.clock = clock
    this.records = limits.logRecords
    this.holdMs = limits.holdMs
    this.ends = ends
  }

  /** Whether a publisher that comes has to wait: who comes to others that wait for the same needs no look at the sessions. */
  hasToWait(patient: boolean): boolean {
    const { count, going } = this.queueOf(patient)
    return (count > 0 && going === 0 && this.ends() === this.lookedAt) || this.isFull(patient)
  }

  private queueOf(patient: boolean): Queue {
    return patient ? this.patient : this.counted
  }

  /** Whether a publisher has to wait. */
  isFull(patient: boolean): boolean {
    const ends = this.ends()
    const published = sum(ends)
    if (published <= this.calmUntil && !(patient && this.leftBehind)) return false
    this.calmUntil = Number.POSITIVE_INFINITY
    this.leftBehind = false
    for (const follower of this.followers)
      if (!this.isBehind(follower, ends)) {
        this.renew(follower, ends)
        this.calm(follower, ends)
      } else if (patient || follower.holding.usedMs < this.holdMs) {
        this.calmUntil = -1
        return true
      } else this.leftBehind = true
    return false
  }

  /** A session has started: what waits for it counts from now on. */
  starts(follower: Follower): void {
    this.calm(follower, this.ends())
  }

  /** Bounds the calm by when a session would fall behind that was sent nothing from now on. */
  private calm(follower: Follower, ends: readonly number[]): void {
    const most = follower.holding.isBehind ? this.records / 4 - 1 : this.records / 2
    this.calmUntil = Math.min(this.calmUntil, sum(ends) + most - follower.backlog(ends))
  }

  /** Waits for the sessions that are behind. */
  wait(patient: boolean): Promise<void> {
    return new Promise((resolve) => this.enter(patient, resolve))
  }

  /**
   * Whether so much was published in this turn of the event loop that a publisher has to wait for another one; or so often
   * asked whether it may be: what nobody takes, and what does not change, makes no events.
   */
  isBurst(): boolean {
    return ++this.asked > this.share || sum(this.ends()) >= this.burstEnd
  }

  /** Waits for a turn of the event loop, and then for the sessions that are behind by then: others have published meanwhile. */
  turn(patient: boolean): Promise<void> {
    this.turning++
    return new Promise((resolve) =>
      this.clock.afterInput(() => {
        this.beginShare()
        if (this.isFull(patient)) this.enter(patient, resolve)
        else resolve()
      })
    )
  }

  /** All who waited for this turn publish as much in it, together no more than one alone would. */
  private beginShare(): void {
    if (this.due === 0) {
      this.due = this.turning
      this.turning = 0
      this.share = Math.max(1, Math.floor(BURST / this.due))
    }
    this.due--
    this.burstEnd = sum(this.ends()) + this.share
    this.asked = 0
  }

  private enter(patient: boolean, resolve: GoOn): void {
    const queue = this.queueOf(patient)
    queue.add(resolve)
    // Nothing has changed for whoever comes to others that wait for the same, unless something was published since.
    if (queue.count === 1 || this.ends() !== this.lookedAt) this.look()
  }

  /** A session has sent or ended: publishers that wait for it may go on. */
  relieved(follower: Follower): void {
    const { holding } = follower
    const isAwaited = this.patient.count > 0 || this.counted.count > 0
    if (holding.usedMs > 0 || holding.isBehind) {
      const ends = this.ends()
      const hasCaughtUp = this.renew(follower, ends)
      if (hasCaughtUp) this.calm(follower, ends)
      // Where publishers wait, it is they that see the change, below.
      if (hasCaughtUp && !isAwaited) holding.isBehind = false
    }
    if (!isAwaited) return
    // Where nothing was published since, nobody but this one can have fallen behind or caught up.
    const ends = this.ends()
    if (ends !== this.lookedAt || this.isBehind(follower, ends) !== holding.isBehind) this.look()
  }

  /**
   * Whether it is to be waited for. Whoever fell behind is, until it has caught up, not until it is just no longer behind: a
   * healthy client of a faster source would hover there, and use up its time a little with every frame.
   */
  private isBehind(follower: Follower, ends: readonly number[]): boolean {
    const backlog = follower.backlog(ends)
    return backlog > this.records / 2 || (follower.holding.isBehind && backlog >= this.records / 4)
  }

  /** Who has caught up may hold up again; whether it has. Nobody catches up by stopping: what waits then is still to be sent. */
  private renew(follower: Follower, ends: readonly number[]): boolean {
    const hasCaughtUp = follower.waiting(ends) < this.records / 4
    if (hasCaughtUp) follower.holding.usedMs = 0
    return hasCaughtUp
  }

  /** Lets go on whoever need not wait any longer. All who wait alike go on together: none is looked at by itself. */
  private look(): void {
    const { clock, holdMs } = this
    const nowMs = clock.monotonicMs()
    const ends = this.ends()
    const isCounted = this.counted.count > 0
    let behind = false
    let leftMs = Number.POSITIVE_INFINITY
    for (const follower of this.followers) {
      const hold = follower.holding
      if (hold.sinceMs >= 0) hold.usedMs += Math.min(nowMs - hold.sinceMs, 2 * LOOK_MS)
      hold.sinceMs = -1
      hold.isBehind = this.isBehind(follower, ends)
      if (!hold.isBehind) {
        // The time that was counted just now is over too.
        this.renew(follower, ends)
        continue
      }
      behind = true
      if (hold.usedMs >= holdMs) continue
      leftMs = Math.min(leftMs, holdMs - hold.usedMs)
      if (isCounted) hold.sinceMs = nowMs
    }
    this.lookedAt = ends
    const isHeld = leftMs < Number.POSITIVE_INFINITY
    this.wakeAt(isCounted && isHeld ? nowMs + Math.min(leftMs, LOOK_MS) : Number.POSITIVE_INFINITY)
    if (!behind) this.release(this.patient)
    if (!isHeld) this.release(this.counted)
  }

  /** Lets them go on, each when those before it have published: so many at a time, the others in the next turn of the event loop. */
  private release(queue: Queue): void {
    if (queue.going > 0) return
    queue.going = Math.min(queue.count, AT_ONCE)
    for (let i = 0; i < queue.going; i++) this.clock.afterInput(() => this.goOn(queue))
  }

  /** Lets the first one go on, unless what others have published meanwhile is to be waited for: then all of them do. */
  private goOn(queue: Queue): void {
    queue.going--
    const isFull = this.isFull(queue.patient)
    if (!isFull) queue.release()
    if (queue.going > 0) return
    if (isFull) this.look()
    else this.release(queue)
  }

  /** Looks again at a time; infinity: not by itself. */
  private wakeAt(dueMs: number): void {
    if (dueMs === this.wakeAtMs) return
    this.cancel?.()
    this.cancel = null
    this.wakeAtMs = dueMs
    if (dueMs === Number.POSITIVE_INFINITY) return
    this.cancel = this.clock.wake(Math.max(0, dueMs - this.clock.monotonicMs()), () => {
      this.wakeAtMs = Number.POSITIVE_INFINITY
      this.cancel = null
      // What a stall of our own kept in the sockets counts first.
      this.clock.afterInput(() => this.look())
    })
  }
}
