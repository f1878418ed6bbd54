// What the raw callbacks are told, in the order in which it happened: a frame that was received before those that it caused.
// A callback may make sessions write, so nothing is told within the telling of something else.
import { failed } from "./Deciding.ts"
import type { Host } from "./Host.ts"
import { attend } from "./Later.ts"
import { endpoint, type Peer } from "./ServerEvent.ts"

interface Told {
  readonly name: "onReceiveRaw" | "onSendRaw"
  readonly peer: Peer
  readonly apdu: Uint8Array
}

export class RawTrace {
  private readonly host: Host
  private waiting: Told[] = []
  private telling = false

  constructor(host: Host) {
    this.host = host
  }

  /** Notes a frame that was received. */
  received(peer: Peer, apdu: Uint8Array): void {
    if (this.host.onReceiveRaw !== null) this.waiting.push({ name: "onReceiveRaw", peer, apdu })
  }

  /** Notes the frames of a run of octets that were sent; they are copied. */
  sent(peer: Peer, octets: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; ) {
      const next = at + (octets[at + 1] as number) + 2
      this.waiting.push({ name: "onSendRaw", peer, apdu: Uint8Array.from(octets.subarray(at, next)) })
      at = next
    }
  }

  /** Tells what was noted; a callback that fails is reported and disturbs nothing. */
  tell(): void {
    if (this.telling) return
    this.telling = true
    // The list grows while it is told.
    for (const { name, peer, apdu } of this.waiting) {
      try {
        attend(this.host[name]?.(peer, apdu), (cause) => failed(this.host, name, endpoint(peer), cause))
      } catch (cause) {
        failed(this.host, name, endpoint(peer), cause)
      }
    }
    this.waiting = []
    this.telling = false
  }
}
