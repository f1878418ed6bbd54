// A point of a station: its value, quality and time tag, what it sends, and its callbacks.
import type { Block } from "../../core/process/Block.ts"
import * as Image from "../../core/process/Image.ts"
import { Detached, InvalidArgument } from "../../shell/Errors.ts"
import type { Command, Hooks } from "../../shell/Hooks.ts"
import { inRange } from "../../shell/Host.ts"
import type { Outcome } from "../../shell/ServerEvent.ts"
import { type DateTime, fromWords } from "./DateTime.ts"
import { type Cot, ResponseState, type Type } from "./enums.ts"
import { IncomingMessage, type Information } from "./IncomingMessage.ts"
import type { Station } from "./Station.ts"
import * as values from "./values.ts"

/** Decides a command: SUCCESS confirms positively, FAILURE negatively, NONE says nothing now. */
export type ReceiveCallback<T extends Type> = (
  point: Point<T>,
  previousInfo: Information<values.ValueOf<T>>,
  message: IncomingMessage
) => ResponseState | Promise<ResponseState>

/** Called before a point is sent; may set its value. */
export type PointCallback<T extends Type> = (point: Point<T>) => void | Promise<void>

const outcomes: Readonly<Record<ResponseState, Outcome>> = {
  [ResponseState.FAILURE]: "failure",
  [ResponseState.SUCCESS]: "success",
  [ResponseState.NONE]: "none"
}

export class Point<T extends Type = Type> {
  readonly ioAddress: number
  readonly type: T
  readonly #block: Block
  readonly #slot: number
  #station: Station | null

  /** Points are made by `station.addPoint`. */
  constructor(station: Station, type: T, place: Image.Place) {
    this.#station = station
    this.type = type
    this.#block = place.block
    this.#slot = place.slot
    this.ioAddress = place.block.ioa[place.slot] as number
  }

  /** The station, or null after the point was removed. */
  get station(): Station | null {
    const station = this.#station
    return station !== null && station.server !== null ? station : null
  }

  get #attached(): Station {
    const station = this.station
    if (station === null) throw new Detached({ what: `point ${this.ioAddress}` })
    return station
  }

  get #hooks(): Hooks {
    return this.#attached.host.hooks.of(this.#block, this.#slot)
  }

  /** The value: a boolean for single points and commands, else a number in the range of the type. */
  get value(): values.ValueOf<T> {
    return values.fromNumber(this.#block.layout, Image.value(this.#block, this.#slot)) as values.ValueOf<T>
  }

  /** Sets the value and, for a time-tagged type, the time tag; sends nothing. Throws `InvalidValue`. */
  set value(value: values.ValueOf<T>) {
    const { host } = this.#attached
    host.setValue(this.#block, this.#slot, values.toNumber(this.#block.layout, value), host.clock.wallMs())
  }

  /** Quality bits as in QDS (0 is good); counters: 0x20 carry, 0x40 adjusted, 0x80 invalid. */
  get quality(): number {
    return Image.quality(this.#block, this.#slot)
  }

  set quality(bits: number) {
    inRange("quality", bits, 0, 255)
    const { host } = this.#attached
    host.setQuality(this.#block, this.#slot, bits, host.clock.wallMs())
  }

  /** The time tag, or null for a type without one. */
  get recordedAt(): DateTime | null {
    const { time } = this.#block
    return time === null ? null : fromWords(time[this.#slot * 2] as number, time[this.#slot * 2 + 1] as number)
  }

  /**
   * Sends the present value to every client. False when there is no open connection that takes it; true means that it
   * is in the log of at least one. Throws `IllegalCause` for a cause that the type cannot have.
   */
  transmit(cause: Cot, options?: { readonly originator?: number }): boolean {
    const originator = options?.originator ?? 0
    if (originator !== 0) inRange("originator", originator, 0, 255)
    return this.#attached.host.publish(this.#block, this.#slot, cause, originator)
  }

  /** Period of cyclic transmission in ms, 0 = none; a multiple of the server's tick rate. */
  get reportMs(): number {
    return this.station === null ? 0 : (this.station.host.hooks.find(this.#block, this.#slot)?.reportMs ?? 0)
  }

  set reportMs(everyMs: number) {
    const station = this.#attached
    const { tickRateMs } = station.host.options
    if (!(Number.isInteger(everyMs) && everyMs >= 0 && everyMs % tickRateMs === 0))
      throw new InvalidArgument({
        what: "reportMs",
        expected: `0 or a multiple of the tick rate ${tickRateMs}`,
        value: everyMs
      })
    if (everyMs !== 0 && this.type >= 45)
      throw new InvalidArgument({ what: "reportMs", expected: "a monitoring point", value: `type ${this.type}` })
    this.#hooks.reportMs = everyMs
    station.ticker.set(this.#block, this.#slot, everyMs)
  }

  /** Address of the point on the same station that shows what this command did, or null. */
  get relatedIoAddress(): number | null {
    return this.station?.host.hooks.find(this.#block, this.#slot)?.relatedIoAddress ?? null
  }

  set relatedIoAddress(address: number | null) {
    if (address !== null) inRange("relatedIoAddress", address, 1, 16_777_215)
    this.#hooks.relatedIoAddress = address
  }

  /** Whether the related point is sent as return information after a command succeeded. */
  get relatedIoAutoreturn(): boolean {
    return this.station?.host.hooks.find(this.#block, this.#slot)?.relatedIoAutoreturn ?? false
  }

  set relatedIoAutoreturn(enabled: boolean) {
    if (enabled && (this.relatedIoAddress === null || this.type < 45))
      throw new InvalidArgument({
        what: "relatedIoAutoreturn",
        expected: "a command point with a related address",
        value: enabled
      })
    this.#hooks.relatedIoAutoreturn = enabled
  }

  /** Registers the callback that decides commands; null removes it, and commands are then confirmed positively. */
  onReceive(callback: ReceiveCallback<T> | null): void {
    if (this.type < 45)
      throw new InvalidArgument({ what: "onReceive", expected: "a command point", value: `type ${this.type}` })
    this.#hooks.onCommand = callback === null ? null : (command) => this.#decide(callback, command)
  }

  /** Registers the callback that may refresh the value before it is read; null removes it. */
  onBeforeRead(callback: PointCallback<T> | null): void {
    this.#hooks.onBeforeRead = callback === null ? null : () => callback(this)
    this.#attached.host.markRefresh(this.#block, this.#slot, callback !== null)
  }

  /** Registers the callback that may refresh the value before cyclic transmission; null removes it. */
  onBeforeAutoTransmit(callback: PointCallback<T> | null): void {
    this.#hooks.onBeforeAutoTransmit = callback === null ? null : () => callback(this)
  }

  #decide(callback: ReceiveCallback<T>, command: Command): Outcome | Promise<Outcome> {
    const { layout } = this.#block
    const tagged = this.#block.time !== null
    const info: Information = {
      value: values.fromNumber(layout, command.value),
      recordedAt: tagged ? fromWords(command.timeLow, command.timeHigh) : null
    }
    const previous = { value: values.fromNumber(layout, command.previous), recordedAt: null }
    const state = callback(this, previous as Information<values.ValueOf<T>>, new IncomingMessage(command.apdu, info))
    return typeof state === "object" ? Promise.resolve(state).then((late) => outcomes[late]) : outcomes[state]
  }

  /** Called by the station when the point is removed. */
  detach(): Image.Place {
    this.#station = null
    return { block: this.#block, slot: this.#slot }
  }

  toString(): string {
    return `Point ${this.ioAddress} (type ${this.type}) = ${String(this.value)}`
  }
}
