// Information: fields, defaults, ranges, what the wire carries of each class, and the way back.
import { isDeepStrictEqual } from "node:util"
import { describe, expect, it } from "vitest"
import { DateTime, fromWords, toWords } from "../../src/api/c104/DateTime.ts"
import { Double, EventState, Qoc, Step } from "../../src/api/c104/enums.ts"
import { BinaryCounterQuality, OutputCircuits, PackedSingle, Quality, StartEvents } from "../../src/api/c104/flags.ts"
import * as I from "../../src/api/c104/information/index.ts"
import { Byte32, Int7, Int16, NormalizedFloat, UInt5, UInt7, UInt16 } from "../../src/api/c104/numbers.ts"
import * as Value from "../../src/core/image/Value.ts"
import { octetsToHex } from "../../src/core/wire/Hex.ts"
import * as TypeTable from "../../src/core/wire/TypeTable.ts"
import { InvalidArgument, InvalidValue } from "../../src/shell/Errors.ts"

const q = Quality.from(0xf1)
const withElapsed = q.or(Quality.ElapsedTimeInvalid)
const all = BinaryCounterQuality.from(0xe0)

/** Type, information, the element on the wire without its time tag. */
const vectors: readonly (readonly [number, I.AnyInformation, string])[] = [
  [1, new I.SingleInfo({ on: true, quality: q }), "f1"],
  [3, new I.DoubleInfo({ state: Double.ON, quality: q }), "f2"],
  [5, new I.StepInfo({ position: -3, transient: true, quality: q }), "fd f1"],
  [7, new I.BinaryInfo({ blob: Uint8Array.of(1, 2, 3, 4), quality: q }), "01 02 03 04 f1"],
  [9, new I.NormalizedInfo({ actual: 1, quality: q }), "ff 7f f1"],
  [11, new I.ScaledInfo({ actual: -2, quality: q }), "fe ff f1"],
  [13, new I.ShortInfo({ actual: 1.5, quality: q }), "00 00 c0 3f f1"],
  [15, new I.BinaryCounterInfo({ counter: -2, sequence: 7, quality: all }), "fe ff ff ff e7"],
  [15, new I.BinaryCounterInfo({ counter: 1, quality: BinaryCounterQuality.Carry }), "01 00 00 00 20"],
  [15, new I.BinaryCounterInfo({ counter: 1, quality: BinaryCounterQuality.Adjusted }), "01 00 00 00 40"],
  [
    20,
    new I.StatusAndChanged({ status: PackedSingle.I0.or(PackedSingle.I9), changed: PackedSingle.I15, quality: q }),
    "01 02 00 80 f1"
  ],
  [21, new I.NormalizedInfo({ actual: -0.5 }), "00 c0"],
  [30, new I.SingleInfo({ on: false }), "00"],
  [38, new I.ProtectionEventInfo({ state: EventState.ON, elapsedMs: 1000, quality: withElapsed }), "fa e8 03"],
  [
    39,
    new I.ProtectionStartInfo({
      events: StartEvents.General.or(StartEvents.ReverseDirection),
      relayDurationMs: 1000,
      quality: withElapsed
    }),
    "21 f8 e8 03"
  ],
  [
    40,
    new I.ProtectionCircuitInfo({
      circuits: OutputCircuits.General.or(OutputCircuits.PhaseL3),
      relayOperatingMs: 1000,
      quality: withElapsed
    }),
    "09 f8 e8 03"
  ],
  [45, new I.SingleCmd({ on: true, qualifier: Qoc.LONG_PULSE }), "09"],
  [58, new I.SingleCmd({ on: true, qualifier: Qoc.PERSISTENT }), "0d"],
  [46, new I.DoubleCmd({ state: Double.ON }), "02"],
  [47, new I.StepCmd({ direction: Step.HIGHER }), "02"],
  [48, new I.NormalizedCmd({ target: 0.5, qualifier: 5 }), "00 40 05"],
  [49, new I.ScaledCmd({ target: 7 }), "07 00 00"],
  [50, new I.ShortCmd({ target: 2.5 }), "00 00 20 40 00"],
  [51, new I.BinaryCmd({ blob: 0x0403_0201 }), "01 02 03 04"]
]

/** The element that the process image and the encoder make of information. */
const element = (type: number, form: I.CoreForm): string => {
  const { kind, octets, qualityAt, qualityMask } = Value.layoutOf(type) as Value.Layout
  const view = new DataView(new ArrayBuffer(octets))
  Value.write(kind, view, 0, form.value)
  Value.writeExtra(kind, view, 0, form.extra)
  Value.writeQualifier(kind, view, 0, Value.isCommand(type) ? form.qualifier : 0)
  if (qualityAt >= 0) view.setUint8(qualityAt, view.getUint8(qualityAt) | (form.quality & qualityMask))
  return octetsToHex(new Uint8Array(view.buffer), " ")
}

describe("information and the wire", () => {
  it.each(vectors)("type %i: %s", (type, info, octets) => {
    expect(element(type, info.toCore())).toBe(octets)
  })
  it.each(vectors)("type %i comes back: %s", (type, info) => {
    const processedAt = new Date(0)
    const back = I.informationOf(type as I.PointType).fromCore(info.toCore(), { processedAt, isReadonly: true })
    expect(back).toBeInstanceOf(info.constructor)
    expect(back.toJSON()).toEqual({ ...info.toJSON(), processedAt, isReadonly: true })
    expect(back.value).toEqual(info.value)
  })
  it("every point type has its class, and there are 19", () => {
    const types = Object.keys(I.classOf).map(Number)
    expect(types).toEqual(Value.pointTypes)
    expect(new Set(Object.values(I.classOf)).size).toBe(19)
    expect([1, 2, 41, 64, 100].map(I.isPointType)).toEqual([true, false, false, true, false])
  })
  it.each(Value.pointTypes.map((type) => [type]))("type %i shares its class with its untagged twin", (type) => {
    const twin = TypeTable.byId[type]?.untagged as number
    expect(I.isPointType(twin) && I.informationOf(twin)).toBe(I.informationOf(type as I.PointType))
  })
  it("converts values and quality without making information", () => {
    const step = I.informationOf(5)
    expect([step.valueToCore(-3), step.valueToCore(new Int7(4))]).toEqual([-3, 4])
    expect(step.valueFromCore(-3)).toEqual(new Int7(-3))
    expect(() => step.valueToCore(64)).toThrow("StepInfo.position: a whole number from -64 to 63 is required, not 64")
    expect(step.qualityToCore(q)).toBe(0xf1)
    const counter = I.informationOf(15)
    expect(counter.qualityToCore(BinaryCounterQuality.Carry)).toBe(0x20)
    expect(counter.qualityFromCore(0x40)).toBe(BinaryCounterQuality.Adjusted)
    expect(() => counter.qualityToCore(Quality.Invalid as never)).toThrow(
      "BinaryCounterInfo.quality: a BinaryCounterQuality is required, not a Quality"
    )
    const command = I.informationOf(45)
    expect([command.qualityFromCore(0), command.qualityToCore(null)]).toEqual([null, 0])
  })
})

describe("fields", () => {
  it("have c104's names, classes and defaults", () => {
    const step = new I.StepInfo({ position: 5 })
    expect([step.position, step.transient, step.quality]).toEqual([new Int7(5), false, Quality.none])
    const counter = new I.BinaryCounterInfo({ counter: 5 })
    expect([counter.counter, counter.sequence, counter.quality]).toEqual([5, new UInt5(0), BinaryCounterQuality.none])
    expect(new I.SingleCmd({ on: true }).qualifier).toBe(Qoc.NONE)
    expect(new I.ShortCmd({ target: 1 }).qualifier).toEqual(new UInt7(0))
    expect(new I.ProtectionCircuitInfo({ circuits: OutputCircuits.none }).relayOperatingMs).toEqual(new UInt16(0))
    expect(new I.StatusAndChanged({ status: PackedSingle.I1 }).changed).toBe(PackedSingle.none)
    expect(new I.BinaryInfo({ blob: 5 }).blob).toEqual(new Byte32(5))
  })
  it("take undefined as not given", () => {
    expect(new I.StepInfo({ position: 5, transient: undefined, quality: undefined }).quality).toBe(Quality.none)
  })
  it("take numbers and number classes alike", () => {
    expect(new I.ScaledInfo({ actual: new Int16(-2) }).actual).toEqual(new I.ScaledInfo({ actual: -2 }).actual)
    expect(new I.ScaledInfo({ actual: new Int7(-2) }).actual).toEqual(new Int16(-2))
    expect(new I.NormalizedCmd({ target: new NormalizedFloat(0.5), qualifier: new UInt7(5) }).toCore()).toEqual(
      new I.NormalizedCmd({ target: 0.5, qualifier: 5 }).toCore()
    )
    expect(new I.ShortInfo({ actual: new Int7(3) }).actual).toBe(3)
    expect(new I.BinaryCounterInfo({ counter: new Int16(3), sequence: new UInt5(1) }).counter).toBe(3)
  })
  it("value is the field that says the most, quality null for commands", () => {
    expect(vectors.map(([, info]) => info.value)).toEqual([
      true,
      2,
      new Int7(-3),
      new Byte32(0x0403_0201),
      new NormalizedFloat(1),
      new Int16(-2),
      1.5,
      -2,
      1,
      1,
      PackedSingle.from(0x0201),
      new NormalizedFloat(-0.5),
      false,
      2,
      StartEvents.from(33),
      OutputCircuits.from(9),
      true,
      true,
      2,
      2,
      new NormalizedFloat(0.5),
      new Int16(7),
      2.5,
      new Byte32(0x0403_0201)
    ])
    for (const [type, info] of vectors) expect(info.quality === null).toBe(type >= 45)
  })
  it.each([
    ["SingleInfo.on", () => new I.SingleInfo({ on: 1 as never }), "true or false is required, not 1"],
    ["StepInfo.position", () => new I.StepInfo({ position: 64 }), "a whole number from -64 to 63 is required, not 64"],
    [
      "StepInfo.position",
      () => new I.StepInfo({} as never),
      "a whole number from -64 to 63 is required, not undefined"
    ],
    ["StepInfo.transient", () => new I.StepInfo({ position: 1, transient: 1 as never }), "true or false is required"],
    ["DoubleInfo.state", () => new I.DoubleInfo({ state: 4 as never }), "or INDETERMINATE (3) is required, not 4"],
    ["SingleCmd.qualifier", () => new I.SingleCmd({ on: true, qualifier: 32 }), "a whole number from 0 to 31"],
    ["ScaledCmd.qualifier", () => new I.ScaledCmd({ target: 1, qualifier: 128 }), "a whole number from 0 to 127"],
    ["ShortInfo.actual", () => new I.ShortInfo({ actual: 3.5e38 }), "is required, not 3.5e+38"],
    [
      "NormalizedInfo.actual",
      () => new I.NormalizedInfo({ actual: 1.1 }),
      "a number from -1 to 1 is required, not 1.1"
    ],
    [
      "BinaryCounterInfo.counter",
      () => new I.BinaryCounterInfo({ counter: 2 ** 31 }),
      "a whole number from -2147483648 to 2147483647 is required, not 2147483648"
    ],
    [
      "BinaryCounterInfo.quality",
      () => new I.BinaryCounterInfo({ counter: 1, quality: Quality.Invalid as never }),
      "a BinaryCounterQuality is required, not a Quality"
    ],
    [
      "ProtectionStartInfo.events",
      () => new I.ProtectionStartInfo({ events: OutputCircuits.General as never }),
      "a StartEvents is required, not a OutputCircuits"
    ],
    ["BinaryInfo.blob", () => new I.BinaryInfo({ blob: new Uint8Array(5) }), "at most 4 octets are required, not 5"]
  ])("%s refuses", (field, make, problem) => {
    expect(make).toThrow(InvalidValue)
    expect(make).toThrow(`${field}: `)
    expect(make).toThrow(problem)
  })
  it("keep the special values of floats", () => {
    expect(new I.ShortInfo({ actual: Number.NaN }).actual).toBeNaN()
    expect(new I.ShortInfo({ actual: Number.NEGATIVE_INFINITY }).actual).toBe(Number.NEGATIVE_INFINITY)
    expect(new I.ShortInfo({ actual: 0.1 }).actual).toBe(Math.fround(0.1))
  })
})

describe("information as an object", () => {
  const at = new Date("2024-06-15T12:30:05.250Z")
  it("cannot be changed", () => {
    const info: { on: boolean; value: boolean; isReadonly: boolean } = new I.SingleInfo({ on: true }) as never
    for (const change of [() => (info.on = false), () => (info.value = false), () => (info.isReadonly = true)])
      expect(change).toThrow(TypeError)
    expect([info.on, info.value]).toEqual([true, true])
  })
  it("carries a time tag, from a Date or a DateTime", () => {
    expect(new I.SingleInfo({ on: true }).recordedAt).toBeNull()
    expect(new I.SingleInfo({ on: true, recordedAt: null }).recordedAt).toBeNull()
    expect(new I.SingleInfo({ on: true, recordedAt: at }).recordedAt).toEqual(new DateTime({ epochMs: at.getTime() }))
    const tag = new DateTime({ epochMs: 5, invalid: true })
    expect(new I.SingleCmd({ on: true, recordedAt: tag }).recordedAt).toBe(tag)
    for (const wrong of [new Date(Number.NaN), 5, "2024-06-15"])
      expect(() => new I.SingleInfo({ on: true, recordedAt: wrong as never })).toThrow(InvalidArgument)
  })
  it("knows when it was processed, and whether it was received", () => {
    const before = Date.now()
    const made = new I.SingleInfo({ on: true })
    expect(made.processedAt.getTime()).toBeGreaterThanOrEqual(before)
    expect(made.processedAt.getTime()).toBeLessThanOrEqual(Date.now())
    expect(made.isReadonly).toBe(false)
    const form = { value: 1, quality: 0x80, extra: 0, qualifier: 0 }
    const received = I.SingleInfo.fromCore(form, { recordedAt: at, processedAt: at, isReadonly: true })
    expect(received).toMatchObject({ on: true, quality: Quality.Invalid, processedAt: at, isReadonly: true })
    expect(received.recordedAt?.epochMs).toBe(at.getTime())
  })
  it.each(vectors)("cannot be changed: type %i", (_, info) => {
    const fields = info.toJSON() as Record<string, unknown>
    for (const key of [...Object.keys(fields), "value", "quality"])
      expect(() => Object.assign(info, { [key]: null }), key).toThrow(TypeError)
    info.processedAt.setTime(0)
    expect(info.toJSON()).toEqual(fields)
  })
  it("can be compared, copied and written as JSON", () => {
    const info = new I.ShortInfo({ actual: 1, recordedAt: at }, { processedAt: at })
    expect(isDeepStrictEqual(info, new I.ShortInfo({ actual: 1, recordedAt: at }))).toBe(true)
    expect(isDeepStrictEqual(info, new I.ShortInfo({ actual: 2, recordedAt: at }))).toBe(false)
    expect(structuredClone({ ...info }).actual).toBe(1)
    expect(JSON.parse(JSON.stringify(info))).toMatchObject({ actual: 1, processedAt: at.toISOString() })
    expect(Object.keys(new I.SingleCmd({ on: true }).toJSON())).toContain("quality")
  })
  it("is an Information of its class only", () => {
    const info = new I.SingleInfo({ on: true })
    expect([info instanceof I.Information, info instanceof I.SingleInfo]).toEqual([true, true])
    expect((info as unknown) instanceof I.SingleCmd).toBe(false)
    expect(I.SingleInfo.name).toBe("SingleInfo")
  })
  it("writes itself with its class and fields", () => {
    const origin = { processedAt: at, isReadonly: true }
    const common = "processedAt=2024-06-15T12:30:05.250Z, isReadonly=true>"
    expect(String(new I.StepInfo({ position: -3, transient: true, quality: q, recordedAt: at }, origin))).toBe(
      `<StepInfo position=-3, transient=true, quality=${q}, recordedAt=2024-06-15T12:30:05.250Z, ${common}`
    )
    expect(String(new I.StepCmd({ direction: Step.HIGHER, qualifier: Qoc.SHORT_PULSE }, origin))).toBe(
      `<StepCmd direction=HIGHER, qualifier=SHORT_PULSE, recordedAt=null, ${common}`
    )
    expect(String(new I.SingleCmd({ on: false, qualifier: 9 }, origin))).toContain("on=false, qualifier=9,")
    expect(String(new I.ProtectionEventInfo({ state: EventState.OFF, elapsedMs: 20 }))).toContain(
      "state=OFF, elapsedMs=20, quality=Quality set: {}, is_good: True,"
    )
    expect(
      [0.1, 1e-9, -3.4028234663852886e38, Number.NaN].map((actual) => String(new I.ShortInfo({ actual })))
    ).toEqual([
      expect.stringContaining("actual=0.1,"),
      expect.stringContaining("actual=1e-9,"),
      expect.stringContaining("actual=-3.4028235e+38,"),
      expect.stringContaining("actual=NaN,")
    ])
  })
})

describe("DateTime", () => {
  const epochMs = Date.UTC(2024, 5, 15, 12, 30, 5, 250)
  it("goes to the words of a time tag and back", () => {
    const time = new DateTime({ epochMs, invalid: true, summerTime: true, substituted: true })
    const { low, high } = toWords(time)
    expect(fromWords(low, high)).toEqual(time)
    const plain = toWords(new DateTime({ epochMs }))
    expect([plain.low >>> 0, plain.high]).toEqual([0x0c1e_1482, 0x18_060f])
    const ahead = toWords(new DateTime({ epochMs }), 7_200_000)
    expect(fromWords(ahead.low, ahead.high).epochMs).toBe(epochMs + 7_200_000)
  })
  it("compares and writes itself, impossible times too", () => {
    expect(new DateTime({ epochMs }).equals(DateTime.from(new Date(epochMs)))).toBe(true)
    expect(new DateTime({ epochMs }).equals(new DateTime({ epochMs, invalid: true }))).toBe(false)
    expect(new DateTime({ epochMs }) < new DateTime({ epochMs: epochMs + 1 })).toBe(true)
    expect(String(new DateTime({ epochMs, invalid: true, summerTime: true }))).toBe("2024-06-15T12:30:05.250Z IV SU")
    expect(String(fromWords(0xffff, 0))).toBe("impossible time")
    expect(fromWords(0xffff, 0).equals(fromWords(0xffff, 0))).toBe(true)
  })
})
