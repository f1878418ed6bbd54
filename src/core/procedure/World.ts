// What a session may read and never changes: parameters, profile, limits, the image and the logs.

import type { Image, PointRef } from "../image/Image.ts"
import type { Initialisations } from "../image/Initialised.ts"
import type { Numbered } from "../image/Numbered.ts"
import type { Limits } from "../Limits.ts"
import type { Parameters } from "../link/Parameters.ts"
import type { EventLog } from "../log/EventLog.ts"
import type { Profile } from "../Profile.ts"

/** Who has selected a command point, and until when (ms of the event clock). It holds for the point that was there then. */
export interface Held extends PointRef {
  readonly session: number
  readonly originator: number
  readonly untilMs: number
}

/**
 * The surroundings of a session during one reduction. Image octets and log records in [trim, end) are read through:
 * they are inputs of the reduction although they are not arguments.
 */
export interface World {
  readonly link: Parameters
  readonly profile: Profile
  readonly limits: Limits
  readonly image: Image
  /** One log for each priority class, highest first. */
  readonly logs: readonly EventLog[]
  /** How many freezes and resets of counters were carried out; counted by the shell, and read through like the image. */
  readonly freezes: { count: number }
  /** The stations that were initialised. */
  readonly initialised: Initialisations
  /** Selections of all sessions, by address and type: what the notices `selected` and `released` have made of it. */
  readonly selections: Numbered<Held>
  /** Time in ms within which an execute must follow the confirmation of its select. */
  readonly selectMs: number
  /** Largest age in ms of a time-tagged command, in either direction; 0 = not judged. */
  readonly commandAgeMs: number
  /** Whether there is a file store; without one types 120..127 are unknown (44). */
  readonly files: boolean
  /** Whether a reset of the process was accepted and not carried out yet: requests are refused. */
  readonly resetting: boolean
  /** Whether the application has said that the server stops: requests are refused until every connection has ended. */
  readonly stopping: boolean
  /** Whether every received frame is told as a notice. */
  readonly trace: boolean
  /** Whether events that wait together share an ASDU. */
  readonly packEvents: boolean
}

/** Why requests are refused whatever they ask for, or null. */
export const refusing = ({
  stopping,
  resetting
}: Pick<World, "stopping" | "resetting">): "stopping" | "resetting" | null =>
  stopping ? "stopping" : resetting ? "resetting" : null
