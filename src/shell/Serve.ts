// A running server as one scoped Effect: the listener, the ticker, and its log.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { AlreadyListening, type ListenError } from "./Errors.ts"
import type { Host } from "./Host.ts"
import * as Listener from "./Listener.ts"
import * as Log from "./Log.ts"
import { rehearse } from "./Rehearsal.ts"
import type { Ticker } from "./Ticker.ts"
import * as Undecided from "./Undecided.ts"

const logs = { error: Effect.logError, warning: Effect.logWarning, info: Effect.logInfo, debug: Effect.logDebug }

/** Waits until interrupted file transfers have cleaned up after themselves, within the limit for closing. */
const released = (host: Host): Effect.Effect<void> =>
  host.files === null
    ? Effect.void
    : Effect.promise(() => host.files?.closed() ?? Promise.resolve()).pipe(
        Effect.timeoutOption(host.options.limits.lingerMs),
        Effect.asVoid
      )

/** Notes that a host is being served: there is one ticker and one address to tell. */
const once = (host: Host): Effect.Effect<void, AlreadyListening, Scope.Scope> =>
  Effect.suspend(() => {
    const { options, listening, serving } = host
    if (serving) return Effect.fail(new AlreadyListening(listening ?? { host: options.host, port: options.port }))
    host.serving = true
    return Effect.addFinalizer(() =>
      Effect.sync(() => {
        host.serving = false
      })
    )
  })

const served = (host: Host, ticker: Ticker): Effect.Effect<Listener.Listening, ListenError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* once(host)
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const write: Log.LogWriter = host.options.logWriter ?? ((level, text) => void run(logs[level](text)))
    const log = new Log.Log(host, write, host.clock.monotonicMs)
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        host.log = log
      }),
      () =>
        Effect.sync(() => {
          host.log = Log.silent
        })
    )
    yield* Effect.addFinalizer(() => released(host))
    yield* Effect.sync(() => rehearse(host.options))
    const address = yield* Listener.listen(host)
    yield* Effect.sync(() => Undecided.tell(host))
    yield* Effect.forkScoped(ticker.run)
    return address
  })

/**
 * Serves until the scope ends. What happens is logged at the host's level, by Effect's logger or the host's own. When
 * it fails or is interrupted before it serves, nothing is left in the scope, so that it can be tried again there.
 */
export const serve = (host: Host, ticker: Ticker): Effect.Effect<Listener.Listening, ListenError, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope)
    return yield* served(host, ticker).pipe(
      Scope.provide(scope),
      Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit)))
    )
  })
