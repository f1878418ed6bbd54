// The line of a connection on a bench: what is written waits until it is told to leave, unless chance has it taken at once.
import type * as Outgoing from "../../../src/core/station/Outgoing.ts"
import * as Hex from "../../../src/core/wire/Hex.ts"
import { Random } from "../support/Random.ts"
import type { Bench } from "./Bench.ts"
import type { Line } from "./Ground.ts"

export class Port implements Outgoing.Port {
  readonly isCut = false
  readonly separate: boolean
  private readonly bench: Bench
  private readonly line: Line

  constructor(bench: Bench, line: Line) {
    this.bench = bench
    this.line = line
    this.separate = line.number % 3 === 0
  }

  get waits(): number {
    return this.line.waits
  }

  write({ octets }: Outgoing.Region, from: number, to: number, report: Outgoing.Report): void {
    const { line, bench } = this
    const dice = new Random(bench.ground.seed * 7919 + line.number * 31 + line.written++)
    bench.say(`${line.number} writes ${Hex.octetsToHex(octets.slice(from, to))}`, report)
    const isTaken = line.waits === 0 && dice.chance(50)
    if (isTaken && report === "nothing") return
    const write = { octets: isTaken ? 0 : to - from, report }
    line.writes = [...line.writes, write]
    line.waits += write.octets
  }
}
