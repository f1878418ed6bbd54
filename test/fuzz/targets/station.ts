// Sequences of what programs and clients do to a server, hostile values among it: nothing is thrown but errors that have a name, nothing fails
// within, and when all is over nothing is left.
import { forgo } from "../../../src/shell/Rehearsal.ts"
import { StationPlay } from "../StationPlay.ts"
import { Input, type Target } from "../Target.ts"

forgo()

// Steps as StationPlay reads them. What follows a client in `say` is a kind, its parts, and whether a turn goes by.
const CONNECT = [15, 0]
const say = (...what: readonly number[]): readonly number[] => [17, 0, ...what, 1]
const pass = (ms: number): readonly number[] => [14, ms]
const SETTLE = [11, 0]
const interrogate = say(3, 0, 0)
/** The number of the command point, its cause by place, an element of so many octets. */
const command = (point: number, cause: number, ...element: readonly number[]): readonly number[] =>
  say(4, point, cause, 1, element.length - 1, ...element, 0)
const file = (type: number, ...element: readonly number[]): readonly number[] =>
  say(6, type - 120, 0, 0, element.length - 1, ...element)
const value = (point: number): readonly number[] => [5, point, 1, 6, point, 0, 2]

const [NONE, WITH_FILES] = [0, 64]

const seeds: readonly (readonly (readonly number[])[])[] = [
  [[NONE, 0], CONNECT, value(0), value(1), value(2), interrogate, say(0), pass(4), say(0), pass(7)],
  [
    [NONE, 0],
    CONNECT,
    command(0, 0, 1),
    pass(2),
    command(1, 0, 0x81),
    SETTLE,
    command(1, 0, 1),
    SETTLE,
    SETTLE,
    pass(5)
  ],
  [[1, 0], CONNECT, command(2, 0, 0, 0, 0x80, 0x3f, 0), SETTLE, SETTLE, command(2, 4, 0, 0, 0x80, 0x3f, 0), pass(7)],
  [[2, 255], [0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 4, 30, 255, 0, 0, 0, 0], CONNECT, say(4, 0, 0, 1, 0, 1, 0), pass(5)],
  // A file is read: selected, called, its section called, acknowledged.
  [
    [WITH_FILES, 0],
    CONNECT,
    ...[file(122, 1, 0, 0, 1), file(122, 1, 0, 0, 2), file(122, 1, 0, 1, 6), say(0), say(0)],
    ...[file(124, 1, 0, 1, 3), file(124, 1, 0, 0, 1), say(6, 2, 3, 3, 3, 0, 0, 0, 0), pass(4)]
  ],
  // One is written.
  [
    [WITH_FILES, 0],
    CONNECT,
    ...[
      file(120, 2, 0, 3, 0, 0, 0),
      file(121, 2, 0, 1, 3, 0, 0, 0),
      file(125, 2, 0, 1, 3, 1, 2, 3),
      file(123, 2, 0, 1, 3, 6)
    ],
    ...[file(123, 2, 0, 1, 1, 6), pass(4)]
  ],
  // Counters, clock, reads, parameters, tests and resets.
  [
    [17, 0],
    CONNECT,
    ...[say(7, 0, 0, 0, 0, 1, 5), say(7, 0, 0, 0, 0, 1, 0x45), say(7, 0, 0, 0, 0, 1, 0x85), say(0)],
    ...[
      say(7, 2, 0, 0, 0, 7, 0, 0, 0, 12, 1, 1, 26),
      say(7, 1, 1, 0, 1, 0),
      say(7, 4, 0, 0, 0, 9, 0xaa, 0x55, 0, 0, 0, 12, 1, 1, 26)
    ],
    ...[
      say(0),
      say(7, 6, 0, 0, 2, 3, 0, 0x40, 1),
      say(7, 8, 0, 0, 2, 1, 3),
      say(7, 3, 0, 0, 0, 1, 2),
      say(7, 3, 0, 0, 0, 1, 1),
      pass(6)
    ]
  ],
  // Initialised, scanned, frozen by the clock, limited, asked by handlers of the server.
  [
    [0, 0],
    CONNECT,
    ...[
      [3, 0, 0, 0],
      [13, 5, 0, 0, 1, 0],
      [13, 6, 0, 1],
      [13, 0, 0],
      [13, 1, 0],
      [13, 2, 0],
      [13, 3, 1]
    ],
    ...[say(7, 3, 0, 0, 0, 1, 1), say(7, 8, 0, 0, 2, 1, 3), pass(6), [4, 0, 1], [13, 8, 1], [15, 1], [15, 2], pass(6)]
  ]
]

export const target: Target = {
  name: "station",
  about: "what programs and clients do to a server",
  seeds: () => seeds.map((steps) => Uint8Array.from(steps.flat())),
  words: [
    ...Array.from({ length: 20 }, (_, op) => Uint8Array.of(op)),
    ...[...seeds.flat(), [14, 3], [14, 7], [9, 0, 0, 0], [9, 0, 1, 5]].map((octets) => Uint8Array.from(octets))
  ],
  text: false,
  most: 1500,
  work: { base: 120_000, octet: 1200 },
  batch: 12,
  run: (input) => new StationPlay(new Input(input)).run()
}
