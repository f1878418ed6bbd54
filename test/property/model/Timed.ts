// Programs in which time passes: how long everything may take, and the steps that need time.
import * as fc from "fast-check"
import { type Op, type Program, programOf } from "./Programs.ts"

/** How long everything may take. */
export interface Times {
  readonly t1S: number
  readonly t2S: number
  readonly t3S: number
  readonly selectMs: number
  readonly waitMs: number
  readonly decisionMs: number
  readonly operationMs: number
  readonly refreshMs: number
  readonly holdMs: number
  readonly undrainedOctets: number
  /** So many octets are on the way to an end, or wait to be read there. */
  readonly capacity: number
  /** N(S) of the first I frame in either direction. */
  readonly first: number
  readonly connectMs: number
  /** Whether the server notices that it stood still: in such a time it also wakes up to look. */
  readonly stands: boolean
  /** Whether the application is asked who may connect. */
  readonly admits: boolean
  /** What the application does whenever it is told something, one after the other and again; null: nothing. */
  readonly reacts: readonly (Reaction | null)[]
}

/** What the application does within a call of the server. */
export interface Reaction {
  readonly op: Op
  readonly a: number
  readonly b: number
  readonly c: number
}

/** Steps of time, of which one is chosen by a step's `c`. */
export const STEPS_MS: readonly number[] = [
  1, 7, 15, 24, 25, 26, 50, 99, 100, 101, 300, 500, 999, 1000, 1001, 1999, 2000, 3000, 4999, 5000, 7000, 9999, 10_000,
  14_999, 15_000, 20_000, 30_000, 2, 20, 200, 600, 800
]

/** Kinds of steps that belong together and take time. */
const groups: (readonly Op[])[] = [
  ["time", "time", "cyclic", "scan", "auto", "set", "interrogate", "refreshing"],
  ["time", "mute", "burst", "interrogate", "test", "time"],
  ["time", "slow", "burst", "burst", "interrogate", "command", "room", "ack"],
  ["time", "stall", "command", "select", "execute", "ack", "interrogate", "test"],
  ["time", "select", "select", "execute", "cancel", "settle", "again"],
  ["time", "command", "command", "settle", "release", "transmit", "cancel", "stop"],
  ["time", "frozen", "counters", "counters", "set", "interrogate", "part"],
  ["time", "timer", "remove", "add", "station", "removeCommand", "addCommand", "publish"],
  ["time", "banded", "banded", "banded", "part", "mute", "stop"],
  ["time", "restart", "parameter", "clock", "settle", "stop", "closing"]
]

const reaction: fc.Arbitrary<Reaction> = fc.record({
  op: fc.constantFrom<Op>(
    ...(["publish", "publish", "set", "update", "live", "batch", "cycle", "initialised", "room", "add"] as const),
    ...(["remove"] as const),
    ...([
      "renew",
      "addCommand",
      "removeCommand",
      "again",
      "station",
      "closing",
      "release",
      "transmit",
      "settle"
    ] as const),
    ...(["window", "regroup", "mode", "rehandle", "shutdown", "cyclic", "scan", "timer", "auto", "banded"] as const)
  ),
  a: fc.nat(7),
  b: fc.nat(7),
  c: fc.nat(31)
})

const reacts = fc.oneof(
  { weight: 2, arbitrary: fc.constant<readonly null[]>([]) },
  { weight: 1, arbitrary: fc.array(fc.option(reaction, { freq: 2, nil: null }), { minLength: 1, maxLength: 12 }) }
)

const times: fc.Arbitrary<Times> = fc.record({
  t1S: fc.constantFrom(15, 15, 3),
  t2S: fc.constantFrom(10, 1, 2),
  t3S: fc.constantFrom(20, 5, 30, 2),
  selectMs: fc.constantFrom(25, 1000, 30_000),
  waitMs: fc.constantFrom(0, 20, 2000),
  decisionMs: fc.constantFrom(15, 500, 10_000),
  operationMs: fc.constantFrom(40, 3000, 60_000),
  refreshMs: fc.constantFrom(15, 1000),
  holdMs: fc.constantFrom(0, 20, 1000),
  undrainedOctets: fc.constantFrom(65_536, 1024),
  capacity: fc.constantFrom(212_992, 700, 64),
  first: fc.constantFrom(0, 0, 32_700, 32_760, 32_767),
  connectMs: fc.constantFrom(15, 1000),
  stands: fc.boolean(),
  admits: fc.constantFrom(false, false, true),
  reacts
})

/** Short times go together: t2 is less than t1. */
const fit = (of: Times): Times => ({ ...of, t2S: Math.min(of.t2S, of.t1S - 1) })

export const timedProgram: fc.Arbitrary<Program> = programOf(groups, times.map(fit))
