// The outputs of a station are data: a station that is made of a snapshot goes on with its own, what stands in them does not change,
// and what happens at one after the other leaves nothing behind. An application is played by what it said last.
import { describe, expect, it } from "vitest"
import type { CommandRequested } from "../../src/core/command/CommandNotice.ts"
import * as Operating from "../../src/core/command/Operating.ts"
import * as Operation from "../../src/core/command/Operation.ts"
import * as Output from "../../src/core/command/Output.ts"
import { Block } from "../../src/core/image/Block.ts"
import * as Image from "../../src/core/image/Image.ts"
import * as Recent from "../../src/core/image/Recent.ts"
import * as Limits from "../../src/core/Limits.ts"
import * as Parameters from "../../src/core/link/Parameters.ts"
import * as Profile from "../../src/core/Profile.ts"
import * as Outputs from "../../src/core/station/Outputs.ts"
import * as Snapshot from "../../src/core/station/Snapshot.ts"
import * as Stations from "../../src/core/station/Station.ts"
import { Random } from "./support/Random.ts"
import { freeze } from "./support/Snapshot.ts"

const OFF = { value: 1, qualifier: 0, timeLow: 0, timeHigh: 0 }
const ON = { ...OFF, value: 2 }
const PLACES = 3
const ADDRESSES = [1, 2, 3]

const printed = ({ station }: Play): string => {
  const { outlets, points, kept, operations, ...numbers } = station.outputs
  const sorted = <A>(map: ReadonlyMap<number, A>): unknown => [...map].sort(([a], [b]) => a - b)
  const all = [sorted(outlets), sorted(points), sorted(kept), operations.newest, sorted(operations.others), numbers]
  return JSON.stringify(all, (_, value: unknown) => (value instanceof Block ? value.number : value))
}

type Station = Stations.Station<Snapshot.Session>

/** A station that goes on where another one is. */
const copyOf = (station: Station): Station =>
  Snapshot.restore<Snapshot.Session>(Snapshot.take(station, []), {
    zone: Image.utc,
    session: () => expect.unreachable()
  }).station

const settings: Stations.Settings = {
  link: Parameters.defaults,
  profile: Profile.iec,
  limits: Limits.defaults,
  packEvents: true,
  selectMs: 1000,
  commandAgeMs: 0,
  files: false,
  clockByClients: false,
  clockValidMs: 0
}

/** A server of three command points, whose handlers settle when they are told to. */
class Play {
  readonly station: Station
  private readonly random: Random
  /** Operations whose handler has not settled, and the output of each. */
  private readonly running: Map<number, number>

  constructor(random: Random, station: Station | null = null, running: ReadonlyMap<number, number> = new Map()) {
    this.random = random
    this.station = station ?? new Stations.Station(settings)
    this.running = new Map(running)
    if (station !== null) return
    this.station.addStation(1, Image.utc())
    for (const ioa of ADDRESSES) this.add(ioa)
  }

  get outputs(): Outputs.Outputs {
    return this.station.outputs
  }

  private get block(): Block {
    return Image.station(this.station.world.image, 1)?.blocks[0] as Block
  }

  private around(command: CommandRequested): Operating.Around {
    const exists = Image.lives(command)
    return { open: true, cancels: false, exists, ending: false, logEnd: 0, profile: Profile.iec }
  }

  /** What one operation is made of is seen by nobody else: what it leads to is frozen before it is taken. */
  private take(of: number, number: number, step: Operating.Step | null): void {
    if (step === null) return
    const { outputs } = this
    // That an output is free is told where it is.
    for (const fact of step.facts) if (fact.fact === "output") expect(step.output.status).toBe(fact.status)
    Outputs.take(outputs, Outputs.at(outputs, of), number, Outputs.operation(outputs, number), freeze(step))
    for (const one of [number, step.forgets]) {
      const operation = Outputs.operation(outputs, one)
      if (operation !== null) Outputs.conclude(outputs, of, operation)
    }
    if (step.frees) this.goOn(of)
  }

  private goOn(of: number): void {
    const { outputs } = this
    for (let next = Outputs.next(outputs, of); next !== 0; next = Outputs.next(outputs, of)) {
      const { command } = Outputs.operation(outputs, next) as Operation.Operation
      const outlet = outputs.outlets.get(of)
      if (outlet?.output.status === "free" && Image.lives(command)) this.begin(outlet, next, command)
      else this.take(of, next, Operating.refuse(Outputs.outputOf(outputs, of), next, next, true))
    }
  }

  private begin(outlet: Outputs.Outlet, number: number, command: CommandRequested): void {
    const { random } = this
    const manner: Operation.Manner = {
      twoPhases: random.chance(30),
      termination: random.pick([true, false, "manual" as const]),
      said: ON,
      before: OFF,
      byClient: outlet.byClient,
      related: null
    }
    const operation = Operation.begun(number, 1, command, number, outlet.receivedMs, false, manner, 0)
    Outputs.begin(this.outputs, outlet, freeze(operation), ON)
    this.running.set(number, outlet.number)
    expect(outlet).toMatchObject({ byClient: true, receivedMs: number })
  }

  private come(slot: number): void {
    const { outputs, block } = this
    const ioa = block.ioa[slot] as number
    const number = ++outputs.lastOperation
    const outlet = Outputs.of(outputs, Profile.iec, block, slot, ioa)
    expect(Outputs.find(outputs, block, slot)).toBe(outlet)
    const point = Image.refTo(block, slot)
    const said = { type: 45, ca: 1, ioa, ...ON, originator: 0, selected: false, apdu: new Uint8Array(16) }
    const command: CommandRequested = { kind: "command", id: number, ...point, ...said }
    const verdict = Output.judge(outlet.output, PLACES)
    if (verdict === "begin") this.begin(outlet, number, command)
    else if (verdict === "wait")
      this.take(outlet.number, number, Operating.wait(outlet.output, Operation.waiting(number, 1, command, 0, 9)))
    else this.take(outlet.number, number, Operating.refuse(outlet.output, number, number, true))
  }

  /** A handler says something. */
  private settle(number: number, said: "success" | "failure" | "none"): void {
    const operation = Outputs.operation(this.outputs, number) as Operation.Operation
    const of = this.running.get(number) as number
    this.running.delete(number)
    const output = Outputs.outputOf(this.outputs, of)
    this.take(of, number, Operating.settle(output, operation, said, this.around(operation.command)))
    const after = Outputs.operation(this.outputs, number)
    if (after?.phase !== "accepted") return
    Outputs.put(this.outputs, freeze(Operation.isUnderWay(after) ? Operating.carryOut(after, 0) : after))
    this.running.set(number, of)
  }

  /** The point goes. */
  private remove(slot: number): void {
    const { outputs, block, station } = this
    const of = Outputs.find(outputs, block, slot)?.number ?? 0
    const gone = station.removePoint(block, slot)
    expect(Outputs.find(outputs, block, slot)).toBeUndefined()
    if (gone === null) return
    const owed = Outputs.operation(outputs, gone.owed)
    if (owed !== null)
      this.take(of, gone.owed, Operating.detach(Outputs.outputOf(outputs, of), owed, this.around(owed.command)))
    for (const number of gone.waiting)
      this.take(of, number, Operating.refuse(Outputs.outputOf(outputs, of), number, number, true))
    const begun = Outputs.operation(outputs, gone.begun)
    if (begun !== null) this.take(of, gone.begun, Operating.stop(Outputs.outputOf(outputs, of), begun))
  }

  /** Another one comes to its address. */
  private add(ioa: number): void {
    const { station } = this
    const at = Image.station(station.world.image, 1) as Image.Station
    const point = station.addPoints(at, { ioa, type: 45, count: 1, variants: {} }, 0, 0) as Image.PointRef
    const taken = Outputs.find(this.outputs, point.block, point.slot)
    if (taken === undefined) return
    expect(taken.output.status).not.toBe("free")
    expect(taken).toMatchObject({ hasPoint: true, byClient: false, receivedMs: 0 })
  }

  private release(outlet: Outputs.Outlet): void {
    const { number: of, output } = outlet
    if (output.status === "free") return
    const begun = output.begun === null ? null : Outputs.operation(this.outputs, output.begun)
    if (begun !== null) return this.take(of, begun.number, Operating.release(output, begun, this.around(begun.command)))
    Outputs.become(this.outputs, of, Output.release(output))
    this.goOn(of)
  }

  private answer({ number: of, output }: Outputs.Outlet, cause: number): void {
    const owed = Outputs.operation(this.outputs, output.owed?.command ?? 0)
    if (owed === null) return
    const negative = this.random.chance(50)
    this.take(of, owed.number, Operating.resolve(output, owed, cause, negative, this.around(owed.command)))
  }

  step(): void {
    const { random, outputs, block, running } = this
    const ioa = random.pick(ADDRESSES)
    const slot = block.find(ioa)
    if (slot < 0 && random.chance(30)) this.add(ioa)
    if (slot < 0) return
    const outlet = Outputs.find(outputs, block, slot)
    const begun = outlet?.output.begun ?? null
    const operation = begun === null ? null : Outputs.operation(outputs, begun)
    const what = random.below(10)
    if (what < 4) this.come(slot)
    else if (what < 6 && running.size > 0)
      this.settle(random.pick([...running.keys()]), random.pick(["success", "failure", "none"] as const))
    else if (what === 6 && random.chance(30)) this.remove(slot)
    else if (outlet === undefined) return
    else if (what === 7) this.answer(outlet, random.pick([7, 10]))
    else if (what === 8 && random.chance(40)) this.release(outlet)
    else if (operation !== null && random.chance(60)) {
      const { command, number, phase } = operation
      const { output } = outlet
      const expires = random.chance(60) && output.status === "busy" && phase === "deciding"
      const step = expires
        ? Operating.expire(output, operation)
        : Operating.lose(output, operation, this.around(command))
      if (expires || random.chance(30)) this.take(outlet.number, number, step)
    }
    this.verify()
  }

  /** Every operation is one that an output knows, or whose handler has not settled; and every one that an output knows is there. */
  verify(): void {
    const { outputs, running } = this
    const known = new Set<number>()
    for (const { output, hasPoint } of outputs.outlets.values()) {
      const numbers = [...output.waiting, output.begun, output.owed?.command].filter((one) => typeof one === "number")
      for (const number of numbers) known.add(number)
      if (!hasPoint) expect(output.status).not.toBe("free")
      expect(output.waiting.length).toBeLessThanOrEqual(PLACES)
    }
    for (const number of [...known, ...running.keys()]) expect(Outputs.operation(outputs, number)?.number).toBe(number)
    expect(Recent.size(outputs.operations)).toBe(new Set([...known, ...running.keys()]).size)
    expect(outputs.outlets.size).toBe(outputs.points.size + outputs.kept.size)
  }

  branch(random: Random): Play {
    return new Play(random, copyOf(this.station), this.running)
  }

  /** Everything ends. */
  end(): void {
    const { outputs, running } = this
    while (running.size > 0 || [...outputs.outlets.values()].some(({ output }) => output.status !== "free")) {
      for (const number of [...running.keys()]) if (running.has(number)) this.settle(number, "failure")
      for (const outlet of [...outputs.outlets.values()]) this.release(outlet)
    }
    for (const outlet of [...outputs.outlets.values()]) this.answer(outlet, 10)
    this.verify()
  }
}

describe("the outputs of a station", () => {
  it("know the operations that are not over, and no others, whatever happens to them and their points", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const play = new Play(new Random(seed))
      for (let n = 0; n < 150; n++) play.step()
      play.end()
      expect(Recent.size(play.outputs.operations)).toBe(0)
      expect(play.outputs.kept.size).toBe(0)
    }
  })

  it("go on in a station that is made of a snapshot, and none sees the other", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const play = new Play(new Random(seed))
      for (let n = 0; n < 60; n++) play.step()
      const before = printed(play)
      const ends = [1, 1, 2].map((future) => {
        const branch = play.branch(new Random(1000 * seed + future))
        expect(printed(branch)).toBe(before)
        for (let n = 0; n < 60; n++) branch.step()
        return printed(branch)
      })
      expect(printed(play)).toBe(before)
      expect(ends[1]).toBe(ends[0])
      expect(ends[2]).not.toBe(ends[0])
    }
  })
})

describe("a map of what is mostly gone before another comes", () => {
  it("is a map", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = new Random(seed)
      const isSame = (): boolean =>
        Array.from({ length: last + 1 }, (_, key) => Recent.find(recent, key) === model.get(key)).every(Boolean)
      const recent = Recent.none<string>()
      const model = new Map<number, string>()
      let last = 0
      for (let n = 0; n < 200; n++) {
        const old = random.below(last + 1)
        if (random.chance(40)) {
          Recent.put(recent, ++last, `${n}`)
          model.set(last, `${n}`)
        } else if (random.chance(50)) {
          Recent.drop(recent, old)
          model.delete(old)
        } else if (model.has(old)) {
          Recent.put(recent, old, `${n}`)
          model.set(old, `${n}`)
        }
        expect([Recent.size(recent), isSame()]).toEqual([model.size, true])
      }
    }
  })
})
