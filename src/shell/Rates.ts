// When a change of a point is worth an event: another quality, state or time of operation, or a value that left its dead
// band, absolute or in percent (60870-5-5 6.4).
import type { Block } from "../core/image/Block.ts"
import * as Image from "../core/image/Image.ts"
import * as Value from "../core/image/Value.ts"
import type { Hooks } from "./Hooks.ts"

/**
 * What an element says beside value and quality of which a change is worth an event: whether a step position is transient,
 * changed bits, times of protection equipment. A counter's sequence number counts its freezes, which are told by themselves.
 */
export const elseOf = (kind: Value.Kind, view: DataView, at: number): number =>
  kind === Value.Kind.Counter ? 0 : Value.readExtra(kind, view, at)

/** Whether what would be told of a point has moved far enough from what was told last. */
export function moved({ deadband, toldValue, toldQuality, toldElse }: Hooks, block: Block, slot: number): boolean {
  if (Number.isNaN(toldValue) || Image.quality(block, slot) !== toldQuality) return true
  if (elseOf(block.kind, block.view, slot * block.stride) !== toldElse) return true
  const value = Image.value(block, slot)
  if (deadband === null) return value !== toldValue
  const band = "absolute" in deadband ? deadband.absolute : (Math.abs(toldValue) * deadband.percent) / 100
  return Math.abs(value - toldValue) > band
}

/** Notes what is told of a point. */
export function note(hooks: Hooks, block: Block, slot: number): void {
  hooks.toldValue = Image.value(block, slot)
  hooks.toldQuality = Image.quality(block, slot)
  hooks.toldElse = elseOf(block.kind, block.view, slot * block.stride)
}
