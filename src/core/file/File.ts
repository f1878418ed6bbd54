// File transfer (60870-5-5 6.12, types 120..125 and 127): which procedure takes a received ASDU, and what every session
// has to do about files when the store answers, time passes, the window opens or data transfer stops.

import * as Image from "../image/Image.ts"
import * as Link from "../link/Link.ts"
import * as Reply from "../procedure/Reply.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Cause } from "../wire/Cause.ts"
import * as Time from "../wire/Time.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import * as FileErrand from "./FileErrand.ts"
import type { FileAnswer } from "./FileMessage.ts"
import * as FileReceive from "./FileReceive.ts"
import * as FileSend from "./FileSend.ts"
import * as FileStep from "./FileStep.ts"
import * as FileTest from "./FileTest.ts"
import * as FileWire from "./FileWire.ts"
import type { FilesWork, Turn } from "./FileWork.ts"
import { type FileAddress, nameOf, noFiles, same } from "./FileWork.ts"

const { Action, Fault } = FileWire
const { Type } = TypeTable

/** Takes the frame at `at`, which is about the file `to`. */
type Procedure = (turn: Turn, to: FileAddress, octets: Uint8Array, at: number) => void

/** Elements behind the name of file, by their distance from it. */
const byType: { readonly [type: number]: Procedure } = {
  [Type.F_FR_NA_1]: (turn, to, octets, at) =>
    FileReceive.announced(turn, to, FileWire.length(octets, at, 2), isNegative(octets, at, 5)),
  [Type.F_SR_NA_1]: (turn, to, octets, at) => {
    const section = FileWire.octet(octets, at, 2)
    FileReceive.sectionReady(turn, to, section, FileWire.length(octets, at, 3), isNegative(octets, at, 6))
  },
  [Type.F_SC_NA_1]: called,
  [Type.F_LS_NA_1]: (turn, to, octets, at) => {
    const [section, qualifier, sum] = [2, 3, 4].map((index) => FileWire.octet(octets, at, index))
    FileReceive.last(turn, to, section as number, qualifier as number, sum as number)
  },
  [Type.F_AF_NA_1]: (turn, to, octets, at) =>
    FileSend.acknowledged(turn, to, FileWire.octet(octets, at, 2), FileWire.octet(octets, at, 3) & 0x0f),
  [Type.F_SG_NA_1]: (turn, to, octets, at) => {
    const section = FileWire.octet(octets, at, 2)
    FileReceive.segment(turn, to, section, octets, at + Asdu.ELEMENT_AT + 4, FileWire.octet(octets, at, 3))
  },
  [Type.F_SC_NB_1]: queried
}

const isNegative = (octets: Uint8Array, at: number, index: number): boolean =>
  (FileWire.octet(octets, at, index) & FileWire.NEGATIVE) !== 0

/** The types that a client may send. */
export const types: readonly number[] = Object.keys(byType).map(Number)

/** Takes a file ASDU with a legal header. One that is not exactly one object has no answer of its own and closes. */
export function request(turn: Turn, octets: Uint8Array, at: number, surplus: boolean): void {
  if (surplus || Asdu.vsq(octets, at) !== 1) {
    const situation = surplus ? "surplusOctets" : "severalObjects"
    turn.notice({ kind: "rejected", situation, apdu: Reply.copy(octets, at) })
    return Link.refuse(turn, "MALFORMED_ASDU")
  }
  if (Asdu.test(octets, at) !== 0) return FileTest.request(turn, octets, at)
  endGone(turn)
  byType[Asdu.type(octets, at)]?.(turn, FileWire.address(turn, octets, at), octets, at)
}

/** F_SC_NA_1. */
function called(turn: Turn, to: FileAddress, octets: Uint8Array, at: number): void {
  const section = FileWire.octet(octets, at, 2)
  const qualifier = FileWire.octet(octets, at, 3)
  const action = qualifier & 0x0f
  // A directory is the only thing that is requested with cause 5.
  if (Asdu.cause(octets, at) === Cause.REQUEST) {
    if (action === Action.Default) return FileErrand.list(turn, to)
    return Reply.reject(turn, "unknownCause", octets, at)
  }
  // An error is the client's last word on a file of ours. It is never answered: two stations could go on for ever.
  if (qualifier > 0x0f) {
    const of = FileSend.current(turn)
    if (of !== null && same(of.to, to)) FileStep.end(turn, of.to)
    return
  }
  switch (action) {
    case Action.SelectFile:
      return FileSend.select(turn, to)
    case Action.CallFile:
      return FileSend.callFile(turn, to)
    case Action.DeactivateFile:
      return deactivateFile(turn, to)
    case Action.DeleteFile:
      return FileErrand.erase(turn, to)
    case Action.SelectSection:
      return FileSend.selectSection(turn, to, section)
    case Action.CallSection:
      return FileSend.callSection(turn, to, section)
    case Action.DeactivateSection:
      return FileSend.deactivateSection(turn, to, section)
    default:
      return FileWire.call(turn, to, section, action | Fault.Service)
  }
}

/** Ends the transfer of this file, in whichever direction it goes. */
function deactivateFile(turn: Turn, to: FileAddress): void {
  const { transfer } = FileStep.work(turn)
  if (transfer === null) return FileWire.call(turn, to, 0, Action.DeactivateFile | Fault.Service)
  if (!same(transfer.to, to)) return FileWire.call(turn, to, 0, Action.DeactivateFile | Fault.File)
  if (transfer.direction === "send") FileSend.deactivate(turn, transfer)
  else FileReceive.deactivate(turn, transfer, Fault.None)
}

/** Whether this may bound a part of an archive: a time, or seven octets of zero, which bound nothing on that side. */
const isBound = (low: number, high: number): boolean => (low | high) === 0 || Time.validateCp56(low, high) === "ok"

/** F_SC_NB_1: the store prepares the part of an archive between two times, which is then selected. */
function queried(turn: Turn, to: FileAddress, octets: Uint8Array, at: number): void {
  const from = Asdu.ELEMENT_AT + 2 + at
  const [fromLow, fromHigh] = [Asdu.word(octets, from), Asdu.word(octets, from + 3) >>> 8]
  const [toLow, toHigh] = [Asdu.word(octets, from + 7), Asdu.word(octets, from + 10) >>> 8]
  if (!(isBound(fromLow, fromHigh) && isBound(toLow, toHigh))) return FileWire.fileReady(turn, to, 0, FileWire.NEGATIVE)
  FileSend.start(turn, to, { op: "query", name: nameOf(to), fromLow, fromHigh, toLow, toHigh })
}

/** Ends what is about files of stations that were removed, also where another one has the address by now. */
function endGone(turn: Turn): void {
  const { transfer, errands } = FileStep.work(turn)
  const { image } = turn.world
  for (const errand of errands) if (Image.present(image, errand.to) === undefined) FileErrand.refuse(turn, errand)
  if (transfer === null || Image.present(image, transfer.to) !== undefined) return
  if (transfer.direction === "send") FileSend.deactivate(turn, transfer)
  else FileReceive.deactivate(turn, transfer, Fault.File)
}

/** The store has answered. An answer that nobody waits for any more is dropped. */
export function answered(turn: Turn, answer: FileAnswer): void {
  FileStep.answered(turn)
  endGone(turn)
  const errand = FileErrand.awaiting(turn, answer.id)
  if (errand !== undefined) return FileErrand.answered(turn, errand, answer)
  const { transfer } = FileStep.work(turn)
  if (transfer === null || transfer.awaiting !== answer.id) return
  if (transfer.direction === "send") FileSend.answered(turn, transfer, answer)
  else FileReceive.answered(turn, transfer, answer)
}

/** Ends what cannot go on, and what did not in time as far as is known: what the peer says next may still wait to be read. */
export function expire(turn: Turn): void {
  endGone(turn)
  const { transfer, errands } = FileStep.work(turn)
  for (const errand of errands) {
    if (turn.heardMs < errand.untilMs) continue
    if (errand.awaiting !== 0) turn.notice({ kind: "timedOut", id: errand.awaiting })
    FileErrand.refuse(turn, errand)
  }
  if (transfer === null || turn.heardMs < transfer.untilMs) return
  if (transfer.awaiting !== 0) turn.notice({ kind: "timedOut", id: transfer.awaiting })
  if (transfer.direction === "send") FileSend.deactivate(turn, transfer)
  else FileReceive.deactivate(turn, transfer, transfer.awaiting === 0 ? Fault.None : Fault.Memory)
}

/** Data transfer stops: transfers end with it, without a word. What the store was asked it has yet to answer. */
export function discard(turn: Turn): void {
  const { transfer } = FileStep.work(turn)
  if (transfer !== null) FileStep.end(turn, transfer.to)
  const { unanswered } = FileStep.work(turn)
  turn.own.files = unanswered === 0 ? null : { ...noFiles, unanswered }
}

// ---- sharing the window ----

/** Whether a segment or a part of a directory could be sent now. */
export const wants = (turn: Turn): boolean =>
  turn.work.files !== null && (FileErrand.wants(turn) || FileSend.wants(turn))

/** Whether something else that shares the window was sent last. */
export const isNext = (turn: Turn): boolean => FileStep.work(turn).turn

/** Notes that something else was sent while a file waited. */
export const yielded = (turn: Turn): void => FileStep.put(turn, { ...FileStep.work(turn), turn: true })

/** Sends the next part of a directory or of a file. False when there is none. */
export function sendNext(turn: Turn): boolean {
  if (!(FileErrand.sendNext(turn) || FileSend.sendNext(turn))) return false
  if (isNext(turn)) FileStep.put(turn, { ...FileStep.work(turn), turn: false })
  return true
}

/** Whether somebody still waits for the store's answer to a request. */
export function awaits({ files }: FilesWork, id: number): boolean {
  if (files === null) return false
  return files.transfer?.awaiting === id || files.errands.some(({ awaiting }) => awaiting === id)
}

/** Whether acknowledging the client should wait, since the store does not keep up with what it sends. */
export const slow = (turn: Turn): boolean => turn.work.files !== null && FileReceive.slow(turn)
