// Binary times CP16/CP24/CP56Time2a (IEC 60870-5-101 7.2.6.18-20) and the civil calendar behind them.
// A CP56Time2a is two words: `low` holds octets 1..4 (milliseconds, minute, hour), `high` octets 5..7 (the date).
import * as Bits from "./Bits.ts"

/** IV in `low`: the tag is invalid, the clock is not synchronised. */
export const INVALID = 0x0080_0000
/** GEN (RES1) in `low`: the time was not taken at the source. */
export const SUBSTITUTED = 0x0040_0000
/** SU in `low`: summer time. It is the sign bit, so `low < 0` tests it. */
export const SUMMER_TIME: number = 0x8000_0000 | 0
/** Day of week in `high`: 1 = Monday .. 7 = Sunday, 0 = not used; shifted by DAY_OF_WEEK_SHIFT. */
export const DAY_OF_WEEK_MASK = 0xe0
export const DAY_OF_WEEK_SHIFT = 5

/** The first and the last millisecond that a time tag can say: 2000-01-01 00:00 and 2099-12-31 23:59:59.999. */
export const FIRST_MS = 946_684_800_000
export const LAST_MS = 4_102_444_799_999

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** The fields of a CP56Time2a as data. `ms` 0..59999 includes the seconds, `year` 0..99 counts from 2000. */
export interface Cp56Fields {
  readonly fmt: "CP56Time2a"
  readonly ms: number
  readonly min: number
  readonly gen: boolean
  readonly iv: boolean
  readonly hour: number
  readonly su: boolean
  readonly dom: number
  readonly dow: number
  readonly month: number
  readonly year: number
}

/** CP16Time2a: 0..65535 on the wire, 0..59999 legal. */
export const cp16: readonly Bits.Field[] = [Bits.constant("fmt", "CP16Time2a"), Bits.unsigned("ms", 1, 16)]

const withinHour: readonly Bits.Field[] = [
  Bits.unsigned("ms", 1, 16),
  Bits.unsigned("min", 17, 22),
  Bits.flag("gen", 23),
  Bits.flag("iv", 24)
]

/** CP24Time2a: the time within the hour. */
export const cp24: readonly Bits.Field[] = [Bits.constant("fmt", "CP24Time2a"), ...withinHour]

/** CP56Time2a: time and date. */
export const cp56: readonly Bits.Field[] = [
  Bits.constant("fmt", "CP56Time2a"),
  ...withinHour,
  Bits.unsigned("hour", 25, 29),
  Bits.flag("su", 32),
  Bits.unsigned("dom", 33, 37),
  Bits.unsigned("dow", 38, 40),
  Bits.unsigned("month", 41, 44),
  Bits.unsigned("year", 49, 55)
]

/** Octets 1..4 of the time tag for an instant in milliseconds since 1970-01-01 00:00, as int32; all flags 0. */
export const cp56Low = (epochMs: number): number => {
  const ofDay = Math.floor(epochMs - Math.floor(epochMs / DAY_MS) * DAY_MS)
  const minutes = (ofDay / MINUTE_MS) | 0
  const hour = (minutes / 60) | 0
  return (ofDay - minutes * MINUTE_MS) | ((minutes - hour * 60) << 16) | (hour << 24)
}

/** Octets 5..7 of the time tag for the same instant; `dow` 1..7 or 0 = not used. The year is taken modulo 100. */
export const cp56High = (epochMs: number, dow = 0): number => {
  // Days are counted in 400-year eras of years that begin on 1 March, so the leap day is the last of its year.
  const days = Math.floor(epochMs / DAY_MS) + 719_468
  const era = Math.floor(days / 146_097)
  const ofEra = days - era * 146_097
  const yearOfEra = ((ofEra - ((ofEra / 1460) | 0) + ((ofEra / 36_524) | 0) - ((ofEra / 146_096) | 0)) / 365) | 0
  const ofYear = ofEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0))
  const marchMonth = ((5 * ofYear + 2) / 153) | 0
  const dom = ofYear - (((153 * marchMonth + 2) / 5) | 0) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  const year = (yearOfEra + (month <= 2 ? 1 : 0)) % 100
  return dom | (dow << DAY_OF_WEEK_SHIFT) | (month << 8) | (year << 16)
}

/** Day of week of an instant, 1 = Monday .. 7 = Sunday. */
export const dayOfWeek = (epochMs: number): number => {
  const sinceMonday = (Math.floor(epochMs / DAY_MS) + 3) % 7
  return (sinceMonday < 0 ? sinceMonday + 7 : sinceMonday) + 1
}

const monthDays = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const daysInMonth = (year: number, month: number): number =>
  // Within 2000..2099 every fourth year is a leap year; months 0 and 13..15 have no day.
  month === 2 && year % 4 === 0 ? 29 : (monthDays[month] ?? 0)

const isPossible = (low: number, high: number): boolean => {
  const year = (high >>> 16) & 0x7f
  const dom = high & 0x1f
  return (
    (low & 0xffff) < MINUTE_MS &&
    ((low >>> 16) & 0x3f) < 60 &&
    ((low >>> 24) & 0x1f) < 24 &&
    year < 100 &&
    dom >= 1 &&
    dom <= daysInMonth(year, (high >>> 8) & 0x0f)
  )
}

/**
 * What a received time tag is worth: "impossible" when milliseconds, minute, hour, day, month or year lie outside the
 * calendar, whatever IV says; else "invalid-flag" when IV is set, else "ok". The day of week is not checked.
 */
export const validateCp56 = (low: number, high: number): "ok" | "invalid-flag" | "impossible" => {
  if (!isPossible(low, high)) return "impossible"
  return (low & INVALID) === 0 ? "ok" : "invalid-flag"
}

/**
 * The instant of a time tag in milliseconds since 1970-01-01 00:00 of the tag's own zone, years read as 2000..2099;
 * NaN when a field is impossible. The flags IV, GEN and SU are the caller's business.
 */
export const cp56ToEpochMs = (low: number, high: number): number => {
  if (!isPossible(low, high)) return Number.NaN
  const month = (high >>> 8) & 0x0f
  const year = ((high >>> 16) & 0x7f) + 2000 - (month <= 2 ? 1 : 0)
  const ofYear = (((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0) + (high & 0x1f) - 1
  // The eras of cp56High again; 1999..2099 lies in eras 4 (years 1600..1999) and 5.
  const era = (year / 400) | 0
  const ofEra = year - era * 400
  const days = era * 146_097 + ofEra * 365 + (ofEra >> 2) - ((ofEra / 100) | 0) + ofYear - 719_468
  const minutes = ((low >>> 24) & 0x1f) * 60 + ((low >>> 16) & 0x3f)
  return days * DAY_MS + minutes * MINUTE_MS + (low & 0xffff)
}

/** The two words as fields. */
export const cp56ToFields = (low: number, high: number): Cp56Fields => {
  const fields: Bits.Target = {}
  Bits.unpack(cp56, low, high, fields)
  // The layout `cp56` above has exactly the keys and kinds of Cp56Fields.
  return fields as unknown as Cp56Fields
}

/** The fields as two words; fields out of range are added to `complaints`. */
export const cp56FromFields = (
  fields: Partial<Cp56Fields>,
  complaints: string[]
): { readonly low: number; readonly high: number } => Bits.pack(cp56, { ...fields }, complaints)
