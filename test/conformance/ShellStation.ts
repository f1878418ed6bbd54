// A whole server of ours behind real sockets, with a clock that stands still until every octet on its way has arrived:
// so the transcripts are played over TCP with exact times, and 48 hours take no longer than a moment.
import * as Diagnostics from "node:diagnostics_channel"
import type * as Net from "node:net"
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
import { type TlsClient, TlsClients } from "./TlsClients.ts"
import * as Told from "./Told.ts"

/** One connection seen from both ends. */
interface Connection {
  readonly label: string
  readonly client: TcpClient
  /** What the client knows of its TLS; null = plain TCP. */
  readonly tls: TlsClient | null
  /** The server's end. */
  readonly server: Net.Socket
  /** What the server made of it; null when it was refused, or its handshake is under way. */
  readonly session: Session | null
  /** Whether its end has been told. */
  told: boolean
}

/** How the server said that a connection is over. */
interface End {
  readonly reason: string
  readonly why?: string
}

interface Wake {
  readonly atMs: number
  readonly call: () => void
}

/** Real time after which octets that do not arrive are a fault. */
const STALLED_MS = 5000
/** How often it is looked what is due at fixed rates. */
const TICK_MS = 100

/** Node.js tells here of every connection that a server of this process has accepted, when that server has seen it. */
const ACCEPTED = "net.server.socket"

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
  private readonly ended = new Map<number, End>()
  /** The server's ends by the port of the client. */
  private readonly accepted = new Map<number, Net.Socket>()
  private readonly clients: TlsClients | null
  private readonly accept = (message: unknown): void => {
    const { socket } = message as { readonly socket: Net.Socket }
    if (socket.localPort === this.host.listening?.port) this.accepted.set(socket.remotePort as number, socket)
  }

  private constructor(given: Given.Given, scope: Scope.Closeable) {
    this.scope = scope
    this.process = new ShellProcess(given, {
      monotonicMs: () => this.nowMs,
      wake: (delayMs: number, call: () => void) => this.later(delayMs, call),
      afterInput: (call: () => void) => void setImmediate(call)
    })
    this.host = this.process.host
    this.clients = given.tls === null ? null : new TlsClients()
    Diagnostics.subscribe(ACCEPTED, this.accept)
    this.host.observers.add((event) => this.observe(event))
    this.tickMs = Given.ticks(given) ? TICK_MS : Number.POSITIVE_INFINITY
  }

  static async open(given: Given.Given): Promise<ShellStation> {
    const scope = await Effect.runPromise(Scope.make())
    const station = new ShellStation(given, scope)
    await Effect.runPromise(serve(station.host, station.process.ticker).pipe(Scope.provide(scope)))
    return station
  }

  async connect(label: string, how: string): Promise<void> {
    this.forget(label)
    const tls = this.clients?.client(how) ?? null
    const port = this.host.listening?.port as number
    const client = await TcpClient.connect(
      label,
      "127.0.0.1",
      port,
      (octets) => this.happened.push({ kind: "frame", label, atMs: this.nowMs, octets }),
      () => {},
      tls ?? {}
    )
    const isJudged = (): boolean => this.sessions.has(client.port) || this.ended.has(client.port)
    // Who is refused at once is gone before Node.js tells of his connection.
    const isSeen = (): boolean => this.accepted.has(client.port) || this.ended.has(client.port)
    await this.until(() => isSeen() && (isJudged() || tls?.isPlain === true))
    const server = this.accepted.get(client.port) as Net.Socket
    const made: Connection = {
      label,
      client,
      tls,
      server,
      session: this.sessions.get(client.port) ?? null,
      told: false
    }
    this.connections = [...this.connections.filter((other) => other.label !== label), made]
    await this.settle()
  }

  /** A connection that is over: its port may come again, which says nothing about the next one. */
  private forget(label: string): void {
    const over = this.connections.find((connection) => connection.label === label && connection.told)
    if (over === undefined) return
    for (const known of [this.accepted, this.sessions, this.ended]) known.delete(over.client.port)
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
    const { session, tls } = this.connections.find((connection) => connection.label === label) as Connection
    const told = tls?.tell(what) ?? this.process.tell(what)
    if (told !== null || session === null) return told
    return Told.tell(session, this.host.logEnds(), what)
  }

  async stop(): Promise<void> {
    Diagnostics.unsubscribe(ACCEPTED, this.accept)
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
    if (event.event === "refused") this.ended.set(event.port, { reason: "REFUSED", why: event.why })
    else if (event.event === "closed") {
      // Who is refused after a later handshake is closed too.
      if (!this.ended.has(event.peer.port)) this.ended.set(event.peer.port, { reason: event.reason })
    } else if (event.event === "connected")
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
      now = this.connections.reduce((sum, { client: { raw } }) => sum + raw.bytesRead + raw.bytesWritten, 0)
    }
    for (const connection of this.connections) this.tellEnd(connection)
  }

  private arrived({ client, server }: Connection): boolean {
    const { raw, socket } = client
    const ended = this.ended.has(client.port)
    if (ended || socket.writableEnded || client.closed) return ended && (client.closed || client.paused)
    if (server.bytesRead !== raw.bytesWritten) return false
    return client.paused || raw.bytesRead === server.bytesWritten
  }

  private tellEnd(connection: Connection): void {
    const end = this.ended.get(connection.client.port)
    if (end === undefined || connection.told) return
    connection.told = true
    this.happened.push({ kind: "closed", label: connection.label, atMs: this.nowMs, ...end })
  }
}
