// What a transcript presupposes: link parameters, stations and points, profile, limits. Written on `given` lines; those
// of the file hold for all its cases, those of a case for all its runs, and later ones replace earlier ones.
import type { Parameters } from "../../src/core/apci/Parameters.ts"
import * as TypeTable from "../../src/core/asdu/TypeTable.ts"

export interface Points {
  readonly ca: number
  readonly from: number
  readonly to: number
  readonly type: number
}

export interface Given {
  /** k and w in frames; t1, t2, t3 in seconds. */
  readonly link: Readonly<Record<LinkName, number>>
  readonly points: readonly Points[]
  readonly profile: "iec" | "c104"
  readonly controlField: "strict" | "lenient"
  /** Whether events that wait together share an ASDU. */
  readonly pack: boolean
  /** Records that the event log keeps. */
  readonly log: number
  /** Connections that the server admits. */
  readonly connections: number
}

export type LinkName = "k" | "w" | "t1" | "t2" | "t3"

export const standard: Given = {
  link: { k: 12, w: 8, t1: 15, t2: 10, t3: 20 },
  points: [],
  profile: "iec",
  controlField: "strict",
  pack: true,
  log: 131_072,
  connections: 10_000
}

const isLinkName = (name: string): name is LinkName => name in standard.link

/** `k=12 w=8 t1=15` as numbers. */
export function linkOf(text: string): Partial<Record<LinkName, number>> {
  const link: Partial<Record<LinkName, number>> = {}
  for (const word of text.split(/\s+/)) {
    const [, name = "", value = ""] = /^([a-z]\d?)=(-?[\d.]+)$/.exec(word) ?? []
    if (!isLinkName(name)) throw new Error(`${JSON.stringify(word)} is no link parameter like k=12 or t1=15`)
    link[name] = Number(value)
  }
  return link
}

/** Link parameters as the core has them: times in ms. */
export const parametersOf = (link: Given["link"]): Parameters => ({
  k: link.k,
  w: link.w,
  t1Ms: link.t1 * 1000,
  t2Ms: link.t2 * 1000,
  t3Ms: link.t3 * 1000
})

function pointsOf(text: string): Points {
  const [, ca, from, to, mnemonic] = /^(\d+):(\d+)(?:\.\.(\d+))? (\w+)$/.exec(text) ?? []
  const row = TypeTable.byMnemonic(mnemonic ?? "")
  if (from === undefined || row === undefined)
    throw new Error(`${JSON.stringify(text)} does not read like 1:1000..1009 M_ME_NB_1`)
  return { ca: Number(ca), from: Number(from), to: Number(to ?? from), type: row.id }
}

function oneOf<const Words extends readonly string[]>(word: string, words: Words): Words[number] {
  if (!words.includes(word)) throw new Error(`${JSON.stringify(word)} is none of ${words.join(", ")}`)
  return word
}

/** What is given after one more line. */
export function and(given: Given, text: string): Given {
  const [subject = "", ...rest] = text.split(/\s+/)
  const value = rest.join(" ")
  switch (subject) {
    case "point":
      return { ...given, points: [...given.points, pointsOf(value)] }
    case "profile":
      return { ...given, profile: oneOf(value, ["iec", "c104"]) }
    case "controlField":
      return { ...given, controlField: oneOf(value, ["strict", "lenient"]) }
    case "pack":
      return { ...given, pack: oneOf(value, ["yes", "no"]) === "yes" }
    case "log":
      return { ...given, log: Number(value) }
    case "connections":
      return { ...given, connections: Number(value) }
    default:
      return { ...given, link: { ...given.link, ...linkOf(text) } }
  }
}
