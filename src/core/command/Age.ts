// Whether the time tag of a command allows to obey it: judged as it is read, and again by whoever takes it up later.

import * as Image from "../image/Image.ts"
import type { Situation } from "../procedure/Rejection.ts"
import type { World } from "../procedure/World.ts"
import * as Time from "../wire/Time.ts"
import * as TypeTable from "../wire/TypeTable.ts"

/** No clock is further from UTC than this. */
const ZONES_MS = 86_400_000

/**
 * Why a command of a type to a station must not be obeyed at `wallMs` (ms since 1970 UTC; NaN: nobody knows the time), or null: its
 * tag is no time, or where the server judges it, none of now.
 */
export function judge(
  { commandAgeMs, profile }: World,
  station: Image.Station,
  type: number,
  timeLow: number,
  timeHigh: number,
  wallMs: number
): Situation | null {
  if (TypeTable.byId[type]?.time !== "cp56") return null
  const worth = Time.validateCp56(timeLow, timeHigh)
  if (worth === "impossible" && profile.impossibleCommandTime === "refuse") return "impossibleTime"
  if (commandAgeMs === 0) return null
  // What is out of reach in any zone is not looked up: a client may name all years there are.
  const isNear = Math.abs(wallMs - Time.cp56ToEpochMs(timeLow, timeHigh)) <= commandAgeMs + ZONES_MS
  const ageMs = isNear ? wallMs - Image.instant(station, profile, timeLow, timeHigh) : Number.NaN
  if (worth === "ok" && Math.abs(ageMs) <= commandAgeMs) return null
  return profile.outdatedCommand === "refuse" ? "outdated" : "outdatedSilently"
}
