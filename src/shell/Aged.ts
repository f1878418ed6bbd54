// What is as new as it has to be when it is read may be older when the application is asked for it: a callback before it stood
// still. It is judged once more then, so that it does not matter how the octets were cut.
import * as Age from "../core/command/Age.ts"
import * as Image from "../core/image/Image.ts"
import type { Situation } from "../core/procedure/Rejection.ts"
import type { World } from "../core/procedure/World.ts"
import type { Requested } from "../core/session/Notice.ts"

/** What is known of the time by whoever has read a request. */
interface Reading {
  /** Whether this process stood still since it was read. */
  readonly stoodStill: boolean
  /** The time by which the age of commands is judged; NaN while nobody knows it. */
  readonly judgingMs: () => number
}

/** Why a request has become too old, or null. */
export function judge(reading: Reading, world: World, notice: Requested): Situation | null {
  // Nobody begins anything by having it stopped.
  if (notice.kind === "abandon") return null
  if (reading.stoodStill) return "stale"
  if (world.commandAgeMs === 0 || !(notice.kind === "command" || notice.kind === "select")) return null
  const station = Image.station(world.image, notice.ca)
  // Whoever takes it up finds out that its station is gone.
  if (station === undefined) return null
  return Age.judge(world, station, notice.type, notice.timeLow, notice.timeHigh, reading.judgingMs())
}
