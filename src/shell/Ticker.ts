// Cyclic transmission: one fiber wakes every tick while the server runs; points that are due go to all started
// sessions as batches that a session reads from the image. Nothing is due while nobody is started.
import * as Effect from "effect/Effect"
import type { CyclicBatch } from "../core/procedure/Turn.ts"
import type { Block } from "../core/process/Block.ts"
import * as SessionEvent from "../core/session/SessionEvent.ts"
import * as Handlers from "./Handlers.ts"
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

export class Ticker {
  private readonly host: Host
  private readonly periods = new Map<number, Period>()

  constructor(host: Host) {
    this.host = host
  }

  /** Sets the period of a point, 0 = none. */
  set(block: Block, slot: number, everyMs: number): void {
    this.remove(block, slot)
    if (everyMs === 0) return
    let period = this.periods.get(everyMs)
    if (period === undefined) {
      period = { everyMs, dueMs: this.host.clock.monotonicMs() + everyMs, groups: new Map() }
      this.periods.set(everyMs, period)
    }
    let group = period.groups.get(block)
    if (group === undefined) {
      group = { block, slots: new Set(), batch: null }
      period.groups.set(block, group)
    }
    group.slots.add(slot)
    group.batch = null
  }

  /** Forgets a point. */
  remove(block: Block, slot: number): void {
    for (const period of this.periods.values()) {
      const group = period.groups.get(block)
      if (group?.slots.delete(slot) !== true) continue
      group.batch = null
      if (group.slots.size === 0) period.groups.delete(block)
      if (period.groups.size === 0) this.periods.delete(period.everyMs)
    }
  }

  /** Forgets all points of a block. */
  removeBlock(block: Block): void {
    for (const period of this.periods.values()) {
      period.groups.delete(block)
      if (period.groups.size === 0) this.periods.delete(period.everyMs)
    }
  }

  /** Ticks until it is interrupted. */
  readonly run: Effect.Effect<never> = Effect.suspend(() =>
    Effect.forever(Effect.sleep(this.host.options.tickRateMs).pipe(Effect.andThen(Effect.sync(() => this.tick()))))
  )

  /** Sends what is due, when somebody listens. */
  tick(): void {
    if (this.periods.size === 0 || this.host.activeCount === 0) return
    const nowMs = this.host.clock.monotonicMs()
    for (const period of this.periods.values()) {
      if (nowMs < period.dueMs) continue
      // A fixed rate, without a burst for what nobody listened to.
      period.dueMs = Math.max(period.dueMs + period.everyMs, nowMs + 1)
      this.send(period)
    }
  }

  private send(period: Period): void {
    const batches: CyclicBatch[] = []
    const waiting: Promise<void>[] = []
    for (const group of period.groups.values()) {
      waiting.push(
        ...Handlers.callAll(
          this.host,
          group.block,
          group.slots,
          "onBeforeAutoTransmit",
          (hooks) => hooks.onBeforeAutoTransmit
        )
      )
      batches.push(batchOf(group))
    }
    if (waiting.length === 0) this.offer(batches)
    else void Promise.all(waiting).then(() => this.offer(batches))
  }

  private offer(batches: readonly CyclicBatch[]): void {
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

function batchOf(group: Group): CyclicBatch {
  if (group.batch !== null) return group.batch
  const { block } = group
  const slots = Int32Array.from(group.slots).sort((a, b) => (block.ioa[a] as number) - (block.ioa[b] as number))
  group.batch = { block, slots, cause: block.of.cyclicCause }
  return group.batch
}
