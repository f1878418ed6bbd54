// What is done for many, and stops the event loop where it is done for all of them at once: they stand in line, and for some of
// them it is done in each turn of the loop. Others are served in between, nobody comes again before all have had their turn, and
// who stands there many times, by the share that is its own, keeps nobody else waiting for that.
import type { Clock } from "./Clock.ts"

export class InLine<A> {
  private readonly clock: Clock
  private readonly atOnce: number
  private readonly serve: (one: A) => void
  /** Those of each share, and the share first whose turn it is. */
  private readonly shares = new Map<string, Set<A>>()
  private begun = false

  /** In a turn it is done for so many of them. */
  constructor(clock: Clock, atOnce: number, serve: (one: A) => void) {
    this.clock = clock
    this.atOnce = atOnce
    this.serve = serve
  }

  /** It is to be done for this one too; whoever stands in line already stands there once. */
  add(one: A, share = ""): void {
    const line = this.shares.get(share)
    if (line === undefined) this.shares.set(share, new Set([one]))
    else line.add(one)
    this.begin()
  }

  private begin(): void {
    if (this.begun) return
    this.begun = true
    this.clock.afterInput(() => this.turn())
  }

  private turn(): void {
    this.begun = false
    const going: A[] = []
    while (going.length < this.atOnce && this.shares.size > 0) going.push(this.next())
    for (const one of going) this.serve(one)
    if (this.shares.size > 0) this.begin()
  }

  /** Takes the first one of the share whose turn it is. */
  private next(): A {
    const [[share, line]] = this.shares as unknown as [[string, Set<A>]]
    const [one] = line as unknown as [A]
    line.delete(one)
    this.shares.delete(share)
    if (line.size > 0) this.shares.set(share, line)
    return one
  }
}
