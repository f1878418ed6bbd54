// Single steps of a session: states of data transfer, windows, timers, bounds of one call, and how it ends.
import { describe, expect, it } from "vitest"
import * as Core from "../../../src/core/index.ts"
import { Cursor, Link, reduce, SessionEvent, SessionState } from "../../../src/core/index.ts"
import * as Frames from "../../property/support/Frames.ts"
import { type Options, Peer, Plant, started } from "../../property/support/Peer.ts"
import { wholeSession } from "../../property/support/WholeSession.ts"

const { U } = Frames

const given = (options: Options = {}) => {
  const plant = new Plant({ packEvents: false, ...options })
  const [point] = plant.add(plant.block(1, 35), 1)
  plant.add(plant.block(1, 45), 2)
  if (point === undefined) throw new Error("no point")
  const publish = (count: number): void => {
    for (let n = 0; n < count; n++) plant.publish(point, n)
  }
  return { plant, publish, point }
}

const text = (frames: readonly Frames.Frame[]): string =>
  frames
    .map(({ format, code, ns, nr }) => (format === "U" ? `U${code}` : format === "S" ? `S${nr}` : `I${ns}`))
    .join(" ")

describe("data transfer", () => {
  it("is stopped first: events wait, I and S frames are violations", () => {
    const { plant, publish } = given()
    for (const frame of [Frames.s(0), Frames.i(0, 0, Frames.interrogation(1))]) {
      const peer = new Peer(plant)
      publish(2)
      expect(text(peer.ready())).toBe("")
      peer.octets(frame)
      expect(peer.closed).toBe("DATA_IN_STOPPED")
    }
  })

  it("starts with the confirmation, then events", () => {
    const { plant, publish } = given()
    const peer = new Peer(plant)
    publish(2)
    expect(text(peer.start())).toBe(`U${U.startdtCon} I0 I1`)
    expect(peer.notices).toEqual([{ kind: "started" }])
    expect(text(peer.start())).toBe(`U${U.startdtCon}`)
  })

  it("is begun anew without the answers that the window kept back before it was stopped", () => {
    for (const count of [2, 5]) {
      const { plant, publish } = given({ link: { k: 1, w: 8 } })
      const peer = started(plant)
      const unknown = Array.from({ length: count }, (_, n) => Frames.command(1, 900 + n))
      expect(text(peer.send(...unknown))).toBe("I0")
      peer.send(Frames.interrogation(1))
      peer.stop()
      expect(text(peer.acknowledge())).toBe(`U${U.stopdtCon}`)
      expect(text(peer.start())).toBe(`U${U.startdtCon}`)
      expect(text(peer.ready())).toBe("")
      publish(1)
      const [event, ...others] = peer.ready()
      expect([event?.type, event?.cause, text(others), text(peer.drain())]).toEqual([35, 3, "", ""])
    }
  })

  it("stops when all that was sent is acknowledged; numbers go on afterwards", () => {
    const { plant, publish } = given()
    const peer = started(plant)
    publish(3)
    peer.ready()
    expect(text(peer.stop())).toBe("")
    publish(1)
    expect(text(peer.ready())).toBe("")
    expect(text(peer.acknowledge(1))).toBe("")
    expect(text(peer.stop())).toBe("")
    expect(text(peer.acknowledge())).toBe(`U${U.stopdtCon}`)
    expect(text(peer.start())).toBe(`U${U.startdtCon} I3`)
  })

  it("acknowledges what was received before it stops", () => {
    const { plant } = given()
    const peer = started(plant)
    peer.send(Frames.command(1, 2))
    expect(text(peer.stop())).toBe(`S1 U${U.stopdtCon}`)
  })

  it("may start again before it has stopped", () => {
    const { plant, publish } = given()
    const peer = started(plant)
    publish(1)
    peer.ready()
    peer.stop()
    publish(1)
    expect(text(peer.start())).toBe(`U${U.startdtCon} I1`)
  })
})

describe("windows", () => {
  it("k frames at most are in flight", () => {
    const { plant, publish } = given({ link: { k: 3 } })
    const peer = started(plant)
    publish(10)
    expect(text(peer.ready())).toBe("I0 I1 I2")
    expect(text(peer.ready())).toBe("")
    expect(text(peer.acknowledge(2))).toBe("I3")
    expect(text(peer.acknowledge())).toBe("I4 I5 I6")
  })

  it("w frames are acknowledged by S at the latest", () => {
    const { plant } = given({ link: { w: 3 } })
    const peer = started(plant)
    const mirror = Frames.asdu(45, 6 | 0x40, 0, 1, 2, 1)
    const silent = Frames.asdu(45, 44, 0, 1, 2, 1)
    expect(text(peer.send(silent, silent))).toBe("")
    expect(text(peer.send(silent))).toBe("S3")
    expect(text(peer.send(silent, silent, silent, silent))).toBe("S6")
    expect(mirror).toHaveLength(10)
  })

  it("a request that is answered is acknowledged by its answer, not ahead of it, also when w is reached", () => {
    const { plant } = given({ link: { w: 1 } })
    const peer = started(plant)
    expect(text(peer.send(Frames.command(1, 2)))).toBe("")
    const answers = peer.decide(1, { terminate: false })
    expect([text(answers), answers[0]?.nr]).toEqual(["I0", 1])
    // One that nobody answers at once is acknowledged when that is known.
    peer.send(Frames.command(1, 2))
    expect(text(peer.reduce(SessionEvent.decided(peer.nowMs, plant.ends, peer.room, [])))).toBe("S2")
  })

  it.each([
    ["N(R) of a frame that was never sent", (peer: Peer) => peer.octets(Frames.s(4)), "SEQUENCE_NR"],
    ["N(R) that moves backwards", (peer: Peer) => [peer.acknowledge(), peer.octets(Frames.s(2))], "SEQUENCE_NR"],
    ["N(S) that skips", (peer: Peer) => peer.octets(Frames.i(1, 0, Frames.clock(1))), "SEQUENCE_NS"],
    [
      "N(S) that repeats",
      (peer: Peer) => peer.octets(...[0, 0].map(() => Frames.i(0, 0, Frames.clock(1)))),
      "SEQUENCE_NS"
    ]
  ])("%s closes", (_, act, reason) => {
    const { plant, publish } = given()
    const peer = started(plant)
    publish(3)
    peer.ready()
    act(peer)
    expect(peer.closed).toBe(reason)
    expect(peer.state.link.phase).toBe(Link.Phase.Closed)
    expect(text(peer.octets(Frames.u(U.testfr)))).toBe("")
    expect(SessionState.deadline(plant.world, peer.state)).toBe(Number.POSITIVE_INFINITY)
  })

  it("numbers go on after 32767", () => {
    const { plant, publish } = given()
    const peer = started(plant)
    publish(40_000)
    let count = peer.ready().length
    for (let found = peer.acknowledge(); found.length > 0; found = peer.acknowledge()) count += found.length
    expect(count).toBe(40_000)
    expect(peer.state.link.sendNumber).toBe(40_000 - 32_768)
    expect(peer.cursor.acknowledged).toEqual([40_000])
  })
})

describe("timers", () => {
  it("t1: an I frame that is not acknowledged ends the connection", () => {
    const { plant, publish } = given()
    const peer = started(plant)
    publish(1)
    peer.ready()
    peer.tick(10_000)
    peer.octets(Frames.u(U.testfr))
    expect(SessionState.deadline(plant.world, peer.state)).toBe(15_000)
    peer.tick(4999)
    expect(peer.closed).toBe("")
    peer.tick(1)
    expect(peer.closed).toBe("T1_IFRAME")
  })

  it("t2: a received I frame is acknowledged", () => {
    const { plant } = given()
    const peer = started(plant)
    peer.send(Frames.asdu(45, 44, 0, 1, 2, 1))
    expect(text(peer.tick(9999))).toBe("")
    expect(text(peer.tick(1))).toBe("S1")
  })

  it("t3: silence is tested, and a test that is not confirmed within t1 ends the connection", () => {
    const { plant } = given()
    const peer = new Peer(plant)
    expect(text(peer.tick(19_999))).toBe("")
    expect(text(peer.tick(1))).toBe(`U${U.testfr}`)
    expect(text(peer.tick(14_999))).toBe("")
    expect(peer.closed).toBe("")
    peer.tick(1)
    expect(peer.closed).toBe("T1_TESTFR")
  })

  it("a late call looks at what came before it judges t1", () => {
    const { plant, publish } = given()
    const peer = started(plant)
    publish(1)
    peer.ready()
    peer.nowMs = 60_000
    peer.acknowledge()
    expect(peer.closed).toBe("")
  })
})

describe("one call", () => {
  it("keeps within the room, but U and S frames always go", () => {
    const { plant, publish } = given({ link: { w: 1 } })
    const peer = started(plant)
    publish(5)
    peer.room = 0
    expect(text(peer.octets(Frames.u(U.testfr), Frames.i(0, 0, Frames.asdu(45, 44, 0, 1, 2, 1))))).toBe(
      `U${U.testfrCon} S1`
    )
    peer.room = 260
    expect(text(peer.ready())).toBe("I0")
    peer.room = 65_536
    expect(text(peer.ready())).toBe("I1 I2 I3 I4")
  })

  it("says that there is more when the region was the bound", () => {
    const { plant, publish } = given({ link: { k: 32_767 } })
    const peer = started(plant)
    publish(10_000)
    const { outputs } = reduce(
      plant.world,
      peer.state,
      peer.cursor,
      SessionEvent.plain("ready", 0, plant.ends, 1_000_000)
    )
    expect(outputs.more).toBe(true)
    expect(outputs.end - outputs.start).toBeLessThanOrEqual(65_536)
    peer.room = 1_000_000
    expect(peer.ready()).toHaveLength(10_000)
  })

  it("sees only what stood in the log before its ends", () => {
    const { plant, publish } = given()
    const peer = started(plant)
    publish(4)
    const { cursor, outputs } = reduce(
      plant.world,
      peer.state,
      peer.cursor,
      SessionEvent.plain("ready", 0, [2], 65_536)
    )
    expect(text(Frames.split(outputs.octets.slice(outputs.start, outputs.end)))).toBe("I0 I1")
    expect(cursor.sent).toEqual([2])
    expect(Cursor.waiting(cursor, plant.ends)).toBe(2)
  })

  it("after call make a whole session", () => {
    expect(() => wholeSession(Core)).not.toThrow()
  })

  it("ends a session once", () => {
    for (const [kind, reason] of [
      ["shutdown", "LOCAL"],
      ["peerClosed", "PEER_CLOSED"],
      ["broken", "TRANSPORT"]
    ] as const) {
      const peer = started(given().plant)
      peer.reduce(peer.event(kind))
      peer.reduce(peer.event("broken"))
      expect(peer.of("closed")).toEqual([{ kind: "closed", reason }])
    }
  })

  it("that ends a session with waiting requests leaves no deadline", () => {
    const { plant } = given()
    const peer = started(plant)
    peer.send(Frames.command(1, 2))
    peer.reduce(peer.event("broken"))
    expect(SessionState.deadline(plant.world, peer.state)).toBe(Number.POSITIVE_INFINITY)
  })

  it("after a refresh that came too late waits for the window, not for the past", () => {
    const { plant, publish } = given({ link: { k: 2, t2Ms: 1000 }, limits: { refreshMs: 100 } })
    const block = plant.block(1, 11)
    plant.add(block, 1)
    block.refresh = new Uint8Array(block.ioa.length).fill(1)
    const peer = started(plant)
    peer.send(Frames.interrogation(1))
    publish(1)
    expect(text(peer.ready())).toBe("I1")
    peer.tick(150)
    expect(SessionState.deadline(plant.world, peer.state)).toBeGreaterThan(peer.nowMs)
  })
})

describe("a session that is traced", () => {
  class Traced extends Plant {
    override get world(): Core.World {
      return { ...super.world, trace: true }
    }
  }
  const traced = () => {
    const plant = new Traced({ packEvents: false })
    plant.add(plant.block(1, 45), 1, 2)
    return started(plant)
  }

  it.each([
    ["a clock synchronisation", Frames.clock(1)],
    ["an interrogation", Frames.interrogation(1)],
    ["what is turned down", Frames.command(1, 900)],
    ["a command to be tested", Frames.asdu(45, 6 | 0x80, 0, 1, 2, 1)]
  ])(
    "tells every frame once, also %s that is put back since the application is asked for what is before it",
    (_, asdu) => {
      const peer = traced()
      const [first, second] = [peer.frame(Frames.command(1, 1)), peer.frame(asdu)]
      peer.octets(first, second)
      peer.decide(1)
      const told = peer.of("traced").map(({ apdu }) => [...apdu])
      expect(told).toEqual([[...Frames.u(U.startdt)], [...first], [...second]])
    }
  )

  it("takes no longer for each of many frames of one chunk than for each of few", () => {
    /** The least time of some attempts: others use this machine too. */
    const tookMs = (count: number): number => {
      const chunk = Frames.join(...Array.from({ length: count }, () => Frames.s(0)))
      let least = Number.POSITIVE_INFINITY
      for (let attempt = 0; attempt < 4; attempt++) {
        const peer = traced()
        const beforeMs = performance.now()
        peer.octets(chunk)
        least = Math.min(least, performance.now() - beforeMs)
        expect(peer.of("traced")).toHaveLength(count + 1)
      }
      return least
    }
    const few = tookMs(5000)
    const many = tookMs(40_000)
    expect(many <= 24 * few + 20 || `${few} ms, eight times as many: ${many} ms`).toBe(true)
  })
})

describe("strict and lenient control fields", () => {
  const odd = [
    Uint8Array.of(0x68, 4, U.testfr, 1, 0, 0),
    Uint8Array.of(0x68, 4, 1, 1, 0, 0),
    Uint8Array.of(0x68, 4, 5, 0, 0, 0),
    Uint8Array.of(0x68, 4, 1, 0, 1, 0)
  ]
  it("strict closes, lenient acts", () => {
    for (const octets of odd) {
      const strict = started(given().plant)
      strict.octets(octets)
      expect(strict.closed).toBe("BAD_CONTROL_FIELD")
      const lenient = started(given({ profile: { controlField: "lenient" } }).plant)
      lenient.octets(octets)
      expect(lenient.closed).toBe("")
    }
  })

  it("several or no function bits always close", () => {
    for (const code of [0x03, 0x0f, 0x47, 0xff]) {
      const peer = started(given({ profile: { controlField: "lenient" } }).plant)
      peer.octets(Frames.u(code))
      expect(peer.closed).toBe("BAD_CONTROL_FIELD")
    }
  })
})

describe("a TESTFR act that waited for the socket", () => {
  const T1_MS = 15_000

  it.each([
    ["left late is timed from when it left", -1, 4000],
    ["was not among what left late is timed from when it was sent", 0, 0]
  ])("and %s", (_, before, extraMs) => {
    const { plant } = given({ link: { t1Ms: T1_MS, t3Ms: 20_000 } })
    const peer = started(plant)
    expect(text(peer.tick(20_000))).toBe(`U${U.testfr}`)
    peer.nowMs += 4000
    peer.reduce({ ...peer.event("left"), late: { from: 0, afterMs: 20_000 + before } })
    peer.tick(T1_MS - 4000 + extraMs - 1)
    expect(peer.closed).toBe("")
    peer.tick(1)
    expect(peer.closed).toBe("T1_TESTFR")
  })
})
