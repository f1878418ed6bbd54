// An exchange without socket and clock: what the application says while it is asked, from within an observer, or while its
// session ends, goes over the wire in the order that is promised, and what was accepted begins when its client was told.
import { describe, expect, it } from "vitest"
import * as Cursor from "../../../src/core/log/Cursor.ts"
import type { Decision } from "../../../src/core/procedure/Notice.ts"
import * as Outcome from "../../../src/core/procedure/Outcome.ts"
import type { Notice } from "../../../src/core/session/Notice.ts"
import * as SessionEvent from "../../../src/core/session/SessionEvent.ts"
import * as SessionState from "../../../src/core/session/SessionState.ts"
import type { SessionOutputs } from "../../../src/core/session/SessionTurn.ts"
import * as Drain from "../../../src/core/station/Drain.ts"
import { Exchange } from "../../../src/core/station/Exchange.ts"
import * as Frames from "../../property/support/Frames.ts"
import { Plant } from "../../property/support/Peer.ts"

class Stage implements Drain.Runner {
  readonly plant = new Plant()
  readonly exchange: Exchange
  /** What has left, in words, with what the application did between. */
  readonly told: string[] = []
  onCommand: (id: number) => Decision | null = (id) => Outcome.command(id, "success", true, false, -1)
  private sent = 0

  constructor() {
    const block = this.plant.block(1, 45)
    for (const ioa of [10, 11, 12]) block.add(ioa)
    const state = SessionState.open(this.plant.world, 1, 0)
    this.exchange = new Exchange(state, Cursor.at(this.plant.ends, 0), 0)
    this.receive(Frames.u(Frames.U.startdt))
  }

  world = () => this.plant.world
  event = (kind: SessionEvent.Kind) => SessionEvent.plain(kind, 0, this.plant.ends, 65_536)
  decision = (decisions: readonly Decision[], kind: "decided" | "resumed") =>
    SessionEvent.decided(0, this.plant.ends, 65_536, decisions, kind)
  renewed = (event: SessionEvent.SessionEvent) => event
  begin = (operation: number) => void this.told.push(`begins ${operation}`)
  rest = (outputs: SessionOutputs) => (outputs.more ? this.event("ready") : null)

  take = ({ octets, start, end }: SessionOutputs): void => {
    for (const { format, type, cause } of Frames.split(octets.slice(start, end)))
      if (format === "I") this.told.push(`${type}:${cause}`)
      else if (format === "S") this.told.push("S")
  }

  act = (notice: Notice): boolean => {
    if (notice.kind === "command" || notice.kind === "closed") this.told.push(notice.kind)
    if (notice.kind !== "command") return notice.kind === "holding" || notice.kind === "stopping"
    const decision = this.onCommand(notice.id)
    if (decision !== null) this.exchange.collect(decision)
    return true
  }

  receive(octets: Uint8Array): void {
    Drain.dispatch(this, SessionEvent.received(0, this.plant.ends, 65_536, octets))
  }

  command(...ioas: readonly number[]): void {
    this.receive(Frames.join(...ioas.map((ioa) => Frames.i(this.sent++, 0, Frames.command(1, ioa)))))
  }
}

describe("an exchange", () => {
  it("hands on all commands of a chunk, and has their answers leave together", () => {
    const stage = new Stage()
    stage.command(10, 11)
    expect(stage.told).toEqual(["command", "command", "45:7", "45:10", "45:7", "45:10"])
  })

  it("lets what is said within a callback leave at once, and what was collected before goes ahead", () => {
    const stage = new Stage()
    stage.onCommand = (id) => {
      stage.exchange.collect(Outcome.command(id, "success", true, false, -1))
      if (id > 1) Drain.tellCollected(stage)
      return null
    }
    stage.command(10, 11, 12)
    expect(stage.told.filter((one) => one === "45:10").length).toBe(3)
    expect(stage.told.indexOf("45:7")).toBeLessThan(stage.told.lastIndexOf("command"))
  })

  it.each<[string, (stage: Stage) => void, readonly string[]]>([
    ["a request", (stage) => stage.command(99), ["45:111"]],
    ["another command", (stage) => stage.command(11), ["command", "45:7", "45:10"]],
    ["STOPDT", (stage) => stage.receive(Frames.join(Frames.s(2), Frames.u(Frames.U.stopdt))), []],
    ["the end of the peer", (stage) => Drain.dispatch(stage, stage.event("peerClosed")), ["closed"]]
  ])("has what was said before told ahead of what comes behind it: %s", (_, comes, behind) => {
    const stage = new Stage()
    stage.onCommand = () => null
    stage.command(10)
    stage.onCommand = (id) => Outcome.command(id, "success", true, false, -1)
    stage.exchange.collect(Outcome.command(1, "success", true, false, -1))
    stage.told.length = 0
    comes(stage)
    expect(stage.told.filter((one) => one !== "S")).toEqual(["45:7", "45:10", ...behind])
  })

  it("begins what was accepted behind its confirmation, not within what tells of it", () => {
    const stage = new Stage()
    stage.onCommand = (id) => {
      stage.exchange.afterwards(id, 7)
      stage.exchange.collect({ ...Outcome.confirm(id, "success"), keep: true, goesOn: true })
      Drain.announce(stage, () => stage.told.push("fact"))
      return null
    }
    stage.command(10)
    expect(stage.told).toEqual(["command", "fact", "45:7", "begins 7"])
  })

  it("ends behind the answers of the chunk in which that was wanted, and asks for nothing more", () => {
    const stage = new Stage()
    stage.onCommand = (id) => {
      expect(Drain.end(stage, "shutdown")).toBe(false)
      expect(stage.exchange.leaving).toBe(true)
      return Outcome.command(id, "success", true, false, -1)
    }
    stage.command(10)
    expect(stage.told).toEqual(["command", "45:7", "45:10", "closed"])
    stage.command(11)
    expect(stage.told.at(-1)).toBe("closed")
    expect(stage.exchange.awaits(1)).toBe(false)
  })
})
