// Where a client stands in the logs: what it was sent, what it has acknowledged, and what it has to be told anew. A value of
// its own beside the session, which it outlives where several connections share it; a reduction takes one and gives one.

import type { Block } from "../image/Block.ts"
import type { Named } from "../image/Image.ts"
import type { Numbered } from "../image/Numbered.ts"

/**
 * Events that were lost: points whose newest event lies in [from, to) are told their current value, each at most once in a
 * round over the image. What was lost since the round began is [again, to): the next round; -1: nothing.
 */
export interface Heal {
  readonly priority: number
  readonly from: number
  readonly to: number
  readonly again: number
  /** The scan stands at a slot of a block of this station, null before the first; when it is gone, the next one follows. */
  readonly station: Named | null
  readonly block: Block | null
  readonly slot: number
}

/** What seldom changes: the same object in most cursors that follow one another. */
export interface Rare {
  /** How many events were lost. */
  readonly lost: number
  /**
   * By common address, as it was asked: time-tagged records before this position of each class are not sent any more
   * (C_RP_NA_1 with QRP 2). And the greatest of these positions.
   */
  readonly purged: Numbered<readonly number[]>
  readonly purgedTo: readonly number[]
  readonly heal: readonly Heal[]
  /** By counter: of which frozen reading more is known than it (kept by Ahead.ts); and the order up to which that is so of all. */
  readonly ahead: Numbered<number>
  readonly aheadOfAll: number
  /** The id of the last end of initialisation that was said, or need not be. */
  readonly initialised: number
}

/** Log positions, one of each priority class. */
export interface Cursor {
  /** Behind the last event sent, and behind the last one acknowledged. */
  readonly sent: readonly number[]
  readonly acknowledged: readonly number[]
  /** At the last STARTDT: what lies before happened while nobody listened. */
  readonly lentAt: readonly number[]
  readonly rare: Rare
}

/** A cursor that is told the events from `ends` on, and stations that are initialised after the one with this id. */
export const at = (ends: readonly number[], initialised: number): Cursor => ({
  sent: ends,
  acknowledged: ends,
  lentAt: ends,
  rare: { lost: 0, purged: null, purgedTo: [], heal: [], ahead: null, aheadOfAll: 0, initialised }
})

/** How many events wait for it: appended and not yet sent. */
export function waiting({ sent }: Cursor, ends: readonly number[]): number {
  let count = 0
  for (let i = 0; i < ends.length; i++) count += (ends[i] as number) - (sent[i] as number)
  return count
}
