// What happens by the clock: every tick, while the server runs and there is anything of the kind. Points that are due
// for cyclic transmission or background scan go to all started sessions as batches that a session reads from the image,
// counters are frozen locally, and events that were put off are made. Nothing is sent while nobody is started.
import * as Effect from "effect/Effect"
import type { Block, Zone } from "../core/image/Block.ts"
import * as Image from "../core/image/Image.ts"
import type { CyclicBatch } from "../core/read/ReadWork.ts"
import * as Rhythm from "../core/read/Rhythm.ts"
import * as TypeTable from "../core/wire/TypeTable.ts"
import * as Counters from "./Counters.ts"
import * as Handlers from "./Handlers.ts"
import { type PointCallback, setCallback } from "./Hooks.ts"
import type { Host } from "./Host.ts"
import { PointTable } from "./PointTable.ts"
import * as Zones from "./Zones.ts"

/** The points of one block that share a period. */
interface Group {
  readonly block: Block
  readonly slots: Set<number>
  batch: CyclicBatch | null
}

interface Period {
  readonly key: string
  rhythm: Rhythm.Rhythm
  readonly groups: Map<Block, Group>
}

/** Local freezes of a station. */
interface Freeze {
  readonly rhythm: Rhythm.Rhythm
  readonly reset: boolean
}

/** A callback of a point at a fixed delay. */
interface Timer {
  readonly block: Block
  readonly slot: number
  readonly everyMs: number
  dueMs: number
}

const BACKGROUND_SCAN = 2

export class Ticker {
  private readonly host: Host
  /** Periods of cyclic transmission, by length and the zone whose clocks they follow. */
  private readonly periods = new Map<string, Period>()
  /** Background scans and local freezes by common address. */
  private readonly scans = new Map<number, Rhythm.Rhythm>()
  private readonly freezes = new Map<number, Freeze>()
  /** The timers, and the periods of points, by block and slot: nothing is searched when a point comes or goes. */
  private readonly timers = new PointTable<Timer>()
  private readonly periodOf = new PointTable<Period>()

  /** Numbers of the purposes of batches: of the scans of a block, and of its points with a period. */
  private readonly keys = new WeakMap<Block, Map<string, number>>()
  private lastKey = 0
  private running = false
  private cancel: (() => void) | null = null

  constructor(host: Host) {
    this.host = host
    host.onDelayed = () => this.arm()
  }

  /** Sets the period of cyclic transmission of a point, 0 = none. */
  set(block: Block, slot: number, everyMs: number): void {
    const key = Rhythm.isAligned(everyMs) ? `${everyMs} ${Zones.nameOf(block.zone)}` : `${everyMs}`
    // Who says the same again does not begin it anew.
    if (this.periodOf.get(block, slot)?.key === key) return
    this.remove(block, slot)
    if (everyMs === 0) return
    let period = this.periods.get(key)
    if (period === undefined) {
      period = { key, rhythm: this.rhythm(everyMs, block.zone), groups: new Map() }
      this.periods.set(key, period)
    }
    let group = period.groups.get(block)
    if (group === undefined) {
      group = { block, slots: new Set(), batch: null }
      period.groups.set(block, group)
    }
    group.slots.add(slot)
    group.batch = null
    this.periodOf.set(block, slot, period)
    this.arm()
  }

  /** Sets the period of the background scan of a station, 0 = none. */
  setBackground(ca: number, everyMs: number): void {
    this.scans.delete(ca)
    const station = Image.station(this.host.world.image, ca)
    if (everyMs > 0 && station !== undefined) this.scans.set(ca, this.rhythm(everyMs, station.zone))
    this.arm()
  }

  /** Sets the period of the local freeze of a station's counters (modes A and B), 0 = none; with `reset` they begin anew. */
  setLocalFreeze(ca: number, everyMs: number, reset = false): void {
    this.freezes.delete(ca)
    const station = Image.station(this.host.world.image, ca)
    if (everyMs > 0 && station !== undefined)
      this.freezes.set(ca, { rhythm: this.rhythm(everyMs, station.zone), reset })
    this.arm()
  }

  /** Calls back at a fixed delay while a client is active; null ends it. */
  setTimer(block: Block, slot: number, callback: PointCallback | null, everyMs: number): void {
    this.timers.delete(block, slot)
    const dueMs = this.host.clock.monotonicMs() + everyMs
    if (callback !== null) this.timers.set(block, slot, { block, slot, everyMs, dueMs })
    setCallback(this.host.hooks.of(block, slot), "onTimer", callback)
    this.arm()
  }

  private rhythm(everyMs: number, zone: Zone): Rhythm.Rhythm {
    return Rhythm.make(everyMs, zone, this.host.clock.monotonicMs(), this.host.nowMs())
  }

  /** Forgets a point. */
  forget(block: Block, slot: number): void {
    this.remove(block, slot)
    this.timers.delete(block, slot)
  }

  private remove(block: Block, slot: number): void {
    const period = this.periodOf.get(block, slot)
    const group = period?.groups.get(block)
    if (period === undefined || group === undefined) return
    this.periodOf.delete(block, slot)
    group.slots.delete(slot)
    group.batch = null
    if (group.slots.size === 0) this.drop(period, block)
  }

  /** A block has no points with this period any more. */
  private drop(period: Period, block: Block): void {
    period.groups.delete(block)
    if (period.groups.size === 0) this.periods.delete(period.key)
  }

  /** Forgets a station and its blocks. */
  removeStation(ca: number, blocks: readonly Block[]): void {
    this.scans.delete(ca)
    this.freezes.delete(ca)
    for (const block of blocks) {
      for (const period of this.periodOf.of(block)) this.drop(period, block)
      this.periodOf.deleteBlock(block)
      this.timers.deleteBlock(block)
    }
  }

  /** Ticks until it is interrupted, while there is anything to tick for. One timer, no fiber that sleeps. */
  readonly run: Effect.Effect<never> = Effect.callback<never>(() => {
    this.running = true
    const nowMs = this.host.nowMs()
    for (const [ca, freeze] of this.freezes)
      this.freezes.set(ca, { ...freeze, rhythm: Rhythm.renewed(freeze.rhythm, nowMs) })
    this.arm()
    return Effect.sync(() => {
      this.running = false
      this.cancel?.()
      this.cancel = null
    })
  })

  /** Whether anything happens by the clock at all: a server without it does not wake up. */
  private get wanted(): boolean {
    return this.periods.size + this.scans.size + this.freezes.size + this.timers.size > 0 || this.host.delays
  }

  private arm(): void {
    if (!this.running || this.cancel !== null || !this.wanted) return
    this.cancel = this.host.clock.wake(this.host.options.tickRateMs, () => {
      this.cancel = null
      this.tick()
      this.arm()
    })
  }

  /** Does what is due. */
  tick(): void {
    const { host } = this
    host.reportDelayed()
    const runMs = host.clock.monotonicMs()
    const nowMs = host.nowMs()
    for (const [ca, freeze] of this.freezes) {
      const { due, rhythm } = Rhythm.look(freeze.rhythm, runMs, nowMs)
      if (rhythm !== freeze.rhythm) this.freezes.set(ca, { ...freeze, rhythm })
      if (due) this.freeze(ca, freeze.reset)
    }
    if (host.active.size === 0) return
    for (const period of this.periods.values()) {
      const { due, rhythm } = Rhythm.look(period.rhythm, runMs, nowMs)
      period.rhythm = rhythm
      if (due) this.send(period)
    }
    for (const [ca, before] of this.scans) {
      const { due, rhythm } = Rhythm.look(before, runMs, nowMs)
      if (rhythm !== before) this.scans.set(ca, rhythm)
      if (due) this.scan(ca)
    }
    for (const timer of this.timers.all()) if (runMs >= timer.dueMs) this.fire(timer)
  }

  /** A timer waits its time after each call, however late that came. */
  private fire(timer: Timer): void {
    timer.dueMs = this.host.clock.monotonicMs() + timer.everyMs
    Handlers.callAll(this.host, timer.block, [timer.slot], "onTimer", (hooks) => hooks.onTimer)
  }

  private freeze(ca: number, reset: boolean): void {
    const { host } = this
    const station = Image.station(host.world.image, ca)
    if (station !== undefined) Counters.carryOut(host, Image.only(station), { group: 0, freeze: true, reset }, "A")
  }

  /** Background scan: the whole image of a station, untagged, with cause 2 (60870-5-5 6.3). */
  private scan(ca: number): void {
    const station = Image.station(this.host.settled().image, ca)
    const batches: CyclicBatch[] = []
    for (const block of station?.blocks ?? []) {
      const type = TypeTable.byId[block.of.type]?.untagged ?? 0
      if (TypeTable.byId[type]?.causesMonitor.includes(BACKGROUND_SCAN) !== true) continue
      const slots = block.slots()
      batches.push({ key: this.keyOf(block), block, version: block.version, slots, type, cause: BACKGROUND_SCAN })
    }
    if (batches.length > 0) this.offer(batches)
  }

  private send(period: Period): void {
    const batches: CyclicBatch[] = []
    const waiting: Promise<void>[] = []
    // A callback may give points another period, remove and add some.
    for (const group of [...period.groups.values()]) {
      const { version } = group.block
      for (const refreshed of Handlers.callAll(
        this.host,
        group.block,
        this.host.hooks.has(group.block) ? [...group.slots] : [],
        "onBeforeAutoTransmit",
        (hooks) => hooks.onBeforeAutoTransmit,
        version
      ))
        waiting.push(refreshed)
      if (group.slots.size > 0) batches.push(this.batchOf(group, period))
    }
    if (waiting.length === 0) return this.offer(batches)
    // A callback that hangs may not hold back the points of others.
    const { clock, world } = this.host
    // Nor may it keep a process that has nothing else to do.
    let cancel = (): void => {}
    const limit = new Promise<void>((resolve) => {
      cancel = clock.wake(world.limits.refreshMs, resolve, true)
    })
    void Promise.race([Promise.all(waiting), limit]).then(() => {
      cancel()
      this.offer(batches)
    })
  }

  private batchOf(group: Group, { key: purpose }: Period): CyclicBatch {
    if (group.batch !== null) return group.batch
    const { block } = group
    const { cyclicType: type, cyclicCause: cause } = block.of
    const slots = Int32Array.from(group.slots).sort((a, b) => (block.ioa[a] as number) - (block.ioa[b] as number))
    group.batch = { key: this.keyOf(block, purpose), block, version: block.version, slots, type, cause }
    return group.batch
  }

  /**
   * The number of one purpose, from 1: scans of a block, or its points with a period. The same as long as the block is there:
   * a batch that waits is known by it, whatever comes and goes meanwhile.
   */
  keyOf(block: Block, purpose = ""): number {
    let keys = this.keys.get(block)
    if (keys === undefined) {
      keys = new Map()
      this.keys.set(block, keys)
    }
    const key = keys.get(purpose) ?? ++this.lastKey
    keys.set(purpose, key)
    return key
  }

  /** Sends batches to every started session: nobody else is looked at, since an application may send them one by one. */
  offer(batches: readonly CyclicBatch[]): void {
    for (const session of this.host.active) session.offered(batches)
  }
}
