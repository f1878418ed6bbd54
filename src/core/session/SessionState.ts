// One connection as a value: the link, and the work of the application functions. Its cursor into the logs is beside it.

import * as Selections from "../command/Selections.ts"
import * as FileWork from "../file/FileWork.ts"
import * as Link from "../link/Link.ts"
import * as Asking from "../procedure/Asking.ts"
import * as Reply from "../procedure/Reply.ts"
import type { World } from "../procedure/World.ts"
import * as Interrogation from "../read/Interrogation.ts"
import * as Read from "../read/Read.ts"
import { noWork, type SessionWork } from "./SessionWork.ts"

/** The state of a session. Never changed: every reduction makes a new one. */
export interface SessionState {
  /** Number of the session, 1..65535: tells it from others in the log. */
  readonly id: number
  readonly link: Link.LinkState
  readonly work: SessionWork
  /** I frames received and sent since it was opened. */
  readonly receivedFrames: number
  readonly sentFrames: number
}

/** The state of a connection that was just made. */
export function open(world: World, id: number, nowMs: number): SessionState {
  return { id, link: Link.open(world.link.k, nowMs), work: noWork, receivedFrames: 0, sentFrames: 0 }
}

/** Whether a published event could leave at once: if not, there is no need to reduce for it. */
export const listens = (state: SessionState): boolean =>
  state.link.phase === Link.Phase.Started && state.link.ledger.high - state.link.ledger.low < state.link.k

/** When the session wants to be called again, in ms of the event clock; Infinity when closed. */
export function deadline(world: World, state: SessionState): number {
  // What is paused goes on with the application's answers.
  if (state.link.phase === Link.Phase.Closed || state.link.pause !== null) return Number.POSITIVE_INFINITY
  const due = Link.deadline(state.link, world.link)
  return idle(state.work) ? due : workDeadline(state.work, due)
}

/** Whether nothing of the work has a time. */
const idle = ({ asking, pending, interrogations, reads, barred, expiring, files, restart }: SessionWork): boolean =>
  interrogations === null &&
  reads === null &&
  barred === null &&
  asking.length === 0 &&
  pending === null &&
  expiring === null &&
  files === null &&
  restart === null

/** When something of the work has waited too long, at most `before`. */
function workDeadline(work: SessionWork, before: number): number {
  const requests = Math.min(Asking.dueMs(work), Selections.dueMs(work), FileWork.deadline(work.files))
  if (work.restart !== null) before = Math.min(before, work.restart.untilMs)
  return Math.min(before, requests, Interrogation.dueMs(work), Read.dueMs(work), Reply.dueMs(work))
}
