// Builds of this server that are measured beside each other: a built copy of a commit, the scenarios with builds as peers, and
// the cost by which each is judged.
import { execFileSync } from "node:child_process"
import fs from "node:fs"
import path from "node:path"
import { Refused } from "./options.ts"
import type { Scenario } from "./scenarios.ts"
import * as Tools from "./tools.ts"

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

/** The builds that alternate: a commit, the same commit again, and what is judged. */
const builds = ["base", "twin", "head"]

/** The scenario with the builds as its peers, or null when it has no cost that could be compared. */
export const between = (scenario: Scenario): Scenario | null => {
  const own = scenario.peers.find(({ name }) => name === "ours")
  if (own === undefined || costOf(scenario) === null) return null
  return { ...scenario, peers: builds.map((name) => ({ ...own, name })), targets: [] }
}

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
