// An Effect that is interrupted since nobody waits for it any more has not failed; what breaks in it meanwhile is told.
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as Iec104 from "../../../src/api/effect/index.ts"
import { RawClient } from "../../support/RawClient.ts"
import { Recorder } from "../../support/Stage.ts"

/** Listens, with all that happens recorded and one client that is started. */
const serve = (server: Iec104.Shape, events: Recorder) =>
  Effect.gen(function* () {
    yield* Effect.forkScoped(
      Stream.runForEach(server.events, (event) => Effect.sync(() => events.observer(event as never)))
    )
    const { port } = yield* server.listen
    const client = yield* Effect.promise(() => RawClient.connect(port))
    yield* Effect.promise(() => client.startdt())
    return { port, client }
  })

it.live.each([
  ["ends", Effect.void, []],
  ["breaks as it ends", Effect.die(new Error("the brake is worn")), ["the brake is worn"]]
] as const)("a handler that is interrupted, and %s", ([, atEnd, told]) =>
  Effect.gen(function* () {
    const events = new Recorder()
    const server = yield* Iec104.make({ host: "127.0.0.1", port: 0, logLevel: "none" })
    const station = yield* server.addStation(1)
    const point = yield* station.addPoint({ ioAddress: 10, type: 45, abandon: "interrupt" })
    yield* point.onCommand(() => Effect.onInterrupt(Effect.never, () => atEnd))
    const { client } = yield* serve(server, events)
    client.command(45, 10, { scs: true })
    yield* Effect.promise(() => client.testfr())
    client.reset()
    yield* Effect.promise(() => events.next("command"))
    expect(events.of("error").map(({ error }) => error.message.replace(/^.* failed: /, ""))).toEqual(told)
  }).pipe(Effect.scoped)
)

it.live("a handler that answers with something that throws when it is looked at has failed, and nothing else", () =>
  Effect.gen(function* () {
    const server = yield* Iec104.make({ host: "127.0.0.1", port: 0, logLevel: "none" })
    const station = yield* server.addStation(1)
    const point = yield* station.addPoint({ ioAddress: 10, type: 45 })
    const strange: object = new Proxy(
      {},
      {
        get: () => {
          throw new Error("it is not for you")
        }
      }
    )
    yield* point.onCommand(() => Effect.succeed(strange as never))
    const { port } = yield* server.listen
    const client = yield* Effect.promise(() => RawClient.connect(port))
    yield* Effect.promise(() => client.startdt())
    client.command(45, 10, { scs: true })
    const answer = yield* Effect.promise(() => client.next({ typeId: 45 }))
    expect([answer.cot, answer.negative, point.outputStatus()]).toEqual([7, true, "free"])
    client.close()
  }).pipe(Effect.scoped)
)

const strangers: readonly (readonly [string, () => unknown, string])[] = [
  ["an async function that fails", () => Promise.reject(new Error("the relay is stuck")), "the relay is stuck"],
  ["an async function", () => Promise.resolve("success"), "it returned something that is no Effect"],
  ["a plain function", () => "success", "it returned something that is no Effect"]
]

it.live.each(strangers)("a handler that is no Effect but %s has failed, and that is told", ([, handler, told]) =>
  Effect.gen(function* () {
    const events = new Recorder()
    const server = yield* Iec104.make({ host: "127.0.0.1", port: 0, logLevel: "none" })
    const station = yield* server.addStation(1)
    const point = yield* station.addPoint({ ioAddress: 10, type: 45 })
    yield* point.onCommand(handler as () => Effect.Effect<never>)
    yield* server.onReset(handler as () => Effect.Effect<never>)
    const { port, client } = yield* serve(server, events)
    client.command(45, 10, { scs: true })
    client.command(105, 0, { qrp: 1 })
    for (const typeId of [45, 105]) {
      const answer = yield* Effect.promise(() => client.next({ typeId }))
      expect([answer.cot, answer.negative]).toEqual([7, true])
    }
    yield* Effect.promise(() => events.next("error", 2))
    expect(events.of("error").map(({ error }) => error.message.replace(/^.* failed: /, ""))).toEqual([told, told])
    // The next connection is refused by one of them.
    yield* server.onConnect(handler as () => Effect.Effect<never>)
    const other = yield* Effect.promise(() => RawClient.connect(port))
    yield* Effect.promise(() => other.ended)
    yield* Effect.promise(() => events.next("refused"))
    client.close()
  }).pipe(Effect.scoped)
)

it.live("a logger that fails is told to observers, and disturbs nothing", () =>
  Effect.gen(function* () {
    const events = new Recorder()
    const server = yield* Iec104.make({ host: "127.0.0.1", port: 0, logLevel: "info" })
    const { client } = yield* serve(server, events)
    yield* Effect.promise(() => events.next("started"))
    const messages = events.of("error").map(({ error }) => error.message)
    expect(messages).toHaveLength(2)
    for (const message of messages) expect(message).toContain("the disk is full")
    client.close()
  }).pipe(
    Effect.scoped,
    Effect.provide(
      Logger.layer([
        Logger.make(() => {
          throw new Error("the disk is full")
        })
      ])
    )
  )
)
