// Parity with c104: commands that need no selection.
import { describe, expect } from "vitest"
import { Cot, type Information, type Point, type PointOptions, ResponseState, Type } from "../../src/api/c104/index.ts"
import { startClient, startServer } from "../support/Stage.ts"
import { row } from "./rowsB.ts"
import { given } from "./support.ts"
import { address, answers, brief, said, sendOctets, TIME, TIME_MS, unexpected } from "./wire.ts"

const { SUCCESS, FAILURE, NONE } = ResponseState

/** A server with the command point 10, decided by `state` unless that is null, and a started client. */
const commanded = async (state: ResponseState | null = SUCCESS, options: Partial<PointOptions<Type>> = {}) => {
  const { server, station, events } = await startServer()
  const point: Point = given(station.addPoint<Type>({ ioAddress: 10, type: Type.C_SC_NA_1, ...options }))
  const calls: unknown[] = []
  if (state !== null)
    point.onReceive((_, __, message) => {
      calls.push(message.info?.value)
      return state
    })
  const client = await startClient(server.port)
  const operate = (fields = {}, ioa = 10): void => client.command(Type.C_SC_NA_1, ioa, { scs: true, qu: 1 }, fields)
  return { server, station, events, point, calls, client, operate, told: unexpected(server) }
}

/** The fields of an info that do not say when it was handled, as plain numbers. */
const fieldsOf = (info: Information): unknown => ({
  value: Number(info.value),
  qualifier: Number((info as { readonly qualifier?: unknown }).qualifier ?? 0),
  recordedAt: info.recordedAt?.epochMs ?? null
})

/** Two commands of each untagged type: elements, and the value and qualifier that they mean. */
const commands = [
  [Type.C_SC_NA_1, { scs: true, qu: 2 }, [1, 2], { scs: false, qu: 1 }, [0, 1], 0],
  [Type.C_DC_NA_1, { dcs: 2, qu: 1 }, [2, 1], { dcs: 1, qu: 0 }, [1, 0], 1],
  [Type.C_RC_NA_1, { rcs: 2, qu: 3 }, [2, 3], { rcs: 1, qu: 1 }, [1, 1], 1],
  [Type.C_SE_NA_1, { value: 0.5, ql: 5 }, [0.5, 5], { value: -1, ql: 0 }, [-1, 0], 0],
  [Type.C_SE_NB_1, { value: -7, ql: 1 }, [-7, 1], { value: 32_767, ql: 0 }, [32_767, 0], 0],
  [Type.C_SE_NC_1, { value: 2.5, ql: 127 }, [2.5, 127], { value: -0.25, ql: 0 }, [-0.25, 0], 0],
  [Type.C_BO_NA_1, { bsi: 0x04030201 }, [0x04030201, 0], { bsi: 0xffffffff }, [0xffffffff, 0], 0]
] as const

/** The type with a time tag is 13 behind the one without. */
const TAGGED = 13

describe("a command", () => {
  row(136, async () => {
    const { server, station } = await startServer()
    const client = await startClient(server.port)
    const all = commands.flatMap((line, index) =>
      [0, TAGGED].map((behind) => ({ line, ioa: 10 + index + behind, type: (line[0] + behind) as Type, behind }))
    )
    expect(all).toHaveLength(14)
    const expected: unknown[] = []
    const actual: unknown[] = []
    for (const { line, ioa, type, behind } of all) {
      const [, first, [value1, qualifier1], second, [value2, qualifier2], initial] = line
      const point = given(station.addPoint<Type>({ ioAddress: ioa, type }))
      const made = point.info.recordedAt?.epochMs ?? null
      const heard: unknown[] = []
      point.onReceive((which, previousInfo, message) => {
        heard.push(which === point, fieldsOf(previousInfo), fieldsOf(which.info), fieldsOf(given(message.info)))
        return SUCCESS
      })
      const tags = behind === 0 ? [{}, {}] : [{ time: TIME }, { time: { ...TIME, min: 31 } }]
      client.command(type, ioa, { ...first, ...tags[0] })
      client.command(type, ioa, { ...second, ...tags[1] })
      const told1 = { value: value1, qualifier: qualifier1, recordedAt: behind === 0 ? null : TIME_MS }
      const told2 = { value: value2, qualifier: qualifier2, recordedAt: behind === 0 ? null : TIME_MS + 60_000 }
      const before = { value: initial, qualifier: 0, recordedAt: made }
      const answered = [7, 10, 7, 10].map((cause) => `${type} ${cause}+`)
      actual.push({ type, said: await said(client), heard, after: fieldsOf(point.info) })
      const asked = [true, before, told1, told1, true, told1, told2, told2]
      expected.push({ type, said: answered, heard: asked, after: told2 })
    }
    expect(actual).toEqual(expected)
  })

  row(137, async () => {
    for (const [state, expected] of [
      [SUCCESS, ["45 7+", "45 10+"]],
      [FAILURE, ["45 7-"]],
      [NONE, []]
    ] as const) {
      const { client, operate, calls } = await commanded(state)
      operate()
      expect([await said(client), calls]).toEqual([expected, [true]])
    }
  })

  row(138, async () => {
    const { client, point, operate } = await commanded(null, { type: Type.C_SC_NA_1 })
    operate()
    expect(await said(client)).toEqual(["45 7+", "45 10+"])
    expect(fieldsOf(point.info)).toEqual({ value: 1, qualifier: 1, recordedAt: null })
    const tagged = await commanded(null, { type: Type.C_SC_TA_1 })
    tagged.client.command(Type.C_SC_TA_1, 10, { scs: true, qu: 2, time: TIME })
    expect(await said(tagged.client)).toEqual(["58 7+", "58 10+"])
    expect(fieldsOf(tagged.point.info)).toEqual({ value: 1, qualifier: 2, recordedAt: TIME_MS })
  })

  row(139, async () => {
    const { client, point, operate } = await commanded()
    operate()
    expect(await said(client)).toEqual(["45 7+", "45 10+"])
    point.actTerm = false
    operate()
    expect(await said(client)).toEqual(["45 7+"])
  })

  row(140, async () => {
    const { client, point } = await commanded(FAILURE, { type: Type.C_SC_TA_1 })
    const before = fieldsOf(point.info)
    client.command(Type.C_SC_TA_1, 10, { scs: true, qu: 2, time: TIME })
    expect(await said(client)).toEqual(["58 7-"])
    expect(fieldsOf(point.info)).toEqual(before)
  })

  row(141, async () => {
    const { client, calls } = await commanded(SUCCESS, { type: Type.C_SE_TC_1 })
    const elements = { value: 2.5, ql: 3, time: { ...TIME, su: true } }
    const mirrored = { typeId: Type.C_SE_TC_1, negative: false, ca: 1, objects: [{ ioa: 10, ...elements }] }
    for (const fields of [
      { oa: 77, test: false },
      { oa: 78, test: true }
    ]) {
      client.command(Type.C_SE_TC_1, 10, elements, fields)
      expect(await answers(client)).toMatchObject([7, 10].map((cot) => ({ ...mirrored, ...fields, cot })))
    }
    expect(calls.map(Number)).toEqual([2.5])
  })
})

describe("a command that does not fit", () => {
  row(142, async () => {
    const { client, calls, told } = await commanded()
    client.command(Type.C_DC_NA_1, 10, { dcs: 2 })
    expect([await said(client), calls, told.names]).toEqual([["46 47-"], [], ["MISMATCHED_TYPE_ID"]])
  })

  row(143, async () => {
    const { client, calls, told } = await commanded()
    client.command(Type.C_SC_TA_1, 10, { scs: true, time: TIME })
    expect([await said(client), calls, told.names]).toEqual([["58 47-"], [], ["MISMATCHED_TYPE_ID"]])
  })

  row(144, async () => {
    const { client, station, told } = await commanded()
    station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
    client.command(Type.C_SC_NA_1, 20, { scs: true })
    expect([await said(client), told.names]).toEqual([["45 47-"], ["MISMATCHED_TYPE_ID"]])
  })

  row(145, async () => {
    const { client, operate, told } = await commanded()
    operate({}, 99)
    expect([await said(client), told.names]).toEqual([["45 47-"], ["UNKNOWN_IOA"]])
  })

  row(146, async () => {
    const { client, operate, told } = await commanded()
    operate({ ca: 9 })
    expect([await said(client), told.names]).toEqual([["45 46-"], ["UNKNOWN_CA"]])
  })

  row(147, async () => {
    const { server, client, operate, calls, told } = await commanded()
    server.addStation(2)
    operate({ ca: 0xffff })
    const heard = await answers(client)
    expect([heard.map(brief), heard[0]?.ca, calls, told.names]).toEqual([["45 46-"], 0xffff, [], ["UNKNOWN_CA"]])
  })

  row(148, async () => {
    const { client, operate, told } = await commanded()
    operate({ ca: 0 })
    const heard = await answers(client)
    expect([heard.map(brief), heard[0]?.ca, told.names]).toEqual([["45 46-"], 0, ["UNKNOWN_CA"]])
  })

  row(149, async () => {
    const { client, station, calls } = await commanded()
    station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1 })
    client.command(Type.C_SC_NA_1, 10, { scs: true }, { sq: true })
    const objects = [10, 11].map((ioa) => ({ ioa, scs: true }))
    client.send(client.i({ typeId: Type.C_SC_NA_1, cot: 6, ca: 1, objects }))
    expect([await said(client), calls]).toEqual([["45 7-", "45 7-"], []])
  })

  row(150, async () => {
    const { server, client, calls } = await commanded()
    sendOctets(client, Type.C_SC_NA_1, address(10))
    await client.ended
    expect([client.asdus(), calls]).toEqual([[], []])
    expect(await (await startClient(server.port)).answers()).toBe(true)
  })

  row(151, async () => {
    const { client, calls } = await commanded()
    const frames: string[] = []
    sendOctets(client, Type.C_SC_NA_1, `${address(10)}01ff`)
    await client.until(() => client.iFrames === 1)
    frames.push(
      Buffer.from(given(client.frames.at(-1)))
        .toString("hex")
        .slice(12)
    )
    expect([frames, calls]).toEqual([[`2d01470001000a000001ff`], []])
  })

  row(152, async () => {
    const { client, operate, calls } = await commanded()
    operate({ cot: 8 })
    expect([await said(client), calls]).toEqual([["45 9-"], []])
  })

  row(153, async () => {
    const { client, operate, calls } = await commanded()
    for (const cot of [0, 3, 7, 10, 63]) operate({ cot })
    expect([await said(client), calls]).toEqual([Array(5).fill("45 45-"), []])
    for (const cot of [44, 45, 46, 47]) operate({ cot })
    expect([await said(client), calls]).toEqual([[], []])
  })

  row(154, async () => {
    const { client, point, operate, events } = await commanded(null)
    let calls = 0
    point.onReceive(() => {
      if (++calls === 1) throw new Error("relay stuck")
      return SUCCESS
    })
    operate()
    operate()
    expect(await said(client)).toEqual(["45 7-", "45 7+", "45 10+"])
    expect([calls, events.of("error").map(({ error }) => error.code)]).toEqual([2, ["CALLBACK_FAILED"]])
  })
})

describe("answers to a command", () => {
  row(155, async () => {
    const { server, client, point, operate } = await commanded(NONE)
    const other = await startClient(server.port)
    operate({ oa: 5 })
    expect(await said(client)).toEqual([])
    expect(point.transmit(Cot.ACTIVATION_CON, { originator: 9 })).toBe(true)
    expect(point.transmit(Cot.ACTIVATION_TERMINATION)).toBe(true)
    const own = { typeId: 45, negative: false, oa: 5, objects: [{ ioa: 10, scs: true, qu: 1, select: false }] }
    expect(await answers(client)).toMatchObject([
      { ...own, cot: 7 },
      { ...own, cot: 10 }
    ])
    expect([await said(other), point.transmit(Cot.ACTIVATION_TERMINATION)]).toEqual([[], false])
    operate()
    expect(point.transmit(Cot.ACTIVATION_CON, { negative: true })).toBe(false)
    expect(await said(client)).toEqual([])
    expect(point.transmit(Cot.ACTIVATION_CON, { negative: true })).toBe(true)
    expect(await said(client)).toEqual(["45 7-"])
  })

  /** The command 10 returns the measured value 20, which may be missing. */
  const returning = async (state: ResponseState, related = 20) => {
    const { station, ...more } = await commanded(state, { relatedIoAddress: related, relatedIoAutoreturn: true })
    given(station.addPoint({ ioAddress: 20, type: Type.M_ME_NC_1 })).value = 1.5
    return { station, ...more }
  }

  row(156, async () => {
    const { client, operate } = await returning(SUCCESS)
    operate({ oa: 5 })
    const heard = await answers(client)
    expect(heard.map(brief)).toEqual(["45 7+", "13 11+", "45 10+"])
    expect(heard[1]).toMatchObject({ oa: 5, ca: 1, objects: [{ ioa: 20, value: 1.5 }] })
  })

  row(157, async () => {
    const { server, client, operate } = await returning(SUCCESS)
    const other = await startClient(server.port)
    operate({ oa: 5 })
    expect(await said(client)).toEqual(["45 7+", "13 11+", "45 10+"])
    expect(await answers(other)).toMatchObject([{ typeId: 13, cot: 11, oa: 0, objects: [{ ioa: 20, value: 1.5 }] }])
  })

  row(158, async () => {
    for (const [state, related, select, expected] of [
      [FAILURE, 20, false, ["45 7-"]],
      [NONE, 20, false, []],
      [SUCCESS, 20, true, ["45 7-"]],
      [SUCCESS, 21, false, ["45 7+", "45 10+"]]
    ] as const) {
      const { client } = await returning(state, related)
      client.command(Type.C_SC_NA_1, 10, { scs: true, select })
      expect(await said(client)).toEqual(expected)
    }
  })
})
