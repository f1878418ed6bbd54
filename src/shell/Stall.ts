// Whether this process stood still: input that waited meanwhile has no known age. A pulse shows when the event loop turned
// last; it runs on real time, as stalls do, and only while somebody is connected or may connect.
import * as Reading from "./Reading.ts"

const PULSE_MS = 250
/** Whole shares of its input after which a connection that never stops sending is taken to have sent what it sends now. */
const SHARES_MAX = 2048

/**
 * What waits is read in the next turn at the latest: where another's input, or a new connection, shows that this process stood
 * still, the system had said before whose input is read in that turn.
 */
const READING_TURNS = 2

/** A new connection is read from in the turns behind that in which it was opened. */
const OPENING_TURNS = 3

/** A connection whose input may have waited. */
interface Connected {
  readonly reader: Reading.Reader | null
}

/** That input waited: it was all read in so many turns at the earliest, and is taken to be when so many shares are gone. */
interface Waited {
  turns: number
  readonly until: number
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
  private readonly stale = new Map<Connected, Waited>()
  private listening = false
  /** Turns without a connection after which none waits any more that was made while this process stood still. */
  private quietTurns = 0
  /** When that is taken to be so though connections come all the time: the system keeps fewer than that. */
  private quietUntil = 0
  /** How many shares of a turn have gone by in which somebody's input waited. */
  private shares = 0
  /** How often this process was seen to stand still. */
  private seen = 0
  private freshening = false

  constructor(connections: ReadonlySet<Connected>, limitMs: () => number, clockMs: () => number) {
    this.connections = connections
    this.limitMs = limitMs
    this.clockMs = clockMs
  }

  /** Whether anybody may connect. */
  listens(listening: boolean): void {
    this.listening = listening
    if (listening) this.begin()
    else this.rest()
  }

  /**
   * A connection was taken from the system just now, or is known to be a client's. The result tells at any time whether what
   * came on it until then may have waited: with the system or here while this process stood still, or as long here.
   */
  accepted(): () => boolean {
    this.look()
    if (this.quietTurns > 0) {
      this.quietTurns = OPENING_TURNS
      return () => true
    }
    const [before, sinceMs] = [this.seen, performance.now()]
    return () => {
      this.look()
      return this.seen > before || performance.now() - sinceMs >= this.limitMs()
    }
  }

  /** A session on a connection that had waited: so had what it says first. */
  waited(connection: Connected): void {
    this.wait(connection, OPENING_TURNS)
    this.freshen()
  }

  /** The time of each runs from when it was last seen to have waited, whatever others do. */
  private wait(connection: Connected, turns: number): void {
    const before = this.stale.get(connection)?.turns ?? 0
    this.stale.set(connection, { turns: Math.max(turns, before), until: this.shares + SHARES_MAX })
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
    this.rest()
  }

  private rest(): void {
    if (this.listening || this.connections.size > 0 || this.timer === null) return
    clearInterval(this.timer)
    this.timer = null
  }

  /**
   * Whether what was read of a connection just now, at this time of the clock, may have waited while this process stood still.
   * That it did not is mostly seen at a glance.
   */
  isOld(connection: Connected, nowMs: number): boolean {
    if (this.stale.size === 0 && nowMs - this.pulsedMs < PULSE_MS) return false
    this.look()
    return this.stale.has(connection)
  }

  /** How often this process was seen to stand still. */
  get stalls(): number {
    return this.seen
  }

  /** Whether it was seen to more often than so, at this time of the clock. That it was not is mostly seen at a glance. */
  stoodSince(stalls: number, nowMs: number): boolean {
    if (nowMs - this.pulsedMs >= PULSE_MS) this.look()
    return this.seen > stalls
  }

  private look(): void {
    if (performance.now() - this.aliveMs >= this.limitMs()) this.pulse()
  }

  private pulse(): void {
    const nowMs = performance.now()
    const stood = nowMs - this.aliveMs >= this.limitMs()
    this.aliveMs = nowMs
    this.pulsedMs = this.clockMs()
    if (!stood) return
    this.seen++
    for (const connection of this.connections) this.wait(connection, READING_TURNS)
    if (this.listening) this.quietTurns = OPENING_TURNS
    this.quietUntil = this.shares + SHARES_MAX
    this.freshen()
  }

  /** Everything that waited was read once nothing is left of it after a turn. */
  private freshen(): void {
    if (this.freshening) return
    this.freshening = true
    setImmediate(() => {
      this.freshening = false
      this.shares += Reading.portion()
      if (this.quietTurns > 0) this.quietTurns = this.shares < this.quietUntil ? this.quietTurns - 1 : 0
      for (const [connection, waited] of this.stale)
        if (this.shares >= waited.until || (connection.reader?.isBehind !== true && --waited.turns <= 0))
          this.stale.delete(connection)
      if (this.stale.size > 0 || this.quietTurns > 0) this.freshen()
    })
  }
}
