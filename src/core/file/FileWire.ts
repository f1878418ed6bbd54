// The file types on the wire (60870-5-101 7.3.6): what a received one says, and the answers of the station.

import * as Image from "../image/Image.ts"
import * as Link from "../link/Link.ts"
import * as Ledger from "../log/Ledger.ts"
import * as Reply from "../procedure/Reply.ts"
import * as Asdu from "../wire/Asdu.ts"
import { Cause } from "../wire/Cause.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import type { FileEntry, FileRefusal } from "./FileMessage.ts"
import type { FileAddress, Turn } from "./FileWork.ts"

/** Actions of SCQ, bits 1..4. */
export const Action: {
  readonly Default: 0
  readonly SelectFile: 1
  readonly CallFile: 2
  readonly DeactivateFile: 3
  readonly DeleteFile: 4
  readonly SelectSection: 5
  readonly CallSection: 6
  readonly DeactivateSection: 7
} = {
  Default: 0,
  SelectFile: 1,
  CallFile: 2,
  DeactivateFile: 3,
  DeleteFile: 4,
  SelectSection: 5,
  CallSection: 6,
  DeactivateSection: 7
}

/** Errors of SCQ and AFQ, in place (bits 5..8). */
export const Fault: {
  readonly None: 0x00
  readonly Memory: 0x10
  readonly Checksum: 0x20
  readonly Service: 0x30
  readonly File: 0x40
  readonly Section: 0x50
} = { None: 0x00, Memory: 0x10, Checksum: 0x20, Service: 0x30, File: 0x40, Section: 0x50 }
export type Fault = (typeof Fault)[keyof typeof Fault]

/** LSQ: the end of a file or section, in order or after a deactivation. */
export const Last: {
  readonly File: 1
  readonly FileDeactivated: 2
  readonly Section: 3
  readonly SectionDeactivated: 4
} = { File: 1, FileDeactivated: 2, Section: 3, SectionDeactivated: 4 }

/** AFQ, bits 1..4. */
export const Ack: {
  readonly File: 1
  readonly NotFile: 2
  readonly Section: 3
  readonly NotSection: 4
} = { File: 1, NotFile: 2, Section: 3, NotSection: 4 }

/** Bit 8 of FRQ and SRQ. */
export const NEGATIVE = 0x80

/** Which error a client is told when the store refused. */
export const faultOf: { readonly [why in FileRefusal]: Fault } = {
  unknown: Fault.File,
  notAllowed: Fault.File,
  busy: Fault.Service,
  noSpace: Fault.Memory,
  failed: Fault.Memory
}

/** The file that the frame at `at` is about, and what an answer repeats of the request. */
export const address = ({ world }: Turn, octets: Uint8Array, at: number): FileAddress => ({
  ca: Asdu.ca(octets, at),
  born: (Image.station(world.image, Asdu.ca(octets, at)) as Image.Station).born,
  ioa: Asdu.ioa(octets, at),
  nof: (octets[at + Asdu.ELEMENT_AT] as number) | ((octets[at + Asdu.ELEMENT_AT + 1] as number) << 8),
  originator: Asdu.originator(octets, at),
  test: Asdu.test(octets, at)
})

/** The octet number `index` of the elements: 0 and 1 are the name of file. */
export const octet = (octets: Uint8Array, at: number, index: number): number =>
  octets[at + Asdu.ELEMENT_AT + index] as number

/** A length of 24 bits. */
export const length = (octets: Uint8Array, at: number, index: number): number =>
  Asdu.word(octets, at + Asdu.ELEMENT_AT + index) & 0xff_ffff

// ---- answers ----

/** Octets of an APDU up to and with the name of file. */
const HEADER_OCTETS = 17
/** What the length octet of a segment counts besides its data: APCI 4, up to NOF 11, NOS, LOS. */
const SEGMENT_OVERHEAD = 17
const FILE = Cause.FILE_TRANSFER

/** Writes everything up to the name of file; `octets` is the size of the whole APDU. */
function putHeader(
  out: Uint8Array,
  at: number,
  octets: number,
  type: number,
  vsq: number,
  cause: number,
  to: FileAddress
): void {
  const { ca, ioa, nof, originator, test } = to
  Asdu.put(out, at, octets, type, vsq, test | cause, originator, ca)
  Asdu.putIoa(out, at, ioa)
  out[at + 15] = nof & 0xff
  out[at + 16] = nof >> 8
}

/** Sends, or queues as a reply, an ASDU about a file with these octets behind its name. */
function say(turn: Turn, to: FileAddress, type: number, ...elements: readonly number[]): void {
  const apdu = new Uint8Array(HEADER_OCTETS + elements.length)
  putHeader(apdu, 0, apdu.length, type, 1, FILE, to)
  apdu.set(elements, HEADER_OCTETS)
  Reply.mirror(turn, apdu, 0, FILE, -1)
}

/** F_FR_NA_1; `qualifier` is FRQ. */
export const fileReady = (turn: Turn, to: FileAddress, octets: number, qualifier: number): void =>
  say(turn, to, TypeTable.Type.F_FR_NA_1, octets, octets >> 8, octets >> 16, qualifier)

/** F_SR_NA_1 with SRQ 0. */
export const sectionReady = (turn: Turn, to: FileAddress, section: number, octets: number): void =>
  say(turn, to, TypeTable.Type.F_SR_NA_1, section, octets, octets >> 8, octets >> 16, 0)

/** F_SC_NA_1; `qualifier` is SCQ: an action, with an error when the station refuses it. */
export const call = (turn: Turn, to: FileAddress, section: number, qualifier: number): void =>
  say(turn, to, TypeTable.Type.F_SC_NA_1, section, qualifier)

/** F_LS_NA_1. */
export const last = (turn: Turn, to: FileAddress, section: number, qualifier: number, sum: number): void =>
  say(turn, to, TypeTable.Type.F_LS_NA_1, section, qualifier, sum)

/** F_AF_NA_1; `qualifier` is AFQ. */
export const acknowledge = (turn: Turn, to: FileAddress, section: number, qualifier: number): void =>
  say(turn, to, TypeTable.Type.F_AF_NA_1, section, qualifier)

// ---- what goes straight into an open window ----

/** Octets of a file that fit into one segment: 1..236. */
export const segmentMax = (turn: Turn): number => turn.world.profile.maxApduLength - SEGMENT_OVERHEAD

/** Sends F_SG_NA_1 with `count` octets of `data`; returns their sum. */
export function segment(
  turn: Turn,
  to: FileAddress,
  section: number,
  data: Uint8Array,
  from: number,
  count: number
): number {
  const out = turn.octets
  const at = turn.at
  putHeader(out, at, HEADER_OCTETS + 2 + count, TypeTable.Type.F_SG_NA_1, 1, FILE, to)
  out[at + HEADER_OCTETS] = section
  out[at + HEADER_OCTETS + 1] = count
  let sum = 0
  for (let i = 0; i < count; i++) {
    const octet = data[from + i] as number
    out[at + HEADER_OCTETS + 2 + i] = octet
    sum += octet
  }
  Link.sendI(turn, Ledger.NO_EVENTS)
  return sum
}

/** Octets of one entry of a directory. */
const ENTRY_OCTETS = 13

/** SOF bits. */
const LAST_FILE = 0x20
const SUBDIRECTORY = 0x40
const ACTIVE = 0x80

/** Sends F_DR_TA_1, SQ = 1, with as many entries from `from` on as are at consecutive addresses and fit. Returns how many. */
export function directory(turn: Turn, to: FileAddress, entries: readonly FileEntry[], from: number): number {
  const first = entries[from] as FileEntry
  // An APDU that is too short for a single entry would stop the directory for ever.
  const room = Math.max(1, Math.floor((turn.world.profile.maxApduLength - (HEADER_OCTETS - 4)) / ENTRY_OCTETS))
  let count = 1
  while (count < room && entries[from + count]?.ioa === first.ioa + count) count++
  const { view } = turn
  const at = turn.at
  const size = HEADER_OCTETS - 2 + count * ENTRY_OCTETS
  putHeader(turn.octets, at, size, TypeTable.Type.F_DR_TA_1, 0x80 | count, Cause.REQUEST, { ...to, ioa: first.ioa })
  for (let i = 0; i < count; i++) {
    const entry = entries[from + i] as FileEntry
    const end = from + i === entries.length - 1 ? LAST_FILE : 0
    const place = at + HEADER_OCTETS - 2 + i * ENTRY_OCTETS
    view.setUint16(place, entry.nof, true)
    view.setUint32(place + 2, entry.octets, true)
    const kind = (entry.directory ? SUBDIRECTORY : 0) | (entry.active ? ACTIVE : 0)
    view.setUint8(place + 5, (entry.status & 0x1f) | kind | end)
    view.setInt32(place + 6, entry.timeLow, true)
    view.setUint16(place + 10, entry.timeHigh & 0xffff, true)
    view.setUint8(place + 12, (entry.timeHigh >> 16) & 0xff)
  }
  Link.sendI(turn, Ledger.NO_EVENTS)
  return count
}
