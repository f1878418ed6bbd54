// Writes one APDU at a time from the log or the image: as many objects as belong together and fit (60870-5-101 7.2.2).
// The six octets of the APCI are left to the link; octet 1 (the length) is set here.

import type { Block } from "../image/Block.ts"
import type { Frozen } from "../image/Frozen.ts"
import * as Asdu from "../wire/Asdu.ts"
import * as TypeTable from "../wire/TypeTable.ts"
import { type EventLog, RECORD_WORDS } from "./EventLog.ts"

/** Octets of APCI and ASDU header before the first object. */
export const HEADER = 12

const IOA_OCTETS = 3
/** Where a record says how long its object is. */
const LENGTH_AT = 15
/** IV in the octet of the minutes. */
const TIME_INVALID = 0x80

/** Runs of consecutive addresses at least this long are worth an ASDU with SQ = 1 of their own. */
const LONG_RUN = 8

/** Octets of IOA, element and time tag of one object of a block sent as `type`. */
const objectOctets = (block: Block, type: number): number => 3 + block.stride + (withTime(block, type) ? 7 : 0)
const withTime = (block: Block, type: number): boolean => block.time !== null && TypeTable.byId[type]?.time === "cp56"

/**
 * Packs records of the log from position `from` (before `to`) into one APDU at `at`: all with the type, cause octet,
 * originator and common address of the first, in order; an untagged type never holds an address twice.
 * `self` is the session that reads: an originator that is another session's is written as 0.
 * Returns the number of records taken (at least one).
 */
export function events(
  out: DataView,
  at: number,
  log: EventLog,
  from: number,
  to: number,
  self: number,
  pack: boolean,
  maxLength: number
): number {
  const { words, mask } = log
  const first = (from & mask) * RECORD_WORDS
  const key = words[first + 4] as number
  const origin = words[first + 5] as number
  const octets = (words[first + 3] as number) >>> 24
  let end = at + HEADER
  let taken = 0
  if (!pack || from + 1 >= to) {
    copyRecord(out, end, words, first)
    end += octets
    taken = 1
  } else {
    const row = TypeTable.byId[key & 0xff] as TypeTable.TypeRow
    const most = Math.min(row.maxSq0, ((maxLength - 10) / octets) | 0, to - from) | 0
    taken = alike(words, mask, from, row.time === "none" ? distinct(words, mask, from, most) : most)
    for (let i = 0; i < taken; i++) {
      copyRecord(out, end, words, ((from + i) & mask) * RECORD_WORDS)
      end += octets
    }
  }
  out.setUint8(at + 1, end - at - 2)
  const asker = origin >>> 16
  const shown = asker === 0 || asker === self ? key : key & 0xffffff
  Asdu.putWords(out, at, (shown & ~0xff00) | (taken << 8), origin)
  return taken
}

function copyRecord(out: DataView, to: number, words: Int32Array, base: number): void {
  out.setInt32(to, words[base] as number, true)
  out.setInt32(to + 4, words[base + 1] as number, true)
  out.setInt32(to + 8, words[base + 2] as number, true)
  out.setInt32(to + 12, words[base + 3] as number, true)
}

/** How many of at most `most` records from `from` have the header of the first. */
function alike(words: Int32Array, mask: number, from: number, most: number): number {
  const first = (from & mask) * RECORD_WORDS
  const key = words[first + 4] as number
  const origin = words[first + 5] as number
  for (let i = 1; i < most; i++) {
    const base = ((from + i) & mask) * RECORD_WORDS
    if (words[base + 4] !== key || words[base + 5] !== origin) return i
  }
  return most
}

/** How many of at most `most` records from `from` have an address of their own. */
function distinct(words: Int32Array, mask: number, from: number, most: number): number {
  let highest = -1
  for (let i = 0; i < most; i++) {
    const ioa = (words[((from + i) & mask) * RECORD_WORDS] as number) & 0xffffff
    if (ioa <= highest && holds(words, mask, from, i, ioa)) return i
    if (ioa > highest) highest = ioa
  }
  return most
}

function holds(words: Int32Array, mask: number, from: number, taken: number, ioa: number): boolean {
  for (let i = 0; i < taken; i++)
    if (((words[((from + i) & mask) * RECORD_WORDS] as number) & 0xffffff) === ioa) return true
  return false
}

/** The address at place `index` of `slots` (null: slots are places). */
const ioaAt = (block: Block, slots: Int32Array | null, index: number): number =>
  block.ioa[slots === null ? index : (slots[index] as number)] as number

/** Consecutive addresses from place `index`, at most `most` and `count - index`. */
function run(block: Block, slots: Int32Array | null, index: number, count: number, most: number): number {
  let low = 1
  let high = Math.min(most, count - index)
  if (high < 1) return 0
  const first = ioaAt(block, slots, index)
  // Addresses ascend and are unique, so one comparison decides for a whole stretch.
  if (ioaAt(block, slots, index + high - 1) - first === high - 1) return high
  while (low < high) {
    const mid = (low + high + 1) >>> 1
    if (ioaAt(block, slots, index + mid - 1) - first === mid - 1) low = mid
    else high = mid - 1
  }
  return low
}

/**
 * How many places from `index` the next ASDU takes, negative when it is a run with SQ = 1.
 * `slots` lists slots by address (null: slots are places), `count` how many there are.
 */
export function extent(
  block: Block,
  slots: Int32Array | null,
  index: number,
  count: number,
  type: number,
  maxLength: number
): number {
  const row = TypeTable.byId[type] as TypeTable.TypeRow
  const left = count - index
  if (row.sq1) {
    const most = Math.min(row.maxSq1, Math.floor((maxLength - 13) / block.stride))
    const found = run(block, slots, index, count, most)
    if (found >= LONG_RUN || (found === left && found > 1)) return -found
  }
  const most = Math.min(left, row.maxSq0, Math.floor((maxLength - 10) / objectOctets(block, type)))
  if (!row.sq1) return most
  for (let i = 1; i < most; i++)
    if (
      index + i + LONG_RUN <= count &&
      ioaAt(block, slots, index + i + LONG_RUN - 1) - ioaAt(block, slots, index + i) === LONG_RUN - 1
    )
      return i
  return most
}

/**
 * Writes `found` places of a block from `index` (see {@link extent}) as one APDU of `type` at `at`. With `frozen`, slots
 * that were frozen show that reading instead of the running one: as it was after so many `orders` (freezes and resets).
 */
export function points(
  out: DataView,
  at: number,
  block: Block,
  slots: Int32Array | null,
  index: number,
  found: number,
  type: number,
  cause: number,
  originator: number,
  frozen: Frozen | null,
  orders = 0
): void {
  const sequence = found < 0
  const count = sequence ? -found : found
  Asdu.putView(out, at, type, sequence ? 0x80 | count : count, cause, originator, block.of.ca)
  let end = at + HEADER
  if (sequence && slots === null && frozen === null) {
    out.setInt32(end, ioaAt(block, slots, index), true)
    copyOctets(out, end + 3, block.view, index * block.stride, count * block.stride)
    end += 3 + count * block.stride
  } else {
    const timed = withTime(block, type)
    for (let i = 0; i < count; i++) {
      const slot = slots === null ? index + i : (slots[index + i] as number)
      if (!sequence || i === 0) {
        out.setInt32(end, block.ioa[slot] as number, true)
        end += 3
      }
      const latched = frozen === null ? null : frozen.said(slot, orders)
      copyOctets(out, end, latched === null ? block.view : latched.view, slot * block.stride, block.stride)
      end += block.stride
      if (timed) {
        const time = latched === null ? (block.time as Int32Array) : latched.time
        out.setInt32(end, time[slot * 2] as number, true)
        out.setInt32(end + 4, time[slot * 2 + 1] as number, true)
        end += 7
      }
    }
  }
  out.setUint8(at + 1, end - at - 2)
}

/**
 * Lets object number `at` of the APDU that {@link points} has put at `apdu` say what a record of its point says. `found`
 * and `type` are those of that call. The time of an event that was without one is not known: the tag is invalid then.
 */
export function retold(
  out: DataView,
  apdu: number,
  block: Block,
  found: number,
  at: number,
  type: number,
  log: EventLog,
  position: number
): void {
  const base = (position & log.mask) * RECORD_WORDS
  const timed = withTime(block, type)
  const sequence = found < 0
  const to = apdu + HEADER + 3 + at * (sequence ? block.stride : objectOctets(block, type))
  // The event may be of the point that had the address before, with another time tag.
  const tagged = octetOf(log.words, base, LENGTH_AT) > IOA_OCTETS + block.stride
  const octets = block.stride + (timed && tagged ? 7 : 0)
  for (let i = 0; i < octets; i++) out.setUint8(to + i, octetOf(log.words, base, IOA_OCTETS + i))
  if (timed && !tagged) {
    const minutes = to + block.stride + 2
    out.setUint8(minutes, out.getUint8(minutes) | TIME_INVALID)
  }
}

const octetOf = (words: Int32Array, base: number, at: number): number =>
  ((words[base + (at >> 2)] as number) >>> (8 * (at & 3))) & 0xff

/** Copies whole words; up to three octets too many are written behind, where the next field goes or the turn has room. */
function copyOctets(out: DataView, to: number, from: DataView, at: number, octets: number): void {
  for (let i = 0; i < octets; i += 4) out.setInt32(to + i, from.getInt32(at + i, true), true)
}
