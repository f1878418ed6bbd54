// The points of a `given` line: addresses, type, and what they have beside their type.

import type { Variants } from "../../src/core/image/Image.ts"
import * as TypeTable from "../../src/core/wire/TypeTable.ts"

export interface Points {
  readonly ca: number
  readonly from: number
  readonly to: number
  readonly type: number
  /** Interrogation groups 1..16 and counter groups 1..4. */
  readonly groups: readonly number[]
  readonly counters: readonly number[]
  /** Whether commands have to be selected before they are executed. */
  readonly select: boolean
  /** Address of the point that reports what the first of these commands did, the next for the next; 0 = none. */
  readonly related: number
  /** Termination of a direct command: with its confirmation, never, or when the process says so. */
  readonly termination: boolean | "manual"
  readonly variants: Variants
  /** Period of cyclic transmission in s, 0 = none. */
  readonly cyclic: number
  /** `5` or `5%`; empty = every change is an event. */
  readonly deadband: string
}

const typeOf = (mnemonic: string): number => {
  const row = TypeTable.byMnemonic(mnemonic)
  if (row === undefined) throw new Error(`${JSON.stringify(mnemonic)} is no type`)
  return row.id
}

const list = (text: string, min: number, max: number): readonly number[] =>
  text.split(",").map((word) => {
    const value = Number(word)
    if (!(Number.isInteger(value) && value >= min && value <= max)) throw new Error(`${word} is no group`)
    return value
  })

/** `1:1000..1009 M_ME_NB_1 groups 1,2 select ...` */
export function parse(text: string): Points {
  const [, ca, from, to, mnemonic = "", rest = ""] = /^(\d+):(\d+)(?:\.\.(\d+))? (\w+)((?: .*)?)$/.exec(text) ?? []
  if (from === undefined || TypeTable.byMnemonic(mnemonic) === undefined)
    throw new Error(`${JSON.stringify(text)} does not read like 1:1000..1009 M_ME_NB_1`)
  let points: Points = {
    ca: Number(ca),
    from: Number(from),
    to: Number(to ?? from),
    type: typeOf(mnemonic),
    groups: [],
    counters: [],
    select: false,
    related: 0,
    termination: true,
    variants: {},
    cyclic: 0,
    deadband: ""
  }
  const words = rest.split(" ").filter((word) => word !== "")
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "select") points = { ...points, select: true }
    else points = { ...points, ...told(points, word, words.shift() ?? "") }
  }
  return points
}

function told(points: Points, word: string, value: string): Partial<Points> {
  switch (word) {
    case "groups":
      return { groups: list(value, 1, 16) }
    case "counters":
      return { counters: list(value, 1, 4) }
    case "related":
      return { related: Number(value) }
    case "termination":
      if (value !== "no" && value !== "manual") throw new Error("termination is no or manual")
      return { termination: value === "manual" ? "manual" : false }
    case "event":
      return { variants: { ...points.variants, eventType: typeOf(value) } }
    case "interrogation":
      return { variants: { ...points.variants, interrogationType: typeOf(value) } }
    case "cyclic":
      return { cyclic: Number(value) }
    case "deadband":
      if (!/^\d+(\.\d+)?%?$/.test(value)) throw new Error("a deadband is 5 or 5%")
      return { deadband: value }
    default:
      throw new Error(`${JSON.stringify(word)} is nothing that a point has`)
  }
}
