// What is operated at an address of a station: whose turn it is there, also when its point goes and another comes. A point
// is what the server knows of it; what was begun goes on outside, whatever becomes of the point.
import * as Output from "../core/command/Output.ts"
import type { Block } from "../core/image/Block.ts"
import type { Profile } from "../core/Profile.ts"
import * as Place from "../core/procedure/Place.ts"
import type { Calling } from "./Calling.ts"

/** Outlets that are not free and have no point, by address. */
export type Kept = Map<number, Outlet>

/** Takes the outlet that is kept for a command point that is there from now on; null when it is free. */
export function take(kept: Kept, profile: Profile, block: Block, ioa: number): Outlet | null {
  const outlet = kept.get(Place.at(profile, block.of.ca, ioa, block.of.type))
  outlet?.forget()
  return outlet ?? null
}

export class Outlet {
  output: Output.Output<number> = Output.free
  /** What a session was collecting when an operation here published something: behind that its termination goes. */
  publishedIn = 0
  private readonly key: number
  /** Where it is kept while it has no point. */
  private kept: Kept | null = null
  /** Those that wait at it are being decided one after the other. */
  private goesOn = false
  /** The operation that was begun last, as long as its output knows it by its number; most are over before another comes. */
  private newest: Calling | null = null
  /** Others that its output knows: no more than may wait, and two. */
  private known: Calling[] = []

  constructor(profile: Profile, block: Block, ioa: number) {
    this.key = Place.at(profile, block.of.ca, ioa, block.of.type)
  }

  /** Whether a point is there. */
  get hasPoint(): boolean {
    return this.kept === null
  }

  /** The operation that the output knows by a number. */
  find(number: number | null | undefined): Calling | undefined {
    if (this.newest?.number === number) return this.newest ?? undefined
    return this.known.find((calling) => calling.number === number)
  }

  /** Its output is about to know an operation that waits. */
  hold(calling: Calling): void {
    this.known.push(calling)
  }

  /** An operation is begun. */
  take(calling: Calling): void {
    const { number } = calling
    if (this.newest !== null) this.known.push(this.newest)
    this.newest = calling
    this.output = Output.begin(Output.leave(this.output, number), number)
  }

  /** The output is so from now on: whom it does not know is forgotten. */
  become(output: Output.Output<number>): void {
    this.output = output
    if (this.newest !== null && !Output.knows(output, this.newest.number)) this.newest = null
    if (this.known.length > 0) this.known = this.known.filter(({ number }) => Output.knows(output, number))
  }

  /** Its point is gone: it is kept until it is free. */
  detach(kept: Kept): void {
    const left = this.find(this.output.begun)?.operation?.phase === "left"
    this.become(Output.detach(this.output, left))
    if (this.output.status === "free") return
    this.kept = kept
    kept.set(this.key, this)
  }

  /** It is not kept any more. */
  forget(): void {
    this.kept?.delete(this.key)
    this.kept = null
  }

  /**
   * Judges the commands that wait at it, until one takes its time. A loop, not a chain of calls: handlers may answer at
   * once.
   */
  goOn(): void {
    if (this.kept !== null && this.output.status === "free") this.forget()
    if (this.goesOn || this.output.waiting.length === 0) return
    this.goesOn = true
    try {
      for (let [first] = this.output.waiting; first !== undefined; [first] = this.output.waiting) {
        if (this.output.status === "busy") return
        const next = this.find(first)
        // Nobody waits under a number that is not known.
        if (next === undefined) this.become(Output.leave(this.output, first))
        else next.proceed()
      }
    } finally {
      this.goesOn = false
    }
  }
}
