// What the values of a type of point may be in a configuration file: first value, quality, deadband.
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Deadband } from "../../core/image/Told.ts"
import * as Value from "../../core/image/Value.ts"
import * as Quality from "../../core/wire/Quality.ts"
import * as Nearest from "../Nearest.ts"
import * as Field from "./ConfigField.ts"
import * as Source from "./ConfigSource.ts"

/** Kinds whose off and on are 1 and 2 (60870-5-101 7.2.6.2, 7.2.6.10); 0 and 3 are no states of a switch. */
const doubled: ReadonlySet<Value.Kind> = new Set([
  Value.Kind.Double,
  Value.Kind.DoubleCommand,
  Value.Kind.StepCommand,
  Value.Kind.ProtectionEvent
])

/** What off or on is as a value. */
export const switched = ({ kind }: Value.Layout, on: boolean): number => (doubled.has(kind) ? 1 : 0) + (on ? 1 : 0)

interface QualityWord {
  readonly name: string
  /** The standard's symbol, in small letters. */
  readonly short: string
  readonly bit: number
}

const qualityWords: ReadonlyArray<QualityWord> = [
  { name: "overflow", short: "ov", bit: Quality.OV },
  { name: "elapsed-time-invalid", short: "ei", bit: Quality.EI },
  { name: "blocked", short: "bl", bit: Quality.BL },
  { name: "substituted", short: "sb", bit: Quality.SB },
  { name: "not-topical", short: "nt", bit: Quality.NT },
  { name: "invalid", short: "iv", bit: Quality.IV }
]

/** Counters have other qualities at the same places. */
const counterQualityWords: ReadonlyArray<QualityWord> = [
  { name: "carry", short: "cy", bit: Quality.CY },
  { name: "adjusted", short: "ca", bit: Quality.CA },
  { name: "invalid", short: "iv", bit: Quality.IV }
]

export const value: Source.Field<number | boolean | "on" | "off"> = Source.field(
  Schema.Union([Schema.Number, Schema.Boolean, Schema.Literals(["on", "off"])]),
  "a number, true, false, on or off"
)

export const quality: Source.Field<string | ReadonlyArray<string>> = Source.field(
  Schema.Union([Schema.String, Schema.Array(Schema.String)]),
  `a quality or a list of them, of ${qualityWords.map(({ name }) => name).join(", ")}`
)

const deadbandForm = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*%\s*$/

/** A number above 0 in the unit of the point, or a percentage above 0. */
export const deadband: Source.Field<Deadband> = {
  decode: (input) => {
    const percent = typeof input === "string" ? Number(deadbandForm.exec(input)?.[1] ?? Number.NaN) : Number.NaN
    if (percent > 0) return Option.some({ percent })
    const absolute = typeof input === "number" && Number.isFinite(input) && input > 0
    return absolute ? Option.some({ absolute: input }) : Option.none()
  },
  message: (input) =>
    `expected how far the value may move without an event: a number above 0, or a percentage of the value reported last, such as "2 %"; got ${Source.show(input)}`,
  required: false
}

/** The first value of a point; null when the file gives none. */
export const readValue = (
  written: number | boolean | string | undefined,
  path: Source.Path,
  layout: Value.Layout,
  report: Field.Report
): number | null => {
  if (written === undefined) return null
  if (typeof written !== "number") {
    if (!layout.integer || layout.max > 3)
      report(path, `${Field.named(layout)} is a number, not ${Source.show(written)}`)
    return switched(layout, written === true || written === "on")
  }
  const wrong = Number.isFinite(written)
    ? Value.problem(layout, written)
    : `${Field.named(layout)} is a number, not ${written}`
  if (wrong !== null) report(path, wrong)
  return written
}

/** The quality bits of a point, by their names or symbols; a bit that its type has not is a problem. */
export const readQuality = (
  input: string | ReadonlyArray<string> | undefined,
  path: Source.Path,
  layout: Value.Layout,
  report: Field.Report
): number => {
  const names = input === undefined ? [] : typeof input === "string" ? [input] : input
  const all = layout.kind === Value.Kind.Counter ? counterQualityWords : qualityWords
  const words = all.filter(({ bit }) => (layout.qualityMask & bit) !== 0)
  const known = words.map(({ name }) => name)
  let bits = 0
  for (const given of names) {
    const word = words.find(({ name, short }) => name === given || short === given)
    if (word !== undefined) bits |= word.bit
    else
      report(
        path,
        known.length === 0
          ? `${Field.named(layout)} has no quality`
          : `unknown quality ${Source.show(given)} of ${Field.named(layout)}${Nearest.hint(given, known) || `; known: ${known.join(", ")}`}`
      )
  }
  return bits
}
