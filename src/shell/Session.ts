// One connection: moves octets and time between a line and an exchange, which reduces them. It decides nothing.
import type { FileAnswer } from "../core/file/FileMessage.ts"
import * as Recent from "../core/image/Recent.ts"
import * as Arena from "../core/link/Arena.ts"
import { Phase } from "../core/link/Link.ts"
import * as Cursor from "../core/log/Cursor.ts"
import type { Decision } from "../core/procedure/Notice.ts"
import type { World } from "../core/procedure/World.ts"
import type { CyclicBatch } from "../core/read/ReadWork.ts"
import type { Notice } from "../core/session/Notice.ts"
import * as SessionEvent from "../core/session/SessionEvent.ts"
import * as SessionState from "../core/session/SessionState.ts"
import type { SessionOutputs } from "../core/session/SessionTurn.ts"
import * as Drain from "../core/station/Drain.ts"
import { type End, Exchange } from "../core/station/Exchange.ts"
import * as Leaving from "../core/station/Leaving.ts"
import type { CloseReason } from "../core/Violation.ts"
import { APDU_MAX } from "../core/wire/Frame.ts"
import * as Commands from "./Commands.ts"
import * as Handlers from "./Handlers.ts"
import type { Host } from "./Host.ts"
import type { Line } from "./Line.ts"
import type * as Reading from "./Reading.ts"
import type { Peer } from "./ServerEvent.ts"
import * as Records from "./tls/Records.ts"
import { Views, viewOf } from "./Views.ts"

/** Turns of the loop in which what could leave has left, over TLS one record after the other. */
const LEAVING_TURNS = 4

/** Asks to be told when what was written before has left. */
const NOTHING = new Uint8Array(0)

/** Whole shares that are read at most of a connection's waiting input before deadlines are judged: 4 MiB of it. */
const SHARES_MAX = 2048

/** Where all sessions write from: while the kernel takes everything at once, that is always the same place. */
let views = new Views(new Uint8Array(0), 0)

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

export class Session implements Drain.Runner {
  readonly host: Host
  readonly line: Line
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

  /** No further I frame may wait in the line: {@link taken} tells when that is over. */
  private full = false
  /** Over TLS: the last APDU of every write has a record of its own. */
  private readonly secure: boolean
  /** What reports when the kernel has taken it. */
  private outgoing = Leaving.none
  private held = false
  /** What was not written while it was held, and how many octets that are. */
  private kept: Uint8Array[] = []
  private keptOctets = 0
  /** Since when something is kept, and how many I frames had been sent before. */
  private keptSinceMs = 0
  private keptBehind = 0
  /** Octets that the last chunk has left for another turn of the loop. */
  private untaken: Uint8Array | null = null
  /** How often this process had stood still when the chunk was read that is being taken; -1 = none is. */
  private readAfter = -1
  private listens = false
  private counted = false
  private wakeAtMs = Number.POSITIVE_INFINITY
  private cancelWake: (() => void) | null = null

  constructor(host: Host, line: Line, peer: Peer) {
    this.host = host
    this.line = line
    this.secure = Records.separate(line)
    this.peer = peer
    this.number = peer.session
    const nowMs = host.clock.monotonicMs()
    const state = SessionState.open(host.settled(), peer.session, nowMs)
    this.exchange = new Exchange(state, Cursor.at(host.logEnds(), host.world.initialised.count))
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
    return this.state.link.phase === Phase.Started
  }

  /** Octets of I frames that the line may still be given. */
  room(): number {
    const free = this.free()
    return this.held && free > 0 ? 0 : free
  }

  private free(): number {
    return this.host.world.limits.undrainedOctets - this.line.writableLength - this.keptOctets
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
    if (this.held === held) return
    this.held = held
    this.writeKept()
    this.ready()
  }

  /**
   * The kernel has taken what had filled the room: it goes on in the next turn of the loop, so that a large window does not
   * keep others waiting. Node's own `drain` does not come for a socket that was not quite full.
   */
  private readonly taken = (): void => {
    this.left()
    this.full = this.free() <= APDU_MAX
    this.host.clock.afterInput(this.goOn)
  }

  /** A write that reports has left. The times of what was late run from now. */
  private readonly left = (): void => {
    const { outgoing, state, host } = this
    const nowMs = Leaving.isWatched(outgoing) ? host.clock.monotonicMs() : 0
    const { leaving, late } = Leaving.hasLeft(outgoing, nowMs, state.sentFrames)
    this.outgoing = leaving
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
    Recent.find(this.host.callings, operation)?.carryOut()
  }

  /** Reduces an event, and does whatever follows from it at once. */
  private dispatch(event: SessionEvent.SessionEvent): void {
    Drain.dispatch(this, event)
  }

  /** Takes a decision: it is reduced with others when the application was asked, and before anything else that happens. */
  collect(decision: Decision): void {
    const { exchange } = this
    if (exchange.isIdle) exchange.batch = this.host.station.nextBatch()
    exchange.collect(decision)
  }

  /** Has what was collected reduced. */
  tellCollected(): void {
    Drain.tellCollected(this)
  }

  /** Writes what a reduction has given. */
  take(outputs: SessionOutputs, event: SessionEvent.SessionEvent, sentBefore: number): void {
    if (outputs.left !== null) this.untaken = outputs.left
    if (this.isStarted !== this.counted) this.count()
    const { trace } = this.host.world
    if (trace) this.noteReceived(outputs.notices)
    const octets = outputs.end - outputs.start
    if (octets > 0) this.write(outputs, event.room - octets <= APDU_MAX, event.nowMs, sentBefore)
    // Before anybody is told: what they publish, or have all clients told, can leave at once here too.
    this.listen()
    // Behind the write: the callbacks may make this or another session write.
    if (trace || this.host.onSendRaw !== null) this.host.raws.tell()
  }

  /** Looks for more to send, or waits for what comes. */
  rest(outputs: SessionOutputs): SessionEvent.SessionEvent | null {
    const open = !this.full && !this.held
    // Where nothing came out it has only looked for what to send: others are served before it looks further.
    if (outputs.more && open && outputs.end === outputs.start) this.host.looking.add(this)
    else if (outputs.more && open) return this.event("ready")
    this.rearm()
    this.host.relieved(this)
    return null
  }

  /** Counts among the started sessions of the host, or not any more. */
  private count(): void {
    this.counted = !this.counted
    if (!this.counted) return void this.host.station.started.delete(this)
    this.host.station.started.add(this)
    this.host.starts(this)
  }

  /** Notes whether published events can leave at once. */
  private listen(): void {
    const listens = this.reason === null && !this.full && !this.held && SessionState.listens(this.state)
    if (listens === this.listens) return
    this.listens = listens
    if (listens) this.host.station.publishing.open.add(this)
    else this.host.station.publishing.open.delete(this)
  }

  private noteReceived(notices: readonly Notice[]): void {
    for (const notice of notices) if (notice.kind === "traced") this.host.raws.received(this.peer, notice.apdu)
  }

  /** Refuses what was not begun: its commands that wait for the answers of others are not carried out any more. */
  refuseWaiting(): void {
    Commands.stopping(this)
    this.tellCollected()
  }

  // ---- the line ----

  /**
   * Writes what came out; `bounded` when it leaves no room for a frame more. The session had sent `before` I frames before.
   */
  private write(outputs: SessionOutputs, bounded: boolean, nowMs: number, before: number): void {
    const { octets, start, end } = outputs
    const { line } = this
    if (line.destroyed) return
    if (this.held) return this.keep(outputs, nowMs, before)
    if (views.slab !== octets || views.from !== start) views = new Views(octets, start)
    const from = this.secure ? Records.last(octets, start, end) : start
    if (from > start) line.write(views.of(from - start))
    const rest = from > start ? viewOf(octets, from, end - from) : views.of(end - start)
    // It reports when it is taken, so that whoever has to wait for room is called again; and where it may be late.
    const taken = bounded ? this.taken : this.secure || line.writableLength > 0 ? this.left : null
    if (taken === null) line.write(rest)
    else line.write(rest, taken)
    const waiting = line.writableLength
    if (taken === null && waiting > 0) line.write(NOTHING, this.left)
    if (taken !== null || waiting > 0)
      this.outgoing = Leaving.wrote(this.outgoing, nowMs, before, this.state.sentFrames)
    this.full = this.host.world.limits.undrainedOctets - waiting <= APDU_MAX
    if (this.host.onSendRaw !== null) this.host.raws.sent(this.peer, octets, start, end)
    // The kernel took everything at once: nobody reads the region any more.
    if (waiting === 0) Arena.release(octets, start, end)
  }

  private keep({ octets, start, end }: SessionOutputs, nowMs: number, before: number): void {
    if (this.keptOctets === 0) {
      this.keptSinceMs = nowMs
      this.keptBehind = before
    }
    this.kept.push(octets.slice(start, end))
    this.keptOctets += end - start
    if (this.host.onSendRaw !== null) this.host.raws.sent(this.peer, octets, start, end)
    Arena.release(octets, start, end)
  }

  /** Writes what was kept, which may fill the room. It has left late, and none of it could be answered before. */
  private writeKept(): void {
    if (this.keptOctets === 0 || this.line.destroyed) return
    const octets = Buffer.concat(this.kept)
    this.kept = []
    this.keptOctets = 0
    const from = Records.last(octets, 0, octets.length)
    if (from > 0) this.line.write(octets.subarray(0, from))
    this.line.write(octets.subarray(from), this.taken)
    this.outgoing = Leaving.wrote(this.outgoing, this.keptSinceMs, this.keptBehind, this.state.sentFrames)
    this.full = this.free() <= APDU_MAX
  }

  /** Nobody waits any more for what is being decided: the client stopped data transfer, or the session has ended. */
  giveUp(): void {
    for (const deciding of [...this.aborts.values()]) deciding.abort()
  }

  /** Called by Handlers when the session has ended. */
  closed(reason: CloseReason): void {
    this.cancelWake?.()
    this.writeKept()
    this.listen()
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
    this.judge(this.host.clock.monotonicMs(), this.outgoing.made, SHARES_MAX)
  }

  /**
   * Judges deadlines when the input was read that waits at a time, and of what was written by then (`writes` that report) has
   * left what could; by that time, since others may stand still meanwhile.
   */
  private judge(heardMs: number, writes: number, shares: number): void {
    const { clock } = this.host
    clock.afterInput(() => {
      const leaves = shares > SHARES_MAX - LEAVING_TURNS && Leaving.waits(this.outgoing, writes)
      if (leaves || (shares > 0 && this.reader?.isBehind === true))
        return this.judge(heardMs, writes, shares - this.host.turns.portion)
      this.wakeAtMs = Number.POSITIVE_INFINITY
      const ends = this.host.logEnds()
      this.dispatch(SessionEvent.plain("tick", clock.monotonicMs(), ends, this.room(), heardMs))
    })
  }
}
