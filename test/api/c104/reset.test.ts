// An accepted reset of the process (C_RP_NA_1 with QRP 1): from then on requests are refused; when the confirmation was
// acknowledged, or after a second, every connection ends by FIN, and is read until its client has closed.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { CommandMode, type ReceiveCallback, ResponseState, Server, Type } from "../../../src/api/c104/index.ts"
import { RawClient } from "../../support/RawClient.ts"
import { deferred, startClient, startServer } from "../../support/Stage.ts"

const { SUCCESS } = ResponseState
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const RESET = { typeId: 105, cot: 6, ca: 1, objects: [{ ioa: 0, qrp: 1 }] }
const TESTFR = Uint8Array.of(0x68, 4, 0x43, 0, 0, 0)

const given = async (callback: ReceiveCallback<typeof Type.C_SC_NA_1> = () => SUCCESS) => {
  const stage = await startServer()
  let asked = 0
  stage.station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive((...all) => {
    asked++
    return callback(...all)
  })
  stage.server.onReset(() => SUCCESS)
  return { ...stage, asked: () => asked }
}

const answers = (client: RawClient): unknown[] =>
  client.asdus().map(({ typeId, cot, negative }) => `${typeId}/${cot}${negative ? "-" : ""}`)

describe("after a reset was accepted", () => {
  it("a command is refused, whoever sends it and however soon, and nothing is begun", async () => {
    const { server, asked } = await given()
    const client = await startClient(server.port, { acknowledge: "never" })
    const other = await startClient(server.port)
    client.send(
      Buffer.concat([client.i(RESET), client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 10, scs: true }] })])
    )
    await client.until(() => client.iFrames === 2)
    other.command(Type.C_SC_NA_1, 10, { scs: true })
    await other.next({ typeId: 45 })
    client.send(client.i(RESET))
    await client.until(() => client.iFrames === 3)
    expect([answers(client), answers(other), asked()]).toEqual([["105/7", "45/7-", "105/7-"], ["45/7-"], 0])
    client.acknowledge()
    expect(await Promise.all([client.ended, other.ended])).toEqual(["fin", "fin"])
  })

  it.each([false, true])(
    "what was published before is told to all, also where its client ends all in one segment (%s)",
    async (at) => {
      const { server, station } = await startServer()
      const measured = station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
      let taken = false
      station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(() => {
        taken = measured?.transmit(3) === true
        return SUCCESS
      })
      server.onReset(() => SUCCESS)
      const [other, client] = [await startClient(server.port), await startClient(server.port)]
      const command = client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 10, scs: true }] })
      const frames = [command, client.i(RESET), Uint8Array.of(0x69, 4, 1, 0, 0, 0)]
      if (at) client.send(Buffer.concat(frames))
      else
        for (const frame of frames) {
          client.send(frame)
          await wait(5)
        }
      expect(await other.ended).toBe("fin")
      expect([taken, answers(other)]).toEqual([true, ["1/3"]])
    }
  )

  it("a select that is being decided has nothing to begin any more", async () => {
    const { server, station } = await given()
    const said = deferred<void>()
    const begins: boolean[] = []
    const commandMode = CommandMode.SELECT_AND_EXECUTE
    const point = station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1, commandMode })
    point?.onSelect(async (_point, message) => {
      begins.push(message.begin())
      await said.promise
      begins.push(message.begin())
      return SUCCESS
    })
    const client = await startClient(server.port, { acknowledge: "never" })
    client.send(client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 11, scs: true, select: true }] }))
    await client.testfr()
    client.send(client.i(RESET))
    await client.until(() => client.iFrames === 1)
    said.resolve()
    await client.until(() => client.iFrames === 2)
    expect([begins, answers(client)]).toEqual([
      [true, false],
      ["105/7", "45/7-"]
    ])
  })

  it("a command that waits for another is refused", async () => {
    const first = deferred<ResponseState>()
    const { server, asked } = await given(() => first.promise)
    const client = await startClient(server.port, { acknowledge: "never" })
    const other = await startClient(server.port)
    for (let i = 0; i < 2; i++) other.command(Type.C_SC_NA_1, 10, { scs: true })
    await other.testfr()
    client.send(client.i(RESET))
    await client.until(() => client.iFrames === 1)
    await other.testfr()
    expect([answers(client), answers(other), asked()]).toEqual([["105/7"], ["45/7-"], 1])
  })

  describe.each(["another client", "the same client"])("that %s has asked for", (who) => {
    /** A client that commands, and what accepts a reset that it or another one asks for. */
    const stage = async () => {
      const { server, station } = await startServer()
      server.onReset(() => SUCCESS)
      const client = await startClient(server.port, { acknowledge: "never" })
      const asking = who === "the same client" ? client : await startClient(server.port, { acknowledge: "never" })
      const reset = async (): Promise<void> => {
        asking.send(asking.i(RESET))
        await asking.next({ typeId: 105, cot: 7, negative: false })
      }
      return { station, client, reset }
    }
    const said = (client: RawClient): unknown[] => answers(client).filter((answer) => answer !== "105/7")

    it("a command that waits for its first phase is refused, and its second is not begun", async () => {
      const { station, client, reset } = await stage()
      const accepted = deferred<ResponseState>()
      let executed = 0
      station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive({
        accept: () => accepted.promise,
        execute: () => {
          executed++
          return SUCCESS
        }
      })
      client.command(Type.C_SC_NA_1, 10, { scs: true })
      await client.answers()
      await reset()
      accepted.resolve(SUCCESS)
      await client.next({ typeId: 45 })
      expect([said(client), executed]).toEqual([["45/7-"], 0])
      await client.ended
      expect(executed).toBe(0)
    })

    it("a handler of one phase hears that it is too late to begin", async () => {
      const { station, client, reset } = await stage()
      const ready = deferred<void>()
      const begun: boolean[] = []
      station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive(async (_point, _previous, message) => {
        await ready.promise
        begun.push(message.begin())
        return begun[0] === true ? SUCCESS : ResponseState.FAILURE
      })
      client.command(Type.C_SC_NA_1, 10, { scs: true })
      await client.answers()
      await reset()
      ready.resolve()
      await client.next({ typeId: 45 })
      expect([said(client), begun]).toEqual([["45/7-"], [false]])
    })

    it("a select that is being decided is refused, and the execute that stands behind it", async () => {
      const { station, client, reset } = await stage()
      const selected = deferred<ResponseState>()
      let asked = 0
      const point = station.addPoint({
        ioAddress: 10,
        type: Type.C_SC_NA_1,
        commandMode: CommandMode.SELECT_AND_EXECUTE
      })
      point?.onSelect(() => selected.promise)
      point?.onReceive(() => {
        asked++
        return SUCCESS
      })
      client.command(Type.C_SC_NA_1, 10, { scs: true, select: true })
      client.command(Type.C_SC_NA_1, 10, { scs: true })
      await client.answers()
      await reset()
      selected.resolve(SUCCESS)
      for (let i = 0; i < 2; i++) await client.next({ typeId: 45 })
      expect([said(client), asked]).toEqual([["45/7-", "45/7-"], 0])
    })

    it("what is being carried out goes on, and is answered while the connection lasts", async () => {
      const { station, client, reset } = await stage()
      const ready = deferred<void>()
      const begun: boolean[] = []
      station.addPoint({ ioAddress: 10, type: Type.C_SC_NA_1 })?.onReceive({
        accept: () => SUCCESS,
        execute: async (_point, message) => {
          await ready.promise
          begun.push(message.begin())
          return SUCCESS
        }
      })
      client.command(Type.C_SC_NA_1, 10, { scs: true })
      await client.next({ typeId: 45, cot: 7 })
      await reset()
      ready.resolve()
      await client.next({ typeId: 45, cot: 10 })
      expect([said(client), begun]).toEqual([["45/7", "45/10"], [true]])
    })
  })

  it("connections end at once when the confirmation is acknowledged, and tell why", async () => {
    const { server, events } = await given()
    const client = await startClient(server.port, { acknowledge: "never" })
    client.send(client.i(RESET))
    await client.until(() => client.iFrames === 1)
    const startMs = performance.now()
    client.acknowledge()
    expect(await client.ended).toBe("fin")
    expect(performance.now() - startMs).toBeLessThan(900)
    expect(await events.next("closed")).toMatchObject({ reason: "LOCAL", why: "the process was reset" })
    const again = await startClient(server.port)
    again.command(Type.C_SC_NA_1, 10, { scs: true })
    expect(await again.next({ typeId: 45 })).toMatchObject({ cot: 7, negative: false })
  })

  it("a client that never acknowledges, and goes on sending, gets the confirmation and the end", async () => {
    const { server } = await given()
    const client = await startClient(server.port, { acknowledge: "never" })
    client.stopReading()
    client.send(client.i(RESET))
    // Node reads what has come; what the kernel holds beyond that would be lost with a reset.
    const busy = setInterval(() => client.send(Buffer.alloc(600, TESTFR)), 2)
    await wait(1250)
    client.socket.resume()
    expect(await client.ended).toBe("fin")
    clearInterval(busy)
    expect(answers(client)).toEqual(["105/7"])
  })

  it("a client that goes without acknowledging ends the others' connections too", async () => {
    const { server } = await given()
    const client = await startClient(server.port, { acknowledge: "never" })
    const other = await startClient(server.port)
    client.send(client.i(RESET))
    await client.until(() => client.iFrames === 1)
    client.close()
    expect(await other.ended).toBe("fin")
  })
})

it("the answers in front of a bad frame reach a client that has sent more than is read", async () => {
  const { server } = await given()
  const client = await startClient(server.port)
  client.stopReading()
  client.send(
    Buffer.concat([
      client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 10, scs: true }] }),
      Uint8Array.of(0x68, 4, 0x03, 0, 0, 0),
      Buffer.alloc(300_000, TESTFR)
    ])
  )
  await wait(150)
  client.socket.resume()
  expect(await client.ended).toBe("fin")
  expect(answers(client)).toEqual(["45/7", "45/10"])
})

// ---- any cut ----

/** What may stand in front of a reset and behind it, by name. */
const deeds = {
  reset: RESET,
  resetTest: { ...RESET, test: true },
  interrogation: { typeId: 100, cot: 6, ca: 1, objects: [{ ioa: 0, qoi: 20 }] },
  counters: { typeId: 101, cot: 6, ca: 1, objects: [{ ioa: 0, rqt: 5, frz: 0 }] },
  freeze: { typeId: 101, cot: 6, ca: 1, objects: [{ ioa: 0, rqt: 5, frz: 1 }] },
  command: { typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 10, scs: true }] },
  commandTest: { typeId: 45, cot: 6, test: true, ca: 1, objects: [{ ioa: 10, scs: true }] },
  selection: { typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 11, scs: true, select: true }] },
  execution: { typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 11, scs: true }] },
  inTwo: { typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 12, scs: true }] },
  read: { typeId: 102, cot: 5, ca: 1, objects: [{ ioa: 1 }] }
} as const
const links = {
  testfr: TESTFR,
  stopdt: Uint8Array.of(0x68, 4, 0x13, 0, 0, 0),
  bad: Uint8Array.of(0x69, 4, 1, 0, 0, 0)
} as const
type Deed = keyof typeof deeds | keyof typeof links

const isLink = (deed: Deed): deed is keyof typeof links => deed in links

/** What comes of these deeds behind STARTDT, in one segment or cut at these thousandths of all octets. */
const comesOf = async (all: readonly Deed[], cuts: readonly number[], onReset: () => ResponseState) => {
  const server = new Server({ ip: "127.0.0.1", port: 0, profile: "iec", selectTimeoutMs: 30_000 })
  server.protocolParameters.sendWindowSize = 200
  const station = server.addStation(1)
  const asked: string[] = []
  station?.addPoint({ ioAddress: 1, type: Type.M_ME_NC_1 })
  station?.addPoint({ ioAddress: 5, type: Type.M_IT_NA_1 })
  for (const ioAddress of [10, 11])
    station?.addPoint({ ioAddress, type: Type.C_SC_NA_1 })?.onReceive(() => {
      asked.push(`command ${ioAddress}`)
      return SUCCESS
    })
  station?.addPoint({ ioAddress: 12, type: Type.C_SC_NA_1 })?.onReceive({
    accept: () => {
      asked.push("accept")
      return SUCCESS
    },
    execute: (_, message) => {
      asked.push(`execute ${message.begin()}`)
      return SUCCESS
    }
  })
  const selecting = station?.getPoint(11)
  if (selecting?.type === Type.C_SC_NA_1) selecting.commandMode = CommandMode.SELECT_AND_EXECUTE
  server.onReset(() => {
    asked.push("reset")
    return onReset()
  })
  await server.start()
  const client = await RawClient.connect(server.port, { acknowledge: "never" })
  try {
    const octets = Buffer.concat([
      Uint8Array.of(0x68, 4, 7, 0, 0, 0),
      ...all.map((deed) => (isLink(deed) ? links[deed] : client.i(deeds[deed])))
    ])
    const places = [...new Set(cuts.map((part) => Math.floor((part * octets.length) / 1000)))].sort((a, b) => a - b)
    for (const [index, from] of [0, ...places].entries()) {
      client.send(octets.subarray(from, places[index] ?? octets.length))
      for (let turns = 0; turns < 3; turns++) await wait(0)
    }
    if (!client.isClosed) await client.answers()
    return {
      asked,
      said: client.frames.filter((apdu) => apdu[2] !== 1 && apdu[2] !== 0x83).map((apdu) => `${apdu[6]}/${apdu[8]}`)
    }
  } finally {
    client.close()
    await server.stop()
  }
}

describe("any cut into segments comes to the same", () => {
  it.each(["inTwo", "execution"] as const)("with what an answer lets begin in front of a reset: %s", async (deed) => {
    const line: Deed[] = ["selection", deed, "reset", "interrogation"]
    const everywhere = Array.from({ length: 100 }, (_, part) => 10 * part)
    const cut = await comesOf(line, everywhere, () => SUCCESS)
    const whole = await comesOf(line, [], () => SUCCESS)
    expect({ ...whole, said: whole.said.sort() }).toEqual({ ...cut, said: cut.said.sort() })
  })

  it.each(Object.keys(deeds) as (keyof typeof deeds)[])("with one frame behind an accepted reset: %s", async (deed) => {
    const [whole, cut] = [
      await comesOf(["reset", deed], [], () => SUCCESS),
      await comesOf(["reset", deed], [600], () => SUCCESS)
    ]
    expect(whole).toEqual(cut)
  })

  it.each(["SUCCESS", "FAILURE"] as const)(
    "with resets that the application answers at once: %s",
    async (word) => {
      const say = () => ResponseState[word]
      // Each once: the second finds an output busy or free, and interrogations in turn, by when the first is over.
      const names = Object.keys(deeds) as Deed[]
      const line = fc
        .tuple(
          fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 8 }),
          fc.constantFrom<Deed[]>([], ["stopdt"], ["bad"], ["testfr", "reset", "read"])
        )
        .map(([some, last]) => [...some, ...last])
      const cuts = fc.array(fc.integer({ min: 0, max: 999 }), { maxLength: 5 })
      await fc.assert(
        fc.asyncProperty(line, cuts, async (all, where) => {
          const [cut, whole] = [await comesOf(all, where, say), await comesOf(all, [], say)]
          // Commands to different points may change places.
          expect({ asked: cut.asked.sort(), said: cut.said.sort() }).toEqual({
            asked: whole.asked.sort(),
            said: whole.said.sort()
          })
        }),
        { numRuns: 40 }
      )
    },
    30_000
  )

  it("a reset that is decided later keeps nothing waiting that stands behind it", async () => {
    const { server, station } = await startServer()
    station.addPoint({ ioAddress: 1, type: Type.M_SP_NA_1 })
    const decided = deferred<ResponseState>()
    server.onReset(() => decided.promise)
    const client = await startClient(server.port)
    client.send(Buffer.concat([client.i(RESET), client.i(deeds.read)]))
    await client.next({ typeId: 1 })
    decided.resolve(ResponseState.FAILURE)
    await client.next({ typeId: 105 })
    expect(answers(client)).toEqual(["1/5", "105/7-"])
  })
})

describe("a reset of the event buffer", () => {
  it.each([
    [[1], [2, 3]],
    [[3, 1], [2]],
    [[1, 65535], []],
    [[65535, 1], []]
  ])("sent to %j leaves the pending events of other stations", async (sentTo, left) => {
    const { server, station } = await startServer()
    server.protocolParameters.sendWindowSize = 1
    server.onReset(() => SUCCESS)
    const stations = [station, server.addStation(2), server.addStation(3)]
    const points = stations.map((one) => one?.addPoint({ ioAddress: 1, type: Type.M_SP_TB_1 }))
    const tell = async (client: RawClient): Promise<void> => {
      for (const point of points) point?.transmit(3)
      await client.testfr()
    }
    const client = await startClient(server.port, { acknowledge: "never" })
    await tell(client)
    await tell(client)
    for (const ca of sentTo) {
      client.command(Type.C_RP_NA_1, 0, { qrp: 2 }, { ca })
      await client.testfr()
    }
    points[0]?.transmit(3)
    const told = () => client.asdus({ typeId: Type.M_SP_TB_1 }).map(({ ca }) => ca)
    expect(told()).toEqual([1])
    for (let before = 0; client.iFrames > before; ) {
      before = client.iFrames
      client.acknowledge()
      await client.testfr()
    }
    expect(told()).toEqual([1, ...left, ...left, 1])
  })
})
