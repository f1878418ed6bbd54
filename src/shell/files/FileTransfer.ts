// The shell's part of file transfer: takes the requests of sessions to the file store and its answers back. It decides
// nothing: what a request leads to, and who has which file, is decided by a table of the core.

import * as File from "../../core/file/File.ts"
import * as FileCall from "../../core/file/FileCall.ts"
import * as FileCalls from "../../core/file/FileCalls.ts"
import type { FileEntry, FileRequested } from "../../core/file/FileMessage.ts"
import * as FileWire from "../../core/file/FileWire.ts"
import * as Image from "../../core/image/Image.ts"
import { CallbackFailed, CallbackTimedOut } from "../Errors.ts"
import type { Host } from "../Host.ts"
import { given } from "../Reason.ts"
import type { Session } from "../Session.ts"
import {
  FILE_OCTETS_MAX,
  type FileReader,
  type FileStore,
  type FileWriter,
  type Refusal,
  type StoredFile
} from "./FileStore.ts"

type Answer = FileCall.Answer

/** Its `then` is a microtask: when all that goes on now is over. */
const SETTLED = Promise.resolve()

/** Entries of a directory that are made in one turn of the event loop. */
const ENTRIES = 500

/** A file that the store has opened: it is read or written. */
interface Opened {
  readonly reader: FileReader | null
  readonly writer: FileWriter | null
}

/** The files of one server. */
export class FileDesk {
  private readonly host: Host
  private readonly store: FileStore
  private files = FileCall.none
  /** By number, whoever has asked for something and has not ended. */
  private readonly sessions: Map<number, Session> = new Map()
  /** What the store has opened, by holding. */
  private readonly opened: Map<number, Opened> = new Map()
  /** Told of each file that is closed. */
  private readonly watchers: Set<(holding: number) => void> = new Set()

  constructor(host: Host, store: FileStore) {
    this.host = host
    this.store = store
  }

  // ---- what happens ----

  /** Takes a request of a session's core. */
  act(session: Session, { id, request }: FileRequested): void {
    if (request.op === "close") return this.release(session)
    if (session.reason !== null) return
    const { session: number, address } = session.peer
    this.sessions.set(number, session)
    this.follow(FileCalls.request(this.files, number, address, id, request, this.around()))
  }

  /** A session's transfer ended, or the session did: its file is closed when the store has answered what it was asked. */
  release(session: Session): void {
    const { session: number } = session.peer
    const hasEnded = session.reason !== null
    if (hasEnded) this.sessions.delete(number)
    this.follow(FileCalls.release(this.files, number, hasEnded))
  }

  /** A request was not answered in time. */
  timedOut(session: Session, id: number): void {
    this.follow(FileCalls.timedOut(this.files, session.peer.session, id))
  }

  /** Resolves when every file that was released by now is closed. */
  closed(): Promise<void> {
    const left = new Set(FileCall.closing(this.files))
    if (left.size === 0) return SETTLED
    return new Promise((resolve) => {
      const isClosed = (holding: number): void => {
        if (!left.delete(holding) || left.size > 0) return
        this.watchers.delete(isClosed)
        resolve()
      }
      this.watchers.add(isClosed)
    })
  }

  private around(): FileCall.Around {
    return {
      world: this.host.world,
      awaits: this.awaits,
      areMany: this.areMany,
      queries: this.store.query !== undefined,
      nowMs: this.host.clock.monotonicMs()
    }
  }

  private readonly awaits = (number: number, id: number): boolean => {
    const session = this.sessions.get(number)
    return session !== undefined && session.reason === null && File.awaits(session.state.work, id)
  }

  private readonly areMany = (callback: string, address: string): boolean => this.host.strays.areMany(callback, address)

  // ---- what follows ----

  private follow({ files, due }: FileCall.Step): void {
    this.files = files
    for (const one of due) this.perform(one)
  }

  private perform(due: FileCall.Due): void {
    const { host } = this
    switch (due.kind) {
      case "goOn":
        return void SETTLED.then(() => this.follow(FileCalls.goOn(this.files, due.call, this.around())))
      case "judge":
        return host.clock.afterInput(() => this.follow(FileCalls.judge(this.files, this.around())))
      case "handOut":
        return host.clock.afterInput(() => this.follow(FileCalls.handOut(this.files, this.around())))
      case "ask":
        return void this.ask(due)
      case "close":
        return void this.close(due.holding, due.name)
      case "list":
        return void this.list(due.ca, due.round)
      case "listAgain":
        // Not at once: a store that is asked for it all the time would never let anything else happen.
        return host.clock.afterInput(() =>
          this.follow(FileCalls.listAgain(this.files, due.ca, host.clock.monotonicMs()))
        )
      case "answer": {
        const session = this.sessions.get(due.session)
        if (session?.reason === null) session.filed(due.answer)
        return
      }
      case "abandoned":
        return void host.strays.add(due.callback, due.address)
      case "settled":
        return host.strays.settle(due.callback, due.address)
      case "timedOut": {
        const { callback, subject } = due
        const { fileStepMs: limitMs } = host.world.limits
        return host.tell({ event: "error", error: new CallbackTimedOut({ callback, subject, limitMs }) })
      }
      case "failed":
        return this.failed(due.callback, due.subject, due.cause)
    }
  }

  private nextTurn(): Promise<void> {
    return new Promise((resolve) => this.host.clock.afterInput(resolve))
  }

  private failed(callback: string, subject: string, cause: unknown): void {
    this.host.tell({ event: "error", error: new CallbackFailed({ callback, subject, cause }) })
  }

  // ---- calls of the store ----

  /** Asks the store for a file, or for what to do with one. */
  private async ask({ call, holding, ask }: Extract<FileCall.Due, { readonly kind: "ask" }>): Promise<void> {
    let answer: Answer | number
    try {
      answer = await this.call(holding, ask)
    } catch (cause) {
      return this.follow(FileCalls.failed(this.files, call, cause))
    }
    if (typeof answer === "number") this.follow(FileCalls.prepared(this.files, call, answer, this.around()))
    else this.follow(FileCalls.answered(this.files, call, answer))
  }

  /** What the store answers; of a query the name of the file that it has prepared. */
  private async call(holding: number, ask: FileCall.Ask): Promise<Answer | number> {
    const { store } = this
    switch (ask.op) {
      case "open": {
        const reader = await store.open(ask.name)
        if (!has(reader, "read", "close")) return refused(reader)
        this.opened.set(holding, { reader, writer: null })
        return { ok: true, op: "open", octets: whole("octets", reader.octets, FILE_OCTETS_MAX) }
      }
      case "create": {
        const writer = await store.create(ask.name, ask.octets)
        if (!has(writer, "write", "commit", "close")) return refused(writer)
        this.opened.set(holding, { reader: null, writer })
        return { ok: true, op: "create" }
      }
      case "query": {
        const nof = await store.query?.(ask.name, ask.fromMs, ask.toMs)
        return typeof nof === "number" ? whole("name of file", nof, 65_535) : refused(nof)
      }
      case "delete": {
        const refusal = await store.delete(ask.name)
        return refusal === null ? { ok: true, op: "delete" } : refused(refusal)
      }
      case "read": {
        const data = await there(this.opened.get(holding)?.reader).read(ask.offset, ask.octets)
        if (!(data instanceof Uint8Array) || data.length < 1 || data.length > ask.octets)
          throw new RangeError(`it read ${data.length} octets, not 1 to ${ask.octets}`)
        return { ok: true, op: "read", data }
      }
      case "write":
        return done("write", there(this.opened.get(holding)?.writer).write(ask.offset, ask.data))
      case "commit":
        return done("commit", there(this.opened.get(holding)?.writer).commit(ask.octets))
    }
  }

  /** Closes what the store has opened, if it has. */
  private async close(holding: number, name: string | null): Promise<void> {
    const opened = this.opened.get(holding)
    this.opened.delete(holding)
    try {
      await (opened?.reader ?? opened?.writer)?.close()
    } catch (cause) {
      this.failed("files.close", name ?? "", cause)
    }
    this.follow(FileCalls.closed(this.files, holding))
    for (const isClosed of [...this.watchers]) isClosed(holding)
  }

  private async list(ca: number, round: number): Promise<void> {
    let entries: readonly FileEntry[]
    try {
      entries = await this.entries(ca)
    } catch (cause) {
      return this.follow(FileCalls.unlisted(this.files, ca, round, cause))
    }
    this.follow(FileCalls.listed(this.files, ca, round, entries, this.around()))
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
      active: FileCall.isActive(this.files, { ca, ioa, nof })
    }
  }
}

function there<A>(handle: A | null | undefined): A {
  if (handle === null || handle === undefined) throw new Error("the file is not open")
  return handle
}

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
