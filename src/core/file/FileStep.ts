// What both directions of file transfer and its errands do alike: ask the store, wait with a time limit, end.
import * as World from "../procedure/World.ts"
import type { FileRequest } from "./FileMessage.ts"
import * as FileWire from "./FileWire.ts"
import type { Turn } from "./FileWork.ts"
import { type FileAddress, type FileWork, nameOf, noFiles, same, type Transfer } from "./FileWork.ts"

/**
 * So many requests may be with the store before a client's next one is refused: a transfer and all errands, and some that were
 * given up. Else whoever asks anew again and again would have as many wait there as it likes.
 */
const ASKED_MAX = 16

export const work = (turn: Turn): FileWork => turn.work.files ?? noFiles

/** Whether a client that asks for something more has to be refused, since the store has not answered what it was asked. */
export const isBusy = (turn: Turn): boolean => work(turn).unanswered >= ASKED_MAX

/** Whether nothing new is begun: as {@link isBusy}, or since the process is about to be reset, or the server to stop. */
export const isRefused = (turn: Turn): boolean => isBusy(turn) || World.refusing(turn.world) !== null

export function put(turn: Turn, files: FileWork): void {
  turn.own.files = files
}

/** Puts the next step of the transfer. */
export function step(turn: Turn, transfer: Transfer | null): void {
  const { errands, refused, turn: first, unanswered } = work(turn)
  put(turn, { transfer, errands, refused, turn: first, unanswered })
}

/** When a step that begins now is given up. */
export const until = (turn: Turn): number => turn.nowMs + turn.world.limits.fileStepMs

/** Asks the store; returns the id that its answer will carry. */
export function ask(turn: Turn, request: FileRequest): number {
  put(turn, { ...work(turn), unanswered: work(turn).unanswered + 1 })
  return tell(turn, request)
}

function tell(turn: Turn, request: FileRequest): number {
  const id = turn.work.nextId
  turn.own.nextId = id + 1
  turn.notice({ kind: "file", id, request })
  return id
}

/** The store has answered one request more. */
export function answered(turn: Turn): void {
  put(turn, { ...work(turn), unanswered: work(turn).unanswered - 1 })
}

/** The transfer is over: the file is free for everybody again. */
export function end(turn: Turn, to: FileAddress): void {
  step(turn, null)
  tell(turn, { op: "close", name: nameOf(to) })
}

/** The error of a request about `to` and a section of it that is only right for the transfer `of` in these phases. */
export function fault<T extends Transfer>(
  of: T | null,
  to: FileAddress,
  phases: readonly T["phase"][],
  section: number
): FileWire.Fault {
  if (of === null) return FileWire.Fault.Service
  if (!same(of.to, to)) return FileWire.Fault.File
  if (!phases.includes(of.phase)) return FileWire.Fault.Service
  return section === of.section ? FileWire.Fault.None : FileWire.Fault.Section
}
