// One world of a seed: a station under test with its process and application, centres around it, and what goes wrong between
// them. It runs for so many steps, then faults are over, and everything has to become idle and complete.

import * as Limits from "../Limits.ts"
import * as Profile from "../Profile.ts"
import { Agenda } from "./Agenda.ts"
import { Application } from "./Application.ts"
import { Centre, type Line } from "./Centre.ts"
import { Chance } from "./Chance.ts"
import * as Check from "./Check.ts"
import { type Draw, draw } from "./Draw.ts"
import { Pipe, QUICK } from "./Pipe.ts"
import { type Connection, Rtu } from "./Rtu.ts"
import { Violation, Watch } from "./Watch.ts"

/** 2023-11-14: the wall clock when a run begins. */
const WALL_MS = 1_700_000_000_000

/** Events that may pass until all is idle once faults are over. */
const SETTLING = 2_000_000
const SETTLE_MS = 120_000
/** Events at one instant: whoever is woken again and again without time going on would be woken for ever. */
const AT_ONCE = 100_000

export interface Options {
  /** Lines of the transcript that are kept, 0 = none. */
  readonly keeps?: number
  /** Changes what was drawn: a smaller world for a failure that is looked for. */
  readonly change?: (draw: Draw) => Draw
  /** The causes that each type has in monitor direction, by the standard; those that are not there are not judged. */
  readonly causes?: Readonly<Record<number, readonly number[]>>
}

export interface Result {
  readonly seed: number
  readonly steps: number
  readonly virtualMs: number
  /** Of all octets that were sent, so that two runs can be compared. */
  readonly digest: number
  readonly violation: Violation | null
  readonly watch: Watch
  readonly draw: Draw
}

/** Runs the world of a seed for so many steps, and until all is well. */
export function run(seed: number, steps: number, options: Options = {}): Result {
  return new Run(seed, options).run(steps)
}

class Run {
  private readonly seed: number
  private readonly of: Draw
  private readonly agenda: Agenda = new Agenda(WALL_MS)
  private readonly watch: Watch
  private readonly application: Application
  private readonly rtu: Rtu
  private readonly centres: Centre[] = []
  private readonly lines: Map<Centre, { readonly up: Pipe; readonly down: Pipe; readonly connection: Connection }> =
    new Map()
  private readonly network: Chance
  private readonly check: Check.Check
  private steps = 0
  private digest = 0x811c9dc5 | 0
  private lineCount = 0
  private atOnce = 0
  private isHealed = false

  constructor(seed: number, { keeps = 0, change, causes }: Options) {
    const chance = new Chance(seed)
    const drawn = draw(chance.split(1))
    const of = change === undefined ? drawn : change(drawn)
    this.seed = seed
    this.of = of
    const { agenda } = this
    this.check = Check.make(of, () => agenda.nowMs, causes)
    this.watch = new Watch(this.check.checkers, () => agenda.nowMs, keeps)
    this.application = new Application(of, agenda, this.watch, chance.split(2))
    this.rtu = new Rtu(settingsOf(of), agenda, this.watch, this.application)
    this.application.rtu = this.rtu
    this.check.plant = this.application.plant
    this.network = chance.split(3)
    this.application.begin()
    const world = { agenda, of, plant: this.application.plant, watch: this.watch }
    for (const [n, character] of of.centres.entries()) {
      const own = chance.split(100 + n)
      this.centres.push(new Centre(n + 1, character, world, own, this.connect, this.count))
    }
    agenda.after(1, this.process)
    agenda.after(500, this.trouble)
  }

  private readonly count = (): void => {
    this.steps++
  }

  run(steps: number): Result {
    let violation: Violation | null = null
    try {
      while (this.steps < steps && this.next()) {}
      this.settle()
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      violation = error
    }
    const { seed, watch, of } = this
    return {
      seed,
      steps: this.steps,
      virtualMs: this.agenda.nowMs,
      digest: this.digest >>> 0,
      violation,
      watch,
      draw: of
    }
  }

  /** The next thing happens. */
  private next(): boolean {
    const { agenda } = this
    const { nowMs } = agenda
    const isAny = agenda.step()
    if (agenda.nowMs > nowMs) this.atOnce = 0
    else if (++this.atOnce > AT_ONCE) throw new Violation("progress", "something is woken again and again")
    return isAny
  }

  // ---- connections ----

  private readonly connect = (centre: Centre): Line | null => {
    const { agenda, rtu, of, network } = this
    if (rtu.connections.size >= 8) return null
    const chance = network.split(1000 + this.lineCount++)
    const way = this.isHealed ? QUICK : of.way
    const down = new Pipe(agenda, chance.split(1), way, (octets) => {
      // What is under way to a connection that its centre has given up is heard by nobody.
      if (this.lines.get(centre)?.connection === connection) centre.received(octets)
      rtu.when(() => connection.drained())
    })
    const up = new Pipe(agenda, chance.split(2), way, (octets) =>
      rtu.when(() => {
        this.count()
        connection.received(octets)
      })
    )
    const connection = rtu.open({
      write: (octets) => {
        this.hash(octets)
        down.write(octets)
      },
      waits: () => Math.max(0, down.waits - of.kernelOctets),
      ended: () => down.end(() => this.left(centre, connection))
    })
    this.lines.set(centre, { up, down, connection })
    return {
      write: (octets) => up.write(octets),
      end: () => up.end(() => rtu.when(() => connection.end("peerClosed"))),
      reset: () => {
        up.cut()
        down.cut()
        agenda.after(1, () => rtu.when(() => connection.end("broken")))
      }
    }
  }

  /** The station has ended a connection. */
  private left(centre: Centre, connection: Connection): void {
    if (this.lines.get(centre)?.connection === connection) centre.gone()
  }

  private hash(octets: Uint8Array): void {
    let { digest } = this
    for (let at = 0; at < octets.length; at++) digest = Math.imul(digest ^ (octets[at] as number), 0x01000193)
    this.digest = digest
  }

  // ---- what happens by itself ----

  private readonly process = (): void => {
    if (this.isHealed) return
    this.agenda.after(1 + this.network.below(2 * this.of.processMs), this.process)
    this.rtu.when(() => {
      this.count()
      this.application.tick()
    })
  }

  private readonly trouble = (): void => {
    if (this.isHealed) return
    const { agenda, network: chance, of, watch } = this
    agenda.after(500, this.trouble)
    const { partition, reset, stand, halfClose, stall, wall } = of.faults
    if (chance.in1000(stall)) {
      watch.sometimes("process stands still")
      this.rtu.standStill(chance.within(50, 1500))
    }
    if (chance.in1000(wall)) {
      watch.sometimes("wall clock set")
      agenda.wallAtZeroMs += chance.within(0, 7_200_000) - 3_600_000
    }
    if (chance.in1000(200)) this.application.tidy()
    for (const [centre, { up, down, connection }] of this.lines) {
      if (centre.phase === "away") continue
      if (chance.in1000(partition)) {
        watch.sometimes("partition")
        const forMs = chance.within(100, 40_000)
        up.stand(forMs)
        down.stand(forMs)
      }
      if (chance.in1000(stand)) {
        watch.sometimes("reader stands")
        down.stand(chance.within(50, 5000))
      }
      if (chance.in1000(reset)) {
        watch.sometimes("connection reset")
        up.cut()
        down.cut()
        centre.gone()
        this.rtu.when(() => connection.end("broken"))
      } else if (chance.in1000(halfClose)) {
        watch.sometimes("half-close")
        up.end(() => this.rtu.when(() => connection.end("peerClosed")))
      }
    }
  }

  // ---- the end ----

  /** Faults are over: everything has to become idle, and everybody to know everything. */
  private settle(): void {
    const { centres, lines, application, rtu, watch } = this
    this.isHealed = true
    for (const { up, down } of lines.values()) {
      up.heal()
      down.heal()
    }
    for (const centre of centres) centre.heal()
    this.pass(5000)
    application.heal()
    // Whoever is away comes back, in as many turns as that takes.
    for (let turn = 0; turn < 6; turn++) {
      for (const centre of centres) centre.recover()
      this.pass(SETTLE_MS / 6)
      while (application.tidy()) this.pass(10)
    }
    for (const centre of centres)
      if (centre.phase !== "started") throw new Violation("settling", `centre ${centre.number} is ${centre.phase}`)
    watch.settled()
    this.check.idle(rtu)
    this.interrogate()
    this.pass(SETTLE_MS)
    watch.settled()
    this.check.complete(centres)
    watch.sometimes("settled")
  }

  private interrogate(): void {
    for (const centre of this.centres) {
      centre.image.clear()
      centre.request(Uint8Array.of(100, 1, 6, 0, 0xff, 0xff, 0, 0, 0, 20))
      centre.request(Uint8Array.of(101, 1, 6, 0, 0xff, 0xff, 0, 0, 0, 5))
    }
  }

  /** Lets so much time pass. */
  private pass(ms: number): void {
    const { agenda } = this
    const untilMs = agenda.nowMs + ms
    for (let n = 0; agenda.nextMs <= untilMs; n++) {
      if (n > SETTLING) throw new Violation("settling", "it does not become idle")
      this.next()
    }
    agenda.nowMs = untilMs
  }
}

const settingsOf = (of: Draw): ConstructorParameters<typeof Rtu>[0] => ({
  link: { k: of.k, w: of.w, t1Ms: of.t1Ms, t2Ms: of.t2Ms, t3Ms: of.t3Ms },
  profile: { ...Profile.presets[of.profile], maxApduLength: of.maxApduLength },
  limits: {
    ...Limits.defaults,
    logRecords: of.logRecords,
    repliesPerSession: of.repliesPerSession,
    decisionsPerSession: of.decisionsPerSession,
    decisionMs: of.decisionMs,
    operationMs: of.operationMs,
    undrainedOctets: of.undrainedOctets
  },
  packEvents: of.packEvents,
  selectMs: of.selectMs,
  commandAgeMs: 0,
  files: false,
  clockByClients: of.clockByClients,
  clockValidMs: 0
})
