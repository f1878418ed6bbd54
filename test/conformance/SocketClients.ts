// Controlling stations over TCP, plain or with TLS. Each is seen from both ends: so it is known when all octets have arrived.
import type { Line } from "../../src/shell/Line.ts"
import type { Place } from "../../src/shell/memory/MemoryLine.ts"
import type { Transport } from "../../src/shell/Transport.ts"
import * as Sockets from "../../src/shell/tcp/Sockets.ts"
import type * as Backend from "./Backend.ts"
import type { Client, Clients } from "./Clients.ts"
import { TcpClient } from "./TcpClient.ts"
import { type TlsClient, TlsClients } from "./TlsClients.ts"

class SocketClient implements Client {
  private readonly tcp: TcpClient
  private readonly tls: TlsClient | null
  private readonly accepted: Map<number, Line>

  constructor(tcp: TcpClient, tls: TlsClient | null, accepted: Map<number, Line>) {
    this.tcp = tcp
    this.tls = tls
    this.accepted = accepted
  }

  get port(): number {
    return this.tcp.port
  }

  get paused(): boolean {
    return this.tcp.paused
  }

  get closed(): boolean {
    return this.tcp.closed
  }

  get isSeen(): boolean {
    return this.accepted.has(this.port)
  }

  get isPlain(): boolean {
    return this.tls?.isPlain === true
  }

  get octets(): number {
    const { raw } = this.tcp
    return raw.bytesRead + raw.bytesWritten
  }

  get isQuiet(): boolean {
    const { raw, socket, closed, paused } = this.tcp
    const server = this.accepted.get(this.port)
    if (server === undefined || socket.writableEnded || closed) return false
    if (server.bytesRead !== raw.bytesWritten) return false
    return paused || raw.bytesRead === server.bytesWritten
  }

  send(octets: Uint8Array): void {
    this.tcp.socket.write(octets)
  }

  handle(manner: Backend.Manner): void {
    this.tcp.handle(manner)
  }

  forget(): void {
    this.accepted.delete(this.port)
  }

  tell(what: string): string | null {
    return this.tls?.tell(what) ?? null
  }
}

export class SocketClients implements Clients {
  readonly transport: Transport
  /** The server's ends by the port of the client. */
  private readonly accepted = new Map<number, Line>()
  private readonly tls: TlsClients | null

  constructor(secure: boolean) {
    this.tls = secure ? new TlsClients() : null
    this.transport = {
      ...Sockets.transport,
      open: (host, address, port, accept, failed) =>
        Sockets.transport.open(
          host,
          address,
          port,
          (line) => {
            this.accepted.set(line.remotePort as number, line)
            accept(line)
          },
          failed
        )
    }
  }

  goOn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  async connect(
    label: string,
    how: string,
    { address, port }: Place,
    onFrame: (octets: Uint8Array) => void
  ): Promise<Client> {
    const tls = this.tls?.client(how) ?? null
    const tcp = await TcpClient.connect(label, address, port, onFrame, () => {}, tls ?? {})
    return new SocketClient(tcp, tls, this.accepted)
  }
}
