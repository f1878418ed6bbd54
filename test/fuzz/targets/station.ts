// Sequences of what programs and clients do to a server, hostile values among it: nothing is thrown but errors that have a name, nothing fails
// within, and when all is over nothing is left.
import { forgo } from "../../../src/shell/Rehearsal.ts"
import { StationPlay } from "../StationPlay.ts"
import { Input, type Target } from "../Target.ts"

forgo()

const seeds: readonly (readonly number[])[] = [
  // A station, a point, a client, a value, an interrogation.
  [0, 0, 0, 0, 1, 0, 0, 0, 0, 15, 0, 5, 0, 1, 6, 0, 0, 1, 17, 0, 1, 0, 0, 0, 0, 1, 20, 1, 14, 4],
  [2, 0, 1, 1, 1, 1, 4, 30, 255, 0, 0, 0, 0, 15, 1, 18, 1, 2, 1, 4, 30, 0, 2, 1, 1, 1, 14, 5],
  [64, 0, 0, 0, 15, 0, 18, 0, 4, 0, 4, 60, 4, 11, 1, 0, 2, 0, 0, 0, 0, 14, 7]
]

export const target: Target = {
  name: "station",
  about: "what programs and clients do to a server",
  seeds: () => seeds.map((octets) => Uint8Array.from(octets)),
  words: [
    ...Array.from({ length: 20 }, (_, op) => Uint8Array.of(op)),
    ...[
      [15, 0],
      [14, 3],
      [14, 7],
      [1, 0, 4, 30, 0],
      [1, 0, 0, 0, 0],
      [9, 0, 0, 0],
      [9, 0, 1, 5],
      [17, 0, 0],
      [17, 0, 1, 0, 0, 0, 0, 0, 1, 20, 0]
    ].map((octets) => Uint8Array.from(octets))
  ],
  text: false,
  most: 1500,
  work: { base: 2_000_000, octet: 20_000 },
  batch: 4,
  run: (input) => new StationPlay(new Input(input)).run()
}
