// Runs one server with one client in fresh processes, on one core where that can be had, and takes what both say.
import { type ChildProcess, spawn } from "node:child_process"
import os from "node:os"
import path from "node:path"
import { flatten, incomplete, type Run } from "./results.ts"
import type { Peer, Scenario } from "./scenarios.ts"
import * as Tools from "./tools.ts"

export interface Surroundings {
  readonly client: Tools.Client
  /** Python with c104, or null. */
  readonly python: string | null
  /** Folder of the build that is measured, for a peer; other peers have none. */
  readonly packageOf: (peer: string) => string
  readonly pinned: boolean
  /** Further options of Node for our server. */
  readonly nodeOptions?: readonly string[]
  readonly say: Tools.Say
}

const SERVER_PATIENCE_MS = 60_000
const CLIENT_PATIENCE_MS = 600_000
const CORE = String(os.availableParallelism() - 1)

/** Whether server and client can be pinned to one core. */
export const canPin = (): boolean => os.availableParallelism() > 1 && Tools.has("taskset")

let port = 24_100 + (process.pid % 4000)
const nextPort = (): number => {
  port = port >= 32_000 ? 24_100 : port + 1
  return port
}

/** The command of a peer, the port still to be filled in. */
export const command = (peer: Peer, around: Surroundings): readonly string[] => {
  const build = around.packageOf(peer.name)
  const node = [process.execPath, ...(around.nodeOptions ?? []), "--expose-gc"]
  const bench = (file: string): string => path.join(Tools.root, "bench", file)
  const main = path.join(build, "dist/api/c104/index.js")
  switch (peer.program) {
    case "server":
      return [...node, bench("server.ts"), "--package", build, "--port", "{PORT}", ...peer.server]
    case "limit":
      return [...node, bench("limit.mjs"), "--port", "{PORT}", ...peer.server]
    case "memory":
      return [...node, bench("memory.ts"), build]
    case "c104":
      return [around.python ?? "python3", bench("server_c104.py"), "--port", "{PORT}", ...peer.server]
    case "cli":
      return [
        ...[process.execPath, path.join(build, "dist/cli/main.js"), "serve", ...peer.server],
        ...["--listen", "127.0.0.1:{PORT}", "--json"]
      ]
    case "start": {
      const lines = [
        `import { Server } from ${JSON.stringify(main)}`,
        `const server = new Server({ ip: "127.0.0.1", port: {PORT} })`,
        "server.addStation(1)",
        "await server.start()",
        `console.log("READY")`,
        `process.stdin.on("end", () => process.exit(0)).resume()`
      ]
      return [process.execPath, "--input-type=module", "-e", lines.join("\n")]
    }
  }
}

const pin = (words: readonly string[], pinned: boolean): readonly string[] =>
  pinned ? ["taskset", "-c", CORE, ...words] : words

const start = (words: readonly string[]): ChildProcess => {
  const [program, ...rest] = words as readonly [string, ...string[]]
  return spawn(program, rest, { stdio: ["pipe", "pipe", "pipe"], cwd: Tools.root })
}

/** The output of a process, and promises for what it will say. */
class Output {
  text = ""
  errors = ""
  ended = false
  private waiting: (() => void)[] = []
  private readonly child: ChildProcess

  constructor(child: ChildProcess) {
    this.child = child
    child.stdout?.on("data", (chunk) => {
      this.text += chunk
      this.news()
    })
    child.stderr?.on("data", (chunk) => {
      this.errors += chunk
      this.news()
    })
    child.stdin?.on("error", () => this.news())
    child.on("error", (error) => {
      this.errors += error.message
      this.ended = true
      this.news()
    })
    child.on("close", () => {
      this.ended = true
      this.news()
    })
  }

  private news(): void {
    const waiting = this.waiting
    this.waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Waits until something holds or the process is over; false when it is over or too late. */
  async until(holds: () => boolean, patienceMs: number): Promise<boolean> {
    const untilMs = performance.now() + patienceMs
    while (!holds()) {
      const leftMs = untilMs - performance.now()
      if (this.ended || leftMs <= 0) return false
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return true
  }

  /** The JSON objects that were said, one a line. */
  objects(): readonly Readonly<Record<string, unknown>>[] {
    return this.text
      .split("\n")
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  /** Writes a line and waits for an answer with a key. */
  async ask(line: string, key: string): Promise<unknown> {
    const before = this.objects().filter((said) => key in said).length
    const answers = (): readonly unknown[] => this.objects().flatMap((said) => (key in said ? [said[key]] : []))
    this.child.stdin?.write(`${line}\n`)
    await this.until(() => answers().length > before, SERVER_PATIENCE_MS)
    return answers().at(-1)
  }

  async end(): Promise<void> {
    this.child.stdin?.end()
    if (await this.until(() => this.ended, 1500)) return
    this.child.kill("SIGTERM")
    if (await this.until(() => this.ended, 3000)) return
    this.child.kill("SIGKILL")
    await this.until(() => this.ended, 3000)
  }
}

/** Microseconds of the monotonic clock, as Node's profiler counts them. */
const nowUs = (): number => Number(process.hrtime.bigint() / 1000n)

const isReady = (text: string): boolean => text.includes("READY") || text.includes('"event":"ready"')

/** Runs a scenario with one peer once. */
export const once = async (scenario: Scenario, peer: Peer, repetition: number, around: Surroundings): Promise<Run> => {
  const result = (values: Record<string, number>, problem: string | null, skipped: string | null = null): Run => ({
    scenario: scenario.name,
    peer: peer.name,
    repetition,
    values,
    problem,
    skipped
  })
  if (peer.program === "c104" && around.python === null) return result({}, null, "Python with c104 is not there")
  const secured = scenario.tls === true ? Tools.certificates() : null
  if (scenario.tls === true && (secured === null || !around.client.tls)) return result({}, null, "OpenSSL is not there")
  const at = String(nextPort())
  const stamps = path.join(Tools.cache, `stamps-${at}`)
  const fill = (words: readonly string[]): readonly string[] =>
    words.map((word) =>
      word
        .replace("{PORT}", at)
        .replace("{STAMPS}", stamps)
        .replace("{MILLION}", () => Tools.million())
    )
  const pinned = around.pinned && scenario.spread !== true
  const beginMs = performance.now()
  const child = start(pin(fill([...command(peer, around), ...(secured?.server ?? [])]), pinned))
  const server = new Output(child)
  try {
    const ready = await server.until(() => isReady(server.text), SERVER_PATIENCE_MS)
    const readyMs = performance.now() - beginMs
    const unable = server.objects().find((said) => "unable" in said)?.["unable"]
    if (unable !== undefined) return result({}, null, String(unable))
    if (!ready)
      return result({}, `the server did not start: ${server.errors.slice(0, 500) || server.text.slice(0, 500)}`)
    const values: Record<string, number> = { ready_ms: readyMs }
    const heap = async (): Promise<number> => ((await server.ask("memory", "memory")) as { heap: number }).heap
    if (scenario.ask !== undefined) await server.ask(scenario.ask, `${scenario.ask}_ns`)
    const before = scenario.memory === true ? await heap() : 0
    await new Promise((resolve) => setTimeout(resolve, 100))
    let problem: string | null = null
    if (scenario.client !== null) {
      const words = [...scenario.client, ...(peer.client ?? []), ...(secured?.client ?? [])]
      const called = [around.client.file, ...words, "--port", at, "--server-pid", String(child.pid)]
      values["from_us"] = nowUs()
      const client = new Output(start(pin(fill(called), pinned)))
      try {
        if (scenario.memory === true && (await client.until(() => client.errors.includes("HELD"), CLIENT_PATIENCE_MS)))
          values["heap_held"] = await heap()
        const over = await client.until(() => client.ended, CLIENT_PATIENCE_MS)
        values["to_us"] = nowUs()
        const said = client.objects().at(-1)
        if (!over || said === undefined) problem = `the client said nothing: ${client.errors.slice(0, 300)}`
        else if (typeof said["error"] === "string") problem = said["error"]
        else {
          Object.assign(values, flatten(said))
          problem = incomplete(values, scenario.points ?? 0)
        }
      } finally {
        await client.end()
      }
    }
    const { heap_held: held, ok } = values
    if (held !== undefined && ok !== undefined && ok > 0) values["heap_each"] = (held - before) / ok
    for (const said of server.objects()) if (!("memory" in said)) Object.assign(values, flatten(said))
    // Of a server that is told to end, only an end by itself before that is a fault.
    if (server.ended) problem = `the server ended: ${server.errors.slice(0, 500)}`
    return result(values, problem)
  } finally {
    await server.end()
  }
}

export interface Plan {
  readonly scenarios: readonly Scenario[]
  readonly peers: ReadonlySet<string> | null
  readonly repetitions: number
}

/** Every peer of a scenario in turn within each repetition, so that ratios hold on a machine that is not quiet. */
export async function* runAll(plan: Plan, around: Surroundings): AsyncGenerator<Run> {
  for (const scenario of plan.scenarios) {
    const peers = scenario.peers.filter(({ name }) => plan.peers === null || plan.peers.has(name))
    const repetitions = Math.min(plan.repetitions, scenario.repetitions ?? plan.repetitions)
    const skipped = new Set<string>()
    for (let repetition = 0; repetition < repetitions; repetition++)
      for (let i = 0; i < peers.length; i++) {
        const peer = peers[(i + repetition) % peers.length] as Peer
        if (skipped.has(peer.name)) continue
        const run = await once(scenario, peer, repetition, around)
        const shown = scenario.metrics
          .filter(({ key }) => run.values[key] !== undefined)
          .map(({ key, label }) => `${label} ${Number((run.values[key] as number).toPrecision(4))}`)
        const outcome = run.skipped ?? [run.problem ?? [], ...shown].flat().join(", ")
        around.say(`${scenario.name} ${repetition + 1}/${repetitions} ${peer.name}: ${outcome}`)
        if (run.skipped !== null) skipped.add(peer.name)
        yield run
      }
  }
}
