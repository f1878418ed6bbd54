// The link parameters of a server under c104's names, in I frames and seconds (60870-5-104 9.6). They are live: w, t1,
// t2 and t3 apply to open connections at once, k to new ones.
import * as Parameters from "../../core/link/Parameters.ts"
import { inRange, options } from "../../shell/Check.ts"
import { InvalidArgument } from "../../shell/Errors.ts"
import type { Host } from "../../shell/Host.ts"

/** Values as {@link ProtocolParameters.update} takes them. */
export interface ProtocolParameterValues {
  readonly sendWindowSize?: number
  readonly receiveWindowSize?: number
  readonly connectionTimeout?: number
  readonly messageTimeout?: number
  readonly confirmInterval?: number
  readonly keepAliveInterval?: number
}

type Name = keyof ProtocolParameterValues

/** The link parameter behind each name, its range and its unit. */
const table: Readonly<
  Record<Name, { readonly key: keyof Parameters.Parameters | null; readonly max: number; readonly ms: number }>
> = {
  sendWindowSize: { key: "k", max: 32_767, ms: 1 },
  receiveWindowSize: { key: "w", max: 32_767, ms: 1 },
  connectionTimeout: { key: null, max: 255, ms: 1000 },
  messageTimeout: { key: "t1Ms", max: 255, ms: 1000 },
  confirmInterval: { key: "t2Ms", max: 255, ms: 1000 },
  keepAliveInterval: { key: "t3Ms", max: 2_147_483, ms: 1000 }
}
const names = Object.keys(table) as readonly Name[]
const known: ReadonlySet<string> = new Set(names)

export class ProtocolParameters {
  readonly #host: Host
  /** t0 belongs to the controlling station; it is kept because c104 has it. */
  #connectionTimeout = 10

  /** Made by the server. */
  constructor(host: Host) {
    this.#host = host
  }

  #get(name: Name): number {
    const { key, ms } = table[name]
    return key === null ? this.#connectionTimeout : this.#host.world.link[key] / ms
  }

  #set(name: Name, value: number): void {
    const { key, max, ms } = table[name]
    inRange(name, value, 1, max)
    if (key === null) this.#connectionTimeout = value
    else this.#host.setLink({ ...this.#host.world.link, [key]: value * ms })
  }

  /** k: I frames sent and not acknowledged at most, 1..32767. */
  get sendWindowSize(): number {
    return this.#get("sendWindowSize")
  }
  set sendWindowSize(frames: number) {
    this.#set("sendWindowSize", frames)
  }

  /** w: I frames received at most before they are acknowledged, 1..32767. */
  get receiveWindowSize(): number {
    return this.#get("receiveWindowSize")
  }
  set receiveWindowSize(frames: number) {
    this.#set("receiveWindowSize", frames)
  }

  /** t0 in seconds, 1..255. Without effect on a server, which does not open connections. */
  get connectionTimeout(): number {
    return this.#get("connectionTimeout")
  }
  set connectionTimeout(seconds: number) {
    this.#set("connectionTimeout", seconds)
  }

  /** t1 in seconds, 1..255: time for the acknowledgement of an I frame or TESTFR. */
  get messageTimeout(): number {
    return this.#get("messageTimeout")
  }
  set messageTimeout(seconds: number) {
    this.#set("messageTimeout", seconds)
  }

  /** t2 in seconds, 1..255 and less than t1: latest time to acknowledge. */
  get confirmInterval(): number {
    return this.#get("confirmInterval")
  }
  set confirmInterval(seconds: number) {
    this.#set("confirmInterval", seconds)
  }

  /** t3 in seconds, 1..2147483, at most 172800 (48 h) recommended: idle time before TESTFR. */
  get keepAliveInterval(): number {
    return this.#get("keepAliveInterval")
  }
  set keepAliveInterval(seconds: number) {
    this.#set("keepAliveInterval", seconds)
  }

  /** Changes several at once, with the relations between them checked; all or none. */
  update(values: ProtocolParameterValues): void {
    options("protocolParameters", values, known)
    let link = this.#host.world.link
    for (const name of names) {
      const value = values[name]
      if (value === undefined) continue
      const { key, max, ms } = table[name]
      inRange(name, value, 1, max)
      if (key !== null) link = { ...link, [key]: value * ms }
    }
    check(link)
    if (values.connectionTimeout !== undefined) this.#connectionTimeout = values.connectionTimeout
    this.#host.setLink(link)
  }

  /** Throws `InvalidArgument` when the parameters do not go together, as `start` does. */
  check(): void {
    check(this.#host.world.link)
  }

  toString(): string {
    return names.map((name) => `${name}=${this.#get(name)}`).join(", ")
  }
}

function check(link: Parameters.Parameters): void {
  const [error] = Parameters.validate(link).errors
  if (error !== undefined)
    throw new InvalidArgument({
      what: "protocolParameters",
      expected: "values that go together",
      value: link,
      problem: error
    })
}
