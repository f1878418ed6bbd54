// The file store that keeps files in a folder: flat, under names made of numbers only, so that nothing that comes over
// the wire can point outside. What is received becomes visible whole or not at all.
import type { Stats } from "node:fs"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as Check from "../Check.ts"
import { InvalidArgument } from "../Errors.ts"
import type { Refusal, StoredFile } from "./FileStore.ts"
import { FILE_OCTETS_MAX, type FileReader, type FileStore, type FileWriter, type Name } from "./FileStore.ts"
import { FolderNames, nameOf } from "./FolderNames.ts"
import { type Amount, FolderUse } from "./FolderUse.ts"

export interface FolderOptions {
  /** Whether clients may send and delete files, default "readWrite". */
  readonly access?: "read" | "readWrite"
  /** Octets of one received file, 0..16777215, default 16777215. */
  readonly fileOctetsMax?: number
  /**
   * Octets of all files together after a file was received, default 1 GiB. What others put there or take away counts within a
   * second, or within ten times as long as it takes to look through the folder.
   */
  readonly octetsMax?: number
  /** Number of files after a file was received, in the same way; default 10,000. */
  readonly filesMax?: number
}

const NAMES = Check.namesOf<FolderOptions>({ access: true, fileOctetsMax: true, octetsMax: true, filesMax: true })

const UNFINISHED = ".receiving-"

/** Files of this process that are being received, in any folder: what is left of others is removed. */
const unfinished = new Set<string>()
let received = 0

const NOTHING: Amount = { octets: 0, files: 0 }

const isCode = (cause: unknown, ...codes: readonly string[]): boolean =>
  codes.includes((cause as NodeJS.ErrnoException).code ?? "")

/**
 * Keeps files in a folder that belongs to this process alone, as `<common address>-<object address>-<name of file>`,
 * for example `1-30000-7`. Put a file there to offer it; everything else in the folder is left alone. Files of more
 * than 16,777,215 octets cannot be transferred and are not shown. The folder is made when it is first needed.
 */
export class FolderStore implements FileStore {
  readonly folder: string
  private readonly options: Required<FolderOptions>
  private ready: Promise<void> | null = null
  private readonly names: FolderNames
  private readonly use: FolderUse
  /** Directories are read one after the other, so that they leave room for those who transfer files. */
  private listed: Promise<unknown> = Promise.resolve()
  /** Octets and files that were announced and are not there yet. */
  private promisedOctets = 0
  private promisedFiles = 0

  /** Throws {@link InvalidArgument} for options that cannot be used. */
  constructor(folder: string, options: FolderOptions = {}) {
    Check.options("options", options, NAMES)
    const { access = "readWrite" } = options
    if (typeof folder !== "string" || folder === "")
      throw new InvalidArgument({ what: "folder", expected: "a path", value: folder })
    if (access !== "read" && access !== "readWrite")
      throw new InvalidArgument({ what: "access", expected: '"read" or "readWrite"', value: access })
    const limit = (name: "fileOctetsMax" | "octetsMax" | "filesMax", standard: number, max: number): number => {
      const value = options[name] ?? standard
      if (Number.isInteger(value) && value >= 0 && value <= max) return value
      throw new InvalidArgument({ what: name, expected: `a whole number from 0 to ${max}`, value })
    }
    this.folder = Path.resolve(folder)
    this.options = {
      access,
      fileOctetsMax: limit("fileOctetsMax", FILE_OCTETS_MAX, FILE_OCTETS_MAX),
      octetsMax: limit("octetsMax", 2 ** 30, Number.MAX_SAFE_INTEGER),
      filesMax: limit("filesMax", 10_000, 1_000_000)
    }
    this.names = new FolderNames(this.folder)
    this.use = new FolderUse(() => this.amount())
  }

  /** Makes the folder, and removes what transfers of an earlier process left behind. */
  private prepared(): Promise<void> {
    const prepare = async (): Promise<void> => {
      await Fs.mkdir(this.folder, { recursive: true })
      for (const name of await Fs.readdir(this.folder)) {
        const path = Path.join(this.folder, name)
        if (name.startsWith(UNFINISHED) && !unfinished.has(path)) await Fs.rm(path, { force: true })
      }
    }
    // A folder that could not be made is tried again with the next call.
    this.ready ??= prepare().catch((cause) => {
      this.ready = null
      throw cause
    })
    return this.ready
  }

  private pathOf(file: Name): string {
    const name = nameOf(file)
    if (name !== null) return Path.join(this.folder, name)
    const { ca, ioa, nof } = file
    const expected = "addresses and a name that are whole numbers"
    throw new InvalidArgument({ what: "file", expected, value: `${ca}-${ioa}-${nof}` })
  }

  /** What all files in the folder are together. */
  private async amount(): Promise<Amount> {
    await this.prepared()
    const sum = { octets: 0, files: 0 }
    for (const names of (await this.names.stations()).values())
      for (const name of names) {
        const { octets, files } = await amountOf(this.pathOf(name))
        sum.octets += octets
        sum.files += files
      }
    return sum
  }

  async list(commonAddress: number): Promise<readonly StoredFile[]> {
    const list = (): Promise<readonly StoredFile[]> => this.filesOf(commonAddress)
    const listing = this.listed.then(list, list)
    this.listed = listing
    return listing
  }

  private async filesOf(commonAddress: number): Promise<readonly StoredFile[]> {
    await this.prepared()
    const found: StoredFile[] = []
    for (const name of (await this.names.stations()).get(commonAddress) ?? []) {
      const stat = await statOf(this.pathOf(name))
      const { ioa, nof } = name
      if (stat !== null) found.push({ ioa, nof, octets: stat.size, createdMs: stat.mtimeMs })
    }
    return found
  }

  async open(file: Name): Promise<FileReader | Refusal> {
    await this.prepared()
    const path = this.pathOf(file)
    try {
      // A link could point outside.
      if (!(await Fs.lstat(path)).isFile()) return "notAllowed"
      const handle = await Fs.open(path, Fs.constants.O_RDONLY | (Fs.constants.O_NOFOLLOW ?? 0))
      const { size } = await handle.stat().catch(async (cause) => {
        await handle.close()
        throw cause
      })
      if (size <= FILE_OCTETS_MAX) return new Reader(handle, size)
      await handle.close()
      return "notAllowed"
    } catch (cause) {
      if (isCode(cause, "ENOENT")) return "unknown"
      if (isCode(cause, "EACCES", "EPERM", "ELOOP")) return "notAllowed"
      throw cause
    }
  }

  async create(file: Name, octets: number): Promise<FileWriter | Refusal> {
    const { access, fileOctetsMax, octetsMax, filesMax } = this.options
    if (access === "read") return "notAllowed"
    if (octets > fileOctetsMax) return "noSpace"
    // What is promised here counts from now on, also for those who ask while the folder is read.
    this.promisedOctets += octets
    this.promisedFiles++
    const release = (): void => {
      this.promisedOctets -= octets
      this.promisedFiles--
    }
    try {
      await this.prepared()
      const target = this.pathOf(file)
      const older = await amountOf(target)
      const used = await this.use.amount()
      const fits =
        used.octets - older.octets + this.promisedOctets <= octetsMax &&
        used.files - older.files + this.promisedFiles <= filesMax
      if (fits) {
        const path = Path.join(this.folder, `${UNFINISHED}${process.pid}-${++received}`)
        unfinished.add(path)
        const handle = await Fs.open(path, "wx").catch((cause) => {
          unfinished.delete(path)
          throw cause
        })
        return new Writer(handle, path, target, this.use, release)
      }
    } catch (cause) {
      release()
      throw cause
    }
    release()
    return "noSpace"
  }

  async delete(file: Name): Promise<Refusal | null> {
    if (this.options.access === "read") return "notAllowed"
    await this.prepared()
    const path = this.pathOf(file)
    try {
      const stat = await Fs.lstat(path)
      if (!stat.isFile()) return "notAllowed"
      await Fs.unlink(path)
      this.use.replaced(counted(stat), NOTHING)
      return null
    } catch (cause) {
      if (isCode(cause, "ENOENT")) return "unknown"
      if (isCode(cause, "EACCES", "EPERM")) return "notAllowed"
      throw cause
    }
  }
}

/** What a file counts for; what is not shown counts for nothing. */
const counted = (stat: Stats | null): Amount =>
  stat !== null && isShown(stat) ? { octets: stat.size, files: 1 } : NOTHING

const isShown = (stat: Stats): boolean => stat.isFile() && stat.size <= FILE_OCTETS_MAX

/** The file under a name; null where there is none that is shown. */
const statOf = (path: string): Promise<Stats | null> =>
  Fs.lstat(path).then(
    (stat) => (isShown(stat) ? stat : null),
    (cause) => {
      if (isCode(cause, "ENOENT")) return null
      throw cause
    }
  )

/** What there is under a name. */
const amountOf = async (path: string): Promise<Amount> => counted(await statOf(path))

class Reader implements FileReader {
  readonly octets: number
  private readonly handle: Fs.FileHandle

  constructor(handle: Fs.FileHandle, octets: number) {
    this.handle = handle
    this.octets = octets
  }

  async read(offset: number, octets: number): Promise<Uint8Array> {
    const { buffer, bytesRead } = await this.handle.read(new Uint8Array(octets), 0, octets, offset)
    return buffer.subarray(0, bytesRead)
  }

  close(): Promise<void> {
    return this.handle.close()
  }
}

class Writer implements FileWriter {
  private readonly handle: Fs.FileHandle
  private readonly path: string
  private readonly target: string
  private readonly use: FolderUse
  private readonly release: () => void

  constructor(handle: Fs.FileHandle, path: string, target: string, use: FolderUse, release: () => void) {
    this.handle = handle
    this.path = path
    this.target = target
    this.use = use
    this.release = release
  }

  async write(offset: number, data: Uint8Array): Promise<void> {
    let at = 0
    while (at < data.length) at += (await this.handle.write(data, at, data.length - at, offset + at)).bytesWritten
  }

  /** On the disk first, then under its name: whoever sees the name sees the whole file, also after a power cut. */
  async commit(octets: number): Promise<void> {
    await this.handle.truncate(octets)
    await this.handle.sync()
    const older = await amountOf(this.target)
    await Fs.rename(this.path, this.target)
    this.use.replaced(older, { octets, files: 1 })
    if (process.platform === "win32") return
    const folder = await Fs.open(Path.dirname(this.target), "r")
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  async close(): Promise<void> {
    try {
      await this.handle.close()
    } finally {
      // After a commit there is nothing left under this name.
      await Fs.rm(this.path, { force: true }).finally(() => {
        unfinished.delete(this.path)
        this.release()
      })
    }
  }
}
