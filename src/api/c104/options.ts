// The options of the `Server` class, under c104's names where it has them, and what the shell makes of them.
import type { Limits } from "../../core/Limits.ts"
import * as Profile from "../../core/Profile.ts"
import * as Check from "../../shell/Check.ts"
import { InvalidArgument } from "../../shell/Errors.ts"
import type { FileStore } from "../../shell/files/FileStore.ts"
import type { LogLevel, LogWriter } from "../../shell/Log.ts"
import * as Options from "../../shell/Options.ts"
import { TransportSecurity } from "./TransportSecurity.ts"

export interface ServerOptions {
  /** Address to listen on, or several, default "0.0.0.0"; names are resolved, IPv6 is welcome. */
  readonly ip?: string | readonly string[]
  /** Port to listen on, default 2404; 0 takes any free one. */
  readonly port?: number
  /** Granularity of cyclic transmission and timers in ms, at least 50, default 100. */
  readonly tickRateMs?: number
  /** Time in ms within which an execute must follow its select, at least 1, default 100 (which is short). */
  readonly selectTimeoutMs?: number
  /** Open connections at a time, default 0 = no limit but the safety limit of 10,000. */
  readonly maxConnections?: number
  /** TLS configuration; it is frozen from then on. Default null = plain TCP. */
  readonly transportSecurity?: TransportSecurity | null

  /** Whether events that wait together share an ASDU, default true. */
  readonly packEvents?: boolean
  /**
   * Whether plain TCP connections read into one buffer that all share, default true: it saves an allocation a read.
   * Where Node cannot (or is none that it was tried with) each read has a buffer of its own, as with false.
   */
  readonly sharedReadBuffer?: boolean
  /** The interoperability profile, default "c104". */
  readonly profile?: "c104" | "iec" | Profile.Profile
  /** Limits of this server: names, defaults and ranges in the table of the README. */
  readonly limits?: Partial<Limits>
  /** Largest age in ms of a time-tagged command, default 0 = not judged. */
  readonly commandAgeMs?: number
  /** Whose clock tags events: this machine's (default) or the one that clients set. */
  readonly clockSource?: "host" | "c_cs"
  /** How long in ms a clock set by a client is valid, default 0 = for ever. */
  readonly clockValidMs?: number
  /** Where files are kept; default null = no file transfer. */
  readonly files?: FileStore | null
  /** What is logged, default "warning"; and by whom, default Effect's logger. */
  readonly logLevel?: LogLevel
  readonly logWriter?: LogWriter | null
}

const NAMES = Check.namesOf<ServerOptions>({
  ip: true,
  port: true,
  tickRateMs: true,
  selectTimeoutMs: true,
  maxConnections: true,
  transportSecurity: true,
  packEvents: true,
  sharedReadBuffer: true,
  profile: true,
  limits: true,
  commandAgeMs: true,
  clockSource: true,
  clockValidMs: true,
  files: true,
  logLevel: true,
  logWriter: true
})

const SELECT_TIMEOUT_MS = 100

/** Throws `InvalidArgument` for options outside their range, and for those that do not exist. */
export function optionsOf(options: ServerOptions): Options.Options {
  Check.options("options", options, NAMES)
  const { ip, profile = "c104", selectTimeoutMs = SELECT_TIMEOUT_MS, transportSecurity, ...same } = options
  if (typeof profile === "string" && !Object.hasOwn(Profile.presets, profile))
    throw new InvalidArgument({ what: "profile", expected: '"c104", "iec" or a Profile', value: profile })
  if (transportSecurity != null && !(transportSecurity instanceof TransportSecurity))
    throw new InvalidArgument({
      what: "transportSecurity",
      expected: "a TransportSecurity or null",
      value: transportSecurity
    })
  const given = Object.entries({
    ...same,
    hosts: ip === undefined || Array.isArray(ip) ? ip : [ip],
    selectMs: Options.selectTime("selectTimeoutMs", selectTimeoutMs)
  }).filter(([, value]) => value !== undefined)
  const preset = typeof profile === "string" ? Profile.presets[profile] : profile
  const complete = Options.complete(Object.fromEntries(given), preset)
  // Last: options that are refused leave the certificates as free as they were.
  return transportSecurity == null ? complete : { ...complete, tls: transportSecurity.freeze() }
}
