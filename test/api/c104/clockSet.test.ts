// A clock that clients set (clockSource "c_cs"): the time that a frame says is that of its arrival, whenever the application
// has agreed to it, and of two frames the one that came last says what time it is.
import { describe, expect, it } from "vitest"
import { ResponseState, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import type { AsduFields } from "../../../src/core/wire/Fields.ts"
import type { RawClient } from "../../support/RawClient.ts"
import { deferred, startClient, startServer } from "../../support/Stage.ts"

const { SUCCESS, FAILURE } = ResponseState

/** CP56Time2a of 1 June 2026 at an hour, UTC. */
const at = (hour: number): object => ({
  fmt: "CP56Time2a",
  ms: 0,
  min: 0,
  gen: false,
  iv: false,
  hour,
  su: false,
  dom: 1,
  dow: 0,
  month: 6,
  year: 26
})

interface Tag {
  readonly ms: number
  readonly min: number
  readonly hour: number
  readonly iv: boolean
}

const tagOf = ({ objects = [] }: AsduFields): Tag => (objects[0] as unknown as { readonly time: Tag }).time

/** Milliseconds of a time tag since an hour. */
const since = (hour: number, tag: Tag): number => ((tag.hour - hour) * 60 + tag.min) * 60_000 + tag.ms

const clockCommand = (client: RawClient, hour: number): Uint8Array =>
  client.i({ typeId: Type.C_CS_NA_1, cot: 6, ca: 1, objects: [{ ioa: 0, time: at(hour) }] })

/** A server whose clock clients set, with a time-tagged point. */
const stage = async (options: ServerOptions = {}) => {
  const { server, station, events } = await startServer({ profile: "iec", clockSource: "c_cs", ...options })
  const point = station.addPoint({ ioAddress: 10, type: Type.M_SP_TB_1 })
  if (point === null) throw new Error("address 10 is free")
  const client = await startClient(server.port)
  const event = async (on: boolean): Promise<Tag> => {
    point.value = on
    point.transmit(3)
    return tagOf(await client.next({ typeId: Type.M_SP_TB_1 }))
  }
  return { server, station, events, client, event }
}

describe("the time of a clock command", () => {
  it("is that of its arrival, however late the application agrees to it", async () => {
    const { server, client, event } = await stage()
    let arrivedMs = 0
    server.onClockSync(async () => {
      arrivedMs = performance.now()
      await new Promise((resolve) => setTimeout(resolve, 700))
      return SUCCESS
    })
    client.send(clockCommand(client, 12))
    await client.next({ typeId: Type.C_CS_NA_1, cot: 7, negative: false })
    const elapsedMs = performance.now() - arrivedMs
    const tag = await event(true)
    expect(tag.iv).toBe(false)
    expect(since(12, tag)).toBeGreaterThan(elapsedMs - 50)
    expect(since(12, tag)).toBeLessThan(performance.now() - arrivedMs + 50)
  })

  it("is that of its arrival also where the application stands still over it", async () => {
    const { server, client, event } = await stage()
    server.onClockSync(() => {
      for (const untilMs = performance.now() + 400; performance.now() < untilMs; );
      return SUCCESS
    })
    client.send(clockCommand(client, 12))
    await client.next({ typeId: Type.C_CS_NA_1, cot: 7, negative: false })
    expect(since(12, await event(true))).toBeGreaterThanOrEqual(395)
  })

  it("is valid for so long as it is from its arrival on", async () => {
    const { server, client, event } = await stage({ clockValidMs: 300 })
    server.onClockSync(async () => {
      await new Promise((resolve) => setTimeout(resolve, 500))
      return SUCCESS
    })
    client.send(clockCommand(client, 12))
    await client.next({ typeId: Type.C_CS_NA_1, cot: 7, negative: false })
    expect((await event(true)).iv).toBe(true)
  })

  it("counts for nothing when one that came later has set the clock meanwhile", async () => {
    const { server, client, event } = await stage()
    const first = deferred<ResponseState>()
    const answers = [first.promise, Promise.resolve(SUCCESS)]
    server.onClockSync(() => answers.shift() ?? FAILURE)
    const other = await startClient(server.port)
    client.send(clockCommand(client, 12))
    await client.testfr()
    other.send(clockCommand(other, 18))
    await other.next({ typeId: Type.C_CS_NA_1, cot: 7, negative: false })
    first.resolve(SUCCESS)
    await client.next({ typeId: Type.C_CS_NA_1, cot: 7, negative: false })
    expect(await event(true)).toMatchObject({ hour: 18, iv: false })
  })

  it("stands when one that came later was refused", async () => {
    const { server, client, event } = await stage()
    const first = deferred<ResponseState>()
    const answers = [first.promise, Promise.resolve(FAILURE)]
    server.onClockSync(() => answers.shift() ?? FAILURE)
    const other = await startClient(server.port)
    client.send(clockCommand(client, 12))
    await client.testfr()
    other.send(clockCommand(other, 18))
    await other.next({ typeId: Type.C_CS_NA_1, cot: 7, negative: true })
    first.resolve(SUCCESS)
    await client.next({ typeId: Type.C_CS_NA_1, cot: 7, negative: false })
    expect(await event(true)).toMatchObject({ hour: 12, iv: false })
  })
})

describe("what comes behind a clock command", () => {
  const CUTS = ["in one segment", "in two", "octet by octet"] as const

  const send = async (client: RawClient, cut: (typeof CUTS)[number], frames: readonly Uint8Array[]): Promise<void> => {
    if (cut === "in one segment") return client.send(Buffer.concat(frames))
    const pieces = cut === "in two" ? frames : [...Buffer.concat(frames)].map((octet) => Uint8Array.of(octet))
    for (const piece of pieces) {
      client.send(piece)
      await new Promise((resolve) => setTimeout(resolve, cut === "in two" ? 30 : 2))
    }
  }

  const handlers = { "its handler": () => SUCCESS, nobody: null } as const
  const cases = CUTS.flatMap((cut) =>
    (["iec", "c104"] as const).flatMap((profile) =>
      (["its handler", "nobody"] as const).map((by) => ({ cut, profile, by }))
    )
  )

  it.each(cases)("is as old as the clock says then: $cut, profile $profile, agreed to by $by", async (given) => {
    const { cut, profile, by } = given
    const { server, station } = await stage({ profile, commandAgeMs: 60_000 })
    // An acknowledgement between its octets would cut a frame.
    const client = await startClient(server.port, { acknowledge: "never" })
    const calls: unknown[] = []
    station.addPoint({ ioAddress: 20, type: Type.C_SC_TA_1 })?.onReceive((_, __, { info }) => {
      calls.push(info?.recordedAt?.toDate().getUTCHours())
      return SUCCESS
    })
    server.onClockSync(handlers[by])
    const operate = (hour: number): Uint8Array =>
      client.i({ typeId: Type.C_SC_TA_1, cot: 6, ca: 1, objects: [{ ioa: 20, scs: true, time: at(hour) }] })
    // The first sets the clock, so that what is of now is executed; behind the second that is an hour old.
    await send(client, cut, [clockCommand(client, 11), operate(11), clockCommand(client, 12), operate(11), operate(12)])
    await client.until(() => calls.length >= 2)
    await client.testfr()
    expect(calls).toEqual([11, 12])
    const heard = client.asdus().map(({ typeId, cot, negative }) => `${typeId} ${cot}${negative ? "-" : "+"}`)
    expect(heard).toEqual(["103 7+", "58 7+", "58 10+", "103 7+", "58 7-", "58 7+", "58 10+"])
  })
})
