// A whole server of ours behind real sockets, with a clock that stands still until every octet on its way has arrived:
// so the transcripts are played over TCP with exact times, and 48 hours take no longer than a moment.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Host } from "../../src/shell/Host.ts"
import { serve } from "../../src/shell/Serve.ts"
import type { ServerEvent } from "../../src/shell/ServerEvent.ts"
import type { Session } from "../../src/shell/Session.ts"
import type * as Backend from "./Backend.ts"
import * as Given from "./Given.ts"
import { ShellProcess } from "./ShellProcess.ts"
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
/** How often it is looked what is due at fixed rates. */
const TICK_MS = 100

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export class ShellStation implements Backend.Backend {
  readonly toleranceMs = 0
  private nowMs = 0
  private wakes: readonly Wake[] = []
  private readonly process: ShellProcess
  private readonly host: Host
  private tickMs: number
  private readonly scope: Scope.Closeable
  private connections: readonly Connection[] = []
  private readonly happened: Backend.Happening[] = []
  /** What the server said about connections by the port of the client. */
  private readonly sessions = new Map<number, Session>()
  private readonly ended = new Map<number, string>()

  private constructor(given: Given.Given, scope: Scope.Closeable) {
    this.scope = scope
    this.process = new ShellProcess(given, {
      monotonicMs: () => this.nowMs,
      wake: (delayMs: number, call: () => void) => this.later(delayMs, call),
      afterInput: (call: () => void) => void setImmediate(call)
    })
    this.host = this.process.host
    this.host.observers.add((event) => this.observe(event))
    this.tickMs = Given.ticks(given) ? TICK_MS : Number.POSITIVE_INFINITY
  }

  static async open(given: Given.Given): Promise<ShellStation> {
    const scope = await Effect.runPromise(Scope.make())
    const station = new ShellStation(given, scope)
    await Effect.runPromise(serve(station.host, station.process.ticker).pipe(Scope.provide(scope)))
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
      const dueMs = Math.min(this.tickMs, ...this.wakes.map(({ atMs }) => atMs))
      if (dueMs <= untilMs) {
        this.advance(Math.max(dueMs, this.nowMs))
        const due = this.wakes.filter(({ atMs }) => atMs <= this.nowMs)
        this.wakes = this.wakes.filter((wake) => !due.includes(wake))
        for (const { call } of due) call()
        if (this.nowMs >= this.tickMs) {
          this.tickMs += TICK_MS
          this.process.ticker.tick()
        }
        await this.settle()
      } else if (untilMs > this.nowMs) this.advance(untilMs)
      else return null
    }
  }

  async act(action: Backend.Action): Promise<void> {
    this.process.perform(action)
    await this.settle()
  }

  async ask(label: string, what: string): Promise<string | null> {
    const { session } = this.connections.find((connection) => connection.label === label) as Connection
    const told = this.process.tell(what)
    if (told !== null || session === null) return told
    return Told.tell(session.state, this.host.logEnds(), what)
  }

  async stop(): Promise<void> {
    for (const { client } of this.connections) client.socket.destroy()
    await Effect.runPromise(Scope.close(this.scope, Exit.void))
  }

  private advance(toMs: number): void {
    this.process.wallMs += toMs - this.nowMs
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
}
