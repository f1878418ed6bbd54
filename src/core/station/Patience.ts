// How long a peer is waited for that has several steps to go, the answer on whether it may connect, or the end of an operation:
// while this process stands still none of them can go on, so that the time of a stall is given to them once more.

/** What comes later than that was kept by something of our own: this process stood still (rule E1). */
export const LATE_MS = 100

export interface Patience {
  readonly delayMs: number
  /** When it is over, unless that comes late. */
  readonly dueMs: number
  /** Whether the time of a stall was given already. */
  readonly isExtended: boolean
}

export const begin = (nowMs: number, delayMs: number): Patience => ({
  delayMs,
  dueMs: nowMs + delayMs,
  isExtended: false
})

/** The time has come: the patience that goes on, at most as long again, or null when it is over. */
export function woken({ delayMs, dueMs, isExtended }: Patience, nowMs: number): Patience | null {
  const lateMs = nowMs - dueMs
  if (isExtended || lateMs <= LATE_MS) return null
  return { delayMs, dueMs: nowMs + Math.min(lateMs, delayMs), isExtended: true }
}
