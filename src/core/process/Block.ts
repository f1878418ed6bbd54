// The points of one station that share a type (and what follows from it), as columns in wire form: the element octets
// of a point lie side by side with its neighbours', so that an interrogation copies instead of encoding.
// Slots are stable: a point keeps its slot for life. Addresses ascend with slots as long as points are added in order;
// otherwise `order` lists the slots by address and a hash finds them.
import type * as Value from "./Value.ts"

/** What the points of a block have in common. */
export interface BlockType {
  readonly ca: number
  /** The point's own type identification. */
  readonly type: number
  /** Type of its events (spontaneous, returned information). */
  readonly eventType: number
  /** Type in answers to interrogation and read, 0 = not part of a general interrogation. */
  readonly answerType: number
  /** Type of cyclic transmission, and its cause. */
  readonly cyclicType: number
  readonly cyclicCause: number
  /** Priority class: index of the log that takes its events. */
  readonly priority: number
  /** Whether the block keeps a time tag for each point. */
  readonly tagged: boolean
}

/** Octets behind the last element that word-wise copies may read. */
const SLACK = 16

export class Block {
  readonly of: BlockType
  readonly layout: Value.Layout
  readonly kind: Value.Kind
  readonly stride: number
  /** Slots in use, dead ones included. */
  length = 0
  /** Points that exist. */
  count = 0
  /** Addresses ascend with slots and no slot is dead. */
  ascending = true
  ioa: Int32Array
  octets: Uint8Array
  view: DataView
  /** Time tag as two words a slot (octets 1-4, octets 5-7), or null. */
  time: Int32Array | null
  /** Low 32 bits of the log position of the newest event of each point, plus one; 0 = none yet. */
  last: Int32Array
  /** Slots by address where slots do not ascend; null while they do or while it has to be made anew. */
  order: Int32Array | null = null
  /** Slots whose application wants to refresh the value before it is read. */
  refresh: Uint8Array | null = null
  /** Slots that are invalid only because their last value was not a finite number. */
  unfit: Set<number> | null = null
  private hash: Int32Array | null = null
  private free: number[] = []

  constructor(of: BlockType, layout: Value.Layout) {
    this.of = of
    this.layout = layout
    this.kind = layout.kind
    this.stride = layout.octets
    this.ioa = new Int32Array(0)
    this.octets = new Uint8Array(SLACK)
    this.view = new DataView(this.octets.buffer)
    this.time = of.tagged ? new Int32Array(0) : null
    this.last = new Int32Array(0)
  }

  /** Makes room for `more` points at once, without the slack of growing step by step. */
  reserve(more: number): void {
    const need = this.length + more
    if (need > this.ioa.length) this.resize(need)
  }

  /** Adds a point whose address is not in use here; returns its slot. */
  add(ioa: number): number {
    const reused = this.free.pop()
    const slot = reused ?? this.length
    if (slot === this.ioa.length) this.resize(Math.max(16, slot * 2))
    const inOrder = reused === undefined && (slot === 0 || (this.ioa[slot - 1] as number) < ioa)
    if (reused === undefined) this.length++
    this.ioa[slot] = ioa
    this.count++
    if (this.ascending && !inOrder) {
      this.ascending = false
      this.rehash()
    } else if (!this.ascending) {
      if ((this.hash as Int32Array).length < this.length * 2) this.rehash()
      else this.insert(slot)
    }
    this.order = null
    return slot
  }

  /** Removes a point; its slot is dead until another point takes it. */
  remove(slot: number): void {
    this.ioa[slot] = -1
    this.octets.fill(0, slot * this.stride, (slot + 1) * this.stride)
    this.last[slot] = 0
    if (this.refresh !== null) this.refresh[slot] = 0
    this.unfit?.delete(slot)
    this.free.push(slot)
    this.count--
    this.ascending = false
    this.order = null
    this.rehash()
  }

  /** The slot of an address, or -1. */
  find(ioa: number): number {
    if (this.ascending) {
      const n = this.length
      if (n === 0) return -1
      const guess = ioa - (this.ioa[0] as number)
      if (guess >= 0 && guess < n && this.ioa[guess] === ioa) return guess
      const at = lowerBound(this.ioa, n, ioa)
      return at < n && this.ioa[at] === ioa ? at : -1
    }
    const hash = this.hash as Int32Array
    const mask = hash.length - 1
    for (let at = scatter(ioa) & mask; ; at = (at + 1) & mask) {
      const entry = hash[at] as number
      if (entry === 0) return -1
      if (this.ioa[entry - 1] === ioa) return entry - 1
    }
  }

  /** Makes `order` current. Called by whoever changed the block before anybody reads it in order. */
  settle(): void {
    if (this.ascending || this.order !== null) return
    const keys = new Float64Array(this.count)
    let n = 0
    for (let slot = 0; slot < this.length; slot++) {
      const ioa = this.ioa[slot] as number
      if (ioa >= 0) keys[n++] = ioa * 0x1000000 + slot
    }
    keys.sort()
    const order = new Int32Array(n)
    for (let i = 0; i < n; i++) order[i] = (keys[i] as number) % 0x1000000
    this.order = order
  }

  /** The slot at place `index` (0..count-1) by address. */
  slotAt(index: number): number {
    return this.order === null ? index : (this.order[index] as number)
  }

  /** The first place whose address is greater than `ioa`. */
  placeAfter(ioa: number): number {
    if (this.order === null) return lowerBound(this.ioa, this.length, ioa + 1)
    let low = 0
    let high = this.order.length
    while (low < high) {
      const mid = (low + high) >>> 1
      if ((this.ioa[this.order[mid] as number] as number) <= ioa) low = mid + 1
      else high = mid
    }
    return low
  }

  private resize(capacity: number): void {
    this.ioa = copied(new Int32Array(capacity), this.ioa)
    this.last = copied(new Int32Array(capacity), this.last)
    if (this.time !== null) this.time = copied(new Int32Array(capacity * 2), this.time)
    if (this.refresh !== null) {
      const refresh = new Uint8Array(capacity)
      refresh.set(this.refresh)
      this.refresh = refresh
    }
    const octets = new Uint8Array(capacity * this.stride + SLACK)
    octets.set(this.octets.subarray(0, this.length * this.stride))
    this.octets = octets
    this.view = new DataView(octets.buffer)
  }

  private rehash(): void {
    let size = 32
    while (size < this.length * 3) size *= 2
    this.hash = new Int32Array(size)
    for (let slot = 0; slot < this.length; slot++) if ((this.ioa[slot] as number) >= 0) this.insert(slot)
  }

  private insert(slot: number): void {
    const hash = this.hash as Int32Array
    const mask = hash.length - 1
    let at = scatter(this.ioa[slot] as number) & mask
    while (hash[at] !== 0) at = (at + 1) & mask
    hash[at] = slot + 1
  }
}

const scatter = (ioa: number): number => Math.imul(ioa, 0x9e3779b1) >>> 8

function copied(to: Int32Array, from: Int32Array): Int32Array {
  to.set(from)
  return to
}

/** The first index of the ascending `keys[0, n)` that is at least `key`. */
function lowerBound(keys: Int32Array, n: number, key: number): number {
  let low = 0
  let high = n
  while (low < high) {
    const mid = (low + high) >>> 1
    if ((keys[mid] as number) < key) low = mid + 1
    else high = mid
  }
  return low
}
