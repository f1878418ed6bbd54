// Which command points are selected, by whom and until when, of all sessions (60870-5-5 6.8). A literal table with its own small
// reducer: a session says what it selects and gives back, and whoever holds the table keeps what it has become.

import type { Block } from "../image/Block.ts"
import { type PointRef, samePoint } from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Place from "../procedure/Place.ts"
import type { Held } from "../procedure/World.ts"
import type { Released, Selected } from "./CommandNotice.ts"

/** The number of a command point at an address. */
export const keyOf = ({ of }: Block, ioa: number): number => Place.numberOf(of.ca, ioa, of.type)

/** By number: of a point that is gone an entry stays until its session gives it back, or another point there is selected. */
export type Table = Numbered.Numbered<Held>

export const none: Table = null

/** Who holds a point, or undefined. */
export function find(table: Table, point: PointRef): Held | undefined {
  if (table === null) return undefined
  const held = Numbered.find(table, keyOf(point.block, point.block.ioa[point.slot] as number))
  return held !== undefined && samePoint(held, point) ? held : undefined
}

/** A session selects a point, or selects it until another time. One whose point is gone nobody could give back: it is not noted. */
export function put(table: Table, session: number, { block, slot, born, ioa, originator, untilMs }: Selected): Table {
  if (block.bornOf(slot) !== born) return table
  return Numbered.put(table, keyOf(block, ioa), { block, slot, born, session, originator, untilMs })
}

/** A session gives a point back; what another has by now stays. */
export function drop(table: Table, session: number, released: Released): Table {
  const key = keyOf(released.block, released.ioa)
  const held = Numbered.find(table, key)
  if (held === undefined || held.session !== session || !samePoint(held, released)) return table
  return Numbered.without(table, key)
}
