// Has a socket read nothing more from the kernel until somebody reads it again, as Node.js has it where its buffer is full. A
// socket that is paused fills that buffer first, with up to 64 KiB, and over TLS decrypts as much, whatever that costs.
import type { Socket } from "node:net"

/** What a socket of Node.js has inside. */
interface Inside {
  readonly _handle?: { reading?: boolean; readonly readStop?: () => unknown } | null
}

export function stopReading(socket: Socket): void {
  const { _handle: handle } = socket as unknown as Inside
  if (handle?.reading !== true || typeof handle.readStop !== "function") return
  handle.reading = false
  handle.readStop()
}
