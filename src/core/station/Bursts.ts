// How much is published between two turns of the event loop before publishers wait for one, so that sockets are read, however
// many publishers there are. A literal table; how often room was asked for since is a number that its owner counts.

/**
 * So much is published, or asked for, between two turns of the event loop; of a log that keeps less than twice as much, half of it:
 * all who ask before one of them publishes are told the same.
 */
const BURST = 256

export interface Bursts {
  readonly most: number
  /** Publishers that wait for a turn of the event loop, and those of them that have yet to go on in the present one. */
  readonly turning: number
  readonly due: number
  /** What each of these may publish before it waits for another one, and where that ends. */
  readonly share: number
  readonly end: number
}

/** Nothing was published; a log keeps so many records. */
export function none(records: number): Bursts {
  const most = Math.min(BURST, Math.floor(records / 2))
  return { most, turning: 0, due: 0, share: most, end: most }
}

/**
 * Whether so much was published that a publisher has to wait for a turn; or so often asked whether it may be: what nobody takes,
 * and what does not change, makes no events.
 */
export const isOver = ({ share, end }: Bursts, asked: number, published: number): boolean =>
  asked > share || published >= end

/** A publisher waits for a turn. */
export const wait = (bursts: Bursts): Bursts => ({ ...bursts, turning: bursts.turning + 1 })

/** The turn has come for one: all who waited for it publish as much in it, together no more than one alone would. */
export function begin({ most, turning, due, share }: Bursts, published: number): Bursts {
  const all = due === 0 ? turning : due
  const own = due === 0 ? Math.max(1, Math.floor(most / all)) : share
  return { most, turning: due === 0 ? 0 : turning, due: all - 1, share: own, end: published + own }
}
