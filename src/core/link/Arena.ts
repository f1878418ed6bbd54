// Where output octets are put: a bump allocator with an optional free. A region that was handed out is never written
// again unless its owner gives it back, so a reduction that writes into one is as pure as one that makes a new array.

const SLAB_OCTETS = 131_072

/** The slab that regions are cut from. */
export let octets: Uint8Array = new Uint8Array(SLAB_OCTETS)
/** A view of {@link octets}. */
export let view: DataView = new DataView(octets.buffer)
/** Where the next region begins. */
export let top = 0

/** Makes sure that `size` octets from {@link top} are free. */
export function reserve(size: number): void {
  if (top + size <= octets.length) return
  octets = new Uint8Array(Math.max(SLAB_OCTETS, size))
  view = new DataView(octets.buffer)
  top = 0
}

/** Everything before `end` is taken. */
export function commit(end: number): void {
  top = end
}

/** Gives a region back that nobody will read any more; without effect unless it is the newest one. */
export function release(slab: Uint8Array, start: number, end: number): void {
  if (slab === octets && end === top) top = start
}
