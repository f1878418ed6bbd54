// When a change of a point is worth an event: another quality, state or time of operation, or a value that left its dead
// band, absolute or in percent (60870-5-5 6.4); and when its rate allows one. What was told last stands in the image, and of
// points of which nobody has noted it in the log, as long as that has their newest event.

import type { Block } from "../image/Block.ts"
import * as Image from "../image/Image.ts"
import { Cell, type Deadband, placeOf } from "../image/Told.ts"
import * as Value from "../image/Value.ts"
import * as EventLog from "./EventLog.ts"
import * as Record from "./Record.ts"

/** There is no event to make. */
export const NEVER: number = Number.POSITIVE_INFINITY

/**
 * What an element says beside value and quality of which a change is worth an event: whether a step position is transient,
 * changed bits, times of protection equipment. A counter's sequence number counts its freezes, which are told by themselves.
 */
const elseOf = (kind: Value.Kind, view: DataView, at: number): number =>
  kind === Value.Kind.Counter ? 0 : Value.readExtra(kind, view, at)

/**
 * A point says something by which events are made where it has changed: from when on its rate allows an event, by the monotonic
 * clock, or {@link NEVER} when what would be told has not moved far enough. The first time it is compared with its newest event,
 * if the log still has that.
 */
export function mayTell(log: EventLog.EventLog, block: Block, slot: number): number {
  block.compared = true
  const page = block.toldColumn().of(slot)
  const at = placeOf(slot)
  if (Number.isNaN(page[at])) recall(page, at, log, block, slot)
  page[at + Cell.Noted] = 1
  return moved(page, at, block, slot) ? allowed(page, at) : NEVER
}

const allowed = (page: number[], at: number): number =>
  (page[at + Cell.AtMs] as number) + (page[at + Cell.IntervalMs] as number)

/** From when on the rate of a point allows an event, by the monotonic clock. */
export function allowedMs({ told }: Block, slot: number): number {
  const page = told?.find(slot)
  return page === undefined ? Number.NEGATIVE_INFINITY : allowed(page, placeOf(slot))
}

/** Whether what would be told of a point has moved far enough from what was told last. */
export function hasMoved(block: Block, slot: number): boolean {
  const page = block.told?.find(slot)
  return page === undefined || moved(page, placeOf(slot), block, slot)
}

function moved(page: number[], at: number, block: Block, slot: number): boolean {
  const told = page[at] as number
  if (Number.isNaN(told) || Image.quality(block, slot) !== page[at + Cell.Quality]) return true
  if (elseOf(block.kind, block.view, slot * block.stride) !== page[at + Cell.Else]) return true
  const value = Image.value(block, slot)
  const absolute = page[at + Cell.Absolute] as number
  const percent = page[at + Cell.Percent] as number
  const band = Number.isNaN(percent) ? absolute : (Math.abs(told) * percent) / 100
  return Number.isNaN(band) ? value !== told : Math.abs(value - told) > band
}

/** An event is made by change at this time of the monotonic clock. */
export function made(block: Block, slot: number, nowMs: number): void {
  block.toldColumn().of(slot)[placeOf(slot) + Cell.AtMs] = nowMs
}

/**
 * Notes what an event tells of a point for the next time that it changes. Only one that lasts counts: what is meant
 * for those who listen now is neither told to others later nor healed.
 */
export function note(block: Block, slot: number): void {
  const page = block.told?.find(slot)
  const at = placeOf(slot)
  if (page === undefined || page[at + Cell.Noted] === 0) return
  page[at] = Image.value(block, slot)
  page[at + Cell.Quality] = Image.quality(block, slot)
  page[at + Cell.Else] = elseOf(block.kind, block.view, slot * block.stride)
}

/** As {@link note}, of what the newest event of a point has told. */
export function noteNewest(log: EventLog.EventLog, block: Block, slot: number): void {
  const page = block.told?.find(slot)
  const at = placeOf(slot)
  if (page !== undefined && page[at + Cell.Noted] !== 0) recall(page, at, log, block, slot)
}

/** Packed single points have no change to tell any more. */
export function reported(block: Block, slot: number): void {
  Image.reported(block, slot)
  const page = block.told?.find(slot)
  if (page !== undefined) page[placeOf(slot) + Cell.Else] = 0
}

/** Octets that the longest element fits into. */
const element = new DataView(new ArrayBuffer(16))

/**
 * Notes what the newest event of a point has told of it; nothing when it had none, or the log has dropped it. Whoever had its
 * address before has told nothing of it.
 */
function recall(page: number[], at: number, log: EventLog.EventLog, block: Block, slot: number): void {
  const position = EventLog.ownLastOf(block, slot, log.end) - 1
  if (position < Math.max(0, log.end - log.mask - 1)) return
  Record.element(log, position, block.stride, element)
  const { qualityAt, qualityMask } = block.layout
  page[at] = Value.read(block.kind, element, 0)
  page[at + Cell.Quality] = qualityAt < 0 || block.command ? 0 : element.getUint8(qualityAt) & qualityMask
  // What has changed of packed single points is no change any more once it was told.
  page[at + Cell.Else] = block.kind === Value.Kind.PackedSingles ? 0 : elseOf(block.kind, element, 0)
}

/** The band around the value told last within which no event is made; null: every change makes one. */
export function deadband({ told }: Block, slot: number): Deadband | null {
  const page = told?.find(slot)
  const at = placeOf(slot)
  const absolute = page?.[at + Cell.Absolute] ?? Number.NaN
  const percent = page?.[at + Cell.Percent] ?? Number.NaN
  return Number.isNaN(percent) ? (Number.isNaN(absolute) ? null : { absolute }) : { percent }
}

export function setDeadband(block: Block, slot: number, band: Deadband | null): void {
  if (band === null && block.told === null) return
  const page = block.toldColumn().of(slot)
  const at = placeOf(slot)
  page[at + Cell.Absolute] = band !== null && "absolute" in band ? band.absolute : Number.NaN
  page[at + Cell.Percent] = band !== null && "percent" in band ? band.percent : Number.NaN
  page[at + Cell.Noted] = 1
}

/** So many ms lie at least between two events that are made by change. */
export const minIntervalMs = ({ told }: Block, slot: number): number =>
  told?.find(slot)?.[placeOf(slot) + Cell.IntervalMs] ?? 0

export function setMinInterval(block: Block, slot: number, everyMs: number): void {
  if (everyMs === 0 && block.told === null) return
  const page = block.toldColumn().of(slot)
  page[placeOf(slot) + Cell.IntervalMs] = everyMs
  page[placeOf(slot) + Cell.Noted] = 1
}
