// The application's decisions: notices of a session become calls of handlers, and their answers become decisions.
// A handler may be synchronous or not, may throw, hang or return nonsense: whatever is not a clear yes is a no.

import * as Held from "../core/command/Held.ts"
import type { Block } from "../core/image/Block.ts"
import * as Image from "../core/image/Image.ts"
import type { Addressed, Decision } from "../core/procedure/Notice.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
import type { FreezeRequested, RefreshRequested } from "../core/read/ReadNotice.ts"
import type { Notice, Requested } from "../core/session/Notice.ts"
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
  const { host, peer } = session
  switch (notice.kind) {
    case "command":
    case "select":
    case "abandon":
    case "clock":
    case "freeze":
    case "reset":
    case "parameter":
      return take(session, notice)
    case "stopping":
      Commands.stopping(session)
      return true
    case "restarting":
      host.reset()
      return false
    case "unanswered":
      host.tell({ event: "unanswered", peer, ...subjectOf(notice.apdu), outcome: notice.outcome })
      return false
    case "refresh":
      refresh(session, notice)
      return true
    case "holding":
    case "traced":
      return false
    case "selected":
      host.station.select(Held.put(host.world.selections, peer.session, notice))
      if (notice.fresh) Selections.tell(host, peer, notice, "selected")
      return false
    case "released":
      host.station.select(Held.drop(host.world.selections, peer.session, notice))
      if (notice.why !== "executed") Selections.tell(host, peer, notice, notice.why)
      return false
    case "file":
      host.files?.act(session, notice)
      return false
    case "timedOut":
      host.files?.timedOut(session, notice.id)
      session.aborts.get(notice.id)?.expire()
      return false
    case "rejected":
      host.tell({ event: "rejected", peer, situation: notice.situation, apdu: notice.apdu })
      return false
    case "overflow":
      host.tell({ event: "overflow", peer, lost: notice.lost, counters: notice.counters })
      return false
    case "interrogated":
      host.tell({
        event: "interrogated",
        peer,
        type: Names.ofType(notice.type),
        commonAddress: notice.ca,
        qualifier: notice.qualifier
      })
      return false
    case "stopped":
      session.giveUp()
      host.tell({ event: "stopped", peer })
      return false
    case "started":
      host.tell({ event: "started", peer })
      return false
    case "closed":
      session.closed(notice.reason)
      return false
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

/** Has a request decided, unless nobody waits for it any more; false then. */
function take(session: Session, notice: Requested): boolean {
  const taken = Commands.take(session, notice)
  if (taken === "ask") ask(session, notice)
  return taken !== "nobody"
}

/** Has a request decided. */
function ask(session: Session, notice: Requested): void {
  switch (notice.kind) {
    case "command":
      return Commands.command(session, notice)
    case "select":
      return Commands.select(session, notice)
    case "abandon":
      return Commands.abandon(session, notice)
    default: {
      // A callback may have removed the stations that a request means.
      const station = Image.firstPresent(session.host.world.image, notice.stations)
      if (station === undefined) session.collect(Outcome.confirm(notice.id, "failure"))
      else askServer(session, notice, station)
    }
  }
}

/** Has a request decided that is none of a point; `station` is the first that it means. */
function askServer(session: Session, notice: Extract<Requested, Addressed>, station: Image.Station): void {
  switch (notice.kind) {
    case "clock":
      return clock(session, notice, station)
    case "freeze":
      return freeze(session, notice)
    case "reset":
      return reset(session, notice)
    case "parameter":
      return parameter(session, notice)
  }
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

function clock(session: Session, notice: ClockRequested, station: Image.Station): void {
  const { host, peer } = session
  const { timeLow, timeHigh, ca } = notice
  const { profile } = host.world
  const own = host.timeTag(station.zone, host.nowMs())
  const unset = host.tagClock.flags
  const timeMs = Image.instant(station, profile, timeLow, timeHigh)
  const set = host.tagClock.told(timeMs, session.state.link.receivedAtMs)
  const conclude = (outcome: Outcome.Outcome): Decision => {
    host.tell({ event: "clock", peer, timeMs, outcome })
    if (outcome === "success") set()
    return { ...Outcome.confirm(notice.id, outcome), timeLow: own.low | unset, timeHigh: own.high }
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
  session.collect({
    ...Outcome.confirm(notice.id, "success"),
    terminate: host.world.profile.freezeTermination
  })
}

function reset(session: Session, notice: ResetRequested): void {
  const { host, peer } = session
  const handler = host.onReset
  if (handler === null) {
    session.collect(Outcome.confirm(notice.id, "failure"))
    return
  }
  const conclude = (outcome: Outcome.Outcome): Decision => {
    if (outcome === "success" && notice.qualifier === RESET_PROCESS) host.beginReset(session)
    return Outcome.confirm(notice.id, outcome)
  }
  const subject = ["onReset", `station ${notice.ca}`] as const
  const call = (): Outcome.Outcome | Promise<Outcome.Outcome> => handler(peer, notice.ca, notice.qualifier)
  new Asked(session, notice.id, subject, call, conclude).decide()
}

/** QRP: general reset of the process. */
const RESET_PROCESS = 1

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
  // A callback has removed its point.
  if (onParameter === null || (point !== null && !Image.lives(point)))
    return session.collect(Outcome.confirm(id, "failure"))
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
