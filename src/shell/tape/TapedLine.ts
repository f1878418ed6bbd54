// A connection of a server that is recorded or played. What was put back is not recorded again when it comes once more.
import { EventEmitter } from "node:events"
import type { Line } from "../Line.ts"
import * as ReadAhead from "../ReadAhead.ts"
import { Kind } from "./Format.ts"
import type { Tape } from "./Tape.ts"

type Call = () => void

/** The world's own line, and how what comes on it is told: `come` and `bring` call those of {@link TapedLine}. */
export interface Wire {
  readonly line: Line
  /** Octets have come, of which so many had been put back before. */
  readonly bring: (to: TapedLine, octets: Buffer, again: number) => void
  readonly come: (to: TapedLine, kind: number) => void
}

const NOTHING = Buffer.alloc(0)

/** What is told for what comes; not by the names of Node, which has an error that nobody listens to end the process. */
const told = { end: Kind.Ended, error: Kind.Broken, close: Kind.Gone } as const

export class TapedLine implements Line {
  readonly number: number
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  bytesRead = 0
  bytesWritten = 0
  private readonly tape: Tape
  private readonly wire: Wire | null
  private readonly events = new EventEmitter()
  private readonly leaving: Call[] = []
  private back: Buffer = NOTHING
  private flows = false

  constructor(
    tape: Tape,
    number: number,
    from: { readonly address: string; readonly port: number } | null,
    wire: Wire | null
  ) {
    this.tape = tape
    this.number = number
    this.remoteAddress = from?.address
    this.remotePort = from?.port
    this.wire = wire
    if (wire === null) return
    for (const event of ["end", "error", "close"] as const) wire.line.on(event, () => wire.come(this, told[event]))
  }

  private asks(kind: number, real: (line: Line) => number): number {
    const { wire } = this
    return this.tape.asks(kind, this.number, () => (wire === null ? 0 : real(wire.line)))
  }

  private does(kind: number, what = 0): void {
    this.tape.does(kind, this.number, what)
  }

  // ---- out ----

  get writableLength(): number {
    return this.asks(Kind.Writable, (line) => line.writableLength)
  }

  write(octets: Uint8Array, taken?: Call): void {
    this.bytesWritten += octets.length
    this.tape.writes(this.number, octets)
    if (taken !== undefined) this.leaving.push(taken)
    const { wire } = this
    if (wire === null) return
    if (taken === undefined) wire.line.write(octets)
    else wire.line.write(octets, () => wire.come(this, Kind.Taken))
  }

  end(): void {
    this.does(Kind.End)
    this.wire?.line.end()
  }

  destroy(): void {
    this.does(Kind.Destroy)
    this.wire?.line.destroy()
  }

  get destroyed(): boolean {
    return this.asks(Kind.Destroyed, (line) => Number(line.destroyed)) === 1
  }

  get closed(): boolean {
    return this.asks(Kind.Closed, (line) => Number(line.closed)) === 1
  }

  // ---- in ----

  get readableLength(): number {
    return this.asks(Kind.Readable, (line) => line.readableLength)
  }

  resume(): void {
    this.does(Kind.Resume)
    this.wire?.line.resume()
  }

  pause(): void {
    this.does(Kind.Pause)
    this.wire?.line.pause()
  }

  read(octets = -1): Uint8Array | null {
    const { wire } = this
    const real = (): Uint8Array | null => (octets < 0 ? wire?.line.read() : wire?.line.read(octets)) ?? null
    return this.tape.reads(this.number, octets, real)
  }

  unshift(octets: Uint8Array): void {
    this.does(Kind.Unshift, octets.length)
    this.back = Buffer.concat([octets, this.back])
    this.bytesRead -= octets.length
    this.wire?.line.unshift(octets)
  }

  // ---- what comes ----

  on(event: "data" | "end" | "error" | "close", listener: (octets: Buffer) => void): void {
    if (event !== "data") return void this.events.on(String(told[event]), listener)
    this.events.on(event, listener)
    if (this.flows) return
    this.flows = true
    this.does(Kind.Flow)
    const { wire } = this
    if (wire !== null) ReadAhead.forbid(wire.line)
    wire?.line.on("data", (octets) => wire.bring(this, octets, Math.min(this.back.length, octets.length)))
  }

  once(event: "close", listener: Call): void {
    this.events.once(String(told[event]), listener)
  }

  off(event: "error" | "close", listener: Call): void {
    this.events.off(String(told[event]), listener)
  }

  /** Octets that were put back come again, in front of those that are new. */
  again(octets: number): Buffer {
    return this.back.subarray(0, octets)
  }

  /** Octets have come; so many of them had been put back. */
  bring(octets: Buffer, again: number): void {
    this.back = again === this.back.length ? NOTHING : this.back.subarray(again)
    this.bytesRead += octets.length
    this.events.emit("data", octets)
  }

  /** Something else has come; false where nobody waits for it. */
  come(kind: number): boolean {
    if (kind !== Kind.Taken) {
      this.events.emit(String(kind))
      return true
    }
    const taken = this.leaving.shift()
    taken?.()
    return taken !== undefined
  }
}
