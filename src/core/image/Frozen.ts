// What the counters of a block say to a counter interrogation: the readings of the last freeze, and beside them those that it
// replaced, so that an interrogation which a freeze overtakes can still tell the readings of the moment in which it began.

import * as Positions from "./Positions.ts"

/** Octets behind the last element that word-wise copies may read. */
const SLACK = 16

/** Every so many freezes it is noted what the newest event was: twice as many are half of what a sequence number tells apart. */
const APART = 8

/** Readings in wire form and their time tags, by slot. */
export interface Readings {
  readonly view: DataView
  readonly time: Int32Array
}

export class Frozen implements Readings {
  /** 1 for a slot that was frozen at least once; any other says what its counter is at present. */
  readonly flags: Uint8Array
  readonly view: DataView
  readonly time: Int32Array
  /** Position behind the event that told what a slot says now; 0 = none has; negative: the running counter was told since. */
  private readonly told: Float64Array
  private readonly stride: number
  /** Number of the order (freeze or reset) since which a slot says what it says; 0 = there was none. */
  private readonly since: Float64Array
  /** What each slot said before that, and since which order. */
  private readonly before: Readings
  private readonly beforeSince: Float64Array
  /** Whether that was the counter itself, which had never been frozen. */
  private readonly ran: Uint8Array
  /** As `Block.last` was at that order: what is behind it was told since. */
  private readonly last: Int32Array
  /** As `Block.last` was at the last freeze whose sequence number is a multiple of eight, and at the one before that. */
  private readonly near: Int32Array
  private readonly far: Int32Array
  /** Where `Block.last` was moved up to that was the event which told what a slot says now; 0 = it was not moved. */
  private readonly movedTo: Int32Array

  constructor(capacity: number, stride: number) {
    this.stride = stride
    this.flags = new Uint8Array(capacity)
    this.view = new DataView(new ArrayBuffer(capacity * stride + SLACK))
    this.time = new Int32Array(capacity * 2)
    this.told = new Float64Array(capacity)
    this.since = new Float64Array(capacity)
    this.before = {
      view: new DataView(new ArrayBuffer(capacity * stride + SLACK)),
      time: new Int32Array(capacity * 2)
    }
    this.beforeSince = new Float64Array(capacity)
    this.ran = new Uint8Array(capacity)
    this.last = new Int32Array(capacity)
    this.near = new Int32Array(capacity)
    this.far = new Int32Array(capacity)
    this.movedTo = new Int32Array(capacity)
  }

  /** The same for more slots. */
  widened(capacity: number): Frozen {
    const wide = new Frozen(capacity, this.stride)
    wide.flags.set(this.flags)
    copy(wide, this)
    wide.told.set(this.told)
    wide.since.set(this.since)
    copy(wide.before, this.before)
    wide.beforeSince.set(this.beforeSince)
    wide.ran.set(this.ran)
    wide.last.set(this.last)
    wide.near.set(this.near)
    wide.far.set(this.far)
    wide.movedTo.set(this.movedTo)
    return wide
  }

  /** Keeps what a slot says until an order is carried out; `running` is the counter itself, `last` its newest event until then. */
  keep(slot: number, order: number, running: DataView, time: Int32Array | null, last: number): void {
    const frozen = this.flags[slot] !== 0
    const from = frozen ? this.view : running
    const at = slot * this.stride
    for (let i = 0; i < this.stride; i++) this.before.view.setUint8(at + i, from.getUint8(at + i))
    const tags = frozen ? this.time : time
    for (let i = slot * 2; i < slot * 2 + 2; i++) this.before.time[i] = tags?.[i] ?? 0
    this.beforeSince[slot] = this.since[slot] as number
    this.since[slot] = order
    this.ran[slot] = frozen ? 0 : 1
    this.last[slot] = last
    this.told[slot] = 0
  }

  /** A slot is frozen under a sequence number; `last` was its newest event until then. */
  count(slot: number, sequence: number, last: number): void {
    if (sequence % APART !== 0) return
    this.far[slot] = this.near[slot] as number
    this.near[slot] = last
  }

  /** As `Block.last` was 8 to 15 freezes ago: the sequence numbers of later events are in order beside the present one. */
  inOrderSince(slot: number): number {
    return this.far[slot] as number
  }

  /** What a slot says now is told by the event before this position. */
  tell(slot: number, position: number): void {
    this.told[slot] = position
  }

  /** What the counter itself says is told to those who listen now. */
  overtake(slot: number): void {
    this.told[slot] = -Math.abs(this.told[slot] as number)
  }

  /** Position behind the event that told what a slot says now; 0 = none has. */
  toldBehind(slot: number): number {
    return Math.abs(this.told[slot] as number)
  }

  /** Whether what the counter itself said was told after that event to those who listened. */
  isOvertaken(slot: number): boolean {
    return (this.told[slot] as number) < 0
  }

  /** Number of the order (freeze or reset) since which a slot says what it says. */
  orderOf(slot: number): number {
    return this.since[slot] as number
  }

  /** What a slot said after so many orders, null for the counter itself. */
  said(slot: number, orders: number): Readings | null {
    if (this.isPast(slot, orders)) return this.before
    return this.flags[slot] === 0 ? null : this
  }

  /** Whether a slot says something else by now than after so many orders. */
  isPast(slot: number, orders: number): boolean {
    return (this.since[slot] as number) > orders
  }

  /** Whether what a slot said after so many orders is the counter itself, as it was then or is. */
  isRunning(slot: number, orders: number): boolean {
    return this.isPast(slot, orders) ? this.ran[slot] !== 0 : this.flags[slot] === 0
  }

  /** What `Block.last` was as a slot said for the last time what it said before its newest order. */
  lastBefore(slot: number): number {
    return this.last[slot] as number
  }

  /** Whether it is not known any more what a slot said after so many orders. */
  isLost(slot: number, orders: number): boolean {
    return this.isPast(slot, orders) && (this.beforeSince[slot] as number) > orders
  }

  /**
   * Moves positions that lie further than `far` behind the `end` of the log up `to` there; `lasts` are those of `Block.last` until
   * then. What was an event ago is told from it still: it lies one before.
   */
  moveUp(lasts: Int32Array, end: number, far: number, to: number): void {
    for (let slot = 0; slot < this.movedTo.length; slot++) {
      const last = lasts[slot] as number
      if (!Positions.isFar(last, end, far)) continue
      const told = this.toldBehind(slot)
      const isNewest = (told !== 0 && (told | 0) === last) || (last !== 0 && this.movedTo[slot] === last)
      this.movedTo[slot] = isNewest ? to : 0
    }
    const before = (to - 1) | 0 || -1
    for (const column of [this.last, this.near, this.far]) Positions.moveUp(column, column.length, end, far, before)
  }

  /** Whether what a slot says now is told by its newest event, behind which lies a position of these low bits. */
  isNewest(slot: number, last: number): boolean {
    const told = this.toldBehind(slot)
    return told === last || (told !== 0 && this.movedTo[slot] !== 0 && this.movedTo[slot] === (last | 0))
  }

  /** Another counter will use the slot. */
  forget(slot: number): void {
    this.flags[slot] = 0
    this.told[slot] = 0
    this.since[slot] = 0
    this.beforeSince[slot] = 0
    this.near[slot] = 0
    this.far[slot] = 0
    this.movedTo[slot] = 0
  }
}

function copy(to: Readings, from: Readings): void {
  new Uint8Array(to.view.buffer as ArrayBuffer).set(new Uint8Array(from.view.buffer as ArrayBuffer))
  to.time.set(from.time)
}
