// A client of TLS 1.3 that renews its keys as often as it likes, which Node.js cannot be asked for: the records are made
// here, with the client's traffic secret (RFC 8446 7.1, 7.2 and 5.3).
import * as Crypto from "node:crypto"
import * as Net from "node:net"
import { Duplex } from "node:stream"
import * as Tls from "node:tls"
import { onTestFinished } from "vitest"
import { contents } from "./certificates.ts"

const SECRET = /^CLIENT_TRAFFIC_SECRET_0 \w+ (\w+)/
const HANDSHAKE = 22
const KEY_UPDATE = 24
/** Of a record with one KeyUpdate: its message, its type, and the tag. */
const RECORD_OCTETS = 5 + 1 + 16

const expand = (secret: Buffer, label: string, octets: number): Buffer => {
  const name = Buffer.from(`tls13 ${label}`)
  const info = Buffer.from([0, octets, name.length, ...name, 0, 1])
  return Crypto.createHmac("sha256", secret).update(info).digest().subarray(0, octets)
}

export interface Renewing {
  /** Resolves when the server has cut the connection. */
  readonly cut: Promise<void>
  /** Sends so many key updates, each asking the server to renew its keys too or not. */
  readonly renew: (count: number, asking: boolean) => void
}

/** A TLS connection that shows the certificate "first". */
export const renewing = (port: number): Promise<Renewing> =>
  new Promise((resolve, reject) => {
    const raw = Net.connect({ port, host: "127.0.0.1" })
    const pipe = new Duplex({
      read: () => {},
      write: (chunk, _, done) => {
        raw.write(chunk, () => done())
      }
    })
    raw.on("data", (chunk) => pipe.push(chunk))
    raw.on("error", () => {})
    const cut = new Promise<void>((resolve) => raw.on("close", () => resolve()))
    onTestFinished(() => {
      raw.destroy()
    })
    const socket = Tls.connect({
      socket: pipe,
      ca: contents("ca.pem"),
      cert: contents("first.pem"),
      key: contents("first.key"),
      checkServerIdentity: () => undefined,
      minVersion: "TLSv1.3",
      ciphers: "TLS_AES_128_GCM_SHA256:AES128-SHA"
    })
    let secret: Buffer = Buffer.alloc(0)
    socket.on("keylog", (line) => {
      const [, found] = SECRET.exec(line.toString()) ?? []
      if (found !== undefined) secret = Buffer.from(found, "hex")
    })
    // Nothing else may be sent: records are numbered from the keys on, and only Node.js knows how many it has sent.
    const renew = (count: number, asking: boolean): void => {
      const header = Buffer.from([23, 3, 3, 0, RECORD_OCTETS])
      const records: Buffer[] = []
      for (let i = 0; i < count; i++) {
        const cipher = Crypto.createCipheriv("aes-128-gcm", expand(secret, "key", 16), expand(secret, "iv", 12))
        cipher.setAAD(header)
        const message = Buffer.from([KEY_UPDATE, 0, 0, 1, asking ? 1 : 0, HANDSHAKE])
        records.push(header, cipher.update(message), cipher.final(), cipher.getAuthTag())
        secret = expand(secret, "traffic upd", 32)
      }
      raw.write(Buffer.concat(records))
    }
    socket.on("error", reject)
    socket.once("secureConnect", () => resolve({ cut, renew }))
  })
