// A persistent map from whole numbers: a change makes a new map that shares all but the way to the change, so that the
// state of a session with thousands of requests is changed without being copied. A treap: a search tree by key whose
// shape follows from the keys alone, scattered, and is that of a random tree.

/** A map that is not empty; the empty one is null. */
export interface Node<A> {
  readonly key: number
  readonly value: A
  /** The key, scattered: who has more stands over who has less. */
  readonly weight: number
  readonly count: number
  readonly below: Numbered<A>
  readonly above: Numbered<A>
}

export type Numbered<A> = Node<A> | null

/** A key as 32 bits without order. */
function scattered(key: number): number {
  let bits = (key | 0) ^ Math.imul(Math.floor(key / 0x1_0000_0000) + 1, 0x9e3779b1)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}

/** Whether a key with this weight stands over another entry in every tree that holds both. */
const isOver = <A>(weight: number, key: number, other: Node<A>): boolean =>
  weight === other.weight ? key < other.key : weight > other.weight

const node = <A>(key: number, value: A, weight: number, below: Numbered<A>, above: Numbered<A>): Node<A> => ({
  key,
  value,
  weight,
  count: 1 + (below === null ? 0 : below.count) + (above === null ? 0 : above.count),
  below,
  above
})

/** An entry with other entries around it. */
const among = <A>(of: Node<A>, below: Numbered<A>, above: Numbered<A>): Node<A> =>
  node(of.key, of.value, of.weight, below, above)

/** How many entries there are. */
export const size = <A>(of: Numbered<A>): number => (of === null ? 0 : of.count)

/** The value of a key, or undefined. */
export function find<A>(of: Numbered<A>, key: number): A | undefined {
  let at = of
  while (at !== null && at.key !== key) at = key < at.key ? at.below : at.above
  return at?.value
}

/** The value of the least key, or undefined. */
export function first<A>(of: Numbered<A>): A | undefined {
  let at = of
  while (at !== null && at.below !== null) at = at.below
  return at?.value
}

/** The least key, or undefined. */
export function firstKey<A>(of: Numbered<A>): number | undefined {
  let at = of
  while (at !== null && at.below !== null) at = at.below
  return at?.key
}

/** The map with a value for a key, which takes the place of the one before. */
export const put = <A>(of: Numbered<A>, key: number, value: A): Node<A> => putIn(of, key, value, scattered(key))

function putIn<A>(of: Numbered<A>, key: number, value: A, weight: number): Node<A> {
  if (of === null) return node(key, value, weight, null, null)
  if (key === of.key) return node(key, value, weight, of.below, of.above)
  if (isOver(weight, key, of)) return node(key, value, weight, under(of, key), over(of, key))
  return key < of.key
    ? among(of, putIn(of.below, key, value, weight), of.above)
    : among(of, of.below, putIn(of.above, key, value, weight))
}

/** The entries with lesser keys. */
function under<A>(of: Numbered<A>, key: number): Numbered<A> {
  if (of === null) return null
  if (key <= of.key) return under(of.below, key)
  return among(of, of.below, under(of.above, key))
}

/** The entries with greater keys. */
function over<A>(of: Numbered<A>, key: number): Numbered<A> {
  if (of === null) return null
  if (key >= of.key) return over(of.above, key)
  return among(of, over(of.below, key), of.above)
}

/** The map without a key; the same map when it has none. */
export function without<A>(of: Numbered<A>, key: number): Numbered<A> {
  if (of === null) return null
  if (key === of.key) return joined(of.below, of.above)
  if (key < of.key) {
    const below = without(of.below, key)
    return below === of.below ? of : among(of, below, of.above)
  }
  const above = without(of.above, key)
  return above === of.above ? of : among(of, of.below, above)
}

/** The entries from a key on. */
function onward<A>(of: Numbered<A>, key: number): Numbered<A> {
  if (of === null) return null
  if (key > of.key) return onward(of.above, key)
  return key === of.key ? among(of, null, of.above) : among(of, onward(of.below, key), of.above)
}

/** Two maps as one: every key of the first is less than every key of the second. */
function joined<A>(below: Numbered<A>, above: Numbered<A>): Numbered<A> {
  if (below === null) return above
  if (above === null) return below
  return isOver(below.weight, below.key, above)
    ? among(below, below.below, joined(below.above, above))
    : among(above, joined(below, above.below), above.above)
}

/** The map with what each value becomes. */
export const mapped = <A>(of: Numbered<A>, become: (value: A) => A): Numbered<A> =>
  of === null ? null : node(of.key, become(of.value), of.weight, mapped(of.below, become), mapped(of.above, become))

/** Calls `use` with each value, by ascending keys. */
export function each<A>(of: Numbered<A>, use: (value: A) => void): void {
  if (of === null) return
  each(of.below, use)
  use(of.value)
  each(of.above, use)
}

/** As {@link each}, with its key. */
export function eachKey<A>(of: Numbered<A>, use: (key: number, value: A) => void): void {
  if (of === null) return
  eachKey(of.below, use)
  use(of.key, of.value)
  eachKey(of.above, use)
}

/** The value of the least key greater than one, or undefined. */
export function after<A>(of: Numbered<A>, key: number): A | undefined {
  let at = of
  let found: A | undefined
  while (at !== null)
    if (key < at.key) {
      found = at.value
      at = at.below
    } else at = at.above
  return found
}

/** The values of the least keys, at most so many. */
export function head<A>(of: Numbered<A>, most: number, found: A[] = []): readonly A[] {
  if (of === null || found.length === most) return found
  head(of.below, most, found)
  if (found.length < most) found.push(of.value)
  return head(of.above, most, found)
}

/** The entries with keys in [from, to). */
export const between = <A>(of: Numbered<A>, from: number, to: number): Numbered<A> => under(onward(of, from), to)

/** The map without the keys in [from, to). */
export function outside<A>(of: Numbered<A>, from: number, to: number): Numbered<A> {
  const [below, above] = [under(of, from), onward(of, to)]
  return size(below) + size(above) === size(of) ? of : joined(below, above)
}
