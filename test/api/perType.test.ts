// `addressing: "perType"`: an object address names a point together with its type. Whoever names one by its address alone, where
// several have it, is told that a type is needed; and a read command is answered by every monitoring point there.
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { type Point, profiles, ResponseState, type Server, type Station, Type, Umc } from "../../src/api/c104/index.ts"
import * as Iec104 from "../../src/api/effect/index.ts"
import type { RawClient } from "../support/RawClient.ts"
import { deferred, record, startClient, startServer } from "../support/Stage.ts"

const perType = { ...profiles.c104, addressing: "perType" } as const

const given = <A>(value: A | null | undefined): A => {
  if (value === null || value === undefined) throw new Error("it was there")
  return value
}

const shared = async (): Promise<{
  readonly server: Server
  readonly station: Station
  readonly client: RawClient
}> => {
  const { server, station } = await startServer({ profile: perType, selectTimeoutMs: 10_000 })
  // Not in the order in which they answer.
  for (const type of [Type.M_ME_NC_1, Type.M_SP_NA_1, Type.M_ME_NB_1]) given(station.addPoint({ ioAddress: 11, type }))
  return { server, station, client: await startClient(server.port) }
}

const read = (client: RawClient, ioa: number): void =>
  client.send(client.i({ typeId: Type.C_RD_NA_1, cot: 5, ca: 1, objects: [{ ioa }] }))

describe("addressing perType", () => {
  it("takes a point of each type at an address, and none whose type differs in the time tag only", async () => {
    const { station } = await shared()
    expect(station.addPoint({ ioAddress: 11, type: Type.M_SP_NA_1 })).toBeNull()
    expect(station.addPoint({ ioAddress: 11, type: Type.M_SP_TB_1 })).toBeNull()
    expect(given(station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1 })).type).toBe(Type.C_SC_NA_1)
    expect(given(station.addPoint({ ioAddress: 11, type: Type.C_SE_NC_1 })).type).toBe(Type.C_SE_NC_1)
    expect(station.addPoint({ ioAddress: 11, type: Type.C_SC_TA_1 })).toBeNull()
    expect(station.points.map(({ type }) => type)).toEqual([1, 11, 13, 45, 50])
  })

  it("answers a read command with every monitoring point of the address, by ascending type", async () => {
    const { station, client } = await shared()
    station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1 })
    for (const { type } of station.points.filter((point) => point.type < 45))
      Object.assign(given(station.getPoint({ ioAddress: 11, type })), { value: type === Type.M_SP_NA_1 ? true : type })
    read(client, 11)
    await client.until(() => client.asdus({ cot: 5 }).length === 3)
    expect(client.asdus({ cot: 5 }).map(({ typeId, objects }) => [typeId, objects?.[0]?.ioa])).toEqual([
      [1, 11],
      [11, 11],
      [13, 11]
    ])
    read(client, 12)
    expect(await client.next({ typeId: Type.C_RD_NA_1 })).toMatchObject({ cot: 47, negative: true })
  })

  it("goes on with a read over points that are refreshed first, in the same order", async () => {
    const { station, client } = await shared()
    const point = given(station.getPoint({ ioAddress: 11, type: Type.M_SP_NA_1 })) as Point<typeof Type.M_SP_NA_1>
    point.onBeforeRead(async () => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      point.value = true
    })
    read(client, 11)
    await client.until(() => client.asdus({ cot: 5 }).length === 3)
    expect(client.asdus({ cot: 5 }).map(({ typeId }) => typeId)).toEqual([1, 11, 13])
  })

  const [SP, NB, NC] = [Type.M_SP_NA_1, Type.M_ME_NB_1, Type.M_ME_NC_1]

  it.each([
    ["the next one", 1, [NB], [SP, NC]],
    ["the last one", 1, [NC], [SP, NB]],
    ["all that are left", 1, [NB, NC], [SP]],
    ["the first one", 0, [SP], [NB, NC]],
    ["all of them", 0, [SP, NB, NC], [Type.C_RD_NA_1]],
    ["its station, in whose place another one comes,", 1, [], [SP]]
  ])("answers a read command once when %s is removed meanwhile", async (_, told, removed, answers) => {
    const { server, station } = await startServer({ profile: perType })
    server.protocolParameters.sendWindowSize = 1
    for (const type of [SP, NB, NC]) station.addPoint({ ioAddress: 11, type })
    const other = given(station.addPoint({ ioAddress: 12, type: SP }))
    const client = await startClient(server.port, { acknowledge: "never" })
    if (told === 0) other.transmit(3)
    await client.testfr()
    read(client, 11)
    await client.testfr()
    for (const type of removed) station.removePoint({ ioAddress: 11, type })
    if (removed.length === 0) {
      server.removeStation(1)
      const anew = given(server.addStation(1))
      for (const type of [SP, NB, NC]) anew.addPoint({ ioAddress: 11, type })
    }
    for (let before = 0; client.iFrames > before; ) {
      before = client.iFrames
      client.acknowledge()
      await client.testfr()
    }
    expect(
      client.asdus(({ apci, ...frame }) => apci.format === "I" && "cot" in frame && frame.cot !== 3)
    ).toMatchObject(answers.map((typeId) => ({ typeId, negative: typeId === Type.C_RD_NA_1 })))
  })

  it("hands a command to the point of its type, and selects each by itself", async () => {
    const { station, client } = await shared()
    const operated: string[] = []
    for (const type of [Type.C_SC_NA_1, Type.C_DC_NA_1] as const) {
      const point = given(station.addPoint({ ioAddress: 20, type, commandMode: 1 as never })) as Point
      point.onReceive(() => {
        operated.push(String(type))
        return ResponseState.SUCCESS
      })
    }
    client.command(Type.C_SC_NA_1, 20, { scs: true, select: true })
    expect(await client.next({ typeId: Type.C_SC_NA_1, cot: 7 })).toMatchObject({ negative: false })
    client.command(Type.C_DC_NA_1, 20, { dcs: 2, select: true })
    expect(await client.next({ typeId: Type.C_DC_NA_1, cot: 7 })).toMatchObject({ negative: false })
    client.command(Type.C_SC_NA_1, 20, { scs: true, select: false })
    expect(await client.next({ typeId: Type.C_SC_NA_1, cot: 7 })).toMatchObject({ negative: false })
    client.command(Type.C_DC_NA_1, 20, { dcs: 2, select: false })
    expect(await client.next({ typeId: Type.C_DC_NA_1, cot: 7 })).toMatchObject({ negative: false })
    expect(operated).toEqual(["45", "46"])
  })

  it("asks for a type where several points have the address that is named: points, related points, removal", async () => {
    const { station, client } = await shared()
    const several =
      /an address and a type, since several points have the address.*11 \(M_SP_NA_1, M_ME_NB_1, M_ME_NC_1\)/
    expect(() => station.getPoint(11)).toThrow(several)
    expect(() => station.removePoint(11)).toThrow(several)
    const command = { ioAddress: 30, type: Type.C_SC_NA_1, relatedIoAutoreturn: true } as const
    expect(() => station.addPoint({ ...command, relatedIoAddress: 11 })).toThrow(several)
    expect(station.getPoint(30)).toBeNull()
    const related = { ioAddress: 11, type: Type.M_SP_NA_1 }
    const point = given(station.addPoint({ ...command, relatedIoAddress: related }))
    expect(point.relatedIoAddress).toBe(11)
    client.command(Type.C_SC_NA_1, 30, { scs: true })
    expect(await client.next({ cot: 11 })).toMatchObject({ typeId: Type.M_SP_NA_1 })
    expect(station.removePoint({ ioAddress: 11, type: Type.M_ME_NB_1 })).toBe(true)
    expect(station.points.map(({ type }) => type)).toEqual([1, 13, 45])
  })

  it("takes a parameter for the measured value of its type", async () => {
    const { server, client } = await shared()
    const asked: number[] = []
    server.onParameter((_server, _ip, { type }) => {
      asked.push(type)
      return ResponseState.SUCCESS
    })
    client.send(
      client.i({
        typeId: Type.P_ME_NC_1,
        cot: 6,
        ca: 1,
        objects: [{ ioa: 11, value: 1.5, qpm: { kpa: 1, lpc: false, pop: false } }]
      })
    )
    expect(await client.next({ typeId: Type.P_ME_NC_1 })).toMatchObject({ cot: 7, negative: false })
    expect(asked).toEqual([Type.P_ME_NC_1])
  })

  it("refuses to activate a parameter where several points could be meant, and says of a wrong type what it is", async () => {
    const { server, client } = await shared()
    const causes: number[] = []
    server.onUnexpectedMessage((_server, _message, cause) => void causes.push(cause))
    server.onParameter(() => ResponseState.SUCCESS)
    client.send(client.i({ typeId: Type.P_AC_NA_1, cot: 6, ca: 1, objects: [{ ioa: 11, qpa: 3 }] }))
    expect(await client.next({ typeId: Type.P_AC_NA_1 })).toMatchObject({ cot: 47, negative: true })
    client.command(Type.C_DC_NA_1, 11, { dcs: 2 })
    expect(await client.next({ typeId: Type.C_DC_NA_1 })).toMatchObject({ cot: 47, negative: true })
    expect(causes).toEqual([Umc.MISMATCHED_TYPE_ID, Umc.MISMATCHED_TYPE_ID])
  })

  it("keeps to the related point that was there, and tells where several came and none was named", async () => {
    const { server, station } = await startServer({ profile: perType })
    const events = record(server)
    station.addPoint({ ioAddress: 7, type: Type.M_SP_NA_1 })
    const related = { type: Type.C_SC_NA_1, relatedIoAutoreturn: true, relatedIoAddress: 7 } as const
    station.addPoint({ ioAddress: 20, ...related })
    const client = await startClient(server.port)
    station.addPoint({ ioAddress: 7, type: Type.M_DP_NA_1 })
    client.command(Type.C_SC_NA_1, 20, { scs: true })
    expect(await client.next({ cot: 11 })).toMatchObject({ typeId: Type.M_SP_NA_1 })
    // With time tag it is the same object.
    station.removePoint({ ioAddress: 7, type: Type.M_SP_NA_1 })
    station.addPoint({ ioAddress: 7, type: Type.M_SP_TB_1 })
    client.command(Type.C_SC_NA_1, 20, { scs: true })
    expect(await client.next({ cot: 11 })).toMatchObject({ typeId: Type.M_SP_TB_1 })
    // Named before anything was there: by the address alone nobody can say which of them is meant by now.
    station.addPoint({ ioAddress: 21, ...related, relatedIoAddress: 8 })
    station.addPoint({ ioAddress: 8, type: Type.M_SP_NA_1 })
    station.addPoint({ ioAddress: 8, type: Type.M_DP_NA_1 })
    client.command(Type.C_SC_NA_1, 21, { scs: true })
    await client.next({ typeId: Type.C_SC_NA_1, cot: 10 })
    expect(String((await events.next("error")).error)).toMatch(/relatedIoAddress.*an address and a type/s)
  })

  it("shows a command by the point that comes to an address of commands after it was named", async () => {
    const { server, station } = await startServer({ profile: perType })
    const related = { relatedIoAddress: 7, relatedIoAutoreturn: true } as const
    station.addPoint({ ioAddress: 7, type: Type.C_SC_NA_1, ...related })
    station.addPoint({ ioAddress: 7, type: Type.C_DC_NA_1, ...related })
    station.addPoint({ ioAddress: 7, type: Type.C_RC_NA_1, ...related })
    given(station.addPoint({ ioAddress: 7, type: Type.M_SP_NA_1 }))
    const client = await startClient(server.port)
    client.command(Type.C_SC_NA_1, 7, { scs: true })
    expect(await client.next({ cot: 11 })).toMatchObject({ typeId: Type.M_SP_NA_1 })
    client.command(Type.C_RC_NA_1, 7, { rcs: 1 })
    expect(await client.next({ cot: 11 })).toMatchObject({ typeId: Type.M_SP_NA_1 })
  })

  it("keeps an output that is operated, whatever its point comes back as: its type, or that with the other time tag", async () => {
    const { server, station } = await startServer({ profile: { ...perType, commandWaitMs: 0 } })
    const events = record(server)
    const decided = deferred<ResponseState>()
    const point = given(station.addPoint({ ioAddress: 9, type: Type.C_SC_NA_1 }))
    given(station.addPoint({ ioAddress: 9, type: Type.C_DC_NA_1 }))
    point.onReceive(() => decided.promise)
    const client = await startClient(server.port)
    client.command(Type.C_SC_NA_1, 9, { scs: true })
    await client.testfr()
    station.removePoint({ ioAddress: 9, type: Type.C_SC_NA_1 })
    const twin = given(station.addPoint({ ioAddress: 9, type: Type.C_SC_TA_1 }))
    let operated = 0
    twin.onReceive(() => {
      operated++
      return ResponseState.SUCCESS
    })
    expect(twin.outputStatus).toBe("busy")
    client.command(Type.C_SC_TA_1, 9, { scs: true, time: { min: 1, hour: 1, dom: 1, month: 1, year: 26 } })
    expect(await client.next({ typeId: Type.C_SC_TA_1 })).toMatchObject({ cot: 7, negative: true })
    expect(operated).toBe(0)
    expect(twin.release()).toBe(true)
    expect(await events.next("output")).toMatchObject({ address: 9, type: "C_SC_TA_1", status: "free" })
    decided.resolve(ResponseState.SUCCESS)
  })

  it("has requests to one point stand in line, and none of them behind another point of its address", async () => {
    const { server, station } = await startServer({ profile: perType })
    const wanted = deferred<ResponseState>()
    const selectable = given(station.addPoint({ ioAddress: 9, type: Type.C_SC_NA_1, commandMode: 1 as never }))
    selectable.onSelect(() => wanted.promise)
    given(station.addPoint({ ioAddress: 9, type: Type.C_DC_NA_1 })).onReceive(() => ResponseState.SUCCESS)
    const client = await startClient(server.port)
    client.command(Type.C_SC_NA_1, 9, { scs: true, select: true })
    client.command(Type.C_DC_NA_1, 9, { dcs: 2 })
    expect(await client.next({ typeId: Type.C_DC_NA_1, cot: 7 })).toMatchObject({ negative: false })
    expect(client.asdus({ typeId: Type.C_SC_NA_1 })).toEqual([])
    wanted.resolve(ResponseState.SUCCESS)
    expect(await client.next({ typeId: Type.C_SC_NA_1, cot: 7 })).toMatchObject({ negative: false })
  })

  it("is the same in the Effect face", async () => {
    const program = Effect.gen(function* () {
      const made = yield* Iec104.make({ host: "127.0.0.1", port: 0, profile: { ...Iec104.iec, addressing: "perType" } })
      const station = yield* made.addStation(1)
      yield* station.addPoint({ ioAddress: 11, type: Type.M_SP_NA_1 })
      yield* station.addPoint({ ioAddress: 11, type: Type.M_ME_NC_1 })
      const plain = yield* Effect.exit(station.addPoint({ ioAddress: 20, type: Type.C_SC_NA_1, feedback: 11 }))
      const feedback = { ioAddress: 11, type: Type.M_SP_NA_1 }
      yield* station.addPoint({ ioAddress: 20, type: Type.C_SC_NA_1, feedback })
      expect(JSON.stringify(plain)).toMatch(/"feedback","expected":"an address and a type/)
      expect(() => station.getPoint(11)).toThrow(/an address and a type/)
      expect(station.getPoint({ ioAddress: 11, type: Type.M_ME_NC_1 })?.type).toBe(Type.M_ME_NC_1)
      expect(station.removePoint({ ioAddress: 11, type: Type.M_ME_NC_1 })).toBe(true)
      expect(station.getPoint(11)?.type).toBe(Type.M_SP_NA_1)
      for (const key of [null, undefined, "11"])
        expect(() => station.getPoint(key as never)).toThrow(/point: its address, or an object with ioAddress and type/)
    })
    await Effect.runPromise(Effect.scoped(program))
  })

  it("is refused by another word", async () => {
    const profile = { ...profiles.c104, addressing: "both" } as never
    await expect(startServer({ profile })).rejects.toThrow(/addressing is both: "unique" or "perType" is required/)
  })
})
