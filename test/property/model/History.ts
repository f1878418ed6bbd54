// What happens in a run of the model, in the order of the server: what is judged when it is over.
import type { Point } from "../../../src/api/c104/index.ts"
import type { Kind } from "./Octets.ts"

/** A point from its making to its removal. */
export interface Life {
  readonly ca: number
  readonly ioa: number
  readonly type: number
  readonly eventType: number
  readonly kind: Kind | null
  /** Whether it changes as it is read. */
  readonly refreshed: boolean
  readonly point: Point
  /** What it was made of. */
  readonly made: number
  readonly born: number
  died: number
  /** How often it is told by the clock, 0 = it is not. */
  periodMs: number
  /** The last number that was set, and the last that was published. */
  id: number
  published: number
  /** Of a command. */
  selects: boolean
  /** Whether it could be operated without a select for a while. */
  wasDirect: boolean
  readonly handled: boolean
  readonly inTwo: boolean
  readonly actTerm: boolean | "manual"
  readonly feedback: boolean
}

export interface Call {
  readonly life: Life
  readonly step: "decide" | "execute" | "select"
  readonly key: string
  readonly oa: number
  readonly at: number
  readonly atMs: number
  settled: boolean
  released: boolean
  /** What it said clearly. */
  yes: boolean
  none: boolean
}

export type Entry =
  | { readonly e: "published"; readonly ca: number; readonly ioa: number; readonly type: number; readonly id: number }
  | { readonly e: "connected" | "started" | "stopped" | "closed"; readonly port: number }
  | { readonly e: "overflow"; readonly port: number; readonly lost: number }
  | { readonly e: "sent" | "received"; readonly apdu: Uint8Array }
  | {
      readonly e: "banded"
      readonly ca: number
      readonly ioa: number
      readonly id: number
      readonly made: boolean
      readonly atMs: number
    }
  | { readonly e: "purged" | "stopping" }

export const keyOf = (
  of: { readonly oa: number; readonly type: number; readonly ca: number; readonly ioa: number; readonly test: boolean },
  hex: string
): string => `${of.oa} ${of.type} ${of.ca}/${of.ioa} ${hex}${of.test ? " T" : ""}`

/** The time of a connection, by what the server said of it. */
export interface Window {
  readonly from: number
  readonly to: number
  readonly starts: readonly number[]
  readonly overflow: boolean
  /** Events that were lost to it, as far as it was said. */
  readonly lost: number
}

/** What the server said of a connection. */
export function windowOf(history: readonly Entry[], port: number): Window | null {
  const at = (e: Entry["e"]): number[] =>
    history.flatMap((entry, index) => (entry.e === e && "port" in entry && entry.port === port ? [index] : []))
  const [from] = at("connected")
  if (from === undefined) return null
  const [to = history.length] = at("closed")
  const lost = history.reduce((sum, entry) => sum + (entry.e === "overflow" && entry.port === port ? entry.lost : 0), 0)
  return { from, to, starts: at("started"), overflow: at("overflow").length > 0, lost }
}
