// A controlling station as many are built: it waits for its socket, reads one APDU, and waits again. What else the TLS
// record held that it took for that lies in its TLS library, where waiting for the socket does not see it: it is read
// only when the next record has come. Records are taken from the socket one by one.
import * as Net from "node:net"
import { Duplex } from "node:stream"
import * as Tls from "node:tls"
import { onTestFinished } from "vitest"
import { contents } from "./certificates.ts"
import { turn } from "./Stage.ts"

const RECORD_HEADER = 5
const WAIT_MS = 5000

export interface RecordClientOptions {
  readonly version: Tls.SecureVersion
  /** I frames after which it acknowledges. */
  readonly w: number
  /** How long it waits before it looks at its socket again. Default 0. */
  readonly pauseMs?: number
  /** Called with every APDU that it has read. */
  readonly onFrame?: (apdu: Uint8Array) => void
}

/** The encrypted side: lets records in when it is told to. */
class Wire extends Duplex {
  readonly raw: Net.Socket
  readonly records: Buffer[] = []
  arrived: () => void = () => {}
  private rest: Buffer = Buffer.alloc(0)

  constructor(raw: Net.Socket) {
    super()
    this.raw = raw
    raw.on("data", (chunk) => this.split(chunk))
    raw.on("close", () => this.destroy())
    raw.on("error", () => {})
  }

  private split(chunk: Buffer): void {
    const all = Buffer.concat([this.rest, chunk])
    let at = 0
    while (at + RECORD_HEADER <= all.length && at + RECORD_HEADER + all.readUInt16BE(at + 3) <= all.length) {
      const end = at + RECORD_HEADER + all.readUInt16BE(at + 3)
      this.records.push(all.subarray(at, end))
      at = end
    }
    this.rest = all.subarray(at)
    this.arrived()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // A server that closes while this is on its way is no failure of the client: it reads what had come before.
    this.raw.write(chunk, () => done())
  }
}

export class RecordClient {
  iFrames = 0
  /** Records that ended within an APDU. */
  cut = 0

  private readonly wire: Wire
  private readonly socket: Tls.TLSSocket
  private readonly options: RecordClientOptions
  private plain: Buffer = Buffer.alloc(0)
  private unacknowledged = 0
  private reading = false

  private constructor(wire: Wire, socket: Tls.TLSSocket, options: RecordClientOptions) {
    this.wire = wire
    this.socket = socket
    this.options = options
    socket.on("data", (chunk) => {
      this.plain = Buffer.concat([this.plain, chunk])
    })
    wire.arrived = () => void this.read()
    void this.read()
  }

  static async connect(port: number, options: RecordClientOptions): Promise<RecordClient> {
    const raw = Net.connect({ port, host: "127.0.0.1", noDelay: true })
    onTestFinished(() => {
      raw.destroy()
    })
    const wire = new Wire(raw)
    wire.arrived = () => {
      for (const record of wire.records.splice(0)) wire.push(record)
    }
    const [minVersion, maxVersion] = [options.version, options.version]
    const [cert, key, ca] = [contents("first.pem"), contents("first.key"), contents("ca.pem")]
    const socket = Tls.connect({
      socket: wire,
      ca,
      cert,
      key,
      minVersion,
      maxVersion,
      checkServerIdentity: () => undefined
    })
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject)
      socket.once("secureConnect", resolve)
    })
    return new RecordClient(wire, socket, options)
  }

  /** As long as the socket has something: one APDU. */
  private async read(): Promise<void> {
    if (this.reading) return
    this.reading = true
    const { records } = this.wire
    while (records.length > 0) {
      if (this.unread === 0) {
        this.wire.push(records.shift())
        await turn()
        if (this.rest > 0) this.cut++
      }
      if (this.unread > 0) this.take()
      if (this.options.pauseMs !== undefined) await new Promise((resolve) => setTimeout(resolve, this.options.pauseMs))
    }
    this.reading = false
  }

  /** Whole APDUs that are decrypted and not read. */
  get unread(): number {
    return this.whole().count
  }

  /** Octets of an APDU whose end has not come. */
  private get rest(): number {
    return this.plain.length - this.whole().octets
  }

  private whole(): { readonly count: number; readonly octets: number } {
    let [count, octets] = [0, 0]
    for (; octets + 2 <= this.plain.length; count++) {
      const end = octets + 2 + (this.plain[octets + 1] as number)
      if (end > this.plain.length) break
      octets = end
    }
    return { count, octets }
  }

  private take(): void {
    const end = 2 + (this.plain[1] as number)
    const apdu = Uint8Array.from(this.plain.subarray(0, end))
    this.plain = this.plain.subarray(end)
    if (((apdu[2] as number) & 1) === 0) {
      this.iFrames++
      if (++this.unacknowledged === this.options.w) this.acknowledge()
    }
    this.options.onFrame?.(apdu)
  }

  private acknowledge(): void {
    this.unacknowledged = 0
    this.send(Uint8Array.of(0x68, 4, 1, 0, (this.iFrames << 1) & 0xff, (this.iFrames >> 7) & 0xff))
  }

  send(octets: Uint8Array): void {
    this.socket.write(octets)
  }

  /** Waits until a condition holds. */
  async until(condition: () => boolean): Promise<void> {
    const untilMs = performance.now() + WAIT_MS
    while (!condition()) {
      if (performance.now() > untilMs || this.socket.destroyed)
        throw new Error(`the client read ${this.iFrames} I frames; ${this.unread} APDUs are decrypted and not seen`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}
