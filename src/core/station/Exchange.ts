// One connection between the reducer and the application: where its session and its client stand, what the application said
// that is not reduced yet, what was accepted and begins when its client was told, and whether it is about to end. Nothing
// here calls anybody; who runs a station does what is due in the order of Drain.

import * as Numbered from "../image/Numbered.ts"
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
import * as Outgoing from "./Outgoing.ts"

/** How an end comes about: by us, by the peer, or by the transport. */
export type End = "shutdown" | "peerClosed" | "broken"

const NONE: readonly number[] = []

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
  /** What has left of what it says. */
  readonly outgoing: Outgoing.Outgoing = Outgoing.make()
  /** Whether it counts among the started sessions, and whether published events can leave at once. */
  counted = false
  listens = false

  private collected: Decision[] | null = null
  /** Operations that begin once the decision of their request was reduced, by request, and those whose was, in order. */
  private accepted: Numbered.Numbered<number> = null
  private begins: number[] | null = null
  /** How many facts are being told of what is not reduced yet. */
  private announcing = 0
  /** Dispatches that go on: a callback of the application may cause one within another. */
  private depth = 0
  /** An end that waits until the dispatch that goes on is over. */
  private wanted: End | null = null
  /** Whether it has sent, or sends, what waits before an end of ours. */
  private lastWords = false

  /** The operation of the server that was the newest when it began: sessions have their numbers one after the other. */
  private readonly since: number

  constructor(state: SessionState.SessionState, cursor: Cursor.Cursor, since: number) {
    this.state = state
    this.cursor = cursor
    this.since = since
  }

  /** Whether its client has asked for an operation, and not one that had its number before. */
  hasAskedFor({ number, session }: { readonly number: number; readonly session: number }): boolean {
    return session === this.state.id && number > this.since
  }

  /** Whether a request still waits for its decision. */
  awaits(id: number): boolean {
    return this.reason === null && Asking.find(this.state.work, id) !== undefined
  }

  // ---- dispatches ----

  /** A dispatch begins: within how many others, and itself. */
  enter(): number {
    return ++this.depth
  }

  /** A dispatch is over; the end that had waited for it, null = none. */
  leave(): End | null {
    this.depth--
    if (this.wanted === null || this.depth > 0) return null
    const { wanted } = this
    this.wanted = null
    return wanted
  }

  /** Whether anything goes on, so that what it knows is not all that is so. */
  get isAmid(): boolean {
    return this.depth > 0 || this.announcing > 0
  }

  /** Whether a dispatch goes on. */
  get isBusy(): boolean {
    return this.depth > 0
  }

  /** Whether what the application does now is within one dispatch only: what was accepted begins there. */
  get isOutermost(): boolean {
    return this.depth === 1
  }

  /** Reduces an event: state and cursor are those after it. */
  reduce(world: World, event: SessionEvent): SessionOutputs {
    const { state, cursor, outputs } = reduce(world, this.state, this.cursor, event)
    this.state = state
    this.cursor = cursor
    return outputs
  }

  /** What a notice says of the session itself. */
  note(notice: Notice): void {
    if (notice.kind === "closed") this.reason = notice.reason
    // Before a STOPDT the session lives on: only what came before it is not begun any more.
    else if (notice.kind === "stopping" && this.state.link.pause?.reason !== null) this.leaving = true
  }

  // ---- its end ----

  /** It is to end when the dispatch that goes on is over: what its last chunk asked for is answered first. */
  endLater(kind: End): void {
    this.wanted ??= kind
    this.leaving = true
  }

  /**
   * Whether what was published before this end goes before it: an end of ours, once. Who is told what is sent may end it once
   * more: that is all.
   */
  hasLastWords(kind: End): boolean {
    if (kind !== "shutdown" || this.lastWords) return false
    this.lastWords = true
    return true
  }

  // ---- what the application says ----

  /** Whether nothing was collected. */
  get isIdle(): boolean {
    return this.collected === null
  }

  /** Takes a decision: it is reduced with others when the application was asked, and before anything else that happens. */
  collect(decision: Decision): void {
    if (this.collected === null) this.collected = [decision]
    else this.collected.push(decision)
  }

  /** What was collected, which is nobody else's from now on; null when nothing was. */
  gathered(): readonly Decision[] | null {
    const { collected } = this
    this.collected = null
    this.batch = 0
    return collected
  }

  // ---- what was accepted ----

  /** An operation begins once the decision of its request, which is on its way, was reduced: the client is told before. */
  afterwards(id: number, operation: number): void {
    this.accepted = Numbered.put(this.accepted, id, operation)
  }

  /** These decisions were reduced: what waited for them is to begin. */
  confirmed(decisions: readonly Decision[]): void {
    if (this.accepted === null) return
    for (const { id } of decisions) {
      const operation = Numbered.find(this.accepted, id)
      if (operation === undefined) continue
      this.accepted = Numbered.without(this.accepted, id)
      if (this.begins === null) this.begins = [operation]
      else this.begins.push(operation)
    }
  }

  /** Whether anything was accepted that has not begun. */
  get hasAccepted(): boolean {
    return this.accepted !== null || this.begins !== null
  }

  /** The operations that begin now: not within a callback of the application, which would not expect that. */
  begun(): readonly number[] {
    if (this.begins === null || this.announcing > 0) return NONE
    const { begins } = this
    this.begins = null
    return begins
  }

  /** Whether something is told that was accepted and is not reduced yet: it does not begin within that, whatever observers do. */
  announce(tells: boolean): void {
    this.announcing += tells ? 1 : -1
  }
}
