// Programs for the model, at random. Each is made of a few kinds of steps only, so that what meets meets often.
import * as fc from "fast-check"
import type { Times } from "./Timed.ts"

export const ops = [
  "publish",
  "publish",
  "burst",
  "set",
  "update",
  "live",
  "batch",
  "cycle",
  "initialised",
  "room",
  "wait",
  "add",
  "remove",
  "addCommand",
  "removeCommand",
  "station",
  "again",
  "renew",
  "settle",
  "settle",
  "release",
  "transmit",
  "closing",
  "connect",
  "connect",
  "start",
  "start",
  "stop",
  "cut",
  "reset",
  "bad",
  "ack",
  "ack",
  "ack",
  "part",
  "command",
  "command",
  "command",
  "select",
  "select",
  "execute",
  "execute",
  "execute",
  "cancel",
  "interrogate",
  "interrogate",
  "deactivate",
  "counters",
  "read",
  "parameter",
  "clock",
  "restart",
  "test",
  "shutdown",
  "revive",
  "window",
  "regroup",
  "mode",
  "rehandle"
] as const
/** Steps that only make sense where time is moved. */
export const timedOps = [
  "time",
  "stall",
  "slow",
  "mute",
  "cyclic",
  "scan",
  "auto",
  "refreshing",
  "frozen",
  "timer",
  "banded"
] as const
export type Op = (typeof ops)[number] | (typeof timedOps)[number]

export interface Step {
  readonly op: Op
  readonly a: number
  readonly b: number
  readonly c: number
  /** Whether what a client has to say waits for what it says next. */
  readonly hold: boolean
  readonly places: readonly number[]
  readonly turns: number
}

export const behaviours = [
  "yes",
  "yes",
  "yes",
  "no",
  "throw",
  "garbage",
  "none",
  "soon",
  "soonNo",
  "later",
  "later",
  "later",
  "never",
  "remove",
  "removeLater",
  "close",
  "publish",
  "release",
  "answer",
  "begin",
  "station",
  "replace",
  "shutdown"
] as const
export type Behaviour = (typeof behaviours)[number]

export interface Program {
  readonly profile: "iec" | "c104"
  readonly k: number
  readonly logRecords: number
  readonly waits: boolean
  readonly pack: boolean
  /** Whether little may wait. */
  readonly tight: boolean
  /** Whether an address names a point together with its type. */
  readonly perType: boolean
  /** Whether times are so short that they pass. */
  readonly quick: boolean
  /** So many clients are there and started at the beginning. */
  readonly starts: number
  /** How long everything may take, where time is moved. */
  readonly times: Times | null
  readonly plans: readonly Behaviour[]
  readonly steps: readonly Step[]
}

/** What every program needs so that anything is heard. */
const always: readonly Op[] = ["connect", "start", "ack", "publish"]

/** Kinds of steps that belong together. */
const groups: (readonly Op[])[] = [
  ["command", "command", "settle", "release", "transmit", "cancel", "wait"],
  ["select", "execute", "execute", "settle", "cancel", "again", "stop"],
  ["burst", "set", "update", "live", "batch", "cycle", "room", "part", "renew"],
  ["add", "remove", "addCommand", "removeCommand", "again", "renew", "station", "mode", "rehandle"],
  ["cut", "reset", "stop", "closing", "bad", "window"],
  ["interrogate", "deactivate", "counters", "read", "part", "regroup"],
  ["shutdown", "revive", "command", "select", "execute", "interrogate", "settle"],
  ["parameter", "clock", "restart", "test", "settle", "initialised"]
]

const stepOf = (of: readonly Op[]): fc.Arbitrary<Step> =>
  fc.record({
    op: fc.constantFrom(...of),
    a: fc.nat(7),
    b: fc.nat(7),
    c: fc.nat(31),
    hold: fc.constantFrom(false, false, true),
    places: fc.oneof(
      { weight: 3, arbitrary: fc.constant<readonly number[]>([]) },
      { weight: 1, arbitrary: fc.array(fc.nat(300), { maxLength: 4 }) }
    ),
    turns: fc.constantFrom(0, 0, 1, 3)
  })

/** Programs of some of these groups of steps, each with times. */
export const programOf = (of: (readonly Op[])[], times: fc.Arbitrary<Times | null>): fc.Arbitrary<Program> =>
  fc.noBias(
    fc
      .tuple(fc.subarray(of, { minLength: 1, maxLength: 3 }), fc.uniqueArray(fc.constantFrom(...ops), { maxLength: 4 }))
      .map(([some, others]) => [...some.flat(), ...others])
      .chain((some) =>
        fc.record({
          profile: fc.constantFrom("iec", "c104"),
          k: fc.constantFrom(12, 1, 2, 3, 5),
          logRecords: fc.constantFrom(4096, 4096, 64),
          waits: fc.boolean(),
          quick: fc.constantFrom(false, false, false, true),
          pack: fc.boolean(),
          tight: fc.constantFrom(false, false, true),
          perType: fc.constantFrom(false, false, true),
          starts: fc.constantFrom(3, 2, 1, 0),
          plans: fc.array(fc.constantFrom(...behaviours), { minLength: 1, maxLength: 12 }),
          steps: fc.array(stepOf([...always, ...some, ...some]), { minLength: 1, maxLength: 120, size: "max" }),
          times
        })
      )
  )

export const program: fc.Arbitrary<Program> = programOf(groups, fc.constant(null))
