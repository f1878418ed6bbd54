// How publishers wait for clients: from when a started session has more than half a log to go until it has caught up, which
// is until less than a quarter waits for it. One that takes its events too slowly for that may hold everybody up for `holdMs`
// in all, and then no longer until it has caught up: what is too much for it is dropped by the log, while the others are served.
// Sessions are looked at when one of them may have fallen behind since the last time, not for each event: there may be thousands.
// A literal table: who holds publishers up and how long, how many of them wait, and up to when nobody has to.
import * as Numbered from "../image/Numbered.ts"

/** How long a session has held publishers up since it had caught up last. */
export interface Hold {
  readonly usedMs: number
  /** Since when it does, -1 = it does not. */
  readonly sinceMs: number
  /** Whether it fell behind and has not caught up since, as it was when publishers that wait were looked at last. */
  readonly isBehind: boolean
}

const unused: Hold = { usedMs: 0, sinceMs: -1, isBehind: false }

/** Somebody who is to be waited for. */
export interface Follower {
  readonly number: number
  /** Events that wait for it, 0 unless it is started. */
  readonly backlog: (ends: readonly number[]) => number
  /** Events that wait for it, started or not. */
  readonly waiting: (ends: readonly number[]) => number
}

/** Publishers that wait for the same, and those of them that are about to go on. */
interface Queue {
  readonly count: number
  readonly going: number
}

export interface Waiting {
  /** By session; none where it never held anybody up, or has caught up. */
  readonly holds: Numbered.Numbered<Hold>
  /** Publishers that wait for whoever is behind, however long that takes. */
  readonly patient: Queue
  /** Publishers that wait for whoever has not used up its time. */
  readonly counted: Queue
  /** How much had been published when the sessions were looked at last. */
  readonly lookedAt: number
  /** Up to so many published events nobody falls behind for whom publishers would have to wait. */
  readonly calmUntil: number
  /** Whether somebody was behind then that had used up its time. */
  readonly leftBehind: boolean
  /** When the sessions are looked at again; infinity: not for the sake of time. */
  readonly wakeAtMs: number
}

const nobody: Queue = { count: 0, going: 0 }

export const none: Waiting = {
  holds: null,
  patient: nobody,
  counted: nobody,
  lookedAt: -1,
  calmUntil: -1,
  leftBehind: false,
  wakeAtMs: Number.POSITIVE_INFINITY
}

/** What is read: the sessions, where the logs end, how many records one keeps, and for how long a session may hold up. */
export interface Around {
  readonly followers: Iterable<Follower>
  readonly ends: readonly number[]
  readonly records: number
  readonly holdMs: number
}

/** The table from now on, and how many publishers of each kind {@link goOn} when input was read that waits. */
export interface Step {
  readonly waiting: Waiting
  readonly patient: number
  readonly counted: number
}

/**
 * While publishers wait sessions are looked at after so many ms at most; what lies between two looks counts no longer than twice
 * as much: this process stood still then, and its clients could not be heard.
 */
const LOOK_MS = 50

/** So many publishers at most are let go on in a turn of the event loop. */
const AT_ONCE = 64

/** Events that were ever published, where the logs end so. */
export function published(ends: readonly number[]): number {
  let sum = 0
  for (const end of ends) sum += end
  return sum
}

const still = (waiting: Waiting): Step => ({ waiting, patient: 0, counted: 0 })

const queueOf = ({ patient, counted }: Waiting, isPatient: boolean): Queue => (isPatient ? patient : counted)

const withQueue = (waiting: Waiting, isPatient: boolean, queue: Queue): Waiting =>
  isPatient ? { ...waiting, patient: queue } : { ...waiting, counted: queue }

/** How long a session has held publishers up. */
export const holdOf = ({ holds }: Waiting, { number }: Pick<Follower, "number">): Hold =>
  (holds === null ? undefined : Numbered.find(holds, number)) ?? unused

/** The holds with one that has changed. */
function put(holds: Numbered.Numbered<Hold>, number: number, before: Hold, hold: Hold): Numbered.Numbered<Hold> {
  const { usedMs, sinceMs, isBehind } = hold
  if (usedMs === before.usedMs && sinceMs === before.sinceMs && isBehind === before.isBehind) return holds
  const isUnused = usedMs === 0 && sinceMs < 0 && !isBehind
  return isUnused ? Numbered.without(holds, number) : Numbered.put(holds, number, hold)
}

/**
 * Whether a session is to be waited for. Whoever fell behind is, until it has caught up, not until it is just no longer behind: a
 * healthy client of a faster source would hover there, and use up its time a little with every frame.
 */
function isBehind(follower: Follower, hold: Hold, { ends, records }: Around): boolean {
  const backlog = follower.backlog(ends)
  return backlog > records / 2 || (hold.isBehind && backlog >= records / 4)
}

/** Whether it may hold up again. Nobody catches up by stopping: what waits then is still to be sent. */
const hasCaughtUp = (follower: Follower, { ends, records }: Around): boolean => follower.waiting(ends) < records / 4

/** Until when a session would not fall behind that was sent nothing from now on. */
function calmUntil(follower: Follower, hold: Hold, { ends, records }: Around): number {
  const most = hold.isBehind ? records / 4 - 1 : records / 2
  return published(ends) + most - follower.backlog(ends)
}

// ---- whether publishers have to wait ----

/** Whether no publisher has to wait where the logs end so: mostly that is known without a look at the sessions. */
export const isCalm = (waiting: Waiting, isPatient: boolean, ends: readonly number[]): boolean =>
  published(ends) <= waiting.calmUntil && !(isPatient && waiting.leftBehind)

/** Whether a publisher comes to others that wait for the same, so that it has to without a look at the sessions. */
export function joins(waiting: Waiting, isPatient: boolean, ends: readonly number[]): boolean {
  const { count, going } = queueOf(waiting, isPatient)
  return count > 0 && going === 0 && published(ends) === waiting.lookedAt
}

/** Looks whether a publisher has to wait. */
export function judge(before: Waiting, isPatient: boolean, around: Around): { waiting: Waiting; isFull: boolean } {
  let { holds } = before
  let calm = Number.POSITIVE_INFINITY
  let leftBehind = false
  let isFull = false
  for (const follower of around.followers) {
    const hold = holdOf(before, follower)
    if (!isBehind(follower, hold, around)) {
      if (hold.usedMs > 0 && hasCaughtUp(follower, around))
        holds = put(holds, follower.number, hold, { ...hold, usedMs: 0 })
      calm = Math.min(calm, calmUntil(follower, hold, around))
    } else if (isPatient || hold.usedMs < around.holdMs) {
      isFull = true
      break
    } else leftBehind = true
  }
  return { waiting: { ...before, holds, calmUntil: isFull ? -1 : calm, leftBehind }, isFull }
}

/** A session has started: what waits for it counts from now on. */
export function starts(waiting: Waiting, follower: Follower, around: Around): Waiting {
  const until = calmUntil(follower, holdOf(waiting, follower), around)
  return until < waiting.calmUntil ? { ...waiting, calmUntil: until } : waiting
}

// ---- publishers that wait ----

/** A publisher waits for the sessions that are behind. */
export function enter(before: Waiting, isPatient: boolean, around: Around, nowMs: number): Step {
  const { count, going } = queueOf(before, isPatient)
  const waiting = withQueue(before, isPatient, { count: count + 1, going })
  // Nothing has changed for whoever comes to others that wait for the same, unless something was published since.
  return count === 0 || published(around.ends) !== waiting.lookedAt ? look(waiting, around, nowMs) : still(waiting)
}

/** Whether a session that has sent or ended changes nothing: it held nobody up, and nobody waits. */
export const isNothing = ({ holds, patient, counted }: Waiting): boolean =>
  holds === null && patient.count === 0 && counted.count === 0

/** A session has sent or ended: whether the sessions are to be looked at, since publishers that wait for it may go on. */
export function relieved(before: Waiting, follower: Follower, around: Around): { waiting: Waiting; looks: boolean } {
  const isAwaited = before.patient.count > 0 || before.counted.count > 0
  let hold = holdOf(before, follower)
  let waiting = before
  if ((hold.usedMs > 0 || hold.isBehind) && hasCaughtUp(follower, around)) {
    const until = calmUntil(follower, hold, around)
    // Where publishers wait, it is they that see the change, below.
    const next: Hold = { ...hold, usedMs: 0, isBehind: hold.isBehind && isAwaited }
    const holds = put(before.holds, follower.number, hold, next)
    waiting = { ...before, holds, calmUntil: Math.min(before.calmUntil, until) }
    hold = next
  }
  if (!isAwaited) return { waiting, looks: false }
  // Where nothing was published since, nobody but this one can have fallen behind or caught up.
  const looks = published(around.ends) !== waiting.lookedAt || isBehind(follower, hold, around) !== hold.isBehind
  return { waiting, looks }
}

/** A session has ended, and was {@link relieved}: another one may have its number. */
export const forgotten = (waiting: Waiting, session: number): Waiting =>
  waiting.holds === null ? waiting : { ...waiting, holds: Numbered.without(waiting.holds, session) }

/** Lets go on whoever need not wait any longer. All who wait alike go on together: none is looked at by itself. */
export function look(before: Waiting, around: Around, nowMs: number): Step {
  const { holdMs } = around
  const isCounted = before.counted.count > 0
  let { holds } = before
  let behind = false
  let leftMs = Number.POSITIVE_INFINITY
  for (const follower of around.followers) {
    const hold = holdOf(before, follower)
    const isNew = isBehind(follower, hold, around)
    if (!isNew && hold === unused) continue
    // What it has used until now; time that was counted just now is over too where it has caught up.
    const passedMs = hold.sinceMs >= 0 ? Math.min(nowMs - hold.sinceMs, 2 * LOOK_MS) : 0
    const usedMs = !isNew && hasCaughtUp(follower, around) ? 0 : hold.usedMs + passedMs
    const holdsUp = isNew && usedMs < holdMs
    behind ||= isNew
    if (holdsUp) leftMs = Math.min(leftMs, holdMs - usedMs)
    const next: Hold = { usedMs, sinceMs: holdsUp && isCounted ? nowMs : -1, isBehind: isNew }
    holds = put(holds, follower.number, hold, next)
  }
  const isHeld = leftMs < Number.POSITIVE_INFINITY
  const wakeAtMs = isCounted && isHeld ? nowMs + Math.min(leftMs, LOOK_MS) : Number.POSITIVE_INFINITY
  const waiting: Waiting = { ...before, holds, lookedAt: published(around.ends), wakeAtMs }
  const patient = behind ? still(waiting) : release(waiting, true)
  const counted = isHeld ? still(patient.waiting) : release(patient.waiting, false)
  return { waiting: counted.waiting, patient: patient.patient, counted: counted.counted }
}

/** The time has come to look: {@link look} when input was read that waits, since a stall of our own may have kept it. */
export const woken = (waiting: Waiting): Waiting => ({ ...waiting, wakeAtMs: Number.POSITIVE_INFINITY })

/** Lets them go on, each when those before it have published: so many at a time, the others in the next turn of the event loop. */
function release(before: Waiting, isPatient: boolean): Step {
  const { count, going } = queueOf(before, isPatient)
  if (going > 0 || count === 0) return still(before)
  const goes = Math.min(count, AT_ONCE)
  const waiting = withQueue(before, isPatient, { count, going: goes })
  return { waiting, patient: isPatient ? goes : 0, counted: isPatient ? 0 : goes }
}

/** What comes of it that a publisher was to go on. */
export interface Gone extends Step {
  /** Whether the first that waits goes on. */
  readonly isFree: boolean
}

/** Lets the first one go on, unless what others have published meanwhile is to be waited for: then all of them do. */
export function goOn(before: Waiting, isPatient: boolean, around: Around, nowMs: number): Gone {
  const isFull = !isCalm(before, isPatient, around.ends)
  const judged = isFull ? judge(before, isPatient, around) : { waiting: before, isFull }
  const isFree = !judged.isFull
  const { count, going } = queueOf(before, isPatient)
  const left = { count: isFree && count > 0 ? count - 1 : count, going: going - 1 }
  const waiting = withQueue(judged.waiting, isPatient, left)
  if (left.going > 0) return { ...still(waiting), isFree }
  return { ...(isFree ? release(waiting, isPatient) : look(waiting, around, nowMs)), isFree }
}
