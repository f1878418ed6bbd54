// What happens by the clock: every tick, while the server runs and there is anything of the kind. Points that are due
// for cyclic transmission or background scan go to all started sessions as batches that a session reads from the image,
// counters are frozen locally, and events that were put off are made. Nothing is sent while nobody is started.
import * as Effect from "effect/Effect"
import * as TypeTable from "../core/asdu/TypeTable.ts"
import type { CyclicBatch } from "../core/procedure/Turn.ts"
import type { Block } from "../core/process/Block.ts"
import * as Image from "../core/process/Image.ts"
import * as SessionEvent from "../core/session/SessionEvent.ts"
import * as Counters from "./Counters.ts"
import * as Handlers from "./Handlers.ts"
import type { PointCallback } from "./Hooks.ts"
import type { Host } from "./Host.ts"

/** The points of one block that share a period. */
interface Group {
  readonly block: Block
  readonly slots: Set<number>
  batch: CyclicBatch | null
}

interface Period {
  readonly everyMs: number
  dueMs: number
  readonly groups: Map<Block, Group>
}

/** Something a station does at a fixed rate. */
interface Rhythm {
  readonly everyMs: number
  dueMs: number
}

interface Timer extends Rhythm {
  readonly block: Block
  readonly slot: number
}

const BACKGROUND_SCAN = 2

export class Ticker {
  private readonly host: Host
  private readonly periods = new Map<number, Period>()
  /** Background scans and local freezes by common address. */
  private readonly scans = new Map<number, Rhythm>()
  private readonly freezes = new Map<number, Rhythm>()
  private readonly timers = new Set<Timer>()

  private running = false
  private cancel: (() => void) | null = null

  constructor(host: Host) {
    this.host = host
    host.onDelayed = () => this.arm()
  }

  /** Sets the period of cyclic transmission of a point, 0 = none. */
  set(block: Block, slot: number, everyMs: number): void {
    this.remove(block, slot)
    if (everyMs === 0) return
    let period = this.periods.get(everyMs)
    if (period === undefined) {
      period = { ...this.rhythm(everyMs), everyMs, groups: new Map() }
      this.periods.set(everyMs, period)
    }
    let group = period.groups.get(block)
    if (group === undefined) {
      group = { block, slots: new Set(), batch: null }
      period.groups.set(block, group)
    }
    group.slots.add(slot)
    group.batch = null
    this.arm()
  }

  /** Sets the period of the background scan of a station, 0 = none. */
  setBackground(ca: number, everyMs: number): void {
    this.scans.delete(ca)
    if (everyMs > 0) this.scans.set(ca, this.rhythm(everyMs))
    this.arm()
  }

  /** Sets the period of the local freeze of a station's counters (modes A and B), 0 = none. */
  setLocalFreeze(ca: number, everyMs: number): void {
    this.freezes.delete(ca)
    if (everyMs > 0) this.freezes.set(ca, this.rhythm(everyMs))
    this.arm()
  }

  /** Calls back at a fixed delay while a client is active; null ends it. */
  setTimer(block: Block, slot: number, callback: PointCallback | null, everyMs: number): void {
    for (const timer of this.timers) if (timer.block === block && timer.slot === slot) this.timers.delete(timer)
    if (callback !== null) this.timers.add({ block, slot, ...this.rhythm(everyMs) })
    this.host.hooks.of(block, slot).onTimer = callback
    this.arm()
  }

  private rhythm(everyMs: number): Rhythm {
    return { everyMs, dueMs: this.host.clock.monotonicMs() + everyMs }
  }

  /** Forgets a point. */
  forget(block: Block, slot: number): void {
    this.remove(block, slot)
    for (const timer of this.timers) if (timer.block === block && timer.slot === slot) this.timers.delete(timer)
  }

  private remove(block: Block, slot: number): void {
    for (const period of this.periods.values()) {
      const group = period.groups.get(block)
      if (group?.slots.delete(slot) !== true) continue
      group.batch = null
      if (group.slots.size === 0) period.groups.delete(block)
      if (period.groups.size === 0) this.periods.delete(period.everyMs)
    }
  }

  /** Forgets a station and its blocks. */
  removeStation(ca: number, blocks: readonly Block[]): void {
    this.scans.delete(ca)
    this.freezes.delete(ca)
    for (const period of this.periods.values()) {
      for (const block of blocks) period.groups.delete(block)
      if (period.groups.size === 0) this.periods.delete(period.everyMs)
    }
    for (const timer of this.timers) if (blocks.includes(timer.block)) this.timers.delete(timer)
  }

  /** Ticks until it is interrupted, while there is anything to tick for. One timer, no fiber that sleeps. */
  readonly run: Effect.Effect<never> = Effect.callback<never>(() => {
    this.running = true
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
    const nowMs = host.clock.monotonicMs()
    for (const [ca, rhythm] of this.freezes) if (due(rhythm, nowMs)) this.freeze(ca)
    if (host.activeCount === 0) return
    for (const period of this.periods.values()) if (due(period, nowMs)) this.send(period)
    for (const [ca, rhythm] of this.scans) if (due(rhythm, nowMs)) this.scan(ca)
    for (const timer of this.timers) if (nowMs >= timer.dueMs) this.fire(timer)
  }

  /** A timer waits its time after each call, however late that came. */
  private fire(timer: Timer): void {
    timer.dueMs = this.host.clock.monotonicMs() + timer.everyMs
    Handlers.callAll(this.host, timer.block, [timer.slot], "onTimer", (hooks) => hooks.onTimer)
  }

  private freeze(ca: number): void {
    const { host } = this
    const station = Image.station(host.world.image, ca)
    const report = host.counterModes.get(ca) === "A"
    if (station !== undefined) Counters.carryOut(host, station, { group: 0, freeze: true, reset: false, report })
  }

  /** Background scan: the whole image of a station, untagged, with cause 2 (60870-5-5 6.3). */
  private scan(ca: number): void {
    const station = Image.station(this.host.settled().image, ca)
    const batches: CyclicBatch[] = []
    for (const block of station?.blocks ?? []) {
      const type = TypeTable.byId[block.of.type]?.untagged ?? 0
      if (TypeTable.byId[type]?.causesMonitor.includes(BACKGROUND_SCAN) !== true) continue
      const slots = Int32Array.from({ length: block.count }, (_, place) => block.slotAt(place))
      batches.push({ block, version: block.version, slots, type, cause: BACKGROUND_SCAN })
    }
    if (batches.length > 0) this.offer(batches)
  }

  private send(period: Period): void {
    const batches: CyclicBatch[] = []
    const waiting: Promise<void>[] = []
    for (const group of period.groups.values()) {
      for (const refreshed of Handlers.callAll(
        this.host,
        group.block,
        group.slots,
        "onBeforeAutoTransmit",
        (hooks) => hooks.onBeforeAutoTransmit
      ))
        waiting.push(refreshed)
      batches.push(batchOf(group))
    }
    if (waiting.length === 0) return this.offer(batches)
    // A callback that hangs may not hold back the points of others.
    const { clock, world } = this.host
    const limit = new Promise<void>((resolve) => clock.wake(world.limits.refreshMs, resolve))
    void Promise.race([Promise.all(waiting), limit]).then(() => this.offer(batches))
  }

  /** Sends batches to every started session. */
  offer(batches: readonly CyclicBatch[]): void {
    const { host } = this
    const ends = host.logEnds()
    for (const session of host.sessions)
      if (session.isStarted)
        session.dispatch({
          ...SessionEvent.plain("cyclic", host.clock.monotonicMs(), ends, session.room()),
          batches
        })
  }
}

/** Whether the time has come; if so, sets the next one: a fixed rate, without a burst for what was missed. */
function due(rhythm: Rhythm, nowMs: number): boolean {
  if (nowMs < rhythm.dueMs) return false
  rhythm.dueMs += (Math.floor((nowMs - rhythm.dueMs) / rhythm.everyMs) + 1) * rhythm.everyMs
  return true
}

function batchOf(group: Group): CyclicBatch {
  if (group.batch !== null) return group.batch
  const { block } = group
  const slots = Int32Array.from(group.slots).sort((a, b) => (block.ioa[a] as number) - (block.ioa[b] as number))
  const batch: CyclicBatch = {
    block,
    version: block.version,
    slots,
    type: block.of.cyclicType,
    cause: block.of.cyclicCause
  }
  group.batch = batch
  return batch
}
