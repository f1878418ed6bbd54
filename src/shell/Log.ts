// The log of a server: what happens, in words, at levels; what can be a flood is summed up once a second.
import type { Clock } from "./Clock.ts"
import { attend } from "./Later.ts"
import { endpoint, type ServerEvent } from "./ServerEvent.ts"

/** Levels from nothing to everything. */
export const levels = ["none", "error", "warning", "info", "debug"] as const
export type LogLevel = (typeof levels)[number]

/** Takes the lines of a log. */
export type LogWriter = (level: Exclude<LogLevel, "none">, line: string) => void

/** Topics that are logged in full whatever the level, as bits: c104's debug modes. */
export const Topic = { Server: 1, Connection: 4, Message: 32, Callback: 64 } as const

/** The place of each level in {@link levels}. */
const rank: Readonly<Record<LogLevel, number>> = { none: 0, error: 1, warning: 2, info: 3, debug: 4 }

let topics = 0

/** The topics that are logged in full, of all servers of this process. */
export const debugTopics = (): number => topics

export function setDebugTopics(bits: number): void {
  topics = bits
}

/** The topic of an event. */
function topicOf(kind: ServerEvent["event"]): number {
  switch (kind) {
    case "error":
      return Topic.Callback
    case "overflow":
    case "refused":
    case "undecided":
    case "unrelated":
      return Topic.Server
    case "connected":
    case "started":
    case "stopped":
    case "closed":
      return Topic.Connection
    default:
      return Topic.Message
  }
}

type Level = Exclude<LogLevel, "none">

/** The level of each kind of event: known before its line is put into words. */
const levelOf: Readonly<Record<ServerEvent["event"], Level>> = {
  error: "error",
  overflow: "warning",
  unanswered: "warning",
  refused: "warning",
  closed: "info",
  connected: "info",
  started: "info",
  stopped: "info",
  command: "info",
  executed: "info",
  selection: "info",
  output: "warning",
  undecided: "warning",
  unrelated: "warning",
  clock: "info",
  interrogated: "debug",
  rejected: "debug"
}

/** The place of the level of each kind of event in {@link levels}. */
const placeOf = Object.fromEntries(Object.entries(levelOf).map(([kind, level]) => [kind, rank[level]])) as Readonly<
  Record<ServerEvent["event"], number>
>

/** The first of several command points. */
function doubted({ count, commonAddress, address, type }: Extract<ServerEvent, { readonly count: number }>): string {
  const more = count === 1 ? "" : ` and ${count - 1} more`
  return `${type} ${address} of station ${commonAddress}${more}`
}

/** An event in words. */
export function line(event: ServerEvent): string {
  switch (event.event) {
    case "error":
      return event.error.message
    case "overflow":
      return event.counters === 0
        ? `${event.lost} events were dropped before ${endpoint(event.peer)} had been sent them`
        : `the readings of ${event.counters} counters were dropped before ${endpoint(event.peer)} had been sent them: they are not known any more`
    case "refused":
      return `${endpoint(event)} was refused: ${event.why}`
    case "closed":
      return `${endpoint(event.peer)} closed: ${event.why ?? event.reason}`
    case "connected":
    case "started":
    case "stopped":
      return `${endpoint(event.peer)} ${event.event}`
    case "command":
      return `${endpoint(event.peer)} ${event.type} ${event.commonAddress}/${event.address} = ${event.value}: ${event.outcome}`
    case "selection":
      return `${endpoint(event.peer)} ${event.type} ${event.commonAddress}/${event.address} selection: ${event.state}`
    case "executed":
      return `${endpoint(event.peer)} ${event.type} ${event.commonAddress}/${event.address} = ${event.value} executed: ${event.outcome}`
    case "undecided": {
      const does = event.refused ? "its commands are refused" : "its commands are confirmed although nothing is done"
      return `${doubted(event)}: neither a handler nor a feedback point decides it, and ${does}`
    }
    case "unrelated":
      return `${doubted(event)}: its related point is not there, or of another kind`
    case "output":
      return `the output of ${event.type} ${event.commonAddress}/${event.address} is ${event.status}`
    case "unanswered":
      return `${endpoint(event.peer)} was not told the outcome of ${event.type} ${event.commonAddress}/${event.address}: ${event.outcome}`
    case "clock":
      return `${endpoint(event.peer)} clock ${new Date(event.timeMs).toISOString()}: ${event.outcome}`
    case "interrogated":
      return `${endpoint(event.peer)} ${event.type} ${event.qualifier} of station ${event.commonAddress} answered`
    case "rejected":
      return `${endpoint(event.peer)} rejected: ${event.situation}`
  }
}

/** What a peer can cause as often as it likes. */
const floods: ReadonlySet<ServerEvent["event"]> = new Set(["overflow", "refused", "rejected", "unanswered"])

/** Within so many ms, lines that are alike are only counted after the first; then the last of them is written. */
const QUIET_MS = 1000
/** So many different errors may be held at a time, known by so many characters; further ones are taken to be alike. */
const ERRORS_MAX = 64
const KNOWN_BY = 256

/** What is held since a line like it was written. */
interface Held {
  last: ServerEvent | null
  count: number
  cancel: () => void
}

/** A log of what is at or above a level; a flood of what is alike is told once a second, with its number. */
export class Log {
  private readonly quiet = new Map<string, Held>()
  private readonly of: { readonly logLevel: LogLevel }
  private readonly write: LogWriter
  private readonly clock: Clock
  private readonly failed: (kind: ServerEvent["event"], cause: unknown) => void

  /** `of` says at which level, and may change it. `failed` is told what `write` throws where nobody has called. */
  constructor(
    of: { readonly logLevel: LogLevel },
    write: LogWriter,
    clock: Clock,
    failed: (kind: ServerEvent["event"], cause: unknown) => void
  ) {
    this.of = of
    this.write = write
    this.clock = clock
    this.failed = failed
  }

  /** Whether events of a kind are written at present: a flood of one kind may still be held. */
  wants(kind: ServerEvent["event"]): boolean {
    return placeOf[kind] <= rank[this.of.logLevel] || (topics !== 0 && (topics & topicOf(kind)) !== 0)
  }

  /**
   * Which lines are alike: of what a peer can cause as often as it likes all of a kind, of errors those that say the same, since a
   * callback that fails does so whenever a peer asks for it. Null: those of this kind are all written.
   */
  private alike(event: ServerEvent): string | null {
    if (floods.has(event.event)) return event.event
    if (event.event !== "error") return null
    const said = `error ${line(event).slice(0, KNOWN_BY)}`
    return this.quiet.has(said) || this.quiet.size < floods.size + ERRORS_MAX ? said : event.event
  }

  /** Writes an event, if it is wanted; the result is that of `write`. */
  readonly take = (event: ServerEvent): unknown => {
    const kind = event.event
    if (!this.wants(kind)) return undefined
    const likeness = this.alike(event)
    const held = likeness === null ? undefined : this.quiet.get(likeness)
    if (held !== undefined) {
      held.last = event
      held.count++
      return undefined
    }
    if (likeness !== null) this.hush(likeness)
    return this.write(levelOf[kind], line(event))
  }

  /** A line is written: for a while further ones like it are held. */
  private hush(likeness: string): void {
    const held: Held = { last: null, count: 0, cancel: () => {} }
    this.quiet.set(likeness, held)
    held.cancel = this.clock.wake(
      QUIET_MS,
      () => {
        this.quiet.delete(likeness)
        if (held.last === null) return
        this.hush(likeness)
        this.release(held.last, held.count)
      },
      true
    )
  }

  /** Writes the last of so many that were held. */
  private release(last: ServerEvent, count: number): void {
    const kind = last.event
    if (!this.wants(kind)) return
    try {
      const text = count === 1 ? line(last) : `${line(last)} (and ${count - 1} more like it before)`
      attend(this.write(levelOf[kind], text), (cause) => this.failed(kind, cause))
    } catch (cause) {
      this.failed(kind, cause)
    }
  }

  /** Nothing more is to come: what is held is written. */
  end(): void {
    for (const { last, count, cancel } of this.quiet.values()) {
      cancel()
      if (last !== null) this.release(last, count)
    }
    this.quiet.clear()
  }
}

/** The log of a server that does not run: whatever the topics, nothing is written, so nothing is held. */
class Silent extends Log {
  override wants(): boolean {
    return false
  }
}

const none = (): void => {}
const nowhere: Clock = { monotonicMs: () => 0, wallMs: () => 0, wake: () => none, afterInput: none }

export const silent: Log = new Silent({ logLevel: "none" }, none, nowhere, none)
