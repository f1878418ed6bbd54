// A controlling station as a model: what it is (its character), where its link stands, what it has asked, what it was told, and
// its own image. It keeps to the standard, or lies, floods, dies or falls silent, as its character says.

import type { Agenda } from "./Agenda.ts"
import * as Asks from "./Asks.ts"
import type { Chance } from "./Chance.ts"
import * as Codec from "./Codec.ts"
import type { Ask, Character, Draw } from "./Draw.ts"
import * as Plant from "./Plant.ts"
import type { Watch } from "./Watch.ts"

/** A connection as a centre has it. */
export interface Line {
  readonly write: (octets: Uint8Array) => void
  /** Ends it in good order, or not. */
  readonly end: () => void
  readonly reset: () => void
}

type Phase = "away" | "stopped" | "starting" | "started" | "stopping"

/** What a centre does when it may: with a window of its own, and times of its own. */
const WINDOW = 12
const T1_MS = 20_000
const T3_MS = 15_000
const PULSE_MS = 1000

/** A select that was made and may be executed. */
interface Selected {
  readonly asdu: Uint8Array
}

export class Centre {
  readonly number: number
  character: Character
  phase: Phase = "away"
  /** What it was told, by place: element octets without time tag. */
  readonly image: Map<number, Uint8Array> = new Map()
  /** How many events it was told. */
  told = 0
  private ns = 0
  private nr = 0
  /** I frames of its own that were acknowledged, and since when the oldest that was not waits. */
  private acknowledged = 0
  private waitsSinceMs = 0
  /** I frames that were received and not acknowledged. */
  private owes = 0
  private isAcknowledging = false
  private heardMs = 0
  private actedMs = -1
  private connections = 0
  private asked = 0
  private line: Line | null = null
  private splitter = new Codec.Splitter()
  private readonly selected: Map<string, Selected> = new Map()
  private readonly agenda: Agenda
  private readonly chance: Chance
  private readonly of: Draw
  private readonly plant: Plant.Plant
  private readonly watch: Watch
  private readonly connect: (centre: Centre) => Line | null
  /** A step: something has changed. */
  private readonly step: () => void
  isHealed = false

  constructor(
    number: number,
    character: Character,
    world: { readonly agenda: Agenda; readonly of: Draw; readonly plant: Plant.Plant; readonly watch: Watch },
    chance: Chance,
    connect: (centre: Centre) => Line | null,
    step: () => void
  ) {
    this.number = number
    this.character = character
    this.agenda = world.agenda
    this.of = world.of
    this.plant = world.plant
    this.watch = world.watch
    this.chance = chance
    this.connect = connect
    this.step = step
    this.agenda.after(chance.below(this.of.thinkMs), this.think)
  }

  // ---- what it does by itself ----

  private readonly think = (): void => {
    if (this.isHealed) return
    this.agenda.after(1 + this.chance.below(2 * this.of.thinkMs), this.think)
    this.act()
  }

  private act(): void {
    const { chance, character } = this
    if (this.phase === "away") return this.open()
    if (character === "dying" && chance.in1000(60)) return this.die()
    if (this.phase === "stopped") {
      if (chance.in1000(50)) this.send(Codec.u(Codec.TESTFR_ACT))
      return this.start()
    }
    if (this.phase !== "started") return
    if (character === "liar" && chance.in1000(60)) return this.lie()
    const count = character === "flood" && chance.in1000(200) ? 1 + chance.below(60) : 1
    for (let n = 0; n < count; n++) this.ask(chance.pick(this.of.asked), character === "flood")
  }

  open(): void {
    this.line = this.connect(this)
    if (this.line === null) return
    this.step()
    this.phase = "stopped"
    this.ns = this.nr = this.acknowledged = this.owes = 0
    this.actedMs = -1
    this.heardMs = this.agenda.nowMs
    this.splitter = new Codec.Splitter()
    this.selected.clear()
    const connection = ++this.connections
    const pulse = (): void => {
      if (this.connections !== connection || this.line === null) return
      this.agenda.after(PULSE_MS, pulse)
      this.timers()
    }
    this.agenda.after(PULSE_MS, pulse)
  }

  start(): void {
    if (this.phase !== "stopped") return
    this.phase = "starting"
    this.actedMs = this.agenda.nowMs
    this.send(Codec.u(Codec.STARTDT_ACT))
  }

  stop(): void {
    if (this.phase !== "started") return
    this.phase = "stopping"
    this.actedMs = this.agenda.nowMs
    this.acknowledge()
    this.send(Codec.u(Codec.STOPDT_ACT))
  }

  private die(): void {
    this.watch.sometimes("centre dies")
    if (this.chance.in1000(500)) this.line?.reset()
    else this.line?.end()
    this.gone()
  }

  /** Something that the station has to end the connection for. */
  private lie(): void {
    this.watch.sometimes("centre lies")
    const { ns, nr, chance } = this
    const asdu = Codec.asdu(100, 6, 0, 1, 0, 20)
    this.send(
      chance.pick([
        () => Codec.i((ns + 1) & 0x7fff, nr, asdu),
        () => Codec.i(ns, (nr + 1 + chance.below(100)) & 0x7fff, asdu),
        () => Codec.s((nr + 1) & 0x7fff),
        () => Uint8Array.of(0x69, 4, 1, 0, 0, 0),
        () => Uint8Array.of(0x68, 3, 1, 0, 0, 0),
        () => Codec.u(0x47),
        () => Codec.i(ns, nr, asdu.slice(0, 9)),
        () => Codec.i(ns, nr, Uint8Array.of(1, 0, 6, 0, 1, 0, 0, 0, 0))
      ])()
    )
  }

  /** Asks something, if its window allows. */
  ask(ask: Ask, floods = false): void {
    const { chance } = this
    if (this.phase !== "started") return
    if (ask === "stop") {
      if (chance.in1000(200)) this.stop()
      return
    }
    const asdu = Asks.make(ask, chance, this.plant, this.agenda.wallMs, this.asked++)
    if (asdu !== null) this.request(asdu, floods)
  }

  request(asdu: Uint8Array, floods = false): void {
    if (this.phase !== "started") return
    const flight = (this.ns - this.acknowledged) & 0x7fff
    if (flight >= (floods ? 1000 : WINDOW)) return this.watch.sometimes("window of a centre full")
    if (flight === 0) this.waitsSinceMs = this.agenda.nowMs
    const { ns } = this
    this.ns = (ns + 1) & 0x7fff
    if (this.character !== "mute") this.owes = 0
    this.watch.sometimes(`asked for type ${asdu[0]}`)
    this.send(Codec.i(ns, this.character === "mute" ? 0 : this.nr, asdu))
  }

  private send(octets: Uint8Array): void {
    this.step()
    this.line?.write(octets)
  }

  private acknowledge(): void {
    if (this.owes === 0 || this.character === "mute" || this.line === null) return
    this.owes = 0
    this.send(Codec.s(this.nr))
  }

  private timers(): void {
    const { nowMs } = this.agenda
    const flight = (this.ns - this.acknowledged) & 0x7fff
    const isLate =
      (flight > 0 && nowMs - this.waitsSinceMs > T1_MS) || (this.actedMs >= 0 && nowMs - this.actedMs > T1_MS)
    if (isLate) {
      this.watch.sometimes("time of a centre is over")
      this.line?.end()
      return this.gone()
    }
    if (nowMs - this.heardMs > T3_MS && this.actedMs < 0) {
      this.actedMs = nowMs
      this.send(Codec.u(Codec.TESTFR_ACT))
    }
  }

  // ---- what it is told ----

  received(octets: Uint8Array): void {
    if (this.line === null) return
    this.step()
    this.heardMs = this.agenda.nowMs
    for (const apdu of this.splitter.take(octets)) if (this.line !== null) this.take(Codec.read(apdu))
  }

  /** The connection is over. */
  gone(): void {
    if (this.line === null) return
    this.line = null
    this.phase = "away"
  }

  private take(frame: Codec.Frame): void {
    if (frame.format === "U") return this.takeU(frame.code)
    const flight = (this.ns - frame.nr) & 0x7fff
    if (flight <= ((this.ns - this.acknowledged) & 0x7fff)) {
      if (frame.nr !== this.acknowledged) this.waitsSinceMs = this.agenda.nowMs
      this.acknowledged = frame.nr
    }
    if (frame.format === "S") return
    this.nr = (frame.ns + 1) & 0x7fff
    this.owes++
    this.hear(frame)
    const { w, delayMs } = this.manner()
    if (this.owes >= w || this.phase === "stopping") return this.acknowledge()
    if (this.isAcknowledging) return
    this.isAcknowledging = true
    this.agenda.after(delayMs, () => {
      this.isAcknowledging = false
      this.acknowledge()
    })
  }

  private manner(): { readonly w: number; readonly delayMs: number } {
    if (this.isHealed || this.character !== "slow") return { w: Math.max(1, Math.min(8, this.of.k - 1)), delayMs: 100 }
    return { w: 10_000, delayMs: 2500 }
  }

  private takeU(code: number): void {
    if (code === Codec.TESTFR_ACT) return this.send(Codec.u(Codec.TESTFR_CON))
    this.actedMs = -1
    if (code === Codec.STARTDT_CON && this.phase === "starting") this.phase = "started"
    else if (code === Codec.STOPDT_CON && this.phase === "stopping") this.phase = "stopped"
  }

  /** What it is told goes into its image, or leads to the next step of what it does. */
  private hear(frame: Codec.Frame): void {
    const { type, cause, negative, test, octets, ca } = frame
    if (type < 45 && !test) {
      if (cause === 3 || cause === 11) this.told += frame.count
      const tag = type >= 30 ? 7 : 0
      Codec.objects(frame, (ioa, from, to) => this.image.set(Plant.placeOf(ca, ioa), octets.slice(from, to - tag)))
      return
    }
    if (type < 45 || type > 64 || cause !== 7 || negative || !Asks.isSelect(octets.subarray(6))) return
    this.selectedNow(octets.slice(6))
  }

  /** A select was confirmed: mostly it is executed, sometimes late, otherwise, twice, or taken back. */
  private selectedNow(asdu: Uint8Array): void {
    const { chance } = this
    this.watch.sometimes("selected")
    const execute = Asks.execute(asdu)
    const delayMs = chance.in1000(700) ? 0 : chance.below(chance.pick([100, 3000, 20_000]))
    const what = chance.below(10)
    const connection = this.connections
    const act = (): void => {
      if (this.connections !== connection) return
      if (what < 7) this.request(execute)
      else if (what === 7) this.request(Asks.otherwise(execute))
      else if (what === 8) this.request(Asks.withCause(asdu, 8))
      if (what === 6) this.request(execute)
    }
    if (delayMs === 0) act()
    else this.agenda.after(delayMs, act)
  }

  // ---- the end ----

  /** From now on it does as the standard says, and asks nothing by itself. */
  heal(): void {
    this.isHealed = true
    if (this.character === "mute") {
      this.line?.reset()
      this.gone()
    }
    this.character = "obedient"
    this.acknowledge()
  }

  /** Connects and starts where that is not so. */
  recover(): void {
    if (this.phase === "away") this.open()
    if (this.phase === "stopped") this.start()
  }
}
