// Binary times against the platform's calendar, for every day of 2000..2099 and every impossible field.
import { describe, expect, it } from "vitest"
import * as Time from "../../../src/core/wire/Time.ts"

const DAY_MS = 86_400_000
const begin = Date.UTC(2000, 0, 1)
const end = Date.UTC(2100, 0, 1)

const wordsOf = (at: Partial<Time.Cp56Fields>): { readonly low: number; readonly high: number } => {
  const complaints: string[] = []
  const words = Time.cp56FromFields({ dom: 27, month: 9, year: 24, ...at }, complaints)
  expect(complaints).toEqual([])
  return words
}

describe("CP56Time2a of an instant", () => {
  it("agrees with Date on every day of 2000..2099, at ever other times of day", () => {
    let days = 0
    for (let day = begin; day < end; day += DAY_MS) {
      const at = day + ((days * 7_919_111) % DAY_MS)
      days += 1
      const date = new Date(at)
      const dow = date.getUTCDay() === 0 ? 7 : date.getUTCDay()
      const low = Time.cp56Low(at)
      const high = Time.cp56High(at, dow)
      const ms = date.getUTCSeconds() * 1000 + date.getUTCMilliseconds()
      const expectedLow = ms | (date.getUTCMinutes() << 16) | (date.getUTCHours() << 24)
      const expectedHigh =
        date.getUTCDate() | (dow << 5) | ((date.getUTCMonth() + 1) << 8) | ((date.getUTCFullYear() - 2000) << 16)
      if (low !== expectedLow || high !== expectedHigh) expect.fail(date.toISOString())
      if (Time.cp56ToEpochMs(low, high) !== at || Time.dayOfWeek(at) !== dow) expect.fail(date.toISOString())
      if (Time.validateCp56(low, high) !== "ok") expect.fail(date.toISOString())
    }
    expect(days).toBe(36_525)
  })

  it("agrees with Date at the edges of days, leap days and years", () => {
    for (const at of [
      begin,
      end - 1,
      Date.UTC(2000, 1, 29),
      Date.UTC(2024, 1, 29, 23, 59, 59, 999),
      Date.UTC(2023, 2, 1) - 1
    ]) {
      expect(Time.cp56ToEpochMs(Time.cp56Low(at), Time.cp56High(at))).toBe(at)
    }
  })

  it("drops fractions of a millisecond, leaves the day of week out, takes years modulo 100", () => {
    expect(Time.cp56Low(59_999.9)).toBe(59_999)
    expect(Time.cp56ToFields(0, Time.cp56High(Date.UTC(1969, 11, 31)))).toMatchObject({
      year: 69,
      month: 12,
      dom: 31,
      dow: 0
    })
    expect(Time.cp56ToFields(0, Time.cp56High(Date.UTC(2100, 1, 28)))).toMatchObject({ year: 0, month: 2, dom: 28 })
    expect(Time.dayOfWeek(Date.UTC(1969, 11, 28))).toBe(7)
  })

  it("lies in its words as in its octets", () => {
    const at = Date.UTC(2024, 8, 27, 13, 45, 30, 125)
    expect([Time.cp56Low(at), Time.cp56High(at, 5)]).toEqual([0x0d2d75ad, 0x1809bb])
  })
})

describe("a received CP56Time2a", () => {
  it("is judged as Date judges each year, month and day", () => {
    for (let year = 0; year < 128; year++) {
      for (let month = 0; month < 16; month++) {
        for (let dom = 0; dom < 32; dom++) {
          const date = new Date(Date.UTC(2000 + year, month - 1, dom))
          const possible = year < 100 && date.getUTCMonth() === month - 1 && date.getUTCDate() === dom
          const high = dom | (month << 8) | (year << 16)
          if ((Time.validateCp56(0, high) === "ok") !== possible) expect.fail(`${year}-${month}-${dom}`)
          if (!Object.is(Time.cp56ToEpochMs(0, high), possible ? date.getTime() : Number.NaN)) {
            expect.fail(`${year}-${month}-${dom}`)
          }
        }
      }
    }
  })

  it.each([{ ms: 60_000 }, { ms: 65_535 }, { min: 60 }, { min: 63 }, { hour: 24 }, { hour: 31 }])(
    "%j is impossible",
    (at) => {
      const { low, high } = wordsOf(at)
      expect(Time.validateCp56(low, high)).toBe("impossible")
      expect(Time.cp56ToEpochMs(low, high)).toBeNaN()
      expect(Time.validateCp56(low | Time.INVALID, high)).toBe("impossible")
    }
  )

  it("ignores GEN, SU, the day of week and reserved bits, reports IV", () => {
    const { low, high } = wordsOf({ ms: 59_999, min: 59, hour: 23, dow: 3, gen: true, su: true })
    expect(low & Time.SUBSTITUTED).not.toBe(0)
    expect(low & Time.SUMMER_TIME).not.toBe(0)
    expect((high & Time.DAY_OF_WEEK_MASK) >> Time.DAY_OF_WEEK_SHIFT).toBe(3)
    expect(Time.validateCp56(low | 0x60000000, high | 0x80f000)).toBe("ok")
    expect(Time.cp56ToEpochMs(low | 0x60000000, high | 0x80f000)).toBe(Date.UTC(2024, 8, 27, 23, 59, 59, 999))
    expect(Time.validateCp56(low | Time.INVALID, high)).toBe("invalid-flag")
  })

  it("is fields and back", () => {
    const fields: Time.Cp56Fields = {
      fmt: "CP56Time2a",
      ms: 59_999,
      min: 59,
      gen: true,
      iv: true,
      hour: 23,
      su: true,
      dom: 31,
      dow: 7,
      month: 12,
      year: 99
    }
    const { low, high } = wordsOf(fields)
    expect(Time.cp56ToFields(low, high)).toEqual(fields)
  })

  it("does not take fields out of range", () => {
    const complaints: string[] = []
    Time.cp56FromFields({ hour: 32, year: -1 }, complaints)
    expect(complaints).toEqual(["hour must be an integer 0..31, not 32", "year must be an integer 0..127, not -1"])
  })
})
