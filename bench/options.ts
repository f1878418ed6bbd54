// The arguments of `npm run bench`, checked: an unknown scenario or peer is an error that lists the known ones.
import { parseArgs } from "node:util"
import { type Scenario, scenarios } from "./scenarios.ts"

export interface Options {
  readonly scenarios: readonly Scenario[]
  readonly peers: ReadonlySet<string> | null
  readonly repetitions: number
  readonly json: string
  readonly append: boolean
  readonly quick: boolean
  readonly profile: boolean
  readonly pinned: boolean
  /** Folder of the build that is measured; null: this project's. */
  readonly package: string | null
  readonly list: boolean
  readonly help: boolean
}

/** The arguments cannot be used; the message says why. */
export class Refused extends Error {}

export const usage = `npm run bench [-- OPTIONS]
  --scenario NAME,...  only these; a name may end with * (--list shows all)
  --peers NAME,...     only these of ours, bare, bare-enc, bare-onread, bare-records, c104
  --reps N             repetitions, default 5; the peers alternate within each
  --quick              ten times shorter
  --json FILE          where results go, default reports/bench.json; docs/PERFORMANCE.md is made from such a file
  --append             keep what the file has of other scenarios
  --package FOLDER     measure the build in that folder instead of this one
  --unpinned           do not pin server and client to one core
  --profile            profile our server instead: where the time goes, for each scenario
  --list, --help`

export const defaultFile = "reports/bench.json"

/** Those of `known` that a comma-separated list of names asks for; `name*` is any name that begins so. */
export const chosen = <A extends { readonly name: string }>(what: string, list: string, known: readonly A[]): A[] => {
  const found = new Set<A>()
  for (const wanted of list.split(",").map((word) => word.trim())) {
    const matches = known.filter(({ name }) =>
      wanted.endsWith("*") ? name.startsWith(wanted.slice(0, -1)) : name === wanted
    )
    if (matches.length === 0)
      throw new Refused(`unknown ${what} ${wanted}; known are ${known.map(({ name }) => name).join(", ")}`)
    for (const match of matches) found.add(match)
  }
  return known.filter((one) => found.has(one))
}

/** Throws {@link Refused}. */
export const parse = (words: readonly string[]): Options => {
  const text = { type: "string" } as const
  const flag = { type: "boolean", default: false } as const
  let values: ReturnType<typeof read>
  const read = () =>
    parseArgs({
      args: [...words],
      options: {
        scenario: text,
        peers: text,
        reps: text,
        json: text,
        package: text,
        quick: flag,
        append: flag,
        profile: flag,
        unpinned: flag,
        list: flag,
        help: flag
      }
    }).values
  try {
    values = read()
  } catch (error) {
    throw new Refused((error as Error).message)
  }
  const repetitions = Number(values.reps ?? "5")
  if (!(Number.isInteger(repetitions) && repetitions >= 1))
    throw new Refused(`--reps is ${values.reps}: a whole number of at least 1 is required`)
  const all = scenarios(values.quick)
  const names = [...new Set(all.flatMap(({ peers }) => peers.map(({ name }) => name)))].map((name) => ({ name }))
  const peers = values.peers === undefined ? null : chosen("peer", values.peers, names)
  return {
    scenarios:
      values.scenario === undefined
        ? all.filter(({ named }) => named !== true)
        : chosen("scenario", values.scenario, all),
    peers: peers === null ? null : new Set(peers.map(({ name }) => name)),
    repetitions,
    json: values.json ?? defaultFile,
    append: values.append,
    quick: values.quick,
    profile: values.profile,
    pinned: !values.unpinned,
    package: values.package ?? null,
    list: values.list,
    help: values.help
  }
}
