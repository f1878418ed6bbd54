// A controlling station that transfers files over a socket: it keeps to k = 12 and w = 8, collects segments, and tells
// what else the server says in short words.
import * as Frames from "../property/support/Frames.ts"
import type { RawClient } from "../support/RawClient.ts"
import { startClient } from "../support/Stage.ts"

const K = 12
const WAIT_MS = 10_000

const NAMES: Readonly<Record<number, string>> = {
  120: "F_FR",
  121: "F_SR",
  122: "F_SC",
  123: "F_LS",
  124: "F_AF",
  126: "F_DR"
}

export const sumOf = (octets: Uint8Array): number => {
  let sum = 0
  for (const octet of octets) sum += octet
  return sum & 0xff
}

const low = (value: number, octets: number): number[] =>
  Array.from({ length: octets }, (_, index) => (value >> (8 * index)) & 0xff)

/** One thing that the server says: the type's name and the octets behind the name of file. */
export interface Said {
  readonly name: string
  readonly nof: number
  readonly elements: Uint8Array
  readonly apdu: Uint8Array
}

export class FileClient {
  readonly raw: RawClient
  /** Data of segments, in the order in which they came. */
  parts: Uint8Array[] = []
  private said: Said[] = []
  private acknowledged = 0
  private waiters: (() => void)[] = []

  private constructor(raw: RawClient) {
    this.raw = raw
  }

  static async start(port: number): Promise<FileClient> {
    let client: FileClient | null = null
    const raw = await startClient(port, { keep: false, onFrame: (apdu) => client?.take(Uint8Array.from(apdu)) })
    client = new FileClient(raw)
    void raw.ended.then(() => client?.wake())
    return client
  }

  private take(apdu: Uint8Array): void {
    const control = apdu[2] ?? 0
    if ((control & 3) === 3) return
    this.acknowledged = ((apdu[4] ?? 0) >> 1) | ((apdu[5] ?? 0) << 7)
    const type = apdu[6] ?? 0
    if ((control & 1) === 0 && type === 125) this.parts.push(apdu.slice(19))
    else if ((control & 1) === 0) {
      const at = type === 126 ? 15 : 17
      const nof = (apdu[15] ?? 0) | ((apdu[16] ?? 0) << 8)
      this.said.push({ name: NAMES[type] ?? String(type), nof, elements: apdu.slice(at), apdu })
    }
    this.wake()
  }

  private wake(): void {
    const { waiters } = this
    this.waiters = []
    for (const wake of waiters) wake()
  }

  private async until(condition: () => boolean, what: string): Promise<void> {
    const untilMs = performance.now() + WAIT_MS
    while (!condition()) {
      if (this.raw.isClosed) throw new Error(`the connection ended before ${what}`)
      const leftMs = untilMs - performance.now()
      if (leftMs <= 0) throw new Error(`${what} did not happen`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.waiters.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  get content(): Uint8Array {
    return Buffer.concat(this.parts)
  }

  /** Sends an ASDU when the window is open. */
  async asdu(asdu: Uint8Array): Promise<void> {
    const { raw } = this
    await this.until(() => ((raw.sendNumber - this.acknowledged) & 0x7fff) < K, "an acknowledgement")
    raw.unacknowledged = 0
    raw.send(Frames.i(raw.sendNumber, raw.receiveNumber, asdu))
    raw.sendNumber = (raw.sendNumber + 1) & 0x7fff
  }

  send(type: number, nof: number, elements: readonly number[] | Uint8Array, cause = 13): Promise<void> {
    return this.asdu(Frames.asdu(type, cause, 0, 1, cause === 5 && type === 122 ? 0 : 100, ...low(nof, 2), ...elements))
  }

  /** The next thing that the server says besides segments. */
  async next(): Promise<Said> {
    await this.until(() => this.said.length > 0, "an answer")
    return this.said.shift() as Said
  }

  /** Sends and takes the answer, in words: its name and the octets behind the name of file. */
  async ask(type: number, nof: number, elements: readonly number[], cause = 13): Promise<string> {
    await this.send(type, nof, elements, cause)
    const { name, elements: answer } = await this.next()
    return `${name} ${[...answer].join(" ")}`
  }

  call = (nof: number, action: number, section = 0): Promise<string> => this.ask(122, nof, [section, action])
  announce = (nof: number, octets: number): Promise<string> => this.ask(120, nof, [...low(octets, 3), 0])

  /** Fetches a whole file; throws when a checksum is wrong. Stops in the middle of the section `stopIn`. */
  async fetch(nof: number, stopIn = 0): Promise<Uint8Array> {
    this.parts = []
    const ready = await this.call(nof, 1)
    if (ready.at(-1) !== "0") throw new Error(`select was answered with ${ready}`)
    let answer = await this.call(nof, 2)
    for (let section = 1; ; section++) {
      if (!answer.startsWith(`F_SR ${section} `)) throw new Error(`section ${section} was answered with ${answer}`)
      if (section === stopIn) {
        await this.send(122, nof, [section, 6])
        await this.until(() => this.parts.length > 0, "a segment")
        return this.content
      }
      const before = this.parts.length
      const last = await this.call(nof, 6, section)
      const sum = sumOf(Buffer.concat(this.parts.slice(before)))
      if (last !== `F_LS ${section} 3 ${sum}`)
        throw new Error(`section ${section} with the sum ${sum} ended with ${last}`)
      answer = await this.ask(124, nof, [section, 3])
      if (!answer.startsWith("F_LS")) continue
      const content = this.content
      if (answer !== `F_LS ${section} 1 ${sumOf(content)}`) throw new Error(`the file ended with ${answer}`)
      await this.send(124, nof, [section, 1])
      return content
    }
  }

  /** Sends a whole file in sections of 64 KiB; what was answered last. Stops in the middle of the section `stopIn`. */
  async deliver(nof: number, content: Uint8Array, stopIn = 0): Promise<string> {
    const size = Math.max(65_536, Math.ceil(content.length / 255))
    let answer = await this.announce(nof, content.length)
    if (answer !== "F_SC 0 2") return answer
    let section = 0
    for (let at = 0; at < content.length; at += size) {
      const part = content.subarray(at, at + size)
      section++
      answer = await this.ask(121, nof, [section, ...low(part.length, 3), 0])
      if (answer !== `F_SC ${section} 6`) return answer
      for (let from = 0; from < part.length; from += 236) {
        const data = part.subarray(from, from + 236)
        if (section === stopIn && from > part.length / 2) return "stopped"
        await this.send(125, nof, [section, data.length, ...data])
      }
      answer = await this.ask(123, nof, [section, 3, sumOf(part)])
      if (answer !== `F_AF ${section} 3`) return answer
    }
    return this.ask(123, nof, [section, 1, sumOf(content)])
  }
}
