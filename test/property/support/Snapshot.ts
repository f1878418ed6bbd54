// What "unchanged" and "the same" mean: freezing what can be frozen, and texts that tell apart what cannot.
// The buffer of a ledger is shared on purpose: only its live entries count. Blocks are compared by identity.

import type * as Core from "../../../src/core/index.ts"
import { Block, EventLog, Hex, type Ledger } from "../../../src/core/index.ts"

const ids = new WeakMap<Block, number>()
let blocks = 0

const idOf = (block: Block): number => {
  const known = ids.get(block)
  if (known !== undefined) return known
  ids.set(block, ++blocks)
  return blocks
}

const isLedger = (value: object): value is Ledger.Ledger => "buffer" in value && "low" in value && "high" in value

/** Freezes plain objects and arrays to the bottom; typed arrays cannot be frozen, blocks belong to the image. */
export const freeze = <A>(value: A): A => {
  if (typeof value !== "object" || value === null || value instanceof Block) return value
  if (ArrayBuffer.isView(value) || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) freeze(part)
  return value
}

/** The name of a block, null for anything else. */
const named = (value: object): string | null => (value instanceof Block ? `block ${idOf(value)}` : null)

/** A text that is the same for values of the same structure, but for those that have names. */
export const print = (value: unknown, nameOf: (value: object) => string | null = named): string => {
  const part = (of: unknown): string => print(of, nameOf)
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value)
  if (typeof value !== "object" || value === null)
    return typeof value === "string" ? JSON.stringify(value) : String(value)
  const name = nameOf(value)
  if (name !== null) return name
  if (value instanceof Uint8Array) return `x${Hex.octetsToHex(value)}`
  if (ArrayBuffer.isView(value)) return `[${String(value)}]`
  if (Array.isArray(value)) return `[${value.map(part).join()}]`
  if (isLedger(value))
    return `ledger ${Array.from(value.buffer.subarray(1 + 2 * value.low, 1 + 2 * value.high)).join()}`
  return `{${Object.entries(value)
    .map(([key, of]) => `${key}:${part(of)}`)
    .join()}}`
}

/** A copy that shares no memory with the original, blocks excepted. */
export const copy = <A>(value: A): A => {
  if (typeof value !== "object" || value === null || value instanceof Block) return value
  if (value instanceof Uint8Array || value instanceof Int32Array || value instanceof Float64Array)
    return value.slice() as A
  if (Array.isArray(value)) return value.map(copy) as A
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)])) as A
}

/** FNV-1a over everything that numbers, typed arrays, collections and objects hold. */
class Sum {
  value = 0x811c9dc5

  number(value: number): void {
    this.value = Math.imul(this.value ^ value, 0x01000193)
  }

  numbers(values: ArrayLike<number>, from: number, to: number): void {
    for (let at = from; at < to; at++) this.number(values[at] as number)
  }

  any(value: unknown): void {
    if (typeof value === "number") this.number(value)
    else if (typeof value === "string") for (const letter of value) this.number(letter.codePointAt(0) ?? 0)
    else if (typeof value !== "object" || value === null) this.number(value === true ? 1 : 2)
    else if (value instanceof DataView) this.any(new Uint8Array(value.buffer))
    else if (value instanceof Uint8Array || value instanceof Int32Array) this.numbers(value, 0, value.length)
    else if (value instanceof Map || value instanceof Set) for (const part of value.values()) this.any(part)
    else for (const part of Object.values(value)) this.any(part)
  }
}

const ofLog = (sum: Sum, log: EventLog.EventLog): void => {
  sum.number(log.end)
  sum.number(log.mask)
  for (let position = EventLog.trim(log, log.end); position < log.end; position++) {
    const base = (position & log.mask) * EventLog.RECORD_WORDS
    sum.numbers(log.words, base, base + EventLog.RECORD_WORDS)
  }
}

/** A sum over everything in the world that cannot be frozen: image columns, and log records in [trim, end). */
export const ofWorld = (world: Core.World): number => {
  const sum = new Sum()
  sum.any(world.image)
  sum.any(world.selections)
  for (const log of world.logs) ofLog(sum, log)
  return sum.value
}

/** Freezes what is plain in a world: not the logs, which their owner appends to. */
export const freezeWorld = (world: Core.World): Core.World => {
  for (const part of [world.link, world.profile, world.limits, world.image, world.selections, world.logs.length])
    freeze(part)
  return Object.freeze(world)
}
