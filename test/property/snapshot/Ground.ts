// What is around a station on a bench, as plain data.
import type * as FileCall from "../../../src/core/file/FileCall.ts"
import * as InLine from "../../../src/core/station/InLine.ts"
import type * as Outgoing from "../../../src/core/station/Outgoing.ts"
import * as Scenario from "../support/Scenario.ts"

/** A connection: what its client knows, and what waits in its socket. */
export interface Line {
  readonly number: number
  readonly address: string
  client: Scenario.Client
  /** How far it has come with a file: down, and up. */
  down: number
  up: number
  /** Octets that were written and have not left, and the writes in their order. */
  waits: number
  writes: readonly Write[]
  /** How many writes there were ever. */
  written: number
}

/** Something that was written, and who is told when it has left. */
export interface Write {
  readonly octets: number
  readonly report: Outgoing.Report
}

export const line = (number: number, address: string): Line => ({
  number,
  address,
  client: Scenario.newClient,
  down: 0,
  up: 0,
  waits: 0,
  writes: [],
  written: 0
})

/** What the application has yet to say. */
export interface Asked {
  readonly session: number
  readonly id: number
  /** `ends`: it was accepted, and is to be terminated. */
  readonly what: "command" | "ends" | "confirm" | "refreshed"
  readonly selected: boolean
}

/** An operation, and whether its handler has not settled. */
export interface Running {
  readonly operation: number
  readonly outlet: number
  readonly session: number
  readonly runs: boolean
}

export interface Ground {
  readonly seed: number
  nowMs: number
  wallMs: number
  /** What was published is to be delivered so often. */
  readonly lines: Map<number, Line>
  asked: Asked[]
  /** By number. */
  readonly operations: Map<number, Running>
  /** Operations at no output that begin when their clients were told, and their requests. */
  readonly accepted: Map<number, number>
  store: Exclude<FileCall.Due, { readonly kind: "answer" | "abandoned" | "settled" | "timedOut" | "failed" }>[]
  looking: InLine.InLine
  /** Publishers that are about to go on. */
  readonly going: { patient: number; counted: number }
  turning: number
  /** Callbacks that nobody waits for, by callback and address. */
  abandoned: (readonly [string, string])[]
  purposes: number
}

export const ground = (seed: number): Ground => ({
  seed,
  nowMs: 0,
  wallMs: 1_700_000_000_000,
  lines: new Map(),
  asked: [],
  operations: new Map(),
  accepted: new Map(),
  store: [],
  looking: InLine.none,
  going: { patient: 0, counted: 0 },
  turning: 0,
  abandoned: [],
  purposes: 0
})
