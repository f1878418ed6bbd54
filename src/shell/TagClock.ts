// The clock that tags events: this machine's, or the one that clients set (60870-5-5 6.7). It never touches the timers
// of the protocol, and once clients have set it, it runs on the monotonic clock: who sets the machine's does not move it.
import * as Time from "../core/asdu/Time.ts"
import type { Options } from "./Options.ts"

export class TagClock {
  /** The present time in ms since 1970 UTC. */
  readonly nowMs: () => number
  private readonly options: Options
  private unset: number
  /** What the clock that clients set is ahead of the monotonic one; null until they did. */
  private aheadMs: number | null = null
  /** Until when it is valid, by the monotonic clock. */
  private untilMs = Number.POSITIVE_INFINITY

  constructor(options: Options) {
    this.options = options
    const clients = options.clockSource === "c_cs"
    this.nowMs = clients ? () => this.clientsMs() : options.clock.wallMs
    this.unset = clients ? Time.INVALID : 0
  }

  /** IV for the first word of a time tag while the clock is not synchronised, else 0. */
  get flags(): number {
    if (this.untilMs !== Number.POSITIVE_INFINITY && this.options.clock.monotonicMs() >= this.untilMs) {
      this.untilMs = Number.POSITIVE_INFINITY
      this.unset = Time.INVALID
    }
    return this.unset
  }

  /** By the clock that clients set, which is valid for a time; by this machine's until they did. */
  private clientsMs(): number {
    const { clock } = this.options
    return this.aheadMs === null ? clock.wallMs() : clock.monotonicMs() + this.aheadMs
  }

  /** Whether time tags are valid: always with this machine's clock, with the clients' as long as what they set is. */
  get isSynchronised(): boolean {
    return this.flags === 0
  }

  /** A client has set the clock: with `clockSource` "c_cs" it counts from now on, as long as it is valid. */
  synchronise(utcMs: number): void {
    const { clock, clockSource, clockValidMs } = this.options
    if (clockSource !== "c_cs") return
    const runMs = clock.monotonicMs()
    this.aheadMs = utcMs - runMs
    this.unset = 0
    this.untilMs = clockValidMs === 0 ? Number.POSITIVE_INFINITY : runMs + clockValidMs
  }
}
