// A persistent map from numbers that stand in the order in which they came: who is given another value keeps its place, who goes
// and comes again stands at the end.

import * as Numbered from "./Numbered.ts"

export interface Standing<A> {
  readonly key: number
  readonly place: number
  readonly value: A
}

/** By place; and the places by key. */
export interface Row<A> {
  readonly order: Numbered.Numbered<Standing<A>>
  readonly places: Numbered.Numbered<number>
  readonly next: number
}

export const none: Row<never> = { order: null, places: null, next: 0 }

export const size = <A>({ order }: Row<A>): number => Numbered.size(order)

/** The value of a key, or undefined. */
export function find<A>({ order, places }: Row<A>, key: number): A | undefined {
  const place = Numbered.find(places, key)
  return place === undefined ? undefined : Numbered.find(order, place)?.value
}

/** The row with a value for a key. */
export function put<A>({ order, places, next }: Row<A>, key: number, value: A): Row<A> {
  const known = Numbered.find(places, key)
  if (known !== undefined) return { order: Numbered.put(order, known, { key, place: known, value }), places, next }
  const standing = { key, place: next, value }
  return { order: Numbered.put(order, next, standing), places: Numbered.put(places, key, next), next: next + 1 }
}

/** The row without a key; the same when it has none. */
export function without<A>(row: Row<A>, key: number): Row<A> {
  const { order, places, next } = row
  const place = Numbered.find(places, key)
  if (place === undefined) return row
  return { order: Numbered.without(order, place), places: Numbered.without(places, key), next }
}

/** Calls `use` with each key and value, in their order. */
export const each = <A>({ order }: Row<A>, use: (key: number, value: A) => void): void =>
  Numbered.each(order, ({ key, value }) => use(key, value))
