// Clients for whom is looked what is left to tell them, where most of what waits is not: they have begun to listen behind many
// events, or have lost many. One look is short; where many look at once they do so in line, some of them in each turn of the
// event loop, so that others are served in between, and none looks anew before all have.
import type { Clock } from "./Clock.ts"

/** So many look in a turn: some two milliseconds. */
const AT_ONCE = 32

interface Looker {
  readonly ready: () => void
}

export class Looking {
  private readonly clock: Clock
  private readonly line = new Set<Looker>()
  private begun = false

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** It is to look on in another turn. */
  add(looker: Looker): void {
    this.line.add(looker)
    this.begin()
  }

  private begin(): void {
    if (this.begun) return
    this.begun = true
    this.clock.afterInput(() => this.turn())
  }

  private turn(): void {
    this.begun = false
    const going: Looker[] = []
    for (const looker of this.line) {
      if (going.length === AT_ONCE) break
      going.push(looker)
    }
    for (const looker of going) this.line.delete(looker)
    for (const looker of going) looker.ready()
    if (this.line.size > 0) this.begin()
  }
}
