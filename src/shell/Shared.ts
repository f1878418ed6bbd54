// Work that many ask for at once and that tells all of them the same: it is done once at a time, and who asks meanwhile
// shares the next time with all others who do. So everybody learns what was so when he asked, or later.
export class Shared<A> {
  private readonly work: () => Promise<A>
  /** After so many ms a time that is not over is waited for no longer. */
  private readonly patienceMs: number
  private running: Promise<A> | null = null
  private beganMs = 0
  private following: Promise<A> | null = null

  constructor(work: () => Promise<A>, patienceMs = Number.POSITIVE_INFINITY) {
    this.work = work
    this.patienceMs = patienceMs
  }

  /** What comes out of the work when it is done from now on. */
  ask(): Promise<A> {
    if (this.isStuck) return this.begin()
    if (this.following !== null) return this.following
    if (this.running === null) return this.begin()
    const next = (): Promise<A> => this.begin()
    this.following = this.running.then(next, next)
    return this.following
  }

  /** Whether nobody waits for anything. */
  get isIdle(): boolean {
    return this.running === null && this.following === null
  }

  private get isStuck(): boolean {
    return this.running !== null && performance.now() - this.beganMs > this.patienceMs
  }

  private begin(): Promise<A> {
    return this.adopt(this.work())
  }

  /** The work was begun, just now and by somebody else. */
  adopt(running: Promise<A>): Promise<A> {
    const over = (): void => {
      if (this.running === running) this.running = null
    }
    this.following = null
    this.running = running
    this.beganMs = performance.now()
    running.then(over, over)
    return running
  }
}
