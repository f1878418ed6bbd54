// Octets cut into segments. Places are whole numbers: they shrink well, and every octet is as likely as any other.
import * as fc from "fast-check"

/** Where octets of any length are cut, at most so often. */
export const places = (most: number): fc.Arbitrary<readonly number[]> => fc.array(fc.nat(), { maxLength: most })

/** The octets in segments, cut at these places; none is empty. */
export function cutAt(octets: Uint8Array, at: readonly number[]): readonly Uint8Array[] {
  const cuts = [...new Set(at.map((place) => place % octets.length))].filter((place) => place > 0)
  return [0, ...cuts.sort((a, b) => a - b)].map((from, index, all) => octets.subarray(from, all[index + 1]))
}

/** Every octet in a segment of its own. */
export const octetByOctet = (octets: Uint8Array): readonly Uint8Array[] =>
  Array.from(octets, (octet) => Uint8Array.of(octet))
