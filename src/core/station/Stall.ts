// Whether this process stood still: input that waited meanwhile has no known age. A pulse shows when the event loop turned
// last; it runs on real time, as stalls do, and only while somebody is connected or may connect. A literal table; the pulse, the
// turns of the event loop and what has been read of each connection are its owner's.
import * as Numbered from "../image/Numbered.ts"

export const PULSE_MS = 250
/** Whole shares of its input after which a connection that never stops sending is taken to have sent what it sends now. */
const SHARES_MAX = 2048

/**
 * What waits is read in the next turn at the latest: where another's input, or a new connection, shows that this process stood
 * still, the system had said before whose input is read in that turn.
 */
const READING_TURNS = 2

/** A new connection is read from in the turns behind that in which it was opened. */
const OPENING_TURNS = 3

/** That a session's input waited: it was all read in so many turns at the earliest, and is taken to be when so many shares are gone. */
interface Waited {
  readonly session: number
  readonly turns: number
  readonly until: number
}

export interface Stall {
  /** When the event loop turned last, by a clock that the system runs whatever the tests make of time. */
  readonly aliveMs: number
  /** The same by the clock of the protocol, which whoever reads has asked already. */
  readonly pulsedMs: number
  /** Sessions whose input waited, until all of it was read. */
  readonly stale: Numbered.Numbered<Waited>
  readonly isListening: boolean
  /** Turns without a connection after which none waits any more that was made while this process stood still. */
  readonly quietTurns: number
  /** When that is taken to be so though connections come all the time: the system keeps fewer than that. */
  readonly quietUntil: number
  /** How many shares of a turn have gone by in which somebody's input waited. */
  readonly shares: number
  /** How often this process was seen to stand still. */
  readonly seen: number
}

export const none: Stall = {
  aliveMs: 0,
  pulsedMs: 0,
  stale: null,
  isListening: false,
  quietTurns: 0,
  quietUntil: 0,
  shares: 0,
  seen: 0
}

/** What it is by both clocks, and how long a stall is. */
export interface Now {
  readonly aliveMs: number
  readonly clockMs: number
  readonly limitMs: number
}

/** The time of each runs from when it was last seen to have waited, whatever others do. */
function wait({ stale, shares }: Stall, session: number, turns: number): Numbered.Numbered<Waited> {
  const before = Numbered.find(stale, session)?.turns ?? 0
  return Numbered.put(stale, session, { session, turns: Math.max(turns, before), until: shares + SHARES_MAX })
}

/** Whether anybody may connect. */
export const listens = (stall: Stall, isListening: boolean): Stall => ({ ...stall, isListening })

/** The pulse begins. */
export const begin = (stall: Stall, { aliveMs, clockMs }: Now): Stall => ({ ...stall, aliveMs, pulsedMs: clockMs })

/** A session has ended. */
export const ended = (stall: Stall, session: number): Stall =>
  stall.stale === null ? stall : { ...stall, stale: Numbered.without(stall.stale, session) }

/** The event loop has turned; where it stood still, the input of all these sessions may have waited. */
export function pulse(before: Stall, now: Now, sessions: Iterable<{ readonly number: number }>): Stall {
  const { aliveMs, clockMs: pulsedMs } = now
  const alive: Stall = { ...before, aliveMs, pulsedMs }
  if (aliveMs - before.aliveMs < now.limitMs) return alive
  let { stale } = alive
  for (const { number } of sessions) stale = wait({ ...alive, stale }, number, READING_TURNS)
  return {
    ...alive,
    stale,
    seen: before.seen + 1,
    quietTurns: before.isListening ? OPENING_TURNS : before.quietTurns,
    quietUntil: before.shares + SHARES_MAX
  }
}

/** Whether this process may have stood still since the last pulse; whoever asks with the clock of the protocol sees at a glance. */
export const isOverdue = ({ aliveMs }: Stall, now: number, limitMs: number): boolean => now - aliveMs >= limitMs
export const isPulseLate = ({ pulsedMs }: Stall, clockMs: number): boolean => clockMs - pulsedMs >= PULSE_MS

/** Whether what was read of a session just now may have waited while this process stood still. */
export const isStale = ({ stale }: Stall, session: number): boolean =>
  stale !== null && Numbered.find(stale, session) !== undefined

/** A session on a connection that had waited: so had what it says first. */
export const waited = (stall: Stall, session: number): Stall => ({
  ...stall,
  stale: wait(stall, session, OPENING_TURNS)
})

/** What is known of a connection that was taken from the system. */
export interface Taken {
  /** It had waited there while this process stood still. */
  readonly isOld: boolean
  readonly seen: number
  readonly sinceMs: number
}

/** A connection was taken from the system just now, or is known to be a client's. */
export function take(before: Stall, aliveMs: number): { stall: Stall; taken: Taken } {
  const isOld = before.quietTurns > 0
  const stall = isOld ? { ...before, quietTurns: OPENING_TURNS } : before
  return { stall, taken: { isOld, seen: before.seen, sinceMs: aliveMs } }
}

/**
 * Whether what came on a connection until now may have waited: with the system or here while this process stood still, or as
 * long here.
 */
export const hasWaited = ({ seen }: Stall, taken: Taken, aliveMs: number, limitMs: number): boolean =>
  taken.isOld || seen > taken.seen || aliveMs - taken.sinceMs >= limitMs

/** Whether it is to be told of the next turn of the event loop, since something waits to be read. */
export const isWaiting = ({ stale, quietTurns }: Stall): boolean => stale !== null || quietTurns > 0

/**
 * The event loop has turned once more, with so many shares read of whoever sends most: everything that waited was read once
 * nothing is left of it after a turn.
 */
export function turned(before: Stall, portion: number, isBehind: (session: number) => boolean): Stall {
  const shares = before.shares + portion
  const left = before.quietTurns > 0 && shares < before.quietUntil ? before.quietTurns - 1 : 0
  let isRead = false
  const stale = Numbered.mapped(before.stale, (one) => {
    const turns = isBehind(one.session) ? one.turns : one.turns - 1
    isRead ||= shares >= one.until || turns <= 0
    return { ...one, turns: shares >= one.until ? 0 : turns }
  })
  return { ...before, shares, quietTurns: left, stale: isRead ? unread(stale) : stale }
}

/** Those whose input was not all read. */
function unread(stale: Numbered.Numbered<Waited>): Numbered.Numbered<Waited> {
  let left: Numbered.Numbered<Waited> = null
  Numbered.each(stale, (one) => {
    if (one.turns > 0) left = Numbered.put(left, one.session, one)
  })
  return left
}
