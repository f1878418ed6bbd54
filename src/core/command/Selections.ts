// Select before operate (60870-5-5 6.8): which command points this session has selected, with what value, until when.
// What other sessions hold stands in the world, in a table that is kept from the notices given here. A selection with T = 1
// stands apart: it allows a test, and reserves nothing.
import type { Block } from "../image/Block.ts"
import { type PointRef, samePoint } from "../image/Image.ts"
import * as Numbered from "../image/Numbered.ts"
import * as Place from "../procedure/Place.ts"
import type { Selection } from "../procedure/Work.ts"
import type { Unselected } from "./CommandNotice.ts"
import type { CommandWork, Turn } from "./CommandWork.ts"
import * as Held from "./Held.ts"

/** The number under which the selection of a point is kept. */
export const keyOf = (block: Block, slot: number): number => Held.keyOf(block, block.ioa[slot] as number)

/** The selections that stand beside one with this T. */
const beside = (work: CommandWork, test: number): Numbered.Numbered<Selection> =>
  test === 0 ? work.selections : work.tests

function keep(work: Turn["own"], test: number, selections: Numbered.Numbered<Selection>): void {
  if (test === 0) work.selections = selections
  else work.tests = selections
}

/** Whether no point more may be selected: tests are counted apart, and what is executed keeps nobody out. */
export const full = ({ work, world }: Turn, test: number): boolean =>
  Numbered.size(beside(work, test)) - (test === 0 ? work.executing : 0) >= world.limits.decisionsPerSession

/** This session's selection of a point, also while it is executed, or undefined. */
function found({ work }: Turn, point: PointRef, test: number): Selection | undefined {
  const selections = beside(work, test)
  if (selections === null) return undefined
  const selection = Numbered.find(selections, keyOf(point.block, point.slot))
  return selection !== undefined && samePoint(selection, point) ? selection : undefined
}

/** This session's selection of a point that can be executed, or undefined. */
export function own(turn: Turn, point: PointRef, test: number): Selection | undefined {
  const selection = found(turn, point, test)
  return selection !== undefined && !selection.executing && turn.nowMs < selection.untilMs ? selection : undefined
}

/** Whether this session is executing its selection of a point. */
export const executes = (turn: Turn, point: PointRef): boolean => found(turn, point, 0)?.executing === true

/** Whether another session holds the point, selected or being executed. */
export function heldByOther({ world, id, nowMs }: Turn, point: PointRef): boolean {
  const held = Held.find(world.selections, point)
  return held !== undefined && held.session !== id && nowMs < held.untilMs
}

/** When the first selection ends by itself; Infinity when none does. */
export const dueMs = ({ expiring }: CommandWork): number =>
  Numbered.first(expiring)?.untilMs ?? Number.POSITIVE_INFINITY

/** Puts a selection in the place of the one before; what ends by itself does so in the order of the ids. */
function put(turn: Turn, selection: Selection, fresh: boolean): void {
  const { own: work } = turn
  const { id, key, test, untilMs } = selection
  const before = Numbered.find(beside(work, test), key)
  if (before !== undefined) {
    // Its point is gone, and another one has its address.
    if (!samePoint(before, selection)) release(turn, before, endOf(before))
    else if (before.executing) work.executing--
    work.expiring = Numbered.without(work.expiring, before.id)
  }
  if (selection.executing) work.executing++
  keep(work, test, Numbered.put(beside(work, test), key, selection))
  if (untilMs !== Number.POSITIVE_INFINITY) work.expiring = Numbered.put(work.expiring, id, selection)
  const { block, slot, born, originator } = selection
  if (test === 0)
    turn.notice({ kind: "selected", block, slot, born, ioa: Place.addressOf(key), originator, untilMs, fresh })
}

function drop(turn: Turn, { id, key, test }: Selection): void {
  const { own: work } = turn
  work.expiring = Numbered.without(work.expiring, id)
  const selections = beside(work, test)
  const kept = Numbered.find(selections, key)
  if (kept?.id !== id) return
  if (kept.executing) work.executing--
  keep(work, test, Numbered.without(selections, key))
}

/** Selects a point, or selects it anew. Its time may start later, with {@link begin}. */
export function select(turn: Turn, selection: Selection, begins: boolean): void {
  put(turn, begins ? { ...selection, untilMs: turn.nowMs + turn.world.selectMs } : selection, true)
}

/** The confirmation of a select was sent: its time starts, unless it was selected anew or taken back meanwhile. */
export function begin(turn: Turn, { id, key, test }: Selection): void {
  const selection = Numbered.find(beside(turn.work, test), key)
  // While it is executed its time stands still, and it ends with that.
  if (selection?.id !== id || selection.executing) return
  // What begins later gets a greater id: so the first id is the first that ends.
  put(turn, { ...selection, id: turn.own.nextId++, untilMs: turn.nowMs + turn.world.selectMs }, false)
}

/** Begins to execute a selection: nobody else may have the point. Returns it as it is from now on. */
export function take(turn: Turn, selection: Selection): Selection {
  const taken: Selection = { ...selection, executing: true, untilMs: Number.POSITIVE_INFINITY }
  put(turn, taken, false)
  return taken
}

/** Ends a selection. */
export function release(turn: Turn, selection: Selection, why: Unselected): void {
  drop(turn, selection)
  const { block, slot, born, key } = selection
  if (selection.test === 0) turn.notice({ kind: "released", block, slot, born, ioa: Place.addressOf(key), why })
}

/** Ends every selection whose time is over. */
export function expire(turn: Turn): void {
  for (;;) {
    const selection = Numbered.first(turn.work.expiring)
    if (selection === undefined || turn.nowMs < selection.untilMs) return
    release(turn, selection, "expired")
  }
}

/** Why a selection ends that nobody ends: what is executed is used up, and told by its command. */
const endOf = ({ executing }: Selection): Unselected => (executing ? "executed" : "ended")

/** Data transfer was stopped, or the connection has ended, and with it all selections. */
export function endAll(turn: Turn): void {
  expire(turn)
  for (const selections of [turn.work.selections, turn.work.tests])
    Numbered.each(selections, (selection) => release(turn, selection, endOf(selection)))
}
