// Updates of the Effect face compare what would be told with what was told, and leave the application's quality alone.
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Iec104 from "../../../src/api/effect/index.ts"
import { RawClient } from "../../support/RawClient.ts"

const M_ME_NC_1 = 13
const IV = 0x80

const server = Effect.gen(function* () {
  const made = yield* Iec104.make({ host: "127.0.0.1", port: 0 })
  const station = yield* made.addStation(1)
  const { port } = yield* made.listen
  const client = yield* Effect.acquireRelease(
    Effect.promise(() => RawClient.connect(port)),
    (connected) => Effect.sync(() => connected.close())
  )
  yield* Effect.promise(() => client.startdt())
  return { station, client, port }
})

it.live("an update of a value that is no number is told, and its quality ends with it", () =>
  Effect.gen(function* () {
    const { station, client } = yield* server
    const point = yield* station.addPoint({ ioAddress: 1, type: M_ME_NC_1, deadband: { absolute: 5 } })
    const made: boolean[] = []
    for (const value of [0.1, 0.1, Number.NaN, Number.NaN, 0.1, 4]) made.push(yield* point.update(value))
    expect([made, point.quality()]).toEqual([[true, false, true, false, true, false], 0])
    yield* Effect.promise(() =>
      client.until(() => client.asdus({ cot: 3 }).flatMap(({ objects }) => objects ?? []).length === 3)
    )
    const objects = client.asdus({ cot: 3 }).flatMap((frame) => frame.objects ?? [])
    expect(objects.map((object) => JSON.stringify(object).includes('"iv":true'))).toEqual([false, true, false])
  })
)

it.live("a quality that comes with a number is the application's word, also right after a value that is none", () =>
  Effect.gen(function* () {
    const { station, client } = yield* server
    const point = yield* station.addPoint({ ioAddress: 1, type: M_ME_NC_1 })
    yield* point.update(Number.NaN)
    yield* point.update(6, IV)
    yield* point.update(7)
    yield* point.update(8, 0)
    const objects = () => client.asdus({ cot: 3 }).flatMap((frame) => frame.objects ?? [])
    yield* Effect.promise(() => client.until(() => objects().length === 4))
    expect(objects().map((object) => [object.value, JSON.stringify(object).includes('"iv":true')])).toEqual([
      [0, true],
      [6, true],
      [7, true],
      [8, false]
    ])
  })
)

it.live("the first update of a point that is added where another one was is told", () =>
  Effect.gen(function* () {
    const { station, client, port } = yield* server
    yield* Effect.acquireRelease(
      Effect.promise(() => RawClient.connect(port)),
      (connected) => Effect.sync(() => connected.close())
    )
    const told = () => client.asdus({ cot: 3 }).flatMap(({ objects }) => objects ?? [])
    const point = yield* station.addPoint({ ioAddress: 1, type: M_ME_NC_1 })
    expect(yield* point.update(5)).toBe(true)
    yield* Effect.promise(() => client.until(() => told().length === 1))
    station.removePoint(1)
    const next = yield* station.addPoint({ ioAddress: 1, type: M_ME_NC_1, deadband: { absolute: 10 } })
    expect([yield* next.update(5), yield* next.update(14)]).toEqual([true, false])
  })
)

it.live("a command cannot be updated: it would go in monitor direction", () =>
  Effect.gen(function* () {
    const { station, client } = yield* server
    const point = yield* station.addPoint({ ioAddress: 1, type: 45 })
    const { _tag, message } = yield* Effect.flip(point.update(1))
    expect([_tag, message]).toEqual(["InvalidArgument", "update: a monitoring point is required, not C_SC_NA_1"])
    yield* Effect.promise(() => client.answers())
    expect([client.asdus(), point.value()]).toEqual([[], 0])
  })
)
