// Fuzzes one target: changes inputs, keeps those that reach what none has reached, or that cost more for their length than any, and ends at
// the first that fails. The same seed makes the same inputs in the same order.
import { Random } from "../property/support/Random.ts"
import type { Coverage } from "./Coverage.ts"
import { mutated } from "./Mutator.ts"
import { shrunk } from "./Shrink.ts"
import { Broken, type Target } from "./Target.ts"

export interface Finding {
  readonly input: Uint8Array
  readonly what: string
}

/** Told before an input is run: where that never ends, whoever waits knows which it was. */
export type Watch = (input: Uint8Array) => void

/** How often a failing input is tried shorter. */
const TRIES = 4000
const NEWEST = 16

const describe = (cause: unknown): string =>
  cause instanceof Error ? (cause.stack ?? String(cause)) : `it threw ${String(cause)}`

/** Failures of one kind have one name, and come from one place; without a place, all is told alike but for numbers. */
function kindOf(what: string): string {
  const [first = "", ...stack] = what.split("\n")
  const place = stack.find((line) => !line.includes("/Target.ts:") && /\.[jt]s:\d+/.test(line))
  return place === undefined ? first.replaceAll(/\d+/g, "#") : `${first.split(":")[0]}${place}`
}

export class Fuzzer {
  runs = 0
  /** The most that an input has run of what it may. */
  worst = 0
  readonly pool: Uint8Array[] = []
  private readonly target: Target
  private readonly coverage: Coverage
  private readonly random: Random
  private readonly watch: Watch
  /** That input. */
  worstInput: Uint8Array | null = null

  constructor(target: Target, coverage: Coverage, seed: number, watch: Watch) {
    this.target = target
    this.coverage = coverage
    this.random = new Random(seed)
    this.watch = watch
  }

  /** Runs what is there at the beginning; those that reach nothing new are not changed further. */
  async begin(inputs: readonly Uint8Array[]): Promise<Finding | null> {
    // What runs once, with whatever comes first, is no input's.
    for (const input of inputs.slice(0, 3)) await this.failure(input)
    this.coverage.look(true)
    for (const input of inputs) {
      if (input.length > this.target.most) continue
      const finding = await this.one(input)
      if (finding !== null) return finding
    }
    if (this.pool.length === 0) this.pool.push(new Uint8Array(0))
    return null
  }

  /** Makes some inputs and runs them. */
  async round(): Promise<Finding | null> {
    const { target, random, pool } = this
    const inputs: Uint8Array[] = []
    for (let n = 0; n < target.batch; n++)
      inputs.push(mutated(random, { ...target, from: this.chosen(), others: pool }))
    return this.all(inputs)
  }

  private chosen(): Uint8Array {
    const { random, pool, worstInput } = this
    if (worstInput !== null && random.chance(4)) return worstInput
    if (random.chance(40)) return pool[Math.max(0, pool.length - 1 - random.below(NEWEST))] as Uint8Array
    return random.pick(pool)
  }

  /** Runs inputs, and looks closer at halves of them as long as there is anything to see. */
  private async all(inputs: readonly Uint8Array[]): Promise<Finding | null> {
    if (inputs.length === 1) return this.one(inputs[0] as Uint8Array)
    let most = 0
    for (const input of inputs) {
      const what = await this.failure(input)
      if (what !== null) return { input, what }
      most += this.mostOf(input)
    }
    const { gained, work } = this.coverage.look(false)
    if (gained === 0 && work < most * Math.min(0.5, this.worst)) return null
    const half = inputs.length >> 1
    return (await this.all(inputs.slice(0, half))) ?? (await this.all(inputs.slice(half)))
  }

  private mostOf({ length }: Uint8Array): number {
    return this.target.work.base + this.target.work.octet * length
  }

  private async one(input: Uint8Array): Promise<Finding | null> {
    const what = await this.failure(input)
    if (what !== null) return { input, what }
    const { gained, work } = this.coverage.look(true)
    if (gained > 0) this.pool.push(input)
    const part = work / this.mostOf(input)
    if (part > this.worst) {
      this.worst = part
      this.worstInput = input
    }
    return part > 1 ? { input, what: this.tooMuch(input, work) } : null
  }

  private tooMuch({ length }: Uint8Array, work: number): string {
    const { base, octet } = this.target.work
    return `Broken: ${length} octets run ${work} blocks, more than ${base} and ${octet} an octet`
  }

  /** What is wrong with an input, or null. */
  private async failure(input: Uint8Array): Promise<string | null> {
    this.watch(input)
    this.runs++
    try {
      const done = this.target.run(input)
      if (done !== undefined) await done
      return null
    } catch (cause) {
      return describe(cause)
    }
  }

  /** All that is wrong with an input by itself, its work among it; or null. */
  async judge(input: Uint8Array): Promise<string | null> {
    this.coverage.look(false)
    const what = await this.failure(input)
    const { work } = this.coverage.look(false)
    return what ?? (work > this.mostOf(input) ? this.tooMuch(input, work) : null)
  }

  /** The shortest input that fails as one does. Throws where it does not fail again: then what it does is no function of it. */
  async shrunk({ input, what }: Finding): Promise<Finding> {
    const again = await this.judge(input)
    if (again === null) throw new Broken(`it failed once and not again: ${what}`)
    const kind = kindOf(again)
    const fails = async (other: Uint8Array): Promise<boolean> => kindOf((await this.judge(other)) ?? "") === kind
    const best = await shrunk(input, fails, TRIES, this.target.text ? 0x20 : 0)
    return { input: best, what: (await this.judge(best)) ?? again }
  }

  /** Of these inputs, shortest first, those that reach something that none before them has. */
  async distilled(seeds: readonly Uint8Array[], others: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    await this.begin(seeds)
    const before = this.pool.length
    for (const input of [...others].sort((a, b) => a.length - b.length)) await this.one(input)
    return this.pool.slice(before)
  }
}
