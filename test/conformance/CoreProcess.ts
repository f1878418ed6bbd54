// What a shell keeps around the sessions of the pure core: image, log, selections, the clock, and what happens at fixed
// rates. It is the least that does what the transcripts presuppose.
import * as Stamp from "../../src/core/image/Stamp.ts"
import * as Core from "../../src/core/index.ts"
import * as Rhythm from "../../src/core/read/Rhythm.ts"
import * as Zones from "../../src/shell/Zones.ts"
import type * as Backend from "./Backend.ts"
import * as Given from "./Given.ts"
import { CoreFiles, MemoryFiles } from "./MemoryFiles.ts"
import type * as Points from "./Points.ts"

/** How often it is looked what is due. */
const TICK_MS = 100
const GLOBAL_CA = 65_535
const SPONTANEOUS = 3
const BACKGROUND_SCAN = 2

type Batches = readonly Core.CyclicBatch[]

/** Something at a fixed rate; `due` gives the batches that all started sessions are offered. */
interface Beat {
  rhythm: Rhythm.Rhythm
  /** Whether it also happens while nobody is started. */
  readonly always: boolean
  readonly due: () => Batches
}

const columns = (block: Core.Block): Uint8Array => new Uint8Array(block.ioa.length)

export class CoreProcess {
  readonly given: Given.Given
  world: Core.World
  readonly log: Core.EventLog.EventLog
  /** The files of all stations, and what sessions do with them. */
  readonly store: MemoryFiles
  readonly files: CoreFiles
  private wallMs: number
  /** Time that has passed, whatever anybody sets the machine's clock to. */
  private runMs = 0
  /** What the clock that clients set is ahead of it; null until they did. */
  private aheadMs: number | null = null
  private timeFlags: number
  private validUntilMs = Number.POSITIVE_INFINITY
  private readonly rhythms: Beat[] = []
  private tickMs: number

  constructor(given: Given.Given) {
    this.given = given
    this.store = new MemoryFiles(given.files ?? [], given.wallMs)
    this.files = new CoreFiles(this.store, given.wallMs)
    this.wallMs = given.wallMs
    this.timeFlags = given.clockSource === "c_cs" ? Core.Time.INVALID : 0
    this.tickMs = Given.ticks(given) ? TICK_MS : Number.POSITIVE_INFINITY
    let image = Core.Image.empty
    for (const ca of Given.stationsOf(given))
      image = Core.Image.withStation(image, ca, Zones.make(Given.stationOf(given, ca).zone))
    for (const points of given.points) image = this.add(image, points)
    image = Core.Image.settle(image)
    this.log = Core.EventLog.make(given.log)
    this.world = {
      link: Given.parametersOf(given.link),
      profile: given.profile,
      limits: { ...Core.Limits.defaults, logRecords: given.log, ...given.limits },
      image,
      logs: [this.log],
      selections: null,
      selectMs: given.select * 1000,
      commandAgeMs: given.commandAge * 1000,
      files: given.files !== null,
      freezes: { count: 0 },
      initialised: Core.Initialised.none,
      resetting: false,
      stopping: false,
      trace: false,
      packEvents: given.pack
    }
    this.beginRhythms()
  }

  initialised(ca: number, cause: number): void {
    const { initialised, image } = this.world
    this.world = { ...this.world, initialised: Core.Initialised.noted(initialised, image, ca, cause) }
  }

  /** Command points are selected, or not any more. */
  select(selections: Core.Held.Table): void {
    this.world = { ...this.world, selections }
  }

  /** Whether a reset of the process was accepted, and connections have not ended yet. */
  resetting(resetting: boolean): void {
    this.world = { ...this.world, resetting }
  }

  private add(image: Core.Image.Image, points: Points.Points): Core.Image.Image {
    const of = Core.Image.blockType(points.ca, points.type, this.given.profile, points.variants)
    const added = Core.Image.withBlock(image, points.ca, of)
    const { block } = added
    const bits = [
      ...points.groups.map((group) => Core.Image.groupBit(group, false)),
      ...points.counters.map((group) => Core.Image.groupBit(group, true))
    ]
    for (let ioa = points.from; ioa <= points.to; ioa++) {
      const slot = block.add(ioa)
      block.setGroups(
        slot,
        bits.reduce((mask, bit) => mask | (1 << bit), 0)
      )
      if (points.select) {
        block.select ??= columns(block)
        block.select[slot] = 1
      }
      // Points with two bits begin OFF.
      if (block.layout.max === 3 && block.layout.octets === 1) Core.Image.setValue(block, slot, 1)
      this.stamp(block, slot, this.nowMs())
    }
    return added.image
  }

  // ---- points ----

  place({ ca, ioa }: Backend.Point): Core.Image.Place {
    const { image } = this.world
    const station = ca === null ? Core.Image.first(image) : Core.Image.station(image, ca)
    const place = station === undefined ? null : Core.Image.find(station, ioa)
    if (place === null) throw new Error(`there is no point ${ca ?? "(first station)"}:${ioa}`)
    return place
  }

  /** What was given about the point that a command is for. */
  pointsOf(ca: number, ioa: number, type: number): Points.Points {
    const { points } = this.given
    return points.find(
      (found) => found.ca === ca && found.type === type && found.from <= ioa && ioa <= found.to
    ) as Points.Points
  }

  set(setting: Backend.Setting, atMs: number | null): Core.Image.Place {
    const { block, slot } = this.place(setting)
    const problem = Core.Value.problem(block.layout, setting.value)
    if (problem !== null) throw new Error(problem)
    Core.Image.setValue(block, slot, setting.value)
    if (setting.quality !== null) Core.Image.setQuality(block, slot, setting.quality)
    if (setting.extra !== null) Core.Value.writeExtra(block.kind, block.view, slot * block.stride, setting.extra)
    this.stamp(block, slot, atMs ?? this.nowMs())
    return { block, slot }
  }

  /** Tells the present value; returns the log position behind the event. */
  append({ block, slot }: Core.Image.Place, cause: number, originator: number, asker: number): number {
    const end = Core.EventLog.append(this.log, block, slot, cause, originator, asker) + 1
    Core.Image.reported(block, slot)
    return end
  }

  private stamp(block: Core.Block, slot: number, utcMs: number): void {
    const { low, high } = this.tag(block.zone, utcMs)
    Core.Image.setTime(block, slot, low | this.timeFlags, high)
  }

  /** An instant in the zone of a station. */
  private tag(zone: Core.Block["zone"], utcMs: number): { readonly low: number; readonly high: number } {
    Stamp.turn(zone, utcMs)
    return { low: zone.tagLow, high: zone.tagHigh }
  }

  /** Freezes or resets counters of one or, for the global address, of all stations. */
  freeze(ca: number, group: number, freeze: boolean, reset: boolean, modes: readonly Given.CounterMode[]): void {
    const order = ++this.world.freezes.count
    for (const station of Core.Image.all(this.world.image)) {
      if (ca !== GLOBAL_CA && station.ca !== ca) continue
      const tag = this.tag(station.zone, this.nowMs())
      const [low, high] = [tag.low | this.timeFlags, tag.high]
      const report = freeze && modes.includes(Given.stationOf(this.given, station.ca).counterMode)
      for (const block of station.blocks) {
        if (block.of.counterType === 0) continue
        for (const slot of slotsOf(block, group)) {
          Core.Image.freezeCounter(block, slot, freeze, reset, low, high, order)
          if (report) Core.EventLog.appendFrozen(this.log, block, slot, SPONTANEOUS, 0)
        }
      }
    }
  }

  // ---- clock ----

  /** The present time for tags. */
  nowMs(): number {
    if (this.runMs >= this.validUntilMs) {
      this.validUntilMs = Number.POSITIVE_INFINITY
      this.timeFlags = Core.Time.INVALID
    }
    return this.aheadMs === null ? this.wallMs : this.runMs + this.aheadMs
  }

  /** As {@link nowMs} for judging the age of commands: not a number while nobody has set the clock. */
  judgeMs(): number {
    const nowMs = this.nowMs()
    return this.timeFlags === 0 ? nowMs : Number.NaN
  }

  pass(ms: number): void {
    this.wallMs += ms
    this.runMs += ms
  }

  setWall(wallMs: number): void {
    this.wallMs = wallMs
  }

  /** The zone of a common address, for the global one that of the first station. */
  private zoneOf(ca: number): Core.Block["zone"] {
    const { image } = this.world
    return (Core.Image.station(image, ca) ?? Core.Image.first(image))?.zone ?? Core.Image.utc()
  }

  /** The station's own time as a client sees it. */
  ownTime(ca: number): { readonly low: number; readonly high: number } {
    const { low, high } = this.tag(this.zoneOf(ca), this.nowMs())
    return { low: low | this.timeFlags, high }
  }

  /** A client has set the clock to this CP56Time2a. */
  synchronise(ca: number, low: number, high: number): void {
    const { image, profile } = this.world
    const station = Core.Image.station(image, ca) ?? (Core.Image.first(image) as Core.Image.Station)
    const utcMs = Core.Image.instant(station, profile, low, high)
    if (this.given.clockSource === "host") {
      this.wallMs = utcMs
      return
    }
    this.aheadMs = utcMs - this.runMs
    this.timeFlags = 0
    const { clockValid } = this.given
    this.validUntilMs = clockValid === 0 ? Number.POSITIVE_INFINITY : this.runMs + clockValid * 1000
  }

  // ---- fixed rates ----

  private beginRhythms(): void {
    const { given } = this
    for (const [ca, { counterMode, freezeEvery, freezeReset, background }] of given.stations) {
      if (freezeEvery > 0) {
        const modes: readonly Given.CounterMode[] = counterMode === "A" ? ["A"] : []
        const due = (): Batches => {
          this.freeze(ca, 0, true, freezeReset, modes)
          return []
        }
        this.rhythms.push({ rhythm: this.rhythm(freezeEvery, this.zoneOf(ca)), always: true, due })
      }
      if (background > 0) {
        const due = (): Batches => this.scan(ca)
        this.rhythms.push({ rhythm: this.rhythm(background, this.zoneOf(ca)), always: false, due })
      }
    }
    const periods = new Map<number, Map<Core.Block, number[]>>()
    for (const points of given.points) {
      if (points.cyclic === 0) continue
      const blocks = periods.get(points.cyclic) ?? new Map<Core.Block, number[]>()
      periods.set(points.cyclic, blocks)
      for (let ioa = points.from; ioa <= points.to; ioa++) {
        const { block, slot } = this.place({ ca: points.ca, ioa })
        blocks.set(block, [...(blocks.get(block) ?? []), slot])
      }
    }
    for (const [seconds, blocks] of periods) {
      const batches = [...blocks].map(([block, slots]) => cyclic(block, slots))
      const zone = (batches[0] as Core.CyclicBatch).block.zone
      this.rhythms.push({ rhythm: this.rhythm(seconds, zone), always: false, due: () => batches })
    }
  }

  private rhythm(seconds: number, zone: Core.Block["zone"]): Rhythm.Rhythm {
    return Rhythm.make(seconds * 1000, zone, this.runMs, this.nowMs())
  }

  private scan(ca: number): Batches {
    const station = Core.Image.station(this.world.image, ca)
    return (station?.blocks ?? []).flatMap((block) => {
      const type = Core.TypeTable.byId[block.of.type]?.untagged ?? 0
      if (Core.TypeTable.byId[type]?.causesMonitor.includes(BACKGROUND_SCAN) !== true) return []
      return [
        {
          key: ++purposes,
          block,
          version: block.version,
          slots: Int32Array.from(slotsOf(block, 0)),
          type,
          cause: BACKGROUND_SCAN
        }
      ]
    })
  }

  /** When it has to be looked what is due. */
  dueMs(): number {
    return this.tickMs
  }

  /** What is due, for the started sessions. */
  tick(nowMs: number, anyStarted: boolean): readonly Batches[] {
    if (nowMs < this.tickMs) return []
    this.tickMs += TICK_MS
    return this.rhythms.flatMap((beat) => {
      if (!(beat.always || anyStarted)) return []
      const { due, rhythm } = Rhythm.look(beat.rhythm, nowMs, this.nowMs())
      beat.rhythm = rhythm
      if (!due) return []
      const batches = beat.due()
      return batches.length === 0 ? [] : [batches]
    })
  }
}

/** Slots of a counter group by address, 0 = all. */
function slotsOf(block: Core.Block, group: number): readonly number[] {
  if (group === 0) return [...block.slots()]
  return [...(block.members[Core.Image.groupBit(group, true)]?.all() ?? [])]
}

/** How many purposes of batches there were. */
let purposes = 0

export const cyclic = (block: Core.Block, slots: readonly number[]): Core.CyclicBatch => ({
  key: ++purposes,
  block,
  version: block.version,
  slots: Int32Array.from(slots),
  type: block.of.cyclicType,
  cause: block.of.cyclicCause
})
