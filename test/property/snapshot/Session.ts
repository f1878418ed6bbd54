// A session on a bench: does what is due in the order of Drain, writes into the line, and is the application that is asked.
import * as FileCalls from "../../../src/core/file/FileCalls.ts"
import * as Image from "../../../src/core/image/Image.ts"
import * as Cursor from "../../../src/core/log/Cursor.ts"
import * as Ledger from "../../../src/core/log/Ledger.ts"
import type { Decision } from "../../../src/core/procedure/Notice.ts"
import * as Outcome from "../../../src/core/procedure/Outcome.ts"
import type { World } from "../../../src/core/procedure/World.ts"
import type { Notice } from "../../../src/core/session/Notice.ts"
import * as SessionEvent from "../../../src/core/session/SessionEvent.ts"
import type { SessionOutputs } from "../../../src/core/session/SessionTurn.ts"
import * as Drain from "../../../src/core/station/Drain.ts"
import * as Ending from "../../../src/core/station/Ending.ts"
import type { Exchange } from "../../../src/core/station/Exchange.ts"
import * as InLine from "../../../src/core/station/InLine.ts"
import * as Outgoing from "../../../src/core/station/Outgoing.ts"
import * as Sending from "../../../src/core/station/Sending.ts"
import * as TagClock from "../../../src/core/system/TagClock.ts"
import { Random } from "../support/Random.ts"
import * as Scenario from "../support/Scenario.ts"
import type { Bench } from "./Bench.ts"
import type { Line } from "./Ground.ts"
import * as Operations from "./Operations.ts"
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
    Operations.carryOut(this, operation)
  }

  act = (notice: Notice): boolean => {
    const { bench, number } = this
    const { station } = bench
    bench.say(`${number} is told`, notice)
    switch (notice.kind) {
      case "command":
        return this.command(notice)
      case "select":
      case "parameter":
      case "abandon":
        return this.confirm(notice.id)
      case "clock":
        return this.clock(notice)
      case "freeze":
        return this.freeze(notice)
      case "reset":
        if (notice.qualifier === 1 && this.chance(notice.id).chance(70)) return this.confirm(notice.id)
        if (notice.qualifier === 1) station.end((ending) => Ending.reset(ending, number))
        this.collect(Outcome.confirm(notice.id, "success"))
        return true
      case "restarting":
        bench.reset()
        return false
      case "refresh":
        if (this.chance(notice.id).chance(50)) this.collect(Outcome.confirm(notice.id, "success"))
        else this.owes(notice.id, "refreshed", false)
        return true
      case "selected":
      case "released":
        bench.select(number, notice)
        return false
      case "file":
        if (notice.request.op === "close") bench.follow(FileCalls.release(station.files, number, false))
        else {
          const { address } = this.line
          bench.follow(FileCalls.request(station.files, number, address, notice.id, notice.request))
        }
        return false
      case "timedOut":
        bench.follow(FileCalls.timedOut(station.files, number, notice.id))
        Operations.abandoned(this, this.chance(notice.id), notice.id)
        return false
      case "stopped":
        Operations.abandoned(this, this.chance(0))
        return false
      case "closed":
        Operations.abandoned(this, this.chance(0))
        bench.closed(this)
        return false
      default:
        return notice.kind === "stopping" || notice.kind === "holding"
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
    if (this.exchange.isIdle) this.exchange.batch = this.bench.station.nextBatch()
    this.exchange.collect(decision)
  }

  private command(notice: Command): boolean {
    const { id, selected, block, slot } = notice
    const random = this.chance(id)
    if (random.chance(60)) {
      Operations.command(this, notice, random)
      return true
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
    return true
  }

  /** It begins when its client was told. */
  accept(id: number): void {
    const { bench, number: session } = this
    const operation = bench.station.nextOperation()
    bench.ground.accepted.push({ operation, outlet: 0, session, id })
    this.exchange.afterwards(id, operation)
    this.collect({ ...Outcome.confirm(id, "success"), keep: true, goesOn: true })
    Drain.announce(this, () => bench.say("accepted", operation))
  }

  /** What a termination goes behind: mostly nothing, else what was published until now. */
  barrier(random: Random): number {
    return random.chance(50) ? -1 : Ledger.mark(this.bench.station.publishing.logEnds()[0] as number, 0)
  }

  private confirm(id: number): boolean {
    const dice = this.chance(id).below(100)
    if (dice < 60) this.collect(Outcome.confirm(id, dice < 45 ? "success" : "failure"))
    else this.owes(id, "confirm", false)
    return true
  }

  private clock({ id, timeLow, timeHigh, stations }: Extract<Notice, { readonly kind: "clock" }>): boolean {
    const { station, tagMs, flags } = this.bench
    const at = Image.firstPresent(station.world.image, stations)
    if (at === undefined) this.collect(Outcome.confirm(id, "failure"))
    else {
      const own = station.timeTag(at.zone, tagMs)
      const timeMs = Image.instant(at, station.world.profile, timeLow, timeHigh)
      station.tagClock = TagClock.tell(station.tagClock)
      const { told } = station.tagClock
      station.tagClock = TagClock.set(station.tagClock, told, timeMs, this.exchange.state.link.receivedAtMs)
      this.collect({ ...Outcome.confirm(id, "success"), timeLow: own.low | flags, timeHigh: own.high })
    }
    return true
  }

  private freeze(notice: Extract<Notice, { readonly kind: "freeze" }>): boolean {
    const { bench } = this
    const { group, freeze, reset } = notice
    bench.freeze(notice.counting, { group, freeze, reset, tells: "D" })
    this.collect({ ...Outcome.confirm(notice.id, "success"), terminate: true })
    return true
  }
}
