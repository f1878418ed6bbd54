// One server as its sessions see it: on top of stations and publishing the registry of sessions, the handlers of the
// application, and who observes. Everything here is plain and synchronous.

import type { Block } from "../core/image/Block.ts"
import * as Recent from "../core/image/Recent.ts"
import type { World } from "../core/procedure/World.ts"
import type * as Carrying from "../core/station/Carrying.ts"
import * as Ending from "../core/station/Ending.ts"
import type { Detached } from "../core/station/Outputs.ts"
import type { ParameterRequested } from "../core/system/SystemNotice.ts"
import { Cause } from "../core/wire/Cause.ts"
import type { Calling } from "./Calling.ts"
import * as Commands from "./Commands.ts"
import { CallbackFailed } from "./Errors.ts"
import { FileDesk } from "./files/FileTransfer.ts"
import * as Handlers from "./Handlers.ts"
import type { Hooks } from "./Hooks.ts"
import { InLine } from "./InLine.ts"
import { attend } from "./Later.ts"
import { type Log, type LogLevel, silent } from "./Log.ts"
import type { Options } from "./Options.ts"
import { Publisher } from "./Publisher.ts"
import { RawTrace } from "./RawTrace.ts"
import type { Outcome, Peer, ServerEvent } from "./ServerEvent.ts"
import type { Session } from "./Session.ts"
import { Stall } from "./Stall.ts"
import { Strays } from "./Strays.ts"

/** Decides a clock synchronisation: the received time as CP56Time2a words, and in ms since 1970 UTC. */
export type ClockHandler = (peer: Peer, timeLow: number, timeHigh: number, utcMs: number) => Outcome | Promise<Outcome>
/** Told whole frames. */
export type RawHandler = (peer: Peer, apdu: Uint8Array) => void
/** Decides a reset: QRP 1 (process) or 2 (pending time-tagged events). After success of QRP 1 every connection is closed. */
export type ResetHandler = (peer: Peer, ca: number, qualifier: number) => Outcome | Promise<Outcome>
/** Decides a parameter that is loaded or activated. */
export type ParameterHandler = (peer: Peer, request: ParameterRequested) => Outcome | Promise<Outcome>
/** Decides whether a peer may connect; the signal is aborted when it took too long or the peer has gone. */
export type ConnectHandler = (address: string, signal: AbortSignal) => boolean | Promise<boolean>

/** For so many clients is looked in a turn of the event loop: some two milliseconds. */
const LOOKING = 32

export class Host extends Publisher implements Carrying.Runner<Calling> {
  readonly observers: Set<(event: ServerEvent) => void> = new Set()
  /** Where what happens is logged while the server runs. */
  log: Log = silent
  /** The files of this server; null without file transfer. */
  readonly files: FileDesk | null
  /** Decides clock synchronisations; null accepts them. */
  onClockSync: ClockHandler | null = null
  /** Decides resets of the process; null refuses them. */
  onReset: ResetHandler | null = null
  /** Decides parameters; null refuses them. */
  onParameter: ParameterHandler | null = null
  /** Admits connections; null admits all. */
  onConnect: ConnectHandler | null = null
  /** Told every frame that is sent. */
  onSendRaw: RawHandler | null = null
  private receiveRaw: RawHandler | null = null
  /** What the raw callbacks are told. */
  readonly raws: RawTrace = new RawTrace(this)
  /** What is logged; may be changed at any time. */
  logLevel: LogLevel
  /** Limit of open connections, 0 = none but the safety limit. */
  maxConnections: number
  /** The address and port that the server really listens on; null while it does not. */
  listening: { readonly host: string; readonly port: number } | null = null
  /** Whether it listens or is about to: it does so once at a time. */
  serving = false
  /**
   * Clients for whom is looked what is left to tell them, where most of what waits is not: they have begun to listen behind
   * many events, or have lost many.
   */
  readonly looking: InLine<Session> = new InLine(this.clock, LOOKING, (session) => session.ready())
  /** Tells input that waited while this process stood still. */
  readonly stall: Stall = new Stall(this.station, this.sessions, () => this.world.link.t1Ms, this.clock, this.loop)
  /** Callbacks that run on though nobody waits for them any more. */
  readonly strays: Strays = new Strays(this.station, () => this.world.limits.abandonedCallbacks)
  /** How the application carries operations out, by their numbers: as long as the station knows them. */
  readonly callings: Recent.Recent<Calling> = Recent.none()
  /** Sessions are about to look which of their transfers have lost their station. */
  private endsTransfers = false
  private telling = false
  private untold: ServerEvent[] = []

  constructor(options: Options) {
    super(options)
    this.files = options.files === null ? null : new FileDesk(this, options.files)
    this.maxConnections = options.maxConnections
    this.logLevel = options.logLevel
  }

  /** Told every frame that is received. */
  get onReceiveRaw(): RawHandler | null {
    return this.receiveRaw
  }

  set onReceiveRaw(handler: RawHandler | null) {
    this.receiveRaw = handler
    this.station.setTrace(handler !== null)
  }

  /**
   * Puts the current value of a point into the log. False when there is no open session that takes it. Causes 7 and 10
   * answer the request of a command point that waits for them. Throws {@link IllegalCause}.
   */
  publish(block: Block, slot: number, cause: number, originator: number, negative = false): boolean {
    if (cause !== Cause.SPONTANEOUS || block.command) {
      this.checkCause(block, cause)
      if (block.command) return Commands.resolve(this, block, slot, cause, negative)
    }
    return this.append(block, slot, cause, originator, 0) >= 0
  }

  carrier(operation: number): Calling | undefined {
    return Recent.find(this.callings, operation)
  }

  soon(act: () => void): void {
    this.loop.soon(act)
  }

  monotonicMs(): number {
    return this.clock.monotonicMs()
  }

  protected override detached(hooks: Hooks | undefined, operated: Detached | null): void {
    Commands.detached(this, hooks, operated)
    if (hooks !== undefined) Handlers.detached(hooks)
  }

  /** Removes a station with its points and settings. False when there is none. */
  override removeStation(ca: number): boolean {
    const removed = super.removeStation(ca)
    if (removed && this.files !== null) this.endTransfers()
    return removed
  }

  /** Has sessions see to it that files of removed stations are not transferred any more, a moment later. */
  private endTransfers(): void {
    if (this.endsTransfers) return
    this.endsTransfers = true
    this.loop.soon(() => {
      this.endsTransfers = false
      for (const session of [...this.sessions]) if (session.state.work.files !== null) session.ready()
    })
  }

  /** A number for a new session: 1..65535, none in use. */
  nextSession(): number {
    this.stall.begin()
    return this.station.nextSession()
  }

  /** A session has ended: its number is free. */
  ended(session: Session): void {
    this.sessions.delete(session)
    this.station.freeSession(session.peer.session)
    this.stall.end(session)
  }

  /** Whether nothing is begun any more: the process is about to be reset, or the server to stop. */
  get isEnding(): boolean {
    return this.station.isEnding
  }

  /** The application says that the server stops: from now on requests are refused, and none that waits is begun. */
  beginStop(): void {
    if (this.station.end((ending) => Ending.stop(ending, this.serving))) this.refuseWaiting()
  }

  /** Every connection has ended: it may be served anew. */
  endStop(): void {
    this.station.end(Ending.stopped)
  }

  private refuseWaiting(): void {
    for (const session of [...this.sessions]) session.refuseWaiting()
  }

  /** A session's reset of the process was accepted: from now on requests are refused, and none that waits is begun. */
  beginReset(session: Session): void {
    this.station.end((ending) => Ending.reset(ending, session.peer.session))
    this.refuseWaiting()
  }

  /** A session has ended: a reset of its own waits for its client no longer. */
  resets(session: Session): void {
    if (this.station.resetting === session.peer.session) this.reset()
  }

  /** The client has the confirmation of its reset, or is gone: every connection ends. */
  reset(): void {
    this.station.end(Ending.carriedOut)
    for (const session of [...this.sessions]) {
      session.why ??= "the process was reset"
      session.end("shutdown")
    }
  }

  /** Has every session told that a station was initialised (COI octet): those that cannot be told now when they can. */
  initialised(ca: number, cause: number): void {
    this.station.initialised(ca, cause)
    for (const session of this.station.publishing.open) session.ready()
  }

  /** Changes link parameters; k applies to new connections. */
  setLink(link: World["link"]): void {
    this.station.setLink(link)
    for (const session of this.sessions) session.rearm()
  }

  /** Whether anybody wants to be told of events of a kind: the log at its level, and every observer. */
  hears(kind: ServerEvent["event"]): boolean {
    return this.observers.size > 0 || this.log.wants(kind)
  }

  /**
   * Tells the log and the observers; one that fails is reported to the others and cannot disturb a session. What one of them causes
   * is told when all of them know what came before it.
   */
  tell(event: ServerEvent): void {
    if (this.telling) return void this.untold.push(event)
    this.telling = true
    this.tellAll(event)
    // The list grows while it is told.
    if (this.untold.length > 0) {
      for (const next of this.untold) this.tellAll(next)
      this.untold = []
    }
    this.telling = false
  }

  private tellAll(event: ServerEvent): void {
    if (this.log.wants(event.event)) this.tellOne(this.log.take, event)
    if (this.observers.size === 0) return
    // Those who observe by now: one that begins anew while it is told would be told of the same without end.
    for (const observer of [...this.observers]) if (this.observers.has(observer)) this.tellOne(observer, event)
  }

  private tellOne(observer: (event: ServerEvent) => void, event: ServerEvent): void {
    try {
      attend(observer(event), (cause) => this.observerFailed(observer, event.event, cause))
    } catch (cause) {
      this.observerFailed(observer, event.event, cause)
    }
  }

  /**
   * Tells all others that an observer, or the log, failed with an event of a kind; what fails with an error is told to the log
   * alone, since observers that fail with each other's errors would never end.
   */
  observerFailed(observer: (event: ServerEvent) => void, kind: ServerEvent["event"], cause: unknown): void {
    const error = new CallbackFailed({ callback: "observer", subject: kind, cause })
    const others = kind === "error" ? [] : this.observers
    for (const other of [this.log.take, ...others])
      if (other !== observer) this.tellOne(other, { event: "error", error })
  }
}
