// Time zones of time tags: what local time is ahead of UTC, and whether it is summer time (SU). What is in force holds
// until a zone changes its clocks, so it is looked up seldom.

import type { Zone } from "../core/image/Block.ts"
import * as Image from "../core/image/Image.ts"
import * as History from "./ZoneHistory.ts"

/** A zone by its IANA name. */
export class NamedZone implements Zone {
  offsetMs = 0
  summer = false
  taggedMs = Number.NaN
  tagLow = 0
  tagHigh = 0
  readonly name: string
  private fromMs = Number.POSITIVE_INFINITY
  private untilMs = Number.NEGATIVE_INFINITY
  private readonly history: History.ZoneHistory

  /** Throws {@link InvalidArgument} for a name that the runtime does not know. */
  constructor(name: string) {
    this.name = name
    this.history = History.of(name)
  }

  /** Makes offset and flag those of an instant. */
  settle(epochMs: number): void {
    if (epochMs < this.untilMs && epochMs >= this.fromMs) return
    const { fromMs, untilMs, offsetMs, summer } = this.history.at(epochMs)
    this.fromMs = fromMs
    this.untilMs = untilMs
    this.offsetMs = offsetMs
    this.summer = summer
  }

  spanAt(epochMs: number): { readonly offsetMs: number; readonly untilMs: number } {
    const span = this.history.at(epochMs)
    // Behind the last time that tags can say nothing changes any more.
    return span.untilMs > epochMs ? span : { offsetMs: span.offsetMs, untilMs: Number.POSITIVE_INFINITY }
  }

  instant(localMs: number, summer: boolean, strict: boolean): number {
    return Number.isNaN(localMs) ? Number.NaN : this.history.instant(localMs, summer, strict)
  }

  knows(localMs: number): boolean {
    return Number.isNaN(localMs) || this.history.knows(localMs)
  }
}

/** The zone of a name; null and "UTC" are coordinated universal time. */
export const make = (name: string | null): Zone => (name === null || name === "UTC" ? Image.utc() : new NamedZone(name))
