// A persistent set of slots of a block, in words of 32: a set of a hundred thousand is changed by a few words.

import * as Numbered from "./Numbered.ts"

/** Bits of slots, by slot / 32; the empty set is null. */
export type Slots = Numbered.Numbered<number>

export const none: Slots = null

export const has = (slots: Slots, slot: number): boolean =>
  ((Numbered.find(slots, slot >>> 5) ?? 0) & (1 << (slot & 31))) !== 0

/** The set with a slot more. */
export function add(slots: Slots, slot: number): Slots {
  const [key, bit] = [slot >>> 5, 1 << (slot & 31)]
  const before = Numbered.find(slots, key) ?? 0
  return (before & bit) === 0 ? Numbered.put(slots, key, before | bit) : slots
}

/** The set without a slot. */
export function remove(slots: Slots, slot: number): Slots {
  const [key, bit] = [slot >>> 5, 1 << (slot & 31)]
  const before = Numbered.find(slots, key) ?? 0
  if ((before & bit) === 0) return slots
  return before === bit ? Numbered.without(slots, key) : Numbered.put(slots, key, before & ~bit)
}

/** The slots, ascending. */
export function list(slots: Slots): number[] {
  const found: number[] = []
  Numbered.eachKey(slots, (key, bits) => {
    for (let left = bits; left !== 0; left &= left - 1) found.push(key * 32 + 31 - Math.clz32(left & -left))
  })
  return found
}
