// The link parameters k, w, t1, t2, t3 (60870-5-104 9.6): defaults, ranges and the relations between them.

export interface Parameters {
  /** I frames sent and not acknowledged at most, 1..32767. */
  readonly k: number
  /** I frames received at most before they are acknowledged, 1..32767. */
  readonly w: number
  /** Time for the acknowledgement of an I frame or of TESTFR act, 1..255 s in ms. */
  readonly t1Ms: number
  /** Latest time to acknowledge when there is nothing to send, 1..255 s in ms, less than t1. */
  readonly t2Ms: number
  /** Idle time before TESTFR act, from 1 s in ms; at most 48 h are recommended. */
  readonly t3Ms: number
}

export const defaults: Parameters = { k: 12, w: 8, t1Ms: 15_000, t2Ms: 10_000, t3Ms: 20_000 }

export interface Range {
  readonly name: keyof Parameters
  readonly min: number
  readonly max: number
  readonly unit: string
}

export const ranges: readonly Range[] = [
  { name: "k", min: 1, max: 32_767, unit: "I frames" },
  { name: "w", min: 1, max: 32_767, unit: "I frames" },
  { name: "t1Ms", min: 1000, max: 255_000, unit: "ms" },
  { name: "t2Ms", min: 1000, max: 255_000, unit: "ms" },
  { name: "t3Ms", min: 1000, max: 2_147_483_000, unit: "ms" }
]

/** 48 h: the longest t3 that the standard recommends. */
const T3_ADVISED_MS = 172_800_000

export interface Verdict {
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

/** What is wrong with the parameters (errors) and what is unwise (warnings). */
export function validate(parameters: Parameters): Verdict {
  const errors: string[] = []
  const warnings: string[] = []
  for (const { name, min, max, unit } of ranges) {
    const value = parameters[name]
    if (!(Number.isInteger(value) && value >= min && value <= max))
      errors.push(`${name} is ${value}: a whole number from ${min} to ${max} (${unit}) is required`)
  }
  if (errors.length > 0) return { errors, warnings }
  const { k, w, t1Ms, t2Ms, t3Ms } = parameters
  if (t2Ms >= t1Ms) errors.push(`t2 (${t2Ms} ms) must be less than t1 (${t1Ms} ms)`)
  if (w * 3 > k * 2) warnings.push(`w (${w}) should be at most two thirds of the peer's k; ours is ${k}`)
  if (t3Ms > T3_ADVISED_MS) warnings.push(`t3 (${t3Ms} ms) should be at most 48 h (${T3_ADVISED_MS} ms)`)
  if (t3Ms <= t1Ms) warnings.push(`t3 (${t3Ms} ms) should be more than t1 (${t1Ms} ms)`)
  return { errors, warnings }
}
