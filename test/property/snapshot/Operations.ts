// Commands at the outputs of a station on a bench: carried out by the station, with handlers that settle at once or later. All that
// is kept of an operation beside the station is whose it is, and whether its handler runs.
import type { CommandRequested } from "../../../src/core/command/CommandNotice.ts"
import type * as Operating from "../../../src/core/command/Operating.ts"
import type * as Operation from "../../../src/core/command/Operation.ts"
import * as Carrying from "../../../src/core/station/Carrying.ts"
import type * as Noticed from "../../../src/core/station/Noticed.ts"
import * as Outputs from "../../../src/core/station/Outputs.ts"
import { Random } from "../support/Random.ts"
import type { Bench } from "./Bench.ts"
import type { Running } from "./Ground.ts"
import { one } from "./Places.ts"
import type { Session } from "./Session.ts"

const WAIT_MS = 1000

export class Carrier implements Carrying.Carrier {
  readonly number: number
  readonly outlet: number
  readonly command: CommandRequested
  readonly session: Session
  private readonly bench: Bench

  constructor(session: Session, number: number, outlet: number, command: CommandRequested) {
    this.bench = session.bench
    this.session = session
    this.number = number
    this.outlet = outlet
    this.command = command
  }

  private get random(): Random {
    const operation = Outputs.operation(this.bench.station.outputs, this.number)
    const phase = operation === null ? 0 : operation.second ? 2 : 1
    return new Random(this.bench.ground.seed * 7919 + this.number * 31 + phase)
  }

  /** It is known from now on. */
  begins(): this {
    const { number, outlet, session, bench } = this
    bench.ground.operations.set(number, { operation: number, outlet, session: session.number, runs: false })
    return this
  }

  private runs(runs: boolean): void {
    const known = this.bench.ground.operations.get(this.number)
    if (known !== undefined) this.bench.ground.operations.set(this.number, { ...known, runs })
  }

  /** It is begun and asked, as it comes or where it has waited. */
  ask(outlet: Outputs.Outlet, waited: Operation.Operation | null): void {
    const { bench, command, random, session } = this
    const { station } = bench
    const way: Carrying.Way = {
      twoPhases: random.chance(30),
      termination: random.pick([true, false, "manual" as const]),
      related: null
    }
    const since = Carrying.logEnd(station)
    Carrying.begin(station, this, outlet, way, waited?.receivedMs ?? bench.tagMs, waited?.listed === true)
    if (random.chance(30)) station.publishing.append(command.block, command.slot, 11, 1, session.number)
    bench.followUp()
    this.handle(random, waited === null)
    if (waited === null) Carrying.asked(station, this, since)
  }

  private handle(random: Random, collects: boolean): void {
    if (random.chance(50)) return settle(this.bench, this, random, collects)
    this.runs(true)
    Carrying.takesTime(this.bench.station, this)
    this.says("wanted", Carrying.isWanted(this.bench.station, this))
  }

  proceed(operation: Operation.Operation): void {
    const { bench, command } = this
    const outlet = Outputs.find(bench.station.outputs, command.block, command.slot)
    if (outlet === undefined || this.random.chance(10)) Carrying.refuse(bench, this, false)
    else this.ask(outlet, operation)
  }

  carryOut(): void {
    this.handle(this.random, false)
  }

  private says(what: string, value: unknown): void {
    this.bench.say(`operation ${this.number} ${what}`, value)
  }

  measure(operation: Operation.Operation | null): void {
    this.says("measures", operation?.limit ?? "none")
  }

  lists(on: boolean): void {
    this.says("lists", on)
  }

  stop(): void {
    this.says("stops", "")
  }

  gone(aborted: boolean): void {
    this.says("is gone", aborted)
    this.bench.ground.operations.delete(this.number)
  }

  tell(facts: readonly Operating.Fact[]): void {
    this.says("tells", [facts, Outputs.hasPoint(this.bench.station.outputs, this.outlet)])
  }

  answer(answered: Noticed.Answered): void {
    this.session.answer(answered)
  }

  publish(): void {}
}

/** A handler has settled. */
function settle(bench: Bench, carrier: Carrier, random: Random, collects: boolean): void {
  Carrying.settle(bench, carrier, random.pick(["success", "success", "failure", "none"] as const), collects)
}

/** Who carries an operation out that is known. */
export function carrierOf(bench: Bench, number: number): Carrier | undefined {
  const known = bench.ground.operations.get(number)
  const operation = Outputs.operation(bench.station.outputs, number)
  if (known === undefined || operation === null) return undefined
  return new Carrier(bench.sessionOf(known.session), number, known.outlet, operation.command)
}

/** A command has come to its output; its session asks. False where it is judged anew behind what is to be told before. */
export function command(session: Session, notice: CommandRequested, random: Random): boolean {
  const { bench } = session
  const { station } = bench
  const { block, slot, ioa } = notice
  const outlet = Outputs.of(station.outputs, station.world.profile, block, slot, ioa)
  const verdict = Carrying.arrive(station, session.exchange, outlet, random.chance(95))
  bench.say("operates", [verdict, outlet.publishedIn, outlet.byClient, outlet.receivedMs])
  if (verdict === "before") return false
  const carrier = new Carrier(session, station.nextOperation(), outlet.number, notice)
  if (verdict === "begin") carrier.begins().ask(outlet, null)
  else if (verdict === "wait") Carrying.wait(bench, carrier.begins(), bench.tagMs, bench.ground.nowMs + WAIT_MS)
  else Carrying.refuse(bench, carrier, true)
  return true
}

/** A command is refused that has not come to its output. */
export function turnAway(session: Session, notice: CommandRequested): void {
  const { bench } = session
  const { station } = bench
  const { block, slot, ioa } = notice
  const { number } = Outputs.of(station.outputs, station.world.profile, block, slot, ioa)
  Carrying.refuse(bench, new Carrier(session, station.nextOperation(), number, notice), true)
}

/** What is known of the operations of a session that are called off when nobody waits for them any more. */
function listed(session: Session): readonly Carrier[] {
  const { bench, number } = session
  const found: Carrier[] = []
  for (const { operation, session: own } of bench.ground.operations.values())
    if (own === number && Outputs.operation(bench.station.outputs, operation)?.listed === true) {
      const carrier = carrierOf(bench, operation)
      if (carrier !== undefined) found.push(carrier)
    }
  return found
}

/** A session is about to stop: its commands that wait are refused. */
export function stopping(session: Session): void {
  for (const carrier of listed(session)) Carrying.refuseWaiting(session.bench, carrier)
}

/** Nobody waits any more for the operations of a session: for one that was not decided in time, or for all. */
export function abandoned(session: Session, id = 0): void {
  for (const carrier of listed(session))
    if (id === 0) Carrying.abort(session.bench, carrier)
    else if (carrier.command.id === id) Carrying.expire(session.bench, carrier)
}

/** A handler settles, an operation takes too long, or the application says that an output is free, or answers what it owes. */
export function goesOn(bench: Bench, random: Random): void {
  const known: Running | undefined = one(random, [...bench.ground.operations.values()])
  const carrier = known === undefined ? undefined : carrierOf(bench, known.operation)
  if (known === undefined || carrier === undefined) return
  const { operation, outlet } = known
  const what = random.below(10)
  const at = Outputs.at(bench.station.outputs, outlet)
  bench.say("goes on", [operation, what, known.runs])
  if (what < 5 && known.runs) {
    bench.ground.operations.set(operation, { ...known, runs: false })
    settle(bench, carrier, random, false)
  } else if (what < 8) bench.say("answered", Carrying.resolve(bench, at, random.pick([7, 10]), random.chance(30)))
  else if (what === 8) Carrying.timeIsOver(bench, carrier)
  else
    bench.say(
      "released",
      Carrying.release(bench, at, () => bench.say("free", outlet))
    )
}
