// Time zones of time tags: what local time is ahead of UTC, and whether it is summer time (SU), by the IANA database
// of the runtime. Offsets change on quarter hours, so one look-up serves a quarter of an hour.
import type { Zone } from "../core/process/Block.ts"
import * as Image from "../core/process/Image.ts"
import { InvalidArgument } from "./Errors.ts"

const QUARTER_MS = 900_000
const HALF_YEAR_MS = 15_778_800_000

/** A zone by its IANA name. */
export class NamedZone implements Zone {
  offsetMs = 0
  summer = false
  untilMs = Number.NEGATIVE_INFINITY
  readonly name: string
  private readonly format: Intl.DateTimeFormat

  /** Throws {@link InvalidArgument} for a name that the runtime does not know. */
  constructor(name: string) {
    this.name = name
    try {
      this.format = new Intl.DateTimeFormat("en-US", {
        timeZone: name,
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric"
      })
    } catch {
      throw new InvalidArgument({
        what: "timeZone",
        expected: 'an IANA time zone such as "Europe/Berlin"',
        value: name
      })
    }
  }

  /** What local time is ahead of UTC at an instant. */
  offsetAt(epochMs: number): number {
    const whole = Math.floor(epochMs / 1000) * 1000
    const part: Record<string, number> = {}
    for (const { type, value } of this.format.formatToParts(whole)) part[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole
  }

  /** Standard time's offset: the smaller of this half of the year's and the other's. */
  standardAt(epochMs: number): number {
    return Math.min(
      this.offsetAt(epochMs),
      this.offsetAt(epochMs + HALF_YEAR_MS),
      this.offsetAt(epochMs - HALF_YEAR_MS)
    )
  }

  /** Makes offset and flag those of an instant. */
  renew(epochMs: number): void {
    this.offsetMs = this.offsetAt(epochMs)
    this.summer = this.offsetMs > this.standardAt(epochMs)
    this.untilMs = (Math.floor(epochMs / QUARTER_MS) + 1) * QUARTER_MS
  }

  /** The instant of a local time; `summer` (SU) tells which one where the hour is repeated. */
  toUtc(localMs: number, summer: boolean): number {
    const standard = this.standardAt(localMs)
    const first = localMs - standard
    if (!summer) return first
    const shifted = localMs - this.offsetAt(localMs - standard - 1)
    return this.offsetAt(shifted) > standard ? shifted : first
  }
}

/** The zone of a name; null and "UTC" are coordinated universal time. */
export const make = (name: string | null): Zone => (name === null || name === "UTC" ? Image.utc() : new NamedZone(name))

/** Makes a zone's offset that of an instant. */
export function settle(zone: Zone, epochMs: number): void {
  if (epochMs < zone.untilMs && epochMs >= zone.untilMs - QUARTER_MS) return
  if (zone instanceof NamedZone) zone.renew(epochMs)
}

/** The instant of a station's local time. */
export const toUtc = (zone: Zone, localMs: number, summer: boolean): number =>
  zone instanceof NamedZone ? zone.toUtc(localMs, summer) : localMs
