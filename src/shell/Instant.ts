// Instants as people and programs write them: ISO 8601 with a zone. Everything else is refused, since a time without zone
// means something else on every machine, and a day that does not exist is somebody's mistake.

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d)(?::?(\d\d))?)$/

/** What a message says about the way to write an instant. */
export const expected = "ISO 8601 with a zone, such as 2026-01-01T12:00:00Z or 2026-01-01T13:00:00.250+01:00"

/** Milliseconds since 1970 UTC, fractions of them cut; NaN for what is no instant. */
export function toEpochMs(written: string): number {
  const found = FORM.exec(written)
  if (found === null) return Number.NaN
  const [, year, month, day, hour, minute, second = "00", fraction = "", sign, aheadHours = "0", aheadMinutes = "0"] =
    found
  const civil = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const wholeMs = Date.parse(`${civil}Z`)
  // A day or an hour that does not exist is read as another one, or as none.
  if (Number.isNaN(wholeMs) || !new Date(wholeMs).toISOString().startsWith(civil)) return Number.NaN
  if (Number(aheadHours) > 23 || Number(aheadMinutes) > 59) return Number.NaN
  const aheadMs = (Number(aheadHours) * 60 + Number(aheadMinutes)) * 60_000
  return wholeMs + Number(fraction.padEnd(3, "0").slice(0, 3)) - (sign === "-" ? -aheadMs : aheadMs)
}
