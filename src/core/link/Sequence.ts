// 15-bit sequence numbers (60870-5-104 5.1): 32767 is followed by 0, and order is a distance, never a comparison.

/** The number after `number`. */
export const next = (number: number): number => (number + 1) & 0x7fff

/** The number before `number`. */
export const before = (number: number): number => (number - 1) & 0x7fff

/** How far `to` lies ahead of `from`, 0..32767. */
export const distance = (from: number, to: number): number => (to - from) & 0x7fff
