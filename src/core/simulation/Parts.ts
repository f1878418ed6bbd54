// What station, connections, operations and application of a simulation know of each other.

import type { CommandRequested } from "../command/CommandNotice.ts"
import type * as Operation from "../command/Operation.ts"
import type { Decision } from "../procedure/Notice.ts"
import type * as Outcome from "../procedure/Outcome.ts"
import type * as Freeze from "../read/Freeze.ts"
import type { FreezeRequested, RefreshRequested } from "../read/ReadNotice.ts"
import type * as Drain from "../station/Drain.ts"
import type * as Noticed from "../station/Noticed.ts"
import type { Reading } from "../station/Requests.ts"
import type * as Sending from "../station/Sending.ts"
import type { Station } from "../station/Station.ts"
import type { Agenda } from "./Agenda.ts"
import type { Watch } from "./Watch.ts"

/** What a handler says, and when: 0 at once, negative never. */
export interface Answer {
  readonly said: Outcome.Outcome
  readonly delayMs: number
}

/** How the handler of a command goes about it. */
export interface Plan {
  readonly first: Answer
  readonly second: Answer | null
  readonly termination: Outcome.Termination
}

/** How the application carries an operation out. */
export interface Handling {
  readonly operation: number
  readonly outlet: number
  readonly connection: Party
  readonly command: CommandRequested
  plan: Plan | null
  /** Which time is measured, by the number of the measuring. */
  timed: Operation.Limit
  measuring: number
}

/** A connection of the station. */
export interface Party extends Drain.Runner, Sending.Sender, Reading {
  readonly rtu: Served
  readonly number: number
  collect(decision: Decision): void
  tell(): void
  perform(due: Noticed.Due): void
}

/** The station as it is run. */
export interface Served {
  readonly station: Station<Party>
  readonly agenda: Agenda
  readonly watch: Watch
  readonly application: Decider
  readonly connections: ReadonlyMap<number, Party>
  /** Operations whose handler has not settled, or that wait, by number. */
  readonly handlings: Map<number, Handling>
  readonly tagMs: number
  readonly flags: number
  when(act: () => void): void
  followUp(): void
}

/** The application as the station asks it. */
export interface Decider {
  plan(command: CommandRequested): Plan
  confirm(kind: string): { readonly said: "success" | "failure"; readonly delayMs: number }
  never(settles: () => void): void
  left(resolves: () => boolean): void
  resolution(): { readonly cause: number; readonly negative: boolean }
  begun(handling: Handling): void
  refresh(notice: RefreshRequested): number
  frozen(notice: FreezeRequested, told: Freeze.Done["told"]): void
}
