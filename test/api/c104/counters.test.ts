// Counters with time tag and local freezes at the faces (rules C 5, T 3).
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { Cot, Type } from "../../../src/api/c104/index.ts"
import * as Iec104 from "../../../src/api/effect/index.ts"
import { makeServer, startClient } from "../../support/Stage.ts"

describe("a counter with time tag", () => {
  it.each(["iec", "c104"] as const)("answers with its own type in profile %s", async (profile) => {
    const server = makeServer({ profile })
    const station = server.addStation(1)
    station?.addPoint({ ioAddress: 10, type: Type.M_IT_TB_1 })
    await server.start()
    const client = await startClient(server.port)
    client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 1 })
    await client.next({ typeId: Type.C_CI_NA_1, cot: 10 })
    client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 0 })
    const { objects = [] } = await client.next({ cot: 37 })
    await client.next({ typeId: Type.C_CI_NA_1, cot: 10 })
    expect(client.asdus({ cot: 37 }).map(({ typeId }) => typeId)).toEqual([Type.M_IT_TB_1])
    expect(objects).toMatchObject([{ ioa: 10, bcr: { sq: 1 }, time: { iv: false } }])
  })
})

describe("local freezes", () => {
  /** The next reading that is told. */
  const reading = async (client: Awaited<ReturnType<typeof startClient>>): Promise<unknown> => {
    const { objects = [] } = await client.next({ typeId: Type.M_IT_NA_1, cot: 3 })
    return (objects[0] as unknown as { readonly bcr: { readonly counter: number } }).bcr.counter
  }

  it.each([
    [false, [7, 7]],
    [true, [7, 0]]
  ])("begin counters anew where that is chosen: %s", async (localFreezeReset, readings) => {
    const server = makeServer({ tickRateMs: 50 })
    const station = server.addStation(1, { counters: { mode: "A", localFreezeMs: 200, localFreezeReset } })
    const point = station?.addPoint({ ioAddress: 10, type: Type.M_IT_NA_1 })
    if (point == null) throw new Error("a new station has no points")
    await server.start()
    const client = await startClient(server.port)
    await reading(client)
    point.value = 7
    expect([await reading(client), await reading(client)]).toEqual(readings)
  })

  it("are chosen at the Effect face too", () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const server = yield* Iec104.make({ host: "127.0.0.1", port: 0, tickRateMs: 50 })
          const options = { counterMode: "A", localFreezeMs: 200, localFreezeReset: true } as const
          const station = yield* server.addStation(1, options)
          const point = yield* station.addPoint({ ioAddress: 10, type: Type.M_IT_NA_1 })
          const { port } = yield* server.listen
          const client = yield* Effect.promise(() => startClient(port))
          const next = Effect.promise(() => reading(client))
          yield* next
          yield* point.set(7)
          expect([yield* next, yield* next]).toEqual([7, 0])
        })
      )
    ))
})

it("the readings of a freeze are told of the counters that were frozen and are still there, of nobody who came while they are told", async () => {
  const server = makeServer({ packEvents: false })
  server.protocolParameters.sendWindowSize = 1
  server.protocolParameters.receiveWindowSize = 1
  const station = server.addStation(1, { counters: { mode: "D" } })
  const add = (ioAddress: number, type: typeof Type.M_IT_NA_1 | typeof Type.M_IT_TB_1, value: number) => {
    const point = station?.addPoint<Type>({ ioAddress, type })
    if (point != null) point.value = value
  }
  for (const address of [1, 2]) add(address, Type.M_IT_NA_1, address)
  for (const address of [11, 12, 13]) add(address, Type.M_IT_TB_1, address)
  await server.start()
  const client = await startClient(server.port)
  let seen = 0
  server.onSendRaw((_, apdu) => {
    if (apdu[6] !== Type.M_IT_NA_1 || seen++ > 0) return
    station?.removePoint(12)
    // In the place of that one, and behind the others.
    for (const address of [20, 21]) add(address, Type.M_IT_TB_1, 777)
  })
  client.command(Type.C_CI_NA_1, 0, { rqt: 5, frz: 1 })
  const told = () =>
    client
      .asdus(
        ({ ...frame }) => "typeId" in frame && (frame.typeId === Type.M_IT_NA_1 || frame.typeId === Type.M_IT_TB_1)
      )
      .flatMap(({ objects = [] }) => objects.map(({ ioa, bcr }) => [ioa, Object(bcr).counter]))
  await client.next({ typeId: Type.M_IT_NA_1 })
  // What is published behind them comes behind them.
  station?.addPoint({ ioAddress: 30, type: Type.M_SP_NA_1 })?.transmit(Cot.SPONTANEOUS)
  await client.next({ typeId: Type.M_SP_NA_1 })
  expect(told()).toEqual([1, 2, 11, 13].map((address) => [address, address]))
})
