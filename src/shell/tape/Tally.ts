// What a tap on the lines of a server sees: the octets that were written on each, and the facts that were told of it, counted
// and hashed. Of lines that have gone, the oldest are counted together where they are many.
import { createHash, type Hash } from "node:crypto"
import type { ServerEvent } from "../ServerEvent.ts"
import type { Counted } from "./Format.ts"

/** Lines that have gone and are counted each by itself. */
const GONE_MAX = 10_000

interface Line {
  readonly peer: string
  octets: number
  readonly octetsHash: Hash
  facts: number
  readonly factsHash: Hash
}

const sha256 = (): Hash => createHash("sha256")

const made = (peer: string): Line => ({ peer, octets: 0, octetsHash: sha256(), facts: 0, factsHash: sha256() })

const counted = (line: number, { peer, octets, octetsHash, facts, factsHash }: Line): Counted => ({
  line,
  peer,
  octets,
  octetsHash: octetsHash.copy().digest("hex"),
  facts,
  factsHash: factsHash.copy().digest("hex")
})

/** A fact as one text: the same whenever the same is told. */
export const textOf = (event: ServerEvent): string =>
  event.event === "error"
    ? JSON.stringify({ event: event.event, code: event.error.code, message: event.error.message })
    : JSON.stringify(event, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value
      )

const endpointOf = (address: string, port: number): string => `${address} ${port}`

export class Tally {
  /** What belongs to no line, or to one that has gone. */
  private readonly none = made("")
  private readonly lines = new Map<number, Line>()
  private readonly gone = new Map<number, Counted>()
  /** Those that are counted together, and how many they are. */
  private readonly others = made("")
  private many = 0
  private last = 0
  private readonly most: number
  /** The newest line of each far end, and the line of each session. */
  private readonly ofPeer = new Map<string, number>()
  private readonly ofSession = new Map<number, number>()

  constructor(most: number = GONE_MAX) {
    this.most = most
  }

  /** A line was accepted; returns its number, from 1. */
  accepted(address: string, port: number): number {
    const peer = endpointOf(address, port)
    this.lines.set(++this.last, made(peer))
    this.ofPeer.set(peer, this.last)
    return this.last
  }

  wrote(number: number, octets: Uint8Array): void {
    const line = this.lines.get(number) ?? this.none
    line.octets += octets.length
    line.octetsHash.update(octets)
  }

  /** A fact was told; returns the line that it belongs to, 0 = none. */
  told(event: ServerEvent, text: string): number {
    const number = this.lineOf(event)
    const line = this.lines.get(number) ?? this.none
    line.facts++
    line.factsHash.update(`${text}\n`)
    return number
  }

  private lineOf(event: ServerEvent): number {
    if (!("peer" in event)) return 0
    const { session, address, port } = event.peer
    if (event.event === "connected") this.ofSession.set(session, this.ofPeer.get(endpointOf(address, port)) ?? 0)
    const number = this.ofSession.get(session) ?? 0
    return this.lines.has(number) ? number : 0
  }

  /** A line has gone: nothing more is said on it. */
  went(number: number): void {
    const line = this.lines.get(number)
    if (line === undefined) return
    this.lines.delete(number)
    if (this.ofPeer.get(line.peer) === number) this.ofPeer.delete(line.peer)
    this.gone.set(number, counted(number, line))
    for (const [oldest, of] of this.gone) {
      if (this.gone.size <= this.most) return
      this.gone.delete(oldest)
      this.add(of)
    }
  }

  private add({ octets, octetsHash, facts, factsHash }: Counted): void {
    const { others } = this
    this.many++
    others.octets += octets
    others.octetsHash.update(octetsHash)
    others.facts += facts
    others.factsHash.update(factsHash)
  }

  /** What was seen until now: of no line, of each, and of those together that are not named. */
  get counted(): readonly Counted[] {
    const { none, lines, gone, others, many } = this
    const each = [...gone.values(), ...[...lines].map(([number, line]) => counted(number, line))]
    each.sort((a, b) => a.line - b.line)
    const together = many === 0 ? [] : [counted(-1, { ...others, peer: `${many} connections before` })]
    return [counted(0, none), ...together, ...each]
  }
}
