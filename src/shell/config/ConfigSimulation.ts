// The `simulate` key of a row of points: which values it may ask for, by kind, within the range of the points' type.
import * as Schema from "effect/Schema"
import * as Value from "../../core/image/Value.ts"
import * as Field from "./ConfigField.ts"
import * as Source from "./ConfigSource.ts"
import * as ConfigValue from "./ConfigValue.ts"
import type { Simulation } from "./Simulate.ts"

const kindField = Source.required(Field.word("sine", "toggle", "random-walk", "count"))
const everyField = Source.required(Field.span("the time from one value to the next"))

const simulationFields = {
  sine: {
    kind: kindField,
    period: Source.required(Field.span("the period of the sine")),
    amplitude: Source.required(Field.number("a number")),
    offset: Field.number("a number"),
    every: Field.span("the time from one value to the next")
  },
  toggle: { kind: kindField, every: Source.required(Field.span("the time in each state")) },
  "random-walk": {
    kind: kindField,
    every: everyField,
    step: Source.required(
      Source.field(Schema.Finite.check(Schema.isGreaterThan(0)), "the largest step between two values, above 0")
    ),
    min: Source.required(Field.number("a number")),
    max: Source.required(Field.number("a number"))
  },
  count: {
    kind: kindField,
    every: everyField,
    step: Field.integer(1, 2_147_483_647, "what is counted each time")
  }
} as const

/** Points whose values are states: there is nothing between them. */
const states: ReadonlySet<Value.Kind> = new Set([Value.Kind.Single, Value.Kind.Double, Value.Kind.ProtectionEvent])

/** Fields that accept every key: the kind decides later which keys there may be. */
const ignored = (input: unknown): Readonly<Record<string, Source.Field<unknown>>> =>
  typeof input === "object" && input !== null
    ? Object.fromEntries(
        Object.keys(input)
          .filter((key) => key !== "kind")
          .map((key) => [key, Field.anything])
      )
    : {}

/** Reads a simulation; null when it could not be read, which has been reported. */
export const read = (
  input: unknown,
  path: Source.Path,
  layout: Value.Layout,
  start: { readonly value: number | null; readonly seed: number },
  report: Field.Report
): Simulation | null => {
  const what = "simulate"
  const kind = Source.read(input, path, what, { kind: kindField, ...ignored(input) }, report).kind
  if (kind === undefined) return null
  if (kind === "count" && layout.kind !== Value.Kind.Counter) {
    report([...path, "kind"], `only counters count, not ${Field.named(layout)}`)
    return null
  }
  if (kind !== "toggle" && states.has(layout.kind)) {
    report([...path, "kind"], `${Field.named(layout)} has states, not measured values: only toggle can simulate it`)
    return null
  }
  const inRange = (low: number, high: number): boolean => {
    if (low >= layout.min && high <= layout.max) return true
    const range = `between ${layout.min} and ${layout.max}`
    report(path, `the values would go from ${low} to ${high}, but ${Field.named(layout)} lies ${range}`)
    return false
  }
  switch (kind) {
    case "sine": {
      const fields = Source.read(input, path, `${what} (sine)`, simulationFields.sine, report)
      const { period, amplitude, offset = 0, every = 1000 } = fields
      if (period === undefined || amplitude === undefined) return null
      const swing = Math.abs(amplitude)
      if (!inRange(offset - swing, offset + swing)) return null
      return { kind, everyMs: every, periodMs: period, amplitude, offset, integer: layout.integer }
    }
    case "toggle": {
      const { every } = Source.read(input, path, `${what} (toggle)`, simulationFields.toggle, report)
      if (every === undefined) return null
      const [off, on] = [ConfigValue.switched(layout, false), ConfigValue.switched(layout, true)]
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
    case "count": {
      const { every, step = 1 } = Source.read(input, path, `${what} (count)`, simulationFields.count, report)
      return every === undefined ? null : { kind, everyMs: every, step }
    }
  }
}
