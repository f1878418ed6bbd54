// `npm run bench:gate REF`: a commit, the same commit again, and what is here, alternating in fresh processes. The commit
// beside itself tells how far two runs of one program differ on this machine today; a row is judged only where that is
// less than what counts as a loss, and the others are listed with their spread.
import { parseArgs } from "node:util"
import type { Means } from "./command.ts"
import { between, built, costOf, guarded } from "./compare.ts"
import { canPin, runAll, type Surroundings } from "./harness.ts"
import { chosen, Refused } from "./options.ts"
import { figure } from "./report.ts"
import { paired, type Run, type Spread } from "./results.ts"
import { type Scenario, scenarios } from "./scenarios.ts"
import * as Tools from "./tools.ts"

export const usage = `npm run bench:gate REF [-- OPTIONS]
  --head REF           judge that commit instead of what is here
  --scenario NAME,...  which scenarios; a name may end with *; default: all that have a cost
  --reps N             repetitions, default 9, with --ci 3
  --loss PERCENT       what counts as a loss, default 5, with --ci 15; over TLS at least 20
  --ci                 a choice that takes less than three minutes`

/** What counts as a loss over TLS, in percent: its records follow a rule of their own. */
const TLS_LOSS = 20

/** What a run for every change can afford: one of each path that matters. */
const CI = { scenarios: "events,packed,interrogation-100000,command,pipelined,publish-1", repetitions: 3, loss: 15 }

/** A row of the gate: what is here beside the commit, and the commit beside itself. */
export interface Row {
  readonly scenario: Scenario
  readonly loss: number
  /** Ratio of costs of two builds of one commit, and how far its median may lie from 1 by chance; null: not comparable. */
  readonly noise: number | null
  readonly ratio: Spread | null
  readonly problem: string | null
}

export type Verdict = "ok" | "LOSS" | "BROKEN" | "noisy"

/**
 * How far from 1 the ratios of one program beside itself lie, the extreme ones at either end left out: 0.03 is three
 * percent. Null without any.
 */
export const noiseOf = (ratios: readonly number[]): number | null => {
  if (ratios.length === 0) return null
  const sorted = [...ratios].sort((a, b) => a - b)
  const cut = sorted.length >= 7 ? 1 : 0
  const kept = sorted.slice(cut, sorted.length - cut)
  return Math.max(...kept.map((ratio) => Math.abs(ratio - 1)))
}

/** What a row says. One that is noisy says nothing, unless it is dearer than its noise and the bound together. */
export const verdictOf = ({ noise, ratio, loss, problem }: Row): Verdict => {
  if (problem !== null || ratio === null || noise === null) return "BROKEN"
  const bound = loss / 100
  if (noise < bound) return ratio.median > 1 + bound ? "LOSS" : "ok"
  return ratio.median > 1 + bound + noise ? "LOSS" : "noisy"
}

/** Runs and returns the exit code: 1 for a loss or a run that broke, 2 for arguments that cannot be used. */
export const main = (words: readonly string[], means: Means): Promise<number> =>
  guarded("bench:gate", gate, words, means)

const BUILDS = ["base", "twin", "head"]

const read = (words: readonly string[]) => {
  try {
    const text = { type: "string" } as const
    const flag = { type: "boolean" } as const
    const options = { head: text, scenario: text, reps: text, loss: text, ci: flag, help: flag } as const
    return parseArgs({ args: [...words], allowPositionals: true, options })
  } catch (error) {
    throw new Refused((error as Error).message)
  }
}

const ratiosOf = (runs: readonly Run[], scenario: Scenario, peer: string): readonly number[] => {
  const key = costOf(scenario) ?? ""
  const of = (name: string, repetition: number): number | undefined =>
    runs.find((run) => run.peer === name && run.repetition === repetition && run.problem === null)?.values[key]
  return runs.flatMap((run) => {
    if (run.peer !== peer || run.problem !== null) return []
    const [own, other] = [run.values[key], of("base", run.repetition)]
    return own === undefined || other === undefined || !Number.isFinite(own / other) ? [] : [own / other]
  })
}

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`

const line = (row: Row): string => {
  const { scenario, noise, ratio, problem } = row
  const shown =
    ratio === null ? "not comparable" : `${figure(ratio.median)} [${figure(ratio.least)} .. ${figure(ratio.most)}]`
  const apart = noise === null ? "" : ` (itself: within ${percent(noise)})`
  return `${verdictOf(row).padEnd(7)} ${scenario.name.padEnd(32)} ${shown}${apart}${problem === null ? "" : ` ${problem}`}`
}

const gate = async (words: readonly string[], means: Means, say: Tools.Say): Promise<number> => {
  const { values, positionals } = read(words)
  const [reference] = positionals
  if (values.help || reference === undefined) {
    console.log(usage)
    return values.help ? 0 : 2
  }
  const ci = values.ci === true
  const repetitions = Number(values.reps ?? (ci ? CI.repetitions : 9))
  const loss = Number(values.loss ?? (ci ? CI.loss : 5))
  const names = values.scenario ?? (ci ? CI.scenarios : undefined)
  if (!(Number.isInteger(repetitions) && repetitions >= 1)) throw new Refused("--reps is a whole number of at least 1")
  if (!(loss > 0)) throw new Refused("--loss is a percentage above 0")
  const known = scenarios(true)
  const wanted = names === undefined ? known.filter(({ named }) => named !== true) : chosen("scenario", names, known)
  const compared = wanted.flatMap((scenario) => between(scenario, BUILDS) ?? [])
  const base = built(reference, say)
  if (values.head === undefined) means.build()
  const head = values.head === undefined ? Tools.root : built(values.head, say)
  const around: Surroundings = {
    client: Tools.client(say),
    python: null,
    packageOf: (peer) => (peer === "head" ? head : base),
    pinned: canPin(),
    say
  }
  console.log(`cost of ${values.head ?? "what is here"} / cost of ${reference} (below 1 is cheaper)`)
  const rows: Row[] = []
  for (const scenario of compared) {
    const runs: Run[] = []
    for await (const run of runAll({ scenarios: [scenario], peers: null, repetitions }, around)) runs.push(run)
    const broken = runs.find(({ peer, problem }) => peer === "head" && problem !== null)
    const row: Row = {
      scenario,
      loss: scenario.tls === true ? Math.max(TLS_LOSS, loss) : loss,
      noise: noiseOf(ratiosOf(runs, scenario, "twin")),
      ratio: paired(runs, scenario.name, ["head", "base"], costOf(scenario) ?? ""),
      problem: broken?.problem ?? null
    }
    rows.push(row)
    console.log(line(row))
  }
  const count = (verdict: Verdict): number => rows.filter((row) => verdictOf(row) === verdict).length
  console.log(
    `${count("ok")} hold, ${count("LOSS")} lost, ${count("BROKEN")} broke, ${count("noisy")} too noisy to tell`
  )
  return count("LOSS") + count("BROKEN") === 0 ? 0 : 1
}
