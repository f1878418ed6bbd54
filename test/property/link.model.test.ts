// The link against its model: any order of STARTDT, STOPDT, TESTFR, requests, acknowledgements, events and waiting.
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Core from "../../src/core/index.ts"
import * as Frames from "./support/Frames.ts"
import { LinkModel, type Rules } from "./support/LinkModel.ts"
import { Peer, Plant, type Point } from "./support/Peer.ts"

const names: Readonly<Record<number, string>> = {
  [Frames.U.startdtCon]: "STARTDT con",
  [Frames.U.stopdtCon]: "STOPDT con",
  [Frames.U.testfr]: "TESTFR act",
  [Frames.U.testfrCon]: "TESTFR con"
}

class Real {
  readonly plant: Plant
  readonly peer: Peer
  readonly point: Point
  private readonly hear: (text: string) => void
  private said = 0

  constructor({ k, w, t1, t2, t3 }: Rules, hear: (text: string) => void) {
    this.hear = hear
    this.plant = new Plant({ link: { k, w, t1Ms: t1, t2Ms: t2, t3Ms: t3 }, packEvents: false })
    const [point] = this.plant.add(this.plant.block(1, 30), 7)
    if (point === undefined) throw new Error("no point")
    this.point = point
    this.peer = new Peer(this.plant)
  }

  /** What came out, as the model writes it; the reason of a close stands last. */
  text(frames: readonly Frames.Frame[]): string {
    const texts = frames.map(({ format, ns, nr, code }) =>
      format === "I" ? `I ${ns} ${nr}` : format === "S" ? `S ${nr}` : (names[code] ?? `U ${code}`)
    )
    const closed = this.peer.of("closed").slice(this.said)
    this.said += closed.length
    const text = [...texts, ...closed.map(({ reason }) => reason)].join(", ")
    this.hear(text)
    return text
  }
}

/** A step of the model and the same step of the session: they put out the same and wait for the same moment. */
class Step implements fc.Command<LinkModel, Real> {
  private readonly name: string
  private readonly expected: (model: LinkModel) => void
  private readonly happens: (real: Real, model: LinkModel) => readonly Frames.Frame[]

  constructor(
    name: string,
    expected: (model: LinkModel) => void,
    happens: (real: Real, model: LinkModel) => readonly Frames.Frame[]
  ) {
    this.name = name
    this.expected = expected
    this.happens = happens
  }

  check(model: Readonly<LinkModel>): boolean {
    return model.phase !== "closed"
  }

  run(model: LinkModel, real: Real): void {
    const frames = this.happens(real, model)
    this.expected(model)
    expect(real.text(frames)).toBe(model.take())
    expect(Core.SessionState.deadline(real.plant.world, real.peer.state)).toBe(model.deadline)
    expect(real.peer.state.link.ledger.high - real.peer.state.link.ledger.low).toBe(model.inFlight.length)
  }

  toString(): string {
    return this.name
  }
}

/** N(R) that acknowledges `count` frames of those in flight before the step. */
const receiveNumber = (model: LinkModel, count: number): number => (model.sent - model.inFlight.length + count) & 0x7fff

/** As many as are in flight, but the last `behind`; one too many when `wrong`. */
const counted = (model: LinkModel, behind: number, wrong: boolean): number =>
  wrong ? model.inFlight.length + 1 : Math.max(0, model.inFlight.length - behind)

const acknowledgement = fc.record({ behind: fc.integer({ min: 0, max: 4 }), wrong: fc.integer({ min: 0, max: 40 }) })
const u = (name: string, code: number, expected: (model: LinkModel) => void) =>
  fc.constant(new Step(name, expected, ({ peer }) => peer.octets(Frames.u(code))))

const commands = [
  u("STARTDT", Frames.U.startdt, (model) => model.start()),
  u("STARTDT", Frames.U.startdt, (model) => model.start()),
  u("STOPDT", Frames.U.stopdt, (model) => model.stop()),
  u("TESTFR act", Frames.U.testfr, (model) => model.test()),
  u("TESTFR con", Frames.U.testfrCon, (model) => model.confirmTest()),
  ...[true, false].map((request) =>
    acknowledgement.map(({ behind, wrong }) => {
      let count = 0
      return new Step(
        `${request ? "request" : "S"} behind ${behind}${wrong === 0 ? " wrong" : ""}`,
        (model) => model.hear(count, request),
        ({ peer }, model) => {
          count = counted(model, behind, wrong === 0)
          const nr = receiveNumber(model, count)
          if (!request) return peer.octets(Frames.s(nr))
          return peer.octets(Frames.i(model.received & 0x7fff, nr, Frames.asdu(45, 6, 0, 999, 1, 1)))
        }
      )
    })
  ),
  fc.integer({ min: 1, max: 9 }).map(
    (count) =>
      new Step(
        `publish ${count}`,
        (model) => model.publish(count),
        ({ plant, peer, point }) => {
          for (let n = 0; n < count; n++) plant.publish(point, n & 1)
          return peer.ready()
        }
      )
  ),
  fc.constantFrom(1, 999, 1000, 3000, 5000).map(
    (ms) =>
      new Step(
        `wait ${ms}`,
        (model) => model.wait(ms),
        ({ peer }) => peer.tick(ms)
      )
  )
]

const rules = fc.record({
  k: fc.constantFrom(1, 2, 3, 12),
  w: fc.constantFrom(1, 2, 8),
  t1: fc.constantFrom(3000, 15_000),
  t2: fc.constantFrom(1000, 2000),
  t3: fc.constantFrom(2000, 20_000)
})

const property = (change: (model: LinkModel) => void, hear: (text: string) => void = () => {}) =>
  fc.property(rules, fc.commands(commands, { maxCommands: 100, size: "max" }), (chosen, steps) => {
    fc.modelRun(() => {
      const model = new LinkModel(chosen)
      change(model)
      return { model, real: new Real(chosen, hear) }
    }, steps)
  })

describe("the link and its model", () => {
  it("agree over any order of steps", () => {
    fc.assert(
      property(() => {}),
      { numRuns: 4000 }
    )
  })

  it("disagree when the model believes in a wider window", () => {
    const wider = property((model) => Object.assign(model, { rules: { ...model.rules, k: model.rules.k + 1 } }))
    expect(fc.check(wider, { numRuns: 1500 }).failed).toBe(true)
  })
})
