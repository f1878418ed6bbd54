// A session on a bench: does what is due in the order of Drain, writes into the line, and is the application that is asked.
import * as FileCalls from "../../../src/core/file/FileCalls.ts"
import * as Cursor from "../../../src/core/log/Cursor.ts"
import * as Ledger from "../../../src/core/log/Ledger.ts"
import type { Decision } from "../../../src/core/procedure/Notice.ts"
import * as Outcome from "../../../src/core/procedure/Outcome.ts"
import type { World } from "../../../src/core/procedure/World.ts"
import type { Notice } from "../../../src/core/session/Notice.ts"
import * as SessionEvent from "../../../src/core/session/SessionEvent.ts"
import type { SessionOutputs } from "../../../src/core/session/SessionTurn.ts"
import * as Answers from "../../../src/core/station/Answers.ts"
import * as Carrying from "../../../src/core/station/Carrying.ts"
import * as Drain from "../../../src/core/station/Drain.ts"
import * as Ending from "../../../src/core/station/Ending.ts"
import type { Exchange } from "../../../src/core/station/Exchange.ts"
import * as InLine from "../../../src/core/station/InLine.ts"
import * as Noticed from "../../../src/core/station/Noticed.ts"
import * as Outgoing from "../../../src/core/station/Outgoing.ts"
import * as Sending from "../../../src/core/station/Sending.ts"
import { Random } from "../support/Random.ts"
import * as Scenario from "../support/Scenario.ts"
import type { Bench } from "./Bench.ts"
import type { Line } from "./Ground.ts"
import * as Operations from "./Operations.ts"
import { carrierOf } from "./Operations.ts"
import { Port } from "./Port.ts"

type Command = Extract<Notice, { readonly kind: "command" }>

export class Session implements Drain.Runner, Sending.Sender {
  readonly bench: Bench
  readonly line: Line
  readonly exchange: Exchange
  readonly port: Outgoing.Port

  constructor(bench: Bench, line: Line, exchange: Exchange) {
    this.bench = bench
    this.line = line
    this.exchange = exchange
    this.port = new Port(bench, line)
  }

  get number(): number {
    return this.line.number
  }

  get cursor(): Cursor.Cursor {
    return this.exchange.cursor
  }

  get isStarted(): boolean {
    return Sending.isStarted(this.exchange)
  }

  waiting(ends: readonly number[]): number {
    return Cursor.waiting(this.cursor, ends)
  }

  backlog(ends: readonly number[]): number {
    return this.isStarted ? this.waiting(ends) : 0
  }

  ready(): void {
    Drain.dispatch(this, this.event("ready"))
  }

  get room(): number {
    return Sending.room(this.bench.station, this)
  }

  private get now(): readonly [number, readonly number[], number] {
    return [this.bench.ground.nowMs, this.bench.station.publishing.logEnds(), this.room]
  }

  // ---- its line ----

  /** The first write leaves. */
  leaves(): void {
    const { line } = this
    const [first, ...others] = line.writes
    if (first === undefined) return
    line.writes = others
    line.waits -= first.octets
    if (first.report !== "nothing") this.left()
    if (first.report !== "taken") return
    Sending.taken(this.bench.station, this)
    this.ready()
  }

  private left(): void {
    const { exchange, bench } = this
    const late = Outgoing.left(exchange.outgoing, bench.ground.nowMs, exchange.state.sentFrames)
    if (late !== null && exchange.reason === null) Drain.dispatch(this, { ...this.event("left"), late })
  }

  /** A handshake goes on, or is over. */
  hold(held: boolean): void {
    if (Sending.hold(this.bench.station, this, held)) this.ready()
  }

  // ---- what a runner does ----

  readonly stoodStill = false

  judgingMs = (): number => this.bench.tagMs

  world = (): World => this.bench.station.settled()

  event = (kind: SessionEvent.Kind): SessionEvent.SessionEvent => SessionEvent.plain(kind, ...this.now)

  decision = (decisions: readonly Decision[], kind: "decided" | "resumed"): SessionEvent.SessionEvent =>
    SessionEvent.decided(...this.now, decisions, kind)

  renewed = (event: SessionEvent.SessionEvent): SessionEvent.SessionEvent => {
    const [nowMs, stable, room] = this.now
    return { ...event, nowMs, stable, room }
  }

  take = (outputs: SessionOutputs, event: SessionEvent.SessionEvent, sentBefore: number): void => {
    this.line.client = Scenario.hear(this.line.client, outputs)
    Sending.take(this.bench.station, this, outputs, event, sentBefore)
  }

  rest = (outputs: SessionOutputs): SessionEvent.SessionEvent | null => {
    const { ground } = this.bench
    const next = Sending.rest(this.exchange, outputs)
    if (next === "again") return this.event("ready")
    if (next === "inLine") ground.looking = InLine.add(ground.looking, this.number, this.line.address)
    this.bench.relieved(this)
    return null
  }

  begin = (operation: number): void => {
    this.bench.say(`${this.number} begins`, operation)
    const id = this.bench.ground.accepted.get(operation)
    if (id === undefined) return Carrying.carryOut(this.bench, operation)
    this.bench.ground.accepted.delete(operation)
    this.owes(id, "ends", false)
  }

  act = (notice: Notice): boolean => {
    const { bench, exchange } = this
    bench.say(`${this.number} is told`, notice)
    const due = Noticed.follow(bench.station, exchange, this, notice)
    bench.say("due", [due.kind, Noticed.isAsked(due)])
    this.perform(due)
    return Noticed.isAsked(due)
  }

  private perform(due: Noticed.Due): void {
    const { bench, number } = this
    const { station } = bench
    switch (due.kind) {
      case "command":
        return this.command(due)
      case "select":
      case "parameter":
        return this.confirm(due.id)
      case "answered":
        return this.answer(due)
      case "cancelled":
        return carrierOf(bench, due.operation)?.stop()
      case "turnedAway":
        return Operations.turnAway(this, due.command)
      case "stopping":
        return Operations.stopping(this)
      case "clock": {
        const asked = Answers.clock(station, this.exchange, due, bench.tagMs, bench.flags)
        if (asked !== null) this.collect(Answers.synchronise(station, asked, "success"))
        return
      }
      case "freeze": {
        const { group, freeze, reset } = due
        bench.freeze(due.counting, { group, freeze, reset, tells: "D" })
        return this.collect(Answers.frozen(station.world, due))
      }
      case "reset":
        if (Answers.resets(due, "success") && this.chance(due.id).chance(70)) return this.confirm(due.id)
        if (Answers.resets(due, "success")) station.end((ending) => Ending.reset(ending, number))
        return this.collect(Outcome.confirm(due.id, "success"))
      case "restarting":
        return bench.reset()
      case "refresh":
        if (this.chance(due.id).chance(50)) this.collect(Outcome.confirm(due.id, "success"))
        else this.owes(due.id, "refreshed", false)
        return
      case "file":
        if (due.request.op === "close") return bench.follow(FileCalls.release(station.files, number, false))
        return bench.follow(FileCalls.request(station.files, number, this.line.address, due.id, due.request))
      case "timedOut":
        bench.follow(FileCalls.timedOut(station.files, number, due.id))
        return Operations.abandoned(this, due.id)
      case "stopped":
        return Operations.abandoned(this)
      case "closed":
        Operations.abandoned(this)
        return bench.closed(this)
      default:
        bench.say("tells", due)
    }
  }

  // ---- the application ----

  private chance(id: number): Random {
    return new Random(this.bench.ground.seed * 7919 + this.number * 104_729 + id)
  }

  /** The application says it later. */
  owes(id: number, what: "command" | "ends" | "confirm" | "refreshed", selected: boolean): void {
    this.bench.ground.asked.push({ session: this.number, id, what, selected })
  }

  collect(decision: Decision): void {
    Carrying.collect(this.bench.station, this.exchange, decision)
  }

  answer({ decision, alone }: Noticed.Answered): void {
    if (alone) Drain.tellCollected(this)
    this.collect(decision)
    if (alone) Drain.tellCollected(this)
  }

  private command(notice: Command): void {
    const { id, selected, block, slot } = notice
    const random = this.chance(id)
    if (random.chance(60)) {
      if (Operations.command(this, notice, random)) return
      Drain.tellCollected(this)
      return this.perform(Noticed.requested(this.bench.station, this.exchange, this, notice))
    }
    const dice = random.below(100)
    if (dice < 35) {
      if (dice < 15) this.bench.station.publishing.append(block, slot, 11, 1, this.number)
      this.bench.followUp()
      this.collect(Outcome.command(id, "success", true, selected, this.barrier(this.chance(id))))
    } else if (dice < 45) this.collect(Outcome.command(id, "failure", true, selected, -1))
    else if (dice < 65) this.owes(id, "command", selected)
    else if (dice < 80) {
      this.collect(Outcome.command(id, "none", true, selected, -1))
      this.owes(id, "command", selected)
    } else this.accept(id)
  }

  /** It begins when its client was told. */
  accept(id: number): void {
    const { bench } = this
    const operation = bench.station.nextOperation()
    bench.ground.accepted.set(operation, id)
    this.exchange.afterwards(id, operation)
    this.collect({ ...Outcome.confirm(id, "success"), keep: true, goesOn: true })
    Drain.announce(this, () => bench.say("accepted", operation))
  }

  /** What a termination goes behind: mostly nothing, else what was published until now. */
  barrier(random: Random): number {
    return random.chance(50) ? -1 : Ledger.mark(this.bench.station.publishing.logEnds()[0] as number, 0)
  }

  private confirm(id: number): void {
    const dice = this.chance(id).below(100)
    if (dice < 60) this.collect(Outcome.confirm(id, dice < 45 ? "success" : "failure"))
    else this.owes(id, "confirm", false)
  }
}
