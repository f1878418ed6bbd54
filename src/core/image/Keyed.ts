// A persistent map from texts, for what has a name instead of a number: addresses, callbacks, files. Texts are found by 32 bits
// that follow from them; the few that have the same are linked to each other.
import * as Numbered from "./Numbered.ts"

interface Entry<A> {
  readonly key: string
  readonly value: A
  readonly next: Entry<A> | null
}

/** The empty map is null. */
export type Keyed<A> = Numbered.Numbered<Entry<A>>

/** FNV-1a. */
function bitsOf(key: string): number {
  let bits = 0x811c9dc5
  for (let i = 0; i < key.length; i++) bits = Math.imul(bits ^ key.charCodeAt(i), 0x01000193)
  return bits
}

/** The value of a key, or undefined. */
export function find<A>(of: Keyed<A>, key: string): A | undefined {
  if (of === null) return undefined
  let entry = Numbered.find(of, bitsOf(key)) ?? null
  while (entry !== null && entry.key !== key) entry = entry.next
  return entry?.value
}

/** Those of some entries that have another key. */
function others<A>(entry: Entry<A> | null, key: string): Entry<A> | null {
  if (entry === null) return null
  if (entry.key === key) return entry.next
  const next = others(entry.next, key)
  return next === entry.next ? entry : { ...entry, next }
}

/** The map with a value for a key, which takes the place of the one before. */
export function put<A>(of: Keyed<A>, key: string, value: A): Keyed<A> {
  const bits = bitsOf(key)
  return Numbered.put(of, bits, { key, value, next: others(Numbered.find(of, bits) ?? null, key) })
}

/** The map without a key; the same map when it has none. */
export function without<A>(of: Keyed<A>, key: string): Keyed<A> {
  const bits = bitsOf(key)
  const entry = Numbered.find(of, bits)
  if (entry === undefined) return of
  const left = others(entry, key)
  if (left === entry) return of
  return left === null ? Numbered.without(of, bits) : Numbered.put(of, bits, left)
}
