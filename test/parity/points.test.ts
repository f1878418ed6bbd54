// Rows 21 to 35: points, their settings and their callbacks.
import { expect } from "vitest"
import {
  CommandMode,
  Cot,
  Double,
  EventState,
  OutputCircuits,
  PackedSingle,
  type Point,
  StartEvents,
  type Station,
  Step,
  Type
} from "../../src/api/c104/index.ts"
import { makeServer, startClient, startServer, switchedBy } from "../support/Stage.ts"
import { row } from "./rowsA.ts"
import { given, pass } from "./support.ts"

const { SELECT_AND_EXECUTE } = CommandMode

const makeStation = (): Station => given(makeServer().addStation(1))

/** Every type that can be a point, and the value with which it begins. */
const monitoring: readonly (readonly [type: Type, first: unknown])[] = [
  [Type.M_SP_NA_1, false],
  [Type.M_SP_TB_1, false],
  [Type.M_DP_NA_1, Double.OFF],
  [Type.M_DP_TB_1, Double.OFF],
  [Type.M_ST_NA_1, 0],
  [Type.M_ST_TB_1, 0],
  [Type.M_BO_NA_1, 0],
  [Type.M_BO_TB_1, 0],
  [Type.M_ME_NA_1, 0],
  [Type.M_ME_TD_1, 0],
  [Type.M_ME_NB_1, 0],
  [Type.M_ME_TE_1, 0],
  [Type.M_ME_NC_1, 0],
  [Type.M_ME_TF_1, 0],
  [Type.M_ME_ND_1, 0],
  [Type.M_PS_NA_1, PackedSingle.none],
  [Type.M_IT_NA_1, 0],
  [Type.M_IT_TB_1, 0],
  [Type.M_EP_TD_1, EventState.OFF],
  [Type.M_EP_TE_1, StartEvents.none],
  [Type.M_EP_TF_1, OutputCircuits.none]
]
const control: readonly (readonly [type: Type, first: unknown])[] = [
  [Type.C_SC_NA_1, false],
  [Type.C_SC_TA_1, false],
  [Type.C_DC_NA_1, Double.OFF],
  [Type.C_DC_TA_1, Double.OFF],
  [Type.C_RC_NA_1, Step.LOWER],
  [Type.C_RC_TA_1, Step.LOWER],
  [Type.C_SE_NA_1, 0],
  [Type.C_SE_TA_1, 0],
  [Type.C_SE_NB_1, 0],
  [Type.C_SE_TB_1, 0],
  [Type.C_SE_NC_1, 0],
  [Type.C_SE_TC_1, 0],
  [Type.C_BO_NA_1, 0],
  [Type.C_BO_TA_1, 0]
]
const isTagged = (type: Type): boolean => (type >= 30 && type <= 40) || type >= 58

row(21, () => {
  const station = makeStation()
  expect(station.addPoint({ ioAddress: 9, type: Type.M_SP_NA_1 })).not.toBeNull()
  expect(station.addPoint({ ioAddress: 9, type: Type.M_SP_NA_1 })).toBeNull()
  expect(station.addPoint({ ioAddress: 9, type: Type.M_ME_NC_1 })).toBeNull()
  expect(station.addPoint({ ioAddress: 9, type: Type.C_SC_NA_1 })).not.toBeNull()
  expect(station.addPoint({ ioAddress: 9, type: Type.C_DC_NA_1 })).toBeNull()
  expect(station.points.map(({ type }) => type)).toEqual([Type.M_SP_NA_1, Type.C_SC_NA_1])
})

row(22, () => {
  const station = makeStation()
  for (const ioAddress of [16_777_216, 0, -1, 1.5])
    expect(() => station.addPoint({ ioAddress, type: Type.M_SP_NA_1 })).toThrow(
      expect.objectContaining({ code: "INVALID_ADDRESS" })
    )
  expect(() => station.addPoint({ ioAddress: 1, type: Type.F_FR_NA_1 })).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" })
  )
  expect(station.hasPoints).toBe(false)
  expect(station.addPoint({ ioAddress: 16_777_215, type: Type.M_SP_NA_1 })?.ioAddress).toBe(16_777_215)
})

row(23, () => {
  const station = makeStation()
  const fromMs = Date.now()
  const all = [...monitoring, ...control]
  expect([monitoring.length, control.length]).toEqual([21, 14])
  const points = all.map(([type], index) => given(station.addPoint({ ioAddress: index + 1, type })))
  expect(points.map(({ type, value }) => [type, value])).toEqual(all)
  const tagged = points.filter(({ recordedAt }) => recordedAt !== null)
  expect(tagged.map(({ type }) => type)).toEqual(all.map(([type]) => type).filter(isTagged))
  for (const { recordedAt } of tagged) {
    expect(recordedAt?.epochMs).toBeGreaterThanOrEqual(fromMs)
    expect(recordedAt?.epochMs).toBeLessThanOrEqual(Date.now())
  }
})

row(24, () => {
  const station = makeStation()
  const cp24 = [2, 4, 6, 8, 10, 12, 14, 16, 17, 18, 19]
  const system = [70, 100, 101, 102, 103, 104, 105, 106, 107, 110, 111, 112, 113, 120, 127]
  for (const type of [...cp24, ...system] as Type[])
    expect(() => station.addPoint({ ioAddress: 1, type }), `type ${type}`).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" })
    )
  expect(station.hasPoints).toBe(false)
})

row(25, () => {
  const server = makeServer()
  const [one, two] = [given(server.addStation(1)), given(server.addStation(2))]
  const first = given(one.addPoint({ ioAddress: 7, type: Type.M_ME_NB_1 }))
  const second = given(two.addPoint({ ioAddress: 7, type: Type.M_ME_NB_1 }))
  first.value = 5
  expect([first.value, second.value, two.getPoint(7)]).toEqual([5, 0, second])
})

row(26, async () => {
  const { server, station } = await startServer({ tickRateMs: 50 })
  const point = given(station.addPoint({ ioAddress: 1, type: Type.M_ME_NB_1, reportMs: 50 }))
  station.addPoint({ ioAddress: 2, type: Type.M_ME_NC_1, reportMs: 50 })
  const client = await startClient(server.port)
  await client.next({ typeId: Type.M_ME_NB_1, cot: Cot.PERIODIC })
  expect([station.removePoint(1), station.removePoint(1), station.getPoint(1)]).toEqual([true, false, null])
  expect(point.station).toBeNull()
  expect(() => point.transmit(Cot.SPONTANEOUS)).toThrow(expect.objectContaining({ code: "DETACHED" }))
  const periods = (typeId: number): number => client.asdus({ typeId }).length
  const [ended, others] = [periods(Type.M_ME_NB_1), periods(Type.M_ME_NC_1)]
  await client.until(() => periods(Type.M_ME_NC_1) >= others + 3)
  expect(periods(Type.M_ME_NB_1)).toBe(ended)
})

row(27, () => {
  const station = given(makeServer({ tickRateMs: 200 }).addStation(1))
  const point = given(station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1, reportMs: 600 }))
  for (const reportMs of [100, 300, -200, 200.5]) {
    expect(() => Object.assign(point, { reportMs })).toThrow(/multiple of the tick rate of 200 ms/)
    expect(() => station.addPoint({ ioAddress: 2, type: Type.M_SP_NA_1, reportMs })).toThrow(/multiple/)
  }
  expect(point.reportMs).toBe(600)
  point.reportMs = 200
  expect(point.reportMs).toBe(200)
  point.reportMs = 0
  expect(point.reportMs).toBe(0)
})

row(28, () => {
  const station = makeStation()
  const refused: Type[] = []
  for (const [index, [type]] of [...monitoring, ...control].entries()) {
    const point: Point = given(station.addPoint({ ioAddress: index + 1, type }))
    try {
      point.reportMs = 100
      expect(point.reportMs).toBe(100)
    } catch (cause) {
      expect(cause).toMatchObject({ code: "INVALID_ARGUMENT" })
      refused.push(type)
    }
  }
  expect(refused).toEqual([38, 39, 40, ...control.map(([type]) => type)])
})

row(29, async () => {
  const { server, station } = await startServer({ tickRateMs: 50 })
  const point = given(station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 }))
  let calls = 0
  const count = (): void => {
    calls++
  }
  for (const interval of [0, 25, 75, -50]) expect(() => point.onTimer(count, interval)).toThrow(/multiple/)
  expect(point.timerMs).toBe(0)
  point.onTimer(count, 100)
  expect(point.timerMs).toBe(100)
  await startClient(server.port)
  await expect.poll(() => calls, { timeout: 3000 }).toBeGreaterThanOrEqual(2)
  point.onTimer(null)
  const ended = calls
  await pass(250)
  expect([point.timerMs, calls]).toEqual([0, ended])
})

row(30, () => {
  const station = makeStation()
  const shown = given(station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1, relatedIoAddress: 2 }))
  const command = given(station.addPoint({ ioAddress: 2, type: Type.C_SC_NA_1 }))
  for (const point of [shown, command] as Point[]) {
    expect(() => Object.assign(point, { relatedIoAutoreturn: true })).toThrow(/relatedIoAutoreturn/)
    expect(point.relatedIoAutoreturn).toBe(false)
  }
  command.relatedIoAddress = 1
  command.relatedIoAutoreturn = true
  expect(command.relatedIoAutoreturn).toBe(true)
})

row(31, () => {
  const station = makeStation()
  const command = given(station.addPoint({ ioAddress: 1, type: Type.C_SC_NA_1 }))
  expect(command.relatedIoAddress).toBeNull()
  command.relatedIoAddress = 16_777_215
  command.relatedIoAddress = null
  expect(command.relatedIoAddress).toBeNull()
})

row(32, () => {
  const station = makeStation()
  for (const [index, [type]] of [...monitoring, ...control].entries()) {
    const point: Point = given(station.addPoint({ ioAddress: index + 1, type }))
    const select = (): unknown => Object.assign(point, { commandMode: SELECT_AND_EXECUTE })
    const selectable = type >= 45 && type !== Type.C_BO_NA_1 && type !== Type.C_BO_TA_1
    if (selectable) expect(select, `type ${type}`).not.toThrow()
    else expect(select, `type ${type}`).toThrow(/commandMode/)
    expect(point.commandMode).toBe(selectable ? SELECT_AND_EXECUTE : CommandMode.DIRECT)
  }
})

row(33, () => {
  const station = makeStation()
  for (const type of [Type.C_BO_NA_1, Type.C_BO_TA_1, Type.M_SP_NA_1]) {
    const add = (): unknown => station.addPoint({ ioAddress: 1, type, commandMode: SELECT_AND_EXECUTE })
    expect(add).toThrow(/commandMode/)
    expect(station.hasPoints).toBe(false)
  }
})

row(34, async () => {
  const { point, client } = await switchedBy(null, { selectTimeoutMs: 300 })
  point.commandMode = SELECT_AND_EXECUTE
  expect(point.selectedBy).toBeNull()
  for (const oa of [5, 0]) {
    client.command(Type.C_SC_NA_1, 10, { scs: true, select: true }, { oa })
    await client.next({ cot: Cot.ACTIVATION_CON, oa, negative: false })
    expect(point.selectedBy).toBe(oa)
    await expect.poll(() => point.selectedBy, { timeout: 2000 }).toBeNull()
  }
})

row(35, async () => {
  const { server, point, client, operate } = await switchedBy(() => 0)
  const setters: readonly (readonly [string, object])[] = [
    ["onReceive", point],
    ["onBeforeRead", point],
    ["onBeforeAutoTransmit", point],
    ["onTimer", point],
    ...["onConnect", "onClockSync", "onReceiveRaw", "onSendRaw", "onUnexpectedMessage"].map(
      (name) => [name, server] as const
    )
  ]
  for (const [name, owner] of setters) {
    const set = (callback: unknown): unknown => Reflect.get(owner, name).call(owner, callback)
    for (const nonsense of ["callback", 5, {}, undefined])
      expect(() => set(nonsense), name).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }))
  }
  operate()
  expect((await client.next({ cot: Cot.ACTIVATION_CON })).negative).toBe(true)
  for (const [name, owner] of setters) expect(() => Reflect.get(owner, name).call(owner, null), name).not.toThrow()
  operate()
  expect((await client.next({ cot: Cot.ACTIVATION_CON })).negative).toBe(false)
})
