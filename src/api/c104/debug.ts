// c104's debug modes: topics that every server of this process logs in full, whatever its log level. They go to the
// server's log, not to standard output.

import { InvalidArgument } from "../../shell/Errors.ts"
import * as Log from "../../shell/Log.ts"
import { Debug } from "./flags.ts"

const bits = (mode: Debug): number => {
  if (!(mode instanceof Debug)) throw new InvalidArgument({ what: "debug mode", expected: "a Debug", value: mode })
  return mode.value
}

/** Sets the topics. */
export function setDebugMode(mode: Debug): void {
  Log.setDebugTopics(bits(mode))
}

/** The topics. */
export const getDebugMode = (): Debug => Debug.from(Log.debugTopics())

/** Adds topics. */
export function enableDebug(mode: Debug): void {
  setDebugMode(getDebugMode().or(mode))
}

/** Takes topics away. */
export function disableDebug(mode: Debug): void {
  Log.setDebugTopics(Log.debugTopics() & ~bits(mode))
}
