// A controlling station that transfers files with one session of the pure core, and a file store in memory that answers
// at once, later or never. What the station says is told in short words: "F_SR 2 lof 65536", "F_AF 1 afq 4 error 2".

import type { FileAnswer, FileEntry, FileRequest, FileRequested } from "../../../src/core/file/FileMessage.ts"
import type * as Core from "../../../src/core/index.ts"
import * as Frames from "../../property/support/Frames.ts"
import { type Options, Peer, Plant } from "../../property/support/Peer.ts"

export const CA = 1
export const IOA = 30_000
export const NOF = 7

class FilePlant extends Plant {
  override get world(): Core.World {
    return { ...super.world, files: true }
  }
}

const low = (value: number, octets: number): number[] =>
  Array.from({ length: octets }, (_, index) => (value >> (8 * index)) & 0xff)

/** The sum of octets modulo 256. */
export const sumOf = (octets: Uint8Array): number => octets.reduce((sum, octet) => (sum + octet) & 0xff, 0)

/** Octets without a short period, the same every time. */
export const contentOf = (octets: number): Uint8Array =>
  Uint8Array.from({ length: octets }, (_, at) => (at * 7 + (at >> 8) * 13 + 1) & 0xff)

export interface Spoken {
  readonly text: string
  readonly frame: Frames.Frame
}

const field = (object: Readonly<Record<string, unknown>>, group: string, key: string): unknown =>
  (object[group] as Readonly<Record<string, unknown>>)[key]

const flag = (object: Readonly<Record<string, unknown>>, group: string, key: string): string =>
  field(object, group, key) === true ? " negative" : ""

const error = (object: Readonly<Record<string, unknown>>, group: string): string =>
  field(object, group, "error") === 0 ? "" : ` error ${field(object, group, "error")}`

/** What an I frame says, in short words. */
export const textOf = (frame: Frames.Frame): string => {
  const [object = { ioa: 0 }] = Frames.objects(frame)
  const { nos, lof } = object
  switch (frame.type) {
    case 120:
      return `F_FR lof ${lof}${flag(object, "frq", "negative")}`
    case 121:
      return `F_SR ${nos} lof ${lof}${flag(object, "srq", "notReady")}`
    case 122:
      return `F_SC ${nos} scq ${field(object, "scq", "action")}${error(object, "scq")}`
    case 123:
      return `F_LS ${nos} lsq ${object.lsq} chs ${object.chs}`
    case 124:
      return `F_AF ${nos} afq ${field(object, "afq", "ack")}${error(object, "afq")}`
    case 125:
      return `F_SG ${nos} los ${object.los}`
    default:
      return `${frame.type} cause ${frame.cause}`
  }
}

export interface Address {
  readonly cause?: number
  readonly oa?: number
  readonly ca?: number
  readonly ioa?: number
  readonly nof?: number
}

export class Dialogue {
  readonly plant: FilePlant
  readonly peer: Peer
  readonly files: Map<number, Uint8Array> = new Map()
  entries: readonly FileEntry[] = []
  /** What the store was asked, in order. */
  readonly asked: FileRequested[] = []
  /** Requests that the store has not answered. */
  waiting: FileRequested[] = []
  /** Which requests the store answers at once. */
  answers: (request: FileRequest) => boolean = () => true
  refusal: (request: FileRequest) => Extract<FileAnswer, { ok: false }>["why"] | null = () => null
  /** What was received, as the store was told to write it; null before `create`. */
  written: Uint8Array | null = null
  committed: Uint8Array | null = null
  /** Octets of the last transfer's segments, in the order of sending. */
  segments: number[] = []
  private noticed = 0

  constructor(options: Options = {}) {
    this.plant = new FilePlant(options)
    this.plant.add(this.plant.block(CA, 1), 1, 2, 3)
    this.peer = new Peer(this.plant)
    this.peer.start()
  }

  /** Sends one ASDU about a file; returns everything that is said until nothing more comes. */
  say(type: number, elements: readonly number[], address: Address = {}): readonly string[] {
    return this.settle(this.peer.send(this.asdu(type, elements, address))).map(({ text }) => text)
  }

  asdu(type: number, elements: readonly number[], address: Address = {}): Uint8Array {
    const { cause = 13, oa = 0, ca = CA, ioa = IOA, nof = NOF } = address
    return Frames.asdu(type, cause, oa, ca, ioa, ...low(nof, 2), ...elements)
  }

  /** Lets the store answer and the client acknowledge until nothing more comes. */
  settle(first: readonly Frames.Frame[] = []): readonly Spoken[] {
    const all: Spoken[] = []
    let frames = first
    for (;;) {
      for (const frame of frames) {
        if (frame.format !== "I") continue
        if (frame.type === 125) this.segments.push(...frame.octets.subarray(19))
        all.push({ text: textOf(frame), frame })
      }
      const answered = this.store()
      frames = answered ?? this.peer.acknowledge()
      if (frames.length === 0 && answered === null) return all
    }
  }

  /** Answers the next request that the store answers at once; null when there is none. */
  private store(): readonly Frames.Frame[] | null {
    const notices = this.peer.of("file")
    for (; this.noticed < notices.length; this.noticed++) {
      const notice = notices[this.noticed] as FileRequested
      this.asked.push(notice)
      this.waiting.push(notice)
    }
    const next = this.waiting.find(({ request }) => request.op === "close" || this.answers(request))
    return next === undefined ? null : this.answer(next)
  }

  /** Answers a request that waits. */
  answer(notice: FileRequested): readonly Frames.Frame[] {
    this.waiting = this.waiting.filter((other) => other !== notice)
    const answer = this.work(notice)
    return answer === null ? [] : this.peer.reduce({ ...this.peer.event("file"), file: answer })
  }

  private work({ id, request }: FileRequested): FileAnswer | null {
    const why = this.refusal(request)
    if (why !== null) return { id, ok: false, why }
    switch (request.op) {
      case "list":
        return { id, ok: true, op: "list", entries: [...this.entries].sort((a, b) => a.ioa - b.ioa || a.nof - b.nof) }
      case "open": {
        const found = this.files.get(request.name.nof)
        return found === undefined
          ? { id, ok: false, why: "unknown" }
          : { id, ok: true, op: "open", octets: found.length }
      }
      case "query":
        return { id, ok: true, op: "query", nof: NOF, octets: (this.files.get(NOF) as Uint8Array).length }
      case "read": {
        const found = this.files.get(request.name.nof) as Uint8Array
        return { id, ok: true, op: "read", data: found.slice(request.offset, request.offset + request.octets) }
      }
      case "create":
        this.written = new Uint8Array(request.octets)
        return { id, ok: true, op: "create" }
      case "write":
        ;(this.written as Uint8Array).set(request.data, request.offset)
        return { id, ok: true, op: "write" }
      case "commit":
        this.committed = (this.written as Uint8Array).slice(0, request.octets)
        return { id, ok: true, op: "commit" }
      case "delete":
        return { id, ok: true, op: "delete" }
      case "close":
        return null
    }
  }

  ops(): readonly string[] {
    return this.asked.map(({ request }) => request.op)
  }

  // ---- the words of the client ----

  call(action: number, section = 0, address: Address = {}): readonly string[] {
    return this.say(122, [section, action], address)
  }
  acknowledge(section: number, afq: number, address: Address = {}): readonly string[] {
    return this.say(124, [section, afq], address)
  }
  announce(octets: number, address: Address = {}, frq = 0): readonly string[] {
    return this.say(120, [...low(octets, 3), frq], address)
  }
  section(section: number, octets: number, address: Address = {}, srq = 0): readonly string[] {
    return this.say(121, [section, ...low(octets, 3), srq], address)
  }
  segment(section: number, data: Uint8Array, address: Address = {}): readonly string[] {
    return this.say(125, [section, data.length, ...data], address)
  }
  last(section: number, lsq: number, chs: number, address: Address = {}): readonly string[] {
    return this.say(123, [section, lsq, chs], address)
  }

  /** Select, call, and every section acknowledged; what was said with runs of segments counted. */
  fetch(address: Address = {}): readonly string[] {
    const all: string[] = [...this.call(1, 0, address), ...this.call(2, 0, address)]
    for (;;) {
      const [word, section] = (all.at(-1) ?? "").split(" ")
      if (word === "F_SR") all.push(...this.call(6, Number(section), address))
      else if (all.at(-1)?.startsWith(`F_LS ${section} lsq 3`))
        all.push(...this.acknowledge(Number(section), 3, address))
      else return counted(all)
    }
  }

  /** Announces a file and sends all of it in sections and segments of these sizes. */
  deliver(content: Uint8Array, sectionOctets = 65_536, segmentOctets = 236): readonly string[] {
    const all: string[] = [...this.announce(content.length)]
    let section = 0
    for (let at = 0; at < content.length; at += sectionOctets) {
      const part = content.subarray(at, at + sectionOctets)
      all.push(...this.section(++section, part.length))
      for (let from = 0; from < part.length; from += segmentOctets)
        all.push(...this.segment(section, part.subarray(from, from + segmentOctets)))
      all.push(...this.last(section, 3, sumOf(part)))
    }
    all.push(...this.last(section, 1, sumOf(content)))
    return all
  }
}

/** Consecutive equal texts as one with their number. */
export const counted = (texts: readonly string[]): readonly string[] => {
  const runs: { text: string; count: number }[] = []
  for (const text of texts) {
    const last = runs.at(-1)
    if (last !== undefined && last.text === text) last.count++
    else runs.push({ text, count: 1 })
  }
  return runs.map(({ text, count }) => (count === 1 ? text : `${count} x ${text}`))
}
