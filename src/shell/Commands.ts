// Commands and their handlers: asks them in the order of the output (core/procedure/Output), and does what follows from an
// outcome beside the answer: the point shows what was commanded, return information is published.
import * as TypeTable from "../core/asdu/TypeTable.ts"
import type { EventLog } from "../core/delivery/EventLog.ts"
import * as Ledger from "../core/delivery/Ledger.ts"
import type { CommandRequested, Decision } from "../core/procedure/Notice.ts"
import * as Outcome from "../core/procedure/Outcome.ts"
import * as Output from "../core/procedure/Output.ts"
import type { Block } from "../core/process/Block.ts"
import * as Image from "../core/process/Image.ts"
import * as Value from "../core/process/Value.ts"
import { Deciding } from "./Deciding.ts"
import type { Command, Hooks, Instruction } from "./Hooks.ts"
import type { Host } from "./Host.ts"
import type { Peer } from "./ServerEvent.ts"
import type { Session } from "./Session.ts"

const nameOf = (type: number): string => TypeTable.byId[type]?.mnemonic ?? `type ${type}`

/** Takes a command; the session collects a decision that is made at once. */
export function command(session: Session, notice: CommandRequested): void {
  // Its point was removed by the handler of a command before it.
  if (!Image.lives(notice)) return session.collect(Outcome.confirm(notice.id, "failure"))
  const hooks = session.host.hooks.of(notice.block, notice.slot)
  const operation = new Operation(session, notice, hooks)
  switch (operation.verdict()) {
    case "decide":
      return operation.begin(true)
    case "wait":
      operation.list()
      hooks.output = Output.wait(hooks.output, operation)
      return
    case "refuse":
      return operation.turnDown(true)
  }
}

/**
 * A session is about to leave data transfer, or to end: its commands that were not begun are refused, so that none of them
 * ever is; those that were begun go on. The session collects the decisions: called while it acts on notices.
 */
export function stopping(session: Session): void {
  for (const deciding of [...session.aborts.values()])
    if (deciding instanceof Operation && !deciding.begun) deciding.turnDown(true)
}

/** Whether the client of a command still waits for its answer. */
const isOpen = ({ session, id }: Operation): boolean => session.awaits(id)

/** A command that its handler decides; without handler it is confirmed positively. */
export class Operation extends Deciding {
  readonly notice: CommandRequested
  /** When it came, by this machine's clock in ms since 1970 UTC. */
  readonly receivedMs: number
  private readonly hooks: Hooks
  /** When the command before it came, in the same way; 0 = there was none. */
  previousMs = 0
  /** What the point said before, and whether that came from a client. */
  private previous: Instruction = NOTHING
  private received = false
  private since = 0
  private accepted = false
  /** Whether it was handed to the application. */
  begun = false

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

  verdict(): Output.Verdict {
    return Image.lives(this.notice) ? Output.judge(this.hooks.output, isOpen) : "refuse"
  }

  /** Lets the point say what is commanded and asks its handler. */
  begin(collects: boolean): void {
    const { hooks, notice } = this
    const { block, slot } = notice
    this.begun = true
    this.collects = collects
    this.since = endOf(this.session.host)
    this.previous = instructionOf(block, slot)
    this.received = hooks.received
    this.previousMs = hooks.receivedMs
    hooks.output = Output.begin(hooks.output, this)
    hooks.received = true
    hooks.receivedMs = this.receivedMs
    instruct(block, slot, notice)
    this.ask()
  }

  /** Refuses it without asking: another command is being carried out, or its point is gone. */
  turnDown(collects: boolean): void {
    this.collects = collects
    this.answered("failure", false)
  }

  protected call(): Outcome.Outcome | Promise<Outcome.Outcome> {
    const { onCommand } = this.hooks
    if (onCommand === null) return "success"
    return onCommand(new Described(this.session, this.notice, this.previous, this))
  }

  /** Tells the outcome, does what follows from it, and decides. */
  protected decisionOf(outcome: Outcome.Outcome): Decision {
    const { session, notice, hooks, since } = this
    const { host } = session
    this.accepted = outcome !== "failure"
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
    const end = endOf(host)
    if (outcome === "success" && hooks.relatedIoAutoreturn) returnInformation(session, notice, hooks)
    const decision = Outcome.command(notice.id, outcome, hooks.actTerm, notice.selected, markSince(host, since))
    if (decision.keep) this.leaveOpen(outcome === "success", end)
    return decision
  }

  /** Notes that the application will answer by `transmit`; it can owe one answer, and the one before is forgotten. */
  private leaveOpen(confirmed: boolean, since: number): void {
    const { hooks } = this
    const before = hooks.output.owed
    hooks.output = Output.owe(hooks.output, { command: this, confirmed, since })
    if (before !== null && isOpen(before.command))
      queueMicrotask(() => before.command.session.decided([Outcome.confirm(before.command.id, "none")]))
  }

  protected override ending(): void {
    const { hooks, notice } = this
    // Refused, or given up while it waited: the point belongs to the one before it.
    if (hooks.output.deciding !== this) return
    const { block, slot } = notice
    if (!this.accepted) {
      // What was refused was not done: the point shows what it showed before, unless the application changed it.
      if (Image.lives(notice) && Image.value(block, slot) === notice.value) instruct(block, slot, this.previous)
      hooks.received = this.received
    }
    hooks.output = Output.end(hooks.output)
    if (hooks.output.waiting.length > 0) goOn(hooks)
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

/**
 * Lets the commands that wait be decided, passing over those that were given up meanwhile, until one takes its time. A
 * loop, not a chain of calls, for there may be thousands of them.
 */
function goOn(hooks: Hooks): void {
  if (hooks.goesOn) return
  hooks.goesOn = true
  try {
    for (let [first] = hooks.output.waiting; first !== undefined; [first] = hooks.output.waiting) {
      if (hooks.output.deciding !== null) return
      hooks.output = Output.shift(hooks.output)
      if (first.over || !isOpen(first)) continue
      if (first.verdict() === "decide") first.begin(false)
      else first.turnDown(false)
    }
  } finally {
    hooks.goesOn = false
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
  get previousMs(): number {
    return this.deciding.previousMs
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

/**
 * Answers the request of a command point that waits for it: cause 7 confirms, cause 10 terminates, to its session and
 * with its octets. False when nothing waits.
 */
export function resolve(host: Host, block: Block, slot: number, cause: number, negative: boolean): boolean {
  const hooks = host.hooks.find(block, slot)
  if (hooks === undefined) return false
  const { output, answered } = Output.answer(hooks.output, cause, negative, isOpen)
  hooks.output = output
  if (answered === null) return false
  const { session, id } = answered.command
  session.decided([Outcome.late(id, cause, negative, markSince(host, answered.since))])
  return true
}

/** The point that had these hooks is gone: who waits for an answer that it owed is told no. */
export function detached({ output }: Hooks): void {
  const { owed } = output
  if (owed === null) return
  const { session, id } = owed.command
  const outcome = owed.confirmed ? "none" : "failure"
  queueMicrotask(() => session.decided([Outcome.confirm(id, outcome)]))
}

/** Publishes the related point as return information. */
function returnInformation(session: Session, notice: CommandRequested, hooks: Hooks): void {
  const { host } = session
  if (hooks.relatedIoAddress === null) return
  const station = Image.station(host.world.image, notice.ca)
  const related = station === undefined ? null : Image.find(station, hooks.relatedIoAddress)
  if (related === null) return
  const { block, slot } = related
  const cause = Outcome.returnCause(block, host.world.profile)
  host.append(block, slot, cause, notice.originator, session.peer.session)
}
