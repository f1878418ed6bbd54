// What follows from the application's answer to a request that is none of a point: the clock is set, counters are frozen, the
// process is reset.

import * as Image from "../image/Image.ts"
import type { Decision } from "../procedure/Notice.ts"
import * as Outcome from "../procedure/Outcome.ts"
import type { World } from "../procedure/World.ts"
import type { FreezeRequested } from "../read/ReadNotice.ts"
import type { ClockRequested, ResetRequested } from "../system/SystemNotice.ts"
import * as TagClock from "../system/TagClock.ts"
import type { Exchange } from "./Exchange.ts"
import type { Station } from "./Station.ts"

/** A client says what time it is, and that is being decided. */
export interface Synchronising {
  readonly id: number
  /** What it says, in ms since 1970 UTC, when it came by the monotonic clock, and its number among what clients say. */
  readonly timeMs: number
  readonly arrivedMs: number
  readonly told: number
  /** The station's own time as it was asked, with its flags: it is what confirms. */
  readonly timeLow: number
  readonly timeHigh: number
}

/** A clock synchronisation is about to be decided, at a time of time tags with its flags; null where its stations are gone. */
export function clock(
  station: Station,
  { state }: Exchange,
  { id, timeLow, timeHigh, stations }: ClockRequested,
  nowMs: number,
  flags: number
): Synchronising | null {
  const { image, profile } = station.world
  const first = Image.firstPresent(image, stations)
  if (first === undefined) return null
  const own = station.timeTag(first.zone, nowMs)
  const timeMs = Image.instant(first, profile, timeLow, timeHigh)
  station.tagClock = TagClock.tell(station.tagClock)
  const { told } = station.tagClock
  return { id, timeMs, arrivedMs: state.link.receivedAtMs, told, timeLow: own.low | flags, timeHigh: own.high }
}

/** It is decided: the clock is set by what was accepted, unless something that came later has set it meanwhile. */
export function synchronise(station: Station, asked: Synchronising, outcome: Outcome.Outcome): Decision {
  const { id, timeMs, arrivedMs, told, timeLow, timeHigh } = asked
  if (outcome === "success") station.tagClock = TagClock.set(station.tagClock, told, timeMs, arrivedMs)
  return { ...Outcome.confirm(id, outcome), timeLow, timeHigh }
}

/** What confirms that counters were frozen or reset. */
export const frozen = ({ profile }: World, { id }: FreezeRequested): Decision => ({
  ...Outcome.confirm(id, "success"),
  terminate: profile.freezeTermination
})

/** QRP: general reset of the process. */
const RESET_PROCESS = 1

/** Whether the process is reset by this answer. */
export const resets = ({ qualifier }: ResetRequested, outcome: Outcome.Outcome): boolean =>
  outcome === "success" && qualifier === RESET_PROCESS
