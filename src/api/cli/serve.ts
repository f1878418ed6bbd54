// `iec104 serve FILE`: runs a server from a configuration file, and shows what happens: as JSON lines, as a live view on
// a terminal, or as plain lines.
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Config from "../../shell/config/Config.ts"
import * as Plant from "../../shell/config/Plant.ts"
import * as Listener from "../../shell/Listener.ts"
import { endpoint, type ServerEvent } from "../../shell/ServerEvent.ts"
import { load, warningLines } from "./check.ts"
import * as feed from "./feed.ts"
import * as LiveView from "./LiveView.ts"
import * as Output from "./Output.ts"

/** An event as one flat record: what the JSON line says. */
export function record(event: ServerEvent): Readonly<Record<string, unknown>> {
  switch (event.event) {
    case "refused":
      return { event: event.event, peer: endpoint({ ...event, session: 0 }), why: event.why }
    case "rejected":
      return {
        event: event.event,
        peer: endpoint(event.peer),
        situation: event.situation,
        apdu: Buffer.from(event.apdu).toString("hex")
      }
    case "error":
      return { event: event.event, code: event.error.code, message: event.error.message }
    default:
      return { ...event, peer: endpoint(event.peer), session: event.peer.session }
  }
}

/** The same for people: time, event, and what belongs to it. */
export function sentence(event: ServerEvent, wallMs: number): string {
  const { event: name, ...rest } = record(event)
  const time = new Date(wallMs).toISOString().slice(11, 23)
  const details = Object.entries(rest).map(([key, value]) =>
    key === "peer" || key === "message" ? String(value) : `${key}=${String(value)}`
  )
  return `${time} ${String(name)} ${details.join(" ")}`
}

/** Serves until interrupted. */
export const serve = (options: {
  readonly file: string
  readonly listen: string | undefined
  readonly json: boolean
}): Effect.Effect<void, Output.CliError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const config = yield* load(options.file)
      const asked = options.listen === undefined ? undefined : Config.parseListen(options.listen)
      const plant = yield* Plant.build(config, asked ?? config.listen).pipe(
        Effect.mapError((error) => Output.failure([`iec104: ${error.message}`]))
      )
      const address = yield* Listener.listen(plant.host).pipe(
        Effect.mapError((error) => Output.failure([`iec104: ${error.message}`]))
      )
      yield* Effect.forkScoped(plant.ticker.run)
      yield* Effect.forkScoped(plant.process)
      const { host } = asked ?? config.listen
      yield* Effect.forkScoped(feed.run(plant.host, (line, why) => refuse(options.json, line, why)))
      if (options.json) return yield* asJson(plant, host, address.port)
      yield* Output.err(warningLines(config))
      yield* greet(plant, host, address.port, options.file)
      return yield* process.stdout.isTTY ? LiveView.run(plant.host) : asLines(plant)
    })
  )

/** Tells what is wrong with a line of standard input. */
function refuse(json: boolean, line: number, why: string): void {
  const message = `standard input, line ${line}: ${why}`
  if (json) process.stdout.write(`${JSON.stringify({ event: "error", code: "BAD_INPUT", message })}\n`)
  else process.stderr.write(`${message}\n`)
}

/** Writes a line for each event until the scope ends. */
const observe = (plant: Plant.Plant, line: (event: ServerEvent) => string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const observer = (event: ServerEvent): void => {
        process.stdout.write(`${line(event)}\n`)
      }
      plant.host.observers.add(observer)
      return observer
    }),
    () => Effect.void
  ).pipe(Effect.asVoid)

const asJson = (plant: Plant.Plant, host: string, port: number): Effect.Effect<never, never, Scope.Scope> =>
  Output.out([JSON.stringify({ event: "ready", host, port })]).pipe(
    Effect.andThen(observe(plant, (event) => JSON.stringify(record(event)))),
    Effect.andThen(Effect.never)
  )

const asLines = (plant: Plant.Plant): Effect.Effect<never, never, Scope.Scope> =>
  observe(plant, (event) => sentence(event, plant.host.clock.wallMs())).pipe(Effect.andThen(Effect.never))

const greet = (plant: Plant.Plant, host: string, port: number, file: string): Effect.Effect<void> => {
  const { stations } = plant.host.world.image
  const points = stations.reduce((sum, { blocks }) => sum + blocks.reduce((count, block) => count + block.count, 0), 0)
  return Output.out([
    `IEC 60870-5-104 server on ${host}:${port}, serving ${file}: ${Output.counted(stations.length, "station")}, ${Output.counted(points, "point")}.`,
    `Connect a client to ${host === "0.0.0.0" ? "this machine" : host}, port ${port}, common address ${stations.map(({ ca }) => ca).join(", ")}; then STARTDT and a general interrogation.`,
    "Ctrl-C stops it."
  ])
}
