// Flag sets: operations, texts, identity, and the wire positions of counter quality.
import { describe, expect, it } from "vitest"
import * as Flags from "../../src/api/c104/flags.ts"
import {
  BinaryCounterQuality,
  Debug,
  OutputCircuits,
  PackedSingle,
  Quality,
  StartEvents
} from "../../src/api/c104/flags.ts"
import { InvalidArgument } from "../../src/shell/Errors.ts"

const values = (type: object): Record<string, number> =>
  Object.fromEntries(
    Object.entries(type).flatMap(([name, flag]) => (flag instanceof Flags.Flags ? [[name, flag.value]] : []))
  )

const phases = { none: 0, General: 1, PhaseL1: 2, PhaseL2: 4, PhaseL3: 8 }

describe("the constants", () => {
  it.each([
    [
      Quality,
      {
        none: 0,
        Overflow: 0x01,
        ElapsedTimeInvalid: 0x08,
        Blocked: 0x10,
        Substituted: 0x20,
        NonTopical: 0x40,
        Invalid: 0x80
      }
    ],
    [BinaryCounterQuality, { none: 0, Adjusted: 0x20, Carry: 0x40, Invalid: 0x80 }],
    [StartEvents, { ...phases, InEarthCurrent: 16, ReverseDirection: 32 }],
    [OutputCircuits, phases],
    [PackedSingle, { none: 0, ...Object.fromEntries(Array.from({ length: 16 }, (_, bit) => [`I${bit}`, 1 << bit])) }],
    [
      Debug,
      {
        none: 0,
        Server: 1,
        Client: 2,
        Connection: 4,
        Station: 8,
        Point: 16,
        Message: 32,
        Callback: 64,
        Gil: 128,
        All: 255
      }
    ]
  ])("of %o have c104's numbers", (type, expected) => {
    expect(values(type)).toEqual(expected)
  })
  it("are never changed by operations", () => {
    Quality.Invalid.or(Quality.Blocked)
    expect(Quality.Invalid.value).toBe(0x80)
    expect(Object.isFrozen(Quality.Invalid)).toBe(true)
  })
})

describe("operations", () => {
  const both = Quality.Invalid.or(Quality.Blocked)
  it("combine", () => {
    expect(both.value).toBe(0x90)
    expect(both.and(Quality.Invalid)).toBe(Quality.Invalid)
    expect(both.xor(Quality.Invalid)).toBe(Quality.Blocked)
    expect(+both | 1).toBe(0x91)
  })
  it("have one object a set, so that === compares", () => {
    expect(Quality.from(0x90)).toBe(both)
    expect(Quality.from(0)).toBe(Quality.none)
    expect(both.equals(Quality.from(0x90))).toBe(true)
    expect(both.equals(Quality.Invalid)).toBe(false)
  })
  it("has: a subset that is not empty", () => {
    expect(both.has(Quality.Invalid)).toBe(true)
    expect(both.has(both)).toBe(true)
    expect(Quality.Invalid.has(both)).toBe(false)
    expect(both.has(Quality.none)).toBe(false)
    expect(Quality.none.has(Quality.none)).toBe(false)
  })
  it("isGood, isNone, isAny", () => {
    expect([Quality.none.isGood(), both.isGood()]).toEqual([true, false])
    expect([BinaryCounterQuality.none.isGood(), BinaryCounterQuality.Carry.isGood()]).toEqual([true, false])
    expect([StartEvents.none.isNone(), StartEvents.General.isNone()]).toEqual([true, false])
    expect([Debug.none.isAny(), Debug.All.isAny()]).toEqual([false, true])
  })
  it("refuse sets of another class, and bits that there are not", () => {
    expect(() => Quality.Invalid.or(BinaryCounterQuality.Invalid as unknown as Quality)).toThrow(InvalidArgument)
    expect(() => Quality.Invalid.equals(0x80 as unknown as Quality)).toThrow("a Quality is required, not 128")
    for (const bits of [-1, 256, 0.5, Number.NaN]) expect(() => Quality.from(bits)).toThrow(InvalidArgument)
    expect(() => PackedSingle.from(65_536)).toThrow("a whole number from 0 to 65535 is required, not 65536")
  })
})

describe("texts", () => {
  it.each([
    [Quality.none, "Quality set: {}, is_good: True"],
    [Quality.from(0x90), "Quality set: { Blocked | Invalid }, is_good: False"],
    [Quality.from(0x06), "Quality set: { UNSUPPORTED_BIT_1 | UNSUPPORTED_BIT_2 }, is_good: False"],
    [BinaryCounterQuality.none, "BinaryCounterQuality set: {}, is_good: True"],
    [
      BinaryCounterQuality.from(0x61),
      "BinaryCounterQuality set: { UNSUPPORTED_BIT_0 | Adjusted | Carry }, is_good: False"
    ],
    [StartEvents.none, "StartEvent set: {}"],
    [StartEvents.from(0xa1), "StartEvents set: { General | ReverseDirection | UNSUPPORTED_BIT_7 }"],
    [OutputCircuits.none, "OutputCircuit set: {}"],
    [OutputCircuits.from(0x18), "OutputCircuit set: { PhaseL3 | UNSUPPORTED_BIT_4 }"],
    [PackedSingle.none, "Field set: {}"],
    [PackedSingle.I0.or(PackedSingle.I3), "PackedSingle set: { I0 | I3 }"],
    [Debug.none, "Debug set: {}, is_none: True"],
    [Debug.Server.or(Debug.Gil), "Debug set: { Server | Gil }, is_none: False"]
  ])("%#", (set, text) => {
    expect(String(set)).toBe(text)
  })
})

describe("counter quality on the wire", () => {
  it("is placed by name: carry 0x20, adjusted 0x40", () => {
    expect(Flags.toWire(BinaryCounterQuality.Carry)).toBe(0x20)
    expect(Flags.toWire(BinaryCounterQuality.Adjusted)).toBe(0x40)
    expect(Flags.toWire(BinaryCounterQuality.from(0xff))).toBe(0xe0)
  })
  it("is read without the sequence number", () => {
    expect(Flags.fromWire(0x3f)).toBe(BinaryCounterQuality.Carry)
    for (let wire = 0; wire < 256; wire += 0x20) expect(Flags.toWire(Flags.fromWire(wire))).toBe(wire)
  })
})
