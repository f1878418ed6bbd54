// Work that many ask for at once, as promises: each round of it is one, and everybody has that of the round that he shares.
import * as Rounds from "../core/procedure/Rounds.ts"
import type { Clock } from "./Clock.ts"

/** What time is needed for: how long a round takes, and to begin the next one in a later turn. */
export type Time = Pick<Clock, "monotonicMs" | "afterInput">

/** This process's own. */
const machine: Time = {
  monotonicMs: () => performance.now(),
  afterInput: (callback) => {
    setImmediate(callback)
  }
}

/** A round of the work, as those who wait for it see it: they may be told before it is over. */
class Round<A> {
  tell: (what: A) => void = () => {}
  fail: (cause: unknown) => void = () => {}
  readonly outcome: Promise<A> = new Promise((resolve, reject) => {
    this.tell = resolve
    this.fail = reject
  })
}

export class Shared<A> {
  private readonly work: () => Promise<A>
  /** After so many ms a round that is not over is waited for no longer. */
  private readonly patienceMs: number
  private readonly gaveUp: () => void
  private readonly time: Time
  private rounds = Rounds.none
  /** The rounds that somebody waits for. */
  private running: Round<A> | null = null
  private following: Round<A> | null = null

  /** `gaveUp` is told of each round that is waited for no longer since another one begins. */
  constructor(
    work: () => Promise<A>,
    patienceMs = Number.POSITIVE_INFINITY,
    gaveUp: () => void = () => {},
    time: Time = machine
  ) {
    this.work = work
    this.time = time
    this.patienceMs = patienceMs
    this.gaveUp = gaveUp
  }

  /** What comes out of the work when it is done from now on. */
  ask(): Promise<A> {
    const asked = Rounds.ask(this.rounds, this.time.monotonicMs(), this.patienceMs)
    if (asked.gaveUp) this.gaveUp()
    if (asked.begins) return this.adopt(this.work())
    this.rounds = asked.rounds
    this.following ??= new Round()
    return this.following.outcome
  }

  /** Whether it hangs again and again, so that it is begun no more until one of these rounds is over. */
  get isStuckForGood(): boolean {
    return Rounds.isStuckForGood(this.rounds)
  }

  /** The work is another one from now on: those rounds of it that hang do not count any more. */
  renew(): void {
    this.rounds = Rounds.renewed(this.rounds)
  }

  /** Whether nobody waits for anything. */
  get isIdle(): boolean {
    return Rounds.isIdle(this.rounds)
  }

  private readonly goOn = (): void => {
    if (Rounds.isDue(this.rounds)) void this.adopt(this.work())
  }

  /** The work was begun, just now and by somebody else. Who has waited for the next round has this one. */
  adopt(work: Promise<A>): Promise<A> {
    const round = this.following ?? new Round<A>()
    this.following = null
    this.running = round
    this.rounds = Rounds.begin(this.rounds, this.time.monotonicMs())
    const number = this.rounds.running
    const over = (): void => {
      this.rounds = Rounds.over(this.rounds, number)
      if (this.running === round) this.running = null
      // Not at once: work that asks for itself would never let anything else happen.
      if (Rounds.isDue(this.rounds)) this.time.afterInput(this.goOn)
    }
    work.then(over, over)
    work.then(round.tell, round.fail)
    return round.outcome
  }

  /** There is nothing to wait for any more: whoever does is told this, whatever comes of the work. */
  end(what: A): void {
    for (const round of [this.running, this.following]) round?.tell(what)
  }
}
