// Commands and clock synchronisation: asked once, answered with the octets of the request; a time-out refuses, a late
// answer is dropped, and a termination waits for the events that belong to it.
import { describe, expect, it } from "vitest"
import { Ledger, SessionState } from "../../../src/core/index.ts"
import * as Frames from "../../property/support/Frames.ts"
import { type Options, Plant, type Point, started } from "../../property/support/Peer.ts"

const given = (options: Options = {}) => {
  const plant = new Plant(options)
  const [command] = plant.add(plant.block(1, 45), 100)
  const [setPoint] = plant.add(plant.block(1, 50), 200)
  const [feedback] = plant.add(plant.block(1, 30), 300)
  return { plant, peer: started(plant), command, setPoint, feedback: feedback as Point }
}

const causes = (frames: readonly Frames.Frame[]): readonly number[] =>
  frames.flatMap(({ format, cause }) => (format === "I" ? [cause] : []))

describe("a command", () => {
  it("is asked once with its value, and confirmed and terminated with its own octets", () => {
    const { peer, command } = given()
    expect(causes(peer.send(Frames.asdu(45, 6, 9, 1, 100, 0x05)))).toEqual([])
    const [asked] = peer.of("command")
    expect(asked).toMatchObject({
      slot: command?.slot,
      type: 45,
      ca: 1,
      ioa: 100,
      value: 1,
      qualifier: 1,
      originator: 9
    })
    const frames = peer.decide(asked?.id ?? 0)
    expect(causes(frames)).toEqual([7, 10])
    for (const { octets } of frames)
      expect([...octets.subarray(6, 8), ...octets.subarray(9)]).toEqual([45, 1, 9, 1, 0, 100, 0, 0, 0x05])
    expect(frames[0]?.nr).toBe(1)
  })

  it.each([
    ["refused", { confirm: -1, terminate: false }, [7 | 0x40]],
    ["confirmed only", { confirm: 1, terminate: false }, [7]],
    ["terminated only", { confirm: 0, terminate: true }, [10]]
  ] as const)("is %s", (_, decision, expected) => {
    const { peer } = given()
    peer.send(Frames.command(1, 100))
    expect(causes(peer.decide(1, decision))).toEqual(expected)
    expect(causes(peer.decide(1))).toEqual([])
  })

  it("is refused when no decision comes in time, and a later answer is dropped", () => {
    const { plant, peer } = given({ limits: { decisionMs: 500 } })
    peer.send(Frames.command(1, 100))
    expect(SessionState.deadline(plant.world, peer.state)).toBe(500)
    expect(causes(peer.tick(499))).toEqual([])
    expect(causes(peer.tick(1))).toEqual([7 | 0x40])
    expect(peer.of("timedOut")).toEqual([{ kind: "timedOut", id: 1 }])
    expect(causes(peer.decide(1))).toEqual([])
    expect(causes(peer.tick(500))).toEqual([])
  })

  it("that is kept never times out, and is terminated later", () => {
    const { peer } = given({ limits: { decisionMs: 500 } })
    peer.send(Frames.command(1, 100))
    expect(causes(peer.decide(1, { confirm: 1, terminate: false, keep: true }))).toEqual([7])
    peer.acknowledge()
    expect(causes(peer.tick(5000))).toEqual([])
    expect(causes(peer.decide(1, { confirm: 0 }))).toEqual([10])
  })

  it("is dropped by STOPDT", () => {
    const { peer } = given({ limits: { decisionMs: 500 } })
    peer.send(Frames.command(1, 100))
    peer.stop()
    expect(causes([...peer.start(), ...peer.decide(1), ...peer.tick(1000)])).toEqual([])
  })

  it("is refused when too many wait", () => {
    const { peer } = given({ limits: { decisionsPerSession: 2 } })
    expect(causes(peer.send(...[1, 2, 3].map(() => Frames.command(1, 100))))).toEqual([7 | 0x40])
    expect(peer.of("command")).toHaveLength(2)
    expect(peer.of("rejected").map(({ situation }) => situation)).toEqual(["tooManyRequests"])
  })

  it("with T = 1 is confirmed and terminated without asking", () => {
    const { peer } = given()
    expect(causes(peer.send(Frames.command(1, 100, 1, 0x86)))).toEqual([0x87, 0x8a])
    expect(peer.of("command")).toEqual([])
  })

  it("does not wait for the window to be asked, only to be answered", () => {
    const { plant, peer, feedback } = given({ link: { k: 1, w: 8 }, packEvents: false })
    plant.publish(feedback, 1)
    peer.ready()
    const send = Frames.i(0, 0, Frames.command(1, 100))
    expect(peer.octets(send)).toEqual([])
    expect(peer.of("command")).toHaveLength(1)
    expect(peer.decide(1)).toEqual([])
    expect(causes(peer.acknowledge())).toEqual([7])
    expect(causes(peer.acknowledge())).toEqual([10])
  })
})

describe("a termination with a barrier", () => {
  it("waits until the events before it are sent; other answers pass", () => {
    const { plant, peer, feedback } = given({ link: { k: 2, w: 8 }, packEvents: false })
    for (let n = 0; n < 4; n++) plant.publish(feedback, n & 1)
    peer.ready()
    peer.octets(Frames.i(0, 0, Frames.command(1, 100)), Frames.i(1, 0, Frames.command(1, 100)))
    expect(peer.decide(1, { barrier: Ledger.mark(4, 0) })).toEqual([])
    expect(peer.decide(2, { confirm: -1, terminate: false })).toEqual([])
    peer.octets(Frames.i(2, 0, Frames.command(1, 99)))
    // What is said at its own address goes behind it.
    expect(causes(peer.drain())).toEqual([7, 47 | 0x40, 3, 3, 10, 7 | 0x40])
  })

  it("is given up after t1", () => {
    const { plant, peer } = given({ link: { t1Ms: 3000, t2Ms: 1000 } })
    peer.send(Frames.command(1, 100))
    expect(causes(peer.decide(1, { barrier: Ledger.mark(50, 0) }))).toEqual([7])
    peer.acknowledge()
    expect(SessionState.deadline(plant.world, peer.state)).toBe(3000)
    expect(causes(peer.tick(2999))).toEqual([])
    expect(causes(peer.tick(1))).toEqual([10])
  })
})

describe("refusals", () => {
  const sp = (ioa: number, element: number, cause = 6) => Frames.asdu(45, cause, 0, 1, ioa, element)
  it.each([
    ["unknownObject", sp(101, 1), 47 | 0x40],
    ["unknownCommonAddress", Frames.asdu(45, 6, 0, 7, 100, 1), 46 | 0x40],
    ["unknownCommonAddress", Frames.asdu(45, 6, 0, 65_535, 100, 1), 46 | 0x40],
    ["unknownType", Frames.asdu(1, 6, 0, 1, 100, 1), 44 | 0x40],
    ["unknownType", Frames.asdu(200, 6, 0, 1, 100, 1), 44 | 0x40],
    ["unknownCause", sp(100, 1, 3), 45 | 0x40],
    ["nothingToDeactivate", sp(100, 1, 8), 9 | 0x40],
    ["qualifier", sp(100, 0x11), 7 | 0x40],
    ["value", Frames.asdu(50, 6, 0, 1, 200, 0, 0, 0xc0, 0x7f, 0), 7 | 0x40],
    ["surplusOctets", Frames.asdu(45, 6, 0, 1, 100, 1, 0), 7 | 0x40],
    ["invalidTime", Frames.asdu(103, 6, 0, 1, 0, 0, 0, 0x80, 0, 1, 1, 1), 7 | 0x40]
  ])("%s is answered once", (situation, asdu, expected) => {
    const { peer } = given()
    expect(causes(peer.send(asdu))).toEqual([expected])
    expect(peer.of("rejected").map((notice) => notice.situation)).toEqual([situation])
    expect(peer.closed).toBe("")
  })

  it("never mirror a mirror", () => {
    const { peer } = given()
    expect(causes(peer.send(...[44, 45, 46, 47].map((cause) => sp(100, 1, cause | 0x40))))).toEqual([])
    expect(peer.closed).toBe("")
  })

  it.each([
    ["a truncated object", Uint8Array.of(45, 1, 6, 0, 1, 0, 100, 0, 0)],
    ["no object", Uint8Array.of(45, 0, 6, 0, 1, 0)],
    ["a truncated header", Uint8Array.of(45, 1, 6)],
    ["nothing", new Uint8Array(0)]
  ])("close for %s", (_, asdu) => {
    const { peer } = given()
    expect(causes(peer.send(asdu))).toEqual([])
    expect(peer.closed).toBe("MALFORMED_ASDU")
  })

  it("close when too many answers wait", () => {
    const { peer } = given({ limits: { repliesPerSession: 16 } })
    for (let n = 0; n < 40 && peer.closed === ""; n++) peer.octets(Frames.i(n, 0, sp(999, 1)))
    expect(peer.closed).toBe("REPLY_OVERFLOW")
    expect(peer.ns + peer.state.receivedFrames).toBe(12 + 17)
  })
})

describe("clock synchronisation", () => {
  it("is asked once and confirmed with the station's own time", () => {
    const { peer } = given()
    peer.send(Frames.clock(1))
    expect(peer.of("clock")).toHaveLength(1)
    const [confirmed] = peer.decide(1, { terminate: false, timeLow: 0x04030201, timeHigh: 0x070605 })
    expect([...(confirmed?.octets ?? []).slice(6)]).toEqual([103, 1, 7, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7])
  })

  it("by the global address is asked once and confirmed for each station", () => {
    const { plant, peer } = given({ profile: { clockConfirmation: "echo" } })
    plant.block(2, 1)
    peer.send(Frames.clock(65_535))
    expect(peer.of("clock")).toHaveLength(1)
    const frames = peer.decide(1, { terminate: false })
    expect(frames.map(({ ca, cause }) => [ca, cause])).toEqual([
      [1, 7],
      [2, 7]
    ])
    expect([...(frames[0]?.octets ?? []).slice(15)]).toEqual([...Frames.clock(1).slice(9)])
  })
})
