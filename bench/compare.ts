// `npm run bench:compare REF`: an older commit against what is here, alternating in fresh processes, as ratios of CPU.
// A loss counts when it repeats: whatever seems slower is measured a second time by itself.
import { execFileSync } from "node:child_process"
import fs from "node:fs"
import path from "node:path"
import { parseArgs } from "node:util"
import type { Means } from "./command.ts"
import { canPin, runAll, type Surroundings } from "./harness.ts"
import { chosen, Refused } from "./options.ts"
import { figure } from "./report.ts"
import { paired, type Run, type Spread } from "./results.ts"
import { type Scenario, scenarios } from "./scenarios.ts"
import * as Tools from "./tools.ts"

export const usage = `npm run bench:compare REF [-- OPTIONS]
  --head REF           compare that commit instead of what is here
  --scenario NAME,...  which scenarios; a name may end with *
  --reps N             repetitions, default 5, with --ci 3
  --loss PERCENT       what counts as a loss, default 15
  --ci                 a choice that takes less than three minutes`

/** What is compared unless scenarios are named: one of each path that matters. */
const usual = "events,events-8,packed,interrogation-100000,command,pipelined,connections-1000,publish-1,start"
const fast = "events,packed,interrogation-100000,command,pipelined,publish-1"

/**
 * Costs, in the order in which a scenario's is looked for: CPU is steadier than time on a machine that is not quiet, and
 * steadier still when V8 has compiled what runs.
 */
const costs = [
  "settled_cpu_ms",
  "cpu_ns",
  "cpu_us",
  "cpu_ms",
  "connect_cpu_ms",
  "publish_ns",
  "core_octets",
  "point_octets",
  "ready_ms"
]

/** What a scenario is judged by, or null when it has no cost. */
export const costOf = (scenario: Scenario): string | null =>
  costs.find((cost) => scenario.metrics.some(({ key }) => key === cost)) ?? null

/** The scenario with builds as its peers, or null when it has no cost that could be compared. */
export const between = (scenario: Scenario, builds: readonly string[] = ["base", "head"]): Scenario | null => {
  const own = scenario.peers.find(({ name }) => name === "ours")
  if (own === undefined || costOf(scenario) === null) return null
  return { ...scenario, peers: builds.map((name) => ({ ...own, name })), targets: [] }
}

/** Whether a ratio of costs, head to base, is a loss beyond `percent`. */
export const isLoss = (ratio: Spread | null, percent: number): boolean =>
  ratio !== null && ratio.median > 1 + percent / 100

const git = (...words: readonly string[]): string => {
  try {
    return execFileSync("git", words, { cwd: Tools.root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim()
  } catch (error) {
    throw new Refused(`git ${words.join(" ")} failed: ${(error as { stderr?: string }).stderr?.trim()}`)
  }
}

/** A built copy of a commit in .cache/bench; made once for each commit. */
export const built = (reference: string, say: Tools.Say): string => {
  const commit = git("rev-parse", "--verify", `${reference}^{commit}`)
  const folder = path.join(Tools.cache, `base-${commit.slice(0, 12)}`)
  if (fs.existsSync(path.join(folder, "dist/cli/main.js"))) return folder
  say(`building ${reference} (${commit.slice(0, 12)}) in ${path.relative(Tools.root, folder)}`)
  git("worktree", "prune")
  fs.rmSync(folder, { recursive: true, force: true })
  git("worktree", "prune")
  git("worktree", "add", "--detach", "--force", folder, commit)
  const run = (...words: readonly string[]): void => {
    execFileSync("npm", words, { cwd: folder, stdio: ["ignore", 2, 2] })
  }
  const lock = (from: string): string => fs.readFileSync(path.join(from, "package-lock.json"), "utf8")
  // The same packages need not be installed twice.
  if (lock(folder) === lock(Tools.root))
    fs.symlinkSync(path.join(Tools.root, "node_modules"), path.join(folder, "node_modules"))
  else run("ci", "--silent")
  run("run", "build", "--silent")
  return folder
}

type Compare = (words: readonly string[], means: Means, say: Tools.Say) => Promise<number>

/** Runs a comparison and returns the exit code: 2 for arguments that cannot be used. */
export const guarded = async (name: string, run: Compare, words: readonly string[], means: Means): Promise<number> => {
  const say: Tools.Say = (line) => {
    process.stderr.write(`${line}\n`)
  }
  try {
    return await run(words, means, say)
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Tools.Missing)) throw error
    say(`${name}: ${error.message}`)
    return 2
  }
}

/** Runs and returns the exit code: 1 for a loss that repeats, 2 for arguments that cannot be used. */
export const main = (words: readonly string[], means: Means): Promise<number> =>
  guarded("bench:compare", compare, words, means)

const read = (words: readonly string[]) => {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        head: { type: "string" },
        scenario: { type: "string" },
        reps: { type: "string" },
        loss: { type: "string", default: "15" },
        ci: { type: "boolean", default: false },
        help: { type: "boolean", default: false }
      }
    })
  } catch (error) {
    throw new Refused((error as Error).message)
  }
}

const compare: Compare = async (words, means, say) => {
  const { values, positionals } = read(words)
  const [reference] = positionals
  if (values.help || reference === undefined) {
    console.log(usage)
    return values.help ? 0 : 2
  }
  const repetitions = Number(values.reps ?? (values.ci ? 3 : 5))
  const percent = Number(values.loss)
  if (!(Number.isInteger(repetitions) && repetitions >= 1)) throw new Refused("--reps is a whole number of at least 1")
  if (!(percent > 0)) throw new Refused("--loss is a percentage above 0")
  const names = values.scenario ?? (values.ci ? fast : usual)
  const compared = chosen("scenario", names, scenarios(true)).flatMap((scenario) => between(scenario) ?? [])
  const base = built(reference, say)
  if (values.head === undefined) means.build()
  const head = values.head === undefined ? Tools.root : built(values.head, say)
  const around: Surroundings = {
    client: Tools.client(say),
    python: null,
    packageOf: (peer) => (peer === "base" ? base : head),
    pinned: canPin(),
    say
  }
  const measure = async (some: readonly Scenario[], times: number): Promise<readonly Run[]> => {
    const runs: Run[] = []
    for await (const run of runAll({ scenarios: some, peers: null, repetitions: times }, around)) runs.push(run)
    return runs
  }
  const ratio = (runs: readonly Run[], scenario: Scenario): Spread | null =>
    paired(runs, scenario.name, ["head", "base"], costOf(scenario) ?? "")
  const shown = (value: Spread | null): string =>
    value === null ? "not comparable" : `${figure(value.median)} [${figure(value.least)} .. ${figure(value.most)}]`
  const broken = (runs: readonly Run[], scenario: Scenario): boolean =>
    runs.some(({ scenario: name, peer, problem }) => name === scenario.name && peer === "head" && problem !== null)

  const first = await measure(compared, repetitions)
  const suspects = compared.filter((scenario) => isLoss(ratio(first, scenario), percent) || broken(first, scenario))
  const second = suspects.length === 0 ? [] : await measure(suspects, repetitions + 2)
  let losses = 0
  console.log(`cost of ${values.head ?? "what is here"} / cost of ${reference} (below 1 is faster)`)
  for (const scenario of compared) {
    const value = ratio(first, scenario)
    const name = scenario.name.padEnd(30)
    if (!suspects.includes(scenario)) {
      console.log(`${name} ${shown(value)}`)
      continue
    }
    const again = ratio(second, scenario)
    const bad = isLoss(again, percent) || broken(second, scenario)
    if (bad) losses++
    console.log(`${name} ${shown(value)}, again ${shown(again)}: ${bad ? "LOSS" : "not repeated"}`)
  }
  console.log(losses === 0 ? "no loss that repeats" : `${losses} of ${compared.length} lost more than ${percent} %`)
  return losses === 0 ? 0 : 1
}
