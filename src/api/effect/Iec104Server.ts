// The server as an Effect service: failures typed in the error channel, life bound to a scope. What is synchronous
// (values, publishing) also has plain functions, since an Effect would cost more than the work.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Profile from "../../core/Profile.ts"
import type { Block } from "../../core/process/Block.ts"
import * as Image from "../../core/process/Image.ts"
import {
  AddressTaken,
  type IllegalCause,
  type InvalidAddress,
  type InvalidArgument,
  type InvalidValue,
  type ListenError,
  NotTaken
} from "../../shell/Errors.ts"
import type { Command } from "../../shell/Hooks.ts"
import { Host } from "../../shell/Host.ts"
import * as Options from "../../shell/Options.ts"
import { serve } from "../../shell/Serve.ts"
import type { Outcome, ServerEvent } from "../../shell/ServerEvent.ts"
import { Ticker } from "../../shell/Ticker.ts"

/** Where a server listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** A point: values are numbers (single points 0/1, double points 0..3). */
export interface Point {
  readonly ioAddress: number
  readonly type: number
  /** The present value. */
  readonly value: () => number
  /** Sets the value, tagged now where the type has a time tag. */
  readonly set: (value: number) => Effect.Effect<void, InvalidValue>
  /** Sends the present value, cause 3 unless another is given. */
  readonly transmit: (cause?: number) => Effect.Effect<void, NotTaken | IllegalCause>
  /** As `set` and `transmit` in one plain call; false when nobody took the event. Throws what they fail with. */
  readonly publishUnsafe: (value: number) => boolean
  /** Decides commands; a failure or defect of the handler confirms negatively. */
  readonly onCommand: <E, R>(
    handler: (command: Command) => Effect.Effect<Outcome, E, R>
  ) => Effect.Effect<void, never, R>
}

export interface PointOptions {
  readonly ioAddress: number
  readonly type: number
  /** Period of cyclic transmission in ms. */
  readonly reportMs?: number
}

export interface Station {
  readonly commonAddress: number
  readonly addPoint: (options: PointOptions) => Effect.Effect<Point, InvalidAddress | InvalidArgument | AddressTaken>
}

export interface Shape {
  readonly addStation: (commonAddress: number) => Effect.Effect<Station, InvalidAddress | AddressTaken>
  /** Listens until the scope ends. */
  readonly listen: Effect.Effect<Address, ListenError, Scope.Scope>
  /** Waits until no started session has more than half of its log waiting. */
  readonly room: Effect.Effect<void>
  /** What happens, from now on. The buffer slides: an observer that lags misses the oldest. */
  readonly events: Stream.Stream<ServerEvent>
  readonly openConnectionCount: () => number
  readonly activeConnectionCount: () => number
}

/** Runs a plain function whose throws are known errors of ours. */
const attempt = <A, E>(run: () => A): Effect.Effect<A, E> => Effect.try({ try: run, catch: (cause) => cause as E })

const EVENTS_BUFFERED = 1024

function makePoint(host: Host, block: Block, slot: number): Point {
  const ioAddress = block.ioa[slot] as number
  const set = (value: number): void => host.setValue(block, slot, value, host.clock.wallMs())
  return {
    ioAddress,
    type: block.of.type,
    value: () => Image.value(block, slot),
    set: (value) => attempt(() => set(value)),
    transmit: (cause = 3) =>
      attempt<boolean, IllegalCause>(() => host.publish(block, slot, cause, 0)).pipe(
        Effect.flatMap((taken) => (taken ? Effect.void : Effect.fail(new NotTaken({ ioAddress }))))
      ),
    publishUnsafe: (value) => {
      set(value)
      return host.publish(block, slot, 3, 0)
    },
    onCommand: <E, R>(handler: (command: Command) => Effect.Effect<Outcome, E, R>) =>
      Effect.map(Effect.context<R>(), (context) => {
        const run = Effect.runPromiseWith(context)
        host.hooks.of(block, slot).onCommand = (command) => run(handler(command), { signal: command.signal })
      })
  }
}

function makeStation(host: Host, ticker: Ticker, commonAddress: number): Station {
  return {
    commonAddress,
    addPoint: ({ ioAddress, type, reportMs = 0 }) =>
      attempt<Image.Place | null, InvalidAddress | InvalidArgument>(() =>
        host.addPoints(commonAddress, ioAddress, type, 1)
      ).pipe(
        Effect.flatMap((place) => {
          if (place === null) return Effect.fail(new AddressTaken({ what: "object address", value: ioAddress }))
          if (reportMs > 0) ticker.set(place.block, place.slot, reportMs)
          return Effect.succeed(makePoint(host, place.block, place.slot))
        })
      )
  }
}

/** A server that does not listen yet. */
export const make = (options: Options.PartialOptions = {}): Effect.Effect<Shape, InvalidArgument> =>
  Effect.map(
    attempt<Options.Options, InvalidArgument>(() => Options.complete(options, Profile.iec)),
    (complete) => {
      const host = new Host(complete)
      const ticker = new Ticker(host)
      return {
        addStation: (commonAddress) =>
          attempt<boolean, InvalidAddress>(() => host.addStation(commonAddress)).pipe(
            Effect.flatMap((added) =>
              added
                ? Effect.succeed(makeStation(host, ticker, commonAddress))
                : Effect.fail(new AddressTaken({ what: "common address", value: commonAddress }))
            )
          ),
        listen: Effect.map(serve(host, ticker), ({ port }) => ({ host: complete.host, port })),
        room: Effect.promise(() => host.room()),
        events: Stream.callback<ServerEvent>(
          (queue) =>
            Effect.acquireRelease(
              Effect.sync(() => {
                const observer = (event: ServerEvent): void => {
                  Queue.offerUnsafe(queue, event)
                }
                host.observers.add(observer)
                return observer
              }),
              (observer) => Effect.sync(() => host.observers.delete(observer))
            ),
          { bufferSize: EVENTS_BUFFERED, strategy: "sliding" }
        ),
        openConnectionCount: () => host.sessions.size,
        activeConnectionCount: () => host.activeCount
      }
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
