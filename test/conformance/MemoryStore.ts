// Files of a station in a transcript: a store in memory.

import type { FileName } from "../../src/core/file/FileMessage.ts"
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

export class MemoryStore implements FileStore {
  private readonly kept = new Map<string, Kept>()
  private readonly createdMs: number

  constructor(files: readonly GivenFile[], createdMs: number) {
    this.createdMs = createdMs
    for (const { octets, ...name } of files)
      this.put({ ...name, octets: Uint8Array.from({ length: octets }, (_, index) => index) })
  }

  /** `1:30000 1` is told as octets and checksum, `700/4E`, or as `none`. */
  tell(text: string): string {
    const octets = this.kept.get(text)?.octets
    if (octets === undefined) return "none"
    const sum = octets.reduce((total, octet) => (total + octet) & 0xff, 0)
    return `${octets.length}/${sum.toString(16).toUpperCase().padStart(2, "0")}`
  }

  async list(commonAddress: number): Promise<readonly StoredFile[]> {
    return [...this.kept.values()]
      .filter((file) => file.ca === commonAddress)
      .sort((a, b) => a.ioa - b.ioa || a.nof - b.nof)
      .map(({ ioa, nof, octets }) => ({ ioa, nof, octets: octets.length, createdMs: this.createdMs }))
  }

  async open(file: Name): Promise<FileReader | Refusal> {
    const octets = this.kept.get(keyOf(file))?.octets
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
      commit: async (length) => this.put({ ...file, octets: data.slice(0, length) }),
      close: async () => {}
    }
  }

  async delete(file: Name): Promise<Refusal | null> {
    return this.kept.delete(keyOf(file)) ? null : "unknown"
  }

  /** Prepares half of an archive, as a file of its own. */
  async query(archive: Name): Promise<number | Refusal> {
    const whole = this.kept.get(keyOf(archive))?.octets
    if (whole === undefined) return "unknown"
    const nof = archive.nof + QUERY_NOF
    this.put({ ...archive, nof, octets: whole.slice(0, whole.length >> 1) })
    return nof
  }

  private put({ ca, ioa, nof, octets }: Kept): void {
    this.kept.set(keyOf({ ca, ioa, nof }), { ca, ioa, nof, octets })
  }
}
