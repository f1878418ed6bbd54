// What one record of a log says: nobody outside this room knows how records lie. Whoever packs many of them copies words instead.

import { type EventLog, RECORD_WORDS } from "./EventLog.ts"

const IOA_OCTETS = 3

const word = ({ words, mask }: EventLog, position: number, index: number): number =>
  words[(position & mask) * RECORD_WORDS + index] as number

export const type = (log: EventLog, position: number): number => word(log, position, 4) & 0xff
export const cause = (log: EventLog, position: number): number => (word(log, position, 4) >>> 16) & 0x3f
export const ca = (log: EventLog, position: number): number => word(log, position, 5) & 0xffff
export const ioa = (log: EventLog, position: number): number => word(log, position, 0) & 0xffffff

/** Copies the first octets of the element to the beginning of a view. */
export function element(log: EventLog, position: number, octets: number, to: DataView): void {
  for (let i = 0; i < octets; i++) {
    const at = IOA_OCTETS + i
    to.setUint8(i, word(log, position, at >> 2) >>> (8 * (at & 3)))
  }
}
