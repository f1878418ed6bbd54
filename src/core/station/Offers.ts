// Batches that wait until the application has refreshed their points: a literal table. They are offered when all of its callbacks
// are over or their time is, whichever comes first, and once.

import * as Dues from "../image/Dues.ts"
import type { CyclicBatch } from "../read/ReadWork.ts"

type Batches = readonly CyclicBatch[]

/** By number, from 0. */
export type Offers = Dues.Dues<Batches>

export const none: Offers = Dues.none

/** Batches that wait, by their number, and the table from now on. */
export interface Waiting {
  readonly offers: Offers
  readonly number: number
}

/** Batches wait, until a time at most. */
export const wait = (offers: Offers, batches: Batches, untilMs: number): Waiting => ({
  offers: Dues.put(offers, offers.next, batches, untilMs),
  number: offers.next
})

/** Batches that are offered now, null where they were before; and the table from now on. */
export interface Offered {
  readonly offers: Offers
  readonly batches: Batches | null
}

/** The callbacks of batches are over, or their time is: one that hangs does not hold back the points of others. */
export function take(offers: Offers, number: number): Offered {
  const batches = Dues.find(offers, number)?.value
  return batches === undefined ? { offers, batches: null } : { offers: Dues.without(offers, number), batches }
}

/** The numbers of those whose time is over. */
export const due = (offers: Offers, nowMs: number): readonly number[] => Dues.due(offers, nowMs).map(({ key }) => key)
