// How octets come from a socket: by its `data` events, or without an allocation a read, into one buffer that all plain
// connections share. Node documents the latter (`onread`) for sockets that one opens oneself; for accepted ones it has
// to be put in place, which is done only where everything that it needs is found, on a Node that it was tried with.
// Either way a connection has its share of a turn of the event loop and no more, so that none can keep others waiting.
import * as Net from "node:net"
import * as ReadAhead from "./ReadAhead.ts"
import { Views } from "./Views.ts"

/** Major versions of Node on which the tests have seen accepted sockets read into the shared buffer. */
const TRIED = new Set(["22", "24", "26"])

/**
 * A connection's share: octets that are taken of it in one turn of the event loop, some 340 of the shortest frames. Node
 * alone hands over up to 2 MiB, so that a few clients that send without pause keep all others waiting for seconds.
 */
const SHARE_OCTETS = 2048
/** Octets of a turn for all who send without pause: where they are many each has less of it, but never less than this. */
const TURN_OCTETS = 65_536
const SHARE_OCTETS_LEAST = 256
/** A chunk counts as so many at least: over TLS each record is one, and may hold a single octet. */
const CHUNK_OCTETS = 32

/**
 * Whoever takes octets has to have done with them when it returns, but for those that it leaves: it is given them again in a
 * later turn of the event loop, before all that comes behind them. Null: it has taken all.
 */
export type Receive = (chunk: Uint8Array) => Uint8Array | null

/**
 * Units of work beyond frames that all connections may cause in a turn of the event loop: a request of sixteen octets may
 * freeze as many counters as there are. Who would exceed it waits in line; one such request is always done.
 */
const WORK = 4096
let worked = 0

/** So much work was caused in this turn. */
export function work(units: number): void {
  if (worked === 0) begin()
  worked += units
}

/** Whether no more such work is begun in this turn. */
export const isTired = (): boolean => worked >= WORK

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

/** Whoever has had its share of this turn, in the order in which they go on in the next. */
let deferred: Reader[] = []
/** Whoever reads again since the last turn: only in the next is it known whether anything was left. */
let resumed: Reader[] = []
/** The share of each: by how many had theirs in the turn before. */
let share = SHARE_OCTETS

/** How much of a whole share a connection has in this turn: 1, or less where many have theirs. */
export const portion = (): number => share / SHARE_OCTETS

/** Whoever has left octets until others have had their turn, in line: those that go first, and behind them all others. */
let line: Reader[] = []
let behind: Reader[] = []
let gone = 0

function nextTurn(): void {
  // By halves, so that buffers seldom change.
  share = SHARE_OCTETS
  while (share > SHARE_OCTETS_LEAST && share * deferred.length > TURN_OCTETS) share /= 2
  const [going, reading] = [deferred, resumed]
  deferred = []
  resumed = []
  worked = 0
  for (const reader of reading) reader.settle()
  for (const reader of going) reader.goOn()
  // Who leaves octets once more stands behind all others, so this comes to an end.
  for (let left = line.length - gone + behind.length; left > 0 && !isTired(); left--) nextInLine().takeLeft()
  if (line.length > gone || behind.length > 0) begin()
}

function nextInLine(): Reader {
  if (gone === line.length) {
    line = behind
    behind = []
    gone = 0
  }
  return line[gone++] as Reader
}

let begun = false

/** Has {@link nextTurn} called in the next turn of the loop. */
function begin(): void {
  if (begun) return
  begun = true
  setImmediate(() => {
    begun = false
    nextTurn()
  })
}

function soon(readers: Reader[], reader: Reader): void {
  begin()
  readers.push(reader)
}

/** Reads one socket. Whoever has sent its share goes on in the next turn of the loop, whatever it or anybody else does. */
export class Reader {
  /** Whether octets may wait, here or with the kernel, that the next turns of the loop will take. */
  isBehind = false
  private isDeferred = false
  /** Whether it stands in line: it has left octets, which wait in the socket, or here where that reads into the shared buffer. */
  private isInLine = false
  private kept: Uint8Array | null = null
  private readonly socket: Net.Socket
  private readonly receive: Receive
  /** Octets that were taken since the share was last used up. */
  private taken = 0

  /** `sharing` false: never by the shared buffer. */
  constructor(socket: Net.Socket, receive: Receive, sharing: boolean) {
    this.socket = socket
    this.receive = receive
    if (sharing && this.share()) return
    ReadAhead.forbid(socket)
    socket.on("data", (chunk) => this.take(chunk))
  }

  /** Lets the socket read into the shared buffer; false when this Node or this socket cannot. */
  private share(): boolean {
    const { socket } = this
    const opened = socket as unknown as Opened
    const handle = opened._handle
    // What came while the connection was being admitted waits in the socket: if that is much, it is taken from there.
    if (socket.readableLength > SHARE_OCTETS) return false
    if (inside === null || handle == null || typeof handle.useUserBuffer !== "function") return false
    if (!(inside.buffer in opened && inside.callback in opened && inside.next in opened)) return false
    if (opened[inside.buffer] !== null) return false
    shared ??= make()
    const { buffer, views } = shared
    for (let early: unknown = socket.read(); early instanceof Uint8Array; early = socket.read()) this.giveShared(early)
    let own = SHARE_OCTETS
    opened[inside.buffer] = buffer
    opened[inside.next] = (): Buffer | undefined => {
      if (own === share) return undefined
      own = share
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
    if (!this.isInLine) socket.resume()
    return true
  }

  /** Takes a chunk: a short one whole, of a long one a share; the rest waits in the socket, and the end behind it. */
  private take(chunk: Buffer): void {
    const own = share
    this.taken += Math.min(own, Math.max(CHUNK_OCTETS, chunk.length))
    if (this.taken >= own && !this.isDeferred) {
      this.taken = 0
      this.socket.pause()
      this.defer()
    }
    if (chunk.length > own) this.socket.unshift(chunk.subarray(own))
    const left = this.receive(chunk.length > own ? chunk.subarray(0, own) : chunk)
    if (left === null) return
    this.socket.pause()
    this.socket.unshift(left)
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
    soon(behind, this)
  }

  /** Its turn in line has come: it takes what it has left, and reads on if that is all taken. */
  takeLeft(): void {
    const { kept, socket } = this
    this.kept = null
    this.isInLine = false
    if (socket.destroyed) return
    if (kept !== null) this.giveShared(kept)
    else if (socket.readableLength > 0) socket.read(Math.min(share, socket.readableLength))
    if (!this.isInLine && !this.isDeferred) this.goOn()
  }

  private defer(): void {
    this.isDeferred = true
    this.isBehind = true
    soon(deferred, this)
  }

  /** A new turn: takes the next share, in this turn or from the kernel. */
  goOn(): void {
    this.isDeferred = false
    if (this.socket.destroyed || this.isInLine) return
    this.socket.resume()
    soon(resumed, this)
  }

  /** A turn has gone by in which it could read. */
  settle(): void {
    if (!this.isDeferred && !this.isInLine) this.isBehind = false
  }
}
