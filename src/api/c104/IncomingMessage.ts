// A received message as callbacks see it: its header, and its information objects one after the other.

import type { Zone } from "../../core/image/Block.ts"
import * as Image from "../../core/image/Image.ts"
import * as Value from "../../core/image/Value.ts"
import * as Asdu from "../../core/wire/Asdu.ts"
import * as TypeTable from "../../core/wire/TypeTable.ts"
import type { Session } from "../../shell/Session.ts"
import { Connection } from "./Connection.ts"
import type { Cot, Type } from "./enums.ts"
import { explainBytes } from "./explain.ts"
import { decode } from "./information/convert.ts"
import type { Information } from "./information/Information.ts"

/** Whom a message came from, and what is asked of its decision: the signal is made when it is first read. */
interface Origin {
  readonly session: Session | null
  readonly signal: AbortSignal
  readonly begin: () => boolean
}

const NOBODY: Origin = { session: null, signal: new AbortController().signal, begin: () => false }

export class IncomingMessage {
  /** The whole APDU; the control field is zeroed. */
  readonly raw: Uint8Array
  readonly #origin: Origin
  /** Of the station that it is for: its civil time is that of the time tags. */
  readonly #zone: Zone
  /** Index of the present object; the first call of `next` stays at the first. */
  #index = -1

  constructor(raw: Uint8Array, origin: Origin = NOBODY, zone: Zone = Image.utc()) {
    this.raw = raw
    this.#origin = origin
    this.#zone = zone
  }

  /** The connection that a command or select came on: its address, and its certificate where TLS is used; else null. */
  get connection(): Connection | null {
    const { session } = this.#origin
    return session === null ? null : new Connection(session)
  }

  /** Aborted when the decision took too long, the client cancelled, stopped, or has gone. */
  get signal(): AbortSignal {
    return this.#origin.signal
  }

  /**
   * Asked right before something is done that cannot be taken back: false once the command was refused, cancelled or given up,
   * and then it must not be done.
   */
  begin(): boolean {
    return this.#origin.begin()
  }

  get type(): Type {
    return Asdu.type(this.raw, 0) as Type
  }
  get cot(): Cot {
    return Asdu.cause(this.raw, 0) as Cot
  }
  get commonAddress(): number {
    return Asdu.ca(this.raw, 0)
  }
  get originatorAddress(): number {
    return Asdu.originator(this.raw, 0)
  }
  get isTest(): boolean {
    return Asdu.test(this.raw, 0) !== 0
  }
  get isNegative(): boolean {
    return Asdu.negative(this.raw, 0)
  }
  get isSequence(): boolean {
    return (Asdu.vsq(this.raw, 0) & 0x80) !== 0
  }
  get numberOfObjects(): number {
    return Asdu.vsq(this.raw, 0) & 0x7f
  }

  /** S/E of a switching or set-point command. */
  get isSelectCommand(): boolean {
    const layout = Value.layoutOf(this.type)
    if (layout === undefined || !Value.isCommand(this.type) || layout.kind === Value.Kind.BitstringCommand) return false
    const switching = layout.octets === 1
    const at = Asdu.ELEMENT_AT + (switching ? 0 : layout.octets - 1)
    return at < this.raw.length && ((this.raw[at] as number) & 0x80) !== 0
  }

  /** Where the present object begins, and its address; null when the octets end before it. */
  #object(): { readonly ioa: number; readonly element: number } | null {
    const row = TypeTable.byId[this.type]
    const index = Math.max(0, this.#index)
    if (row === undefined || row.octets < 0 || index >= Math.max(1, this.numberOfObjects)) return null
    const step = this.isSequence ? row.octets : row.octets + 3
    const at = Asdu.OBJECT_AT + index * step
    const address = this.isSequence ? Asdu.OBJECT_AT : at
    const element = this.isSequence ? at + 3 : at + 3
    if (element + row.octets > this.raw.length) return null
    const ioa = Asdu.ioa(this.raw, address - Asdu.OBJECT_AT) + (this.isSequence ? index : 0)
    return { ioa, element }
  }

  /** Address of the present object; 0 where there is none. */
  get ioAddress(): number {
    return this.#object()?.ioa ?? 0
  }

  /** Value, quality or qualifier, and time of the present object; null for types that are no points. */
  get info(): Information | null {
    const object = this.#object()
    return object === null ? null : decode(this.type, this.raw, object.element, this.#zone)
  }

  /** Goes to the first object. */
  first(): void {
    this.#index = 0
  }

  /** Goes to the next object, from the beginning to the first; false behind the last. */
  next(): boolean {
    if (this.#index + 1 >= this.numberOfObjects) return false
    this.#index++
    return true
  }

  /** The message in words, as `explainBytes` gives it. */
  get rawExplain(): string {
    return explainBytes(this.raw)
  }

  toString(): string {
    return this.rawExplain
  }
}
