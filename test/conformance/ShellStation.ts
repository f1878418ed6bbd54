// A whole server of ours behind real sockets, with a clock that stands still until every octet on its way has arrived:
// so the transcripts are played over TCP with exact times, and 48 hours take no longer than a moment.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Time from "../../src/core/asdu/Time.ts"
import * as Profile from "../../src/core/Profile.ts"
import type { CyclicBatch } from "../../src/core/procedure/Turn.ts"
import * as Image from "../../src/core/process/Image.ts"
import * as Value from "../../src/core/process/Value.ts"
import * as SessionEvent from "../../src/core/session/SessionEvent.ts"
import { Host } from "../../src/shell/Host.ts"
import * as Options from "../../src/shell/Options.ts"
import { serve } from "../../src/shell/Serve.ts"
import type { Outcome, ServerEvent } from "../../src/shell/ServerEvent.ts"
import type { Session } from "../../src/shell/Session.ts"
import { Ticker } from "../../src/shell/Ticker.ts"
import * as Backend from "./Backend.ts"
import * as Given from "./Given.ts"
import { TcpClient } from "./TcpClient.ts"
import * as Told from "./Told.ts"

/** One connection seen from both ends. */
interface Connection {
  readonly label: string
  readonly client: TcpClient
  /** The server's end; null when it was refused. */
  readonly session: Session | null
  /** Whether its end has been told. */
  told: boolean
}

interface Wake {
  readonly atMs: number
  readonly call: () => void
}

/** Real time after which octets that do not arrive are a fault. */
const STALLED_MS = 5000
const outcomes: Readonly<Record<Exclude<Backend.Answer, "held">, Outcome>> = { accepted: "success", refused: "failure" }

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export class ShellStation implements Backend.Backend {
  readonly toleranceMs = 0
  private nowMs = 0
  private wallMs = Backend.WALL_EPOCH_MS
  private wakes: readonly Wake[] = []
  private readonly host: Host
  private readonly scope: Scope.Closeable
  private connections: readonly Connection[] = []
  private readonly happened: Backend.Happening[] = []
  /** What the server said about connections by the port of the client. */
  private readonly sessions = new Map<number, Session>()
  private readonly ended = new Map<number, string>()
  private commands: Backend.Answer = "accepted"
  private clock: Backend.Answer = "accepted"
  private held: ((outcome: Outcome) => void)[] = []

  private constructor(given: Given.Given, scope: Scope.Closeable) {
    this.scope = scope
    const profile = { ...Profile.presets[given.profile], controlField: given.controlField }
    const clock = {
      monotonicMs: () => this.nowMs,
      wallMs: () => this.wallMs,
      wake: (delayMs: number, call: () => void) => this.later(delayMs, call),
      afterInput: (call: () => void) => void setImmediate(call)
    }
    const options = Options.complete(
      {
        host: "127.0.0.1",
        port: 0,
        link: Given.parametersOf(given.link),
        limits: { logRecords: given.log, connections: given.connections },
        packEvents: given.pack,
        clock
      },
      profile
    )
    this.host = new Host(options)
    this.host.observers.add((event) => this.observe(event))
    this.host.onClockSync = (_, timeLow, timeHigh) => {
      if (this.clock === "held") return this.hold()
      if (this.clock === "accepted") this.wallMs = Time.cp56ToEpochMs(timeLow, timeHigh)
      return outcomes[this.clock]
    }
    for (const { ca, from, to, type } of given.points) {
      this.host.addStation(ca)
      this.host.addPoints(ca, from, type, to - from + 1)
      if (Value.isCommand(type)) for (let ioa = from; ioa <= to; ioa++) this.decideCommandsOf(ca, ioa)
    }
  }

  static async open(given: Given.Given): Promise<ShellStation> {
    const scope = await Effect.runPromise(Scope.make())
    const station = new ShellStation(given, scope)
    await Effect.runPromise(serve(station.host, new Ticker(station.host)).pipe(Scope.provide(scope)))
    return station
  }

  async connect(label: string): Promise<void> {
    const port = this.host.listening?.port as number
    const client = await TcpClient.connect(
      label,
      "127.0.0.1",
      port,
      (octets) => this.happened.push({ kind: "frame", label, atMs: this.nowMs, octets }),
      () => {}
    )
    await this.until(() => this.sessions.has(client.port) || this.ended.has(client.port))
    const made: Connection = { label, client, session: this.sessions.get(client.port) ?? null, told: false }
    this.connections = [...this.connections.filter((other) => other.label !== label), made]
    await this.settle()
  }

  async send(label: string, octets: Uint8Array): Promise<void> {
    this.find(label).client.socket.write(octets)
    await this.settle()
  }

  async handle(label: string, manner: Backend.Manner): Promise<void> {
    this.find(label).client.handle(manner)
    await this.settle()
  }

  async next(untilMs: number): Promise<Backend.Happening | null> {
    for (;;) {
      const first = this.happened.shift()
      if (first !== undefined) return first
      const dueMs = Math.min(...this.wakes.map(({ atMs }) => atMs))
      if (dueMs <= untilMs) {
        this.advance(Math.max(dueMs, this.nowMs))
        const due = this.wakes.filter(({ atMs }) => atMs <= this.nowMs)
        this.wakes = this.wakes.filter((wake) => !due.includes(wake))
        for (const { call } of due) call()
        await this.settle()
      } else if (untilMs > this.nowMs) this.advance(untilMs)
      else return null
    }
  }

  async act(action: Backend.Action): Promise<void> {
    this.perform(action)
    await this.settle()
  }

  async ask(label: string, what: string): Promise<string | null> {
    const { session } = this.connections.find((connection) => connection.label === label) as Connection
    return session === null ? null : Told.tell(session.state, this.host.logEnds(), what)
  }

  async stop(): Promise<void> {
    for (const { client } of this.connections) client.socket.destroy()
    await Effect.runPromise(Scope.close(this.scope, Exit.void))
  }

  private advance(toMs: number): void {
    this.wallMs += toMs - this.nowMs
    this.nowMs = toMs
  }

  private later(delayMs: number, call: () => void): () => void {
    const wake = { atMs: this.nowMs + delayMs, call }
    this.wakes = [...this.wakes, wake]
    return () => {
      this.wakes = this.wakes.filter((other) => other !== wake)
    }
  }

  private find(label: string): Connection {
    const found = this.connections.find((connection) => connection.label === label && !connection.told)
    if (found === undefined) throw new Error(`there is no open connection${label === "" ? "" : ` ${label}`}`)
    return found
  }

  private observe(event: ServerEvent): void {
    if (event.event === "refused") this.ended.set(event.port, "REFUSED")
    else if (event.event === "closed") this.ended.set(event.peer.port, event.reason)
    else if (event.event === "connected")
      for (const session of this.host.sessions)
        if (session.peer === event.peer) this.sessions.set(event.peer.port, session)
  }

  // ---- standing still ----

  private async until(condition: () => boolean): Promise<void> {
    const begin = performance.now()
    while (!condition()) {
      if (performance.now() - begin > STALLED_MS) throw new Error("octets on their way do not arrive")
      await turn()
    }
  }

  /** Waits until every octet that was written has been read, and what follows from it has happened. */
  private async settle(): Promise<void> {
    for (let before = -1, now = 0; now !== before; ) {
      before = now
      await turn()
      await this.until(() => this.connections.every((connection) => this.arrived(connection)))
      now = this.connections.reduce((sum, { client }) => sum + client.socket.bytesRead + client.socket.bytesWritten, 0)
    }
    for (const connection of this.connections) this.tellEnd(connection)
  }

  private arrived({ client, session }: Connection): boolean {
    const { socket } = client
    const ended = this.ended.has(client.port)
    if (ended || socket.writableEnded || client.closed || session === null)
      return ended && (client.closed || client.paused)
    if (session.socket.bytesRead !== socket.bytesWritten) return false
    return client.paused || socket.bytesRead === session.socket.bytesWritten
  }

  private tellEnd(connection: Connection): void {
    const reason = this.ended.get(connection.client.port)
    if (reason === undefined || connection.told) return
    connection.told = true
    this.happened.push({ kind: "closed", label: connection.label, atMs: this.nowMs, reason })
  }

  // ---- the process ----

  private hold(): Promise<Outcome> {
    return new Promise((resolve) => this.held.push(resolve))
  }

  private decideCommandsOf(ca: number, ioa: number): void {
    const { block, slot } = this.place(ca, ioa)
    this.host.hooks.of(block, slot).onCommand = () => (this.commands === "held" ? this.hold() : outcomes[this.commands])
  }

  private place(ca: number | null, ioa: number): Image.Place {
    const { image } = this.host.world
    const station = ca === null ? image.stations[0] : Image.station(image, ca)
    const place = station === undefined ? null : Image.find(station, ioa)
    if (place === null) throw new Error(`there is no point ${ca ?? "(first station)"}:${ioa}`)
    return place
  }

  private perform(action: Backend.Action): void {
    const { host } = this
    switch (action.kind) {
      case "event":
      case "set":
        for (const { ca, ioa, value } of action.settings) {
          const { block, slot } = this.place(ca, ioa)
          host.setValue(block, slot, value, this.wallMs)
          if (action.kind === "event") host.publish(block, slot, action.cause, 0)
        }
        return
      case "cyclic":
        return this.cyclic(action.points)
      case "commands":
      case "clock":
        this[action.kind] = action.answer
        return
      case "answer": {
        const { held } = this
        this.held = []
        if (action.answer !== "held") for (const resolve of held) resolve(outcomes[action.answer])
        return
      }
      case "initialised":
        return host.initialised(action.ca, action.cause)
      case "close":
        for (const session of [...host.sessions]) session.end("shutdown")
    }
  }

  private cyclic(points: readonly Omit<Backend.Setting, "value">[]): void {
    const batches: CyclicBatch[] = points.map(({ ca, ioa }) => {
      const { block, slot } = this.place(ca, ioa)
      return { block, slots: Int32Array.of(slot), type: block.of.cyclicType, cause: block.of.cyclicCause }
    })
    for (const session of this.host.sessions)
      session.dispatch({ ...SessionEvent.plain("cyclic", this.nowMs, this.host.logEnds(), session.room()), batches })
  }
}
