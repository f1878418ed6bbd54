// `npm run bench`: runs the scenarios, shows progress on standard error and medians on standard output, writes the JSON.
import { execFileSync } from "node:child_process"
import fs from "node:fs"
import os from "node:os"
import path from "node:path"
import { canPin, runAll, type Surroundings } from "./harness.ts"
import * as Options from "./options.ts"
import { profile } from "./profile.ts"
import { scenarioText } from "./report.ts"
import type { Conditions, Results, Run } from "./results.ts"
import * as Tools from "./tools.ts"

/** What the caller brings: how this project is built, and how Python with c104 is found. */
export interface Means {
  readonly build: () => void
  readonly python: (say: Tools.Say) => string
}

const say: Tools.Say = (line) => {
  process.stderr.write(`${line}\n`)
}

const git = (folder: string, ...words: readonly string[]): string => {
  try {
    return execFileSync("git", words, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()
  } catch {
    return ""
  }
}

const conditions = (
  words: readonly string[],
  options: Options.Options,
  build: string,
  python: string | null
): Conditions => {
  const changed = git(build, "status", "--porcelain", "--", "src") === "" ? "" : " with changes"
  const version = "import importlib.metadata as m; print(m.version('c104'))"
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    commit: `${git(build, "rev-parse", "--short", "HEAD") || "unknown"}${changed}`,
    command: ["npm run bench --", ...words].join(" ").replace(/ --$/, ""),
    processor: os.cpus()[0]?.model.trim() ?? "unknown",
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    c104: python === null ? "none" : execFileSync(python, ["-c", version], { encoding: "utf8" }).trim(),
    pinned: options.pinned && canPin(),
    loadAverage: os.loadavg()[0] ?? 0,
    quick: options.quick
  }
}

/** What a file has already of scenarios that are not run now. */
const kept = (file: string, options: Options.Options): Results => {
  if (!options.append || !fs.existsSync(file)) return { conditions: [], runs: [] }
  const before = JSON.parse(fs.readFileSync(file, "utf8")) as Results
  const now = new Set(options.scenarios.map(({ name }) => name))
  return { ...before, runs: before.runs.filter(({ scenario }) => !now.has(scenario)) }
}

/** c104 is a peer that may be missing: without it its column stays empty, and that is said. */
const findPython = (options: Options.Options, means: Means): string | null => {
  const wanted = options.scenarios.some(({ peers }) =>
    peers.some(({ program, name }) => program === "c104" && (options.peers?.has(name) ?? true))
  )
  if (!wanted || options.profile) return null
  try {
    return means.python(say)
  } catch (error) {
    say(`without c104: ${(error as Error).message}`)
    return null
  }
}

/** Runs and returns the exit code: 1 when one of our runs was no measurement, 2 for arguments that cannot be used. */
export const main = async (words: readonly string[], means: Means): Promise<number> => {
  try {
    const options = Options.parse(words)
    if (options.help) {
      console.log(Options.usage)
      return 0
    }
    if (options.list) {
      for (const { name, title, peers } of options.scenarios)
        console.log(`${name.padEnd(30)} ${title} [${peers.map((peer) => peer.name).join(", ")}]`)
      return 0
    }
    return await measure(words, options, means)
  } catch (error) {
    if (!(error instanceof Options.Refused || error instanceof Tools.Missing)) throw error
    say(`bench: ${error.message}`)
    return 2
  }
}

const measure = async (words: readonly string[], options: Options.Options, means: Means): Promise<number> => {
  if (options.package === null) means.build()
  const build = path.resolve(options.package ?? Tools.root)
  const client = Tools.client(say)
  const python = findPython(options, means)
  const pinned = options.pinned && canPin()
  const around: Surroundings = { client, python, packageOf: () => build, pinned, say }
  if (options.profile) return profile(options.scenarios, around)
  const file = path.resolve(options.json)
  const before = kept(file, options)
  const made = conditions(words, options, build, python)
  const runs: Run[] = []
  const plan = { scenarios: options.scenarios, peers: options.peers, repetitions: options.repetitions }
  fs.mkdirSync(path.dirname(file), { recursive: true })
  for await (const run of runAll(plan, around)) {
    runs.push(run)
    // Written as it grows: a long measurement that is broken off has not been for nothing.
    const results: Results = { conditions: [...before.conditions, made], runs: [...before.runs, ...runs] }
    fs.writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`)
  }
  for (const scenario of options.scenarios) console.log(scenarioText(scenario, runs))
  say(`results in ${options.json}; node bench/report.mjs ${options.json} makes docs/PERFORMANCE.md of them`)
  return runs.some(({ peer, problem }) => peer === "ours" && problem !== null) ? 1 : 0
}
