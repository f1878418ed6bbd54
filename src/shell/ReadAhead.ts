// How much a socket reads from the kernel that nobody has taken yet. Node.js reads on while a socket is paused until 64 KiB wait in
// it, and over TLS decrypts them; in records of one octet each that are more than a million octets, and tens of thousands of chunks.
import type { Socket } from "node:net"

/** What a socket of Node.js has inside. */
interface Inside {
  readonly _readableState?: object
  readonly _handle?: { reading?: boolean; readonly readStop?: () => unknown } | null
}

/** From now on nothing is read while something waits to be taken, beyond what was read with that. */
export function forbid(socket: object): void {
  const { _readableState: state } = socket as Inside
  if (state !== undefined) Reflect.set(state, "highWaterMark", 1)
}

/** The same, and what is read at present is all until what waits was taken. */
export function stop(socket: Socket): void {
  forbid(socket)
  const { _handle: handle } = socket as unknown as Inside
  if (handle?.reading !== true || typeof handle.readStop !== "function") return
  handle.reading = false
  handle.readStop()
}
