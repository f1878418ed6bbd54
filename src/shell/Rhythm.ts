// What happens at a fixed rate. A period that divides a day is aligned to the clocks of the station, so that "every 15
// minutes" is at the quarters of an hour there, also when clocks change; any other counts from when it was set.
import type { Zone } from "../core/process/Block.ts"
import * as Zones from "./Zones.ts"

const DAY_MS = 86_400_000

export interface Rhythm {
  readonly everyMs: number
  /** Whose clocks it follows; null counts on the monotonic clock. */
  readonly zone: Zone | null
  /** When it is due next: ms since 1970 UTC, or of the monotonic clock. */
  dueMs: number
}

/** Whether a period is aligned to the clocks of the station. */
export const isAligned = (everyMs: number): boolean => Number.isInteger(DAY_MS / everyMs)

/** A rhythm that begins now: at `runMs` of the monotonic clock, and `nowMs` since 1970 UTC by the station's. */
export const make = (everyMs: number, zone: Zone, runMs: number, nowMs: number): Rhythm =>
  isAligned(everyMs)
    ? { everyMs, zone, dueMs: next(zone, nowMs, everyMs) }
    : { everyMs, zone: null, dueMs: runMs + everyMs }

/** Forgets what an aligned rhythm missed while nobody looked. */
export function renew(rhythm: Rhythm, nowMs: number): void {
  if (rhythm.zone !== null) rhythm.dueMs = next(rhythm.zone, nowMs, rhythm.everyMs)
}

/** Whether the time has come; if so, sets the next one, without a burst for what was missed. */
export function due(rhythm: Rhythm, runMs: number, nowMs: number): boolean {
  const { everyMs, zone } = rhythm
  if (zone === null) {
    if (runMs < rhythm.dueMs) return false
    rhythm.dueMs += (Math.floor((runMs - rhythm.dueMs) / everyMs) + 1) * everyMs
    return true
  }
  // Somebody has set the clock back. By little, what was done already is not done again.
  if (rhythm.dueMs - nowMs > 1.5 * everyMs) rhythm.dueMs = next(zone, nowMs, everyMs)
  if (nowMs < rhythm.dueMs) return false
  const following = next(zone, nowMs, everyMs)
  // A midnight that clocks show twice is one.
  const again = following - rhythm.dueMs < everyMs / 2
  rhythm.dueMs = again ? next(zone, following, everyMs) : following
  return true
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
