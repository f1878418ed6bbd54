// What carries octets between the controlling stations of a transcript and the server that it is played against.
import type { Place } from "../../src/shell/memory/MemoryLine.ts"
import type { Transport } from "../../src/shell/Transport.ts"
import type * as Backend from "./Backend.ts"

/** One controlling station. */
export interface Client {
  /** Its own port, by which the server knows it. */
  readonly port: number
  readonly paused: boolean
  /** Whether both ends of its connection are down. */
  readonly closed: boolean
  /** Whether the server sees it, and judges it by itself: it says nothing before it is told to. */
  readonly isSeen: boolean
  readonly isPlain: boolean
  /** Octets that have moved, in both directions. */
  readonly octets: number
  /** Whether nothing is on its way, where the server has not closed. */
  readonly isQuiet: boolean
  send(octets: Uint8Array): void
  handle(manner: Backend.Manner): void
  /** It is over: its port may be that of another one. */
  forget(): void
  /** The answer to what only it can tell; null for everything else. */
  tell(what: string): string | null
}

export interface Clients {
  readonly transport: Transport
  /** Lets whatever waits outside of the server's own loop go on: promises, and sockets where there are any. */
  goOn(): Promise<void>
  /** Connects one; its frames are called back. `how` is only said where there is TLS. */
  connect(label: string, how: string, to: Place, onFrame: (octets: Uint8Array) => void): Promise<Client>
}
