// One row of points in a configuration file: its keys, what each may hold, and the rules between them.
import * as Schema from "effect/Schema"
import * as Quality from "../core/asdu/Quality.ts"
import * as TypeTable from "../core/asdu/TypeTable.ts"
import * as Value from "../core/process/Value.ts"
import * as Source from "./ConfigSource.ts"
import * as Duration from "./Duration.ts"
import type { Simulation } from "./Simulate.ts"

/** A row of `count` points at consecutive information object addresses, all alike. */
export interface PointConfig {
  /** Information object address of the first point, 1..16777215. */
  readonly address: number
  readonly count: number
  /** Type identification, one of `Value.pointTypes`. */
  readonly type: number
  /** First value: booleans 0/1, double points 0..3; null when the file gives none. */
  readonly value: number | null
  /** Quality bits at the start, as they stand in the quality descriptor of the type; 0 is good. */
  readonly quality: number
  /** Period of cyclic transmission in milliseconds; 0 = off. */
  readonly cyclicMs: number
  readonly simulate: Simulation | null
  /** Commands: the point that shows the result. The n-th command of a row reports to the n-th address from here. */
  readonly feedback: number | null
  /** Commands: whether they are confirmed positively. */
  readonly accept: boolean
  readonly name: string | null
}

/** What is known of a row for the rules of its station, also when other keys of the row are wrong. */
export interface Placed {
  readonly path: Source.Path
  readonly address: number
  readonly count: number
  readonly type: number | undefined
  readonly feedback: number | undefined
}

export type Report = (path: Source.Path, message: string, at?: "key") => void

const ADDRESS_MAX = 16_777_215
const SPAN_MIN_MS = 10
const SPAN_MAX_MS = 7 * 86_400_000

const qualityBits: Readonly<Record<string, number>> = {
  overflow: Quality.OV,
  blocked: Quality.BL,
  substituted: Quality.SB,
  "not-topical": Quality.NT,
  invalid: Quality.IV
}

const counterQualityBits: Readonly<Record<string, number>> = {
  carry: Quality.CY,
  adjusted: Quality.CA,
  invalid: Quality.IV
}

const mnemonicOf = (type: number): string => TypeTable.byId[type]?.mnemonic ?? String(type)

const pointTypeNames = Value.pointTypes.map(mnemonicOf)

const typeMessage = (input: unknown): string => {
  if (typeof input !== "string") return `expected a type such as M_ME_NC_1, got ${Source.show(input)}`
  if (TypeTable.byMnemonic(input) !== undefined) {
    return `${input} cannot be the type of a point; possible are ${pointTypeNames.join(", ")}`
  }
  return `unknown type ${Source.show(input)}${Source.hint(input, pointTypeNames) || `; possible are ${pointTypeNames.join(", ")}`}`
}

const integer = (minimum: number, maximum: number, what: string): Source.Field<number> =>
  Source.field(Schema.Int.check(Schema.isBetween({ minimum, maximum })), `${what}, ${minimum}..${maximum}`)

const span = (what: string): Source.Field<number> =>
  Source.field(
    Duration.between(SPAN_MIN_MS, SPAN_MAX_MS),
    (input) => `expected ${what}: ${Duration.expected}, from 10 ms to 7 days; got ${Source.show(input)}`
  )

const number = (what: string): Source.Field<number> => Source.field(Schema.Finite, what)
const anything = Source.field(Schema.Unknown, "a value")

const address = integer(1, ADDRESS_MAX, "an information object address")

const pointFields = {
  address: Source.required(address),
  type: Source.required(Source.field(Schema.Literals(pointTypeNames), typeMessage)),
  count: integer(1, ADDRESS_MAX, "a number of points at consecutive addresses"),
  value: Source.field(
    Schema.Union([Schema.Number, Schema.Boolean, Schema.Literals(["on", "off"])]),
    "a number, true, false, on or off"
  ),
  quality: Source.field(
    Schema.Union([Schema.String, Schema.Array(Schema.String)]),
    `a quality or a list of them, of ${Object.keys(qualityBits).join(", ")}`
  ),
  cyclic: span("the period of cyclic transmission"),
  simulate: anything,
  feedback: address,
  accept: Source.field(Schema.Boolean, "true or false"),
  name: Source.field(Schema.String, "a text")
} as const

const kindField = Source.required(
  Source.field(
    Schema.Literals(["sine", "toggle", "random-walk"]),
    (input) =>
      `expected sine, toggle or random-walk, got ${Source.show(input)}${
        typeof input === "string" ? Source.hint(input, ["sine", "toggle", "random-walk"]) : ""
      }`
  )
)

const simulationFields = {
  sine: {
    kind: kindField,
    period: Source.required(span("the period of the sine")),
    amplitude: Source.required(number("a number")),
    offset: number("a number"),
    every: span("the time from one value to the next")
  },
  toggle: { kind: kindField, every: Source.required(span("the time in each state")) },
  "random-walk": {
    kind: kindField,
    every: Source.required(span("the time from one value to the next")),
    step: Source.required(
      Source.field(Schema.Finite.check(Schema.isGreaterThan(0)), "the largest step between two values, above 0")
    ),
    min: Source.required(number("a number")),
    max: Source.required(number("a number"))
  }
} as const

const isState = (layout: Value.Layout): boolean =>
  layout.kind === Value.Kind.Single || layout.kind === Value.Kind.Double

/** Off and on of a double point are 1 and 2 (60870-5-101 7.2.6.2); 0 and 3 are no states of a switch. */
const switched = (layout: Value.Layout, on: boolean): number => {
  const double = layout.kind === Value.Kind.Double || layout.kind === Value.Kind.DoubleCommand
  return double || layout.kind === Value.Kind.StepCommand ? (on ? 2 : 1) : on ? 1 : 0
}

const readSimulation = (
  input: unknown,
  path: Source.Path,
  layout: Value.Layout,
  start: { readonly value: number | null; readonly seed: number },
  report: Report
): Simulation | null => {
  const what = "simulate"
  const kind = Source.read(input, path, what, { kind: kindField, ...ignored(input) }, report).kind
  if (kind === undefined) return null
  if (kind !== "toggle" && isState(layout)) {
    report([...path, "kind"], `a ${layout.name} has states, not measured values: only toggle can simulate it`)
    return null
  }
  const inRange = (low: number, high: number): boolean => {
    if (low >= layout.min && high <= layout.max) return true
    report(
      path,
      `the values would go from ${low} to ${high}, but a ${layout.name} lies between ${layout.min} and ${layout.max}`
    )
    return false
  }
  switch (kind) {
    case "sine": {
      const {
        period,
        amplitude,
        offset = 0,
        every = 1000
      } = Source.read(input, path, `${what} (sine)`, simulationFields.sine, report)
      if (period === undefined || amplitude === undefined) return null
      const swing = Math.abs(amplitude)
      if (!inRange(offset - swing, offset + swing)) return null
      return { kind, everyMs: every, periodMs: period, amplitude, offset, integer: layout.integer }
    }
    case "toggle": {
      const { every } = Source.read(input, path, `${what} (toggle)`, simulationFields.toggle, report)
      if (every === undefined) return null
      const [off, on] = [switched(layout, false), switched(layout, true)]
      return start.value === on
        ? { kind, everyMs: every, low: on, high: off }
        : { kind, everyMs: every, low: off, high: on }
    }
    case "random-walk": {
      const fields = simulationFields["random-walk"]
      const { every, step, min, max } = Source.read(input, path, `${what} (random-walk)`, fields, report)
      if (every === undefined || step === undefined || min === undefined || max === undefined) return null
      if (min >= max) {
        report([...path, "max"], `expected a number above min (${min}), got ${max}`)
        return null
      }
      if (!inRange(min, max)) return null
      return { kind, everyMs: every, step, min, max, seed: start.seed, integer: layout.integer }
    }
  }
}

/** Fields that accept every key: the kind decides later which keys there may be. */
const ignored = (input: unknown): Readonly<Record<string, Source.Field<unknown>>> =>
  typeof input === "object" && input !== null
    ? Object.fromEntries(
        Object.keys(input)
          .filter((key) => key !== "kind")
          .map((key) => [key, anything])
      )
    : {}

const readQuality = (
  input: string | ReadonlyArray<string> | undefined,
  path: Source.Path,
  layout: Value.Layout,
  report: Report
): number => {
  const names = input === undefined ? [] : typeof input === "string" ? [input] : input
  const all = layout.kind === Value.Kind.Counter ? counterQualityBits : qualityBits
  const known = Object.entries(all).flatMap(([name, bit]) => ((layout.qualityMask & bit) === 0 ? [] : [name]))
  let bits = 0
  for (const name of names) {
    if (known.includes(name)) bits |= all[name] ?? 0
    else
      report(
        path,
        known.length === 0
          ? `a ${layout.name} has no quality`
          : `unknown quality ${Source.show(name)} of a ${layout.name}${Source.hint(name, known) || `; known: ${known.join(", ")}`}`
      )
  }
  return bits
}

/** Keys that only one of the two directions has. */
const onlyFor = { command: ["feedback", "accept"], monitoring: ["simulate", "cyclic", "quality"] } as const

/** Reads a row. Every problem goes to `report`; the row is null when it could not be read. */
export const read = (
  input: unknown,
  path: Source.Path,
  report: Report
): { readonly point: PointConfig | null; readonly placed: Placed | null } => {
  const fields = Source.read(input, path, "a point", pointFields, report)
  const { address, count = 1 } = fields
  if (address !== undefined && address + count - 1 > ADDRESS_MAX) {
    report(
      [...path, "count"],
      `${count} points from ${address} on end at ${address + count - 1}, beyond ${ADDRESS_MAX}, the last information object address`
    )
  }
  const type = fields.type === undefined ? undefined : TypeTable.byMnemonic(fields.type)?.id
  const placed = address === undefined ? null : { path, address, count, type, feedback: fields.feedback }
  const layout = type === undefined ? undefined : Value.layoutOf(type)
  if (type === undefined || layout === undefined) return { point: null, placed }

  const command = Value.isCommand(type)
  for (const key of command ? onlyFor.monitoring : onlyFor.command) {
    if (fields[key] === undefined) continue
    const why = command ? "is for monitoring points; this is a command" : "is for commands; this is a monitoring point"
    report([...path, key], `${key} ${why} (${mnemonicOf(type)})`, "key")
  }

  const written = fields.value
  const value =
    written === undefined
      ? null
      : typeof written === "number"
        ? written
        : switched(layout, written === true || written === "on")
  if (value !== null) {
    const wrong = Number.isFinite(value) ? Value.problem(layout, value) : `a ${layout.name} is a number, not ${value}`
    const measured = typeof written !== "number" && layout.max > 3
    if (measured) report([...path, "value"], `a ${layout.name} is a number, not ${Source.show(written)}`)
    else if (wrong !== null) report([...path, "value"], wrong)
  }
  const quality = command ? 0 : readQuality(fields.quality, [...path, "quality"], layout, report)
  const simulate =
    fields.simulate === undefined || command
      ? null
      : readSimulation(fields.simulate, [...path, "simulate"], layout, { value, seed: address ?? 0 }, report)
  if (address === undefined) return { point: null, placed }
  const { cyclic: cyclicMs = 0, feedback = null, accept = true, name = null } = fields
  return { point: { address, count, type, value, quality, cyclicMs, simulate, feedback, accept, name }, placed }
}
