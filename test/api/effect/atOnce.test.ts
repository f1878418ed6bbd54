// A handler of the Effect face that is done at once has answered at once, like a plain function: what stands behind its
// request in the same segment (a STOPDT, say) finds it answered.
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Iec104 from "../../../src/api/effect/index.ts"
import { RawClient } from "../../support/RawClient.ts"
import { Recorder } from "../../support/Stage.ts"

const STOPDT = Uint8Array.of(0x68, 4, 0x13, 0, 0, 0)

/** An I frame with N(S) 0 and the ASDU of a type to station 1. */
const request = (type: number, ioa: number, ...element: number[]): Uint8Array =>
  Uint8Array.of(0x68, 13 + element.length, 0, 0, 0, 0, type, 1, 6, 0, 1, 0, ioa, 0, 0, ...element)

class Interlocked extends Data.TaggedError("Interlocked")<{ readonly by: string }> {}
class Plant extends Context.Service<Plant, { readonly opens: boolean }>()("test/Plant") {}

/** A server with a direct command, one that is selected first, and a measured value. */
const stage = Effect.gen(function* () {
  const server = yield* Iec104.make({ host: "127.0.0.1", port: 0, logLevel: "none" })
  const station = yield* server.addStation(1)
  const direct = yield* station.addPoint({ ioAddress: 10, type: 45 })
  const interrupted = yield* station.addPoint({ ioAddress: 11, type: 45, abandon: "interrupt" })
  const selected = yield* station.addPoint({ ioAddress: 12, type: 45, select: true })
  yield* station.addPoint({ ioAddress: 20, type: 9 })
  return { server, direct, interrupted, selected }
})
type Stage = Effect.Success<typeof stage>

const success = Effect.succeed("success" as const)

interface Case {
  readonly register: (stage: Stage) => Effect.Effect<void, unknown, Plant>
  readonly asks: Uint8Array
  /** Causes of the answers, negative ones with 64 more. */
  readonly answers: readonly number[]
  /** The cause of the error that is reported. */
  readonly error?: unknown
}

const SINGLE = request(45, 10, 1)
const YES = [7, 10]
const NO = [0x47]

const cases: Readonly<Record<string, Case>> = {
  "onCommand, succeeding": { register: ({ direct }) => direct.onCommand(() => success), asks: SINGLE, answers: YES },
  "onCommand, in several steps, with a service and a scope": {
    register: ({ direct }) =>
      direct.onCommand((command) =>
        Effect.scoped(
          Effect.gen(function* () {
            const plant = yield* Plant
            yield* Effect.acquireRelease(Effect.succeed(command.value), () => Effect.void)
            return plant.opens && command.begin() ? "success" : "failure"
          })
        )
      ),
    asks: SINGLE,
    answers: YES
  },
  "onCommand, refusing": {
    register: ({ direct }) => direct.onCommand(() => Effect.succeed("failure")),
    asks: SINGLE,
    answers: NO
  },
  "onCommand, failing": {
    register: ({ direct }) => direct.onCommand(() => Effect.fail(new Interlocked({ by: "earth switch" }))),
    asks: SINGLE,
    answers: NO,
    error: new Interlocked({ by: "earth switch" })
  },
  "onCommand, dying": {
    register: ({ direct }) => direct.onCommand(() => Effect.die("broken")),
    asks: SINGLE,
    answers: NO,
    error: "broken"
  },
  "onCommand of a point that interrupts": {
    register: ({ interrupted }) => interrupted.onCommand(() => success),
    asks: request(45, 11, 1),
    answers: YES
  },
  "onCommand, in two phases": {
    register: ({ direct }) => direct.onCommand({ accept: () => success, execute: () => success }),
    asks: SINGLE,
    answers: YES
  },
  onSelect: {
    register: ({ selected }) => selected.onSelect(() => success),
    asks: request(45, 12, 0x81),
    answers: [7]
  },
  onClockSync: {
    register: ({ server }) => server.onClockSync(() => success),
    asks: request(103, 0, 0, 0, 0, 12, 1, 1, 26),
    answers: [7]
  },
  onReset: { register: ({ server }) => server.onReset(() => success), asks: request(105, 0, 2), answers: [7] },
  onParameter: {
    register: ({ server }) => server.onParameter(() => success),
    asks: request(110, 20, 0, 0, 1),
    answers: [7]
  }
}

const connect = (port: number): Effect.Effect<RawClient, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => RawClient.connect(port)),
    (client) => Effect.sync(() => client.close())
  )

describe("a handler that is done at once answers ahead of the STOPDT in the segment of its request", () => {
  it.live.each(Object.entries(cases))("%s", ([, { register, asks, answers, error }]) =>
    Effect.gen(function* () {
      const staged = yield* stage
      const { server } = staged
      const events = new Recorder()
      yield* Effect.forkScoped(
        Stream.runForEach(server.events, (event) =>
          Effect.sync(() => (event.event === "gap" ? undefined : events.observer(event)))
        )
      )
      yield* Effect.provideService(register(staged), Plant, { opens: true })
      // Whoever connects is asked about by an Effect, too.
      yield* server.onConnect((address) => Effect.succeed(address === "127.0.0.1"))
      const { port } = yield* server.listen
      const client = yield* connect(port)
      yield* Effect.promise(() => client.startdt())
      client.send(Buffer.concat([asks, STOPDT]))
      yield* Effect.promise(() => client.next("STOPDT con"))
      expect(client.asdus().map(({ cot, negative }) => cot + (negative ? 0x40 : 0))).toEqual(answers)
      expect(events.of("unanswered")).toEqual([])
      expect(events.of("command").every(({ answered }) => answered)).toBe(true)
      expect(events.of("error").map((event) => event.error.cause)).toEqual(error === undefined ? [] : [error])
    }).pipe(Effect.scoped)
  )
})
