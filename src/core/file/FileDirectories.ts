// Directories that are being read, by station: several clients that ask for one share a reading. A literal table.
import * as Numbered from "../image/Numbered.ts"
import * as Rounds from "../procedure/Rounds.ts"

interface Directory {
  readonly rounds: Rounds.Rounds
  /** By round: the calls that wait for it. */
  readonly waiting: Numbered.Numbered<Numbered.Numbered<number>>
}

/** By common address; none where nobody reads. */
export type Directories = Numbered.Numbered<Directory>

export const none: Directories = null

/** Rounds have higher numbers than those of any directory before: what is over later is none of this. Calls are numbered so. */
const fresh = (call: number): Directory => ({ rounds: { ...Rounds.none, count: call }, waiting: null })

/** What becomes of a call that asks for a directory. */
export interface Asked {
  readonly directories: Directories
  /** The round of reading that begins now; 0 = the call waits for one. */
  readonly begins: number
}

/** A call asks for a directory; null when readings of it hang again and again. */
export function ask(directories: Directories, ca: number, call: number, nowMs: number, waitMs: number): Asked | null {
  const { rounds: before, waiting } = Numbered.find(directories, ca) ?? fresh(call)
  if (Rounds.isStuckForGood(before)) return null
  const { rounds, round, begins } = Rounds.ask(before, nowMs, waitMs)
  const calls = Numbered.put(Numbered.find(waiting, round) ?? null, call, call)
  const directory = { rounds, waiting: Numbered.put(waiting, round, calls) }
  return { directories: Numbered.put(directories, ca, directory), begins: begins ? round : 0 }
}

/** What becomes of those who wait when a reading is over. */
export interface Read {
  readonly directories: Directories
  readonly calls: Numbered.Numbered<number>
  /** Whether another reading is to begin a moment later. */
  readonly isDue: boolean
}

/** A reading is over, however it ended. */
export function over(directories: Directories, ca: number, round: number): Read {
  const directory = Numbered.find(directories, ca)
  if (directory === undefined) return { directories, calls: null, isDue: false }
  const rounds = Rounds.over(directory.rounds, round)
  const calls = Numbered.find(directory.waiting, round) ?? null
  const isDue = Rounds.isDue(rounds)
  const waiting = Numbered.without(directory.waiting, round)
  const isIdle = Rounds.isIdle(rounds) && !isDue
  if (isIdle && waiting === null) return { directories: Numbered.without(directories, ca), calls, isDue }
  // One that was read does not hang: what did before does not count any more.
  const left: Directory = { rounds: isIdle ? Rounds.renewed(rounds) : rounds, waiting }
  return { directories: Numbered.put(directories, ca, left), calls, isDue }
}

/** Begins the reading that is due; its round, 0 when none is due any more. */
export function again(directories: Directories, ca: number, nowMs: number): Asked {
  const directory = Numbered.find(directories, ca)
  if (directory === undefined || !Rounds.isDue(directory.rounds)) return { directories, begins: 0 }
  const rounds = Rounds.begin(directory.rounds, nowMs)
  return { directories: Numbered.put(directories, ca, { ...directory, rounds }), begins: rounds.running }
}
