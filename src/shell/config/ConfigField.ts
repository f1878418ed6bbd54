// Kinds of fields that the parts of a configuration file share: whole numbers, spans of time, types, flags and texts.
import * as Schema from "effect/Schema"
import * as Value from "../../core/image/Value.ts"
import * as TypeTable from "../../core/wire/TypeTable.ts"
import * as Nearest from "../Nearest.ts"
import { TICK_RATE_MS } from "../Options.ts"
import * as Source from "./ConfigSource.ts"
import * as Duration from "./Duration.ts"

/** Tells a problem with the value at a path, or, with `at: "key"`, with the key that ends it. */
export type Report = (path: Source.Path, message: string, at?: "key") => void

export const SECOND_MS = 1000
const DAY_MS = 86_400 * SECOND_MS

export const integer = (minimum: number, maximum: number, what: string): Source.Field<number> =>
  Source.field(Schema.Int.check(Schema.isBetween({ minimum, maximum })), `${what}, ${minimum}..${maximum}`)

/** A span of time within bounds, in milliseconds; `range` tells the bounds in words. */
export const duration = (minimum: number, maximum: number, range: string, what = ""): Source.Field<number> =>
  Source.field(
    Duration.between(minimum, maximum),
    (input) => `expected ${what}${Duration.expected}, ${range}; got ${Source.show(input)}`
  )

/** A period, or a time to wait. */
export const span = (what: string): Source.Field<number> =>
  duration(10, 7 * DAY_MS, "from 10 ms to 7 days", `${what}: `)

/** A period that is kept by the tick of the server. */
export const ticks = (what: string): Source.Field<number> =>
  Source.field(
    Duration.between(TICK_RATE_MS, 7 * DAY_MS, TICK_RATE_MS),
    (input) =>
      `expected ${what}: ${Duration.expected}, from ${TICK_RATE_MS} ms to 7 days in steps of ${TICK_RATE_MS} ms; got ${Source.show(input)}`
  )

export const number = (what: string): Source.Field<number> => Source.field(Schema.Finite, what)
export const flag: Source.Field<boolean> = Source.field(Schema.Boolean, "true or false")
export const text: Source.Field<string> = Source.field(Schema.String, "a text")
/** Read by somebody else. */
export const anything: Source.Field<unknown> = Source.field(Schema.Unknown, "a value")

/** One of a few words; a misspelt one is told with what was probably meant. */
export const word = <const Words extends ReadonlyArray<string>>(...words: Words): Source.Field<Words[number]> => {
  const known = words.length === 1 ? words[0] : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`
  return Source.field(
    Schema.Literals(words),
    (input) =>
      `expected ${known}, got ${Source.show(input)}${typeof input === "string" ? Nearest.hint(input, words) : ""}`
  )
}

export const mnemonicOf = (type: number): string => TypeTable.byId[type]?.mnemonic ?? String(type)

const pointTypeNames = Value.pointTypes.map(mnemonicOf)

const typeMessage = (input: unknown): string => {
  const possible = `possible are ${pointTypeNames.join(", ")}`
  if (typeof input !== "string") return `expected a type such as M_ME_NC_1, got ${Source.show(input)}`
  if (TypeTable.byMnemonic(input) !== undefined) return `${input} cannot be the type of a point; ${possible}`
  return `unknown type ${Source.show(input)}${Nearest.hint(input, pointTypeNames) || `; ${possible}`}`
}

/** The name of a type that can be a point. */
export const pointType: Source.Field<string> = Source.field(Schema.Literals(pointTypeNames), typeMessage)

/** "a single point", "an event of protection equipment". */
export const named = ({ name }: Value.Layout): string => `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`
