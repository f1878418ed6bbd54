// Points come and go: which addresses are free, what a new point says, and what is left of one that is removed. The image and
// the logs are changed in place, as they are by whoever sets a value.

import type { Block } from "../image/Block.ts"
import * as Image from "../image/Image.ts"
import * as Initialised from "../image/Initialised.ts"
import * as Stamp from "../image/Stamp.ts"
import * as Value from "../image/Value.ts"
import * as Departed from "../log/Departed.ts"
import type { EventLog } from "../log/EventLog.ts"
import type { Profile } from "../Profile.ts"
import type { World } from "../procedure/World.ts"
import * as TypeTable from "../wire/TypeTable.ts"

/** What of the world points are in. */
export type Points = Pick<World, "image" | "logs" | "profile">

/** Points that were added, and the time tags of theirs that could not say their time. */
export interface Added {
  readonly image: Image.Image
  readonly block: Block
  readonly bounded: number
}

/** Kinds that begin at 1: OFF, or the lower step. */
const OFF: ReadonlySet<Value.Kind> = new Set<Value.Kind>([
  Value.Kind.Double,
  Value.Kind.DoubleCommand,
  Value.Kind.StepCommand,
  Value.Kind.ProtectionEvent
])

const logOf = (logs: readonly EventLog[], { priority }: Block): EventLog => logs[priority] as EventLog

/** Whether points of two types cannot have one address. A type and its twin with time tag say the same of the same object. */
function areRivals({ addressing }: Profile, one: number, other: number): boolean {
  if (addressing === "unique") return Value.isCommand(one) === Value.isCommand(other)
  return TypeTable.byId[one]?.untagged === TypeTable.byId[other]?.untagged
}

/** Whether a point of a type cannot have one of `count` addresses from `ioa`. */
function areTaken({ blocks }: Image.Station, profile: Profile, ioa: number, type: number, count: number): boolean {
  for (const block of blocks) {
    if (!areRivals(profile, block.of.type, type)) continue
    for (let i = 0; i < count; i++) if (block.find(ioa + i) >= 0) return true
  }
  return false
}

/** Points of a type at consecutive addresses from `ioa`. */
export interface Adding {
  readonly ioa: number
  readonly type: number
  readonly count: number
  readonly variants: Image.Variants
}

/**
 * Adds points; null when one of their addresses is in use. They say OFF where they are double points or commands, the lower
 * step, zero for everything else, at `nowMs` since 1970 UTC with the `flags` of the clock.
 */
export function add(
  { image, logs, profile }: Points,
  station: Image.Station,
  { ioa, type, count, variants }: Adding,
  nowMs: number,
  flags: number
): Added | null {
  if (areTaken(station, profile, ioa, type, count)) return null
  const made = Image.withBlock(image, station.ca, Image.blockType(station.ca, type, profile, variants))
  const { block } = made
  const log = logOf(logs, block)
  if (count > 1) block.reserve(count)
  let bounded = 0
  for (let i = 0; i < count; i++) {
    const slot = block.add(ioa + i)
    if (OFF.has(block.kind)) Image.setValue(block, slot, 1)
    if (block.time !== null && Stamp.show(block.zone, nowMs)) bounded++
    Stamp.put(block, slot, flags)
    Departed.comeBack(log, block, slot)
  }
  return { image: made.image, block, bounded }
}

/** Removes a point; what was told of it last is remembered as long as somebody may still be told. */
export function remove({ logs }: Points, block: Block, slot: number): void {
  Departed.leave(logOf(logs, block), block, slot)
  block.remove(slot)
}

/** As {@link remove}, of all points of a block. */
export function removeAll({ logs }: Points, block: Block): void {
  Departed.leaveAll(logOf(logs, block), block)
  block.clear()
}

/** The world without a station whose points were removed. */
export const withoutStation = (world: World, ca: number): World => ({
  ...world,
  image: Image.withoutStation(world.image, ca),
  initialised: Initialised.forgotten(world.initialised, ca)
})

/** The image in which blocks that were changed can be read in order, and their groups are known of their stations. */
export function settled(before: Image.Image, changed: Iterable<Block>): Image.Image {
  let image = before
  for (const block of changed) {
    block.settle()
    if (block.groups !== null || block.of.counterType !== 0) image = Image.grouped(image, block.ca)
  }
  return image
}
