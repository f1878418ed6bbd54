// What a session may read and never changes: parameters, profile, limits, the image and the logs.
import type { Parameters } from "../apci/Parameters.ts"
import type { EventLog } from "../delivery/EventLog.ts"
import type { Limits } from "../Limits.ts"
import type { Profile } from "../Profile.ts"
import type { Image } from "../process/Image.ts"

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
  /** Whether events that wait together share an ASDU. */
  readonly packEvents: boolean
}
