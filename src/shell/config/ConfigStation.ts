// One station in a configuration file: its own keys, and the rules between its rows of points.
import * as Schema from "effect/Schema"
import * as Feedback from "../../core/image/Feedback.ts"
import type { Profile } from "../../core/Profile.ts"
import type { CounterMode } from "../../core/read/Freeze.ts"
import * as TypeTable from "../../core/wire/TypeTable.ts"
import * as Nearest from "../Nearest.ts"
import * as Zones from "../Zones.ts"
import * as Field from "./ConfigField.ts"
import * as ConfigPoint from "./ConfigPoint.ts"
import * as Source from "./ConfigSource.ts"

/** How the counters of a station are frozen (60870-5-5 6.9). */
export interface CountersConfig {
  readonly mode: CounterMode
  /** Period of the local freeze in milliseconds (modes A and B); 0 = none. */
  readonly freezeMs: number
  /** Whether counters begin anew with each local freeze. */
  readonly reset: boolean
}

export interface StationConfig {
  readonly commonAddress: number
  readonly name: string | null
  /** IANA name of the zone of its time tags; null = UTC. */
  readonly timeZone: string | null
  /** Period of the background scan in milliseconds; 0 = none. */
  readonly backgroundMs: number
  readonly counters: CountersConfig
  readonly points: ReadonlyArray<ConfigPoint.PointConfig>
}

/** For so many names that are no zone one is looked for that may be meant: each is compared with all zones there are. */
const GUESSES_MAX = 64

let listed: ReadonlyArray<string> | null = null

/** The zones that this runtime knows, which it lists anew whenever it is asked. */
const zones = (): ReadonlyArray<string> => {
  listed ??= Intl.supportedValuesOf("timeZone")
  return listed
}

/** The names of zones in one file: each that is none is told in the same words, and one may be in every station. */
const zoneField = (): Source.Field<string> => {
  /** Names that are no zone, and what is said of them once that was asked. */
  const wrong = new Map<string, string | null>()
  let guesses = 0
  const isZone = (name: string): boolean => {
    if (wrong.has(name)) return false
    try {
      Zones.make(name)
      return true
    } catch {
      wrong.set(name, null)
      return false
    }
  }
  const message = (input: unknown): string => {
    const expected = "an IANA time zone such as Europe/Berlin, or UTC"
    if (typeof input !== "string") return `expected ${expected}; got ${Source.show(input)}`
    const said = wrong.get(input)
    if (said != null) return said
    const hint = guesses++ < GUESSES_MAX ? Nearest.hint(input, zones()) : ""
    const told = `unknown time zone ${Source.show(input)}${hint || `; expected ${expected}`}`
    wrong.set(input, told)
    return told
  }
  return Source.field(Schema.String.check(Schema.makeFilter(isZone)), message)
}

const stationFields = () =>
  ({
    commonAddress: Source.required(Field.integer(1, 65_534, "a common address")),
    name: Field.text,
    timeZone: zoneField(),
    background: Field.span("the period of the background scan"),
    counters: Field.anything,
    points: Source.required(Source.field(Schema.Array(Schema.Unknown), "a list of points"))
  }) as const

const counterFields = {
  mode: Source.required(Field.word("A", "B", "C", "D")),
  freeze: Field.span("the period of the local freeze"),
  reset: Field.flag
} as const

/** The standard's usual way: clients freeze and ask. */
const COUNTERS: CountersConfig = { mode: "C", freezeMs: 0, reset: false }

const readCounters = (input: unknown, path: Source.Path, report: Field.Report, warn: Field.Report): CountersConfig => {
  const { mode, freeze, reset } = Source.read(input, path, "counters", counterFields, report)
  if (mode === undefined) return COUNTERS
  const local = mode === "A" || mode === "B"
  if (!local && freeze !== undefined)
    report([...path, "freeze"], `freeze is for the modes A and B; in mode ${mode} clients freeze`, "key")
  if (!local && reset !== undefined)
    report([...path, "reset"], `reset is for the modes A and B; in mode ${mode} clients reset`, "key")
  if (local && !Object.hasOwn(input as object, "freeze"))
    warn(path, `mode ${mode} without freeze, the period of the local freeze: these counters are never frozen`)
  return { mode, freezeMs: freeze ?? 0, reset: reset ?? false }
}

type Rows = ReadonlyArray<ConfigPoint.Placed>

const rangeText = ({ address, count }: ConfigPoint.Placed): string =>
  count === 1 ? String(address) : `${address}..${address + count - 1}`

/** Two rows may not share an address. Rows stay ranges however many points they have. */
const checkAddresses = (ascending: Rows, source: Source.Source, report: Field.Report) => {
  let widest: ConfigPoint.Placed | undefined
  for (const row of ascending) {
    if (widest !== undefined && row.address < widest.address + widest.count) {
      const [first, second] = Number(widest.path.at(-1)) < Number(row.path.at(-1)) ? [widest, row] : [row, widest]
      const { line } = source.problem([...first.path, "address"], "")
      const by = row.command ? " by commands" : ""
      const where = `${rangeText(second)} here, ${rangeText(first)} in line ${line}`
      report([...second.path, "address"], `information object address ${row.address} is used twice${by}: ${where}`)
    }
    if (widest === undefined || row.address + row.count > widest.address + widest.count) widest = row
  }
}

/** How many rows begin at an address or below. */
const begun = (ascending: Rows, address: number): number => {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle]?.address ?? Number.POSITIVE_INFINITY) <= address) low = middle + 1
    else high = middle
  }
  return low
}

/** The row that holds an address. */
const rowAt = (ascending: Rows, address: number): ConfigPoint.Placed | undefined => {
  const row = ascending[begun(ascending, address) - 1]
  return row !== undefined && address < row.address + row.count ? row : undefined
}

/** The next address at which a row of any kind ends or begins. */
const nextEdge = (kinds: ReadonlyArray<Rows>, address: number): number => {
  let next = Number.POSITIVE_INFINITY
  for (const rows of kinds) {
    const at = begun(rows, address)
    const [row, following] = [rows[at - 1], rows[at]]
    const end = row === undefined ? 0 : row.address + row.count
    next = Math.min(
      next,
      end > address ? end : Number.POSITIVE_INFINITY,
      following?.address ?? Number.POSITIVE_INFINITY
    )
  }
  return next
}

/** Rows that may not share an address, each kind by itself: with `perType` those of one type, whatever its time tag, else all. */
const apart = (rows: Rows, addressing: Profile["addressing"]): ReadonlyArray<Rows> => {
  if (addressing === "unique") return [rows]
  const kinds = new Map<number | undefined, ConfigPoint.Placed[]>()
  for (const row of rows) {
    const kind = row.type === undefined ? undefined : TypeTable.byId[row.type]?.untagged
    const alike = kinds.get(kind)
    if (alike === undefined) kinds.set(kind, [row])
    else alike.push(row)
  }
  return [...kinds.values()]
}

/** The rows of some kinds that an address can mean, of one type where that is said. */
const meant = (kinds: ReadonlyArray<Rows>, address: number, type: number | undefined): Rows =>
  kinds.flatMap((rows) => {
    const row = rowAt(rows, address)
    return row === undefined || (type !== undefined && row.type !== type) ? [] : [row]
  })

/** Every command of a row needs its own monitoring point to report to, on the same station. */
const checkFeedback = (commands: ReadonlyArray<Rows>, monitoring: ReadonlyArray<Rows>, report: Field.Report) => {
  for (const { path, type, count, feedback, feedbackType } of commands.flat()) {
    if (feedback === undefined) continue
    for (let address = feedback; address < feedback + count; ) {
      const [target, second] = meant(monitoring, address, feedbackType)
      if (target === undefined) {
        const ofType = feedbackType === undefined ? "" : ` of the type ${Field.mnemonicOf(feedbackType)}`
        const problem =
          meant(commands, address, feedbackType).length === 0
            ? `this station has no point${ofType} with the information object address ${address}`
            : `${address} is a command; feedback must be a monitoring point of the same station`
        report([...path, "feedback"], problem)
        break
      }
      if (second !== undefined) {
        report([...path, "feedback"], `several points have the address ${address}: say which with feedbackType`)
        break
      }
      if (type !== undefined && target.type !== undefined && !Feedback.fits(type, target.type)) {
        const [command, found] = [Field.mnemonicOf(type), Field.mnemonicOf(target.type)]
        report([...path, "feedback"], `${address} is ${found}, which cannot show what ${command} did`)
        break
      }
      address = nextEdge(monitoring, address)
    }
  }
}

/** A command that nobody decides is most likely an oversight. */
const checkDecided = (commands: Rows, warn: Field.Report) => {
  for (const { path, undecided } of commands)
    if (undecided)
      warn(
        path,
        "nobody decides this command: give it feedback or accept, or the profile iec refuses it (c104 confirms it)"
      )
}

/** Reads a station of a file; null when its address could not be read. */
export type Reader = (input: unknown, path: Source.Path) => StationConfig | null

/** Who reads the stations of one file; `agesMatter`: time tags of commands are judged. */
export const reader = (
  source: Source.Source,
  report: Field.Report,
  warn: Field.Report,
  addressing: Profile["addressing"],
  agesMatter: boolean
): Reader => {
  const fields = stationFields()
  return (input, path) => {
    const given = Source.read(input, path, "a station", fields, report)
    const { commonAddress, name = null, timeZone = null, background: backgroundMs = 0, points = [] } = given
    const counters =
      given.counters === undefined ? COUNTERS : readCounters(given.counters, [...path, "counters"], report, warn)
    const rows = points.map((point, index) => ConfigPoint.read(point, [...path, "points", index], report))
    const ascending = rows
      .flatMap(({ placed }) => (placed === null ? [] : [placed]))
      .sort((left, right) => left.address - right.address)
    // a command may share the address of the monitoring point that it acts on
    const commands = ascending.filter(({ command }) => command)
    const monitoring = ascending.filter(({ command }) => !command)
    const [commandKinds, monitoringKinds] = [apart(commands, addressing), apart(monitoring, addressing)]
    for (const rows of [...monitoringKinds, ...commandKinds]) checkAddresses(rows, source, report)
    checkFeedback(commandKinds, monitoringKinds, report)
    checkDecided(commands, warn)
    for (const { path: at, bothTags } of agesMatter ? commands : [])
      if (bothTags) warn([...at, "tags"], "commandAge judges time tags only: the type without time tag goes round it")
    if (commonAddress === undefined) return null
    const read = rows.flatMap(({ point }) => (point === null ? [] : [point]))
    return { commonAddress, name, timeZone, backgroundMs, counters, points: read }
  }
}
