// The purity contract of a reducer as a check: sessions run under it, and every breach throws with the seed.
import * as Core from "../../../src/core/index.ts"
import type { Plant } from "./Peer.ts"
import { Random } from "./Random.ts"
import * as Scenario from "./Scenario.ts"
import * as Snapshot from "./Snapshot.ts"
import { open as opened, step, type Whole } from "./Whole.ts"

export type Reduce = typeof Core.reduce

/** A state that was left behind, with what it looked like then. */
interface Kept {
  readonly state: Whole
  readonly text: string
  readonly client: Scenario.Client
  readonly nowMs: number
}

/** Octets that were handed out, with what they were then. */
interface KeptOctets {
  readonly outputs: Core.SessionOutputs
  readonly text: string
}

/** How much was tried, and the kinds of notices that came: a run that meets nothing shows nothing. */
export interface Tally {
  calls: number
  branches: number
  healed: number
  readonly seen: Set<string>
}

const octetsOf = ({ octets, start, end }: Core.SessionOutputs): string =>
  Core.Hex.octetsToHex(octets.subarray(start, end))

/** What a reduction came to. */
type Result = ReturnType<typeof step>

const textOf = ({ after, outputs }: Result): string =>
  `${Snapshot.print(after)} ${octetsOf(outputs)} ${Snapshot.print(outputs.notices)} ${outputs.more}`

const must = (same: boolean, what: string): void => {
  if (!same) throw new Error(what)
}

export class Check {
  readonly tally: Tally = { calls: 0, branches: 0, healed: 0, seen: new Set() }
  private readonly reduce: Reduce
  private readonly random: Random
  private readonly plant: Plant
  private kept: Kept[] = []
  private keptOctets: KeptOctets[] = []

  constructor(reduce: Reduce, seed: number) {
    this.reduce = reduce
    this.random = new Random(seed)
    this.plant = Scenario.randomPlant(this.random)
  }

  /** Reduces twice from frozen arguments: the results and the surroundings must be the same. */
  private twice(state: Whole, event: Core.SessionEvent.SessionEvent): Result {
    const world = Snapshot.freezeWorld(this.plant.world)
    Snapshot.freeze(state)
    Snapshot.freeze(event)
    const before = Snapshot.ofWorld(world)
    const stateBefore = Snapshot.print(state)
    const eventBefore = Snapshot.print(event)
    const first = step(world, state, event, this.reduce)
    const text = textOf(first)
    must(Snapshot.ofWorld(world) === before, "the world was changed")
    must(Snapshot.print(event) === eventBefore, "the event was changed")
    must(Snapshot.print(state) === stateBefore, "the old state was changed")
    const second = step(world, state, event, this.reduce)
    must(textOf(second) === text, "the second call gave something else")
    must(textOf(first) === text, "the second call changed what the first one gave")
    must(Snapshot.ofWorld(world) === before, "the world was changed by the second call")
    must(Snapshot.print(state) === stateBefore, "the old state was changed by the second call")
    // The chunk was only borrowed.
    event.chunk?.fill(0xee)
    must(textOf(first) === text, "the chunk is still in use after the call")
    this.tally.calls += 2
    if (state.cursor.rare.heal.length > 0) this.tally.healed++
    for (const notice of first.outputs.notices) {
      this.tally.seen.add(notice.kind)
      if (notice.kind === "closed") this.tally.seen.add(notice.reason)
    }
    return first
  }

  /** Events of a future from a state; each sees what its client would have seen. */
  private future(
    from: Kept,
    steps: number
  ): {
    readonly events: Core.SessionEvent.SessionEvent[]
    readonly worlds: Core.World[]
    readonly texts: string[]
  } {
    let state = Snapshot.copy(from.state)
    let { client, nowMs } = from
    const events: Core.SessionEvent.SessionEvent[] = []
    const worlds: Core.World[] = []
    const texts: string[] = []
    for (let n = 0; n < steps; n++) {
      nowMs += Scenario.pause(this.random)
      const next = Scenario.step(this.random, this.plant, client, nowMs)
      const { world } = this.plant
      events.push(Snapshot.freeze(next.event))
      worlds.push(world)
      const result = step(world, Snapshot.freeze(state), next.event, this.reduce)
      this.tally.calls++
      texts.push(textOf(result))
      client = Scenario.hear(next.client, result.outputs)
      state = result.after
    }
    return { events, worlds, texts }
  }

  /** Two futures of one old state, taken in turns, each as if the other were not there. */
  private branch(from: Kept): void {
    const futures = [this.future(from, 6), this.future(from, 6)]
    const states = [from.state, from.state]
    for (let n = 0; n < 6; n++)
      for (const [which, { events, worlds, texts }] of futures.entries()) {
        const event = events[n] as Core.SessionEvent.SessionEvent
        const result = step(worlds[n] as Core.World, states[which] as Whole, event, this.reduce)
        this.tally.calls++
        must(textOf(result) === texts[n], `future ${which} saw the other one in step ${n}`)
        states[which] = Snapshot.freeze(result.after)
      }
    must(Snapshot.print(from.state) === from.text, "a future changed the state it began from")
    this.tally.branches++
  }

  private recheck(): void {
    for (const { state, text } of this.kept) must(Snapshot.print(state) === text, "an old state was changed later")
    for (const { outputs, text } of this.keptOctets)
      must(octetsOf(outputs) === text, "octets were changed after they were handed out")
  }

  /** Runs `sessions` connections side by side until `steps` events have happened. */
  run(steps: number, sessions = 2): void {
    const { random, plant } = this
    let nowMs = 0
    let count = 0
    const open = (): Kept => {
      count++
      const state = opened(plant, count, nowMs)
      return { state, text: Snapshot.print(state), client: Scenario.newClient, nowMs }
    }
    const alive = Array.from({ length: sessions }, open)
    for (let n = 0; n < steps; n++) {
      nowMs += Scenario.pause(random)
      Scenario.disturb(random, plant)
      const which = random.below(sessions)
      const now = alive[which] as Kept
      const next = Scenario.step(random, plant, now.client, nowMs)
      const { after: state, outputs } = this.twice(now.state, next.event)
      const kept: Kept = { state, text: Snapshot.print(state), client: Scenario.hear(next.client, outputs), nowMs }
      alive[which] = Scenario.isClosed(state.state) && random.chance(70) ? open() : kept
      if (random.chance(15)) this.kept.push(kept)
      if (random.chance(15)) this.keptOctets.push({ outputs, text: octetsOf(outputs) })
      if (random.chance(4) && this.kept.length > 0) this.branch(random.pick(this.kept))
    }
    this.recheck()
  }
}

/** Runs random sessions of one seed; a breach throws with the seed and the place. */
export const check = (reduce: Reduce, seed: number, steps: number): Tally => {
  const checked = new Check(reduce, seed)
  try {
    checked.run(steps)
  } catch (error) {
    throw new Error(
      `seed ${seed}, call ${checked.tally.calls}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error }
    )
  }
  return checked.tally
}
