// The clock that tags events, read: what it says now, by this machine's clocks. What it is stands in the core.
import * as Clock from "../core/system/TagClock.ts"
import type { Options } from "./Options.ts"

export class TagClock {
  /** The present time in ms since 1970 UTC. */
  readonly nowMs: () => number
  private readonly options: Options
  private readonly station: { tagClock: Clock.TagClock }

  constructor(options: Options, station: { tagClock: Clock.TagClock }) {
    this.options = options
    this.station = station
    const { byClients } = station.tagClock
    const { clock } = options
    // Who is not set by clients says what this machine says, and is asked for every event.
    this.nowMs = byClients ? () => Clock.readMs(station.tagClock, clock.monotonicMs(), clock.wallMs()) : clock.wallMs
  }

  /** IV for the first word of a time tag while the clock is not synchronised, else 0. */
  get flags(): number {
    // Most are valid for ever, and need not be asked what time it is.
    return this.station.tagClock.untilMs === Number.POSITIVE_INFINITY
      ? 0
      : Clock.flags(this.station.tagClock, this.options.clock.monotonicMs())
  }

  /** Whether time tags are valid. */
  get isSynchronised(): boolean {
    return this.flags === 0
  }
}
