// What is due for a notice: the application is asked only for what can still be begun, and what it need not be asked for is
// answered, and told, as data.
import { describe, expect, it } from "vitest"
import * as Operation from "../../../src/core/command/Operation.ts"
import { SELECT_FIRST } from "../../../src/core/image/Block.ts"
import * as Flags from "../../../src/core/image/Flags.ts"
import * as Image from "../../../src/core/image/Image.ts"
import * as Limits from "../../../src/core/Limits.ts"
import * as Parameters from "../../../src/core/link/Parameters.ts"
import * as Profile from "../../../src/core/Profile.ts"
import * as Outcome from "../../../src/core/procedure/Outcome.ts"
import type { Notice } from "../../../src/core/session/Notice.ts"
import * as SessionEvent from "../../../src/core/session/SessionEvent.ts"
import * as Answers from "../../../src/core/station/Answers.ts"
import * as Ending from "../../../src/core/station/Ending.ts"
import type { Exchange } from "../../../src/core/station/Exchange.ts"
import * as Noticed from "../../../src/core/station/Noticed.ts"
import * as Outputs from "../../../src/core/station/Outputs.ts"
import { Station } from "../../../src/core/station/Station.ts"
import * as Frames from "../../property/support/Frames.ts"

const reading = { stoodStill: false, judgingMs: () => 0 }
const DEACTIVATION = 8

/** A station with command points 10 and 11 and a client that has begun. */
class Stage {
  readonly station: Station
  exchange: Exchange
  private sent = 0

  constructor() {
    this.station = new Station({
      link: Parameters.defaults,
      profile: Profile.iec,
      limits: Limits.defaults,
      packEvents: true,
      selectMs: 10_000,
      commandAgeMs: 0,
      files: false,
      clockByClients: true,
      clockValidMs: 0
    })
    this.station.addStation(1, Image.utc())
    const at = Image.station(this.station.world.image, 1)
    if (at !== undefined) this.station.addPoints(at, { ioa: 10, type: 45, count: 2, variants: {} }, 0, 0)
    this.exchange = this.opened()
  }

  /** A client with the number of the one before it, which has begun. */
  opened(): Exchange {
    this.sent = 0
    this.exchange = this.station.opened(1, 0)
    this.says(Frames.u(Frames.U.startdt))
    return this.exchange
  }

  /** What is noticed of a frame. */
  says(octets: Uint8Array): readonly Notice[] {
    const event = SessionEvent.received(0, this.station.publishing.logEnds(), 65_536, octets)
    const { notices } = this.exchange.reduce(this.station.settled(), event)
    this.station.note(1, notices)
    return notices
  }

  asks(asdu: Uint8Array): Notice {
    const [notice] = this.says(Frames.i(this.sent++, 0, asdu))
    return notice ?? expect.unreachable()
  }

  due = (notice: Notice, of: typeof reading = reading): Noticed.Due =>
    Noticed.follow(this.station, this.exchange, of, notice)
}

describe("what is due for a notice", () => {
  it("is the request itself where the application is to be asked", () => {
    for (const asdu of [Frames.command(1, 10), Frames.clock(1)]) {
      const stage = new Stage()
      const notice = stage.asks(asdu)
      expect(stage.due(notice)).toBe(notice)
      expect(Noticed.isAsked(stage.due(notice))).toBe(true)
    }
  })

  it("is nothing where nobody waits for it any more", () => {
    const stage = new Stage()
    const notice = stage.asks(Frames.command(1, 10))
    stage.exchange.reason = "PEER_CLOSED" as never
    expect(Noticed.isAsked(stage.due(notice))).toBe(false)
    expect(stage.due(notice).kind).toBe("nothing")
  })

  it("is a refusal where this process stood still, which is told with its octets", () => {
    const stage = new Stage()
    const notice = stage.asks(Frames.command(1, 10))
    if (notice.kind !== "command") return expect.unreachable()
    expect(stage.due(notice, { ...reading, stoodStill: true })).toEqual({
      kind: "answered",
      fact: { kind: "rejected", situation: "stale", apdu: expect.any(Uint8Array) },
      decision: Outcome.confirm(notice.id, "failure"),
      alone: false
    })
  })

  it("is a refusal where all ends, and one at its output where its session is about to", () => {
    const stage = new Stage()
    const notice = stage.asks(Frames.command(1, 10))
    stage.exchange.leaving = true
    expect(stage.due(notice)).toEqual({ kind: "turnedAway", command: notice })
    stage.station.end((ending) => Ending.stop(ending, true))
    expect(stage.due(notice)).toMatchObject({ kind: "answered", fact: { situation: "stopping" } })
  })

  it("is that it is judged anew, by itself, where a callback has removed its point", () => {
    const stage = new Stage()
    const notice = stage.asks(Frames.command(1, 10))
    if (notice.kind !== "command") return expect.unreachable()
    stage.station.removePoint(notice.block, notice.slot)
    expect(stage.due(notice)).toEqual({
      kind: "answered",
      fact: null,
      decision: Outcome.gone(notice.id),
      alone: true
    })
    stage.exchange.leaving = true
    expect(stage.due(notice)).toMatchObject({ decision: Outcome.gone(notice.id), alone: false })
  })

  it("is a refusal where the stations of a request are gone", () => {
    const stage = new Stage()
    const notice = stage.asks(Frames.clock(1))
    if (notice.kind !== "clock") return expect.unreachable()
    stage.station.removeStation(1)
    expect(stage.due(notice)).toMatchObject({ kind: "answered", decision: Outcome.confirm(notice.id, "failure") })
    expect(Answers.clock(stage.station, stage.exchange, notice, 0, 0)).toBe(null)
  })

  it("is that there is nothing to stop where nothing was begun", () => {
    const stage = new Stage()
    const notice = stage.asks(Frames.command(1, 10))
    if (notice.kind !== "command") return expect.unreachable()
    const due = stage.due({ ...notice, kind: "abandon" })
    expect(due).toMatchObject({ kind: "answered", fact: { situation: "nothingToDeactivate" } })
  })

  it("is that there is nothing to stop of whoever had the number of its session before", () => {
    const stage = new Stage()
    const notice = stage.asks(Frames.command(1, 10))
    if (notice.kind !== "command") return expect.unreachable()
    const { outputs, world } = stage.station
    const outlet = Outputs.of(outputs, world.profile, notice.block, notice.slot, 10)
    const said = { value: 1, quality: 0 } as never
    const manner = { twoPhases: true, termination: true, said, before: said, byClient: false, related: null } as const
    const begun = Operation.begun(stage.station.nextOperation(), 1, notice, 0, 0, true, manner, 0)
    Outputs.begin(outputs, outlet, { ...begun, phase: "executing", second: true, confirmed: true }, said)
    const stops = (): Noticed.Due => stage.due({ ...notice, kind: "abandon" })
    expect(stops().kind).toBe("cancelled")
    stage.opened()
    stage.asks(Frames.command(1, 11))
    expect(stops()).toMatchObject({ kind: "answered", fact: { situation: "nothingToDeactivate" } })
  })

  it("is told of selections as they come and go, which are noted, but not where the session is over", () => {
    const stage = new Stage()
    const [block] = Image.station(stage.station.world.image, 1)?.blocks ?? []
    if (block === undefined) return expect.unreachable()
    Flags.setSelect(block, block.find(10), SELECT_FIRST, true)
    const selected = stage.asks(Frames.command(1, 10, 0x81))
    expect([stage.due(selected), selected.kind]).toEqual([selected, "selected"])
    expect(stage.station.world.selections).not.toBe(null)
    const released = stage.asks(Frames.command(1, 10, 0x81, DEACTIVATION))
    expect([stage.due(released), released.kind]).toEqual([released, "released"])
    expect(stage.station.world.selections).toBe(null)
    stage.exchange.reason = "PEER_CLOSED" as never
    expect(stage.due(selected).kind).toBe("nothing")
  })
})

describe("the answer to a clock synchronisation", () => {
  it("sets the clock where it is yes, and has the time as it came", () => {
    const stage = new Stage()
    const notice = stage.asks(Frames.clock(1))
    if (notice.kind !== "clock") return expect.unreachable()
    const asked = Answers.clock(stage.station, stage.exchange, notice, Date.UTC(2026, 0, 1), 0)
    if (asked === null) return expect.unreachable()
    expect(Answers.synchronise(stage.station, asked, "failure")).toMatchObject({ id: notice.id, confirm: -1 })
    expect(stage.station.tagClock.aheadMs).toBe(null)
    expect(Answers.synchronise(stage.station, asked, "success")).toMatchObject({ confirm: 1, timeLow: asked.timeLow })
    expect(stage.station.tagClock.aheadMs).toBe(asked.timeMs)
  })
})
