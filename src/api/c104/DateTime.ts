// An instant as CP56Time2a carries it (60870-5-4 6.8): milliseconds, and what the sender says about its clock.
import * as Time from "../../core/asdu/Time.ts"

export class DateTime {
  /** Milliseconds since 1970 UTC. */
  readonly epochMs: number
  /** IV: the sender's clock is not synchronised. */
  readonly invalid: boolean
  /** SU: summer time. */
  readonly summerTime: boolean
  /** GEN (RES1): the time was not taken at the source. */
  readonly substituted: boolean

  constructor(options: { epochMs: number; invalid?: boolean; summerTime?: boolean; substituted?: boolean }) {
    this.epochMs = options.epochMs
    this.invalid = options.invalid ?? false
    this.summerTime = options.summerTime ?? false
    this.substituted = options.substituted ?? false
  }

  /** The instant as a `Date`. */
  toDate(): Date {
    return new Date(this.epochMs)
  }

  toString(): string {
    const flags = [this.invalid ? "IV" : "", this.summerTime ? "SU" : "", this.substituted ? "GEN" : ""]
    return [new Date(this.epochMs).toISOString(), ...flags.filter((flag) => flag !== "")].join(" ")
  }
}

/** The instant of two CP56Time2a words. */
export const fromWords = (low: number, high: number): DateTime =>
  new DateTime({
    epochMs: Time.cp56ToEpochMs(low, high),
    invalid: (low & Time.INVALID) !== 0,
    summerTime: (low & Time.SUMMER_TIME) !== 0,
    substituted: (low & Time.SUBSTITUTED) !== 0
  })
