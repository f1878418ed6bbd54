// The whole server with a clock that stands still until all that was sent has arrived, and all that follows from it has
// happened: so transcripts are played with exact times, and 48 hours take no longer than a moment. Octets go through memory or
// through sockets; all else is what runs in production.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Host } from "../../src/shell/Host.ts"
import { serve } from "../../src/shell/Serve.ts"
import type { ServerEvent } from "../../src/shell/ServerEvent.ts"
import type { Session } from "../../src/shell/Session.ts"
import { VirtualClock } from "../../src/shell/VirtualClock.ts"
import * as Backend from "./Backend.ts"
import type { Client, Clients } from "./Clients.ts"
import type * as Given from "./Given.ts"
import { MemoryClients } from "./MemoryClients.ts"
import { SocketClients } from "./SocketClients.ts"
import { StationProcess } from "./StationProcess.ts"
import * as Told from "./Told.ts"

interface Connection {
  readonly label: string
  readonly client: Client
  /** Whether its end has been told. */
  told: boolean
}

/** How the server said that a connection is over. */
interface End {
  readonly reason: string
  readonly why?: string
}

/** Real time after which octets that do not arrive are a fault. */
const STALLED_MS = 5000
/** Turns of the loop after which a station that still has something to do never comes to rest. */
const TURNS_MAX = 1_000_000

/** A turn of the process's own loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export class ServedStation implements Backend.Backend {
  readonly toleranceMs = 0
  private readonly clock: VirtualClock
  private readonly clients: Clients
  private readonly process: StationProcess
  private readonly host: Host
  private readonly scope: Scope.Closeable
  private connections: readonly Connection[] = []
  private readonly happened: Backend.Happening[] = []
  /** What the server said about connections by the port of the client. */
  private readonly sessions = new Map<number, Session>()
  private readonly ended = new Map<number, End>()

  private constructor(given: Given.Given, clock: VirtualClock, clients: Clients, scope: Scope.Closeable) {
    this.clock = clock
    this.clients = clients
    this.scope = scope
    this.process = new StationProcess(given, clock)
    this.host = this.process.host
    this.host.observers.add((event) => this.observe(event))
  }

  private static async serve(given: Given.Given, clock: VirtualClock, clients: Clients): Promise<ServedStation> {
    const scope = await Effect.runPromise(Scope.make())
    const station = new ServedStation(given, clock, clients, scope)
    const { host, ticker } = station.process
    await Effect.runPromise(serve(host, ticker, clients.transport).pipe(Scope.provide(scope)))
    // The ticker is a fiber of its own, which begins a turn later.
    await turn()
    return station
  }

  /** One whose clients are in memory. */
  static async inMemory(given: Given.Given): Promise<ServedStation> {
    if (given.tls !== null) throw new Backend.NotApplicable("a line in memory carries no TLS")
    const clock = new VirtualClock(given.wallMs)
    return ServedStation.serve(given, clock, new MemoryClients(clock))
  }

  /** One whose clients come over TCP. */
  static async overTcp(given: Given.Given): Promise<ServedStation> {
    return ServedStation.serve(given, new VirtualClock(given.wallMs), new SocketClients(given.tls !== null))
  }

  async connect(label: string, how: string): Promise<void> {
    this.forget(label)
    const to = { address: "127.0.0.1", port: this.host.listening?.port as number }
    const onFrame = (octets: Uint8Array): void =>
      void this.happened.push({ kind: "frame", label, atMs: this.clock.monotonicMs(), octets })
    const client = await this.clients.connect(label, how, to, onFrame)
    this.connections = [...this.connections.filter((other) => other.label !== label), { label, client, told: false }]
    const isJudged = (): boolean => this.sessions.has(client.port) || this.ended.has(client.port)
    await this.until(() => client.isSeen && (client.isPlain || isJudged()))
    await this.settle()
  }

  /** A connection that is over: its port may come again, which says nothing about the next one. */
  private forget(label: string): void {
    const over = this.connections.find((connection) => connection.label === label && connection.told)
    if (over === undefined) return
    for (const known of [this.sessions, this.ended]) known.delete(over.client.port)
    over.client.forget()
  }

  async send(label: string, octets: Uint8Array): Promise<void> {
    this.find(label).client.send(octets)
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
      const nowMs = this.clock.monotonicMs()
      const dueMs = Math.max(nowMs, this.clock.nextMs)
      if (dueMs <= untilMs) {
        this.clock.advance(dueMs)
        await this.settle()
      } else if (untilMs > nowMs) this.clock.advance(untilMs)
      else return null
    }
  }

  async act(action: Backend.Action): Promise<void> {
    this.process.perform(action)
    await this.settle()
  }

  async ask(label: string, what: string): Promise<string | null> {
    const { client } = this.connections.find((connection) => connection.label === label) as Connection
    const session = this.sessions.get(client.port)
    const told = client.tell(what) ?? this.process.tell(what)
    if (told !== null || session === undefined) return told
    return Told.tell(session, this.host.logEnds(), what)
  }

  async stop(): Promise<void> {
    for (const { client } of this.connections) if (!client.closed) client.handle("RST")
    const closing = Effect.runPromise(Scope.close(this.scope, Exit.void))
    let isClosed = false
    void closing.finally(() => {
      isClosed = true
    })
    await this.until(() => isClosed)
    await closing
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

  /** Turns the loop until nothing is left to do, and lets promises and sockets go on meanwhile. */
  private async rest(): Promise<void> {
    let turns = 0
    do {
      while (this.clock.turn()) if (++turns > TURNS_MAX) throw new Error("the station does not come to rest")
      await this.clients.goOn()
    } while (this.clock.turn())
  }

  private async until(condition: () => boolean): Promise<void> {
    const begin = performance.now()
    while (!condition()) {
      if (performance.now() - begin > STALLED_MS) throw new Error("octets on their way do not arrive")
      await turn()
      await this.rest()
    }
  }

  /** Waits until every octet that was written has been read, and what follows from it has happened. */
  private async settle(): Promise<void> {
    for (let before = -1, now = 0; now !== before; ) {
      before = now
      await this.rest()
      if (!this.isQuiet()) await this.until(() => this.isQuiet())
      now = this.connections.reduce((sum, { client }) => sum + client.octets, 0)
    }
    for (const connection of this.connections) this.tellEnd(connection)
  }

  private isQuiet(): boolean {
    for (const { client } of this.connections) {
      const isOver = this.ended.has(client.port)
      if (isOver ? !(client.closed || client.paused) : !client.isQuiet) return false
    }
    return true
  }

  private tellEnd(connection: Connection): void {
    const end = this.ended.get(connection.client.port)
    if (end === undefined || connection.told) return
    connection.told = true
    this.happened.push({ kind: "closed", label: connection.label, atMs: this.clock.monotonicMs(), ...end })
  }
}
