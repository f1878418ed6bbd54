// How octets come from a socket: by its `data` events, or without an allocation a read, into one buffer that all plain
// connections share. Node documents the latter (`onread`) for sockets that one opens oneself; for accepted ones it has
// to be put in place, which is done only where everything that it needs is found, on a Node that it was tried with.
import * as Net from "node:net"
import { Views } from "./Views.ts"

/** Major versions of Node on which the tests have seen accepted sockets read into the shared buffer. */
const TRIED = new Set(["22", "24", "26"])

/** Octets of the shared buffer: what Node itself reads at most at a time. */
const OCTETS = 65_536

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
  const buffer = Buffer.allocUnsafeSlow(OCTETS)
  return { buffer, views: new Views(buffer, 0) }
}

/** Lets a socket read into the shared buffer; false when this Node or this socket cannot. */
function share(socket: Net.Socket, receive: Receive): boolean {
  const opened = socket as unknown as Opened
  const handle = opened._handle
  if (inside === null || handle == null || typeof handle.useUserBuffer !== "function") return false
  if (!(inside.buffer in opened && inside.callback in opened) || opened[inside.buffer] !== null) return false
  shared ??= make()
  const { buffer, views } = shared
  // What came while the connection was being admitted has been read already.
  for (let early: unknown = socket.read(); early instanceof Uint8Array; early = socket.read()) receive(early)
  opened[inside.buffer] = buffer
  opened[inside.callback] = (octets: number): boolean => {
    receive(views.of(octets))
    return true
  }
  handle.useUserBuffer(buffer)
  socket.resume()
  return true
}

/** Hands on everything that a socket receives from now on. `sharing` false: never by the shared buffer. */
export function begin(socket: Net.Socket, receive: Receive, sharing: boolean): void {
  if (!sharing || !share(socket, receive)) socket.on("data", receive)
}
