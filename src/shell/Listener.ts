// Accepts connections and runs a session for each, in scopes: one fiber parked per session, stopped in order.
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { CloseReason } from "../core/Violation.ts"
import { type Admitted, Admitting } from "./Admitting.ts"
import * as Connection from "./Connection.ts"
import { failed } from "./Deciding.ts"
import { AddressInUse, AddressUnavailable, type ListenError, ListenFailed, PermissionDenied } from "./Errors.ts"
import type { Host } from "./Host.ts"

/** Connections that the kernel may hold before they are accepted. */
const BACKLOG = 4096

function listenError(host: string, port: number, cause: NodeJS.ErrnoException): ListenError {
  switch (cause.code) {
    case "EADDRINUSE":
      return new AddressInUse({ host, port })
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EINVAL":
      return new AddressUnavailable({ host, port })
    case "EACCES":
    case "EPERM":
      return new PermissionDenied({ host, port })
    default:
      return new ListenFailed({ host, port, cause })
  }
}

/** Opens the listening socket; resumes when it listens. One that is given up closes as soon as it is open. */
const bind = (server: Net.Server, host: string, port: number): Effect.Effect<Net.AddressInfo, ListenError> =>
  Effect.callback((resume) => {
    const onError = (cause: NodeJS.ErrnoException): void => resume(Effect.fail(listenError(host, port, cause)))
    server.once("error", onError)
    try {
      server.listen({ host, port, backlog: BACKLOG }, () => {
        server.off("error", onError)
        resume(Effect.succeed(server.address() as Net.AddressInfo))
      })
    } catch (cause) {
      // What cannot be the name of a host is thrown.
      onError(cause as NodeJS.ErrnoException)
    }
    return Effect.sync(() => {
      server.on("error", ignore)
      server.once("listening", () => server.close())
    })
  })

/**
 * Ends a connection by FIN and reads on until the peer has closed too, at most `lingerMs`: input that nobody reads would
 * make the end a reset, and with it what was written last is lost on its way.
 */
const flushAndClose = (socket: Net.Socket, lingerMs: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (socket.closed) return resume(Effect.void)
    // After a stall the end of the peer may wait to be read.
    const timer = setTimeout(() => setImmediate(() => socket.destroy()), lingerMs)
    socket.once("close", () => {
      clearTimeout(timer)
      resume(Effect.void)
    })
    socket.resume()
    socket.end()
  })

/** One connection from its first octet to its last: a fiber parked around the socket's callbacks. */
const run = (host: Host, { socket, from, certificate, gate, waited }: Admitted): Effect.Effect<void> =>
  Effect.callback<CloseReason>((resume) => {
    let ended: () => void = () => {}
    const over = (reason: CloseReason): void => {
      ended()
      resume(Effect.succeed(reason))
    }
    const session = Connection.open(host, socket, from, certificate, gate, over, waited)
    // A callback of the application that goes on answers first.
    return Effect.callback<void>((over) => {
      ended = () => over(Effect.void)
      session.end("shutdown")
      if (session.reason !== null) ended()
    })
  }).pipe(Effect.ensuring(flushAndClose(socket, host.options.limits.lingerMs)), Effect.asVoid)

/** Where a server listens: its first address, and the port that all of them share. */
export interface Listening {
  readonly host: string
  readonly port: number
}

/** Listens until the scope ends: then it stops accepting, lets what is written leave, closes and frees the port. */
export const listen = (host: Host): Effect.Effect<Listening, ListenError, Scope.Scope> =>
  Effect.gen(function* () {
    const { options } = host
    const fibers = yield* FiberSet.make<void>()
    const runSession = yield* FiberSet.runtime(fibers)()
    const admitting = new Admitting(host, (admitted) => void runSession(run(host, admitted)))
    const servers: Net.Server[] = []
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        host.stall.listens(false)
        admitting.close()
        host.listening = null
        for (const server of servers) if (server.listening) server.close()
      })
    )
    let { port } = options
    for (const name of options.hosts) {
      const server = Net.createServer(
        { noDelay: true, allowHalfOpen: false, highWaterMark: options.limits.undrainedOctets },
        (socket) => admitting.accept(socket)
      )
      servers.push(server)
      // Where any port will do, the first address chooses and the others follow.
      port = (yield* bind(server, name, port)).port
      server.on("error", (cause) => failed(host, "listener", name, cause))
    }
    host.listening = { host: options.host, port }
    host.stall.listens(true)
    admitting.open()
    return { host: options.host, port }
  })

/** What a socket suffers that nobody uses. */
const ignore = (): void => {}
