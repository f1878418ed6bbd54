// The clock that tags events: this machine's, or the one that clients set (60870-5-5 6.7). It never touches the timers
// of the protocol.
import * as Time from "../core/asdu/Time.ts"
import type { Options } from "./Options.ts"

export class TagClock {
  /** IV for the first word of a time tag while the clock is not synchronised, else 0. */
  flags: number
  /** The present time in ms since 1970 UTC. */
  readonly nowMs: () => number
  private readonly options: Options
  private offsetMs = 0
  private untilMs = Number.POSITIVE_INFINITY

  constructor(options: Options) {
    this.options = options
    const clients = options.clockSource === "c_cs"
    this.nowMs = clients ? () => this.clientsMs() : options.clock.wallMs
    this.flags = clients ? Time.INVALID : 0
  }

  /** By the clock that clients set, which is valid for a time. */
  private clientsMs(): number {
    const nowMs = this.options.clock.wallMs() + this.offsetMs
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
    this.offsetMs = utcMs - this.options.clock.wallMs()
    this.flags = 0
    this.untilMs = clockValidMs === 0 ? Number.POSITIVE_INFINITY : utcMs + clockValidMs
  }
}
