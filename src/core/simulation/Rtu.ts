// The station under test, run without sockets and promises: the real one, its connections drained in the order that the core
// prescribes. What an application and a process do to it comes from models; what comes out of it goes to the watch.

import * as Image from "../image/Image.ts"
import * as Cursor from "../log/Cursor.ts"
import type { Decision } from "../procedure/Notice.ts"
import * as Outcome from "../procedure/Outcome.ts"
import type { World } from "../procedure/World.ts"
import type { FreezeRequested, RefreshRequested } from "../read/ReadNotice.ts"
import type { Notice } from "../session/Notice.ts"
import * as SessionEvent from "../session/SessionEvent.ts"
import * as SessionState from "../session/SessionState.ts"
import type { SessionOutputs } from "../session/SessionTurn.ts"
import * as Answers from "../station/Answers.ts"
import * as Drain from "../station/Drain.ts"
import * as Ending from "../station/Ending.ts"
import type { End, Exchange } from "../station/Exchange.ts"
import * as Noticed from "../station/Noticed.ts"
import * as Outgoing from "../station/Outgoing.ts"
import * as Sending from "../station/Sending.ts"
import { type Settings, Station } from "../station/Station.ts"
import * as TagClock from "../system/TagClock.ts"
import type { Agenda } from "./Agenda.ts"
import * as Operations from "./Operations.ts"
import type { Decider, Handling, Party, Served } from "./Parts.ts"
import type { Watch } from "./Watch.ts"

/** What the application confirms or not. */
type Deciding = Exclude<Noticed.Asked, { readonly kind: "command" | "freeze" }>

/** Where a connection is written to. */
export interface Cable {
  readonly write: (octets: Uint8Array) => void
  /** Octets that wait since the kernel does not take them. */
  readonly waits: () => number
  readonly ended: () => void
}

export class Rtu implements Served {
  readonly station: Station<Party>
  readonly agenda: Agenda
  readonly watch: Watch
  readonly application: Decider
  readonly connections: Map<number, Connection> = new Map()
  /** Operations whose handler has not settled, or that wait, by number. */
  readonly handlings: Map<number, Handling> = new Map()
  /** Until when the process stands still. */
  private busyUntilMs = 0
  private isDelivering = false

  constructor(settings: Settings, agenda: Agenda, watch: Watch, application: Decider) {
    this.station = new Station<Party>(settings)
    this.agenda = agenda
    this.watch = watch
    this.application = application
  }

  /** Does something now, or when the process does not stand still any more, behind what has waited for that. */
  when(act: () => void): void {
    if (this.agenda.nowMs < this.busyUntilMs) this.agenda.at(this.busyUntilMs, act)
    else act()
  }

  standStill(forMs: number): void {
    this.busyUntilMs = this.agenda.nowMs + forMs
  }

  open(cable: Cable): Connection {
    const { station, agenda } = this
    const number = station.nextSession()
    const exchange = station.opened(number, agenda.nowMs)
    const connection = new Connection(this, number, cable, exchange)
    this.connections.set(number, connection)
    station.publishing.sessions.add(connection)
    this.watch.opened(number)
    connection.rearm()
    return connection
  }

  closed(connection: Connection): void {
    const { station } = this
    const { number } = connection
    station.publishing.sessions.delete(connection)
    station.started.delete(connection)
    if (station.resetting === number) this.reset()
    station.freeSession(number)
    this.connections.delete(number)
    this.watch.closed(number, connection.exchange.reason ?? "nothing")
  }

  /** Its client has the confirmation of its reset, or is gone: every connection ends. */
  reset(): void {
    this.station.end(Ending.carriedOut)
    for (const connection of [...this.connections.values()]) Drain.end(connection, "shutdown")
  }

  /** From now on nothing is begun any more. */
  refuseWaiting(): void {
    for (const connection of [...this.connections.values()]) {
      Operations.stopping(connection)
      Drain.tellCollected(connection)
    }
  }

  get tagMs(): number {
    return TagClock.readMs(this.station.tagClock, this.agenda.nowMs, this.agenda.wallMs)
  }

  get flags(): number {
    return TagClock.flags(this.station.tagClock, this.agenda.nowMs)
  }

  // ---- publishing ----

  /** What an append has made due is done. */
  followUp(): void {
    const { publishing } = this.station
    const { due } = publishing
    publishing.due = "nothing"
    if (due === "now") this.ready(publishing.flushed(this.tagMs))
    else if (due === "soon" && !this.isDelivering) {
      this.isDelivering = true
      this.agenda.after(0, () => this.when(this.deliver))
    }
  }

  private ready(parties: Iterable<Party>): void {
    for (const { number } of parties) this.connections.get(number)?.ready()
  }

  private readonly deliver = (): void => {
    this.isDelivering = false
    const { publishing } = this.station
    if (publishing.isScheduled) this.ready(publishing.delivered(this.tagMs))
  }
}

export class Connection implements Party {
  readonly rtu: Rtu
  readonly number: number
  readonly exchange: Exchange
  readonly port: Outgoing.Port
  readonly stoodStill = false
  private readonly cable: Cable
  private wakeAtMs = Number.POSITIVE_INFINITY
  /** What is to be reported when the kernel has taken what was written. */
  private reports: Outgoing.Report[] = []

  constructor(rtu: Rtu, number: number, cable: Cable, exchange: Exchange) {
    this.rtu = rtu
    this.number = number
    this.cable = cable
    this.exchange = exchange
    const { reports } = this
    this.port = {
      isCut: false,
      get waits(): number {
        return cable.waits()
      },
      separate: false,
      write: ({ octets }, from, to, report) => {
        if (report !== "nothing") reports.push(report)
        if (to > from) cable.write(octets.slice(from, to))
      }
    }
  }

  get cursor(): Cursor.Cursor {
    return this.exchange.cursor
  }

  readonly judgingMs = (): number => 0

  waiting(ends: readonly number[]): number {
    return Cursor.waiting(this.cursor, ends)
  }

  backlog(ends: readonly number[]): number {
    return Sending.isStarted(this.exchange) ? this.waiting(ends) : 0
  }

  private get room(): number {
    return Sending.room(this.rtu.station, this)
  }

  // ---- ways in ----

  received(octets: Uint8Array): void {
    if (this.exchange.reason !== null) return
    const { agenda, station, watch } = this.rtu
    watch.got(this.number, octets)
    const ends = station.publishing.logEnds()
    Drain.dispatch(this, SessionEvent.received(agenda.nowMs, ends, this.room, octets))
    this.turned()
  }

  ready(): void {
    if (this.exchange.reason !== null) return
    Drain.dispatch(this, this.event("ready"))
    this.turned()
  }

  end(kind: End): void {
    if (this.exchange.reason === null) Drain.end(this, kind)
  }

  /** The kernel has taken what waited, if it has. */
  drained(): void {
    const { reports, exchange, rtu } = this
    if (reports.length === 0 || this.port.waits > 0) return
    let taken = false
    for (const report of reports.splice(0)) {
      const late = Outgoing.left(exchange.outgoing, rtu.agenda.nowMs, exchange.state.sentFrames)
      if (late !== null && exchange.reason === null) Drain.dispatch(this, { ...this.event("left"), late })
      taken ||= report === "taken"
    }
    if (!taken) return
    Sending.taken(rtu.station, this)
    this.ready()
  }

  private turned(): void {
    if (this.exchange.reason === null && !this.exchange.isBusy) this.rtu.watch.turned(this.number, this.port.waits)
  }

  /** What the application has said later is told. */
  tell(): void {
    Drain.tellCollected(this)
    this.turned()
  }

  // ---- what a runner does ----

  readonly world = (): World => this.rtu.station.settled()

  readonly event = (kind: SessionEvent.Kind): SessionEvent.SessionEvent =>
    SessionEvent.plain(kind, this.rtu.agenda.nowMs, this.rtu.station.publishing.logEnds(), this.room)

  readonly decision = (decisions: readonly Decision[], kind: "decided" | "resumed"): SessionEvent.SessionEvent =>
    SessionEvent.decided(this.rtu.agenda.nowMs, this.rtu.station.publishing.logEnds(), this.room, decisions, kind)

  readonly renewed = (event: SessionEvent.SessionEvent): SessionEvent.SessionEvent => ({
    ...event,
    nowMs: this.rtu.agenda.nowMs,
    stable: this.rtu.station.publishing.logEnds(),
    room: this.room
  })

  readonly take = (outputs: SessionOutputs, event: SessionEvent.SessionEvent, sentBefore: number): void => {
    // It is seen ahead of what it leads to.
    if (outputs.end > outputs.start) this.rtu.watch.sent(this.number, outputs.octets.slice(outputs.start, outputs.end))
    Sending.take(this.rtu.station, this, outputs, event, sentBefore)
  }

  readonly rest = (outputs: SessionOutputs): SessionEvent.SessionEvent | null => {
    const next = Sending.rest(this.exchange, outputs)
    if (next === "again") return this.event("ready")
    if (next === "inLine") this.rtu.agenda.after(1, () => this.rtu.when(() => this.ready()))
    this.rearm()
    return null
  }

  /** Plans when deadlines are judged: anew only where that is earlier. */
  rearm(): void {
    const { agenda } = this.rtu
    const due = SessionState.deadline(this.rtu.station.world, this.exchange.state)
    if (due >= this.wakeAtMs) return
    this.wakeAtMs = due
    agenda.at(due, () => this.rtu.when(() => this.wake(due)))
  }

  private wake(due: number): void {
    if (this.wakeAtMs !== due || this.exchange.reason !== null) return
    const { agenda } = this.rtu
    this.wakeAtMs = Number.NEGATIVE_INFINITY
    const heardMs = agenda.nowMs
    // Behind the input that waits.
    agenda.after(0, () => {
      this.wakeAtMs = Number.POSITIVE_INFINITY
      if (this.exchange.reason !== null) return
      Drain.dispatch(this, { ...this.event("tick"), heardMs })
      this.turned()
    })
  }

  readonly begin = (operation: number): void => Operations.carryOut(this.rtu, operation)

  readonly act = (notice: Notice): boolean => {
    const due = Noticed.follow(this.rtu.station, this.exchange, this, notice)
    this.perform(due)
    return Noticed.isAsked(due)
  }

  /** Does what is due. */
  perform(due: Noticed.Due): void {
    const { rtu } = this
    const { watch } = rtu
    switch (due.kind) {
      case "command":
        return Operations.command(this, due)
      case "freeze":
        return this.freeze(due)
      case "select":
      case "clock":
      case "reset":
      case "parameter":
        return this.decide(due)
      case "answered":
        if (due.fact !== null) watch.sometimes(`rejected ${due.fact.situation}`)
        if (due.alone) Drain.tellCollected(this)
        this.collect(due.decision)
        if (due.alone) Drain.tellCollected(this)
        return
      case "turnedAway":
        return Operations.refuse(this, due.command)
      case "cancelled":
        return watch.sometimes("operation cancelled")
      case "stopping":
        return Operations.stopping(this)
      case "restarting":
        return rtu.reset()
      case "refresh":
        return this.refresh(due)
      case "timedOut":
        watch.sometimes("handler out of time")
        return Operations.timedOut(this, due.id)
      case "stopped":
        watch.sometimes("stopped")
        return Operations.abandonAll(this)
      case "closed":
        Sending.close(rtu.station, this)
        Operations.abandonAll(this)
        rtu.closed(this)
        return this.cable.ended()
      case "overflow":
        watch.sometimes("overflow")
        return watch.lost(this.number, due.lost)
      case "released":
        return watch.sometimes(`selection ${due.why}`)
      case "rejected":
        return watch.sometimes(`rejected ${due.situation}`)
      case "interrogated":
        return watch.sometimes(due.type === 100 ? "interrogated" : "counters interrogated")
      case "started":
      case "unanswered":
        return watch.sometimes(due.kind)
    }
  }

  private refresh(notice: RefreshRequested): void {
    const { rtu } = this
    const delayMs = rtu.application.refresh(notice)
    if (delayMs === 0) return this.collect(Outcome.confirm(notice.id, "success"))
    rtu.agenda.after(delayMs, () =>
      rtu.when(() => {
        if (this.exchange.reason === null) Drain.dispatch(this, { ...this.event("refreshed"), refreshed: notice.id })
      })
    )
  }

  // ---- requests ----

  collect(decision: Decision): void {
    if (this.exchange.isIdle) this.exchange.batch = this.rtu.station.nextBatch()
    this.exchange.collect(decision)
  }

  /** A request that the application confirms or not, at once or later. */
  private decide(notice: Deciding): void {
    const { rtu } = this
    const { said, delayMs } = rtu.application.confirm(notice.kind)
    const conclude = this.conclusion(notice, said)
    if (delayMs === 0) return this.collect(conclude())
    rtu.agenda.after(delayMs, () =>
      rtu.when(() => {
        if (!this.exchange.awaits(notice.id)) return
        this.collect(conclude())
        this.tell()
      })
    )
  }

  private conclusion(notice: Deciding, said: "success" | "failure"): () => Decision {
    const { rtu } = this
    const { station } = rtu
    if (notice.kind === "select" || notice.kind === "parameter")
      return () =>
        Outcome.confirm(notice.id, notice.block !== null && !Image.lives(notice as Image.PointRef) ? "failure" : said)
    if (notice.kind === "reset")
      return () => {
        if (Answers.resets(notice, said)) {
          station.end((ending) => Ending.reset(ending, this.number))
          rtu.watch.sometimes("reset of the process")
          rtu.refuseWaiting()
        }
        if (said === "success" && notice.qualifier === 2) rtu.watch.purged(this.number)
        return Outcome.confirm(notice.id, said)
      }
    const asked = Answers.clock(station, this.exchange, notice, rtu.tagMs, rtu.flags)
    return () => (asked === null ? Outcome.confirm(notice.id, "failure") : Answers.synchronise(station, asked, said))
  }

  private freeze(notice: FreezeRequested): void {
    const { rtu } = this
    const { station } = rtu
    const { group, freeze, reset } = notice
    const done = station.freeze(notice.counting, { group, freeze, reset, tells: "D" }, rtu.tagMs, rtu.flags)
    rtu.watch.sometimes(reset ? "counters reset" : "counters frozen")
    rtu.application.frozen(notice, done.told)
    this.collect(Answers.frozen(station.world, notice))
  }
}
