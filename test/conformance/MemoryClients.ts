// Controlling stations in the memory of the server's process: what they send is there in the next turn of its loop.

import type { MemoryLine, Place } from "../../src/shell/memory/MemoryLine.ts"
import { MemoryTransport } from "../../src/shell/memory/MemoryTransport.ts"
import type { VirtualClock } from "../../src/shell/VirtualClock.ts"
import type * as Backend from "./Backend.ts"
import type { Client, Clients } from "./Clients.ts"
import { Frames } from "./Frames.ts"

const FIRST_PORT = 50_000

class MemoryClient implements Client {
  readonly port: number
  readonly isSeen = true
  readonly isPlain = true
  readonly octets = 0
  readonly isQuiet = true
  paused = false
  private readonly line: MemoryLine

  constructor(line: MemoryLine, port: number, onFrame: (octets: Uint8Array) => void) {
    this.line = line
    this.port = port
    const frames = new Frames(onFrame)
    line.on("data", (chunk) => frames.take(chunk))
  }

  get closed(): boolean {
    return this.line.closed
  }

  send(octets: Uint8Array): void {
    this.line.write(octets)
  }

  handle(manner: Backend.Manner): void {
    switch (manner) {
      case "FIN":
        return this.line.end()
      case "RST":
        return this.line.reset()
      case "PAUSE":
        this.paused = true
        return this.line.pause()
      case "RESUME":
        this.paused = false
        return this.line.resume()
    }
  }

  forget(): void {}

  tell(): null {
    return null
  }
}

export class MemoryClients implements Clients {
  readonly transport: MemoryTransport
  private opened = 0

  constructor(clock: VirtualClock) {
    this.transport = new MemoryTransport(clock)
  }

  /** Behind all promises: there is nothing else. */
  goOn(): Promise<void> {
    return new Promise((resolve) => process.nextTick(resolve))
  }

  async connect(_label: string, _how: string, to: Place, onFrame: (octets: Uint8Array) => void): Promise<Client> {
    const port = FIRST_PORT + this.opened++
    const line = this.transport.connect({ address: to.address, port }, to)
    if (line === null) throw new Error("nobody listens")
    return new MemoryClient(line, port, onFrame)
  }
}
