// The c104-compatible server: names, parameters and defaults of the Python package, Promises where something waits.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Limits } from "../../core/Limits.ts"
import * as Profile from "../../core/Profile.ts"
import { Host, inRange } from "../../shell/Host.ts"
import * as Options from "../../shell/Options.ts"
import { serve } from "../../shell/Serve.ts"
import type { Outcome, ServerEvent } from "../../shell/ServerEvent.ts"
import { Ticker } from "../../shell/Ticker.ts"
import { type DateTime, fromWords } from "./DateTime.ts"
import { ResponseState } from "./enums.ts"
import { Station } from "./Station.ts"

export interface ServerOptions {
  /** Address to listen on, default "0.0.0.0". */
  readonly ip?: string
  /** Port to listen on, default 2404; 0 takes any free one. */
  readonly port?: number
  /** Granularity of cyclic transmission in ms, at least 50, default 100. */
  readonly tickRateMs?: number
  /** Time in ms within which an execute must follow its select, default 100 (which is short). */
  readonly selectTimeoutMs?: number
  /** Open connections at a time, default 0 = no limit but the safety limit of 10,000. */
  readonly maxConnections?: number
  /** Whether events that wait together share an ASDU, default true. */
  readonly packEvents?: boolean
  /** The interoperability profile, default "c104". */
  readonly profile?: "c104" | "iec" | Profile.Profile
  /** Limits of this server; see `docs/ARCHITECTURE.md`. */
  readonly limits?: Partial<Limits>
}

/** Accepts (true) or refuses a connection. */
export type ConnectCallback = (server: Server, ip: string) => boolean | Promise<boolean>
/** Accepts or refuses a clock synchronisation. */
export type ClockSyncCallback = (
  server: Server,
  ip: string,
  dateTime: DateTime
) => ResponseState | Promise<ResponseState>

const outcomes: Readonly<Record<ResponseState, Outcome>> = {
  [ResponseState.FAILURE]: "failure",
  [ResponseState.SUCCESS]: "success",
  [ResponseState.NONE]: "none"
}

export class Server implements AsyncDisposable {
  readonly ip: string
  readonly tickRateMs: number
  readonly selectTimeoutMs: number
  readonly #host: Host
  readonly #ticker: Ticker
  readonly #stations = new Map<number, Station>()
  /** Starting and stopping happen one after the other. */
  #turn: Promise<void> = Promise.resolve()
  #scope: Scope.Closeable | null = null

  /** Throws `InvalidArgument` for options outside their range. */
  constructor(options: ServerOptions = {}) {
    const { ip, port, tickRateMs, maxConnections, packEvents, limits, profile = "c104" } = options
    const complete = Options.complete(
      {
        ...(ip === undefined ? {} : { host: ip }),
        ...(port === undefined ? {} : { port }),
        ...(tickRateMs === undefined ? {} : { tickRateMs }),
        ...(maxConnections === undefined ? {} : { maxConnections }),
        ...(packEvents === undefined ? {} : { packEvents }),
        ...(limits === undefined ? {} : { limits })
      },
      typeof profile === "string" ? Profile.presets[profile] : profile
    )
    this.selectTimeoutMs = options.selectTimeoutMs ?? 100
    inRange("selectTimeoutMs", this.selectTimeoutMs, 0, 0x7fff_ffff)
    this.#host = new Host(complete)
    this.#ticker = new Ticker(this.#host)
    this.ip = complete.host
    this.tickRateMs = complete.tickRateMs
  }

  /**
   * Opens the listening socket. Does nothing while the server runs.
   * Rejects with `AddressInUse`, `AddressUnavailable`, `PermissionDenied` or `ListenFailed`.
   */
  start(): Promise<void> {
    return this.#then(async () => {
      if (this.#scope !== null) return
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

  /** Stops accepting, lets what is written leave, closes every connection and frees the port. */
  stop(): Promise<void> {
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
    return done
  }

  // ---- stations ----

  /** Adds a station; null when the common address is in use. Throws `InvalidAddress` outside 1..65534. */
  addStation(commonAddress: number): Station | null {
    if (!this.#host.addStation(commonAddress)) return null
    const station = new Station(this, this.#host, this.#ticker, commonAddress)
    this.#stations.set(commonAddress, station)
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

  /** The port: the one that is listened on while the server runs, else the one that was asked for. */
  get port(): number {
    return this.#host.listening?.port ?? this.#host.options.port
  }

  get isRunning(): boolean {
    return this.#host.listening !== null
  }

  /** Open connections, started or not. */
  get openConnectionCount(): number {
    return this.#host.sessions.size
  }

  /** Connections on which data transfer is started. */
  get activeConnectionCount(): number {
    return this.#host.activeCount
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
    inRange("maxConnections", limit, 0, 1_000_000)
    this.#host.maxConnections = limit
  }

  /**
   * Resolves when no started connection has more than half of its log waiting. A publisher that awaits it neither
   * overruns the log nor starves the reading of sockets, which a bare synchronous loop does.
   */
  room(): Promise<void> {
    return this.#host.room()
  }

  // ---- callbacks ----

  /** Registers the callback that admits connections; an exception or anything but true refuses. Null removes it. */
  onConnect(callback: ConnectCallback | null): void {
    this.#host.onConnect = callback === null ? null : (address) => callback(this, address)
  }

  /** Registers the callback that decides clock synchronisations; null removes it, and they are then accepted. */
  onClockSync(callback: ClockSyncCallback | null): void {
    this.#host.onClockSync =
      callback === null
        ? null
        : (peer, timeLow, timeHigh) => {
            const state = callback(this, peer.address, fromWords(timeLow, timeHigh))
            return typeof state === "object" ? Promise.resolve(state).then((late) => outcomes[late]) : outcomes[state]
          }
  }

  /** Observes what happens: connections, commands, errors. Returns a function that ends it. */
  observe(observer: (event: ServerEvent) => void): () => void {
    this.#host.observers.add(observer)
    return () => {
      this.#host.observers.delete(observer)
    }
  }

  toString(): string {
    return `Server ${this.ip}:${this.port}, ${this.openConnectionCount} clients, ${this.#stations.size} stations`
  }
}
