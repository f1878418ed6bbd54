// The event log of one priority class: an append-only ring of what has to be told, each record in wire form.
// A position is a number that only grows; records in [trim, end) that are needed never change, so a session may read them
// freely.
//
// A record is 24 octets: 0-14 the information object (IOA, element, time tag), 15 its length,
// 16 type, 17 VSQ (1), 18 cause octet, 19 originator, 20-21 common address, 22-23 the session whose request caused it.

import type { Block } from "../image/Block.ts"
import * as TypeTable from "../wire/TypeTable.ts"

export const RECORD_WORDS = 6

/** Positions behind the newest events of points that are gone, by address and type of event; kept by Departed.ts. */
export interface Departed {
  readonly behind: Map<number, number>
  /** With so many it is looked which are needed no longer: twice as many as were needed at the last look. */
  full: number
  /** The oldest position that somebody might still read, at the last look. */
  needed: number
}

export interface EventLog {
  words: Int32Array
  /** By record: low 32 bits of the position behind the event that its point had before, 0 = none. */
  before: Int32Array
  /** Records that the ring may hold at most; a power of two. */
  readonly capacity: number
  mask: number
  /** Position of the next record. */
  end: number
  /** The oldest position that somebody may still read. */
  readonly needed: () => number
  /** What is known of points that were removed. */
  readonly departed: Departed
  /** Position before which the ring is made to have room again; -1 once it has its full capacity. */
  full: number
  /** Position of the event whose point had the one before it where a position ends in 32 bits of 0: that is no end of a way; -1 = none. */
  behindLap: number
}

/** What a log is given: a snapshot leaves it out. */
export const ports: readonly (keyof EventLog)[] = ["needed"]

const FIRST_RECORDS = 1024

/**
 * An empty log that keeps what is `needed` (by default everything), at most the newest `records` (rounded up to a power of
 * two). Memory grows with that need, and what is soon read stays near.
 */
export function make(records: number, needed: () => number = () => 0): EventLog {
  let capacity = FIRST_RECORDS / 16
  while (capacity < records) capacity *= 2
  const first = Math.min(capacity, FIRST_RECORDS)
  const words = new Int32Array(first * RECORD_WORDS)
  const before = new Int32Array(first)
  const full = first === capacity ? -1 : first
  return {
    words,
    before,
    capacity,
    mask: first - 1,
    end: 0,
    needed,
    departed: { behind: new Map(), full: 0, needed: 0 },
    full,
    behindLap: -1
  }
}

/** Position of the oldest record that is still there. */
export const trim = (log: EventLog, end: number): number => Math.max(0, end - log.capacity)

/**
 * Whether a cause is meant for those who listen now: cyclic, background, requested and interrogated values are never
 * delivered later, so they are not a point's newest event either.
 */
export const isLive = (cause: number): boolean => cause === 1 || cause === 2 || cause === 5 || cause >= 20

/**
 * Appends the current value of a point as an event and notes its position in the image. Returns that position.
 * `asker` (1..65535) names the session that alone is shown the originator; 0: everybody is.
 */
export function append(
  log: EventLog,
  block: Block,
  slot: number,
  cause: number,
  originator: number,
  asker: number
): number {
  return write(log, block, slot, block.view, block.time, cause, originator, asker)
}

/** As {@link append} for `slots[from, to)` of a block, one after the other. Returns the position behind the last. */
export function appendAll(
  log: EventLog,
  block: Block,
  slots: readonly number[],
  from: number,
  to: number,
  cause: number,
  originator: number
): number {
  if (log.full >= 0 && log.full - log.end < to - from) makeRoom(log, to - from)
  const { view, time } = block
  const before = log.end - from
  for (let i = from; i < to; i++) put(log, before + i, block, slots[i] as number, view, time, cause, originator, 0)
  log.end = before + to
  return log.end
}

/** As {@link append}, with the reading of a counter at its last freeze. */
export function appendFrozen(log: EventLog, block: Block, slot: number, cause: number, originator: number): number {
  const column = block.frozenColumn()
  column.tell(slot, log.end + 1)
  return write(log, block, slot, column.view, column.time, cause, originator, 0)
}

function write(
  log: EventLog,
  block: Block,
  slot: number,
  elements: DataView,
  time: Int32Array | null,
  cause: number,
  originator: number,
  asker: number
): number {
  const position = log.end
  if (position === log.full) makeRoom(log, 1)
  put(log, position, block, slot, elements, time, cause, originator, asker)
  log.end = position + 1
  return position
}

/** Writes the record of a position for which there is room. */
function put(
  log: EventLog,
  position: number,
  block: Block,
  slot: number,
  elements: DataView,
  time: Int32Array | null,
  cause: number,
  originator: number,
  asker: number
): void {
  const { words } = log
  const base = (position & log.mask) * RECORD_WORDS
  if (block.stride === 5) {
    const value = elements.getInt32(slot * 5, true)
    words[base] = (block.ioa[slot] as number) | (value << 24)
    words[base + 1] = (value >>> 8) | (elements.getUint8(slot * 5 + 4) << 24)
    if (time !== null && block.eventTagged) {
      words[base + 2] = time[slot * 2] as number
      words[base + 3] = (time[slot * 2 + 1] as number) | (15 << 24)
    } else words[base + 3] = 8 << 24
  } else writeShort(words, base, block, slot, elements, time)
  words[base + 4] = block.eventKey | (cause << 16) | (originator << 24)
  words[base + 5] = block.ca | (asker << 16)
  if (cause === 3 || !isLive(cause)) {
    const behind = (position + 1) | 0
    const last = block.last[slot] as number
    log.before[position & log.mask] = last
    block.last[slot] = behind
    if (last === 0 && slot === block.lapSlot) {
      block.lapSlot = -1
      log.behindLap = position
    }
    if (behind === 0) block.lapSlot = slot
  } else block.frozen?.overtake(slot)
}

/** The object of an element of one to four octets: the element begins in the last octet of the first word. */
function writeShort(
  words: Int32Array,
  base: number,
  block: Block,
  slot: number,
  elements: DataView,
  time: Int32Array | null
): void {
  const { stride } = block
  const tagged = time !== null && block.eventTagged
  const low = tagged ? (time[slot * 2] as number) : 0
  const high = tagged ? (time[slot * 2 + 1] as number) : 0
  const from = slot * stride
  const shift = 8 * stride - 8
  const value = stride === 4 ? elements.getInt32(from, true) : elements.getInt32(from, true) & ((256 << shift) - 1)
  words[base] = (block.ioa[slot] as number) | (value << 24)
  words[base + 1] = (value >>> 8) | (low << shift)
  words[base + 2] = (shift === 0 ? 0 : low >>> (32 - shift)) | (high << shift)
  words[base + 3] = (shift === 0 ? 0 : high >>> (32 - shift)) | (((tagged ? 10 : 3) + stride) << 24)
}

/**
 * Makes room for so many records more: goes round once more where at least half of the ring is needed no longer, else makes
 * it bigger.
 */
function makeRoom(log: EventLog, records: number): void {
  const before = log.mask + 1
  const past = Math.min(before, log.needed() - (log.end - before))
  if (past >= before / 2 && past >= records) {
    log.full = log.end + past
    return
  }
  let size = before
  do size *= 2
  while (size < log.capacity && size - before < records)
  const words = new Int32Array(size * RECORD_WORDS)
  const links = new Int32Array(size)
  for (let position = log.end - before; position < log.end; ) {
    // Up to where one of the rings begins anew.
    const from = position & log.mask
    const run = Math.min(before - from, log.end - position)
    words.set(
      log.words.subarray(from * RECORD_WORDS, (from + run) * RECORD_WORDS),
      (position & (size - 1)) * RECORD_WORDS
    )
    links.set(log.before.subarray(from, from + run), position & (size - 1))
    position += run
  }
  log.words = words
  log.before = links
  log.mask = size - 1
  log.full = size === log.capacity ? -1 : log.end + size - before
}

/**
 * Positions that lie further behind the end are moved up to there by the image, at least once in as many events: so those that it
 * keeps are told from each other by 32 bits. No log holds so many records; of what lies behind it is known only that it was.
 */
export const FAR_BEHIND = 0x40000000

/** The position behind the newest event of a point, or 0 when it has none that the image remembers. */
export function lastOf(block: Block, slot: number, end: number): number {
  const low = block.last[slot] as number
  return low === 0 && slot !== block.lapSlot ? 0 : positionOf(low, end)
}

/** The position before an end that has these low bits. */
function positionOf(low: number, end: number): number {
  const position = end - ((end - low) >>> 0)
  return position > 0 ? position : 0
}

/** As {@link lastOf}, of what `Block.last` has said; 0 = none. */
export const whole = (low: number, end: number): number => (low === 0 ? 0 : positionOf(low, end))

/**
 * Whether events from a position on of the points that had this address before may be of another type, with another time
 * tag: what is told of them is not that of the block.
 */
export function isMixed(log: EventLog, block: Block, slot: number, from: number): boolean {
  const behind = block.mixed?.get(slot)
  return behind !== undefined && log.end - ((log.end - behind) >>> 0) > from
}

/** As {@link lastOf}, of its own events only: not of those of the point that had its address before. */
export function ownLastOf(block: Block, slot: number, end: number): number {
  const inherited = block.heirs?.get(slot)
  return inherited !== undefined && inherited === block.last[slot] ? 0 : lastOf(block, slot, end)
}

/** Steps back that are short, and as many as lie between the places that are remembered of a long way. */
export const FAR = 64
/** So many places of a way are remembered at most. */
const PLACES = 64

/** Whether the event at a position will be told. */
export type Tells = (position: number) => boolean

/**
 * The position of the oldest event in [from, end) of the point that has one at `position`, which is there too; of those
 * that are told where `tells` is given, -1 when none is. Goes back one event of the point at a time; `passed` is given
 * places on the way, at most {@link PLACES} and equally far apart.
 */
export function oldestFrom(
  log: EventLog,
  position: number,
  from: number,
  end: number,
  passed: number[] | null,
  tells: Tells | null = null
): number {
  let at = position
  let oldest = tells === null || tells(at) ? at : -1
  let apart = FAR
  let left = apart
  for (;;) {
    const low = log.before[at & log.mask] as number
    const earlier = end - ((end - low) >>> 0) - 1
    if ((low === 0 && at !== log.behindLap) || earlier < from || earlier >= at) return oldest
    at = earlier
    if (tells !== null && !tells(at)) continue
    oldest = at
    if (passed === null || --left > 0) continue
    if (passed.length === PLACES) {
      for (let i = 0; i < PLACES / 2; i++) passed[i] = passed[2 * i + 1] as number
      passed.length = PLACES / 2
      apart *= 2
    }
    passed.push(oldest)
    left = apart
  }
}

/** Whether the record at a position is an event at this address of a block, with its time tag or another. */
export function tells({ words, mask }: EventLog, position: number, block: Block, ioa: number): boolean {
  const base = (position & mask) * RECORD_WORDS
  return (
    ((words[base] as number) & 0xffffff) === ioa &&
    TypeTable.byId[(words[base + 4] as number) & 0xff]?.untagged === TypeTable.byId[block.of.eventType]?.untagged &&
    ((words[base + 5] as number) & 0xffff) === block.ca
  )
}
