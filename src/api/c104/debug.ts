// c104's debug modes: topics that every server of this process logs in full, whatever its log level. They go to the
// server's log, not to standard output.
import * as Log from "../../shell/Log.ts"
import { Debug } from "./flags.ts"

/** Sets the topics. */
export function setDebugMode(mode: Debug): void {
  Log.setDebugTopics(mode.value)
}

/** The topics. */
export const getDebugMode = (): Debug => Debug.from(Log.debugTopics())

/** Adds topics. */
export function enableDebug(mode: Debug): void {
  setDebugMode(getDebugMode().or(mode))
}

/** Takes topics away. */
export function disableDebug(mode: Debug): void {
  Log.setDebugTopics(Log.debugTopics() & ~mode.value)
}
