// `npm run bench:micro`: ns an operation of the parts of the core, without sockets: framer, reducer, codec, image, log,
// interrogation. Straight from src, so that a change shows at once.

import * as Numbered from "../src/core/image/Numbered.ts"
import * as Value from "../src/core/image/Value.ts"
import {
  Arena,
  Block,
  Explain,
  Frame,
  Image,
  Limits,
  Profile,
  reduce,
  SessionEvent,
  SessionState,
  Time,
  TypeTable,
  type World
} from "../src/core/index.ts"
import * as Parameters from "../src/core/link/Parameters.ts"
import * as Cursor from "../src/core/log/Cursor.ts"
import * as EventLog from "../src/core/log/EventLog.ts"
import { figure } from "./report.ts"
import { spread } from "./results.ts"

const ROUNDS = 9
const { Type } = TypeTable
const profile = Profile.presets.c104

/** Keeps results alive, so that nothing is optimised away. */
let sink = 0

/** Times `act`, which does `each` operations, over nine rounds after a warm-up and prints the median. */
const bench = (name: string, count: number, each: number, act: (i: number) => number): void => {
  for (let i = 0; i < count; i++) sink += act(i)
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const begin = process.hrtime.bigint()
    for (let i = 0; i < count; i++) sink += act(i)
    rounds.push(Number(process.hrtime.bigint() - begin) / count / each)
  }
  const { median, least, most } = spread(rounds) as NonNullable<ReturnType<typeof spread>>
  console.log(`${name.padEnd(56)} ${figure(median).padStart(8)} ns  [${figure(least)} .. ${figure(most)}]`)
}

// ---- a world with one station ----

const blockOf = (type: number, count: number, step = 1): Block => {
  const block = new Block(Image.blockType(1, type, profile), Value.layoutOf(type) as Value.Layout, Image.utc())
  block.reserve(count)
  for (let i = 0; i < count; i++) Image.setValue(block, block.add(10_000 + i * step), i)
  return block
}
const tagged = blockOf(Type.M_ME_TF_1, 1000)

const worldOf = (blocks: readonly Block[], k: number, packEvents: boolean): World => {
  const station: Image.Station = { ca: 1, born: 0, blocks, zone: Image.utc(), mask: 0 }
  const image: Image.Image = {
    stations: Numbered.put(null, 1, station),
    order: Image.only(station),
    groups: null,
    births: 1,
    blocks: 1
  }
  Image.settle(image)
  return {
    link: { ...Parameters.defaults, k },
    profile,
    limits: Limits.defaults,
    image,
    logs: [EventLog.make(131_072)],
    selections: null,
    selectMs: 30_000,
    commandAgeMs: 0,
    files: false,
    initialised: { order: null, latest: null, count: 0 },
    freezes: { count: 0 },
    resetting: false,
    stopping: false,
    trace: false,
    packEvents
  }
}

/** One client of a world: reduces, gives what was written back, and acknowledges everything that it was sent. */
class Station {
  readonly world: World
  state: SessionState.SessionState
  cursor: Cursor.Cursor
  frames = 0
  objects = 0
  private readonly s = new Uint8Array(6)
  private readonly view = new DataView(this.s.buffer)
  private answered = 0

  constructor(world: World) {
    this.world = world
    this.state = SessionState.open(world, 1, 0)
    this.cursor = Cursor.at(this.ends(), 0)
    this.receive(Uint8Array.of(0x68, 4, Frame.U.STARTDT_ACT, 0, 0, 0))
  }

  ends(): readonly number[] {
    return this.world.logs.map((log) => log.end)
  }

  act(event: SessionEvent.SessionEvent): number {
    const { state, cursor, outputs } = reduce(this.world, this.state, this.cursor, event)
    this.state = state
    this.cursor = cursor
    Arena.release(outputs.octets, outputs.start, outputs.end)
    return outputs.end - outputs.start
  }

  receive(chunk: Uint8Array): number {
    return this.act(SessionEvent.received(0, this.ends(), 65_536, chunk))
  }

  /** Acknowledges `count` frames more. */
  acknowledge(count: number): number {
    this.answered = (this.answered + count) & 0x7fff
    Frame.putS(this.view, 0, this.answered)
    return this.receive(this.s)
  }

  /** As {@link acknowledge}, all that were sent. */
  acknowledgeAll(): number {
    return this.acknowledge((this.state.sentFrames - this.answered) & 0x7fff)
  }
}

const log = (world: World): EventLog.EventLog => world.logs[0] as EventLog.EventLog
const publish = (world: World, i: number): number => EventLog.append(log(world), tagged, i % 1000, 3, 0, 0)

// ---- codec, image, log ----

const apdu = Uint8Array.from(Buffer.from("68190000000024010300010010270000004842000a1b2c0d0e0f10", "hex"))
const now = Date.now()
bench("codec: CP56Time2a of an instant", 100_000, 1, (i) => Time.cp56Low(now + i) + Time.cp56High(now + i))
bench("codec: an APDU explained in full", 2000, 1, () => Explain.explain(apdu).length)
bench("image: set a float", 100_000, 1, (i) => {
  Image.setValue(tagged, i % 1000, i)
  return 0
})
bench("image: read a float", 100_000, 1, (i) => Image.value(tagged, i % 1000))
bench("image: set a time tag", 100_000, 1, (i) => {
  Image.setTime(tagged, i % 1000, i, i)
  return 0
})
const million = blockOf(Type.M_ME_NC_1, 1_000_000, 3)
million.settle()
bench("image: find one of a million addresses", 100_000, 1, (i) => million.find(10_000 + ((i * 7919) % 1_000_000) * 3))
const idle = worldOf([tagged], 12, false)
bench("log: append an event", 100_000, 1, (i) => publish(idle, i))

// ---- framer and reducer ----

const testing = new Station(worldOf([tagged], 12, false))
const one = Uint8Array.of(0x68, 4, Frame.U.TESTFR_ACT, 0, 0, 0)
const many = new Uint8Array(600)
for (let i = 0; i < 100; i++) many.set(one, i * 6)
bench("framer and link: a test frame, one a chunk", 50_000, 1, () => testing.receive(one))
bench("framer and link: a test frame, 100 a chunk", 2000, 100, () => testing.receive(many))
const [head, tail] = [one.subarray(0, 3), one.subarray(3)]
bench("framer: a frame in two pieces", 50_000, 1, () => testing.receive(head) + testing.receive(tail))

for (const k of [12, 32_767])
  for (const [count, packed] of [
    [1, false],
    [8, false],
    [8, true]
  ] as const) {
    const world = worldOf([tagged], k, packed)
    const station = new Station(world)
    const events = packed ? 16 : 1
    // The window is full at the start and after each step: acknowledge so many frames, refill with so many.
    for (let i = 0; i < k * events; i++) publish(world, i)
    while (station.act(SessionEvent.plain("ready", 0, station.ends(), 65_536)) > 0) sink++
    const name = `reducer: acknowledge and refill ${count}${packed ? " packed frames of 16" : ""}, k ${k}, with append`
    bench(name, 5000, count * events, (i) => {
      for (let j = 0; j < count * events; j++) publish(world, i + j)
      return station.acknowledge(count)
    })
  }

// ---- interrogation ----

const interrogation = new Uint8Array(16)
for (const [name, block] of [
  ["contiguous", blockOf(Type.M_ME_NC_1, 100_000)],
  ["scattered", blockOf(Type.M_ME_NC_1, 100_000, 3)]
] as const) {
  const station = new Station(worldOf([block], 12, true))
  let sent = 0
  bench(`interrogation: a point of 100,000 ${name}`, 20, 100_000, () => {
    const received = station.state.sentFrames & 0x7fff
    interrogation.set([0x68, 14, sent << 1, sent >> 7, received << 1, received >> 7])
    interrogation.set([100, 1, 6, 0, 1, 0, 0, 0, 0, 20], 6)
    sent = (sent + 1) & 0x7fff
    station.acknowledgeAll()
    let octets = station.receive(interrogation)
    for (let more = 1; more > 0; octets += more) more = station.acknowledgeAll()
    if (octets < 500_000) throw new Error(`an interrogation brought ${octets} octets`)
    return octets
  })
}
if (sink === 0.5) console.log(sink)
