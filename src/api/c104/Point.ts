// A point of a station: its value, quality and time tag, what it sends, and its callbacks. A handle on a place in the
// process image, made on demand; everything it says is read there.
import type { Block } from "../../core/image/Block.ts"
import * as Image from "../../core/image/Image.ts"
import type { Deadband } from "../../core/image/Told.ts"
import * as Rates from "../../core/log/Rates.ts"
import * as Outputs from "../../core/station/Outputs.ts"
import * as Commands from "../../shell/Commands.ts"
import type { Described } from "../../shell/Described.ts"
import { Detached, InvalidArgument, InvalidValue } from "../../shell/Errors.ts"
import { type Hooks, setCallback } from "../../shell/Hooks.ts"
import type { Host } from "../../shell/Host.ts"
import { isPromise } from "../../shell/Later.ts"
import type { PointKey } from "../../shell/PointKeys.ts"
import * as PointOps from "../../shell/PointOps.ts"
import * as Selections from "../../shell/Selections.ts"
import type { Outcome, OutputStatus } from "../../shell/ServerEvent.ts"
import { type DateTime, flagBits } from "./DateTime.ts"
import { CommandMode, type Cot, ResponseState, type Type } from "./enums.ts"
import type { BinaryCounterQuality, Quality } from "./flags.ts"
import { IncomingMessage } from "./IncomingMessage.ts"
import * as convert from "./information/convert.ts"
import type { Information } from "./information/Information.ts"
import type { Station } from "./Station.ts"
import * as values from "./values.ts"

/** Decides a command: SUCCESS confirms positively, FAILURE negatively, NONE says nothing now. */
export type ReceiveCallback<T extends Type> = (
  point: Point<T>,
  previousInfo: Information,
  message: IncomingMessage
) => ResponseState | Promise<ResponseState>

/** Decides who may select a command point: SUCCESS confirms positively, everything else negatively. */
export type SelectCallback<T extends Type> = (
  point: Point<T>,
  message: IncomingMessage
) => ResponseState | Promise<ResponseState>

/** A command in two phases: what is accepted is confirmed to the client before it is carried out. */
export interface TwoPhases<T extends Type> {
  /** Accepts (SUCCESS) or refuses (everything else) the command, within `limits.decisionMs`. */
  readonly accept: ReceiveCallback<T>
  /**
   * Carries it out once the client was told so, within `limits.operationMs`: SUCCESS terminates positively, FAILURE or an
   * exception negatively, and NONE leaves the termination to `transmit`. The client may cancel it: `message.signal`.
   */
  readonly execute: (point: Point<T>, message: IncomingMessage) => ResponseState | Promise<ResponseState>
}

/** Called before a point is sent, or by a timer; may set its value. */
export type PointCallback<T extends Type> = (point: Point<T>) => void | Promise<void>

export interface TransmitOptions {
  /** Originator address written into the ASDU, 0..255. */
  readonly originator?: number
  /**
   * Answers a waiting command negatively: cause 7 refuses it, cause 10 says that it failed, or refuses it where it was not
   * confirmed.
   */
  readonly negative?: boolean
}

const outcomes: Readonly<Record<ResponseState, Outcome>> = {
  [ResponseState.FAILURE]: "failure",
  [ResponseState.SUCCESS]: "success",
  [ResponseState.NONE]: "none"
}

/** What a callback's response means. Throws, or rejects, for anything else: also for what would pass for a response. */
export function outcomeOf(state: ResponseState | Promise<ResponseState>): Outcome | Promise<Outcome> {
  return isPromise(state) ? Promise.resolve(state).then(meaning) : meaning(state)
}

function meaning(state: ResponseState): Outcome {
  if (typeof state === "number" && state in outcomes) return outcomes[state]
  throw new TypeError("it returned something that is no response")
}

/** @internal Whether a mode of commands selects first. */
export function selects(mode: CommandMode | undefined): boolean {
  if (mode !== CommandMode.DIRECT && mode !== CommandMode.SELECT_AND_EXECUTE)
    throw new InvalidArgument({ what: "commandMode", expected: "a CommandMode", value: mode })
  return mode === CommandMode.SELECT_AND_EXECUTE
}

/** The stations of blocks: a handle needs its own rarely, and would pay for it with every point. */
const owners = new WeakMap<Block, Station>()

export class Point<T extends Type = Type> {
  readonly ioAddress: number
  readonly #block: Block
  readonly #slot: number
  readonly #born: number
  readonly #host: Host
  /** When this handle was made, in ms since the host was. */
  readonly #made: number

  /** Points are made by `station.addPoint` and `station.getPoint`. */
  constructor(station: Station, place: Image.PointRef) {
    if (owners.get(place.block) !== station) owners.set(place.block, station)
    this.#host = station.host
    this.#block = place.block
    this.#slot = place.slot
    this.#born = place.born
    this.ioAddress = place.block.ioa[place.slot] as number
    this.#made = this.#host.clock.wallMs() - this.#host.madeMs
  }

  get type(): T {
    return this.#block.of.type as T
  }

  /** The station, or null after the point or its station was removed. */
  get station(): Station | null {
    return this.#exists ? this.#station : null
  }

  /** A removed point's place has no point, or another one, be it at the same address. */
  get #exists(): boolean {
    return this.#block.bornOf(this.#slot) === this.#born
  }

  get #attached(): Host {
    this.#verify()
    return this.#host
  }

  #verify(): void {
    if (!this.#exists) throw new Detached({ what: `point ${this.ioAddress}` })
  }

  get #hooks(): Hooks {
    return this.#attached.hooks.of(this.#block, this.#slot)
  }

  get #settings(): Hooks | undefined {
    return this.#attached.hooks.find(this.#block, this.#slot)
  }

  get #output(): Outputs.Outlet | undefined {
    return Outputs.find(this.#attached.station.outputs, this.#block, this.#slot)
  }

  // ---- what it says ----

  /** The value: boolean for single points and commands, a flag set for packed ones, else a number in the type's range. */
  get value(): values.ValueOf<T> {
    if (!this.#exists) throw new Detached({ what: `point ${this.ioAddress}` })
    return values.fromNumber(this.#block.layout, Image.value(this.#block, this.#slot)) as values.ValueOf<T>
  }

  /**
   * Sets the value and, for a time-tagged type, the time tag; sends nothing. Throws `InvalidValue`, also for a command
   * point whose value came from a client, until a new `info` is assigned.
   */
  set value(value: values.ValueOf<T> | values.Assignable<T>) {
    // What is done for every event is done by fields alone: private accessors and methods are dearer.
    if (this.#block.guarded) this.#verifyOwn()
    this.#host.setValue(this.#block, this.#slot, values.toNumber(this.#block.layout, value))
  }

  /** Throws `Detached`, or `InvalidValue` for a command point whose value came from a client. */
  #verifyOwn(): void {
    this.#verify()
    if (this.#block.command && this.#output?.byClient === true)
      throw new InvalidValue({
        type: `point ${this.ioAddress}`,
        problem: "its information came from a client and is read-only"
      })
  }

  /**
   * The quality as it is sent; null for types without one. A value that is no number makes a point invalid until the next
   * number comes, whoever reads that and writes it back meanwhile; `info.quality` is without that.
   */
  get quality(): Quality | BinaryCounterQuality | null {
    if (!this.#exists) throw new Detached({ what: `point ${this.ioAddress}` })
    return convert.quality(this.#block, this.#slot)
  }

  /** Sets the quality and, for a time-tagged type, the time tag; sends nothing. Ignored by types without quality. */
  set quality(quality: Quality | BinaryCounterQuality | number | null) {
    const host = this.#attached
    host.setQuality(this.#block, this.#slot, convert.qualityBits(this.#block, quality))
  }

  /** Everything the application has said of the point: value, quality or qualifier, and time. */
  get info(): Information {
    if (!this.#exists) throw new Detached({ what: `point ${this.ioAddress}` })
    const readonly = this.#block.command && this.#output?.byClient === true
    return convert.read(this.#block, this.#slot, this.#processed, readonly)
  }

  /** Sets everything. Throws `InvalidArgument` for information of another class. A tagged type without time is tagged now. */
  set info(info: Information) {
    const host = this.#attached
    const form = convert.write(this.type, info)
    const { recordedAt } = info
    if (recordedAt === null) host.setInformation(this.#block, this.#slot, form, host.nowMs())
    else host.setInformation(this.#block, this.#slot, form, recordedAt.epochMs, flagBits(recordedAt))
    Outputs.own(host.station.outputs, this.#block, this.#slot)
  }

  /** The time tag, or null for a type without one. */
  get recordedAt(): DateTime | null {
    if (!this.#exists) throw new Detached({ what: `point ${this.ioAddress}` })
    return convert.recordedAt(this.#block, this.#slot)
  }

  /** When the point was made, sent an event or received a command last. */
  get processedAt(): Date {
    return new Date(this.#processed)
  }

  get #station(): Station {
    return owners.get(this.#block) as Station
  }

  get #madeMs(): number {
    return this.#host.madeMs + this.#made
  }

  get #processed(): number {
    this.#verify()
    // Commands make no events of their own.
    if (this.#block.command) return Math.max(this.#madeMs, this.#output?.receivedMs ?? 0)
    return Math.max(this.#madeMs, this.#host.publishedMs(this.#block, this.#slot))
  }

  // ---- what it sends ----

  /**
   * Sends the present value to every client. False when there is no open connection that takes it; true means that it
   * is in the log of at least one. For a command point that waits for it, cause 7 confirms and cause 10 terminates, which
   * confirms before where that was not done.
   * Throws `IllegalCause` for a cause that the type cannot have, and `InvalidArgument` or `InvalidAddress` for its options.
   */
  transmit(cause: Cot, options?: TransmitOptions): boolean {
    if (this.#block.guarded) this.#verify()
    if (options !== undefined) return this.#transmitWith(cause, options)
    return this.#host.publish(this.#block, this.#slot, cause, 0, false)
  }

  #transmitWith(cause: Cot, options: TransmitOptions): boolean {
    PointOps.checkTransmit(options)
    const { originator = 0, negative = false } = options
    return this.#host.publish(this.#block, this.#slot, cause, originator, negative)
  }

  /**
   * Sets the value (and quality) and makes an event of it when, in the form in which it is sent, what the point says differs
   * from what was sent last: by more than the deadband, or in anything else but its time and the sequence number of a counter,
   * which counts freezes; at most one in `minIntervalMs`. Returns whether an event was
   * made now. The first update of a point that the log has no event of is always one. A quality that comes with a number is
   * meant as it stands, whatever the point was before.
   */
  update(value: values.Assignable<T>, quality?: Quality | BinaryCounterQuality | number): boolean {
    const host = this.#attached
    const bits = quality === undefined ? null : convert.qualityBits(this.#block, quality)
    return host.update(this.#block, this.#slot, values.toNumber(this.#block.layout, value), bits)
  }

  /** Reading is the client's; c104 has the method and it always throws on a server. */
  read(): never {
    throw new InvalidArgument({ what: "read", expected: "a client", value: "a server's point" })
  }

  // ---- settings ----

  /** Period of cyclic transmission in ms, 0 = none; a multiple of the server's tick rate. */
  get reportMs(): number {
    this.#verify()
    return this.#station.ticker.reportMs(this.#block, this.#slot)
  }
  set reportMs(everyMs: number) {
    const host = this.#attached
    const { ticker } = this.#station
    PointOps.setReport(host, ticker, this.#block, this.#slot, everyMs)
  }

  /** Address of the point on the same station that shows what this command did, or null. Set with its type where several have the address. */
  get relatedIoAddress(): number | null {
    return this.#settings?.related?.ioAddress ?? null
  }
  set relatedIoAddress(key: number | PointKey | null) {
    PointOps.setRelated(this.#attached, this.#block, this.#slot, key)
  }

  /** Whether the related point is sent as return information after a command succeeded. */
  get relatedIoAutoreturn(): boolean {
    return this.#settings?.relatedIoAutoreturn ?? false
  }
  set relatedIoAutoreturn(enabled: boolean) {
    PointOps.setAutoreturn(this.#attached, this.#block, this.#slot, enabled)
  }

  /** Whether a command is executed directly or has to be selected first. */
  get commandMode(): CommandMode {
    this.#verify()
    return PointOps.selectsFirst(this.#block, this.#slot) ? CommandMode.SELECT_AND_EXECUTE : CommandMode.DIRECT
  }
  set commandMode(mode: CommandMode) {
    PointOps.setSelect(this.#attached, this.#block, this.#slot, selects(mode))
  }

  /**
   * What is known of the output of a command point: "free", "busy", "stuck" (its handler did not answer in time and has not
   * ended) or "unknown" (its command has not ended within `limits.operationMs`).
   */
  get outputStatus(): OutputStatus {
    return Commands.status(this.#attached, this.#block, this.#slot)
  }

  /**
   * Says that the output is free, whatever was begun at it: the next command is taken, and a late answer to the one before
   * changes nothing any more. False when it was free.
   */
  release(): boolean {
    return Commands.release(this.#attached, this.#block, this.#slot)
  }

  /** Originator address of the client that has selected the command point (0 is one), or null. */
  get selectedBy(): number | null {
    return Selections.selectedBy(this.#attached, this.#block, this.#slot)
  }

  /** Termination (cause 10) of a direct command: with its confirmation (default), never, or by `transmit`. */
  get actTerm(): boolean | "manual" {
    return this.#settings?.actTerm ?? true
  }
  set actTerm(when: boolean | "manual") {
    PointOps.setActTerm(this.#attached, this.#block, this.#slot, when)
  }

  /** How far the value may move without `update` making an event; null = every change is one. */
  get deadband(): Deadband | null {
    this.#verify()
    return Rates.deadband(this.#block, this.#slot)
  }
  set deadband(deadband: Deadband | null) {
    this.#verify()
    PointOps.setDeadband(this.#block, this.#slot, deadband)
  }

  /**
   * `update` makes at most one event in so many ms; the newest value follows when the time is over, if it still differs from what was
   * told last by more than the dead band.
   */
  get minIntervalMs(): number {
    this.#verify()
    return Rates.minIntervalMs(this.#block, this.#slot)
  }
  set minIntervalMs(everyMs: number) {
    PointOps.setMinInterval(this.#attached, this.#block, this.#slot, everyMs)
  }

  /** Interrogation groups 1..16 of this point. */
  get groups(): number[] {
    this.#verify()
    return PointOps.groups(this.#block, this.#slot).groups
  }
  set groups(groups: readonly number[]) {
    this.#attached.setGroups(this.#block, this.#slot, groups, this.counterGroups)
  }

  /** Counter groups 1..4 of this point. */
  get counterGroups(): number[] {
    this.#verify()
    return PointOps.groups(this.#block, this.#slot).counterGroups
  }
  set counterGroups(groups: readonly number[]) {
    this.#attached.setGroups(this.#block, this.#slot, this.groups, groups)
  }

  /** Interval of the timer in ms, 0 = none. */
  get timerMs(): number {
    this.#verify()
    return this.#station.ticker.timerMs(this.#block, this.#slot)
  }

  // ---- callbacks ----

  /**
   * Registers the callback that decides commands, in one phase or in two; null removes it, and commands that come are decided
   * by the related point or, where it cannot, by the profile.
   */
  onReceive(callback: ReceiveCallback<T> | TwoPhases<T> | null): void {
    const phases = typeof callback === "object" ? callback : null
    const decide = phases === null ? (callback as ReceiveCallback<T> | null) : phases.accept
    const execute = phases === null ? null : phases.execute
    callable("onReceive", decide ?? callback)
    // Without a second phase it would be a command in one: whoever writes two means both.
    if (phases !== null) callable("execute", execute ?? undefined)
    PointOps.checkCommand("onReceive", this.#block)
    const hooks = this.#hooks
    hooks.onCommand = decide === null ? null : (command) => this.#decide(decide, command)
    hooks.onExecute = execute === null ? null : (command) => outcomeOf(execute(this, this.#message(command)))
  }

  /** Registers the callback that decides who may select the command point; null: whoever comes first. */
  onSelect(callback: SelectCallback<T> | null): void {
    callable("onSelect", callback)
    PointOps.checkCommand("onSelect", this.#block)
    this.#hooks.onSelect = callback === null ? null : (command) => outcomeOf(callback(this, this.#message(command)))
    this.#attached.setSelectAsked(this.#block, this.#slot, callback !== null)
  }

  /** Registers the callback that may refresh the value before it is read; null removes it. */
  onBeforeRead(callback: PointCallback<T> | null): void {
    callable("onBeforeRead", callback)
    setCallback(this.#hooks, "onBeforeRead", callback === null ? null : () => callback(this))
    this.#attached.markRefresh(this.#block, this.#slot, callback !== null)
  }

  /** Registers the callback that may refresh the value before cyclic transmission; null removes it. */
  onBeforeAutoTransmit(callback: PointCallback<T> | null): void {
    callable("onBeforeAutoTransmit", callback)
    setCallback(this.#hooks, "onBeforeAutoTransmit", callback === null ? null : () => callback(this))
  }

  /**
   * Registers a callback that is called while a client is active, with a delay of `intervalMs` behind each call, by the next tick (as
   * in c104, so it drifts); null ends it.
   */
  onTimer(callback: PointCallback<T> | null, intervalMs = 0): void {
    callable("onTimer", callback)
    const host = this.#attached
    const { ticker } = this.#station
    const call = callback === null ? null : () => callback(this)
    PointOps.setTimer(host, ticker, this.#block, this.#slot, call, intervalMs)
  }

  #message(command: Described): IncomingMessage {
    return new IncomingMessage(command.apdu, command, this.#block.zone)
  }

  #decide(callback: ReceiveCallback<T>, command: Described): Outcome | Promise<Outcome> {
    const previous = convert.previous(this.#block, command.previous, Math.max(this.#madeMs, command.previousMs))
    const message = this.#message(command)
    return outcomeOf(callback(this, previous, message))
  }

  /** @internal The slot, or -1 after the point was removed. */
  get slot(): number {
    return this.#exists ? this.#slot : -1
  }

  /** @internal What the server's faces share. */
  get host(): Host {
    return this.#attached
  }

  /** @internal Where the point lives: for batches and the station. */
  get place(): Image.PointRef {
    return { block: this.#block, slot: this.#slot, born: this.#born }
  }

  toString(): string {
    return `Point ${this.ioAddress} (type ${this.type})${this.#exists ? ` = ${String(this.value)}` : ", removed"}`
  }
}

/** Throws `InvalidArgument` unless a callback is a function or null. */
export function callable(what: string, callback: unknown): void {
  if (callback !== null && typeof callback !== "function")
    throw new InvalidArgument({ what, expected: "a function or null", value: callback })
}
