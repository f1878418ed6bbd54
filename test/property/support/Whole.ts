// A session and its cursor as one value: what a test keeps, branches and compares.
import * as Core from "../../../src/core/index.ts"
import type { Plant } from "./Peer.ts"

export interface Whole {
  readonly state: Core.SessionState.SessionState
  readonly cursor: Core.Cursor.Cursor
}

/** A connection that was just made, with a cursor of its own. */
export const open = ({ world, ends }: Plant, id: number, nowMs: number): Whole => ({
  state: Core.SessionState.open(world, id, nowMs),
  cursor: Core.Cursor.at(ends, world.initialised.count)
})

/** Reduces an event. */
export const step = (
  world: Core.World,
  { state, cursor }: Whole,
  event: Core.SessionEvent.SessionEvent,
  reduce: typeof Core.reduce = Core.reduce
): { readonly after: Whole; readonly outputs: Core.SessionOutputs } => {
  const { outputs, ...after } = reduce(world, state, cursor, event)
  return { after, outputs }
}
