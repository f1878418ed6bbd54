// Callbacks that run on though nobody waits for their answer any more: its time was over, or its client has gone. Nothing ends
// them but the application, and clients that connect again and again could have any number of them run. So they have a limit,
// behind which nobody is asked any more, and of that a share for each address, so that one client keeps no others out. Who has
// an IPv6 network has all addresses in it: its share is one. A literal table: how many there are.
import * as Keyed from "../image/Keyed.ts"
import { shareOf } from "./Share.ts"

/** The part of the limit that one share may have: one in so many. */
const SHARES = 4

/** By callback, and by callback and share; none is 0. */
export type Table = Keyed.Keyed<number>

export const none: Table = null

const keyOf = (callback: string, address: string): string => `${callback} ${shareOf(address)}`

const of = (table: Table, key: string): number => Keyed.find(table, key) ?? 0

/** Whether a callback is asked nothing more for an address where `most` may be abandoned, so many of its answers are owed to nobody. */
export function areMany(table: Table, most: number, callback: string, address: string): boolean {
  if (table === null) return false
  return of(table, callback) >= most || of(table, keyOf(callback, address)) >= Math.ceil(most / SHARES)
}

/** Counts a run of a callback more or less. */
function counted(table: Table, callback: string, address: string, by: 1 | -1): Table {
  let after = table
  for (const key of [callback, keyOf(callback, address)]) {
    const count = of(table, key) + by
    after = count > 0 ? Keyed.put(after, key, count) : Keyed.without(after, key)
  }
  return after
}

/** A run of a callback was given up. */
export const add = (table: Table, callback: string, address: string): Table => counted(table, callback, address, 1)

/** A run that was given up has settled. */
export const settle = (table: Table, callback: string, address: string): Table => counted(table, callback, address, -1)
