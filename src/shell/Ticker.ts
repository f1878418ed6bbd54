// The clock that a schedule is asked by: every tick, while the server runs and anything happens by the clock, what is due is
// done. What that is stands in the core; here points are refreshed by the application, and batches offered to sessions.
import * as Effect from "effect/Effect"
import type { Block } from "../core/image/Block.ts"
import * as Image from "../core/image/Image.ts"
import type { CyclicBatch } from "../core/read/ReadWork.ts"
import * as Cycles from "../core/station/Cycles.ts"
import * as Offers from "../core/station/Offers.ts"
import * as Schedule from "../core/station/Schedule.ts"
import * as Timers from "../core/station/Timers.ts"
import * as Handlers from "./Handlers.ts"
import { type Hooks, type PointCallback, setCallback } from "./Hooks.ts"
import type { Host } from "./Host.ts"

const refresh = (hooks: Hooks): PointCallback | null => hooks.onBeforeAutoTransmit

export class Ticker {
  private readonly host: Host
  private readonly station: Host["station"]
  private running = false
  private cancel: (() => void) | null = null

  constructor(host: Host) {
    this.host = host
    this.station = host.station
    host.onDelayed = () => this.arm()
  }

  /** Sets the period of cyclic transmission of a point, 0 = none. */
  set(block: Block, slot: number, everyMs: number): void {
    this.become(Schedule.setPeriod(this.station.schedule, block, slot, everyMs, this.now()))
  }

  /** The period of cyclic transmission of a point, 0 = none. */
  reportMs(block: Block, slot: number): number {
    return Cycles.everyMs(this.station.schedule.cycles, block, slot)
  }

  /** Sets the period of the background scan of a station, 0 = none. */
  setBackground(ca: number, everyMs: number): void {
    this.become(Schedule.setScan(this.station.schedule, this.host.world.image, ca, everyMs, this.now()))
  }

  /** Sets the period of the local freeze of a station's counters (modes A and B), 0 = none; with `reset` they begin anew. */
  setLocalFreeze(ca: number, everyMs: number, reset = false): void {
    this.become(Schedule.setFreeze(this.station.schedule, this.host.world.image, ca, everyMs, reset, this.now()))
  }

  /** Calls back at a fixed delay while a client is active; null ends it. */
  setTimer(block: Block, slot: number, callback: PointCallback | null, everyMs: number): void {
    const ms = callback === null ? 0 : everyMs
    setCallback(this.host.hooks.of(block, slot), "onTimer", callback)
    this.become(Schedule.setTimer(this.station.schedule, block, slot, ms, this.host.clock.monotonicMs()))
  }

  /** The delay of the timer of a point, 0 = it has none. */
  timerMs(block: Block, slot: number): number {
    return Timers.everyMs(this.station.schedule.timers, block, slot)
  }

  /** Forgets a point. */
  forget(block: Block, slot: number): void {
    this.station.schedule = Schedule.forgetPoint(this.station.schedule, block, slot)
  }

  /** Forgets a station and its blocks. */
  removeStation(ca: number, blocks: readonly Block[]): void {
    this.station.schedule = Schedule.forgetStation(this.station.schedule, ca, blocks)
  }

  private now(): Schedule.Moment {
    return { runMs: this.host.clock.monotonicMs(), nowMs: this.host.nowMs() }
  }

  private become(schedule: Schedule.Schedule): void {
    this.station.schedule = schedule
    this.arm()
  }

  /** Ticks until it is interrupted, while there is anything to tick for. One timer, no fiber that sleeps. */
  readonly run: Effect.Effect<never> = Effect.callback<never>(() => {
    this.running = true
    this.become(Schedule.renewed(this.station.schedule, this.host.nowMs()))
    return Effect.sync(() => {
      this.running = false
      this.cancel?.()
      this.cancel = null
    })
  })

  private arm(): void {
    if (!this.running || this.cancel !== null) return
    const wakeMs = Schedule.wakeMs(this.station.schedule, this.host.delays, this.host.options.tickRateMs)
    if (wakeMs === Schedule.NEVER) return
    this.cancel = this.host.clock.wake(wakeMs, () => {
      this.cancel = null
      this.tick()
      this.arm()
    })
  }

  /** Does what is due. */
  tick(): void {
    const { host } = this
    host.reportDelayed()
    const due = Schedule.due(this.station.schedule, this.now(), host.station.started.size > 0)
    this.station.schedule = due.schedule
    const isStill = (what: "freezes" | "scans", ca: number): boolean =>
      Schedule.isStill(this.station.schedule, due.schedule, what, ca)
    for (const { ca, reset } of due.freezes) if (isStill("freezes", ca)) this.freeze(ca, reset)
    for (const period of due.periods) this.send(period)
    for (const ca of due.scans) if (isStill("scans", ca)) this.scan(ca)
    for (const timer of due.timers) this.fire(timer)
  }

  private fire(timer: Timers.Timer): void {
    const fired = Schedule.fired(this.station.schedule, timer, this.host.clock.monotonicMs())
    // Another callback may have ended it, or removed its point.
    if (fired === null) return
    this.station.schedule = fired
    Handlers.callAll(this.host, timer.block, [timer.slot], "onTimer", (hooks) => hooks.onTimer)
  }

  private freeze(ca: number, reset: boolean): void {
    const { host } = this
    const station = Image.station(host.world.image, ca)
    if (station !== undefined) host.freeze(Image.only(station), { group: 0, freeze: true, reset, tells: "A" })
  }

  private scan(ca: number): void {
    const station = Image.station(this.host.settled().image, ca)
    const batches = this.batches(station?.blocks ?? [], Cycles.scanOf)
    if (batches.length > 0) this.offer(batches)
  }

  /** Offers what is due of a period, when the application has refreshed it. */
  private send(period: number): void {
    const { host } = this
    const waiting: Promise<void>[] = []
    // A callback may give points another period, remove and add some.
    const batches = this.batches(Cycles.blocksOf(this.station.schedule.cycles, period), (_, block) => {
      const { version } = block
      const slots = host.hooks.has(block) ? Cycles.slotsOf(this.station.schedule.cycles, period, block) : []
      for (const refreshed of Handlers.callAll(host, block, slots, "onBeforeAutoTransmit", refresh, version))
        waiting.push(refreshed)
      return Cycles.batchOf(this.station.schedule.cycles, period, block)
    })
    if (waiting.length === 0) return this.offer(batches)
    const { clock, world } = host
    const { offers, number } = Offers.wait(this.station.offers, batches, clock.monotonicMs() + world.limits.refreshMs)
    this.station.offers = offers
    // It may not keep a process that has nothing else to do.
    const cancel = clock.wake(world.limits.refreshMs, () => this.refreshed(number), true)
    void Promise.all(waiting).then(() => {
      cancel()
      this.refreshed(number)
    })
  }

  /** The callbacks of batches are over, or their time is. */
  private refreshed(number: number): void {
    const { offers, batches } = Offers.take(this.station.offers, number)
    this.station.offers = offers
    if (batches !== null) this.offer(batches)
  }

  /** The batches of blocks that have any. */
  private batches(
    blocks: readonly Block[],
    make: (cycles: Cycles.Cycles, block: Block) => Cycles.Batched
  ): readonly CyclicBatch[] {
    const found: CyclicBatch[] = []
    for (const block of blocks) {
      const { cycles, batch } = make(this.station.schedule.cycles, block)
      this.station.schedule = { ...this.station.schedule, cycles }
      if (batch !== null) found.push(batch)
    }
    return found
  }

  /** Sends batches to every started session: nobody else is looked at, since an application may send them one by one. */
  offer(batches: readonly CyclicBatch[]): void {
    for (const session of this.host.station.started) session.offered(batches)
  }
}
