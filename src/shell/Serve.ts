// A running server as one scoped Effect: the listener, the ticker, and its log.
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { AlreadyListening, type ListenError } from "./Errors.ts"
import type { Host } from "./Host.ts"
import * as Listener from "./Listener.ts"
import * as Log from "./Log.ts"
import { rehearse } from "./Rehearsal.ts"
import type { Ticker } from "./Ticker.ts"
import type { Transport } from "./Transport.ts"
import * as Sockets from "./tcp/Sockets.ts"
import * as Undecided from "./Undecided.ts"

const logs = { error: Effect.logError, warning: Effect.logWarning, info: Effect.logInfo, debug: Effect.logDebug }

/** Octets that may wait for the reader of standard output before lines of the log are dropped and counted. */
const WAITING_MAX = 1_048_576

/** Where a log is written, and what is done when it ends. */
interface Writer {
  readonly write: Log.LogWriter
  readonly end: () => void
}

/** Effect's logger, which by default prints: a peer may cause more lines than anybody reads. */
function effectLogger(context: Context.Context<never>): Writer {
  const run = Effect.runForkWith(context)
  const { stdout } = process
  let lost = 0
  const settle = (): void => {
    stdout.off("drain", settle)
    if (lost > 0) run(Effect.logWarning(`${lost} lines of the log are missing here: nobody read standard output`))
    lost = 0
  }
  const write: Log.LogWriter = (level, text) => {
    if (stdout.writableLength > WAITING_MAX) {
      // When the reader goes on it is told, also where no line follows.
      if (lost++ === 0) stdout.once("drain", settle)
      return
    }
    settle()
    const exit = run(logs[level](text)).pollUnsafe()
    // A logger that fails is told to observers, as any writer of the log.
    if (exit !== undefined && Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  }
  return { write, end: settle }
}

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
        host.endStop()
      })
    )
  })

const served = (
  host: Host,
  ticker: Ticker,
  transport: Transport
): Effect.Effect<Listener.Listening, ListenError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* once(host)
    const context = yield* Effect.context<never>()
    const { logWriter } = host.options
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const { write, end } = logWriter === null ? effectLogger(context) : { write: logWriter, end: () => {} }
        const log = new Log.Log(host, write, host.clock, (kind, cause) => host.observerFailed(log.take, kind, cause))
        host.log = log
        return { log, end }
      }),
      ({ log, end }) =>
        Effect.sync(() => {
          log.end()
          end()
          host.log = Log.silent
        })
    )
    yield* Effect.addFinalizer(() => released(host))
    yield* Effect.sync(() => rehearse(host.options))
    const address = yield* Listener.listen(host, transport)
    yield* Effect.sync(() => Undecided.tell(host))
    yield* Effect.forkScoped(ticker.run)
    // The first that is done when the scope closes.
    yield* Effect.addFinalizer(() => Effect.sync(() => host.beginStop()))
    return address
  })

/**
 * Serves until the scope ends. What happens is logged at the host's level, by Effect's logger or the host's own. When
 * it fails or is interrupted before it serves, nothing is left in the scope, so that it can be tried again there.
 */
export const serve = (
  host: Host,
  ticker: Ticker,
  transport: Transport = Sockets.transport
): Effect.Effect<Listener.Listening, ListenError, Scope.Scope> =>
  Effect.gen(function* () {
    const outer = yield* Effect.scope
    const scope = yield* Scope.fork(outer)
    // A fiber of the scope: one that ends meanwhile would have done what ends a server before there was anything to end.
    const starting = yield* served(host, ticker, transport).pipe(
      Scope.provide(scope),
      Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit))),
      Effect.forkIn(outer)
    )
    return yield* Fiber.join(starting).pipe(Effect.onInterrupt(() => Fiber.interrupt(starting)))
  })
