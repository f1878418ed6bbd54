// Publishers that wait, first come first served: linked to each other, so that however many there are none is moved.

/** Lets a publisher that waited go on. */
export type GoOn = () => void

interface Waiter {
  readonly goOn: GoOn
  next: Waiter | null
}

export class Waiters {
  count = 0
  private first: Waiter | null = null
  private last: Waiter | null = null

  add(goOn: GoOn): void {
    const waiter = { goOn, next: null }
    if (this.last === null) this.first = waiter
    else this.last.next = waiter
    this.last = waiter
    this.count++
  }

  /** Lets the first of them go on, if there is one. */
  release(): void {
    const { first } = this
    if (first === null) return
    this.first = first.next
    if (first.next === null) this.last = null
    this.count--
    first.goOn()
  }
}
