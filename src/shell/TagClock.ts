// The clock that tags events: this machine's, or the one that clients set (60870-5-5 6.7). It never touches the timers
// of the protocol.
import * as Time from "../core/asdu/Time.ts"
import type { Options } from "./Options.ts"

export class TagClock {
  /** IV for the first word of a time tag while the clock is not synchronised, else 0. */
  flags: number
  private readonly options: Options
  private readonly wallMs: () => number
  /** Whether it is this machine's clock. */
  private readonly own: boolean
  private offsetMs = 0
  private untilMs = Number.POSITIVE_INFINITY

  constructor(options: Options) {
    this.options = options
    this.wallMs = options.clock.wallMs
    this.own = options.clockSource !== "c_cs"
    this.flags = options.clockSource === "c_cs" ? Time.INVALID : 0
  }

  /** The present time in ms since 1970 UTC. */
  nowMs(): number {
    const wallMs = this.wallMs()
    return this.own ? wallMs : this.clientsMs(wallMs)
  }

  /** By the clock that clients set, which is valid for a time. */
  private clientsMs(wallMs: number): number {
    const nowMs = wallMs + this.offsetMs
    if (nowMs >= this.untilMs) {
      this.untilMs = Number.POSITIVE_INFINITY
      this.flags = Time.INVALID
    }
    return nowMs
  }

  /** Whether time tags are valid: always with this machine's clock, with the clients' once it was set. */
  get isSynchronised(): boolean {
    return this.flags === 0
  }

  /** A client has set the clock: with `clockSource` "c_cs" it counts from now on, as long as it is valid. */
  synchronise(utcMs: number): void {
    const { clockSource, clockValidMs } = this.options
    if (clockSource !== "c_cs") return
    this.offsetMs = utcMs - this.wallMs()
    this.flags = 0
    this.untilMs = clockValidMs === 0 ? Number.POSITIVE_INFINITY : utcMs + clockValidMs
  }
}
