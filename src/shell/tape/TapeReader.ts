// Reads a tape, a chunk at a time, each checked before anything of it is believed.
import * as fs from "node:fs"
import { crc32 } from "node:zlib"
import * as Format from "./Format.ts"
import { NotATape, TapeDamaged, TapeUnreadable } from "./TapeErrors.ts"

const NOTHING = Buffer.alloc(0)

export class TapeReader {
  readonly head: Format.Head
  /** What stands at its end; null before that is reached, and where a crash has cut it. */
  foot: Format.Foot | null = null
  /** Octets behind the last whole chunk of a tape that was cut. */
  cut = 0
  /** The number of the record that was begun last. */
  records = 0

  private readonly file: string
  private readonly fd: number
  private readonly length: number
  private place = 0
  private chunkAt = 0
  private chunk: Buffer = NOTHING
  private at = 0

  /** Throws {@link TapeUnreadable}, {@link NotATape} and {@link TapeDamaged}. */
  constructor(file: string) {
    this.file = file
    try {
      this.fd = fs.openSync(file, "r")
      this.length = fs.fstatSync(this.fd).size
    } catch (cause) {
      throw new TapeUnreadable({ file, cause })
    }
    this.head = this.readHead()
  }

  private readHead(): Format.Head {
    const { file } = this
    const { length } = Format.MARK
    const mark = this.take(length)
    if (mark === null || !mark.subarray(0, length - 1).equals(Format.MARK.subarray(0, length - 1)))
      throw new NotATape({ file, problem: "this is no tape" })
    if (mark[length - 1] !== Format.MARK[length - 1])
      throw new NotATape({
        file,
        problem: `this is a tape of version ${mark[length - 1]}, and version ${Format.MARK[length - 1]} is known here`
      })
    if (!this.nextChunk())
      throw new NotATape({ file, problem: "this is a tape that was cut before anything was recorded" })
    if (this.octet() !== Format.Chunk.Head) this.damaged("it has no head")
    const head = this.content() as Format.Head
    if (typeof head.text !== "string" || typeof head.file !== "string") this.damaged("its head has no configuration")
    return head
  }

  close(): void {
    fs.closeSync(this.fd)
  }

  /** What is damaged is told with its place. */
  damaged(problem: string): never {
    throw new TapeDamaged({ file: this.file, at: this.chunkAt, records: this.records, problem })
  }

  private take(octets: number): Buffer | null {
    if (this.place + octets > this.length) return null
    const taken = Buffer.allocUnsafe(octets)
    try {
      for (let at = 0; at < octets; ) {
        const read = fs.readSync(this.fd, taken, at, octets - at, this.place + at)
        if (read === 0) return null
        at += read
      }
    } catch (cause) {
      throw new TapeUnreadable({ file: this.file, cause })
    }
    this.place += octets
    return taken
  }

  /** Goes to the next chunk; false where there is none that is whole. */
  private nextChunk(): boolean {
    this.chunkAt = this.place
    const head = this.take(Format.CHUNK_HEAD)
    if (head === null) return this.isCut()
    const octets = head.readUInt32LE(0)
    if (octets === 0 || octets > Format.CHUNK_MAX) this.damaged(`a chunk of ${octets} octets`)
    const chunk = this.take(octets)
    if (chunk === null) return this.isCut()
    if (crc32(chunk) !== head.readUInt32LE(4)) this.damaged("the check sum of a chunk is wrong")
    this.chunk = chunk
    this.at = 0
    return true
  }

  private isCut(): false {
    this.cut = this.length - this.chunkAt
    return false
  }

  private content(): unknown {
    const text = this.chunk.subarray(this.at).toString()
    this.at = this.chunk.length
    try {
      return JSON.parse(text)
    } catch {
      return this.damaged("a text is no JSON")
    }
  }

  /** The kind of the next record, 0 where there is none. */
  record(): number {
    while (this.at === this.chunk.length) {
      if (this.foot !== null || !this.nextChunk()) return 0
      const what = this.octet()
      if (what === Format.Chunk.End) this.foot = this.content() as Format.Foot
      else if (what !== Format.Chunk.Records) this.damaged(`a chunk of a kind that is unknown: ${what}`)
    }
    this.records++
    return this.octet()
  }

  octet(): number {
    const { chunk, at } = this
    if (at >= chunk.length) this.damaged("a record is not whole")
    this.at = at + 1
    return chunk[at] as number
  }

  number(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 57; factor *= 128) {
      const octet = this.octet()
      value += (octet & 0x7f) * factor
      if (octet < 0x80) return value
    }
    return this.damaged("a number does not end")
  }

  signed(): number {
    const value = this.number()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  float(): number {
    if (this.octet() === 0) return this.signed()
    const { chunk, at } = this
    if (at + 8 > chunk.length) this.damaged("a record is not whole")
    this.at = at + 8
    return chunk.readDoubleLE(at)
  }

  word(): number {
    const { chunk, at } = this
    if (at + 4 > chunk.length) this.damaged("a record is not whole")
    this.at = at + 4
    return chunk.readUInt32LE(at)
  }

  octets(): Buffer {
    const length = this.number()
    const { chunk, at } = this
    if (at + length > chunk.length) this.damaged("a record is not whole")
    this.at = at + length
    return chunk.subarray(at, at + length)
  }

  text(): string {
    return this.octets().toString()
  }
}
