// Other inputs made of those that there are: bits, numbers, pieces and lines changed, repeated, dropped and exchanged.
import type { Random } from "../property/support/Random.ts"

export interface Material {
  /** An input to be changed, and all from which pieces may come. */
  readonly from: Uint8Array
  readonly others: readonly Uint8Array[]
  readonly words: readonly Uint8Array[]
  readonly text: boolean
  readonly most: number
}

type Change = (random: Random, octets: Uint8Array, material: Material) => Uint8Array

const join = (...parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** What stands between two places is replaced. */
const replaced = (octets: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array =>
  join(octets.subarray(0, from), by, octets.subarray(to))

/** A range, mostly a short one. */
const range = (random: Random, { length }: Uint8Array): readonly [from: number, to: number] => {
  const most = random.chance(70) ? Math.min(length, 12) : length
  const size = most === 0 ? 0 : 1 + random.below(most)
  const from = random.below(length - size + 1)
  return [from, from + size]
}

const NOTABLE = [0, 1, 2, 3, 4, 7, 0x0f, 0x10, 0x1f, 0x3f, 0x40, 0x68, 0x7f, 0x80, 0xc0, 0xfd, 0xfe, 0xff]

/** One octet becomes another. */
const octet =
  (next: (random: Random, octet: number) => number): Change =>
  (random, octets) => {
    const changed = octets.slice()
    const at = random.below(Math.max(1, octets.length))
    if (octets.length > 0) changed[at] = next(random, changed[at] as number)
    return changed
  }

const piece = (random: Random, { others, from }: Material): Uint8Array => {
  const other = others.length > 0 ? random.pick(others) : from
  return other.subarray(...range(random, other))
}

const word = (random: Random, { words }: Material): Uint8Array =>
  words.length > 0 ? random.pick(words) : random.octets(1 + random.below(4))

const changes: readonly Change[] = [
  octet((random, value) => value ^ (1 << random.below(8))),
  octet((random) => random.below(256)),
  octet((random, value) => value + random.below(33) - 16),
  octet((random) => random.pick(NOTABLE)),
  (random, octets) => {
    const at = random.below(octets.length + 1)
    return replaced(octets, at, at, random.octets(1 + random.below(4)))
  },
  (random, octets) => replaced(octets, ...range(random, octets), new Uint8Array(0)),
  (random, octets) => {
    const [from, to] = range(random, octets)
    return replaced(octets, to, to, octets.subarray(from, to))
  },
  (random, octets) => {
    const [from, to] = range(random, octets)
    const times = random.pick([2, 3, 8, 64, 512])
    return replaced(octets, to, to, join(...Array<Uint8Array>(times).fill(octets.subarray(from, to))))
  },
  (random, octets, material) => {
    const at = random.below(octets.length + 1)
    return replaced(octets, at, at, piece(random, material))
  },
  (random, octets, material) => replaced(octets, ...range(random, octets), piece(random, material)),
  (random, octets, material) => {
    const at = random.below(octets.length + 1)
    return replaced(octets, at, at, word(random, material))
  },
  (random, octets, material) => {
    const at = random.below(octets.length + 1)
    const by = word(random, material)
    return replaced(octets, at, Math.min(octets.length, at + by.length), by)
  },
  (random, octets) => octets.slice(0, random.below(octets.length + 1)),
  (random, octets, { others }) => {
    if (others.length === 0) return octets
    const other = random.pick(others)
    return join(octets.subarray(0, random.below(octets.length + 1)), other.subarray(random.below(other.length + 1)))
  }
]

const NEWLINE = 10

const linesOf = (octets: Uint8Array): Uint8Array[] => {
  const lines: Uint8Array[] = []
  for (let from = 0; from < octets.length; ) {
    const end = octets.indexOf(NEWLINE, from)
    const to = end < 0 ? octets.length : end + 1
    lines.push(octets.subarray(from, to))
    from = to
  }
  return lines
}

/** Lines are moved, repeated, dropped, or come from elsewhere. */
const line: Change = (random, octets, { others }) => {
  const lines = linesOf(octets)
  if (lines.length === 0) return octets
  const [from, to] = [random.below(lines.length), random.below(lines.length)]
  const one = lines[from] as Uint8Array
  switch (random.below(4)) {
    case 0:
      lines.splice(from, 1 + random.below(3))
      break
    case 1:
      lines.splice(to, 0, ...Array<Uint8Array>(random.pick([1, 1, 2, 40])).fill(one))
      break
    case 2: {
      const theirs = others.length > 0 ? linesOf(random.pick(others)) : []
      if (theirs.length > 0) lines.splice(to, 0, random.pick(theirs))
      break
    }
    default:
      lines.splice(from, 1)
      lines.splice(to, 0, one)
  }
  return join(...lines)
}

/** Another input; never longer than it may be. */
export function mutated(random: Random, material: Material): Uint8Array {
  let octets = material.from
  let times = 1
  while (times < 16 && random.chance(55)) times++
  for (let n = 0; n < times; n++) {
    const change = material.text && random.chance(30) ? line : random.pick(changes)
    octets = change(random, octets, material).subarray(0, material.most)
  }
  return octets.slice()
}
