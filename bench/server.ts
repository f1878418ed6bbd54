// The server under test: the built package through its public API alone, as an application would use it.
// A client triggers what it does by C_SC_NA_1: address 1 publishes N events, 2 single ones whose moments are noted,
// 3 so many a second for ever, 4 measures publishing itself; 5000 is the command whose round trip is measured.
import fs from "node:fs"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { parseArgs } from "node:util"

// Only what this programme uses of the package, so that it also runs older builds; what those may lack is optional.
interface Point {
  value: number
  commandMode?: number
  actTerm?: boolean
  transmit(cause: number): boolean
  onReceive(callback: () => number): void
}
interface Station {
  addPoint(options: { readonly ioAddress: number; readonly type: number }): Point | null
}
interface Server {
  readonly port: number
  readonly protocolParameters?: { sendWindowSize: number }
  start(): Promise<void>
  addStation(commonAddress: number): Station | null
  room(): Promise<void>
  transmitBatch?(batch: unknown): boolean
}
interface Batch {
  /** Later builds set all values with one time stamp. */
  setValues?(values: ArrayLike<number>): void
}
interface Transport {
  setCertificate(files: { readonly cert: string; readonly key: string }): void
  setCaCertificate(file: string): void
}
interface Package {
  readonly Server: new (options: Readonly<Record<string, unknown>>) => Server
  readonly Type: { readonly C_SC_NA_1: number; readonly M_ME_NC_1: number; readonly M_ME_TF_1: number }
  readonly Cot: { readonly SPONTANEOUS: number }
  readonly ResponseState: { readonly SUCCESS: number }
  readonly CommandMode?: { readonly SELECT_AND_EXECUTE: number }
  readonly Batch?: new (options: { readonly cause: number; readonly points: readonly Point[] }) => Batch
  readonly TransportSecurity?: new (options: { readonly validate: boolean; readonly onlyKnown: boolean }) => Transport
}

const text = (value: string) => ({ type: "string", default: value }) as const
const { values } = parseArgs({
  options: {
    package: text(path.resolve(import.meta.dirname, "..")),
    port: text("2404"),
    n: text("100000"),
    k: text("12"),
    pack: text("0"),
    batch: text("0"),
    burst: text("1024"),
    log: text("0"),
    points: text("1000"),
    gi: text("0"),
    scattered: text("0"),
    select: text("0"),
    term: text("1"),
    rate: text("5000"),
    stamps: text(""),
    cert: text(""),
    key: text(""),
    ca: text("")
  }
})

/** Ends the run: this build cannot do what the scenario asks for. */
const unable = (what: string): never => {
  console.log(JSON.stringify({ unable: `this build has no ${what}` }))
  process.exit(3)
}

const library = (await import(pathToFileURL(path.join(values.package, "dist/api/c104/index.js")).href)) as Package
const { Cot, ResponseState, Type } = library
const N = Number(values.n)
const K = Number(values.k)
const BURST = Number(values.burst)

const secured = (): Readonly<Record<string, unknown>> => {
  if (values.cert === "") return {}
  const Security = library.TransportSecurity ?? unable("TLS")
  const transportSecurity = new Security({ validate: true, onlyKnown: false })
  transportSecurity.setCertificate({ cert: values.cert, key: values.key })
  transportSecurity.setCaCertificate(values.ca)
  return { transportSecurity }
}

const server = new library.Server({
  ip: "127.0.0.1",
  port: Number(values.port),
  packEvents: values.pack === "1",
  ...(values.log === "0" ? {} : { limits: { logRecords: Number(values.log) } }),
  ...secured()
})
if (K !== 12) (server.protocolParameters ?? unable("link parameters")).sendWindowSize = K

const present = <A>(value: A | null): A => value ?? unable("room for this point")
const station = present(server.addStation(1))
const command = (ioAddress: number, act: () => void): Point => {
  const point = present(station.addPoint({ ioAddress, type: Type.C_SC_NA_1 }))
  point.onReceive(() => {
    act()
    return ResponseState.SUCCESS
  })
  return point
}

// ---- points ----

const points: Point[] = []
for (let i = 0; i < Number(values.points); i++)
  points.push(present(station.addPoint({ ioAddress: 8_000_000 + i, type: Type.M_ME_TF_1 })))

const interrogated = Number(values.gi)
const before = process.memoryUsage()
const begin = performance.now()
for (let i = 0; i < interrogated; i++) {
  const ioAddress = values.scattered === "1" ? 10_000 + i * 3 + (i & 1) : 10_000 + i
  present(station.addPoint({ ioAddress, type: Type.M_ME_NC_1 })).value = i
}
if (interrogated > 0) {
  const addedMs = performance.now() - begin
  globalThis.gc?.()
  const after = process.memoryUsage()
  const octets = after.heapUsed + after.external - before.heapUsed - before.external
  const rss = after.rss - before.rss
  const added = {
    points: interrogated,
    added_ms: addedMs,
    point_octets: octets / interrogated,
    point_rss: rss / interrogated
  }
  console.log(JSON.stringify(added))
}

// ---- what a client can trigger ----

let turn = 0
const publishOne = (index: number): void => {
  if (++turn >= points.length) turn = 0
  const point = points[turn] as Point
  point.value = index
  point.transmit(Cot.SPONTANEOUS)
}

const publishAll = async (): Promise<void> => {
  for (let index = 0; index < N; ) {
    for (const end = Math.min(N, index + BURST); index < end; index++) publishOne(index)
    await server.room()
  }
}

/** Sixteen points of one batch each: one time stamp and one call for all. */
const publishBatches = async (): Promise<void> => {
  const { Batch } = library
  if (Batch === undefined || server.transmitBatch === undefined) return unable("batches")
  const batches = Array.from({ length: Math.floor(points.length / 16) }, (_, b) => {
    const members = points.slice(b * 16, b * 16 + 16)
    return { members, batch: new Batch({ cause: Cot.SPONTANEOUS, points: members }) }
  })
  const fresh = new Array<number>(16).fill(0)
  for (let index = 0; index < N; ) {
    for (const end = Math.min(N, index + BURST); index < end; ) {
      const { members, batch } = batches[(index / 16) % batches.length] as (typeof batches)[number]
      if (batch.setValues === undefined) for (const point of members) point.value = index++
      else {
        for (let i = 0; i < 16; i++) fresh[i] = index++
        batch.setValues(fresh)
      }
      server.transmitBatch(batch)
    }
    await server.room()
  }
}

const latency = (): void => {
  const stamps = new BigInt64Array(N)
  let random = 12_345
  let index = 0
  const next = (): void => {
    stamps[index] = process.hrtime.bigint()
    publishOne(index)
    if (++index === N) return fs.writeFileSync(values.stamps, Buffer.from(stamps.buffer))
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
    setTimeout(next, 7 + ((random >>> 8) % 20))
  }
  setTimeout(next, 10)
}

const paced = (): void => {
  const start = performance.now()
  let made = 0
  setInterval(() => {
    for (const due = ((performance.now() - start) * Number(values.rate)) / 1000; made < due; made++)
      publishOne(made % N)
  }, 1)
}

/** Times publishing alone: nine rounds after a warm-up, with a turn of the event loop between bursts. */
const timed = async (): Promise<void> => {
  const rounds: number[] = []
  for (let round = -2; round < 9; round++) {
    let ns = 0n
    for (let index = 0; index < N; ) {
      const from = process.hrtime.bigint()
      for (const end = Math.min(N, index + BURST); index < end; index++) publishOne(index)
      ns += process.hrtime.bigint() - from
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (round >= 0) rounds.push(Number(ns) / N)
  }
  rounds.sort((a, b) => a - b)
  console.log(JSON.stringify({ publish_ns: rounds[4], publish_least_ns: rounds[0] }))
}

// Behind the confirmation, as an application would that reacts to a command.
const later = (act: () => void | Promise<void>) => (): void => {
  setImmediate(() => {
    Promise.resolve(act()).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
  })
}
command(1, later(values.batch === "1" ? publishBatches : publishAll))
command(2, later(latency))
command(3, later(paced))
command(4, later(timed))
const operated = command(5000, () => {})
if (values.select === "1")
  operated.commandMode = (library.CommandMode ?? unable("select before execute")).SELECT_AND_EXECUTE
if (values.term === "0") {
  if (operated.actTerm === undefined) unable("commands without termination")
  operated.actTerm = false
}

await server.start()
console.log("READY")

process.stdin.on("data", (line) => {
  if (String(line).startsWith("publish")) return void timed()
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  console.log(JSON.stringify({ memory: { heap: heapUsed + external, rss } }))
})
process.stdin.on("end", () => process.exit(0))
