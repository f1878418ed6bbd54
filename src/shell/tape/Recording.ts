// A server of a configuration that is recorded on a tape from before it is made until everybody has gone.
import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Clock from "../Clock.ts"
import type { Listen, ServerConfig } from "../config/Config.ts"
import * as Plant from "../config/Plant.ts"
import type { InvalidArgument, ListenError } from "../Errors.ts"
import type { Listening } from "../Listener.ts"
import { rehearse } from "../Rehearsal.ts"
import { serve } from "../Serve.ts"
import type { Transport } from "../Transport.ts"
import * as Sockets from "../tcp/Sockets.ts"
import { type Head, Kind } from "./Format.ts"
import { RecordedHost } from "./RecordedHost.ts"
import { Recorder } from "./Recorder.ts"
import { schedulerOf } from "./Scheduling.ts"
import type { TapeUnwritable } from "./TapeErrors.ts"
import { TapeWriter } from "./TapeWriter.ts"

/** What is to be recorded, and where. */
export interface Asked {
  readonly tape: string
  readonly head: Head
  readonly config: ServerConfig
  readonly listen: Listen
  /** Told once why nothing more is recorded; the server goes on. */
  readonly failed: (why: string) => void
  readonly transport?: Transport
}

export interface Recording {
  readonly plant: Plant.Plant
  /** Serves it until the scope ends. */
  readonly start: Effect.Effect<Listening, ListenError, Scope.Scope>
}

/** Makes the tape, and a plant that it records. */
const begin = ({ tape, head, config, listen, failed, transport = Sockets.transport }: Asked) => {
  const out = new TapeWriter(tape, head)
  out.onFailure = failed
  const recorder = new Recorder(out, transport)
  const { clock } = recorder
  const plant = recorder.enter(Kind.Build, 0, () => {
    const plant = Plant.make(config, listen, { clock, host: (options) => new RecordedHost(options, recorder) })
    if (plant.host.files !== null) recorder.through(plant.host.files)
    plant.host.observers.add((event) => recorder.tells(event))
    return plant
  })
  // Rehearsing is no part of what is recorded: it goes by this machine's own clock.
  rehearse({ ...plant.host.options, clock: Clock.machine() })
  return { recorder, plant }
}

/** Runs an effect of the server within an entry, and what is left of it as the tape says. */
const within = <A, E>(recorder: Recorder, kind: number, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.callback((resume) => {
    const scheduler = schedulerOf(recorder.clock)
    recorder.enter(kind, 0, () => Effect.runFork(effect, { scheduler })).addObserver((exit) => resume(exit))
  })

/** Makes the server of a configuration, recorded until the scope ends. What cannot be recorded, or written, is an error. */
export const make = (asked: Asked): Effect.Effect<Recording, TapeUnwritable | InvalidArgument, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => begin(asked),
      catch: (cause) => cause as TapeUnwritable | InvalidArgument
    }),
    ({ recorder }) => Effect.promise(() => recorder.end())
  ).pipe(Effect.map(({ recorder, plant }) => ({ plant, start: start(asked.tape, recorder, plant) })))

const start = (
  tape: string,
  recorder: Recorder,
  { host, ticker }: Plant.Plant
): Effect.Effect<Listening, ListenError, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const starting = serve(host, ticker, recorder.transport).pipe(Scope.provide(scope))
    yield* Effect.addFinalizer(() => within(recorder, Kind.Stop, Scope.close(scope, Exit.void)))
    return yield* within(recorder, Kind.Start, starting).pipe(
      // There is nothing on it, and it would be in the way of the next.
      Effect.tapError(() => Effect.sync(() => fs.rmSync(tape, { force: true })))
    )
  })
