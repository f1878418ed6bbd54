// Directories and deletion (60870-5-5 6.12): answered beside a transfer, a few at a time. A directory goes out as the
// window allows.
import type { FileAnswer, FileEntry } from "./FileMessage.ts"
import * as FileStep from "./FileStep.ts"
import * as FileWire from "./FileWire.ts"
import type { Turn } from "./FileWork.ts"
import { type Errand, type FileAddress, nameOf } from "./FileWork.ts"

/** So many directories and deletions may be under way. */
const ERRANDS_MAX = 8

const { Action, Fault } = FileWire

function add(turn: Turn, kind: Errand["kind"], to: FileAddress, awaiting: number): void {
  const work = FileStep.work(turn)
  const errand: Errand = { kind, to, awaiting, untilMs: FileStep.until(turn), entries: [], sent: 0 }
  FileStep.put(turn, { ...work, errands: [...work.errands, errand] })
}

function remove(turn: Turn, errand: Errand): void {
  const work = FileStep.work(turn)
  FileStep.put(turn, { ...work, errands: work.errands.filter((other) => other !== errand) })
}

function replace(turn: Turn, old: Errand, by: Errand): void {
  const work = FileStep.work(turn)
  FileStep.put(turn, { ...work, errands: work.errands.map((other) => (other === old ? by : other)) })
}

const full = (turn: Turn): boolean => FileStep.work(turn).errands.length >= ERRANDS_MAX || FileStep.isBusy(turn)

/** Call directory: all files of the station from the requested address on. */
export function list(turn: Turn, to: FileAddress): void {
  if (full(turn)) return FileWire.call(turn, to, 0, Action.Default | Fault.Service)
  add(turn, "list", to, FileStep.ask(turn, { op: "list", ca: to.ca }))
}

/** Delete file. */
export function erase(turn: Turn, to: FileAddress): void {
  if (full(turn) || FileStep.isRefused(turn)) return FileWire.call(turn, to, 0, Action.DeleteFile | Fault.Service)
  add(turn, "delete", to, FileStep.ask(turn, { op: "delete", name: nameOf(to) }))
}

/** What is said of an empty directory: one entry without a name, with an invalid time (1 January), which is the last one. */
const nothing = (to: FileAddress): FileEntry => ({
  ioa: to.ioa,
  nof: 0,
  octets: 0,
  timeLow: 0x0080_0000,
  timeHigh: 0x0101,
  status: 0,
  directory: false,
  active: false
})

/** The first of some entries that is at an address or behind it. */
function firstFrom(entries: readonly FileEntry[], ioa: number): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const mid = (low + high) >>> 1
    if ((entries[mid] as FileEntry).ioa < ioa) low = mid + 1
    else high = mid
  }
  return low
}

/** The errand that waits for the answer with this id. */
export const awaiting = (turn: Turn, id: number): Errand | undefined =>
  FileStep.work(turn).errands.find((errand) => errand.awaiting === id)

/** The store's answer to an errand. */
export function answered(turn: Turn, errand: Errand, answer: FileAnswer): void {
  if (errand.kind === "delete") return conclude(turn, errand, answer.ok ? 0 : FileWire.NEGATIVE)
  if (!answer.ok || answer.op !== "list") return refuse(turn, errand)
  const from = firstFrom(answer.entries, errand.to.ioa)
  const [entries, sent] = from < answer.entries.length ? [answer.entries, from] : [[nothing(errand.to)], 0]
  replace(turn, errand, { ...errand, awaiting: 0, untilMs: FileStep.until(turn), entries, sent })
}

function conclude(turn: Turn, errand: Errand, qualifier: number): void {
  remove(turn, errand)
  FileWire.fileReady(turn, errand.to, 0, qualifier)
}

/** No answer, or a negative one, came from the store. */
export function refuse(turn: Turn, errand: Errand): void {
  if (errand.kind === "delete") return conclude(turn, errand, FileWire.NEGATIVE)
  remove(turn, errand)
  FileWire.call(turn, errand.to, 0, Action.Default | Fault.Memory)
}

const listed = (turn: Turn): Errand | undefined => FileStep.work(turn).errands.find(({ entries }) => entries.length > 0)

/** Whether a part of a directory could be sent now. */
export const wants = (turn: Turn): boolean => listed(turn) !== undefined

/** Sends the next part of a directory. False when there is none. */
export function sendNext(turn: Turn): boolean {
  const errand = listed(turn)
  if (errand === undefined) return false
  const sent = errand.sent + FileWire.directory(turn, errand.to, errand.entries, errand.sent)
  if (sent === errand.entries.length) remove(turn, errand)
  else replace(turn, errand, { ...errand, sent, untilMs: FileStep.until(turn) })
  return true
}
