// `npm run bench:gate REF`: a commit, the same commit again, and what is here, alternating in fresh processes. What disturbs
// a run only ever adds to its cost, so that a program is known by its cheaper runs: its lower quartile. The two halves
// of the commit's own runs, dealt again and again, tell how far that differs by chance on this machine today; a row is
// judged only where that is less than what counts as a loss, and the others are listed with their spread.
import { parseArgs } from "node:util"
import * as Builds from "./builds.ts"
import type { Means } from "./command.ts"
import { canPin, runAll, type Surroundings } from "./harness.ts"
import { chosen, Refused } from "./options.ts"
import { figure } from "./report.ts"
import { good, type Run } from "./results.ts"
import { type Scenario, scenarios } from "./scenarios.ts"
import * as Tools from "./tools.ts"

export const usage = `npm run bench:gate REF [-- OPTIONS]
  --head REF           judge that commit instead of what is here
  --scenario NAME,...  which scenarios; a name may end with *; default: all that have a cost
  --reps N             repetitions, default 9, with --ci 5
  --loss PERCENT       what counts as a loss, default 5, with --ci 15 (pipelined 35); over TLS at least 20
  --full               runs as long as those that are published: ten times as long, so that what V8 compiles counts less
  --ci                 a choice that takes less than five minutes, and measures a loss again`

/** What counts as a loss over TLS, in percent: its records follow a rule of their own. */
const TLS_LOSS = 20

/** What a run for every change can afford: one of each path that matters. */
const CI = { scenarios: "events,packed,interrogation-100000,command,pipelined,publish-1", repetitions: 5, loss: 15 }

/**
 * What is known to be dearer than the published figures, and by how much it may be, in percent: a command that is pipelined costs some
 * 0.5 us more since each is a value with steps of its own, and since it is judged anew when its turn comes. Not a bound to be
 * content with.
 */
const KNOWN: { readonly [scenario: string]: number } = { pipelined: 35 }

/** How often a loss is measured again for a change, to be believed. */
const AGAIN = 9

/** A row of the gate: what is here beside the commit, and the commit beside itself. */
export interface Row {
  readonly scenario: Scenario
  readonly loss: number
  /** How far from 1 the ratio of a commit to itself may lie by chance; null: not comparable. */
  readonly noise: number | null
  /** Cost of what is here / cost of the commit; null: not comparable. */
  readonly ratio: number | null
  readonly problem: string | null
}

export type Verdict = "ok" | "LOSS" | "BROKEN" | "noisy"

/** The lower quartile of some costs, between two of them where it falls there. NaN without any. */
export const lowOf = (costs: readonly number[]): number => {
  const sorted = [...costs].sort((a, b) => a - b)
  const at = (sorted.length - 1) / 4
  const [below, above] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN]
  return below + (above - below) * (at - Math.floor(at))
}

/** How often the runs of one program are dealt into two halves. */
const DEALS = 400

/** A number of 0 to 1 each time, always the same ones: what a gate says of some runs does not depend on luck. */
const dealer = (): (() => number) => {
  let state = 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * How far from 1 the ratio of the lower quartiles of two halves of one program's costs lies, in nineteen of twenty deals:
 * 0.03 is three percent. Null where there are not four runs to deal.
 */
export const noiseOf = (costs: readonly number[]): number | null => {
  if (costs.length < 4) return null
  const random = dealer()
  const half = costs.length >> 1
  const apart: number[] = []
  for (let deal = 0; deal < DEALS; deal++) {
    const dealt = [...costs]
    for (let at = dealt.length - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1))
      const held = dealt[at] as number
      dealt[at] = dealt[other] as number
      dealt[other] = held
    }
    apart.push(Math.abs(lowOf(dealt.slice(0, half)) / lowOf(dealt.slice(half)) - 1))
  }
  return apart.sort((a, b) => a - b)[Math.floor(DEALS * 0.95)] as number
}

/** What is here beside a commit, or null where one of them has no cost. */
export const ratioOf = (head: readonly number[], base: readonly number[]): number | null => {
  const ratio = lowOf(head) / lowOf(base)
  return Number.isFinite(ratio) ? ratio : null
}

/** What a row says. One that is noisy says nothing, unless it is dearer than its noise and the bound together. */
export const verdictOf = ({ noise, ratio, loss, problem }: Row): Verdict => {
  if (problem !== null || ratio === null || noise === null) return "BROKEN"
  const bound = loss / 100
  if (noise < bound) return ratio > 1 + bound ? "LOSS" : "ok"
  return ratio > 1 + bound + noise ? "LOSS" : "noisy"
}

/** Runs and returns the exit code: 1 for a loss or a run that broke, 2 for arguments that cannot be used. */
export const main = async (words: readonly string[], means: Means): Promise<number> => {
  const say: Tools.Say = (line) => {
    process.stderr.write(`${line}\n`)
  }
  try {
    return await gate(words, means, say)
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Tools.Missing)) throw error
    say(`bench:gate: ${error.message}`)
    return 2
  }
}

const read = (words: readonly string[]) => {
  try {
    const text = { type: "string" } as const
    const flag = { type: "boolean" } as const
    const options = { head: text, scenario: text, reps: text, loss: text, full: flag, ci: flag, help: flag } as const
    return parseArgs({ args: [...words], allowPositionals: true, options })
  } catch (error) {
    throw new Refused((error as Error).message)
  }
}

/** The costs of the good runs of some of the builds. */
const costsOf = (runs: readonly Run[], scenario: Scenario, ...builds: readonly string[]): readonly number[] =>
  builds.flatMap((build) =>
    good(runs, scenario.name, build).flatMap(({ values }) => values[Builds.costOf(scenario) ?? ""] ?? [])
  )

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`

const line = (row: Row): string => {
  const { scenario, noise, ratio, problem } = row
  const shown = ratio === null ? "not comparable" : figure(ratio)
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
  const known = scenarios(values.full !== true)
  const wanted = names === undefined ? known.filter(({ named }) => named !== true) : chosen("scenario", names, known)
  const compared = wanted.flatMap((scenario) => Builds.between(scenario) ?? [])
  const base = Builds.built(reference, say)
  if (values.head === undefined) means.build()
  const head = values.head === undefined ? Tools.root : Builds.built(values.head, say)
  const around: Surroundings = {
    client: Tools.client(say),
    python: null,
    packageOf: (peer) => (peer === "head" ? head : base),
    pinned: canPin(),
    say
  }
  console.log(`cost of ${values.head ?? "what is here"} / cost of ${reference} (below 1 is cheaper)`)
  const measure = async (scenario: Scenario, times: number): Promise<Row> => {
    const runs: Run[] = []
    for await (const run of runAll({ scenarios: [scenario], peers: null, repetitions: times }, around)) runs.push(run)
    const own = costsOf(runs, scenario, "base", "twin")
    return {
      scenario,
      loss: Math.max(loss, scenario.tls === true ? TLS_LOSS : 0, ci ? (KNOWN[scenario.name] ?? 0) : 0),
      noise: noiseOf(own),
      ratio: ratioOf(costsOf(runs, scenario, "head"), own),
      problem: runs.find(({ peer, problem }) => peer === "head" && problem !== null)?.problem ?? null
    }
  }
  const rows: Row[] = []
  for (const scenario of compared) {
    let row = await measure(scenario, repetitions)
    // A few runs can all meet a bad minute: a loss counts when more of them say so.
    if (ci && verdictOf(row) === "LOSS") {
      say(`${line(row)}; measured again`)
      row = await measure(scenario, AGAIN)
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
