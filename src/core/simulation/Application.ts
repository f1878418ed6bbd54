// What the application of the station does, by models: handlers that answer at once, late, never, no, nothing, or in two
// phases; refreshes; and the process, which changes points, publishes, storms, and has points and stations come and go. What the
// plant says is kept beside, by its own arithmetic.

import type { CommandRequested } from "../command/CommandNotice.ts"
import type { Block } from "../image/Block.ts"
import * as Flags from "../image/Flags.ts"
import * as Image from "../image/Image.ts"
import * as Outcome from "../procedure/Outcome.ts"
import type * as Freeze from "../read/Freeze.ts"
import type { FreezeRequested, RefreshRequested } from "../read/ReadNotice.ts"
import type { Agenda } from "./Agenda.ts"
import type { Chance } from "./Chance.ts"
import * as Codec from "./Codec.ts"
import type { Draw } from "./Draw.ts"
import * as Operations from "./Operations.ts"
import type { Answer, Decider, Handling, Plan, Served } from "./Parts.ts"
import * as Plant from "./Plant.ts"
import type { Watch } from "./Watch.ts"
import * as Zones from "./Zones.ts"

const COMMANDS = [45, 46, 47, 49, 50, 51, 58]
/** Types of which an event with a time tag is another type: it and the one without. */
const TAGGED: Readonly<Record<number, number>> = { 30: 1, 31: 3, 33: 7, 35: 11, 36: 13, 37: 15 }

function withTag(said: Plant.Said, tag: Uint8Array | null): Uint8Array {
  const octets = new Uint8Array(said.length + (tag === null ? 0 : tag.length))
  octets.set(said)
  if (tag !== null) octets.set(tag, said.length)
  return octets
}

export class Application implements Decider {
  readonly plant: Plant.Plant = new Plant.Plant()
  /** The station; set when it is made, since each needs the other. */
  rtu: Served = null as never
  /** Whether faults are over: then handlers are quick, and nothing is odd. */
  isHealed = false
  private readonly of: Draw
  private readonly agenda: Agenda
  private readonly watch: Watch
  private readonly handlers: Chance
  private readonly process: Chance
  /** Handlers that never settle: they do when all is healed. */
  private nevers: (() => void)[] = []
  private lefts = 0
  private changes = 0

  constructor(of: Draw, agenda: Agenda, watch: Watch, chance: Chance) {
    this.of = of
    this.agenda = agenda
    this.watch = watch
    this.handlers = chance.split(1)
    this.process = chance.split(2)
  }

  // ---- handlers ----

  private answer(): Answer {
    const { handlers: chance, of, isHealed } = this
    const { late, never, fails, none } = of.handlers
    const said = !isHealed && chance.in1000(fails) ? "failure" : !isHealed && chance.in1000(none) ? "none" : "success"
    if (!isHealed && chance.in1000(never)) return { said, delayMs: -1 }
    return { said, delayMs: chance.in1000(late) ? 1 + chance.below(isHealed ? 50 : chance.pick([50, 500, 5000])) : 0 }
  }

  plan(_command: CommandRequested): Plan {
    const { handlers: chance, of } = this
    const twoPhases = chance.in1000(of.handlers.twoPhases)
    return {
      first: this.answer(),
      second: twoPhases ? this.answer() : null,
      termination: chance.in1000(of.handlers.manual) ? chance.pick(["manual", false]) : true
    }
  }

  /** Whether a request other than a command is confirmed. */
  confirm(kind: string): { readonly said: "success" | "failure"; readonly delayMs: number } {
    this.watch.sometimes(`asked ${kind}`)
    const { said, delayMs } = this.answer()
    return { said: said === "none" ? "failure" : said, delayMs: delayMs < 0 ? 60_000 : delayMs }
  }

  never(settles: () => void): void {
    this.watch.sometimes("handler never settles")
    this.nevers.push(settles)
  }

  /** What an operation that was left open is answered with. */
  resolution(): { readonly cause: number; readonly negative: boolean } {
    return { cause: this.handlers.pick([7, 10]), negative: this.handlers.in1000(300) }
  }

  left(resolves: () => boolean): void {
    this.watch.sometimes("left open")
    this.lefts++
    const again = (): void => {
      if (resolves()) this.agenda.after(50, again)
      else this.lefts--
    }
    this.agenda.after(1 + this.handlers.below(2000), again)
  }

  /** A command is begun: the watch is told, and some handlers publish. */
  begun({ operation, connection, command }: Handling): void {
    const point = this.plant.commands.get(Plant.placeOf(command.ca, command.ioa))
    if (point === undefined) throw new Error(`there is no command point ${command.ca}/${command.ioa}`)
    const asdu = command.apdu.slice(6)
    this.watch.begun({ operation, session: connection.number, point, selected: command.selected, asdu })
    if (this.handlers.in1000(this.of.handlers.publishes) && this.plant.points.length > 0)
      this.change(this.handlers.pick(this.plant.points), 11)
  }

  // ---- refreshes ----

  /** Points are read: what they say is made new. How long that takes. */
  refresh({ block, version, slots }: RefreshRequested): number {
    const chance = this.handlers
    const delayMs = chance.in1000(500) ? 0 : 1 + chance.below(chance.pick([20, 3000]))
    const act = (): void => {
      // Else those who have read before would know less than the last who reads.
      for (const slot of this.isHealed ? [] : slots) {
        if (!block.holds(slot, version)) continue
        const point = this.plant.monitored.get(Plant.placeOf(block.ca, block.ioa[slot] as number))
        if (point !== undefined && point.ref.block === block) this.set(point)
      }
    }
    this.watch.sometimes("refreshed before it was read")
    if (delayMs === 0) act()
    else this.agenda.after(delayMs - 1, () => this.rtu.when(act))
    return delayMs
  }

  /** Counters were frozen or reset: their readings are told, and those that were reset begin anew. */
  frozen({ ca, group, reset }: FreezeRequested, told: Freeze.Done["told"]): void {
    const { plant, rtu, watch } = this
    const counters = plant.points.filter(
      (point) =>
        point.untagged === 15 &&
        (ca === Codec.GLOBAL || point.ca === ca) &&
        (group === 0 || point.counterGroup === group)
    )
    const readings = new Map(counters.map((point) => [point, Plant.present(point)]))
    for (const point of counters) if (reset) Plant.say(point, Plant.encode(15, 0, 0), point.tag)
    for (const { block, version, slots } of told)
      for (const slot of slots) {
        const isHere = block.holds(slot, version)
        const point = plant.monitored.get(Plant.placeOf(block.ca, isHere ? (block.ioa[slot] as number) : -1))
        const reading = point === undefined ? undefined : readings.get(point)
        if (point !== undefined && reading !== undefined && rtu.connections.size > 0) {
          const octets = withTag(reading, block.time === null ? null : this.tag(block, rtu.tagMs))
          watch.published({ point, state: Plant.newest(point), type: point.type, cause: 3, octets })
        }
        rtu.station.publishing.appendFrozen(block, version, slot)
        rtu.followUp()
      }
  }

  // ---- the process ----

  begin(): void {
    const { process: chance, of } = this
    for (let n = 0; n < of.stations; n++) this.addStation(n + 1)
    for (let n = 0; n < of.points; n++) this.addPoint(chance.pick(this.plant.stations))
    for (let n = 0; n < of.commandPoints; n++) this.addCommand(chance.pick(this.plant.stations))
  }

  private addStation(ca: number): void {
    if (this.rtu.station.addStation(ca, Zones.make(this.process.pick(Zones.names)))) this.plant.stations.push(ca)
  }

  private station(ca: number): Image.Station {
    return Image.station(this.rtu.station.world.image, ca) as Image.Station
  }

  private addPoint(ca: number): void {
    const { process: chance, rtu, of, plant } = this
    const ioa = 1 + chance.below(chance.pick([of.points * 2, of.points * 2, 5000]))
    if (plant.monitored.has(Plant.placeOf(ca, ioa))) return
    const type = chance.pick(of.types)
    const { tagMs, flags } = rtu
    const ref = rtu.station.addPoints(this.station(ca), { ioa, type, count: 1, variants: {} }, tagMs, flags)
    if (ref === null) return
    const { block, slot } = ref
    const untagged = TAGGED[type] ?? type
    const group = chance.in1000(300) ? 1 + chance.below(2) : 0
    const counterGroup = untagged === 15 && chance.in1000(500) ? 1 + chance.below(4) : 0
    if (group !== 0 || counterGroup !== 0)
      rtu.station.setGroups(block, slot, group === 0 ? [] : [group], counterGroup === 0 ? [] : [counterGroup])
    if (chance.in1000(of.refreshes)) Flags.setRefresh(block, slot, true)
    plant.add({
      ca,
      ioa,
      type,
      untagged,
      command: false,
      selects: false,
      group,
      counterGroup,
      bornAt: plant.count,
      goneAt: 0,
      ref,
      // A double point begins OFF.
      said: [Plant.encode(untagged, untagged === 3 ? 1 : 0, 0)],
      first: 0,
      tag: type === untagged ? null : this.tag(block, tagMs),
      changes: 0,
      unfit: false
    })
  }

  private addCommand(ca: number): void {
    const { process: chance, rtu, of, plant } = this
    const ioa = 10_000 + chance.below(of.commandPoints * 2)
    if (plant.commands.has(Plant.placeOf(ca, ioa))) return
    const type = chance.pick(COMMANDS)
    const ref = rtu.station.addPoints(this.station(ca), { ioa, type, count: 1, variants: {} }, rtu.tagMs, rtu.flags)
    if (ref === null) return
    const selects = type !== 51 && chance.in1000(500)
    if (selects) Flags.setSelect(ref.block, ref.slot, 1, true)
    if (selects && chance.in1000(of.handlers.asksSelect)) Flags.setSelect(ref.block, ref.slot, 2, true)
    plant.add({
      ca,
      ioa,
      type,
      untagged: type === 58 ? 45 : type,
      command: true,
      selects,
      group: 0,
      counterGroup: 0,
      bornAt: plant.count,
      goneAt: 0,
      ref,
      said: [],
      first: 0,
      tag: null,
      changes: 0,
      unfit: false
    })
  }

  private remove(point: Plant.Point): void {
    const { rtu } = this
    this.plant.remove(point)
    Operations.detached(rtu, rtu.station.removePoint(point.ref.block, point.ref.slot))
    this.watch.sometimes("point removed")
  }

  /** Something happens in the process. */
  tick(): void {
    const { process: chance, of, plant } = this
    if (!this.isHealed && chance.in1000(of.comings)) return this.comeOrGo()
    if (plant.points.length === 0) return
    if (!this.isHealed && chance.in1000(of.storms)) {
      this.watch.sometimes("storm")
      for (let n = chance.below(of.storm); n > 0; n--) this.change(chance.pick(plant.points), 3)
    } else this.change(chance.pick(plant.points), 3)
  }

  private comeOrGo(): void {
    const { process: chance, plant, rtu } = this
    switch (chance.below(6)) {
      case 0:
        if (plant.points.length > 3) this.remove(chance.pick(plant.points))
        return
      case 1:
        if (plant.commandPoints.length > 1) this.remove(chance.pick(plant.commandPoints))
        return
      case 2:
        if (plant.stations.length > 0) this.addCommand(chance.pick(plant.stations))
        return
      case 3: {
        const ca = 1 + chance.below(4)
        if (!plant.stations.includes(ca)) return this.addStation(ca)
        if (plant.stations.length < 2 || chance.in1000(700)) return
        this.watch.sometimes("station removed")
        const points = plant.commandPoints.filter((point) => point.ca === ca)
        for (const point of points) this.remove(point)
        plant.removeStation(ca)
        rtu.station.removeStation(ca)
        return
      }
      default:
        if (plant.stations.length > 0) this.addPoint(chance.pick(plant.stations))
    }
  }

  private tag(block: Block, tagMs: number): Uint8Array {
    return Plant.tagOf(tagMs, Zones.aheadMs(block.zone.name), this.rtu.flags !== 0)
  }

  /** A point says something new; mostly each of its states differs from those before it for a long time. */
  private set(point: Plant.Point): void {
    const { process: chance, of, rtu } = this
    const { block, slot } = point.ref
    const n = ++point.changes
    const { untagged } = point
    const odd = !this.isHealed && chance.in1000(of.odd)
    let value = n
    let quality = 0
    if (untagged === 1) {
      value = n & 1
      quality = ((n >> 1) & 15) << 4
    } else if (untagged === 3) {
      value = n & 3
      quality = ((n >> 2) & 15) << 4
    } else if (untagged === 5) value = (n & 127) - 64
    else if (untagged === 9) value = ((n & 0xffff) - 0x8000) / 0x8000
    else if (untagged === 11) value = (n & 0xffff) - 0x8000
    if (odd && untagged !== 15) quality = chance.pick([0x10, 0x80, 0xf0])
    Image.setQuality(block, slot, quality)
    let said = Plant.encode(untagged, value, quality)
    if (odd && untagged === 13) {
      Image.setValue(block, slot, Number.NaN)
      const before = Plant.present(point)
      said = Uint8Array.of(before[0] ?? 0, before[1] ?? 0, before[2] ?? 0, before[3] ?? 0, quality | 0x80)
      this.watch.sometimes("no number")
    } else if (Image.change(block, slot, value) !== null) throw new Error(`${value} does not fit ${untagged}`)
    const tagMs = odd ? chance.pick([0, 5e12, rtu.tagMs]) : rtu.tagMs
    let tag: Uint8Array | null = null
    if (block.time !== null) {
      rtu.station.stamp(block, slot, tagMs, rtu.flags)
      tag = this.tag(block, tagMs)
    }
    Plant.say(point, said, tag)
    this.changes++
  }

  /** A point says something new, and that is published. */
  change(point: Plant.Point, cause: number): void {
    const { rtu, watch } = this
    this.set(point)
    const { block, slot } = point.ref
    const returned = cause === 11 ? Outcome.returnCause(block, rtu.station.world.profile) : cause
    const at = rtu.station.publishing.append(block, slot, returned, 0, 0)
    if (at >= 0) {
      const octets = withTag(Plant.present(point), point.tag)
      watch.published({ point, state: Plant.newest(point), type: point.type, cause: returned, octets })
    }
    rtu.followUp()
  }

  // ---- the end ----

  /** Handlers that never settled do, and outputs are released of which nobody knows what they do. */
  heal(): void {
    this.isHealed = true
    const { nevers } = this
    this.nevers = []
    for (const settles of nevers) settles()
  }

  /** The application releases outputs of which nobody knows what they do; whether there was one. */
  tidy(): boolean {
    return Operations.release(this.rtu)
  }

  /** Whether a handler runs still, or an answer is owed. */
  get isBusy(): boolean {
    return this.nevers.length > 0 || this.lefts > 0
  }
}
