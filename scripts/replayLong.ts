// `npm run replay:long [MINUTES] [TAPE]`: records a server of 20,000 events a second with eight clients that interrogate, command, select,
// stop and start, read slowly, cut and end, for ten minutes; then plays the tape, and compares what clients have heard on every connection
// that was not cut with what was played. Ends with 1 where anything differs. The tape is kept where it is named.
import { spawn } from "node:child_process"
import { createHash, type Hash } from "node:crypto"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { replay } from "../src/shell/tape/Replay.ts"
import { RawClient } from "../test/support/RawClient.ts"

const CONFIG = `listen: { host: 127.0.0.1, port: 0 }
link: { k: 100, w: 8, t1: 15 seconds, t2: 10 seconds, t3: 20 seconds }
limits: { logRecords: 200000 }
stations:
  - commonAddress: 1
    background: 10 seconds
    counters: { mode: B, freeze: 5 seconds }
    points:
      - { address: 1000, count: 500, type: M_ME_NC_1, groups: [1], simulate: { kind: sine, period: 10 seconds, amplitude: 10, every: 50 ms } }
      - { address: 2000, count: 500, type: M_SP_TB_1, simulate: { kind: toggle, every: 50 ms } }
      - { address: 3000, count: 50, type: M_IT_NA_1, counterGroups: [1], simulate: { kind: count, every: 200 ms } }
      - { address: 4000, count: 50, type: M_ME_NC_1, deadband: 2, rate: 300 ms, cyclic: 2 seconds, simulate: { kind: random-walk, every: 100 ms, step: 3, min: -50, max: 50 } }
      - { address: 20, type: M_SP_TB_1 }
      - { address: 21, type: M_DP_NA_1 }
      - { address: 30, type: C_SC_NA_1, feedback: 20 }
      - { address: 31, type: C_SC_NA_1, accept: false }
      - { address: 32, type: C_DC_NA_1, feedback: 21, mode: select }
`
const CLIENTS = 8

const [minutes = "10", named] = process.argv.slice(2)
const durationMs = Number(minutes) * 60_000
if (!(durationMs > 0)) {
  process.stderr.write("Use: npm run replay:long [MINUTES] [TAPE]\n")
  process.exit(2)
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "iec104-tape-"))
const tape = named ?? path.join(folder, "long.tape")
const config = path.join(folder, "long.yaml")
fs.writeFileSync(config, CONFIG)

const out = (line: string): void => void process.stdout.write(`${line}\n`)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

// ---- a server that is recorded ----

const arguments_ = ["src/api/cli/main.ts", "serve", config, "--json", "--record", tape]
const server = spawn(process.execPath, arguments_, { stdio: ["pipe", "pipe", "inherit"] })
const serverEnded = new Promise<number | null>((resolve) => server.on("close", resolve))
let said = ""
const port = await new Promise<number>((resolve) => {
  server.stdout.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-100_000)
    const ready = /"ready".*"port":(\d+)/.exec(said)
    if (ready !== null) resolve(Number(ready[1]))
    if (said.includes("TAPE_ENDED")) out(said.slice(said.indexOf("TAPE_ENDED")))
  })
})

// ---- clients ----

/** What a connection has heard, and whether its client cut it or the server ended it: then it has heard all that was written. */
interface Heard {
  readonly peer: string
  readonly hash: Hash
  octets: number
  isCut: boolean
  isEnded: boolean
}

const all: Heard[] = []
let connections = 0
let acts = 0
const endMs = performance.now() + durationMs

const connect = async () => {
  const client = await RawClient.connect(port, { keep: false })
  connections++
  const heard: Heard = {
    peer: `127.0.0.1 ${client.socket.localPort}`,
    hash: createHash("sha256"),
    octets: 0,
    isCut: false,
    isEnded: false
  }
  all.push(heard)
  client.socket.on("data", (chunk) => {
    heard.octets += chunk.length
    heard.hash.update(chunk)
  })
  void client.ended.then((how) => {
    heard.isEnded = how === "fin"
  })
  await client.startdt()
  return { client, heard }
}

const chance = (n: number): number => Math.floor(Math.random() * n)

async function act(client: RawClient): Promise<"stay" | "end" | "cut"> {
  acts++
  switch (chance(12)) {
    case 0:
      client.interrogate(1)
      break
    case 1:
      client.interrogate(1, { objects: [{ ioa: 0, qoi: 21 }] })
      break
    case 2:
      client.command(45, 30 + chance(2), { scs: chance(2) === 0 })
      break
    case 3:
      client.command(46, 32, { dcs: 1 + chance(2), select: true })
      break
    case 4:
      client.command(46, 32, { dcs: 1 + chance(2), select: false })
      break
    case 5:
      client.send(client.i({ typeId: 101, cot: 6, ca: 1, objects: [{ ioa: 0, rqt: 5, frz: chance(4) }] }))
      break
    case 6:
      client.send(client.i({ typeId: 102, cot: 5, ca: 1, objects: [{ ioa: 1000 + chance(600) }] }))
      break
    case 7:
      await client.stopdt()
      await pause(chance(500))
      await client.startdt()
      break
    case 8:
      client.stopReading()
      await pause(chance(3000))
      client.socket.resume()
      break
    case 9:
      if (chance(4) > 0) break
      client.reset()
      return "cut"
    case 10:
      if (chance(4) > 0) break
      client.halfClose()
      return "end"
    case 11:
      client.u("TESTFR act")
  }
  await pause(chance(1000))
  return "stay"
}

/** One client after the other, until the time is over. */
async function live(): Promise<void> {
  while (performance.now() < endMs) {
    const { client, heard } = await connect()
    try {
      let last: "stay" | "end" | "cut" = "stay"
      while (last === "stay" && performance.now() < endMs && !client.isClosed) last = await act(client)
      heard.isCut = last === "cut"
    } catch {
      // It was slower than it has patience: the next one comes.
      heard.isCut = true
      client.close()
    }
  }
}

await Promise.all(Array.from({ length: CLIENTS }, live))
server.kill("SIGTERM")
const code = await serverEnded
await pause(500)
const size = fs.statSync(tape).size
out(
  `recorded ${minutes} min: ${connections} connections, ${acts} acts; ${(size / 1_048_576).toFixed(0)} MiB; server ended with ${code}`
)

// ---- played again ----

const beganMs = performance.now()
const { now, before, records, difference } = await replay(tape)
out(`played ${records} records in ${((performance.now() - beganMs) / 1000).toFixed(0)} s`)
const octets = now.reduce((sum, line) => sum + line.octets, 0)
const facts = now.reduce((sum, line) => sum + line.facts, 0)
out(
  `${octets} octets and ${facts} facts on ${now.length - 1} connections: ${difference === null ? "equal" : "different"}`
)
if (difference !== null) out(`first at record ${difference.record}: ${difference.what}`)
/** Connections that were played, by far end: a port may have been had by several, one after the other. */
const played = new Map<string, (typeof now)[number][]>()
for (const line of now) played.set(line.peer, [...(played.get(line.peer) ?? []), line])
const ended = all
  .map((heard) => ({ heard, line: played.get(heard.peer)?.shift() }))
  .filter(({ heard }) => heard.isEnded && !heard.isCut)
const others = ended.filter(
  ({ heard, line }) => line?.octets !== heard.octets || line.octetsHash !== heard.hash.digest("hex")
)
for (const { heard, line } of others) out(`${heard.peer} has heard ${heard.octets} octets, ${line?.octets} were played`)
out(
  `${ended.length} of ${all.length} clients heard all that was written on their connection: ${ended.length - others.length} the same as was played`
)
fs.rmSync(folder, { recursive: true })
process.exitCode = difference === null && before !== null && others.length === 0 && code === 0 ? 0 : 1
