// Whether this process stood still: input that waited meanwhile has no known age. A pulse shows when the event loop turned
// last; it runs on real time, as stalls do, and only while somebody is connected.
import type { Reader } from "./Reading.ts"

const PULSE_MS = 250
/** Turns of the event loop after which a connection that never stops sending is taken to have sent what it sends now. */
const TURNS_MAX = 2048

/** A connection whose input may have waited. */
interface Connected {
  readonly reader: Reader | null
}

export class Stall {
  private readonly connections: ReadonlySet<Connected>
  /** How long a stall is, in ms. */
  private readonly limitMs: () => number
  private readonly clockMs: () => number
  private timer: NodeJS.Timeout | null = null
  private aliveMs = 0
  /** The same by the clock of the protocol, which whoever reads has asked already. */
  private pulsedMs = 0
  /** Those whose input waited, until all of it was read. */
  private readonly stale = new Set<Connected>()

  constructor(connections: ReadonlySet<Connected>, limitMs: () => number, clockMs: () => number) {
    this.connections = connections
    this.limitMs = limitMs
    this.clockMs = clockMs
  }

  /** Somebody is connected. */
  begin(): void {
    if (this.timer !== null) return
    this.aliveMs = performance.now()
    this.pulsedMs = this.clockMs()
    this.timer = setInterval(() => this.pulse(), PULSE_MS).unref()
  }

  /** Somebody is not connected any more. */
  end(connection: Connected): void {
    this.stale.delete(connection)
    if (this.connections.size > 0 || this.timer === null) return
    clearInterval(this.timer)
    this.timer = null
  }

  /**
   * Whether what was read of a connection just now, at this time of the clock, may have waited while this process stood still.
   * That it did not is mostly seen at a glance.
   */
  isOld(connection: Connected, nowMs: number): boolean {
    if (this.stale.size === 0 && nowMs - this.pulsedMs < PULSE_MS) return false
    if (performance.now() - this.aliveMs >= this.limitMs()) this.pulse()
    return this.stale.has(connection)
  }

  private pulse(): void {
    const nowMs = performance.now()
    const stood = nowMs - this.aliveMs >= this.limitMs()
    this.aliveMs = nowMs
    this.pulsedMs = this.clockMs()
    if (!stood) return
    for (const connection of this.connections) this.stale.add(connection)
    this.freshen(TURNS_MAX)
  }

  /** Everything that waited was read once nothing is left of it after a turn. */
  private freshen(turns: number): void {
    setImmediate(() => {
      for (const connection of this.stale)
        if (turns === 0 || connection.reader?.isBehind !== true) this.stale.delete(connection)
      if (this.stale.size > 0) this.freshen(turns - 1)
    })
  }
}
