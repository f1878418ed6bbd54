// The application's decisions: notices of a session become calls of handlers, and their answers become decisions.
// A handler may be synchronous or not, may throw, hang or return nonsense: whatever is not a clear yes is a no.

import type { CommandRequested } from "../core/command/CommandNotice.ts"
import type { Block } from "../core/image/Block.ts"
import type * as Image from "../core/image/Image.ts"
import type { Decision } from "../core/procedure/Notice.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
import type { FreezeRequested, RefreshRequested } from "../core/read/ReadNotice.ts"
import type { Notice } from "../core/session/Notice.ts"
import * as Answers from "../core/station/Answers.ts"
import * as Noticed from "../core/station/Noticed.ts"
import type { ClockRequested, ParameterRequested, ResetRequested } from "../core/system/SystemNotice.ts"
import * as Asdu from "../core/wire/Asdu.ts"
import * as Commands from "./Commands.ts"
import { AtPoint, Deciding, failed } from "./Deciding.ts"
import { CallbackTimedOut } from "./Errors.ts"
import type { Hooks, PointCallback } from "./Hooks.ts"
import type { Host } from "./Host.ts"
import { isPromise } from "./Later.ts"
import * as Names from "./Names.ts"
import * as Selections from "./Selections.ts"
import type { Session } from "./Session.ts"
import { Shared } from "./Shared.ts"

/** Acts on one notice; the session collects what is decided at once. True when it waits for an answer. */
export function act(session: Session, notice: Notice): boolean {
  return perform(session, Noticed.follow(session.host.station, session.exchange, session, notice))
}

/** Does what is due. */
function perform(session: Session, due: Noticed.Due): boolean {
  const { host, peer } = session
  switch (due.kind) {
    case "nothing":
      return false
    case "command":
      command(session, due)
      return true
    case "select":
      Commands.select(session, due)
      return true
    case "clock":
      clock(session, due)
      return true
    case "freeze":
      freeze(session, due)
      return true
    case "reset":
      reset(session, due)
      return true
    case "parameter":
      parameter(session, due)
      return true
    case "answered":
      session.answer(due)
      return true
    case "turnedAway":
      Commands.turnAway(session, due.command)
      return true
    case "cancelled":
      Commands.cancel(host, due.operation)
      return true
    case "stopping":
      Commands.stopping(session)
      return true
    case "refresh":
      refresh(session, due)
      return true
    case "file":
      host.files?.act(session, due)
      return false
    case "timedOut":
      host.files?.timedOut(session, due.id)
      session.aborts.get(due.id)?.expire()
      return false
    case "restarting":
      host.reset()
      return false
    case "stopped":
      session.giveUp()
      host.tell({ event: "stopped", peer })
      return false
    case "closed":
      session.closed(due.reason)
      return false
    default:
      tell(session, due)
      return false
  }
}

/** Tells what a client did, or what became of it. */
function tell({ host, peer }: Session, fact: Noticed.Fact): void {
  switch (fact.kind) {
    case "started":
      return host.tell({ event: "started", peer })
    case "selected":
      return Selections.tell(host, peer, fact, "selected")
    case "released":
      if (fact.why !== "executed") Selections.tell(host, peer, fact, fact.why)
      return
    case "rejected":
      return host.tell({ event: "rejected", peer, situation: fact.situation, apdu: fact.apdu })
    case "unanswered":
      return host.tell({ event: "unanswered", peer, ...subjectOf(fact.apdu), outcome: fact.outcome })
    case "overflow":
      return host.tell({ event: "overflow", peer, lost: fact.lost, counters: fact.counters })
    case "interrogated": {
      const { ca: commonAddress, qualifier } = fact
      return host.tell({ event: "interrogated", peer, type: Names.ofType(fact.type), commonAddress, qualifier })
    }
  }
}

/** What a request is about, as facts say it. */
const subjectOf = (
  apdu: Uint8Array
): { readonly commonAddress: number; readonly address: number; readonly type: string } => ({
  commonAddress: Asdu.ca(apdu, 0),
  address: Asdu.ioa(apdu, 0),
  type: Names.ofType(Asdu.type(apdu, 0))
})

/** Has a command decided, behind what is to be told before. */
function command(session: Session, notice: CommandRequested): void {
  if (Commands.command(session, notice)) return
  session.tellCollected()
  const { station } = session.host
  perform(session, Noticed.requested(station, session.exchange, session, notice))
}

// ---- clock, counters, reset, parameters ----

/** A request that a handler of the server decides. */
class Asked extends Deciding {
  readonly callback: string
  readonly subject: string
  private readonly handler: () => Outcome.Outcome | Promise<Outcome.Outcome>
  private readonly conclude: (outcome: Outcome.Outcome) => Decision

  constructor(
    session: Session,
    id: number,
    [callback, subject]: readonly [string, string],
    handler: () => Outcome.Outcome | Promise<Outcome.Outcome>,
    conclude: (outcome: Outcome.Outcome) => Decision
  ) {
    super(session, id)
    this.callback = callback
    this.subject = subject
    this.handler = handler
    this.conclude = conclude
  }

  protected call(): Outcome.Outcome | Promise<Outcome.Outcome> {
    return this.handler()
  }

  protected decisionOf(outcome: Outcome.Outcome): Decision {
    return this.conclude(outcome)
  }
}

function clock(session: Session, notice: ClockRequested): void {
  const { host, peer, exchange } = session
  const { timeLow, timeHigh, ca } = notice
  const asked = Answers.clock(host.station, exchange, notice, host.nowMs(), host.tagClock.flags)
  // Whoever asks has seen its station.
  if (asked === null) return
  const { timeMs } = asked
  const conclude = (outcome: Outcome.Outcome): Decision => {
    host.tell({ event: "clock", peer, timeMs, outcome })
    return Answers.synchronise(host.station, asked, outcome)
  }
  const handler = host.onClockSync
  if (handler === null) session.collect(conclude("success"))
  else {
    const subject = ["onClockSync", `station ${ca}`] as const
    const call = (): Outcome.Outcome | Promise<Outcome.Outcome> => handler(peer, timeLow, timeHigh, timeMs)
    new Asked(session, notice.id, subject, call, conclude).decide()
  }
}

/** Carries a freeze or reset of counters out at once, on every station that was asked. */
function freeze(session: Session, notice: FreezeRequested): void {
  const { host } = session
  const { group, freeze, reset } = notice
  host.freeze(notice.counting, { group, freeze, reset, tells: "D" })
  session.collect(Answers.frozen(host.world, notice))
}

function reset(session: Session, notice: ResetRequested): void {
  const { host, peer } = session
  const handler = host.onReset
  if (handler === null) {
    session.collect(Outcome.confirm(notice.id, "failure"))
    return
  }
  const conclude = (outcome: Outcome.Outcome): Decision => {
    if (Answers.resets(notice, outcome)) host.beginReset(session)
    return Outcome.confirm(notice.id, outcome)
  }
  const subject = ["onReset", `station ${notice.ca}`] as const
  const call = (): Outcome.Outcome | Promise<Outcome.Outcome> => handler(peer, notice.ca, notice.qualifier)
  new Asked(session, notice.id, subject, call, conclude).decide()
}

/** A parameter of a point. */
class Loading extends AtPoint {
  readonly callback = "onParameter"
  readonly subject: string
  private readonly handler: () => Outcome.Outcome | Promise<Outcome.Outcome>

  constructor(
    session: Session,
    { id, ioa, ca, type }: ParameterRequested,
    point: Image.PointRef,
    handler: () => Outcome.Outcome | Promise<Outcome.Outcome>
  ) {
    super(session, id, point)
    this.subject = `${Names.ofType(type)} ${ioa} of station ${ca}`
    this.handler = handler
  }

  protected call(): Outcome.Outcome | Promise<Outcome.Outcome> {
    return this.handler()
  }

  protected decisionOf(outcome: Outcome.Outcome): Decision {
    return Outcome.confirm(this.id, this.exists ? outcome : "failure")
  }
}

function parameter(session: Session, notice: ParameterRequested): void {
  const { onParameter } = session.host
  const { id, ca, block, slot, born } = notice
  const point = block === null ? null : { block, slot, born }
  if (onParameter === null) return session.collect(Outcome.confirm(id, "failure"))
  const call = (): Outcome.Outcome | Promise<Outcome.Outcome> => onParameter(session.peer, notice)
  if (point !== null) return new Loading(session, notice, point, call).decide()
  const subject = ["onParameter", `${Names.ofType(notice.type)} of station ${ca}`] as const
  new Asked(session, id, subject, call, (outcome) => Outcome.confirm(id, outcome)).decide()
}

// ---- refresh, time-outs ----

/** Calls `onBeforeRead` of the points that are about to be sent, all at once; the core waits for them within its limit. */
function refresh(session: Session, notice: RefreshRequested): void {
  const { block, version, slots } = notice
  const waiting = callAll(session.host, block, slots, "onBeforeRead", (hooks) => hooks.onBeforeRead, version)
  if (waiting.length === 0) return session.collect(Outcome.confirm(notice.id, "success"))
  void Promise.all(waiting).then(() => {
    if (session.reason === null) session.refreshed(notice.id)
  })
}

/**
 * Calls one kind of callback of several points, those that were there in a version of the block; failures are reported.
 * Returns what has to be waited for.
 */
export function callAll(
  host: Host,
  block: Block,
  slots: Iterable<number>,
  name: string,
  pick: Pick,
  version = block.version
): Promise<void>[] {
  const waiting: Promise<void>[] = []
  for (const slot of slots) {
    const hooks = block.holds(slot, version) ? host.hooks.find(block, slot) : undefined
    const result = hooks === undefined ? null : refreshing(host, block, slot, name, hooks, pick)
    if (result !== null) waiting.push(result)
  }
  return waiting
}

type Pick = (hooks: Hooks) => PointCallback | null

/**
 * Has a callback of a point run from now on; what has to be waited for, null when it is over at once. One that takes its time
 * runs once at a time, however often a client asks for it: who asks meanwhile shares the next run with all others who do. One
 * that hangs again and again is not called until it settles.
 */
function refreshing(
  host: Host,
  block: Block,
  slot: number,
  name: string,
  hooks: Hooks,
  pick: Pick
): Promise<void> | null {
  const known = hooks.running?.get(name)
  if (known?.isStuckForGood === true) return null
  if (known !== undefined && !known.isIdle) return known.ask()
  // It asks for itself: what it refreshes it is refreshing.
  if (hooks.calling?.has(name) === true) return null
  const born = block.bornOf(slot)
  const first = calling(host, block, slot, name, hooks, pick)
  // Nobody waits for a callback that began by removing its point.
  if (first === null || block.bornOf(slot) !== born) return null
  return (known ?? runsOf(host, block, slot, name, hooks, pick)).adopt(first)
}

/** The point that had these hooks is gone: nobody waits for its callbacks any more. */
export function detached({ running }: Hooks): void {
  for (const runs of running?.values() ?? []) runs.end(undefined)
}

/** Calls a callback of a point, known to be called as long as that has not returned. */
function calling(host: Host, block: Block, slot: number, name: string, hooks: Hooks, pick: Pick): Promise<void> | null {
  hooks.calling ??= new Set()
  hooks.calling.add(name)
  const result = run(host, block, slot, name, pick(hooks))
  hooks.calling.delete(name)
  return result
}

/** The runs of a callback that takes its time: one that is not over after `refreshMs` is waited for no longer, and told. */
function runsOf(host: Host, block: Block, slot: number, name: string, hooks: Hooks, pick: Pick): Shared<void> {
  const born = block.bornOf(slot)
  const again = async (): Promise<void> => {
    // Its point is gone, or another one has its place.
    if (block.bornOf(slot) === born) await calling(host, block, slot, name, hooks, pick)
  }
  const limitMs = host.world.limits.refreshMs
  const subject = nameOf(block, slot)
  const gaveUp = (): void =>
    host.tell({ event: "error", error: new CallbackTimedOut({ callback: name, subject, limitMs }) })
  const runs = new Shared(again, limitMs, gaveUp, host.clock)
  hooks.running ??= new Map()
  hooks.running.set(name, runs)
  return runs
}

const nameOf = ({ of, ioa }: Block, slot: number): string => `${Names.ofType(of.type)} ${ioa[slot]} of station ${of.ca}`

/** Runs a callback of a point, if it has one, and reports what fails; null when it is over at once. */
function run(
  host: Host,
  block: Block,
  slot: number,
  name: string,
  callback: PointCallback | null
): Promise<void> | null {
  if (callback === null) return null
  const subject = nameOf(block, slot)
  try {
    const result = callback()
    if (isPromise(result)) return Promise.resolve(result).catch((cause: unknown) => failed(host, name, subject, cause))
  } catch (cause) {
    failed(host, name, subject, cause)
  }
  return null
}
