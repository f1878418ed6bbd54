// What a point was told last, of which nobody has kept it: its newest event says so, as long as the log still has that.

import type { Block } from "../core/image/Block.ts"
import * as Value from "../core/image/Value.ts"
import * as EventLog from "../core/log/EventLog.ts"
import * as Record from "../core/log/Record.ts"
import type { Hooks } from "./Hooks.ts"
import * as Rates from "./Rates.ts"

/** Octets that the longest element fits into. */
const element = new DataView(new ArrayBuffer(16))

/**
 * Notes what the newest event of a point has told of it; nothing when it had none, or the log has dropped it. Whoever had its
 * address before has told nothing of it.
 */
export function recall(hooks: Hooks, log: EventLog.EventLog, block: Block, slot: number): void {
  const position = EventLog.ownLastOf(block, slot, log.end) - 1
  if (position < Math.max(0, log.end - log.mask - 1)) return
  Record.element(log, position, block.stride, element)
  const { qualityAt, qualityMask } = block.layout
  hooks.toldValue = Value.read(block.kind, element, 0)
  hooks.toldQuality = qualityAt < 0 || block.command ? 0 : element.getUint8(qualityAt) & qualityMask
  // What has changed of packed single points is no change any more once it was told.
  hooks.toldElse = block.kind === Value.Kind.PackedSingles ? 0 : Rates.elseOf(block.kind, element, 0)
}
