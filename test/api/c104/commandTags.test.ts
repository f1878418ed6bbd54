// Commands with and without time tag at one address: the point takes what its tags say, and the answer has the type of the
// request.
import { describe, expect, it } from "vitest"
import { CommandMode, ResponseState, type ServerOptions, type Tags, Type } from "../../../src/api/c104/index.ts"
import { startClient, startServer } from "../../support/Stage.ts"

const SELECT = CommandMode.SELECT_AND_EXECUTE
const CON = { cot: 7, negative: false }
const REFUSED = { cot: 7, negative: true }
const now = () => {
  const at = new Date()
  const ms = at.getUTCSeconds() * 1000 + at.getUTCMilliseconds()
  const day = { dom: at.getUTCDate(), dow: 0, month: at.getUTCMonth() + 1, year: at.getUTCFullYear() - 2000 }
  return { fmt: "CP56Time2a", ms, min: at.getUTCMinutes(), hour: at.getUTCHours(), ...day }
}
const time = { fmt: "CP56Time2a", ms: 30_125, min: 45, hour: 13, dom: 27, dow: 5, month: 9, year: 24 }

const stage = async (
  type: Type,
  tags: Tags | undefined,
  commandMode: CommandMode = CommandMode.DIRECT,
  options: ServerOptions = {}
) => {
  const { server, station, events } = await startServer(options)
  const point = station.addPoint({ ioAddress: 10, type, commandMode, ...(tags === undefined ? {} : { tags }) })
  const heard: unknown[] = []
  point?.onReceive((_, __, message) => {
    heard.push([message.type, message.info?.recordedAt?.epochMs ?? null])
    return ResponseState.SUCCESS
  })
  const client = await startClient(server.port)
  return { station, events, point, heard, client }
}

describe("a command point", () => {
  it.each<[Type, Tags | undefined, boolean, boolean]>([
    [Type.C_SC_NA_1, undefined, true, false],
    [Type.C_SC_NA_1, "without", true, false],
    [Type.C_SC_NA_1, "with", false, true],
    [Type.C_SC_NA_1, "both", true, true],
    [Type.C_SC_TA_1, undefined, false, true],
    [Type.C_SC_TA_1, "without", true, false],
    [Type.C_SC_TA_1, "with", false, true],
    [Type.C_SC_TA_1, "both", true, true]
  ])("of type %i with tags %s: without a tag taken %s, with one %s", async (type, tags, untagged, tagged) => {
    const { client, heard, point } = await stage(type, tags)
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    await client.next({ typeId: 45, cot: untagged ? 10 : 47 })
    client.command(Type.C_SC_TA_1, 10, { scs: true, time })
    await client.next({ typeId: 58, cot: tagged ? 10 : 47 })
    const answers = [
      untagged
        ? [
            [45, 7],
            [45, 10]
          ]
        : [[45, 47]],
      tagged
        ? [
            [58, 7],
            [58, 10]
          ]
        : [[58, 47]]
    ].flat()
    await client.until(() => client.asdus().length === answers.length)
    expect(client.asdus().map(({ typeId, cot }) => [typeId, cot])).toEqual(answers)
    const at = Date.UTC(2024, 8, 27, 13, 45, 30, 125)
    expect(heard).toEqual([...(untagged ? [[45, null]] : []), ...(tagged ? [[58, at]] : [])])
    expect(point?.type).toBe(type)
  })

  it.each([
    [46, 59, { dcs: 2 }],
    [47, 60, { rcs: 2 }],
    [48, 61, { value: 0.5, ql: 0 }],
    [49, 62, { value: 7, ql: 0 }],
    [50, 63, { value: 1.5, ql: 0 }],
    [51, 64, { bsi: 5 }]
  ] as const)("of type %i takes its twin %i, and shows the value of both", async (type, twin, elements) => {
    const { client, heard } = await stage(type, "both")
    client.command(twin, 10, { ...elements, time })
    expect(await client.next({ typeId: twin, cot: 10 })).toMatchObject({ objects: [{ ioa: 10 }] })
    client.command(type, 10, elements)
    await client.next({ typeId: type, cot: 10 })
    expect(heard).toHaveLength(2)
  })

  it("with a tag of its own says of a command without one when it came", async () => {
    const { client, point } = await stage(Type.C_SC_TA_1, "both")
    const before = Date.now()
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    await client.next({ cot: 10 })
    expect(Math.abs((point?.recordedAt?.epochMs ?? 0) - before)).toBeLessThan(10_000)
  })

  it("that is selected with one type is not executed with the other, and the selection is over", async () => {
    const { client, heard, events } = await stage(Type.C_SC_NA_1, "both", SELECT, { selectTimeoutMs: 5000 })
    for (const [first, second] of [
      [Type.C_SC_NA_1, Type.C_SC_TA_1],
      [Type.C_SC_TA_1, Type.C_SC_NA_1]
    ] as const) {
      const said = (type: Type, more = {}) =>
        client.command(type, 10, { scs: true, ...more, ...(type === Type.C_SC_TA_1 ? { time } : {}) })
      said(first, { select: true })
      expect(await client.next({ typeId: first })).toMatchObject(CON)
      said(second)
      expect(await client.next({ typeId: second })).toMatchObject(REFUSED)
      said(first)
      expect(await client.next({ typeId: first })).toMatchObject(REFUSED)
    }
    expect(heard).toEqual([])
    expect(events.of("selection").map(({ state }) => state)).toEqual([
      "selected",
      "mismatched",
      "selected",
      "mismatched"
    ])
  })

  it("judges the age of what has a tag, at the select and at the execute", async () => {
    const options = { commandAgeMs: 60_000, selectTimeoutMs: 5000 }
    const { client, heard } = await stage(Type.C_SC_NA_1, "both", SELECT, options)
    client.command(Type.C_SC_TA_1, 10, { scs: true, select: true, time })
    expect(await client.next({ typeId: 58 })).toMatchObject(REFUSED)
    client.command(Type.C_SC_TA_1, 10, { scs: true, select: true, time: now() })
    expect(await client.next({ typeId: 58 })).toMatchObject(CON)
    client.command(Type.C_SC_TA_1, 10, { scs: true, time })
    expect(await client.next({ typeId: 58 })).toMatchObject(REFUSED)
    client.command(Type.C_SC_NA_1, 10, { scs: true, select: true })
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    expect(heard).toEqual([])
  })

  it("takes tags for commands only, and only those that there are", async () => {
    const { station } = await startServer()
    const add = (type: Type, tags: string) => () => station.addPoint({ ioAddress: 5, type, tags: tags as Tags })
    expect(add(Type.M_SP_NA_1, "both")).toThrow("tags: a command type is required")
    expect(add(Type.C_SC_NA_1, "all")).toThrow('tags: "without", "with" or "both" is required, not all')
    expect(add(Type.C_SC_NA_1, "both")()).not.toBeNull()
    expect(station.addPoint({ ioAddress: 5, type: Type.C_SC_TA_1 })).toBeNull()
  })
})
