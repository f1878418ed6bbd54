// What a station does by the clock: cyclic transmission, background scans, local freezes of counters, and timers of points. A
// literal table: whoever holds it asks now and then what is due, does that, and keeps what the table has become.

import type { Block, Zone } from "../image/Block.ts"
import * as Image from "../image/Image.ts"
import * as Row from "../image/Row.ts"
import * as Rhythm from "../read/Rhythm.ts"
import * as Cycles from "./Cycles.ts"
import * as Timers from "./Timers.ts"

/** Local freezes of a station; with `reset` its counters begin anew. */
export interface Freeze {
  readonly rhythm: Rhythm.Rhythm
  readonly reset: boolean
}

export interface Schedule {
  readonly cycles: Cycles.Cycles
  /** Background scans and local freezes by common address. */
  readonly scans: Row.Row<Rhythm.Rhythm>
  readonly freezes: Row.Row<Freeze>
  readonly timers: Timers.Timers
}

export const none: Schedule = { cycles: Cycles.none, scans: Row.none, freezes: Row.none, timers: Timers.none }

/** Two clocks at one moment: the monotonic one, and the station's in ms since 1970 UTC. */
export interface Moment {
  readonly runMs: number
  readonly nowMs: number
}

/** Whether anything is to happen by the clock. */
export const isAny = ({ cycles, scans, freezes, timers }: Schedule): boolean =>
  cycles.periods !== null || Row.size(scans) > 0 || Row.size(freezes) > 0 || Timers.isAny(timers)

/** Nobody has to look. */
export const NEVER: number = Number.POSITIVE_INFINITY

/**
 * In how many ms it has to be looked what is due: every tick where anything happens by the clock, since clocks may be set
 * meanwhile; a station without all that, and without events that are put off, does not wake up.
 */
export const wakeMs = (of: Schedule, isAnyDelayed: boolean, tickMs: number): number =>
  isAnyDelayed || isAny(of) ? tickMs : NEVER

/** The table in which a point has a period of cyclic transmission, 0 = none. */
export function setPeriod(of: Schedule, block: Block, slot: number, everyMs: number, at: Moment): Schedule {
  const cycles = Cycles.set(of.cycles, block, slot, everyMs, at.runMs, at.nowMs)
  return cycles === of.cycles ? of : { ...of, cycles }
}

/** The table in which the whole of a station is scanned at a period, 0 = none; one that is not there is not. */
export function setScan(of: Schedule, image: Image.Image, ca: number, everyMs: number, at: Moment): Schedule {
  const scans = Row.without(of.scans, ca)
  const station = Image.station(image, ca)
  if (everyMs === 0 || station === undefined) return { ...of, scans }
  return { ...of, scans: Row.put(scans, ca, rhythmOf(everyMs, station.zone, at)) }
}

/** The table in which the counters of a station are frozen at a period, 0 = none; with `reset` they begin anew. */
export function setFreeze(
  of: Schedule,
  image: Image.Image,
  ca: number,
  everyMs: number,
  reset: boolean,
  at: Moment
): Schedule {
  const freezes = Row.without(of.freezes, ca)
  const station = Image.station(image, ca)
  if (everyMs === 0 || station === undefined) return { ...of, freezes }
  return { ...of, freezes: Row.put(freezes, ca, { rhythm: rhythmOf(everyMs, station.zone, at), reset }) }
}

const rhythmOf = (everyMs: number, zone: Zone, { runMs, nowMs }: Moment): Rhythm.Rhythm =>
  Rhythm.make(everyMs, zone, runMs, nowMs)

/** The table in which a point has a timer, first due after its time; 0 = none. */
export const setTimer = (of: Schedule, block: Block, slot: number, everyMs: number, runMs: number): Schedule => ({
  ...of,
  timers: Timers.set(of.timers, block, slot, everyMs, runMs)
})

/** The table without a point. */
export function forgetPoint(of: Schedule, block: Block, slot: number): Schedule {
  const cycles = Cycles.forget(of.cycles, block, slot)
  const timers = Timers.forget(of.timers, block, slot)
  return cycles === of.cycles && timers === of.timers ? of : { ...of, cycles, timers }
}

/** The table without a station and its blocks. */
export function forgetStation(of: Schedule, ca: number, blocks: readonly Block[]): Schedule {
  let { cycles, timers } = of
  for (const block of blocks) {
    cycles = Cycles.forgetBlock(cycles, block)
    timers = Timers.forgetBlock(timers, block)
  }
  return { cycles, scans: Row.without(of.scans, ca), freezes: Row.without(of.freezes, ca), timers }
}

/** The table that forgets what local freezes missed while nobody looked. */
export function renewed(of: Schedule, nowMs: number): Schedule {
  let { freezes } = of
  Row.each(of.freezes, (ca, freeze) => {
    freezes = Row.put(freezes, ca, { ...freeze, rhythm: Rhythm.renewed(freeze.rhythm, nowMs) })
  })
  return { ...of, freezes }
}

/** What is due, in the order in which it is done, and the table from now on. */
export interface Due {
  readonly schedule: Schedule
  /** Stations whose counters are frozen. */
  readonly freezes: readonly { readonly ca: number; readonly reset: boolean }[]
  /** Periods of cyclic transmission, by id: the points of their blocks are refreshed and offered. */
  readonly periods: readonly number[]
  /** Stations that are scanned. */
  readonly scans: readonly number[]
  /** Timers; each is put off when it was called, by {@link fired}. */
  readonly timers: readonly Timers.Timer[]
}

const NOTHING: readonly never[] = []

/** Looks what is due: of all but freezes nothing while no session is started, since it would go to nobody. */
export function due(of: Schedule, at: Moment, isAnybodyStarted: boolean): Due {
  const { runMs, nowMs } = at
  let { freezes, scans } = of
  const frozen: { readonly ca: number; readonly reset: boolean }[] = []
  Row.each(of.freezes, (ca, freeze) => {
    const { due: isDue, rhythm } = Rhythm.look(freeze.rhythm, runMs, nowMs)
    if (rhythm !== freeze.rhythm) freezes = Row.put(freezes, ca, { ...freeze, rhythm })
    if (isDue) frozen.push({ ca, reset: freeze.reset })
  })
  if (!isAnybodyStarted) {
    const schedule = freezes === of.freezes ? of : { ...of, freezes }
    return { schedule, freezes: frozen, periods: NOTHING, scans: NOTHING, timers: NOTHING }
  }
  const { cycles, periods } = Cycles.due(of.cycles, runMs, nowMs)
  const scanned: number[] = []
  Row.each(of.scans, (ca, before) => {
    const { due: isDue, rhythm } = Rhythm.look(before, runMs, nowMs)
    if (rhythm !== before) scans = Row.put(scans, ca, rhythm)
    if (isDue) scanned.push(ca)
  })
  const timers = Timers.due(of.timers, runMs)
  const isSame = cycles === of.cycles && scans === of.scans && freezes === of.freezes
  const schedule = isSame ? of : { cycles, scans, freezes, timers: of.timers }
  return { schedule, freezes: frozen, periods, scans: scanned, timers }
}

/**
 * Whether a station is frozen, or scanned, as it was in the table that said so: what was done since may have ended that, or have
 * removed the station, and another one have its address.
 */
export const isStill = (of: Schedule, then: Schedule, what: "freezes" | "scans", ca: number): boolean =>
  Row.find<unknown>(of[what], ca) === Row.find<unknown>(then[what], ca)

/** The table in which a timer that was due waits its time after its call; null: it is not due any more. */
export function fired(of: Schedule, timer: Timers.Timer, runMs: number): Schedule | null {
  const timers = Timers.fired(of.timers, timer, runMs)
  return timers === null ? null : { ...of, timers }
}
