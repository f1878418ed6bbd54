// Chance that repeats: xorshift32, so that a seed printed by a failure brings the same run back.

export class Random {
  private state: number

  constructor(seed: number) {
    // Neighbouring seeds must not give neighbouring sequences, and zero would stay zero.
    this.state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) | 0 || 1
    for (let i = 0; i < 4; i++) this.next()
  }

  /** 0..2^32-1. */
  next(): number {
    let x = this.state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.state = x
    return x >>> 0
  }

  /** 0..limit-1. */
  below(limit: number): number {
    return this.next() % limit
  }

  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean {
    return this.next() % 1000 < percent * 10
  }

  pick<A>(from: readonly A[]): A {
    const found = from[this.below(from.length)]
    if (found === undefined) throw new Error("nothing to pick from")
    return found
  }

  octets(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256))
  }
}
