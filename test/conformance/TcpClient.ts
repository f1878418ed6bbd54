// One connection of a controlling station over TCP: octets out as they are given, octets in cut into frames.
import * as Net from "node:net"
import { Frames, type LengthOf } from "./Frames.ts"

/** What carries the frames of a connection. */
export interface Wire {
  /** What frames are written to and read from: the connection itself, or what it carries. Default: the connection. */
  readonly over?: (raw: Net.Socket) => Net.Socket
  /** Default: frames of IEC 60870-5-104. */
  readonly lengthOf?: LengthOf
}

export class TcpClient {
  readonly label: string
  /** The TCP connection itself. */
  readonly raw: Net.Socket
  /** What its frames go through: the same, or TLS above it. */
  readonly socket: Net.Socket
  /** Its own port, by which the server knows it. */
  readonly port: number
  paused = false
  /** Whether both ends of the connection are down. */
  closed = false

  private constructor(
    label: string,
    raw: Net.Socket,
    onFrame: (octets: Uint8Array) => void,
    onClosed: () => void,
    { over, lengthOf }: Wire
  ) {
    const socket = over === undefined ? raw : over(raw)
    this.label = label
    this.raw = raw
    this.socket = socket
    this.port = raw.localPort ?? 0
    const frames = new Frames(onFrame, lengthOf)
    // A connection that is cut ends with "close" all the same.
    socket.on("error", () => socket.destroy())
    socket.on("data", (chunk) => frames.take(chunk))
    socket.on("end", () => socket.end())
    socket.on("close", () => {
      this.closed = true
      onClosed()
    })
  }

  /** Connects; every complete frame and the end of the connection are called back. */
  static connect(
    label: string,
    host: string,
    port: number,
    onFrame: (octets: Uint8Array) => void,
    onClosed: () => void,
    wire: Wire = {}
  ): Promise<TcpClient> {
    return new Promise((resolve, reject) => {
      const raw = Net.connect({ host, port, noDelay: true, allowHalfOpen: true })
      raw.once("error", reject)
      raw.once("connect", () => {
        raw.off("error", reject)
        raw.on("error", () => raw.destroy())
        resolve(new TcpClient(label, raw, onFrame, onClosed, wire))
      })
    })
  }

  handle(manner: "FIN" | "RST" | "PAUSE" | "RESUME"): void {
    switch (manner) {
      case "FIN":
        this.socket.end()
        return
      case "RST":
        this.raw.resetAndDestroy()
        return
      case "PAUSE":
        this.paused = true
        this.socket.pause()
        return
      case "RESUME":
        this.paused = false
        this.socket.resume()
    }
  }
}
