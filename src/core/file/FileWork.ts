// What a session remembers of file transfers: at most one transfer in either direction, requests that the store has
// not answered yet, and a directory that is being sent. Values, replaced whole by every step.
import type { Notice } from "../procedure/Notice.ts"
import type * as Procedure from "../procedure/Turn.ts"
import type { Work } from "../procedure/Work.ts"
import type { FileEntry, FileName, FileRequested } from "./FileMessage.ts"

/** A file as the client addressed it, with what answers repeat of its request, and the station that had the address then. */
export interface FileAddress extends FileName {
  readonly born: number
  readonly originator: number
  /** The T bit, in place. */
  readonly test: number
}

interface Step {
  readonly to: FileAddress
  /** Id of the request that the store has not answered, 0 = none. */
  readonly awaiting: number
  /** When the present step is given up. */
  readonly untilMs: number
  /** Octets of the whole file. */
  readonly octets: number
  /** The section that is, or will next be, transferred: 1..255. */
  readonly section: number
  /** Offset of that section in the file. */
  readonly sectionAt: number
  /** Sums of the octets, modulo 256: of this section so far, and of the sections before it. */
  readonly sectionSum: number
  readonly fileSum: number
}

/** A file on its way to the client (60870-5-5 6.12, monitor direction). */
export interface Sending extends Step {
  readonly direction: "send"
  /** What is awaited: the store, call file, call section, the end of the segments, acknowledge section, acknowledge file. */
  readonly phase: "opening" | "selected" | "sectionReady" | "segments" | "sectionSent" | "fileSent"
  /** Octets of every section but the last. */
  readonly sectionOctets: number
  /** Offset of the next octet to send. */
  readonly at: number
  /** Octets of the file from `pieceAt` on that were read already. */
  readonly piece: Uint8Array
  readonly pieceAt: number
}

/**
 * Octets that came, the newest part first. A part that is not shorter than the one before it has been joined with that,
 * so that there are few parts however short the segments are, and each octet is copied a few times only.
 */
export interface Held {
  readonly data: Uint8Array
  readonly before: Held | null
}

/** What is held, and `data` behind it. */
export function hold(before: Held | null, data: Uint8Array): Held {
  let held: Held = { data, before }
  for (let older = held.before; older !== null && older.data.length <= held.data.length; older = held.before) {
    const joined = new Uint8Array(older.data.length + held.data.length)
    joined.set(older.data)
    joined.set(held.data, older.data.length)
    held = { data: joined, before: older.before }
  }
  return held
}

/** All that is held, `octets` in number, in one piece. */
export function together(held: Held | null, octets: number): Uint8Array {
  if (held !== null && held.data.length === octets) return held.data
  const whole = new Uint8Array(octets)
  let at = octets
  for (let part = held; part !== null; part = part.before) {
    at -= part.data.length
    whole.set(part.data, at)
  }
  return whole
}

/** A file on its way from the client (60870-5-5 6.12, control direction). */
export interface Receiving extends Step {
  readonly direction: "receive"
  /** What is awaited: the store, section ready or last section, segments, the end of writing, the end of committing. */
  readonly phase: "creating" | "fileCalled" | "segments" | "checked" | "committing"
  /** Announced octets of the section, and octets of it that came. */
  readonly sectionOctets: number
  readonly received: number
  /** Octets that came and were not handed to the store yet; they belong at `heldAt`. */
  readonly held: Held | null
  readonly heldOctets: number
  readonly heldAt: number
}

export type Transfer = Sending | Receiving

/** A directory or a deletion that was asked for. */
export interface Errand {
  readonly kind: "list" | "delete"
  readonly to: FileAddress
  readonly awaiting: number
  readonly untilMs: number
  /** The directory, once the store has answered, and the entry that is sent next. */
  readonly entries: readonly FileEntry[]
  readonly sent: number
}

export interface FileWork {
  readonly transfer: Transfer | null
  readonly errands: readonly Errand[]
  /** A file that was refused while segments of it were under way: they are dropped without a further answer. */
  readonly refused: FileName | null
  /** Something else that shares the window was sent last: now it is the file's turn. */
  readonly turn: boolean
  /** How many requests the store has not answered, whether anybody still waits for that or not. */
  readonly unanswered: number
}

/** What a session remembers, files among it. */
export interface FilesWork extends Work {
  /** File transfer (60870-5-5 6.12); null while there is none. */
  readonly files: FileWork | null
}

/** A reduction as file transfer sees it. */
export type Turn = Procedure.Turn<FilesWork, Notice | FileRequested>

export const noFiles: FileWork = { transfer: null, errands: [], refused: null, turn: false, unanswered: 0 }

/** Sections that NOS can number. */
const SECTIONS_MAX = 255
const SECTION_OCTETS_MIN = 65_536

/** Octets of a section of a file of `octets` octets: as few sections as are comfortable, at most 255. */
export const sectionOctets = (octets: number): number => Math.max(SECTION_OCTETS_MIN, Math.ceil(octets / SECTIONS_MAX))

/** Offset behind the present section. */
export const sectionEnd = (of: Sending): number => Math.min(of.octets, of.sectionAt + of.sectionOctets)

export const same = (a: FileName, b: FileName): boolean => a.ca === b.ca && a.ioa === b.ioa && a.nof === b.nof

export const nameOf = ({ ca, ioa, nof }: FileName): FileName => ({ ca, ioa, nof })

/** When the next step is given up, in ms of the event clock; Infinity when nothing is awaited. */
export function deadline(work: FileWork | null): number {
  if (work === null) return Number.POSITIVE_INFINITY
  let due = work.transfer === null ? Number.POSITIVE_INFINITY : work.transfer.untilMs
  for (const { untilMs } of work.errands) if (untilMs < due) due = untilMs
  return due
}
