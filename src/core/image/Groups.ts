// Which stations have points in which groups, kept as points come and go: who asks all stations for a group finds those
// that have it, and those that have not, without looking at each.
import * as Numbered from "./Numbered.ts"

/** A station as whoever keeps one has to know it. */
export interface Named {
  readonly ca: number
  /** Tells it from every other station that had or will have its address: later ones have greater numbers. */
  readonly born: number
}

/** Some stations in the order in which they were added: a value, which keeps those that are removed from the image. */
export type Order = Numbered.Numbered<Named>

/** The stations that have a point in a group, and all others. */
interface Grouped {
  readonly having: Order
  readonly lacking: Order
}

/** By bit of the group (of the masks of blocks); those only that any station has. */
export type Groups = Numbered.Numbered<Grouped>

/** The stations with and without a group that any has. */
export const find = (groups: Groups, bit: number): Grouped | undefined => Numbered.find(groups, bit)

/** The same with a station that has none of them. */
export const withStation = (groups: Groups, named: Named): Groups =>
  Numbered.mapped(groups, ({ having, lacking }) => ({ having, lacking: Numbered.put(lacking, named.born, named) }))

/** The same without a station, which has the groups of a mask. */
export const withoutStation = (groups: Groups, named: Named, mask: number): Groups =>
  Numbered.mapped(changed(groups, null, named, mask, 0), ({ having, lacking }) => ({
    having,
    lacking: Numbered.without(lacking, named.born)
  }))

/** The same where a station has other groups than before; `all` are all stations. */
export function changed(groups: Groups, all: Order, named: Named, before: number, after: number): Groups {
  const { born } = named
  let found = groups
  for (let left = before ^ after; left !== 0; left &= left - 1) {
    const bit = 31 - Math.clz32(left & -left)
    const { having, lacking } = find(found, bit) ?? { having: null, lacking: all }
    const now: Grouped =
      (after & (1 << bit)) === 0
        ? { having: Numbered.without(having, born), lacking: Numbered.put(lacking, born, named) }
        : { having: Numbered.put(having, born, named), lacking: Numbered.without(lacking, born) }
    found = now.having === null ? Numbered.without(found, bit) : Numbered.put(found, bit, now)
  }
  return found
}
