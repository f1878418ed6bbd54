// A wall clock that is seldom read: told from when its milliseconds begin, which is learnt by watching it. Each event asks for
// the time, and asking how long the process has run is cheaper.

const MS = 1_000_000n

/**
 * By how much the beginning of the next millisecond is set early, so that it is watched for: that keeps it true when the
 * clock is adjusted by less than a millisecond.
 */
const EARLY = 1_000n

/** No millisecond is known: long before any time that `runNs` tells. */
const UNKNOWN = -(1n << 62n)

/**
 * What `readMs` says (whole milliseconds), by `runNs`, which runs at the same speed. While a millisecond is known to last
 * nothing is read; who sets the clock is noticed within one.
 */
export function make(readMs: () => number, runNs: () => bigint): () => number {
  let wallMs = 0
  /** When the clock was read last, and before when the present millisecond has not begun. */
  let readNs = UNKNOWN
  let sinceNs = UNKNOWN
  // Called only when the millisecond that began at `sinceNs` is over.
  const read = (atNs: bigint): number => {
    const nowMs = readMs()
    if (nowMs === wallMs + 1) {
      // It began after the last reading, and not before the one before it was over.
      const early = sinceNs + MS - EARLY
      sinceNs = early > readNs ? early : readNs
    }
    readNs = atNs
    wallMs = nowMs
    return nowMs
  }
  return () => {
    const atNs = runNs()
    return BigInt.asUintN(64, atNs - sinceNs) < MS ? wallMs : read(atNs)
  }
}
