// Operations at one output as values: each step is a function of what it is given, changes nothing that was, and whatever
// happens in whatever order a client hears at most one confirmation, and a termination only behind a positive one.
import { describe, expect, it } from "vitest"
import type { CommandRequested } from "../../src/core/command/CommandNotice.ts"
import * as Operating from "../../src/core/command/Operating.ts"
import * as Operation from "../../src/core/command/Operation.ts"
import * as Output from "../../src/core/command/Output.ts"
import * as Image from "../../src/core/image/Image.ts"
import * as Profile from "../../src/core/Profile.ts"
import type { Decision } from "../../src/core/procedure/Notice.ts"
import { Random } from "./support/Random.ts"
import { freeze, print } from "./support/Snapshot.ts"

const said = { value: 1, qualifier: 0, timeLow: 0, timeHigh: 0 }
const outcomes = ["success", "failure", "none"] as const

class Play {
  readonly random: Random
  output: Operating.OutputOf = freeze(Output.free)
  readonly operations = new Map<number, Operation.Operation>()
  /** What each client heard so far, and who still waits. */
  readonly heard = new Map<number, Decision[]>()
  readonly open = new Set<number>()
  /** Whose handler runs, of those that were begun. */
  readonly running = new Set<number>()
  private readonly past: (readonly [object, string])[] = []
  private readonly block: Image.PointRef["block"]
  private last = 0

  constructor(seed: number) {
    this.random = new Random(seed)
    const of = Image.blockType(1, 45, Profile.iec)
    this.block = Image.withBlock(Image.withStation(Image.empty, 1), 1, of).block
    this.block.add(1)
  }

  around(number: number): Operating.Around {
    const profile = this.random.pick([Profile.iec, Profile.c104])
    const open = this.open.has(number)
    return { open, cancels: false, exists: true, ending: false, logEnd: this.random.below(10), profile }
  }

  come(): void {
    const { random, output, block } = this
    const verdict = Output.judge(output, 2)
    if (verdict === "refuse") return
    const number = ++this.last
    const point = Image.refTo(block, 0)
    const selected = random.chance(50)
    const command: CommandRequested = {
      kind: "command",
      id: number,
      ...point,
      type: 45,
      ca: 1,
      ioa: 1,
      ...said,
      originator: 0,
      selected,
      apdu: new Uint8Array(16)
    }
    this.open.add(number)
    this.heard.set(number, [])
    if (verdict === "begin") return this.begin(number, command, false)
    const step = Operating.wait(output, freeze(Operation.waiting(number, 1, command, 0, 5)))
    this.take(step, number)
  }

  private begin(number: number, command: CommandRequested, listed: boolean): void {
    const { random } = this
    const manner: Operation.Manner = {
      twoPhases: random.chance(50),
      termination: random.pick([true, false, "manual" as const]),
      said,
      before: said,
      byClient: false,
      related: null
    }
    this.output = freeze(Output.begin(Output.leave(this.output, number), number))
    this.operations.set(number, freeze(Operation.begun(number, 1, command, 0, 0, listed, manner, 0)))
    this.running.add(number)
  }

  /** Takes a step, and whoever can be begun behind it. */
  take(step: Operating.Step, number: number): void {
    this.output = freeze(step.output)
    if (step.operation === null) this.operations.delete(number)
    else this.operations.set(number, freeze(step.operation))
    for (const answer of step.answers) this.hear(answer)
    if (step.forgets !== 0) this.open.delete(step.forgets)
    if (step.frees)
      for (let [first] = this.output.waiting; first !== undefined; [first] = this.output.waiting) {
        const next = this.operations.get(first)
        if (this.output.status !== "free" || next === undefined) return
        this.begin(first, next.command, true)
      }
  }

  private hear(answer: Decision): void {
    expect(this.open.has(answer.id)).toBe(true)
    this.heard.get(answer.id)?.push(answer)
    if (!answer.keep) this.open.delete(answer.id)
  }

  /** Takes a step of an operation twice from frozen values. */
  try(
    number: number,
    step: (output: Operating.OutputOf, operation: Operation.Operation) => Operating.Step | null
  ): void {
    const operation = this.operations.get(number)
    if (operation === undefined) return
    this.past.push([this.output, print(this.output)], [operation, print(operation)])
    const once = step(this.output, operation)
    expect(print(step(this.output, operation))).toBe(print(once))
    if (once !== null) this.take(once, number)
    for (const [value, text] of this.past.slice(-8)) expect(print(value)).toBe(text)
  }

  run(): void {
    const { random } = this
    const number = 1 + random.below(this.last + 1)
    const operation = this.operations.get(number)
    const around = this.around(number)
    const answer = random.pick(outcomes)
    if (random.chance(35) || operation === undefined) return this.come()
    const { phase } = operation
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
        if (!this.running.has(number)) return
        this.running.delete(number)
        return this.try(number, (output, one) => Operating.settle(output, one, answer, around))
      case 3:
        if (phase !== "accepted") return
        this.operations.set(
          number,
          freeze(Operation.isUnderWay(operation) ? Operating.carryOut(operation, 0) : operation)
        )
        return void this.running.add(number)
      case 4: {
        // The session confirms negatively what was not decided in time.
        const waits = this.open.has(number) && this.heard.get(number)?.length === 0
        if (!waits || (phase !== "waiting" && phase !== "deciding")) return
        this.open.delete(number)
        return this.try(number, Operating.expire)
      }
      case 5:
        if (phase === "waiting")
          return this.try(number, (output) => Operating.refuse(output, number, number, around.open))
        return this.try(number, (output, one) => Operating.lose(output, one, around))
      case 6:
        if (this.output.begun !== number) return
        return this.try(number, (output, one) => Operating.release(output, one, around))
      case 7: {
        const [cause, negative] = [random.pick([7, 10]), random.chance(50)]
        return this.try(number, (output, one) => Operating.resolve(output, one, cause, negative, around))
      }
    }
  }
}

describe("operations at an output", () => {
  it("are decided once, whatever happens to them in whatever order", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const play = new Play(seed)
      for (let n = 0; n < 120; n++) play.run()
      for (const answers of play.heard.values()) {
        const confirms = answers.filter(({ confirm }) => confirm !== 0)
        expect(confirms.length).toBeLessThanOrEqual(1)
        const ends = answers.filter(({ terminate }) => terminate)
        expect(ends.length).toBeLessThanOrEqual(1)
        if (ends.length > 0) expect(confirms[0]?.confirm).toBe(1)
      }
    }
  })
})
