// Connections in memory: a server that listens here is reached by whoever has this, and by nobody else.
import * as Effect from "effect/Effect"
import { AddressInUse, type ListenError } from "../Errors.ts"
import type { Host } from "../Host.ts"
import type { Line } from "../Line.ts"
import type { Opened, Transport } from "../Transport.ts"
import { type Loop, MemoryLine, type Place } from "./MemoryLine.ts"

type Accept = (line: Line) => void

/** The port of whoever asks for any. */
const PORT = 2404

export class MemoryTransport implements Transport {
  private readonly loop: Loop
  private readonly listening = new Map<string, Accept>()

  constructor(loop: Loop) {
    this.loop = loop
  }

  open(_host: Host, address: string, port: number, accept: Accept): Effect.Effect<Opened, ListenError> {
    return Effect.suspend(() => {
      const place = { address, port: port === 0 ? PORT : port }
      const key = keyOf(place)
      if (this.listening.has(key)) return Effect.fail(new AddressInUse({ host: address, port: place.port }))
      this.listening.set(key, accept)
      return Effect.succeed({ port: place.port, close: () => void this.listening.delete(key) })
    })
  }

  handshakes({ options }: Host): null {
    if (options.tls !== null) throw new Error("a line in memory carries no TLS")
    return null
  }

  /** Connects from a place to one that is listened at, where the server sees it in the next turn; null where nobody listens. */
  connect(from: Place, to: Place, capacity?: number): MemoryLine | null {
    const accept = this.listening.get(keyOf(to))
    if (accept === undefined) return null
    const [near, far] = MemoryLine.pair(this.loop, from, to, capacity)
    this.loop.input(() => accept(far))
    return near
  }
}

const keyOf = ({ address, port }: Place): string => `${address} ${port}`
