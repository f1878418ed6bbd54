// Select before operate (60870-5-5 6.8): which command points this session has selected, with what value, until when.
// What other sessions hold stands in the world; the shell keeps it from the notices given here.
import type { Block } from "../process/Block.ts"
import type { Selection, Turn } from "./Turn.ts"

/** This session's selection of a point, or undefined. */
export const own = (turn: Turn, block: Block, slot: number): Selection | undefined =>
  turn.work.selections.find((found) => found.block === block && found.slot === slot && turn.nowMs < found.untilMs)

/** Whether another session holds the point, selected or being executed. */
export function heldByOther(turn: Turn, block: Block, slot: number): boolean {
  const held = turn.world.selections.get(block)?.get(slot)
  return held !== undefined && held.session !== turn.id && turn.nowMs < held.untilMs
}

/** Selects a point, or selects it anew. Its time may start later, with {@link begin}. */
export function select(turn: Turn, selection: Selection): void {
  const { block, slot, originator, untilMs } = selection
  const others = turn.work.selections.filter((found) => found.block !== block || found.slot !== slot)
  turn.own.selections = [...others, selection]
  turn.notice({ kind: "selected", block, slot, originator, untilMs })
}

/** The confirmation of a select was sent: its time starts. */
export function begin(turn: Turn, id: number): void {
  const found = turn.work.selections.find((selection) => selection.id === id)
  if (found === undefined) return
  const { block, slot, originator } = found
  const untilMs = turn.nowMs + turn.world.selectMs
  const selections = turn.work.selections.map((old) => (old === found ? { ...old, untilMs } : old))
  turn.own.selections = selections
  turn.notice({ kind: "selected", block, slot, originator, untilMs })
}

/** Takes a selection out without telling anybody: it is being executed and nobody else may have the point. */
export function take(turn: Turn, selection: Selection): void {
  turn.own.selections = turn.work.selections.filter((found) => found !== selection)
  const { block, slot, originator } = selection
  turn.notice({ kind: "selected", block, slot, originator, untilMs: Number.POSITIVE_INFINITY })
}

/** Ends a selection. */
export function release(turn: Turn, selection: Selection): void {
  turn.own.selections = turn.work.selections.filter((found) => found !== selection)
  turn.notice({ kind: "released", block: selection.block, slot: selection.slot })
}

/** Ends every selection whose time is over. */
export function expire(turn: Turn): void {
  for (const selection of turn.work.selections) if (turn.nowMs >= selection.untilMs) release(turn, selection)
}

/** Ends all selections, also those that are being executed: data transfer was stopped. */
export function releaseAll(turn: Turn): void {
  for (const selection of turn.work.selections) release(turn, selection)
  for (const { selection } of turn.work.pending) if (selection !== null) release(turn, selection)
}
