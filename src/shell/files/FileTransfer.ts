// The shell's part of file transfer: takes the requests of sessions to the file store and its answers back. It decides
// nothing but who has a file: a name belongs to one session at a time.

import * as File from "../../core/file/File.ts"
import type { FileAnswer, FileEntry, FileName, FileRequested } from "../../core/file/FileMessage.ts"
import * as FileWire from "../../core/file/FileWire.ts"
import * as Image from "../../core/image/Image.ts"
import { CallbackFailed, CallbackTimedOut } from "../Errors.ts"
import type { Host } from "../Host.ts"
import { given } from "../Reason.ts"
import type { Session } from "../Session.ts"
import { Shared } from "../Shared.ts"
import {
  FILE_OCTETS_MAX,
  type FileReader,
  type FileStore,
  type FileWriter,
  type Refusal,
  type StoredFile
} from "./FileStore.ts"

/** Leaves a union's members as they are. */
type WithoutId<A> = A extends unknown ? Omit<A, "id"> : never
type Answer = WithoutId<FileAnswer>

const busy: Answer = { ok: false, why: "busy" }

/** A file that a session has, from its request to the store until it is closed. */
class Holding {
  readonly names: string[] = []
  /** Those that wait until it is closed. */
  private readonly behind = new Set<Holding>()
  /** Nobody wants it any more. */
  isGivenUp = false
  private goOn: () => void = () => {}
  reader: FileReader | null = null
  writer: FileWriter | null = null
  /** The calls of the store for this file, one after the other; never rejects. */
  calls: Promise<void> = Promise.resolve()
  /** Resolves when the file is closed; null before that was asked for. */
  closed: Promise<void> | null = null

  /** Waits until another one is closed; false when nobody wants this one any more, which is not waited for. */
  async follow(other: Holding): Promise<boolean> {
    if (!this.isGivenUp) {
      other.behind.add(this)
      await new Promise<void>((resolve) => {
        this.goOn = resolve
      })
      other.behind.delete(this)
    }
    return !this.isGivenUp
  }

  giveUp(): void {
    this.isGivenUp = true
    this.goOn()
  }

  /** It is closed. */
  free(): void {
    for (const other of this.behind) other.goOn()
  }
}

/** A call of the store that is not answered yet. */
interface Call {
  readonly callback: string
  readonly subject: string
  /** The file that it waits for, where that is not one of a transfer. */
  readonly holding: Holding | null
  /** Called when it is answered though nobody waited for that any more. */
  found: (() => void) | null
}

const LIST = "files.list"
/** Calls of the store with which nothing is begun: what they go on with has been. */
const FOLLOWING: ReadonlySet<string> = new Set(["files.read", "files.write", "files.commit"])

/** Entries of a directory that are made in one turn of the event loop. */
const ENTRIES = 500

const keyOf = ({ ca, ioa, nof }: FileName): string => `${ca} ${ioa} ${nof}`
const subjectOf = ({ ca, ioa, nof }: FileName): string => `file ${nof} at ${ioa} of station ${ca}`

/** The files of one server. */
export class FileDesk {
  private readonly host: Host
  private readonly store: FileStore
  private readonly holders: Map<string, Holding> = new Map()
  private readonly transfers: Map<Session, Holding> = new Map()
  /** The directories that are being read, by station: several clients that ask for one share a reading. */
  private readonly directories: Map<number, Shared<readonly FileEntry[]>> = new Map()
  /** Directories are handed out one in a turn of the event loop, however many wait for one. */
  private handedOut: Promise<void> = Promise.resolve()
  /** The times of queries are judged one after the other, those of one in a turn of the event loop. */
  private judged: Promise<void> = Promise.resolve()
  /** What calls that are not answered yet are about, by session and request. */
  private readonly waiting: Map<Session, Map<number, Call>> = new Map()

  constructor(host: Host, store: FileStore) {
    this.host = host
    this.store = store
  }

  /** Takes a request of a session's core. */
  act(session: Session, { id, request }: FileRequested): void {
    if (request.op === "close") return this.release(session)
    if (request.op === "list" || request.op === "delete") {
      const subject = request.op === "list" ? `station ${request.ca}` : subjectOf(request.name)
      const holding = request.op === "list" ? null : new Holding()
      const isAwaited = (): boolean => awaits(session, id)
      const work = (): Promise<Answer> =>
        request.op === "list"
          ? this.list(request.ca, isAwaited)
          : this.delete(holding as Holding, request.name, isAwaited)
      void this.call(session, id, { callback: `files.${request.op}`, subject, holding, found: null }, work)
      return
    }
    const begins = request.op === "open" || request.op === "create" || request.op === "query"
    const holding = begins ? new Holding() : this.transfers.get(session)
    if (holding === undefined) return
    if (begins) this.transfers.set(session, holding)
    const work = (): Promise<Answer> => {
      switch (request.op) {
        case "open":
          return this.open(holding, request.name)
        case "create":
          return this.create(holding, request.name, request.octets)
        case "query":
          return this.query(holding, request)
        case "read":
          return this.read(holding, request.offset, request.octets)
        case "write":
          return done("write", this.writerOf(holding).write(request.offset, request.data))
        case "commit":
          return done("commit", this.writerOf(holding).commit(request.octets))
      }
    }
    const call: Call = { callback: `files.${request.op}`, subject: subjectOf(request.name), holding: null, found: null }
    holding.calls = holding.calls.then(() => this.call(session, id, call, work))
  }

  /** A session's transfer ended, or the session did: its file is closed when the store has answered what it was asked. */
  release(session: Session): void {
    const holding = this.transfers.get(session)
    if (session.reason !== null) {
      for (const call of this.waiting.get(session)?.values() ?? []) this.giveUp(session, call)
      this.waiting.delete(session)
    }
    if (holding === undefined) return
    this.transfers.delete(session)
    holding.giveUp()
    holding.closed = holding.calls.then(async () => {
      const handle = holding.reader ?? holding.writer
      try {
        await handle?.close()
      } catch (cause) {
        this.failed("files.close", holding.names.join(", "), cause)
      }
      this.free(holding)
    })
  }

  /** A request was not answered in time. */
  timedOut(session: Session, id: number): void {
    const found = this.waiting.get(session)?.get(id)
    if (found === undefined) return
    const { callback, subject } = found
    const { fileStepMs: limitMs } = this.host.world.limits
    this.giveUp(session, found)
    this.host.tell({ event: "error", error: new CallbackTimedOut({ callback, subject, limitMs }) })
  }

  /** Nobody waits for the answer to a call any more; a directory is read for all who ask for it, and has a limit of its own. */
  private giveUp(session: Session, call: Call): void {
    const { callback, holding } = call
    holding?.giveUp()
    if (callback !== LIST) call.found ??= this.host.strays.add(callback, session.peer.address)
  }

  /** Resolves when every file that was released by now is closed. */
  async closed(): Promise<void> {
    await Promise.all([...this.holders.values()].map((holding) => holding.closed))
  }

  // ---- calls of the store ----

  /** Calls the store, unless nobody waits for that any more, and tells the session what came out. */
  private async call(session: Session, id: number, call: Call, work: () => Promise<Answer>): Promise<void> {
    if (session.reason !== null) return
    const waiting = this.waiting.get(session) ?? new Map<number, Call>()
    this.waiting.set(session, waiting.set(id, call))
    let answer: Answer
    try {
      answer = awaits(session, id) && !this.areMany(session, call) ? await work() : busy
    } catch (cause) {
      this.failed(call.callback, call.subject, cause)
      answer = { ok: false, why: "failed" }
    }
    call.found?.()
    waiting.delete(id)
    if (waiting.size === 0 && this.waiting.get(session) === waiting) this.waiting.delete(session)
    if (session.reason === null) session.filed({ ...answer, id })
  }

  /** Whether so many answers of the store are outstanding for which nobody waits that it is not asked this. */
  private areMany({ peer }: Session, { callback }: Call): boolean {
    return callback !== LIST && !FOLLOWING.has(callback) && this.host.strays.areMany(callback, peer.address)
  }

  private failed(callback: string, subject: string, cause: unknown): void {
    this.host.tell({ event: "error", error: new CallbackFailed({ callback, subject, cause }) })
  }

  /** Makes a name the holding's own; waits for one that is being closed. False when somebody else has it. */
  private async hold(holding: Holding, name: FileName): Promise<boolean> {
    const key = keyOf(name)
    for (;;) {
      const holder = this.holders.get(key)
      if (holder === holding) return true
      if (holder === undefined) break
      if (holder.closed === null || !(await holding.follow(holder))) return false
    }
    this.holders.set(key, holding)
    holding.names.push(key)
    return true
  }

  /** The names of a holding are nobody's any more. */
  private free(holding: Holding): void {
    for (const name of holding.names) this.holders.delete(name)
    holding.free()
  }

  private async open(holding: Holding, name: FileName): Promise<Answer> {
    if (!(await this.hold(holding, name))) return busy
    const reader = await this.store.open(name)
    if (!has(reader, "read", "close")) return refused(reader)
    holding.reader = reader
    return { ok: true, op: "open", octets: whole("octets", reader.octets, FILE_OCTETS_MAX) }
  }

  private async create(holding: Holding, name: FileName, octets: number): Promise<Answer> {
    if (!(await this.hold(holding, name))) return busy
    const writer = await this.store.create(name, octets)
    if (!has(writer, "write", "commit", "close")) return refused(writer)
    holding.writer = writer
    return { ok: true, op: "create" }
  }

  private async query(
    holding: Holding,
    request: Extract<FileRequested["request"], { readonly op: "query" }>
  ): Promise<Answer> {
    const { name } = request
    if (this.store.query === undefined) return { ok: false, why: "notAllowed" }
    const { fromLow, fromHigh, toLow, toHigh } = request
    // Of times in years that nobody has asked for yet those of one request are looked up in a turn of the event loop.
    this.judged = this.judged.then(() => this.nextTurn())
    await this.judged
    if (holding.isGivenUp) return busy
    // Seven octets of zero bound nothing.
    const fromMs = (fromLow | fromHigh) === 0 ? Number.NEGATIVE_INFINITY : this.toUtc(name.ca, fromLow, fromHigh)
    const toMs = (toLow | toHigh) === 0 ? Number.POSITIVE_INFINITY : this.toUtc(name.ca, toLow, toHigh)
    if (Number.isNaN(fromMs) || Number.isNaN(toMs)) return { ok: false, why: "failed" }
    const nof = await this.store.query(name, fromMs, toMs)
    if (typeof nof !== "number") return refused(nof)
    const opened = await this.open(holding, { ...name, nof: whole("name of file", nof, 65_535) })
    return opened.ok && opened.op === "open" ? { ok: true, op: "query", nof, octets: opened.octets } : opened
  }

  private async read(holding: Holding, offset: number, octets: number): Promise<Answer> {
    if (holding.reader === null) throw new Error("the file is not open")
    const data = await holding.reader.read(offset, octets)
    if (!(data instanceof Uint8Array) || data.length < 1 || data.length > octets)
      throw new RangeError(`it read ${data.length} octets, not 1 to ${octets}`)
    return { ok: true, op: "read", data }
  }

  private writerOf(holding: Holding): FileWriter {
    if (holding.writer === null) throw new Error("the file is not open")
    return holding.writer
  }

  private async delete(holding: Holding, name: FileName, isAwaited: () => boolean): Promise<Answer> {
    if (!(await this.hold(holding, name))) return busy
    try {
      // Who was refused meanwhile, or has stopped, does not lose the file after all.
      if (!isAwaited()) return busy
      const refusal = await this.store.delete(name)
      return refusal === null ? { ok: true, op: "delete" } : refused(refusal)
    } finally {
      this.free(holding)
    }
  }

  private async list(ca: number, isAwaited: () => boolean): Promise<Answer> {
    const entries = await this.directory(ca)
    if (entries === null) return busy
    this.handedOut = this.handedOut.then(() => (isAwaited() ? this.nextTurn() : undefined))
    await this.handedOut
    return { ok: true, op: "list", entries }
  }

  /** What the store lists for a station; null when its answers are outstanding again and again. */
  private async directory(ca: number): Promise<readonly FileEntry[] | null> {
    const { fileStepMs } = this.host.world.limits
    const found = this.directories.get(ca) ?? new Shared(() => this.entries(ca), fileStepMs)
    this.directories.set(ca, found)
    if (found.isStuckForGood) return null
    return found.ask().finally(() => {
      if (found.isIdle && this.directories.get(ca) === found) this.directories.delete(ca)
    })
  }

  /** The files of a station by address, then name. */
  private async entries(ca: number): Promise<readonly FileEntry[]> {
    const files = await this.store.list(ca)
    const entries: FileEntry[] = []
    for (const file of files) {
      entries.push(this.entry(ca, file))
      if (entries.length % ENTRIES === 0) await this.nextTurn()
    }
    return entries.sort((a, b) => a.ioa - b.ioa || a.nof - b.nof)
  }

  private nextTurn(): Promise<void> {
    return new Promise((resolve) => this.host.clock.afterInput(resolve))
  }

  private entry(ca: number, file: StoredFile): FileEntry {
    const ioa = whole("object address", file.ioa, 16_777_215)
    const nof = whole("name of file", file.nof, 65_535)
    const { zone } = Image.station(this.host.world.image, ca) ?? { zone: Image.utc() }
    const created = this.host.timeTag(zone, file.createdMs)
    return {
      ioa,
      nof,
      octets: whole("octets", file.octets, FILE_OCTETS_MAX),
      timeLow: created.low,
      timeHigh: created.high,
      status: whole("status", file.status ?? 0, 31),
      directory: file.directory ?? false,
      active: this.holders.has(keyOf({ ca, ioa, nof }))
    }
  }

  /** The instant of a time tag of a station. */
  private toUtc(ca: number, low: number, high: number): number {
    const { image, profile } = this.host.world
    const station = Image.station(image, ca) ?? Image.nobody(ca)
    return Image.instant(station, profile, low, high)
  }
}

/** Whether a session still waits for the answer to a request. */
const awaits = (session: Session, id: number): boolean => session.reason === null && File.awaits(session.state.work, id)

async function done(op: "write" | "commit", work: Promise<void>): Promise<Answer> {
  await work
  return { ok: true, op }
}

/** Whether a store answered with what can be called so. */
const has = <A extends object>(answer: A | Refusal, ...calls: readonly (keyof A & string)[]): answer is A =>
  typeof answer === "object" && answer !== null && calls.every((call) => typeof answer[call] === "function")

const refusals: ReadonlySet<unknown> = new Set(Object.keys(FileWire.faultOf))

/** What a store refuses with. Throws for what is no refusal either: its client would be refused without a reason, and nobody told. */
function refused(answer: unknown): Answer {
  if (refusals.has(answer)) return { ok: false, why: answer as Refusal }
  throw new TypeError(`the store answered ${given(answer)}: neither what it was asked for nor a refusal`)
}

/** A number that a store told, checked. */
function whole(what: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value
  throw new RangeError(`the store says ${what} ${given(value)}: a whole number from 0 to ${max} is required`)
}
