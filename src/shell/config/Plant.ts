// Makes a server out of a configuration: its stations, points and command feedback, and the simulated process behind it.
import * as Effect from "effect/Effect"
import type { Block } from "../../core/image/Block.ts"
import * as Image from "../../core/image/Image.ts"
import * as Value from "../../core/image/Value.ts"
import * as Profile from "../../core/Profile.ts"
import type { Clock } from "../Clock.ts"
import type { InvalidArgument } from "../Errors.ts"
import * as Feedback from "../Feedback.ts"
import { FolderStore } from "../files/FileFolder.ts"
import { Host } from "../Host.ts"
import * as Options from "../Options.ts"
import * as PointPlan from "../PointPlan.ts"
import { Ticker } from "../Ticker.ts"
import type { Listen, PointConfig, ServerConfig, StationConfig } from "./Config.ts"
import * as Simulate from "./Simulate.ts"

/** Consecutive points of one row of the configuration that are simulated. */
interface Simulated {
  readonly simulation: Simulate.Simulation
  readonly block: Block
  readonly slots: readonly number[]
  /** Whether a deadband or a rate decides which values become events. */
  readonly thinned: boolean
  /** When its values were shown and are due, in ms since the start. */
  shownMs: number
  dueMs: number
}

export interface Plant {
  readonly host: Host
  readonly ticker: Ticker
  /** Runs the simulated process until it is interrupted. */
  readonly process: Effect.Effect<never>
}

/** What a server is made of, where that is not what it is mostly made of. */
export interface Parts {
  readonly clock: Clock
  readonly host: (options: Options.Options) => Host
}

const PUBLISHES_A_TURN = 256
const SPONTANEOUS = 3

/** Builds the server; nothing listens yet. */
export const build = (config: ServerConfig, listen: Listen): Effect.Effect<Plant, InvalidArgument> =>
  Effect.try({
    try: () => make(config, listen),
    catch: (cause) => cause as InvalidArgument
  })

/** As {@link build}; throws {@link InvalidArgument}. */
export function make(config: ServerConfig, listen: Listen, parts: Parts | null = null): Plant {
  const profile = { ...Profile.presets[config.profile], addressing: config.addressing }
  const partial = optionsOf(config, listen)
  const options = Options.complete(parts === null ? partial : { ...partial, clock: parts.clock }, profile)
  const host = parts?.host(options) ?? new Host(options)
  const ticker = new Ticker(host)
  const simulated: Simulated[] = []
  for (const station of config.stations) addStation(host, ticker, station, simulated)
  return { host, ticker, process: run(host, simulated) }
}

function optionsOf(config: ServerConfig, listen: Listen): Options.PartialOptions {
  const { link, packEvents, maxConnections, selectMs, commandAgeMs, clock, files, limits } = config
  return {
    host: listen.host,
    port: listen.port,
    link,
    packEvents,
    maxConnections,
    selectMs,
    commandAgeMs,
    limits,
    clockSource: clock.source === "clients" ? "c_cs" : "host",
    clockValidMs: clock.validMs,
    files: files === null ? null : new FolderStore(files),
    // Whoever serves a file shows what happens in his own way.
    logLevel: "none"
  }
}

function addStation(host: Host, ticker: Ticker, station: StationConfig, simulated: Simulated[]): void {
  const { commonAddress: ca, timeZone, backgroundMs, counters, points } = station
  host.addStation(ca, timeZone)
  host.setCounterMode(ca, counters.mode)
  ticker.setLocalFreeze(ca, counters.freezeMs, counters.reset)
  ticker.setBackground(ca, backgroundMs)
  for (const row of points) addRow(host, ticker, ca, row, simulated)
}

function addRow(host: Host, ticker: Ticker, ca: number, row: PointConfig, simulated: Simulated[]): void {
  const { address: ioAddress, type, count, simulate: simulation, deadband, rateMs } = row
  const plan = { ioAddress, type, count, variants: variantsOf(row), settings: settingsOf(row) }
  const first = PointPlan.add(host, ticker, ca, plan) as Image.Place
  const { block } = first
  const slots: number[] = []
  for (let i = 0; i < count; i++) {
    const slot = PointPlan.slotOf(first, ioAddress, i)
    if (row.value !== null) Image.setValue(block, slot, row.value)
    if (row.quality !== 0) Image.setQuality(block, slot, row.quality)
    if (Value.isCommand(type)) decide(host, row, block, slot)
    if (simulation !== null) slots.push(slot)
  }
  const thinned = deadband !== null || rateMs !== 0
  if (simulation !== null) simulated.push({ simulation, block, slots, thinned, shownMs: 0, dueMs: 0 })
}

const variantsOf = ({ eventType, interrogationType, tags }: PointConfig): Image.Variants => ({
  ...(eventType === null ? {} : { eventType }),
  ...(interrogationType === null ? {} : { interrogationType }),
  ...(tags === null ? {} : { tags })
})

/** The settings of a row by the names of the plan. */
function settingsOf(row: PointConfig): PointPlan.PointSettings {
  const { deadband, rateMs, groups, counterGroups, cyclicMs, select, terminate, feedback } = row
  const grouped = groups.length + counterGroups.length > 0
  return {
    ...(cyclicMs === 0 ? {} : { reportMs: cyclicMs }),
    ...(feedback === null ? {} : { related: { key: feedback, must: false }, autoreturn: true }),
    ...(select ? { select } : {}),
    ...(grouped ? { groups: { interrogation: groups, counters: counterGroups } } : {}),
    ...(deadband === null ? {} : { deadband }),
    ...(rateMs === 0 ? {} : { minIntervalMs: rateMs }),
    ...(terminate ? {} : { actTerm: terminate })
  }
}

/** A command of the plant is decided by the file, or by its feedback point, or by nobody. */
function decide(host: Host, { accept, feedback }: PointConfig, block: Block, slot: number): void {
  if (accept === null && feedback === null) return
  const hooks = host.hooks.of(block, slot)
  if (accept === false) hooks.onCommand = () => "failure"
  else if (feedback !== null) hooks.onCommand = Feedback.follow(host, block, hooks)
  else hooks.onCommand = () => "success"
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
        row.shownMs = elapsedMs
        row.dueMs = Simulate.nextAt(row.simulation, 0, elapsedMs)
      }
      let due = Number.POSITIVE_INFINITY
      for (const row of simulated) due = Math.min(due, row.dueMs)
      yield* Effect.sleep(Math.max(1, due - (host.clock.monotonicMs() - startMs)))
    }
  })

function show(host: Host, row: Simulated, index: number, elapsedMs: number): void {
  const { block, simulation } = row
  const slot = row.slots[index] as number
  const before = Image.value(block, slot)
  const now = Simulate.valueAt(simulation, index, elapsedMs)
  const counting = simulation.kind === "count"
  if (counting) host.count(block, slot, now - Simulate.valueAt(simulation, index, row.shownMs))
  const value = counting ? Image.value(block, slot) : now
  if (row.thinned) {
    host.update(block, slot, value, null)
    return
  }
  host.setValue(block, slot, value)
  // a running counter is told when it is frozen or asked for, not at each count
  if (!counting && Image.value(block, slot) !== before) host.append(block, slot, SPONTANEOUS, 0, 0)
}
