// Positions of a log as the image keeps them: their low 32 bits, 0 = none. Those that lie far behind the end of the log are moved up
// from time to time, long before the same bits name another event: what had an event goes on having had one, where no log reaches.

/** Whether a position lies further than `far` behind the end. */
export const isFar = (low: number, end: number, far: number): boolean => (end - low) >>> 0 > far

/** Where positions are moved up to that lie further behind an end. */
export const farBehind = (end: number, far: number): number => (end - far) | 0 || 1

/** Moves the far ones of the first positions of a column. */
export function moveUp(column: Int32Array, length: number, end: number, far: number, to: number): void {
  for (let i = 0; i < length; i++) {
    const low = column[i] as number
    if (low !== 0 && isFar(low, end, far)) column[i] = to
  }
}
