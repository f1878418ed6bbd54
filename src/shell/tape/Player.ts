// Plays a tape into a server of its own: what came in comes again, and what the server asks is answered as it was. It has to ask
// the same, in the same order, and to write and tell the same; where it does not, that is noted, and nothing more is played.
import { crc32 } from "node:zlib"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Block } from "../../core/image/Block.ts"
import * as Image from "../../core/image/Image.ts"
import type { Plant } from "../config/Plant.ts"
import type { Said } from "../files/StoreCalls.ts"
import { serve } from "../Serve.ts"
import type { ServerEvent } from "../ServerEvent.ts"
import * as Format from "./Format.ts"
import { schedulerOf } from "./Scheduling.ts"
import { Tally, textOf } from "./Tally.ts"
import type { Tape } from "./Tape.ts"
import { TapedClock } from "./TapedClock.ts"
import { TapedLine } from "./TapedLine.ts"
import * as Store from "./TapedStore.ts"
import { TapedTransport } from "./TapedTransport.ts"
import type { TapeReader } from "./TapeReader.ts"

const { Kind } = Format

/** Entries after which this process may do something else. */
const AT_ONCE = 4096

/** Where the server did something else than it did. */
export interface Difference {
  readonly record: number
  readonly what: string
}

export class Player implements Tape {
  readonly clock: TapedClock
  readonly transport: TapedTransport
  private readonly store: Store.TapedStore
  readonly tally: Tally = new Tally()
  /** The first difference; null where there is none. */
  difference: Difference | null = null
  private readonly tape: TapeReader
  private readonly build: (player: Player) => Plant
  private plant: Plant | null = null
  private readonly scope: Scope.Closeable = Effect.runSync(Scope.make())
  private readonly lines = new Map<number, TapedLine>()
  private made = 0
  private blocks: readonly (Block | undefined)[] | null = null
  private block = 0
  private slot = 0
  private readonly answers = new Map<number, Map<number, number>>()
  /** How many entries are being taken: what is asked outside of one is asked by somebody else. */
  private depth = 0
  /** The kind of the record that comes next; 0: the tape is over, -1: it was not looked at. */
  private kind = -1
  /** How often is asked in front of that, and what the hash is then. */
  private asked = 0
  private hashed = 0
  private hash = 0

  /** `build` makes the server that the head of the tape describes. */
  constructor(tape: TapeReader, build: (player: Player) => Plant) {
    this.tape = tape
    this.build = build
    this.clock = new TapedClock(this, null)
    this.transport = new TapedTransport(this, null)
    this.store = new Store.TapedStore(this, null)
  }

  /** Plays all that there is, or up to where the server does something else. */
  async run(): Promise<void> {
    for (let entries = 1; ; entries++) {
      const kind = this.peek()
      if (kind === 0 || this.difference !== null) return
      if (this.asked > 0)
        return this.differ(`here the server asked or did ${this.asked} things more, in front of ${Format.nameOf(kind)}`)
      this.kind = -1
      if (kind === Kind.Last) continue
      this.enter(kind)
      if (entries % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  private enter(kind: number): void {
    this.depth++
    try {
      this.take(kind)
    } catch (cause) {
      // What the publisher was told then it is told now.
      if (!this.isPublished(kind)) throw cause
    } finally {
      this.depth--
    }
  }

  private isPublished(kind: number): boolean {
    return kind >= Kind.SetValue && kind <= Kind.Room
  }

  private differ(what: string): void {
    this.difference ??= { record: this.tape.records, what }
  }

  /** The kind of the next record. */
  private peek(): number {
    if (this.kind >= 0) return this.kind
    const { tape } = this
    const kind = tape.record()
    this.kind = kind & ~Format.ASKED
    if ((kind & Format.ASKED) === 0) return this.kind
    this.asked = tape.number()
    this.hashed = tape.octet()
    return this.kind
  }

  // ---- what the server asks and does ----

  asks(kind: number, place: number): number {
    let answers = this.answers.get(kind)
    if (answers === undefined) {
      answers = new Map()
      this.answers.set(kind, answers)
    }
    const before = answers.get(place) ?? 0
    if (!this.isNews(kind, place)) return before
    const answer = before + this.tape.signed()
    answers.set(place, answer)
    return answer
  }

  /** Whether the answer is another one than before. */
  private isNews(kind: number, place: number): boolean {
    if (this.difference !== null || this.depth === 0) return false
    const next = this.peek()
    if (this.asked > 0) {
      this.does(kind, place, 0)
      return false
    }
    if (next === 0) return false
    return this.expect(kind, place)
  }

  /** Goes into a record, which has to be of a kind and a place. */
  private expect(kind: number, place: number): boolean {
    const { tape } = this
    const next = this.peek()
    // Behind what was recorded nothing is known.
    if (next === 0 || this.difference !== null) return false
    const does = `the server now has ${Format.nameOf(kind)}${of(place)}`
    if (this.asked > 0) {
      this.differ(`${does} where it asked or did ${this.asked} things before ${Format.nameOf(next)}`)
      return false
    }
    if (next !== kind) {
      this.differ(`${does} where the tape has ${Format.nameOf(next)}`)
      return false
    }
    this.kind = -1
    const there = tape.number()
    if (there === place) return true
    this.differ(`${does} where the tape has it${of(there)}`)
    return false
  }

  does(kind: number, place: number, what: number): void {
    if (this.depth === 0) return
    const next = this.peek()
    if (next === 0 || this.difference !== null) return
    if (this.asked === 0)
      return this.differ(
        `the server now has ${Format.nameOf(kind)}${of(place)} where the tape has ${Format.nameOf(next)}`
      )
    this.hash = Format.mixed(this.hash, kind, place, what)
    if (--this.asked > 0 || Format.shown(this.hash) === this.hashed) return
    this.differ(
      `what the server asked and did before ${Format.nameOf(next)} was something else, by ${Format.nameOf(kind)}${of(place)} at the latest`
    )
  }

  writes(line: number, octets: Uint8Array): void {
    if (this.compares(Kind.Write, line, octets.length, crc32(octets))) this.tally.wrote(line, octets)
  }

  tells(event: ServerEvent): void {
    const text = textOf(event)
    if (this.difference !== null || this.peek() === 0) return
    const line = this.tally.told(event, text)
    this.compares(Kind.Fact, line, text.length, crc32(text), text)
  }

  private compares(kind: number, line: number, length: number, hash: number, text = ""): boolean {
    if (!this.expect(kind, line)) return false
    const [lengthThen, hashThen] = [this.tape.number(), this.tape.word()]
    if (length === lengthThen && hash === hashThen) return true
    this.differ(
      `${Format.nameOf(kind)}${of(line)} is another one: ${length} octets where there were ${lengthThen}${text === "" ? "" : `: ${text}`}`
    )
    return false
  }

  reads(line: number, octets: number): Uint8Array | null {
    if (!this.expect(Kind.Read, line)) return null
    if (this.tape.signed() !== octets) {
      this.differ(`the server now takes ${octets} octets${of(line)}, and not as many as then`)
      return null
    }
    let last: Uint8Array | null = null
    while (this.peek() === Kind.DataRead && this.asked === 0 && this.difference === null) {
      this.kind = -1
      last = this.bring()
    }
    return last
  }

  accepted(address: string, port: number): number {
    return this.tally.accepted(address, port)
  }

  // ---- what comes in ----

  private take(kind: number): void {
    const { tape, clock, transport } = this
    switch (kind) {
      case Kind.Build:
        tape.number()
        this.plant = this.build(this)
        this.plant.host.files?.through(() => this.store)
        this.plant.host.observers.add((event) => this.tells(event))
        return
      case Kind.Start:
        tape.number()
        return this.start()
      case Kind.Stop:
        tape.number()
        Effect.runFork(Scope.close(this.scope, Exit.void), { scheduler: schedulerOf(clock) })
        return
      case Kind.Opened:
        return this.waited(kind, transport.opened(tape.number()))
      case Kind.ListenerFailed:
        return transport.failed(new Error(tape.text()))
      case Kind.Accepted:
        return this.accept()
      case Kind.Data:
        this.bring()
        return
      case Kind.Taken:
      case Kind.Ended:
      case Kind.Broken:
        return this.waited(kind, this.line(tape.number()).come(kind))
      case Kind.Gone:
        return this.gone(this.line(tape.number()))
      case Kind.FileSaid:
        return this.waited(kind, this.store.said(tape.number(), this.said()))
      case Kind.Woken:
      case Kind.InputRead:
      case Kind.SoonCame:
      case Kind.Pulsed:
        return this.waited(kind, clock.come(kind, tape.number()))
      default:
        return this.isPublished(kind)
          ? this.publish(kind)
          : this.differ(`the tape has ${Format.nameOf(kind)}, and the server asked for nothing more`)
    }
  }

  private waited(kind: number, waited: boolean): void {
    if (!waited) this.differ(`the tape has ${Format.nameOf(kind)}, for which the server does not wait`)
  }

  private start(): void {
    const { host, ticker } = this.there()
    Effect.runFork(serve(host, ticker, this.transport).pipe(Scope.provide(this.scope)), {
      scheduler: schedulerOf(this.clock)
    })
  }

  private said(): Said {
    return Store.saidOf(this.tape.text()) ?? this.tape.damaged("what a file store is said to say, none says")
  }

  private there(): Plant {
    return this.plant ?? this.tape.damaged("it begins in the middle")
  }

  private line(number: number): TapedLine {
    return this.lines.get(number) ?? this.tape.damaged(`there is no connection ${number}`)
  }

  private accept(): void {
    const { tape } = this
    const [address, port] = [tape.text(), tape.number()]
    const number = ++this.made
    this.accepted(address, port)
    const line = new TapedLine(this, number, address === "" ? null : { address, port }, null)
    this.lines.set(number, line)
    this.transport.come(line)
  }

  private gone(line: TapedLine): void {
    const { number } = line
    line.come(Kind.Gone)
    this.tally.went(number)
    for (const answers of this.answers.values()) answers.delete(number)
  }

  private bring(): Buffer {
    const { tape } = this
    const line = this.line(tape.number())
    const again = tape.number()
    const octets = Buffer.concat([line.again(again), tape.octets()])
    line.bring(octets, again)
    return octets
  }

  // ---- what is published ----

  private publish(kind: number): void {
    const { tape } = this
    const { host } = this.there()
    if (kind === Kind.Room) return void host.room(tape.number() === 1)
    if (kind !== Kind.AppendSame) this.goTo()
    const { slot } = this
    const block = this.blockOf(this.block)
    switch (kind) {
      case Kind.SetValue:
        return host.setValue(block, slot, tape.float(), this.time())
      case Kind.SetQuality:
        return host.setQuality(block, slot, tape.float(), this.time())
      case Kind.SetTime:
        return host.setTime(block, slot, tape.float())
      case Kind.AppendSame:
        return void host.append(block, slot, 3, 0, 0)
      case Kind.Append:
        return void host.append(block, slot, tape.number(), tape.number(), tape.number())
      case Kind.Update: {
        const [value, quality] = [tape.float(), tape.float()]
        return void host.update(block, slot, value, quality < 0 ? null : quality, this.time())
      }
      case Kind.Publish:
        return void host.publish(block, slot, tape.number(), tape.number(), tape.number() === 1)
      case Kind.Count:
        return host.count(block, slot, tape.float())
    }
  }

  private goTo(): void {
    const { tape } = this
    const step = tape.number()
    const half = Math.floor(step / 2)
    this.slot += half % 2 === 0 ? half / 2 : -(half + 1) / 2
    if (step % 2 === 1) this.block = tape.number()
  }

  private time(): number | undefined {
    return this.tape.octet() === 0 ? undefined : this.tape.float()
  }

  private blockOf(number: number): Block {
    if (this.blocks?.[number] === undefined) {
      const blocks: Block[] = []
      for (const station of Image.all(this.there().host.world.image))
        for (const block of station.blocks) blocks[block.number] = block
      this.blocks = blocks
    }
    return this.blocks[number] ?? this.tape.damaged(`there is no block ${number}`)
  }
}

const of = (line: number): string => (line === 0 ? "" : ` of connection ${line}`)
