// What a session remembers of commands: what is selected, and what stands behind a request that the application decides.

import type { PointRef } from "../image/Image.ts"
import type { Numbered } from "../image/Numbered.ts"
import type { Situation } from "../procedure/Rejection.ts"
import type * as Procedure from "../procedure/Turn.ts"
import type { Selection, Work } from "../procedure/Work.ts"
import type { CommandNotice } from "./CommandNotice.ts"

/** Requests to one command address that stand behind one that the application decides. */
export interface Line {
  readonly key: number
  /** Behind which request; 0 = behind nothing any more; -1 = until the application was asked what it was not yet asked. */
  readonly id: number
  readonly standing: Numbered<Stander>
}

/** A request that stands in line. */
export interface Stander {
  /** Its place in the line. */
  readonly id: number
  readonly apdu: Uint8Array
  /** The point that it was sent to, null where there was none of its type. */
  readonly point: PointRef | null
  /** What is wrong with it by itself, or null. */
  readonly situation: Situation | null
  /** Whether nobody knows how old it is. */
  readonly stale: boolean
}

export interface CommandWork extends Work {
  /** Requests that stand behind those that wait, by address; and how many, and of these with T = 1, which are counted apart. */
  readonly lines: Numbered<Line>
  readonly standing: number
  readonly testing: number
  /** The keys of the lines that stand until the application was asked. */
  readonly brief: Numbered<number>
  /** What is selected, by address; and of that what ends by itself, by id: the first is the first that is due. */
  readonly selections: Numbered<Selection>
  /** How many of them are executed: those are bounded by the commands that do so. */
  readonly executing: number
  /** Selections with T = 1, which take no place from those without. */
  readonly tests: Numbered<Selection>
  readonly expiring: Numbered<Selection>
}

/** A reduction as procedures of commands see it. */
export interface Turn extends Procedure.Turn<CommandWork, CommandNotice> {
  /** The lines whose first request stands behind nothing any more, by key; empty between reductions. */
  readonly moving: number[]
}
