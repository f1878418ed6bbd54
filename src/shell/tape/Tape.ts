// A tape as a server meets it, whether it is being recorded or played: what the server asks of the world, what it does there, and
// what comes in. A recorder asks the world and writes down what it says; a player knows what it said.
import type { ServerEvent } from "../ServerEvent.ts"

export interface Tape {
  /** Asks for something that changes, of a place (a line; 0: there is one): a whole number. */
  readonly asks: (kind: number, place: number, real: () => number) => number
  /** The server does something of which nothing comes back at once. */
  readonly does: (kind: number, place: number, what: number) => void
  /** It writes octets to a line. */
  readonly writes: (line: number, octets: Uint8Array) => void
  /** It tells a fact. */
  readonly tells: (event: ServerEvent) => void
  /** It takes octets that have come on a line (all: -1); they are told within `real`. */
  readonly reads: (line: number, octets: number, real: () => Uint8Array | null) => Uint8Array | null
  /** A connection was accepted; returns its number. */
  readonly accepted: (address: string, port: number) => number
}
