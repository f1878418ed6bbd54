// One connection of a controlling station over TCP: octets out as they are given, octets in cut into frames.
import * as Net from "node:net"

export class TcpClient {
  readonly label: string
  readonly socket: Net.Socket
  /** Its own port, by which the server knows it. */
  readonly port: number
  paused = false
  /** Whether both ends of the connection are down. */
  closed = false
  private readonly onFrame: (octets: Uint8Array) => void
  private rest: Buffer = Buffer.alloc(0)

  private constructor(label: string, socket: Net.Socket, onFrame: (octets: Uint8Array) => void, onClosed: () => void) {
    this.label = label
    this.socket = socket
    this.port = socket.localPort ?? 0
    this.onFrame = onFrame
    socket.on("data", (chunk) => this.take(chunk))
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
    onClosed: () => void
  ): Promise<TcpClient> {
    return new Promise((resolve, reject) => {
      const socket = Net.connect({ host, port, noDelay: true, allowHalfOpen: true })
      socket.once("error", reject)
      socket.once("connect", () => {
        socket.off("error", reject)
        // A connection that is cut ends with "close" all the same.
        socket.on("error", () => socket.destroy())
        resolve(new TcpClient(label, socket, onFrame, onClosed))
      })
    })
  }

  handle(manner: "FIN" | "RST" | "PAUSE" | "RESUME"): void {
    switch (manner) {
      case "FIN":
        this.socket.end()
        return
      case "RST":
        this.socket.resetAndDestroy()
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

  private take(chunk: Buffer): void {
    let octets = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    while (octets.length > 1) {
      const length = (octets[1] as number) + 2
      if (octets.length < length) break
      this.onFrame(Uint8Array.from(octets.subarray(0, length)))
      octets = octets.subarray(length)
    }
    this.rest = octets
  }
}
