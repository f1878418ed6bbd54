// The server of the model with its points: what it says of them, and what its callbacks other than those of commands say.
import {
  CommandMode,
  Cot,
  type IncomingMessage,
  type Point,
  ResponseState,
  Server,
  type ServerEvent,
  type Station,
  type Tags,
  type Type
} from "../../../src/api/c104/index.ts"
import * as Profile from "../../../src/core/Profile.ts"
import type { Ground } from "./Ground.ts"
import type { Call, Entry, Life } from "./History.ts"
import { hexOf, type Kind, kinds } from "./Octets.ts"
import type { Behaviour, Program } from "./Programs.ts"

export const MONITORS = 6
export const COMMANDS = 5
export const FIRST_COMMAND = 51
/** What some commands report by: return information comes behind its events. */
export const RELATED = 7
const { SUCCESS, FAILURE } = ResponseState

/** In which of four ways a monitoring point is told: with a time tag or without, and its events or answers otherwise. */
export const variantOf = (made: number): number => Math.floor(made / kinds.length) % 4

/** A fact in words. */
const factOf = (event: ServerEvent): string =>
  JSON.stringify(event, (_, value) =>
    value instanceof Error ? String(value) : value instanceof Uint8Array ? hexOf(value) : value
  )

export abstract class Plant {
  readonly program: Program
  readonly ground: Ground
  readonly server: Server
  readonly history: Entry[] = []
  readonly lives: Life[] = []
  readonly calls: Call[] = []
  readonly problems: string[] = []
  /** All that the server told, and the octets that clients were told, each with its time: what has to be the same again. */
  readonly trace: string[] = []
  /** Positive words of the callbacks of the server, by type of request. */
  readonly agreed: Record<number, number> = {}
  stopped: Promise<void> | null = null
  /** Callbacks that have not settled: how they do. */
  protected readonly open: ((how: number) => void)[] = []
  /** Those that do when all is over only. */
  protected readonly never: ((how: number) => void)[] = []
  /** What was left open by its handler, by its point. */
  protected readonly left = new Map<Life, Call>()
  protected id = 0
  protected quiet = false
  /** Nothing is done any more but what has to come to its end. */
  protected isOver = false
  protected asked = 0
  /** Steps that were taken. */
  protected steps = 0

  constructor(program: Program, ground: Ground) {
    this.program = program
    this.ground = ground
    const preset = Profile.presets[program.profile]
    const { times, quick } = program
    const [short, long] = quick ? [15, 40] : [60_000, 60_000]
    const { waitMs, selectMs, decisionMs, operationMs, refreshMs, holdMs, undrainedOctets } = times ?? {
      waitMs: quick ? 10 : 60_000,
      selectMs: quick ? 25 : 60_000,
      decisionMs: short,
      operationMs: long,
      refreshMs: short,
      holdMs: 20,
      undrainedOctets: 65_536
    }
    this.server = new Server({
      ip: "127.0.0.1",
      port: 0,
      logLevel: "none",
      profile: {
        ...preset,
        addressing: program.perType ? "perType" : "unique",
        commandWaitMs: program.waits ? waitMs : 0
      },
      selectTimeoutMs: selectMs,
      packEvents: program.pack,
      limits: {
        logRecords: program.logRecords,
        ...(program.tight ? { decisionsPerSession: 2, commandsPerPoint: 1, abandonedCallbacks: 4 } : {}),
        decisionMs,
        operationMs,
        refreshMs,
        holdMs,
        undrainedOctets,
        ...(times === null ? {} : { connectMs: times.connectMs }),
        rehearsalMs: 0,
        lingerMs: 200
      }
    })
    if (times !== null)
      this.server.protocolParameters.update({
        messageTimeout: times.t1S,
        confirmInterval: times.t2S,
        keepAliveInterval: times.t3S
      })
    this.server.protocolParameters.sendWindowSize = program.k
    this.server.protocolParameters.receiveWindowSize = Math.max(1, Math.min(8, Math.floor((program.k * 2) / 3)))
    this.server.observe((event) => {
      this.trace.push(`${ground.nowMs()} ${factOf(event)}`)
      this.observed(event)
      this.reacts()
    })
    this.server.onReceiveRaw((_, apdu) => this.raw("received", apdu))
    this.server.onSendRaw((_, apdu) => this.raw("sent", apdu))
    if (times?.admits === true) this.server.onConnect(() => this.admit())
    this.server.onParameter(() => this.simple(110))
    this.server.onClockSync(() => this.simple(103))
    this.server.onReset((_, __, ___, qualifier) => {
      if (qualifier !== 2) return this.simple(105)
      const says = this.simple(105, ["yes", "no", "throw"])
      if (says === SUCCESS) this.history.push({ e: "purged" })
      return says
    })
  }

  private observed(event: ServerEvent): void {
    switch (event.event) {
      case "connected":
      case "started":
      case "stopped":
      case "closed":
        this.history.push({ e: event.event, port: event.peer.port })
        if (event.event === "closed") this.closed(event.peer.port, event.reason)
        if (event.event === "connected") this.opened(event.peer.port)
        return
      case "overflow":
        this.history.push({ e: event.event, port: event.peer.port, lost: event.lost })
    }
  }

  /** The application is called: it may do something there and then. */
  protected abstract reacts(): void

  /** A connection is served. */
  protected abstract opened(port: number): void

  /** A connection has ended, for a reason. */
  protected abstract closed(port: number, reason: string): void

  protected raw(e: "sent" | "received", apdu: Uint8Array): void {
    if (((apdu[2] as number) & 1) === 0) this.history.push({ e, apdu: Uint8Array.from(apdu) })
    this.reacts()
  }

  async begin(): Promise<void> {
    for (const ca of [1, 2]) {
      this.server.addStation(ca)
      for (let a = 0; a < MONITORS; a++) this.addMonitor(ca, a + 1, a * 5 + ca)
      this.addMonitor(ca, RELATED, 4)
      for (let a = 0; a < COMMANDS; a++) this.addCommand(ca, FIRST_COMMAND + a, [0, 1, 2, 5, 19][a] as number)
    }
    await this.server.start()
  }

  /** Decides a command or a select, or carries one out. */
  protected abstract decide(
    life: Life,
    step: Call["step"],
    message: IncomingMessage
  ): ResponseState | Promise<ResponseState>

  protected station(ca: number): Station | null {
    return this.server.getStation(ca)
  }

  protected addMonitor(ca: number, ioAddress: number, c: number): void {
    const kind = kinds[c % kinds.length] as Kind
    const variant = variantOf(c)
    const [type, more] = [
      [kind.type, {}],
      [kind.tagged, {}],
      [kind.type, { eventType: kind.tagged as Type }],
      [kind.type, { interrogationType: kind.tagged as Type }]
    ][variant] as [Type, object]
    const counter = kind.type === 15
    const groups = counter ? { counterGroups: [1] } : { groups: [1 + (c % 2)] }
    const point = this.station(ca)?.addPoint({ ioAddress, type, ...groups, ...more }) as Point | null | undefined
    if (point == null) return
    const life: Life = {
      ...this.newLife(ca, ioAddress, type, point, kind, c),
      eventType: variant === 2 ? kind.tagged : type,
      refreshed: c % 5 === 3 && !counter
    }
    this.lives.push(life)
    this.set(life)
    if (life.refreshed) point.onBeforeRead(() => this.refresh(life))
  }

  protected newLife(ca: number, ioa: number, type: number, point: Point, kind: Kind | null, made: number): Life {
    return {
      ca,
      ioa,
      type,
      eventType: type,
      kind,
      refreshed: false,
      point,
      made,
      born: this.history.length,
      died: Number.POSITIVE_INFINITY,
      periodMs: 0,
      id: 0,
      published: 0,
      selects: false,
      wasDirect: false,
      handled: false,
      inTwo: false,
      actTerm: true,
      feedback: false
    }
  }

  protected addCommand(ca: number, ioAddress: number, c: number): void {
    const type = [45, 45, 46, 49][c % 4] as Type
    const selects = (c & 1) === 1
    const inTwo = (c & 2) === 2
    const asks = (c & 4) === 4
    const actTerm = ([true, true, "manual", false] as const)[(c >> 3) & 3] as boolean | "manual"
    const handled = c % 11 !== 10
    const feedback = type === 45 && c % 3 === 0
    const tags: Tags = c % 5 < 3 ? "both" : "without"
    let point: Point | null = null
    try {
      point = (this.station(ca)?.addPoint({
        ioAddress,
        type,
        tags,
        actTerm,
        commandMode: selects ? CommandMode.SELECT_AND_EXECUTE : CommandMode.DIRECT,
        ...(feedback ? { relatedIoAddress: RELATED, relatedIoAutoreturn: true } : {})
      }) ?? null) as Point | null
    } catch {
      // What is at the related address now cannot show it.
    }
    if (point === null) return
    const life: Life = {
      ...this.newLife(ca, ioAddress, type, point, null, c),
      selects,
      wasDirect: !selects,
      handled,
      inTwo,
      actTerm,
      feedback
    }
    this.lives.push(life)
    if (asks) point.onSelect((_, message) => this.decide(life, "select", message))
    if (handled) this.handle(life)
  }

  /** Has the commands of a point decided, by a handler of its own. */
  protected handle(life: Life): void {
    const { point, inTwo } = life
    if (inTwo)
      point.onReceive({
        accept: (_, __, message) => this.decide(life, "decide", message),
        execute: (_, message) => this.decide(life, "execute", message)
      })
    else point.onReceive((_, __, message) => this.decide(life, "decide", message))
  }

  /** Whether two command points are one output. */
  protected same(one: Life, other: Life): boolean {
    return one.ca === other.ca && one.ioa === other.ioa && (!this.program.perType || one.type === other.type)
  }

  living(command: boolean): readonly Life[] {
    return this.lives.filter((life) => life.died === Number.POSITIVE_INFINITY && (life.kind === null) === command)
  }

  protected set(life: Life): void {
    if (life.kind === null || life.died !== Number.POSITIVE_INFINITY) return
    const id = ++this.id
    life.point.value = life.kind.value(id) as never
    life.id = id
  }

  protected publish(life: Life): void {
    if (life.kind === null || life.died !== Number.POSITIVE_INFINITY) return
    this.set(life)
    this.note(life)
    life.point.transmit(Cot.SPONTANEOUS)
  }

  protected note(life: Life): void {
    life.published = life.id
    this.history.push({ e: "published", ca: life.ca, ioa: life.ioa, type: life.eventType, id: life.id })
  }

  protected kill(life: Life): void {
    if (life.died !== Number.POSITIVE_INFINITY) return
    life.died = this.history.length
    this.left.delete(life)
    this.station(life.ca)?.removePoint({ ioAddress: life.ioa, type: life.type as Type })
  }

  protected removeStation(ca: number): void {
    for (const life of this.lives)
      if (life.ca === ca && life.died === Number.POSITIVE_INFINITY) {
        life.died = this.history.length
        this.left.delete(life)
      }
    this.server.removeStation(ca)
  }

  protected plan(among?: readonly Behaviour[]): Behaviour {
    const { plans } = this.program
    const one = plans[this.asked++ % plans.length] as Behaviour
    return among === undefined || among.includes(one) ? one : (among[0] as Behaviour)
  }

  /** A callback does not settle yet: `never` does at the very end where time would end the waiting for it. */
  protected waits(behaviour: Behaviour, settle: (how: number) => void): void {
    const isNever = behaviour === "never" && this.program.times !== null && !this.isOver
    const list = isNever ? this.never : this.open
    list.push(settle)
  }

  protected refresh(life: Life): void | Promise<void> {
    if (this.quiet) return this.set(life)
    const behaviour = this.plan()
    switch (behaviour) {
      case "later":
      case "never":
        return new Promise((resolve) => {
          this.waits(behaviour, () => {
            this.set(life)
            resolve()
          })
        })
      case "throw":
        throw new Error("it cannot be read")
      case "remove":
        return this.kill(life)
      case "publish":
        return this.publish(life)
      case "soon":
        return Promise.resolve().then(() => this.set(life))
      default:
        return this.set(life)
    }
  }

  /** Whether somebody may connect. */
  private admit(): boolean | Promise<boolean> {
    const behaviour = this.quiet ? "yes" : this.plan()
    switch (behaviour) {
      case "no":
        return false
      case "throw":
        throw new Error("it is refused")
      case "garbage":
        return "yes" as never
      case "later":
      case "never":
        return new Promise((resolve) => this.waits(behaviour, (how) => resolve(how !== 0)))
      case "soon":
        return Promise.resolve(true)
      case "shutdown":
        this.shutdown()
        return true
      default:
        return true
    }
  }

  protected simple(type: number, among?: readonly Behaviour[]): ResponseState | Promise<ResponseState> {
    if (this.stopped !== null) this.problems.push("a callback of the server was called behind stop()")
    const agree = (): ResponseState => {
      this.agreed[type] = (this.agreed[type] ?? 0) + 1
      return SUCCESS
    }
    const behaviour = this.plan(among)
    switch (behaviour) {
      case "throw":
        throw new Error("it is refused")
      case "garbage":
        return true as never
      case "later":
      case "never":
        return new Promise((resolve) => {
          this.waits(behaviour, (how) => resolve(how === 0 ? FAILURE : agree()))
        })
      case "no":
        return FAILURE
      case "soon":
        return Promise.resolve().then(agree)
      default:
        return agree()
    }
  }

  stop(): Promise<void> {
    this.stopped ??= this.server.stop()
    return this.stopped
  }

  /** Stops the server in the last part of a program, so that there is something to be stopped. */
  protected shutdown(): void {
    if (this.steps > this.program.steps.length * 0.6) void this.stop()
  }
}
