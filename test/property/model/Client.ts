// A controlling station of the model: it collects what it has to say, sends it in one segment or cut, and acknowledges as it is told.
import * as Net from "node:net"
import { cutAt } from "../../support/Segments.ts"
import { objectsOf, type Told } from "./Octets.ts"

export const U = { startdt: 0x07, stopdt: 0x13, testfr: 0x43 } as const

/** A request that has one answer or several. */
export interface Request {
  readonly oa: number
  readonly type: number
  readonly cause: number
  readonly ca: number
  readonly ioa: number
  readonly element: readonly number[]
  readonly test: boolean
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export class Client {
  readonly told: Told[] = []
  /** What was sent while data transfer was, or was about to be, started. */
  readonly sent: Request[] = []
  /** Confirmations of U frames by their control octet. */
  readonly confirmed: Record<number, number> = {}
  iFrames = 0
  ended = false
  /** What was found wrong at once. */
  wrong: string | null = null
  /** Whether it has begun to end, by whomever: what it asked for may be unanswered. */
  left = false
  started = false
  private acked = 0
  private ns = 0
  private out: Uint8Array[] = []
  private rest: Uint8Array = new Uint8Array()
  private wakers: (() => void)[] = []
  readonly socket: Net.Socket
  readonly port: number

  private constructor(socket: Net.Socket) {
    this.socket = socket
    this.port = socket.localPort as number
    socket.on("data", (chunk) => this.take(chunk))
    socket.on("error", () => {})
    socket.on("end", () => socket.end())
    socket.on("close", () => {
      this.ended = true
      this.left = true
      this.wake()
    })
  }

  static connect(port: number): Promise<Client | null> {
    return new Promise((resolve) => {
      const socket = Net.connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true })
      socket.once("connect", () => resolve(new Client(socket)))
      socket.once("error", () => resolve(null))
    })
  }

  private take(chunk: Uint8Array): void {
    const all = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    let at = 0
    while (at + 2 <= all.length && at + 2 + (all[at + 1] as number) <= all.length) {
      const end = at + 2 + (all[at + 1] as number)
      this.frame(Uint8Array.from(all.subarray(at, end)))
      at = end
    }
    this.rest = Uint8Array.from(all.subarray(at))
    this.wake()
  }

  private frame(apdu: Uint8Array): void {
    const control = apdu[2] as number
    if ((control & 1) === 0) {
      const ns = (control >> 1) | ((apdu[3] as number) << 7)
      if (ns !== (this.iFrames & 0x7fff)) this.wrong ??= `N(S) ${ns} came as frame ${this.iFrames}`
      this.iFrames++
      try {
        this.told.push(...objectsOf(apdu))
      } catch (cause) {
        this.wrong ??= String(cause)
      }
    } else if ((control & 3) === 3) {
      this.confirmed[control] = (this.confirmed[control] ?? 0) + 1
      if (control === U.testfr) this.write(Uint8Array.of(0x68, 4, 0x83, 0, 0, 0))
    }
  }

  private wake(): void {
    const { wakers } = this
    this.wakers = []
    for (const wake of wakers) wake()
  }

  private write(octets: Uint8Array): void {
    if (!this.ended && !this.socket.writableEnded) this.socket.write(octets)
  }

  // ---- what it has to say ----

  u(control: number): void {
    this.out.push(Uint8Array.of(0x68, 4, control, 0, 0, 0))
  }

  bad(): void {
    this.left = true
    this.out.push(Uint8Array.of(0x68, 4, 3, 0, 0, 0))
  }

  ask(request: Request): void {
    const { type, cause, ca, ioa, oa, element, test } = request
    this.sent.push(request)
    const body = [type, 1, cause | (test ? 0x80 : 0), oa, ca & 0xff, ca >> 8, ioa & 0xff, ioa >> 8, 0, ...element]
    const nr = this.acked
    const control = [(this.ns << 1) & 0xff, this.ns >> 7, (nr << 1) & 0xff, nr >> 7]
    this.ns++
    this.out.push(Uint8Array.from([0x68, 4 + body.length, ...control, ...body]))
  }

  /** Acknowledges so many of the frames that came; what is still to be said counts with it. */
  acknowledge(most: number): void {
    if (this.acked >= this.iFrames) return
    this.acked = Math.min(this.iFrames, this.acked + most)
    const nr = this.acked
    this.out.push(Uint8Array.of(0x68, 4, 1, 0, (nr << 1) & 0xff, nr >> 7))
  }

  get hasToSay(): boolean {
    return this.out.length > 0
  }

  /** Says it all, cut at these places. */
  async say(places: readonly number[]): Promise<void> {
    if (this.out.length === 0) return
    const octets = Buffer.concat(this.out)
    this.out = []
    for (const segment of cutAt(octets, places)) {
      this.write(segment)
      if (places.length > 0) await turn()
    }
  }

  /** Sends TESTFR act and waits until it is confirmed, or the connection ends. */
  async test(): Promise<void> {
    if (this.ended) return
    const before = this.confirmed[0x83] ?? 0
    this.u(U.testfr)
    await this.say([])
    await this.until(() => (this.confirmed[0x83] ?? 0) > before)
  }

  async until(holds: () => boolean, withinMs = 5000): Promise<boolean> {
    const untilMs = performance.now() + withinMs
    while (!holds() && !this.ended) {
      const leftMs = untilMs - performance.now()
      if (leftMs <= 0) return false
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.wakers.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return holds()
  }

  reset(): void {
    this.goes()
    // Node leaves a socket behind that is reset while it is being shut.
    if (this.socket.writableEnded) this.socket.destroy()
    else this.socket.resetAndDestroy()
  }

  close(): void {
    this.goes()
    this.socket.destroy()
  }

  /** Nothing is heard any more; that it was closed is not always told. */
  private goes(): void {
    this.left = true
    this.ended = true
    this.socket.removeAllListeners("data")
    this.wake()
  }
}
