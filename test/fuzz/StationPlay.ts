// A server on lines in memory that a program and clients do to what an input says: a program that gives whatever there is to whatever
// takes something, handlers that answer as they like, and clients that say any octets. Only errors that have a name may come of it.
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import {
  Batch,
  CommandMode,
  Connection,
  Cot,
  type Point,
  ResponseState,
  Server,
  Station,
  Type
} from "../../src/api/c104/index.ts"
import { makeStation } from "../../src/api/effect/Point.ts"
import * as Image from "../../src/core/image/Image.ts"
import * as Profile from "../../src/core/Profile.ts"
import * as Batches from "../../src/shell/Batches.ts"
import * as Errors from "../../src/shell/Errors.ts"
import { Host } from "../../src/shell/Host.ts"
import * as Metrics from "../../src/shell/Metrics.ts"
import type { MemoryLine } from "../../src/shell/memory/MemoryLine.ts"
import { MemoryTransport } from "../../src/shell/memory/MemoryTransport.ts"
import * as Options from "../../src/shell/Options.ts"
import { serve } from "../../src/shell/Serve.ts"
import type { ServerEvent } from "../../src/shell/ServerEvent.ts"
import { Ticker } from "../../src/shell/Ticker.ts"
import { MemoryStore } from "../conformance/MemoryStore.ts"
import { immediate, tick } from "../property/model/Ground.ts"
import { StandingClock } from "../property/model/StandingClock.ts"
import * as Frames from "../property/support/Frames.ts"
import * as Hostile from "./Hostile.ts"
import { hold, type Input } from "./Target.ts"

/** What handlers throw. */
class Boom extends Error {}

const CAS = [1, 2, 47, 65_534]
const IOAS = [1, 2, 3, 4, 10, 11, 12, 16_777_215]
const TYPES = Object.values(Type)
const ZONES = [null, "Europe/Berlin", "America/St_Johns", "Nowhere/At_all", ""]
const FUNCTIONS = [...Object.values(Frames.U), 0x03, 0xff]
const CLIENTS = 3
const FIRST_COMMAND = 45
/** Above this an input begins with nothing. */
const BARE = 200

/** The points of a station that is there. */
const equipment = [
  { ioAddress: 1, type: Type.M_SP_NA_1, groups: [1] },
  { ioAddress: 2, type: Type.M_ME_NC_1, deadband: { absolute: 1 }, minIntervalMs: 100 },
  { ioAddress: 3, type: Type.M_SP_TB_1, reportMs: 1000 },
  { ioAddress: 4, type: Type.M_IT_NA_1, counterGroups: [1] },
  { ioAddress: 10, type: Type.C_SC_NA_1, relatedIoAddress: 1, relatedIoAutoreturn: true, tags: "both" },
  { ioAddress: 11, type: Type.C_DC_NA_1, commandMode: CommandMode.SELECT_AND_EXECUTE },
  { ioAddress: 12, type: Type.C_SE_NC_1, actTerm: "manual" }
]
const STEPS_MAX = 200
const TURNS_MAX = 3000
const PLACE = { address: "127.0.0.1", port: 2404 }
const BEGUN_MS = Date.UTC(2026, 2, 28, 23, 59)
const GIVEN_CAS = [1, 2, 1, 65_535, 47]
const CAUSES = [6, 6, 8, 0x86, 3]
const MS = [0, 1, 50, 99, 100, 1000, 2500, 16_000, 61_000, 3_600_000]

/** A client's end of a connection. */
interface Client {
  readonly line: MemoryLine
  ns: number
  nr: number
  rest: Uint8Array
}

const known = Object.values(Errors) as readonly (new (...args: never) => Error)[]
const isKnown = (cause: unknown): boolean => cause instanceof Boom || known.some((one) => cause instanceof one)

export class StationPlay {
  readonly host: Host
  private readonly input: Input
  private readonly clock = new StandingClock(BEGUN_MS)
  private readonly transport = new MemoryTransport(this.clock)
  private readonly ticker: Ticker
  private readonly scope = Effect.runSync(Scope.make())
  /** Only what a station of c104 says that it belongs to. */
  private readonly server = new Server()
  private readonly stations = new Map<number, Station>()
  private readonly points: Point[] = []
  private readonly clients: (Client | null)[] = Array(CLIENTS).fill(null)
  private readonly waiting: ((how: number) => void)[] = []
  private ports = 40_000
  private wrong: unknown = null

  constructor(input: Input) {
    this.input = input
    const flags = input.octet()
    const profile = (flags & 1) === 0 ? Profile.iec : Profile.c104
    const addressing = (flags & 2) === 0 ? "unique" : "perType"
    const options = Options.complete(
      {
        clock: this.clock,
        host: PLACE.address,
        port: PLACE.port,
        logLevel: "debug",
        logWriter: () => {},
        link: { k: (flags & 4) === 0 ? 12 : 2, w: 1 },
        limits: { logRecords: 64, operationMs: 20_000, abandonedCallbacks: 4, repliesPerSession: 64 },
        packEvents: (flags & 8) === 0,
        clockSource: (flags & 16) === 0 ? "host" : "c_cs",
        commandAgeMs: (flags & 32) === 0 ? 0 : 10_000,
        files: (flags & 64) === 0 ? null : new MemoryStore([{ ca: 1, ioa: 10, nof: 1, octets: 500 }], BEGUN_MS)
      },
      { ...profile, addressing }
    )
    this.host = new Host(options)
    this.ticker = new Ticker(this.host)
    this.host.observers.add((event) => this.observed(event))
  }

  async run(): Promise<void> {
    if (this.input.octet() < BARE) this.equip()
    await Effect.runPromise(serve(this.host, this.ticker, this.transport).pipe(Scope.provide(this.scope)))
    await tick()
    for (let n = 0; !this.input.isOver && n < STEPS_MAX; n++) {
      await this.step()
      if (this.wrong !== null) throw this.wrong
    }
    await this.over()
    if (this.wrong !== null) throw this.wrong
  }

  /** What most inputs begin with, so that they need not come to it by themselves: points, handlers. */
  private equip(): void {
    for (const ca of [1, 2]) {
      this.host.addStation(ca, ca === 2 ? "Europe/Berlin" : null)
      const station = new Station(this.server, this.host, this.ticker, ca)
      this.stations.set(ca, station)
      for (const options of equipment) this.points.push(station.addPoint(options as never) as unknown as Point)
    }
    for (const point of this.points) {
      if (point.type < FIRST_COMMAND) continue
      if (point.ioAddress === 10) point.onReceive(() => this.answer(0, point) as never)
      if (point.ioAddress === 11) point.onSelect(() => this.answer(0, point) as never)
      if (point.ioAddress >= 11)
        point.onReceive({
          accept: () => this.answer(point.ioAddress === 11 ? 0 : 5, point) as never,
          execute: () => this.answer(5, point) as never
        })
    }
  }

  // ---- what may come of it ----

  /** Something of the public API: it is done, or fails with an error that has a name. */
  private does(what: () => unknown): void {
    try {
      what()
    } catch (cause) {
      if (!isKnown(cause)) throw cause
    }
  }

  private runs(what: () => Effect.Effect<unknown, unknown>): void {
    this.does(() => {
      const exit = Effect.runSyncExit(what())
      if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    })
  }

  private observed(event: ServerEvent): void {
    if (event.event !== "error") return
    const { error } = event
    if (!(error instanceof Errors.CallbackFailed)) return
    const { cause } = error
    // What handlers return that is no answer is told as such.
    if (!isKnown(cause) && !(cause instanceof TypeError && cause.message.startsWith("it returned")))
      this.wrong ??= cause
  }

  // ---- the program ----

  private get value(): unknown {
    return this.input.pick(Hostile.values)
  }

  /** Mostly one that can be meant. */
  private likely(of: readonly unknown[]): never {
    const octet = this.input.octet()
    return (octet < 240 ? of[octet % of.length] : this.value) as never
  }

  private get point(): Point | undefined {
    return this.points[this.input.octet() % Math.max(1, this.points.length)]
  }

  private async step(): Promise<void> {
    const { input } = this
    switch (input.below(20)) {
      case 0:
        return this.does(() => this.addStation())
      case 1:
      case 2:
        return this.does(() => this.addPoint())
      case 3:
        return this.runs(() => this.ofEffect())
      case 4:
        return this.does(() => this.remove())
      case 5:
        return this.withPoint((point) => {
          point.value = this.value as never
        })
      case 6:
        return this.withPoint((point) =>
          point.transmit(this.likely([3, 3, 3, 5, 7, 10, 11, 1, 2, 20]), this.transmission())
        )
      case 7:
        return this.withPoint((point) => point.update(this.value as never, this.quality()))
      case 8:
        return this.withPoint((point) => this.set(point))
      case 9:
        return this.withPoint((point) => this.handle(point))
      case 10:
        return this.does(() => this.batch())
      case 11:
        return this.waiting.shift()?.(input.octet())
      case 12:
        return this.withPoint((point) => this.look(point))
      case 13:
        return this.does(() => this.ofHost())
      case 14:
        return this.passes(input.pick(MS))
      case 15:
        return this.connect(input.below(CLIENTS))
      case 16:
        return this.lineOf(input.below(CLIENTS), input.octet())
      default:
        return this.says(input.below(CLIENTS))
    }
  }

  private withPoint(use: (point: Point) => unknown): void {
    const { point } = this
    if (point !== undefined) this.does(() => use(point))
  }

  private addStation(): void {
    const ca = this.likely(CAS)
    if (this.host.addStation(ca, this.likely(ZONES)))
      this.stations.set(ca, new Station(this.server, this.host, this.ticker, ca))
  }

  private get station(): Station | undefined {
    return this.stations.get(this.input.pick(CAS))
  }

  private optionsOf(): Record<string, unknown> {
    const { input } = this
    const options: Record<string, unknown> = { ioAddress: this.likely(IOAS), type: this.likely(TYPES) }
    const more: Readonly<Record<string, readonly unknown[]>> = {
      reportMs: [100, 1000, 0],
      relatedIoAddress: IOAS,
      relatedIoAutoreturn: [true, false],
      commandMode: [0, 1],
      eventType: TYPES,
      interrogationType: TYPES,
      tags: ["with", "without", "both"],
      groups: [[1], [2, 16], []],
      counterGroups: [[1], [4]],
      deadband: [{ absolute: 1 }, { percent: 10 }, null],
      minIntervalMs: [100, 1000],
      actTerm: [true, false, "manual"],
      nothing: [1]
    }
    const flags = input.octet()
    for (const [at, [name, of]] of Object.entries(more).entries())
      if (((flags >> (at % 8)) & 1) === 1 && input.below(3) === 0) options[name] = this.likely(of)
    return options
  }

  private addPoint(): void {
    const point = this.station?.addPoint(this.optionsOf() as never)
    if (point != null && this.points.length < 60) this.points.push(point as unknown as Point)
  }

  private remove(): void {
    const { input } = this
    if (input.below(4) > 0) return void this.station?.removePoint(this.likely([...IOAS, { ioAddress: 10, type: 45 }]))
    const ca = input.pick(CAS)
    this.stations.get(ca)?.detach()
    this.stations.delete(ca)
    this.host.removeStation(ca)
  }

  private ofEffect(): Effect.Effect<unknown, unknown> {
    const { input } = this
    const station = makeStation(this.host, this.ticker, input.pick(CAS))
    if (input.below(3) === 0) return station.initialised(this.likely([0, 1, 2, 128]))
    const { relatedIoAddress: feedback, commandMode: _, relatedIoAutoreturn: __, ...options } = this.optionsOf()
    if (input.below(2) === 0) return station.addPoint({ ...options, feedback } as never)
    const point = station.getPoint(this.likely(IOAS))
    if (point === null) return Effect.void
    switch (input.below(6)) {
      case 0:
        return point.set(this.value as never)
      case 1:
        return point.update(this.value as never, this.value as never)
      case 2:
        return point.transmit(this.value as never, this.transmission() as never)
      case 3:
        return point.onCommand(() => Effect.succeed("success" as const))
      case 4:
        return Effect.sync(() => point.publishUnsafe(this.value as never))
      default:
        return point.setQuality(this.value as never)
    }
  }

  private transmission(): never {
    return (
      this.input.below(3) === 0
        ? { originator: this.likely([0, 1, 255]), negative: this.likely([true, false]) }
        : undefined
    ) as never
  }

  private quality(): never {
    return this.likely([undefined, 0, 0x80, 0xf1])
  }

  private set(point: Point): void {
    const { input } = this
    const names = ["quality", "reportMs", "relatedIoAddress", "relatedIoAutoreturn", "commandMode", "actTerm"] as const
    const more = ["deadband", "minIntervalMs", "groups", "counterGroups", "info"] as const
    const name = input.pick([...names, ...more])
    const { info } = point
    Reflect.set(point, name, name === "info" ? this.likely([info]) : this.value)
  }

  private look(point: Point): void {
    const shown = `${String(point)} ${String(point.info)} ${String(point.station)} ${point.station?.points.length}`
    hold(!shown.includes("undefined points"), () => shown)
    for (const name of [
      "value",
      "quality",
      "recordedAt",
      "outputStatus",
      "selectedBy",
      "timerMs",
      "processedAt"
    ] as const)
      void point[name]
  }

  private handle(point: Point): void {
    const { input } = this
    const [which, how] = [input.below(6), input.octet()]
    const answer = (): never => this.answer(how, point) as never
    if (which === 0) point.onReceive(how === 255 ? null : answer)
    else if (which === 1) point.onReceive({ accept: answer, execute: () => this.answer(how >> 3, point) as never })
    else if (which === 2) point.onSelect(answer)
    else if (which === 3) point.onBeforeRead(() => this.answer(how, point) as never)
    else if (which === 4) point.onBeforeAutoTransmit(() => this.answer(how, point) as never)
    else point.onTimer(() => this.answer(how, point) as never, this.likely([100, 1000]))
  }

  /** How a handler of the program answers. */
  private answer(how: number, point: Point): unknown {
    switch (how % 10) {
      case 0:
      case 1:
        return ResponseState.SUCCESS
      case 2:
        return ResponseState.FAILURE
      case 3:
        return ResponseState.NONE
      case 4:
        throw new Boom()
      case 5:
        return new Promise((resolve) => this.waiting.push((by) => resolve(by % 3)))
      case 6:
        return Promise.reject(new Boom())
      case 7:
        point.station?.removePoint({ ioAddress: point.ioAddress, type: point.type })
        return ResponseState.SUCCESS
      case 8:
        this.does(() => point.transmit(Cot.SPONTANEOUS))
        return ResponseState.SUCCESS
      default:
        return Hostile.values[how]
    }
  }

  private batch(): void {
    const { input } = this
    const some = this.points.filter(() => input.below(2) === 0)
    const [first] = some
    const fit =
      input.below(8) === 0 ? some : some.filter((one) => one.type === first?.type && one.station === first?.station)
    const batch = new Batch({ cause: this.likely([3, 1, 2, 20, 5]), points: fit })
    if (input.below(2) === 0) batch.setValues(fit.map(() => this.value as never))
    Batches.publish(this.host, this.ticker, batch.runs, batch.cot, batch.originatorAddress)
  }

  private ofHost(): void {
    const { host, input } = this
    const handler = (how: number) => (): never => this.outcome(how) as never
    switch (input.below(9)) {
      case 0:
        host.onClockSync = handler(input.octet())
        return
      case 1:
        host.onReset = handler(input.octet())
        return
      case 2:
        host.onParameter = handler(input.octet())
        return
      case 3:
        host.onReceiveRaw = input.below(2) === 0 ? null : (): void => {}
        return
      case 4:
        return void host.room(input.below(2) === 0)
      case 5:
        this.station?.setCounters({
          mode: this.likely(["A", "B", "C", "D"]),
          localFreezeMs: this.likely([0, 1000, 60_000]),
          localFreezeReset: this.likely([true, false])
        })
        return
      case 6:
        return this.station?.setBackgroundScan(this.likely([0, 1000, 100]))
      case 7:
        for (const session of host.sessions)
          hold(`${new Connection(session)}`.length > 0, () => `${Metrics.snapshot(host).lostEvents} events are lost`)
        return
      default:
        host.maxConnections = input.below(3)
    }
  }

  private outcome(how: number): unknown {
    if (how % 5 === 3) throw new Boom()
    return how % 5 === 4
      ? new Promise((resolve) => this.waiting.push(() => resolve("success")))
      : ["success", "failure", how][how % 5]
  }

  // ---- clients and time ----

  private async turn(): Promise<void> {
    this.clock.turn()
    await tick()
  }

  private async rests(): Promise<void> {
    for (let n = 0; ; n++) {
      hold(n < TURNS_MAX, () => "it does not come to rest")
      if (this.clock.turn()) {
        await tick()
        continue
      }
      // What waits for this process's own loop: fibers that let others go first.
      await immediate()
      if (!this.clock.turn()) return
    }
  }

  private async passes(ms: number): Promise<void> {
    const { clock } = this
    await this.rests()
    const untilMs = clock.monotonicMs() + ms
    // Of a long time only the beginning goes by step for step: then the process stands still.
    for (let n = 0; clock.nextMs <= untilMs && n < 40; n++) {
      clock.advance(Math.max(clock.monotonicMs(), clock.nextMs))
      await this.rests()
    }
    clock.advance(untilMs)
    await this.rests()
  }

  private async connect(at: number): Promise<void> {
    if (this.clients[at] != null) return
    const line = this.transport.connect({ address: `192.0.2.${at + 1}`, port: ++this.ports }, PLACE)
    if (line === null) return
    const client: Client = { line, ns: 0, nr: 0, rest: new Uint8Array(0) }
    this.clients[at] = client
    line.on("data", (octets) => this.hears(client, octets))
    line.on("close", () => {
      if (this.clients[at] === client) this.clients[at] = null
    })
    await this.turn()
    line.write(Frames.u(Frames.U.startdt))
    await this.rests()
  }

  private hears(client: Client, octets: Uint8Array): void {
    const all = Frames.join(client.rest, octets)
    let end = 0
    while (end + 2 <= all.length && end + 2 + (all[end + 1] as number) <= all.length)
      end += 2 + (all[end + 1] as number)
    client.rest = all.slice(end)
    try {
      for (const { format, ns } of Frames.split(all.slice(0, end)))
        if (format === "I") {
          hold(ns === client.nr, () => `N(S) ${ns} follows ${client.nr}`)
          client.nr = (ns + 1) & 0x7fff
        }
    } catch (cause) {
      this.wrong ??= cause
    }
  }

  private async says(at: number): Promise<void> {
    const { input } = this
    const client = this.clients[at]
    const octets = this.saidBy(client ?? null)
    if (client == null || octets.length === 0) return
    client.line.write(octets)
    if (input.below(3) > 0) await this.turn()
  }

  /** What a client says next: most of it is meant for something that there is. */
  private saidBy(client: Client | null): Uint8Array {
    const { input } = this
    switch (input.below(9)) {
      case 0:
        return Frames.s(client?.nr ?? 0)
      case 1:
        return input.take(input.below(40))
      case 2:
        return Frames.u(input.pick(FUNCTIONS))
      case 3:
        return this.framed(client, Frames.interrogation(input.pick(GIVEN_CAS), input.pick(CAUSES)))
      case 4:
      case 5:
        return this.framed(client, this.commanded())
      case 6: {
        // A file: its name, and whatever the type has behind it.
        const type = 120 + input.below(8)
        const cause = input.pick([13, 13, 13, 5, 6])
        return this.framed(
          client,
          Frames.asdu(type, cause, 0, 1, input.pick([10, 10, 10, 0, 11]), ...input.take(1 + input.below(20)))
        )
      }
      case 7: {
        const [type, cause] = [input.pick([101, 102, 103, 105, 107, 104, 110, 112, 113]), input.pick([6, 5, 6, 8])]
        const [ca, ioa] = [input.pick(GIVEN_CAS), input.pick([0, ...IOAS])]
        return this.framed(client, Frames.asdu(type, cause, 0, ca, ioa, ...input.take(input.below(10))))
      }
      default:
        return this.framed(client, input.take(6 + input.below(30)))
    }
  }

  /** A command to one of the points, or its point read. */
  private commanded(): Uint8Array {
    const { input } = this
    const commands = this.points.filter(({ type, station }) => type >= FIRST_COMMAND && station !== null)
    const point = commands[input.octet() % Math.max(1, commands.length)]
    const cause = input.pick([6, 6, 6, 6, 8, 0x86, 5, 7])
    const twin = input.below(4) === 0 ? 13 : 0
    const element = input.take(1 + input.below(twin > 0 ? 13 : 7))
    return Frames.asdu(
      (point?.type ?? 45) + twin,
      cause,
      input.below(3),
      point?.station?.commonAddress ?? 1,
      point?.ioAddress ?? 1,
      ...element
    )
  }

  /** In a frame with the numbers that are right; nothing without a client. */
  private framed(client: Client | null, asdu: Uint8Array): Uint8Array {
    if (client === null) return new Uint8Array(0)
    const { ns, nr } = client
    client.ns = (ns + 1) & 0x7fff
    return Frames.i(ns, nr, asdu)
  }

  private async lineOf(at: number, how: number): Promise<void> {
    const line = this.clients[at]?.line
    if (line === undefined) return
    if (how % 6 === 0) line.end()
    else if (how % 6 === 1) line.reset()
    else if (how % 6 === 2) line.destroy()
    else if (how % 6 === 3) line.pause()
    else line.resume()
    await this.turn()
  }

  /** All clients go and the server ends: nothing is left of it. */
  private async over(): Promise<void> {
    for (const client of this.clients) client?.line.resume()
    for (const settle of this.waiting.splice(0)) settle(1)
    await this.passes(1000)
    for (const client of this.clients) client?.line.reset()
    const closed = Effect.runPromise(Scope.close(this.scope, Exit.void)).then(() => true)
    let isClosed = false
    void closed.then(() => {
      isClosed = true
    })
    for (let n = 0; !isClosed; n++) {
      hold(n < 200, () => "the server does not stop")
      await this.passes(1000)
    }
    for (const settle of this.waiting.splice(0)) settle(1)
    await this.passes(1000)
    hold(this.host.sessions.size === 0, () => `${this.host.sessions.size} sessions are left`)
    hold(
      this.clock.nextMs === Number.POSITIVE_INFINITY,
      () => `a timer is left for ${this.clock.nextMs - this.clock.monotonicMs()} ms`
    )
    Image.all(this.host.world.image)
  }
}
