// Octets of a connection, as they come, cut into frames.

/** Octets of the frame that begins here, 0 = there are not enough of them to know. */
export type LengthOf = (octets: Uint8Array) => number

export const lengthOfApdu: LengthOf = (octets) => (octets.length < 2 ? 0 : (octets[1] as number) + 2)

export class Frames {
  private readonly onFrame: (octets: Uint8Array) => void
  private readonly lengthOf: LengthOf
  private rest: Buffer = Buffer.alloc(0)

  /** Every complete frame is called back. */
  constructor(onFrame: (octets: Uint8Array) => void, lengthOf: LengthOf = lengthOfApdu) {
    this.onFrame = onFrame
    this.lengthOf = lengthOf
  }

  /** Takes octets, which are somebody else's afterwards. */
  take(chunk: Buffer): void {
    let octets = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    for (;;) {
      const length = this.lengthOf(octets)
      if (length === 0 || octets.length < length) break
      this.onFrame(Uint8Array.from(octets.subarray(0, length)))
      octets = octets.subarray(length)
    }
    this.rest = Buffer.from(octets)
  }
}
