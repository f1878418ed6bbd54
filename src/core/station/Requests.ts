// What becomes of a request when the application is about to be asked for it: a callback before it may have ended its session or
// all sessions, have stood still or said something that has to be told first.

import * as Age from "../command/Age.ts"
import * as Output from "../command/Output.ts"
import * as Flags from "../image/Flags.ts"
import * as Image from "../image/Image.ts"
import type { Situation } from "../procedure/Rejection.ts"
import * as World from "../procedure/World.ts"
import type { Requested } from "../session/Notice.ts"

/** What is known of time and session by whoever has read a request. */
export interface Reading {
  /** Whether this process stood still since it was read. */
  readonly stoodStill: boolean
  /** The time by which the age of commands is judged; NaN while nobody knows it. */
  readonly judgingMs: () => number
}

/**
 * Why a request cannot be begun any more that could when it was read, or null: it may be too old when the application is asked
 * for it, or its point may have to be selected by now, as a handler before it has said. So any cut of the octets is the same.
 */
export function outdated(reading: Reading, world: World.World, request: Requested): Situation | null {
  // Nobody begins anything by having it stopped.
  if (request.kind === "abandon") return null
  if (reading.stoodStill) return "stale"
  if (request.kind === "command" && !request.selected && Flags.needsSelect(request.block, request.slot))
    if (Image.lives(request)) return "notSelected"
  if (world.commandAgeMs === 0 || !(request.kind === "command" || request.kind === "select")) return null
  const station = Image.station(world.image, request.ca)
  // Whoever takes it up finds out that its station is gone.
  if (station === undefined) return null
  return Age.judge(world, station, request.type, request.timeLow, request.timeHigh, reading.judgingMs())
}

/**
 * Where nobody `awaits` it any more: `nobody`. It is refused where its session is `leaving` or all of them end; it cannot be begun any more; or the
 * application is asked.
 */
export function judge(
  reading: Reading,
  world: World.World,
  request: Requested,
  awaits: boolean,
  leaving: boolean
): "nobody" | "refuse" | "ask" | Situation {
  if (!awaits) return "nobody"
  if (leaving || World.refusing(world) !== null) return "refuse"
  return outdated(reading, world, request) ?? "ask"
}

/**
 * What becomes of a command at its output: something is to be told `before` it is begun, since a command to the same point has
 * published; nobody `decides` it, or it is not its turn.
 */
export function arrive(
  { profile, limits }: World.World,
  output: Output.Output<unknown>,
  tellsBefore: boolean,
  decides: boolean
): "before" | Output.Verdict {
  if (tellsBefore) return "before"
  if (!decides) return "refuse"
  return Output.judge(output, profile.commandWaitMs === 0 ? 0 : limits.commandsPerPoint)
}
