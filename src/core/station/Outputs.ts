// The outputs of a server as they are at present: whose turn it is at each, what clients had its point say, and the operations
// that are not over. Plain data that is changed in place, since commands come in numbers and points in many; the outputs and
// operations in it are literal values, and what becomes of them is said by the steps of Operating. Outputs and operations are
// referred to by number: none has the number of another that was.

import * as Instruction from "../command/Instruction.ts"
import type { OutputOf, Step } from "../command/Operating.ts"
import * as Operations from "../command/Operation.ts"
import * as Output from "../command/Output.ts"
import type { Block } from "../image/Block.ts"
import * as Image from "../image/Image.ts"
import * as Recent from "../image/Recent.ts"
import type { Profile } from "../Profile.ts"
import * as Place from "../procedure/Place.ts"

type Operation = Operations.Operation

/** What is operated at an address, also when its point goes and another comes: what was begun goes on. */
export interface Outlet {
  readonly number: number
  /** Its address. */
  readonly place: number
  /** Whether a point is there. */
  hasPoint: boolean
  output: OutputOf
  /** What a session was collecting when an operation here published something, 0 = nothing: behind that its termination goes. */
  publishedIn: number
  /** Whether what its point says came from a client: then it is not the application's to change. */
  byClient: boolean
  /** When a command came last to its point, in ms since 1970 UTC; 0 = never. */
  receivedMs: number
}

export interface Outputs {
  /** By number: those of points that were commanded, and those that are not free though their point is gone. */
  readonly outlets: Map<number, Outlet>
  /** By number of the point. */
  readonly points: Map<number, Outlet>
  /** Those that have no point, by address. */
  readonly kept: Map<number, Outlet>
  /** Those that an output knows, no more of each than may wait and two, and those whose handler has not settled. */
  readonly operations: Recent.Recent<Operation>
  /** Outputs at which those that wait are being judged one after the other. */
  readonly judging: Set<number>
  lastOutlet: number
  lastOperation: number
}

export const make = (): Outputs => ({
  outlets: new Map(),
  points: new Map(),
  kept: new Map(),
  operations: Recent.none(),
  judging: new Set(),
  lastOutlet: 0,
  lastOperation: 0
})

// ---- points ----

/** The output of a point, or undefined where it was never commanded. */
export const find = ({ points }: Outputs, block: Block, slot: number): Outlet | undefined =>
  points.get(block.numberOf(slot))

/** The output of a point at an address, made when needed. */
export function of(outputs: Outputs, profile: Profile, block: Block, slot: number, ioa: number): Outlet {
  const known = find(outputs, block, slot)
  if (known !== undefined) return known
  const outlet: Outlet = {
    number: ++outputs.lastOutlet,
    place: Place.at(profile, block.of.ca, ioa, block.of.type),
    hasPoint: true,
    output: Output.free,
    publishedIn: 0,
    byClient: false,
    receivedMs: 0
  }
  outputs.outlets.set(outlet.number, outlet)
  outputs.points.set(block.numberOf(slot), outlet)
  return outlet
}

/** What a point says is the application's from now on. */
export function own(outputs: Outputs, block: Block, slot: number): void {
  const outlet = find(outputs, block, slot)
  if (outlet !== undefined) outlet.byClient = false
}

/** A command point has come to an address: it goes on with the output of the one before it, if that is not free. */
export function attach({ points, kept }: Outputs, profile: Profile, block: Block, slot: number): void {
  const place = Place.at(profile, block.of.ca, block.ioa[slot] as number, block.of.type)
  const outlet = kept.get(place)
  if (outlet === undefined) return
  kept.delete(place)
  outlet.hasPoint = true
  points.set(block.numberOf(slot), outlet)
}

/** The operations at an output whose point is gone: what was begun, what was owed an answer, and what waits; 0 = none. */
export interface Detached {
  readonly begun: number
  readonly owed: number
  readonly waiting: readonly number[]
}

/** The point of an output goes: it is kept until it is free. Null where nobody operates it. */
export function detach(outputs: Outputs, block: Block, slot: number): Detached | null {
  const outlet = find(outputs, block, slot)
  if (outlet === undefined) return null
  outputs.points.delete(block.numberOf(slot))
  const { begun, owed, waiting } = outlet.output
  const left = begun !== null && operation(outputs, begun)?.phase === "left"
  outlet.output = Output.detach(outlet.output, left)
  outlet.hasPoint = outlet.byClient = false
  outlet.receivedMs = 0
  if (outlet.output.status === "free") outputs.outlets.delete(outlet.number)
  else outputs.kept.set(outlet.place, outlet)
  if (begun === null && owed === null && waiting.length === 0) return null
  return { begun: begun ?? 0, owed: owed?.command ?? 0, waiting }
}

// ---- outputs by their number ----

/** What is known of the output of a number; undefined where it is not there any more, which is free. */
export const at = ({ outlets }: Outputs, number: number): Outlet | undefined => outlets.get(number)

export const outputOf = ({ outlets }: Outputs, number: number): OutputOf => outlets.get(number)?.output ?? Output.free

/** Whether a point is there. */
export const hasPoint = ({ outlets }: Outputs, number: number): boolean => outlets.get(number)?.hasPoint === true

/** An output is so from now on. */
export function become({ outlets }: Outputs, number: number, output: OutputOf): void {
  const outlet = outlets.get(number)
  if (outlet !== undefined) outlet.output = output
}

/** What was begun at an output has published something, while its session was collecting that. */
export function published({ outlets }: Outputs, number: number, batch: number): void {
  const outlet = outlets.get(number)
  if (outlet !== undefined) outlet.publishedIn = batch
}

/**
 * The operation that is judged next, of those that wait at an output that one has left; 0 = none is, since nobody waits or the one
 * before it takes its time.
 */
export function next({ outlets, kept }: Outputs, number: number): number {
  const outlet = outlets.get(number)
  if (outlet === undefined) return 0
  const { status, waiting } = outlet.output
  if (status === "free" && !outlet.hasPoint) {
    outlets.delete(number)
    kept.delete(outlet.place)
  }
  return status === "busy" ? 0 : (waiting[0] ?? 0)
}

// ---- operations ----

/** An operation by its number; null where nothing more can come of it. */
export const operation = ({ operations }: Outputs, number: number): Operation | null =>
  Recent.find(operations, number) ?? null

/** An operation that is known is so from now on. */
export const put = ({ operations }: Outputs, operation: Operation): void =>
  Recent.put(operations, operation.number, operation)

/** An operation is begun: its point says what is commanded. */
export function begin(outputs: Outputs, outlet: Outlet, operation: Operation, said: Instruction.Instruction): void {
  const { number, command, receivedMs } = operation
  put(outputs, operation)
  outlet.output = Output.begin(Output.leave(outlet.output, number), number)
  outlet.byClient = true
  outlet.receivedMs = receivedMs
  Instruction.put(command.block, command.slot, said)
}

/**
 * What a step says is so from now on, of the operation of a number, which is so `before` it, and its output. Returns the
 * operation as it is then, null where it is over.
 */
export function take(
  { operations }: Outputs,
  outlet: Outlet | undefined,
  number: number,
  before: Operation | null,
  step: Step
): Operation | null {
  let after = step.operation
  if (outlet !== undefined) {
    if (before !== null && step.shows !== null) {
      // What is shown is judged by the output as it was.
      const shown = show(outlet, before, step.shows)
      if (after !== null && after.shown !== shown) after = { ...after, shown }
    }
    outlet.output = step.output
  }
  if (after === null) Recent.drop(operations, number)
  else Recent.put(operations, number, after)
  return after
}

/**
 * Lets the point show what was done: what was refused was not, unless the application changed the point itself. What is shown
 * since another command was begun is that one's. Returns what it shows now.
 */
function show(outlet: Outlet, { number, command, shown, manner }: Operation, done: boolean): boolean {
  if (done === shown || manner === null || outlet.output.last !== number || !Image.lives(command)) return shown
  outlet.byClient = done || manner.byClient
  const { block, slot, value } = command
  if (done) Instruction.put(block, slot, manner.said)
  else if (Image.value(block, slot) === value) Instruction.put(block, slot, manner.before)
  return done
}

/** Forgets an operation that nothing more can come of, though nobody said so; whether it is forgotten. */
export function conclude(outputs: Outputs, at: number, operation: Operation): boolean {
  const { number } = operation
  if (!Operations.isSettled(operation) || Output.knows(outputOf(outputs, at), number)) return false
  Recent.drop(outputs.operations, number)
  return true
}
