// Rows 36 to 48: information, values, times, numbers and sets of flags.
import { expect } from "vitest"
import {
  BinaryCounterQuality,
  Byte32,
  Cot,
  Debug,
  Double,
  type Information,
  Int7,
  Int16,
  NormalizedFloat,
  OutputCircuits,
  PackedSingle,
  type Point,
  Quality,
  ResponseState,
  ScaledInfo,
  SingleCmd,
  SingleInfo,
  StartEvents,
  Type,
  UInt5,
  UInt7,
  UInt16
} from "../../src/api/c104/index.ts"
import { makeServer, startClient, startServer, switchedBy } from "../support/Stage.ts"
import { row } from "./rowsA.ts"
import { given, pass, words } from "./support.ts"

const pointOf = (type: Type): Point => given(given(makeServer().addStation(1)).addPoint({ ioAddress: 1, type }))
const invalid = (code: string) => expect.objectContaining({ code })

row(36, () => {
  const [single, command] = [pointOf(Type.M_SP_NA_1), pointOf(Type.C_SC_NA_1)]
  const [info, cmd] = [new SingleInfo({ on: true }), new SingleCmd({ on: true })]
  for (const [point, other] of [
    [single, cmd],
    [single, new ScaledInfo({ actual: 1 })],
    [command, info],
    [single, null],
    [single, {}]
  ])
    expect(() => Object.assign(given(point), { info: other })).toThrow(invalid("INVALID_ARGUMENT"))
  expect([single.value, command.value]).toEqual([false, false])
  single.info = info
  command.info = cmd
  expect([single.value, command.value]).toEqual([true, true])
})

row(37, () => {
  const [plain, tagged] = [pointOf(Type.M_SP_NA_1), pointOf(Type.M_SP_TB_1)]
  const recordedAt = new Date(Date.UTC(2024, 5, 15, 12, 30, 5, 250))
  const timed = new SingleInfo({ on: true, recordedAt })
  plain.info = timed
  tagged.info = timed
  expect([plain.recordedAt, plain.info.recordedAt]).toEqual([null, null])
  expect([tagged.recordedAt?.epochMs, tagged.info.recordedAt?.epochMs]).toEqual([+recordedAt, +recordedAt])
  expect(timed.recordedAt?.epochMs).toBe(+recordedAt)
  const fromMs = Date.now()
  const untimed = new SingleInfo({ on: false })
  tagged.info = untimed
  expect(tagged.recordedAt?.epochMs).toBeGreaterThanOrEqual(fromMs)
  expect(tagged.recordedAt?.epochMs).toBeLessThanOrEqual(Date.now())
  expect(untimed.recordedAt).toBeNull()
})

row(38, () => {
  const cases: readonly (readonly [type: Type, taken: readonly unknown[], refused: readonly unknown[]])[] = [
    [Type.M_SP_NA_1, [true, false], [1, "on", null]],
    [Type.M_DP_NA_1, [Double.ON, Double.INDETERMINATE], [4, -1, true]],
    [Type.M_ST_NA_1, [-64, 63, new Int7(5)], [64, -65, 0.5]],
    [Type.M_BO_NA_1, [0, 4_294_967_295, new Byte32(7)], [-1, 4_294_967_296, "0b1"]],
    [Type.M_ME_NA_1, [-1, 0.5, new NormalizedFloat(0.25)], [1.01, Number.NaN]],
    [Type.M_ME_NB_1, [-32_768, 32_767, new Int16(5)], [32_768, 0.5, null]],
    [Type.M_ME_NC_1, [1.5, 3], ["1.5", true, null]],
    [Type.M_IT_NA_1, [-2_147_483_648, 2_147_483_647], [2_147_483_648, 0.5]],
    [Type.M_PS_NA_1, [PackedSingle.I3], [Quality.Invalid, true]],
    [Type.M_EP_TE_1, [StartEvents.General], [OutputCircuits.General, true]]
  ]
  for (const [type, taken, refused] of cases) {
    const point = pointOf(type)
    for (const value of taken) {
      Object.assign(point, { value })
      expect(point.value, `type ${type}`).toEqual(typeof value === "object" ? plainOf(value) : value)
    }
    const kept = point.value
    for (const value of refused)
      expect(() => Object.assign(point, { value }), `type ${type}: ${value}`).toThrow(invalid("INVALID_VALUE"))
    expect(point.value).toEqual(kept)
  }
})

/** What reading gives for a number class: its plain number. Sets of flags stay what they are. */
const plainOf = (value: unknown): unknown =>
  value instanceof Int7 || value instanceof Int16 || value instanceof Byte32 || value instanceof NormalizedFloat
    ? value.value
    : value

row(39, async () => {
  const [plain, tagged] = [pointOf(Type.M_ME_NB_1), pointOf(Type.M_ME_TE_1)]
  const changes: readonly ((point: Point) => void)[] = [
    (point) => Object.assign(point, { value: 5 }),
    (point) => Object.assign(point, { quality: Quality.Invalid })
  ]
  for (const change of changes) {
    const beforeMs = given(tagged.recordedAt).epochMs
    await pass(5)
    change(plain)
    change(tagged)
    expect(tagged.recordedAt?.epochMs).toBeGreaterThan(beforeMs)
    expect(plain.recordedAt).toBeNull()
  }
})

row(40, async () => {
  const { server, station } = await startServer()
  const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 }))
  const client = await startClient(server.port)
  point.value = 5
  point.quality = Quality.Invalid
  point.info = new ScaledInfo({ actual: 6 })
  await pass(150)
  expect(await words(client)).toEqual([])
  point.transmit(Cot.SPONTANEOUS)
  expect((await client.next({ cot: Cot.SPONTANEOUS })).objects).toMatchObject([{ value: 6 }])
})

row(41, async () => {
  const { station, point: command, operate, client } = await switchedBy(() => ResponseState.SUCCESS)
  await pass(20)
  const madeMs = Date.now()
  const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1 }))
  const made = point.processedAt.getTime()
  expect(made, "made").toBeGreaterThanOrEqual(madeMs)
  await pass(20)
  point.value = 5
  point.quality = Quality.Invalid
  expect(point.processedAt.getTime(), "set").toBe(made)
  const sentMs = Date.now()
  point.transmit(Cot.SPONTANEOUS)
  expect(point.processedAt.getTime(), "transmitted").toBeGreaterThanOrEqual(sentMs)
  const receivedMs = Date.now()
  operate()
  await client.next({ cot: Cot.ACTIVATION_CON })
  expect(command.processedAt.getTime(), "received").toBeGreaterThanOrEqual(receivedMs)
})

row(42, async () => {
  const heard: Information[] = []
  const { point, operate, client } = await switchedBy((_, __, message) => {
    heard.push(given(message.info))
    return ResponseState.SUCCESS
  })
  operate()
  await client.next({ cot: Cot.ACTIVATION_TERMINATION })
  expect([heard[0]?.isReadonly, point.info.isReadonly, point.value]).toEqual([true, true, true])
  expect(() => {
    point.value = false
  }).toThrow(invalid("INVALID_VALUE"))
  expect(() => Object.assign(given(heard[0]), { on: false })).toThrow(TypeError)
  expect(point.value).toBe(true)
  point.info = new SingleCmd({ on: false })
  point.value = true
  expect([point.info.isReadonly, point.value]).toEqual([false, true])
})

row(43, () => {
  expect(() => pointOf(Type.M_SP_NA_1).read()).toThrow(invalid("INVALID_ARGUMENT"))
})

row(44, () => {
  for (const [Number_, min, max] of [
    [UInt5, 0, 31],
    [UInt7, 0, 127],
    [UInt16, 0, 65_535],
    [Int7, -64, 63],
    [Int16, -32_768, 32_767]
  ] as const) {
    expect([new Number_(min), new Number_(max)].map((number) => [number.value, number.min, number.max])).toEqual([
      [min, min, max],
      [max, min, max]
    ])
    for (const value of [min - 1, max + 1, 0.5]) expect(() => new Number_(value)).toThrow(invalid("INVALID_VALUE"))
  }
  const five = new Int7(-5)
  expect([five.dividedBy(2), five.plus(100), five.minus(1), five.times(new Int7(2))]).toEqual([-2, 95, -6, -10])
  expect(() => five.dividedBy(0)).toThrow(invalid("INVALID_ARGUMENT"))
  expect([five.value, Number(five), String(five)]).toEqual([-5, -5, "-5"])
})

row(45, () => {
  expect([-1, 0, 0.5, 1].map((value) => new NormalizedFloat(value).value)).toEqual([-1, 0, 0.5, 1])
  for (const value of [1.000001, -1.000001, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => new NormalizedFloat(value)).toThrow(invalid("INVALID_VALUE"))
})

row(46, () => {
  for (const value of [0, 1, 5, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) expect(new Byte32(value).value).toBe(value)
  expect(new Byte32(Uint8Array.of(1, 2, 3, 4)).value).toBe(0x0403_0201)
  expect(new Byte32(Uint8Array.of(0xff)).value).toBe(255)
  expect(new Byte32(new Uint8Array()).value).toBe(0)
  expect(new Byte32(0x0403_0201).toBytes()).toEqual(Uint8Array.of(1, 2, 3, 4))
  for (const value of [-1, 2 ** 32, new Uint8Array(5)])
    expect(() => new Byte32(value)).toThrow(invalid("INVALID_VALUE"))
})

row(47, () => {
  const bad = Quality.Invalid.or(Quality.Blocked)
  expect([bad.value, bad.and(Quality.Blocked).value, bad.xor(Quality.Invalid).value]).toEqual([0x90, 0x10, 0x10])
  expect([bad.has(Quality.Invalid), bad.has(bad), Quality.Invalid.has(bad), bad.has(Quality.none)]).toEqual([
    true,
    true,
    false,
    false
  ])
  expect([bad.isAny(), bad.isGood(), Quality.none.isAny(), Quality.none.isGood()]).toEqual([true, false, false, true])
  const counter = BinaryCounterQuality.Carry.or(BinaryCounterQuality.Adjusted)
  expect([counter.value, counter.isGood(), BinaryCounterQuality.none.isGood()]).toEqual([0x60, false, true])
  for (const set of [StartEvents.General, OutputCircuits.PhaseL1, PackedSingle.I15, Debug.Server])
    expect([set.isAny(), set.isNone()]).toEqual([true, false])
  expect([StartEvents, OutputCircuits, PackedSingle, Debug].map(({ none }) => none.isNone())).toEqual([
    true,
    true,
    true,
    true
  ])
})

row(48, () => {
  let quality = Quality.Invalid
  quality = quality.or(Quality.Blocked)
  quality = quality.and(Quality.Blocked)
  quality = quality.xor(Quality.Overflow)
  expect([quality.value, Quality.Invalid.value, Quality.Blocked.value, Quality.none.value]).toEqual([
    0x11, 0x80, 0x10, 0
  ])
  expect(() => Object.assign(Quality.Invalid, { value: 1 })).toThrow(TypeError)
})
