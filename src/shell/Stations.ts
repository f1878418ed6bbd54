// Stations and points of a server, and what they say, as programs change them: what they are given is checked here, the station
// machine does it. Plain and synchronous: adding a point or setting a value costs no Effect.

import { type Block, SELECT_ASKS, SELECT_FIRST, type Zone } from "../core/image/Block.ts"
import * as Flags from "../core/image/Flags.ts"
import * as Image from "../core/image/Image.ts"
import * as Information from "../core/image/Information.ts"
import * as Value from "../core/image/Value.ts"
import type { World } from "../core/procedure/World.ts"
import * as Outputs from "../core/station/Outputs.ts"
import { Station } from "../core/station/Station.ts"
import * as TypeTable from "../core/wire/TypeTable.ts"
import * as Check from "./Check.ts"
import type { Clock } from "./Clock.ts"
import { InvalidArgument, InvalidValue } from "./Errors.ts"
import { type Hooks, HookTable } from "./Hooks.ts"
import type { Options } from "./Options.ts"
import * as PointRules from "./PointRules.ts"
import type { Session } from "./Session.ts"
import { TagClock } from "./TagClock.ts"
import * as Zones from "./Zones.ts"

function checkTags(type: number, tags: Image.Tags): void {
  if (!Value.isCommand(type)) throw new InvalidArgument({ what: "tags", expected: "a command type", value: type })
  if (tags !== "without" && tags !== "with" && tags !== "both")
    throw new InvalidArgument({ what: "tags", expected: '"without", "with" or "both"', value: tags })
}

export abstract class Stations {
  readonly options: Options
  readonly clock: Clock
  readonly station: Station<Session>
  readonly tagClock: TagClock
  readonly hooks: HookTable = new HookTable()
  /** When it was made, in ms since 1970 UTC. */
  readonly madeMs: number
  /** The wall clock when it was read last, and what the monotonic clock said then. */
  private wallRead = 0
  private wallReadAt = -1

  constructor(options: Options) {
    this.options = options
    this.clock = options.clock
    this.madeMs = options.clock.wallMs()
    const { link, profile, limits, packEvents, selectMs, commandAgeMs, clockSource, clockValidMs } = options
    const [files, clockByClients] = [options.files !== null, clockSource === "c_cs"]
    const settings = { link, profile, limits, packEvents, selectMs, commandAgeMs, files, clockByClients, clockValidMs }
    this.station = new Station<Session>(settings)
    this.tagClock = new TagClock(options, this.station)
  }

  /** What sessions read. */
  get world(): World {
    return this.station.world
  }

  /** Time tags that were asked for outside 2000 to 2099, and sent as the nearest bound. */
  get boundedTimes(): number {
    return this.station.boundedTimes
  }

  // ---- stations and points ----

  /** Adds a station whose time tags are in a zone (null: UTC). False when the common address is in use. Throws {@link InvalidAddress}. */
  addStation(ca: number, timeZone: string | null = null): boolean {
    Check.address("common address", ca, 1, 65_534)
    return this.station.addStation(ca, Zones.make(timeZone))
  }

  /** Removes a station with its points. False when there is none. */
  removeStation(ca: number): boolean {
    for (const block of Image.station(this.world.image, ca)?.blocks ?? []) {
      for (const [slot, hooks] of this.hooks.all(block))
        this.detached(hooks, Outputs.detach(this.station.outputs, block, slot))
      this.hooks.removeBlock(block)
    }
    return this.station.removeStation(ca)
  }

  /**
   * Adds `count` points at consecutive addresses from `ioa`; null when one of them is in use. A command may share the
   * address of a monitoring point, and with `perType` points of several types share one. Throws {@link InvalidAddress} and {@link InvalidArgument}.
   */
  addPoints(
    ca: number,
    ioa: number,
    type: number,
    count: number,
    variants: Image.Variants = {}
  ): Image.PointRef | null {
    Check.address("information object address", ioa, 1, 16_777_215)
    Check.address("last information object address", ioa + count - 1, ioa, 16_777_215)
    pointType("type", type)
    for (const setting of ["eventType", "interrogationType"] as const) {
      const variant = variants[setting]
      if (variant === undefined) continue
      PointRules.verifyType(setting, type, Value.layoutOf(type) as Value.Layout)
      sameElements(type, variant)
    }
    if (variants.tags !== undefined) checkTags(type, variants.tags)
    const station = Image.station(this.world.image, ca)
    if (station === undefined)
      throw new InvalidArgument({ what: "station", expected: "a station of this server", value: ca })
    const { nowMs, flags } = this.tagClock
    return this.station.addPoints(station, { ioa, type, count, variants }, nowMs(), flags)
  }

  /** Puts a point into interrogation groups (1..16) and counter groups (1..4). */
  setGroups(block: Block, slot: number, groups: readonly number[], counterGroups: readonly number[]): void {
    for (const list of [groups, counterGroups])
      if (!Array.isArray(list)) throw new InvalidArgument({ what: "groups", expected: "a list of groups", value: list })
    for (const group of groups) Check.inRange("interrogation group", group, 1, 16)
    for (const group of counterGroups) Check.inRange("counter group", group, 1, 4)
    if (groups.length > 0) PointRules.verify("groups", block)
    if (counterGroups.length > 0) PointRules.verify("counterGroups", block)
    this.station.setGroups(block, slot, groups, counterGroups)
  }

  /** Notes whether a command point has to be selected before it is executed. */
  setSelect(block: Block, slot: number, required: boolean): void {
    Flags.setSelect(block, slot, SELECT_FIRST, required)
  }

  /** Notes whether the application decides who may select a command point. */
  setSelectAsked(block: Block, slot: number, asked: boolean): void {
    Flags.setSelect(block, slot, SELECT_ASKS, asked)
  }

  /** Notes whether the application wants to refresh a point before it is read. */
  markRefresh(block: Block, slot: number, wanted: boolean): void {
    Flags.setRefresh(block, slot, wanted)
  }

  /** Removes a point, and with it everything that was said of it. */
  removePoint({ block, slot }: Image.Place): void {
    const hooks = this.hooks.find(block, slot)
    this.hooks.remove(block, slot)
    this.detached(hooks, this.station.removePoint(block, slot))
  }

  /** The point that had these hooks is gone, or goes, and who operates it is to be told. */
  protected abstract detached(hooks: Hooks | undefined, operated: Outputs.Detached | null): void

  /** The surroundings of a reduction. */
  settled(): World {
    return this.station.settled()
  }

  // ---- values ----

  /**
   * Sets a value; a time-tagged point is tagged with `atMs`, or the present time. Throws {@link InvalidValue}, and
   * {@link InvalidArgument} for a time that is none.
   */
  setValue(block: Block, slot: number, value: number, atMs?: number): void {
    if (atMs !== undefined) checkTime(atMs)
    if (!Image.setFloat(block, slot, value)) verifyValue(block, Image.change(block, slot, value))
    if (block.time !== null) this.stamp(block, slot, atMs ?? this.tagClock.nowMs())
  }

  /** As {@link setValue} for several points of a block, all with one time; none is set when one value is unfit. */
  setValues(block: Block, slots: readonly number[], values: ArrayLike<number>, atMs: number): void {
    checkTime(atMs)
    if (!Image.setFloats(block, slots, values)) verifyValue(block, Image.changeAll(block, slots, values))
    const { time } = block
    const [first] = slots
    if (time === null || first === undefined) return
    this.stamp(block, first, atMs)
    Image.setTimes(block, slots, time[first * 2] as number, time[first * 2 + 1] as number)
  }

  /**
   * Sets everything that a point says: value, quality, what its element says beside them, and the time tag with its
   * flags IV and GEN (bits of the first CP56Time2a word). SU goes with the civil time, which is that of the station.
   */
  setInformation(
    block: Block,
    slot: number,
    information: Information.PointInformation,
    atMs: number,
    timeFlags = 0
  ): void {
    this.setValue(block, slot, information.value, atMs)
    Information.complete(block, slot, information, timeFlags)
  }

  /** Lets a counter count so many more, without an event or a time. */
  count(block: Block, slot: number, by: number): void {
    Image.count(block, slot, by)
  }

  /** Sets the quality bits; a time-tagged point is tagged as by {@link setValue}. */
  setQuality(block: Block, slot: number, bits: number, atMs?: number): void {
    this.putQuality(block, slot, Image.meant(block, slot, bits), atMs)
  }

  /** As {@link setQuality}, of bits as they are meant. */
  protected putQuality(block: Block, slot: number, bits: number, atMs?: number): void {
    if (atMs !== undefined) checkTime(atMs)
    Image.setQuality(block, slot, bits)
    if (block.time !== null) this.stamp(block, slot, atMs ?? this.tagClock.nowMs())
  }

  /** Tags what a time-tagged point says already with another time. */
  setTime(block: Block, slot: number, atMs: number): void {
    checkTime(atMs)
    if (block.time !== null) this.stamp(block, slot, atMs)
  }

  private stamp(block: Block, slot: number, atMs: number): void {
    this.station.stamp(block, slot, atMs, this.tagClock.flags)
  }

  /** The present time for tags, in ms since 1970 UTC. */
  nowMs(): number {
    return this.tagClock.nowMs()
  }

  /** An instant as CP56Time2a words in a zone, with the flags that it has by itself. */
  timeTag(zone: Zone, epochMs: number): { readonly low: number; readonly high: number } {
    return this.station.timeTag(zone, epochMs)
  }

  /** This machine's wall clock, of which it is known that the monotonic one says `monotonicMs`: read once a millisecond. */
  wallMs(monotonicMs: number): number {
    if (monotonicMs !== this.wallReadAt) {
      this.wallReadAt = monotonicMs
      this.wallRead = this.clock.wallMs()
    }
    return this.wallRead
  }
}

/** Throws {@link InvalidValue} for a value that points of a block cannot have. */
export const checkValue = (block: Block, value: number): void => verifyValue(block, Value.problem(block.layout, value))

/** Throws {@link InvalidValue} for what is wrong with a value. */
function verifyValue(block: Block, problem: string | null): void {
  if (problem !== null) throw new InvalidValue({ type: TypeTable.byId[block.of.type]?.mnemonic ?? "", problem })
}

/** Throws {@link InvalidArgument} for a time tag that names no instant. */
function checkTime(atMs: number): void {
  if (!Number.isFinite(atMs)) throw new InvalidArgument({ what: "time tag", expected: "an instant", value: atMs })
}

/** Throws {@link InvalidArgument} unless `type` can be the type of a point. */
function pointType(what: string, type: number): void {
  // A text or a list of one number would find its row as well, and be no number wherever types are compared.
  const isNumber = typeof type === "number"
  if (isNumber && Value.layoutOf(type) !== undefined) return
  const value = isNumber ? (TypeTable.byId[type]?.mnemonic ?? String(type)) : type
  throw new InvalidArgument({ what, expected: "a monitoring or command type that can be a point", value })
}

/** Throws {@link InvalidArgument} unless two types differ at most in the time tag. */
function sameElements(type: number, variant: number): void {
  pointType("type variant", variant)
  const [own, other] = [TypeTable.byId[type], TypeTable.byId[variant]]
  if (own?.untagged === other?.untagged) return
  const expected = `${own?.mnemonic} with or without time tag`
  throw new InvalidArgument({ what: "type variant", expected, value: other?.mnemonic ?? variant })
}
