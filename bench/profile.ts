// Where the nanoseconds go: our server under Node's sampling profiler, the functions with most self time a scenario.
import fs from "node:fs"
import { SourceMap } from "node:module"
import path from "node:path"
import { fileURLToPath } from "node:url"
import { once, type Surroundings } from "./harness.ts"
import type { Scenario } from "./scenarios.ts"
import * as Tools from "./tools.ts"

interface Frame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
  readonly columnNumber: number
}
interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
  /** In us, as the time stamps of a run. */
  readonly startTime: number
}

/** What is profiled unless scenarios are named: the paths that matter. */
const usual = ["events", "packed", "interrogation-100000", "interrogation-100000-scattered", "pipelined", "command"]
const TOP = 25

const maps = new Map<string, SourceMap | null>()

/** The source map of a built file, or null. */
const mapOf = (file: string): SourceMap | null => {
  const known = maps.get(file)
  if (known !== undefined) return known
  const beside = `${file}.map`
  const map = fs.existsSync(beside) ? new SourceMap(JSON.parse(fs.readFileSync(beside, "utf8"))) : null
  maps.set(file, map)
  return map
}

/** A function by its name and place in the sources. */
const nameOf = ({ functionName, url, lineNumber, columnNumber }: Frame): string => {
  const name = functionName === "" ? "(anonymous)" : functionName
  if (!url.startsWith("file:")) return url === "" ? name : `${name} ${url}:${lineNumber + 1}`
  const file = fileURLToPath(url)
  const entry = mapOf(file)?.findEntry(lineNumber, columnNumber)
  if (entry !== undefined && "originalSource" in entry) {
    const source = entry.originalSource.replace(/^(\.\.\/)+/, "")
    return `${name} ${source}:${entry.originalLine + 1}`
  }
  return `${name} ${path.relative(Tools.root, file)}:${lineNumber + 1}`
}

/** Self time in us of each function between two moments, largest first, without what is idle. */
export const selfTimes = (
  profile: Profile,
  name: (frame: Frame) => string,
  fromUs: number,
  toUs: number
): readonly (readonly [string, number])[] => {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, name(callFrame)]))
  const times = new Map<string, number>()
  let atUs = profile.startTime
  profile.samples.forEach((id, index) => {
    const us = profile.timeDeltas[index] ?? 0
    atUs += us
    if (atUs < fromUs || atUs > toUs) return
    const key = names.get(id) as string
    times.set(key, (times.get(key) ?? 0) + us)
  })
  times.delete("(idle)")
  return [...times].sort((a, b) => b[1] - a[1])
}

/** Units of work in a run, warm-up included, for time per unit. */
const units = (scenario: Scenario, { events, objects, n }: Readonly<Record<string, number>>): number => {
  const option = (name: string): number => Number(scenario.client?.[scenario.client.indexOf(`--${name}`) + 1] ?? 0)
  if (objects !== undefined) return objects * option("reps")
  return events || (n ?? 1) + (scenario.client?.includes("--warm") === true ? option("warm") : 0)
}

/**
 * Profiles our server in each scenario and prints where its time went. On one core the client often runs as soon as it is
 * woken, inside the server's write: what the profile shows of writing includes it, the CPU of the process does not.
 */
export const profile = async (scenarios: readonly Scenario[], around: Surroundings): Promise<number> => {
  const named = scenarios.length < 15
  for (const scenario of scenarios) {
    if (!named && !usual.includes(scenario.name)) continue
    const peer = scenario.peers.find(({ name, program }) => name === "ours" && program === "server")
    if (peer === undefined) continue
    const folder = path.join(Tools.cache, "profiles", scenario.name)
    fs.rmSync(folder, { recursive: true, force: true })
    const nodeOptions = ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval", "200"]
    const run = await once(scenario, peer, 0, { ...around, nodeOptions })
    const [file] = fs.existsSync(folder) ? fs.readdirSync(folder) : []
    if (file === undefined || run.problem !== null) {
      around.say(`${scenario.name}: no profile (${run.problem ?? run.skipped ?? "the server wrote none"})`)
      continue
    }
    const { from_us: from = 0, to_us: to = Number.POSITIVE_INFINITY } = run.values
    const recorded = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8")) as Profile
    const times = selfTimes(recorded, nameOf, from, to)
    const total = times.reduce((sum, [, us]) => sum + us, 0)
    const count = units(scenario, run.values)
    const cpu = run.values["cpu_ns"] ?? (run.values["cpu_us"] ?? 0) * 1000
    const whole = cpu === 0 ? "" : `, CPU of the process ${cpu.toFixed(0)} ns each`
    console.log(`\n${scenario.name}: ${(total / 1000).toFixed(0)} ms, ${count.toLocaleString("en-US")} units${whole}`)
    for (const [name, us] of times.slice(0, TOP))
      console.log(
        `${((us / total) * 100).toFixed(1).padStart(6)} % ${((us * 1000) / count).toFixed(1).padStart(8)} ns  ${name}`
      )
  }
  return 0
}
