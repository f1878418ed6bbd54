// Files of a station in a transcript: a store in memory, the same one for the whole server (asynchronous) and for the
// pure core, for which it also keeps who has which file.

import type { FileAnswer, FileEntry, FileName, FileRequested } from "../../src/core/file/FileMessage.ts"
import * as Core from "../../src/core/index.ts"
import type { FileReader, FileStore, FileWriter, Name, Refusal, StoredFile } from "../../src/shell/files/FileStore.ts"

/** A file that is there when the run begins; its octets count up from 0. */
export interface GivenFile extends FileName {
  readonly octets: number
}

interface Kept extends FileName {
  readonly octets: Uint8Array
}

/** `1:30000 1 500`: station, object address, name of file, octets. */
export function parse(text: string): GivenFile {
  const [, ca, ioa, nof, octets] = /^(\d+):(\d+) (\d+) (\d+)$/.exec(text) ?? []
  if (octets === undefined) throw new Error(`${JSON.stringify(text)} does not read like 1:30000 1 500`)
  return { ca: Number(ca), ioa: Number(ioa), nof: Number(nof), octets: Number(octets) }
}

/** The prepared part of an archive has a name this much above that of the archive. */
const QUERY_NOF = 100

const keyOf = ({ ca, ioa, nof }: FileName): string => `${ca}:${ioa} ${nof}`

type WithoutId<A> = A extends unknown ? Omit<A, "id"> : never
type Answer = WithoutId<FileAnswer>

export class MemoryFiles implements FileStore {
  private readonly kept = new Map<string, Kept>()
  private readonly createdMs: number

  constructor(files: readonly GivenFile[], createdMs: number) {
    this.createdMs = createdMs
    for (const { octets, ...name } of files)
      this.put(
        name,
        Uint8Array.from({ length: octets }, (_, index) => index)
      )
  }

  put({ ca, ioa, nof }: FileName, octets: Uint8Array): void {
    this.kept.set(keyOf({ ca, ioa, nof }), { ca, ioa, nof, octets })
  }

  get(name: FileName): Uint8Array | undefined {
    return this.kept.get(keyOf(name))?.octets
  }

  remove(name: FileName): boolean {
    return this.kept.delete(keyOf(name))
  }

  stored(ca: number): readonly StoredFile[] {
    return [...this.kept.values()]
      .filter((file) => file.ca === ca)
      .sort((a, b) => a.ioa - b.ioa || a.nof - b.nof)
      .map(({ ioa, nof, octets }) => ({ ioa, nof, octets: octets.length, createdMs: this.createdMs }))
  }

  /** Half of an archive, as a file of its own: its name. */
  prepare(archive: FileName): number | undefined {
    const whole = this.get(archive)
    if (whole === undefined) return undefined
    const nof = archive.nof + QUERY_NOF
    this.put({ ...archive, nof }, whole.slice(0, whole.length >> 1))
    return nof
  }

  /** `1:30000 1` is told as octets and checksum, `700/4E`, or as `none`. */
  tell(text: string): string {
    const octets = this.kept.get(text)?.octets
    if (octets === undefined) return "none"
    const sum = octets.reduce((total, octet) => (total + octet) & 0xff, 0)
    return `${octets.length}/${sum.toString(16).toUpperCase().padStart(2, "0")}`
  }

  // ---- for the whole server ----

  async list(commonAddress: number): Promise<readonly StoredFile[]> {
    return this.stored(commonAddress)
  }

  async open(file: Name): Promise<FileReader | Refusal> {
    const octets = this.get(file)
    if (octets === undefined) return "unknown"
    return {
      octets: octets.length,
      read: async (offset, count) => octets.slice(offset, offset + count),
      close: async () => {}
    }
  }

  async create(file: Name, octets: number): Promise<FileWriter | Refusal> {
    const data = new Uint8Array(octets)
    return {
      write: async (offset, part) => data.set(part, offset),
      commit: async (length) => this.put(file, data.slice(0, length)),
      close: async () => {}
    }
  }

  async delete(file: Name): Promise<Refusal | null> {
    return this.remove(file) ? null : "unknown"
  }

  async query(archive: Name): Promise<number | Refusal> {
    return this.prepare(archive) ?? "unknown"
  }
}

/** The same files for sessions of the pure core: a file belongs to one session at a time. */
export class CoreFiles {
  private readonly store: MemoryFiles
  private readonly holders = new Map<string, number>()
  private readonly written = new Map<number, Uint8Array>()
  private readonly timeLow: number
  private readonly timeHigh: number

  constructor(store: MemoryFiles, createdMs: number) {
    this.store = store
    this.timeLow = Core.Time.cp56Low(createdMs)
    this.timeHigh = Core.Time.cp56High(createdMs)
  }

  /** The answer to a request; null for a close. */
  act(session: number, { id, request }: FileRequested): FileAnswer | null {
    if (request.op === "close") {
      this.release(session)
      return null
    }
    return { ...this.answer(session, request), id }
  }

  /** A session's transfer ended. */
  release(session: number): void {
    for (const [name, holder] of this.holders) if (holder === session) this.holders.delete(name)
    this.written.delete(session)
  }

  private hold(session: number, name: FileName): boolean {
    const holder = this.holders.get(keyOf(name))
    if (holder !== undefined && holder !== session) return false
    this.holders.set(keyOf(name), session)
    return true
  }

  private answer(session: number, request: Exclude<FileRequested["request"], { readonly op: "close" }>): Answer {
    const { store } = this
    switch (request.op) {
      case "list":
        return { ok: true, op: "list", entries: store.stored(request.ca).map((file) => this.entry(request.ca, file)) }
      case "open":
        return this.open(session, request.name)
      case "query": {
        const nof = store.prepare(request.name)
        if (nof === undefined) return { ok: false, why: "unknown" }
        const opened = this.open(session, { ...request.name, nof })
        return opened.ok && opened.op === "open" ? { ok: true, op: "query", nof, octets: opened.octets } : opened
      }
      case "read": {
        const { offset, octets } = request
        return { ok: true, op: "read", data: (store.get(request.name) as Uint8Array).slice(offset, offset + octets) }
      }
      case "create":
        if (!this.hold(session, request.name)) return { ok: false, why: "busy" }
        this.written.set(session, new Uint8Array(request.octets))
        return { ok: true, op: "create" }
      case "write":
        this.written.get(session)?.set(request.data, request.offset)
        return { ok: true, op: "write" }
      case "commit":
        store.put(request.name, (this.written.get(session) as Uint8Array).slice(0, request.octets))
        return { ok: true, op: "commit" }
      case "delete":
        if (this.holders.has(keyOf(request.name))) return { ok: false, why: "busy" }
        return store.remove(request.name) ? { ok: true, op: "delete" } : { ok: false, why: "unknown" }
    }
  }

  private open(session: number, name: FileName): Answer {
    if (!this.hold(session, name)) return { ok: false, why: "busy" }
    const octets = this.store.get(name)
    return octets === undefined ? { ok: false, why: "unknown" } : { ok: true, op: "open", octets: octets.length }
  }

  private entry(ca: number, { ioa, nof, octets }: StoredFile): FileEntry {
    const active = this.holders.has(keyOf({ ca, ioa, nof }))
    return { ioa, nof, octets, timeLow: this.timeLow, timeHigh: this.timeHigh, status: 0, directory: false, active }
  }
}
