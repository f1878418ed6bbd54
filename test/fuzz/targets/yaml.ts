// A configuration as `iec104 check` reads it: a server can be made of it, or every problem is told with its place, in proportion to it.
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Config from "../../../src/shell/config/Config.ts"
import * as Plant from "../../../src/shell/config/Plant.ts"
import { Host } from "../../../src/shell/Host.ts"
import { VirtualClock } from "../../../src/shell/VirtualClock.ts"
import * as Seeds from "../Seeds.ts"
import { hold, octetsOf, type Target, textOf } from "../Target.ts"

const FILE = "a.yaml"
/** Points of which a server is made. */
const BUILT_MAX = 5000
/** Characters that are told of a configuration, and of a character of it. */
const [TOLD, TOLD_A_CHARACTER] = [2000, 400]

const lengthOf = (problems: readonly Config.Problem[]): number =>
  problems.reduce((sum, problem) => sum + Config.render(problem).length, 0)

function judge(text: string, problems: readonly Config.Problem[]): void {
  const lines = text.split(/\r\n|\n|\r/).length
  for (const problem of problems) {
    const { line, column, message } = problem
    hold(line >= 1 && line <= lines && column >= 1, () => `${Config.render(problem)} is at no place of ${lines} lines`)
    hold(!/undefined|\[object|is not a function/.test(message), () => `it is told that ${message}`)
  }
  const told = lengthOf(problems)
  hold(
    told <= TOLD + TOLD_A_CHARACTER * text.length,
    () => `${text.length} characters have problems of ${told} characters`
  )
}

function run(input: Uint8Array): void {
  const text = textOf(input)
  const result = Effect.runSync(Effect.result(Config.parse(text, FILE)))
  if (Result.isFailure(result)) {
    hold(result.failure.problems.length > 0, () => "it is refused without a word")
    return judge(text, result.failure.problems)
  }
  const config = result.success
  judge(text, config.warnings)
  const points = config.stations.reduce((sum, { points }) => sum + points.reduce((some, row) => some + row.count, 0), 0)
  const { files: _, ...rest } = config
  if (points <= BUILT_MAX)
    Plant.make({ ...rest, files: null }, config.listen, {
      clock: new VirtualClock(),
      host: (options) => new Host(options)
    })
}

const stationOf = (points: string): string => `stations:\n  - commonAddress: 1\n    points:\n${points}`

/** Short ones, of which more can be made than of whole examples. */
const short = [
  "stations: [{ commonAddress: 1, points: [{ address: 1, type: M_SP_NA_1 }] }]\n",
  stationOf(
    "      - { address: 11, type: M_ME_NC_1, value: 1.5, cyclic: 1 second, groups: [1], deadband: 2, rate: 300 ms }\n      - { address: 12, count: 10, type: M_ME_TF_1, quality: [iv, nt], simulate: { kind: sine, period: 10 s, amplitude: 10 } }\n"
  ),
  stationOf(
    "      - { address: 20, type: M_SP_TB_1, value: on }\n      - { address: 30, type: C_SC_NA_1, feedback: 20, mode: select, tags: both }\n      - { address: 31, type: C_SC_NA_1, accept: false, termination: never }\n"
  ),
  stationOf(
    "      - { address: 50, type: M_IT_NA_1, counterGroups: [1], simulate: { kind: count, every: 200 ms } }\n"
  ).replace(
    "    points",
    "    timeZone: Europe/Berlin\n    background: 3 seconds\n    counters: { mode: B, freeze: 1 second, reset: true }\n    points"
  ),
  "listen: { host: 127.0.0.1, port: 2404 }\nlink: { k: 12, w: 8, t1: 15 s, t2: 10 s, t3: 20 s }\nclock: { source: clients, valid: 1 hour }\nlimits: { logRecords: 4096, decisionMs: 100 }\nprofile: c104\naddressing: perType\nselect: 30 seconds\ncommandAge: 10 s\nmaxConnections: 3\npackEvents: false\nstations: [&a { commonAddress: 1, points: [&p { address: 1, type: M_SP_NA_1 }, { <<: *p, address: 2 }] }, { <<: *a, commonAddress: 2 }]\n"
]

const words =
  "stations: commonAddress: points: address: type: count: value: quality: groups: counterGroups: deadband: rate: simulate: feedback: kind: M_SP_NA_1 M_ME_NC_1 C_SC_NA_1 M_IT_NA_1 M_BO_NA_1 M_EP_TA_1 &a *a <<: !!binary !!set !!omap !!timestamp !tag {} [] [ ] { } | > ? --- ... %YAML null ~ .nan .inf -.inf 0x10 0o7 1e400 -0 16777215 16777216 65535 9007199254740993 on off true constructor: __proto__: toString:"
    .split(" ")
    .concat(["\n", "\t", "  - ", ": ", "# ", '"', "'", "\\u0000", "\ufeff", "- ", "\r\n", "\u2028"])
    .map(octetsOf)

export const target: Target = {
  name: "yaml",
  about: "configurations, as `iec104 check` reads them",
  seeds: () => [...short, ...Seeds.configurations()].map(octetsOf),
  words,
  text: true,
  most: 8192,
  // A time zone that nobody knows is compared with all there are, of 64 stations at most.
  work: { base: 500_000, octet: 12_000 },
  batch: 16,
  run
}
