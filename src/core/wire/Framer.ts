// Finds whole frames in arbitrary chunks (60870-5-104 5): a frame may come in any number of pieces, split anywhere.
// What is left of a chunk is copied, since the chunk belongs to the caller; it is never longer than one frame.
import type { CloseReason } from "../Violation.ts"
import * as Frame from "./Frame.ts"

/** Why the octets from `at` cannot be a frame, judged as soon as they are there; null while they still can. */
export function fault(octets: Uint8Array, at: number): CloseReason | null {
  if (octets[at] !== Frame.START) return "BAD_START"
  if (at + 1 >= octets.length) return null
  const length = octets[at + 1] as number
  return length < Frame.LENGTH_MIN || length > Frame.LENGTH_MAX ? "BAD_LENGTH" : null
}

/** Octets that `rest` still needs to be a whole frame (or to know its length). */
export const missing = (rest: Uint8Array): number =>
  rest.length < 2 ? 2 - rest.length : (rest[1] as number) + 2 - rest.length

/** `rest` followed by `count` octets of the chunk from `at`. */
export function join(rest: Uint8Array | null, chunk: Uint8Array, at: number, count: number): Uint8Array {
  const before = rest === null ? 0 : rest.length
  const joined = new Uint8Array(before + count)
  if (rest !== null) joined.set(rest)
  for (let i = 0; i < count; i++) joined[before + i] = chunk[at + i] as number
  return joined
}
