// One connection between the reducer and the application: what comes is reduced in turn, what the application says meanwhile is
// collected and goes ahead of all that comes behind it, and what was accepted begins when its client was told. A machine
// without I/O: it is told the time, and whoever holds it writes, and asks the application.

import type * as Cursor from "../log/Cursor.ts"
import * as Asking from "../procedure/Asking.ts"
import type { Decision } from "../procedure/Notice.ts"
import type { World } from "../procedure/World.ts"
import type { Notice } from "../session/Notice.ts"
import { reduce } from "../session/reduce.ts"
import type { SessionEvent } from "../session/SessionEvent.ts"
import type * as SessionState from "../session/SessionState.ts"
import type { SessionOutputs } from "../session/SessionTurn.ts"
import type { CloseReason } from "../Violation.ts"

const NONE: readonly Decision[] = []

/** How an end comes about: by us, by the peer, or by the transport. */
export type End = "shutdown" | "peerClosed" | "broken"

/** Whoever holds an exchange, and does what it cannot do. */
export interface Holder {
  /** What is read by reductions. */
  readonly world: () => World
  /** An event of now without more than its kind. */
  readonly event: (kind: "ready" | End) => SessionEvent
  /** An event of now that carries what the application has decided. */
  readonly decision: (decisions: readonly Decision[], kind: "decided" | "resumed") => SessionEvent
  /** An event that was made before, as one of now. */
  readonly renewed: (event: SessionEvent) => SessionEvent
  /** Takes what a reduction has given: its octets are written. The state before it had sent so many frames. */
  readonly take: (outputs: SessionOutputs, event: SessionEvent, sentBefore: number) => void
  /** A number for what begins to be collected: none has it. */
  readonly nextBatch: () => number
  /** Acts on a notice, which may ask the application; whether it was asked. */
  readonly act: (notice: Notice) => boolean
  /** All that came of a reduction was seen to; the event that follows at once, or null. */
  readonly rest: (outputs: SessionOutputs) => SessionEvent | null
}

export class Exchange {
  state: SessionState.SessionState
  /** Where its client stands in the logs. */
  cursor: Cursor.Cursor
  /** Why the session ended; null while it lives. */
  reason: CloseReason | null = null
  /** Whether it is about to end, so that no request is handed to the application any more. */
  leaving = false
  /** The number of what is being collected, 0 = nothing is. */
  batch = 0

  private readonly holder: Holder
  private collected: Decision[] | null = null
  /** What begins once the decision of its request was reduced: by request, and then in order. */
  private readonly accepted: Map<number, () => void> = new Map()
  private begins: (() => void)[] = []
  /** How many facts are being told of what is not reduced yet. */
  private announcing = 0
  /** Dispatches that go on: a callback of the application may cause one within another. */
  private depth = 0
  /** An end that waits until the dispatch that goes on is over. */
  private wanted: End | null = null
  /** Whether it has sent, or sends, what waits before an end of ours. */
  private lastWords = false

  constructor(holder: Holder, state: SessionState.SessionState, cursor: Cursor.Cursor) {
    this.holder = holder
    this.state = state
    this.cursor = cursor
  }

  /** Whether a request still waits for its decision. */
  awaits(id: number): boolean {
    return this.reason === null && Asking.find(this.state.work, id) !== undefined
  }

  /** Reduces an event and whatever follows from it at once: the only way in. */
  dispatch(event: SessionEvent): void {
    this.depth++
    // What the application has said before goes first: it is neither overtaken nor too late.
    this.run(this.collected === null ? event : this.behindCollected(event))
    this.depth--
    if (this.wanted === null || this.depth > 0) return
    const kind = this.wanted
    this.wanted = null
    this.endNow(kind)
  }

  /** Ends the session; false where that waits until what its last chunk asked for is answered. */
  end(kind: End): boolean {
    if (this.depth === 0) {
      this.endNow(kind)
      return true
    }
    this.wanted ??= kind
    this.leaving = true
    return false
  }

  private endNow(kind: End): void {
    // What was published before an end of ours goes before it. Who is told what is sent may end it once more: that is all.
    if (kind === "shutdown" && !this.lastWords) {
      this.lastWords = true
      this.dispatch(this.holder.event("ready"))
    }
    this.dispatch(this.holder.event(kind))
  }

  // A loop, not a chain of calls: a chunk may hold a thousand commands with a STOPDT behind each.
  private run(event: SessionEvent): void {
    for (let next: SessionEvent | null = event; next !== null && this.reason === null; ) next = this.step(next)
  }

  /** Reduces what was collected so far; returns an event that was made before as one of now. */
  private behindCollected(event: SessionEvent): SessionEvent {
    this.run(this.holder.decision(this.gathered() ?? NONE, "decided"))
    return this.holder.renewed(event)
  }

  /** What was collected, which is nobody else's from now on; null when nothing was. */
  private gathered(): readonly Decision[] | null {
    const { collected } = this
    this.collected = null
    this.batch = 0
    return collected
  }

  /** Reduces an event, has its octets written, and its notices acted on; returns what has to be reduced next, or null. */
  private step(event: SessionEvent): SessionEvent | null {
    const { holder } = this
    const { sentFrames } = this.state
    const { state, cursor, outputs } = reduce(holder.world(), this.state, this.cursor, event)
    this.state = state
    this.cursor = cursor
    holder.take(outputs, event, sentFrames)
    // Decisions are reduced in turn, and all else is seen to then.
    const decisions = outputs.notices.length > 0 ? this.act(outputs.notices) : null
    if (this.accepted.size > 0) this.confirmed(event.decisions)
    if (this.depth === 1) this.begin()
    if (this.reason !== null) return null
    if (this.state.link.pause !== null && this.depth === 1) return holder.decision(decisions ?? NONE, "resumed")
    if (decisions !== null) return holder.decision(decisions, "decided")
    return holder.rest(outputs)
  }

  /** Acts on notices; what the application decided at once, null when it was not asked. */
  private act(notices: readonly Notice[]): readonly Decision[] | null {
    let asked = false
    for (const notice of notices) {
      if (this.holder.act(notice)) asked = true
      // What was accepted is confirmed and begun before whatever came behind it, however the octets were cut.
      if (this.depth === 1 && (this.accepted.size > 0 || this.begins.length > 0)) this.beginAccepted()
    }
    const decisions = this.gathered()
    return asked ? (decisions ?? NONE) : decisions
  }

  /** Has something begin once a decision that is on its way was reduced: the client is told before. */
  afterwards(id: number, begin: () => void): void {
    this.accepted.set(id, begin)
  }

  /** These decisions were reduced: what waited for them begins. */
  private confirmed(decisions: readonly Decision[]): void {
    for (const { id } of decisions) {
      const begin = this.accepted.get(id)
      if (begin === undefined) continue
      this.accepted.delete(id)
      this.begins.push(begin)
    }
  }

  /** Reduces what was collected, and begins what waited for that. */
  private beginAccepted(): void {
    this.tellCollected()
    this.begin()
  }

  /** Reduces what was collected. */
  tellCollected(): void {
    const decisions = this.gathered()
    if (decisions !== null) this.dispatch(this.holder.decision(decisions, "decided"))
  }

  /** Tells that something was accepted before its client is told: it does not begin within that, whatever observers do. */
  announce(tell: () => void): void {
    this.announcing++
    tell()
    this.announcing--
    if (this.depth === 0) this.begin()
  }

  /** Not within a callback of the application: it would not expect that. */
  private begin(): void {
    while (this.begins.length > 0 && this.announcing === 0) {
      const { begins } = this
      this.begins = []
      for (const begin of begins) begin()
    }
  }

  /** Takes a decision: it is reduced with others when the application was asked, and before anything else that happens. */
  collect(decision: Decision): void {
    if (this.collected !== null) return void this.collected.push(decision)
    this.collected = [decision]
    this.batch = this.holder.nextBatch()
  }
}
