// Everything that a point says beside its time tag, as numbers, put there at once.

import * as Time from "../wire/Time.ts"
import type { Block } from "./Block.ts"
import * as Image from "./Image.ts"
import * as Value from "./Value.ts"

export interface PointInformation {
  readonly value: number
  readonly quality: number
  readonly extra: number
  readonly qualifier: number
}

/**
 * Sets what a point says beside its value: quality, what its element says beside them, and the flags IV and GEN of its time tag
 * (bits of the first CP56Time2a word). SU goes with the civil time, which is that of the station.
 */
export function complete(block: Block, slot: number, information: PointInformation, timeFlags: number): void {
  const { quality, extra, qualifier } = information
  if (block.time !== null) block.time[slot * 2] = (block.time[slot * 2] as number) | (timeFlags & ~Time.SUMMER_TIME)
  Image.setQuality(block, slot, quality)
  if (block.command) Value.writeQualifier(block.kind, block.view, slot * block.stride, qualifier)
  else Value.writeExtra(block.kind, block.view, slot * block.stride, extra)
}

/**
 * The quality that is meant where it is set with a value, null: it stays. With a number it is the application's word: what was
 * read of the value before is over with that.
 */
export const meantWith = (block: Block, slot: number, value: number, quality: number | null): number | null =>
  quality === null || Number.isFinite(value) ? quality : Image.meant(block, slot, quality)
