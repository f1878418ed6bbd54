// Work that many ask for at once and that tells all of them the same: it is done once at a time, and who asks meanwhile
// shares the next time with all others who do. So everybody learns what was so when he asked, or later.

/** With so many times that were begun and are not over, none is begun: all but one are waited for no longer. */
const MOST = 4

/** A time of the work, as those who wait for it see it: they may be told before it is over. */
class Time<A> {
  tell: (what: A) => void = () => {}
  fail: (cause: unknown) => void = () => {}
  readonly outcome: Promise<A> = new Promise((resolve, reject) => {
    this.tell = resolve
    this.fail = reject
  })
}

export class Shared<A> {
  private readonly work: () => Promise<A>
  /** After so many ms a time that is not over is waited for no longer. */
  private readonly patienceMs: number
  private readonly gaveUp: () => void
  private running: Time<A> | null = null
  private beganMs = 0
  private following: Time<A> | null = null
  /** Times that are not over, waited for or not. */
  private open = { times: 0 }

  /** `gaveUp` is told of each time that is waited for no longer since another one begins. */
  constructor(work: () => Promise<A>, patienceMs = Number.POSITIVE_INFINITY, gaveUp: () => void = () => {}) {
    this.work = work
    this.patienceMs = patienceMs
    this.gaveUp = gaveUp
  }

  /** What comes out of the work when it is done from now on. */
  ask(): Promise<A> {
    if (this.running === null) return this.begin()
    if (this.isStuck) {
      this.gaveUp()
      return this.begin()
    }
    this.following ??= new Time()
    return this.following.outcome
  }

  /** Whether it hangs again and again, so that it is begun no more until one of these times is over. */
  get isStuckForGood(): boolean {
    return this.open.times >= MOST
  }

  /** The work is another one from now on: those times of it that hang do not count any more. */
  renew(): void {
    this.open = { times: 0 }
  }

  /** Whether nobody waits for anything. */
  get isIdle(): boolean {
    return this.running === null
  }

  private get isStuck(): boolean {
    return performance.now() - this.beganMs > this.patienceMs
  }

  private begin(): Promise<A> {
    return this.adopt(this.work())
  }

  private readonly goOn = (): void => {
    if (this.following !== null && this.running === null) void this.begin()
  }

  /** The work was begun, just now and by somebody else. Who has waited for the next time has this one. */
  adopt(work: Promise<A>): Promise<A> {
    const running = this.following ?? new Time()
    this.following = null
    this.running = running
    this.beganMs = performance.now()
    const { open } = this
    open.times++
    const over = (): void => {
      open.times--
      if (this.running !== running) return
      this.running = null
      // Not at once: work that asks for itself would never let anything else happen.
      if (this.following !== null) setImmediate(this.goOn)
    }
    work.then(over, over)
    work.then(running.tell, running.fail)
    return running.outcome
  }

  /** There is nothing to wait for any more: whoever does is told this, whatever comes of the work. */
  end(what: A): void {
    for (const time of [this.running, this.following]) time?.tell(what)
  }
}
