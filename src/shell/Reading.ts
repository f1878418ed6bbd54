// How octets come from a line: by its `data` events, or without an allocation a read, into one buffer that all plain
// connections share. Node documents the latter (`onread`) for sockets that one opens oneself; for accepted ones it has
// to be put in place, which is done only where everything that it needs is found, on a Node that it was tried with.
// Either way a connection has its share of a turn of the event loop and no more, so that none can keep others waiting.
import * as Net from "node:net"
import type { Line } from "./Line.ts"
import * as ReadAhead from "./ReadAhead.ts"
import { SHARE_OCTETS, type Turns } from "./Turns.ts"
import { Views } from "./Views.ts"

/** Major versions of Node on which the tests have seen accepted sockets read into the shared buffer. */
const TRIED = new Set(["22", "24", "26"])

/**
/** A chunk counts as so many at least: over TLS each record is one, and may hold a single octet. */
const CHUNK_OCTETS = 32

/**
 * Whoever takes octets has to have done with them when it returns, but for those that it leaves: it is given them again in a
 * later turn of the event loop, before all that comes behind them. Null: it has taken all.
 */
export type Receive = (chunk: Uint8Array) => Uint8Array | null

/** What a socket of Node has inside; found on a socket that was made with `onread`. */
interface Inside {
  readonly buffer: symbol
  readonly callback: symbol
  /** Called behind every read for the buffer of the next, where that is another. */
  readonly next: symbol
}
interface Opened {
  _handle?: { useUserBuffer?: (buffer: Uint8Array) => void } | null
  [inside: symbol]: unknown
}

/** Where Node keeps the buffer and its callback; null on a Node that is not known to have them. */
const inside: Inside | null = (() => {
  if (!TRIED.has(process.versions.node.split(".")[0] ?? "") || "bun" in process.versions) return null
  const [fixed, next, callback] = [new Uint8Array(1), () => fixed, (): boolean => true]
  const placeOf = (buffer: Uint8Array | (() => Uint8Array), value: unknown): symbol | undefined => {
    const socket = new Net.Socket({ onread: { buffer, callback } as Net.OnReadOpts }) as unknown as Opened
    return Object.getOwnPropertySymbols(socket).find((symbol) => socket[symbol] === value)
  }
  const found = { buffer: placeOf(fixed, fixed), callback: placeOf(fixed, callback), next: placeOf(next, next) }
  return Object.values(found).includes(undefined) ? null : (found as Inside)
})()

let shared: { readonly buffer: Buffer; readonly views: Views } | null = null

function make(): NonNullable<typeof shared> {
  const buffer = Buffer.allocUnsafeSlow(SHARE_OCTETS)
  return { buffer, views: new Views(buffer, 0) }
}

/** Reads one line. Whoever has sent its share goes on in the next turn of the loop, whatever it or anybody else does. */
export class Reader {
  /** Whether octets may wait, here or with the kernel, that the next turns of the loop will take. */
  isBehind = false
  private isDeferred = false
  /** Whether it stands in line: it has left octets, which wait in the socket, or here where that reads into the shared buffer. */
  private isInLine = false
  private kept: Uint8Array | null = null
  private readonly line: Line
  private readonly receive: Receive
  private readonly turns: Turns
  /** Octets that were taken since the share was last used up. */
  private taken = 0

  /** `sharing` false: never by the shared buffer. */
  constructor(line: Line, receive: Receive, sharing: boolean, turns: Turns) {
    this.line = line
    this.receive = receive
    this.turns = turns
    if (sharing && this.share()) return
    ReadAhead.forbid(line)
    line.on("data", (chunk) => this.take(chunk))
  }

  /** Lets a socket read into the shared buffer; false when this Node cannot, or what it is on is no such socket. */
  private share(): boolean {
    const { line, turns } = this
    const opened = line as unknown as Opened
    const handle = opened._handle
    // What came while the connection was being admitted waits in the socket: if that is much, it is taken from there.
    if (line.readableLength > SHARE_OCTETS) return false
    if (inside === null || handle == null || typeof handle.useUserBuffer !== "function") return false
    if (!(inside.buffer in opened && inside.callback in opened && inside.next in opened)) return false
    if (opened[inside.buffer] !== null) return false
    shared ??= make()
    const { buffer, views } = shared
    for (let early = line.read(); early !== null; early = line.read()) this.giveShared(early)
    let own = SHARE_OCTETS
    opened[inside.buffer] = buffer
    opened[inside.next] = (): Buffer | undefined => {
      if (own === turns.shareOctets) return undefined
      own = turns.shareOctets
      return views.of(own)
    }
    opened[inside.callback] = (octets: number): boolean => {
      this.giveShared(views.of(octets))
      if (this.isInLine) return false
      if (octets < own) return true
      // More may wait: Node stops reading here, and this turn is over for this connection.
      this.defer()
      return false
    }
    handle.useUserBuffer(buffer)
    if (!this.isInLine) line.resume()
    return true
  }

  /** Takes a chunk: a short one whole, of a long one a share; the rest waits in the socket, and the end behind it. */
  private take(chunk: Buffer): void {
    const own = this.turns.shareOctets
    this.taken += Math.min(own, Math.max(CHUNK_OCTETS, chunk.length))
    if (this.taken >= own && !this.isDeferred) {
      this.taken = 0
      this.line.pause()
      this.defer()
    }
    if (chunk.length > own) this.line.unshift(chunk.subarray(own))
    const left = this.receive(chunk.length > own ? chunk.subarray(0, own) : chunk)
    if (left === null) return
    this.line.pause()
    this.line.unshift(left)
    this.standInLine()
  }

  /** Has octets taken that were read into the shared buffer. */
  private giveShared(octets: Uint8Array): void {
    const left = this.isInLine ? octets : this.receive(octets)
    if (left === null) return
    this.kept = this.kept === null ? Uint8Array.from(left) : Buffer.concat([this.kept, left])
    if (!this.isInLine) this.standInLine()
  }

  private standInLine(): void {
    this.isInLine = true
    this.isBehind = true
    this.turns.standInLine(this)
  }

  /** Its turn in line has come: it takes what it has left, and reads on if that is all taken. */
  takeLeft(): void {
    const { kept, line, turns } = this
    this.kept = null
    this.isInLine = false
    if (line.destroyed) return
    if (kept !== null) this.giveShared(kept)
    else if (line.readableLength > 0) line.read(Math.min(turns.shareOctets, line.readableLength))
    if (!this.isInLine && !this.isDeferred) this.goOn()
  }

  private defer(): void {
    this.isDeferred = true
    this.isBehind = true
    this.turns.defer(this)
  }

  /** A new turn: takes the next share, in this turn or from the kernel. */
  goOn(): void {
    this.isDeferred = false
    if (this.line.destroyed || this.isInLine) return
    this.line.resume()
    this.turns.resumes(this)
  }

  /** A turn has gone by in which it could read. */
  settle(): void {
    if (!this.isDeferred && !this.isInLine) this.isBehind = false
  }
}
