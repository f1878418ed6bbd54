// A controlling station for tests, on a bare socket: it sends what it is told, right or wrong, keeps the numbers of its
// own I frames, acknowledges as it is told, and waits for frames instead of sleeping.
import * as Net from "node:net"
import * as Fields from "../../src/core/wire/Fields.ts"

export interface ClientOptions {
  /** Acknowledge whenever so many I frames have come (and a moment after the last); "never" leaves all open. Default 8. */
  readonly acknowledge?: number | "never"
  /** Whether all frames are kept for `next` and `asdus`, or only what confirms STARTDT and STOPDT. Default true. */
  readonly keep?: boolean
  /** Called with every whole APDU. */
  readonly onFrame?: (apdu: Uint8Array) => void
  readonly host?: string
}

/** Fields of an ASDU that a test waits for; a U function by name; "S"; or any condition. */
export type Match = string | Partial<Omit<Fields.AsduFields, "objects">> | ((frame: Fields.FrameFields) => boolean)

/** How the server ended the connection. */
export type Ending = "fin" | "reset"

const WAIT_MS = 5000
const ACKNOWLEDGE_AFTER_MS = 100
const ACTIVATION = 6
const FLOOD_FRAMES = 5000

const functions: Readonly<Record<string, number>> = {
  "STARTDT act": 0x07,
  "STARTDT con": 0x0b,
  "STOPDT act": 0x13,
  "STOPDT con": 0x23,
  "TESTFR act": 0x43,
  "TESTFR con": 0x83
}

export const decoded = (apdu: Uint8Array): Fields.FrameFields => {
  const result = Fields.decode(apdu)
  if (!result.ok) throw new Error(`the server sent ${Buffer.from(apdu).toString("hex")}: ${result.error}`)
  return result.fields
}

export const isAsdu = (frame: Fields.FrameFields): frame is Fields.AsduFields => "typeId" in frame

const matches = (match: Match, frame: Fields.FrameFields): boolean => {
  if (typeof match === "function") return match(frame)
  if (typeof match === "string")
    return frame.apci.format === "U" ? frame.apci.function === match : frame.apci.format === match
  if (!isAsdu(frame)) return false
  return Object.entries(match).every(([key, value]) => frame[key as keyof Fields.AsduFields] === value)
}

const shown = (frame: Fields.FrameFields): string =>
  isAsdu(frame)
    ? `type ${frame.typeId} cot ${frame.cot}${frame.negative ? " negative" : ""} ca ${frame.ca} oa ${frame.oa} ioa ${frame.objects?.map(({ ioa }) => ioa).join(",")}`
    : frame.apci.format === "U"
      ? frame.apci.function
      : frame.apci.format

export class RawClient {
  readonly socket: Net.Socket
  readonly frames: Uint8Array[] = []
  /** How the connection ended, once it has. */
  readonly ended: Promise<Ending>
  sendNumber = 0
  receiveNumber = 0
  /** I frames received since the last acknowledgement. */
  unacknowledged = 0
  iFrames = 0
  octets = 0
  /** TESTFR con received. */
  tests = 0
  answersTests = true
  /** Octets that \`flood\` has sent. */
  flooded = 0

  private readonly options: ClientOptions
  private acknowledged = 0
  private ending: Ending | null = null
  private rest: Buffer = Buffer.alloc(0)
  private cursor = 0
  private waiters: (() => void)[] = []
  private timer: NodeJS.Timeout | null = null

  private constructor(socket: Net.Socket, options: ClientOptions) {
    this.socket = socket
    this.options = options
    let ending: Ending = "fin"
    socket.on("data", (chunk) => this.take(chunk))
    socket.on("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code === "ECONNRESET" || cause.code === "EPIPE") ending = "reset"
    })
    socket.on("end", () => socket.end())
    this.ended = new Promise((resolve) =>
      socket.on("close", () => {
        if (this.timer !== null) clearTimeout(this.timer)
        this.ending = ending
        this.wake()
        resolve(ending)
      })
    )
  }

  static connect(port: number, options: ClientOptions = {}): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = Net.connect({ port, host: options.host ?? "127.0.0.1", noDelay: true, allowHalfOpen: true })
      socket.once("error", reject)
      const client = new RawClient(socket, options)
      socket.once("connect", () => {
        socket.off("error", reject)
        resolve(client)
      })
    })
  }

  get isClosed(): boolean {
    return this.ending !== null
  }

  // ---- sending ----

  send(octets: Uint8Array): void {
    if (!this.socket.writableEnded) this.socket.write(octets)
  }

  u(name: string): void {
    this.send(Uint8Array.of(0x68, 4, functions[name] as number, 0, 0, 0))
  }

  /** Acknowledges everything that was received. */
  acknowledge(): void {
    this.acknowledged = this.receiveNumber
    this.unacknowledged = 0
    this.send(Uint8Array.of(0x68, 4, 1, 0, (this.acknowledged << 1) & 0xff, this.acknowledged >> 7))
  }

  /** The APDU of an I frame with the right numbers. */
  i(fields: Readonly<Record<string, unknown>>): Uint8Array {
    if (this.options.acknowledge !== "never") {
      this.acknowledged = this.receiveNumber
      this.unacknowledged = 0
    }
    const apci = { format: "I", ns: this.sendNumber, nr: this.acknowledged }
    const result = Fields.encode({ apci, ...fields })
    if (!result.ok) throw new Error(result.error)
    this.sendNumber = (this.sendNumber + 1) & 0x7fff
    return result.octets
  }

  async startdt(): Promise<void> {
    this.u("STARTDT act")
    await this.next("STARTDT con")
  }

  async stopdt(): Promise<void> {
    if (this.options.acknowledge !== "never" && this.unacknowledged > 0) this.acknowledge()
    this.u("STOPDT act")
    await this.next("STOPDT con")
  }

  /** Sends TESTFR act; milliseconds until it was confirmed. */
  async testfr(): Promise<number> {
    const startMs = performance.now()
    const before = this.tests
    this.u("TESTFR act")
    await this.until(() => this.tests > before)
    return performance.now() - startMs
  }

  interrogate(ca = 1, fields: Readonly<Record<string, unknown>> = {}): void {
    this.send(this.i({ typeId: 100, cot: ACTIVATION, ca, objects: [{ ioa: 0, qoi: 20 }], ...fields }))
  }

  /** A command with the elements of its type, e.g. `{ scs: true }`. */
  command(typeId: number, ioa: number, elements: Readonly<Record<string, unknown>>, fields = {}): void {
    this.send(this.i({ typeId, cot: ACTIVATION, ca: 1, objects: [{ ioa, ...elements }], ...fields }))
  }

  /** Whether the connection lives: TESTFR act is confirmed. */
  answers(): Promise<boolean> {
    return this.testfr().then(
      () => true,
      () => false
    )
  }

  /** Sends one frame over and over, as fast as the server takes it, until the connection ends. */
  flood(frame: Uint8Array): Promise<void> {
    const block = Buffer.alloc(frame.length * FLOOD_FRAMES, frame)
    return new Promise((resolve) => {
      const more = (error?: Error | null): void => {
        if (error || this.isClosed || this.socket.destroyed) return resolve()
        this.flooded += block.length
        this.socket.write(block, (failure) => {
          this.wake()
          setImmediate(more, failure)
        })
      }
      more()
    })
  }

  // ---- receiving ----

  private take(chunk: Buffer): void {
    this.octets += chunk.length
    const all = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    let at = 0
    while (at + 2 <= all.length && at + 2 + (all[at + 1] as number) <= all.length) {
      const end = at + 2 + (all[at + 1] as number)
      this.frame(all.subarray(at, end))
      at = end
    }
    this.rest = all.subarray(at)
    this.wake()
  }

  private frame(apdu: Buffer): void {
    const control = apdu[2] as number
    if ((control & 1) === 0) {
      this.iFrames++
      this.receiveNumber = (((control >> 1) | ((apdu[3] as number) << 7)) + 1) & 0x7fff
      this.owe()
    } else if (control === functions["TESTFR act"] && this.answersTests) this.u("TESTFR con")
    else if (control === functions["TESTFR con"]) this.tests++
    const answer = control === functions["STARTDT con"] || control === functions["STOPDT con"]
    if (this.options.keep !== false || answer) this.frames.push(Uint8Array.from(apdu))
    this.options.onFrame?.(apdu)
  }

  private owe(): void {
    const { acknowledge = 8 } = this.options
    this.unacknowledged++
    if (acknowledge === "never") return
    if (this.unacknowledged >= acknowledge) return this.acknowledge()
    this.timer ??= setTimeout(() => {
      this.timer = null
      if (this.unacknowledged > 0 && this.ending === null) this.acknowledge()
    }, ACKNOWLEDGE_AFTER_MS)
  }

  private wake(): void {
    const { waiters } = this
    this.waiters = []
    for (const wake of waiters) wake()
  }

  /** The next frame that matches, behind the last one that was asked for. Rejects when none comes or the connection ends. */
  async next(match: Match, withinMs: number = WAIT_MS): Promise<Fields.AsduFields> {
    const untilMs = performance.now() + withinMs
    for (;;) {
      while (this.cursor < this.frames.length) {
        const frame = decoded(this.frames[this.cursor++] as Uint8Array)
        if (matches(match, frame)) return frame as Fields.AsduFields
      }
      const leftMs = untilMs - performance.now()
      if (this.ending !== null || leftMs <= 0) throw new Error(this.missing(match))
      await this.change(leftMs)
    }
  }

  private missing(match: Match): string {
    const what = typeof match === "function" ? "the frame waited for" : JSON.stringify(match)
    const came = this.frames.slice(-20).map((apdu) => shown(decoded(apdu)))
    return `${what} did not come${this.ending === null ? "" : `, the connection ended (${this.ending})`}; the last frames: ${came.join(" | ")}`
  }

  private change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs)
      this.waiters.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Waits until a condition on this client holds. */
  async until(condition: () => boolean, withinMs: number = WAIT_MS): Promise<void> {
    const untilMs = performance.now() + withinMs
    while (!condition()) {
      const leftMs = untilMs - performance.now()
      if (this.ending !== null || leftMs <= 0)
        throw new Error(`the condition did not come true (${this.ending ?? "connected"}, ${this.iFrames} I frames)`)
      await this.change(leftMs)
    }
  }

  /** All ASDUs received so far that match. */
  asdus(match: Match = () => true): readonly Fields.AsduFields[] {
    return this.frames
      .map(decoded)
      .filter(isAsdu)
      .filter((frame) => matches(match, frame))
  }

  /** Everything received so far, a line a frame. */
  get transcript(): readonly string[] {
    return this.frames.map((apdu) => shown(decoded(apdu)))
  }

  // ---- ending ----

  /** Stops reading: the receive window of the socket fills up. */
  stopReading(): void {
    this.socket.pause()
  }

  halfClose(): void {
    this.socket.end()
  }

  reset(): void {
    this.socket.resetAndDestroy()
  }

  close(): void {
    this.socket.destroy()
  }
}
