// What can be done with a point beside its value: one place for both faces, with the rules of each setting.

import { type Block, SELECT_FIRST } from "../core/image/Block.ts"
import * as Feedback from "../core/image/Feedback.ts"
import * as Image from "../core/image/Image.ts"
import type { Deadband } from "../core/image/Told.ts"
import * as Value from "../core/image/Value.ts"
import * as Rates from "../core/log/Rates.ts"
import type { Termination } from "../core/procedure/Outcome.ts"
import * as TypeTable from "../core/wire/TypeTable.ts"
import * as Check from "./Check.ts"
import { InvalidArgument } from "./Errors.ts"
import type { Hooks, PointCallback } from "./Hooks.ts"
import type { Host } from "./Host.ts"
import type { PointKey } from "./PointKeys.ts"
import * as PointKeys from "./PointKeys.ts"
import * as PointRules from "./PointRules.ts"
import type { Ticker } from "./Ticker.ts"

const DEADBAND_NAMES: ReadonlySet<string> = new Set(["absolute", "percent"])
const TRANSMIT_NAMES: ReadonlySet<string> = new Set(["originator", "negative"])

const mnemonic = (block: Block): string => TypeTable.byId[block.of.type]?.mnemonic ?? String(block.of.type)

/** The types that a point's options name beside its own. */
export const variantsOf = ({ eventType, interrogationType, tags }: Image.Variants): Image.Variants => ({
  ...(eventType === undefined ? {} : { eventType }),
  ...(interrogationType === undefined ? {} : { interrogationType }),
  ...(tags === undefined ? {} : { tags })
})

/** The period of cyclic transmission of points of a block: 0, or a multiple of the tick rate. */
export function checkReport(host: Host, block: Block, everyMs: number): void {
  multiple(host, "reportMs", everyMs, true)
  if (everyMs !== 0) PointRules.verify("reportMs", block)
}

/** Sets the period of cyclic transmission. */
export function setReport(host: Host, ticker: Ticker, block: Block, slot: number, everyMs: number): void {
  checkReport(host, block, everyMs)
  ticker.set(block, slot, everyMs)
}

/** Sets the callback that is called at a fixed delay while a client is active; null ends it. */
export function setTimer(
  host: Host,
  ticker: Ticker,
  block: Block,
  slot: number,
  callback: PointCallback | null,
  everyMs: number
): void {
  if (callback !== null) multiple(host, "intervalMs", everyMs, false)
  ticker.setTimer(block, slot, callback, everyMs)
}

/** Throws {@link InvalidArgument} unless points of a block are commands. */
export function checkCommand(what: string, block: Block): void {
  if (!Value.isCommand(block.of.type))
    throw new InvalidArgument({ what, expected: "a command point", value: mnemonic(block) })
}

/** An originator address as an octet. */
export const checkOriginator = (originator: number): void => Check.address("originator", originator, 0, 255)

/** Throws unless the options of a transmission are known and of their kind: who misspells `negative` would confirm what he refuses. */
export function checkTransmit(options: { readonly originator?: number; readonly negative?: boolean }): void {
  Check.options("transmit", options, TRANSMIT_NAMES)
  const { originator = 0, negative = false } = options
  checkOriginator(originator)
  Check.flag("negative", negative)
}

/** Sets when a direct command is terminated (cause 10). */
export function setActTerm(host: Host, block: Block, slot: number, when: Termination): void {
  if (when !== true && when !== false && when !== "manual")
    throw new InvalidArgument({ what: "actTerm", expected: 'true, false or "manual"', value: when })
  if (when !== true) {
    PointRules.verify("actTerm", block)
    if (selectsFirst(block, slot)) throw alwaysTerminated("actTerm", when)
  }
  host.hooks.of(block, slot).actTerm = when
}

/** The execute of a selection is terminated at once: another termination would be taken in vain. */
const alwaysTerminated = (what: string, value: unknown): InvalidArgument =>
  new InvalidArgument({ what, expected: "a direct command unless actTerm is true", value })

function multiple(host: Host, what: string, everyMs: number, zero: boolean): void {
  const { tickRateMs } = host.options
  const whole = Number.isInteger(everyMs) && everyMs >= (zero ? 0 : tickRateMs) && everyMs % tickRateMs === 0
  if (whole) return
  const expected = `${zero ? "0 or " : ""}a multiple of the tick rate of ${tickRateMs} ms`
  throw new InvalidArgument({ what, expected, value: everyMs })
}

/**
 * Sets the point on the same station that shows what this one did, or null: by its address, and by its type where several have
 * that. A point that is there has to be able to, but in the profile that takes everything; with `must` it has to be there.
 */
export function setRelated(
  host: Host,
  block: Block,
  slot: number,
  given: number | PointKey | null,
  must = false
): void {
  const key = given === null ? null : PointKeys.of("relatedIoAddress", given)
  const place = key === null ? null : verifyRelated(host, block, key, must)
  const { addressing } = host.world.profile
  // Where others may come to its address later, the one that is there is meant.
  const meant = key !== null && place !== null && addressing === "perType"
  host.hooks.of(block, slot).related = meant ? { ...key, type: place.block.of.type } : key
}

/** The point that is meant, null where there is none yet. */
function verifyRelated(host: Host, block: Block, key: PointKey, must: boolean): Image.Place | null {
  const what = must ? "feedback" : "relatedIoAddress"
  const station = Image.station(host.world.image, block.of.ca)
  const place = station === undefined ? null : relatedAt(what, station, key, must)
  if (place === null && must)
    throw new InvalidArgument({
      what,
      expected: "a point of the same station that is there already",
      value: key.type === 0 ? key.ioAddress : key
    })
  if (place === null || (!must && host.world.profile.undecidedCommand === "confirm")) return place
  if (Value.isCommand(block.of.type) && !Feedback.fits(block.of.type, place.block.of.type))
    throw new InvalidArgument({
      what,
      expected: `a point that can show what ${mnemonic(block)} did`,
      value: `${mnemonic(place.block)} ${key.ioAddress}`
    })
  return place
}

/**
 * The point that a key of a related one means: its type is meant with either time tag. Where only commands have the address, and the
 * point need not be there yet, it is not: they show nothing, and it may share their address.
 */
function relatedAt(what: string, station: Image.Station, key: PointKey, must: boolean): Image.Place | null {
  if (key.type !== 0) return Image.findAlike(station, key.ioAddress, key.type)
  const [first] = Image.candidates(station, key.ioAddress)
  return first?.block.command === true && !must ? null : PointKeys.find(what, station, key)
}

/** Sets whether the related point is sent as return information after a command. */
export function setAutoreturn(host: Host, block: Block, slot: number, enabled: boolean): void {
  Check.flag("relatedIoAutoreturn", enabled)
  const hooks = host.hooks.of(block, slot)
  if (enabled && !Value.isCommand(block.of.type))
    throw new InvalidArgument({ what: "relatedIoAutoreturn", expected: "a command point", value: mnemonic(block) })
  if (enabled && hooks.related === null)
    throw new InvalidArgument({ what: "relatedIoAutoreturn", expected: "a relatedIoAddress", value: "null" })
  hooks.relatedIoAutoreturn = enabled
}

/** Whether a command has to be selected before it is executed. */
export const selectsFirst = (block: Block, slot: number): boolean => ((block.select?.[slot] ?? 0) & SELECT_FIRST) !== 0

/** Sets whether a command has to be selected before it is executed. */
export function setSelect(host: Host, block: Block, slot: number, required: boolean): void {
  Check.flag("select", required)
  if (required) {
    PointRules.verify("select", block, "commandMode")
    const { actTerm = true } = host.hooks.find(block, slot) ?? {}
    if (actTerm !== true) throw alwaysTerminated("commandMode", actTerm)
  }
  host.setSelect(block, slot, required)
}

/** Sets what becomes of a handler that nobody waits for any more. */
export function setAbandon(host: Host, block: Block, slot: number, how: "signal" | "interrupt"): void {
  if (how !== "signal" && how !== "interrupt")
    throw new InvalidArgument({ what: "abandon", expected: '"signal" or "interrupt"', value: how })
  PointRules.verify("abandon", block)
  host.hooks.of(block, slot).interrupts = how === "interrupt"
}

/** Sets the band around the value reported last within which `update` makes no event. */
export function setDeadband(block: Block, slot: number, deadband: Deadband | null): void {
  if (deadband !== null) {
    if (typeof deadband !== "object" || "absolute" in deadband === "percent" in deadband)
      throw new InvalidArgument({ what: "deadband", expected: "either { absolute } or { percent }", value: deadband })
    Check.options("deadband", deadband, DEADBAND_NAMES)
    const width = "absolute" in deadband ? deadband.absolute : deadband.percent
    PointRules.verify("deadband", block)
    if (!(width >= 0) || !Number.isFinite(width))
      throw new InvalidArgument({ what: "deadband", expected: "a number of at least 0", value: width })
  }
  Rates.setDeadband(block, slot, deadband)
}

/** Sets how many ms lie at least between two events of `update`. */
export function setMinInterval(host: Host, block: Block, slot: number, everyMs: number): void {
  Check.inRange("minIntervalMs", everyMs, 0, 0x7fff_ffff)
  if (everyMs !== 0) PointRules.verify("minIntervalMs", block)
  host.setMinInterval(block, slot, everyMs)
}

/** The hooks of a point if it has any: for reading a setting. */
export const settings = (host: Host, block: Block, slot: number): Hooks | undefined => host.hooks.find(block, slot)

/** The mask of interrogation groups and counter groups of a point as lists. */
export function groups(block: Block, slot: number): { readonly groups: number[]; readonly counterGroups: number[] } {
  const mask = block.groups === null ? 0 : (block.groups[slot] as number)
  const listed = (count: number, counters: boolean): number[] =>
    Array.from({ length: count }, (_, i) => i + 1).filter(
      (group) => (mask & (1 << Image.groupBit(group, counters))) !== 0
    )
  return { groups: listed(16, false), counterGroups: listed(4, true) }
}
