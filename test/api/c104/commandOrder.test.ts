// The order of answers: commands to one point wait for each other, those to others overtake, and return information
// stands between confirmation and termination.
import { describe, expect, it } from "vitest"
import { ResponseState, type ServerOptions, Type } from "../../../src/api/c104/index.ts"
import { deferred, startClient, startServer, switchedBy, turn } from "../../support/Stage.ts"

const { SUCCESS, FAILURE } = ResponseState
const CON = { cot: 7, negative: false }
const REFUSED = { cot: 7, negative: true }
const TERM = { cot: 10, negative: false }

describe("several commands", () => {
  it("to one point are decided one after the other, in their order", async () => {
    const open: (() => void)[] = []
    const begun: unknown[] = []
    const { client, operate } = await switchedBy((_, previous, message) => {
      begun.push([previous.value, message.info?.value])
      return new Promise((resolve) => open.push(() => resolve(SUCCESS)))
    })
    operate(true)
    operate(false)
    await client.testfr()
    expect(begun).toEqual([[false, true]])
    open[0]?.()
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ scs: true }] })
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...TERM, objects: [{ scs: true }] })
    expect(begun).toEqual([
      [false, true],
      [true, false]
    ])
    open[1]?.()
    expect(await client.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ scs: false }] })
  })

  it("of two clients to one point too", async () => {
    const open: (() => void)[] = []
    const { server, client, operate } = await switchedBy(
      () => new Promise((resolve) => open.push(() => resolve(SUCCESS)))
    )
    const other = await startClient(server.port)
    operate()
    await client.testfr()
    other.command(Type.C_SC_NA_1, 10, { scs: false })
    await other.testfr()
    expect(open).toHaveLength(1)
    open[0]?.()
    await client.next(TERM)
    await turn()
    expect(open).toHaveLength(2)
    open[1]?.()
    expect(await other.next({ typeId: 45 })).toMatchObject({ ...CON, objects: [{ scs: false }] })
  })

  it("to two points overtake each other", async () => {
    const slow = deferred<ResponseState>()
    const { client, operate, station } = await switchedBy(() => slow.promise)
    station.addPoint({ ioAddress: 11, type: Type.C_SC_NA_1 })?.onReceive(async () => SUCCESS)
    operate()
    client.command(Type.C_SC_NA_1, 11, { scs: true })
    const ioas = async () => (await client.next({ typeId: 45 })).objects?.map(({ ioa }) => ioa)
    expect([await ioas(), await ioas()]).toEqual([[11], [11]])
    slow.resolve(SUCCESS)
    expect([await ioas(), await ioas()]).toEqual([[10], [10]])
  })

  it("in one segment with a synchronous callback are answered in order, within one acknowledgement", async () => {
    const { client } = await switchedBy(() => SUCCESS)
    const values = [true, false, true, true, false]
    client.send(
      Buffer.concat(values.map((scs) => client.i({ typeId: 45, cot: 6, ca: 1, objects: [{ ioa: 10, scs }] })))
    )
    await client.until(() => client.iFrames === 10)
    expect(client.asdus().map(({ cot, objects }) => [cot, objects?.[0]?.scs])).toEqual(
      values.flatMap((scs) => [
        [7, scs],
        [10, scs]
      ])
    )
  })

  it("beyond the limit of undecided ones are refused, the others are decided", async () => {
    const answer = deferred<ResponseState>()
    const { client, operate } = await switchedBy(() => answer.promise, { limits: { decisionsPerSession: 3 } })
    for (let i = 0; i < 4; i++) operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(REFUSED)
    answer.resolve(SUCCESS)
    await client.until(() => client.asdus(TERM).length === 3)
    expect(client.asdus(CON)).toHaveLength(3)
  })
})

describe("return information", () => {
  /** Command 10 shows in point 20 of the given type. */
  const related = async (type: Type, options: ServerOptions = {}) => {
    const stage = await startServer(options)
    const shown = stage.station.addPoint({ ioAddress: 20, type })
    const command = stage.station.addPoint({
      ioAddress: 10,
      type: Type.C_SC_NA_1,
      relatedIoAddress: 20,
      relatedIoAutoreturn: true
    })
    command?.onReceive((_, __, { info }) => {
      if (shown) Object.assign(shown, { value: info?.value })
      return SUCCESS
    })
    return {
      ...stage,
      command,
      asker: await startClient(stage.server.port),
      other: await startClient(stage.server.port)
    }
  }

  it("comes between confirmation and termination, with the originator for the asker alone", async () => {
    const { asker, other } = await related(Type.M_SP_NA_1)
    asker.command(Type.C_SC_NA_1, 10, { scs: true }, { oa: 42 })
    await asker.next(TERM)
    expect(asker.asdus().map(({ typeId, cot, oa }) => [typeId, cot, oa])).toEqual([
      [45, 7, 42],
      [1, 11, 42],
      [45, 10, 42]
    ])
    expect(asker.asdus({ typeId: 1 })[0]?.objects).toMatchObject([{ ioa: 20, spi: true }])
    const seen = await other.next({ typeId: 1 })
    expect(seen).toMatchObject({ cot: 11, oa: 0, objects: [{ ioa: 20, spi: true }] })
    expect(other.asdus()).toHaveLength(1)
  })

  it.each([
    ["c104", 11],
    ["iec", 3]
  ] as const)("of a measured value has, under the profile %s, the cause %d", async (profile, cot) => {
    const { server, station } = await startServer({ profile })
    station.addPoint({ ioAddress: 20, type: Type.M_ME_NC_1 })
    station.addPoint({ ioAddress: 10, type: Type.C_SE_NC_1, relatedIoAddress: 20, relatedIoAutoreturn: true })
    const client = await startClient(server.port)
    client.command(Type.C_SE_NC_1, 10, { value: 1.5, ql: 0 })
    await client.next(TERM)
    expect(client.asdus().map((asdu) => [asdu.typeId, asdu.cot])).toEqual([
      [50, 7],
      [13, cot],
      [50, 10]
    ])
  })

  it.each([
    ["one after the other", false],
    ["in one segment", true]
  ])("holds back what is said of the next command to its point: %s, whatever the window", async (_, inOne) => {
    const { server } = await related(Type.M_SP_NA_1)
    server.protocolParameters.sendWindowSize = 1
    const client = await startClient(server.port, { acknowledge: "never" })
    const commands = [{ scs: true }, { scs: false }, { scs: true }].map((elements, at) =>
      client.i({ typeId: 45, cot: at === 2 ? 5 : 6, ca: 1, objects: [{ ioa: 10, ...elements }] })
    )
    for (const segment of inOne ? [Buffer.concat(commands)] : commands) {
      client.send(segment)
      await client.testfr()
    }
    for (let count = 1; count < 7; count++) {
      await client.until(() => client.iFrames === count)
      client.acknowledge()
    }
    await client.until(() => client.iFrames === 7)
    expect(client.asdus().map(({ typeId, cot, objects }) => [typeId, cot, objects?.[0]?.scs])).toEqual([
      [45, 7, true],
      [1, 11, undefined],
      [45, 10, true],
      [45, 7, false],
      [1, 11, undefined],
      [45, 10, false],
      [45, 45, true]
    ])
  })

  it("does not come after a refusal, nor for a related point that is gone", async () => {
    const { asker, command, station } = await related(Type.M_SP_NA_1)
    command?.onReceive(() => FAILURE)
    asker.command(Type.C_SC_NA_1, 10, { scs: true })
    await asker.next(REFUSED)
    command?.onReceive(() => SUCCESS)
    station.removePoint(20)
    asker.command(Type.C_SC_NA_1, 10, { scs: true })
    await asker.next(TERM)
    expect(asker.asdus({ typeId: 1 })).toEqual([])
  })
})

describe("a termination", () => {
  it("goes behind what the handler itself transmits", async () => {
    const { client, operate, station } = await switchedBy((point) => {
      const shown = point.station?.getPoint(20)
      if (shown != null) {
        shown.value = true
        shown.transmit(11)
      }
      return SUCCESS
    })
    station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
    operate()
    expect([await client.next({ ca: 1 }), await client.next({ ca: 1 }), await client.next({ ca: 1 })]).toMatchObject([
      { typeId: 45, cot: 7 },
      { typeId: 1, cot: 11 },
      { typeId: 45, cot: 10 }
    ])
  })

  it("that the application sends goes behind what it transmitted before", async () => {
    const { client, operate, station } = await switchedBy(() => SUCCESS)
    const command = station.getPoint(10)
    const shown = station.addPoint({ ioAddress: 20, type: Type.M_SP_NA_1 })
    if (command === null || shown === null) throw new Error("no points")
    command.actTerm = "manual"
    operate()
    expect(await client.next({ typeId: 45 })).toMatchObject(CON)
    shown.value = true
    expect(shown.transmit(11)).toBe(true)
    expect(command.transmit(10)).toBe(true)
    expect([await client.next({ ca: 1 }), await client.next({ ca: 1 })]).toMatchObject([
      { typeId: 1, cot: 11 },
      { typeId: 45, cot: 10 }
    ])
    expect(command.transmit(10)).toBe(false)
  })
})
