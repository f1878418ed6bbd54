// Asking the application: a handler may answer at once or later, may throw, hang or return nonsense. Whatever is not a
// clear yes is a no; what comes after the request was given up is dropped, since it has been reported already.
import type { Decision } from "../core/procedure/Notice.ts"
import { CallbackFailed, CallbackTimedOut } from "./Errors.ts"
import type { Host } from "./Host.ts"
import type { Outcome } from "./ServerEvent.ts"
import type { Session } from "./Session.ts"

/**
 * A request that is being decided: how to ask, what follows from the answer, and how to call it off. The session knows
 * of it only from the moment it has to wait: most handlers answer at once.
 */
export abstract class Deciding {
  readonly session: Session
  readonly id: number
  private ended = false
  private listed = false
  private controller: AbortController | null = null

  constructor(session: Session, id: number) {
    this.session = session
    this.id = id
  }

  /** Name of the callback, and what it is asked about: for reports. */
  abstract get callback(): string
  abstract get subject(): string
  /** Calls the handler. */
  protected abstract call(): Outcome | Promise<Outcome>
  /** What follows from the outcome; asked for only while the session lives. */
  protected abstract decisionOf(outcome: Outcome): Decision
  /** Whether the session collects what is decided at once: it is asking just now. */
  protected collects = true
  /** Called once when the decision is over, answered or given up. */
  protected ending(): void {}

  /** Answered, or given up. */
  get over(): boolean {
    return this.ended
  }

  /** Made when a handler first asks for it. */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController()
      if (this.ended || this.session.leaving || this.session.reason !== null) this.controller.abort()
      else this.list()
    }
    return this.controller.signal
  }

  /** Lets the session call it off. */
  list(): void {
    if (this.listed) return
    this.listed = true
    this.session.aborts.set(this.id, this)
  }

  private unlist(): void {
    if (!this.listed) return
    this.listed = false
    this.session.aborts.delete(this.id)
  }

  private end(): void {
    this.ended = true
    this.ending()
  }

  /** The session is about to end: only what the handler says at once is still heard. */
  cancel(): void {
    this.controller?.abort()
  }

  /** Nobody waits for the answer any more. */
  abort(): void {
    if (this.ended) return
    this.unlist()
    this.controller?.abort()
    this.end()
  }

  /** The time is over, and the request was confirmed negatively; also for a handler that blocked for so long. */
  expire(): void {
    const { callback, subject } = this
    const { host } = this.session
    this.abort()
    const error = new CallbackTimedOut({ callback, subject, limitMs: host.world.limits.decisionMs })
    host.tell({ event: "error", error })
  }

  /** Calls the handler and hands its outcome on, at once when it is there at once. */
  ask(): void {
    let answer: Outcome | Promise<Outcome>
    try {
      answer = this.call()
    } catch (cause) {
      answer = this.refuse(cause)
    }
    if (!isPromise(answer)) return this.answered(this.judge(answer), false)
    if (this.session.reason === null) this.list()
    else this.abort()
    void Promise.resolve(answer)
      .then(
        (outcome) => this.judge(outcome),
        (cause) => this.refuse(cause)
      )
      .then((outcome) => this.answered(outcome, true))
  }

  private judge(outcome: unknown): Outcome {
    if (outcome === "success" || outcome === "failure" || outcome === "none") return outcome
    return this.refuse(new TypeError("it returned something that is no response"))
  }

  private refuse(cause: unknown): Outcome {
    if (!this.ended) failed(this.session.host, this.callback, this.subject, cause)
    return "failure"
  }

  /** Hands an outcome on: `late` when nobody collects any more. */
  protected answered(outcome: Outcome, late: boolean): void {
    if (this.ended) return
    const { session } = this
    if (!late && session.reason === null && !session.awaits(this.id)) return this.expire()
    this.unlist()
    if (session.reason === null) {
      const decision = this.decisionOf(outcome)
      if (late || !this.collects) session.decided([decision])
      else session.collect(decision)
    }
    this.end()
  }
}

export const isPromise = <A>(value: A | Promise<A>): value is Promise<A> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"

/** Reports a callback that failed. */
export function failed(host: Host, callback: string, subject: string, cause: unknown): void {
  host.tell({ event: "error", error: new CallbackFailed({ callback, subject, cause }) })
}
