// The options of a server, checked at construction: defaults, ranges, and one clear error for what cannot be used.

import * as Limits from "../core/Limits.ts"
import * as Parameters from "../core/link/Parameters.ts"
import * as Profile from "../core/Profile.ts"
import * as Check from "./Check.ts"
import { type Clock, machine } from "./Clock.ts"
import { InvalidArgument } from "./Errors.ts"
import type { FileStore } from "./files/FileStore.ts"
import { type LogLevel, type LogWriter, levels } from "./Log.ts"
import * as Tls from "./tls/TlsOptions.ts"

/** The tick unless something else is said. */
export const TICK_RATE_MS = 100

export interface Options {
  /** First address to listen on, default "0.0.0.0"; and all of them. */
  readonly host: string
  readonly hosts: readonly string[]
  /** Port to listen on, 0 = any free one, default 2404. */
  readonly port: number
  /** k, w (APDUs) and t1, t2, t3 (ms), default 12, 8, 15,000, 10,000 and 20,000; what is left out keeps its default. */
  readonly link: Parameters.Parameters
  readonly profile: Profile.Profile
  readonly limits: Limits.Limits
  /** Whether events that wait together share an ASDU, default true. */
  readonly packEvents: boolean
  /** Whether plain TCP connections read into one buffer that all share, where Node can; default true. */
  readonly sharedReadBuffer: boolean
  /** Open connections at a time, 0 = no limit but the safety limit `limits.connections`. */
  readonly maxConnections: number
  /** Granularity of cyclic transmission in ms, at least 50, default 100. */
  readonly tickRateMs: number
  /** Time in ms within which an execute must follow the confirmation of its select, at least 1, default 30,000. */
  readonly selectMs: number
  /** Largest age in ms of a time-tagged command, in either direction; default 0 = not judged. */
  readonly commandAgeMs: number
  /** Whose clock tags events: this machine's (default), or the one that clients set (time is invalid until they do). */
  readonly clockSource: "host" | "c_cs"
  /** How long in ms a clock set by a client is valid, default 0 = for ever. */
  readonly clockValidMs: number
  /** Where files are kept; default null = no file transfer. */
  readonly files: FileStore | null
  /** Certificates and all else that TLS needs; default null = plain TCP. */
  readonly tls: Tls.TlsOptions | null
  /** What is logged, default "warning"; and by whom, default (null) Effect's logger. */
  readonly logLevel: LogLevel
  readonly logWriter: LogWriter | null
  /** Where time comes from, default this machine; another one is for tests. */
  readonly clock: Clock
}

const NAMES = Check.namesOf<Options>({
  host: true,
  hosts: true,
  port: true,
  link: true,
  profile: true,
  limits: true,
  packEvents: true,
  sharedReadBuffer: true,
  maxConnections: true,
  tickRateMs: true,
  selectMs: true,
  commandAgeMs: true,
  clockSource: true,
  clockValidMs: true,
  files: true,
  tls: true,
  logLevel: true,
  logWriter: true,
  clock: true
})
const LINK_NAMES: ReadonlySet<string> = new Set(Object.keys(Parameters.defaults))
const LIMIT_NAMES: ReadonlySet<string> = new Set(Object.keys(Limits.defaults))

/** What a caller may leave out. */
export type PartialOptions = {
  readonly [K in keyof Options]?: K extends "link" | "limits" ? Partial<Options[K]> : Options[K]
}

const whole = (what: string, value: number, min: number, max: number): number => {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new InvalidArgument({ what, expected: `a whole number from ${min} to ${max}`, value })
}

const clockOf = (value: Clock): Clock => {
  const calls = [value.monotonicMs, value.wallMs, value.wake, value.afterInput]
  if (calls.every((call) => typeof call === "function")) return value
  throw new InvalidArgument({ what: "clock", expected: "a Clock", value })
}

const store = (value: FileStore | null): FileStore | null => {
  const calls = [value?.list, value?.open, value?.create, value?.delete]
  if (value === null || calls.every((call) => typeof call === "function")) return value
  throw new InvalidArgument({ what: "files", expected: "a FileStore or null", value })
}

const writer = (value: LogWriter | null): LogWriter | null => {
  if (value === null || typeof value === "function") return value
  throw new InvalidArgument({ what: "logWriter", expected: "a function or null", value })
}

/** The time from a select to its execute. Throws {@link InvalidArgument}. */
export const selectTime = (what: string, value: number): number => {
  const problem = "0 leaves no time for an execute, so that select before operate could never succeed: 1 is the least"
  if (value === 0) throw new InvalidArgument({ what, expected: "a time", value, problem })
  return whole(what, value, 1, 0x7fff_ffff)
}

/** Fills in the defaults. Throws {@link InvalidArgument}. */
export function complete(partial: PartialOptions, profile: Profile.Profile): Options {
  Check.options("options", partial, NAMES)
  Check.options("link", partial.link ?? {}, LINK_NAMES)
  Check.options("limits", partial.limits ?? {}, LIMIT_NAMES)
  const link = { ...Parameters.defaults, ...partial.link }
  const limits = { ...Limits.defaults, ...partial.limits }
  const problem = Parameters.validate(link).errors[0] ?? Limits.validate(limits)[0]
  if (problem !== undefined)
    throw new InvalidArgument({ what: "options", expected: "values in their ranges", value: { link, limits }, problem })
  const wrong = Profile.problem(partial.profile ?? profile)
  if (wrong !== null)
    throw new InvalidArgument({ what: "profile", expected: "a profile", value: partial.profile, problem: wrong })
  const hosts = partial.hosts ?? [partial.host ?? "0.0.0.0"]
  const [host] = Array.isArray(hosts) ? hosts : []
  if (host === undefined || !hosts.every((name) => typeof name === "string" && name !== ""))
    throw new InvalidArgument({ what: "host", expected: "a host name or IP address, or several", value: hosts })
  if (partial.host !== undefined && !hosts.includes(partial.host))
    throw new InvalidArgument({ what: "host", expected: "one of hosts where both are given", value: partial.host })
  return {
    host,
    hosts,
    port: whole("port", partial.port ?? 2404, 0, 65_535),
    link,
    profile: partial.profile ?? profile,
    limits,
    packEvents: Check.flag("packEvents", partial.packEvents ?? true),
    sharedReadBuffer: Check.flag("sharedReadBuffer", partial.sharedReadBuffer ?? true),
    maxConnections: whole("maxConnections", partial.maxConnections ?? 0, 0, 1_000_000),
    tickRateMs: whole("tickRateMs", partial.tickRateMs ?? TICK_RATE_MS, 50, 3_600_000),
    selectMs: selectTime("selectMs", partial.selectMs ?? 30_000),
    commandAgeMs: whole("commandAgeMs", partial.commandAgeMs ?? 0, 0, 0x7fff_ffff),
    clockSource: Check.oneOf("clockSource", partial.clockSource ?? "host", ["host", "c_cs"]),
    clockValidMs: whole("clockValidMs", partial.clockValidMs ?? 0, 0, Number.MAX_SAFE_INTEGER),
    files: store(partial.files ?? null),
    tls: partial.tls == null ? null : Tls.complete(partial.tls),
    logLevel: Check.oneOf("logLevel", partial.logLevel ?? "warning", levels),
    logWriter: writer(partial.logWriter ?? null),
    clock: clockOf(partial.clock ?? machine())
  }
}
