// The scope of a server closes while a handler runs: what was not begun by then is never begun, also in the same segment.
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Iec104 from "../../../src/api/effect/index.ts"
import { RawClient } from "../../support/RawClient.ts"

const STARTDT = Uint8Array.of(0x68, 4, 0x07, 0, 0, 0)
const command = (ns: number, ioa: number): Uint8Array =>
  Uint8Array.of(0x68, 14, ns << 1, 0, 0, 0, 45, 1, 6, 0, 1, 0, ioa, 0, 0, 1)

it.live("nothing is begun once the scope of its server closes", () =>
  Effect.gen(function* () {
    const server = yield* Iec104.make({ host: "127.0.0.1", port: 0, logLevel: "none" })
    const station = yield* server.addStation(1)
    const begun: number[] = []
    const scope = yield* Scope.make()
    const closing: Promise<void>[] = []
    for (const ioAddress of [10, 11]) {
      const point = yield* station.addPoint({ ioAddress, type: 45 })
      yield* point.onCommand((_command) =>
        Effect.sync(() => {
          begun.push(ioAddress)
          if (ioAddress === 10) closing.push(Effect.runPromise(Scope.close(scope, Exit.void)))
          return "success"
        })
      )
    }
    const { port } = yield* server.listen.pipe(Scope.provide(scope))
    const client = yield* Effect.promise(() => RawClient.connect(port, { acknowledge: "never" }))
    client.send(Buffer.concat([STARTDT, command(0, 10), command(1, 11)]))
    yield* Effect.promise(() => client.ended)
    yield* Effect.promise(() => Promise.all(closing))
    expect(begun).toEqual([10])
    expect(client.asdus({ typeId: 45 }).map(({ cot, negative }) => [cot, negative])).toEqual([
      [7, false],
      [10, false],
      [7, true]
    ])
  })
)

it.live("what is accepted while the scope of its server closes is not carried out", () =>
  Effect.gen(function* () {
    const server = yield* Iec104.make({ host: "127.0.0.1", port: 0, logLevel: "none" })
    const station = yield* server.addStation(1)
    const told: string[] = []
    const scope = yield* Scope.make()
    const closing: Promise<void>[] = []
    const point = yield* station.addPoint({ ioAddress: 10, type: 45 })
    const phase = (name: string, act: () => void) => () =>
      Effect.sync(() => {
        told.push(name)
        act()
        return "success" as const
      })
    const close = (): void => void closing.push(Effect.runPromise(Scope.close(scope, Exit.void)))
    yield* point.onCommand({ accept: phase("accept", close), execute: phase("execute", () => {}) })
    const { port } = yield* server.listen.pipe(Scope.provide(scope))
    const client = yield* Effect.promise(() => RawClient.connect(port, { acknowledge: "never" }))
    client.send(Buffer.concat([STARTDT, command(0, 10)]))
    yield* Effect.promise(() => client.ended)
    yield* Effect.promise(() => Promise.all(closing))
    expect(told).toEqual(["accept"])
    expect(client.asdus({ typeId: 45 }).map(({ cot, negative }) => [cot, negative])).toEqual([[7, true]])
  })
)
