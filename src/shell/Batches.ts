// Sending several points of one type at once: their events lie side by side in the log and share ASDUs.
import { Cause } from "../core/asdu/Cause.ts"
import type { Block } from "../core/process/Block.ts"
import * as Handlers from "./Handlers.ts"
import type { Host } from "./Host.ts"
import type { Ticker } from "./Ticker.ts"

/**
 * Publishes points of one block, given as slots by address. `onBeforeAutoTransmit` (cause 1) or `onBeforeRead` of each
 * is called first; what they do later than at once is not waited for. False when nobody takes it.
 * Throws `IllegalCause`.
 */
export function publish(
  host: Host,
  ticker: Ticker,
  block: Block,
  slots: readonly number[],
  cause: number,
  originator: number
): boolean {
  if (cause !== Cause.SPONTANEOUS) host.checkCause(block, cause)
  if (slots.length === 0 || host.sessions.size === 0) return false
  const { version } = block
  if (host.hooks.has(block)) {
    if (cause === Cause.PERIODIC)
      void Handlers.callAll(host, block, slots, "onBeforeAutoTransmit", (hooks) => hooks.onBeforeAutoTransmit)
    else void Handlers.callAll(host, block, slots, "onBeforeRead", (hooks) => hooks.onBeforeRead)
  }
  if (cause === Cause.PERIODIC || cause === Cause.BACKGROUND_SCAN) {
    if (host.activeCount === 0) return false
    ticker.offer([
      { key: ticker.keyOf(slots), block, version, slots: Int32Array.from(slots), type: block.of.cyclicType, cause }
    ])
    return true
  }
  // A callback may have removed some of them.
  const there = block.version === version ? slots : slots.filter((slot) => block.holds(slot, version))
  return there.length > 0 && host.appendAll(block, there, cause, originator)
}
