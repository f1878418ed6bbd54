// The event log of one priority class: an append-only ring of what has to be told, each record in wire form.
// A position is a number that only grows; records in [trim, end) never change, so a session may read them freely.
//
// A record is 24 octets: 0-14 the information object (IOA, element, time tag), 15 its length,
// 16 type, 17 VSQ (1), 18 cause octet, 19 originator, 20-21 common address, 22-23 the session whose request caused it.
import type { Block } from "../process/Block.ts"

export const RECORD_WORDS = 6

export interface EventLog {
  words: Int32Array
  view: DataView
  /** Records that the ring may hold at most; a power of two. */
  readonly capacity: number
  mask: number
  /** Position of the next record. */
  end: number
}

const FIRST_RECORDS = 1024

/** An empty log that keeps the newest `records` (rounded up to a power of two). Memory grows with use. */
export function make(records: number): EventLog {
  let capacity = FIRST_RECORDS / 16
  while (capacity < records) capacity *= 2
  const words = new Int32Array(Math.min(capacity, FIRST_RECORDS) * RECORD_WORDS)
  return { words, view: new DataView(words.buffer), capacity, mask: words.length / RECORD_WORDS - 1, end: 0 }
}

/** Position of the oldest record that is still there. */
export const trim = (log: EventLog, end: number): number => Math.max(0, end - log.capacity)

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

/** As {@link append}, with the reading of a counter at its last freeze. */
export function appendFrozen(log: EventLog, block: Block, slot: number, cause: number, originator: number): number {
  const { view, time } = block.frozenColumn()
  return write(log, block, slot, view, time, cause, originator, 0)
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
  if (position > log.mask && log.mask + 1 < log.capacity) grow(log)
  const { view } = log
  const base = (position & log.mask) * (RECORD_WORDS * 4)
  const stride = block.stride
  const from = slot * stride
  view.setInt32(base, block.ioa[slot] as number, true)
  view.setInt32(base + 3, elements.getInt32(from, true), true)
  if (stride === 5) view.setUint8(base + 7, elements.getUint8(from + 4))
  let length = 3 + stride
  if (time !== null && block.of.eventTagged) {
    view.setInt32(base + length, time[slot * 2] as number, true)
    view.setInt32(base + length + 4, time[slot * 2 + 1] as number, true)
    length += 7
  }
  view.setUint8(base + 15, length)
  view.setInt32(base + 16, block.of.eventType | 0x100 | (cause << 16) | (originator << 24), true)
  view.setInt32(base + 20, block.of.ca | (asker << 16), true)
  block.last[slot] = (position + 1) | 0
  log.end = position + 1
  return position
}

/** Doubles the ring until it has its full capacity. Nothing has been overwritten yet, so records keep their order. */
function grow(log: EventLog): void {
  const words = new Int32Array(Math.min(log.words.length * 2, log.capacity * RECORD_WORDS))
  const records = log.mask + 1
  const bigger = words.length / RECORD_WORDS - 1
  for (let position = log.end - records; position < log.end; position++) {
    const from = (position & log.mask) * RECORD_WORDS
    words.set(log.words.subarray(from, from + RECORD_WORDS), (position & bigger) * RECORD_WORDS)
  }
  log.words = words
  log.view = new DataView(words.buffer)
  log.mask = bigger
}

/** Largest capacity of a log: records further back than this do not matter to anybody. */
const FAR_BACK = 0x2000000

/**
 * The position behind the newest event of a point, or 0 when it has none within the 32 bits that the image keeps. Just
 * behind a multiple of 2^32 a point without events cannot be told from one whose event is the last before it: then it
 * counts as that one, which makes its value wait for events that it need not wait for.
 */
export function lastOf(block: Block, slot: number, end: number): number {
  const low = block.last[slot] as number
  const back = (end - low) >>> 0
  if (low === 0 && back > FAR_BACK) return 0
  const position = end - back
  return position > 0 ? position : 0
}
