// What a command point says: its value and qualifier, and the words of its time tag; read from the image, and put into it.

import type { Block } from "../image/Block.ts"
import * as Image from "../image/Image.ts"
import * as Value from "../image/Value.ts"
import * as Asdu from "../wire/Asdu.ts"
import * as TypeTable from "../wire/TypeTable.ts"

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

/** Whether two commands say the same but for their cause and time tag. */
export function isTheSame(a: Uint8Array, b: Uint8Array): boolean {
  const untagged = TypeTable.byId[Asdu.type(a, 0)]?.untagged ?? 0
  const end = Asdu.ELEMENT_AT + (TypeTable.byId[untagged]?.octets ?? 0)
  if (Asdu.type(a, 0) !== Asdu.type(b, 0)) return false
  for (let i = Asdu.OBJECT_AT; i < end; i++) if (a[i] !== b[i]) return false
  return true
}

/** Lets a command point say something else. */
export function put(block: Block, slot: number, { value, qualifier, timeLow, timeHigh }: Instruction): void {
  Image.setValue(block, slot, value)
  Value.writeQualifier(block.kind, block.view, slot * block.stride, qualifier)
  Image.setTime(block, slot, timeLow, timeHigh)
}
