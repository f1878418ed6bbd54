// What connections that share an event loop may do in one turn of it, so that none keeps the others waiting: each reads its
// share of octets, all together cause so much work, and who has more to do stands in line for the next turn.

/**
 * A connection's share: octets that are taken of it in one turn of the event loop, some 340 of the shortest frames. Node
 * alone hands over up to 2 MiB, so that a few clients that send without pause keep all others waiting for seconds.
 */
export const SHARE_OCTETS = 2048
/** Octets of a turn for all who send without pause: where they are many each has less of it, but never less than this. */
const TURN_OCTETS = 65_536
const SHARE_OCTETS_LEAST = 256

/**
 * Units of work beyond frames that all connections may cause in a turn of the event loop: a request of sixteen octets may
 * freeze as many counters as there are. Who would exceed it waits in line; one such request is always done.
 */
const WORK = 4096

/** Somebody who reads in turns. */
interface Reader {
  /** A new turn: it takes its next share. */
  goOn(): void
  /** A turn has gone by in which it could read. */
  settle(): void
  /** Its turn in line has come: it takes what it has left, and reads on if that is all taken. */
  takeLeft(): void
}

export class Turns {
  /** The share of each in this turn: by how many had theirs in the turn before. */
  shareOctets: number = SHARE_OCTETS
  /** Calls back in the next turn. */
  private readonly soon: (callback: () => void) => void
  private begun = false
  private worked = 0
  /** Whoever has had its share of this turn, in the order in which they go on in the next. */
  private deferred: Reader[] = []
  /** Whoever reads again since the last turn: only in the next is it known whether anything was left. */
  private resumed: Reader[] = []
  /** Whoever has left octets until others have had their turn, in line: those that go first, and behind them all others. */
  private line: Reader[] = []
  private behind: Reader[] = []
  private gone = 0

  constructor(soon: (callback: () => void) => void) {
    this.soon = soon
  }

  /** How much of a whole share a connection has in this turn: 1, or less where many have theirs. */
  get portion(): number {
    return this.shareOctets / SHARE_OCTETS
  }

  /** So much work was caused in this turn. */
  work(units: number): void {
    this.worked += units
    this.begin()
  }

  /** Whether no more such work is begun in this turn. */
  get isTired(): boolean {
    return this.worked >= WORK
  }

  /** It has had its share of this turn. */
  defer(reader: Reader): void {
    this.deferred.push(reader)
    this.begin()
  }

  /** It reads again. */
  resumes(reader: Reader): void {
    this.resumed.push(reader)
    this.begin()
  }

  /** It has left octets: it stands behind all others. */
  standInLine(reader: Reader): void {
    this.behind.push(reader)
    this.begin()
  }

  private begin(): void {
    if (this.begun) return
    this.begun = true
    this.soon(this.next)
  }

  private readonly next = (): void => {
    this.begun = false
    // By halves, so that buffers seldom change.
    let share = SHARE_OCTETS
    while (share > SHARE_OCTETS_LEAST && share * this.deferred.length > TURN_OCTETS) share /= 2
    this.shareOctets = share
    const { deferred, resumed } = this
    this.deferred = []
    this.resumed = []
    this.worked = 0
    for (const reader of resumed) reader.settle()
    for (const reader of deferred) reader.goOn()
    // Who leaves octets once more stands behind all others, so this comes to an end.
    for (let left = this.line.length - this.gone + this.behind.length; left > 0 && !this.isTired; left--)
      this.nextInLine().takeLeft()
    if (this.line.length > this.gone || this.behind.length > 0) this.begin()
  }

  private nextInLine(): Reader {
    if (this.gone === this.line.length) {
      this.line = this.behind
      this.behind = []
      this.gone = 0
    }
    return this.line[this.gone++] as Reader
  }
}

/** The turns of this process's own event loop. */
export const machine: Turns = new Turns((callback) => {
  setImmediate(callback)
})
