// The shell's part of file transfer: takes the requests of sessions to the file store and its answers back. It decides
// nothing: what a request leads to, and who has which file, is decided by a table of the core.

import * as File from "../../core/file/File.ts"
import * as FileCall from "../../core/file/FileCall.ts"
import * as FileCalls from "../../core/file/FileCalls.ts"
import type { FileEntry, FileRequested } from "../../core/file/FileMessage.ts"
import * as Image from "../../core/image/Image.ts"
import { CallbackFailed, CallbackTimedOut } from "../Errors.ts"
import type { Host } from "../Host.ts"
import type { Session } from "../Session.ts"
import { FILE_OCTETS_MAX, type FileStore, type StoredFile } from "./FileStore.ts"
import { type Calls, type Said, StoreCalls, whole } from "./StoreCalls.ts"

/** Entries of a directory that are made in one turn of the event loop. */
const ENTRIES = 500

/** The files of one server. */
export class FileDesk {
  private readonly host: Host
  private readonly store: FileStore
  private calls: Calls
  /** By number, whoever has asked for something and has not ended. */
  private readonly sessions: Map<number, Session> = new Map()
  /** Told of each file that is closed. */
  private readonly watchers: Set<(holding: number) => void> = new Set()

  constructor(host: Host, store: FileStore) {
    this.host = host
    this.store = store
    this.calls = new StoreCalls(store)
  }

  /** Has the store called in another way. */
  through(way: (calls: Calls) => Calls): void {
    this.calls = way(this.calls)
  }

  // ---- what happens ----

  /** Takes a request of a session's core. */
  act(session: Session, { id, request }: FileRequested): void {
    if (request.op === "close") return this.release(session)
    if (session.reason !== null) return
    const { session: number, address } = session.peer
    this.sessions.set(number, session)
    this.follow(FileCalls.request(this.host.station.files, number, address, id, request))
  }

  /** A session's transfer ended, or the session did: its file is closed when the store has answered what it was asked. */
  release(session: Session): void {
    const { session: number } = session.peer
    const hasEnded = session.reason !== null
    if (hasEnded) this.sessions.delete(number)
    this.follow(FileCalls.release(this.host.station.files, number, hasEnded))
  }

  /** A request was not answered in time. */
  timedOut(session: Session, id: number): void {
    this.follow(FileCalls.timedOut(this.host.station.files, session.peer.session, id))
  }

  /** Resolves when every file that was released by now is closed. */
  closed(): Promise<void> {
    const left = new Set(FileCall.closing(this.host.station.files))
    if (left.size === 0) return Promise.resolve()
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
    this.host.station.files = files
    for (const one of due) this.perform(one)
  }

  private perform(due: FileCall.Due): void {
    const { host } = this
    switch (due.kind) {
      case "goOn":
        return host.loop.soon(() => this.follow(FileCalls.goOn(this.host.station.files, due.call, this.around())))
      case "judge":
        return host.clock.afterInput(() => this.follow(FileCalls.judge(this.host.station.files, this.around())))
      case "handOut":
        return host.clock.afterInput(() => this.follow(FileCalls.handOut(this.host.station.files, this.around())))
      case "ask":
        return this.calls.ask(due.holding, due.ask, (said) => this.answered(due.call, said))
      case "close":
        // The store is called when what happens now is over, as for everything else that it is asked.
        return host.loop.soon(() => this.calls.close(due.holding, (said) => this.isClosed(due.holding, due.name, said)))
      case "list":
        return this.calls.list(due.ca, (said) => this.listed(due.ca, due.round, said))
      case "listAgain":
        // Not at once: a store that is asked for it all the time would never let anything else happen.
        return host.clock.afterInput(() =>
          this.follow(FileCalls.listAgain(this.host.station.files, due.ca, host.clock.monotonicMs()))
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

  private failed(callback: string, subject: string, cause: unknown): void {
    this.host.tell({ event: "error", error: new CallbackFailed({ callback, subject, cause }) })
  }

  // ---- what the store says ----

  private answered(call: number, said: Said): void {
    if (said.kind === "failed") return this.follow(FileCalls.failed(this.host.station.files, call, said.cause))
    if (said.kind !== "answered") return
    const { answer } = said
    if (typeof answer === "number")
      this.follow(FileCalls.prepared(this.host.station.files, call, answer, this.around()))
    else this.follow(FileCalls.answered(this.host.station.files, call, answer))
  }

  private isClosed(holding: number, name: string | null, said: Said): void {
    if (said.kind === "failed") this.failed("files.close", name ?? "", said.cause)
    this.follow(FileCalls.closed(this.host.station.files, holding))
    for (const isClosed of [...this.watchers]) isClosed(holding)
  }

  private listed(ca: number, round: number, said: Said): void {
    if (said.kind === "failed") return this.follow(FileCalls.unlisted(this.host.station.files, ca, round, said.cause))
    if (said.kind === "listed") this.enter(ca, round, this.making(ca, said.files), [])
  }

  private *making(ca: number, files: readonly StoredFile[]): Generator<FileEntry> {
    for (const file of files) yield this.entry(ca, file)
  }

  /** Makes the entries of a station, by address, then name: some in each turn of the event loop. */
  private enter(ca: number, round: number, making: Generator<FileEntry>, entries: FileEntry[]): void {
    try {
      for (let next = making.next(); next.done !== true; next = making.next())
        if (entries.push(next.value) % ENTRIES === 0)
          return this.host.clock.afterInput(() => this.enter(ca, round, making, entries))
    } catch (cause) {
      return this.follow(FileCalls.unlisted(this.host.station.files, ca, round, cause))
    }
    entries.sort((a, b) => a.ioa - b.ioa || a.nof - b.nof)
    this.follow(FileCalls.listed(this.host.station.files, ca, round, entries, this.around()))
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
      active: FileCall.isActive(this.host.station.files, { ca, ioa, nof })
    }
  }
}
