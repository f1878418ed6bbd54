// Time zones of time tags: what local time is ahead of UTC, and whether it is summer time (SU), by the IANA database
// of the runtime. Offsets change on quarter hours, so one look-up serves a quarter of an hour.
import * as Time from "../core/asdu/Time.ts"
import type { Zone } from "../core/process/Block.ts"
import * as Image from "../core/process/Image.ts"
import { InvalidArgument } from "./Errors.ts"

const QUARTER_MS = 900_000

/** A zone by its IANA name. */
export class NamedZone implements Zone {
  offsetMs = 0
  summer = false
  taggedMs = Number.NaN
  tagLow = 0
  tagHigh = 0
  readonly name: string
  /** When offset and flag have to be asked for again, in ms since 1970 UTC. */
  private untilMs = Number.NEGATIVE_INFINITY
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

  /** Offsets of standard time and of summer time in the year of an instant; the same where there is no summer time. */
  private seasons(epochMs: number): { readonly standard: number; readonly summer: number } {
    const year = new Date(epochMs).getUTCFullYear()
    const [january, july] = [this.offsetAt(Date.UTC(year, 0, 1)), this.offsetAt(Date.UTC(year, 6, 1))]
    return { standard: Math.min(january, july), summer: Math.max(january, july) }
  }

  /** Whether summer time is in force. */
  isSummerAt(epochMs: number): boolean {
    return this.offsetAt(epochMs) > this.seasons(epochMs).standard
  }

  /** Makes offset and flag those of an instant. */
  settle(epochMs: number): void {
    if (epochMs < this.untilMs && epochMs >= this.untilMs - QUARTER_MS) return
    this.offsetMs = this.offsetAt(epochMs)
    this.summer = this.isSummerAt(epochMs)
    this.untilMs = (Math.floor(epochMs / QUARTER_MS) + 1) * QUARTER_MS
  }

  /**
   * The instant of a local time. Where the hour is repeated, `summer` (SU) tells which one; elsewhere the zone knows
   * better than a sender that does not set it.
   */
  toUtc(localMs: number, summer: boolean): number {
    const seasons = this.seasons(localMs)
    const [first, second] = [localMs - seasons.summer, localMs - seasons.standard]
    const inSummer = this.offsetAt(first) === seasons.summer
    const inStandard = this.offsetAt(second) === seasons.standard
    return inSummer && (summer || !inStandard) ? first : second
  }
}

/** The zone of a name; null and "UTC" are coordinated universal time. */
export const make = (name: string | null): Zone => (name === null || name === "UTC" ? Image.utc() : new NamedZone(name))

/** Makes a zone's offset that of an instant. */
export function settle(zone: Zone, epochMs: number): void {
  if (zone instanceof NamedZone) zone.settle(epochMs)
}

/** Makes a zone's offset and its tag those of an instant. */
export function turn(zone: Zone, epochMs: number): void {
  settle(zone, epochMs)
  const localMs = epochMs + zone.offsetMs
  zone.taggedMs = epochMs
  zone.tagLow = Time.cp56Low(localMs) | (zone.summer ? Time.SUMMER_TIME : 0)
  zone.tagHigh = Time.cp56High(localMs)
}

/** The CP56Time2a words of an instant in a zone, SU included. */
export function words(zone: Zone, epochMs: number): { readonly low: number; readonly high: number } {
  const named = zone instanceof NamedZone ? zone : null
  const localMs = epochMs + (named?.offsetAt(epochMs) ?? 0)
  const summer = named?.isSummerAt(epochMs) === true ? Time.SUMMER_TIME : 0
  return { low: Time.cp56Low(localMs) | summer, high: Time.cp56High(localMs) }
}

/** The instant of a station's local time. */
export const toUtc = (zone: Zone, localMs: number, summer: boolean): number =>
  zone instanceof NamedZone ? zone.toUtc(localMs, summer) : localMs
