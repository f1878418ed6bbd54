// The configuration file of a server: YAML text in, a checked `ServerConfig` out, or every problem at once,
// each with its place in the file.
import * as Path from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Limits from "../../core/Limits.ts"
import type { Profile } from "../../core/Profile.ts"
import * as Field from "./ConfigField.ts"
import * as Source from "./ConfigSource.ts"
import * as ConfigStation from "./ConfigStation.ts"

/** 48 h: the longest t3 that the standard recommends. */
const T3_ADVISED_MS = 172_800_000

export type { PointConfig } from "./ConfigPoint.ts"
export type { Problem } from "./ConfigSource.ts"
export type { CountersConfig, StationConfig } from "./ConfigStation.ts"
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

/** Whose clock tags events: this machine's, or the one that clients set. */
export interface ClockConfig {
  readonly source: "host" | "clients"
  /** How long in milliseconds a clock set by a client is valid; 0 = for ever. */
  readonly validMs: number
}

export interface ServerConfig {
  readonly listen: Listen
  readonly link: LinkConfig
  /** Whether waiting events share ASDUs. */
  readonly packEvents: boolean
  /** Open connections at a time; 0 = no limit. */
  readonly maxConnections: number
  readonly profile: "iec" | "c104"
  /** Whether points of several types may share an address. */
  readonly addressing: Profile["addressing"]
  /** Time in milliseconds within which an execute must follow its select. */
  readonly selectMs: number
  /** Largest age in milliseconds of a time-tagged command; 0 = not judged. */
  readonly commandAgeMs: number
  readonly clock: ClockConfig
  /** Absolute path of the folder of the files for file transfer; null = no file transfer. */
  readonly files: string | null
  /** The limits that the file sets. */
  readonly limits: Partial<Limits.Limits>
  readonly stations: ReadonlyArray<ConfigStation.StationConfig>
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

const { SECOND_MS } = Field

const topFields = {
  listen: Field.anything,
  link: Field.anything,
  packEvents: Field.flag,
  maxConnections: Field.integer(0, 1_000_000, "a number of connections (0 = no limit)"),
  profile: Field.word("iec", "c104"),
  addressing: Field.word("unique", "perType"),
  select: Field.span("the time from a select to its execute"),
  commandAge: Field.span("the largest age of a time-tagged command"),
  clock: Field.anything,
  files: Source.field(Schema.NonEmptyString, "the folder of the files for file transfer"),
  limits: Field.anything,
  stations: Source.required(Source.field(Schema.NonEmptyArray(Schema.Unknown), "a list of at least one station"))
} as const

const listenFields = {
  host: Source.field(Schema.String.check(Schema.isPattern(/^\S+$/)), "a host name or an IP address"),
  port: Field.integer(0, 65_535, "a port (0 = any free one)")
} as const

const linkFields = {
  k: Field.integer(1, 32_767, "a number of APDUs"),
  w: Field.integer(1, 32_767, "a number of APDUs"),
  t1: Field.duration(SECOND_MS, 255 * SECOND_MS, "from 1 to 255 seconds"),
  t2: Field.duration(SECOND_MS, 255 * SECOND_MS, "from 1 to 255 seconds"),
  t3: Field.duration(SECOND_MS, 2_147_483 * SECOND_MS, "from 1 second to 2147483 seconds")
} as const

const YEAR_MS = 365 * 86_400 * SECOND_MS
const clockFields = {
  source: Field.word("host", "clients"),
  valid: Field.duration(SECOND_MS, YEAR_MS, "from 1 second to 365 days", "how long a clock set by a client is valid: ")
} as const

const limitFields = Object.fromEntries(
  Limits.table.map(({ name, unit, min, max }) => [name, Field.integer(min, max, `a number (${unit})`)])
) as Readonly<Record<keyof Limits.Limits, Source.Field<number>>>

const readListen = (input: unknown, report: Field.Report): Listen => {
  const { host = "0.0.0.0", port = 2404 } = Source.read(input, ["listen"], "listen", listenFields, report)
  return { host, port }
}

const seconds = (ms: number): string => `${ms / SECOND_MS} s`

const readLink = (input: unknown, report: Field.Report, warn: Field.Report): LinkConfig => {
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
  if (t3 > T3_ADVISED_MS) warn(["link", "t3"], `t3 (${seconds(t3)}) should be at most 48 hours`)
  if (t3 <= t1) {
    const path = ["link", given.t3 === undefined ? "t1" : "t3"]
    warn(path, `t3 (${seconds(t3)}) should be longer than t1 (${seconds(t1)}): it tests links on which nothing happens`)
  }
  return { k, w, t1Ms: t1, t2Ms: t2, t3Ms: t3 }
}

const readClock = (input: unknown, report: Field.Report): ClockConfig => {
  const { source = "host", valid } = Source.read(input, ["clock"], "clock", clockFields, report)
  if (source === "host" && valid !== undefined)
    report(["clock", "valid"], "valid is for a clock that clients set; add source: clients", "key")
  return { source, validMs: valid ?? 0 }
}

const inOrder = (problems: ReadonlyArray<Source.Problem>): ReadonlyArray<Source.Problem> =>
  problems.toSorted((left, right) => left.line - right.line || left.column - right.column)

/** Reads a configuration; `file` is the name that problems carry, and where the paths in it begin. */
export const parse = (text: string, file: string): Effect.Effect<ServerConfig, ConfigError> =>
  Effect.suspend(() => {
    const source = Source.parse(text, file)
    const problems: Source.Problem[] = [...source.errors]
    const warnings: Source.Problem[] = [...source.warnings]
    if (source.value === undefined) return Effect.fail(new ConfigError({ problems }))
    const report: Field.Report = (path, message, at) => problems.push(source.problem(path, message, at))
    const warn: Field.Report = (path, message, at) => warnings.push(source.problem(path, message, at))

    const top = Source.read(source.value, [], "the configuration", topFields, report)
    const listen = readListen(top.listen === undefined ? {} : top.listen, report)
    const link = readLink(top.link === undefined ? {} : top.link, report, warn)
    const clock = readClock(top.clock === undefined ? {} : top.clock, report)
    const limits = Source.read(top.limits === undefined ? {} : top.limits, ["limits"], "limits", limitFields, report)
    const { addressing = "unique" } = top
    const stations: ConfigStation.StationConfig[] = []
    const readStation = ConfigStation.reader(source, report, warn, addressing, (top.commandAge ?? 0) > 0)
    const lineOfAddress = new Map<number, number>()
    for (const [index, input] of (top.stations ?? []).entries()) {
      const at = ["stations", index]
      const station = readStation(input, at)
      if (station === null) continue
      stations.push(station)
      const { commonAddress } = station
      const line = lineOfAddress.get(commonAddress)
      if (line === undefined) lineOfAddress.set(commonAddress, source.problem([...at, "commonAddress"], "").line)
      else report([...at, "commonAddress"], `common address ${commonAddress} is used twice: here and in line ${line}`)
    }
    if (problems.length > 0) return Effect.fail(new ConfigError({ problems: inOrder(problems) }))
    const { packEvents = true, maxConnections = 0, profile = "iec" } = top
    const { select: selectMs = 30 * SECOND_MS, commandAge: commandAgeMs = 0 } = top
    const files = top.files === undefined ? null : Path.resolve(Path.dirname(file), top.files)
    return Effect.succeed({
      listen,
      link,
      packEvents,
      maxConnections,
      profile,
      addressing,
      selectMs,
      commandAgeMs,
      clock,
      files,
      limits,
      stations,
      warnings: inOrder(warnings)
    })
  })

/** `HOST:PORT`, `[IPv6]:PORT`, `:PORT` (all addresses) or `HOST` (port 2404), as given on a command line. A number alone is no host. */
export const parseListen = (text: string): Listen | undefined => {
  const [, bracketed, plain, port = "2404"] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? []
  if (
    (bracketed === undefined && plain === undefined) ||
    text === "" ||
    Number(port) > 65_535 ||
    /^\d+$/.test(plain ?? "")
  )
    return undefined
  return { host: bracketed ?? (plain === "" || plain === undefined ? "0.0.0.0" : plain), port: Number(port) }
}
