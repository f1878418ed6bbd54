// The points of one station that share a type (and what follows from it), as columns in wire form: the element octets
// of a point lie side by side with its neighbours', so that an interrogation copies instead of encoding.
// Slots are stable: a point keeps its slot for life. Addresses ascend with slots as long as points are added in order;
// otherwise `order` keeps the slots by address and a hash finds them.

import { Frozen } from "./Frozen.ts"
import { Ordered } from "./Ordered.ts"
import * as Positions from "./Positions.ts"
import { Told } from "./Told.ts"
import * as Value from "./Value.ts"

/** What the points of a block have in common. */
export interface BlockType {
  readonly ca: number
  /** The point's own type identification. */
  readonly type: number
  /** Type of its events (spontaneous, returned information). */
  readonly eventType: number
  /** Type in answers to interrogation and read, 0 = not part of a general interrogation. */
  readonly answerType: number
  /** Type in answers to counter interrogation, 0 = no counter. */
  readonly counterType: number
  /** Type in answers to a read command, 0 = not readable. */
  readonly readType: number
  /** Type of cyclic transmission, and its cause. */
  readonly cyclicType: number
  readonly cyclicCause: number
  /** Priority class: index of the log that takes its events. */
  readonly priority: number
  /** Command types that are taken: one, and where there are two the other, else 0. */
  readonly takes: number
  readonly takesToo: number
  /** Whether the block keeps a time tag for each point, and whether its events carry it. */
  readonly tagged: boolean
  readonly eventTagged: boolean
}

/** The time zone of a station's time tags at the moment. */
export interface Zone {
  /** By which zones are told apart. */
  readonly name: string
  /** What local time is ahead of UTC. */
  offsetMs: number
  /** SU: summer time. */
  summer: boolean
  /** The instant that was tagged last, in ms since 1970 UTC, and its CP56Time2a words: many events share a millisecond. */
  taggedMs: number
  tagLow: number
  tagHigh: number
  /**
   * The instant (ms since 1970 UTC) at which clocks of the zone showed a local time (ms since 1970 there) with SU as
   * given; NaN when there was none. Always the same for the same arguments.
   */
  readonly instant: (localMs: number, summer: boolean, strict: boolean) => number
  /** Whether {@link instant} is cheap for a local time: what clocks do in its year was looked up before. */
  readonly knows: (localMs: number) => boolean
  /** Makes {@link offsetMs} and {@link summer} those of an instant. */
  readonly settle: (epochMs: number) => void
  /** What local time is ahead of UTC at an instant, and until when that holds. Always the same for the same instant. */
  readonly spanAt: (epochMs: number) => { readonly offsetMs: number; readonly untilMs: number }
}

/** Interrogation groups occupy bits 0..15 of a slot's group mask, counter groups 1..4 bits 16..19. */
export const COUNTER_GROUP_BIT = 16
/** Bit of all counters among the groups of a block or station; no slot has it. */
export const COUNTERS = 20

/** So many slots a block has at most: as many as there are addresses. */
export const SLOTS = 0x1000000

/** A command point has to be selected before it is executed; its application decides who may select it. */
export const SELECT_FIRST = 1
export const SELECT_ASKS = 2

/** A place in the hash whose point was removed. */
const GONE = -1

/** In the column of births: there is no point. */
const NOBODY = -1

/** Octets behind the last element that word-wise copies may read. */
const SLACK = 16

/** So many changes, and an eighth of the points more, change the order in place; behind more it is made anew. */
const IN_PLACE = 64

export class Block {
  /** What follows from the other fields: a snapshot leaves it out. */
  static readonly derived: readonly (keyof Block)[] = [
    "ca",
    "eventKey",
    "eventTagged",
    "priority",
    "command",
    "layout",
    "kind",
    "stride",
    "view"
  ]

  readonly of: BlockType
  readonly ca: number
  /** Its own among all blocks that were ever in its image, from 0. */
  readonly number: number
  /** Type of events and VSQ for one object: the first octets of an event's header. */
  readonly eventKey: number
  readonly eventTagged: boolean
  readonly priority: number
  /** Whether its points are commands. */
  readonly command: boolean
  readonly layout: Value.Layout
  readonly kind: Value.Kind
  readonly stride: number
  /** Slots in use, dead ones included. */
  length = 0
  /** Points that exist. */
  count = 0
  /** Counts additions and removals: who remembers slots remembers this with them (see {@link holds}). */
  version = 0
  /**
   * The version at which the present point of a slot was added, -1 where there is none. Null until a point was removed:
   * until then no place was used twice, every point counts as born at 0, and nobody pays for the column.
   */
  born: Float64Array | null = null
  /**
   * Whether a handle on a point has to be looked at before it is used: of commands, and once a point was removed; until
   * then every slot keeps the address that it had first.
   */
  guarded: boolean
  ioa: Int32Array
  octets: Uint8Array
  view: DataView
  /** Time tag as two words a slot (octets 1-4, octets 5-7), or null. */
  time: Int32Array | null
  /** Low 32 bits of the log position of the newest event of each point, plus one; 0 = none yet. */
  last: Int32Array
  /** The slot whose `last` is 0 though it has an event: of one event in 2^32 the position behind has such bits; -1 = none. */
  lapSlot = -1
  /** Slots by address; null while addresses ascend with slots and no slot is dead. */
  order: Ordered | null = null
  /** Slots whose application wants to refresh the value before it is read. */
  refresh: Uint8Array | null = null
  /** Command slots: {@link SELECT_FIRST} and {@link SELECT_ASKS}. */
  select: Uint8Array | null = null
  /** Group mask of each slot; null while no point is in a group. */
  groups: Int32Array | null = null
  /** Slots of each group bit by address; undefined where there is none. */
  readonly members: (Ordered | undefined)[] = []
  /** Bits of the groups that have members. */
  private grouped = 0
  frozen: Frozen | null = null
  /** What was told last of points that make events by change, and their bands and rates. */
  told: Told | null = null
  zone: Zone
  /** Slots whose last value was not a finite number, which makes them invalid, and IV if they are so without that, else 0. */
  unfit: Map<number, number> | null = null
  /** Slots that have the newest event of the point that had their address before, and `last` as it was then. */
  heirs: Map<number, number> | null = null
  /** Of those the ones that go on behind events of the type with another time tag, and `last` as the newest of these made it. */
  mixed: Map<number, number> | null = null
  /** Whether points of it make events by change, so that what is told of them is remembered. */
  compared = false
  private hash: Int32Array | null = null
  /** Places in the hash whose point was removed. */
  private gone = 0
  private free: number[] = []
  /** Changes since `settle`. */
  private changes = 0
  /** Whether `order` and `members` have to be made anew. */
  private stale = false

  constructor(of: BlockType, layout: Value.Layout, zone: Zone, number = 0) {
    this.of = of
    this.ca = of.ca
    this.number = number
    this.eventKey = of.eventType | 0x100
    this.eventTagged = of.eventTagged
    this.priority = of.priority
    this.command = this.guarded = Value.isCommand(of.type)
    this.zone = zone
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
    if (this.born !== null) this.born[slot] = this.version + 1
    const inOrder = reused === undefined && (slot === 0 || (this.ioa[slot - 1] as number) < ioa)
    if (this.order === null && !inOrder) this.disorder()
    if (reused === undefined) this.length++
    this.ioa[slot] = ioa
    this.count++
    this.version++
    if (this.order !== null) {
      if (this.inPlace()) this.order.add(this.ioa, slot)
      if ((this.count + this.gone) * 2 > (this.hash as Int32Array).length) this.rehash()
      else this.insert(slot)
    }
    return slot
  }

  /** Removes a point; its slot is dead until another point takes it. */
  remove(slot: number): void {
    this.guarded = true
    this.born ??= new Float64Array(this.ioa.length)
    this.born[slot] = NOBODY
    if (this.groups !== null) this.setGroups(slot, 0)
    const order = this.order ?? this.disorder()
    if (this.inPlace()) order.remove(this.ioa, slot)
    this.unlink(this.ioa[slot] as number, slot)
    this.ioa[slot] = -1
    this.octets.fill(0, slot * this.stride, (slot + 1) * this.stride)
    this.time?.fill(0, slot * 2, slot * 2 + 2)
    this.last[slot] = 0
    if (slot === this.lapSlot) this.lapSlot = -1
    if (this.refresh !== null) this.refresh[slot] = 0
    if (this.select !== null) this.select[slot] = 0
    this.frozen?.forget(slot)
    this.told?.forget(slot)
    this.unfit?.delete(slot)
    this.heirs?.delete(slot)
    this.mixed?.delete(slot)
    this.free.push(slot)
    this.count--
    this.version++
  }

  /** Removes all points: handles on them find that their place has no address any more. */
  clear(): void {
    this.guarded = true
    this.born = new Float64Array(this.ioa.length).fill(NOBODY)
    this.ioa.fill(-1)
    this.length = this.count = 0
    this.lapSlot = -1
    this.order = null
    this.members.length = 0
    this.grouped = 0
    this.stale = false
    this.free = []
    this.heirs = null
    this.mixed = null
    this.told = null
    this.version++
  }

  /** The number of a slot among all of the image. */
  numberOf(slot: number): number {
    return this.number * SLOTS + slot
  }

  /** What tells the present point of a slot from every other that is, was or will be there. */
  bornOf(slot: number): number {
    return this.born === null ? 0 : (this.born[slot] as number)
  }

  /** Whether the point that was in a slot when the block had this version is still there. */
  holds(slot: number, version: number): boolean {
    if (this.born === null || this.version === version) return (this.ioa[slot] as number) >= 0
    const born = this.born[slot] as number
    return born >= 0 && born <= version
  }

  /** Sets the group mask of a slot. */
  setGroups(slot: number, mask: number): void {
    if (this.groups === null) {
      if (mask === 0) return
      this.groups = new Int32Array(this.ioa.length)
    }
    const others = mask ^ (this.groups[slot] as number)
    this.groups[slot] = mask
    if (others !== 0 && this.inPlace()) this.enter(slot, mask, others)
  }

  /** Bits of the groups that have members, and {@link COUNTERS} where there are counters. */
  get mask(): number {
    return this.of.counterType === 0 || this.count === 0 ? this.grouped : this.grouped | (1 << COUNTERS)
  }

  /** Enters a slot in its groups, or takes it out of them: those of the bits `changed`. */
  private enter(slot: number, mask: number, changed: number): void {
    for (let left = changed; left !== 0; left &= left - 1) {
      const bit = 31 - Math.clz32(left & -left)
      const members = this.members[bit] ?? new Ordered()
      if ((mask & (1 << bit)) !== 0) members.add(this.ioa, slot)
      else members.remove(this.ioa, slot)
      this.members[bit] = members.count === 0 ? undefined : members
      this.grouped = members.count === 0 ? this.grouped & ~(1 << bit) : this.grouped | (1 << bit)
    }
  }

  /** The column of frozen readings, made when it is first needed. */
  frozenColumn(): Frozen {
    this.frozen ??= new Frozen(this.ioa.length, this.stride)
    return this.frozen
  }

  /** Moves positions that lie further than `far` behind the `end` of the log up to there. */
  moveUp(end: number, far: number): void {
    const to = Positions.farBehind(end, far)
    this.frozen?.moveUp(this.last, end, far, to)
    for (const kept of [this.heirs, this.mixed])
      for (const [slot, low] of kept ?? [])
        if (Positions.isFar(low, end, far)) {
          // Of what is told by now nothing is left but the newest.
          if (low === this.last[slot]) kept?.set(slot, to)
          else kept?.delete(slot)
        }
    if (this.lapSlot >= 0 && Positions.isFar(0, end, far)) {
      this.last[this.lapSlot] = to
      this.lapSlot = -1
    }
    Positions.moveUp(this.last, this.length, end, far, to)
  }

  /** The columns of what was told last, made when they are first needed. */
  toldColumn(): Told {
    this.told ??= new Told()
    return this.told
  }

  /** The slot of an address, or -1. */
  find(ioa: number): number {
    if (this.order === null) {
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
      if (entry !== GONE && this.ioa[entry - 1] === ioa) return entry - 1
    }
  }

  /**
   * Whether a change keeps `order` and `members` as they have to be. After many that nobody has read it is cheaper to make
   * them anew when somebody does; those many pay for it.
   */
  private inPlace(): boolean {
    if (++this.changes > IN_PLACE + (this.count >> 3)) this.stale = true
    return !this.stale
  }

  /** Makes `order` and `members` current. Called by whoever changed the block before anybody reads it in order. */
  settle(): void {
    this.changes = 0
    if (!this.stale) return
    this.stale = false
    if (this.order !== null) this.order = Ordered.of(this.sorted())
    if (this.groups === null) return
    this.members.length = 0
    this.grouped = 0
    for (const slot of this.slots()) this.enter(slot, this.groups[slot] as number, this.groups[slot] as number)
  }

  private sorted(): Int32Array {
    const keys = new Float64Array(this.count)
    let n = 0
    for (let slot = 0; slot < this.length; slot++) {
      const ioa = this.ioa[slot] as number
      if (ioa >= 0) keys[n++] = ioa * 0x1000000 + slot
    }
    keys.sort()
    const slots = new Int32Array(n)
    for (let i = 0; i < n; i++) slots[i] = (keys[i] as number) % 0x1000000
    return slots
  }

  /** All slots by address, as they are now. */
  slots(): Int32Array {
    return this.order === null ? ascending(this.length) : this.order.all()
  }

  /** The first slot whose address is greater than `ioa`; only while slots are in order. */
  slotAfter(ioa: number): number {
    return lowerBound(this.ioa, this.length, ioa + 1)
  }

  /** From now on addresses do not ascend with slots. */
  private disorder(): Ordered {
    this.rehash()
    this.order = Ordered.of(ascending(this.length))
    return this.order
  }

  private resize(capacity: number): void {
    this.ioa = copied(new Int32Array(capacity), this.ioa)
    this.last = copied(new Int32Array(capacity), this.last)
    if (this.born !== null) {
      const born = new Float64Array(capacity)
      born.set(this.born)
      this.born = born
    }
    if (this.time !== null) this.time = copied(new Int32Array(capacity * 2), this.time)
    if (this.refresh !== null) this.refresh = widened(this.refresh, capacity)
    if (this.select !== null) this.select = widened(this.select, capacity)
    if (this.groups !== null) this.groups = copied(new Int32Array(capacity), this.groups)
    if (this.frozen !== null) this.frozen = this.frozen.widened(capacity)
    const octets = new Uint8Array(capacity * this.stride + SLACK)
    octets.set(this.octets.subarray(0, this.length * this.stride))
    this.octets = octets
    this.view = new DataView(octets.buffer)
  }

  private rehash(): void {
    let size = 32
    while (size < this.length * 3) size *= 2
    this.hash = new Int32Array(size)
    this.gone = 0
    for (let slot = 0; slot < this.length; slot++) if ((this.ioa[slot] as number) >= 0) this.insert(slot)
  }

  /** Forgets an address; its place in the hash stays marked so that others behind it are still found. */
  private unlink(ioa: number, slot: number): void {
    const hash = this.hash as Int32Array
    const mask = hash.length - 1
    let at = scatter(ioa) & mask
    while (hash[at] !== slot + 1) at = (at + 1) & mask
    hash[at] = GONE
    this.gone++
  }

  private insert(slot: number): void {
    const hash = this.hash as Int32Array
    const mask = hash.length - 1
    let at = scatter(this.ioa[slot] as number) & mask
    while ((hash[at] as number) > 0) at = (at + 1) & mask
    if (hash[at] === GONE) this.gone--
    hash[at] = slot + 1
  }
}

/** The slots before `length`. */
function ascending(length: number): Int32Array {
  const slots = new Int32Array(length)
  for (let slot = 0; slot < length; slot++) slots[slot] = slot
  return slots
}

const scatter = (ioa: number): number => Math.imul(ioa, 0x9e3779b1) >>> 8

function widened(from: Uint8Array, length: number): Uint8Array {
  const to = new Uint8Array(length)
  to.set(from)
  return to
}

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
