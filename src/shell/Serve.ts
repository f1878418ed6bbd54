// A running server as one scoped Effect: the listener, the ticker, and the log of what went wrong.
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ListenError } from "./Errors.ts"
import type { Host } from "./Host.ts"
import * as Listener from "./Listener.ts"
import { endpoint, type ServerEvent } from "./ServerEvent.ts"
import type { Ticker } from "./Ticker.ts"

/** Events that somebody should read even when nobody asked for them. */
const line = (event: ServerEvent): string | null => {
  switch (event.event) {
    case "error":
      return event.error.message
    case "overflow":
      return `${event.lost} events were dropped before ${endpoint(event.peer)} had been sent them`
    default:
      return null
  }
}

/** Serves until the scope ends. */
export const serve = (host: Host, ticker: Ticker): Effect.Effect<AddressInfo, ListenError, Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    const warn = Effect.runForkWith(context)
    const observer = (event: ServerEvent): void => {
      const text = line(event)
      if (text !== null) warn(Effect.logWarning(text))
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => host.observers.add(observer)),
      () => Effect.sync(() => host.observers.delete(observer))
    )
    const address = yield* Listener.listen(host)
    yield* Effect.forkScoped(ticker.run)
    return address
  })
