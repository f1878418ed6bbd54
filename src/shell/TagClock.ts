// The clock that tags events: this machine's, or the one that clients set (60870-5-5 6.7). It never touches the timers
// of the protocol, and once clients have set it, it runs on the monotonic clock: who sets the machine's does not move it.
import * as Time from "../core/wire/Time.ts"
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
  /** How often clients have said what time it is, and which of these times it was set by. */
  private lastTold = 0
  private setBy = 0

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

  /**
   * A client says what time it is, in a frame that came at `arrivedMs` of the monotonic clock: with `clockSource` "c_cs" the
   * result sets the clock by that, however late it is called, unless one that came later has set it meanwhile.
   */
  told(utcMs: number, arrivedMs: number): () => void {
    const number = ++this.lastTold
    return () => {
      const { clockSource, clockValidMs } = this.options
      if (clockSource !== "c_cs" || number < this.setBy) return
      this.setBy = number
      this.aheadMs = utcMs - arrivedMs
      this.unset = 0
      this.untilMs = clockValidMs === 0 ? Number.POSITIVE_INFINITY : arrivedMs + clockValidMs
    }
  }
}
