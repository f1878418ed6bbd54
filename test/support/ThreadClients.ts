// Healthy controlling stations in a thread of their own: they acknowledge every I frame at once and answer TESTFR, also
// while the thread of the server stands still.
import type * as Tls from "node:tls"
import { Worker } from "node:worker_threads"
import { onTestFinished } from "vitest"
import { contents } from "./certificates.ts"

export interface ThreadClientsOptions {
  readonly count?: number
  /** Over TLS of this version. */
  readonly version?: Tls.SecureVersion
  /** They acknowledge so many ms after they were sent something, as on a long way. */
  readonly delayMs?: number
}

/** What the thread runs: text, since it is started beside the tool that runs the tests. */
const source = `
const { parentPort, workerData } = require("node:worker_threads")
const { count, delayMs, port, secure } = workerData
const net = require("node:net"), tls = require("node:tls")
let started = 0
for (let i = 0; i < count; i++) {
  const socket = secure === null ? net.connect(port, "127.0.0.1") : tls.connect({ ...secure, port, host: "127.0.0.1" })
  const send = (...octets) => setTimeout(() => socket.destroyed || socket.write(Buffer.from(octets)), delayMs)
  let rest = Buffer.alloc(0), received = 0
  socket.setNoDelay(true)
  socket.once(secure === null ? "connect" : "secureConnect", () => socket.write(Buffer.of(0x68, 4, 7, 0, 0, 0)))
  socket.on("error", () => {})
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const before = received
    for (; rest.length >= 2 && rest.length >= rest[1] + 2; rest = rest.subarray(rest[1] + 2)) {
      if ((rest[2] & 1) === 0) received++
      else if (rest[2] === 0x43) send(0x68, 4, 0x83, 0, 0, 0)
      else if (rest[2] === 0x0b && ++started === count) parentPort.postMessage("started")
    }
    if (received > before) send(0x68, 4, 1, 0, (received << 1) & 0xff, (received >> 7) & 0xff)
  })
}
`

/** Starts clients; resolves when all of them are started. They are closed when the test is over. */
export async function startThreadClients(port: number, options: ThreadClientsOptions = {}): Promise<void> {
  const { count = 1, delayMs = 0, version } = options
  const secure =
    version === undefined
      ? null
      : {
          cert: contents("first.pem"),
          key: contents("first.key"),
          rejectUnauthorized: false,
          minVersion: version,
          maxVersion: version
        }
  const worker = new Worker(source, { eval: true, workerData: { port, count, delayMs, secure } })
  onTestFinished(async () => {
    await worker.terminate()
  })
  await new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve())
    worker.once("error", reject)
  })
}
