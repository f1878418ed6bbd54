// What is due when, by number: a persistent map of it that is asked for what is due and looks at nothing else. What is due
// together comes in the order in which it was put there first.

import * as Numbered from "./Numbered.ts"

export interface Due<A> {
  readonly key: number
  readonly place: number
  readonly dueMs: number
  readonly value: A
}

/** By key; and the same by when it is due and by place. */
export interface Dues<A> {
  readonly entries: Numbered.Numbered<Due<A>>
  readonly times: Numbered.Numbered<Time<A>>
  readonly next: number
}

/** What is due at one time. */
interface Time<A> {
  readonly dueMs: number
  readonly entries: Numbered.Numbered<Due<A>>
}

export const none: Dues<never> = { entries: null, times: null, next: 0 }

export const size = <A>({ entries }: Dues<A>): number => Numbered.size(entries)

/** What is kept of a key, or undefined. */
export const find = <A>({ entries }: Dues<A>, key: number): Due<A> | undefined => Numbered.find(entries, key)

/** Whether anything is due at a time. */
export const isAny = <A>({ times }: Dues<A>, nowMs: number): boolean => {
  const first = Numbered.first(times)
  return first !== undefined && first.dueMs <= nowMs
}

/** The table in which a key has a value, and is due at a time. */
export function put<A>(before: Dues<A>, key: number, value: A, dueMs: number): Dues<A> {
  const known = find(before, key)
  const due: Due<A> = { key, place: known?.place ?? before.next, dueMs, value }
  const times = known === undefined ? before.times : untimed(before.times, known)
  const entries = Numbered.put(Numbered.find(times, dueMs)?.entries ?? null, due.place, due)
  return {
    entries: Numbered.put(before.entries, key, due),
    times: Numbered.put(times, dueMs, { dueMs, entries }),
    next: known === undefined ? before.next + 1 : before.next
  }
}

/** The table without a key; the same when it has none. */
export function without<A>(before: Dues<A>, key: number): Dues<A> {
  const known = find(before, key)
  if (known === undefined) return before
  return { ...before, entries: Numbered.without(before.entries, key), times: untimed(before.times, known) }
}

/** The table without the keys in [from, to). */
export function outside<A>(before: Dues<A>, from: number, to: number): Dues<A> {
  let { times } = before
  Numbered.each(Numbered.between(before.entries, from, to), (gone) => {
    times = untimed(times, gone)
  })
  return times === before.times ? before : { ...before, entries: Numbered.outside(before.entries, from, to), times }
}

function untimed<A>(times: Numbered.Numbered<Time<A>>, { dueMs, place }: Due<A>): Numbered.Numbered<Time<A>> {
  const entries = Numbered.without(Numbered.find(times, dueMs)?.entries ?? null, place)
  return entries === null ? Numbered.without(times, dueMs) : Numbered.put(times, dueMs, { dueMs, entries })
}

/** What is due at a time. */
export function due<A>({ times }: Dues<A>, nowMs: number): readonly Due<A>[] {
  const found: Due<A>[] = []
  for (let time = Numbered.first(times); time !== undefined && time.dueMs <= nowMs; ) {
    Numbered.each(time.entries, (entry) => found.push(entry))
    time = Numbered.after(times, time.dueMs)
  }
  return found.sort((a, b) => a.place - b.place)
}
