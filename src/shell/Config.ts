// The configuration file of a server: YAML text in, a checked `ServerConfig` out, or every problem at once,
// each with its place in the file.
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Value from "../core/process/Value.ts"
import * as ConfigPoint from "./ConfigPoint.ts"
import * as Source from "./ConfigSource.ts"
import * as Duration from "./Duration.ts"

export type { PointConfig } from "./ConfigPoint.ts"
export type { Problem } from "./ConfigSource.ts"
/** A problem on one line: `substation.yaml:12:9 stations[0].points[2].type: unknown type ...` */
export const render = Source.render

export interface Listen {
  readonly host: string
  /** 0..65535; 0 = any free port. */
  readonly port: number
}

/** Link parameters (60870-5-104 5.5 and 9.6): k and w in APDUs, timers in milliseconds. */
export interface LinkConfig {
  readonly k: number
  readonly w: number
  readonly t1Ms: number
  readonly t2Ms: number
  readonly t3Ms: number
}

export interface StationConfig {
  readonly commonAddress: number
  readonly name: string | null
  readonly points: ReadonlyArray<ConfigPoint.PointConfig>
}

export interface ServerConfig {
  readonly listen: Listen
  readonly link: LinkConfig
  /** Whether waiting events share ASDUs. */
  readonly packEvents: boolean
  /** Open connections at a time; 0 = no limit. */
  readonly maxConnections: number
  readonly profile: "iec" | "c104"
  readonly stations: ReadonlyArray<StationConfig>
  /** What is allowed but probably not meant. */
  readonly warnings: ReadonlyArray<Source.Problem>
}

/** The file cannot be used; `problems` are all of them, in the order of the file. */
export class ConfigError extends Data.TaggedError("ConfigError")<{
  readonly problems: ReadonlyArray<Source.Problem>
}> {
  override get message(): string {
    return this.problems.map(Source.render).join("\n")
  }
}

const integer = (minimum: number, maximum: number, what: string): Source.Field<number> =>
  Source.field(Schema.Int.check(Schema.isBetween({ minimum, maximum })), `${what}, ${minimum}..${maximum}`)

const timer = (minimum: number, maximum: number, range: string): Source.Field<number> =>
  Source.field(
    Duration.between(minimum, maximum),
    (input) => `expected ${Duration.expected}, ${range}; got ${Source.show(input)}`
  )

const anything = Source.field(Schema.Unknown, "a value")

const topFields = {
  listen: anything,
  link: anything,
  packEvents: Source.field(Schema.Boolean, "true or false"),
  maxConnections: integer(0, 1_000_000, "a number of connections (0 = no limit)"),
  profile: Source.field(Schema.Literals(["iec", "c104"]), "iec or c104"),
  stations: Source.required(Source.field(Schema.NonEmptyArray(Schema.Unknown), "a list of at least one station"))
} as const

const listenFields = {
  host: Source.field(Schema.String.check(Schema.isPattern(/^\S+$/)), "a host name or an IP address"),
  port: integer(0, 65_535, "a port (0 = any free one)")
} as const

const SECOND_MS = 1000
const linkFields = {
  k: integer(1, 32_767, "a number of APDUs"),
  w: integer(1, 32_767, "a number of APDUs"),
  t1: timer(SECOND_MS, 255 * SECOND_MS, "from 1 to 255 seconds"),
  t2: timer(SECOND_MS, 255 * SECOND_MS, "from 1 to 255 seconds"),
  t3: timer(SECOND_MS, 48 * 3600 * SECOND_MS, "from 1 second to 48 hours")
} as const

const stationFields = {
  commonAddress: Source.required(integer(1, 65_534, "a common address")),
  name: Source.field(Schema.String, "a text"),
  points: Source.required(Source.field(Schema.Array(Schema.Unknown), "a list of points"))
} as const

const readListen = (input: unknown, report: ConfigPoint.Report): Listen => {
  const { host = "0.0.0.0", port = 2404 } = Source.read(input, ["listen"], "listen", listenFields, report)
  return { host, port }
}

const seconds = (ms: number): string => `${ms / SECOND_MS} s`

const readLink = (input: unknown, report: ConfigPoint.Report, warn: ConfigPoint.Report): LinkConfig => {
  const given = Source.read(input, ["link"], "link", linkFields, report)
  const keys = typeof input === "object" && input !== null ? Object.keys(input) : []
  // a key that is there but wrong has been told: as NaN it breaks no rule with another key
  const or = (key: keyof typeof linkFields, preset: number): number =>
    given[key] ?? (keys.includes(key) ? Number.NaN : preset)
  const [k, w, t1, t2, t3] = [or("k", 12), or("w", 8), or("t1", 15_000), or("t2", 10_000), or("t3", 20_000)]
  if (t2 >= t1) {
    const path = ["link", given.t2 === undefined ? "t1" : "t2"]
    report(path, `t2 (${seconds(t2)}) must be shorter than t1 (${seconds(t1)}), or acknowledgements come too late`)
  }
  if (w > (2 / 3) * k) {
    const path = ["link", given.w === undefined ? "k" : "w"]
    warn(path, `w (${w}) should not exceed two thirds of k (${k}), or sending may stall until t2 runs out`)
  }
  if (t3 <= t1) {
    const path = ["link", given.t3 === undefined ? "t1" : "t3"]
    warn(path, `t3 (${seconds(t3)}) should be longer than t1 (${seconds(t1)}): it tests links on which nothing happens`)
  }
  return { k, w, t1Ms: t1, t2Ms: t2, t3Ms: t3 }
}

const rangeText = ({ address, count }: ConfigPoint.Placed): string =>
  count === 1 ? String(address) : `${address}..${address + count - 1}`

/** Two rows of a station may not share an address. Rows stay ranges however many points they have. */
const checkAddresses = (
  ascending: ReadonlyArray<ConfigPoint.Placed>,
  source: Source.Source,
  report: ConfigPoint.Report
) => {
  let widest: ConfigPoint.Placed | undefined
  for (const row of ascending) {
    if (widest !== undefined && row.address < widest.address + widest.count) {
      const [first, second] = Number(widest.path.at(-1)) < Number(row.path.at(-1)) ? [widest, row] : [row, widest]
      const common = `${row.address}`
      const { line } = source.problem([...first.path, "address"], "")
      report(
        [...second.path, "address"],
        `information object address ${common} is used twice: ${rangeText(second)} here, ${rangeText(first)} in line ${line}`
      )
    }
    if (widest === undefined || row.address + row.count > widest.address + widest.count) widest = row
  }
}

/** The row with the greatest address that is not above `address`. */
const rowAt = (ascending: ReadonlyArray<ConfigPoint.Placed>, address: number): ConfigPoint.Placed | undefined => {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle]?.address ?? Number.POSITIVE_INFINITY) <= address) low = middle + 1
    else high = middle
  }
  const row = ascending[low - 1]
  return row !== undefined && address < row.address + row.count ? row : undefined
}

/** Every command of a row needs its own monitoring point to report to, on the same station. */
const checkFeedback = (ascending: ReadonlyArray<ConfigPoint.Placed>, report: ConfigPoint.Report) => {
  for (const { path, count, type, feedback } of ascending) {
    if (feedback === undefined || type === undefined || !Value.isCommand(type)) continue
    for (let address = feedback; address < feedback + count; ) {
      const target = rowAt(ascending, address)
      if (target === undefined) {
        report([...path, "feedback"], `this station has no point with the information object address ${address}`)
        break
      }
      if (target.type !== undefined && Value.isCommand(target.type)) {
        report(
          [...path, "feedback"],
          `${address} is a command; feedback must be a monitoring point of the same station`
        )
        break
      }
      address = target.address + target.count
    }
  }
}

const readStation = (
  input: unknown,
  path: Source.Path,
  source: Source.Source,
  report: ConfigPoint.Report
): { readonly commonAddress: number | undefined; readonly station: StationConfig | null } => {
  const { commonAddress, name = null, points = [] } = Source.read(input, path, "a station", stationFields, report)
  const rows = points.map((point, index) => ConfigPoint.read(point, [...path, "points", index], report))
  const ascending = rows
    .flatMap(({ placed }) => (placed === null ? [] : [placed]))
    .sort((left, right) => left.address - right.address)
  checkAddresses(ascending, source, report)
  checkFeedback(ascending, report)
  const read = rows.flatMap(({ point }) => (point === null ? [] : [point]))
  return { commonAddress, station: commonAddress === undefined ? null : { commonAddress, name, points: read } }
}

const inOrder = (problems: ReadonlyArray<Source.Problem>): ReadonlyArray<Source.Problem> =>
  problems.toSorted((left, right) => left.line - right.line || left.column - right.column)

/** Reads a configuration; `file` is the name that problems carry. */
export const parse = (text: string, file: string): Effect.Effect<ServerConfig, ConfigError> =>
  Effect.suspend(() => {
    const source = Source.parse(text, file)
    const problems: Source.Problem[] = [...source.errors]
    const warnings: Source.Problem[] = [...source.warnings]
    if (source.value === undefined) return Effect.fail(new ConfigError({ problems }))
    const report: ConfigPoint.Report = (path, message, at) => problems.push(source.problem(path, message, at))
    const warn: ConfigPoint.Report = (path, message, at) => warnings.push(source.problem(path, message, at))

    const top = Source.read(source.value, [], "the configuration", topFields, report)
    const listen = readListen(top.listen === undefined ? {} : top.listen, report)
    const link = readLink(top.link === undefined ? {} : top.link, report, warn)
    const stations: StationConfig[] = []
    const lineOfAddress = new Map<number, number>()
    for (const [index, input] of (top.stations ?? []).entries()) {
      const path = ["stations", index]
      const { commonAddress, station } = readStation(input, path, source, report)
      if (station !== null) stations.push(station)
      if (commonAddress === undefined) continue
      const addressPath = [...path, "commonAddress"]
      const line = lineOfAddress.get(commonAddress)
      if (line === undefined) lineOfAddress.set(commonAddress, source.problem(addressPath, "").line)
      else report(addressPath, `common address ${commonAddress} is used twice: here and in line ${line}`)
    }
    if (problems.length > 0) return Effect.fail(new ConfigError({ problems: inOrder(problems) }))
    const { packEvents = true, maxConnections = 0, profile = "iec" } = top
    return Effect.succeed({
      listen,
      link,
      packEvents,
      maxConnections,
      profile,
      stations,
      warnings: inOrder(warnings)
    })
  })

/** `HOST:PORT`, `[IPv6]:PORT`, `:PORT` (all addresses) or `HOST` (port 2404), as given on a command line. */
export const parseListen = (text: string): Listen | undefined => {
  const [, bracketed, plain, port = "2404"] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? []
  if ((bracketed === undefined && plain === undefined) || text === "" || Number(port) > 65_535) return undefined
  return { host: bracketed ?? (plain === "" || plain === undefined ? "0.0.0.0" : plain), port: Number(port) }
}
