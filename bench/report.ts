// Results as text: a table for each scenario with ratios to bare Node, the targets reached and not reached, the conditions.
import {
  type Conditions,
  judge,
  measured,
  paired,
  type Results,
  type Run,
  type Spread,
  type Target
} from "./results.ts"
import type { Scenario } from "./scenarios.ts"
import type { Soaked } from "./soak.ts"

/** A number with as many digits as it deserves. */
export const figure = (value: number): string => {
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString("en-US")
  return size >= 10 ? value.toFixed(1) : value.toFixed(size >= 1 || value === 0 ? 2 : 3)
}

const cell = (value: Spread | null): string => {
  if (value === null) return "-"
  const { median, least, most, count } = value
  return count === 1 ? figure(median) : `${figure(median)} [${figure(least)} .. ${figure(most)}]`
}

const labels: Readonly<Record<string, string>> = {
  ours: "this server",
  "ours-cli": "this server, command line",
  bare: "bare Node, copies",
  "bare-enc": "bare Node, encodes",
  "bare-onread": "bare Node, static buffer",
  "bare-records": "bare Node, encodes, the same records",
  c104: "c104"
}
const label = (peer: string): string => labels[peer] ?? peer

/** Peers whose runs ours are divided by, where a scenario has them. */
const references = ["bare-records", "bare-enc", "bare"]

const table = (rows: readonly (readonly string[])[]): string => {
  const [head = [], ...body] = rows
  return [head, head.map(() => "---"), ...body].map((row) => `| ${row.join(" | ")} |`).join("\n")
}

/** Why a peer has no figures, or fewer than it was run for. */
const remark = (runs: readonly Run[]): string => {
  const skipped = runs.find((run) => run.skipped !== null)
  if (skipped !== undefined) return `not run: ${skipped.skipped}`
  const bad = runs.filter(({ problem }) => problem !== null)
  if (bad.length === 0) return ""
  const why = (bad[0] as Run).problem as string
  return `${bad.length} of ${runs.length} runs are no measurement: ${why.split("\n")[0]?.slice(0, 160)}`
}

const wanted = (target: Target, scenario: Scenario): string => {
  const { metric, beside, difference, atLeast, atMost } = target
  const name = scenario.metrics.find(({ key }) => key === metric)?.label ?? metric
  const bound = atLeast === undefined ? `at most ${figure(atMost ?? 0)}` : `at least ${figure(atLeast)}`
  if (beside === undefined) return `${name}: ${bound}`
  return difference === true
    ? `${name}: ${bound} more than ${label(beside)}`
    : `${name}: ${bound} times ${label(beside)}`
}

/** Lines about the targets of a scenario that was run. */
const verdicts = (scenario: Scenario, runs: readonly Run[]): readonly string[] =>
  scenario.targets.map((target) => {
    const { value, reached } = judge(runs, scenario.name, target)
    return `- ${reached ? "reached" : "**not reached**"}: ${wanted(target, scenario)}; measured ${cell(value)}`
  })

/** One scenario: its table, remarks and targets. Empty when it was not run. */
export const scenarioText = (scenario: Scenario, all: readonly Run[]): string => {
  const runs = all.filter((run) => run.scenario === scenario.name)
  if (runs.length === 0) return ""
  const peers = scenario.peers.map(({ name }) => name).filter((name) => runs.some(({ peer }) => peer === name))
  const compared = references.filter((name) => peers.includes(name) && peers.includes("ours"))
  const head = ["", ...peers.map(label), ...compared.map((name) => `this server / ${label(name)}`)]
  const rows = scenario.metrics.map(({ key, label: name }) => [
    name,
    ...peers.map((peer) => cell(measured(runs, scenario.name, peer, key))),
    ...compared.map((peer) => cell(paired(runs, scenario.name, ["ours", peer], key)))
  ])
  const remarks = peers.flatMap((name) => {
    const text = remark(runs.filter(({ peer }) => peer === name))
    return text === "" ? [] : [`- ${label(name)}: ${text}`]
  })
  const repetitions = new Set(runs.map(({ repetition }) => repetition)).size
  const place = scenario.spread === true ? ", not pinned" : ""
  const times = repetitions === 1 ? "one run" : `${repetitions} alternating runs`
  const parts = [`### ${scenario.title}`, `\`${scenario.name}\`, ${times}${place}`, table([head, ...rows])]
  for (const list of [verdicts(scenario, runs), remarks]) if (list.length > 0) parts.push(list.join("\n"))
  return `${parts.join("\n\n")}\n`
}

const conditionsText = (conditions: readonly Conditions[]): string => {
  const last = conditions.at(-1)
  if (last === undefined) return "Nothing was measured.\n"
  const lines = [
    `- ${last.processor}, ${last.cores} cores, ${last.memoryGb} GiB; ${last.system}`,
    `- Node ${last.node}, c104 ${conditions.find(({ c104 }) => c104 !== "none")?.c104 ?? "none"}`,
    last.pinned
      ? "- server and client pinned to one core unless a scenario says otherwise: pure cost of software, without wake-ups of another core"
      : "- server and client not pinned",
    ...conditions.map(
      ({ date, command, commit, loadAverage, quick }) =>
        `- ${date} UTC, commit ${commit}, load average ${loadAverage.toFixed(1)} at the start${quick ? ", short runs" : ""}: \`${command}\``
    )
  ]
  return `${lines.join("\n")}\n`
}

const summary = (scenarios: readonly Scenario[], runs: readonly Run[]): string => {
  const rows = scenarios.flatMap((scenario) => {
    if (!runs.some((run) => run.scenario === scenario.name && run.peer === "ours" && run.skipped === null)) return []
    return scenario.targets.map((target) => {
      const { value, reached } = judge(runs, scenario.name, target)
      return [scenario.title, wanted(target, scenario), cell(value), reached ? "reached" : "**not reached**"]
    })
  })
  const reached = rows.filter((row) => row[3] === "reached").length
  return `${reached} of ${rows.length} targets are reached.\n\n${table([["work", "target", "measured", ""], ...rows])}\n`
}

const method = `Peers alternate within each repetition, each in a process of its own; a cell is the median [least .. most], and a
ratio is the median of the ratios of runs that followed each other. The server is driven through its public API alone:
\`point.value = x; point.transmit(Cot.SPONTANEOUS)\`. CPU is that of the whole server process, user and system, read from
its CPU clock. Every run is checked: one in which an event or a point was lost, repeated or out of order is no
measurement. "Bare Node" is \`bench/limit.mjs\`: \`node:net\` or \`node:tls\` and hand-made frames, with the same k and w and
nothing else of the protocol; it copies prepared frames or encodes each. The load client is \`bench/client.c\`. c104 drops
what it is given faster than it sends, so it is given 5,000 events a second. The machine is shared and not quiet: trust
ratios before figures.

Two things this server has and bare Node has not, which is why it can be below 1 in time: it reads all plain connections into
one buffer ([0007](decisions/0007-shared-read-buffer.md); bare Node with it is the column "static buffer" of the first
scenario), and it rehearses before it listens ([0008](decisions/0008-rehearsal.md)), so that its code is compiled when the
first client comes. The first interrogations of a process and lone events compare what users get; commands behind their
warm-up and interrogations "after fifty" compare the programs, both of them compiled.`

/** What `npm run soak` found, in words. */
export const soakText = ({ minutes, rate, commit, published, received, problem, samples }: Soaked): string => {
  const mib = (octets: number): string => `${(octets / 2 ** 20).toFixed(1)} MiB`
  const range = (key: "heap" | "rss"): string => {
    const of = samples.map((sample) => sample[key])
    return `${mib(Math.min(...of))} to ${mib(Math.max(...of))}`
  }
  const got = received.every((each) => each === published)
    ? `each of ${received.length} clients received every one of them, once and in order`
    : `the clients received ${received.map(figure).join(", ")}`
  return [
    `\`npm run soak\`, ${minutes} minutes at ${figure(rate)} events a second, commit ${commit}: ${figure(published)} were published,`,
    `${got}. Heap ${range("heap")}, resident ${range("rss")}, sampled every minute after a collection.`,
    problem === null ? "Nothing was lost, and memory was flat." : `**Failed**: ${problem}.`
  ].join(" ")
}

/** What a page says of an hour, or null: it takes too long to be measured again for every page. */
export const hourOf = (text: string): string | null => /^## An hour\n\n(.+)$/m.exec(text)?.[1] ?? null

/** The whole page; `hour` is what there is to say of one, null: nothing. */
export const page = (
  { conditions, runs }: Results,
  scenarios: readonly Scenario[],
  hour: string | null = null
): string => {
  const parts = [
    "# Performance",
    "What this server costs beside a bare Node socket, which is the limit, and beside c104. This page is generated: " +
      "`npm run bench`, then `node bench/report.mjs`.",
    "## Conditions",
    conditionsText(conditions).trimEnd(),
    "## Method",
    method,
    "## Targets",
    summary(scenarios, runs).trimEnd(),
    ...(hour === null ? [] : ["## An hour", hour]),
    "## Figures",
    ...scenarios.flatMap((scenario) => scenarioText(scenario, runs).trimEnd() || [])
  ]
  return `${parts.join("\n\n")}\n`
}
