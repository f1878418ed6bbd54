// Writes a tape: numbers into chunks, chunks through a stream. A disk that is too slow, or full, ends the tape and not the
// server, and that is told.
import * as fs from "node:fs"
import { crc32 } from "node:zlib"
import * as Format from "./Format.ts"
import { TapeUnwritable } from "./TapeErrors.ts"

/** Octets that may wait for the disk. */
const WAITING_MAX = 67_108_864
/** As long may what was recorded stay in this process, and is lost where that is killed. */
const FLUSH_MS = 250
/** Longer than any record but for the octets that it holds. */
const RECORD_OCTETS = 128

/** A number that may be below 0 as one that is not, small where it is near 0. */
const unsigned = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value)

export class TapeWriter {
  /** Why nothing more is recorded; null while it is. */
  failure: string | null = null
  records = 0
  /** Told once why nothing more is recorded. */
  onFailure: (why: string) => void = () => {}

  private readonly file: string
  private readonly stream: fs.WriteStream
  private readonly waitingMax: number
  private slab: Buffer = Buffer.allocUnsafeSlow(2 * Format.CHUNK_OCTETS)
  private at: number = Format.CHUNK_HEAD
  private readonly timer: NodeJS.Timeout

  /** Makes the file, which must not be there yet. Throws {@link TapeUnwritable}. */
  constructor(file: string, head: Format.Head, waitingMax: number = WAITING_MAX) {
    this.file = file
    this.waitingMax = waitingMax
    let fd: number
    try {
      fd = fs.openSync(file, "wx")
    } catch (cause) {
      throw new TapeUnwritable({ file, cause })
    }
    this.stream = fs.createWriteStream(file, { fd })
    this.stream.on("error", (cause) => this.fail(new TapeUnwritable({ file, cause }).message))
    this.stream.write(Format.MARK)
    this.chunk(Format.Chunk.Head, head)
    this.timer = setInterval(() => this.flush(), FLUSH_MS).unref()
    this.begin()
  }

  private begin(): void {
    this.at = Format.CHUNK_HEAD
    this.octet(Format.Chunk.Records)
  }

  private fail(why: string): void {
    if (this.failure !== null) return
    this.failure = why
    clearInterval(this.timer)
    this.slab = Buffer.allocUnsafeSlow(0)
    this.onFailure(why)
  }

  // ---- numbers ----

  /** A record begins; false where nothing is recorded any more: it is not written then. */
  record(kind: number): boolean {
    if (this.failure !== null) return false
    if (this.at >= Format.CHUNK_OCTETS) this.flush()
    if (this.failure !== null) return false
    this.space(RECORD_OCTETS)
    this.records++
    this.octet(kind)
    return true
  }

  private space(octets: number): void {
    const { slab, at } = this
    if (at + octets <= slab.length) return
    this.slab = Buffer.allocUnsafeSlow(2 * (at + octets))
    slab.copy(this.slab, 0, 0, at)
  }

  octet(value: number): void {
    this.slab[this.at++] = value
  }

  /** A whole number from 0: seven bits an octet, the lowest first. */
  number(value: number): void {
    let rest = value
    while (rest >= 0x8000_0000) {
      this.octet((rest % 128) | 0x80)
      rest = Math.floor(rest / 128)
    }
    while (rest >= 0x80) {
      this.octet((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.octet(rest)
  }

  /** A whole number. */
  signed(value: number): void {
    this.number(unsigned(value))
  }

  /** Any number: one that is whole and small in few octets, others in nine. */
  float(value: number): void {
    if (Number.isInteger(value) && Math.abs(value) < 0x1000_0000_0000 && !Object.is(value, -0)) {
      this.octet(0)
      this.signed(value)
      return
    }
    this.octet(1)
    this.slab.writeDoubleLE(value, this.at)
    this.at += 8
  }

  word(value: number): void {
    this.at = this.slab.writeUInt32LE(value >>> 0, this.at)
  }

  octets(octets: Uint8Array): void {
    this.number(octets.length)
    this.space(octets.length + RECORD_OCTETS)
    this.slab.set(octets, this.at)
    this.at += octets.length
  }

  text(text: string): void {
    this.octets(Buffer.from(text))
  }

  // ---- chunks ----

  private flush(): void {
    const { slab, at, stream } = this
    if (this.failure !== null || at <= Format.CHUNK_HEAD + 1) return
    if (stream.writableLength > this.waitingMax) {
      const waiting = Math.round(stream.writableLength / 1_048_576)
      return this.fail(`${this.file}: the tape ends here: the disk is too slow, ${waiting} MiB wait for it`)
    }
    this.put(Buffer.from(slab.subarray(0, at)))
    this.begin()
  }

  private chunk(what: number, content: unknown): void {
    this.put(Buffer.concat([Buffer.alloc(Format.CHUNK_HEAD), Buffer.of(what), Buffer.from(JSON.stringify(content))]))
  }

  private put(chunk: Buffer): void {
    chunk.writeUInt32LE(chunk.length - Format.CHUNK_HEAD, 0)
    chunk.writeUInt32LE(crc32(chunk.subarray(Format.CHUNK_HEAD)), 4)
    this.stream.write(chunk)
  }

  /** Ends the tape; resolves when it is written, or nothing more of it will be. */
  end(foot: Format.Foot): Promise<void> {
    const { stream } = this
    if (this.failure === null) {
      this.flush()
      this.chunk(Format.Chunk.End, foot)
    }
    clearInterval(this.timer)
    return new Promise((resolve) => {
      if (stream.closed) return resolve()
      stream.once("close", resolve)
      stream.end()
    })
  }
}
