// The clock that tags events, as a value: this machine's, or the one that clients set (60870-5-5 6.7). Once clients have set it,
// it runs on the monotonic clock: who sets the machine's does not move it. It never touches the timers of the protocol.

import { INVALID } from "../wire/Time.ts"

export interface TagClock {
  /** Whether clients set it. */
  readonly byClients: boolean
  /** How long what they set is valid, in ms; 0 = for ever. */
  readonly validMs: number
  /** What it is ahead of the monotonic clock; null until a client has set it: then it is this machine's. */
  readonly aheadMs: number | null
  /** Until when it is valid, by the monotonic clock. */
  readonly untilMs: number
  /** How often clients have said what time it is, and by which of these times it was set. */
  readonly told: number
  readonly setBy: number
}

export const make = (byClients: boolean, validMs: number): TagClock => ({
  byClients,
  validMs,
  aheadMs: null,
  untilMs: byClients ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
  told: 0,
  setBy: 0
})

/** Whether time tags are valid: always with this machine's clock, with the clients' as long as what they set is. */
export const isValid = ({ untilMs }: TagClock, monotonicMs: number): boolean => monotonicMs < untilMs

/** IV for the first word of a time tag while the clock is not synchronised, else 0. */
export const flags = (clock: TagClock, monotonicMs: number): number => (isValid(clock, monotonicMs) ? 0 : INVALID)

/** What it says, in ms since 1970 UTC: by what clients set, or by this machine until they did. */
export const readMs = ({ aheadMs }: TagClock, monotonicMs: number, wallMs: number): number =>
  aheadMs === null ? wallMs : monotonicMs + aheadMs

/** A client says what time it is; the number of what it says is `told`. */
export const tell = (clock: TagClock): TagClock => ({ ...clock, told: clock.told + 1 })

/**
 * What a client has said sets the clock, however late that is decided, unless something that came later has set it meanwhile:
 * ms since 1970 UTC, in a frame that came at `arrivedMs` of the monotonic clock.
 */
export function set(clock: TagClock, number: number, utcMs: number, arrivedMs: number): TagClock {
  const { byClients, validMs, setBy } = clock
  if (!byClients || number < setBy) return clock
  const untilMs = validMs === 0 ? Number.POSITIVE_INFINITY : arrivedMs + validMs
  return { ...clock, setBy: number, aheadMs: utcMs - arrivedMs, untilMs }
}
