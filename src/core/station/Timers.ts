// Callbacks of points at a fixed delay: a literal table. What is due together is called block by block, in the order in which they
// were set, and a timer waits its time from each call on, however late that came.

import { type Block, SLOTS } from "../image/Block.ts"
import * as Dues from "../image/Dues.ts"
import * as Image from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Row from "../image/Row.ts"

export interface Timer extends Image.PointRef {
  readonly everyMs: number
}

/** By number of the point; and how many each block has, by its number, in the order in which the first of them came. */
export interface Timers {
  readonly dues: Dues.Dues<Timer>
  readonly blocks: Row.Row<number>
}

export const none: Timers = { dues: Dues.none, blocks: Row.none }

/** Whether there is any timer. */
export const isAny = ({ dues }: Timers): boolean => Dues.size(dues) > 0

/** The delay of the timer of a point in ms, 0 = it has none. */
export const everyMs = ({ dues }: Timers, block: Block, slot: number): number =>
  Dues.find(dues, block.numberOf(slot))?.value.everyMs ?? 0

/** The table in which a point has a timer, first due after its time; 0 = none. */
export function set(timers: Timers, block: Block, slot: number, ms: number, runMs: number): Timers {
  const { dues, blocks } = forget(timers, block, slot)
  if (ms === 0) return { dues, blocks }
  return {
    dues: Dues.put(dues, block.numberOf(slot), { ...Image.refTo(block, slot), everyMs: ms }, runMs + ms),
    blocks: Row.put(blocks, block.number, (Row.find(blocks, block.number) ?? 0) + 1)
  }
}

/** The table without a point; the same when it has none of it. */
export function forget(timers: Timers, block: Block, slot: number): Timers {
  const dues = Dues.without(timers.dues, block.numberOf(slot))
  if (dues === timers.dues) return timers
  const left = (Row.find(timers.blocks, block.number) ?? 0) - 1
  const { number } = block
  return { dues, blocks: left > 0 ? Row.put(timers.blocks, number, left) : Row.without(timers.blocks, number) }
}

/** The table without a block; the same when it has none of its points. */
export function forgetBlock(timers: Timers, block: Block): Timers {
  const dues = Dues.outside(timers.dues, block.numberOf(0), block.numberOf(SLOTS))
  return dues === timers.dues ? timers : { dues, blocks: Row.without(timers.blocks, block.number) }
}

/** The timers that are due at a time. */
export function due({ dues, blocks }: Timers, runMs: number): readonly Timer[] {
  const found = Dues.due(dues, runMs).map(({ value }) => value)
  const placeOf = ({ block }: Timer): number => Numbered.find(blocks.places, block.number) ?? 0
  return found.length < 2 ? found : found.sort((a, b) => placeOf(a) - placeOf(b))
}

/** The table in which a timer that was due waits its time after its call; null: it is not due any more. */
export function fired(timers: Timers, timer: Timer, runMs: number): Timers | null {
  const number = timer.block.numberOf(timer.slot)
  if (Dues.find(timers.dues, number)?.value !== timer) return null
  return { ...timers, dues: Dues.put(timers.dues, number, timer, runMs + timer.everyMs) }
}
