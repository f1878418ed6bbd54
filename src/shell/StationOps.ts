// What can be set at a station, checked: one place for all faces, asked before anything is changed.

import type { CounterMode } from "../core/read/Freeze.ts"
import { flag, inRange } from "./Check.ts"
import { InvalidArgument } from "./Errors.ts"

const MODES: readonly CounterMode[] = ["A", "B", "C", "D"]
/** Those in which counters are frozen by the clock of the station. */
const LOCAL: readonly CounterMode[] = ["A", "B"]
const PERIOD_MAX_MS = 0x7fff_ffff

/** How counters are frozen: the mode, the period of the local freeze in ms (0 = none), and whether they begin anew with it. */
export function checkCounters(mode: CounterMode, localFreezeMs: number, localFreezeReset: boolean): void {
  if (!MODES.includes(mode))
    throw new InvalidArgument({ what: "counter mode", expected: '"A", "B", "C" or "D"', value: mode })
  inRange("localFreezeMs", localFreezeMs, 0, PERIOD_MAX_MS)
  flag("localFreezeReset", localFreezeReset)
  if (LOCAL.includes(mode)) return
  const expected = `nothing in mode ${mode}, in which clients freeze`
  if (localFreezeMs !== 0) throw new InvalidArgument({ what: "localFreezeMs", expected, value: localFreezeMs })
  if (localFreezeReset) throw new InvalidArgument({ what: "localFreezeReset", expected, value: localFreezeReset })
}

/** The period of the background scan in ms, 0 = none. */
export function checkBackground(everyMs: number): void {
  inRange("background scan", everyMs, 0, PERIOD_MAX_MS)
}

/** A cause of initialisation (COI) as an octet. */
export function checkInitialised(cause: number): void {
  inRange("cause of initialisation", cause, 0, 255)
}
