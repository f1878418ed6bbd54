// `iec104 serve FILE`: runs a server from a configuration file, and shows what happens: as JSON lines, as a live view on
// a terminal, or as plain lines.
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Image from "../../core/image/Image.ts"
import * as Clock from "../../shell/Clock.ts"
import * as Config from "../../shell/config/Config.ts"
import * as Plant from "../../shell/config/Plant.ts"
import type { Host } from "../../shell/Host.ts"
import * as Serve from "../../shell/Serve.ts"
import { endpoint, type Gap, type ServerEvent } from "../../shell/ServerEvent.ts"
import { shown } from "../../shell/Shown.ts"
import * as Recording from "../../shell/tape/Recording.ts"
import { load, warningLines } from "./check.ts"
import * as feed from "./feed.ts"
import * as LiveView from "./LiveView.ts"
import * as Output from "./Output.ts"

/** What is shown goes by this machine's clock, whatever the server's is. */
const machine = Clock.machine()

/** Common addresses in the greeting. */
const ADDRESSES_SHOWN = 10

/** An event as one flat record: what the JSON line says. */
export function record(event: ServerEvent | Gap): Readonly<Record<string, unknown>> {
  switch (event.event) {
    case "refused":
      return { event: event.event, peer: endpoint(event), why: event.why }
    case "rejected":
      return {
        event: event.event,
        peer: endpoint(event.peer),
        situation: event.situation,
        apdu: Buffer.from(event.apdu).toString("hex")
      }
    case "gap":
    case "output":
    case "undecided":
    case "unrelated":
      return { ...event }
    case "error":
      return { event: event.event, code: event.error.code, message: event.error.message }
    default:
      return { ...event, peer: endpoint(event.peer), session: event.peer.session }
  }
}

/** The same for people: time, event, and what belongs to it. */
export function sentence(event: ServerEvent | Gap, wallMs: number): string {
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
  /** Where it is recorded; undefined: it is not. */
  readonly record: string | undefined
}): Effect.Effect<void, Output.CliError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { json, file } = options
      const { config, text } = yield* load(file)
      const asked = options.listen === undefined ? undefined : Config.parseListen(options.listen)
      const listen = asked ?? config.listen
      const isDrawn = !json && process.stdout.isTTY
      const failed = (error: Error): Output.CliError => Output.failure([`iec104: ${error.message}`])
      const making =
        options.record === undefined ? plain(config, listen) : recorded(options.record, options, text, config, listen)
      const { plant, start } = yield* making.pipe(Effect.mapError(failed))
      const telling = isDrawn ? null : yield* observe(plant.host, json)
      const { port } = yield* start.pipe(Effect.mapError(failed))
      const { host } = listen
      if (json) yield* Output.out([JSON.stringify({ event: "ready", host, port })])
      else {
        yield* Output.err(warningLines(config))
        yield* greet(plant, host, port, file)
        if (options.record !== undefined) yield* Output.out([`It is recorded into ${shown(options.record)}.`])
      }
      if (feed.isFile()) yield* announce(json, feed.FILE_WAITS)
      telling?.open()
      yield* Effect.forkScoped(plant.process)
      yield* Effect.forkScoped(feed.run(plant.host, (line, why) => refuse(json, line, why)))
      return yield* isDrawn ? LiveView.run(plant.host, machine) : Effect.never
    })
  )

/** A server that nobody records. */
const plain = (config: Config.ServerConfig, listen: Config.Listen) =>
  Plant.build(config, listen).pipe(Effect.map((plant) => ({ plant, start: Serve.serve(plant.host, plant.ticker) })))

/** A server that is recorded: that it is not any more is told, and ends nothing. */
const recorded = (
  tape: string,
  { file, listen: asked, json }: { readonly file: string; readonly listen: string | undefined; readonly json: boolean },
  text: string,
  config: Config.ServerConfig,
  listen: Config.Listen
) => {
  const { version: node } = process
  const began = new Date(machine.wallMs()).toISOString()
  const head = { program: Output.version, node, began, file, text, listen: asked ?? null }
  const failed = (message: string): void =>
    void (json
      ? Output.written(process.stdout, [JSON.stringify({ event: "error", code: "TAPE_ENDED", message })])
      : Output.written(process.stderr, [message]))
  return Recording.make({ tape, head, config, listen, failed })
}

/** Tells something about standard input. */
const announce = (json: boolean, message: string): Effect.Effect<void> =>
  Output.out([json ? JSON.stringify({ event: "input", message }) : message])

/** Tells what is wrong with standard input. */
function refuse(json: boolean, line: number, why: string): Promise<void> {
  const message = `${line === 0 ? "standard input" : `standard input, line ${line}`}: ${shown(why)}`
  return json
    ? Output.written(process.stdout, [JSON.stringify({ event: "error", code: "BAD_INPUT", message })])
    : Output.written(process.stderr, [message])
}

/** Writes a line for each event until the scope ends, from when it is opened. */
const observe = (host: Host, json: boolean): Effect.Effect<Output.Telling, never, Scope.Scope> =>
  Effect.gen(function* () {
    const line = (event: ServerEvent | Gap): string =>
      json ? JSON.stringify(record(event)) : sentence(event, machine.wallMs())
    const telling = new Output.Telling(process.stdout, (lost) => line({ event: "gap", lost }))
    const observer = (event: ServerEvent): void => telling.take(() => line(event))
    yield* Effect.acquireRelease(
      Effect.sync(() => host.observers.add(observer)),
      () =>
        Effect.sync(() => {
          host.observers.delete(observer)
          telling.settle()
        })
    )
    return telling
  })

const greet = (plant: Plant.Plant, host: string, port: number, file: string): Effect.Effect<void> => {
  const { image } = plant.host.world
  const stations = Image.all(image)
  const addresses = stations.slice(0, ADDRESSES_SHOWN).map(({ ca }) => String(ca))
  if (stations.length > ADDRESSES_SHOWN) addresses.push("...")
  return Output.out([
    `IEC 60870-5-104 server on ${host}:${port}, serving ${file}: ${Output.counted(stations.length, "station")}, ${Output.counted(Image.points(image), "point")}.`,
    `Connect a client to ${host === "0.0.0.0" ? "this machine" : host}, port ${port}, common address ${addresses.join(", ")}; then STARTDT and a general interrogation.`,
    "Ctrl-C stops it."
  ])
}
