// A command that nobody decides: no handler, and no related point that can show what it did. What the client hears depends
// on the profile; the operator is told once, when the server listens.
import { describe, expect, it } from "vitest"
import { profiles, ResponseState, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import { makeServer, record, startClient } from "../../support/Stage.ts"

const CON = { cot: 7, negative: false }
const REFUSED = { cot: 7, negative: true }

/** A server with the set-point 10 and the single point 20 whose log is kept. */
const stage = (options: ServerOptions) => {
  const lines: string[] = []
  const server = makeServer({ logWriter: (level, line) => lines.push(`${level} ${line}`), ...options })
  const station = server.addStation(1)
  if (station === null) throw new Error("a new server has no stations")
  return { server, station, lines, events: record(server) }
}

describe("in the profile iec", () => {
  it("is refused, does nothing, and is told once in the log", async () => {
    const { server, station, lines, events } = stage({ profile: "iec" })
    for (const ioAddress of [10, 11, 12]) station.addPoint({ ioAddress, type: Type.C_SC_NA_1 })
    await server.start()
    const client = await startClient(server.port)
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect(station.getPoint(10)?.value).toBe(false)
    expect(lines).toEqual([
      "warning C_SC_NA_1 10 of station 1 and 2 more: neither a handler nor a feedback point decides it, and its commands are refused"
    ])
    expect(events.of("undecided")).toMatchObject([{ count: 3, address: 10, refused: true }])
    expect(events.of("command")).toMatchObject([{ outcome: "failure", answered: true }])
  })

  it.each<[string, (typeof Type)[keyof typeof Type] | null]>([
    ["is not there", null],
    ["is of another kind", Type.M_SP_NA_1]
  ])("is refused when its related point %s", async (_, type) => {
    const { server, station } = stage({ profile: "iec" })
    station.addPoint({ ioAddress: 10, type: Type.C_SE_NC_1, relatedIoAddress: 20, relatedIoAutoreturn: true })
    const shown = type === null ? null : station.addPoint({ ioAddress: 20, type })
    await server.start()
    const client = await startClient(server.port)
    client.command(Type.C_SE_NC_1, 10, { value: 7, ql: 0 })
    expect(await client.next({ typeId: 50 })).toMatchObject(REFUSED)
    expect([shown?.value ?? false, client.asdus()]).toMatchObject([false, [REFUSED]])
  })

  it("is decided by a related point that can show it, which takes the value", async () => {
    const { server, station, lines } = stage({ profile: "iec" })
    const shown = station.addPoint({ ioAddress: 20, type: Type.M_DP_NA_1 })
    const tap = station.addPoint({ ioAddress: 21, type: Type.M_ST_NA_1 })
    station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, relatedIoAddress: 20, relatedIoAutoreturn: true })
    station.addPoint({ ioAddress: 11, type: Type.C_RC_NA_1, relatedIoAddress: 21, relatedIoAutoreturn: true })
    await server.start()
    const client = await startClient(server.port)
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    await client.next({ cot: 10 })
    client.command(Type.C_RC_NA_1, 11, { rcs: 1 })
    await client.next({ cot: 10 })
    expect(client.asdus().map(({ typeId, cot }) => [typeId, cot])).toEqual([
      [45, 7],
      [3, 11],
      [45, 10],
      [47, 7],
      [5, 11],
      [47, 10]
    ])
    expect([Number(shown?.value), Number(tap?.value), lines]).toEqual([2, -1, []])
  })

  it("refuses a related point of another kind when it is set, and an addPoint leaves nothing behind", () => {
    const { station } = stage({ profile: "iec" })
    station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
    const add = () => station.addPoint({ ioAddress: 10, type: Type.C_SE_NC_1, relatedIoAddress: 20 })
    expect(add).toThrow("a point that can show what C_SE_NC_1 did is required, not M_SP_NA_1 20")
    expect(station.getPoint(10)).toBeNull()
  })

  it.each(["unique", "perType"] as const)(
    "is decided by the related point that comes to its own address after it (addressing %s)",
    async (addressing) => {
      const { server, station } = stage({ profile: { ...profiles.iec, addressing } })
      station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, relatedIoAddress: 10, relatedIoAutoreturn: true })
      const shown = station.addPoint({ ioAddress: 10, type: Type.M_SP_NA_1 })
      await server.start()
      const client = await startClient(server.port)
      client.command(Type.C_SC_NA_1, 10, { scs: true })
      await client.next({ cot: 10 })
      expect(client.asdus().map(({ typeId, cot }) => [typeId, cot])).toEqual([
        [45, 7],
        [1, 11],
        [45, 10]
      ])
      expect(shown?.value).toBe(true)
    }
  )

  it("refuses a related point of another kind whichever time tag its type is named with", () => {
    const { station } = stage({ profile: "iec" })
    station.addPoint({ ioAddress: 20, type: Type.M_ME_NC_1 })
    const related = { ioAddress: 20, type: Type.M_ME_TF_1 }
    const add = () => station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, relatedIoAddress: related })
    expect(add).toThrow("a point that can show what C_SC_NA_1 did is required, not M_ME_NC_1 20")
  })

  it("that a handler decides although its related point is not there is told in the log", async () => {
    const { server, station, lines } = stage({ profile: "iec" })
    const point = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, relatedIoAddress: 20 })
    point?.onReceive(() => ResponseState.SUCCESS)
    await server.start()
    expect(lines).toEqual(["warning C_SC_NA_1 10 of station 1: its related point is not there, or of another kind"])
  })
})

describe("in the profile c104", () => {
  it("is told although a related point reports it, which decides nothing there", async () => {
    const { server, station, lines, events } = stage({})
    const shown = station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
    station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1, relatedIoAddress: 20, relatedIoAutoreturn: true })
    await server.start()
    const client = await startClient(server.port)
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    expect(await client.next({ typeId: Type.C_SC_NA_1 })).toMatchObject(CON)
    expect(shown?.value).toBe(false)
    expect(lines).toEqual([
      "warning C_SC_NA_1 10 of station 1: neither a handler nor a feedback point decides it, and its commands are confirmed although nothing is done"
    ])
    expect(events.of("undecided")).toMatchObject([{ count: 1, address: 10, refused: false }])
  })

  it("is confirmed as c104 does, with a warning when the server listens", async () => {
    const { server, station, lines } = stage({})
    station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
    station.addPoint({ ioAddress: 10, type: Type.C_SE_NC_1, relatedIoAddress: 20, relatedIoAutoreturn: true })
    await server.start()
    const client = await startClient(server.port)
    client.command(Type.C_SE_NC_1, 10, { value: 7, ql: 0 })
    expect(await client.next({ typeId: 50 })).toMatchObject(CON)
    expect([station.getPoint(20)?.value, lines]).toEqual([
      false,
      [
        "warning C_SE_NC_1 10 of station 1: neither a handler nor a feedback point decides it, and its commands are confirmed although nothing is done"
      ]
    ])
  })
})
