// One row of points in a configuration file: its keys, what each may hold, and the rules between them.
import * as Schema from "effect/Schema"
import type { Tags } from "../../core/image/Image.ts"
import * as PointRules from "../../core/image/PointRules.ts"
import type { Deadband } from "../../core/image/Told.ts"
import * as Value from "../../core/image/Value.ts"
import * as TypeTable from "../../core/wire/TypeTable.ts"
import type { PointKey } from "../PointKeys.ts"
import * as Field from "./ConfigField.ts"
import * as ConfigSimulation from "./ConfigSimulation.ts"
import * as Source from "./ConfigSource.ts"
import * as ConfigValue from "./ConfigValue.ts"
import type { Simulation } from "./Simulate.ts"

/** A row of `count` points at consecutive information object addresses, all alike. */
export interface PointConfig {
  /** Information object address of the first point, 1..16777215. */
  readonly address: number
  readonly count: number
  /** Type identification, one of `Value.pointTypes`. */
  readonly type: number
  /** Type of events, and type in answers to interrogation; null where the point's type and the profile decide. */
  readonly eventType: number | null
  readonly interrogationType: number | null
  /** First value: booleans 0/1, double points 0..3; null when the file gives none. */
  readonly value: number | null
  /** Quality bits at the start, as they stand in the quality descriptor of the type; 0 is good. */
  readonly quality: number
  /** Interrogation groups 1..16 and counter groups 1..4. */
  readonly groups: ReadonlyArray<number>
  readonly counterGroups: ReadonlyArray<number>
  /** Period of cyclic transmission in milliseconds; 0 = off. */
  readonly cyclicMs: number
  /** How far a measured value may move without an event; null = not at all. */
  readonly deadband: Deadband | null
  /** At most one event in so many milliseconds; 0 = no limit. */
  readonly rateMs: number
  readonly simulate: Simulation | null
  /** Commands: whether they have to be selected before they are executed. */
  readonly select: boolean
  /** Commands: the point that shows the result. The n-th command of a row reports to the n-th address from here. */
  readonly feedback: number | PointKey | null
  /** Commands: whether they are confirmed positively; null: as their feedback point or the profile decides. */
  readonly accept: boolean | null
  /** Commands: whether a direct one is terminated (COT 10). */
  readonly terminate: boolean
  /** Commands: time tags of the commands that are taken; null: as the type says. */
  readonly tags: Tags | null
  readonly name: string | null
}

/** What is known of a row for the rules of its station, also when other keys of the row are wrong. */
export interface Placed {
  readonly path: Source.Path
  readonly address: number
  readonly count: number
  readonly type: number | undefined
  /** Commands have addresses of their own. With a misspelt type: what it looks like. */
  readonly command: boolean
  readonly feedback: number | undefined
  /** Commands: the type of the feedback, where the file says it. */
  readonly feedbackType: number | undefined
  /** Commands: whether neither a feedback point nor the file itself decides them. */
  readonly undecided: boolean
  /** Commands: whether the type without time tag is taken beside the one with it. */
  readonly bothTags: boolean
}

const ADDRESS_MAX = 16_777_215

/** A list of group numbers, or one. */
const groups = (maximum: number, what: string): Source.Field<number | ReadonlyArray<number>> => {
  const one = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum }))
  return Source.field(Schema.Union([one, Schema.Array(one)]), `a list of ${what}, each 1..${maximum}`)
}

const address = Field.integer(1, ADDRESS_MAX, "an information object address")

const pointFields = {
  address: Source.required(address),
  type: Source.required(Field.pointType),
  count: Field.integer(1, ADDRESS_MAX, "a number of points at consecutive addresses"),
  eventType: Field.pointType,
  interrogationType: Field.pointType,
  value: ConfigValue.value,
  quality: ConfigValue.quality,
  groups: groups(16, "interrogation groups"),
  counterGroups: groups(4, "counter groups"),
  cyclic: Field.ticks("the period of cyclic transmission"),
  deadband: ConfigValue.deadband,
  rate: Field.span("the shortest time between two events"),
  simulate: Field.anything,
  mode: Field.word("direct", "select"),
  feedback: address,
  feedbackType: Field.pointType,
  accept: Field.flag,
  terminate: Field.flag,
  tags: Field.word("without", "with", "both"),
  name: Field.text
} as const

type Key = keyof typeof pointFields

/** What the keys are that only some points have, by the names of the faces. */
const settingOf: ReadonlyArray<readonly [Key, PointRules.Setting]> = [
  ["mode", "select"],
  ["feedback", "feedback"],
  ["feedbackType", "feedback"],
  ["accept", "accept"],
  ["terminate", "actTerm"],
  ["tags", "tags"],
  ["eventType", "eventType"],
  ["interrogationType", "interrogationType"],
  ["quality", "quality"],
  ["groups", "groups"],
  ["counterGroups", "counterGroups"],
  ["cyclic", "reportMs"],
  ["deadband", "deadband"],
  ["rate", "minIntervalMs"],
  ["simulate", "simulate"]
]

/** The first rule that a key breaks is told. */
const checkKeys = (
  given: Readonly<Partial<Record<Key, unknown>>>,
  path: Source.Path,
  type: number,
  layout: Value.Layout,
  report: Field.Report
): void => {
  for (const [key, setting] of settingOf) {
    const [rule] = given[key] === undefined ? [] : PointRules.broken(setting, type, layout)
    if (rule === undefined) continue
    const self = `${rule.others ?? Field.named(layout)} (${Field.mnemonicOf(type)})`
    report([...path, key], `${key} is for ${rule.points}; this is ${self}`, "key")
  }
}

const typeOf = (name: string | undefined): number | undefined =>
  name === undefined ? undefined : TypeTable.byMnemonic(name)?.id

/** A type beside the point's own: the same information with or without time tag. */
const readVariant = (
  name: string | undefined,
  path: Source.Path,
  type: number,
  what: string,
  report: Field.Report
): number | null => {
  const variant = typeOf(name)
  if (variant === undefined) return null
  const twins = Value.pointTypes.filter((other) => TypeTable.byId[other]?.untagged === TypeTable.byId[type]?.untagged)
  if (!twins.includes(variant)) {
    const possible = twins.map(Field.mnemonicOf).join(" or ")
    report(path, `the ${what} of ${Field.mnemonicOf(type)} can be ${possible}, not ${name}`)
  }
  return variant
}

const listed = (given: number | ReadonlyArray<number> | undefined): ReadonlyArray<number> =>
  given === undefined ? [] : typeof given === "number" ? [given] : given

const feedbackOf = (ioAddress: number | undefined, type: number | undefined): PointConfig["feedback"] =>
  ioAddress === undefined ? null : type === undefined ? ioAddress : { ioAddress, type }

/** Reads a row. Every problem goes to `report`; the row is null when it could not be read. */
export const read = (
  input: unknown,
  path: Source.Path,
  report: Field.Report
): { readonly point: PointConfig | null; readonly placed: Placed | null } => {
  const fields = Source.read(input, path, "a point", pointFields, report)
  const { address, count = 1, mode = "direct", simulate: simulated } = fields
  if (address !== undefined && address + count - 1 > ADDRESS_MAX) {
    const end = address + count - 1
    const beyond = `beyond ${ADDRESS_MAX}, the last information object address`
    report([...path, "count"], `${count} points from ${address} on end at ${end}, ${beyond}`)
  }
  const type = typeOf(fields.type)
  const misspelt = String((input as { readonly type?: unknown } | null)?.type)
  const command = type === undefined ? /^C_/i.test(misspelt) : Value.isCommand(type)
  const { feedback, accept = null, tags = null } = fields
  const feedbackType = typeOf(fields.feedbackType)
  if (feedback === undefined && fields.feedbackType !== undefined)
    report([...path, "feedbackType"], "feedbackType says of which type the feedback is; there is none", "key")
  const undecided = command && feedback === undefined && accept === null
  const placed =
    address === undefined
      ? null
      : { path, address, count, type, command, feedback, feedbackType, undecided, bothTags: tags === "both" }
  const layout = type === undefined ? undefined : Value.layoutOf(type)
  if (type === undefined || layout === undefined) return { point: null, placed }

  checkKeys(fields, path, type, layout, report)
  const variant = (key: "eventType" | "interrogationType", what: string): number | null =>
    command ? null : readVariant(fields[key], [...path, key], type, what, report)
  const [eventType, interrogationType] = [
    variant("eventType", "event type"),
    variant("interrogationType", "type in answers to interrogation")
  ]
  const value = ConfigValue.readValue(fields.value, [...path, "value"], layout, report)
  const quality = command ? 0 : ConfigValue.readQuality(fields.quality, [...path, "quality"], layout, report)
  const start = { value, seed: address ?? 0 }
  const simulate =
    simulated === undefined || command
      ? null
      : ConfigSimulation.read(simulated, [...path, "simulate"], layout, start, report)
  if (mode === "select" && fields.terminate !== undefined)
    report([...path, "terminate"], "terminate is for direct commands; a selected one is always terminated", "key")
  if (address === undefined) return { point: null, placed }
  return {
    placed,
    point: {
      address,
      count,
      type,
      eventType,
      interrogationType,
      value,
      quality,
      groups: listed(fields.groups),
      counterGroups: listed(fields.counterGroups),
      cyclicMs: fields.cyclic ?? 0,
      deadband: fields.deadband ?? null,
      rateMs: fields.rate ?? 0,
      simulate,
      select: mode === "select",
      feedback: feedbackOf(feedback, feedbackType),
      accept,
      terminate: fields.terminate ?? true,
      tags,
      name: fields.name ?? null
    }
  }
}
