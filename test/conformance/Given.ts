// What a transcript presupposes: link parameters, stations and points, profile, limits, clocks. Written on `given`
// lines; those of the file hold for all its cases, those of a case for all its runs, and later ones replace earlier ones.

import * as Limits from "../../src/core/Limits.ts"
import type { Parameters } from "../../src/core/link/Parameters.ts"
import * as Profile from "../../src/core/Profile.ts"
import * as MemoryStore from "./MemoryStore.ts"
import * as Points from "./Points.ts"
import * as Tls from "./Tls.ts"

export type CounterMode = "A" | "B" | "C" | "D"

/** What one station does differently from others. */
export interface Station {
  /** IANA name of its time zone. */
  readonly zone: string
  readonly counterMode: CounterMode
  /** Period of the local freeze of counters in s, 0 = none. */
  readonly freezeEvery: number
  /** Whether counters begin anew with the local freeze. */
  readonly freezeReset: boolean
  /** Period of the background scan in s, 0 = none. */
  readonly background: number
}

export interface Given {
  /** k and w in frames; t1, t2, t3 in seconds. */
  readonly link: Readonly<Record<LinkName, number>>
  readonly points: readonly Points.Points[]
  /** By common address, as far as they say anything. */
  readonly stations: ReadonlyMap<number, Station>
  /** Files of the store; null = there is no file transfer. */
  readonly files: readonly MemoryStore.GivenFile[] | null
  readonly profile: Profile.Profile
  /** Whether events that wait together share an ASDU. */
  readonly pack: boolean
  /** Records that the event log keeps. */
  readonly log: number
  /** Connections that the server admits. */
  readonly connections: number
  /** Limits besides these two. */
  readonly limits: Partial<Limits.Limits>
  /** Time in s within which an execute has to follow its select, and that a command's tag may be off (0 = not judged). */
  readonly select: number
  readonly commandAge: number
  /** Wall clock at the begin, ms since 1970 UTC. */
  readonly wallMs: number
  readonly clockSource: "host" | "c_cs"
  /** How long in s a clock set by a client is valid, 0 = for ever. */
  readonly clockValid: number
  /** TLS; null = plain TCP. */
  readonly tls: Tls.GivenTls | null
}

export type LinkName = "k" | "w" | "t1" | "t2" | "t3"

const plainStation: Station = { zone: "UTC", counterMode: "C", freezeEvery: 0, freezeReset: false, background: 0 }

export const standard: Given = {
  link: { k: 12, w: 8, t1: 15, t2: 10, t3: 20 },
  points: [],
  stations: new Map(),
  files: null,
  profile: Profile.iec,
  pack: true,
  log: 131_072,
  connections: 10_000,
  limits: {},
  select: 10,
  commandAge: 0,
  wallMs: Date.UTC(2026, 0, 1),
  clockSource: "host",
  clockValid: 0,
  tls: null
}

export const stationOf = (given: Given, ca: number): Station => given.stations.get(ca) ?? plainStation

/** The common addresses in the order in which the points name them first. */
export const stationsOf = (given: Given): readonly number[] => [...new Set(given.points.map(({ ca }) => ca))]

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

export function oneOf<const Words extends readonly string[]>(word: string | undefined, words: Words): Words[number] {
  if (word === undefined || !words.includes(word)) throw new Error(`${word ?? ""} is none of ${words.join(", ")}`)
  return word
}

const numberOf = (word: string | undefined): number => {
  const value = Number(word)
  if (word === undefined || word === "" || Number.isNaN(value)) throw new Error(`${word ?? "nothing"} is no number`)
  return value
}

/** ISO 8601 with Z as ms since 1970 UTC. */
export function instantOf(text: string): number {
  const ms = /Z$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) throw new Error(`${JSON.stringify(text)} is no instant like 2026-01-01T00:00:00Z`)
  return ms
}

/** One choice of the profile, in the type that it has there. */
function choice(profile: Profile.Profile, name: string, word: string): Profile.Profile {
  const before: unknown = (profile as unknown as Record<string, unknown>)[name]
  if (before === undefined) throw new Error(`${JSON.stringify(name)} is no choice of the profile`)
  const value =
    typeof before === "boolean"
      ? oneOf(word, ["yes", "no"]) === "yes"
      : typeof before === "number"
        ? numberOf(word)
        : Array.isArray(before)
          ? word.split(",").map(numberOf)
          : word
  const chosen = { ...profile, [name]: value }
  const problem = Profile.problem(chosen)
  if (problem !== null) throw new Error(problem)
  return chosen
}

function withStation(given: Given, ca: string | undefined, said: Partial<Station>): Given {
  const number = numberOf(ca)
  const stations = new Map(given.stations).set(number, { ...stationOf(given, number), ...said })
  return { ...given, stations }
}

const isLimit = (name: string): name is keyof Limits.Limits => name in Limits.defaults

/** What is given after one more line. */
export function and(given: Given, text: string): Given {
  const [subject = "", ...rest] = text.split(/\s+/)
  const [first, second, third, fourth] = rest
  switch (subject) {
    case "point":
      return { ...given, points: [...given.points, Points.parse(rest.join(" "))] }
    case "files":
      return { ...given, files: given.files ?? [] }
    case "nofiles":
      return { ...given, files: null }
    case "file":
      return { ...given, files: [...(given.files ?? []), MemoryStore.parse(rest.join(" "))] }
    case "profile":
      return { ...given, profile: Profile.presets[oneOf(first, ["iec", "c104"])] }
    case "controlField":
      return { ...given, profile: { ...given.profile, controlField: oneOf(first, ["strict", "lenient"]) } }
    case "option":
      return { ...given, profile: choice(given.profile, first ?? "", second ?? "") }
    case "pack":
      return { ...given, pack: oneOf(first, ["yes", "no"]) === "yes" }
    case "log":
    case "connections":
    case "select":
    case "commandAge":
    case "clockValid":
      return { ...given, [subject]: numberOf(first) }
    case "limit":
      if (!isLimit(first ?? "")) throw new Error(`${first} is no limit`)
      return { ...given, limits: { ...given.limits, [first ?? ""]: numberOf(second) } }
    case "tls":
      return { ...given, tls: Tls.and(given.tls, rest) }
    case "wall":
      return { ...given, wallMs: instantOf(first ?? "") }
    case "clockSource":
      return { ...given, clockSource: oneOf(first, ["host", "c_cs"]) }
    case "zone":
      return withStation(given, first, { zone: second ?? "" })
    case "counterMode":
      return withStation(given, first, {
        counterMode: oneOf(second, ["A", "B", "C", "D"]),
        freezeEvery: third === undefined ? 0 : numberOf(third),
        freezeReset: fourth !== undefined && oneOf(fourth, ["reset"]) === "reset"
      })
    case "background":
      return withStation(given, first, { background: numberOf(second) })
    default:
      return { ...given, link: { ...given.link, ...linkOf(text) } }
  }
}
