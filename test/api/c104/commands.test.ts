// Commands and the callbacks that decide them: whatever a callback does, the client gets one clear answer in time and
// the connection lives on.
import { describe, expect, it } from "vitest"
import {
  type CallbackFailed,
  type IncomingMessage,
  type Information,
  type ReceiveCallback,
  ResponseState,
  SingleCmd,
  Type
} from "../../../src/api/c104/index.ts"
import { deferred, startClient, startServer, switchedBy, turn } from "../../support/Stage.ts"

const { SUCCESS, FAILURE, NONE } = ResponseState
const CON = { cot: 7, negative: false }
const REFUSED = { cot: 7, negative: true }
const TERM = { cot: 10, negative: false }

/** What is no ResponseState, as a program without type checks could return it. */
const nonsense = (value: unknown) => () => value as ResponseState

describe("a callback that answers", () => {
  it.each([
    ["at once", () => SUCCESS],
    ["later", async () => SUCCESS],
    ["much later", () => new Promise<ResponseState>((resolve) => setTimeout(resolve, 30, SUCCESS))]
  ])("SUCCESS %s: confirmed, terminated, and the point has the value", async (_, callback) => {
    const { client, operate, point, events } = await switchedBy(callback)
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ ioa: 10, scs: true }] })
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...TERM, objects: [{ ioa: 10, scs: true }] })
    expect(point.value).toBe(true)
    expect(events.of("command")).toMatchObject([{ commonAddress: 1, address: 10, value: 1, outcome: "success" }])
  })

  it.each([
    ["at once", () => FAILURE],
    ["later", async () => FAILURE]
  ])("FAILURE %s: refused once, and the point keeps its value", async (_, callback) => {
    const { client, operate, point, events } = await switchedBy(callback)
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...REFUSED, objects: [{ ioa: 10, scs: true }] })
    await client.testfr()
    expect(client.asdus()).toHaveLength(1)
    expect(point.value).toBe(false)
    expect(events.of("error")).toEqual([])
  })

  it("nothing at all is registered: confirmed, and the value taken", async () => {
    const { client, operate, point } = await switchedBy(null)
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    expect(await client.next({ typeId: 45 })).toMatchObject(TERM)
    expect(point.value).toBe(true)
  })

  it("a point that nothing was ever set of: confirmed, and its value is the client's until new information is set", async () => {
    const { server, station } = await startServer()
    const point = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })
    if (point === null) throw new Error("address 10 is free")
    const made = point.processedAt.getTime()
    point.value = false
    const client = await startClient(server.port)
    await new Promise((resolve) => setTimeout(resolve, 5))
    client.command(Type.C_SC_NA_1, 10, { scs: true })
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    expect([point.value, point.info.isReadonly, point.processedAt.getTime() > made]).toEqual([true, true, true])
    expect(() => {
      point.value = false
    }).toThrow("read-only")
    point.info = new SingleCmd({ on: false })
    point.value = true
    expect(point.info.isReadonly).toBe(false)
  })

  it("NONE: says nothing, and the others are not kept waiting", async () => {
    const { client, operate, events, station } = await switchedBy(() => NONE)
    station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1 })
    operate()
    expect((await events.next("command")).outcome).toBe("none")
    client.command(Type.C_SC_NA_1, 11, { scs: true })
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ ioa: 11 }] })
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...TERM, objects: [{ ioa: 11 }] })
    expect(client.asdus()).toHaveLength(2)
  })

  it("is told what came, what was, and which point", async () => {
    const told: { point: number; previous: Information; message: IncomingMessage }[] = []
    const { server, station } = await startServer()
    const point = station.addPoint({ ioAddress: 500, type: Type.C_SE_NC_1 })
    point?.onReceive((at, previous, message) => {
      told.push({ point: at.ioAddress, previous, message })
      return SUCCESS
    })
    const client = await startClient(server.port)
    client.command(Type.C_SE_NC_1, 500, { value: 1.5, ql: 0 }, { oa: 77 })
    await client.next(TERM)
    client.command(Type.C_SE_NC_1, 500, { value: -2.5, ql: 5 })
    await client.next(TERM)
    expect(told.map(({ point: at, previous, message }) => [at, previous.value, message.info?.value])).toEqual([
      [500, 0, 1.5],
      [500, 1.5, -2.5]
    ])
    expect(told[0]?.message).toMatchObject({
      type: Type.C_SE_NC_1,
      cot: 6,
      commonAddress: 1,
      originatorAddress: 77,
      ioAddress: 500,
      numberOfObjects: 1,
      isTest: false,
      isNegative: false,
      isSequence: false
    })
    expect(Buffer.from(told[0]?.message.raw ?? []).toString("hex")).toBe(
      "681200000000320106" + "4d0100f401000000c03f00"
    )
  })

  it("gets the time tag of a tagged command", async () => {
    const { server, station } = await startServer()
    const times: (number | undefined)[] = []
    station.addPoint({ ioAddress: 1, type: Type.C_SC_TA_1 })?.onReceive((_, __, message) => {
      times.push(message.info?.recordedAt?.epochMs)
      return SUCCESS
    })
    const client = await startClient(server.port)
    const time = { fmt: "CP56Time2a", ms: 30_125, min: 45, hour: 13, dom: 27, dow: 5, month: 9, year: 24 }
    client.command(Type.C_SC_TA_1, 1, { scs: true, time })
    await client.next(TERM)
    expect(times).toEqual([Date.UTC(2024, 8, 27, 13, 45, 30, 125)])
  })
})

describe("a callback that misbehaves", () => {
  it.each<[string, ReceiveCallback<typeof Type.C_SC_NA_1>, RegExp]>([
    [
      "throws",
      () => {
        throw new Error("relay stuck")
      },
      /onReceive of C_SC_NA_1 10 of station 1 failed: relay stuck/
    ],
    ["rejects", () => Promise.reject(new Error("relay stuck")), /failed: relay stuck/],
    ["rejects with no error", () => Promise.reject(undefined), /failed: undefined/],
    ["returns nothing", nonsense(undefined), /no response/],
    ["returns null", nonsense(null), /no response/],
    ["returns true", nonsense(true), /no response/],
    ["returns a number that is no state", nonsense(3), /no response/],
    ["returns the name of a state", nonsense("SUCCESS"), /no response/],
    ["returns an object", nonsense({}), /no response/],
    ["resolves to nonsense", nonsense(Promise.resolve("yes")), /no response/]
  ])("%s: refused, reported once, and the connection lives", async (_, callback, message) => {
    const { client, operate, point, events } = await switchedBy(callback)
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect(events.of("error").map(({ error }) => [error.code, error.message])).toEqual([
      ["CALLBACK_FAILED", expect.stringMatching(message)]
    ])
    expect(events.of("error").map(({ error }) => (error as CallbackFailed).callback)).toEqual(["onReceive"])
    expect(point.value).toBe(false)
    point.onReceive(() => SUCCESS)
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    expect(client.isClosed).toBe(false)
  })

  it("never answers: refused within the limit, reported once; the point keeps its value", async () => {
    const { client, operate, point, events } = await switchedBy(() => new Promise(() => {}), {
      limits: { decisionMs: 80 }
    })
    const startMs = performance.now()
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    const tookMs = performance.now() - startMs
    expect(tookMs).toBeGreaterThanOrEqual(75)
    expect(tookMs).toBeLessThan(1000)
    expect(events.of("error").map(({ error }) => [error.code, error.message])).toEqual([
      ["CALLBACK_TIMED_OUT", "onReceive of C_SC_NA_1 10 of station 1 did not answer within 80 ms"]
    ])
    expect(await client.answers()).toBe(true)
    expect(point.value).toBe(false)
  })

  it("never answers: the point itself can be commanded again once it is released", async () => {
    let calls = 0
    const callback = () => (++calls === 1 ? new Promise<ResponseState>(() => {}) : SUCCESS)
    const { client, operate, point, events } = await switchedBy(callback, { limits: { decisionMs: 50 } })
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect([calls, point.outputStatus, events.of("output").map(({ status }) => status)]).toEqual([
      1,
      "stuck",
      ["stuck"]
    ])
    expect([point.release(), point.outputStatus, point.release()]).toEqual([true, "free", false])
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
  })

  it("answers too late: nothing more is sent, it is told as a fact, and the output is free", async () => {
    const late = deferred<ResponseState>()
    const { client, operate, point, events } = await switchedBy(() => late.promise, { limits: { decisionMs: 50 } })
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    expect([point.value, point.outputStatus]).toEqual([false, "stuck"])
    late.resolve(SUCCESS)
    await turn()
    await client.testfr()
    expect(client.asdus()).toHaveLength(1)
    expect(events.of("command")).toMatchObject([{ outcome: "success", answered: false }])
    expect(events.of("output").map(({ status }) => status)).toEqual(["stuck", "free"])
    expect([point.value, point.outputStatus]).toEqual([true, "free"])
    expect(events.of("error")).toHaveLength(1)
  })

  it("rejects too late: reported as timed out, and then what it failed with", async () => {
    const late = deferred<ResponseState>()
    const { client, operate, events } = await switchedBy(() => late.promise, { limits: { decisionMs: 50 } })
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    late.reject(new Error("too late"))
    await turn()
    expect(events.of("error").map(({ error }) => error.code)).toEqual(["CALLBACK_TIMED_OUT", "CALLBACK_FAILED"])
  })

  it("is slow: a command that was refused for it is never executed afterwards", async () => {
    const first = deferred<ResponseState>()
    const executed: unknown[] = []
    const { client, events, station } = await switchedBy(null, { limits: { decisionMs: 60 } })
    station.addPoint({ ioAddress: 20, type: Type.C_SE_NB_1 })?.onReceive((_, __, message) => {
      executed.push(Number(message.info?.value))
      return executed.length === 1 ? first.promise : SUCCESS
    })
    client.command(Type.C_SE_NB_1, 20, { value: 1, ql: 0 })
    client.command(Type.C_SE_NB_1, 20, { value: 2, ql: 0 })
    expect(await client.next({ typeId: 49 })).toMatchObject({ ...REFUSED, objects: [{ value: 1 }] })
    expect(await client.next({ typeId: 49 })).toMatchObject({ ...REFUSED, objects: [{ value: 2 }] })
    first.resolve(SUCCESS)
    await turn()
    await client.testfr()
    expect(executed).toEqual([1])
    const told = events.of("command").map(({ value, outcome, answered }) => [value, outcome, answered])
    expect(told).toEqual([
      [2, "failure", true],
      [1, "success", false]
    ])
  })

  it("is overtaken by the end of the connection: nothing is reported, and the server goes on", async () => {
    const answer = deferred<ResponseState>()
    const { server, client, operate, events } = await switchedBy(() => answer.promise)
    operate()
    await client.testfr()
    client.reset()
    await events.next("closed")
    answer.resolve(SUCCESS)
    await turn()
    expect(events.of("error")).toEqual([])
    expect(await (await startClient(server.port)).answers()).toBe(true)
  })
})

describe("registering", () => {
  it("is for command points only, and null takes the callback away", async () => {
    const { client, operate, point, station } = await switchedBy(() => FAILURE)
    const monitoring = station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
    expect(() => monitoring?.onReceive(() => SUCCESS)).toThrow("onReceive: a command point is required")
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    point.onReceive(null)
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
  })
})
