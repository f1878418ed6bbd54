// Chance that comes again: a generator from a seed, with streams that are split off by a number, so that what one part of a
// run draws changes nothing of what another draws. Integer arithmetic only: the same on every engine.

function mixed(word: number): number {
  let x = word | 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return (x ^ (x >>> 15)) | 0
}

export class Chance {
  private readonly seed: number
  private state: number

  constructor(seed: number) {
    this.seed = mixed(seed + 0x9e3779b9)
    this.state = this.seed
  }

  /** A stream of its own: the same for the same number, whatever was drawn here. */
  split(number: number): Chance {
    return new Chance(mixed(this.seed ^ Math.imul(number + 1, 0x85ebca6b)))
  }

  /** 0..2^32-1. */
  next(): number {
    this.state = (this.state + 0x9e3779b9) | 0
    return mixed(this.state) >>> 0
  }

  /** 0..limit-1. */
  below(limit: number): number {
    return this.next() % limit
  }

  /** From least to most, both among them. */
  within(least: number, most: number): number {
    return least + (this.next() % (most - least + 1))
  }

  /** True in so many of 1000 cases. */
  in1000(often: number): boolean {
    return this.next() % 1000 < often
  }

  pick<A>(from: readonly A[]): A {
    return from[this.next() % from.length] as A
  }
}
