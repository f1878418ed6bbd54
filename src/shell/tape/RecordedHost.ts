// A host whose values come from outside by being recorded first. What it does to itself follows from that, and is not recorded: so
// a server that is not recorded has nothing to ask on the way of a value.
import type { Block } from "../../core/image/Block.ts"
import { Cause } from "../../core/wire/Cause.ts"
import { Host } from "../Host.ts"
import type { Options } from "../Options.ts"
import { Kind } from "./Format.ts"
import type { Recorder } from "./Recorder.ts"

export class RecordedHost extends Host {
  private readonly tape: Recorder

  constructor(options: Options, tape: Recorder) {
    super(options)
    this.tape = tape
  }

  /** Records that something comes at a point, with what `write` writes, and takes it. */
  private at<A>(kind: number, block: Block, slot: number, write: () => void, take: () => A): A {
    const { tape } = this
    if (tape.isInside) return take()
    if (tape.beginAt(kind, block.number, slot)) write()
    try {
      return take()
    } finally {
      tape.leave()
    }
  }

  /** A time that may be left out. */
  private time(atMs: number | undefined): void {
    const { out } = this.tape
    out.octet(atMs === undefined ? 0 : 1)
    if (atMs !== undefined) out.float(atMs)
  }

  override setValue(block: Block, slot: number, value: number, atMs?: number): void {
    const { out } = this.tape
    const write = (): void => {
      out.float(value)
      this.time(atMs)
    }
    this.at(Kind.SetValue, block, slot, write, () => super.setValue(block, slot, value, atMs))
  }

  override setQuality(block: Block, slot: number, bits: number, atMs?: number): void {
    const { out } = this.tape
    const write = (): void => {
      out.float(bits)
      this.time(atMs)
    }
    this.at(Kind.SetQuality, block, slot, write, () => super.setQuality(block, slot, bits, atMs))
  }

  override setTime(block: Block, slot: number, atMs: number): void {
    const { out } = this.tape
    this.at(
      Kind.SetTime,
      block,
      slot,
      () => out.float(atMs),
      () => super.setTime(block, slot, atMs)
    )
  }

  override append(block: Block, slot: number, cause: number, originator: number, asker: number): number {
    const { tape } = this
    if (tape.isInside) return super.append(block, slot, cause, originator, asker)
    const isPlain = cause === Cause.SPONTANEOUS && originator === 0 && asker === 0
    if (isPlain && tape.isSame({ block, slot })) {
      tape.begin(Kind.AppendSame)
      try {
        return super.append(block, slot, cause, originator, asker)
      } finally {
        tape.leave()
      }
    }
    const write = (): void => {
      for (const number of [cause, originator, asker]) tape.out.number(number)
    }
    return this.at(Kind.Append, block, slot, write, () => super.append(block, slot, cause, originator, asker))
  }

  override update(block: Block, slot: number, value: number, quality: number | null, atMs?: number): boolean {
    const { out } = this.tape
    const write = (): void => {
      out.float(value)
      out.float(quality ?? -1)
      this.time(atMs)
    }
    return this.at(Kind.Update, block, slot, write, () => super.update(block, slot, value, quality, atMs))
  }

  override publish(block: Block, slot: number, cause: number, originator: number, negative = false): boolean {
    const { out } = this.tape
    const write = (): void => {
      for (const number of [cause, originator, Number(negative)]) out.number(number)
    }
    return this.at(Kind.Publish, block, slot, write, () => super.publish(block, slot, cause, originator, negative))
  }

  override count(block: Block, slot: number, by: number): void {
    const { out } = this.tape
    this.at(
      Kind.Count,
      block,
      slot,
      () => out.float(by),
      () => super.count(block, slot, by)
    )
  }

  override room(patient = false): Promise<void> {
    const { tape } = this
    return tape.isInside ? super.room(patient) : tape.enter(Kind.Room, Number(patient), () => super.room(patient))
  }
}
