// What is in flight: for every I frame sent and not yet acknowledged, when it was sent and the log position that it
// ends at. A flat append-only buffer is shared by successive states; whoever branches from an older state copies.
//
// Entry i occupies two numbers from 1 + 2i: the mark (position * 4 + class, or -1 for a frame without events) and the
// time of sending. Slot 0 holds the entry count of the only state that may append in place.

export interface Ledger {
  readonly buffer: Float64Array
  /** First live entry. */
  readonly low: number
  /** One past the last live entry. */
  readonly high: number
}

/** Priority classes that a mark can name. */
export const CLASSES = 4
/** Entries of the first buffer of a session, and of the buffers of one that is busy: an idle session stays small. */
const FIRST_ENTRIES = 32
const BUSY_ENTRIES = 256

export const empty: Ledger = { buffer: new Float64Array(1), low: 0, high: 0 }

/** The mark of a frame that ends at `position` of the log of `priority`. */
export const mark = (position: number, priority: number): number => position * CLASSES + priority
export const NO_EVENTS = -1
export const positionOf = (found: number): number => Math.floor(found / CLASSES)
export const priorityOf = (found: number): number => found % CLASSES

export const markAt = (buffer: Float64Array, entry: number): number => buffer[1 + 2 * entry] as number
export const sentAt = (buffer: Float64Array, entry: number): number => buffer[2 + 2 * entry] as number

/** The buffer in which the entries from `from` on were sent at a time, and those from `low` on before it as they were. */
export function resent(buffer: Float64Array, low: number, high: number, from: number, sentAtMs: number): Float64Array {
  const next = buffer.slice()
  for (let entry = Math.max(low, from); entry < high; entry++) next[2 + 2 * entry] = sentAtMs
  return next
}

/** Appends behind `high`: in place when nobody else has, else in a new buffer that starts with the live entries. Returns the buffer; the caller moves low to {@link lowAfter}. */
export function append(buffer: Float64Array, low: number, high: number, entry: number, sentAtMs: number): Float64Array {
  if (buffer[0] === high && 2 * high + 2 < buffer.length) {
    buffer[1 + 2 * high] = entry
    buffer[2 + 2 * high] = sentAtMs
    buffer[0] = high + 1
    return buffer
  }
  const live = high - low
  const entries = Math.min(BUSY_ENTRIES, Math.max(FIRST_ENTRIES, buffer.length))
  const next = new Float64Array(1 + 2 * Math.max(entries, live * 4))
  next.set(buffer.subarray(1 + 2 * low, 1 + 2 * high), 1)
  next[1 + 2 * live] = entry
  next[2 + 2 * live] = sentAtMs
  next[0] = live + 1
  return next
}
