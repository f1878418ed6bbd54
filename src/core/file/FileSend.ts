// File transfer in monitor direction (60870-5-5 6.12): select, call file, call section, segments, acknowledgements.
// Content is read from the store a piece at a time, when the window has taken the piece before it.
import type { FileAnswer, FileRequest } from "./FileMessage.ts"
import * as FileStep from "./FileStep.ts"
import * as FileWire from "./FileWire.ts"
import type { Turn } from "./FileWork.ts"
import { type FileAddress, nameOf, type Sending, same, sectionEnd, sectionOctets } from "./FileWork.ts"

const { Action, Ack, Fault, Last } = FileWire

/** Octets that are asked of the store at a time, rounded down to whole segments. */
const PIECE_OCTETS = 16_384
const NO_OCTETS = new Uint8Array(0)

/** The file that this session is being sent, or null. */
export const current = (turn: Turn): Sending | null => {
  const { transfer } = FileStep.work(turn)
  return transfer !== null && transfer.direction === "send" ? transfer : null
}

/** Starts a transfer with a question to the store; the file that runs may be asked for anew, another one may not. */
export function start(turn: Turn, to: FileAddress, request: FileRequest): void {
  const { transfer } = FileStep.work(turn)
  if (transfer !== null) {
    if (transfer.direction !== "send" || !same(transfer.to, to))
      return FileWire.fileReady(turn, to, 0, FileWire.NEGATIVE)
    FileStep.end(turn, transfer.to)
  }
  if (FileStep.isRefused(turn)) return FileWire.fileReady(turn, to, 0, FileWire.NEGATIVE)
  FileStep.step(turn, {
    direction: "send",
    to,
    phase: "opening",
    awaiting: FileStep.ask(turn, request),
    untilMs: FileStep.until(turn),
    octets: 0,
    sectionOctets: 0,
    section: 1,
    sectionAt: 0,
    sectionSum: 0,
    fileSum: 0,
    at: 0,
    piece: NO_OCTETS,
    pieceAt: 0
  })
}

/** Select file. */
export const select = (turn: Turn, to: FileAddress): void => start(turn, to, { op: "open", name: nameOf(to) })

/** The transfer that a request is about if it may come now; else the request is refused with the error that applies. */
function expected(
  turn: Turn,
  to: FileAddress,
  section: number,
  action: number,
  ...phases: Sending["phase"][]
): Sending | null {
  const of = current(turn)
  // Requests about the whole file name no section.
  const named = action > Action.DeleteFile ? section : (of?.section ?? 0)
  const fault = FileStep.fault(of, to, phases, named)
  if (fault === Fault.None) return of
  FileWire.call(turn, to, section, action | fault)
  return null
}

/** Call file: the first section is ready. */
export function callFile(turn: Turn, to: FileAddress): void {
  const of = expected(turn, to, 0, Action.CallFile, "selected")
  if (of !== null) ready(turn, of)
}

/** Select section: only the next one in order can be selected, since the checksum of the file runs over all. */
export function selectSection(turn: Turn, to: FileAddress, section: number): void {
  const of = expected(turn, to, section, Action.SelectSection, "sectionReady")
  if (of !== null) ready(turn, of)
}

/** Call section: its segments follow. */
export function callSection(turn: Turn, to: FileAddress, section: number): void {
  const of = expected(turn, to, section, Action.CallSection, "sectionReady")
  if (of !== null && FileStep.isBusy(turn)) return FileWire.call(turn, to, section, Action.CallSection | Fault.Service)
  if (of !== null) read(turn, { ...of, phase: "segments", untilMs: FileStep.until(turn) })
}

/** Says that the present section is ready, from its beginning. */
function ready(turn: Turn, of: Sending): void {
  const next = rewound(turn, of)
  FileStep.step(turn, next)
  FileWire.sectionReady(turn, of.to, of.section, sectionEnd(of) - of.sectionAt)
}

/** The transfer with nothing of the present section sent. An answer of the store that is under way is not awaited. */
const rewound = (turn: Turn, of: Sending): Sending => ({
  ...of,
  phase: "sectionReady",
  awaiting: 0,
  untilMs: FileStep.until(turn),
  sectionSum: 0,
  at: of.sectionAt,
  piece: NO_OCTETS,
  pieceAt: of.sectionAt
})

/** Puts `of`, and asks for the next piece of the section when the last one was used up. */
function read(turn: Turn, of: Sending): void {
  const left = sectionEnd(of) - of.at
  if (left === 0 || of.at < of.pieceAt + of.piece.length) return FileStep.step(turn, of)
  const segment = FileWire.segmentMax(turn)
  const octets = Math.min(left, Math.floor(PIECE_OCTETS / segment) * segment)
  const awaiting = FileStep.ask(turn, { op: "read", name: nameOf(of.to), offset: of.at, octets })
  FileStep.step(turn, { ...of, awaiting })
}

/** Whether a segment, or the end of a section, could be sent now. */
export const wants = (turn: Turn): boolean => {
  const of = current(turn)
  return of !== null && of.phase === "segments" && of.awaiting === 0
}

/** Sends the next segment, or the end of the section. False when nothing can be sent now. */
export function sendNext(turn: Turn): boolean {
  const of = current(turn)
  if (of === null || of.phase !== "segments" || of.awaiting !== 0) return false
  const untilMs = FileStep.until(turn)
  const left = sectionEnd(of) - of.at
  if (left === 0) {
    FileStep.step(turn, { ...of, phase: "sectionSent", untilMs })
    FileWire.last(turn, of.to, of.section, Last.Section, of.sectionSum)
    return true
  }
  const from = of.at - of.pieceAt
  const count = Math.min(left, of.piece.length - from, FileWire.segmentMax(turn))
  const sum = FileWire.segment(turn, of.to, of.section, of.piece, from, count)
  read(turn, { ...of, at: of.at + count, sectionSum: (of.sectionSum + sum) & 0xff, untilMs })
  return true
}

/** The client's acknowledgement of a section or of the file. One that nobody waits for is not answered: it ends a dialogue. */
export function acknowledged(turn: Turn, to: FileAddress, section: number, ack: number): void {
  const of = current(turn)
  if (of === null || !same(of.to, to)) return
  const ofSection = of.phase === "sectionSent" && section === of.section
  switch (ack) {
    case Ack.Section:
      return ofSection ? next(turn, of) : undefined
    case Ack.NotSection:
      // Also while segments are on their way: the client has seen enough to want them again.
      return ofSection || (of.phase === "segments" && section === of.section) ? ready(turn, of) : undefined
    case Ack.File:
      return of.phase === "fileSent" ? FileStep.end(turn, of.to) : undefined
    case Ack.NotFile:
      return FileStep.end(turn, of.to)
    default:
      return
  }
}

/** The present section was acknowledged: the next one is ready, or the file is complete. */
function next(turn: Turn, of: Sending): void {
  const fileSum = (of.fileSum + of.sectionSum) & 0xff
  const behind = sectionEnd(of)
  if (behind < of.octets)
    return ready(turn, { ...of, section: of.section + 1, sectionAt: behind, fileSum, sectionSum: 0 })
  FileStep.step(turn, { ...of, phase: "fileSent", fileSum, sectionSum: 0, untilMs: FileStep.until(turn) })
  FileWire.last(turn, of.to, of.section, Last.File, fileSum)
}

/** Ends the transfer before its end, and says so. */
export function deactivate(turn: Turn, of: Sending): void {
  FileStep.end(turn, of.to)
  if (of.phase === "opening") FileWire.fileReady(turn, of.to, 0, FileWire.NEGATIVE)
  else FileWire.last(turn, of.to, of.section, Last.FileDeactivated, (of.fileSum + of.sectionSum) & 0xff)
}

/** Deactivate section: it can be called again. */
export function deactivateSection(turn: Turn, to: FileAddress, section: number): void {
  const of = expected(turn, to, section, Action.DeactivateSection, "sectionReady", "segments", "sectionSent")
  if (of === null) return
  FileStep.step(turn, rewound(turn, of))
  FileWire.last(turn, of.to, of.section, Last.SectionDeactivated, of.sectionSum)
}

/** The store's answer to the request that `of` awaits. */
export function answered(turn: Turn, of: Sending, answer: FileAnswer): void {
  if (!answer.ok) return deactivate(turn, of)
  if (answer.op === "open") return opened(turn, of, of.to, answer.octets)
  if (answer.op === "query") return opened(turn, of, { ...of.to, nof: answer.nof }, answer.octets)
  // A file that has become shorter than was announced cannot be sent.
  if (answer.op !== "read" || answer.data.length === 0) return deactivate(turn, of)
  FileStep.step(turn, {
    ...of,
    awaiting: 0,
    untilMs: FileStep.until(turn),
    piece: answer.data,
    pieceAt: of.at
  })
}

function opened(turn: Turn, of: Sending, to: FileAddress, octets: number): void {
  FileStep.step(turn, {
    ...of,
    to,
    phase: "selected",
    awaiting: 0,
    untilMs: FileStep.until(turn),
    octets,
    sectionOctets: sectionOctets(octets)
  })
  FileWire.fileReady(turn, to, octets, 0)
}
