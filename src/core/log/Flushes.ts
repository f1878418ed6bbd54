// When events were made, as far as anybody asks: a log says nothing of it, so the end that it had is noted with the time whenever
// it is sent from. A ring of the newest flushes, beside the log as its records are.

/** Flushes that are remembered. */
const FLUSHES = 1024

export interface Flushes {
  /** End of the log and time in ms since 1970 UTC, in turn. */
  readonly words: Float64Array
  count: number
}

export const make = (): Flushes => ({ words: new Float64Array(2 * FLUSHES), count: 0 })

/** Notes when the log had reached an end. */
export function note(flushes: Flushes, end: number, nowMs: number): void {
  const at = 2 * (flushes.count++ % FLUSHES)
  flushes.words[at] = end
  flushes.words[at + 1] = nowMs
}

/** When the event before a position was made, or that of the oldest flush that is remembered; null: it was not flushed yet. */
export function whenMs({ words, count }: Flushes, position: number): number | null {
  for (let flush = Math.max(0, count - FLUSHES); flush < count; flush++) {
    const at = 2 * (flush % FLUSHES)
    if ((words[at] as number) >= position) return words[at + 1] as number
  }
  return null
}
