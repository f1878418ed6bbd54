// Asking the application: a handler may answer at once or later, may throw, hang or return nonsense. Whatever is not a
// clear yes is a no. An answer that comes after the request was given up is dropped, since that has been reported already; a
// failure is told whenever it comes.

import * as Image from "../core/image/Image.ts"
import * as Requests from "../core/procedure/Asking.ts"
import type { Decision } from "../core/procedure/Notice.ts"
import { CallbackFailed, CallbackTimedOut } from "./Errors.ts"
import type { Hooks } from "./Hooks.ts"
import type { Host } from "./Host.ts"
import { isPromise } from "./Later.ts"
import type { Outcome } from "./ServerEvent.ts"
import type { Session } from "./Session.ts"

/**
 * What the application is asked: how it is called, and how it is called off. The session knows of it only from the moment it
 * has to wait: most handlers answer at once. Here, and in what commands make of it, fields are set by constructors: a chain of
 * classes that initialise theirs makes each command three times as dear to make.
 */
export abstract class Asking {
  declare readonly session: Session
  declare readonly id: number
  /** Whether the session collects what is decided at once: it is asking just now. */
  declare protected collects: boolean
  declare private listed: boolean
  declare protected controller: AbortController | null

  constructor(session: Session, id: number) {
    this.session = session
    this.id = id
    this.collects = true
    this.listed = false
    this.controller = null
  }

  /** Whether an answer still means something. */
  protected abstract get isUnderWay(): boolean
  /** Whether nobody waits for the answer any more. */
  protected abstract get isGivenUp(): boolean
  /** Calls the handler. */
  protected abstract call(): Outcome | Promise<Outcome>
  /** The handler has settled. */
  protected abstract settled(outcome: Outcome): void
  /** The handler failed; the outcome that this is taken for. */
  protected abstract fail(cause: unknown): Outcome
  /** Nobody waits for the answer any more. */
  abstract abort(): void
  /** The time is over, and the request was confirmed negatively; also for a handler that blocked for so long. */
  abstract expire(): void

  /** Whether the handler has only ended as it was told to. */
  protected isObeyedBy(cause: unknown): boolean {
    return this.isGivenUp && isAbortion(cause)
  }

  /** Made when a handler first asks for it. */
  get signal(): AbortSignal {
    const controller = this.abortion()
    if (this.isGivenUp) controller.abort()
    else if (this.isUnderWay) this.list()
    return controller.signal
  }

  protected abortion(): AbortController {
    this.controller ??= new AbortController()
    return this.controller
  }

  /** Lets the session call it off. */
  protected list(): void {
    if (this.listed) return
    this.listed = true
    this.session.aborts.set(this.id, this)
  }

  protected unlist(): void {
    if (!this.listed) return
    this.listed = false
    this.session.aborts.delete(this.id)
  }

  /** The session is about to end: only what the handler says at once is still heard. */
  cancel(): void {
    this.controller?.abort()
  }

  /** Calls the handler and hands its outcome on, at once when it is there at once. */
  protected ask(): void {
    const answer = this.answered()
    if (!(answer instanceof Promise)) return this.settled(this.judge(answer))
    this.collects = false
    if (this.isUnderWay) this.takesTime()
    else this.runsOn()
    void answer
      .then(
        (outcome) => this.judge(outcome),
        (cause) => this.fail(cause)
      )
      .then((outcome) => this.settled(outcome))
  }

  /** What the handler answers. Something strange may throw when it is looked at. */
  private answered(): Outcome | Promise<Outcome> {
    try {
      const answer = this.call()
      return isPromise(answer) ? Promise.resolve(answer) : answer
    } catch (cause) {
      return this.fail(cause)
    }
  }

  /** The handler does not answer at once. */
  protected takesTime(): void {
    if (this.session.reason === null) this.list()
    else this.abort()
  }

  /** Nobody waits for the handler, which has not settled. */
  protected runsOn(): void {}

  private judge(outcome: unknown): Outcome {
    if (outcome === "success" || outcome === "failure" || outcome === "none") return outcome
    return this.fail(new TypeError("it returned something that is no response"))
  }
}

/** A request that is being decided, and what follows from the answer. */
export abstract class Deciding extends Asking {
  private ended = false
  /** Called when a handler has settled that nobody waited for any more. */
  private found: (() => void) | null = null

  /** Name of the callback, and what it is asked about: for reports. */
  abstract get callback(): string
  abstract get subject(): string
  /** What follows from the outcome; asked for only while the session lives. */
  protected abstract decisionOf(outcome: Outcome): Decision
  /** Tells an outcome that was decided. */
  protected told(_outcome: Outcome): void {}

  protected get isUnderWay(): boolean {
    return !this.ended
  }

  protected get isGivenUp(): boolean {
    return this.ended || this.session.exchange.leaving || this.session.reason !== null
  }

  /** Has the request decided. */
  decide(): void {
    const { callback, session } = this
    const { host, peer } = session
    if (!host.strays.areMany(callback, peer.address)) return this.ask()
    const apdu = Requests.find(session.state.work, this.id)?.apdu
    if (apdu !== undefined) host.tell({ event: "rejected", peer, situation: "tooManyRequests", apdu })
    this.dismiss("failure")
  }

  /** Nobody waits for the handler any more, which goes on where it takes its time. */
  protected abandon(): void {
    this.end()
    if (!this.collects) this.runsOn()
  }

  protected override runsOn(): void {
    const { callback, session } = this
    this.found ??= session.host.strays.add(callback, session.peer.address)
  }

  protected end(): void {
    this.ended = true
    this.unlist()
  }

  abort(): void {
    if (this.ended) return
    this.abandon()
    this.controller?.abort()
  }

  expire(): void {
    const { callback, subject } = this
    const { host } = this.session
    this.abandon()
    this.told("failure")
    const error = new CallbackTimedOut({ callback, subject, limitMs: host.world.limits.decisionMs })
    host.tell({ event: "error", error })
    this.controller?.abort()
  }

  protected fail(cause: unknown): Outcome {
    if (!this.isObeyedBy(cause)) failed(this.session.host, this.callback, this.subject, cause)
    return "failure"
  }

  protected settled(outcome: Outcome): void {
    const { session, collects } = this
    this.found?.()
    if (collects && !this.ended && session.reason === null && !session.exchange.awaits(this.id)) this.expire()
    else this.dismiss(outcome)
  }

  /** Hands an outcome on, unless that is too late. */
  protected dismiss(outcome: Outcome): void {
    const { ended, session } = this
    if (ended) return
    this.end()
    if (session.reason !== null) return
    session.collect(this.decisionOf(outcome))
    this.told(outcome)
    if (!this.collects) session.tellCollected()
  }
}

/**
 * A request at a point that the application decides. It ends with the point: its client is told no then, however long the
 * handler takes.
 */
export abstract class AtPoint extends Deciding {
  private readonly point: Image.PointRef
  /** Where its point knows of it; null before it has to wait. */
  private hooks: Hooks | null = null

  constructor(session: Session, id: number, point: Image.PointRef) {
    super(session, id)
    this.point = point
  }

  /** Whether its point is there. */
  protected get exists(): boolean {
    return Image.lives(this.point)
  }

  protected override get isGivenUp(): boolean {
    return super.isGivenUp || !this.exists
  }

  /** Its point knows of it too, where it takes its time, unless the handler began by removing it. */
  protected override takesTime(): void {
    if (!this.exists) {
      this.dismiss("failure")
      this.runsOn()
      this.controller?.abort()
      return
    }
    const hooks = this.session.host.hooks.of(this.point.block, this.point.slot)
    this.hooks = hooks
    hooks.deciding ??= new Set()
    hooks.deciding.add(this)
    super.takesTime()
  }

  protected override end(): void {
    this.hooks?.deciding?.delete(this)
    super.end()
  }

  /** Its point is gone, and with it what was asked for: its client is told no. */
  detach(): void {
    const { session } = this
    this.abandon()
    if (session.reason === null) session.collect(this.decisionOf("failure"))
  }

  tellDetached(): void {
    this.told("failure")
    this.session.tellCollected()
    this.controller?.abort()
  }
}

/** Whether a failure says no more than that somebody was told to stop. Something strange may throw when it is looked at. */
export function isAbortion(cause: unknown): boolean {
  try {
    return cause instanceof Error && cause.name === "AbortError"
  } catch {
    return false
  }
}

/** Reports a callback that failed. */
export function failed(host: Host, callback: string, subject: string, cause: unknown): void {
  host.tell({ event: "error", error: new CallbackFailed({ callback, subject, cause }) })
}
