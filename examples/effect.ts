// The feeder bay of simple.ts as an Effect: failures are typed, and the server lives as long as its scope.
//   npm run build && npx node examples/effect.ts [PORT]     (default 2404, 0 = any free port)
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { TypeTable } from "iec104/core"
import { make } from "iec104/effect"

const { Type } = TypeTable

const program = Effect.gen(function* () {
  const server = yield* make({ host: "127.0.0.1", port: Number(process.argv[2] ?? 2404) })
  const station = yield* server.addStation(47)
  const currents = yield* Effect.forEach([1, 2, 3], (ioAddress) =>
    station.addPoint({ ioAddress, type: Type.M_ME_TF_1 })
  )
  const breaker = yield* station.addPoint({ ioAddress: 10, type: Type.M_SP_TB_1 })
  const command = yield* station.addPoint({ ioAddress: 20, type: Type.C_SC_NA_1 })

  yield* command.onCommand(({ value }) =>
    breaker.set(value).pipe(Effect.andThen(breaker.transmit()), Effect.as("success" as const))
  )

  const { host, port } = yield* server.listen
  yield* Console.log(`listening on ${host}:${port}`)

  for (let second = 0; ; second++) {
    for (const [phase, current] of currents.entries()) {
      yield* current.set(breaker.value() === 1 ? 200 + 50 * Math.sin(second / 10 + phase) : 0)
      yield* Effect.ignore(current.transmit()) // fails with NotTaken while nobody is connected
    }
    yield* server.room // waits while a client lags far behind
    yield* Effect.sleep("1 second")
  }
})

NodeRuntime.runMain(Effect.scoped(program))
