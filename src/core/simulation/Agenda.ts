// What is going to happen, by virtual time and then by the number in which it was planned: a heap, so that the order is total
// and the same on every engine. And the two clocks that are virtual: the monotonic one and the wall clock, which may be set.

interface Planned {
  readonly atMs: number
  readonly number: number
  readonly run: () => void
}

const isBefore = (a: Planned, b: Planned): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number)

export class Agenda {
  /** The monotonic clock, in whole ms. */
  nowMs = 0
  /** What the wall clock shows at 0 of the monotonic one: whoever sets the clock changes it. */
  wallAtZeroMs: number
  private readonly heap: Planned[] = []
  private numbers = 0

  constructor(wallMs: number) {
    this.wallAtZeroMs = wallMs
  }

  get wallMs(): number {
    return this.wallAtZeroMs + this.nowMs
  }

  /** Plans something at a time, or now where that is over. */
  at(atMs: number, run: () => void): void {
    const { heap } = this
    const planned = { atMs: atMs < this.nowMs ? this.nowMs : atMs, number: this.numbers++, run }
    let place = heap.length
    heap.push(planned)
    while (place > 0) {
      const above = (place - 1) >> 1
      if (!isBefore(planned, heap[above] as Planned)) break
      heap[place] = heap[above] as Planned
      place = above
    }
    heap[place] = planned
  }

  after(ms: number, run: () => void): void {
    this.at(this.nowMs + ms, run)
  }

  /** When something is planned next; Infinity when nothing is. */
  get nextMs(): number {
    return this.heap[0]?.atMs ?? Number.POSITIVE_INFINITY
  }

  /** Lets the next thing happen; false when there is none. */
  step(): boolean {
    const { heap } = this
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined) return false
    if (heap.length > 0) this.sink(last)
    this.nowMs = first.atMs
    first.run()
    return true
  }

  private sink(planned: Planned): void {
    const { heap } = this
    let place = 0
    for (;;) {
      let below = 2 * place + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Planned, heap[below] as Planned)) below++
      if (!isBefore(heap[below] as Planned, planned)) break
      heap[place] = heap[below] as Planned
      place = below
    }
    heap[place] = planned
  }
}
