// Values fed into `serve` on standard input: a JSON object a line, such as
// {"station":47,"address":11,"value":1.5,"quality":["iv"],"at":"2026-01-01T12:00:00Z"}. Each is an event of its point.
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Image from "../../core/image/Image.ts"
import * as Value from "../../core/image/Value.ts"
import * as TypeTable from "../../core/wire/TypeTable.ts"
import * as ConfigValue from "../../shell/config/ConfigValue.ts"
import type { Host } from "../../shell/Host.ts"
import * as Instant from "../../shell/Instant.ts"
import * as InputLines from "./InputLines.ts"
import * as Json from "./Json.ts"

/** Told for the words too: of a union the decoder would name only those, whatever type the point has. */
const message = 'Expected a number, true, false, "on" or "off"'

/** One fed value. */
const Line = Schema.Struct({
  station: Schema.Int,
  address: Schema.Int,
  /** Tells points that share an address from each other. */
  type: Schema.optionalKey(Schema.String),
  /** Read as in a configuration file; without it the point keeps its own, as with the quality. */
  value: Schema.optionalKey(
    Schema.Union([Schema.Number, Schema.Boolean, Schema.Literals(["on", "off"]).annotate({ message })]).annotate({
      message
    })
  ),
  quality: Schema.optionalKey(Schema.Union([Schema.String, Schema.Array(Schema.String)])),
  /** Time of the event, ISO 8601 with a zone; default now. */
  at: Schema.optionalKey(Schema.String)
})

const decode = Schema.decodeUnknownSync(Line, { errors: "all", onExcessProperty: "error" })

/** Feeds one line; what is wrong with it, or null. */
export function feed(host: Host, text: string): string | null {
  try {
    const line = decode(Json.parse(text))
    const station = Image.station(host.world.image, line.station)
    if (station === undefined) return `there is no station ${line.station}`
    const type = line.type === undefined ? undefined : TypeTable.byMnemonic(line.type)?.id
    if (line.type !== undefined && type === undefined) return `there is no type ${line.type}`
    const place = type === undefined ? Image.find(station, line.address) : Image.findTyped(station, line.address, type)
    if (place === null && type === undefined && Image.candidates(station, line.address).length > 1)
      return `several points of station ${line.station} have the address ${line.address}: say which with "type"`
    if (place === null) return `station ${line.station} has no such point ${line.address}`
    const { block, slot } = place
    if (Value.isCommand(block.of.type)) return `point ${line.address} is a command: it is the client's to send`
    const atMs = line.at === undefined ? host.nowMs() : Instant.toEpochMs(line.at)
    if (Number.isNaN(atMs)) return `at ${JSON.stringify(line.at)} is no instant: expected ${Instant.expected}`
    const problems: string[] = []
    const report = (_: unknown, problem: string): void => void problems.push(problem)
    const value = ConfigValue.readValue(line.value, [], block.layout, report)
    const quality = ConfigValue.readQuality(line.quality, [], block.layout, report)
    if (problems.length > 0) return problems.join(", ")
    if (value !== null) host.setValue(block, slot, value, atMs)
    if (line.quality !== undefined) host.setQuality(block, slot, quality, atMs)
    else if (value === null) host.setTime(block, slot, atMs)
    host.publish(block, slot, 3, 0)
    return null
  } catch (cause) {
    return cause instanceof Error ? cause.message.replaceAll(/\s*\n\s*/g, ", ") : String(cause)
  }
}

/** Tells what is wrong with a line (0: with the input as a whole), and is waited for: a reader that lags holds the input. */
export type Refuse = (line: number, why: string) => Promise<void>

/** What is said of an input that is a file. */
export const FILE_WAITS =
  "standard input is a file: it is read at once, also while nobody is connected, but no faster than every started client " +
  "takes it that acknowledges within t1 (simulated values wait for holdMs only, and what is too much is lost, and told)"

/** Whether standard input is a file: it does not mind to wait, and loses nothing by it. */
export const isFile = (): boolean => InputLines.kind()?.isFile() === true

/** Feeds every line until the input ends or `signal` is aborted. */
async function feedAll(host: Host, refuse: Refuse, signal: AbortSignal): Promise<void> {
  const patient = isFile()
  let number = 0
  for await (const lines of InputLines.completed(InputLines.standardInput())) {
    for (const text of lines) {
      if (signal.aborted) return
      number++
      const why = text.trim() === "" ? null : (InputLines.tooLong(text) ?? feed(host, text))
      if (why !== null) await refuse(number, why)
      // A feeder that is faster than the clients waits, like every publisher should.
      await host.room(patient)
    }
  }
}

/** Feeds standard input to its end, unless it is a terminal; the server goes on after that. */
export const run = (host: Host, refuse: Refuse): Effect.Effect<void> =>
  process.stdin.isTTY
    ? Effect.void
    : Effect.callback<void>((resume) => {
        const controller = new AbortController()
        feedAll(host, refuse, controller.signal)
          .catch((cause: unknown) =>
            controller.signal.aborted ? undefined : refuse(0, cause instanceof Error ? cause.message : String(cause))
          )
          .then(() => resume(Effect.void))
        return Effect.sync(() => {
          controller.abort()
          process.stdin.destroy()
        })
      })
