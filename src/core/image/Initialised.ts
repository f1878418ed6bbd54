// Which stations were initialised, in that order, for all sessions: each has a cursor, so that those that are only connected cost
// nothing, however many they are and however many stations.

import * as Image from "./Image.ts"
import * as Numbered from "./Numbered.ts"

/** A station that was initialised. */
export interface Initialised extends Image.Named {
  /** Its place in the order: later ones have greater numbers, from 1. */
  readonly id: number
  /** COI octet. */
  readonly cause: number
}

/** By id, of each station the last time; the id of that by common address; and how many there ever were. */
export interface Initialisations {
  readonly order: Numbered.Numbered<Initialised>
  readonly latest: Numbered.Numbered<number>
  readonly count: number
}

export const none: Initialisations = { order: null, latest: null, count: 0 }

/** A station was initialised: what was said of it before, and not told yet, is told no more. */
export function noted(before: Initialisations, image: Image.Image, ca: number, cause: number): Initialisations {
  const station = Image.station(image, ca)
  if (station === undefined) return before
  const id = before.count + 1
  const earlier = Numbered.find(before.latest, ca) ?? 0
  const order = Numbered.put(Numbered.without(before.order, earlier), id, { id, ca, born: station.born, cause })
  return { order, latest: Numbered.put(before.latest, ca, id), count: id }
}

/** A station is removed: nothing is said of it any more, and nobody has to pass over it. */
export function forgotten(before: Initialisations, ca: number): Initialisations {
  const id = Numbered.find(before.latest, ca)
  if (id === undefined) return before
  return { ...before, order: Numbered.without(before.order, id), latest: Numbered.without(before.latest, ca) }
}
