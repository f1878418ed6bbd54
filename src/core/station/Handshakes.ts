// Who has to go when more handshakes are under way than there are places for: of the address that has most of them, the
// oldest that has said nothing yet, or else the oldest. So peers that only take places keep nobody out who comes from
// elsewhere, nor at their own address anybody who goes on with the handshake. A literal table; every step takes the same time.
import * as Keyed from "../image/Keyed.ts"
import * as Numbered from "../image/Numbered.ts"
import { shareOf } from "./Share.ts"

/** A handshake, by the number that its owner gave it. */
interface Place {
  readonly number: number
  readonly share: string
  /** Whether nothing was said yet. */
  readonly silent: boolean
  /** Its place in the order in which handshakes began, or their peers spoke. */
  readonly at: number
}

/** The handshakes of one share, the oldest first. */
interface Share {
  readonly name: string
  readonly silent: Numbered.Numbered<Place>
  readonly speaking: Numbered.Numbered<Place>
  /** Its place in the order in which shares came to the rank that they have. */
  readonly at: number
}

export interface Handshakes {
  readonly places: Numbered.Numbered<Place>
  readonly shares: Keyed.Keyed<Share>
  /** Shares by rank, the highest first, and then in order. */
  readonly ranks: Numbered.Numbered<Numbered.Numbered<string>>
  /** How many places in an order were given ever. */
  readonly count: number
}

export const none: Handshakes = { places: null, shares: null, ranks: null, count: 0 }

/** The handshake that has to go, and how many of its share were as silent as it. */
export interface Leaving {
  readonly number: number
  readonly silent: boolean
  readonly among: number
}

const sizeOf = ({ silent, speaking }: Share): number => Numbered.size(silent) + Numbered.size(speaking)

/** More handshakes come first, and of as many those among which one is silent. Negative: what comes first has the least key. */
const rankOf = (share: Share): number => -(2 * sizeOf(share) + (share.silent === null ? 0 : 1))

/** A share takes the place of what it was, undefined where it is new. */
function placed(table: Handshakes, before: Share | undefined, after: Share): Handshakes {
  const { name } = after
  const isEmpty = sizeOf(after) === 0
  if (before !== undefined && !isEmpty && rankOf(before) === rankOf(after))
    return { ...table, shares: Keyed.put(table.shares, name, after) }
  const count = table.count + 1
  let { ranks } = table
  if (before !== undefined) {
    const rank = rankOf(before)
    const rest = Numbered.without(Numbered.find(ranks, rank) ?? null, before.at)
    ranks = rest === null ? Numbered.without(ranks, rank) : Numbered.put(ranks, rank, rest)
  }
  if (isEmpty) return { ...table, ranks, shares: Keyed.without(table.shares, name), count }
  const rank = rankOf(after)
  ranks = Numbered.put(ranks, rank, Numbered.put(Numbered.find(ranks, rank) ?? null, count, name))
  return { ...table, ranks, shares: Keyed.put(table.shares, name, { ...after, at: count }), count }
}

const noShare = (name: string): Share => ({ name, silent: null, speaking: null, at: 0 })

/** How many are under way. */
export const taken = ({ places }: Handshakes): number => Numbered.size(places)

/** A handshake begins with a peer at an address: nothing was said yet. */
export function take(table: Handshakes, number: number, address: string): Handshakes {
  const name = shareOf(address)
  const count = table.count + 1
  const place: Place = { number, share: name, silent: true, at: count }
  const before = Keyed.find(table.shares, name)
  const share = before ?? noShare(name)
  const after = { ...share, silent: Numbered.put(share.silent, count, place) }
  return placed({ ...table, places: Numbered.put(table.places, number, place), count }, before, after)
}

/** The peer has spoken. */
export function speaks(table: Handshakes, number: number): Handshakes {
  const place = Numbered.find(table.places, number)
  if (place === undefined || !place.silent) return table
  const count = table.count + 1
  const next: Place = { ...place, silent: false, at: count }
  const share = Keyed.find(table.shares, place.share) as Share
  const after = {
    ...share,
    silent: Numbered.without(share.silent, place.at),
    speaking: Numbered.put(share.speaking, count, next)
  }
  return placed({ ...table, places: Numbered.put(table.places, number, next), count }, share, after)
}

/** A handshake is over. */
export function free(table: Handshakes, number: number): Handshakes {
  const place = Numbered.find(table.places, number)
  if (place === undefined) return table
  const share = Keyed.find(table.shares, place.share) as Share
  const silent = Numbered.without(share.silent, place.silent ? place.at : 0)
  const speaking = Numbered.without(share.speaking, place.silent ? 0 : place.at)
  return placed({ ...table, places: Numbered.without(table.places, number) }, share, { ...share, silent, speaking })
}

/** Who has to go; null when there is nobody. */
export function leaving({ ranks, shares }: Handshakes): Leaving | null {
  const name = Numbered.first(Numbered.first(ranks) ?? null)
  if (name === undefined) return null
  const share = Keyed.find(shares, name) as Share
  const silent = share.silent !== null
  const among = silent ? share.silent : share.speaking
  return { number: (Numbered.first(among) as Place).number, silent, among: Numbered.size(among) }
}
