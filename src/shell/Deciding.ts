// Asking the application: a handler may answer at once or later, may throw, hang or return nonsense. Whatever is not a
// clear yes is a no; what comes after the request was given up is dropped, since it has been reported already.
import { CallbackFailed } from "./Errors.ts"
import type { Host } from "./Host.ts"
import type { Outcome } from "./ServerEvent.ts"

/** A decision that is being made: what it is about, and how to call it off. */
export class Deciding {
  readonly callback: string
  private readonly describe: () => string
  /** Called once when the decision is over, answered or given up. */
  onOver: () => void = () => {}
  private ended = false
  private controller: AbortController | null = null

  /** `describe` says what it is about, in the rare case that somebody wants to know. */
  constructor(callback: string, describe: () => string) {
    this.callback = callback
    this.describe = describe
  }

  get subject(): string {
    return this.describe()
  }

  /** Answered, or given up. */
  get over(): boolean {
    return this.ended
  }

  /** Made when a handler first asks for it. */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController()
      if (this.ended) this.controller.abort()
    }
    return this.controller.signal
  }

  /** The answer is there. */
  answered(): void {
    if (this.ended) return
    this.ended = true
    this.onOver()
  }

  /** Nobody waits for the answer any more. */
  abort(): void {
    if (this.ended) return
    this.ended = true
    this.controller?.abort()
    this.onOver()
  }
}

export const isPromise = <A>(value: A | Promise<A>): value is Promise<A> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"

/** Reports a callback that failed. */
export function failed(host: Host, callback: string, subject: string, cause: unknown): void {
  host.tell({ event: "error", error: new CallbackFailed({ callback, subject, cause }) })
}

/** Calls a handler and hands its outcome on, at once when it is there at once (`late` false). */
export function ask(
  host: Host,
  deciding: Deciding,
  handler: () => Outcome | Promise<Outcome>,
  then: (outcome: Outcome, late: boolean) => void
): void {
  const judge = (outcome: unknown): Outcome => {
    if (outcome === "success" || outcome === "failure" || outcome === "none") return outcome
    return refuse(new TypeError("it returned something that is no response"))
  }
  const refuse = (cause: unknown): Outcome => {
    if (!deciding.over) failed(host, deciding.callback, deciding.subject, cause)
    return "failure"
  }
  const conclude = (outcome: Outcome, late: boolean): void => {
    if (deciding.over) return
    then(outcome, late)
    deciding.answered()
  }
  let answer: Outcome | Promise<Outcome>
  try {
    answer = handler()
  } catch (cause) {
    answer = refuse(cause)
  }
  if (!isPromise(answer)) return conclude(judge(answer), false)
  void Promise.resolve(answer)
    .then(judge, refuse)
    .then((outcome) => conclude(outcome, true))
}
