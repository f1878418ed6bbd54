// What a run yields and what it is worth: completeness, medians with their spread, ratios of runs that alternated, and
// whether a target is reached. Pure functions over the JSON that run.mjs writes and report.mjs reads.

/** Numbers of one run by name; `problem` says why they are no measurement, `skipped` why there was none. */
export interface Run {
  readonly scenario: string
  readonly peer: string
  readonly repetition: number
  readonly values: Readonly<Record<string, number>>
  readonly problem: string | null
  readonly skipped: string | null
}

export interface Conditions {
  readonly date: string
  readonly commit: string
  readonly command: string
  readonly processor: string
  readonly cores: number
  readonly memoryGb: number
  readonly system: string
  readonly node: string
  readonly c104: string
  readonly pinned: boolean
  readonly loadAverage: number
  readonly quick: boolean
}

export interface Results {
  /** One for each time that run.mjs added to the file. */
  readonly conditions: readonly Conditions[]
  readonly runs: readonly Run[]
}

/** A number that a scenario reports. */
export interface Metric {
  readonly key: string
  readonly label: string
}

/** What the project wants of a metric: beside a peer (a ratio, or with `difference` so much more), or absolutely. */
export interface Target {
  readonly metric: string
  readonly beside?: string
  readonly difference?: boolean
  readonly atLeast?: number
  readonly atMost?: number
}

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly count: number
}

/** Median, least and most of some numbers, or null for none. */
export const spread = (numbers: readonly number[]): Spread | null => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const count = sorted.length
  if (count === 0) return null
  const at = (index: number): number => sorted[index] as number
  const median = count % 2 === 1 ? at((count - 1) / 2) : (at(count / 2 - 1) + at(count / 2)) / 2
  return { median, least: at(0), most: at(count - 1), count }
}

/** The runs of a peer that are measurements. */
export const good = (runs: readonly Run[], scenario: string, peer: string): readonly Run[] =>
  runs.filter((run) => run.scenario === scenario && run.peer === peer && run.problem === null && run.skipped === null)

const valuesOf = (runs: readonly Run[], key: string): readonly number[] =>
  runs.flatMap(({ values }) => (values[key] === undefined ? [] : [values[key]]))

/** A metric of a peer over its good runs. */
export const measured = (runs: readonly Run[], scenario: string, peer: string, key: string): Spread | null =>
  spread(valuesOf(good(runs, scenario, peer), key))

/** Our metric against another's, paired within each repetition: only runs that alternated are compared. */
export const paired = (
  runs: readonly Run[],
  scenario: string,
  peers: readonly [string, string],
  key: string,
  combine: (a: number, b: number) => number = (a, b) => a / b
): Spread | null => {
  const others = good(runs, scenario, peers[1])
  const found: number[] = []
  for (const run of good(runs, scenario, peers[0])) {
    const own = run.values[key]
    const other = others.find(({ repetition }) => repetition === run.repetition)?.values[key]
    if (own !== undefined && other !== undefined) found.push(combine(own, other))
  }
  // Nothing is a multiple of nothing.
  return spread(found.filter(Number.isFinite))
}

export interface Verdict {
  readonly target: Target
  readonly value: Spread | null
  readonly reached: boolean
}

/** What became of a target; one without a measurement is not reached. */
export const judge = (runs: readonly Run[], scenario: string, target: Target): Verdict => {
  const { metric, beside, difference, atLeast, atMost } = target
  const value =
    beside === undefined
      ? measured(runs, scenario, "ours", metric)
      : paired(runs, scenario, ["ours", beside], metric, difference === true ? (a, b) => a - b : undefined)
  const reached =
    value !== null &&
    (atLeast === undefined || value.median >= atLeast) &&
    (atMost === undefined || value.median <= atMost)
  return { target, value, reached }
}

/** Interrogations behind the first that count as warm, and as many at the end of a long run that count as settled. */
const WARM = 10

/** The JSON object of a client as numbers of a run: the runs of an interrogation become cold, warm and complete. */
export const flatten = (said: Readonly<Record<string, unknown>>): Record<string, number> => {
  const values: Record<string, number> = {}
  for (const [key, value] of Object.entries(said)) if (typeof value === "number") values[key] = value
  const rounds = said["runs"]
  if (!Array.isArray(rounds) || rounds.length === 0) return values
  const all = rounds as readonly Readonly<Record<string, number>>[]
  const warm = all.length > 1 ? all.slice(1, 1 + WARM) : all
  const pick = (from: typeof all, key: string): readonly number[] => from.map((round) => round[key] ?? 0)
  values["cold_ms"] = pick(all, "ms")[0] ?? 0
  values["ms"] = spread(pick(warm, "ms"))?.median ?? 0
  if (all.length > 3 * WARM) {
    values["settled_ms"] = spread(pick(all.slice(-WARM), "ms"))?.median ?? 0
    values["settled_cpu_ms"] = spread(pick(all.slice(-WARM), "cpu_ms"))?.median ?? 0
  }
  values["cpu_ms"] = spread(pick(warm, "cpu_ms"))?.median ?? 0
  values["objects"] = spread(pick(all, "objects"))?.least ?? 0
  values["most_objects"] = spread(pick(all, "objects"))?.most ?? 0
  values["frames"] = spread(pick(all, "frames"))?.median ?? 0
  values["terminated"] = spread(pick(all, "terminated"))?.least ?? 0
  return values
}

/** Names of values that count something that must not happen. */
const faults = ["lost", "gaps", "duplicates", "sequence_errors", "closed", "timeout", "negative", "refused", "dropped"]

/** Why a run is no measurement: it lost, repeated or reordered something, or did not do all of its work. Null when it is. */
export const incomplete = (values: Readonly<Record<string, number>>, points: number): string | null => {
  const wrong = faults.filter((name) => (values[name] ?? 0) !== 0).map((name) => `${name} ${values[name]}`)
  const { ok, n, clients, objects, most_objects: most, terminated, loaded, answered } = values
  if (ok !== undefined && n !== undefined && ok !== n) wrong.push(`${ok} of ${n}`)
  if (n === undefined && ok !== undefined && ok !== clients) wrong.push(`${ok} of ${clients} connections`)
  if (answered !== undefined && answered !== clients) wrong.push(`${answered} of ${clients} answered`)
  if (loaded !== undefined && loaded !== n) wrong.push(`${loaded} of ${n} under load`)
  if (objects !== undefined && (objects !== points || most !== points)) wrong.push(`${objects} of ${points} points`)
  if (terminated === 0) wrong.push("not terminated")
  return wrong.length === 0 ? null : wrong.join(", ")
}
