// Which settings only some points have: one table, asked by both faces and by configuration files, so that none takes what
// another refuses.

import * as TypeTable from "../wire/TypeTable.ts"
import * as Value from "./Value.ts"

/** Settings by the names of the faces; the last three are of configuration files only. */
export type Setting =
  | "eventType"
  | "interrogationType"
  | "tags"
  | "reportMs"
  | "groups"
  | "counterGroups"
  | "select"
  | "feedback"
  | "actTerm"
  | "abandon"
  | "deadband"
  | "minIntervalMs"
  | "accept"
  | "quality"
  | "simulate"

export interface Rule {
  /** Which points may have the settings: many, one, and what a point is that may not (null: what its type says). */
  readonly points: string
  readonly one: string
  readonly others: string | null
  readonly settings: ReadonlyArray<Setting>
  readonly holds: (type: number, layout: Value.Layout) => boolean
}

const measured: ReadonlySet<Value.Kind> = new Set([
  Value.Kind.Normalized,
  Value.Kind.NormalizedNoQuality,
  Value.Kind.Scaled,
  Value.Kind.Short
])

/** The causes with which the information of a type may be sent, whatever its time tag. */
const causesOf = (type: number): ReadonlyArray<number> =>
  TypeTable.byId[TypeTable.byId[type]?.untagged ?? 0]?.causesMonitor ?? []

/** From the general to the particular. */
const rules: ReadonlyArray<Rule> = [
  {
    points: "commands",
    one: "a command point",
    others: "a monitoring point",
    settings: ["select", "feedback", "accept", "actTerm", "abandon", "tags"],
    holds: Value.isCommand
  },
  {
    points: "monitoring points",
    one: "a monitoring point",
    others: "a command",
    settings: [
      "eventType",
      "interrogationType",
      "quality",
      "groups",
      "counterGroups",
      "reportMs",
      "deadband",
      "minIntervalMs",
      "simulate"
    ],
    holds: (type) => !Value.isCommand(type)
  },
  {
    points: "commands that can be selected",
    one: "a command with a select bit (all but bitstrings)",
    others: null,
    settings: ["select"],
    holds: (type, { kind }) => Value.isCommand(type) && kind !== Value.Kind.BitstringCommand
  },
  {
    points: "counters",
    one: "a counter",
    others: null,
    settings: ["counterGroups"],
    holds: (_, { kind }) => kind === Value.Kind.Counter
  },
  {
    points: "points that answer a station interrogation",
    one: "a point that answers a station interrogation",
    others: null,
    settings: ["groups"],
    holds: (type) => causesOf(type).includes(20)
  },
  {
    points: "points that are transmitted cyclically",
    one: "a type that is transmitted cyclically",
    others: null,
    settings: ["reportMs"],
    holds: (type) =>
      !Value.isCommand(type) && causesOf(type).some((cause) => cause === 1 || cause === 2 || cause === 37)
  },
  {
    points: "measured values",
    one: "a measured value",
    others: null,
    settings: ["deadband"],
    holds: (type, { kind }) => !Value.isCommand(type) && measured.has(kind)
  }
]

/** The rules that a setting of points of a type breaks. */
export const broken = (setting: Setting, type: number, layout: Value.Layout): ReadonlyArray<Rule> =>
  rules.filter(({ settings, holds }) => settings.includes(setting) && !holds(type, layout))
