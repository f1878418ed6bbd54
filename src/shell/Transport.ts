// Where connections come from: the system's sockets, or memory. Who is let in, and what is said on a connection, is the same.
import type * as Effect from "effect/Effect"
import type { ListenError } from "./Errors.ts"
import type { Host } from "./Host.ts"
import type { Line } from "./Line.ts"
import type { Handshakes } from "./tls/Tls.ts"

/** An address that is listened at. */
export interface Opened {
  /** The port, which is another one than was asked for where that was 0. */
  readonly port: number
  /** Nobody is accepted any more, and the port is free; lines that were accepted stay. */
  readonly close: () => void
}

export interface Transport {
  /** Listens at an address; every connection is given to `accept`. `failed` is told what goes wrong later on. */
  readonly open: (
    host: Host,
    address: string,
    port: number,
    accept: (line: Line) => void,
    failed: (cause: Error) => void
  ) => Effect.Effect<Opened, ListenError>
  /** What shakes hands with whoever is let in; null where that is not asked for. */
  readonly handshakes: (host: Host) => Handshakes | null
}
