// What was told last of the points of a block that make events by change, and how far and how often they may move without one
// (60870-5-5 6.4): numbers side by side, in pages of a few slots, so that points without cost nothing.

/** How far a measured value may move without an event: absolutely, or in percent of the value told last. */
export type Deadband = { readonly absolute: number } | { readonly percent: number }

/** Slots of a page, and numbers of a slot, as powers of two. */
const PAGE_BITS = 3
const CELL_BITS = 3
const PAGE = 1 << PAGE_BITS

/** The numbers of a slot, by their place. */
export const Cell = {
  /** Value and quality that were told last by an event, as they are told, and what else; NaN: none that is known. */
  Value: 0,
  Quality: 1,
  Else: 2,
  /** When an event was made by change, by the monotonic clock; -Infinity: never. */
  AtMs: 3,
  /** So many ms lie at least between two of them. */
  IntervalMs: 4,
  /** The band around the value told last, absolute or in percent; NaN: none of this kind. */
  Absolute: 5,
  Percent: 6,
  /** 1 where what is told is noted: of points that make events by change, or are meant to. */
  Noted: 7
} as const

/** A slot of which nothing was told, without band and rate. */
const BLANK: readonly number[] = [Number.NaN, 0, 0, Number.NEGATIVE_INFINITY, 0, Number.NaN, Number.NaN, 0]

/** Copied for a page: a list of numbers that are no integers stays one, without a buffer of its own. */
const BLANK_PAGE: readonly number[] = Array.from(
  { length: PAGE << CELL_BITS },
  (_, i) => BLANK[i % BLANK.length] as number
)

export class Told {
  private readonly pages: (number[] | undefined)[] = []

  /** The page of a slot, or undefined where none of its points has anything. */
  find(slot: number): number[] | undefined {
    return this.pages[slot >>> PAGE_BITS]
  }

  /** The page of a slot, made when needed. */
  of(slot: number): number[] {
    return this.pages[slot >>> PAGE_BITS] ?? this.make(slot >>> PAGE_BITS)
  }

  private make(index: number): number[] {
    // An array without holes stays one that is read fast.
    while (this.pages.length <= index) this.pages.push(undefined)
    const page = BLANK_PAGE.slice()
    this.pages[index] = page
    return page
  }

  /** Another point will use the slot. */
  forget(slot: number): void {
    const page = this.find(slot)
    if (page !== undefined) for (let i = 0; i < BLANK.length; i++) page[placeOf(slot) + i] = BLANK[i] as number
  }
}

/** Where the numbers of a slot begin in its page. */
export const placeOf = (slot: number): number => (slot & (PAGE - 1)) << CELL_BITS
