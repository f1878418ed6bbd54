// Commands in two phases: what is accepted is confirmed before it is carried out, what is carried out can be cancelled, and
// its end is told. And what a handler learns: who commands, and whether the command is still wanted.
import { describe, expect, it } from "vitest"
import { type IncomingMessage, ResponseState, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import * as Profile from "../../../src/core/Profile.ts"
import { deferred, startClient, startServer, switchedBy, turn } from "../../support/Stage.ts"

const { SUCCESS, FAILURE, NONE } = ResponseState
const CON = { cot: 7, negative: false }
const REFUSED = { cot: 7, negative: true }
const options: ServerOptions = { profile: { ...Profile.c104, commandWaitMs: 0 } }

/** The single command 10 with a feedback point, in two phases that the test ends. */
const stage = async (more: ServerOptions = {}, accepts: ResponseState = SUCCESS) => {
  const { server, station, events } = await startServer({ ...options, ...more })
  const point = station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })
  const shown = station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
  if (point === null || shown === null) throw new Error("the addresses are free")
  point.relatedIoAddress = 20
  point.relatedIoAutoreturn = true
  const accepted = deferred<ResponseState>()
  const executed: ReturnType<typeof deferred<ResponseState>>[] = []
  const messages: IncomingMessage[] = []
  point.onReceive({
    accept: () => (accepts === NONE ? accepted.promise : accepts),
    execute: (_, message) => {
      void message.signal
      messages.push(message)
      const execution = deferred<ResponseState>()
      executed.push(execution)
      return execution.promise
    }
  })
  const client = await startClient(server.port)
  const operate = (scs = true, cot = 6) => client.command(Type.C_SC_NA_1, 10, { scs }, { cot })
  return { server, station, events, point, shown, client, operate, accepted, executed, messages }
}

describe("a command in two phases", () => {
  it("is confirmed when it is accepted, and terminated when it is done, behind its return information", async () => {
    const { client, operate, point, shown, events, executed } = await stage()
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    await expect.poll(() => executed.length).toBe(1)
    operate(false)
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...REFUSED, objects: [{ scs: false }] })
    expect(point.outputStatus).toBe("busy")
    shown.value = true
    executed[0]?.resolve(SUCCESS)
    expect(await client.next({ typeId: 1 })).toMatchObject({ cot: 11 })
    expect(await client.next({ typeId: 45 })).toMatchObject({ cot: 10, negative: false, objects: [{ scs: true }] })
    expect(events.of("executed")).toMatchObject([{ address: 10, value: 1, outcome: "success", answered: true }])
    expect([point.value, point.outputStatus, executed.length]).toEqual([true, "free", 1])
  })

  it.each<[string, ResponseState]>([
    ["says FAILURE", FAILURE],
    ["says something else", 7 as ResponseState]
  ])("whose first phase %s is refused and not carried out", async (_, answer) => {
    const { client, operate, point, executed } = await stage({}, answer)
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    await turn()
    expect([executed.length, point.value, point.outputStatus]).toEqual([0, false, "free"])
  })

  it("that fails when it is carried out is terminated negatively, without return information", async () => {
    const { client, operate, point, executed, events } = await stage()
    operate()
    await client.next(CON)
    await expect.poll(() => executed.length).toBe(1)
    executed[0]?.reject(new Error("motor stalled"))
    expect(await client.next({ typeId: 45 })).toMatchObject({ cot: 10, negative: true })
    expect([client.asdus({ typeId: 1 }), point.value]).toEqual([[], false])
    expect(events.of("executed")).toMatchObject([{ outcome: "failure", answered: true }])
    expect(events.of("error")).toHaveLength(1)
  })

  it("is not limited by decisionMs once it was accepted, but its first phase is", async () => {
    const slow = await stage({ limits: { decisionMs: 60 } }, NONE)
    slow.operate()
    expect(await slow.client.next({ typeId: 45 })).toMatchObject(REFUSED)
    slow.accepted.resolve(SUCCESS)
    await expect.poll(() => slow.point.outputStatus).toBe("free")
    expect(slow.executed).toEqual([])
    const { client, operate, executed } = await stage({ limits: { decisionMs: 60 } })
    operate()
    await client.next(CON)
    await new Promise((resolve) => setTimeout(resolve, 120))
    executed[0]?.resolve(SUCCESS)
    expect(await client.next({ cot: 10 })).toMatchObject({ negative: false })
  })

  it("goes on when its client has gone, has its output until it is done, and is told to nobody", async () => {
    const { server, client, operate, point, executed, messages, events } = await stage()
    operate()
    await client.next(CON)
    await expect.poll(() => executed.length).toBe(1)
    client.reset()
    await events.next("closed")
    expect([messages[0]?.signal.aborted, messages[0]?.begin(), point.outputStatus]).toEqual([true, false, "busy"])
    const other = await startClient(server.port)
    other.command(Type.C_SC_NA_1, 10, { scs: false })
    expect(await other.next({ typeId: 45 })).toMatchObject(REFUSED)
    executed[0]?.resolve(SUCCESS)
    expect(await other.next({ typeId: 1 })).toMatchObject({ cot: 11, oa: 0 })
    expect((await events.next("executed")).answered).toBe(false)
  })

  it("is not carried out when its client goes between the phases", async () => {
    const { client, operate, point, executed, accepted, server } = await stage({}, NONE)
    operate()
    await client.testfr()
    accepted.resolve(SUCCESS)
    void accepted.promise.then(() => server.connections[0]?.close())
    await expect.poll(() => point.outputStatus).toBe("free")
    expect(executed.length).toBeLessThanOrEqual(1)
  })
})

describe("a command in two phases that was confirmed to nobody, since its confirmation was one too many", () => {
  /** Octets of a set-point command; there is none at address 900. */
  const setPoint = (ns: number, ioa: number): Uint8Array =>
    Uint8Array.of(0x68, 16, ns << 1, ns >> 7, 0, 0, 49, 1, 6, 0, 1, 0, ioa & 0xff, ioa >> 8, 0, 1, 0, 0)

  const REPLIES = 16
  const WHEN = { "at once": () => SUCCESS, later: () => turn().then(() => SUCCESS) }

  // One answer is in the window, and so many wait: how many answers before its confirmation leave that no place.
  const cases = [0, 1, 2].flatMap((more) => [17 + more, REPLIES - 1 - more].map((answers) => ({ answers })))

  it.each(Object.entries(WHEN).flatMap(([when, accept]) => cases.map(({ answers }) => ({ when, accept, answers }))))(
    "is carried out only if its confirmation has a place: accepted $when, behind $answers answers",
    async (given) => {
      const { when, accept, answers } = given
      const { server, station, events } = await startServer({ profile: "iec", limits: { repliesPerSession: REPLIES } })
      server.protocolParameters.sendWindowSize = 1
      server.protocolParameters.receiveWindowSize = 1
      let operated = 0
      const point = station.addPoint({ ioAddress: 101, type: Type.C_SE_NB_1 })
      point?.onReceive({
        accept,
        execute: () => {
          operated++
          return deferred<ResponseState>().promise
        }
      })
      const client = await startClient(server.port, { acknowledge: "never" })
      // What is accepted at once is confirmed before what stands behind it is answered.
      const place = when === "later" ? 0 : answers
      const requests = Array.from({ length: answers + 1 }, (_, i) => setPoint(i, i === place ? 101 : 900))
      client.send(Buffer.concat(requests))
      if (answers < REPLIES) {
        await expect.poll(() => operated).toBe(1)
        return
      }
      expect((await events.next("closed")).reason).toBe("REPLY_OVERFLOW")
      for (let i = 0; i < 5; i++) await turn()
      expect([operated, point?.value, point?.outputStatus]).toEqual([0, 0, "free"])
      // Whoever was told that it was accepted is told that it was not done.
      const accepted = events.of("command").filter(({ address, outcome }) => address === 101 && outcome === "success")
      expect(events.of("executed")).toMatchObject(accepted.map(() => ({ outcome: "failure", answered: false })))
    }
  )
})

describe("a command that is cancelled while it is carried out", () => {
  const running = async (more: ServerOptions = {}) => {
    const made = await stage(more)
    made.operate()
    await made.client.next(CON)
    await expect.poll(() => made.executed.length).toBe(1)
    return made
  }

  it("ends with a positive confirmation of that and without termination when it could be stopped", async () => {
    const { client, operate, executed, messages, point } = await running()
    operate(true, 8)
    await expect.poll(() => messages[0]?.signal.aborted).toBe(true)
    expect([messages[0]?.begin(), point.outputStatus]).toEqual([false, "busy"])
    executed[0]?.resolve(FAILURE)
    expect(await client.next({ typeId: 45 })).toMatchObject({ cot: 9, negative: false, objects: [{ scs: true }] })
    await client.testfr()
    expect([client.asdus({ cot: 10 }), point.value, point.outputStatus]).toEqual([[], false, "free"])
  })

  it("is terminated, and its cancellation refused, when it was done all the same", async () => {
    const { client, operate, executed, messages } = await running()
    operate(true, 8)
    await expect.poll(() => messages[0]?.signal.aborted).toBe(true)
    executed[0]?.resolve(SUCCESS)
    await client.until(() => client.asdus({ typeId: 45 }).length === 3)
    const answers = client.asdus({ typeId: 45 }).map(({ cot, negative }) => [cot, negative])
    expect(answers.sort()).toEqual([
      [10, false],
      [7, false],
      [9, true]
    ])
  })

  it.each<[string, ResponseState | "release"]>([
    ["says that it will be answered later", NONE],
    ["goes on while its output is released", "release"]
  ])("and %s is not stopped by that, and its cancellation is refused then", async (_, what) => {
    const { client, operate, executed, messages, point } = await running({ limits: { decisionMs: 60_000 } })
    operate(true, 8)
    await expect.poll(() => messages[0]?.signal.aborted).toBe(true)
    if (what === "release") point.release()
    else executed[0]?.resolve(what)
    expect(await client.next({ cot: 9 })).toMatchObject({ typeId: 45, negative: true })
    if (what !== "release") point.transmit(10)
    await client.until(() => client.asdus({ cot: 10 }).length === 1)
    expect(client.asdus({ cot: 10 })).toMatchObject([{ negative: what === "release" }])
  })

  it.each<[string, boolean, boolean]>([
    ["by another client", true, true],
    ["with another value", false, false]
  ])("%s is not", async (_, foreign, scs) => {
    const { server, client, messages } = await running()
    const canceller = foreign ? await startClient(server.port) : client
    canceller.command(Type.C_SC_NA_1, 10, { scs }, { cot: 8 })
    expect(await canceller.next({ typeId: 45 })).toMatchObject({ cot: 9, negative: true })
    expect(messages[0]?.signal.aborted).toBe(false)
  })
})

describe("a handler learns", () => {
  it("who commands", async () => {
    const heard: unknown[] = []
    const { client, operate, server } = await switchedBy((_, __, { connection }) => {
      heard.push([connection?.ip, connection?.port, connection?.certificate, connection?.id, connection?.state])
      return SUCCESS
    })
    operate()
    await client.next(CON)
    const [{ id, port } = { id: 0, port: 0 }] = server.connections
    expect(heard).toEqual([["127.0.0.1", port, null, id, "started"]])
  })

  it.each(["of one phase", "of two phases"])(
    "that it has closed its own connection: it is not wanted any more (%s)",
    async (phases) => {
      const seen: unknown[] = []
      const { point, client, operate, events } = await switchedBy(null)
      const close = (message: IncomingMessage): ResponseState => {
        seen.push(message.begin(), message.signal.aborted)
        message.connection?.close()
        seen.push(message.begin(), message.signal.aborted)
        return SUCCESS
      }
      if (phases === "of one phase") point.onReceive((_, __, message) => close(message))
      else point.onReceive({ accept: () => SUCCESS, execute: (_, message) => close(message) })
      operate()
      await events.next("closed")
      await client.ended
      expect(seen).toEqual([true, false, false, true])
      expect(client.asdus(CON)).toHaveLength(1)
    }
  )

  it("whether the command is still wanted, right before it does something", async () => {
    const goOn = deferred<void>()
    const wanted: boolean[] = []
    const { client, operate, events } = await switchedBy(async (_, __, message) => {
      wanted.push(message.begin())
      await goOn.promise
      wanted.push(message.begin())
      return FAILURE
    })
    operate()
    await client.testfr()
    client.reset()
    await events.next("closed")
    goOn.resolve()
    await events.next("command")
    expect(wanted).toEqual([true, false])
  })
})

it("what is no callback is refused", async () => {
  const { point } = await switchedBy(null)
  const wrong: unknown[] = [{}, { execute: () => SUCCESS }, { accept: () => SUCCESS, execute: 1 }, 5]
  for (const callback of wrong) expect(() => point.onReceive(callback as null)).toThrow("a function or null")
})
