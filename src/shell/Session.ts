// One connection: moves octets and time between a line and an exchange, which reduces them. It decides nothing.
import type { FileAnswer } from "../core/file/FileMessage.ts"
import * as Cursor from "../core/log/Cursor.ts"
import type { Decision } from "../core/procedure/Notice.ts"
import type { World } from "../core/procedure/World.ts"
import type { CyclicBatch } from "../core/read/ReadWork.ts"
import type { Notice } from "../core/session/Notice.ts"
import * as SessionEvent from "../core/session/SessionEvent.ts"
import * as SessionState from "../core/session/SessionState.ts"
import type { SessionOutputs } from "../core/session/SessionTurn.ts"
import * as Carrying from "../core/station/Carrying.ts"
import * as Drain from "../core/station/Drain.ts"
import type { End, Exchange } from "../core/station/Exchange.ts"
import * as Leaving from "../core/station/Leaving.ts"
import type * as Noticed from "../core/station/Noticed.ts"
import * as Outgoing from "../core/station/Outgoing.ts"
import * as Sending from "../core/station/Sending.ts"
import type { CloseReason } from "../core/Violation.ts"
import * as Commands from "./Commands.ts"
import * as Handlers from "./Handlers.ts"
import type { Host } from "./Host.ts"
import type { Line } from "./Line.ts"
import { Port } from "./Port.ts"
import type * as Reading from "./Reading.ts"
import type { Peer } from "./ServerEvent.ts"

/** Turns of the loop in which what could leave has left, over TLS one record after the other. */
const LEAVING_TURNS = 4

/** Whole shares that are read at most of a connection's waiting input before deadlines are judged: 4 MiB of it. */
const SHARES_MAX = 2048

/** What is being decided: nobody waits for it any more, or its time is over. */
export interface Abandonable {
  readonly abort: () => void
  readonly expire: () => void
  /** The session is about to end: only what the handler says at once is still heard. */
  readonly cancel: () => void
}

/**
 * What is known of a client by its certificate. Its names are as they may be shown: what a terminal would obey is escaped
 * as `\u{9b}`, and of more than 512 characters the beginning is kept. Who has to be sure compares the fingerprint.
 */
export interface Certificate {
  readonly subject: string
  readonly issuer: string
  readonly fingerprint256: string
  readonly validTo: string
}

export class Session implements Drain.Runner, Sending.Sender {
  readonly host: Host
  readonly line: Line
  /** The line, as octets are put into it. */
  readonly port: Port
  readonly peer: Peer
  readonly number: number
  /** What is reduced, and what the application says to that. */
  readonly exchange: Exchange
  /** The client's certificate where TLS is used, else null. */
  certificate: Certificate | null = null
  /** In the words of whoever closed it, or null. */
  why: string | null = null
  /** Who reads the line; null before that has begun. */
  reader: Reading.Reader | null = null
  /** Called once when the session has ended. */
  onClosed: (reason: CloseReason) => void = () => {}
  /** Cancellation of handlers that are deciding, by request. */
  readonly aborts: Map<number, Abandonable> = new Map()

  /** Octets that the last chunk has left for another turn of the loop. */
  private untaken: Uint8Array | null = null
  /** How often this process had stood still when the chunk was read that is being taken; -1 = none is. */
  private readAfter = -1
  private wakeAtMs = Number.POSITIVE_INFINITY
  private cancelWake: (() => void) | null = null

  constructor(host: Host, line: Line, peer: Peer) {
    this.host = host
    this.line = line
    this.port = new Port(
      line,
      () => this.taken(),
      () => this.left()
    )
    this.peer = peer
    this.number = peer.session
    this.exchange = host.station.opened(peer.session, host.clock.monotonicMs())
    this.rearm()
  }

  get state(): SessionState.SessionState {
    return this.exchange.state
  }

  /** Where its client stands in the logs. */
  get cursor(): Cursor.Cursor {
    return this.exchange.cursor
  }

  /** Why the session ended; null while it lives. */
  get reason(): CloseReason | null {
    return this.exchange.reason
  }

  get isStarted(): boolean {
    return Sending.isStarted(this.exchange)
  }

  /** Octets of I frames that the line may still be given. */
  room(): number {
    return Sending.room(this.host.station, this)
  }

  /** Events that wait for this session. */
  waiting(ends: readonly number[]): number {
    return Cursor.waiting(this.exchange.cursor, ends)
  }

  /** Events that wait for this session while it is started. */
  backlog(ends: readonly number[]): number {
    return this.isStarted ? Cursor.waiting(this.exchange.cursor, ends) : 0
  }

  // ---- ways in ----

  /** Takes octets; returns those that have to come again in another turn of the loop, or null. */
  received(chunk: Uint8Array): Uint8Array | null {
    const { host } = this
    const nowMs = host.clock.monotonicMs()
    const stale = host.stall.isOld(this, nowMs)
    const ends = host.logEnds()
    const wallMs = this.judgingMs()
    this.readAfter = host.stall.stalls
    this.dispatch(SessionEvent.received(nowMs, ends, this.room(), chunk, wallMs, stale, host.turns.isTired))
    this.readAfter = -1
    if (this.untaken === null) return null
    const { untaken } = this
    this.untaken = null
    return this.reason === null ? untaken : null
  }

  /** The time by which the age of commands is judged; NaN while the clock is not synchronised, 0 where nobody asks for it. */
  judgingMs(): number {
    const { host } = this
    if (host.options.commandAgeMs === 0) return 0
    if (!host.tagClock.isSynchronised) return Number.NaN
    return host.nowMs()
  }

  /** Whether this process stood still since the chunk was read that is being taken. */
  get stoodStill(): boolean {
    const { clock, stall } = this.host
    return this.readAfter >= 0 && stall.stoodSince(this.readAfter, clock.monotonicMs())
  }

  /**
   * The logs grew, and the window is open. They may have grown once more since that was noticed: whoever is told what another
   * session has sent may publish, and what is read from the image is of now.
   */
  ready(): void {
    this.dispatch(this.event("ready"))
  }

  /** Nothing is sent while it is held: a TLS handshake goes on. No I frames are made then, and what confirms is kept. */
  hold(held: boolean): void {
    if (Sending.hold(this.host.station, this, held)) this.ready()
  }

  /**
   * The kernel has taken what had filled the room: it goes on in the next turn of the loop, so that a large window does not
   * keep others waiting. Node's own `drain` does not come for a socket that was not quite full.
   */
  private taken(): void {
    this.left()
    Sending.taken(this.host.station, this)
    this.host.clock.afterInput(this.goOn)
  }

  /** A write that reports has left. The times of what was late run from now. */
  private left(): void {
    const { outgoing, state } = this.exchange
    const nowMs = Outgoing.isWatched(outgoing) ? this.host.clock.monotonicMs() : 0
    const late = Outgoing.left(outgoing, nowMs, state.sentFrames)
    if (late === null || this.reason !== null) return
    this.dispatch({ ...this.event("left"), late })
  }

  private readonly goOn = (): void => this.ready()

  /** The application has decided. */
  decision(decisions: readonly Decision[], kind: "decided" | "resumed"): SessionEvent.SessionEvent {
    const { host } = this
    const nowMs = host.clock.monotonicMs()
    const event = SessionEvent.decided(
      nowMs,
      host.logEnds(),
      this.room(),
      decisions,
      kind,
      this.judgingMs(),
      host.turns.isTired
    )
    // What is taken up behind what was decided is as old as the chunk.
    return this.stoodStill ? { ...event, stale: true } : event
  }

  refreshed(id: number): void {
    this.dispatch({ ...this.event("refreshed"), refreshed: id })
  }

  /** Points are due for cyclic transmission. */
  offered(batches: readonly CyclicBatch[]): void {
    this.dispatch({ ...this.event("cyclic"), batches })
  }

  /** The file store answered. */
  filed(file: FileAnswer): void {
    this.dispatch({ ...this.event("file"), file })
  }

  /** Ends the session for a reason of ours or of the transport; what its last chunk asked for is answered first. */
  end(kind: End): void {
    if (!Drain.end(this, kind)) for (const deciding of this.aborts.values()) deciding.cancel()
  }

  event(kind: SessionEvent.Kind): SessionEvent.SessionEvent {
    const { host } = this
    return SessionEvent.plain(kind, host.clock.monotonicMs(), host.logEnds(), this.room())
  }

  /** An event that was made before, as one of now. */
  renewed(event: SessionEvent.SessionEvent): SessionEvent.SessionEvent {
    const { host } = this
    return { ...event, nowMs: host.clock.monotonicMs(), stable: host.logEnds(), room: this.room() }
  }

  world(): World {
    return this.host.settled()
  }

  act(notice: Notice): boolean {
    return Handlers.act(this, notice)
  }

  begin(operation: number): void {
    Carrying.carryOut(this.host, operation)
  }

  /** Reduces an event, and does whatever follows from it at once. */
  private dispatch(event: SessionEvent.SessionEvent): void {
    Drain.dispatch(this, event)
  }

  /** Takes a decision: it is reduced with others when the application was asked, and before anything else that happens. */
  collect(decision: Decision): void {
    Carrying.collect(this.host.station, this.exchange, decision)
  }

  /** A request is answered without the application: that is told, and collected. */
  answer({ fact, decision, alone }: Noticed.Answered): void {
    const { host, peer } = this
    if (fact !== null) host.tell({ event: "rejected", peer, situation: fact.situation, apdu: fact.apdu })
    if (alone) this.tellCollected()
    this.collect(decision)
    if (alone) this.tellCollected()
  }

  /** Has what was collected reduced. */
  tellCollected(): void {
    Drain.tellCollected(this)
  }

  /** Writes what a reduction has given. */
  take(outputs: SessionOutputs, event: SessionEvent.SessionEvent, sentBefore: number): void {
    if (outputs.left !== null) this.untaken = outputs.left
    const { host } = this
    const { trace } = host.world
    if (trace) this.noteReceived(outputs.notices)
    const leaves = Sending.take(host.station, this, outputs, event, sentBefore)
    if (!trace && host.onSendRaw === null) return
    if (leaves && host.onSendRaw !== null) host.raws.sent(this.peer, outputs.octets, outputs.start, outputs.end)
    // Behind the write: the callbacks may make this or another session write.
    host.raws.tell()
  }

  /** Looks for more to send, or waits for what comes. */
  rest(outputs: SessionOutputs): SessionEvent.SessionEvent | null {
    const next = Sending.rest(this.exchange, outputs)
    if (next === "again") return this.event("ready")
    if (next === "inLine") this.host.looking.add(this)
    this.rearm()
    this.host.relieved(this)
    return null
  }

  private noteReceived(notices: readonly Notice[]): void {
    for (const notice of notices) if (notice.kind === "traced") this.host.raws.received(this.peer, notice.apdu)
  }

  /** Refuses what was not begun: its commands that wait for the answers of others are not carried out any more. */
  refuseWaiting(): void {
    Commands.stopping(this)
    this.tellCollected()
  }

  /** Nobody waits any more for what is being decided: the client stopped data transfer, or the session has ended. */
  giveUp(): void {
    for (const deciding of [...this.aborts.values()]) deciding.abort()
  }

  /** Called by Handlers when the session has ended. */
  closed(reason: CloseReason): void {
    this.cancelWake?.()
    Sending.close(this.host.station, this)
    this.giveUp()
    this.host.files?.release(this)
    this.onClosed(reason)
    this.host.resets(this)
    this.host.leaves(this)
  }

  // ---- the deadline ----

  /** Arms the wake-up anew only when the deadline moved earlier; a wake-up that comes early does nothing. */
  rearm(): void {
    const due = SessionState.deadline(this.host.world, this.state)
    if (due >= this.wakeAtMs) return
    this.cancelWake?.()
    this.wakeAtMs = due
    const delay = Math.max(0, due - this.host.clock.monotonicMs())
    this.cancelWake = this.host.clock.wake(delay, () => this.wake())
  }

  /** Whether the peer has answered in time is known only when what waits was read, however late or early this comes. */
  private wake(): void {
    // Nothing is armed meanwhile: what is due is judged soon.
    this.wakeAtMs = Number.NEGATIVE_INFINITY
    this.cancelWake = null
    this.judge(this.host.clock.monotonicMs(), this.exchange.outgoing.leaving.made, SHARES_MAX)
  }

  /**
   * Judges deadlines when the input was read that waits at a time, and of what was written by then (`writes` that report) has
   * left what could; by that time, since others may stand still meanwhile.
   */
  private judge(heardMs: number, writes: number, shares: number): void {
    const { clock } = this.host
    clock.afterInput(() => {
      const leaves = shares > SHARES_MAX - LEAVING_TURNS && Leaving.waits(this.exchange.outgoing.leaving, writes)
      if (leaves || (shares > 0 && this.reader?.isBehind === true))
        return this.judge(heardMs, writes, shares - this.host.turns.portion)
      this.wakeAtMs = Number.POSITIVE_INFINITY
      const ends = this.host.logEnds()
      this.dispatch(SessionEvent.plain("tick", clock.monotonicMs(), ends, this.room(), heardMs))
    })
  }
}
