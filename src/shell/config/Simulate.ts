// Values that change by themselves, for trying a server without a process behind it: pure functions of time, so that
// the same file always gives the same values, and any instant can be asked for without playing through the past.

/** A sine around `offset`, sampled every `everyMs`. Points of one row differ in phase. */
export interface Sine {
  readonly kind: "sine"
  readonly everyMs: number
  readonly periodMs: number
  readonly amplitude: number
  readonly offset: number
  /** Whether the point holds whole numbers only. */
  readonly integer: boolean
}

/** `low` and `high` in turn, `everyMs` each. Neighbours of one row are in opposite states. */
export interface Toggle {
  readonly kind: "toggle"
  readonly everyMs: number
  readonly low: number
  readonly high: number
}

/** Wanders between `min` and `max`, by at most `step` from one sample to the next. */
export interface RandomWalk {
  readonly kind: "random-walk"
  readonly everyMs: number
  readonly step: number
  readonly min: number
  readonly max: number
  readonly seed: number
  /** Whether the point holds whole numbers only. */
  readonly integer: boolean
}

/** Counts `step` every `everyMs`, all points of a row at once. */
export interface Count {
  readonly kind: "count"
  readonly everyMs: number
  readonly step: number
}

export type Simulation = Sine | Toggle | RandomWalk | Count

/** Golden section: spreads the phases of any number of neighbours evenly. */
const PHASE_STEP = 0.618033988749895

/** Octaves of the random walk: the slowest swings once in 2^11 samples. */
const OCTAVES = 12

const octaves = Array.from({ length: OCTAVES }, (_, octave) => ({ samples: 2 ** octave, weight: 2 ** (octave / 2) }))
const weightSum = octaves.reduce((sum, { weight }) => sum + weight, 0)
/** Largest change from one sample to the next of the octaves together, for a swing of 1. */
const steepest = octaves.reduce((sum, { samples, weight }) => sum + weight / weightSum / samples, 0)

/** A fixed, evenly spread number in [0, 1) for three integers (finalizer of MurmurHash3). */
const hashed = (seed: number, octave: number, cell: number): number => {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(octave + 1, 0xc2b2ae35) ^ Math.imul(cell + 1, 0x27d4eb2f)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 0x1_0000_0000
}

// A walk that can be asked for any sample: a sum of straight lines between fixed random heights, the slow ones high
// (as in a true random walk), stretched in time until no sample differs from the one before by more than `step`.
const walk = ({ step, min, max, seed }: RandomWalk, index: number, sample: number): number => {
  const stretch = Math.max(1, ((max - min) * steepest) / step)
  let height = 0
  for (const [octave, { samples, weight }] of octaves.entries()) {
    const position = sample / (samples * stretch)
    const cell = Math.floor(position)
    const from = hashed(seed + index, octave, cell)
    height += (weight / weightSum) * (from + (hashed(seed + index, octave, cell + 1) - from) * (position - cell))
  }
  return min + (max - min) * height
}

const rounded = (value: number, integer: boolean): number => (integer ? Math.round(value) : value)

/**
 * Value of the `index`-th point of a row (0..count-1), `elapsedMs` (0 or more) after the start. Of a count: how much was
 * counted since the start, since a counter may begin anywhere and may be reset.
 */
export const valueAt = (simulation: Simulation, index: number, elapsedMs: number): number => {
  const sample = Math.floor(elapsedMs / simulation.everyMs)
  switch (simulation.kind) {
    case "sine": {
      const turns = (sample * simulation.everyMs) / simulation.periodMs + index * PHASE_STEP
      const angle = 2 * Math.PI * (turns - Math.floor(turns))
      return rounded(simulation.offset + simulation.amplitude * Math.sin(angle), simulation.integer)
    }
    case "toggle":
      return (sample + index) % 2 === 0 ? simulation.low : simulation.high
    case "random-walk":
      return rounded(walk(simulation, index, sample), simulation.integer)
    case "count":
      return sample * simulation.step
  }
}

/** When the next value is due: the first instant after `elapsedMs`, in the same milliseconds. */
export const nextAt = (simulation: Simulation, _index: number, elapsedMs: number): number =>
  (Math.floor(elapsedMs / simulation.everyMs) + 1) * simulation.everyMs
