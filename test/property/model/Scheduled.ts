// What of the model's application happens by the clock: cycles, scans, local freezes, timers, and points that are updated and not
// told at each change.
import { InvalidArgument, type Point, Type } from "../../../src/api/c104/index.ts"
import type { Life } from "./History.ts"
import { Operations } from "./Operations.ts"
import type { Op } from "./Programs.ts"

/** Addresses of points that are only updated: by how much they have to differ, and how often they are told at most. */
export const BANDED = [
  { ioAddress: 8, type: Type.M_ME_TE_1, deadband: 5, everyMs: 0 },
  { ioAddress: 9, type: Type.M_ME_TF_1, deadband: 0, everyMs: 300 },
  { ioAddress: 10, type: Type.M_ME_NC_1, deadband: 7, everyMs: 1000 }
] as const
export const FIRST_BANDED = 8
export const LAST_BANDED = 10

const PERIODS_MS = [0, 100, 300, 1000]
const MODES = ["A", "B", "C", "D"] as const

/** How often the application does something as it is called, at most. */
const REACTIONS = 300

interface Banded {
  readonly ca: number
  readonly ioAddress: number
  readonly point: Point
}

export abstract class Scheduled extends Operations {
  readonly banded: Banded[] = []
  /** Counters are frozen by the clock or told by it: what is told of them is not known here. */
  freezes = false
  private value = 0
  private reacted = 0
  private reacting = false

  override async begin(): Promise<void> {
    await super.begin()
    if (this.program.times === null) return
    for (const ca of [1, 2])
      for (const { ioAddress, type, deadband, everyMs } of BANDED) {
        const options = { ioAddress, type, deadband: { absolute: deadband }, minIntervalMs: everyMs }
        const point = this.station(ca)?.addPoint(options)
        if (point != null) this.banded.push({ ca, ioAddress, point: point as unknown as Point })
      }
  }

  protected abstract application(op: Op, a: number, b: number, c: number): void

  protected reacts(): void {
    const reacts = this.program.times?.reacts ?? []
    if (reacts.length === 0 || this.reacting || this.isOver || this.reacted > REACTIONS) return
    const next = reacts[this.reacted++ % reacts.length]
    if (next == null) return
    this.reacting = true
    this.application(next.op, next.a, next.b, next.c)
    this.reacting = false
  }

  protected schedule(op: Op, ca: number, point: Life | undefined, c: number): void {
    const periodMs = PERIODS_MS[c % PERIODS_MS.length] as number
    switch (op) {
      case "cyclic":
        // Counters go by cause 3, as events do.
        if (point !== undefined && point.kind?.type !== 15) this.cycle(point, periodMs)
        return
      case "scan":
        return this.station(ca)?.setBackgroundScan([0, 500, 1000, 5000][c % 4] as number)
      case "auto":
        point?.point.onBeforeAutoTransmit(c % 4 === 0 ? null : () => this.refresh(point))
        return
      case "refreshing":
        if (point?.refreshed === true) point.point.onBeforeRead(() => this.refresh(point))
        return
      case "frozen": {
        this.freezes = true
        const mode = MODES[c % 4] as (typeof MODES)[number]
        const local = mode === "A" || mode === "B"
        const more = local
          ? { localFreezeMs: [0, 500, 1000, 5000][(c >> 2) % 4] as number, localFreezeReset: c > 15 }
          : {}
        return this.station(ca)?.setCounters({ mode, ...more })
      }
      case "timer":
        point?.point.onTimer(periodMs === 0 ? null : () => this.timer(point), periodMs)
        return
      case "banded":
        return this.updateBanded(ca, c)
      default:
        return
    }
  }

  private cycle(life: Life, periodMs: number): void {
    try {
      life.point.reportMs = periodMs
      life.periodMs = periodMs
    } catch (cause) {
      // Some types are not told cyclically in a profile.
      if (!(cause instanceof InvalidArgument)) throw cause
    }
  }

  private updateBanded(ca: number, c: number): void {
    const some = this.banded.filter((one) => one.ca === ca && one.point.station !== null)
    const one = some[c % Math.max(1, some.length)]
    if (one === undefined) return
    this.value += c % 7
    const entry = {
      e: "banded",
      ca,
      ioa: one.ioAddress,
      id: this.value,
      made: false,
      atMs: this.ground.nowMs()
    } as const
    const { length: at } = this.history
    this.history.push(entry)
    const made = one.point.update(this.value as never)
    this.history[at] = { ...entry, made }
  }

  /** A timer of a point: what it is set to do goes as with a refresh, and it may do other things. */
  private timer(life: Life): void | Promise<void> {
    switch (this.plan()) {
      case "station":
        return this.removeStation(life.ca)
      case "replace":
        this.kill(life)
        return this.addMonitor(life.ca, life.ioa, this.asked % 32)
      case "close":
        // Whoever is there: the model knows whom it is about to lose.
        return this.closeOne(this.asked)
      case "begin":
        life.point.onTimer(() => this.timer(life), 100)
        return
      default:
        return this.refresh(life)
    }
  }

  protected abstract closeOne(index: number): void

  /** Nothing happens by the clock any more. */
  protected unschedule(): void {
    for (const life of this.living(false)) {
      this.cycle(life, 0)
      life.point.onTimer(null)
    }
    for (const ca of [1, 2]) {
      const station = this.station(ca)
      station?.setBackgroundScan(0)
      if (this.freezes) station?.setCounters({ mode: "C" })
    }
  }
}
