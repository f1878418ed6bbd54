// Makes a server out of a configuration: its stations, points and command feedback, and the simulated process behind it.
import * as Effect from "effect/Effect"
import * as Profile from "../core/Profile.ts"
import type { Block } from "../core/process/Block.ts"
import * as Image from "../core/process/Image.ts"
import * as Value from "../core/process/Value.ts"
import type { Listen, PointConfig, ServerConfig } from "./Config.ts"
import type { InvalidArgument } from "./Errors.ts"
import { Host } from "./Host.ts"
import * as Options from "./Options.ts"
import * as Simulate from "./Simulate.ts"
import { Ticker } from "./Ticker.ts"

/** Consecutive points of one row of the configuration that are simulated. */
interface Simulated {
  readonly simulation: Simulate.Simulation
  readonly block: Block
  readonly slots: readonly number[]
  dueMs: number
}

export interface Plant {
  readonly host: Host
  readonly ticker: Ticker
  /** Runs the simulated process until it is interrupted. */
  readonly process: Effect.Effect<never>
}

const PUBLISHES_A_TURN = 256
const SPONTANEOUS = 3

/** Builds the server; nothing listens yet. */
export const build = (config: ServerConfig, listen: Listen): Effect.Effect<Plant, InvalidArgument> =>
  Effect.try({
    try: () => {
      const { link, packEvents, maxConnections } = config
      const options = { host: listen.host, port: listen.port, link, packEvents, maxConnections }
      const host = new Host(Options.complete(options, Profile.presets[config.profile]))
      const ticker = new Ticker(host)
      const simulated: Simulated[] = []
      for (const station of config.stations) {
        host.addStation(station.commonAddress)
        for (const row of station.points) addRow(host, ticker, station.commonAddress, row, simulated)
      }
      return { host, ticker, process: run(host, simulated) }
    },
    catch: (cause) => cause as InvalidArgument
  })

function addRow(host: Host, ticker: Ticker, ca: number, row: PointConfig, simulated: Simulated[]): void {
  const first = host.addPoints(ca, row.address, row.type, row.count) as Image.Place
  const { block } = first
  const slots: number[] = []
  const plain = row.value === null && row.quality === 0 && row.cyclicMs === 0 && row.simulate === null
  if (plain && !Value.isCommand(row.type)) return
  for (let i = 0; i < row.count; i++) {
    const slot = i === 0 ? first.slot : block.find(row.address + i)
    slots.push(slot)
    if (row.value !== null) Image.setValue(block, slot, row.value)
    if (row.quality !== 0) Image.setQuality(block, slot, row.quality)
    if (row.cyclicMs !== 0) ticker.set(block, slot, row.cyclicMs)
    if (Value.isCommand(row.type)) addCommand(host, ca, row, i, block, slot)
  }
  if (row.simulate !== null) simulated.push({ simulation: row.simulate, block, slots, dueMs: 0 })
}

/** A command of the plant: refused, or accepted and seen in its feedback point. */
function addCommand(host: Host, ca: number, row: PointConfig, index: number, block: Block, slot: number): void {
  const hooks = host.hooks.of(block, slot)
  if (!row.accept) {
    hooks.onCommand = () => "failure"
    return
  }
  if (row.feedback === null) return
  const address = row.feedback + index
  hooks.relatedIoAddress = address
  hooks.relatedIoAutoreturn = true
  hooks.onCommand = ({ value }) => {
    const station = Image.station(host.world.image, ca)
    const related = station === undefined ? null : Image.find(station, address)
    if (related === null) return "failure"
    const shown = converted(block.kind, related.block.kind, value)
    if (Value.problem(related.block.layout, shown) !== null) return "failure"
    host.setValue(related.block, related.slot, shown, host.clock.wallMs())
    return "success"
  }
}

/** What a feedback point of one kind shows of a command of another: switches count as 0 and 1, double points as 1 and 2. */
function converted(command: Value.Kind, feedback: Value.Kind, value: number): number {
  const doubled = command === Value.Kind.DoubleCommand || command === Value.Kind.StepCommand
  const on = doubled ? value === 2 : value !== 0
  if (feedback === Value.Kind.Single) return on ? 1 : 0
  if (feedback === Value.Kind.Double) return on ? 2 : 1
  return value
}

/** Sets and publishes simulated values when they are due, in bursts that leave room for sockets. */
const run = (host: Host, simulated: readonly Simulated[]): Effect.Effect<never> =>
  Effect.gen(function* () {
    if (simulated.length === 0) return yield* Effect.never
    const startMs = host.clock.monotonicMs()
    for (;;) {
      const elapsedMs = host.clock.monotonicMs() - startMs
      for (const row of simulated) {
        if (elapsedMs < row.dueMs) continue
        for (let i = 0; i < row.slots.length; i++) {
          show(host, row, i, elapsedMs)
          if (i % PUBLISHES_A_TURN === PUBLISHES_A_TURN - 1) yield* Effect.promise(() => host.room())
        }
        row.dueMs = Simulate.nextAt(row.simulation, 0, elapsedMs)
      }
      const due = Math.min(...simulated.map((row) => row.dueMs))
      yield* Effect.sleep(Math.max(1, due - (host.clock.monotonicMs() - startMs)))
    }
  })

function show(host: Host, row: Simulated, index: number, elapsedMs: number): void {
  const { block } = row
  const slot = row.slots[index] as number
  const before = Image.value(block, slot)
  host.setValue(block, slot, Simulate.valueAt(row.simulation, index, elapsedMs), host.clock.wallMs())
  if (Image.value(block, slot) !== before) host.append(block, slot, SPONTANEOUS, 0, 0)
}
