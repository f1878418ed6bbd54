// A connection in memory: what one end writes comes to the other in the next turn of the loop that they are made for, and
// nothing happens by itself. Either end may be slow (`pause`), the way between them may hold back what is on it (`hold`) and
// takes no more than its capacity, and each end may end or break it.
import { EventEmitter } from "node:events"
import type { Line } from "../Line.ts"

/** The loop that lines live in: how they call back as input is read, and as what was written has left. */
export interface Loop {
  readonly input: (callback: () => void) => void
  readonly afterInput: (callback: () => void) => void
}

/** One end of a line, as the other one knows it. */
export interface Place {
  readonly address: string
  readonly port: number
}

interface Write {
  readonly octets: Buffer
  /** How many of them have left. */
  gone: number
  readonly taken: (() => void) | undefined
}

/** What a chunk is overwritten with when it was told: whoever has kept a part of it shall notice. */
const OVERWRITTEN = 0xa5

/** Octets that are on the way or wait to be read, unless something else is said; as much as a kernel takes, some 200 KiB. */
const CAPACITY = 212_992

export class MemoryLine implements Line {
  readonly remoteAddress: string
  readonly remotePort: number
  writableLength = 0
  readableLength = 0
  bytesRead = 0
  bytesWritten = 0
  destroyed = false
  closed = false

  private readonly loop: Loop
  private readonly capacity: number
  private other!: MemoryLine
  private readonly events = new EventEmitter()
  private writes: Write[] = []
  /** Octets that have come, in the pieces in which they were written or put back. */
  private arrived: Buffer[] = []
  private flowing = false
  private held = false
  /** It is going to read in the next turn. */
  private reading = false
  /** Nothing more is written here, and whether the other end knows. */
  private ending = false
  private hasEnded = false
  /** The other end has ended, and whether that was told here. */
  private farEnded = false
  private farEndTold = false

  private constructor(loop: Loop, capacity: number, other: Place) {
    this.loop = loop
    this.capacity = capacity
    this.remoteAddress = other.address
    this.remotePort = other.port
  }

  /** Both ends of a new line; what a place writes waits where `capacity` octets are on their way or unread. */
  static pair(loop: Loop, one: Place, two: Place, capacity: number = CAPACITY): readonly [MemoryLine, MemoryLine] {
    const ends = [new MemoryLine(loop, capacity, two), new MemoryLine(loop, capacity, one)] as const
    ends[0].other = ends[1]
    ends[1].other = ends[0]
    return ends
  }

  // ---- out ----

  write(octets: Uint8Array, taken?: () => void): boolean {
    if (this.destroyed || this.ending) {
      if (taken !== undefined) this.loop.afterInput(taken)
      return false
    }
    this.writes.push({ octets: Buffer.from(octets), gone: 0, taken })
    this.writableLength += octets.length
    this.bytesWritten += octets.length
    this.leave()
    return this.writableLength === 0
  }

  end(): void {
    this.ending = true
    this.leave()
  }

  /** Cuts it: the other end sees it end behind what has left, or break where something was not read here. */
  destroy(): void {
    if (this.destroyed) return
    const { other, readableLength } = this
    this.close()
    if (readableLength > 0) other.breaks()
    else other.farEnds()
  }

  /** Breaks it: the other end gets nothing more. */
  reset(): void {
    if (this.destroyed) return
    this.close()
    this.other.breaks()
  }

  /** Lets leave what the way takes. */
  private leave(): void {
    const { other, writes } = this
    while (writes.length > 0) {
      const [write] = writes as [Write]
      const { octets, gone, taken } = write
      const most = other.destroyed ? octets.length : Math.max(0, this.capacity - other.readableLength)
      const now = octets.subarray(gone, gone + most)
      write.gone += now.length
      if (now.length > 0) other.comes(now)
      if (write.gone < octets.length) return
      writes.shift()
      this.writableLength -= octets.length
      if (taken !== undefined) this.loop.afterInput(taken)
    }
    if (!this.ending || this.hasEnded || this.destroyed) return
    this.hasEnded = true
    other.farEnds()
    if (this.farEndTold) this.close()
  }

  // ---- in ----

  resume(): void {
    this.flowing = true
    this.readSoon()
  }

  pause(): void {
    this.flowing = false
  }

  /** What is on its way here, and whatever follows it, waits as long as this is so. */
  hold(held: boolean): void {
    this.held = held
    this.readSoon()
  }

  read(octets: number = this.readableLength): Buffer | null {
    if (octets === 0 || this.readableLength === 0) return null
    const all = Buffer.concat(this.arrived)
    const taken = all.subarray(0, octets)
    this.arrived = octets < all.length ? [all.subarray(octets)] : []
    this.tell(taken)
    return taken
  }

  unshift(octets: Uint8Array): void {
    this.arrived.unshift(Buffer.from(octets))
    this.readableLength += octets.length
    this.bytesRead -= octets.length
    this.readSoon()
  }

  private comes(octets: Buffer): void {
    if (this.destroyed) return this.other.breaks()
    this.arrived.push(octets)
    this.readableLength += octets.length
    this.readSoon()
  }

  private farEnds(): void {
    this.farEnded = true
    this.readSoon()
  }

  private breaks(): void {
    this.loop.input(() => {
      if (this.destroyed) return
      this.close()
      this.events.emit("broken")
    })
  }

  private readSoon(): void {
    if (this.reading || !this.canRead) return
    this.reading = true
    this.loop.input(() => {
      this.reading = false
      this.readOn()
    })
  }

  private get canRead(): boolean {
    const isThere = this.arrived.length > 0 || (this.farEnded && !this.farEndTold)
    return isThere && this.flowing && !this.held && !this.destroyed
  }

  private readOn(): void {
    while (this.canRead) {
      const chunk = this.arrived.shift()
      if (chunk === undefined) return this.tellEnd()
      this.tell(chunk)
      chunk.fill(OVERWRITTEN)
    }
  }

  private tell(chunk: Buffer): void {
    this.readableLength -= chunk.length
    this.bytesRead += chunk.length
    this.events.emit("data", chunk)
    this.other.leave()
  }

  private tellEnd(): void {
    this.farEndTold = true
    this.events.emit("end")
    // As with a socket that is not half open: whose other end has ended ends too.
    if (!this.destroyed) this.end()
    if (this.hasEnded) this.close()
  }

  // ---- what is told ----

  on(event: "data" | "end" | "error" | "close", listener: (octets: Buffer) => void): void {
    this.events.on(event === "error" ? "broken" : event, listener)
    if (event === "data") this.resume()
  }

  once(event: "close", listener: () => void): void {
    this.events.once(event, listener)
  }

  off(event: "error" | "close", listener: () => void): void {
    this.events.off(event === "error" ? "broken" : event, listener)
  }

  private close(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.arrived = []
    this.readableLength = 0
    for (const { taken } of this.writes) if (taken !== undefined) this.loop.afterInput(taken)
    this.writes = []
    this.writableLength = 0
    this.loop.input(() => {
      this.closed = true
      this.events.emit("close")
    })
  }
}
