// What is done for many, some of them in each turn of the event loop: whose turn it is, is decided by a table of the core.
import * as Core from "../core/station/InLine.ts"
import type { Clock } from "./Clock.ts"

/** Somebody who stands in line, by a number that no other has who does. */
interface Standing {
  readonly number: number
}

export class InLine<A extends Standing> {
  private readonly clock: Clock
  private readonly atOnce: number
  private readonly serve: (one: A) => void
  private line = Core.none
  private readonly standing = new Map<number, A>()
  private begun = false

  /** In a turn it is done for so many of them. */
  constructor(clock: Clock, atOnce: number, serve: (one: A) => void) {
    this.clock = clock
    this.atOnce = atOnce
    this.serve = serve
  }

  /** It is to be done for this one too; whoever stands in line already stands there once. */
  add(one: A, share = ""): void {
    this.line = Core.add(this.line, one.number, share)
    this.standing.set(one.number, one)
    this.begin()
  }

  private begin(): void {
    if (this.begun) return
    this.begun = true
    this.clock.afterInput(() => this.turn())
  }

  private turn(): void {
    this.begun = false
    const { line, going } = Core.take(this.line, this.atOnce)
    this.line = line
    const ones = going.map((number) => this.standing.get(number) as A)
    for (const number of going) this.standing.delete(number)
    for (const one of ones) this.serve(one)
    if (!Core.isEmpty(this.line)) this.begin()
  }
}
