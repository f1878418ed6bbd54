// The octets of an APDU (60870-5-104 5): start, length and the control field of I, S and U frames.

export const START = 0x68
/** Shortest and longest value of the length octet. */
export const LENGTH_MIN = 4
export const LENGTH_MAX = 253
/** Octets of start, length and control field. */
export const APCI_OCTETS = 6
/** Octets of the longest APDU. */
export const APDU_MAX = 255

/** U functions: octet 1 of the control field. */
export const U: {
  readonly STARTDT_ACT: 0x07
  readonly STARTDT_CON: 0x0b
  readonly STOPDT_ACT: 0x13
  readonly STOPDT_CON: 0x23
  readonly TESTFR_ACT: 0x43
  readonly TESTFR_CON: 0x83
} = {
  STARTDT_ACT: 0x07,
  STARTDT_CON: 0x0b,
  STOPDT_ACT: 0x13,
  STOPDT_CON: 0x23,
  TESTFR_ACT: 0x43,
  TESTFR_CON: 0x83
}

/** N(S) of the I frame at `at`, and N(R) of an I or S frame. */
export const sendNumber = (octets: Uint8Array, at: number): number =>
  ((octets[at + 2] as number) >> 1) | ((octets[at + 3] as number) << 7)
export const receiveNumber = (octets: Uint8Array, at: number): number =>
  ((octets[at + 4] as number) >> 1) | ((octets[at + 5] as number) << 7)

/** Where the last of a run of whole APDUs begins. */
export function last(octets: Uint8Array, start: number, end: number): number {
  let at = start
  for (let next = start; next < end; next += (octets[next + 1] as number) + 2) at = next
  return at
}

/** Writes a U frame at `at`. */
export function putU(view: DataView, at: number, code: number): void {
  view.setInt16(at, 0x0468, true)
  view.setInt32(at + 2, code, true)
}

/** Writes an S frame at `at`. */
export function putS(view: DataView, at: number, receiveNumber: number): void {
  view.setInt16(at, 0x0468, true)
  view.setInt32(at + 2, 1 | (receiveNumber << 17), true)
}

/** Writes start octet and control field of an I frame at `at`; the length octet is the writer's of the ASDU. */
export function putI(view: DataView, at: number, sendNumber: number, receiveNumber: number): void {
  view.setUint8(at, START)
  view.setInt32(at + 2, (sendNumber << 1) | (receiveNumber << 17), true)
}
