// Records what comes into a server from outside, and what it asked the world: everything that happens in it happens within an entry,
// which is written before it is taken. What is asked outside of one is asked by somebody else.
import { crc32 } from "node:zlib"
import type * as Image from "../../core/image/Image.ts"
import * as Clock from "../Clock.ts"
import * as Connection from "../Connection.ts"
import * as EventLoop from "../EventLoop.ts"
import type { FileDesk } from "../files/FileTransfer.ts"
import type { Line } from "../Line.ts"
import type { ServerEvent } from "../ServerEvent.ts"
import type { Transport } from "../Transport.ts"
import * as Format from "./Format.ts"
import { Tally, textOf } from "./Tally.ts"
import type { Tape } from "./Tape.ts"
import { TapedClock } from "./TapedClock.ts"
import { TapedLine, type Wire } from "./TapedLine.ts"
import * as Store from "./TapedStore.ts"
import { TapedStore } from "./TapedStore.ts"
import { TapedTransport } from "./TapedTransport.ts"
import type { TapeWriter } from "./TapeWriter.ts"

const { Kind } = Format

export class Recorder implements Tape {
  readonly out: TapeWriter
  readonly clock: TapedClock
  readonly transport: TapedTransport
  private readonly tally = new Tally()
  /** How many entries are being taken, one within the other. */
  private depth = 0
  /** What was answered last, by kind and place. */
  private readonly answers = new Map<number, Map<number, number>>()
  /** What was asked without news, or done, since the last record. */
  private asked = 0
  private hash = 0
  private block = 0
  private slot = 0
  private lines = 0

  constructor(out: TapeWriter, transport: Transport, clock: Clock.Clock = Clock.machine()) {
    this.out = out
    this.clock = new TapedClock(this, {
      clock,
      loop: EventLoop.of(clock),
      come: (kind, number) => this.enter(kind, number, () => this.clock.come(kind, number))
    })
    this.transport = new TapedTransport(this, {
      transport,
      opened: (port, resume) => this.enter(Kind.Opened, port, resume),
      failed: (cause, tell) => this.listenerFailed(cause, tell),
      accepted: (line) => this.accept(line)
    })
  }

  /** Whether an entry is being taken: what happens now follows from it. */
  get isInside(): boolean {
    return this.depth > 0
  }

  // ---- what the server asks and does ----

  asks(kind: number, place: number, real: () => number): number {
    const answer = real()
    if (this.depth === 0) return answer
    let answers = this.answers.get(kind)
    if (answers === undefined) {
      answers = new Map()
      this.answers.set(kind, answers)
    }
    const before = answers.get(place) ?? 0
    if (answer === before) this.does(kind, place, 0)
    else {
      answers.set(place, answer)
      if (this.record(kind)) {
        this.out.number(place)
        this.out.signed(answer - before)
      }
    }
    return answer
  }

  does(kind: number, place: number, what: number): void {
    if (this.depth === 0) return
    this.asked++
    this.hash = Format.mixed(this.hash, kind, place, what)
  }

  writes(line: number, octets: Uint8Array): void {
    this.tally.wrote(line, octets)
    this.compares(Kind.Write, line, octets.length, crc32(octets))
  }

  tells(event: ServerEvent): void {
    const text = textOf(event)
    this.compares(Kind.Fact, this.tally.told(event, text), text.length, crc32(text))
  }

  reads(line: number, octets: number, real: () => Uint8Array | null): Uint8Array | null {
    if (this.record(Kind.Read)) {
      this.out.number(line)
      this.out.signed(octets)
    }
    return real()
  }

  accepted(address: string, port: number): number {
    return this.tally.accepted(address, port)
  }

  private compares(kind: number, line: number, length: number, hash: number): void {
    if (!this.record(kind)) return
    this.out.number(line)
    this.out.number(length)
    this.out.word(hash)
  }

  /** A record begins, behind how often was asked before; false where nothing is recorded any more. */
  private record(kind: number): boolean {
    const { out, asked } = this
    this.asked = 0
    if (asked === 0) return out.record(kind)
    if (!out.record(kind | Format.ASKED)) return false
    out.number(asked)
    out.octet(Format.shown(this.hash))
    return true
  }

  // ---- what comes in ----

  /** An entry begins; false where it is not recorded. {@link leave} ends it. */
  begin(kind: number): boolean {
    const records = this.record(kind)
    this.depth++
    return records
  }

  leave(): void {
    this.depth--
  }

  /** Something comes in: `write` says what where it is recorded, and `take` takes it. */
  within<A>(kind: number, write: () => void, take: () => A): A {
    if (this.begin(kind)) write()
    try {
      return take()
    } finally {
      this.leave()
    }
  }

  /** As {@link within}, of something that has a number. */
  enter<A>(kind: number, number: number, take: () => A): A {
    return this.within(kind, () => this.out.number(number), take)
  }

  /** As {@link begin}, of something at a point. */
  beginAt(kind: number, block: number, slot: number): boolean {
    if (!this.begin(kind)) return false
    const { out } = this
    const isSame = block === this.block
    const step = slot - this.slot
    out.number(2 * (step < 0 ? -2 * step - 1 : 2 * step) + (isSame ? 0 : 1))
    if (!isSame) out.number(block)
    this.block = block
    this.slot = slot
    return true
  }

  /** Whether a point is that of the record before which was at a point. */
  isSame({ block, slot }: Image.Place): boolean {
    return block.number === this.block && slot === this.slot
  }

  private accept(line: Line): void {
    const { out } = this
    const from = Connection.farEnd(line)
    const number = ++this.lines
    const [address, port] = [from?.address ?? "", from?.port ?? 0]
    const write = (): void => {
      out.text(address)
      out.number(port)
    }
    this.within(Kind.Accepted, write, () => {
      this.accepted(address, port)
      this.transport.come(new TapedLine(this, number, from, this.wireOf(line)))
    })
  }

  private wireOf(line: Line): Wire {
    const { out } = this
    return {
      line,
      come: (to, kind) => {
        this.enter(kind, to.number, () => to.come(kind))
        if (kind === Kind.Gone) this.went(to.number)
      },
      bring: (to, octets, again) => {
        const write = (): void => {
          out.number(to.number)
          out.number(again)
          out.octets(octets.subarray(again))
        }
        this.within(this.isInside ? Kind.DataRead : Kind.Data, write, () => to.bring(octets, again))
      }
    }
  }

  /** Has the store of files of a server called by the tape. */
  through(files: FileDesk): void {
    const { out } = this
    files.through((calls) => {
      const store: TapedStore = new TapedStore(this, {
        calls,
        said: (call, said) => {
          const write = (): void => {
            out.number(call)
            out.text(Store.textOf(said))
          }
          this.within(Kind.FileSaid, write, () => store.said(call, said))
        }
      })
      return store
    })
  }

  /** Nothing comes on a line any more. */
  private went(line: number): void {
    this.tally.went(line)
    for (const answers of this.answers.values()) if (line > 0) answers.delete(line)
  }

  private listenerFailed(cause: Error, tell: () => void): void {
    this.within(Kind.ListenerFailed, () => this.out.text(cause.message), tell)
  }

  /** Nothing more is recorded; resolves when the tape is written. */
  end(): Promise<void> {
    const { out, tally } = this
    this.record(Kind.Last)
    return out.end({ records: out.records, counted: tally.counted })
  }
}
