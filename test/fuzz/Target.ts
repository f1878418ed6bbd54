// What is fuzzed: something that takes octets, and what must be so whatever they are.

/** How much an input may have run: so many blocks of code as V8 counts them (calls, turns of loops, branches), and so many more an octet. */
export interface Work {
  readonly base: number
  readonly octet: number
}

export interface Target {
  readonly name: string
  /** What it is, in words for a list. */
  readonly about: string
  /** Inputs that are there before any other, by what the project has for other tests. */
  readonly seeds: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>
  /** What inputs are often made of. */
  readonly words: readonly Uint8Array[]
  /** Whether inputs are lines of text. */
  readonly text: boolean
  /** Octets of the longest input. */
  readonly most: number
  readonly work: Work
  /** Inputs between two looks at what has run: as many as take some milliseconds. */
  readonly batch: number
  /** Takes an input as if it were the first ever. Throws what is wrong, be it {@link Broken} or what nobody has meant to throw. */
  readonly run: (input: Uint8Array) => void | Promise<void>
}

/** What must be so is not. */
export class Broken extends Error {
  override readonly name = "Broken"
}

/** Throws {@link Broken} unless something holds. */
export function hold(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new Broken(what())
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const octetsOf = (text: string): Uint8Array => encoder.encode(text)

export const textOf = (octets: Uint8Array): string => decoder.decode(octets)

/** Reads an input as numbers, one after the other; behind its end all are 0. */
export class Input {
  at = 0
  private readonly octets: Uint8Array

  constructor(octets: Uint8Array) {
    this.octets = octets
  }

  get isOver(): boolean {
    return this.at >= this.octets.length
  }

  octet(): number {
    return this.octets[this.at++] ?? 0
  }

  below(limit: number): number {
    return this.octet() % limit
  }

  pick<A>(from: readonly A[]): A {
    return from[this.octet() % from.length] as A
  }

  word(): number {
    return this.octet() | (this.octet() << 8)
  }

  /** So many octets, or what is left. */
  take(count: number): Uint8Array {
    const taken = this.octets.slice(this.at, this.at + count)
    this.at += count
    return taken
  }
}
