// Accepts connections and runs a session for each, in scopes: one fiber parked per session, stopped in order.
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { CloseReason } from "../core/Violation.ts"
import { type Admitted, Admitting } from "./Admitting.ts"
import * as Connection from "./Connection.ts"
import { failed } from "./Deciding.ts"
import type { ListenError } from "./Errors.ts"
import type { Host } from "./Host.ts"
import type { Line } from "./Line.ts"
import type { Opened, Transport } from "./Transport.ts"

/**
 * Ends a connection by FIN and reads on until the peer has closed too, at most `lingerMs`: input that nobody reads would
 * make the end a reset, and with it what was written last is lost on its way.
 */
const flushAndClose = (line: Line, { clock, options }: Host): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (line.closed) return resume(Effect.void)
    // After a stall the end of the peer may wait to be read.
    const cancel = clock.wake(options.limits.lingerMs, () => clock.afterInput(() => line.destroy()))
    line.once("close", () => {
      cancel()
      resume(Effect.void)
    })
    line.resume()
    line.end()
  })

/** One connection from its first octet to its last: a fiber parked around the callbacks of its line. */
const run = (host: Host, { line, from, certificate, gate, waited }: Admitted): Effect.Effect<void> =>
  Effect.callback<CloseReason>((resume) => {
    let ended: () => void = () => {}
    const over = (reason: CloseReason): void => {
      ended()
      resume(Effect.succeed(reason))
    }
    const session = Connection.open(host, line, from, certificate, gate, over, waited)
    // A callback of the application that goes on answers first.
    return Effect.callback<void>((over) => {
      ended = () => over(Effect.void)
      session.end("shutdown")
      if (session.reason !== null) ended()
    })
  }).pipe(Effect.ensuring(flushAndClose(line, host)), Effect.asVoid)

/** Where a server listens: its first address, and the port that all of them share. */
export interface Listening {
  readonly host: string
  readonly port: number
}

/** Listens until the scope ends: then it stops accepting, lets what is written leave, closes and frees the port. */
export const listen = (host: Host, transport: Transport): Effect.Effect<Listening, ListenError, Scope.Scope> =>
  Effect.gen(function* () {
    const { options } = host
    const fibers = yield* FiberSet.make<void>()
    const runSession = yield* FiberSet.runtime(fibers)()
    const admitting = new Admitting(
      host,
      transport.handshakes(host),
      (admitted) => void runSession(run(host, admitted))
    )
    const opened: Opened[] = []
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        host.stall.listens(false)
        admitting.close()
        host.listening = null
        for (const { close } of opened) close()
      })
    )
    let { port } = options
    for (const name of options.hosts) {
      const next = yield* transport.open(
        host,
        name,
        port,
        (line) => admitting.accept(line),
        (cause) => failed(host, "listener", name, cause)
      )
      opened.push(next)
      // Where any port will do, the first address chooses and the others follow.
      port = next.port
    }
    host.listening = { host: options.host, port }
    host.stall.listens(true)
    admitting.open()
    return { host: options.host, port }
  })
