// One command from the moment it comes to its output until it is over: a literal value. What its client heard and whether
// the operation is over are two things: it is over when its handler has settled, or when the application says so; its client
// may have been refused for time, have stopped, or be gone long before. What happens to it stands in Operating.

import type { Related } from "../image/Feedback.ts"
import type * as Outcome from "../procedure/Outcome.ts"
import type { CommandRequested } from "./CommandNotice.ts"
import type { Instruction } from "./Instruction.ts"

/**
 * `waiting`: for the command before it. `deciding`: the handler, or its first phase, has not settled. `accepted`: the first
 * phase said yes, which is to be confirmed before the second. `executing`: that has not settled. `left`: the application said
 * that it answers by itself. `released`: the application said that the output is free, and the handler has not settled. `over`:
 * the output is somebody else's; all that can come is an answer that is owed.
 */
export type Phase = "waiting" | "deciding" | "accepted" | "executing" | "left" | "released" | "over"

/** What ends it by time: `turn`, that its turn has not come; `end`, that it takes too long altogether. */
export type Limit = "none" | "turn" | "end"

/** How an operation is carried out, as its point says when it is begun: who replaces a handler meanwhile does not mean this one. */
export interface Manner {
  /** Whether the application accepts it first, and carries it out when its client was told so. */
  readonly twoPhases: boolean
  readonly termination: Outcome.Termination
  /** What its point says while it is commanded, and when it was done. */
  readonly said: Instruction
  /** What its point said before, and whether that came from a client. */
  readonly before: Instruction
  readonly byClient: boolean
  /** What is published when it is done, null: nothing. */
  readonly related: Related | null
}

export interface Operation {
  /** Of all operations of a server, ascending: none has the number of another. */
  readonly number: number
  /** The number of the session that asked for it. */
  readonly session: number
  readonly command: CommandRequested
  /** When it came, in ms since 1970 UTC. */
  readonly receivedMs: number
  /** When the command before it came, in the same way; 0 = there was none, or it was not begun. */
  readonly previousMs: number
  readonly phase: Phase
  readonly limit: Limit
  /** Until when it may be begun, by the monotonic clock. */
  readonly untilMs: number
  /** Whether its session calls it off when nobody waits for it any more. */
  readonly listed: boolean
  /** How it is carried out; null before it was begun. */
  readonly manner: Manner | null
  /** The end of the log when what is terminated next had begun. */
  readonly since: number
  /** Whether the point shows what was commanded. */
  readonly shown: boolean
  /** Whether the second phase has begun. */
  readonly second: boolean
  /** Whether it was told to stop. */
  readonly aborted: boolean
  /** Whether its client has its positive confirmation, or was to have it. */
  readonly confirmed: boolean
  /** The request to stop it that waits for an answer, 0 = none. */
  readonly cancel: number
}

/** A command that has come and waits for its turn, until a time. */
export const waiting = (
  number: number,
  session: number,
  command: CommandRequested,
  receivedMs: number,
  untilMs: number
): Operation => ({
  ...begun(number, session, command, receivedMs, 0, false, null, 0),
  phase: "waiting",
  limit: "turn",
  untilMs,
  listed: true
})

/** It is begun; `since` is the end of the log. */
export const begun = (
  number: number,
  session: number,
  command: CommandRequested,
  receivedMs: number,
  previousMs: number,
  listed: boolean,
  manner: Manner | null,
  since: number
): Operation => ({
  number,
  session,
  command,
  receivedMs,
  previousMs,
  phase: "deciding",
  limit: "none",
  untilMs: 0,
  listed,
  manner,
  since,
  shown: manner !== null,
  second: false,
  aborted: false,
  confirmed: false,
  cancel: 0
})

/** Whether it was begun and its handler has more to say. */
export const isUnderWay = ({ phase }: Operation): boolean =>
  phase === "deciding" || phase === "executing" || phase === "accepted"

/** Whether its handler has settled, and there is nothing to begin: what may come is the answer that it owes. */
export const isSettled = ({ phase }: Operation): boolean => phase === "left" || phase === "over"

/** It is over: its handler has settled. */
export const over = (operation: Operation): Operation => ended(operation, "over")

/** It is over, whatever its handler still says. */
export const released = (operation: Operation): Operation =>
  ended(operation, operation.phase === "deciding" || operation.phase === "executing" ? "released" : "over")

const ended = (operation: Operation, phase: "released" | "over"): Operation => ({
  ...operation,
  phase,
  limit: "none",
  listed: false
})
