// Slots of a block by ascending address, kept in order as points come and go. They lie in leaves of at most 1024: a point
// that comes or goes moves no more than half a leaf and, once in hundreds of points, the list of leaves; who reads goes
// along a leaf as along an array. A place is a number that says which leaf and where in it.

/** Slots of a leaf at most; a power of two, so that a place is taken apart by shifting. */
const LEAF_BITS = 10
const LEAF = 1 << LEAF_BITS

/** Slots that {@link Ordered.read} gives at least, where so many are left: more than any ASDU takes and looks at. */
const AHEAD = 160

interface Leaf {
  slots: Int32Array
  length: number
}

/** Places of an array of slots, from `from` to before `to`. */
export interface Stretch {
  readonly slots: Int32Array
  readonly from: number
  readonly to: number
}

export class Ordered {
  count = 0
  /** None of them is empty. */
  private readonly leaves: Leaf[] = []

  /** Made of slots that stand by address. */
  static of(slots: Int32Array): Ordered {
    const made = new Ordered()
    made.count = slots.length
    for (let from = 0; from < slots.length; from += LEAF) {
      const leaf = slots.slice(from, from + LEAF)
      made.leaves.push({ slots: leaf, length: leaf.length })
    }
    return made
  }

  /** Adds a slot by its address in the column `ioa`. */
  add(ioa: Int32Array, slot: number): void {
    const address = ioa[slot] as number
    this.count++
    let at = this.leafOf(ioa, address)
    let leaf = this.leaves[at]
    if (leaf === undefined) return this.open(0, slot)
    let place = lowerBound(ioa, leaf, address)
    if (leaf.length === LEAF) {
      // At an end of a full leaf another one begins, so that points that come one after the other fill theirs.
      if (place === 0) return this.open(at, slot)
      const next = this.leaves[at + 1]
      if (place < LEAF) {
        const upper = leaf.slots.slice(LEAF / 2)
        leaf.length = LEAF / 2
        this.leaves.splice(at + 1, 0, { slots: upper, length: upper.length })
        if (place > LEAF / 2) {
          place -= LEAF / 2
          leaf = this.leaves[++at] as Leaf
        }
      } else if (next === undefined || next.length === LEAF) return this.open(at + 1, slot)
      else {
        leaf = next
        place = 0
      }
    }
    if (leaf.length === leaf.slots.length) widen(leaf, leaf.length + Math.max(4, leaf.length >> 3))
    leaf.slots.copyWithin(place + 1, place, leaf.length)
    leaf.slots[place] = slot
    leaf.length++
  }

  /** Takes a slot out whose address still stands in the column `ioa`. */
  remove(ioa: Int32Array, slot: number): void {
    const address = ioa[slot] as number
    this.count--
    const at = this.leafOf(ioa, address)
    const leaf = this.leaves[at] as Leaf
    const place = lowerBound(ioa, leaf, address)
    leaf.slots.copyWithin(place, place + 1, leaf.length)
    leaf.length--
    if (leaf.length === 0) this.leaves.splice(at, 1)
    else if (!this.join(at)) this.join(at - 1)
  }

  /** Whether nothing stands at a place: everything was read. */
  isEnd(place: number): boolean {
    return place >>> LEAF_BITS >= this.leaves.length
  }

  /** The place of the first address greater than `after`; `guess` is where it probably is. */
  behind(ioa: Int32Array, after: number, guess: number): number {
    const before = this.slotBefore(guess)
    if (before >= 0 && ioa[before] === after) return this.forward(guess, 0)
    const at = this.leafOf(ioa, after)
    const leaf = this.leaves[at]
    return leaf === undefined ? 0 : this.forward(at << LEAF_BITS, lowerBound(ioa, leaf, after + 1))
  }

  /** The place so many slots further on. */
  forward(place: number, by: number): number {
    let at = place >>> LEAF_BITS
    let left = (place & (LEAF - 1)) + by
    for (let leaf = this.leaves[at]; leaf !== undefined && left >= leaf.length; leaf = this.leaves[at]) {
      left -= leaf.length
      at++
    }
    return (at << LEAF_BITS) | left
  }

  /** The slots from a place on, in one array: as many as an ASDU may look at, or all that are left. */
  read(place: number): Stretch {
    const at = place >>> LEAF_BITS
    const from = place & (LEAF - 1)
    const { slots, length } = this.leaves[at] as Leaf
    if (length - from >= AHEAD || at + 1 === this.leaves.length) return { slots, from, to: length }
    const gathered = new Int32Array(AHEAD)
    let to = 0
    for (let i = at, skip = from; to < AHEAD && i < this.leaves.length; i++, skip = 0) {
      const leaf = this.leaves[i] as Leaf
      const part = leaf.slots.subarray(skip, Math.min(leaf.length, skip + AHEAD - to))
      gathered.set(part, to)
      to += part.length
    }
    return { slots: gathered, from: 0, to }
  }

  /** All slots, as they are now. */
  all(): Int32Array {
    const found = new Int32Array(this.count)
    let to = 0
    for (const { slots, length } of this.leaves) {
      found.set(slots.subarray(0, length), to)
      to += length
    }
    return found
  }

  /** The last leaf that begins at or before an address, else the first. */
  private leafOf(ioa: Int32Array, address: number): number {
    const { leaves } = this
    let low = 0
    let high = leaves.length - 1
    // Most come behind all others.
    if (high > 0 && firstOf(ioa, leaves[high] as Leaf) <= address) return high
    while (low < high) {
      const mid = (low + high + 1) >>> 1
      if (firstOf(ioa, leaves[mid] as Leaf) <= address) low = mid
      else high = mid - 1
    }
    return low
  }

  /** A new leaf with one slot. */
  private open(at: number, slot: number): void {
    this.leaves.splice(at, 0, { slots: Int32Array.of(slot, 0, 0, 0), length: 1 })
  }

  /** Makes one leaf of two that are half a leaf together at most. */
  private join(at: number): boolean {
    const [leaf, next] = [this.leaves[at], this.leaves[at + 1]]
    if (leaf === undefined || next === undefined || leaf.length + next.length > LEAF / 2) return false
    if (leaf.length + next.length > leaf.slots.length) widen(leaf, leaf.length + next.length)
    leaf.slots.set(next.slots.subarray(0, next.length), leaf.length)
    leaf.length += next.length
    this.leaves.splice(at + 1, 1)
    return true
  }

  /** The slot in front of a place, -1 where there is none. */
  private slotBefore(place: number): number {
    const at = place >>> LEAF_BITS
    const within = place & (LEAF - 1)
    const leaf = this.leaves[within === 0 ? at - 1 : at]
    if (leaf === undefined || within > leaf.length) return -1
    return leaf.slots[(within === 0 ? leaf.length : within) - 1] as number
  }
}

const firstOf = (ioa: Int32Array, { slots }: Leaf): number => ioa[slots[0] as number] as number

function widen(leaf: Leaf, capacity: number): void {
  const slots = new Int32Array(Math.min(LEAF, capacity))
  slots.set(leaf.slots)
  leaf.slots = slots
}

/** The first place of a leaf whose address is at least `address`. */
function lowerBound(ioa: Int32Array, { slots, length }: Leaf, address: number): number {
  let low = 0
  let high = length
  while (low < high) {
    const mid = (low + high) >>> 1
    if ((ioa[slots[mid] as number] as number) < address) low = mid + 1
    else high = mid
  }
  return low
}
