// Time tags: what an instant is in a zone, as the seven octets of CP56Time2a say it. A zone keeps the tag that it made last, since
// many events share a millisecond.

import * as Time from "../wire/Time.ts"
import type { Block, Zone } from "./Block.ts"

/**
 * Makes a zone's offset and its tag those of an instant. A time that a tag cannot say is the nearest one that it can, and
 * invalid: then the result is true.
 */
export function turn(zone: Zone, epochMs: number): boolean {
  zone.settle(epochMs)
  const localMs = epochMs + zone.offsetMs
  const known = localMs >= Time.FIRST_MS && localMs <= Time.LAST_MS
  // One that was bounded is not remembered, so that each is counted.
  zone.taggedMs = known ? epochMs : Number.NaN
  const shownMs = known ? localMs : bounded(localMs)
  zone.tagLow = Time.cp56Low(shownMs) | (zone.summer ? Time.SUMMER_TIME : 0) | (known ? 0 : Time.INVALID)
  zone.tagHigh = Time.cp56High(shownMs)
  return !known
}

const bounded = (localMs: number): number => (localMs < Time.FIRST_MS ? Time.FIRST_MS : Time.LAST_MS)

/** Makes the tag of a zone that of an instant, unless it is; true where the tag cannot say it. */
export const show = (zone: Zone, epochMs: number): boolean => epochMs !== zone.taggedMs && turn(zone, epochMs)

/** Puts the tag that a zone shows on a point that has one, with flags beside those that the time has by itself. */
export function put({ time, zone }: Block, slot: number, flags: number): void {
  if (time === null) return
  time[slot * 2] = zone.tagLow | flags
  time[slot * 2 + 1] = zone.tagHigh
}
