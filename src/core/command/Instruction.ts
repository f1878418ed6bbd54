// What a command point says: its value and qualifier, and the words of its time tag; read from the image, and put into it.

import type { Block } from "../image/Block.ts"
import * as Image from "../image/Image.ts"
import * as Value from "../image/Value.ts"

/** What a command point says: value, qualifier, and the words of the time tag (0 without one). */
export interface Instruction {
  readonly value: number
  readonly qualifier: number
  readonly timeLow: number
  readonly timeHigh: number
}

/** What a command point says. */
export function of(block: Block, slot: number): Instruction {
  const { time } = block
  return {
    value: Image.value(block, slot),
    qualifier: Value.readQualifier(block.kind, block.view, slot * block.stride),
    timeLow: time === null ? 0 : (time[slot * 2] as number),
    timeHigh: time === null ? 0 : (time[slot * 2 + 1] as number)
  }
}

/** Lets a command point say something else. */
export function put(block: Block, slot: number, { value, qualifier, timeLow, timeHigh }: Instruction): void {
  Image.setValue(block, slot, value)
  Value.writeQualifier(block.kind, block.view, slot * block.stride, qualifier)
  Image.setTime(block, slot, timeLow, timeHigh)
}
