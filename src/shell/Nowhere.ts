// A socket that leads nowhere: it takes everything at once and gives it to nobody. Where Node allows it, it is a
// `net.Socket` like any other, so that the compiler learns from it what it will meet.
import * as Net from "node:net"
import { Duplex } from "node:stream"
import * as Reading from "./Reading.ts"

/** What Node asks of the system's end of a socket. */
class Handle {
  readStart(): number {
    return 0
  }
  readStop(): number {
    return 0
  }
  useUserBuffer(): void {}
  writeBuffer(): number {
    return 0
  }
  shutdown(): number {
    return 0
  }
  close(): void {}
}

class Nowhere extends Duplex {
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    done()
  }
}

/** Such a socket; its output is bounded as that of accepted sockets. */
export function make(highWaterMark: number): Net.Socket {
  const marks = { readableHighWaterMark: highWaterMark, writableHighWaterMark: highWaterMark }
  // `handle` is not documented: it is used where sockets were found to be made as this project knows them.
  if (Reading.canShare) {
    const options = { handle: new Handle(), allowHalfOpen: false, readable: true, writable: true, ...marks }
    const socket = new Net.Socket(options as unknown as Net.SocketConstructorOpts)
    // Whether a write is over at once Node learns from the system, and else believes what the last real write was like.
    socket.write(Buffer.of(0))
    if (socket.writableLength === 0) return socket
  }
  return new Nowhere(marks) as unknown as Net.Socket
}
