// Accepts connections and runs a session for each, in scopes: one fiber parked per session, stopped in order.
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { CloseReason } from "../core/Violation.ts"
import * as Connection from "./Connection.ts"
import { failed, isAbortion } from "./Deciding.ts"
import {
  AddressInUse,
  AddressUnavailable,
  CallbackTimedOut,
  type ListenError,
  ListenFailed,
  PermissionDenied
} from "./Errors.ts"
import type { ConnectHandler, Host } from "./Host.ts"
import * as Patience from "./Patience.ts"
import type { Certificate } from "./Session.ts"
import { type Gate, Handshakes } from "./tls/Tls.ts"

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
const run = (
  host: Host,
  socket: Net.Socket,
  from: Connection.FarEnd,
  certificate: Certificate | null,
  gate?: Gate,
  waited = false
): Effect.Effect<void> =>
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

/** Connections that may be open at a time. */
const limitOf = (host: Host): number =>
  Math.min(host.maxConnections || Number.POSITIVE_INFINITY, host.options.limits.connections)

/**
 * Asks the application whether a connection may be served; `told` gets null, or why not, within the limit. An answer
 * that comes later, or after the client has gone, is dropped; a failure is told.
 */
function admit(
  host: Host,
  handler: ConnectHandler,
  socket: Net.Socket,
  address: string,
  told: (why: string | null) => void
): void {
  const { connectMs } = host.options.limits
  const controller = new AbortController()
  let found: (() => void) | null = null
  const settle = (why: string | null): void => {
    if (controller.signal.aborted) return
    cancel()
    socket.off("close", gone)
    controller.abort()
    told(why)
  }
  /** Nobody waits for the answer any more, which may still come. */
  const abandon = (why: string | null): void => {
    if (!controller.signal.aborted) found = host.strays.add("onConnect", address)
    settle(why)
  }
  const gone = (): void => abandon(null)
  const cancel = Patience.within(host.clock, connectMs, () => {
    const callback = "onConnect"
    host.tell({ event: "error", error: new CallbackTimedOut({ callback, subject: address, limitMs: connectMs }) })
    abandon(`${callback} did not answer within ${connectMs} ms`)
  })
  socket.once("close", gone)
  const refuse = (cause: unknown): void => {
    if (!(controller.signal.aborted && isAbortion(cause))) failed(host, "onConnect", address, cause)
    settle("onConnect failed")
  }
  try {
    Promise.resolve(handler(address, controller.signal))
      .then((admitted) => {
        if (typeof admitted === "boolean") settle(admitted ? null : "onConnect refused it")
        else refuse(new TypeError("it returned something that is neither true nor false"))
      }, refuse)
      .then(() => found?.())
  } catch (cause) {
    refuse(cause)
  }
}

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
    const handshakes = options.tls === null ? null : new Handshakes(options.tls, options.limits, host.clock)
    /** Nobody is served before all addresses are had: a listen that fails after that would have cut a client. */
    let phase: "opening" | "open" | "closed" = "opening"
    /** Sockets whose admission is being decided, or that came too early for that, and whether what came on them has waited. */
    const admitting = new Map<Net.Socket, () => boolean>()
    const keep = (socket: Net.Socket, hasWaited: () => boolean): void => {
      admitting.set(socket, hasWaited)
      socket.once("close", () => admitting.delete(socket))
    }
    const accept = (socket: Net.Socket, hasWaited = host.stall.accepted()): void => {
      const from = Connection.farEnd(socket)
      const refused = (why: string): void => {
        const { address, port } = from ?? NOBODY
        host.tell({ event: "refused", address, port, why })
      }
      const refuse = (why: string): void => {
        refused(why)
        socket.destroy()
      }
      // A moment later: Node tells its own observers of a connection behind this, and a destroyed one has no addresses.
      const refuseSoon = (why: string): void => queueMicrotask(() => refuse(why))
      socket.on("error", ignore)
      if (phase === "closed") return refuse("the server is stopping")
      // Nobody could be asked about it, nor told who commands.
      if (from === null) return refuseSoon("it was reset before it was accepted")
      const serve = (why: string | null): void => {
        if (why !== null) return refuse(why)
        if (phase === "closed") return refuse("the server is stopping")
        if (handshakes !== null) return handshakes.begin(socket, from.address, { serve: serveSecure, refused })
        socket.off("error", ignore)
        if (!socket.destroyed) runSession(run(host, socket, from, null, undefined, hasWaited()))
      }
      const serveSecure = (secure: Net.Socket, certificate: Certificate, gate: Gate): void => {
        // Handshakes do not count as connections, lest silent peers keep others out; who finishes late may find it full.
        const open = host.sessions.size
        // What it says behind the end of the handshake may have waited with that.
        if (open < limitOf(host))
          return void runSession(run(host, secure, from, certificate, gate, host.stall.accepted()()))
        secure.destroy()
        refused(`there are ${open} connections already`)
      }
      const open = host.sessions.size + admitting.size
      if (open >= limitOf(host)) return refuseSoon(`there are ${open} connections already`)
      if (phase === "opening") return keep(socket, hasWaited)
      const { onConnect } = host
      if (onConnect === null) return serve(null)
      if (host.strays.areMany("onConnect", from.address))
        return refuseSoon("onConnect still runs for too many who are not waited for")
      keep(socket, hasWaited)
      admit(host, onConnect, socket, from.address, (why) => {
        admitting.delete(socket)
        serve(why)
      })
    }
    const servers: Net.Server[] = []
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        phase = "closed"
        host.stall.listens(false)
        for (const socket of admitting.keys()) socket.destroy()
        handshakes?.close()
        host.listening = null
        for (const server of servers) if (server.listening) server.close()
      })
    )
    let { port } = options
    for (const name of options.hosts) {
      const server = Net.createServer(
        { noDelay: true, allowHalfOpen: false, highWaterMark: options.limits.undrainedOctets },
        (socket) => accept(socket)
      )
      servers.push(server)
      // Where any port will do, the first address chooses and the others follow.
      port = (yield* bind(server, name, port)).port
      server.on("error", (cause) => failed(host, "listener", name, cause))
    }
    host.listening = { host: options.host, port }
    phase = "open"
    host.stall.listens(true)
    const early = [...admitting]
    admitting.clear()
    for (const [socket, hasWaited] of early) accept(socket, hasWaited)
    return { host: options.host, port }
  })

/** Who is not known any more. */
const NOBODY: Connection.FarEnd = { address: "", port: 0 }

/** An error before a session exists: the socket closes by itself and nobody is served. */
const ignore = (): void => {}
