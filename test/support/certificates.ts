// Certificates for tests (made by test/fixtures/tls/make.mjs), servers that use them, and clients that show them.
import * as fs from "node:fs"
import * as Net from "node:net"
import * as path from "node:path"
import * as Tls from "node:tls"
import { onTestFinished } from "vitest"
import { TransportSecurity } from "../../src/api/c104/TransportSecurity.ts"
import { type ClientOptions, RawClient } from "./RawClient.ts"

const folder = path.join(import.meta.dirname, "../fixtures/tls")

/** The path of a fixture, e.g. "first.pem". */
export const file = (name: string): string => path.join(folder, name)

export const contents = (name: string): string => fs.readFileSync(file(name), "utf8")

export interface Trust {
  readonly validate?: boolean
  readonly onlyKnown?: boolean
  /** Names of authorities, default "ca". */
  readonly authorities?: readonly string[]
  /** Names of the certificates that are allowed. */
  readonly allowed?: readonly string[]
  /** Name of the server's certificate, default "server". */
  readonly own?: string
}

/** The TLS of a server; by default it lets in whom the test authority has signed. */
export const security = (trust: Trust = {}): TransportSecurity => {
  const { validate = true, onlyKnown = false, authorities = ["ca"], allowed = [], own = "server" } = trust
  const made = new TransportSecurity({ validate, onlyKnown })
  made.setCertificate({ cert: file(`${own}.pem`), key: file(`${own}.key`) })
  for (const name of authorities) made.setCaCertificate(file(`${name}.pem`))
  for (const name of allowed) made.addAllowedRemoteCertificate(file(`${name}.pem`))
  return made
}

/** A client may use whatever its TLS library can do: it is the server that has to refuse. */
const ciphers = "DEFAULT:@SECLEVEL=0"

/** A TLS connection that shows the certificate `name` (null: none); rejects when its own handshake fails. */
export const secure = (
  port: number,
  name: string | null,
  options: Tls.ConnectionOptions = {}
): Promise<Tls.TLSSocket> =>
  new Promise((resolve, reject) => {
    const shown = name === null ? {} : { cert: contents(`${name}.pem`), key: contents(`${name}.key`) }
    const socket = Tls.connect({ port, host: "127.0.0.1", ca: contents("ca.pem"), ciphers, ...shown, ...options })
    onTestFinished(() => {
      socket.destroy()
    })
    socket.once("error", reject)
    socket.once("secureConnect", () => {
      socket.off("error", reject)
      resolve(socket)
    })
  })

/** A controlling station on a TLS connection. */
export const connectSecure = async (
  port: number,
  name: string | null = "first",
  options: Tls.ConnectionOptions & { readonly client?: ClientOptions } = {}
): Promise<RawClient> => {
  const { client = {}, ...rest } = options
  const socket = await secure(port, name, rest)
  // Its own way to connect knows plain TCP only; the rest of the class works on any socket.
  return Reflect.construct(RawClient, [socket, client])
}

/** As {@link connectSecure}, and data transfer is started. */
export const startSecure = async (...args: Parameters<typeof connectSecure>): Promise<RawClient> => {
  const client = await connectSecure(...args)
  await client.startdt()
  return client
}

/** A relay before a server: it keeps to itself what a client sends after so many chunks, or once it is told to. */
export const relay = async (port: number, chunksMost = Number.POSITIVE_INFINITY) => {
  let isHolding = false
  const server = Net.createServer((near) => {
    const far = Net.connect({ port, host: "127.0.0.1" })
    let chunks = 0
    near.on("data", (chunk) => {
      if (!isHolding && chunks++ < chunksMost) far.write(chunk)
    })
    far.pipe(near)
    for (const [one, other] of [
      [near, far],
      [far, near]
    ] as const) {
      one.on("error", () => other.destroy())
      one.on("close", () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => {
    server.close()
  })
  const hold = (): void => {
    isHolding = true
  }
  return { port: (server.address() as Net.AddressInfo).port, hold }
}

/** Whether a client is let in: it gets an answer. */
export const isServed = (...args: Parameters<typeof connectSecure>): Promise<boolean> =>
  startSecure(...args).then(
    (client) => {
      client.close()
      return true
    },
    () => false
  )
