// Positions of a log as the image keeps them: their low 32 bits, 0 = none. Those that lie far behind the end of the log are forgotten
// from time to time, long before the same bits name another event.

/** Whether a position lies further than `far` behind the end. */
export const isFar = (low: number, end: number, far: number): boolean => (end - low) >>> 0 > far

/** Forgets the far ones of the first positions of a column. */
export function forgetFar(column: Int32Array, length: number, end: number, far: number): void {
  for (let i = 0; i < length; i++) {
    const low = column[i] as number
    if (low !== 0 && isFar(low, end, far)) column[i] = 0
  }
}
