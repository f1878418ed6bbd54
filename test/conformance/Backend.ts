// What a transcript is played against: the pure core in virtual time, or a server behind TCP. And what the process that
// uses the station may do in a transcript.
import * as Quality from "../../src/core/wire/Quality.ts"
import * as Given from "./Given.ts"

/** Something that a controlling station sees: one frame, or the end of its connection. */
export type Happening =
  | { readonly kind: "frame"; readonly label: string; readonly atMs: number; readonly octets: Uint8Array }
  | {
      readonly kind: "closed"
      readonly label: string
      readonly atMs: number
      readonly reason: string
      /** In the words of the server's log, where it tells. */
      readonly why?: string
    }

/** A point; `ca` null = of the first station. */
export interface Point {
  readonly ca: number | null
  readonly ioa: number
}

export interface Setting extends Point {
  readonly value: number
  /** Quality bits, or null: as they are. */
  readonly quality: number | null
  /** What the element says beside value and quality, or null: as it is. */
  readonly extra: number | null
}

/** How the application answers; held: it thinks until `answer`; later: it says nothing until `confirm` and `terminate`. */
export type Answer = "accepted" | "refused" | "held" | "later"

/** What the application is asked. */
export type Question = "commands" | "clock" | "reset" | "parameters"

export type Answers = Record<Question, Answer>

/** The answers before the transcript says something else. */
export const firstAnswers = (): Answers => ({
  commands: "accepted",
  clock: "accepted",
  reset: "refused",
  parameters: "refused"
})

export type Action =
  /** Values that change together; `event` also tells them, `update` when they left their deadband. `atMs` null = now. */
  | {
      readonly kind: "event" | "set" | "update"
      readonly settings: readonly Setting[]
      readonly cause: number
      readonly atMs: number | null
    }
  | { readonly kind: "count"; readonly settings: readonly Setting[] }
  | { readonly kind: "cyclic"; readonly points: readonly Point[] }
  /** How questions are answered from here on. */
  | { readonly kind: Question; readonly answer: Answer }
  /** The answer to all that is held. */
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "confirm" | "terminate"; readonly point: Point; readonly negative: boolean }
  | { readonly kind: "initialised"; readonly ca: number; readonly cause: number }
  /** The machine's clock is set. */
  | { readonly kind: "wall"; readonly wallMs: number }
  /** The server closes all its connections. */
  | { readonly kind: "close" }

/** What a controlling station does to its connection: end it both ways, cut it, stop reading, read on. */
export type Manner = "FIN" | "RST" | "PAUSE" | "RESUME"

export interface Backend {
  /** How far a time may be off. */
  readonly toleranceMs: number
  /** `how` a client connects is only said where there is TLS, else it is empty. */
  connect(label: string, how: string): Promise<void>
  send(label: string, octets: Uint8Array): Promise<void>
  handle(label: string, manner: Manner): Promise<void>
  /** The next thing that happens on any connection, or null when it is `untilMs` after the begin and nothing has. */
  next(untilMs: number): Promise<Happening | null>
  act(action: Action): Promise<void>
  /** The station's own word on `what`, as text; null when it does not tell. */
  ask(label: string, what: string): Promise<string | null>
  stop(): Promise<void>
}

/** This transcript asks for something that the backend cannot do. */
export class NotApplicable extends Error {}

/** `1000` or `1:1000`. */
export function pointOf(text: string): Point {
  const [, ca, ioa] = /^(?:(\d+):)?(\d+)$/.exec(text.trim()) ?? []
  if (ioa === undefined) throw new Error(`${JSON.stringify(text)} is no point like 1000 or 1:1000`)
  return { ca: ca === undefined ? null : Number(ca), ioa: Number(ioa) }
}

const bits: Readonly<Record<string, number>> = {
  OV: Quality.OV,
  EI: Quality.EI,
  BL: Quality.BL,
  SB: Quality.SB,
  NT: Quality.NT,
  IV: Quality.IV,
  CY: Quality.CY,
  CA: Quality.CA
}

/** `IV+NT`, or two hexadecimal digits. */
export function qualityOf(text: string): number {
  if (/^[0-9A-Fa-f]{2}$/.test(text) && bits[text] === undefined) return Number.parseInt(text, 16)
  return text.split("+").reduce((sum, name) => {
    const bit = bits[name]
    if (bit === undefined) throw new Error(`${JSON.stringify(name)} is no quality`)
    return sum | bit
  }, 0)
}

const settingLine =
  /^(\S+) *= *(NaN|-?Infinity|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(\.\.)?(?: quality (\S+))?(?: extra (\d+))?$/

function settingOf(text: string, index: number): Setting {
  const [, point = "", value, counting, quality, extra] = settingLine.exec(text.trim()) ?? []
  if (value === undefined) throw new Error(`${JSON.stringify(text)} does not set a point like 1000 = 5`)
  return {
    ...pointOf(point),
    // A sum would lose the sign of -0.
    value: counting === undefined ? Number(value) : Number(value) + index,
    quality: quality === undefined ? null : qualityOf(quality),
    extra: extra === undefined ? null : Number(extra)
  }
}

const answers = ["accepted", "refused", "held", "later"] as const

function one(verb: string, rest: string, index: number): Action {
  switch (verb) {
    case "event":
    case "set":
    case "update":
    case "count": {
      const [, said = "", cause = "3", at] = /^(.*?)(?: cause (\d+))?(?: at (\S+))?$/.exec(rest) ?? []
      const settings = said.split(",").map((text) => settingOf(text, index))
      if (verb === "count") return { kind: verb, settings }
      return { kind: verb, settings, cause: Number(cause), atMs: at === undefined ? null : Given.instantOf(at) }
    }
    case "cyclic":
      return { kind: verb, points: rest.split(",").map(pointOf) }
    case "commands":
    case "clock":
    case "reset":
    case "parameters":
    case "answer":
      return { kind: verb, answer: Given.oneOf(rest, answers) }
    case "confirm":
    case "terminate":
      return { kind: verb, point: pointOf(rest.replace(/ negative$/, "")), negative: rest.endsWith(" negative") }
    case "initialised": {
      const [ca = 0, cause = 0] = rest.split(" ").map(Number)
      return { kind: verb, ca, cause }
    }
    case "wall":
      return { kind: verb, wallMs: Given.instantOf(rest) }
    case "close":
      return { kind: verb }
    default:
      throw new Error(`${JSON.stringify(verb)} is nothing that a process does`)
  }
}

/** The actions of a line: `event 1000 = 5, 1001 = 6`, `20 x event 1000 = 0..`, `commands held`, ... */
export function actions(text: string): readonly Action[] {
  const [, count = "1", verb = "", rest = ""] = /^(?:(\d+) x )?(\S+) ?(.*)$/.exec(text) ?? []
  return Array.from({ length: Number(count) }, (_, index) => one(verb, rest.trim(), index))
}
