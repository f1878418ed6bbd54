// How octets come from a socket: by its `data` events, or without an allocation a read, into one buffer that all plain
// connections share. Node documents the latter (`onread`) for sockets that one opens oneself; for accepted ones it has
// to be put in place, which is done only where everything that it needs is found, on a Node that it was tried with.
// Either way a connection has its share of a turn of the event loop and no more, so that none can keep others waiting.
import * as Net from "node:net"
import { Views } from "./Views.ts"

/** Major versions of Node on which the tests have seen accepted sockets read into the shared buffer. */
const TRIED = new Set(["22", "24", "26"])

/**
 * A connection's share: octets that are taken of it in one turn of the event loop, some 340 of the shortest frames. Node
 * alone hands over up to 2 MiB, so that a few clients that send without pause keep all others waiting for seconds.
 */
export const SHARE_OCTETS = 2048

/** Whoever takes octets has to have done with them when it returns. */
export type Receive = (chunk: Uint8Array) => void

/** What a socket of Node has inside; found on a socket that was made with `onread`. */
interface Inside {
  readonly buffer: symbol
  readonly callback: symbol
}
interface Opened {
  _handle?: { useUserBuffer?: (buffer: Uint8Array) => void } | null
  [inside: symbol]: unknown
}

/** Where Node keeps the buffer and its callback; null on a Node that is not known to have them. */
const inside: Inside | null = (() => {
  if (!TRIED.has(process.versions.node.split(".")[0] ?? "") || "bun" in process.versions) return null
  const [buffer, callback] = [new Uint8Array(1), (): boolean => true]
  const socket = new Net.Socket({ onread: { buffer, callback } }) as unknown as Opened
  const symbols = Object.getOwnPropertySymbols(socket)
  const of = (value: unknown): symbol | undefined => symbols.find((symbol) => socket[symbol] === value)
  const found = { buffer: of(buffer), callback: of(callback) }
  return found.buffer === undefined || found.callback === undefined ? null : (found as Inside)
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

function nextTurn(): void {
  const [going, reading] = [deferred, resumed]
  deferred = []
  resumed = []
  for (const reader of reading) reader.settle()
  for (const reader of going) reader.goOn()
}

function soon(readers: Reader[], reader: Reader): void {
  if (deferred.length + resumed.length === 0) setImmediate(nextTurn)
  readers.push(reader)
}

/** Reads one socket. Whoever has sent its share goes on in the next turn of the loop, whatever it or anybody else does. */
export class Reader {
  /** Whether octets may wait, here or with the kernel, that the next turns of the loop will take. */
  isBehind = false
  private isDeferred = false
  private readonly socket: Net.Socket
  private readonly receive: Receive
  /** Octets that were taken since the share was last used up. */
  private taken = 0

  /** `sharing` false: never by the shared buffer. */
  constructor(socket: Net.Socket, receive: Receive, sharing: boolean) {
    this.socket = socket
    this.receive = receive
    if (!sharing || !this.share()) socket.on("data", (chunk) => this.take(chunk))
  }

  /** Lets the socket read into the shared buffer; false when this Node or this socket cannot. */
  private share(): boolean {
    const { socket, receive } = this
    const opened = socket as unknown as Opened
    const handle = opened._handle
    // What came while the connection was being admitted waits in the socket: if that is much, it is taken from there.
    if (socket.readableLength > SHARE_OCTETS) return false
    if (inside === null || handle == null || typeof handle.useUserBuffer !== "function") return false
    if (!(inside.buffer in opened && inside.callback in opened) || opened[inside.buffer] !== null) return false
    shared ??= make()
    const { buffer, views } = shared
    for (let early: unknown = socket.read(); early instanceof Uint8Array; early = socket.read()) receive(early)
    opened[inside.buffer] = buffer
    opened[inside.callback] = (octets: number): boolean => {
      receive(views.of(octets))
      if (octets < SHARE_OCTETS) return true
      // More may wait: Node stops reading here, and this turn is over for this connection.
      this.defer()
      return false
    }
    handle.useUserBuffer(buffer)
    socket.resume()
    return true
  }

  /** Takes a chunk: a short one whole, of a long one a share; the rest waits in the socket, and the end behind it. */
  private take(chunk: Buffer): void {
    const share = chunk.length > SHARE_OCTETS ? chunk.subarray(0, SHARE_OCTETS) : chunk
    this.taken += share.length
    if (this.taken >= SHARE_OCTETS && !this.isDeferred) {
      this.taken = 0
      this.socket.pause()
      this.defer()
    }
    if (chunk.length > SHARE_OCTETS) this.socket.unshift(chunk.subarray(SHARE_OCTETS))
    this.receive(share)
  }

  private defer(): void {
    this.isDeferred = true
    this.isBehind = true
    soon(deferred, this)
  }

  /** A new turn: takes the next share, in this turn or from the kernel. */
  goOn(): void {
    this.isDeferred = false
    if (this.socket.destroyed) return
    this.socket.resume()
    soon(resumed, this)
  }

  /** A turn has gone by in which it could read. */
  settle(): void {
    if (!this.isDeferred) this.isBehind = false
  }
}
