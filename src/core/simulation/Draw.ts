// What a run is like: each seed draws which features and faults are on, and how often they come. Runs in which few things
// happen often find what runs in which everything happens now and then do not.

import type { Chance } from "./Chance.ts"
import type { Way } from "./Pipe.ts"

export type Character = "obedient" | "slow" | "liar" | "mute" | "flood" | "dying"

/** What centres ask, by name. */
export const asks = [
  "interrogate",
  "counters",
  "freeze",
  "read",
  "clock",
  "test",
  "purge",
  "reset",
  "parameter",
  "direct",
  "select",
  "cancel",
  "deactivate",
  "wrong",
  "stop"
] as const
export type Ask = (typeof asks)[number]

export interface Draw {
  readonly profile: "iec" | "c104"
  readonly k: number
  readonly w: number
  readonly t1Ms: number
  readonly t2Ms: number
  readonly t3Ms: number
  readonly maxApduLength: number
  readonly logRecords: number
  readonly repliesPerSession: number
  readonly decisionsPerSession: number
  readonly decisionMs: number
  readonly selectMs: number
  readonly operationMs: number
  readonly packEvents: boolean
  readonly clockByClients: boolean
  readonly undrainedOctets: number
  /** Octets that a kernel takes before what is written waits. */
  readonly kernelOctets: number
  readonly stations: number
  readonly points: number
  readonly commandPoints: number
  readonly types: readonly number[]
  readonly centres: readonly Character[]
  readonly way: Way
  /** What is asked, each as often as it is in the list. */
  readonly asked: readonly Ask[]
  /** Between two requests of a centre, and two changes of the process. */
  readonly thinkMs: number
  readonly processMs: number
  /** How often of 1000 the process storms, and how many changes a storm has. */
  readonly storms: number
  readonly storm: number
  /** How often of 1000 changes a point or station comes or goes, a value is no number, or a time is odd. */
  readonly comings: number
  readonly odd: number
  /** How often of 1000 events of the network a fault comes, by name. */
  readonly faults: Readonly<Record<"partition" | "reset" | "stand" | "halfClose" | "stall" | "wall", number>>
  /** How often of 1000 handlers do what. */
  readonly handlers: Readonly<
    Record<"late" | "never" | "fails" | "none" | "twoPhases" | "publishes" | "manual" | "asksSelect", number>
  >
  readonly refreshes: number
}

const often = (chance: Chance, most: number): number => (chance.in1000(500) ? 0 : 1 + chance.below(most))

function some<A>(chance: Chance, from: readonly A[], least: number): A[] {
  const found = from.filter(() => chance.in1000(500))
  while (found.length < least) found.push(chance.pick(from))
  return found
}

/** Draws a world from chance. */
export function draw(chance: Chance): Draw {
  const t1Ms = chance.pick([4000, 8000, 15_000])
  const asked: Ask[] = []
  for (const ask of some(chance, asks, 3))
    for (let n = ask === "reset" ? 1 : 1 + chance.below(ask === "direct" || ask === "select" ? 12 : 6); n > 0; n--)
      asked.push(ask)
  const characters: readonly Character[] = ["obedient", "slow", "liar", "mute", "flood", "dying"]
  return {
    profile: chance.pick(["iec", "c104"]),
    k: chance.pick([1, 2, 12, 12, 12, 40]),
    w: chance.pick([1, 2, 8, 8]),
    t1Ms,
    t2Ms: chance.pick([1000, 3000]),
    t3Ms: chance.pick([3000, 20_000]),
    maxApduLength: chance.pick([253, 253, 60]),
    logRecords: chance.pick([64, 256, 1024, 4096]),
    repliesPerSession: chance.pick([16, 64, 1024]),
    decisionsPerSession: chance.pick([2, 64]),
    decisionMs: chance.pick([500, 3000]),
    selectMs: chance.pick([200, 1500, 10_000]),
    operationMs: chance.pick([2000, 30_000]),
    packEvents: chance.in1000(700),
    clockByClients: chance.in1000(400),
    undrainedOctets: chance.pick([1024, 4096, 65_536]),
    kernelOctets: chance.pick([0, 512, 65_536]),
    stations: chance.within(1, 3),
    points: chance.within(5, 100),
    commandPoints: chance.within(1, 8),
    types: some(chance, [1, 3, 5, 7, 9, 11, 13, 15, 30, 31, 33, 35, 36, 37], 2),
    centres: Array.from({ length: chance.within(1, 4) }, (_, n) =>
      n === 0 || chance.in1000(400) ? "obedient" : chance.pick(characters)
    ),
    way: {
      latencyMs: chance.pick([0, 1, 20, 300]),
      jitterMs: chance.pick([0, 5, 100]),
      cuts: often(chance, 300),
      merges: often(chance, 300)
    },
    asked,
    thinkMs: chance.pick([20, 200, 2000]),
    processMs: chance.pick([5, 50, 500]),
    storms: often(chance, 40),
    storm: chance.pick([20, 100, 500]),
    comings: often(chance, 20),
    odd: often(chance, 50),
    faults: {
      partition: often(chance, 8),
      reset: often(chance, 8),
      stand: often(chance, 20),
      halfClose: often(chance, 8),
      stall: often(chance, 8),
      wall: often(chance, 8)
    },
    handlers: {
      late: often(chance, 900),
      never: often(chance, 60),
      fails: often(chance, 300),
      none: often(chance, 100),
      twoPhases: often(chance, 800),
      publishes: often(chance, 800),
      manual: often(chance, 300),
      asksSelect: often(chance, 600)
    },
    refreshes: often(chance, 300)
  }
}
