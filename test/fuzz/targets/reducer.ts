// A session of a plant that is given hostile octets, by the core alone: every reduction keeps the rules of sessions, whatever has come
// comes to the same in other pieces, and the state grows no more than what has come.
import * as Core from "../../../src/core/index.ts"
import * as Frames from "../../property/support/Frames.ts"
import type { Plant } from "../../property/support/Peer.ts"
import { Random } from "../../property/support/Random.ts"
import { rules } from "../../property/support/Rules.ts"
import * as Scenario from "../../property/support/Scenario.ts"
import * as Snapshot from "../../property/support/Snapshot.ts"
import { open, step, type Whole } from "../../property/support/Whole.ts"
import * as Seeds from "../Seeds.ts"
import { hold, Input, type Target } from "../Target.ts"

const PLANTS = 64
const ASDU_MAX = 249
const STEPS_MAX = 400
/** Reductions that one event may ask for more. */
const MORE_MAX = 2000
/** Characters of the state as a text, and for an octet that has come. */
const [STATE, STATE_AN_OCTET] = [60_000, 120]

/** Digits of octets that are shown. */
const SHOWN = 60

const PAUSES_MS = [0, 1, 10, 200, 2000, 5000, 10_000, 15_001, 20_001, 100_000]
const ROOM = 65_536
const ROOMS = [ROOM, ROOM, ROOM, 4096, 300, 0, -70_000]
const FUNCTIONS = [...Object.values(Frames.U), 0x03, 0xff, 0x0f]

/** What happens to a session, each written with what follows it in the input. */
const Op = {
  /** An ASDU as it stands, in a frame with the numbers that are right. */
  Asdu: 0,
  /** An ASDU whose station and object are ones of the plant. */
  Named: 1,
  Octets: 2,
  Acknowledge: 3,
  Function: 4,
  Tick: 5,
  Ready: 6,
  Decide: 7,
  Refreshed: 8,
  Disturb: 9,
  End: 10,
  Hold: 11
} as const
const OPS = Object.keys(Op).length

/** Runs an input; chunks are cut by `cuts`. */
class Play {
  readonly said: string[] = []
  whole: Whole
  /** Whether there was always room: else what leaves at which piece depends on how many there are. */
  isFree = true
  private readonly plant: Plant
  private readonly input: Input
  private readonly cuts: Random | null
  private readonly looked: boolean
  private nowMs = 0
  private ns = 0
  private nr = 0
  private room = ROOM
  private came = 0
  /** Frames that wait for the next, to be in one chunk with it. */
  private held: Uint8Array[] = []
  private isHeld = false
  private asked: number[] = []
  private refreshes: number[] = []

  constructor(octets: Uint8Array, cuts: Random | null, looked: boolean) {
    this.input = new Input(octets)
    this.cuts = cuts
    this.looked = looked
    this.plant = Scenario.randomPlant(new Random(1 + this.input.below(PLANTS)))
    const flags = this.input.octet()
    this.whole = open(this.plant, 1, 0)
    if ((flags & 1) === 0) this.octets(Frames.u(Frames.U.startdt))
  }

  run(): void {
    for (let n = 0; !this.input.isOver && n < STEPS_MAX; n++) this.step(this.input.below(OPS))
    this.flush()
    const size = Snapshot.print(this.whole.state).length
    hold(size <= STATE + STATE_AN_OCTET * this.came, () => `a state of ${size} characters after ${this.came} octets`)
  }

  private step(op: number): void {
    const { input } = this
    switch (op) {
      case Op.Asdu:
        return this.frame(input.take(input.below(ASDU_MAX + 1)))
      case Op.Named:
        return this.named(input.octet(), input.octet(), input.take(6 + input.below(12)))
      case Op.Octets:
        return this.octets(input.take(input.octet()))
      case Op.Acknowledge:
        return this.octets(Frames.s((this.nr - input.below(4)) & 0x7fff))
      case Op.Function:
        return this.octets(Frames.u(input.pick(FUNCTIONS)))
      case Op.Hold:
        this.isHeld = !this.isHeld
        return
    }
    this.flush()
    switch (op) {
      case Op.Tick:
        this.nowMs += input.pick(PAUSES_MS)
        return this.reduce(this.plain("tick"))
      case Op.Ready:
        this.room = input.pick(ROOMS)
        this.isFree &&= this.room === ROOM
        return this.reduce(this.plain("ready"))
      case Op.Decide:
        return this.decide(input.octet(), input.octet())
      case Op.Refreshed:
        return this.reduce({ ...this.plain("refreshed"), refreshed: this.refreshes.shift() ?? input.octet() })
      case Op.Disturb:
        Scenario.disturb(new Random(input.octet()), this.plant)
        return this.reduce(this.plain("ready"))
      case Op.End:
        return this.reduce(this.plain(input.pick(["shutdown", "peerClosed", "broken"] as const)))
    }
  }

  private named(station: number, point: number, asdu: Uint8Array): void {
    const stations = Core.Image.all(this.plant.image)
    const { ca, blocks } = stations[station % stations.length] as (typeof stations)[number]
    const block = blocks[point % blocks.length] as Core.Block
    const ioa = block.ioa[(point >> 4) % Math.max(1, block.length)] ?? 1
    const [type = 45, cause = 6, oa = 0, ...element] = asdu
    const ofBlock = type >= 200 ? block.of.type : type
    this.frame(Frames.asdu(ofBlock, cause, oa & 3, ca, Math.max(0, ioa), ...element))
  }

  private frame(asdu: Uint8Array): void {
    this.octets(Frames.i(this.ns, this.nr, asdu))
    this.ns = (this.ns + 1) & 0x7fff
  }

  private octets(octets: Uint8Array): void {
    this.held.push(octets)
    if (!this.isHeld) this.flush()
  }

  private flush(): void {
    if (this.held.length === 0) return
    const octets = Frames.join(...this.held)
    this.held = []
    this.came += octets.length
    for (let at = 0; at < octets.length; ) {
      const size = this.cuts === null ? octets.length : 1 + this.cuts.below(this.cuts.pick([2, 7, 300]))
      this.reduce(Core.SessionEvent.received(this.nowMs, this.plant.ends, this.room, octets.slice(at, at + size)))
      at += size
    }
  }

  private plain(kind: Core.SessionEvent.Kind): Core.SessionEvent.SessionEvent {
    return Core.SessionEvent.plain(kind, this.nowMs, this.plant.ends, this.room)
  }

  private decide(which: number, how: number): void {
    const answered = which === 255 ? this.asked : this.asked.filter((_, at) => (which >> (at & 7)) & 1)
    this.asked = this.asked.filter((id) => !answered.includes(id))
    const decisions = (which === 254 ? [which] : answered).map(
      (id): Core.Decision => ({
        id,
        confirm: ([1, 1, -1, 0] as const)[how & 3] as Core.Decision["confirm"],
        terminate: (how & 4) === 0,
        keep: (how & 8) !== 0,
        barrier: (how & 16) === 0 ? -1 : Core.Ledger.mark(this.plant.ends[0] ?? 0, 0),
        timeLow: how,
        timeHigh: how
      })
    )
    this.reduce(Core.SessionEvent.decided(this.nowMs, this.plant.ends, this.room, decisions))
  }

  private reduce(event: Core.SessionEvent.SessionEvent): void {
    let next: Core.SessionEvent.SessionEvent | null = event
    for (let n = 0; next !== null; n++) {
      hold(n < MORE_MAX, () => `${event.kind} asks for more and more`)
      next = this.reduction(next)
    }
  }

  /** One reduction; what has to follow it. */
  private reduction(event: Core.SessionEvent.SessionEvent): Core.SessionEvent.SessionEvent | null {
    const { plant } = this
    const before = this.whole.state
    const { after, outputs } = step(plant.world, this.whole, event)
    this.whole = after
    const octets = outputs.octets.slice(outputs.start, outputs.end)
    this.said.push(Core.Hex.octetsToHex(octets))
    const frames = Frames.split(octets)
    if (this.looked)
      for (const [name, rule] of Object.entries(rules)) {
        const problem = rule({ plant, before, event, after: after.state, cursor: after.cursor, outputs, frames })
        hold(problem === "", () => `${name}: ${problem}`)
      }
    for (const { format, ns } of frames) if (format === "I") this.nr = (ns + 1) & 0x7fff
    let asks = false
    for (const notice of outputs.notices) {
      if (notice.kind === "holding" || notice.kind === "stopping") asks = true
      else if (notice.kind === "refresh") this.refreshes.push(notice.id)
      else if (notice.kind === "command" || notice.kind === "clock") this.asked.push(notice.id)
    }
    if (asks) return Core.SessionEvent.decided(this.nowMs, plant.ends, this.room, [], "resumed")
    return outputs.more ? this.plain("ready") : null
  }
}

/** The sum of an input: how it is cut depends on all of it. */
const sumOf = (input: Uint8Array): number => input.reduce((sum, octet) => (Math.imul(sum, 31) + octet) | 0, 7)

function run(input: Uint8Array): void {
  const whole = new Play(input, null, true)
  whole.run()
  if (!whole.isFree) return
  const pieces = new Play(input, new Random(sumOf(input)), false)
  pieces.run()
  const [one, other] = [whole.said.join(""), pieces.said.join("")]
  let at = 0
  while (at < one.length && one[at] === other[at]) at++
  const from = (text: string): string => `${text.slice(at, at + SHOWN)} of ${text.length}`
  hold(one === other, () => `behind ${at} digits is said ${from(one)}, and where it comes in pieces ${from(other)}`)
}

/** A run of a transcript as an input, for one of the plants. */
function inputOf(said: readonly Seeds.Said[], plant: number): Uint8Array {
  const parts = said.map((one) => {
    const octets = "asdu" in one ? one.asdu.subarray(0, ASDU_MAX) : one.octets.subarray(0, 255)
    return Uint8Array.of("asdu" in one ? Op.Asdu : Op.Octets, octets.length, ...octets)
  })
  return Frames.join(Uint8Array.of(plant % PLANTS, 1), ...parts)
}

/** One of each thing that can happen. */
const each = Frames.join(
  Uint8Array.of(3, 0, Op.Disturb, 9, Op.Ready, 0),
  Uint8Array.of(Op.Asdu, 10, ...Frames.interrogation(1), Op.Acknowledge, 0, Op.Hold),
  Uint8Array.of(
    Op.Named,
    0,
    1,
    0,
    250,
    6,
    0,
    1,
    0,
    0,
    Op.Named,
    0,
    1,
    0,
    250,
    6,
    0,
    0x81,
    0,
    0,
    Op.Hold,
    Op.Decide,
    255,
    0
  ),
  Uint8Array.of(Op.Function, 4, Op.Tick, 4, Op.Refreshed, 1, Op.Octets, 6, ...Frames.u(Frames.U.stopdt), Op.End, 0)
)

export const target: Target = {
  name: "reducer",
  about: "a session that is given hostile octets, by the core alone",
  seeds: () => [each, ...Seeds.transcripts().map(inputOf)],
  words: [
    ...Object.values(Op).map((op) => Uint8Array.of(op)),
    Uint8Array.of(Op.Acknowledge, 0),
    Uint8Array.of(Op.Decide, 255, 0),
    Uint8Array.of(Op.Tick, 7),
    Uint8Array.of(Op.Asdu, 10, ...Frames.interrogation(1)),
    Uint8Array.of(Op.Asdu, 10, ...Frames.interrogation(65_535)),
    Uint8Array.of(Op.Named, 0, 3, 0, 250, 6, 0, 0x81, 0, 0),
    Uint8Array.of(Op.Function, 2)
  ],
  text: false,
  most: 1200,
  work: { base: 200_000, octet: 8000 },
  batch: 16,
  run
}
