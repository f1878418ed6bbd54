// The controlling stations of a transcript about TLS: `CONNECT certificate expired, TLS 1.2` says what they show and how
// they behave, and each knows what became of its handshakes. They use whatever their library can do: it is the server
// that has to refuse.
import { constants } from "node:crypto"
import fs from "node:fs"
import type * as Net from "node:net"
import * as NodeTls from "node:tls"
import type { Wire } from "./TcpClient.ts"
import * as Tls from "./Tls.ts"

/** The type, version and length of a TLS record are before its content. */
const RECORD_HEADER_OCTETS = 5

/** What a client shows when nothing is said about it. */
const STANDARD_CERTIFICATE = "first"

export interface TlsClient extends Wire {
  /** Whether it says nothing by itself: its octets are those of the transcript, and what comes is cut into TLS records. */
  readonly isPlain: boolean
  /** The answer to `= handshakes` and `= handshake`; null for everything else. */
  readonly tell: (what: string) => string | null
}

const plain: TlsClient = {
  isPlain: true,
  over: (raw) => raw,
  lengthOf: (octets) =>
    octets.length < RECORD_HEADER_OCTETS
      ? 0
      : RECORD_HEADER_OCTETS + (((octets[3] as number) << 8) | (octets[4] as number)),
  tell: () => null
}

/** A certificate whose last octet, which belongs to the signature, is another one. */
function withWrongSignature(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64")
  der[der.length - 1] = (der.at(-1) as number) ^ 1
  return `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`
}

/** What a client is told to show and do. */
interface Manner {
  readonly certificate: string | null
  readonly wrongSignature: boolean
  readonly resume: boolean
  readonly options: NodeTls.ConnectionOptions
}

const standard: Manner = { certificate: STANDARD_CERTIFICATE, wrongSignature: false, resume: false, options: {} }

function and(manner: Manner, said: string): Manner {
  const [, name] = /^certificate (\S+)$/.exec(said) ?? []
  if (name !== undefined) return { ...manner, certificate: name }
  switch (said) {
    case "":
      return manner
    case "no certificate":
      return { ...manner, certificate: null }
    case "wrong signature":
      return { ...manner, wrongSignature: true }
    case "resume":
      return { ...manner, resume: true }
    case "no renegotiation":
      return { ...manner, options: { ...manner.options, secureOptions: constants.SSL_OP_NO_RENEGOTIATION } }
    case "TLS 1.2":
      return { ...manner, options: { ...manner.options, maxVersion: "TLSv1.2" } }
    case "TLS 1.3":
      return { ...manner, options: { ...manner.options, minVersion: "TLSv1.3" } }
    default:
      throw new Error(`${JSON.stringify(said)} is no way to connect`)
  }
}

function shown({ certificate, wrongSignature }: Manner): NodeTls.ConnectionOptions {
  if (certificate === null) return {}
  const pem = fs.readFileSync(Tls.file(certificate, "pem"), "utf8")
  return {
    cert: wrongSignature ? withWrongSignature(pem) : pem,
    key: fs.readFileSync(Tls.file(certificate, "key"), "utf8")
  }
}

export class TlsClients {
  /** What a client of this transcript got last to resume its session with. */
  private session: Buffer | null = null

  /** A client that is still to connect. Throws when `how` cannot be read. */
  client(how: string): TlsClient {
    if (how === "plain") return plain
    const manner = how.split(/, */).reduce(and, standard)
    if (manner.resume && this.session === null) throw new Error("no session can be resumed")
    const options: NodeTls.ConnectionOptions = {
      host: "127.0.0.1",
      ca: fs.readFileSync(Tls.file("ca", "pem"), "utf8"),
      ciphers: "DEFAULT:@SECLEVEL=0",
      ...shown(manner),
      ...manner.options,
      ...(manner.resume && this.session !== null ? { session: this.session } : {})
    }
    let handshakes = 0
    let isResumed = false
    const over = (raw: Net.Socket): Net.Socket => {
      const socket = NodeTls.connect({ ...options, socket: raw })
      socket.on("secure", () => {
        handshakes++
        isResumed = socket.isSessionReused()
        this.session = socket.getSession() ?? null
      })
      socket.on("session", (session) => {
        this.session = session
      })
      return socket
    }
    const tell = (what: string): string | null => {
      if (what === "handshakes") return String(handshakes)
      return what === "handshake" ? (isResumed ? "resumed" : "full") : null
    }
    return { isPlain: false, over, tell }
  }
}
