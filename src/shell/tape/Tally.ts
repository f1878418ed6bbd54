// What a tap on the lines of a server sees: the octets that were written on each, and the facts that were told of it, counted
// and hashed.
import { createHash, type Hash } from "node:crypto"
import type { ServerEvent } from "../ServerEvent.ts"
import type { Counted } from "./Format.ts"

interface Line {
  readonly peer: string
  octets: number
  readonly octetsHash: Hash
  facts: number
  readonly factsHash: Hash
}

const sha256 = (): Hash => createHash("sha256")

const line = (peer: string): Line => ({ peer, octets: 0, octetsHash: sha256(), facts: 0, factsHash: sha256() })

/** A fact as one text: the same whenever the same is told. */
export const textOf = (event: ServerEvent): string =>
  event.event === "error"
    ? JSON.stringify({ event: event.event, code: event.error.code, message: event.error.message })
    : JSON.stringify(event, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value
      )

const endpointOf = (address: string, port: number): string => `${address} ${port}`

export class Tally {
  /** Those of line 0 belong to none. */
  private readonly lines: Line[] = [line("")]
  /** The newest line of each far end, and the line of each session. */
  private readonly ofPeer = new Map<string, number>()
  private readonly ofSession = new Map<number, number>()

  /** A line was accepted; returns its number. */
  accepted(address: string, port: number): number {
    const peer = endpointOf(address, port)
    const number = this.lines.push(line(peer)) - 1
    this.ofPeer.set(peer, number)
    return number
  }

  wrote(number: number, octets: Uint8Array): void {
    const line = this.lines[number] as Line
    line.octets += octets.length
    line.octetsHash.update(octets)
  }

  /** A fact was told; returns the line that it belongs to. */
  told(event: ServerEvent, text: string): number {
    const number = this.lineOf(event)
    const line = this.lines[number] as Line
    line.facts++
    line.factsHash.update(`${text}\n`)
    return number
  }

  private lineOf(event: ServerEvent): number {
    if (!("peer" in event)) return 0
    const { session, address, port } = event.peer
    if (event.event === "connected") this.ofSession.set(session, this.ofPeer.get(endpointOf(address, port)) ?? 0)
    return this.ofSession.get(session) ?? 0
  }

  /** What was seen until now. */
  get counted(): readonly Counted[] {
    return this.lines.map(({ peer, octets, octetsHash, facts, factsHash }, number) => ({
      line: number,
      peer,
      octets,
      octetsHash: octetsHash.copy().digest("hex"),
      facts,
      factsHash: factsHash.copy().digest("hex")
    }))
  }
}
