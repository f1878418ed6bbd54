// What a transcript is played against: the pure core in virtual time, or a server behind TCP. And what the process that
// uses the station may do in a transcript.

/** The station's wall clock when a run begins: 2026-01-01 00:00 UTC. */
export const WALL_EPOCH_MS = 1_767_225_600_000

/** Something that a controlling station sees: one frame, or the end of its connection. */
export type Happening =
  | { readonly kind: "frame"; readonly label: string; readonly atMs: number; readonly octets: Uint8Array }
  | { readonly kind: "closed"; readonly label: string; readonly atMs: number; readonly reason: string }

export interface Setting {
  /** Common address; null = the first station. */
  readonly ca: number | null
  readonly ioa: number
  readonly value: number
}

export type Answer = "accepted" | "refused" | "held"

export type Action =
  /** Values that change together; `event` also tells them. */
  | { readonly kind: "event" | "set"; readonly settings: readonly Setting[]; readonly cause: number }
  | { readonly kind: "cyclic"; readonly points: readonly Omit<Setting, "value">[] }
  /** How commands, or clock synchronisations, are answered from here on. */
  | { readonly kind: "commands" | "clock"; readonly answer: Answer }
  /** The answer to all that is held. */
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "initialised"; readonly ca: number; readonly cause: number }
  /** The server closes all its connections. */
  | { readonly kind: "close" }

/** What a controlling station does to its connection: end it both ways, cut it, stop reading, read on. */
export type Manner = "FIN" | "RST" | "PAUSE" | "RESUME"

export interface Backend {
  /** How far a time may be off. */
  readonly toleranceMs: number
  connect(label: string): Promise<void>
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

const pointOf = (text: string): Omit<Setting, "value"> => {
  const [, ca, ioa] = /^(?:(\d+):)?(\d+)$/.exec(text.trim()) ?? []
  if (ioa === undefined) throw new Error(`${JSON.stringify(text)} is no point like 1000 or 1:1000`)
  return { ca: ca === undefined ? null : Number(ca), ioa: Number(ioa) }
}

const settingOf = (text: string, index: number): Setting => {
  const [, point = "", value, counting] = /^(\S+) *= *(-?\d+(?:\.\d+)?)(\.\.)?$/.exec(text.trim()) ?? []
  if (value === undefined) throw new Error(`${JSON.stringify(text)} does not set a point like 1000 = 5`)
  return { ...pointOf(point), value: Number(value) + (counting === undefined ? 0 : index) }
}

const answerOf = (text: string): Answer => {
  if (text === "accepted" || text === "refused" || text === "held") return text
  throw new Error(`${JSON.stringify(text)} is no answer: accepted, refused, held`)
}

function one(verb: string, rest: string, index: number): Action {
  switch (verb) {
    case "event":
    case "set": {
      const [, settings = "", cause = "3"] = /^(.*?)(?: cause (\d+))?$/.exec(rest) ?? []
      return { kind: verb, settings: settings.split(",").map((text) => settingOf(text, index)), cause: Number(cause) }
    }
    case "cyclic":
      return { kind: verb, points: rest.split(",").map(pointOf) }
    case "commands":
    case "clock":
    case "answer":
      return { kind: verb, answer: answerOf(rest) }
    case "initialised": {
      const [ca = 0, cause = 0] = rest.split(" ").map(Number)
      return { kind: verb, ca, cause }
    }
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
