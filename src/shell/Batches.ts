// Sending several points of one type at once: their events lie side by side in the log and share ASDUs. Points of one type
// may live in several blocks, where they differ in what they are sent as: each block has a run of its own.

import type { Block } from "../core/image/Block.ts"
import type * as Image from "../core/image/Image.ts"
import * as List from "../core/read/List.ts"
import { Cause } from "../core/wire/Cause.ts"
import * as Handlers from "./Handlers.ts"
import type { Host } from "./Host.ts"
import { checkValue } from "./Stations.ts"
import type { Ticker } from "./Ticker.ts"

/** The points of a batch that live in one block, given as slots by address, as long as the block has this version. */
export interface Run {
  readonly block: Block
  readonly version: number
  readonly slots: readonly number[]
  /** Where they stand in the whole batch. */
  readonly at: readonly number[]
}

/** The runs of points that are given by address, with slots that are negative where a point does not exist any more. */
export function runsOf(points: readonly Image.Place[]): readonly Run[] {
  const runs = new Map<Block, Run & { readonly slots: number[]; readonly at: number[] }>()
  for (const [index, { block, slot }] of points.entries()) {
    if (slot < 0) continue
    const run = runs.get(block) ?? { block, version: block.version, slots: [], at: [] }
    runs.set(block, run)
    run.slots.push(slot)
    run.at.push(index)
  }
  return [...runs.values()]
}

/** Whether the points of runs are where they were. */
export function areThere(runs: readonly Run[]): boolean {
  for (const { block, version } of runs) if (block.version !== version) return false
  return true
}

/** Sets the values of runs that belong to one batch, all with one time; none is set when one value is unfit. */
export function setValues(host: Host, runs: readonly Run[], values: Float64Array, atMs: number): void {
  const [first] = runs
  if (first === undefined) return
  if (runs.length === 1) return host.setValues(first.block, first.slots, values, atMs)
  // They are of one type, so that what fits one of them fits all.
  for (const value of values) checkValue(first.block, value)
  for (const { block, slots, at } of runs)
    host.setValues(
      block,
      slots,
      at.map((index) => values[index] as number),
      atMs
    )
}

/**
 * Publishes runs of points of one type, one run after the other. `onBeforeAutoTransmit` (cause 1) or `onBeforeRead` of each
 * is called first; what they do later than at once is not waited for. False when nobody takes it.
 * Throws `IllegalCause`.
 */
export function publish(host: Host, ticker: Ticker, runs: readonly Run[], cause: number, originator: number): boolean {
  if (cause !== Cause.SPONTANEOUS) for (const { block } of runs) host.checkCause(block, cause)
  if (runs.length === 0 || host.sessions.size === 0) return false
  for (const { block, version, slots } of runs) {
    if (!host.hooks.has(block)) continue
    if (cause === Cause.PERIODIC)
      void Handlers.callAll(host, block, slots, "onBeforeAutoTransmit", (hooks) => hooks.onBeforeAutoTransmit, version)
    else void Handlers.callAll(host, block, slots, "onBeforeRead", (hooks) => hooks.onBeforeRead, version)
  }
  if (cause === Cause.PERIODIC || cause === Cause.BACKGROUND_SCAN) {
    if (host.station.started.size === 0) return false
    ticker.offer(runs.map(({ block, version, slots }) => List.batchOf(block, version, slots, cause)))
    return true
  }
  let taken = false
  for (const { block, version, slots } of runs) {
    // A callback may have removed some of them.
    const there = block.version === version ? slots : slots.filter((slot) => block.holds(slot, version))
    if (there.length > 0 && host.appendAll(block, there, cause, originator)) taken = true
  }
  return taken
}
