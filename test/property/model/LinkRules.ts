// What the link of a connection has to keep to (60870-5-104 5), as a client sees it that gets all octets at the moment in which
// they are sent: numbers, windows and the times t1, t2 and t3.
import type { Times } from "./Timed.ts"

const MODULUS = 32_768

/** Why a server ends a connection by itself, and what a client has to have done for it. */
const FAULTS: ReadonlySet<string> = new Set([
  "BAD_START",
  "BAD_LENGTH",
  "BAD_CONTROL_FIELD",
  "SEQUENCE_NS",
  "SEQUENCE_NR",
  "DATA_IN_STOPPED",
  "MALFORMED_ASDU"
])

const distance = (from: number, to: number): number => (to - from + MODULUS) % MODULUS
const sequence = (apdu: Uint8Array, at: number): number => ((apdu[at] as number) >> 1) | ((apdu[at + 1] as number) << 7)

export class LinkRules {
  readonly problems: string[] = []
  private readonly times: Times
  k: number
  private readonly w: number
  /** When I frames came that the client has not acknowledged, and when it sent those that the server has not. */
  private readonly came: number[] = []
  private readonly sent: number[] = []
  /** N(S) of the oldest of them, or of the next. */
  private cameFrom: number
  private sentFrom: number
  private started = false
  /** When the client sent anything last. */
  private spokeMs: number
  /** When TESTFR act came that was not confirmed. */
  private testedMs = Number.POSITIVE_INFINITY
  /** What happens by time may come late. */
  private late = false
  private closedMs = Number.POSITIVE_INFINITY
  /** Whether times are seen as they are: nothing was kept from the client, and the server did not stand still. */
  exact = true
  /** The client has gone, or said what ends the connection; or the application has ended it. */
  gone = false

  constructor(times: Times, k: number, w: number, nowMs: number) {
    this.times = times
    this.k = k
    this.w = w
    this.cameFrom = times.first
    this.sentFrom = times.first
    this.spokeMs = nowMs
  }

  /** Whether all that it saw, it saw when it happened. */
  get isExact(): boolean {
    return this.exact && !this.late
  }

  private problem(what: string): void {
    if (this.problems.length < 5) this.problems.push(what)
  }

  /** The client sends a frame. */
  sends(apdu: Uint8Array, nowMs: number): void {
    this.spokeMs = nowMs
    const control = apdu[2] as number
    if (control === 0x83) this.testedMs = Number.POSITIVE_INFINITY
    if ((control & 3) === 3) return
    if ((control & 1) === 0) this.sent.push(nowMs)
    const acknowledged = distance(this.cameFrom, sequence(apdu, 4))
    this.came.splice(0, acknowledged)
    this.cameFrom = (this.cameFrom + acknowledged) % MODULUS
  }

  /** A frame comes. */
  comes(apdu: Uint8Array, nowMs: number): void {
    if (this.exact && nowMs > this.closedMs) this.problem(`a frame came at ${nowMs}, closed at ${this.closedMs}`)
    const control = apdu[2] as number
    if (control === 0x0b) this.started = true
    if (control === 0x23) this.started = false
    if (control === 0x43) {
      if (this.isExact && nowMs > this.spokeMs + this.times.t3S * 1000)
        this.problem(`t3: a test at ${nowMs}, silent since ${this.spokeMs}`)
      this.testedMs = nowMs
    }
    if ((control & 3) === 3) return
    if (!this.started) this.problem(`a frame of data came while data transfer was stopped, at ${nowMs}`)
    const acknowledged = distance(this.sentFrom, sequence(apdu, 4))
    if (acknowledged > this.sent.length) return this.problem("what was never sent was acknowledged")
    const [sent = Number.POSITIVE_INFINITY] = this.sent.splice(0, acknowledged)
    if (this.isExact && nowMs > sent + this.times.t2S * 1000) this.problem(`t2: at ${nowMs} what came at ${sent}`)
    this.sentFrom = (this.sentFrom + acknowledged) % MODULUS
    if ((control & 1) !== 0) return
    this.came.push(nowMs)
    if (this.came.length > this.k) this.problem(`${this.came.length} frames in flight, k is ${this.k}`)
  }

  /** The server is about to stand still: what it does about times comes late, but what was said before counts. */
  stood(): void {
    this.late = true
  }

  /** All has happened that happens by itself until now. */
  rests(nowMs: number): void {
    if (!this.isExact || this.gone || nowMs > this.closedMs) return
    const { t1S, t2S, t3S } = this.times
    const [came = Number.POSITIVE_INFINITY] = this.came
    const [sent = Number.POSITIVE_INFINITY] = this.sent
    if (this.closedMs === nowMs) return
    if (nowMs >= came + t1S * 1000) this.problem(`t1: open at ${nowMs}, unacknowledged since ${came}`)
    if (nowMs >= sent + t2S * 1000) this.problem(`t2: at ${nowMs} what came at ${sent} is not acknowledged`)
    if (this.sent.length >= this.w) this.problem(`w: ${this.sent.length} frames are not acknowledged at ${nowMs}`)
    if (nowMs >= this.spokeMs + t3S * 1000 && !Number.isFinite(this.testedMs))
      this.problem(`t3: no test at ${nowMs}, silent since ${this.spokeMs}`)
  }

  /** The server says that it has ended the connection. */
  closed(reason: string, nowMs: number): void {
    this.closedMs = nowMs
    if (this.gone) return
    const t1Ms = this.times.t1S * 1000
    const [came = Number.POSITIVE_INFINITY] = this.came
    if (reason === "T1_IFRAME" && this.exact && came + t1Ms > nowMs)
      this.problem(`closed by t1 at ${nowMs}, unacknowledged since ${came}`)
    if (reason === "T1_TESTFR" && this.exact && this.testedMs + t1Ms > nowMs)
      this.problem(`closed by t1 at ${nowMs}, test unconfirmed since ${this.testedMs}`)
    if (this.isExact && nowMs > Math.min(came, this.testedMs) + t1Ms)
      this.problem(`t1: closed at ${nowMs}, unacknowledged since ${came}, untested since ${this.testedMs}`)
    if (FAULTS.has(reason)) this.problem(`closed for ${reason}`)
    if (reason === "PEER_CLOSED" || reason === "TRANSPORT") this.problem(`${reason}, and its client has not gone`)
  }
}
