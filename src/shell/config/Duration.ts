// Spans of time as people write them in a configuration file: "5 seconds", "500 ms", "1 minute", or plain seconds.
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"

const units: ReadonlyArray<readonly [names: string, ms: number]> = [
  ["ms millis milli millisecond milliseconds", 1],
  ["s sec secs second seconds", 1000],
  ["m min mins minute minutes", 60_000],
  ["h hour hours", 3_600_000],
  ["d day days", 86_400_000]
]

const msOf: ReadonlyMap<string, number> = new Map(
  units.flatMap(([names, ms]) => names.split(" ").map((name): [string, number] => [name, ms]))
)

const form = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)\s*$/i

/** What a message says about the ways to write a span of time. */
export const expected = 'a duration such as "5 seconds", "500 ms", "1 minute", "2 hours" or a plain number of seconds'

/** Milliseconds of a written span; a plain number means seconds. Nothing when it is not a span of time. */
export const toMillis = (input: unknown): number | undefined => {
  if (typeof input === "number") return Number.isFinite(input) && input >= 0 ? input * 1000 : undefined
  if (typeof input !== "string") return undefined
  const [, amount, unit] = form.exec(input) ?? []
  const ms = unit === "" ? 1000 : msOf.get((unit ?? "?").toLowerCase())
  return amount === undefined || ms === undefined ? undefined : Number(amount) * ms
}

/** A written span of time as whole milliseconds. */
export const Millis = Schema.Union([Schema.String, Schema.Number]).pipe(
  Schema.decodeTo(Schema.Int, {
    decode: SchemaGetter.transform((written: string | number) => Math.round(toMillis(written) ?? Number.NaN)),
    encode: SchemaGetter.transform((ms: number): string | number => `${ms} ms`)
  })
)

/** `Millis` within bounds, and a multiple of `step`. */
export const between = (minimum: number, maximum: number, step = 1): Schema.ConstraintDecoder<number> =>
  Millis.check(Schema.isBetween({ minimum, maximum }), Schema.isMultipleOf(step))
