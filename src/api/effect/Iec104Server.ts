// The server as an Effect service: failures typed in the error channel, life bound to a scope. What is synchronous
// (values, publishing) also has plain functions, since an Effect would cost more than the work.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as Image from "../../core/image/Image.ts"
import * as Profile from "../../core/Profile.ts"
import type { CounterMode } from "../../core/read/Freeze.ts"
import type { ParameterRequested } from "../../core/system/SystemNotice.ts"
import * as Check from "../../shell/Check.ts"
import { AddressTaken, type InvalidAddress, type InvalidArgument, type ListenError } from "../../shell/Errors.ts"
import { Host } from "../../shell/Host.ts"
import * as Options from "../../shell/Options.ts"
import { serve } from "../../shell/Serve.ts"
import type { Gap, Outcome, Peer, ServerEvent } from "../../shell/ServerEvent.ts"
import * as StationOps from "../../shell/StationOps.ts"
import * as Taps from "../../shell/Taps.ts"
import { Ticker } from "../../shell/Ticker.ts"
import { attempt, makeStation, type Station } from "./Point.ts"
import { runWith } from "./run.ts"

/** Where a server listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

export interface StationOptions {
  /** IANA time zone of the time tags, default UTC. */
  readonly timeZone?: string
  /**
   * Counter mode, default C; with A and B also the period of the local freeze in ms, aligned to the station's clocks where
   * it divides a day, and whether counters begin anew with it.
   */
  readonly counterMode?: CounterMode
  readonly localFreezeMs?: number
  readonly localFreezeReset?: boolean
  /** Period of the background scan in ms, default 0 = none. */
  readonly backgroundMs?: number
}

const STATION_NAMES = Check.namesOf<StationOptions>({
  timeZone: true,
  counterMode: true,
  localFreezeMs: true,
  localFreezeReset: true,
  backgroundMs: true
})

type EventOf<K extends ServerEvent["event"]> = Extract<ServerEvent, { readonly event: K }>

/** Decides with an Effect; a failure or defect is a refusal. */
type Decide<Args extends readonly unknown[], A> = <E, R>(
  handler: (...args: Args) => Effect.Effect<A, E, R>
) => Effect.Effect<void, InvalidArgument, R>

export interface Shape {
  readonly addStation: (
    commonAddress: number,
    options?: StationOptions
  ) => Effect.Effect<Station, InvalidAddress | InvalidArgument | AddressTaken>
  readonly getStation: (commonAddress: number) => Station | null
  /** Removes a station with its points; whether there was one. */
  readonly removeStation: (commonAddress: number) => boolean
  /** Listens until the scope ends; when it fails nothing is left, and it may be tried again. Once at a time. */
  readonly listen: Effect.Effect<Address, ListenError, Scope.Scope>
  /** Where the server listens, or null. */
  readonly address: () => Address | null
  /** Waits until no started session has more than half of its log waiting, for one that is too slow at most `limits.holdMs`. */
  readonly room: Effect.Effect<void>
  /** Admits connections within `limits.connectMs`; then, or when the client has gone, it is interrupted. */
  readonly onConnect: Decide<[address: string], boolean>
  /** The received time in ms since 1970 UTC. */
  readonly onClockSync: Decide<[peer: Peer, timeMs: number], Outcome>
  readonly onReset: Decide<[peer: Peer, commonAddress: number, qualifier: number], Outcome>
  readonly onParameter: Decide<[peer: Peer, request: ParameterRequested], Outcome>
  /**
   * What happens, from when the stream is run. This and the next two keep 1024 events for a consumer that lags, each of
   * its own kind; what comes beyond is dropped, and a `gap` in its place says how many events were lost.
   */
  readonly events: Stream.Stream<ServerEvent | Gap>
  /** The commands and their outcomes among the events. */
  readonly commands: Stream.Stream<EventOf<"command"> | Gap>
  /** Connections that come, start, stop and go, among the events. */
  readonly sessions: Stream.Stream<EventOf<"connected" | "started" | "stopped" | "closed"> | Gap>
  /** Who is connected now. */
  readonly peers: () => readonly Peer[]
  readonly openConnectionCount: () => number
  readonly activeConnectionCount: () => number
}

/** Registers an Effect as a handler: `use` gets a function that runs it, within a signal where it is given one. */
const register =
  <Args extends readonly unknown[], A>(
    what: string,
    use: (run: (args: Args, signal?: AbortSignal) => A | Promise<A>) => void
  ): Decide<Args, A> =>
  <E, R>(handler: (...args: Args) => Effect.Effect<A, E, R>) =>
    Effect.flatMap(Effect.context<R>(), (context) =>
      attempt<void, InvalidArgument>(() => {
        Check.callable(what, handler)
        const run = runWith(context)
        use((args, signal) => run(handler(...args), signal))
      })
    )

function addStation(host: Host, ticker: Ticker, ca: number, options: StationOptions): boolean {
  Check.options("addStation", options, STATION_NAMES)
  const { timeZone = null, counterMode, localFreezeMs = 0, localFreezeReset = false, backgroundMs = 0 } = options
  StationOps.checkCounters(counterMode ?? "C", localFreezeMs, localFreezeReset)
  StationOps.checkBackground(backgroundMs)
  if (!host.addStation(ca, timeZone)) return false
  if (counterMode !== undefined) host.setCounterMode(ca, counterMode)
  ticker.setLocalFreeze(ca, localFreezeMs, localFreezeReset)
  ticker.setBackground(ca, backgroundMs)
  return true
}

const isAny = (_event: ServerEvent): _event is ServerEvent => true

const isCommand = (event: ServerEvent): event is EventOf<"command"> => event.event === "command"

const isSession = (event: ServerEvent): event is EventOf<"connected" | "started" | "stopped" | "closed"> =>
  event.event === "connected" || event.event === "started" || event.event === "stopped" || event.event === "closed"

function shapeOf(host: Host, ticker: Ticker): Shape {
  return {
    addStation: (commonAddress, options = {}) =>
      attempt<boolean, InvalidAddress | InvalidArgument>(() => addStation(host, ticker, commonAddress, options)).pipe(
        Effect.flatMap((added) =>
          added
            ? Effect.succeed(makeStation(host, ticker, commonAddress))
            : Effect.fail(new AddressTaken({ what: "common address", value: commonAddress }))
        )
      ),
    getStation: (commonAddress) =>
      Image.station(host.world.image, commonAddress) === undefined ? null : makeStation(host, ticker, commonAddress),
    removeStation: (commonAddress) => {
      ticker.removeStation(commonAddress, Image.station(host.world.image, commonAddress)?.blocks ?? [])
      return host.removeStation(commonAddress)
    },
    listen: serve(host, ticker),
    address: () => host.listening,
    room: Effect.promise(() => host.room()),
    onConnect: register("onConnect", (run) => {
      host.onConnect = (address, signal) => run([address], signal)
    }),
    onClockSync: register("onClockSync", (run) => {
      host.onClockSync = (peer, _low, _high, utcMs) => run([peer, utcMs])
    }),
    onReset: register("onReset", (run) => {
      host.onReset = (...request) => run(request)
    }),
    onParameter: register("onParameter", (run) => {
      host.onParameter = (...request) => run(request)
    }),
    events: Taps.streamOf(host, isAny),
    commands: Taps.streamOf(host, isCommand),
    sessions: Taps.streamOf(host, isSession),
    peers: () => [...host.sessions].map((session) => session.peer),
    openConnectionCount: () => host.sessions.size,
    activeConnectionCount: () => host.station.started.size
  }
}

/** A server that does not listen yet. */
export const make = (options: Options.PartialOptions = {}): Effect.Effect<Shape, InvalidArgument> =>
  Effect.map(
    attempt<Options.Options, InvalidArgument>(() => Options.complete(options, Profile.iec)),
    (complete) => {
      const host = new Host(complete)
      return shapeOf(host, new Ticker(host))
    }
  )

/** The server as a service. */
export class Iec104Server extends Context.Service<Iec104Server, Shape>()("iec104/Iec104Server") {
  /** A server that listens as long as the layer lives; `setup` adds stations and points before the first client comes. */
  static layer<E = never, R = never>(
    options: Options.PartialOptions = {},
    setup: (server: Shape) => Effect.Effect<void, E, R> = () => Effect.void
  ): Layer.Layer<Iec104Server, ListenError | InvalidArgument | E, Exclude<R, Scope.Scope>> {
    return Layer.effect(
      Iec104Server,
      Effect.gen(function* () {
        const server = yield* make(options)
        yield* setup(server)
        yield* server.listen
        return server
      })
    )
  }
}
