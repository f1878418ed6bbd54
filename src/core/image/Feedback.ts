// What a monitoring point shows of the command that it reports: which point that is, which kinds belong together, and the value.

import type { Block } from "./Block.ts"
import * as Image from "./Image.ts"
import * as Value from "./Value.ts"

const { Kind } = Value

const switches: readonly Value.Kind[] = [Kind.Single, Kind.Double]
const measured: readonly Value.Kind[] = [Kind.Normalized, Kind.NormalizedNoQuality, Kind.Scaled, Kind.Short]

/** The kinds of point that can show what a command of a kind did. Set-points have the kinds of measured values. */
const shows: ReadonlyMap<Value.Kind, readonly Value.Kind[]> = new Map<Value.Kind, readonly Value.Kind[]>([
  [Kind.SingleCommand, switches],
  [Kind.DoubleCommand, switches],
  [Kind.StepCommand, [Kind.Step]],
  [Kind.BitstringCommand, [Kind.Bitstring]],
  ...measured.map((kind) => [kind, measured] as const)
])

/** Whether a point of one type can show what a command of another did. */
export function fits(command: number, feedback: number): boolean {
  const from = Value.layoutOf(command)
  const to = Value.layoutOf(feedback)
  if (from === undefined || to === undefined || Value.isCommand(feedback)) return false
  return shows.get(from.kind)?.includes(to.kind) === true
}

/** The value that a feedback point takes: switches count as 0 and 1, double points as 1 and 2, a step moves by one. */
export function shown(command: Value.Kind, feedback: Value.Layout, value: number, present: number): number {
  const { kind, min, max } = feedback
  if (command === Kind.StepCommand) return Math.max(min, Math.min(max, present + (value === 2 ? 1 : -1)))
  const on = command === Kind.DoubleCommand ? value === 2 : value !== 0
  if (kind === Kind.Single) return on ? 1 : 0
  if (kind === Kind.Double) return on ? 2 : 1
  return value
}

/** The point that reports what a command did: by its address, and its type where several have that (0: the only one). */
export interface Related {
  readonly ioAddress: number
  readonly type: number
}

/** The point of a station that is meant, or null: also where several have its address and none is named. */
export function related(image: Image.Image, ca: number, key: Related | null): Image.PointRef | null {
  const station = key === null ? undefined : Image.station(image, ca)
  if (key === null || station === undefined) return null
  return key.type === 0 ? Image.find(station, key.ioAddress) : Image.findAlike(station, key.ioAddress, key.type)
}

/** The point that can show what commands of a block do, or null. */
export function showing(image: Image.Image, { of }: Block, key: Related | null): Image.PointRef | null {
  const place = related(image, of.ca, key)
  return place !== null && fits(of.type, place.block.of.type) ? place : null
}

/** The value that a point takes which shows a command of a block with a value; null where it cannot. */
export function taken({ block, slot }: Image.Place, command: Block, value: number): number | null {
  const next = shown(command.kind, block.layout, value, Image.value(block, slot))
  return Value.problem(block.layout, next) === null ? next : null
}
