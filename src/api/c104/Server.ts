// The c104-compatible server: names, parameters and defaults of the Python package, Promises where something waits.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Batches from "../../shell/Batches.ts"
import * as Check from "../../shell/Check.ts"
import { InvalidArgument } from "../../shell/Errors.ts"
import { Host } from "../../shell/Host.ts"
import { type LogLevel, levels } from "../../shell/Log.ts"
import type { Metrics } from "../../shell/Metrics.ts"
import * as MetricsOf from "../../shell/Metrics.ts"
import { serve } from "../../shell/Serve.ts"
import type { ServerEvent } from "../../shell/ServerEvent.ts"
import * as StationOps from "../../shell/StationOps.ts"
import { Ticker } from "../../shell/Ticker.ts"
import { Batch } from "./Batch.ts"
import { Connection } from "./Connection.ts"
import * as callbacks from "./callbacks.ts"
import { optionsOf, type ServerOptions } from "./options.ts"
import { callable } from "./Point.ts"
import { ProtocolParameters } from "./ProtocolParameters.ts"
import { COUNTER_NAMES, type CounterOptions, Station } from "./Station.ts"
import type { TransportSecurity } from "./TransportSecurity.ts"

export interface StationOptions {
  /** IANA time zone of the time tags, default UTC. */
  readonly timeZone?: string
  /** Counter mode, default C, and how counters are frozen locally. */
  readonly counters?: CounterOptions
  /** Period of the background scan in ms, default 0 = none. */
  readonly backgroundMs?: number
}

const STATION_NAMES = Check.namesOf<StationOptions>({ timeZone: true, counters: true, backgroundMs: true })

export class Server implements AsyncDisposable {
  /** TLS configuration, or null. */
  readonly transportSecurity: TransportSecurity | null
  /** k, w and the timers; live. */
  readonly protocolParameters: ProtocolParameters
  readonly #host: Host
  readonly #ticker: Ticker
  readonly #stations = new Map<number, Station>()
  /** Starting and stopping happen one after the other. */
  #turn: Promise<void> = Promise.resolve()
  #scope: Scope.Closeable | null = null

  /** Throws `InvalidArgument` for options outside their range. */
  constructor(options: ServerOptions = {}) {
    const complete = optionsOf(options)
    this.#host = new Host(complete)
    this.#ticker = new Ticker(this.#host)
    this.transportSecurity = options.transportSecurity ?? null
    this.protocolParameters = new ProtocolParameters(this.#host)
  }

  // ---- life ----

  /**
   * Opens the listening sockets; when one of them cannot be had none is left. Does nothing while the server runs. Rejects with `AddressInUse`, `AddressUnavailable`,
   * `PermissionDenied` or `ListenFailed`, and with `InvalidArgument` when the protocol parameters do not go together.
   */
  start(): Promise<void> {
    return this.#then(async () => {
      if (this.#scope !== null) return
      this.protocolParameters.check()
      const scope = await Effect.runPromise(Scope.make())
      try {
        await Effect.runPromise(serve(this.#host, this.#ticker).pipe(Scope.provide(scope)))
        this.#scope = scope
      } catch (cause) {
        await Effect.runPromise(Scope.close(scope, Exit.void))
        throw cause
      }
    })
  }

  /**
   * Stops accepting, lets what is written leave, closes every connection and frees the port. From the moment of the call nothing
   * is begun any more, also of what came before it.
   */
  stop(): Promise<void> {
    this.#host.beginStop()
    return this.#then(async () => {
      const scope = this.#scope
      if (scope === null) return
      this.#scope = null
      await Effect.runPromise(Scope.close(scope, Exit.void))
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #then(step: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(step)
    this.#turn = done.catch(() => {})
    // Not `done` itself, whose failure counts as seen to: one that nobody waits for has to be an unhandled rejection.
    return done.then()
  }

  // ---- stations ----

  /** Adds a station; null when the common address is in use. Throws `InvalidAddress` outside 1..65534, `InvalidArgument` for unfit options. */
  addStation(commonAddress: number, options: StationOptions = {}): Station | null {
    Check.options("addStation", options, STATION_NAMES)
    const { counters, backgroundMs, timeZone = null } = options
    if (counters !== undefined) {
      Check.options("counters", counters, COUNTER_NAMES)
      // As they are set: what is refused then has left a station.
      const { mode, localFreezeMs = 0, localFreezeReset = false } = counters
      StationOps.checkCounters(mode, localFreezeMs, localFreezeReset)
    }
    if (backgroundMs !== undefined) StationOps.checkBackground(backgroundMs)
    if (!this.#host.addStation(commonAddress, timeZone)) return null
    const station = new Station(this, this.#host, this.#ticker, commonAddress)
    this.#stations.set(commonAddress, station)
    if (counters !== undefined) station.setCounters(counters)
    if (backgroundMs !== undefined) station.setBackgroundScan(backgroundMs)
    return station
  }

  /** The station with a common address, or null. */
  getStation(commonAddress: number): Station | null {
    return this.#stations.get(commonAddress) ?? null
  }

  /** Removes a station with its points. False when there is none. */
  removeStation(commonAddress: number): boolean {
    const station = this.#stations.get(commonAddress)
    if (station === undefined) return false
    this.#stations.delete(commonAddress)
    station.detach()
    return this.#host.removeStation(commonAddress)
  }

  /** The stations in the order in which they were added. */
  get stations(): Station[] {
    return [...this.#stations.values()]
  }

  get hasStations(): boolean {
    return this.#stations.size > 0
  }

  // ---- state ----

  /** The address to listen on; the first where there are several. */
  get ip(): string {
    return this.#host.options.host
  }

  /** All addresses to listen on. */
  get addresses(): readonly string[] {
    return this.#host.options.hosts
  }

  /** Granularity of cyclic transmission and timers in ms. */
  get tickRateMs(): number {
    return this.#host.options.tickRateMs
  }

  /** Time in ms within which an execute must follow its select. */
  get selectTimeoutMs(): number {
    return this.#host.options.selectMs
  }

  /** The port: the one that is listened on while the server runs, else the one that was asked for. */
  get port(): number {
    return this.#host.listening?.port ?? this.#host.options.port
  }

  get isRunning(): boolean {
    return this.#host.listening !== null
  }

  /** The open connections. */
  get connections(): Connection[] {
    return [...this.#host.sessions].map((session) => new Connection(session))
  }

  /** Open connections, started or not. */
  get openConnectionCount(): number {
    return this.#host.sessions.size
  }

  /** Connections on which data transfer is started. */
  get activeConnectionCount(): number {
    return this.#host.station.started.size
  }

  get hasOpenConnections(): boolean {
    return this.openConnectionCount > 0
  }

  get hasActiveConnections(): boolean {
    return this.activeConnectionCount > 0
  }

  /** Open connections at a time, 0 = no limit of its own. Lowering it closes nothing. */
  get maxConnections(): number {
    return this.#host.maxConnections
  }

  set maxConnections(limit: number) {
    Check.inRange("maxConnections", limit, 0, 1_000_000)
    this.#host.maxConnections = limit
  }

  /** What is logged: "none", "error", "warning" (default), "info" or "debug". */
  get logLevel(): LogLevel {
    return this.#host.logLevel
  }

  set logLevel(level: LogLevel) {
    this.#host.logLevel = Check.oneOf("logLevel", level, levels)
  }

  /** Counters of the server as they are now. */
  get metrics(): Metrics {
    return MetricsOf.snapshot(this.#host)
  }

  // ---- sending ----

  /** Sends the points of a batch. False when it is empty or nobody takes it. Throws `IllegalCause`. */
  transmitBatch(batch: Batch): boolean {
    if (!(batch instanceof Batch))
      throw new InvalidArgument({ what: "transmitBatch", expected: "a Batch", value: batch })
    if (batch.server !== this) return false
    return Batches.publish(this.#host, this.#ticker, batch.runs, batch.cot, batch.originatorAddress)
  }

  /**
   * Resolves when no started connection has more than half of its log waiting; for one that is too slow it waits at most
   * `limits.holdMs` in all, until that has caught up. A publisher that awaits it neither overruns the log of those that
   * keep up nor starves the reading of sockets, which a bare synchronous loop does.
   */
  room(): Promise<void> {
    return this.#host.room()
  }

  // ---- callbacks; null removes one ----

  /** Admits connections; an exception or anything but true refuses. */
  onConnect(callback: callbacks.ConnectCallback | null): void {
    callable("onConnect", callback)
    this.#host.onConnect = callback === null ? null : (address) => callback(this, address)
  }

  /** Decides clock synchronisations; without one they are accepted. */
  onClockSync(callback: callbacks.ClockSyncCallback | null): void {
    callable("onClockSync", callback)
    this.#host.onClockSync = callback === null ? null : callbacks.clockSync(this, callback)
  }

  /** Decides resets of the process; without one they are refused. */
  onReset(callback: callbacks.ResetCallback | null): void {
    callable("onReset", callback)
    this.#host.onReset = callback === null ? null : callbacks.reset(this, callback)
  }

  /** Decides parameters; without one they are refused. */
  onParameter(callback: callbacks.ParameterCallback | null): void {
    callable("onParameter", callback)
    this.#host.onParameter = callback === null ? null : callbacks.parameter(this, callback)
  }

  /** Told every received frame. */
  onReceiveRaw(callback: callbacks.RawCallback | null): void {
    callable("onReceiveRaw", callback)
    this.#host.onReceiveRaw = callback === null ? null : (_, apdu) => callback(this, apdu)
  }

  /** Told every frame that is sent. */
  onSendRaw(callback: callbacks.RawCallback | null): void {
    callable("onSendRaw", callback)
    this.#host.onSendRaw = callback === null ? null : (_, apdu) => callback(this, apdu)
  }

  /** Told messages that were turned down, after they were answered. */
  onUnexpectedMessage(callback: callbacks.UnexpectedMessageCallback | null): void {
    callable("onUnexpectedMessage", callback)
    this.#observe("unexpected", callback === null ? null : callbacks.unexpectedMessage(this, this.#host, callback))
  }

  /** Told when a connection ended, and why. */
  onDisconnect(callback: callbacks.DisconnectCallback | null): void {
    callable("onDisconnect", callback)
    this.#observe("disconnect", callback === null ? null : callbacks.disconnect(this, callback))
  }

  /** Told what failed: callbacks that threw, or did not answer in time. */
  onError(callback: callbacks.ErrorCallback | null): void {
    callable("onError", callback)
    this.#observe("error", callback === null ? null : callbacks.error(this, callback))
  }

  /** Observes everything that happens. Returns a function that ends it. */
  observe(observer: (event: ServerEvent) => void): () => void {
    Check.callable("observe", observer)
    this.#host.observers.add(observer)
    return () => {
      this.#host.observers.delete(observer)
    }
  }

  readonly #observers = new Map<string, () => void>()

  #observe(name: string, observer: ((event: ServerEvent) => void) | null): void {
    this.#observers.get(name)?.()
    this.#observers.delete(name)
    if (observer !== null) this.#observers.set(name, this.observe(observer))
  }

  toString(): string {
    return `Server ${this.ip}:${this.port}, ${this.openConnectionCount} clients, ${this.#stations.size} stations`
  }
}
