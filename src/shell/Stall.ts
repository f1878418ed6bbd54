// Whether this process stood still, as this server sees it: the pulse, and the turns of the event loop. What follows from them
// is decided by a table of the core. By a virtual clock nothing stands still.
import * as Core from "../core/station/Stall.ts"
import type { Clock } from "./Clock.ts"
import type { EventLoop, Real } from "./EventLoop.ts"
import type { Reader } from "./Reading.ts"
import type { Turns } from "./Turns.ts"

/** A connection whose input may have waited. */
interface Connected {
  readonly number: number
  readonly reader: Reader | null
}

export class Stall {
  private readonly connections: ReadonlySet<Connected>
  /** How long a stall is, in ms. */
  private readonly limitMs: () => number
  private readonly clock: Clock
  private readonly turns: Turns
  /** By what it is seen; null: nothing stands still. */
  private readonly real: Real | null
  /** Where the table stands. */
  private readonly station: { stall: Core.Stall }
  /** Those whose input waited, by session. */
  private readonly stale = new Map<number, Connected>()
  private endPulse: (() => void) | null = null
  private freshening = false

  constructor(
    station: { stall: Core.Stall },
    connections: ReadonlySet<Connected>,
    limitMs: () => number,
    clock: Clock,
    loop: EventLoop
  ) {
    this.station = station
    this.connections = connections
    this.limitMs = limitMs
    this.clock = clock
    this.turns = loop.turns
    this.real = loop.real
  }

  /** Whether anybody may connect. */
  listens(listening: boolean): void {
    this.station.stall = Core.listens(this.station.stall, listening)
    if (listening) this.begin()
    else this.rest()
  }

  /**
   * A connection was taken from the system just now, or is known to be a client's. The result tells at any time whether what
   * came on it until then may have waited: with the system or here while this process stood still, or as long here.
   */
  accepted(): () => boolean {
    const { real } = this
    if (real === null) return () => false
    this.look()
    const { stall, taken } = Core.take(this.station.stall, real.nowMs())
    this.station.stall = stall
    return () => {
      this.look()
      return Core.hasWaited(this.station.stall, taken, real.nowMs(), this.limitMs())
    }
  }

  /** A session on a connection that had waited: so had what it says first. */
  waited(connection: Connected): void {
    this.station.stall = Core.waited(this.station.stall, connection.number)
    this.stale.set(connection.number, connection)
    this.freshen()
  }

  /** Somebody is connected. */
  begin(): void {
    const { real } = this
    if (this.endPulse !== null || real === null) return
    this.station.stall = Core.begin(this.station.stall, this.now(real))
    this.endPulse = real.pulse(Core.PULSE_MS, () => this.pulse(real))
  }

  /** Somebody is not connected any more. */
  end({ number }: Connected): void {
    this.station.stall = Core.ended(this.station.stall, number)
    this.stale.delete(number)
    this.rest()
  }

  private rest(): void {
    if (this.station.stall.isListening || this.connections.size > 0) return
    this.endPulse?.()
    this.endPulse = null
  }

  private now(real: Real): Core.Now {
    return { aliveMs: real.nowMs(), clockMs: this.clock.monotonicMs(), limitMs: this.limitMs() }
  }

  /**
   * Whether what was read of a connection just now, at this time of the clock, may have waited while this process stood still.
   * That it did not is mostly seen at a glance.
   */
  isOld({ number }: Connected, nowMs: number): boolean {
    if (this.station.stall.stale === null && !Core.isPulseLate(this.station.stall, nowMs)) return false
    this.look()
    return Core.isStale(this.station.stall, number)
  }

  /** How often this process was seen to stand still. */
  get stalls(): number {
    return this.station.stall.seen
  }

  /** Whether it was seen to more often than so, at this time of the clock. That it was not is mostly seen at a glance. */
  stoodSince(stalls: number, nowMs: number): boolean {
    if (Core.isPulseLate(this.station.stall, nowMs)) this.look()
    return this.station.stall.seen > stalls
  }

  private look(): void {
    const { real } = this
    if (real !== null && Core.isOverdue(this.station.stall, real.nowMs(), this.limitMs())) this.pulse(real)
  }

  private pulse(real: Real): void {
    const { seen } = this.station.stall
    this.station.stall = Core.pulse(this.station.stall, this.now(real), this.connections)
    if (this.station.stall.seen === seen) return
    for (const connection of this.connections) this.stale.set(connection.number, connection)
    this.freshen()
  }

  private freshen(): void {
    if (this.freshening) return
    this.freshening = true
    this.clock.afterInput(() => {
      this.freshening = false
      const isBehind = (session: number): boolean => this.stale.get(session)?.reader?.isBehind === true
      this.station.stall = Core.turned(this.station.stall, this.turns.portion, isBehind)
      for (const session of this.stale.keys())
        if (!Core.isStale(this.station.stall, session)) this.stale.delete(session)
      if (Core.isWaiting(this.station.stall)) this.freshen()
    })
  }
}
