// Random inputs of a station on a bench: what clients send, the application says, time does, and publishers want. Which input comes
// next follows from the seed, the number of the input and what is on the bench.
import * as Numbered from "../../../src/core/image/Numbered.ts"
import * as SessionState from "../../../src/core/session/SessionState.ts"
import * as Drain from "../../../src/core/station/Drain.ts"
import * as Ending from "../../../src/core/station/Ending.ts"
import * as InLine from "../../../src/core/station/InLine.ts"
import * as Stall from "../../../src/core/station/Stall.ts"
import * as Waiting from "../../../src/core/station/Waiting.ts"
import * as Frames from "../support/Frames.ts"
import { Random } from "../support/Random.ts"
import type { Bench } from "./Bench.ts"
import * as Clients from "./Clients.ts"
import { freezes, schedule, tick } from "./Clocked.ts"
import { answer, callbacks, passFiles } from "./Later.ts"
import * as Operations from "./Operations.ts"
import { send, sessionOf, stations } from "./Places.ts"
import { add, addPoints, addStation, comeBack, initialise, removePoint, removeStation, settings } from "./Points.ts"
import { lap, publish, room, update } from "./Publishers.ts"

const LIMIT_MS = 1000

/** The inputs by how often they come. */
const inputs: readonly (readonly [number, (bench: Bench, random: Random) => void])[] = [
  [500, receive],
  [120, (bench) => bench.deliver()],
  [70, time],
  [60, drain],
  [130, publish],
  [60, update],
  [70, answer],
  [50, Operations.goesOn],
  [40, passFiles],
  [30, tick],
  [20, look],
  [20, room],
  [14, (bench) => bench.open()],
  [14, addPoints],
  [14, removePoint],
  [10, comeBack],
  [16, settings],
  [12, schedule],
  [12, freezes],
  [6, stands],
  [5, callbacks],
  [2, removeStation],
  [3, initialise],
  [8, link],
  [2, lap],
  [1, end]
]

const total = inputs.reduce((sum, [often]) => sum + often, 0)

/** One input, by its number. */
export function input(bench: Bench, n: number): void {
  const random = new Random(bench.ground.seed * 100_003 + n)
  let dice = random.below(total)
  for (const [often, act] of inputs) {
    dice -= often
    if (dice < 0) {
      act(bench, random)
      return bench.settle()
    }
  }
}

/** Stations, points and a client, so that something can happen. */
export function begin(bench: Bench): void {
  const random = new Random(bench.ground.seed)
  const [log] = bench.station.publishing.logs
  // In some, positions are about to end in 32 bits of 0.
  if (log !== undefined && log.full < 0 && random.chance(40)) log.end = 2 ** 32 - random.below(40)
  for (let n = 0; n < 2; n++) addStation(bench, random)
  for (const { ca } of stations(bench))
    for (const type of [45, 50, 15]) {
      add(bench, random, ca, type, random.below(4) + 1, 1)
      bench.station.counterModes = Numbered.put(bench.station.counterModes, ca, "D")
    }
  for (let n = 0; n < 8; n++) addPoints(bench, random)
  bench.open()
  bench.open()
  for (const session of bench.sessions.values()) send(bench, session, Frames.u(Frames.U.startdt))
}

/** Every client asks for everything, and acknowledges until nothing more comes. */
export function finish(bench: Bench): void {
  for (let round = 0; round < 8; round++)
    for (const session of [...bench.sessions.values()]) {
      const { line } = session
      session.hold(false)
      while (line.writes.length > 0) session.leaves()
      const said = [line.client.late, ...(round === 1 ? Clients.everything(bench.station.world.image, line) : [])]
      line.client = { ...line.client, late: new Uint8Array(0), started: true }
      send(bench, session, Frames.join(...said, Frames.u(Frames.U.startdt), Clients.acknowledge(line)))
      session.ready()
    }
}

function receive(bench: Bench, random: Random): void {
  const session = sessionOf(bench, random)
  if (session === undefined) return bench.open()
  const { line } = session
  const parts: Uint8Array[] = [line.client.late]
  for (let n = 1 + random.below(6); n > 0; n--) parts.push(Clients.say(random, bench.station.world.image, line))
  const all = Frames.join(...parts)
  const cut = random.chance(85) ? all.length : random.below(all.length + 1)
  line.client = { ...line.client, late: all.slice(cut) }
  send(bench, session, all.slice(0, cut), random.chance(5))
}

function time(bench: Bench, random: Random): void {
  const { ground, station } = bench
  ground.nowMs += random.below(100) === 0 ? 16_000 : random.pick([1, 1, 20, 20, 200, 1000])
  ground.wallMs = 1_700_000_000_000 + ground.nowMs + (random.chance(5) ? random.below(7_200_000) : 0)
  for (const session of [...bench.sessions.values()])
    if (SessionState.deadline(station.world, session.exchange.state) <= ground.nowMs)
      Drain.dispatch(session, session.event("tick"))
  if (station.waiting.wakeAtMs > ground.nowMs) return
  station.waiting = Waiting.woken(station.waiting)
  bench.wait(Waiting.look(station.waiting, bench.around(), ground.nowMs))
}

/** Octets leave. */
function drain(bench: Bench, random: Random): void {
  const session = sessionOf(bench, random)
  if (session === undefined) return
  if (random.chance(10)) session.hold(!session.exchange.outgoing.held)
  const { length } = session.line.writes
  for (let n = random.chance(70) ? length : random.below(length + 1); n > 0; n--) session.leaves()
}

function end(bench: Bench, random: Random): void {
  const session = sessionOf(bench, random)
  const { station } = bench
  if (random.chance(20)) {
    bench.say(
      "ends",
      station.end((ending) => Ending.stop(ending, true))
    )
    for (const each of [...bench.sessions.values()]) Drain.end(each, "shutdown")
    station.end(Ending.stopped)
  } else if (session !== undefined) Drain.end(session, random.pick(["shutdown", "peerClosed", "broken"]))
}

function look(bench: Bench, random: Random): void {
  const { line, going } = InLine.take(bench.ground.looking, 1 + random.below(2))
  bench.ground.looking = line
  for (const number of going) bench.sessions.get(number)?.ready()
}

function link(bench: Bench, random: Random): void {
  const { station } = bench
  if (random.chance(50)) station.setLink({ ...station.world.link, k: random.pick([2, 12]), w: random.pick([1, 8]) })
  else station.setTrace(random.chance(50))
}

/** The process stands still, or its event loop turns. */
function stands(bench: Bench, random: Random): void {
  const { station, ground } = bench
  const now = { aliveMs: ground.nowMs, clockMs: ground.nowMs, limitMs: LIMIT_MS }
  const session = sessionOf(bench, random)
  const what = random.below(5)
  if (what === 0) station.stall = Stall.pulse(station.stall, now, station.publishing.sessions)
  else if (what === 1) station.stall = Stall.begin(station.stall, now)
  else if (what === 2 && session !== undefined) station.stall = Stall.waited(station.stall, session.number)
  else if (what === 3) {
    const { stall, taken } = Stall.take(station.stall, ground.nowMs)
    station.stall = Stall.listens(stall, random.chance(50))
    bench.say("taken", taken)
  } else station.stall = Stall.turned(station.stall, random.below(100), (number) => number % 2 === 0)
  bench.say("stands still", [station.stall.seen, Stall.isWaiting(station.stall)])
}
