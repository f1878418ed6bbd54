// What happens at a fixed rate. A period that divides a day is aligned to the clocks of the station, so that "every 15
// minutes" is at the quarters of an hour there, also when clocks change; any other counts from when it was set.
import type { Zone } from "../core/image/Block.ts"
import * as Zones from "./Zones.ts"

const DAY_MS = 86_400_000

export interface Rhythm {
  readonly everyMs: number
  /** Whose clocks it follows; null counts on the monotonic clock. */
  readonly zone: Zone | null
  /** When it is due next: ms since 1970 UTC, or of the monotonic clock. */
  dueMs: number
  /** What the station's clock said when it was looked at last. */
  seenMs: number
  /** When it was done last, and when it was due next then; it was never done: -Infinity. */
  doneMs: number
  behindMs: number
}

/** Whether a period is aligned to the clocks of the station. */
export const isAligned = (everyMs: number): boolean => Number.isInteger(DAY_MS / everyMs)

/** A rhythm that begins now: at `runMs` of the monotonic clock, and `nowMs` since 1970 UTC by the station's. */
export function make(everyMs: number, zone: Zone, runMs: number, nowMs: number): Rhythm {
  const aligned = isAligned(everyMs)
  return {
    everyMs,
    zone: aligned ? zone : null,
    dueMs: aligned ? next(zone, nowMs, everyMs) : runMs + everyMs,
    seenMs: nowMs,
    doneMs: Number.NEGATIVE_INFINITY,
    behindMs: 0
  }
}

/** Forgets what an aligned rhythm missed while nobody looked. */
export function renew(rhythm: Rhythm, nowMs: number): void {
  if (rhythm.zone !== null) rhythm.dueMs = next(rhythm.zone, nowMs, rhythm.everyMs)
  rhythm.seenMs = nowMs
}

/** Whether the time has come; if so, sets the next one, without a burst for what was missed. */
export function due(rhythm: Rhythm, runMs: number, nowMs: number): boolean {
  const { everyMs, zone, seenMs } = rhythm
  if (zone === null) {
    if (runMs < rhythm.dueMs) return false
    rhythm.dueMs += (Math.floor((runMs - rhythm.dueMs) / everyMs) + 1) * everyMs
    return true
  }
  rhythm.seenMs = nowMs
  if (nowMs < seenMs) setBack(rhythm, zone, nowMs)
  if (nowMs < rhythm.dueMs) return false
  const following = next(zone, nowMs, everyMs)
  rhythm.doneMs = nowMs
  rhythm.dueMs = isShownAgain(zone, rhythm.dueMs, following, everyMs) ? next(zone, following, everyMs) : following
  rhythm.behindMs = rhythm.dueMs
  return true
}

/** Somebody has set the clock back: what comes anew is done, but for what was done shortly before. */
function setBack(rhythm: Rhythm, zone: Zone, nowMs: number): void {
  const { everyMs, doneMs, behindMs } = rhythm
  const anewMs = next(zone, nowMs, everyMs)
  rhythm.dueMs = anewMs <= doneMs && doneMs - nowMs < everyMs / 2 ? behindMs : anewMs
}

/** Whether clocks that are set back at the end of summer time show the same again: what is due then was done already. */
function isShownAgain(zone: Zone, firstMs: number, secondMs: number, everyMs: number): boolean {
  const apartMs = secondMs - firstMs
  if (apartMs >= everyMs) return false
  return apartMs === Zones.spanAt(zone, firstMs).offsetMs - Zones.spanAt(zone, secondMs).offsetMs
}

/** The next instant behind `fromMs` at which clocks show a multiple of the period, or pass over one. */
function next(zone: Zone, fromMs: number, everyMs: number): number {
  let atMs = fromMs
  let { offsetMs, untilMs } = Zones.spanAt(zone, atMs)
  for (;;) {
    const nextMs = atMs + everyMs - modulo(atMs + offsetMs, everyMs)
    if (nextMs < untilMs) return nextMs
    const span = Zones.spanAt(zone, untilMs)
    const shownMs = untilMs + span.offsetMs
    const passed = Math.floor(shownMs / everyMs) > Math.floor((untilMs + offsetMs - 1) / everyMs)
    if (passed || modulo(shownMs, everyMs) === 0) return untilMs
    atMs = untilMs
    offsetMs = span.offsetMs
    untilMs = span.untilMs
  }
}

const modulo = (value: number, divisor: number): number => value - Math.floor(value / divisor) * divisor
