// What happens at a fixed rate. A period that divides a day is aligned to the clocks of the station, so that "every 15
// minutes" is at the quarters of an hour there, also when clocks change; any other counts from when it was set. A value: who
// looks at it keeps what it has become.
import type { Zone } from "../image/Block.ts"

const DAY_MS = 86_400_000

export interface Rhythm {
  readonly everyMs: number
  /** Whose clocks it follows; null counts on the monotonic clock. */
  readonly zone: Zone | null
  /** When it is due next: ms since 1970 UTC, or of the monotonic clock. */
  readonly dueMs: number
  /** What the station's clock said when it began, became due last, or was set back. */
  readonly seenMs: number
  /** When it was done last, and when it was due next then; it was never done: -Infinity. */
  readonly doneMs: number
  readonly behindMs: number
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

/** A rhythm that forgets what it missed, where it is aligned, while nobody looked. */
export const renewed = (rhythm: Rhythm, nowMs: number): Rhythm => ({
  ...rhythm,
  dueMs: rhythm.zone === null ? rhythm.dueMs : next(rhythm.zone, nowMs, rhythm.everyMs),
  seenMs: nowMs
})

/** Whether the time has come, and the rhythm from now on: without a burst for what was missed. */
export interface Look {
  readonly due: boolean
  readonly rhythm: Rhythm
}

/** Looks at a rhythm: at `runMs` of the monotonic clock, and `nowMs` since 1970 UTC by the station's. */
export function look(rhythm: Rhythm, runMs: number, nowMs: number): Look {
  const { everyMs, zone, seenMs } = rhythm
  if (zone === null) {
    if (runMs < rhythm.dueMs) return { due: false, rhythm }
    const missed = Math.floor((runMs - rhythm.dueMs) / everyMs) + 1
    return { due: true, rhythm: { ...rhythm, dueMs: rhythm.dueMs + missed * everyMs } }
  }
  const isSetBack = nowMs < seenMs
  const dueMs = isSetBack ? dueAfterSetBack(rhythm, zone, nowMs) : rhythm.dueMs
  if (nowMs < dueMs) return { due: false, rhythm: isSetBack ? { ...rhythm, dueMs, seenMs: nowMs } : rhythm }
  const following = next(zone, nowMs, everyMs)
  const behindMs = isShownAgain(zone, dueMs, following, everyMs) ? next(zone, following, everyMs) : following
  return { due: true, rhythm: { ...rhythm, seenMs: nowMs, doneMs: nowMs, dueMs: behindMs, behindMs } }
}

/** When it is due where somebody has set the clock back: what comes anew is done, but for what was done shortly before. */
function dueAfterSetBack({ everyMs, doneMs, behindMs }: Rhythm, zone: Zone, nowMs: number): number {
  const anewMs = next(zone, nowMs, everyMs)
  return anewMs <= doneMs && doneMs - nowMs < everyMs / 2 ? behindMs : anewMs
}

/** Whether clocks that are set back at the end of summer time show the same again: what is due then was done already. */
function isShownAgain(zone: Zone, firstMs: number, secondMs: number, everyMs: number): boolean {
  const apartMs = secondMs - firstMs
  if (apartMs >= everyMs) return false
  return apartMs === zone.spanAt(firstMs).offsetMs - zone.spanAt(secondMs).offsetMs
}

/** The next instant behind `fromMs` at which clocks show a multiple of the period, or pass over one. */
function next(zone: Zone, fromMs: number, everyMs: number): number {
  let atMs = fromMs
  let { offsetMs, untilMs } = zone.spanAt(atMs)
  for (;;) {
    const nextMs = atMs + everyMs - modulo(atMs + offsetMs, everyMs)
    if (nextMs < untilMs) return nextMs
    const span = zone.spanAt(untilMs)
    const shownMs = untilMs + span.offsetMs
    const passed = Math.floor(shownMs / everyMs) > Math.floor((untilMs + offsetMs - 1) / everyMs)
    if (passed || modulo(shownMs, everyMs) === 0) return untilMs
    atMs = untilMs
    offsetMs = span.offsetMs
    untilMs = span.untilMs
  }
}

const modulo = (value: number, divisor: number): number => value - Math.floor(value / divisor) * divisor
