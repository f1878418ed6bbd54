// Connections over the system's sockets, plain or with TLS.
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import { AddressInUse, AddressUnavailable, type ListenError, ListenFailed, PermissionDenied } from "../Errors.ts"
import type { Transport } from "../Transport.ts"
import { Handshakes } from "../tls/Tls.ts"

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

const ignore = (): void => {}

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

export const transport: Transport = {
  open: ({ options }, address, port, accept, failed) =>
    Effect.suspend(() => {
      const server = Net.createServer(
        { noDelay: true, allowHalfOpen: false, highWaterMark: options.limits.undrainedOctets },
        accept
      )
      return bind(server, address, port).pipe(
        Effect.map((bound) => {
          server.on("error", failed)
          const close = (): void => {
            if (server.listening) server.close()
          }
          return { port: bound.port, close }
        })
      )
    }),
  handshakes: ({ options, clock }) => (options.tls === null ? null : new Handshakes(options.tls, options.limits, clock))
}
