// One direction of a virtual connection: octets go in, and come out in order, late, in other pieces, or not at all. What waits
// in it is bounded by whoever writes: it says how much has not been taken.

import type { Agenda } from "./Agenda.ts"
import type { Chance } from "./Chance.ts"
import { joined } from "./Codec.ts"

/** How octets travel. */
export interface Way {
  readonly latencyMs: number
  readonly jitterMs: number
  /** How often of 1000 a delivery is cut, and what is cut off comes later. */
  readonly cuts: number
  /** How often of 1000 octets wait for those behind them, to come in one piece. */
  readonly merges: number
}

/** As fast as anything in whole ms. */
export const QUICK: Way = { latencyMs: 1, jitterMs: 0, cuts: 0, merges: 0 }

export class Pipe {
  /** Octets that were written and have not been taken. */
  waits = 0
  /** Nothing comes out before. */
  private standsUntilMs = 0
  private lastMs = 0
  private closed = false
  private parts: { readonly atMs: number; readonly octets: Uint8Array }[] = []
  private isPlanned = false
  private readonly agenda: Agenda
  private readonly chance: Chance
  private way: Way
  private readonly arrived: (octets: Uint8Array) => void
  /** The end of the stream travels behind the octets. */
  private ends: (() => void) | null = null

  constructor(agenda: Agenda, chance: Chance, way: Way, arrived: (octets: Uint8Array) => void) {
    this.agenda = agenda
    this.chance = chance
    this.way = way
    this.arrived = arrived
  }

  write(octets: Uint8Array): void {
    if (this.closed || this.ends !== null || octets.length === 0) return
    const { latencyMs, jitterMs, merges } = this.way
    let atMs = this.agenda.nowMs + latencyMs + (jitterMs === 0 ? 0 : this.chance.below(jitterMs + 1))
    if (merges > 0 && this.chance.in1000(merges)) atMs += 40
    this.lastMs = atMs > this.lastMs ? atMs : this.lastMs
    this.parts.push({ atMs: this.lastMs, octets })
    this.waits += octets.length
    this.plan()
  }

  /** No octets follow. */
  end(ended: () => void): void {
    if (this.closed || this.ends !== null) return
    this.ends = ended
    this.plan()
  }

  /** Nothing comes out for some time: a partition, or a reader that does not read. */
  stand(forMs: number): void {
    const untilMs = this.agenda.nowMs + forMs
    if (untilMs > this.standsUntilMs) this.standsUntilMs = untilMs
  }

  /** Everything goes on at once, and quickly from now on. */
  heal(): void {
    this.way = QUICK
    this.standsUntilMs = 0
    this.isPlanned = false
    this.plan()
  }

  /** What is under way is lost, and nothing comes out any more. */
  cut(): void {
    this.closed = true
    this.parts = []
    this.waits = 0
  }

  private plan(): void {
    if (this.isPlanned || this.closed || (this.parts.length === 0 && this.ends === null)) return
    this.isPlanned = true
    const dueMs = this.parts[0]?.atMs ?? this.agenda.nowMs
    this.agenda.at(dueMs > this.standsUntilMs ? dueMs : this.standsUntilMs, this.deliver)
  }

  private readonly deliver = (): void => {
    const { nowMs } = this.agenda
    this.isPlanned = false
    if (this.closed) return
    if (this.standsUntilMs > nowMs) return this.plan()
    let count = 0
    while (count < this.parts.length && (this.parts[count]?.atMs ?? 0) <= nowMs) count++
    if (count > 0) {
      const due = this.parts.slice(0, count).map(({ octets }) => octets)
      let octets = due.length === 1 ? (due[0] as Uint8Array) : joined(due)
      this.parts = this.parts.slice(count)
      if (octets.length > 1 && this.chance.in1000(this.way.cuts)) {
        const at = 1 + this.chance.below(octets.length - 1)
        this.parts.unshift({ atMs: nowMs + this.chance.below(30), octets: octets.slice(at) })
        octets = octets.slice(0, at)
      }
      this.waits -= octets.length
      this.arrived(octets)
    }
    if (this.parts.length === 0 && this.ends !== null && !this.closed) {
      const { ends } = this
      this.cut()
      return ends()
    }
    this.plan()
  }
}
