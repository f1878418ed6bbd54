// Number classes: ranges, calculation, and use as plain numbers.
import { describe, expect, it } from "vitest"
import { Byte32, Int7, Int16, NormalizedFloat, type Numeric, UInt5, UInt7, UInt16 } from "../../src/api/c104/numbers.ts"
import { InvalidArgument, InvalidValue } from "../../src/shell/Errors.ts"

const whole = [
  [UInt5, "UInt5", 0, 31],
  [UInt7, "UInt7", 0, 127],
  [UInt16, "UInt16", 0, 65_535],
  [Int7, "Int7", -64, 63],
  [Int16, "Int16", -32_768, 32_767],
  [Byte32, "Byte32", 0, 4_294_967_295]
] as const

describe.each(whole)("%o", (type, name, min, max) => {
  it("holds its range, and says it", () => {
    for (const value of [min, max]) expect(new type(value).value).toBe(value)
    expect([type.min, type.max, new type(1).min, new type(1).max]).toEqual([min, max, min, max])
    for (const value of [min - 1, max + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new type(value)).toThrow(InvalidValue)
      expect(() => new type(value)).toThrow(
        `${name}: a whole number from ${min} to ${max} is required, not ${String(value)}`
      )
    }
  })
  it("takes numbers only", () => {
    for (const value of ["5", true, null, 5n, { valueOf: () => 5 }])
      expect(() => new type(value as unknown as number)).toThrow(InvalidValue)
    expect(new type(new UInt5(7)).value).toBe(7)
  })
  it("cannot be changed", () => {
    const number: { value: number } = new type(5)
    expect(() => {
      number.value = 6
    }).toThrow(TypeError)
  })
})

describe("a number in an expression", () => {
  it("is its plain number", () => {
    const five: Numeric = new Int7(5)
    expect(+five + 1).toBe(6)
    expect(five > new Int7(4)).toBe(true)
    expect(JSON.stringify({ five })).toBe('{"five":5}')
    expect(`${five} ${new Int16(-2)}`).toBe("5 -2")
  })
  it("has no negative zero", () => {
    expect(Object.is(new Int7(-0).value, 0)).toBe(true)
    expect(Object.is(new NormalizedFloat(-0).value, 0)).toBe(true)
    expect(Object.is(new Int7(-1).dividedBy(2), 0)).toBe(true)
  })
})

describe("calculation with whole numbers", () => {
  it("gives plain numbers without range", () => {
    expect(new Int7(60).plus(10)).toBe(70)
    expect(new Int7(-60).minus(new Int16(1000))).toBe(-1060)
    expect(new UInt5(31).times(31)).toBe(961)
  })
  it("truncates divisions toward zero", () => {
    expect(new Int7(-5).dividedBy(2)).toBe(-2)
    expect(new Int7(5).dividedBy(-2)).toBe(-2)
    expect(new Int7(5).dividedBy(2)).toBe(2)
  })
  it("refuses fractions and division by 0", () => {
    expect(() => new Int7(5).plus(0.5)).toThrow(InvalidValue)
    expect(() => new Int7(5).dividedBy(0)).toThrow(InvalidArgument)
  })
})

describe("NormalizedFloat", () => {
  it("is a 32 bit float from -1 to 1", () => {
    expect(new NormalizedFloat(0.1).value).toBe(Math.fround(0.1))
    expect([new NormalizedFloat(1).value, new NormalizedFloat(-1).value]).toEqual([1, -1])
    for (const value of [1.000001, -1.1, Number.NaN, Number.NEGATIVE_INFINITY])
      expect(() => new NormalizedFloat(value)).toThrow(`a number from -1 to 1 is required, not ${value}`)
  })
  it("calculates in 32 bits and has six decimals", () => {
    expect(new NormalizedFloat(0.1).plus(1)).toBe(Math.fround(Math.fround(0.1) + 1))
    expect(new NormalizedFloat(0.5).dividedBy(2)).toBe(0.25)
    expect(() => new NormalizedFloat(0.5).dividedBy(0)).toThrow(InvalidArgument)
    expect(String(new NormalizedFloat(1 / 3))).toBe("0.333333")
  })
})

describe("Byte32", () => {
  it("is made of up to four octets, lowest first", () => {
    expect(new Byte32().value).toBe(0)
    expect(new Byte32(Uint8Array.of()).value).toBe(0)
    expect(new Byte32(Uint8Array.of(1, 2)).value).toBe(0x0201)
    expect(new Byte32(Uint8Array.of(1, 2, 3, 0xff)).value).toBe(0xff03_0201)
    expect(() => new Byte32(new Uint8Array(5))).toThrow("at most 4 octets are required, not 5")
  })
  it("gives its octets and digits", () => {
    expect(new Byte32(0xff03_0201).toBytes()).toEqual(Uint8Array.of(1, 2, 3, 0xff))
    expect(String(new Byte32(5))).toBe("0b00000000000000000000000000000101")
  })
})
