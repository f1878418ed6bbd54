// The application's decisions: notices of a session become calls of handlers, and their answers become decisions.
// A handler may be synchronous or not, may throw, hang or return nonsense: whatever is not a clear yes is a no.
import * as Cause from "../core/asdu/Cause.ts"
import * as Time from "../core/asdu/Time.ts"
import * as TypeTable from "../core/asdu/TypeTable.ts"
import * as Ledger from "../core/delivery/Ledger.ts"
import type * as Notices from "../core/procedure/Notice.ts"
import * as Image from "../core/process/Image.ts"
import { CallbackFailed, CallbackTimedOut } from "./Errors.ts"
import type { Command, Hooks, PointCallback } from "./Hooks.ts"
import type { Host } from "./Host.ts"
import type { Outcome } from "./ServerEvent.ts"
import type { Session } from "./Session.ts"

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
    case "refresh":
      refresh(session, notice)
      return true
    case "timedOut":
      timedOut(session, notice.id)
      return false
    case "rejected":
      host.tell({ event: "rejected", peer, situation: notice.situation, apdu: notice.apdu })
      return false
    case "overflow":
      host.tell({ event: "overflow", peer, lost: notice.lost })
      return false
    case "interrogated":
      host.tell({ event: "interrogated", peer, commonAddress: notice.ca, qualifier: notice.qualifier })
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
  const barrier = success && hooks?.relatedIoAutoreturn === true ? returnInformation(session, notice, hooks) : -1
  return {
    id: notice.id,
    confirm: success ? 1 : outcome === "failure" ? -1 : 0,
    terminate: success && (hooks?.actTerm ?? true),
    keep: outcome === "none",
    barrier,
    timeLow: 0,
    timeHigh: 0
  }
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

// ---- clock, refresh, time-outs ----

function clock(session: Session, notice: Notices.ClockRequested, decisions: Notices.Decision[]): void {
  const { host } = session
  const ownMs = host.clock.wallMs()
  const timeMs = Time.cp56ToEpochMs(notice.timeLow, notice.timeHigh)
  const conclude = (outcome: Outcome): Notices.Decision => {
    host.tell({ event: "clock", peer: session.peer, timeMs, outcome })
    return {
      id: notice.id,
      confirm: outcome === "success" ? 1 : outcome === "failure" ? -1 : 0,
      terminate: false,
      keep: false,
      barrier: Ledger.NO_EVENTS,
      timeLow: Time.cp56Low(ownMs),
      timeHigh: Time.cp56High(ownMs)
    }
  }
  const handler = host.onClockSync
  if (handler === null) {
    decisions.push(conclude("success"))
    return
  }
  const deciding = new Deciding("onClockSync", `station ${notice.ca}`)
  session.aborts.set(notice.id, deciding)
  void ask(
    host,
    deciding,
    () => handler(session.peer, notice.timeLow, notice.timeHigh),
    (outcome, late) => {
      if (!session.aborts.delete(notice.id) || session.reason !== null) return
      if (late) session.decided([conclude(outcome)])
      else decisions.push(conclude(outcome))
    }
  )
}

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
