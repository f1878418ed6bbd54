// An instant as CP56Time2a carries it (60870-5-4 6.8): milliseconds, and what the sender says about its clock.
import * as Time from "../../core/wire/Time.ts"
import * as Check from "../../shell/Check.ts"
import { InvalidArgument } from "../../shell/Errors.ts"

/** An instant, and its flags, false where they are left out. */
interface DateTimeOptions {
  epochMs: number
  invalid?: boolean
  summerTime?: boolean
  substituted?: boolean
}

const NAMES = Check.namesOf<DateTimeOptions>({ epochMs: true, invalid: true, summerTime: true, substituted: true })

export class DateTime {
  /** Milliseconds since 1970 UTC; NaN when a received time tag names no instant. */
  readonly epochMs: number
  /** IV: the sender's clock is not synchronised. */
  readonly invalid: boolean
  /** SU: summer time, of a time that was received. A time that is sent has that of its station and instant. */
  readonly summerTime: boolean
  /** GEN (RES1): the time was not taken at the source. */
  readonly substituted: boolean

  /** Throws `InvalidArgument` for what does not exist, and for what is no number of milliseconds or no flag. */
  constructor(options: DateTimeOptions) {
    Check.options("DateTime", options, NAMES)
    this.epochMs = options.epochMs
    this.invalid = options.invalid ?? false
    this.summerTime = options.summerTime ?? false
    this.substituted = options.substituted ?? false
    if (typeof this.epochMs !== "number")
      throw new InvalidArgument({ what: "epochMs", expected: "a number of milliseconds", value: this.epochMs })
    Check.flag("invalid", this.invalid)
    Check.flag("summerTime", this.summerTime)
    Check.flag("substituted", this.substituted)
  }

  /** The instant of a `Date`, without flags; a `DateTime` as it is. Throws `InvalidArgument` for anything else. */
  static from(instant: DateTime | Date, what = "time"): DateTime {
    if (instant instanceof DateTime) return instant
    if (instant instanceof Date && !Number.isNaN(instant.getTime())) return new DateTime({ epochMs: instant.getTime() })
    throw new InvalidArgument({ what, expected: "a valid Date or DateTime", value: instant })
  }

  /** The present instant of this machine's clock. */
  static now(): DateTime {
    return new DateTime({ epochMs: Date.now() })
  }

  /** The instant as a `Date`. */
  toDate(): Date {
    return new Date(this.epochMs)
  }

  /** Milliseconds since 1970 UTC, so that instants can be compared by < and >. */
  valueOf(): number {
    return this.epochMs
  }

  /** Whether instant and flags are the same. */
  equals(other: DateTime): boolean {
    return Object.is(this.epochMs, other.epochMs) && flagBits(this) === flagBits(other)
  }

  /** ISO 8601 in UTC, then the flags that are set. */
  toString(): string {
    const flags = [this.invalid ? "IV" : "", this.summerTime ? "SU" : "", this.substituted ? "GEN" : ""]
    const date = this.toDate()
    const instant = Number.isNaN(date.getTime()) ? "impossible time" : date.toISOString()
    return [instant, ...flags.filter((flag) => flag !== "")].join(" ")
  }
}

/** The flags of an instant as bits of the first CP56Time2a word. */
export const flagBits = ({ invalid, summerTime, substituted }: DateTime): number =>
  (invalid ? Time.INVALID : 0) | (summerTime ? Time.SUMMER_TIME : 0) | (substituted ? Time.SUBSTITUTED : 0)

/** The instant of two CP56Time2a words that are in UTC. */
export const fromWords = (low: number, high: number): DateTime =>
  new DateTime({
    epochMs: Time.cp56ToEpochMs(low, high),
    invalid: (low & Time.INVALID) !== 0,
    summerTime: (low & Time.SUMMER_TIME) !== 0,
    substituted: (low & Time.SUBSTITUTED) !== 0
  })

/** The two CP56Time2a words of an instant, with its flags, `offsetMs` ahead of UTC. The year is taken modulo 100. */
export const toWords = (time: DateTime, offsetMs = 0): { readonly low: number; readonly high: number } => ({
  low: Time.cp56Low(time.epochMs + offsetMs) | flagBits(time),
  high: Time.cp56High(time.epochMs + offsetMs)
})
