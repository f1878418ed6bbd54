// File transfer in control direction (60870-5-5 6.12): the client announces a file and its sections, the station calls
// them, checks them and acknowledges what is stored. Octets go to the store a piece at a time; a section whose checksum
// is wrong is received again at the same offset. Memory is bounded whatever the client does.
import type { FileAnswer } from "./FileMessage.ts"
import * as FileStep from "./FileStep.ts"
import * as FileWire from "./FileWire.ts"
import type { Turn } from "./FileWork.ts"
import { type FileAddress, hold, nameOf, type Receiving, same, together } from "./FileWork.ts"

const { Action, Ack, Fault, Last } = FileWire

/** Octets that are handed to the store at a time. */
const PIECE_OCTETS = 16_384
/** So many octets waiting for the store delay acknowledgements, and end the transfer. */
const HELD_SLOW = 65_536
const HELD_MAX = 262_144

/** The file that this session sends us, or null. */
export const current = (turn: Turn): Receiving | null => {
  const { transfer } = FileStep.work(turn)
  return transfer !== null && transfer.direction === "receive" ? transfer : null
}

/** Whether the store is behind: the client should be slowed down. */
export const slow = (turn: Turn): boolean => {
  const of = current(turn)
  return of !== null && of.awaiting !== 0 && of.heldOctets >= HELD_SLOW
}

const heldEnd = (of: Receiving): number => of.heldAt + of.heldOctets

/** File ready: the client wants to send a file of `octets` octets. */
export function announced(turn: Turn, to: FileAddress, octets: number, negative: boolean): void {
  const { transfer } = FileStep.work(turn)
  const own = transfer !== null && transfer.direction === "receive" && same(transfer.to, to)
  if (negative) {
    // The client takes its announcement back.
    if (own) FileStep.end(turn, to)
    return
  }
  if (transfer !== null && !own) return FileWire.call(turn, to, 0, Action.DeactivateFile | Fault.Service)
  if (own) FileStep.end(turn, to)
  if (FileStep.isRefused(turn)) return FileWire.call(turn, to, 0, Action.DeactivateFile | Fault.Service)
  if (octets > turn.world.limits.fileOctetsMax) return FileWire.call(turn, to, 0, Action.DeactivateFile | Fault.Memory)
  FileStep.put(turn, { ...FileStep.work(turn), refused: null })
  FileStep.step(turn, {
    direction: "receive",
    to,
    phase: "creating",
    awaiting: FileStep.ask(turn, { op: "create", name: nameOf(to), octets }),
    untilMs: FileStep.until(turn),
    octets,
    section: 1,
    sectionAt: 0,
    sectionSum: 0,
    fileSum: 0,
    sectionOctets: 0,
    received: 0,
    held: null,
    heldOctets: 0,
    heldAt: 0
  })
}

/** Section ready: the client wants to send the next section, or the present one again. */
export function sectionReady(turn: Turn, to: FileAddress, section: number, octets: number, negative: boolean): void {
  const of = current(turn)
  const named = FileStep.fault(of, to, ["fileCalled", "segments"], section)
  const fault = of !== null && named === Fault.None && of.sectionAt + octets > of.octets ? Fault.Memory : named
  if (of === null || fault !== Fault.None) return FileWire.call(turn, to, section, Action.DeactivateSection | fault)
  if (negative) return deactivate(turn, of, Fault.None)
  FileStep.put(turn, { ...FileStep.work(turn), refused: null })
  FileStep.step(turn, { ...rewound(turn, of), phase: "segments", sectionOctets: octets })
  FileWire.call(turn, of.to, section, Action.CallSection)
}

/** The transfer with nothing of the present section received. A write that is under way is overwritten later. */
const rewound = (turn: Turn, of: Receiving): Receiving => ({
  ...of,
  phase: "fileCalled",
  untilMs: FileStep.until(turn),
  sectionSum: 0,
  received: 0,
  held: null,
  heldOctets: 0,
  heldAt: of.sectionAt
})

/** Whether what comes belongs to something that was refused already: it was under way, and one answer is enough. */
const drops = (turn: Turn, to: FileAddress): boolean => {
  const { refused } = FileStep.work(turn)
  return refused !== null && same(refused, to)
}

/** Acknowledges negatively; segments that are under way are dropped. */
function refuse(turn: Turn, to: FileAddress, section: number, qualifier: number): void {
  FileStep.put(turn, { ...FileStep.work(turn), refused: nameOf(to) })
  FileWire.acknowledge(turn, to, section, qualifier)
}

/** The section is not used; the client may send it again. */
function refuseSection(turn: Turn, of: Receiving, section: number, fault: FileWire.Fault): void {
  FileStep.step(turn, rewound(turn, of))
  refuse(turn, of.to, section, Ack.NotSection | fault)
}

/** The transfer if this section of this file was called; else what came is refused, together with what it disturbs. */
function expected(turn: Turn, to: FileAddress, section: number): Receiving | null {
  if (drops(turn, to)) return null
  const of = current(turn)
  const fault = FileStep.fault(of, to, ["segments"], section)
  if (fault === Fault.None) return of
  // What belongs to no transfer, or to none that can take it yet, disturbs none.
  if (of === null || fault === Fault.File || of.phase === "fileCalled")
    refuse(turn, to, section, Ack.NotSection | fault)
  else if (fault === Fault.Section) refuseSection(turn, of, section, fault)
  else deactivate(turn, of, fault)
  return null
}

/** A segment: `count` octets from `from`, borrowed. */
export function segment(
  turn: Turn,
  to: FileAddress,
  section: number,
  octets: Uint8Array,
  from: number,
  count: number
): void {
  const of = expected(turn, to, section)
  if (of === null) return
  const received = of.received + count
  // More than was announced, or more than can be held while the store does not take it.
  if (received > of.sectionOctets || of.heldOctets + count > HELD_MAX) return deactivate(turn, of, Fault.Memory)
  if (count === 0) return
  const data = new Uint8Array(count)
  let sum = of.sectionSum
  for (let i = 0; i < count; i++) {
    const octet = octets[from + i] as number
    data[i] = octet
    sum += octet
  }
  write(turn, {
    ...of,
    untilMs: FileStep.until(turn),
    sectionSum: sum & 0xff,
    received,
    held: hold(of.held, data),
    heldOctets: of.heldOctets + count
  })
}

/** Puts `of`, and hands what it holds to the store when that is idle and it is a whole piece or the rest of a section. */
function write(turn: Turn, of: Receiving): void {
  const enough = of.heldOctets >= PIECE_OCTETS || (of.phase === "checked" && of.heldOctets > 0)
  if (of.awaiting !== 0 || !enough) return FileStep.step(turn, of)
  const data = together(of.held, of.heldOctets)
  const awaiting = FileStep.ask(turn, { op: "write", name: nameOf(of.to), offset: of.heldAt, data })
  FileStep.step(turn, { ...of, awaiting, held: null, heldOctets: 0, heldAt: heldEnd(of) })
}

/** Last section, last segment: the end of a section or of the file, in order or not. */
export function last(turn: Turn, to: FileAddress, section: number, qualifier: number, sum: number): void {
  if (qualifier !== Last.File && qualifier !== Last.FileDeactivated)
    return lastSegment(turn, to, section, qualifier, sum)
  const of = current(turn)
  if (of !== null && same(of.to, to)) {
    // The answer names the section that the client named.
    const named: Receiving = { ...of, section }
    if (qualifier === Last.FileDeactivated) return deactivate(turn, named, Fault.None)
    return lastSection(turn, named, sum)
  }
  if (!drops(turn, to)) refuse(turn, to, section, Ack.NotFile | (of === null ? Fault.Service : Fault.File))
}

/** The end of a section: what is complete and has the right sum is written, then acknowledged. */
function lastSegment(turn: Turn, to: FileAddress, section: number, qualifier: number, sum: number): void {
  const of = expected(turn, to, section)
  if (of === null) return
  if (qualifier === Last.SectionDeactivated) return FileStep.step(turn, rewound(turn, of))
  if (qualifier !== Last.Section) return refuseSection(turn, of, section, Fault.Service)
  if (of.received !== of.sectionOctets || of.sectionSum !== sum) return refuseSection(turn, of, section, Fault.Checksum)
  write(turn, { ...of, phase: "checked", untilMs: FileStep.until(turn) })
  written(turn)
}

/** Acknowledges a checked section once all of it is written. */
function written(turn: Turn): void {
  const of = current(turn)
  if (of === null || of.phase !== "checked" || of.awaiting !== 0 || of.heldOctets > 0) return
  const sectionAt = of.sectionAt + of.received
  FileStep.step(turn, {
    ...rewound(turn, of),
    section: of.section + 1,
    sectionAt,
    heldAt: sectionAt,
    fileSum: (of.fileSum + of.sectionSum) & 0xff
  })
  FileWire.acknowledge(turn, of.to, of.section, Ack.Section)
}

/** The end of the file: what is complete and has the right sum is committed, then acknowledged. */
function lastSection(turn: Turn, of: Receiving, sum: number): void {
  if (of.phase !== "fileCalled") return deactivate(turn, of, Fault.Service)
  if (of.sectionAt !== of.octets || of.fileSum !== sum) return deactivate(turn, of, Fault.Checksum)
  FileStep.step(turn, {
    ...of,
    phase: "committing",
    awaiting: FileStep.ask(turn, { op: "commit", name: nameOf(of.to), octets: of.octets }),
    untilMs: FileStep.until(turn)
  })
}

/** Ends the transfer before its end, and says so; what came is thrown away. */
export function deactivate(turn: Turn, of: Receiving, fault: FileWire.Fault): void {
  FileStep.end(turn, of.to)
  if (of.phase === "creating") return FileWire.call(turn, of.to, 0, Action.DeactivateFile | fault)
  refuse(turn, of.to, of.section, Ack.NotFile | fault)
}

/** The store's answer to the request that `of` awaits. */
export function answered(turn: Turn, of: Receiving, answer: FileAnswer): void {
  if (!answer.ok) return deactivate(turn, of, FileWire.faultOf[answer.why])
  const done: Receiving = { ...of, awaiting: 0 }
  switch (of.phase) {
    case "creating":
      FileStep.step(turn, { ...done, phase: "fileCalled", untilMs: FileStep.until(turn) })
      return FileWire.call(turn, of.to, 0, Action.CallFile)
    case "committing":
      FileStep.end(turn, of.to)
      return FileWire.acknowledge(turn, of.to, of.section, Ack.File)
    default:
      // A checked section waits for the store, everything else for the client.
      write(turn, of.phase === "checked" ? { ...done, untilMs: FileStep.until(turn) } : done)
      return written(turn)
  }
}
