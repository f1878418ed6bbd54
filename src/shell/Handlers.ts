// The application's decisions: notices of a session become calls of handlers, and their answers become decisions.
// A handler may be synchronous or not, may throw, hang or return nonsense: whatever is not a clear yes is a no.
import * as Cause from "../core/asdu/Cause.ts"
import * as Time from "../core/asdu/Time.ts"
import * as TypeTable from "../core/asdu/TypeTable.ts"
import * as Ledger from "../core/delivery/Ledger.ts"
import type * as Notices from "../core/procedure/Notice.ts"
import * as Request from "../core/procedure/Request.ts"
import type { Block } from "../core/process/Block.ts"
import * as Image from "../core/process/Image.ts"
import * as Counters from "./Counters.ts"
import { CallbackFailed, CallbackTimedOut } from "./Errors.ts"
import type { Command, Hooks, PointCallback } from "./Hooks.ts"
import type { Host } from "./Host.ts"
import * as Selections from "./Selections.ts"
import type { Outcome } from "./ServerEvent.ts"
import type { Session } from "./Session.ts"
import * as Zones from "./Zones.ts"

/** A decision that is being made: what it is about, and how to call it off. */
export class Deciding {
  readonly callback: string
  readonly subject: string
  private controller: AbortController | null = null
  private aborted = false

  constructor(callback: string, subject: string) {
    this.callback = callback
    this.subject = subject
  }

  /** Made when a handler first asks for it. */
  get signal(): AbortSignal {
    this.controller ??= new AbortController()
    if (this.aborted) this.controller.abort()
    return this.controller.signal
  }

  abort(): void {
    this.aborted = true
    this.controller?.abort()
  }
}

const isPromise = <A>(value: A | Promise<A>): value is Promise<A> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"

const nameOf = (type: number): string => TypeTable.byId[type]?.mnemonic ?? `type ${type}`

/** Acts on one notice; decisions that are made at once are added to `decisions`. True when the session waits for an answer. */
export function act(session: Session, notice: Notices.Notice, decisions: Notices.Decision[]): boolean {
  const { host, peer } = session
  switch (notice.kind) {
    case "command":
      command(session, notice, decisions)
      return true
    case "clock":
      clock(session, notice, decisions)
      return true
    case "freeze":
      freeze(session, notice, decisions)
      return true
    case "reset":
      reset(session, notice, decisions)
      return true
    case "parameter":
      parameter(session, notice, decisions)
      return true
    case "refresh":
      refresh(session, notice)
      return true
    case "selected":
      Selections.put(host, peer.session, notice)
      return false
    case "released":
      Selections.drop(host, peer.session, notice)
      return false
    case "file":
      host.files?.act(session, notice)
      return false
    case "timedOut":
      host.files?.timedOut(session, notice.id)
      timedOut(session, notice.id)
      return false
    case "rejected":
      host.tell({ event: "rejected", peer, situation: notice.situation, apdu: notice.apdu })
      return false
    case "overflow":
      host.tell({ event: "overflow", peer, lost: notice.lost })
      return false
    case "interrogated":
      host.tell({
        event: "interrogated",
        peer,
        type: nameOf(notice.type),
        commonAddress: notice.ca,
        qualifier: notice.qualifier
      })
      return false
    case "started":
    case "stopped":
      host.tell({ event: notice.kind, peer })
      return false
    case "closed":
      session.closed(notice.reason)
      return false
  }
}

function failed(host: Host, callback: string, subject: string, cause: unknown): void {
  host.tell({ event: "error", error: new CallbackFailed({ callback, subject, cause }) })
}

/** Calls a handler and hands its outcome on, at once when it is there at once. Everything that is no outcome is a failure. */
function ask(
  host: Host,
  deciding: Deciding,
  handler: () => Outcome | Promise<Outcome>,
  then: (outcome: Outcome, late: boolean) => void
): Promise<void> | null {
  const judge = (outcome: unknown): Outcome => {
    if (outcome === "success" || outcome === "failure" || outcome === "none") return outcome
    failed(
      host,
      deciding.callback,
      deciding.subject,
      new TypeError(`it returned ${String(outcome)}, which is no response`)
    )
    return "failure"
  }
  const refuse = (cause: unknown): Outcome => {
    failed(host, deciding.callback, deciding.subject, cause)
    return "failure"
  }
  let answer: Outcome | Promise<Outcome>
  try {
    answer = handler()
  } catch (cause) {
    answer = refuse(cause)
  }
  if (!isPromise(answer)) {
    then(judge(answer), false)
    return null
  }
  return Promise.resolve(answer)
    .then(judge, refuse)
    .then((outcome) => then(outcome, true))
}

// ---- commands ----

function command(session: Session, notice: Notices.CommandRequested, decisions: Notices.Decision[]): void {
  const { host } = session
  const hooks = host.hooks.find(notice.block, notice.slot)
  if (hooks?.awaiting != null && hooks.awaiting.session.reason === null) {
    // The output is being operated by a command that is not terminated yet.
    decisions.push(conclude(session, notice, undefined, "failure"))
    return
  }
  if (hooks === undefined || hooks.onCommand === null) {
    // A command point without handler is confirmed positively.
    Image.setValue(notice.block, notice.slot, notice.value)
    decisions.push(conclude(session, notice, hooks, "success"))
    return
  }
  const run = (): Promise<void> | null => decideCommand(session, notice, hooks, decisions)
  if (hooks.queue !== null) {
    // Requests to one object are decided in the order in which they came.
    chain(hooks, hooks.queue.then(run))
    return
  }
  const waiting = run()
  if (waiting !== null) chain(hooks, waiting)
}

function chain(hooks: Hooks, waiting: Promise<unknown>): void {
  hooks.queue = waiting
  void waiting.then(() => {
    if (hooks.queue === waiting) hooks.queue = null
  })
}

function decideCommand(
  session: Session,
  notice: Notices.CommandRequested,
  hooks: Hooks,
  decisions: Notices.Decision[]
): Promise<void> | null {
  const { host } = session
  const { block, slot } = notice
  if (session.reason !== null || hooks.onCommand === null) return null
  const deciding = new Deciding("onReceive", `${nameOf(notice.type)} ${notice.ioa} of station ${notice.ca}`)
  session.aborts.set(notice.id, deciding)
  const handler = hooks.onCommand
  const previous = Image.value(block, slot)
  const request: Command = {
    commonAddress: notice.ca,
    ioAddress: notice.ioa,
    type: notice.type,
    value: notice.value,
    previous,
    qualifier: notice.qualifier,
    originator: notice.originator,
    timeLow: notice.timeLow,
    timeHigh: notice.timeHigh,
    peer: session.peer,
    apdu: notice.apdu,
    get signal() {
      return deciding.signal
    }
  }
  Image.setValue(block, slot, notice.value)
  if (block.time !== null) Image.setTime(block, slot, notice.timeLow, notice.timeHigh)
  return ask(
    host,
    deciding,
    () => handler(request),
    (outcome, late) => {
      const awaited = session.aborts.delete(notice.id)
      if (outcome === "failure" && Image.value(block, slot) === notice.value) Image.setValue(block, slot, previous)
      if (!awaited || session.reason !== null) return
      const decision = conclude(session, notice, hooks, outcome)
      if (late) session.decided([decision])
      else decisions.push(decision)
    }
  )
}

/** What follows from an outcome: confirmation, return information, termination behind it. */
function conclude(
  session: Session,
  notice: Notices.CommandRequested,
  hooks: Hooks | undefined,
  outcome: Outcome
): Notices.Decision {
  const { host } = session
  host.tell({
    event: "command",
    peer: session.peer,
    commonAddress: notice.ca,
    address: notice.ioa,
    type: nameOf(notice.type),
    value: notice.value,
    outcome
  })
  const success = outcome === "success"
  const manual = hooks?.actTerm === "manual" && !notice.selected
  const keep = outcome === "none" || (success && manual)
  if (keep && hooks !== undefined) hooks.awaiting = { session, id: notice.id, confirmed: success }
  const barrier = success && hooks?.relatedIoAutoreturn === true ? returnInformation(session, notice, hooks) : -1
  return {
    ...plain(notice.id, outcome),
    terminate: success && !manual && (notice.selected || hooks?.actTerm !== false),
    keep,
    barrier
  }
}

/** The decision for a request that is only confirmed. */
function plain(id: number, outcome: Outcome): Notices.Decision {
  const confirm = outcome === "success" ? 1 : outcome === "failure" ? -1 : 0
  return { id, confirm, terminate: false, keep: false, barrier: Ledger.NO_EVENTS, timeLow: 0, timeHigh: 0 }
}

/**
 * Answers the request of a command point that waits for it: cause 7 confirms, cause 10 terminates, to its session and
 * with its octets. False when nothing waits.
 */
export function resolve(host: Host, block: Block, slot: number, cause: number, negative: boolean): boolean {
  const hooks = host.hooks.find(block, slot)
  const awaiting = hooks?.awaiting ?? null
  if (hooks === undefined || awaiting === null) return false
  const { session, id, confirmed } = awaiting
  const confirm = cause === Cause.Cause.ACTIVATION_CON
  if (session.reason !== null || (confirm && confirmed) || (!confirm && cause !== Cause.Cause.ACTIVATION_TERMINATION)) {
    if (session.reason !== null) hooks.awaiting = null
    return false
  }
  const keep = confirm && !negative
  hooks.awaiting = keep ? { session, id, confirmed: true } : null
  const outcome = !confirm ? "none" : negative ? "failure" : "success"
  session.decided([{ ...plain(id, outcome), terminate: !confirm, keep }])
  return true
}

/** Publishes the related point as return information; the mark behind it, or -1. */
function returnInformation(session: Session, notice: Notices.CommandRequested, hooks: Hooks): number {
  const { host } = session
  if (hooks.relatedIoAddress === null) return Ledger.NO_EVENTS
  const station = Image.station(host.world.image, notice.ca)
  const related = station === undefined ? null : Image.find(station, hooks.relatedIoAddress)
  if (related === null) return Ledger.NO_EVENTS
  const { block, slot } = related
  const listed = TypeTable.byId[block.of.eventType]?.causesMonitor.includes(Cause.Cause.RETURN_INFO_REMOTE) === true
  const returned = listed || host.world.profile.returnedCause === "always"
  const cause = returned ? Cause.Cause.RETURN_INFO_REMOTE : Cause.Cause.SPONTANEOUS
  const end = host.append(block, slot, cause, notice.originator, session.peer.session)
  return end < 0 ? Ledger.NO_EVENTS : Ledger.mark(end, block.of.priority)
}

// ---- clock, counters, reset, parameters ----

/** Lets a handler of the server decide a request, and concludes with its outcome. */
function decide(
  session: Session,
  id: number,
  deciding: Deciding,
  decisions: Notices.Decision[],
  handler: () => Outcome | Promise<Outcome>,
  conclude: (outcome: Outcome) => Notices.Decision
): void {
  session.aborts.set(id, deciding)
  void ask(session.host, deciding, handler, (outcome, late) => {
    if (!session.aborts.delete(id) || session.reason !== null) return
    if (late) session.decided([conclude(outcome)])
    else decisions.push(conclude(outcome))
  })
}

function clock(session: Session, notice: Notices.ClockRequested, decisions: Notices.Decision[]): void {
  const { host, peer } = session
  const { timeLow, timeHigh, ca } = notice
  const station = Image.station(host.world.image, ca) ?? host.world.image.stations[0]
  const zone = station?.zone ?? Image.utc()
  const ownMs = host.nowMs()
  Zones.settle(zone, ownMs)
  const localMs = ownMs + zone.offsetMs
  const timeMs = Zones.toUtc(zone, Time.cp56ToEpochMs(timeLow, timeHigh), (timeLow & Time.SUMMER_TIME) !== 0)
  const conclude = (outcome: Outcome): Notices.Decision => {
    host.tell({ event: "clock", peer, timeMs, outcome })
    if (outcome === "success") host.synchronise(timeMs)
    const summer = zone.summer ? Time.SUMMER_TIME : 0
    return { ...plain(notice.id, outcome), timeLow: Time.cp56Low(localMs) | summer, timeHigh: Time.cp56High(localMs) }
  }
  const handler = host.onClockSync
  if (handler === null) decisions.push(conclude("success"))
  else
    decide(
      session,
      notice.id,
      new Deciding("onClockSync", `station ${ca}`),
      decisions,
      () => handler(peer, timeLow, timeHigh, timeMs),
      conclude
    )
}

/** Carries a freeze or reset of counters out at once, on every station that was asked. */
function freeze(session: Session, notice: Notices.FreezeRequested, decisions: Notices.Decision[]): void {
  const { host } = session
  const { stations } = host.world.image
  for (const station of stations) {
    if (notice.ca !== Request.GLOBAL && station.ca !== notice.ca) continue
    const report = host.counterModes.get(station.ca) === "D"
    Counters.carryOut(host, station, { group: notice.group, freeze: notice.freeze, reset: notice.reset, report })
  }
  decisions.push({ ...plain(notice.id, "success"), terminate: host.world.profile.freezeTermination })
}

function reset(session: Session, notice: Notices.ResetRequested, decisions: Notices.Decision[]): void {
  const { host, peer } = session
  const handler = host.onReset
  if (handler === null) {
    decisions.push(plain(notice.id, "failure"))
    return
  }
  const conclude = (outcome: Outcome): Notices.Decision => {
    if (outcome === "success" && notice.qualifier === RESET_PROCESS)
      queueMicrotask(() => host.closeWhenAcknowledged(session))
    return plain(notice.id, outcome)
  }
  const deciding = new Deciding("onReset", `station ${notice.ca}`)
  decide(session, notice.id, deciding, decisions, () => handler(peer, notice.ca, notice.qualifier), conclude)
}

/** QRP: general reset of the process. */
const RESET_PROCESS = 1

function parameter(session: Session, notice: Notices.ParameterRequested, decisions: Notices.Decision[]): void {
  const handler = session.host.onParameter
  if (handler === null) {
    decisions.push(plain(notice.id, "failure"))
    return
  }
  const deciding = new Deciding("onParameter", `${nameOf(notice.type)} of station ${notice.ca}`)
  decide(
    session,
    notice.id,
    deciding,
    decisions,
    () => handler(session.peer, notice),
    (outcome) => plain(notice.id, outcome)
  )
}

// ---- refresh, time-outs ----

/** Calls `onBeforeRead` of the points that are about to be sent, all at once; the core waits for them within its limit. */
function refresh(session: Session, notice: Notices.RefreshRequested): void {
  const waiting = callAll(session.host, notice.block, notice.slots, "onBeforeRead", (hooks) => hooks.onBeforeRead)
  const done = (): void => {
    if (session.reason === null) session.refreshed(notice.id)
  }
  if (waiting.length === 0) queueMicrotask(done)
  else void Promise.all(waiting).then(done)
}

/** Calls one kind of callback of several points; failures are reported. Returns what has to be waited for. */
export function callAll(
  host: Host,
  block: Notices.RefreshRequested["block"],
  slots: Iterable<number>,
  name: string,
  pick: (hooks: Hooks) => PointCallback | null
): Promise<void>[] {
  const waiting: Promise<void>[] = []
  for (const slot of slots) {
    const hooks = host.hooks.find(block, slot)
    const callback = hooks === undefined ? null : pick(hooks)
    if (callback === null) continue
    const subject = `${nameOf(block.of.type)} ${block.ioa[slot]} of station ${block.of.ca}`
    try {
      const result = callback()
      if (isPromise(result))
        waiting.push(Promise.resolve(result).catch((cause: unknown) => failed(host, name, subject, cause)))
    } catch (cause) {
      failed(host, name, subject, cause)
    }
  }
  return waiting
}

function timedOut(session: Session, id: number): void {
  const deciding = session.aborts.get(id)
  if (deciding === undefined) return
  session.aborts.delete(id)
  deciding.abort()
  const { callback, subject } = deciding
  const limitMs = session.host.world.limits.decisionMs
  session.host.tell({ event: "error", error: new CallbackTimedOut({ callback, subject, limitMs }) })
}
