// What points are to be, in one form for both faces and for configuration files: checked and carried out in one place, so that
// none takes what another refuses, and nothing is left behind where something is refused.

import type { Block } from "../core/image/Block.ts"
import type * as Image from "../core/image/Image.ts"
import type { Deadband } from "../core/image/Told.ts"
import type { Termination } from "../core/procedure/Outcome.ts"
import type { Host } from "./Host.ts"
import type { PointKey } from "./PointKeys.ts"
import * as PointOps from "./PointOps.ts"
import type { Ticker } from "./Ticker.ts"

/** What may be set of a point as it is made; what is not given stays as it is by itself. */
export interface PointSettings {
  /** Period of cyclic transmission in ms. */
  readonly reportMs?: number
  /** The point that shows what a command did; `must`: it is there already. */
  readonly related?: { readonly key: number | PointKey; readonly must: boolean }
  /** Whether that is sent as return information. */
  readonly autoreturn?: boolean
  /** Whether a command has to be selected first. */
  readonly select?: boolean
  readonly groups?: { readonly interrogation: readonly number[]; readonly counters: readonly number[] }
  readonly deadband?: Deadband | null
  readonly minIntervalMs?: number
  readonly actTerm?: Termination
  readonly abandon?: "signal" | "interrupt"
}

/** Points at consecutive addresses, all alike but for the point that each is related to. */
export interface PointPlan {
  readonly ioAddress: number
  readonly type: number
  readonly count: number
  readonly variants: Image.Variants
  readonly settings: PointSettings
}

interface Target extends Image.Place {
  readonly host: Host
  readonly ticker: Ticker
  /** The how manieth point of its plan it is, from 0. */
  readonly index: number
}

/** How each setting is made, in the order in which they depend on each other. */
const makers: {
  readonly [K in keyof Required<PointSettings>]: (to: Target, value: Required<PointSettings>[K]) => void
} = {
  reportMs: ({ host, ticker, block, slot }, everyMs) => PointOps.setReport(host, ticker, block, slot, everyMs),
  related: ({ host, block, slot, index }, { key, must }) =>
    PointOps.setRelated(host, block, slot, index === 0 ? key : nth(key, index), must),
  autoreturn: ({ host, block, slot }, enabled) => PointOps.setAutoreturn(host, block, slot, enabled),
  select: ({ host, block, slot }, required) => PointOps.setSelect(host, block, slot, required),
  groups: ({ host, block, slot }, { interrogation, counters }) => host.setGroups(block, slot, interrogation, counters),
  deadband: ({ block, slot }, deadband) => PointOps.setDeadband(block, slot, deadband),
  minIntervalMs: ({ host, block, slot }, everyMs) => PointOps.setMinInterval(host, block, slot, everyMs),
  actTerm: ({ host, block, slot }, when) => PointOps.setActTerm(host, block, slot, when),
  abandon: ({ host, block, slot }, how) => PointOps.setAbandon(host, block, slot, how)
}

const order = Object.keys(makers) as readonly (keyof PointSettings)[]

/** The key of a point so many addresses further on. */
const nth = (key: number | PointKey, index: number): number | PointKey =>
  typeof key === "number" ? key + index : { ...key, ioAddress: key.ioAddress + index }

function make<K extends keyof PointSettings>(to: Target, name: K, settings: PointSettings): void {
  const value = settings[name]
  if (value !== undefined) makers[name](to, value as Required<PointSettings>[K])
}

/**
 * Adds the points of a plan; null when an address is in use. Returns the first. Throws `InvalidAddress` and `InvalidArgument`; then
 * nothing is left behind.
 */
export function add(host: Host, ticker: Ticker, ca: number, plan: PointPlan): Image.PointRef | null {
  const { ioAddress, type, count, variants, settings } = plan
  const first = host.addPoints(ca, ioAddress, type, count, variants)
  const wanted = order.filter((name) => settings[name] !== undefined)
  if (first === null || wanted.length === 0) return first
  const { block } = first
  try {
    for (let index = 0; index < count; index++) {
      const to: Target = { host, ticker, block, slot: slotOf(first, ioAddress, index), index }
      for (const name of wanted) make(to, name, settings)
    }
  } catch (cause) {
    for (let index = 0; index < count; index++) remove(host, ticker, block, slotOf(first, ioAddress, index))
    throw cause
  }
  return first
}

/** Where the point of a plan is that has this index. */
export const slotOf = ({ block, slot }: Image.Place, ioAddress: number, index: number): number =>
  index === 0 ? slot : block.find(ioAddress + index)

/** Removes a point, and with it everything that was set of it. */
export function remove(host: Host, ticker: Ticker, block: Block, slot: number): void {
  ticker.forget(block, slot)
  host.removePoint({ block, slot })
}
