// What a point is beside what it says: whether it has to be selected and who decides that, whether it is refreshed before it is
// read, and in which groups it is. Columns that a block has only where one of its points needs them.

import { type Block, SELECT_FIRST } from "./Block.ts"
import * as Image from "./Image.ts"

/** Notes whether a command point has one of the bits of selection (`SELECT_FIRST`, `SELECT_ASKS`). */
export function setSelect(block: Block, slot: number, bit: number, on: boolean): void {
  if (block.select === null) {
    if (!on) return
    block.select = new Uint8Array(block.ioa.length)
  }
  const before = block.select[slot] as number
  block.select[slot] = on ? before | bit : before & ~bit
}

/** Whether a command point has to be selected before it is executed. */
export const needsSelect = ({ select }: Block, slot: number): boolean =>
  select !== null && ((select[slot] as number) & SELECT_FIRST) !== 0

/** Notes whether the application wants to refresh a point before it is read. */
export function setRefresh(block: Block, slot: number, on: boolean): void {
  if (block.refresh === null) {
    if (!on) return
    block.refresh = new Uint8Array(block.ioa.length)
  }
  block.refresh[slot] = on ? 1 : 0
}

/** Puts a point into interrogation groups (1..16) and counter groups (1..4), and out of all others. */
export function setGroups(
  block: Block,
  slot: number,
  groups: readonly number[],
  counterGroups: readonly number[]
): void {
  let mask = 0
  for (const group of groups) mask |= 1 << Image.groupBit(group, false)
  for (const group of counterGroups) mask |= 1 << Image.groupBit(group, true)
  block.setGroups(slot, mask)
}
