// Commands and their handlers: requests to one point are decided in the order in which they came, different points may
// overtake. What follows from an outcome: confirmation, return information, termination behind it.
import { Cause } from "../core/asdu/Cause.ts"
import * as TypeTable from "../core/asdu/TypeTable.ts"
import type { EventLog } from "../core/delivery/EventLog.ts"
import * as Ledger from "../core/delivery/Ledger.ts"
import type { CommandRequested, Decision } from "../core/procedure/Notice.ts"
import type { Block } from "../core/process/Block.ts"
import * as Image from "../core/process/Image.ts"
import * as Value from "../core/process/Value.ts"
import { Deciding } from "./Deciding.ts"
import type { Command, CommandHandler, Hooks, Instruction } from "./Hooks.ts"
import type { Host } from "./Host.ts"
import type { Outcome, Peer } from "./ServerEvent.ts"
import type { Session } from "./Session.ts"

const nameOf = (type: number): string => TypeTable.byId[type]?.mnemonic ?? `type ${type}`

/** A decision that only confirms. */
export const plain = (id: number, outcome: Outcome): Decision => ({
  id,
  confirm: confirmOf(outcome),
  terminate: false,
  keep: false,
  barrier: Ledger.NO_EVENTS,
  timeLow: 0,
  timeHigh: 0
})

const confirmOf = (outcome: Outcome): Decision["confirm"] =>
  outcome === "success" ? 1 : outcome === "failure" ? -1 : 0

/** Takes a command; the session collects a decision that is made at once. */
export function command(session: Session, notice: CommandRequested): void {
  const { host } = session
  const { block, slot } = notice
  const hooks = host.hooks.find(block, slot)
  if (hooks == null || hooks.onCommand === null) {
    // A command point without handler is confirmed positively.
    if (hooks !== undefined) hooks.received = true
    instruct(block, slot, notice)
    session.collect(decisionOf(session, notice, hooks, "success", endOf(host)))
    return
  }
  if (running(hooks)) {
    // The output is being operated by a command that is not terminated yet.
    session.collect(decisionOf(session, notice, undefined, "failure", endOf(host)))
    return
  }
  const operation = new Operation(session, notice, hooks)
  if (hooks.deciding === null) operation.begin(true)
  else {
    operation.list()
    hooks.queue.push(operation)
  }
}

const running = ({ awaiting }: Hooks): boolean => awaiting?.confirmed === true && awaiting.session.reason === null

/** A command that its handler decides. */
export class Operation extends Deciding {
  readonly notice: CommandRequested
  /** When it came, by this machine's clock in ms since 1970 UTC. */
  readonly receivedMs: number
  private readonly hooks: Hooks
  /** What the point said before, and whether that came from a client. */
  private previous: Instruction = NOTHING
  private received = false
  private since = 0
  private accepted = false

  constructor(session: Session, notice: CommandRequested, hooks: Hooks) {
    super(session, notice.id)
    this.notice = notice
    this.receivedMs = session.host.wallMs(session.state.link.receivedAtMs)
    this.hooks = hooks
  }

  get callback(): string {
    return "onReceive"
  }
  get subject(): string {
    const { type, ioa, ca } = this.notice
    return `${nameOf(type)} ${ioa} of station ${ca}`
  }

  /** Lets the point say what is commanded and asks its handler. */
  begin(collects: boolean): void {
    const { hooks, notice } = this
    const { block, slot } = notice
    this.collects = collects
    this.since = endOf(this.session.host)
    this.previous = instructionOf(block, slot)
    this.received = hooks.received
    hooks.deciding = this
    hooks.received = true
    instruct(block, slot, notice)
    this.ask()
  }

  protected call(): Outcome | Promise<Outcome> {
    return (this.hooks.onCommand as CommandHandler)(new Described(this.session, this.notice, this.previous, this))
  }

  protected decisionOf(outcome: Outcome): Decision {
    this.accepted = outcome !== "failure"
    return decisionOf(this.session, this.notice, this.hooks, outcome, this.since)
  }

  protected override ending(): void {
    const { hooks, notice } = this
    // Given up while it waited for its turn: the point belongs to the one before it.
    if (hooks.deciding !== this) return
    const { block, slot } = notice
    if (!this.accepted) {
      // What was refused was not done: the point shows what it showed before, unless the application changed it.
      if (Image.value(block, slot) === notice.value) instruct(block, slot, this.previous)
      hooks.received = this.received
    }
    hooks.deciding = null
    if (hooks.queue.length > 0) next(hooks)
  }
}

const NOTHING: Instruction = { value: 0, qualifier: 0, timeLow: 0, timeHigh: 0 }

/** What a command point says. */
function instructionOf(block: Block, slot: number): Instruction {
  const { time } = block
  return {
    value: Image.value(block, slot),
    qualifier: Value.readQualifier(block.kind, block.view, slot * block.stride),
    timeLow: time === null ? 0 : (time[slot * 2] as number),
    timeHigh: time === null ? 0 : (time[slot * 2 + 1] as number)
  }
}

/** Lets a command point say something else. */
function instruct(block: Block, slot: number, { value, qualifier, timeLow, timeHigh }: Instruction): void {
  Image.setValue(block, slot, value)
  Value.writeQualifier(block.kind, block.view, slot * block.stride, qualifier)
  Image.setTime(block, slot, timeLow, timeHigh)
}

/** Lets the next command of a point be decided, passing over those that were given up meanwhile. */
function next(hooks: Hooks): void {
  for (;;) {
    const waiting = hooks.queue.shift()
    if (waiting === undefined) return
    const { session, notice } = waiting
    if (waiting.over || !session.awaits(notice.id)) continue
    if (hooks.onCommand !== null && !running(hooks)) return waiting.begin(false)
    session.aborts.delete(notice.id)
    session.decided([decisionOf(session, notice, hooks, running(hooks) ? "failure" : "success", endOf(session.host))])
  }
}

/** A command as its handler sees it; a class, since an accessor would make each literal a slow object of its own. */
class Described implements Command {
  readonly peer: Peer
  readonly previous: Instruction
  private readonly notice: CommandRequested
  private readonly deciding: Operation

  constructor(session: Session, notice: CommandRequested, previous: Instruction, deciding: Operation) {
    this.peer = session.peer
    this.previous = previous
    this.notice = notice
    this.deciding = deciding
  }

  get commonAddress(): number {
    return this.notice.ca
  }
  get ioAddress(): number {
    return this.notice.ioa
  }
  get type(): number {
    return this.notice.type
  }
  get value(): number {
    return this.notice.value
  }
  get qualifier(): number {
    return this.notice.qualifier
  }
  get originator(): number {
    return this.notice.originator
  }
  get timeLow(): number {
    return this.notice.timeLow
  }
  get timeHigh(): number {
    return this.notice.timeHigh
  }
  get selected(): boolean {
    return this.notice.selected
  }
  get receivedMs(): number {
    return this.deciding.receivedMs
  }
  get apdu(): Uint8Array {
    return this.notice.apdu
  }
  get signal(): AbortSignal {
    return this.deciding.signal
  }
}

const endOf = ({ world }: Host): number => (world.logs[0] as EventLog).end

/** The mark behind everything that was published since a log position, -1 when nothing was: a termination goes behind it. */
function markSince(host: Host, since: number): number {
  const end = endOf(host)
  return end > since ? Ledger.mark(end, 0) : Ledger.NO_EVENTS
}

/** What follows from an outcome; `since` is the end of the log when the command was taken up. */
function decisionOf(
  session: Session,
  notice: CommandRequested,
  hooks: Hooks | undefined,
  outcome: Outcome,
  since: number
): Decision {
  const { host } = session
  if (host.hears("command"))
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
  if (keep && hooks !== undefined) defer(session, notice.id, hooks, success)
  if (success && hooks?.relatedIoAutoreturn === true) returnInformation(session, notice, hooks)
  return {
    id: notice.id,
    confirm: confirmOf(outcome),
    terminate: success && !manual && (notice.selected || hooks?.actTerm !== false),
    keep,
    barrier: markSince(host, since),
    timeLow: 0,
    timeHigh: 0
  }
}

/** Notes that the application will answer by `transmit`; a request that it never answered before is forgotten. */
function defer(session: Session, id: number, hooks: Hooks, confirmed: boolean): void {
  const before = hooks.awaiting
  hooks.awaiting = { session, id, confirmed, since: endOf(session.host) }
  if (before !== null && before.session.reason === null)
    queueMicrotask(() => before.session.decided([plain(before.id, "none")]))
}

/**
 * Answers the request of a command point that waits for it: cause 7 confirms, cause 10 terminates, to its session and
 * with its octets. False when nothing waits.
 */
export function resolve(host: Host, block: Block, slot: number, cause: number, negative: boolean): boolean {
  const hooks = host.hooks.find(block, slot)
  const awaiting = hooks?.awaiting ?? null
  if (hooks === undefined || awaiting === null) return false
  const { session, id, confirmed, since } = awaiting
  const confirm = cause === Cause.ACTIVATION_CON
  if (session.reason !== null) hooks.awaiting = null
  if (session.reason !== null || (confirm && confirmed) || (!confirm && cause !== Cause.ACTIVATION_TERMINATION))
    return false
  const keep = confirm && !negative
  hooks.awaiting = keep ? { ...awaiting, confirmed: true } : null
  const outcome = !confirm ? "none" : negative ? "failure" : "success"
  session.decided([{ ...plain(id, outcome), terminate: !confirm, keep, barrier: markSince(host, since) }])
  return true
}

/** Publishes the related point as return information. */
function returnInformation(session: Session, notice: CommandRequested, hooks: Hooks): void {
  const { host } = session
  if (hooks.relatedIoAddress === null) return
  const station = Image.station(host.world.image, notice.ca)
  const related = station === undefined ? null : Image.find(station, hooks.relatedIoAddress)
  if (related === null) return
  const { block, slot } = related
  const listed = TypeTable.byId[block.of.eventType]?.causesMonitor.includes(Cause.RETURN_INFO_REMOTE) === true
  const returned = listed || host.world.profile.returnedCause === "always"
  const cause = returned ? Cause.RETURN_INFO_REMOTE : Cause.SPONTANEOUS
  host.append(block, slot, cause, notice.originator, session.peer.session)
}
