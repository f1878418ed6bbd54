// Every checker hears a transcript in which something is wrong, and says so; and one in which nothing is, and says nothing.
import { describe, expect, it } from "vitest"
import { CheckAnswers } from "../../../src/core/simulation/CheckAnswers.ts"
import { CheckCommands } from "../../../src/core/simulation/CheckCommands.ts"
import { CheckEvents } from "../../../src/core/simulation/CheckEvents.ts"
import { CheckLink } from "../../../src/core/simulation/CheckLink.ts"
import * as Codec from "../../../src/core/simulation/Codec.ts"
import * as Plant from "../../../src/core/simulation/Plant.ts"
import { Violation, Watch } from "../../../src/core/simulation/Watch.ts"

const SELECT = Codec.asdu(45, 6, 0, 1, 100, 0x81)
const EXECUTE = Codec.asdu(45, 6, 0, 1, 100, 1)
const { u, s, i, asdu } = Codec
const BOUNDS = { k: 2, w: 2, t1Ms: 1000, t2Ms: 300, t3Ms: 2000, maxApduLength: 253, slackMs: 10 }

function point(ioa: number, command: boolean): Plant.Point {
  return {
    ca: 1,
    ioa,
    type: command ? 45 : 7,
    untagged: command ? 45 : 7,
    command,
    selects: command,
    group: 0,
    counterGroup: 0,
    bornAt: 0,
    goneAt: 0,
    ref: null as never,
    said: [Plant.encode(7, 0, 0)],
    first: 0,
    tag: null,
    changes: 0,
    unfit: false
  }
}

/** A stage for a transcript of session 1: what comes, what is sent, and what the application does. */
class Stage {
  nowMs = 0
  readonly plant = new Plant.Plant()
  readonly monitored = point(10, false)
  readonly command = point(100, true)
  readonly watch: Watch

  constructor() {
    const now = (): number => this.nowMs
    const events = new CheckEvents()
    events.plant = this.plant
    this.plant.stations.push(1)
    this.plant.add(this.monitored)
    this.plant.add(this.command)
    const commands = new CheckCommands(now, 500, 10)
    commands.plant = this.plant
    const answers = new CheckAnswers({ 7: [3, 5, 20], 45: [7, 9, 10, 44, 45, 46, 47] })
    this.watch = new Watch([new CheckLink(BOUNDS, now), answers, commands, events], now, 0)
    this.watch.opened(1)
  }

  got(...frames: readonly Uint8Array[]): this {
    for (const frame of frames) this.watch.got(1, frame)
    return this
  }

  sent(...frames: readonly Uint8Array[]): this {
    for (const frame of frames) this.watch.sent(1, frame)
    this.watch.turned(1, 0)
    return this
  }

  started(): this {
    return this.got(u(Codec.STARTDT_ACT)).sent(u(Codec.STARTDT_CON))
  }

  later(ms: number): this {
    this.nowMs += ms
    this.watch.turned(1, 0)
    return this
  }

  publish(value: number): Uint8Array {
    Plant.say(this.monitored, Plant.encode(7, value, 0), null)
    const octets = Plant.present(this.monitored)
    this.watch.published({ point: this.monitored, state: Plant.newest(this.monitored), type: 7, cause: 3, octets })
    return Codec.asdu(7, 3, 0, 1, 10, ...octets)
  }

  begin(of: Uint8Array, operation = 1): this {
    this.watch.begun({ operation, session: 1, point: this.command, selected: true, asdu: of })
    return this
  }

  closed(reason: string): this {
    this.watch.closed(1, reason)
    return this
  }
}

const withCause = (of: Uint8Array, cause: number): Uint8Array =>
  Uint8Array.from(of, (octet, at) => (at === 2 ? cause : octet))
const value = (cause: number, octet: number): Uint8Array => asdu(7, cause, 0, 1, 10, octet, 0, 0, 0, 0)
const interrogation = (cause: number): Uint8Array => asdu(100, cause, 0, 1, 0, 20)

/** What is wrong, who says so, and with which words. */
const wrong: readonly (readonly [string, RegExp, (stage: Stage) => unknown])[] = [
  ["data before STARTDT", /link.*not started/, (stage) => stage.sent(i(0, 0, stage.publish(1)))],
  ["a send number is left out", /link.*N\(S\)/, (stage) => stage.started().sent(i(1, 0, stage.publish(1)))],
  ["more than was received is acknowledged", /link.*N\(R\)/, (stage) => stage.started().sent(s(1))],
  [
    "the window is overrun",
    /link.*k is 2/,
    (stage) => stage.started().sent(i(0, 0, stage.publish(1)), i(1, 0, stage.publish(2)), i(2, 0, stage.publish(3)))
  ],
  [
    "w frames are not acknowledged",
    /link.*w is 2/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, asdu(102, 5, 0, 1, 10)), i(1, 0, asdu(102, 5, 0, 1, 10)))
        .sent()
  ],
  [
    "nothing is acknowledged within t2",
    /link.*not acknowledged after/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, asdu(102, 5, 0, 1, 10)))
        .later(400)
  ],
  [
    "t1 goes by",
    /link.*t1 is over/,
    (stage) =>
      stage
        .started()
        .sent(i(0, 0, stage.publish(1)))
        .later(1100)
  ],
  ["nothing is tested within t3", /link.*nothing is tested/, (stage) => stage.started().later(2100)],
  [
    "a test comes early",
    /link.*TESTFR act is sent after/,
    (stage) => stage.started().later(100).sent(u(Codec.TESTFR_ACT))
  ],
  ["a confirmation was not asked for", /link.*not asked/, (stage) => stage.started().sent(u(Codec.STARTDT_CON))],
  [
    "STOPDT is confirmed early",
    /link.*before all/,
    (stage) =>
      stage
        .started()
        .sent(i(0, 0, stage.publish(1)))
        .got(u(Codec.STOPDT_ACT))
        .sent(u(Codec.STOPDT_CON))
  ],
  ["it ends without a reason", /link.*keeps to the rules/, (stage) => stage.started().closed("SEQUENCE_NS")],
  [
    "it ends by t1 too early",
    /link.*by t1/,
    (stage) =>
      stage
        .started()
        .sent(i(0, 0, stage.publish(1)))
        .closed("T1_IFRAME")
  ],
  [
    "it goes on though its client has broken the rules",
    /link.*goes on/,
    (stage) =>
      stage
        .started()
        .got(i(5, 0, interrogation(6)))
        .sent()
        .watch.settled()
  ],
  ["an answer to nothing", /answers.*not asked/, (stage) => stage.started().sent(i(0, 0, interrogation(7)))],
  [
    "an answer twice",
    /answers.*not asked, or was answered/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, interrogation(6)))
        .sent(i(0, 1, interrogation(0x47)), i(1, 1, interrogation(7)))
  ],
  [
    "a termination without a confirmation",
    /answers.*without a confirmation/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, interrogation(6)))
        .sent(i(0, 1, interrogation(10)))
  ],
  [
    "no answer at all",
    /answers.*nothing answers/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, interrogation(6)))
        .sent(s(1))
        .watch.settled()
  ],
  ["a cause that no type has", /answers.*not legal/, (stage) => stage.started().sent(i(0, 0, value(12, 0)))],
  ["an ASDU that is too short", /answers.*octets/, (stage) => stage.started().sent(i(0, 0, value(3, 0).slice(0, 12)))],
  [
    "an answer behind STOPDT",
    /answers.*not asked/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, interrogation(6)), u(Codec.STOPDT_ACT))
        .sent(s(1), u(Codec.STOPDT_CON))
        .started()
        .sent(i(0, 1, interrogation(7)))
  ],
  ["a command that did not come", /commands.*than it came/, (stage) => stage.started().begin(EXECUTE)],
  [
    "a command without its select",
    /commands.*needs a select/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, EXECUTE))
        .begin(EXECUTE)
  ],
  [
    "a select of something else",
    /commands.*something else/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, asdu(45, 6, 0, 1, 100, 0x80)))
        .sent(i(0, 1, asdu(45, 7, 0, 1, 100, 0x80)))
        .got(i(1, 1, EXECUTE))
        .begin(EXECUTE)
  ],
  [
    "a select that is too old",
    /commands.*after its select/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, SELECT))
        .sent(i(0, 1, withCause(SELECT, 7)))
        .got(s(1))
        .later(600)
        .got(i(1, 1, EXECUTE))
        .begin(EXECUTE)
  ],
  [
    "a point that somebody else holds",
    /commands.*session 1 holds/,
    (stage) => {
      stage
        .started()
        .got(i(0, 0, SELECT))
        .sent(i(0, 1, withCause(SELECT, 7)))
      stage.nowMs += 10
      stage.watch.opened(2)
      stage.watch.got(2, u(Codec.STARTDT_ACT))
      stage.watch.sent(2, u(Codec.STARTDT_CON))
      stage.watch.got(2, i(0, 0, SELECT))
      stage.watch.sent(2, i(0, 1, withCause(SELECT, 7)))
    }
  ],
  [
    "two at one output",
    /commands.*while 1 runs/,
    (stage) => {
      const direct = { ...stage.command, selects: false }
      stage.started().got(i(0, 0, EXECUTE), i(1, 0, EXECUTE))
      for (const operation of [1, 2])
        stage.watch.begun({ operation, session: 1, point: direct, selected: false, asdu: EXECUTE })
    }
  ],
  [
    "a test that is begun",
    /commands.*is a test/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, withCause(EXECUTE, 0x86)))
        .begin(withCause(EXECUTE, 0x86))
  ],
  [
    "a yes that nobody gave",
    /commands.*without a yes/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, EXECUTE))
        .sent(i(0, 1, withCause(EXECUTE, 7)))
  ],
  [
    "an event that is left out",
    /events.*passed over/,
    (stage) => {
      stage.started().publish(1)
      stage.sent(i(0, 0, stage.publish(2)))
    }
  ],
  [
    "an event that never comes",
    /events.*passed over/,
    (stage) => {
      stage.started().publish(1)
      stage.watch.settled()
    }
  ],
  [
    "a lost event that is not healed",
    /events.*never told/,
    (stage) => {
      stage.started().publish(1)
      stage.watch.lost(1, 1)
      stage.watch.settled()
    }
  ],
  ["an event that was not published", /events.*not published/, (stage) => stage.started().sent(i(0, 0, value(3, 0)))],
  [
    "an event that is told twice",
    /events.*told twice/,
    (stage) => {
      const event = stage.started().publish(1)
      stage.sent(i(0, 0, event), i(1, 0, event))
    }
  ],
  [
    "events in another order",
    /events.*as it was before/,
    (stage) => {
      const first = stage.started().publish(1)
      const second = stage.publish(2)
      stage.sent(i(0, 0, second), i(1, 0, first))
    }
  ],
  ["a value that was never said", /events.*never said/, (stage) => stage.started().sent(i(0, 0, value(5, 9)))],
  [
    "a value that is older than what was told",
    /events.*before what was told/,
    (stage) => stage.started().sent(i(0, 0, stage.publish(1)), i(1, 0, value(5, 0)))
  ],
  [
    "an object twice in an interrogation",
    /events.*told twice in an interrogation/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, interrogation(6)))
        .sent(i(0, 1, interrogation(7)), i(1, 1, value(20, 0)))
        .got(s(2))
        .sent(i(2, 1, value(20, 0)))
  ],
  [
    "an interrogation that leaves a point out",
    /events.*was not told/,
    (stage) =>
      stage
        .started()
        .got(i(0, 0, interrogation(6)))
        .sent(i(0, 1, interrogation(7)), i(1, 1, interrogation(10)))
  ],
  ["an object of no interrogation", /events.*does not run/, (stage) => stage.started().sent(i(0, 0, value(20, 0)))]
]

describe.for(wrong)("%s", ([, words, play]) => {
  it("is seen", () => {
    expect(() => play(new Stage())).toThrow(Violation)
    expect(() => play(new Stage())).toThrow(words)
  })
})

it("sees that something is sent behind the end", () => {
  const link = new CheckLink(BOUNDS, () => 0)
  link.opened(1)
  link.closed(1, "LOCAL")
  expect(() => link.sent(1, Codec.read(s(0)))).toThrow(/behind the end/)
})

it("says nothing where nothing is wrong", () => {
  const stage = new Stage().started()
  stage.sent(i(0, 0, stage.publish(1)))
  stage.got(i(0, 1, interrogation(6)))
  stage.sent(i(1, 1, interrogation(7)), i(2, 1, value(20, 1))).got(s(3))
  stage.sent(i(3, 1, interrogation(10))).got(i(1, 4, SELECT))
  stage
    .sent(i(4, 2, withCause(SELECT, 7)))
    .got(i(2, 5, EXECUTE))
    .begin(EXECUTE)
  stage.watch.decided(1, "success", false)
  stage.watch.ended(1)
  stage.sent(i(5, 3, withCause(EXECUTE, 7)), i(6, 3, withCause(EXECUTE, 10))).got(s(7))
  stage.publish(2)
  stage.watch.lost(1, 1)
  stage.sent(i(7, 3, value(3, 2))).got(s(8))
  stage.got(u(Codec.STOPDT_ACT)).sent(u(Codec.STOPDT_CON))
  stage.watch.settled()
  stage.got(u(Codec.STARTDT_ACT)).sent(u(Codec.STARTDT_CON))
  stage.later(1900).later(100).sent(u(Codec.TESTFR_ACT))
  stage.later(1000).closed("T1_TESTFR")
  stage.watch.settled()
})
