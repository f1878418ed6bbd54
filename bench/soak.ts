// `npm run soak`: events at a fixed rate to several clients for an hour. Every client has to receive every event once and
// in order, and the server's memory has to stay flat. Progress once a minute; exit code 1 when something was not so.
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import fs from "node:fs"
import net from "node:net"
import path from "node:path"
import readline from "node:readline"
import { parseArgs } from "node:util"

const usage = `npm run soak [-- OPTIONS]
  --minutes N   how long, default 60
  --rate N      events a second, default 20000
  --clients N   how many clients, default 4
  --json FILE   where the figures go, default reports/soak.json
  --help`

/** What was found. */
export interface Soaked {
  readonly commit: string
  readonly minutes: number
  readonly rate: number
  readonly published: number
  readonly received: readonly number[]
  /** What was not as it has to be, or null. */
  readonly problem: string | null
  readonly samples: readonly Sample[]
}

/** What the server says when it is asked. */
interface Sample {
  readonly minute: number
  readonly published: number
  readonly heap: number
  readonly rss: number
}

/** Values of events count up to here and begin again: every one is exact as a float of 32 bits. */
export const TURN = 2 ** 24
/** Minutes that memory may take to settle. */
const WARM = 3
const MIB = 2 ** 20
const HEADER = 12
const OBJECT = 15

/** A controlling station that counts. */
class Client {
  received = 0
  /** Why it cannot go on; null while all is well. */
  fault: string | null = null
  private frames = 0
  private unacknowledged = 0
  private rest: Buffer = Buffer.alloc(0)
  private readonly socket: net.Socket

  constructor(port: number) {
    this.socket = net.connect({ port, host: "127.0.0.1", noDelay: true })
    this.socket.on("connect", () => this.socket.write(Buffer.of(0x68, 4, 0x07, 0, 0, 0)))
    this.socket.on("data", (chunk) => this.take(chunk))
    this.socket.on("error", (error) => this.fail(error.message))
    this.socket.on("close", () => this.fail("the server closed the connection"))
  }

  close(): void {
    this.socket.removeAllListeners("close").destroy()
  }

  private fail(why: string): void {
    this.fault ??= `after ${this.received} events: ${why}`
  }

  private take(chunk: Buffer): void {
    const octets = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    let at = 0
    while (octets.length - at >= 2 && octets.length - at >= (octets[at + 1] as number) + 2) {
      this.frame(octets, at)
      at += (octets[at + 1] as number) + 2
    }
    this.rest = Buffer.from(octets.subarray(at))
    if (this.unacknowledged >= 8) this.acknowledge()
  }

  private acknowledge(): void {
    this.unacknowledged = 0
    const number = (this.frames & 0x7fff) << 1
    this.socket.write(Buffer.of(0x68, 4, 1, 0, number & 0xff, number >> 8))
  }

  private frame(octets: Buffer, at: number): void {
    const control = octets[at + 2] as number
    if (control === 0x43) this.socket.write(Buffer.of(0x68, 4, 0x83, 0, 0, 0))
    if ((control & 1) !== 0) return
    if (octets.readUInt16LE(at + 2) >> 1 !== (this.frames & 0x7fff)) this.fail("a send number is missing")
    this.frames++
    this.unacknowledged++
    const count = (octets[at + 7] as number) & 0x7f
    for (let i = 0; i < count; i++, this.received++) {
      const value = octets.readFloatLE(at + HEADER + i * OBJECT + 3)
      if (value !== this.received % TURN) this.fail(`event ${value} instead of ${this.received % TURN}`)
    }
  }
}

/** The server in a process of its own, and what it answers. */
class Served {
  private readonly child: ChildProcess
  private readonly lines: AsyncIterator<string>

  constructor() {
    const file = path.join(import.meta.dirname, "soak_server.ts")
    this.child = spawn(process.execPath, ["--expose-gc", file], { stdio: ["pipe", "pipe", "inherit"] })
    const { stdout } = this.child
    if (stdout === null) throw new Error("the server has no output")
    this.lines = readline.createInterface({ input: stdout })[Symbol.asyncIterator]()
  }

  /** The next line that the server writes. */
  async answer<A>(): Promise<A> {
    const { value, done } = await this.lines.next()
    if (done === true) throw new Error("the server ended")
    return JSON.parse(value) as A
  }

  async ask<A>(line: string): Promise<A> {
    this.child.stdin?.write(`${line}\n`)
    return this.answer()
  }

  async end(): Promise<void> {
    this.child.stdin?.end()
    await once(this.child, "exit")
  }
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0

/** What grew: the last third of a run against the first, after memory had settled; null when nothing did. */
export const growth = (samples: readonly Sample[]): string | null => {
  const settled = samples.filter(({ minute }) => minute > WARM)
  const third = Math.floor(settled.length / 3)
  if (third === 0) return null
  for (const key of ["heap", "rss"] as const) {
    const of = (part: readonly Sample[]): number => median(part.map((sample) => sample[key]))
    const [first, last] = [of(settled.slice(0, third)), of(settled.slice(-third))]
    if (last > first * 1.1 + 8 * MIB)
      return `${key} grew from ${(first / MIB).toFixed(1)} to ${(last / MIB).toFixed(1)} MiB`
  }
  return null
}

const whole = (name: string, text: string, min: number, max: number): number => {
  const number = Number(text)
  if (Number.isInteger(number) && number >= min && number <= max) return number
  console.error(`soak: --${name} is a whole number from ${min} to ${max}, not ${text}\n\n${usage}`)
  process.exit(2)
}

/** The commit that is measured, as far as it is known. */
const commit = (): string => {
  const { stdout, status } = spawnSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" })
  return status === 0 ? stdout.trim() : "unknown"
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Runs and returns the exit code. */
const soak = async (minutes: number, rate: number, count: number, json: string): Promise<number> => {
  const server = new Served()
  const { port } = await server.answer<{ port: number }>()
  const clients = Array.from({ length: count }, () => new Client(port))
  const fault = (): string | null => clients.find((client) => client.fault !== null)?.fault ?? null
  await wait(500)
  await server.ask(`publish ${rate}`)
  const samples: Sample[] = []
  const begin = performance.now()
  for (let minute = 1; minute <= minutes && fault() === null; minute++) {
    await wait(begin + minute * 60_000 - performance.now())
    const sample = { minute, ...(await server.ask<Omit<Sample, "minute">>("sample")) }
    samples.push(sample)
    const behind = sample.published - Math.min(...clients.map(({ received }) => received))
    const memory = `heap ${(sample.heap / MIB).toFixed(1)} MiB, RSS ${(sample.rss / MIB).toFixed(1)} MiB`
    console.log(
      `${minute} min: ${sample.published.toLocaleString("en-US")} events, at most ${behind} behind, ${memory}`
    )
  }
  const { published } = await server.ask<{ published: number }>("stop")
  for (let i = 0; i < 100 && clients.some(({ received }) => received < published); i++) await wait(100)
  const received = clients.map((client) => client.received)
  for (const client of clients) client.close()
  await server.end()
  const lost = received.some((each) => each !== published) ? "not every client has every event" : null
  const problem = fault() ?? lost ?? growth(samples)
  fs.mkdirSync(path.dirname(json), { recursive: true })
  const soaked: Soaked = { commit: commit(), minutes, rate, published, received, problem, samples }
  fs.writeFileSync(json, `${JSON.stringify(soaked, null, 1)}\n`)
  console.log(`${published} published; received by each: ${received.join(", ")}`)
  console.log(problem === null ? "nothing lost, memory flat" : `FAILED: ${problem}`)
  return problem === null ? 0 : 1
}

/** Reads the arguments and runs. */
export const main = async (words: readonly string[], build: () => void): Promise<number> => {
  const text = (standard: string) => ({ type: "string", default: standard }) as const
  const options = {
    minutes: text("60"),
    rate: text("20000"),
    clients: text("4"),
    json: text("reports/soak.json"),
    help: { type: "boolean", default: false }
  } as const
  try {
    const { values } = parseArgs({ args: [...words], options })
    if (values.help) {
      console.log(usage)
      return 0
    }
    const minutes = whole("minutes", values.minutes, 1, 10_000)
    const rate = whole("rate", values.rate, 1, 1_000_000)
    const clients = whole("clients", values.clients, 1, 1000)
    build()
    return await soak(minutes, rate, clients, values.json)
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS")) throw error
    console.error(`soak: ${(error as Error).message}\n\n${usage}`)
    return 2
  }
}
