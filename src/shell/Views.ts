// Buffers on the octets that begin at one place of a slab, kept by their length: frames have few lengths, and making a
// Buffer costs some 70 ns.

/** Lengths from here on are not kept. */
const KEPT = 1024

/** A Buffer on octets of a slab. */
export const viewOf = (slab: Uint8Array, from: number, octets: number): Buffer =>
  Buffer.from(slab.buffer as ArrayBuffer, slab.byteOffset + from, octets)

export class Views {
  readonly slab: Uint8Array
  readonly from: number
  private readonly views: (Buffer | undefined)[] = []

  constructor(slab: Uint8Array, from: number) {
    this.slab = slab
    this.from = from
  }

  /** The first octets. */
  of(octets: number): Buffer {
    const known = octets < KEPT ? this.views[octets] : undefined
    if (known !== undefined) return known
    const made = viewOf(this.slab, this.from, octets)
    if (octets < KEPT) this.views[octets] = made
    return made
  }
}
