// A controlling station of the model: it collects what it has to say, sends it in one segment or cut, and acknowledges as it is told.
import { cutAt } from "../../support/Segments.ts"
import type { Ground, Hearing, Wire } from "./Ground.ts"
import { LinkRules } from "./LinkRules.ts"
import { hexOf, objectsOf, type Told } from "./Octets.ts"
import type { Times } from "./Timed.ts"

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

/** The server that a client connects to. */
export interface Reached {
  readonly ground: Ground
  readonly port: number
  readonly trace: string[]
  readonly times: Times | null
  readonly k: number
  readonly w: number
}

export class Client {
  readonly told: (Told & { readonly atMs: number })[] = []
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
  /** It takes nothing of what comes, or acknowledges nothing by itself. */
  slow = false
  mute = false
  wasMute = false
  /** What its link has to keep to, where times are known. */
  readonly rules: LinkRules | null
  /** When it has said what it asks for. */
  readonly saidMs = new Map<Request, number>()
  private readonly first: number
  private acked = 0
  private ns = 0
  private asks: Request[] = []
  /** It is writing segments. */
  private saying = false
  private out: Uint8Array[] = []
  private rest: Uint8Array = new Uint8Array()
  private readonly ground: Ground
  private readonly wire: Wire
  private readonly trace: string[]
  readonly port: number

  private constructor(to: Reached, wire: Wire) {
    const { ground, trace, times } = to
    this.ground = ground
    this.trace = trace
    this.first = times?.first ?? 0
    this.ns = this.first
    this.rules = times === null ? null : new LinkRules(times, to.k, to.w, ground.nowMs())
    this.wire = wire
    this.port = wire.port
  }

  static async connect(to: Reached): Promise<Client | null> {
    let made: Client | null = null
    const wire = await to.ground.connect(to.port, (wire) => {
      made = new Client(to, wire)
      return made.hearing
    })
    return wire === null ? null : made
  }

  private get hearing(): Hearing {
    return {
      data: (chunk) => this.take(chunk),
      end: () => this.wire.end(),
      close: () => {
        this.trace.push(`${this.ground.nowMs()} ${this.port} closed`)
        this.ended = true
        this.left = true
      }
    }
  }

  private take(chunk: Uint8Array): void {
    this.trace.push(`${this.ground.nowMs()} ${this.port} ${hexOf(chunk)}`)
    const all = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    let at = 0
    while (at + 2 <= all.length && at + 2 + (all[at + 1] as number) <= all.length) {
      const end = at + 2 + (all[at + 1] as number)
      this.frame(Uint8Array.from(all.subarray(at, end)))
      at = end
    }
    this.rest = Uint8Array.from(all.subarray(at))
  }

  private frame(apdu: Uint8Array): void {
    const control = apdu[2] as number
    const atMs = this.ground.nowMs()
    this.rules?.comes(apdu, atMs)
    if ((control & 1) === 0) {
      const ns = (control >> 1) | ((apdu[3] as number) << 7)
      if (ns !== ((this.first + this.iFrames) & 0x7fff)) this.wrong ??= `N(S) ${ns} came as frame ${this.iFrames}`
      this.iFrames++
      try {
        for (const one of objectsOf(apdu)) this.told.push({ ...one, atMs })
      } catch (cause) {
        this.wrong ??= String(cause)
      }
    } else if ((control & 3) === 3) {
      this.confirmed[control] = (this.confirmed[control] ?? 0) + 1
      if (control === U.testfr) this.confirmTest()
    }
  }

  private write(octets: Uint8Array): void {
    if (!this.ended) this.wire.write(octets)
  }

  /** At once, unless a part of a frame has just been said. */
  private confirmTest(): void {
    this.out.push(Uint8Array.of(0x68, 4, 0x83, 0, 0, 0))
    if (this.saying) return
    const own = this.out.splice(-1)
    for (const frame of own) {
      this.rules?.sends(frame, this.ground.nowMs())
      this.write(frame)
    }
  }

  // ---- what it has to say ----

  u(control: number): void {
    this.out.push(Uint8Array.of(0x68, 4, control, 0, 0, 0))
  }

  bad(): void {
    this.leaves()
    this.out.push(Uint8Array.of(0x68, 4, 3, 0, 0, 0))
  }

  ask(request: Request): void {
    const { type, cause, ca, ioa, oa, element, test } = request
    this.sent.push(request)
    this.asks.push(request)
    const body = [type, 1, cause | (test ? 0x80 : 0), oa, ca & 0xff, ca >> 8, ioa & 0xff, ioa >> 8, 0, ...element]
    const { nr, ns } = this
    const control = [(ns << 1) & 0xff, ns >> 7, (nr << 1) & 0xff, nr >> 7]
    this.ns = (ns + 1) & 0x7fff
    this.out.push(Uint8Array.from([0x68, 4 + body.length, ...control, ...body]))
  }

  /** Acknowledges so many of the frames that came; what is still to be said counts with it. */
  acknowledge(most: number): void {
    if (this.acked >= this.iFrames) return
    this.acked = Math.min(this.iFrames, this.acked + most)
    const { nr } = this
    this.out.push(Uint8Array.of(0x68, 4, 1, 0, (nr << 1) & 0xff, nr >> 7))
  }

  /** N(R): what it expects next of what it has acknowledged. */
  private get nr(): number {
    return (this.first + this.acked) & 0x7fff
  }

  /** Whether it keeps back what it has to say. */
  get isHeld(): boolean {
    return this.out.length > 0
  }

  get hasToAcknowledge(): boolean {
    return this.acked < this.iFrames
  }

  /** Says it all, cut at these places. */
  async say(places: readonly number[]): Promise<void> {
    while (this.out.length > 0 && !this.saying) {
      const { out } = this
      this.out = []
      for (const frame of out) this.rules?.sends(frame, this.ground.nowMs())
      for (const request of this.asks.splice(0)) this.saidMs.set(request, this.ground.nowMs())
      this.saying = true
      for (const segment of cutAt(Buffer.concat(out), places)) {
        this.write(segment)
        if (places.length > 0) await this.ground.turn()
      }
      this.saying = false
    }
  }

  /** Sends TESTFR act and waits until it is confirmed, or the connection ends. */
  async test(): Promise<void> {
    if (this.ended) return
    const before = this.confirmed[0x83] ?? 0
    this.u(U.testfr)
    await this.say([])
    await this.ground.until(() => (this.confirmed[0x83] ?? 0) > before || this.ended, 5000)
  }

  reset(): void {
    this.goes()
    this.wire.reset()
  }

  close(): void {
    this.goes()
    this.wire.cut()
  }

  /** Nothing is heard any more; that it was closed is not always told. */
  private goes(): void {
    this.leaves()
    this.ended = true
  }

  /** Its connection is going to end, and who knows that. */
  leaves(): void {
    this.left = true
    if (this.rules !== null) this.rules.gone = true
  }
}
