// Work that many ask for at once and that tells all of them the same: it is done once at a time, and who asks meanwhile
// shares the next round with all others who do. So everybody learns what was so when he asked, or later. A literal table: which
// round is under way, which one follows, and which are not over though nobody waits for them any more.
import * as Numbered from "../image/Numbered.ts"

/** With so many rounds that were begun and are not over, none is begun: all but one are waited for no longer. */
const MOST = 4

export interface Rounds {
  /** The round that is under way, and that who asks meanwhile shares; 0 = there is none. */
  readonly running: number
  readonly following: number
  readonly beganMs: number
  /** Rounds that are not over, waited for or not. */
  readonly open: Numbered.Numbered<true>
  /** How many rounds there were ever. */
  readonly count: number
}

export const none: Rounds = { running: 0, following: 0, beganMs: 0, open: null, count: 0 }

/** Whether nobody waits for anything. */
export const isIdle = ({ running }: Rounds): boolean => running === 0

/** Whether it hangs again and again, so that it is begun no more until one of these rounds is over. */
export const isStuckForGood = ({ open }: Rounds): boolean => Numbered.size(open) >= MOST

/** What becomes of who asks. */
export interface Asked {
  readonly rounds: Rounds
  /** The round that he shares. */
  readonly round: number
  /** Whether it begins now. */
  readonly begins: boolean
  /** Whether another round is waited for no longer since this one begins. */
  readonly gaveUp: boolean
}

/** A round begins: whoever waited for the next one has this. */
export function begin(rounds: Rounds, nowMs: number): Rounds {
  const running = rounds.following || rounds.count + 1
  const open = Numbered.put(rounds.open, running, true)
  return { running, following: 0, beganMs: nowMs, open, count: Math.max(rounds.count, running) }
}

/** Somebody asks; a round that is not over after `patienceMs` is waited for no longer. */
export function ask(rounds: Rounds, nowMs: number, patienceMs: number): Asked {
  const { running, following, count } = rounds
  const gaveUp = running !== 0 && nowMs - rounds.beganMs >= patienceMs
  if (running === 0 || gaveUp) {
    const begun = begin(rounds, nowMs)
    return { rounds: begun, round: begun.running, begins: true, gaveUp }
  }
  if (following !== 0) return { rounds, round: following, begins: false, gaveUp }
  return { rounds: { ...rounds, following: count + 1, count: count + 1 }, round: count + 1, begins: false, gaveUp }
}

/** A round is over: who waits for the next one has it begun a moment later. */
export function over(rounds: Rounds, round: number): Rounds {
  const open = Numbered.without(rounds.open, round)
  return { ...rounds, open, running: rounds.running === round ? 0 : rounds.running }
}

/** Whether a round is to begin for those who wait. */
export const isDue = ({ running, following }: Rounds): boolean => running === 0 && following !== 0

/** The work is another one from now on: those rounds of it that hang do not count any more. */
export const renewed = (rounds: Rounds): Rounds => ({ ...rounds, open: null })
